//! The scenarios that come with the lab.

use std::time::Duration;

use media_model::MediaTime;
use player_core::message::{AudioId, VariantId};
use player_core::{Command, PlayerConfig, Speed};

use super::{Device, Encoder, Fault, FaultKind, Grid, LinkPlan, Part, Scenario, Title, Variant};

pub(super) const fn s(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

pub(super) const fn ms(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

pub(super) const FOREVER: (Duration, Duration) = (Duration::ZERO, Duration::MAX);
const TWO_SECONDS: Grid = Grid::Fixed(s(2));

pub(super) fn variant(name: &'static str, kbps: u64, size: (u32, u32)) -> Variant {
    Variant { name, kbps, size, codec: "avc1.640028", grid: TWO_SECONDS, encoder: None }
}

/// The ladder of requirement G04, each rung with a third of room to its declared peak.
fn ladder() -> Vec<Variant> {
    vec![
        variant("1080p", 4_500, (1920, 1080)),
        variant("720p", 2_500, (1280, 720)),
        variant("480p", 1_200, (854, 480)),
        variant("360p", 700, (640, 360)),
    ]
}

/// Two minutes on a good link, nothing fails.
pub(super) fn plain(name: &'static str) -> Scenario {
    Scenario {
        name,
        title: Title {
            duration: s(120),
            variants: ladder(),
            audio: vec!["english", "deutsch"],
            single: false,
            live: None,
            servers: 1,
            signed_for: None,
            variables: false,
            leaps: Vec::new(),
            constant: false,
        },
        link: LinkPlan { steps: vec![(s(0), 20_000)], latency: ms(20), outages: Vec::new() },
        faults: Vec::new(),
        actions: Vec::new(),
        video_quota: None,
        device: Device::default(),
        config: PlayerConfig::default(),
        limit: s(400),
    }
}

pub(super) fn on_link(name: &'static str, latency: Duration, steps: &[(u64, u64)]) -> Scenario {
    let steps = steps.iter().map(|&(from, kbps)| (s(from), kbps)).collect();
    Scenario { link: LinkPlan { steps, latency, outages: Vec::new() }, ..plain(name) }
}

pub(super) fn fault(stream: Option<&'static str>, part: Part, when: (Duration, Duration), kind: FaultKind) -> Fault {
    Fault { stream, server: None, part, when, kind }
}

pub(super) fn with_faults(name: &'static str, faults: Vec<Fault>) -> Scenario {
    Scenario { faults, ..plain(name) }
}

pub(super) fn select(at: u64, audio: u32) -> (Duration, Command) {
    (s(at), Command::SelectAudio(AudioId(audio)))
}

pub(super) fn seek(at_ms: u64, to_ms: i64) -> (Duration, Command) {
    (ms(at_ms), Command::Seek(MediaTime::from_micros(to_ms * 1_000)))
}

/// The ladder, encoded when asked for, and the original as it is.
fn with_encoder(name: &'static str, start: Duration, per_segment: Duration, original: bool) -> Scenario {
    let mut scenario = plain(name);
    for variant in &mut scenario.title.variants {
        variant.encoder = Some(Encoder { start, per_segment, chunks: 1 });
    }
    if original {
        let grid = Grid::Keyframes(s(3));
        scenario.title.variants.push(Variant { grid, ..variant("original", 9_000, (1920, 1080)) });
    }
    scenario
}

/// The film, the link and the settings of the race in Chromium of the same name (`matinee-lab race`).
fn there_and_back(name: &'static str) -> Scenario {
    let mut scenario = on_link(name, ms(20), &[(0, 8_000), (25, 700), (45, 8_000)]);
    let rung = |name, kbps, size| Variant { grid: Grid::Fixed(s(4)), ..variant(name, kbps, size) };
    scenario.title.variants = vec![
        rung("720p", 6_570, (1280, 720)),
        rung("540p", 3_580, (960, 540)),
        rung("360p", 1_880, (640, 360)),
        rung("270p", 970, (480, 270)),
        rung("180p", 470, (320, 180)),
    ];
    (scenario.title.audio, scenario.title.constant) = (Vec::new(), true);
    scenario
}

/// A 720p source that nobody has played before, on a link that drops and comes back.
fn fresh(name: &'static str, chunks: u32) -> Scenario {
    let mut scenario = on_link(name, ms(5), &[(0, 20_000), (12, 1_000), (50, 20_000)]);
    let encoder = Some(Encoder { start: ms(900), per_segment: ms(700), chunks });
    scenario.title.variants = vec![
        Variant { grid: Grid::Keyframes(s(2)), ..variant("original", 4_000, (1280, 720)) },
        Variant { encoder, ..variant("480p", 1_200, (854, 480)) },
        Variant { encoder, ..variant("360p", 700, (640, 360)) },
    ];
    scenario
}

pub(super) fn edited(scenario: Scenario, edit: impl FnOnce(&mut Scenario)) -> Scenario {
    let mut scenario = scenario;
    edit(&mut scenario);
    scenario
}

/// All of them, in the order in which they are listed.
pub fn built_in() -> Vec<Scenario> {
    let mut all = links();
    all.extend(servers());
    all.extend(viewers());
    all.extend(buffers());
    all.extend(super::limits::limits());
    all.extend(super::troubles());
    all
}

fn links() -> Vec<Scenario> {
    // A drive with a phone: four seconds each.
    let rates = [1_900, 900, 2_600, 400, 300, 700, 1_500, 3_200, 1_100, 600, 2_000, 250, 900, 1_700, 800];
    let drive: Vec<_> = (0..75).map(|step| (step as u64 * 4, rates[step % rates.len()])).collect();
    vec![
        plain("steady-20"),
        on_link("steady-lan", ms(2), &[(0, 200_000)]),
        on_link("steady-8", ms(20), &[(0, 8_000)]),
        on_link("steady-2", ms(100), &[(0, 2_000)]),
        on_link("slow-start", ms(5), &[(0, 900)]),
        on_link("drop-8-1", ms(20), &[(0, 8_000), (30, 1_000)]),
        on_link("drop-early", ms(20), &[(0, 20_000), (3, 1_000)]),
        on_link("drop-at-once", ms(10), &[(0, 20_000), (1, 1_000)]),
        on_link("drop-and-back", ms(20), &[(0, 20_000), (30, 1_000), (60, 20_000)]),
        there_and_back("step-8"),
        edited(on_link("double-speed", ms(20), &[(0, 8_000)]), |one| {
            one.actions = vec![(ms(0), Command::SetSpeed(Speed::thousandths(2_000)))];
        }),
        on_link("drive", ms(100), &drive),
        edited(plain("outage"), |one| one.link.outages.push((s(20), s(65)))),
        edited(plain("outage-at-start"), |one| one.link.outages.push((s(0), s(4)))),
        edited(plain("never-reached"), |one| one.link.outages.push(FOREVER)),
    ]
}

fn servers() -> Vec<Scenario> {
    let busy = FaultKind::Status(503, Some(3));
    let gone = FaultKind::Status(404, None);
    vec![
        with_faults("busy-at-start", vec![fault(None, Part::Segments, (s(0), s(12)), busy)]),
        with_faults("busy-in-the-middle", vec![fault(None, Part::Segments, (s(10), s(28)), busy)]),
        with_faults("busy-rung", vec![fault(Some("1080p"), Part::Segments, FOREVER, busy)]),
        with_faults("missing-segment", vec![fault(Some("1080p"), Part::Segment(12), FOREVER, gone)]),
        with_faults("missing-playlist", vec![fault(Some("1080p"), Part::Playlist, FOREVER, gone)]),
        with_faults("missing-init", vec![fault(Some("1080p"), Part::Init, FOREVER, gone)]),
        with_faults("missing-everywhere", vec![fault(None, Part::Segment(12), FOREVER, FaultKind::Status(500, None))]),
        with_faults("missing-for-a-while", vec![fault(None, Part::Segment(12), (s(0), s(18)), gone)]),
        with_faults("corrupt-segment", vec![fault(Some("1080p"), Part::Segment(7), FOREVER, FaultKind::Corrupt)]),
        with_faults("rejected-rung", vec![fault(Some("1080p"), Part::Segments, FOREVER, FaultKind::Rejected)]),
        with_faults("hanging-rung", vec![fault(Some("1080p"), Part::Segments, (s(15), s(400)), FaultKind::Hang)]),
        with_encoder("quick-encoder", ms(900), ms(300), false),
        with_encoder("slow-encoder", ms(1_500), ms(3_500), true),
        edited(with_encoder("chunked-encoder", ms(900), ms(1_600), false), |one| {
            for variant in &mut one.title.variants {
                variant.encoder = variant.encoder.map(|encoder| Encoder { chunks: 4, ..encoder });
            }
        }),
        fresh("fresh-drop-and-back", 1),
        fresh("fresh-chunked-drop-and-back", 4),
        with_encoder("slow-encoder-alone", ms(1_500), ms(2_600), false),
    ]
}

fn viewers() -> Vec<Scenario> {
    let lock = |at, variant: Option<u32>| (s(at), Command::LockVariant(variant.map(VariantId)));
    vec![
        edited(plain("seeks"), |one| {
            one.actions = vec![
                seek(5_000, 90_000),
                seek(10_000, 30_250),
                seek(10_050, 61_990),
                seek(10_100, 45_500),
                seek(20_000, 50_000),
                seek(25_000, 119_500),
                seek(40_000, 0),
            ];
        }),
        edited(plain("pause"), |one| {
            one.actions = vec![(s(10), Command::SetPlaying(false)), (s(100), Command::SetPlaying(true))];
        }),
        edited(plain("audio-switch"), |one| one.actions = vec![select(19, 1), select(40, 0)]),
        edited(plain("locked"), |one| one.actions = vec![lock(10, Some(0)), lock(60, None)]),
        // Tried out one after the other, as people do with a menu; the original has its own grid.
        edited(plain("menu"), |one| {
            let grid = Grid::Keyframes(s(3));
            one.title.variants.push(Variant { grid, ..variant("original", 9_000, (1920, 1080)) });
            let moments = [10_000, 10_050, 16_000, 22_000, 22_300, 30_000, 37_000].map(ms);
            let choices = [0, 4, 0, 1, 4, 2, 4].map(|id| Command::LockVariant(Some(VariantId(id))));
            one.actions = moments.into_iter().zip(choices).collect();
        }),
        // A rung that takes as long to encode as to watch must not cost what was buffered.
        edited(with_encoder("menu-of-a-busy-box", ms(1_500), ms(1_900), true), |one| {
            one.actions = vec![lock(1, Some(4)), lock(30, Some(0)), lock(50, Some(4)), lock(70, Some(2))];
        }),
        edited(plain("small-screen"), |one| {
            let screen = media_model::Resolution { width: 1280, height: 718 };
            one.actions = vec![(ms(0), Command::LimitResolution(Some(screen)))];
        }),
    ]
}

fn buffers() -> Vec<Scenario> {
    let other_grid = |name| {
        edited(on_link(name, ms(20), &[(0, 20_000), (20, 2_000), (50, 20_000), (80, 3_000)]), |one| {
            let grid = Grid::Keyframes(s(3));
            one.title.variants.push(Variant { grid, ..variant("original", 9_000, (1920, 1080)) });
        })
    };
    vec![
        edited(plain("quota"), |one| one.video_quota = Some(9_000_000)),
        edited(plain("tiny-quota"), |one| one.video_quota = Some(2_500_000)),
        other_grid("other-grid"),
        edited(other_grid("codec-change"), |one| {
            if let Some(original) = one.title.variants.last_mut() {
                original.codec = "hvc1.1.6.L120.90";
            }
        }),
        with_faults("hole", vec![fault(None, Part::Segment(15), FOREVER, FaultKind::Empty)]),
        edited(plain("muxed"), |one| one.title.audio = Vec::new()),
        edited(plain("media-playlist"), |one| (one.title.audio, one.title.single) = (Vec::new(), true)),
        edited(plain("variables"), |one| one.title.variables = true),
        edited(plain("short"), |one| one.title.duration = ms(3_300)),
    ]
}
