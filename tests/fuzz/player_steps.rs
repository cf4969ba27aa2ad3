//! `Sequence::step`, and so `Player::step`, under any sequence of inputs, read from bytes: whatever a driver says, the core keeps the rules of its
//! boundary (`player_lab::contract`) and never panics.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use media_model::{BitsPerSecond, ByteCount, MediaDuration, MediaTime, Ranges, Resolution, TimeRange};
use player_core::message::{AppendFailure, AudioId, LoadFailure, LoadKind, ServerTiming, TextId, Track, VariantId};
use player_core::{Command, Input, Now, Output, PlayerConfig, RequestId, Sequence, Speed};
use player_lab::contract::Contract;
use url::Url;

/// One rendition has the segments of a variant, the other one its very playlist: addresses may be shared.
const MULTIVARIANT: &str = "#EXTM3U\n\
    #EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID=\"s\",NAME=\"one\",URI=\"a/sound.m3u8\"\n\
    #EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID=\"s\",NAME=\"two\",URI=\"b/playlist.m3u8\"\n\
    #EXT-X-MEDIA:TYPE=SUBTITLES,GROUP-ID=\"t\",NAME=\"one\",DEFAULT=YES,URI=\"t/playlist.m3u8\"\n\
    #EXT-X-MEDIA:TYPE=SUBTITLES,GROUP-ID=\"t\",NAME=\"two\",URI=\"u/playlist.m3u8\"\n\
    #EXT-X-STREAM-INF:BANDWIDTH=800000,RESOLUTION=640x360,CODECS=\"avc1.64001f,mp4a.40.2\",AUDIO=\"s\",SUBTITLES=\"t\"\na/playlist.m3u8\n\
    #EXT-X-STREAM-INF:BANDWIDTH=5000000,RESOLUTION=1920x1080,CODECS=\"hvc1.1.6,mp4a.40.2\",AUDIO=\"s\",SUBTITLES=\"t\"\nb/playlist.m3u8\n\
    #EXT-X-STREAM-INF:BANDWIDTH=800000,RESOLUTION=640x360,CODECS=\"avc1.64001f,mp4a.40.2\",AUDIO=\"s\",SUBTITLES=\"t\"\nc/playlist.m3u8\n";

const SEGMENTS: &str = "#EXTM3U\n#EXT-X-TARGETDURATION:4\n#EXT-X-SERVER-CONTROL:CAN-SKIP-UNTIL=24\n#EXT-X-MAP:URI=\"init.mp4\"\n#EXTINF:2,\n0.m4s\n#EXTINF:4,\n1.m4s\n\
    #EXT-X-DISCONTINUITY\n#EXTINF:1.5,\n2.m4s\n#EXT-X-GAP\n#EXTINF:2,\n3.m4s\n#EXTINF:3,\n4.m4s\n";

/// Longer plays find nothing that shorter ones do not, and take their time.
const MAX_STEPS: usize = 400;

/// Bytes as numbers; zero when they are used up.
struct Numbers<'a>(&'a [u8]);

impl Numbers<'_> {
    fn byte(&mut self) -> u8 {
        let Some((&first, rest)) = self.0.split_first() else { return 0 };
        self.0 = rest;
        first
    }

    fn short(&mut self) -> u64 {
        u64::from(u16::from_le_bytes([self.byte(), self.byte()]))
    }

    /// A number of any size, small ones more often.
    fn any(&mut self) -> u64 {
        let (base, shift) = (self.short(), u32::from(self.byte() % 64));
        base.checked_shl(shift).unwrap_or(u64::MAX)
    }

    fn ranges(&mut self) -> Ranges {
        let count = self.byte() % 4;
        let range = |(start, length)| TimeRange::of(at(start), MediaDuration::from_millis(length));
        Ranges::new((0..count).map(|_| range((self.short(), self.short()))).collect())
    }

    /// Text out of the bytes themselves, so that playlists are found too.
    fn text(&mut self) -> String {
        let length = usize::from(self.byte()) * 4;
        let (text, rest) = self.0.split_at(length.min(self.0.len()));
        self.0 = rest;
        String::from_utf8_lossy(text).into_owned()
    }
}

fn at(millis: u64) -> MediaTime {
    MediaTime::ZERO + MediaDuration::from_millis(millis)
}

/// A driver that does what the bytes say, within what drivers promise: buffers are answered when they are busy.
struct Driver {
    sequence: Sequence,
    contract: Contract,
    now: Duration,
    loads: BTreeMap<RequestId, (Url, LoadKind)>,
    /// Whether each busy buffer appends.
    busy: BTreeMap<Track, bool>,
    asked: VecDeque<RequestId>,
}

/// Plays what the bytes say.
///
/// # Panics
/// If the core breaks a rule of its boundary.
pub(crate) fn player_steps(data: &[u8]) {
    let mut numbers = Numbers(data);
    let manner = numbers.byte();
    let (appends_in_part, shows_text) = (manner % 2 == 1, manner % 4 > 1);
    let config = PlayerConfig { appends_in_part, shows_text, ..PlayerConfig::default() };
    let mut driver = Driver {
        sequence: Sequence::new(config),
        contract: Contract::default(),
        now: Duration::ZERO,
        loads: BTreeMap::new(),
        busy: BTreeMap::new(),
        asked: VecDeque::new(),
    };
    driver.tell(Input::Command(open(0)));
    for _ in 0..MAX_STEPS {
        if numbers.0.is_empty() {
            break;
        }
        driver.carry_out(&mut numbers);
        let _ = driver.sequence.stats();
    }
    let faults = driver.contract.into_faults();
    assert!(faults.is_empty(), "{faults:?}");
}

fn open(which: u8) -> Command {
    Command::Open { url: address("origin", which.is_multiple_of(2)), start: None }
}

fn address(host: &str, is_multivariant: bool) -> Url {
    let name = if is_multivariant { "main" } else { "a/playlist" };
    Url::parse(&format!("http://{host}.test/{name}.m3u8")).expect("a constant")
}

impl Driver {
    fn tell(&mut self, input: Input) {
        let step = self.sequence.step(Now::new(self.now), input.clone());
        self.contract.check(&input, &step);
        assert!(step.wake_at.is_none_or(|at| at > Now::new(self.now)), "an alarm in the past is a busy loop");
        for output in step.outputs {
            if let Output::Load { id, url, kind, .. } = output {
                self.loads.insert(id, (url, kind));
            } else if let Output::Cancel(id) = output {
                self.loads.remove(&id);
            } else if let Output::Append { track, .. } = output {
                self.busy.insert(track, true);
            } else if let Output::Evict { track, .. } = output {
                self.busy.insert(track, false);
            } else if let Output::Prepare { .. } = output {
                self.busy.clear();
            } else if let Output::AskStart { id, .. } = output {
                self.asked.push_back(id);
            }
        }
    }

    fn load(&self, which: u8) -> Option<RequestId> {
        self.loads.keys().copied().nth(usize::from(which) % self.loads.len().max(1))
    }

    fn carry_out(&mut self, numbers: &mut Numbers<'_>) {
        match numbers.byte() % 11 {
            0 => {
                self.now += Duration::from_millis(numbers.short());
                self.tell(Input::Tick);
            }
            1..=3 => self.answer(numbers),
            4 => {
                let served = ServerTiming { encode: Duration::from_millis(numbers.any()) };
                if let Some(id) = self.load(numbers.byte()) {
                    let length = Some(numbers.any()).filter(|length| length % 2 == 0).map(ByteCount::new);
                    self.tell(Input::FirstByte { id, served, length });
                }
            }
            5 => {
                if let Some(id) = self.load(numbers.byte()) {
                    self.tell(Input::Progress { id, bytes: ByteCount::new(numbers.any()) });
                }
            }
            6 => self.buffer(numbers),
            7 => {
                let (at, video, audio) = (at(numbers.short()), numbers.ranges(), numbers.ranges());
                let (moving, dropped_frames) = (numbers.byte().is_multiple_of(2), None);
                self.tell(Input::Playhead { at, video, audio, moving, dropped_frames });
            }
            8 => self.command(numbers),
            9 => {
                let micros = if numbers.byte().is_multiple_of(2) { numbers.any() } else { numbers.short() * 1_000 };
                let at = (!numbers.byte().is_multiple_of(4)).then(|| MediaTime::from_micros(micros.cast_signed()));
                if let Some(id) = self.asked.pop_front() {
                    self.tell(Input::Starts { id, at });
                }
            }
            _ => self.stray(numbers),
        }
    }

    fn answer(&mut self, numbers: &mut Numbers<'_>) {
        let load = self.load(numbers.byte()).and_then(|id| self.loads.remove_entry(&id));
        let Some((id, (url, kind))) = load else { return };
        let how = numbers.byte();
        if how.is_multiple_of(4) {
            return self.tell(Input::LoadFailed { id, cause: failure(numbers) });
        }
        self.tell(match kind {
            LoadKind::Playlist => {
                let text = match (how % 8, url.path()) {
                    (1, _) => numbers.text(),
                    (2, _) => format!("#EXTM3U\n{}", numbers.text()),
                    (_, "/main.m3u8") => MULTIVARIANT.to_owned(),
                    (3, _) => format!("{SEGMENTS}#EXT-X-ENDLIST\n"),
                    (7, _) => update(numbers),
                    (5, _) => SEGMENTS.replace("TARGET", &format!("MEDIA-SEQUENCE:{}\n#EXT-X-TARGET", numbers.any())),
                    _ => SEGMENTS.to_owned(),
                };
                Input::Playlist { id, url, text }
            }
            LoadKind::Init | LoadKind::Segment | LoadKind::Text | LoadKind::Probe => {
                Input::Loaded { id, size: ByteCount::new(numbers.any()) }
            }
        });
    }

    fn buffer(&mut self, numbers: &mut Numbers<'_>) {
        let which = usize::from(numbers.byte()) % self.busy.len().max(1);
        let track = self.busy.keys().copied().nth(which);
        let Some((track, appends)) = track.and_then(|track| self.busy.remove_entry(&track)) else { return };
        let cause = match numbers.byte() % 12 {
            1 => Some(AppendFailure::QuotaExceeded),
            2 => Some(AppendFailure::Rejected),
            3 => Some(AppendFailure::Unsupported),
            _ => None,
        };
        self.tell(match (appends, cause) {
            (true, Some(cause)) => Input::AppendFailed { track, cause },
            (true, None) => Input::Appended { track },
            (false, _) => Input::Evicted { track },
        });
    }

    fn command(&mut self, numbers: &mut Numbers<'_>) {
        let id = u32::from(numbers.byte());
        let command = match numbers.byte() % 13 {
            0 => {
                self.busy.clear();
                open(numbers.byte())
            }
            1 => Command::SetPlaying(id.is_multiple_of(2)),
            2 => Command::LockVariant((id > 0).then_some(VariantId(id))),
            3 => Command::SelectAudio(AudioId(id)),
            4 => Command::LimitResolution((id > 0).then_some(Resolution { width: id * 16, height: id * 9 })),
            5 => Command::Retry,
            7 => Command::SetSpeed(Speed::thousandths(u16::from(numbers.byte()) * 20)),
            9 => Command::SaveData(id.is_multiple_of(2)),
            10 => Command::SetVisible(id.is_multiple_of(2)),
            11 => Command::LimitBandwidth { least: None, most: Some(BitsPerSecond::from_kbps(u64::from(id) * 50)) },
            12 => Command::FollowWith((id > 0).then(|| address("next", id.is_multiple_of(2)))),
            8 => Command::SelectText((id > 0).then_some(TextId(id % 4))),
            6 => Command::Seek(MediaTime::from_micros(numbers.any().cast_signed())),
            _ => Command::Seek(at(numbers.short())),
        };
        self.tell(Input::Command(command));
    }

    /// An answer that nobody waits for, or news of the media element.
    fn stray(&mut self, numbers: &mut Numbers<'_>) {
        let which = numbers.byte();
        let track = if which.is_multiple_of(2) { Track::Video } else { Track::Audio };
        let id = RequestId(numbers.any());
        let input = match which / 2 % 12 {
            0 => Input::FirstFrame,
            1 => Input::PlayedOut,
            2 => Input::DecodeFailed,
            3 if !self.busy.contains_key(&track) => Input::Appended { track },
            4 if !self.busy.contains_key(&track) => Input::Evicted { track },
            5 => Input::Codecs { id, codecs: numbers.text() },
            6 => {
                self.loads.remove(&id);
                Input::Loaded { id, size: ByteCount::new(9) }
            }
            7 => Input::PlayRefused,
            8 => Input::Online,
            9 => Input::Renewed { url: None },
            10 => {
                let Command::Open { url, .. } = open(which / 24) else { return };
                Input::Renewed { url: Some(url) }
            }
            _ => {
                self.loads.remove(&id);
                Input::LoadFailed { id, cause: LoadFailure::Network }
            }
        };
        self.tell(input);
    }
}

/// What is new of a playlist, whether it was asked for or not.
fn update(numbers: &mut Numbers<'_>) -> String {
    let (first, skipped) = (numbers.byte() % 8, numbers.byte() % 8);
    format!(
        "#EXTM3U\n#EXT-X-TARGETDURATION:4\n#EXT-X-SERVER-CONTROL:CAN-SKIP-UNTIL=24\n#EXT-X-MEDIA-SEQUENCE:{first}\n\
         #EXT-X-SKIP:SKIPPED-SEGMENTS={skipped}\n#EXTINF:2,\n5.m4s\n#EXTINF:2,\n6.m4s\n"
    )
}

fn failure(numbers: &mut Numbers<'_>) -> LoadFailure {
    let status = |code, retry_after| LoadFailure::Status { code, retry_after, problem: None };
    match numbers.byte() % 7 {
        0 => LoadFailure::Network,
        1 => LoadFailure::TimedOut,
        2 => LoadFailure::Corrupt,
        3 => status(404, None),
        5 => status(403, None),
        4 => status(503, Some(Duration::from_secs(numbers.any()))),
        _ => status(500, None),
    }
}
