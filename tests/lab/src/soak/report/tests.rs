use clap::Parser as _;
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
        (&document["rows"][0]["slope_mb_per_h"], document["minutes"].as_array().map(Vec::len)),
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
    let table = report.table();
    assert!(
        table.contains("| too short to tell | – |") && table.contains("It was too short to tell whether"),
        "{table}"
    );
    let csv = report.csv();
    assert!(csv.starts_with("process,samples,rss_first_mb,rss_end_mb,rss_peak_mb,slope_mb_per_h,"), "{csv}");
    let (head, row) = csv.trim_end().split_once('\n').unwrap();
    assert!(row.starts_with("matinee-play,301,110.") && row.contains(",,,,5.0"), "{row}");
    assert_eq!(head.matches(',').count(), row.matches(',').count());
}

#[test]
fn the_page_draws_every_process_and_says_what_was_missed() {
    let mut both = course(1_200, |second| 80 + second / 60, |second| second as f64);
    both.origin = Some(Watched { name: "mock-origin", ..both.player.clone() });
    let report = Report::of(&both, 1.0);
    let page = report.page("live", &report.missed());
    assert!(page.contains("live, played for 20.0 minutes") && page.contains("Missed: memory of matinee-play grows"));
    assert_eq!((page.matches("<svg").count(), page.contains("mock-origin</td>")), (2, true));
    // A line of each in the first plot; in the second its dashed one too, which is drawn stroke by stroke.
    let plots: Vec<_> = page.split("<svg").skip(1).collect();
    let of = |plot: &str, colour: &str| plot.matches(&format!("stroke=\"var(--series-{colour})\"")).count();
    assert_eq!((of(plots[0], "0"), of(plots[0], "1")), (1, 1));
    assert!(of(plots[1], "0") > 1 && of(plots[1], "1") > 1);
    // Where no slope is told there is no line to see.
    let short = Report::of(&course(600, |_| 80, |second| second as f64), 1.0);
    assert_eq!(short.page("live", &[]).matches("<svg").count(), 1);
}

#[test]
fn playback_and_processes_are_held_against_what_is_expected() {
    let folder = tempfile::tempdir().unwrap();
    let judged = |report: &Report, option: &str, text: &str| {
        let file = folder.path().join("file.json");
        std::fs::write(&file, text).unwrap();
        let wanted = Alone::parse_from(["soak", option, file.to_str().unwrap()]).wanted;
        wanted.check().unwrap();
        let document = report.to_json(json!({}));
        let verdict = wanted.judge(&compared(&document)).unwrap();
        (verdict.missed.clone(), verdict.table())
    };
    let (calm, larger) = (course(1_200, |_| 80, |at| at as f64), course(1_200, |_| 90, |at| at as f64));
    let (calm, larger) = (Report::of(&calm, 1.0), Report::of(&larger, 1.0));
    let text = r#"[{"figure":"stalls","at_most":1},{"figure":"played_s","at_least":1000},
        {"process":"matinee-play","figure":"rss_peak_mb","at_most":80}]"#;
    let (missed, _) = judged(&calm, "--expect", text);
    assert_eq!(missed, ["stalls is 2, not at most 1", "matinee-play: rss_peak_mb is 80.5, not at most 80"]);
    let (_, table) = judged(&larger, "--against", &calm.to_json(json!({})).to_string());
    assert!(table.contains("| matinee-play | rss_end_mb | 1 | +10.0000 |"), "{table}");
}

#[derive(clap::Parser)]
struct Alone {
    #[command(flatten)]
    wanted: crate::verdict::Wanted,
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
