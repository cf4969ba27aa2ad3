//! Plays of real players in Chromium, replayed from the origin's log alone: it must tell what the page saw.
//!
//! `tests/fixtures/races/plays.ndjson` has one play a line, rows of `matinee-lab race --json` with these fields. They are
//! from before switches were looked at: of those it is only known how many there were at least.

#![expect(clippy::unwrap_used, reason = "a helper of a test may fail it")]

use std::path::Path;
use std::time::Duration;

use player_lab::race::Circuit;
use player_lab::race::referee::{Clock, Line, Witness, played_kbps, replay};
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
        let rates: Vec<f64> = Circuit::of(&self.scenario).unwrap().rungs.iter().map(|rung| rung.kbps).collect();
        assert_eq!(rates.len(), self.witness.on_screen_s.len());
        // As the figures of a race have it.
        let played = played_kbps(&self.witness.on_screen_s, &rates);
        replay(log, self.clock, &rates).differences(&Witness { played_kbps: Some(played), ..self.witness.clone() })
    }

    /// Whether a log that was altered is found out, for one of these reasons.
    fn finds_out(&self, alter: impl Fn(&Line) -> Line, reasons: &[&str]) {
        let altered: Vec<Line> = self.log.iter().map(alter).collect();
        let found = self.differences(&altered).join("; ");
        assert!(reasons.iter().all(|reason| found.contains(reason)), "{} {}: {found:?}", self.scenario, self.player);
    }

    /// The rung that was on screen for longest.
    fn main_rung(&self) -> usize {
        let seconds = &self.witness.on_screen_s;
        (0..seconds.len()).max_by(|one, other| seconds[*one].total_cmp(&seconds[*other])).unwrap()
    }
}

/// A line for another rung.
fn renamed(line: &Line, from: usize, to: usize) -> Line {
    Line { path: line.path.replace(&format!("/video-{from}/"), &format!("/video-{to}/")), ..line.clone() }
}

fn millis(seconds: f64) -> u64 {
    u64::try_from(Duration::from_secs_f64(seconds).as_millis()).unwrap()
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
    }
}

#[test]
fn a_rung_in_the_place_of_another_is_found_out() {
    for play in plays() {
        let (shown, rungs) = (play.main_rung(), play.witness.on_screen_s.len());
        for other in (0..rungs).filter(|other| *other != shown) {
            play.finds_out(|line| renamed(line, shown, other), &[&format!("rung {shown} was on screen")]);
        }
        // From one end of the ladder to the other, the average is another as well.
        let far = if shown * 2 < rungs { rungs - 1 } else { 0 };
        play.finds_out(|line| renamed(line, shown, far), &["kbit/s were on screen"]);
        play.finds_out(|line| renamed(line, shown, rungs + 5), &["rung"]);
    }
}

#[test]
fn another_time_is_found_out() {
    for play in plays() {
        // All of it so much later that the first segment was asked for three seconds after the first frame.
        let first_ms = play.log.iter().find(|line| line.path.ends_with("/0.m4s")).unwrap().time_ms;
        let later_ms = millis(play.clock.first_frame_s + 3.0) - first_ms;
        play.finds_out(|line| Line { time_ms: line.time_ms + later_ms, ..line.clone() }, &["it stalled for"]);
        // One segment asked for two seconds after it was due.
        let due_s = play.clock.first_frame_s + play.clock.segment_s + play.witness.stalled_s;
        if due_s + 2.0 > play.clock.end_s {
            continue;
        }
        let late = |line: &Line| {
            let time_ms = line.time_ms.max(millis(due_s + 2.0));
            if line.path.ends_with("/1.m4s") { Line { time_ms, ..line.clone() } } else { line.clone() }
        };
        play.finds_out(late, &["it stalled for"]);
    }
}
