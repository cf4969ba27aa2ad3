//! What fuzzing found, and a few good and broken inputs, again with every run: see `tests/fuzz`.

#![expect(clippy::unwrap_used, reason = "a helper of a test may fail it")]

use std::fs;
use std::path::Path;

#[path = "../fuzz/targets.rs"]
mod targets;

/// Runs a target on its corpus, and on each input cut short in many places and changed in many bytes.
fn replay(name: &str, target: fn(&[u8])) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus").join(name);
    let mut inputs = 0;
    for entry in fs::read_dir(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display())) {
        let input = fs::read(entry.unwrap().path()).unwrap();
        target(&input);
        let step = (input.len() / 200).max(1);
        for at in (0..input.len()).step_by(step) {
            target(&input[..at]);
            let mut changed = input.clone();
            for byte in [0, 0xff, changed[at] ^ 0x80] {
                changed[at] = byte;
                target(&changed);
            }
        }
        inputs += 1;
    }
    assert!(inputs > 0, "{} is empty", folder.display());
}

#[test]
fn playlists() {
    replay("playlist", targets::playlist);
}

#[test]
fn cmaf() {
    replay("cmaf", targets::cmaf);
}

#[test]
fn mp4() {
    replay("mp4", targets::mp4);
}

#[test]
fn mkv() {
    replay("mkv", targets::mkv);
}

#[test]
fn webvtt() {
    replay("webvtt", targets::webvtt);
}

#[test]
fn player_steps() {
    replay("player_steps", targets::player_steps);
}

#[test]
fn recordings() {
    replay("recording", targets::recording);
}

#[test]
fn traces() {
    replay("trace", targets::trace);
}

#[test]
fn scenarios() {
    replay("scenario", targets::scenario);
}
