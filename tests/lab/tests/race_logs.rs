//! Plays of real players in Chromium, replayed from the origin's log alone: it must tell what the page saw.
//!
//! `tests/fixtures/races/plays.ndjson` has one play a line, rows of `matinee-lab race --json` with these fields.

#![expect(clippy::unwrap_used, reason = "a helper of a test may fail it")]

use std::path::Path;

use player_lab::race::referee::{Clock, Line, Witness, replay};
use serde::Deserialize;

#[derive(Deserialize)]
struct Play {
    player: String,
    scenario: String,
    clock: Clock,
    witness: Witness,
    log: Vec<Line>,
}

fn plays() -> Vec<Play> {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fixtures/races/plays.ndjson");
    let text = std::fs::read_to_string(file).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

impl Play {
    fn differences(&self, log: &[Line]) -> Vec<String> {
        replay(log, self.clock, self.witness.on_screen_s.len()).differences(&self.witness)
    }
}

#[test]
fn the_log_alone_tells_what_the_page_saw() {
    let plays = plays();
    assert!(plays.len() >= 20);
    for play in &plays {
        assert_eq!(play.differences(&play.log), Vec::<String>::new(), "{} {}", play.scenario, play.player);
    }
}

#[test]
fn a_log_of_another_play_is_found_out() {
    for play in plays() {
        let goes_on = |line: &&Line| !line.path.ends_with("/0.m4s");
        let without: Vec<Line> = play.log.iter().filter(goes_on).cloned().collect();
        assert_ne!(play.differences(&without), Vec::<String>::new(), "{} {}", play.scenario, play.player);
        let other_rung = |line: &Line| Line { path: line.path.replace("/video-", "/video-1"), ..line.clone() };
        let renamed: Vec<Line> = play.log.iter().map(other_rung).collect();
        assert_ne!(play.differences(&renamed), Vec::<String>::new(), "{} {}", play.scenario, play.player);
    }
}
