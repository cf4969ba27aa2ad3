//! Each rule of strict mode has a playlist that keeps it and one that breaks it, and nothing else.

#![expect(clippy::unwrap_used, reason = "a helper of a test may fail it")]
#![expect(clippy::disallowed_methods, reason = "the fixtures are files")]

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use media_model::hls::{Fault, Playlist, Reading, Rule, check, check_together};
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

/// The playlists of a presentation that a rule is about, by their addresses.
fn members(kind: &str, rule: Rule) -> BTreeMap<Url, String> {
    let Ok(files) = std::fs::read_dir(folder(kind).join(rule.id())) else { return BTreeMap::new() };
    let read = |path: PathBuf| {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        (base().join(&format!("{}/{name}", rule.id())).unwrap(), std::fs::read_to_string(&path).unwrap())
    };
    files.map(|entry| read(entry.unwrap().path())).collect()
}

/// What is wrong with the fixture of a rule and with what it names, alone and together.
fn faults(kind: &str, rule: Rule) -> Vec<Fault> {
    let (text, members) = (fixture(kind, rule), members(kind, rule));
    let mut faults = check(&text, &base()).faults;
    faults.extend(members.iter().flat_map(|(url, text)| check(text, url).faults));
    if let Ok(Playlist::Multivariant(main)) = Reading::new(&base()).parse(&text).map(|parsed| parsed.value) {
        let together = check_together(&main, &text, &base(), &members);
        faults.extend(together.into_values().flat_map(|checked| checked.faults));
    }
    faults
}

#[test]
fn good_playlists_break_no_rule_and_are_read_without_a_warning() {
    for &rule in Rule::ALL {
        assert_eq!(faults("good", rule), [], "{}", rule.id());
        for text in members("good", rule).into_values().chain([fixture("good", rule)]) {
            let parsed = Reading::new(&base()).parse(&text).unwrap();
            assert_eq!(parsed.warnings, [], "{}", rule.id());
        }
    }
}

#[test]
fn bad_playlists_break_their_rule_and_no_other() {
    for &rule in Rule::ALL {
        let faults = faults("bad", rule);
        let broken: BTreeSet<_> = faults.iter().map(|fault| fault.rule.id()).collect();
        assert_eq!(broken, BTreeSet::from([rule.id()]), "{faults:?}");
        assert!(faults.iter().all(|fault| fault.line > 0));
    }
}

#[test]
fn every_fixture_belongs_to_a_rule() {
    let known: BTreeSet<_> = Rule::ALL.iter().map(|rule| format!("{}.m3u8", rule.id())).collect();
    assert_eq!(known.len(), Rule::ALL.len(), "names are unique");
    for kind in ["good", "bad"] {
        // Folders hold what a fixture names.
        let files: BTreeSet<_> = std::fs::read_dir(folder(kind))
            .unwrap()
            .map(|entry| entry.unwrap().path().with_extension("m3u8"))
            .map(|path| path.file_name().unwrap().to_str().unwrap().to_owned())
            .collect();
        assert_eq!(files, known, "{kind}");
    }
}
