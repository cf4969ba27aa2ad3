//! Trouble in virtual time: what users of players suffer most, what the player does about it, and what it says.
//!
//! Every scenario of `scenario::troubles` stands here, each played twice: with a driver that appends whole segments, and
//! with one that appends what has arrived.

use std::time::Duration;

use player_lab::report::Request;
use player_lab::{Report, play, scenario};

struct Expected {
    name: &'static str,
    /// A piece of each sentence that the viewer reads, in order.
    told: &'static [&'static str],
    /// A piece of the sentence with which it fails; empty if it plays to the end.
    fails: &'static str,
    stalls: u32,
    stalled_ms: u64,
    startup_ms: u64,
    also: fn(&Report) -> bool,
}

/// Plays to the end and nobody notices.
const UNSEEN: Expected =
    Expected { name: "", told: &[], fails: "", stalls: 0, stalled_ms: 0, startup_ms: 600, also: |_| true };

/// The buffer has run dry over it, and what comes next is awaited for a moment.
const A_BLINK: Expected = Expected { stalls: 1, stalled_ms: 400, ..UNSEEN };

const QUALITY: &str = "This quality has a fault";
const RESTARTED: &str = "started anew";
const OTHER_SERVER: &str = "playing from another one";
const FIRST_SERVER: &str = "Trying the first server";
const EXPIRED: &str = "asking for a fresh one";
const LOST: &str = "is lost; trying again";
const BACK: &str = "connection to the server is back";

const EXPECTED: &[Expected] = &[
    // Buffers.
    Expected { name: "full-buffer", told: &["little room"], also: |r| r.loaded_again() == 0, ..UNSEEN },
    Expected { name: "full-buffer-switch", told: &["little room"], also: |r| r.loaded_again() == 0, ..A_BLINK },
    Expected { name: "empty-segment", told: &["Skipped 2."], also: |r| r.loaded_again() == 0, ..UNSEEN },
    Expected { name: "late-media", told: &["Skipped 0.8"], also: |r| r.loaded_again() == 0, ..UNSEEN },
    // Whatever the clock of the media reads.
    Expected { name: "time-leaps", also: |r| r.loaded_again() == 0 && r.moves.is_empty(), ..UNSEEN },
    Expected { name: "time-leaps-and-seeks", also: |r| r.moves.is_empty(), ..UNSEEN },
    Expected { name: "time-leap-untold", ..UNSEEN },
    // Nobody misses what was never there.
    Expected { name: "late-beginning", also: |r| r.moves.len() == 1, ..UNSEEN },
    // Decoders.
    Expected {
        name: "decoder-dies",
        told: &[RESTARTED, RESTARTED],
        stalls: 3,
        stalled_ms: 1_600,
        also: |r| r.decoders == 3 && r.moves.len() == 2,
        ..UNSEEN
    },
    Expected {
        name: "codec-beyond-the-device",
        told: &[RESTARTED, "cannot cope with this format"],
        stalls: 1,
        stalled_ms: 900,
        also: |r| r.decoders == 3 && r.stats.position.as_seconds() > 119.0,
        ..UNSEEN
    },
    Expected {
        name: "undecodable-in-one-rung",
        told: &[RESTARTED, QUALITY],
        stalls: 2,
        stalled_ms: 900,
        // Until that place is behind.
        also: |r| r.decoders == 3 && r.shown.iter().rev().map(|(_, name)| name).take(2).eq(["1080p", "720p"]),
        ..UNSEEN
    },
    Expected {
        name: "undecodable-but-in-the-last-rung",
        told: &[RESTARTED, QUALITY, QUALITY, QUALITY],
        stalls: 4,
        stalled_ms: 1_200,
        also: |r| r.shown.iter().any(|(_, name)| name == "360p"),
        ..UNSEEN
    },
    Expected {
        name: "undecodable-everywhere",
        told: &[RESTARTED, QUALITY, QUALITY, QUALITY, "Skipped", "Skipped"],
        stalls: 1,
        stalled_ms: 500,
        ..UNSEEN
    },
    // However often, it is neither the codec nor a rung for good, and only what no rung has is passed over.
    Expected {
        name: "damaged-here-and-there",
        told: &[
            RESTARTED,
            QUALITY,
            RESTARTED,
            QUALITY,
            QUALITY,
            QUALITY,
            RESTARTED,
            QUALITY,
            RESTARTED,
            QUALITY,
            RESTARTED,
            QUALITY,
            QUALITY,
            RESTARTED,
            QUALITY,
            RESTARTED,
            QUALITY,
            QUALITY,
            QUALITY,
            "Skipped 2.0",
        ],
        stalls: 19,
        stalled_ms: 9_400,
        also: |r| r.shown.iter().filter(|(_, name)| name == "1080p").count() >= 6,
        ..UNSEEN
    },
    Expected {
        name: "stuck-frame",
        told: &["stuck"],
        stalls: 1,
        stalled_ms: 4_600,
        also: |r| r.decoders == 1,
        ..UNSEEN
    },
    Expected {
        name: "stuck-segment",
        told: &["stuck", RESTARTED, QUALITY],
        stalls: 1,
        stalled_ms: 11_500,
        also: |r| r.decoders == 3,
        ..UNSEEN
    },
    Expected {
        name: "no-decoder",
        told: &[RESTARTED, QUALITY, QUALITY, QUALITY, "Skipped", "Skipped", "Skipped"],
        fails: "decoder of this device gave up",
        ..UNSEEN
    },
    // Servers.
    Expected { name: "segment-gone", told: &[QUALITY, QUALITY, "Skipped 2."], ..A_BLINK },
    Expected { name: "first-segment-gone", told: &[QUALITY, QUALITY, QUALITY], startup_ms: 900, ..UNSEEN },
    Expected { name: "segment-corrupt", told: &[QUALITY, QUALITY, "Skipped 2."], ..A_BLINK },
    // Each refusal ends the element.
    Expected {
        name: "segment-refused",
        told: &[QUALITY, QUALITY, QUALITY, "Skipped 2."],
        stalls: 5,
        stalled_ms: 2_100,
        ..UNSEEN
    },
    Expected {
        name: "rest-gone",
        told: &[QUALITY, QUALITY],
        fails: "the simulation answers 404",
        // What came before is played first.
        also: |r| r.stats.position.as_seconds() > 43.0,
        ..UNSEEN
    },
    Expected {
        name: "pictures-gone",
        told: &[QUALITY, QUALITY],
        fails: "the simulation answers 404",
        also: |r| r.stats.position.as_seconds() > 43.0,
        ..UNSEEN
    },
    Expected {
        name: "long-pictures-gone",
        told: &[QUALITY, QUALITY, "Skipped 36"],
        startup_ms: 900,
        stalled_ms: 2_700,
        ..A_BLINK
    },
    // What was heard goes on, and nothing of it is loaded again.
    Expected {
        name: "language-gone",
        told: &["playing \"english\""],
        also: |r| r.heard.len() == 1 && r.loaded_again() == 0,
        ..UNSEEN
    },
    Expected {
        name: "first-language-gone",
        told: &["playing \"deutsch\"", "playing \"deutsch\""],
        also: |r| r.heard.iter().all(|(_, name)| name == "deutsch") && r.loaded_again() == 0,
        ..UNSEEN
    },
    Expected {
        name: "language-breaks-off",
        told: &["playing \"english\""],
        also: |r| r.heard.iter().map(|(_, name)| name).eq(["english", "deutsch", "english"]),
        ..A_BLINK
    },
    // Nobody is blamed for it.
    Expected { name: "gap-in-the-pictures", told: &["Skipped 14 s"], also: |r| r.loaded_again() == 0, ..UNSEEN },
    Expected {
        name: "gap-in-one-rung",
        also: |r| r.loaded_again() == 0 && r.shown_at(S(30)) == "720p" && r.shown_at(S(36)) == "1080p",
        ..UNSEEN
    },
    Expected {
        name: "gap-and-a-full-buffer",
        told: &["little room", "Skipped 6."],
        also: |r| r.loaded_again() == 0,
        ..UNSEEN
    },
    Expected {
        name: "first-server-fails",
        told: &[OTHER_SERVER, FIRST_SERVER, OTHER_SERVER, FIRST_SERVER],
        also: |r| asked(r, S(13), S(40), 1) && asked(r, S(106), S(200), 0),
        ..UNSEEN
    },
    Expected {
        name: "first-server-lacks-one",
        told: &[OTHER_SERVER, FIRST_SERVER],
        also: |r| asked(r, S(5), S(30), 1) && asked(r, S(36), S(200), 0),
        ..UNSEEN
    },
    Expected { name: "first-server-silent", told: &[OTHER_SERVER, FIRST_SERVER, OTHER_SERVER, FIRST_SERVER], ..UNSEEN },
    Expected {
        name: "servers-fail-in-turn",
        told: &[OTHER_SERVER, FIRST_SERVER, OTHER_SERVER, QUALITY, QUALITY, QUALITY, OTHER_SERVER],
        also: |r| asked(r, S(60), S(200), 0),
        ..UNSEEN
    },
    Expected {
        name: "servers-fall-silent-in-turn",
        told: &[OTHER_SERVER, FIRST_SERVER, OTHER_SERVER, OTHER_SERVER],
        also: |r| asked(r, S(70), S(200), 0),
        ..UNSEEN
    },
    Expected {
        name: "all-servers-lack-one",
        told: &[
            OTHER_SERVER,
            QUALITY,
            QUALITY,
            QUALITY,
            OTHER_SERVER,
            OTHER_SERVER,
            OTHER_SERVER,
            OTHER_SERVER,
            "Skipped 2.",
        ],
        stalled_ms: 600,
        ..A_BLINK
    },
    Expected {
        name: "first-playlists-gone",
        told: &[OTHER_SERVER, FIRST_SERVER, OTHER_SERVER, FIRST_SERVER, OTHER_SERVER],
        also: |r| r.requests_of("/main.m3u8") == 1,
        ..UNSEEN
    },
    Expected {
        name: "addresses-expire",
        told: &[EXPIRED, EXPIRED],
        also: |r| r.loaded_again() == 0 && r.moves.is_empty() && r.decoders == 1,
        ..UNSEEN
    },
    Expected { name: "addresses-expire-in-a-pause", told: &[EXPIRED, EXPIRED], also: |r| r.moves.is_empty(), ..UNSEEN },
    Expected {
        name: "addresses-expire-single",
        told: &[EXPIRED, EXPIRED, EXPIRED],
        also: |r| r.loaded_again() == 0 && r.moves.is_empty(),
        ..UNSEEN
    },
    // Asked once, no more: a fresh address does not help.
    Expected {
        name: "forbidden-for-good",
        told: &[EXPIRED, QUALITY, QUALITY, QUALITY],
        fails: "the simulation answers 403",
        also: |r| r.stats.position.as_seconds() > 47.0,
        ..UNSEEN
    },
    // Live.
    Expected { name: "live", ..UNSEEN },
    Expected { name: "live-edge-late", also: |r| r.requests.iter().any(|one| one.outcome.contains("404")), ..UNSEEN },
    Expected { name: "live-after-a-pause", told: &["moved on; playing 88 s"], also: |r| r.moves.len() == 2, ..UNSEEN },
    Expected {
        name: "live-after-an-outage",
        told: &[LOST, BACK, "moved on; playing 50 s"],
        stalls: 1,
        stalled_ms: 52_000,
        also: |r| r.moves.len() == 2,
        ..UNSEEN
    },
    Expected {
        name: "live-after-sleep",
        told: &["asleep for 90 s", "moved on; playing 90 s"],
        also: |r| r.moves.len() == 2,
        ..UNSEEN
    },
    Expected {
        name: "live-segment-gone",
        told: &[QUALITY, QUALITY, QUALITY, "Skipped 2."],
        stalls: 1,
        stalled_ms: 1_100,
        ..UNSEEN
    },
    Expected { name: "live-variant-stands-still", told: &[QUALITY], ..UNSEEN },
    Expected { name: "live-all-but-the-last-stand-still", told: &[QUALITY, QUALITY, QUALITY], ..UNSEEN },
    Expected { name: "live-sound-stands-still", told: &["deutsch"], ..UNSEEN },
    Expected {
        name: "live-stands-still",
        told: &["moved on; playing 54 s"],
        stalls: 1,
        stalled_ms: 54_700,
        also: |r| r.moves.len() == 2,
        ..UNSEEN
    },
    // Long live playlists.
    Expected {
        name: "live-updates",
        startup_ms: 950,
        // The first of each stream is whole, and all others are short.
        also: |r| {
            let (updates, whole) = playlists(r);
            updates.len() > 100 && whole.len() <= 3 && updates.iter().all(|one| one.bytes * 5 < whole[0].bytes)
        },
        ..UNSEEN
    },
    // With three segments ahead, twelve seconds without a network are noticed.
    Expected {
        name: "live-updates-after-an-outage",
        told: &[LOST, BACK],
        startup_ms: 950,
        stalls: 1,
        stalled_ms: 12_100,
        also: |r| playlists(r).1.iter().filter(|one| one.at > S(20) && one.outcome == "ok").count() == 2,
        ..UNSEEN
    },
    Expected { name: "live-updates-refused", startup_ms: 950, also: |r| whole_after_one(r), ..UNSEEN },
    Expected { name: "live-updates-unrelated", startup_ms: 950, also: |r| whole_after_one(r), ..UNSEEN },
    // Devices.
    Expected {
        name: "offline-and-back",
        told: &[LOST, BACK],
        stalls: 1,
        stalled_ms: 20_500,
        also: |r| r.loaded_again() == 0 && r.moves.is_empty(),
        ..UNSEEN
    },
    Expected {
        name: "offline-with-two-servers",
        told: &[OTHER_SERVER, LOST, BACK],
        stalls: 1,
        stalled_ms: 20_500,
        also: |r| r.loaded_again() == 0 && r.moves.is_empty(),
        ..UNSEEN
    },
    Expected {
        name: "offline-and-told-back",
        told: &[LOST, BACK],
        stalls: 1,
        stalled_ms: 17_500,
        also: |r| r.loaded_again() == 0 && r.moves.is_empty(),
        ..UNSEEN
    },
    Expected {
        name: "offline-at-the-start",
        told: &["does not answer"],
        startup_ms: 42_000,
        also: |r| r.tries == 1,
        ..UNSEEN
    },
    Expected { name: "live-time-leaps", ..UNSEEN },
    Expected { name: "live-time-leap-untold", ..UNSEEN },
    Expected { name: "long-pause", also: |r| r.loaded_again() == 0 && r.moves.is_empty(), ..UNSEEN },
    Expected {
        name: "asleep-while-playing",
        told: &["asleep for 2 h"],
        also: |r| r.summary.watched < S(121),
        ..UNSEEN
    },
    Expected {
        name: "asleep-in-a-stall",
        told: &["asleep for"],
        stalls: 1,
        stalled_ms: 5_000,
        also: |r| r.summary.watched < S(121),
        ..UNSEEN
    },
    // The time until the viewer presses play is neither startup nor stall, and is used for loading.
    Expected {
        name: "play-refused",
        told: &["waits for a press of play"],
        also: |r| r.moves.is_empty() && r.shown.first().is_some_and(|(at, _)| *at < Duration::from_millis(8_020)),
        ..UNSEEN
    },
    Expected {
        name: "seek-into-the-dark",
        told: &[LOST, BACK],
        // Six of them until there is a network again.
        also: |r| r.seeks.iter().all(|(_, _, after)| after.is_some_and(|after| after < S(10))),
        ..UNSEEN
    },
    Expected {
        name: "two-codecs",
        told: &[RESTARTED, "cannot cope with this format"],
        stalls: 4,
        stalled_ms: 2_200,
        also: |r| r.shown.last().is_some_and(|(_, name)| name == "1080p"),
        ..UNSEEN
    },
];

const S: fn(u64) -> Duration = Duration::from_secs;

/// Whether segments were asked for in this time, and only from this server.
fn asked(report: &Report, from: Duration, until: Duration, server: usize) -> bool {
    let mut asked = report.requests.iter().filter(|one| one.is_segment && (from..until).contains(&one.at)).peekable();
    asked.peek().is_some() && asked.all(|one| one.server == format!("origin{server}.test"))
}

/// Requests for what is new of a media playlist, and for all of it.
fn playlists(report: &Report) -> (Vec<&Request>, Vec<&Request>) {
    let of_media = report.requests.iter().filter(|one| one.path.ends_with("/playlist.m3u8"));
    of_media.partition(|one| one.query.contains("_HLS_skip=YES"))
}

/// Whether each stream asked for an update once, and for the whole playlist from then on.
fn whole_after_one(report: &Report) -> bool {
    let (updates, whole) = playlists(report);
    let mut paths: Vec<_> = updates.iter().map(|one| one.path.as_str()).collect();
    paths.sort_unstable();
    paths.dedup();
    // It is asked for at once.
    let follows =
        |update: &&Request| whole.iter().any(|one| one.path == update.path && one.at == update.at + update.took);
    updates.len() >= 2 && paths.len() == updates.len() && whole.len() > 100 && updates.iter().all(follows)
}

impl Expected {
    /// What is wrong with a report, in words.
    fn faults(&self, report: &Report) -> Vec<String> {
        let mut faults = report.broken_contract.clone();
        let mut check = |holds: bool, fault: String| {
            if !holds {
                faults.push(fault);
            }
        };
        let told: Vec<_> = report.degraded.iter().map(|(_, sentence)| sentence.as_str()).collect();
        let as_expected =
            told.len() == self.told.len() && told.iter().zip(self.told).all(|(told, part)| told.contains(part));
        check(as_expected, format!("says {told:#?}"));
        let ends = match &report.failed {
            None => self.fails.is_empty() && report.ended,
            Some(sentence) => !self.fails.is_empty() && sentence.contains(self.fails),
        };
        check(ends, "does not end as it should".to_owned());
        let summary = &report.summary;
        check(summary.stalls <= self.stalls, format!("{} stalls, not {}", summary.stalls, self.stalls));
        let stalled = summary.stalled.as_millis();
        check(stalled <= u128::from(self.stalled_ms), format!("stalls for {stalled} ms, not {}", self.stalled_ms));
        let startup = summary.startup.unwrap_or_default().as_millis();
        check(startup <= u128::from(self.startup_ms), format!("starts after {startup} ms, not {}", self.startup_ms));
        check((self.also)(report), "misses what it is about".to_owned());
        faults
    }
}

#[test]
fn trouble_is_overcome_and_told_of() {
    let mut wrong = Vec::new();
    for scenario in scenario::troubles() {
        let Some(expected) = EXPECTED.iter().find(|expected| expected.name == scenario.name) else {
            wrong.push(format!("{}: nothing is expected of it", scenario.name));
            continue;
        };
        let mut in_part = scenario.clone();
        in_part.config.appends_in_part = true;
        for (how, report) in [("whole", play(&scenario)), ("in part", play(&in_part))] {
            let faults = expected.faults(&report);
            if !faults.is_empty() {
                wrong.push(format!("{} ({how}): {}\n{report}{:?}", scenario.name, faults.join("; "), report.moves));
            }
        }
    }
    assert!(wrong.is_empty(), "{} plays fail:\n{}", wrong.len(), wrong.join("\n"));
    assert_eq!(EXPECTED.len(), scenario::troubles().len());
}
