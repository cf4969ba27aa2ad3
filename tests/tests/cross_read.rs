//! Parsers that are not ours read the playlists that keep the rules, and find the same in them: hls.js's, run by node, and
//! the package `m3u8` of PyPI. Slow: only where `RUN_SLOW=1`.

#![expect(clippy::unwrap_used, reason = "a helper of a test may fail it")]

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use media_model::hls::{Playlist, Reading, Variables};
use reqwest::Url;
use serde::Deserialize;
use system_tests::browser::{node_modules, programs_are_here};
use system_tests::server::slow_tests_run;

const BASE: &str = "http://origin.test/film/playlist.m3u8?token=abc";

/// What a parser found in a playlist.
#[derive(Debug, Deserialize)]
struct Found {
    file: String,
    error: Option<String>,
    /// Variant streams or segments.
    entries: usize,
    /// Of all segments, in seconds.
    duration: f64,
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/playlists/good")
}

fn good_playlists() -> Vec<PathBuf> {
    let mut files: Vec<_> =
        std::fs::read_dir(folder()).unwrap().map(|entry| entry.unwrap().path()).filter(|path| path.is_file()).collect();
    files.sort();
    files
}

fn ours(file: &str) -> (usize, f64) {
    let base = Url::parse(BASE).unwrap();
    let variables = Variables::from([("host".to_owned(), "http://cdn.test".to_owned())]);
    let text = std::fs::read_to_string(folder().join(file)).unwrap();
    match (Reading { variables: Some(&variables), ..Reading::new(&base) }).parse(&text).unwrap().value {
        Playlist::Multivariant(playlist) => (playlist.variants.len(), 0.0),
        Playlist::Media(playlist) => {
            let seconds = playlist.segments.iter().map(|segment| segment.duration.as_seconds());
            (playlist.segments.len(), seconds.sum())
        }
    }
}

/// Runs a reader on all good playlists and compares.
fn compare(mut reader: Command) {
    let files = good_playlists();
    let output = reader.arg(BASE).args(&files).stdin(Stdio::null()).output().unwrap();
    let (text, complaints) = (String::from_utf8(output.stdout).unwrap(), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{complaints}");
    let found: Vec<Found> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(found.len(), files.len(), "{complaints}");
    for one in found {
        let (entries, duration) = ours(&one.file);
        assert_eq!((&one.error, one.entries), (&None, entries), "{}", one.file);
        assert!((one.duration - duration).abs() < 1e-3, "{}: {} s, not {duration} s", one.file, one.duration);
    }
}

fn script(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cross_read").join(name)
}

#[test]
fn the_parser_of_hls_js_finds_what_ours_finds() {
    let test = "the_parser_of_hls_js_finds_what_ours_finds";
    if !slow_tests_run(test) || !programs_are_here(test, &["node"]) {
        return;
    }
    let Some(modules) = node_modules(test) else { return };
    let mut node = Command::new("node");
    node.arg(script("hls_js.cjs")).arg(modules);
    compare(node);
}

#[test]
fn pypi_m3u8_finds_what_ours_finds() {
    let test = "pypi_m3u8_finds_what_ours_finds";
    if !slow_tests_run(test) {
        return;
    }
    let python = std::env::var_os("MATINEE_PYTHON").unwrap_or_else(|| "python3".into());
    let has_it = Command::new(&python).args(["-c", "import m3u8"]).stderr(Stdio::null()).status();
    if !has_it.is_ok_and(|status| status.success()) {
        // Nothing installs it, so it is not demanded where all programs are.
        eprintln!("SKIPPED {test}: set MATINEE_PYTHON to a python that has the package m3u8");
        return;
    }
    let mut reader = Command::new(python);
    reader.arg(script("read_m3u8.py"));
    compare(reader);
}
