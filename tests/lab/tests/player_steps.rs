//! `Player::step` under inputs that no sane driver would send: whatever comes, the core keeps the rules of its boundary.

#![expect(clippy::unwrap_used, reason = "a test may stop at what must not be")]

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use media_model::{BitsPerSecond, ByteCount, MediaDuration, MediaTime, Ranges, Resolution, TimeRange};
use player_core::message::{
    AppendFailure, AudioId, LoadFailure, LoadKind, Problem, ServerTiming, TextId, Track, VariantId,
};
use player_core::{Command, Input, Now, Output, Player, PlayerConfig, RequestId, Speed, Step};
use player_lab::contract::Contract;
use proptest::prelude::*;
use url::Url;

/// What happens next; numbers are taken modulo what there is.
#[derive(Clone, Debug)]
enum Move {
    Pass(u64),
    Answer(usize, Outcome),
    FirstByte(usize, u64, Option<u64>),
    Progress(usize, u64),
    Buffer(bool, Option<AppendFailure>),
    Playhead(u64, Vec<(u64, u64)>, Vec<(u64, u64)>, bool),
    Command(Command),
    /// What was asked first is answered.
    Starts(Option<i64>),
    Stray(Input),
}

#[derive(Clone, Copy, Debug)]
enum Outcome {
    Good,
    Garbage,
    Fails(u8),
}

fn failure(kind: u8) -> LoadFailure {
    let status = |code, retry_after: Option<u64>| LoadFailure::Status {
        code,
        retry_after: retry_after.map(Duration::from_secs),
        problem: (code == 500).then(|| Problem { code: "x".into(), detail: "Broken".into() }),
    };
    match kind % 8 {
        0 => LoadFailure::Network,
        1 => LoadFailure::TimedOut,
        2 => LoadFailure::Corrupt,
        3 => status(404, None),
        4 => status(503, Some(2)),
        5 => status(500, None),
        6 => status(403, None),
        _ => status(503, Some(u64::MAX)),
    }
}

fn spans() -> impl Strategy<Value = Vec<(u64, u64)>> {
    proptest::collection::vec((0u64..70_000, 0u64..20_000), 0..4)
}

fn command() -> impl Strategy<Value = Command> {
    let position = prop_oneof![-5_000_000i64..90_000_000, Just(i64::MIN), Just(i64::MAX)];
    prop_oneof![
        6 => position.prop_map(|micros| Command::Seek(MediaTime::from_micros(micros))),
        3 => any::<bool>().prop_map(Command::SetPlaying),
        3 => proptest::option::of(0u32..6).prop_map(|id| Command::LockVariant(id.map(VariantId))),
        3 => (0u32..4).prop_map(|id| Command::SelectAudio(AudioId(id))),
        3 => proptest::option::of(0u32..3).prop_map(|id| Command::SelectText(id.map(TextId))),
        2 => (0u32..2_000, 0u32..2_000).prop_map(|(width, height)| {
            Command::LimitResolution(Some(Resolution { width, height }))
        }),
        2 => proptest::option::of(0u64..9_000_000).prop_map(|most| {
            Command::LimitBandwidth { least: None, most: most.map(BitsPerSecond::new) }
        }),
        1 => any::<bool>().prop_map(Command::SaveData),
        2 => any::<bool>().prop_map(Command::SetVisible),
        1 => any::<bool>().prop_map(Command::SetStreaming),
        2 => any::<u16>().prop_map(|speed| Command::SetSpeed(Speed::thousandths(speed))),
        3 => Just(Command::Retry),
        1 => Just(open("http://origin.test/main.m3u8")),
        1 => Just(open("http://origin.test/a/playlist.m3u8")),
    ]
}

fn any_move() -> impl Strategy<Value = Move> {
    let outcome = prop_oneof![
        8 => Just(Outcome::Good),
        1 => Just(Outcome::Garbage),
        2 => any::<u8>().prop_map(Outcome::Fails),
    ];
    let refusal = prop_oneof![
        8 => Just(None),
        1 => Just(Some(AppendFailure::QuotaExceeded)),
        1 => Just(Some(AppendFailure::Rejected)),
        1 => Just(Some(AppendFailure::Unsupported)),
    ];
    let track = prop_oneof![Just(Track::Video), Just(Track::Audio)];
    let stray = prop_oneof![
        Just(Input::FirstFrame),
        Just(Input::PlayedOut),
        Just(Input::DecodeFailed),
        Just(Input::PlayRefused),
        Just(Input::Online),
        Just(Input::Renewed { url: None }),
        Just(Input::Renewed { url: Some(Url::parse("http://origin.test/main.m3u8?fresh").unwrap()) }),
        Just(Input::Renewed { url: Some(Url::parse("http://origin.test/a/playlist.m3u8").unwrap()) }),
        track.clone().prop_map(|track| Input::Appended { track }),
        track.clone().prop_map(|track| Input::Evicted { track }),
        track.prop_map(|track| Input::AppendFailed { track, cause: AppendFailure::Unsupported }),
        any::<u64>().prop_map(|id| Input::Loaded { id: RequestId(id), size: ByteCount::new(9) }),
        any::<u64>().prop_map(|id| Input::Starts { id: RequestId(id), at: None }),
        any::<u64>().prop_map(|id| Input::LoadFailed { id: RequestId(id), cause: LoadFailure::Network }),
    ];
    prop_oneof![
        6 => prop_oneof![0u64..400, 0u64..40_000].prop_map(Move::Pass),
        10 => (any::<usize>(), outcome).prop_map(|(which, outcome)| Move::Answer(which, outcome)),
        2 => (any::<usize>(), 0u64..9_000, any::<Option<u64>>())
            .prop_map(|(which, ms, length)| Move::FirstByte(which, ms, length)),
        3 => (any::<usize>(), any::<u64>()).prop_map(|(which, bytes)| Move::Progress(which, bytes)),
        8 => (any::<bool>(), refusal).prop_map(|(which, refusal)| Move::Buffer(which, refusal)),
        4 => (0u64..70_000, spans(), spans(), any::<bool>())
            .prop_map(|(at, video, audio, moving)| Move::Playhead(at, video, audio, moving)),
        2 => command().prop_map(Move::Command),
        6 => proptest::option::of(prop_oneof![Just(i64::MIN), Just(i64::MAX), any::<i64>(), 0i64..40_000_000])
            .prop_map(Move::Starts),
        1 => stray.prop_map(Move::Stray),
    ]
}

fn open(url: &str) -> Command {
    Command::Open { url: Url::parse(url).unwrap(), start: None }
}

/// One rendition has the segments of a variant, the other one its very playlist: addresses may be shared.
const MULTIVARIANT: &str = "#EXTM3U\n\
    #EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID=\"s\",NAME=\"one\",URI=\"a/sound.m3u8\"\n\
    #EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID=\"s\",NAME=\"two\",URI=\"b/playlist.m3u8\"\n\
    #EXT-X-MEDIA:TYPE=SUBTITLES,GROUP-ID=\"t\",NAME=\"one\",DEFAULT=YES,URI=\"t/playlist.m3u8\"\n\
    #EXT-X-MEDIA:TYPE=SUBTITLES,GROUP-ID=\"t\",NAME=\"two\",URI=\"u/playlist.m3u8\"\n\
    #EXT-X-STREAM-INF:BANDWIDTH=800000,RESOLUTION=640x360,CODECS=\"avc1.64001f,mp4a.40.2\",AUDIO=\"s\",SUBTITLES=\"t\"\na/playlist.m3u8\n\
    #EXT-X-STREAM-INF:BANDWIDTH=5000000,RESOLUTION=1920x1080,CODECS=\"hvc1.1.6,mp4a.40.2\",AUDIO=\"s\"\nb/playlist.m3u8\n\
    #EXT-X-STREAM-INF:BANDWIDTH=800000,RESOLUTION=640x360,CODECS=\"avc1.64001f,mp4a.40.2\",AUDIO=\"s\"\nc/playlist.m3u8\n";

fn media_playlist(path: &str) -> String {
    // Each folder has a grid of its own; `b` is live.
    let length = 1.0 + f64::from(path.as_bytes().get(1).copied().unwrap_or(0) % 5) * 0.73;
    let mut text = String::from("#EXTM3U\n#EXT-X-TARGETDURATION:4\n");
    text += "#EXT-X-SERVER-CONTROL:CAN-SKIP-UNTIL=24\n#EXT-X-MAP:URI=\"init.mp4\"\n";
    for number in 0..20 {
        text += &format!("#EXTINF:{length},\n{number}.m4s\n");
    }
    if path.starts_with("/b/") { text } else { text + "#EXT-X-ENDLIST\n" }
}

struct Driver {
    player: Player,
    contract: Contract,
    now: Duration,
    loads: BTreeMap<RequestId, (Url, LoadKind)>,
    busy: BTreeMap<Track, bool>,
    asked: VecDeque<RequestId>,
    wake_at: Option<Now>,
}

impl Driver {
    fn tell(&mut self, input: Input) {
        let step: Step = self.player.step(Now::new(self.now), input.clone());
        self.contract.check(&input, &step);
        self.wake_at = step.wake_at;
        assert!(step.wake_at.is_none_or(|at| at > Now::new(self.now)), "an alarm in the past is a busy loop");
        for output in step.outputs {
            match output {
                Output::Load { id, url, kind, .. } => drop(self.loads.insert(id, (url, kind))),
                Output::Cancel(id) => drop(self.loads.remove(&id)),
                Output::Append { track, .. } => drop(self.busy.insert(track, true)),
                Output::AskStart { id, .. } => self.asked.push_back(id),
                Output::Evict { track, .. } => drop(self.busy.insert(track, false)),
                Output::Prepare { .. } => self.busy.clear(),
                Output::Forget(_)
                | Output::ChangeType { .. }
                | Output::MoveTo(_)
                | Output::Seekable(_)
                | Output::EndOfStream
                | Output::RenewAddress
                | Output::AskDecoder(_)
                | Output::Text(_)
                | Output::Event(_) => {}
            }
        }
    }

    fn pick(&self, which: usize) -> Option<RequestId> {
        self.loads.keys().copied().nth(which % self.loads.len().max(1))
    }

    fn carry_out(&mut self, next: Move) {
        match next {
            Move::Pass(ms) => {
                self.now += Duration::from_millis(ms);
                self.tell(Input::Tick);
            }
            Move::Answer(which, outcome) => self.answer(which, outcome),
            Move::FirstByte(which, ms, length) => {
                let served = ServerTiming { encode: Duration::from_millis(ms) };
                if let Some(id) = self.pick(which) {
                    self.tell(Input::FirstByte { id, served, length: length.map(ByteCount::new) });
                }
            }
            Move::Progress(which, bytes) => {
                if let Some(id) = self.pick(which) {
                    self.tell(Input::Progress { id, bytes: ByteCount::new(bytes) });
                }
            }
            Move::Buffer(which, refusal) => {
                let track = self.busy.keys().copied().nth(usize::from(which) % self.busy.len().max(1));
                let Some((track, appends)) = track.and_then(|track| self.busy.remove_entry(&track)) else { return };
                self.tell(match (appends, refusal) {
                    (true, Some(cause)) => Input::AppendFailed { track, cause },
                    (true, None) => Input::Appended { track },
                    (false, _) => Input::Evicted { track },
                });
            }
            Move::Playhead(at, video, audio, moving) => {
                let ms = |ms| MediaTime::ZERO + MediaDuration::from_millis(ms);
                let ranges = |spans: Vec<(u64, u64)>| {
                    let range = |(start, length)| TimeRange::new(ms(start), ms(start + length)).unwrap();
                    Ranges::new(spans.into_iter().map(range).collect())
                };
                let (video, audio) = (ranges(video), ranges(audio));
                self.tell(Input::Playhead { at: ms(at), video, audio, moving, dropped_frames: None });
            }
            Move::Command(command) => {
                if matches!(command, Command::Open { .. }) {
                    self.busy.clear();
                }
                self.tell(Input::Command(command));
            }
            Move::Starts(at) => {
                if let Some(id) = self.asked.pop_front() {
                    self.tell(Input::Starts { id, at: at.map(MediaTime::from_micros) });
                }
            }
            Move::Stray(input) => {
                // An answer nobody waits for, unless by chance it is one.
                if let Input::Appended { track } | Input::Evicted { track } | Input::AppendFailed { track, .. } = &input
                    && self.busy.contains_key(track)
                {
                    return;
                }
                if let Input::Loaded { id, .. } | Input::LoadFailed { id, .. } = &input {
                    self.loads.remove(id);
                }
                self.tell(input);
            }
        }
    }

    fn answer(&mut self, which: usize, outcome: Outcome) {
        let Some((id, (url, kind))) = self.pick(which).and_then(|id| self.loads.remove_entry(&id)) else { return };
        let size = ByteCount::new(100_000);
        self.tell(match (outcome, kind) {
            (Outcome::Fails(kind), _) => Input::LoadFailed { id, cause: failure(kind) },
            (Outcome::Good, LoadKind::Playlist) if url.path() == "/main.m3u8" => {
                Input::Playlist { id, url, text: MULTIVARIANT.to_owned() }
            }
            (Outcome::Good, LoadKind::Playlist) => {
                let text = media_playlist(url.path());
                Input::Playlist { id, url, text }
            }
            (Outcome::Garbage, LoadKind::Playlist) => Input::Playlist { id, url, text: "<html>".to_owned() },
            (Outcome::Good, LoadKind::Init | LoadKind::Segment | LoadKind::Text | LoadKind::Probe) => {
                Input::Loaded { id, size }
            }
            (Outcome::Garbage, LoadKind::Init | LoadKind::Segment | LoadKind::Text | LoadKind::Probe) => {
                Input::Loaded { id, size: ByteCount::new(u64::MAX) }
            }
        });
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, failure_persistence: None, ..ProptestConfig::default() })]
    #[test]
    fn the_boundary_holds_whatever_comes(
        moves in proptest::collection::vec(any_move(), 1..150), appends_in_part in any::<bool>(), shows_text in any::<bool>(),
    ) {
        let mut driver = Driver {
            player: Player::new(PlayerConfig { appends_in_part, shows_text, ..PlayerConfig::default() }),
            contract: Contract::default(),
            now: Duration::ZERO,
            loads: BTreeMap::new(),
            busy: BTreeMap::new(),
            asked: VecDeque::new(),
            wake_at: None,
        };
        driver.tell(Input::Command(open("http://origin.test/main.m3u8")));
        for next in moves {
            driver.carry_out(next);
            let _ = driver.player.stats();
        }
        prop_assert_eq!(driver.contract.into_faults(), Vec::<String>::new());
    }
}
