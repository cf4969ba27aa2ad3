//! The scenario table: the real core on simulated links, servers and viewers, in virtual time.
//!
//! Every scenario that the lab knows stands here with what a viewer must get of it. Margins are a little wider than what
//! is reached (`matinee-lab play` prints that); they are narrow enough that a broken rule fails, which was tried.

use std::ops::RangeInclusive;
use std::time::Duration;

use player_lab::{Report, play, scenario};

/// How a play must end.
enum End {
    Played,
    /// With a sentence that contains this.
    Fails(&'static str),
}

/// What a viewer must get.
struct Expected {
    name: &'static str,
    end: End,
    /// To the first frame, at most.
    startup_ms: u64,
    /// How much sooner that is, at least, with a driver that appends what has arrived of a segment.
    sooner_ms: u64,
    stalls: RangeInclusive<u32>,
    /// In all, at most.
    stalled_ms: u64,
    switches: RangeInclusive<u32>,
    /// Mean rate on screen, at least.
    kbps: u64,
    /// Bytes of loads that were given up, in percent of all, at most.
    wasted_percent: u64,
    /// How far audio and video may be apart in the buffers, seconds.
    apart_s: f64,
    /// What only this scenario is about.
    also: fn(&Report) -> bool,
}

/// No trouble at all.
const FINE: Expected = Expected {
    name: "",
    end: End::Played,
    startup_ms: 300,
    sooner_ms: 0,
    stalls: 0..=0,
    stalled_ms: 0,
    switches: 0..=1,
    kbps: 0,
    wasted_percent: 0,
    apart_s: 10.0,
    also: |_| true,
};

const S: fn(u64) -> Duration = Duration::from_secs;

const EXPECTED: &[Expected] = &[
    // Links.
    Expected { name: "steady-20", kbps: 4_400, ..FINE },
    Expected { name: "steady-lan", startup_ms: 100, switches: 0..=0, kbps: 4_500, ..FINE },
    Expected { name: "steady-8", startup_ms: 550, switches: 0..=2, kbps: 4_350, ..FINE },
    // Between two rungs the better one is shown for half a minute at a time, and at the end what is buffered is used up.
    Expected { name: "steady-2", startup_ms: 2_000, switches: 0..=5, kbps: 1_550, ..FINE },
    // The first segments need more than the link carries: nobody could play them without a pause.
    Expected {
        name: "slow-start",
        startup_ms: 3_000,
        stalls: 0..=4,
        stalled_ms: 2_000,
        switches: 0..=3,
        kbps: 700,
        ..FINE
    },
    // Down by steps, and up by steps at the end, when what is buffered is used up.
    Expected { name: "drop-8-1", startup_ms: 550, switches: 1..=7, kbps: 2_300, ..FINE },
    Expected {
        name: "drop-early",
        switches: 1..=4,
        kbps: 1_000,
        also: |r| r.shown_at(S(16)) == "360p" && r.shown_at(S(60)) == "360p",
        ..FINE
    },
    // Who starts half a second sooner, in part, has half a second less when the link collapses.
    Expected {
        name: "drop-at-once",
        startup_ms: 600,
        stalls: 0..=2,
        // Nothing was known of the link before: two short stops are what believing it costs.
        stalled_ms: 1_300,
        switches: 0..=6,
        kbps: 850,
        wasted_percent: 10,
        ..FINE
    },
    Expected {
        name: "drop-and-back",
        switches: 1..=4,
        kbps: 4_300,
        // The buffer lasts; what was loaded in a low rung meanwhile is replaced before it plays.
        also: |r| r.shown_at(S(66)) == "1080p" && r.shown_at(S(100)) == "1080p",
        ..FINE
    },
    // What was loaded of the lowest rung while the link was slow is replaced before it plays.
    Expected {
        name: "step-8",
        startup_ms: 1_000,
        switches: 3..=6,
        kbps: 5_100,
        wasted_percent: 5,
        also: |r| r.shown_at(S(54)) == "720p" && r.shown_at(S(100)) == "720p",
        ..FINE
    },
    // At double speed 1080p needs twice what it needs otherwise, and the link does not quite carry it.
    Expected {
        name: "double-speed",
        startup_ms: 550,
        switches: 1..=8,
        kbps: 3_000,
        also: |r| r.shown_at(S(25)) == "720p" && r.seconds.len() < 65,
        ..FINE
    },
    Expected { name: "drive", startup_ms: 2_100, switches: 0..=13, kbps: 750, wasted_percent: 5, ..FINE },
    Expected {
        name: "outage",
        stalls: 1..=1,
        // 45 s of outage against 30 s of buffer; up to 8 s until the next try.
        stalled_ms: 24_000,
        kbps: 4_400,
        also: |r| r.degraded.iter().any(|(_, sentence)| sentence.contains("connection")) && r.loaded_again() == 0,
        ..FINE
    },
    Expected { name: "outage-at-start", startup_ms: 8_000, kbps: 4_400, ..FINE },
    Expected { name: "never-reached", end: End::Fails("cannot be reached"), ..FINE },
    // Servers.
    Expected {
        name: "busy-at-start",
        startup_ms: 13_000,
        kbps: 4_400,
        also: |r| r.degraded.iter().any(|(at, sentence)| *at < S(9) && sentence.contains("busy")),
        ..FINE
    },
    Expected {
        name: "busy-in-the-middle",
        switches: 1..=3,
        kbps: 3_500,
        // A server that is out of room is no slow link.
        also: |r| r.seconds.iter().filter(|row| row.at > S(5)).all(|row| row.throughput_kbps > 15_000),
        ..FINE
    },
    Expected {
        name: "busy-rung",
        kbps: 2_400,
        also: |r| r.requests_of("/1080p/") < 20 && r.degraded.is_empty(),
        ..FINE
    },
    Expected { name: "missing-segment", switches: 3..=3, kbps: 3_500, also: |r| r.degraded.len() == 1, ..FINE },
    Expected { name: "missing-playlist", kbps: 2_400, also: |r| r.requests_of("/1080p/") < 6, ..FINE },
    Expected { name: "missing-init", kbps: 2_400, wasted_percent: 10, also: |r| r.requests_of("/1080p/") < 12, ..FINE },
    Expected {
        name: "missing-everywhere",
        stalls: 0..=1,
        stalled_ms: 400,
        switches: 1..=3,
        kbps: 4_000,
        // Two seconds are missed, not the film.
        also: |r| r.degraded.last().is_some_and(|(_, sentence)| sentence.starts_with("Skipped 2.")),
        ..FINE
    },
    Expected { name: "missing-for-a-while", switches: 1..=4, kbps: 2_500, ..FINE },
    Expected { name: "corrupt-segment", switches: 3..=3, kbps: 3_400, wasted_percent: 4, ..FINE },
    // A refusal ends the element; once more, when it is tried again.
    Expected {
        name: "rejected-rung",
        stalls: 0..=2,
        stalled_ms: 1_100,
        kbps: 2_400,
        also: |r| r.played.keys().all(|name| name != "1080p"),
        ..FINE
    },
    Expected { name: "hanging-rung", switches: 1..=3, kbps: 2_500, ..FINE },
    Expected {
        name: "quick-encoder",
        startup_ms: 1_500,
        switches: 0..=2,
        kbps: 4_300,
        also: |r| r.encoder_starts <= 3,
        ..FINE
    },
    Expected {
        name: "slow-encoder",
        startup_ms: 5_300,
        // The copy needs no encoder: it is found, and the link is known to carry it.
        kbps: 8_500,
        also: |r| r.encoder_starts <= 2 && r.seconds.iter().skip(20).all(|row| row.throughput_kbps > 15_000),
        ..FINE
    },
    // 1.6 s for every 2 s, and sent as it is made: not to be taken for a link of 2 Mbit/s.
    Expected {
        name: "chunked-encoder",
        startup_ms: 3_000,
        sooner_ms: 900,
        kbps: 4_000,
        also: |r| r.seconds.iter().skip(12).all(|row| row.throughput_kbps > 12_000),
        ..FINE
    },
    Expected {
        name: "fresh-drop-and-back",
        startup_ms: 600,
        switches: 2..=4,
        kbps: 2_800,
        also: |r| r.shown_at(S(50)) == "360p" && r.shown_at(S(75)) == "original",
        ..FINE
    },
    Expected {
        name: "fresh-chunked-drop-and-back",
        startup_ms: 600,
        switches: 2..=4,
        kbps: 2_800,
        also: |r| r.shown_at(S(50)) == "360p" && r.shown_at(S(75)) == "original",
        ..FINE
    },
    Expected {
        name: "slow-encoder-alone",
        startup_ms: 4_500,
        // 2.6 s for every 2 s of film, whatever the rung: 36 s of waiting cannot be avoided. Each rung is tried once,
        // and then no more.
        stalls: 1..=60,
        stalled_ms: 52_000,
        switches: 0..=8,
        also: |r| r.encoder_starts <= 8,
        ..FINE
    },
    // Viewers.
    Expected {
        name: "seeks",
        kbps: 4_400,
        wasted_percent: 3,
        also: |r| {
            let arrived = |(_, _, after): &&(Duration, _, Option<Duration>)| after.is_some();
            let slow =
                r.seeks.iter().filter_map(|(_, _, after)| *after).filter(|after| *after > Duration::from_millis(600));
            // Two of the seven are overtaken by the next within 50 ms.
            r.seeks.iter().filter(arrived).count() == 5 && slow.count() == 0
        },
        ..FINE
    },
    Expected { name: "pause", kbps: 4_400, also: |r| r.loaded_again() == 0, ..FINE },
    Expected {
        name: "audio-switch",
        kbps: 4_400,
        also: |r| {
            let heard: Vec<_> = r.heard.iter().map(|(at, name)| (at.as_secs(), name.as_str())).collect();
            heard == [(0, "english"), (19, "deutsch"), (40, "english")]
        },
        ..FINE
    },
    Expected {
        name: "locked",
        switches: 3..=3,
        also: |r| r.shown_at(S(14)) == "360p" && r.shown_at(S(60)) == "360p" && r.shown_at(S(110)) == "1080p",
        ..FINE
    },
    Expected {
        name: "menu",
        switches: 6..=6,
        // What was buffered of the sound stays when the pictures are replaced.
        apart_s: 30.0,
        also: |r| {
            let shown =
                [(15, "original"), (20, "360p"), (28, "original"), (35, "720p"), (44, "original"), (110, "original")];
            shown.iter().all(|&(at, name)| r.shown_at(S(at)) == name)
        },
        wasted_percent: 20,
        ..FINE
    },
    Expected {
        name: "menu-of-a-busy-box",
        startup_ms: 4_000,
        // The first choice comes before anything has.
        switches: 3..=3,
        // What was buffered of the sound stays when the pictures are replaced.
        apart_s: 30.0,
        also: |r| {
            let shown = [(20, "original"), (44, "360p"), (65, "original"), (84, "720p")];
            shown.iter().all(|&(at, name)| r.shown_at(S(at)) == name)
        },
        wasted_percent: 20,
        ..FINE
    },
    Expected { name: "small-screen", kbps: 2_400, also: |r| r.played.keys().all(|name| name != "1080p"), ..FINE },
    // Buffers.
    Expected { name: "quota", kbps: 4_400, also: |r| r.loaded_again() == 0, ..FINE },
    Expected { name: "tiny-quota", switches: 0..=8, kbps: 2_400, also: |r| r.loaded_again() == 0, ..FINE },
    Expected { name: "other-grid", switches: 3..=9, kbps: 4_300, wasted_percent: 10, ..FINE },
    Expected { name: "codec-change", switches: 3..=9, kbps: 4_300, wasted_percent: 10, ..FINE },
    Expected { name: "hole", kbps: 4_400, also: |r| r.moves.len() == 1 && r.loaded_again() == 0, ..FINE },
    Expected { name: "muxed", kbps: 4_400, ..FINE },
    Expected { name: "media-playlist", startup_ms: 600, switches: 0..=0, kbps: 4_500, ..FINE },
    Expected { name: "variables", kbps: 4_400, also: |r| r.requests_of("/1080p/media/") > 50, ..FINE },
    Expected { name: "short", ..FINE },
    // Limits.
    Expected { name: "at-most", kbps: 1_150, also: |r| r.played.keys().all(|name| name == "480p"), ..FINE },
    // Who wants no less gets no less, though it stalls.
    Expected {
        name: "at-least",
        startup_ms: 400,
        stalls: 1..=16,
        stalled_ms: 60_000,
        switches: 0..=3,
        kbps: 2_500,
        also: |r| r.played.keys().all(|name| name == "720p" || name == "1080p"),
        ..FINE
    },
    Expected {
        name: "data-saver",
        kbps: 1_150,
        also: |r| {
            let ahead = r.seconds.iter().map(|row| row.buffered.as_seconds()).fold(0.0, f64::max);
            r.played.keys().all(|name| name == "480p") && ahead < 11.0 && r.loaded_again() == 0
        },
        ..FINE
    },
    Expected {
        name: "background",
        switches: 3..=3,
        kbps: 3_000,
        // Seen again, it is fine again as soon as its first segment is here.
        also: |r| r.shown_at(S(60)) == "360p" && r.shown_at(S(74)) == "1080p",
        apart_s: 30.0,
        wasted_percent: 5,
        ..FINE
    },
    Expected {
        name: "weak-device",
        switches: 3..=8,
        kbps: 2_500,
        // Left at once, tried again a while later.
        also: |r| {
            let too_heavy = r.degraded.iter().filter(|(_, sentence)| sentence.contains("keep up with 1080p"));
            too_heavy.count() == 2 && r.shown_at(S(10)) == "720p" && r.shown_at(S(30)) == "720p"
        },
        apart_s: 30.0,
        wasted_percent: 10,
        ..FINE
    },
    Expected { name: "rough-decoder", kbps: 2_400, also: |r| r.shown_at(S(60)) == "720p", ..FINE },
    Expected { name: "lacking-decoder", kbps: 2_400, also: |r| r.shown_at(S(60)) == "720p", ..FINE },
    Expected { name: "known-network", startup_ms: 1_100, switches: 0..=0, kbps: 4_450, ..FINE },
];

impl Expected {
    /// What is wrong with a report, in words.
    fn faults(&self, report: &Report) -> Vec<String> {
        let mut faults = report.broken_contract.clone();
        let mut check = |holds: bool, fault: String| {
            if !holds {
                faults.push(fault);
            }
        };
        let ends = match (&self.end, &report.failed) {
            (End::Played, None) => report.ended,
            (End::Fails(part), Some(sentence)) => sentence.contains(part),
            (End::Played, Some(_)) | (End::Fails(_), None) => false,
        };
        check(ends, "does not end as it should".to_owned());
        let (stats, ms) = (&report.stats, |time: Duration| u64::try_from(time.as_millis()).unwrap_or(u64::MAX));
        let startup = stats.startup.map_or(0, ms);
        check(startup <= self.startup_ms, format!("starts after {startup} ms, not {}", self.startup_ms));
        check(self.stalls.contains(&stats.stalls), format!("{} stalls, not {:?}", stats.stalls, self.stalls));
        let stalled = ms(stats.stalled);
        check(stalled <= self.stalled_ms, format!("stalls for {stalled} ms, not {}", self.stalled_ms));
        check(self.switches.contains(&stats.switches), format!("{} switches, not {:?}", stats.switches, self.switches));
        check(report.played_kbps >= self.kbps, format!("{} kbit/s, not {}", report.played_kbps, self.kbps));
        let wasted = report.wasted * 100 / (report.wasted + report.downloaded).max(1);
        check(wasted <= self.wasted_percent, format!("wastes {wasted} %, not {}", self.wasted_percent));
        let apart = report.tracks_apart.as_seconds();
        check(apart < self.apart_s, format!("audio and video are {apart} s apart"));
        check((self.also)(report), "misses what it is about".to_owned());
        faults
    }
}

#[test]
fn every_scenario_gives_the_viewer_what_is_expected() {
    let mut wrong = Vec::new();
    // What is expected in trouble stands in `trouble_sim.rs`.
    let troubles: Vec<_> = scenario::troubles().iter().map(|one| one.name).collect();
    for scenario in scenario::built_in().into_iter().filter(|one| !troubles.contains(&one.name)) {
        let Some(expected) = EXPECTED.iter().find(|expected| expected.name == scenario.name) else {
            wrong.push(format!("{}: nothing is expected of it", scenario.name));
            continue;
        };
        let whole = play(&scenario);
        let mut in_part = scenario.clone();
        in_part.config.appends_in_part = true;
        let in_part = play(&in_part);
        let startup = |report: &Report| report.stats.startup.unwrap_or_default();
        let mut faults = expected.faults(&in_part);
        if startup(&in_part) + Duration::from_millis(expected.sooner_ms) > startup(&whole) {
            faults.push(format!("starts after {:?} in part, {:?} as a whole", startup(&in_part), startup(&whole)));
        }
        for (faults, report) in [(expected.faults(&whole), whole), (faults, in_part)] {
            if !faults.is_empty() {
                wrong.push(format!("{}: {}\n{report}", scenario.name, faults.join("; ")));
            }
        }
    }
    assert!(wrong.is_empty(), "{} scenarios fail:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn the_same_scenario_gives_the_same_report() {
    let scenario =
        scenario::built_in().into_iter().find(|one| one.name == "drop-and-back").expect("it is in the table");
    assert_eq!(format!("{:?}", play(&scenario)), format!("{:?}", play(&scenario)));
}
