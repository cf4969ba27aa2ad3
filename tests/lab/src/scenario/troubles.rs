//! What users of players suffer most, one scenario each; what is expected of them is in `tests/trouble_sim.rs`.

use std::time::Duration;

use player_core::Command;

use super::table::{FOREVER, edited, fault, ms, plain, s, seek, select, variant, with_faults};
use super::{FaultKind, Leap, Live, Part, Scenario, Updates};

/// A programme of which the last two minutes are offered, watched for so long on a link that changes all the time.
pub fn sliding_window(watched: Duration) -> Scenario {
    edited(plain("sliding-window"), |one| {
        one.title.duration = watched + s(300);
        one.title.live = Some(Live { before: s(180), window: 60, late: Duration::ZERO, updates: Updates::Unknown });
        let rates = [20_000, 6_000, 2_000, 9_000, 1_200];
        let minutes = 0..=watched.as_secs() / 60;
        one.link.steps = minutes.zip(rates.into_iter().cycle()).map(|(minute, kbps)| (s(minute * 60), kbps)).collect();
        one.limit = watched;
    })
}

/// All of them.
pub fn troubles() -> Vec<Scenario> {
    let mut all = buffers();
    all.extend(decoders());
    all.extend(servers());
    all.extend(live());
    all.extend(devices());
    all
}

fn buffers() -> Vec<Scenario> {
    vec![
        edited(plain("full-buffer"), |one| one.video_quota = Some(9_000_000)),
        // Full to the last byte when the variant changes: its init section has no room.
        edited(plain("full-buffer-switch"), |one| {
            one.video_quota = Some(6_000_000);
            one.link.steps = vec![(s(0), 20_000), (s(30), 1_500), (s(50), 20_000)];
        }),
        with_faults("empty-segment", vec![fault(None, Part::Segment(15), FOREVER, FaultKind::Empty)]),
        with_faults("late-media", vec![fault(None, Part::Segment(9), FOREVER, FaultKind::Late(ms(700)))]),
        // Two advertisements of ten seconds, and what was interrupted.
        edited(plain("time-leaps"), |one| one.title.leaps = leaps(&[(20, 0), (30, 3_600), (40, 20)], true)),
        edited(plain("time-leaps-and-seeks"), |one| {
            one.title.leaps = leaps(&[(20, 0), (30, 3_600), (40, 20)], true);
            one.actions = vec![seek(12_000, 70_000), seek(16_000, 25_000), seek(22_000, 5_000)];
        }),
        edited(plain("time-leap-untold"), |one| one.title.leaps = leaps(&[(60, 3_600)], false)),
        with_faults("late-beginning", vec![fault(None, Part::Segment(0), FOREVER, FaultKind::Late(ms(300)))]),
    ]
}

/// Where, and what the clock reads there, s.
fn leaps(all: &[(u64, u64)], told: bool) -> Vec<Leap> {
    all.iter().map(|&(at, reads)| Leap { at: s(at), reads: s(reads), told }).collect()
}

fn decoders() -> Vec<Scenario> {
    let undecodable = |stream| vec![fault(stream, Part::Segment(10), FOREVER, FaultKind::Undecodable)];
    vec![
        edited(plain("decoder-dies"), |one| one.device.decoder_dies = vec![s(12), s(60)]),
        edited(plain("codec-beyond-the-device"), |one| {
            one.title.variants[0].codec = "hvc1.1.6.L120.90";
            one.title.variants[1].codec = "hvc1.1.6.L120.90";
            one.device.cannot_decode = Some("hvc1.1.6.L120.90");
        }),
        with_faults("undecodable-in-one-rung", undecodable(Some("1080p"))),
        with_faults(
            "undecodable-but-in-the-last-rung",
            ["1080p", "720p", "480p"].into_iter().flat_map(|rung| undecodable(Some(rung))).collect(),
        ),
        with_faults("undecodable-everywhere", undecodable(None)),
        edited(with_faults("damaged-here-and-there", damaged_here_and_there()), |one| {
            // As browsers see a ladder: each rung has a level of its own.
            let codecs = ["avc1.640028", "avc1.64001f", "avc1.64001e", "avc1.640016"];
            one.title.variants.iter_mut().zip(codecs).for_each(|(variant, codec)| variant.codec = codec);
        }),
        with_faults("stuck-frame", vec![fault(None, Part::Segment(8), FOREVER, FaultKind::Stuck(ms(250)))]),
        with_faults("stuck-segment", vec![fault(Some("1080p"), Part::Segment(8), FOREVER, FaultKind::Stuck(s(2)))]),
        edited(plain("no-decoder"), |one| one.device.cannot_decode = Some("avc1.640028")),
    ]
}

/// A damaged segment every eight to ten seconds in the best rung, here and there in the next ones as well, and one in all.
fn damaged_here_and_there() -> Vec<super::Fault> {
    let damaged = |rung, number| fault(Some(rung), Part::Segment(number), FOREVER, FaultKind::Undecodable);
    let best = [6, 11, 15, 20, 24, 29, 33, 38, 42, 47].map(|number| damaged("1080p", number));
    let others = [("720p", 12), ("480p", 13), ("720p", 25), ("720p", 38)].map(|(rung, number)| damaged(rung, number));
    let all = ["1080p", "720p", "480p", "360p"].map(|rung| damaged(rung, 52));
    best.into_iter().chain(others).chain(all).collect()
}

/// A fault of every rung, not of the sound.
fn of_pictures(part: Part, when: (Duration, Duration), kind: FaultKind) -> Vec<super::Fault> {
    ["1080p", "720p", "480p", "360p"].map(|rung| fault(Some(rung), part, when, kind)).into()
}

/// Gaps of these rungs.
fn gaps(rungs: &[&'static str], numbers: std::ops::Range<usize>) -> Vec<super::Fault> {
    let of_rung =
        |rung| numbers.clone().map(move |number| fault(Some(rung), Part::Segment(number), FOREVER, FaultKind::Gap));
    rungs.iter().flat_map(|rung| of_rung(*rung)).collect()
}

/// Nothing is added to the playlists of these streams for a while.
fn frozen(streams: &[&'static str]) -> Vec<super::Fault> {
    let (from, until) = (s(40), s(100));
    streams.iter().map(|stream| fault(Some(stream), Part::Playlist, (from, until), FaultKind::Frozen(from))).collect()
}

fn servers() -> Vec<Scenario> {
    let gone = FaultKind::Status(404, None);
    let of_german = |part, when| vec![fault(Some("deutsch"), part, when, gone)];
    let at_first = |part, when, kind| super::Fault { server: Some(0), ..fault(None, part, when, kind) };
    let on_two =
        |name, faults| edited(with_faults(name, faults), |one| (one.title.servers, one.title.duration) = (2, s(200)));
    vec![
        with_faults("segment-gone", vec![fault(None, Part::Segment(12), FOREVER, gone)]),
        with_faults("first-segment-gone", vec![fault(None, Part::Segment(0), FOREVER, gone)]),
        with_faults("segment-corrupt", vec![fault(None, Part::Segment(12), FOREVER, FaultKind::Corrupt)]),
        with_faults("segment-refused", vec![fault(None, Part::Segment(12), FOREVER, FaultKind::Rejected)]),
        edited(with_faults("rest-gone", vec![fault(None, Part::Segments, (s(15), s(900)), gone)]), |one| {
            one.title.duration = s(300);
        }),
        // Sound goes on: what cannot be had is the pictures.
        edited(with_faults("pictures-gone", of_pictures(Part::Segments, (s(15), s(900)), gone)), |one| {
            one.title.duration = s(300);
        }),
        // As much is missing as the player would have ahead, and more.
        edited(plain("long-pictures-gone"), |one| {
            one.title.duration = s(300);
            one.title.variants.iter_mut().for_each(|variant| variant.grid = super::Grid::Fixed(s(12)));
            one.faults = (6..9).flat_map(|number| of_pictures(Part::Segment(number), FOREVER, gone)).collect();
        }),
        edited(with_faults("language-gone", of_german(Part::Playlist, FOREVER)), |one| {
            one.actions = vec![select(19, 1)]
        }),
        edited(
            with_faults("first-language-gone", vec![fault(Some("english"), Part::Playlist, FOREVER, gone)]),
            |one| {
                one.actions = vec![select(60, 0)];
            },
        ),
        edited(with_faults("language-breaks-off", of_german(Part::Segments, (s(20), s(900)))), |one| {
            one.actions = vec![select(10, 1)];
        }),
        // Sound has no gap.
        with_faults("gap-in-the-pictures", gaps(&["1080p", "720p", "480p", "360p"], 10..17)),
        with_faults("gap-in-one-rung", gaps(&["1080p"], 10..17)),
        edited(with_faults("gap-and-a-full-buffer", gaps(&["1080p", "720p", "480p", "360p"], 10..13)), |one| {
            one.video_quota = Some(6_000_000);
        }),
        on_two("first-server-fails", vec![at_first(Part::Segments, (s(10), s(50)), FaultKind::Status(500, None))]),
        on_two("first-server-lacks-one", vec![at_first(Part::Segment(9), FOREVER, gone)]),
        on_two("first-server-silent", vec![at_first(Part::Segments, (s(10), s(70)), FaultKind::Hang)]),
        // The first one is well again when the second one breaks, but it has failed twice lately.
        on_two(
            "servers-fail-in-turn",
            vec![
                at_first(Part::Segments, (s(10), s(45)), FaultKind::Status(500, None)),
                super::Fault { server: Some(1), ..fault(None, Part::Segments, (s(46), s(900)), gone) },
            ],
        ),
        on_two(
            "servers-fall-silent-in-turn",
            vec![
                at_first(Part::Segments, (s(10), s(45)), FaultKind::Status(500, None)),
                super::Fault { server: Some(1), ..fault(None, Part::Segments, (s(46), s(900)), FaultKind::Hang) },
            ],
        ),
        // No server has it.
        on_two("all-servers-lack-one", vec![fault(None, Part::Segment(30), FOREVER, gone)]),
        on_two("first-playlists-gone", vec![at_first(Part::Playlist, FOREVER, gone)]),
        edited(plain("addresses-expire"), |one| one.title.signed_for = Some(s(40))),
        edited(plain("addresses-expire-in-a-pause"), |one| {
            one.title.signed_for = Some(s(40));
            one.actions = vec![(s(10), Command::SetPlaying(false)), (s(300), Command::SetPlaying(true))];
            one.limit = s(600);
        }),
        edited(plain("addresses-expire-single"), |one| {
            (one.title.audio, one.title.single, one.title.signed_for) = (Vec::new(), true, Some(s(25)));
        }),
        with_faults(
            "forbidden-for-good",
            vec![fault(None, Part::Segments, (s(20), s(900)), FaultKind::Status(403, None))],
        ),
    ]
}

fn live() -> Vec<Scenario> {
    let programme = |name, late| {
        edited(plain(name), |one| {
            one.title.duration = s(240);
            one.title.live = Some(Live { before: s(60), window: 8, late, updates: Updates::Unknown });
        })
    };
    // Five minutes to go back to: playlists of 150 segments.
    let long_programme = |name, updates| {
        edited(plain(name), |one| {
            one.title.duration = s(520);
            one.title.live = Some(Live { before: s(400), window: 150, late: Duration::ZERO, updates });
        })
    };
    vec![
        programme("live", Duration::ZERO),
        // The playlist is quicker than the segments: with 2 s segments, some are asked for 1.6 s too early.
        programme("live-edge-late", ms(1_600)),
        edited(programme("live-after-a-pause", Duration::ZERO), |one| {
            one.actions = vec![(s(20), Command::SetPlaying(false)), (s(110), Command::SetPlaying(true))];
        }),
        edited(programme("live-after-an-outage", Duration::ZERO), |one| one.link.outages.push((s(20), s(70)))),
        // The programme is interrupted twice; in the second part the clock has begun anew.
        edited(programme("live-time-leaps", Duration::ZERO), |one| {
            one.title.leaps = leaps(&[(70, 0), (90, 7_000), (130, 0)], true);
        }),
        edited(programme("live-time-leap-untold", Duration::ZERO), |one| {
            one.title.leaps = leaps(&[(90, 7_000)], false);
        }),
        edited(programme("live-after-sleep", Duration::ZERO), |one| one.device.sleeps = vec![(s(30), s(90))]),
        edited(programme("live-segment-gone", Duration::ZERO), |one| {
            one.faults = vec![fault(None, Part::Segment(40), FOREVER, FaultKind::Status(404, None))];
        }),
        edited(programme("live-variant-stands-still", Duration::ZERO), |one| one.faults = frozen(&["1080p"])),
        edited(programme("live-all-but-the-last-stand-still", Duration::ZERO), |one| {
            one.faults = frozen(&["1080p", "720p", "480p"]);
        }),
        edited(programme("live-sound-stands-still", Duration::ZERO), |one| one.faults = frozen(&["english"])),
        edited(programme("live-stands-still", Duration::ZERO), |one| {
            one.faults = frozen(&["1080p", "720p", "480p", "360p", "english", "deutsch"]);
        }),
        long_programme("live-updates", Updates::Sent),
        // What is known is too old for an update after that.
        edited(long_programme("live-updates-after-an-outage", Updates::Sent), |one| {
            one.link.outages.push((s(20), s(32)));
        }),
        long_programme("live-updates-refused", Updates::Refused),
        long_programme("live-updates-unrelated", Updates::Unrelated),
    ]
}

fn devices() -> Vec<Scenario> {
    vec![
        edited(plain("offline-and-back"), |one| one.link.outages.push((s(20), s(65)))),
        edited(plain("offline-with-two-servers"), |one| {
            one.title.servers = 2;
            one.link.outages.push((s(20), s(65)));
        }),
        edited(plain("offline-and-told-back"), |one| {
            one.link.outages.push((s(20), s(65)));
            one.device.tells_online = true;
        }),
        edited(plain("offline-at-the-start"), |one| {
            one.link.outages.push((s(0), s(40)));
            one.device.tells_online = true;
        }),
        edited(plain("long-pause"), |one| {
            one.actions = vec![(s(10), Command::SetPlaying(false)), (s(1_800), Command::SetPlaying(true))];
            one.limit = s(2_400);
        }),
        edited(plain("asleep-while-playing"), |one| {
            one.device.sleeps = vec![(ms(700), s(7_200))];
            one.limit = s(8_000);
        }),
        edited(plain("asleep-in-a-stall"), |one| {
            one.link.steps = vec![(s(0), 20_000), (s(10), 100), (s(45), 20_000)];
            one.device.sleeps = vec![(s(44), s(3_600))];
            one.limit = s(4_400);
        }),
        edited(plain("play-refused"), |one| {
            one.device.refuses_to_play = true;
            one.actions = vec![(s(8), Command::SetPlaying(true))];
        }),
        edited(plain("seek-into-the-dark"), |one| {
            one.link.outages.push((s(10), s(18)));
            one.actions = vec![seek(12_000, 80_000)];
        }),
        edited(plain("two-codecs"), |one| {
            one.title
                .variants
                .push(super::Variant { codec: "hvc1.1.6.L120.90", ..variant("2160p", 12_000, (3840, 2160)) });
            one.device.cannot_decode = Some("hvc1.1.6.L120.90");
        }),
    ]
}
