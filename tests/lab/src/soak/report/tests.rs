use media_model::ByteCount;

use super::super::process::{Memory, Sample};
use super::*;

/// A course of so many seconds: memory and position by second.
fn course(seconds: u64, megabytes: impl Fn(u64) -> u64, position: impl Fn(u64) -> f64) -> Course {
    let sample = |second: u64| {
        let now = ByteCount::new(megabytes(second) * 1_000_000);
        let peak = ByteCount::new(now.get() + 500_000);
        Sample {
            at: Duration::from_secs(second),
            memory: Memory { now, peak },
            cpu: Duration::from_millis(second * 50),
        }
    };
    let line = |second: u64| {
        let state = if second < 2 { "loading" } else { "playing" }.to_owned();
        let line = Line { state, position_s: position(second), buffered_s: 8.0, stalls: 2, stalled_ms: 300.0 };
        (Duration::from_secs(second), line)
    };
    Course {
        player: Watched { name: "matinee-play", samples: (0..=seconds).map(sample).collect() },
        origin: None,
        lines: (1..=seconds).map(line).collect(),
        length: Duration::from_secs(seconds),
        end: End::InTime,
    }
}

#[test]
fn a_play_that_keeps_its_memory_misses_nothing() {
    let calm = course(1_200, |_| 80, |second| 30.0 + second as f64);
    let report = Report::of(&calm, 1.0);
    assert_eq!(report.missed(), [""; 0]);
    let table = report.table();
    assert!(table.contains("| matinee-play | 1201 | 80.0 | 80.0 | 80.5 | +0.00 | +0.00 .. +0.00 | 5.0 |"), "{table}");
    assert!(
        table.contains("Played 1198.0 s in 1198.0 s; 2 stalls, 0.3 s; playing at the end, 8.0 s buffered"),
        "{table}"
    );
    let document = report.to_json(json!({}));
    assert_eq!(
        (&document["summary"][0]["slope_mb_per_h"], document["rows"].as_array().map(Vec::len)),
        (&json!(0.0), Some(20))
    );
}

#[test]
fn a_leak_is_missed_by_its_lower_bound() {
    // 1 MB more every two minutes: 30 in an hour.
    let leak = course(3_600, |second| 80 + second / 120, |second| second as f64);
    let missed = Report::of(&leak, 1.0).missed();
    assert!(
        missed.len() == 1 && missed[0].starts_with("memory of matinee-play grows by at least 30.00 MB/h"),
        "{missed:?}"
    );
    assert_eq!(Report::of(&leak, 40.0).missed(), [""; 0]);
}

#[test]
fn what_is_too_short_says_so_and_misses_no_limit() {
    let short = course(300, |second| 80 + second, |second| second as f64);
    let report = Report::of(&short, 1.0);
    assert_eq!(report.missed(), [""; 0]);
    assert!(report.table().contains("too short to say whether memory grows"));
}

#[test]
fn standing_still_counts_in_the_last_minute_only() {
    let missed = |position: fn(u64) -> f64| Report::of(&course(600, |_| 80, position), 1.0).missed();
    assert_eq!(
        missed(|second| second.min(539) as f64),
        ["playback stood still for the last 60 s; the player was playing"]
    );
    assert_eq!(missed(|second| second.min(560) as f64), [""; 0]);
    assert_eq!(missed(|second| second.saturating_sub(500) as f64), [""; 0]);
    let mut silent = course(30, |_| 80, |second| second as f64);
    silent.lines.clear();
    let report = Report::of(&silent, 1.0);
    assert_eq!(report.missed(), ["playback stood still for the last 30 s; the player was silent"]);
    assert!(report.table().contains("The player has said nothing."));
}
