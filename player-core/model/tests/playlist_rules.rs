//! Each rule of strict mode has a playlist that keeps it and one that breaks it, and nothing else.

#![expect(clippy::unwrap_used, reason = "a helper of a test may fail it")]
#![expect(clippy::disallowed_methods, reason = "the fixtures are files")]

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use media_model::hls::{Reading, Rule, check};
use url::Url;

fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/fixtures/playlists").join(name)
}

/// Where the playlists are taken to be from.
fn base() -> Url {
    Url::parse("http://origin.test/film/playlist.m3u8?token=abc").unwrap()
}

fn fixture(kind: &str, rule: Rule) -> String {
    let path = folder(kind).join(format!("{}.m3u8", rule.id()));
    String::from_utf8(std::fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))).unwrap()
}

#[test]
fn good_playlists_break_no_rule_and_are_read_without_a_warning() {
    for &rule in Rule::ALL {
        let text = fixture("good", rule);
        assert_eq!(check(&text, &base()).faults, [], "{}", rule.id());
        let parsed = Reading::new(&base()).parse(&text).unwrap();
        assert_eq!(parsed.warnings, [], "{}", rule.id());
    }
}

#[test]
fn bad_playlists_break_their_rule_and_no_other() {
    for &rule in Rule::ALL {
        let checked = check(&fixture("bad", rule), &base());
        let broken: BTreeSet<_> = checked.faults.iter().map(|fault| fault.rule.id()).collect();
        assert_eq!(broken, BTreeSet::from([rule.id()]), "{:?}", checked.faults);
        assert!(checked.faults.iter().all(|fault| fault.line > 0));
    }
}

#[test]
fn every_fixture_belongs_to_a_rule() {
    let known: BTreeSet<_> = Rule::ALL.iter().map(|rule| format!("{}.m3u8", rule.id())).collect();
    assert_eq!(known.len(), Rule::ALL.len(), "names are unique");
    for kind in ["good", "bad"] {
        let files: BTreeSet<_> = std::fs::read_dir(folder(kind))
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        assert_eq!(files, known, "{kind}");
    }
}
