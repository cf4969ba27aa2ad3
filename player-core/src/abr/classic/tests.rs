use super::*;
use crate::abr::Rule;

#[test]
fn names_are_written_as_they_are_read() {
    for (name, _, takes) in NAMES {
        assert_eq!(Classic::named(name).unwrap().to_string(), name);
        for option in takes.iter().filter(|option| **option != "o") {
            let text = format!("{name}-{option}");
            assert_eq!(Classic::named(&text).unwrap().to_string(), text);
        }
    }
    assert_eq!(Classic::named("dynamic-sw-o-u-fs").unwrap().to_string(), "dynamic-u-fs-sw");
    assert_eq!(Classic::named("bola-e-o").unwrap(), Classic::new(Name::BolaE));
}

#[test]
fn an_option_that_does_nothing_is_refused() {
    for text in [
        "throughput-u",
        "throughput-o",
        "throughput-basic",
        "bola-noibr",
        "bola-e-basic",
        "dynamic-dash-basic",
        "robust-mpc-noibr",
        "robust-mpc-u",
        "bba-u",
        "bba-sw",
        "seed-s1-fs",
        "seed-s1-sw",
        "seed-s2-noibr",
        "seed-s2-mobile-basic",
        "lowest-fs",
        "lowest-sw",
        "bola-",
    ] {
        assert!(matches!(Classic::named(text), Err(UnknownRule::Option { .. })), "{text}");
    }
    for text in ["best", "", "matinee-u", "bolae"] {
        assert_eq!(Classic::named(text), Err(UnknownRule::Name(text.to_owned())));
    }
}

#[test]
fn what_is_refused_is_told_with_what_is_taken() {
    let told = |text: &str| text.parse::<Rule>().unwrap_err().to_string();
    assert_eq!(told("throughput-u"), "throughput takes no option -u; it takes -noibr, -fs, -sw");
    assert_eq!(told("bba-sw"), "bba takes no option -sw; it takes -fs");
    assert_eq!(told("seed-s1-fs"), "seed-s1 takes no option -fs; it takes none");
    assert!(told("best").starts_with("no rule is called best; there are matinee, throughput, bola,"));
}
