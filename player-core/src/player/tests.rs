//! The player step by step. What a whole play gives is tested on simulated links in `tests/lab`.

mod choosing;
mod codecs;

use std::collections::BTreeMap;

use media_model::{Ranges, TimeRange};

use super::*;
use crate::message::{AppendFailure, BufferSetup, Command, LoadFailure, Problem, ServerTiming, StallCause, Track};

const TWO_VARIANTS: &str = "#EXTM3U\n\
    #EXT-X-STREAM-INF:BANDWIDTH=800000,RESOLUTION=640x360,CODECS=\"avc1.64001f,mp4a.40.2\"\nlow/playlist.m3u8\n\
    #EXT-X-STREAM-INF:BANDWIDTH=9000000,RESOLUTION=1920x1080,CODECS=\"hvc1.1.6,mp4a.40.2\"\nhigh/playlist.m3u8\n";

/// A driver by hand: the test answers what it wants to.
pub(super) struct Desk {
    pub(super) player: Player,
    pub(super) now: Duration,
    /// Under way, by path.
    pub(super) loads: BTreeMap<String, RequestId>,
    /// When the media of loaded segments begin, s.
    pub(super) starts: BTreeMap<RequestId, f64>,
    pub(super) outputs: Vec<Output>,
    wake_at: Option<Now>,
}

impl Desk {
    pub(super) fn open(path: &str) -> Self {
        Self::open_with(PlayerConfig::default(), path)
    }

    pub(super) fn open_with(config: PlayerConfig, path: &str) -> Self {
        let mut desk = Self {
            player: Player::new(config),
            now: Duration::ZERO,
            loads: BTreeMap::new(),
            starts: BTreeMap::new(),
            outputs: Vec::new(),
            wake_at: None,
        };
        let url = Url::parse("http://box.local").unwrap().join(path).unwrap();
        desk.tell(Input::Command(Command::Open { url, start: None }));
        desk
    }

    pub(super) fn tell(&mut self, input: Input) {
        let step = self.player.step(Now::new(self.now), input);
        self.wake_at = step.wake_at;
        let mut asked = Vec::new();
        for output in step.outputs {
            match &output {
                Output::AskStart { id, .. } => asked.push(*id),
                Output::Load { id, url, .. } => drop(self.loads.insert(url.path().to_owned(), *id)),
                Output::Cancel(id) => self.loads.retain(|_, under_way| under_way != id),
                Output::Prepare { .. }
                | Output::Append { .. }
                | Output::Forget(_)
                | Output::Evict { .. }
                | Output::ChangeType { .. }
                | Output::MoveTo(_)
                | Output::Seekable(_)
                | Output::EndOfStream
                | Output::RenewAddress
                | Output::AskDecoder(_)
                | Output::Text(_)
                | Output::Event(_) => {}
            }
            self.outputs.push(output);
        }
        for id in asked {
            let at = self.starts.get(&id).and_then(|&at| MediaTime::from_seconds(at));
            self.tell(Input::Starts { id, at });
        }
    }

    pub(super) fn pass(&mut self, ms: u64) {
        self.now += Duration::from_millis(ms);
        self.tell(Input::Tick);
    }

    pub(super) fn take(&mut self, path: &str) -> RequestId {
        self.loads.remove(path).unwrap_or_else(|| panic!("{path} is not under way, but {:?}", self.loads.keys()))
    }

    pub(super) fn playlist(&mut self, path: &str, text: &str) {
        let id = self.take(path);
        let url = Url::parse("http://box.local").unwrap().join(path).unwrap();
        self.tell(Input::Playlist { id, url, text: text.to_owned() });
    }

    pub(super) fn loaded(&mut self, path: &str, media_start: Option<f64>) -> RequestId {
        let id = self.take(path);
        self.starts.extend(media_start.map(|start| (id, start)));
        self.tell(Input::Loaded { id, size: ByteCount::new(100_000) });
        id
    }

    pub(super) fn fails(&mut self, path: &str, cause: LoadFailure) {
        let id = self.take(path);
        self.tell(Input::LoadFailed { id, cause });
    }

    pub(super) fn appended(&mut self) {
        self.tell(Input::Appended { track: Track::Video });
    }

    pub(super) fn playhead(&mut self, at: f64, until: f64, moving: bool) {
        let time = |seconds| MediaTime::from_seconds(seconds).unwrap();
        let video = Ranges::new(vec![TimeRange::new(MediaTime::ZERO, time(until)).unwrap()]);
        let audio = Ranges::default();
        self.tell(Input::Playhead { at: time(at), video, audio, moving, dropped_frames: None });
    }

    /// What was ordered since the last call, without loads, questions and measurements.
    pub(super) fn orders(&mut self) -> Vec<Output> {
        let is_load = |output: &Output| {
            matches!(
                output,
                Output::Load { .. } | Output::AskStart { .. } | Output::Event(Event::Throughput(_) | Event::Wasted(_))
            )
        };
        std::mem::take(&mut self.outputs).into_iter().filter(|output| !is_load(output)).collect()
    }

    pub(super) fn is_under_way(&self, path: &str) -> bool {
        self.loads.contains_key(path)
    }

    /// The first byte of this comes after 5 ms.
    fn answer(&mut self, path: &str) -> RequestId {
        self.pass(5);
        let id = self.loads[path];
        self.tell(Input::FirstByte { id, served: ServerTiming::default(), length: None });
        id
    }

    /// The first segment of the high variant of `TWO_VARIANTS` is on its way.
    fn begin_high(&mut self) -> RequestId {
        self.answer("/main.m3u8");
        self.playlist("/main.m3u8", TWO_VARIANTS);
        self.answer("/high/playlist.m3u8");
        self.playlist("/high/playlist.m3u8", &vod(10));
        self.answer("/high/init.mp4");
        self.loaded("/high/init.mp4", None);
        self.appended();
        let id = self.answer("/high/0.m4s");
        self.starts.insert(id, 0.0);
        id
    }

    /// Has begun a live presentation in the low variant, which lists segments 10 to 15, with the 13th of them.
    pub(super) fn live() -> Self {
        let mut desk = Self::open("/main.m3u8");
        desk.playlist("/main.m3u8", TWO_VARIANTS);
        desk.playlist("/low/playlist.m3u8", &live(10));
        desk.loaded("/low/init.mp4", None);
        desk.loaded("/low/13.m4s", Some(26.0));
        desk.appended();
        desk.appended();
        desk
    }

    /// Plays the low variant of `TWO_VARIANTS` with two segments in the buffer.
    pub(super) fn playing() -> Self {
        Self::playing_with(PlayerConfig::default())
    }

    pub(super) fn playing_with(config: PlayerConfig) -> Self {
        let mut desk = Self::open_with(config, "/main.m3u8");
        desk.now += Duration::from_millis(50);
        desk.playlist("/main.m3u8", TWO_VARIANTS);
        desk.playlist("/low/playlist.m3u8", &vod(10));
        desk.loaded("/low/init.mp4", None);
        desk.loaded("/low/0.m4s", Some(0.0));
        desk.appended();
        desk.appended();
        desk.playhead(0.0, 2.0, true);
        desk.tell(Input::FirstFrame);
        desk
    }

    /// The same with eight seconds in the buffer, half a second of them played.
    pub(super) fn playing_with_four_segments() -> Self {
        let mut desk = Self::playing();
        for number in 1..4 {
            desk.loaded(&format!("/low/{number}.m4s"), Some(f64::from(number) * 2.0));
            desk.appended();
            desk.playhead(0.5, f64::from(number + 1) * 2.0, true);
        }
        desk
    }
}

pub(super) fn vod(segments: usize) -> String {
    let segments: String = (0..segments).map(|number| format!("#EXTINF:2,\n{number}.m4s\n")).collect();
    format!("#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXT-X-MAP:URI=\"init.mp4\"\n{segments}#EXT-X-ENDLIST\n")
}

pub(super) fn live(first: usize) -> String {
    let segments: String = (first..first + 6).map(|number| format!("#EXTINF:2,\n{number}.m4s\n")).collect();
    format!("#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXT-X-MEDIA-SEQUENCE:{first}\n#EXT-X-MAP:URI=\"init.mp4\"\n{segments}")
}

fn setup(track: Track, mime: &str) -> Output {
    let buffers = vec![BufferSetup { track, mime: mime.to_owned() }];
    Output::Prepare { buffers, duration: Some(MediaDuration::from_secs(20)) }
}

fn status(code: u16, detail: Option<&str>) -> LoadFailure {
    let problem = detail.map(|detail| Problem { code: "x".to_owned(), detail: detail.to_owned() });
    LoadFailure::Status { code, retry_after: None, problem }
}

#[test]
fn init_and_first_segment_are_loaded_at_once_and_appended_in_order() {
    let mut desk = Desk::open("/main.m3u8");
    desk.now += Duration::from_millis(50);
    desk.playlist("/main.m3u8", TWO_VARIANTS);
    desk.playlist("/low/playlist.m3u8", &vod(10));
    assert!(desk.is_under_way("/low/init.mp4") && desk.is_under_way("/low/0.m4s"));
    desk.orders();
    let segment = desk.loaded("/low/0.m4s", Some(0.0));
    assert_eq!(desk.orders(), [], "a segment waits for its init section");
    let init = desk.loaded("/low/init.mp4", None);
    assert_eq!(desk.orders(), [Output::Append { track: Track::Video, id: init, offset_us: 0 }]);
    desk.appended();
    let from = MediaTime::ZERO;
    assert_eq!(
        desk.orders(),
        [
            Output::Append { track: Track::Video, id: segment, offset_us: 0 },
            Output::Event(Event::VariantChosen { variant: VariantId(0), from }),
        ]
    );
    desk.appended();
    assert_eq!(desk.orders(), [Output::Forget(segment)], "the init section is kept");
}

#[test]
fn timestamps_on_another_clock_are_moved_to_the_playlists() {
    let mut desk = Desk::open("/v.m3u8");
    desk.playlist("/v.m3u8", &vod(10));
    desk.loaded("/init.mp4", None);
    desk.loaded("/0.m4s", Some(3_600.04));
    desk.appended();
    let offsets: Vec<_> = desk
        .orders()
        .into_iter()
        .filter_map(|order| if let Output::Append { offset_us, .. } = order { Some(offset_us) } else { None })
        .collect();
    assert_eq!(offsets, [0, -3_600_040_000]);
}

#[test]
fn a_live_playlist_is_joined_near_its_end_and_read_again() {
    let mut desk = Desk::open("/v.m3u8");
    desk.playlist("/v.m3u8", &live(10));
    assert!(desk.is_under_way("/13.m4s"), "three target durations before the end: {:?}", desk.loads.keys());
    assert!(desk.orders().iter().any(|order| matches!(order, Output::Event(Event::Ready { duration: None, .. }))));
    desk.pass(1_900);
    assert!(!desk.is_under_way("/v.m3u8"));
    assert_eq!(desk.wake_at.map(|at| at.since_origin()), Some(Duration::from_secs(2)));
    desk.pass(100);
    desk.playlist("/v.m3u8", &live(11));
    for number in 13..17 {
        desk.loaded(&format!("/{number}.m4s"), None);
        if number == 13 {
            desk.loaded("/init.mp4", None);
            desk.appended();
        }
        desk.appended();
    }
    assert!(!desk.is_under_way("/17.m4s"), "it is not in the playlist yet");
    desk.pass(2_000);
    desk.playlist("/v.m3u8", &live(12));
    assert!(desk.is_under_way("/17.m4s"));
}

#[test]
fn a_decoder_that_gives_up_again_and_again_fails_and_is_started_anew_by_retry() {
    let mut desk = Desk::playing();
    // Too little to know that it can decode this at all.
    desk.playhead(0.5, 2.0, true);
    desk.orders();
    desk.tell(Input::DecodeFailed);
    let orders = desk.orders();
    assert!(orders.contains(&Output::Event(Event::Degraded(Setback::DecoderRestarted))), "{orders:?}");
    assert!(orders.contains(&setup(Track::Video, "video/mp4; codecs=\"avc1.64001f,mp4a.40.2\"")), "{orders:?}");
    assert_eq!(orders.last(), Some(&Output::MoveTo(MediaTime::from_seconds(0.5).unwrap())));
    assert!(desk.is_under_way("/low/0.m4s"), "from the same place: {:?}", desk.loads.keys());
    desk.tell(Input::DecodeFailed);
    assert!(desk.orders().contains(&Output::Event(Event::Degraded(Setback::OtherCodec))));
    let failed = (0..6).find_map(|_| {
        desk.tell(Input::DecodeFailed);
        desk.orders().last().filter(|order| matches!(order, Output::Event(Event::Failed(Trouble::Decoder)))).cloned()
    });
    assert!(failed.is_some());
    assert_eq!((desk.wake_at, desk.loads.len()), (None, 0));
    desk.playhead(1.0, 2.0, false);
    desk.pass(60_000);
    assert_eq!(desk.orders(), []);
    desk.tell(Input::Command(Command::Retry));
    desk.playlist("/high/playlist.m3u8", &vod(10));
    assert!(desk.is_under_way("/high/init.mp4"), "{:?}", desk.loads.keys());
    let orders = desk.orders();
    assert!(orders.iter().any(|order| matches!(order, Output::Prepare { .. })), "{orders:?}");
    assert!(matches!(orders.last(), Some(Output::MoveTo(_))), "{orders:?}");
}

#[test]
fn the_servers_reason_reaches_the_viewer() {
    let mut desk = Desk::open("/main.m3u8");
    desk.fails("/main.m3u8", status(404, Some("the file is gone")));
    let orders = desk.orders();
    let [Output::Event(Event::Failed(trouble))] = orders.as_slice() else { panic!("{orders:?}") };
    assert_eq!(trouble.to_string(), "The server could not deliver this title: the file is gone.");
    assert_eq!(desk.player.stats().state, PlaybackState::Failed);
}

#[test]
fn a_server_that_asks_to_wait_is_left_in_peace() {
    let mut desk = Desk::open("/main.m3u8");
    desk.fails(
        "/main.m3u8",
        LoadFailure::Status { code: 503, retry_after: Some(Duration::from_secs(4)), problem: None },
    );
    assert_eq!(desk.wake_at.map(|at| at.since_origin()), Some(Duration::from_secs(1)), "a heartbeat at least");
    desk.pass(3_999);
    assert!(!desk.is_under_way("/main.m3u8"));
    desk.pass(1);
    assert!(desk.is_under_way("/main.m3u8"));
}

#[test]
fn a_seek_ends_what_is_of_no_use_and_keeps_what_is() {
    let mut desk = Desk::playing();
    assert!(desk.is_under_way("/low/1.m4s"));
    desk.tell(Input::Command(Command::Seek(MediaTime::from_seconds(3.0).unwrap())));
    assert!(desk.is_under_way("/low/1.m4s"), "it holds the new position");
    desk.tell(Input::Command(Command::Seek(MediaTime::from_seconds(13.0).unwrap())));
    assert!(!desk.is_under_way("/low/1.m4s"));
    assert!(desk.loads.keys().any(|path| path.ends_with("/6.m4s")) || desk.is_under_way("/high/playlist.m3u8"));
}

#[test]
fn only_an_empty_buffer_while_playing_is_a_stall() {
    let mut desk = Desk::playing();
    desk.orders();
    desk.playhead(1.9, 2.0, true);
    desk.playhead(2.0, 2.0, false);
    desk.pass(200);
    assert_eq!(desk.player.stats().stalls, 0, "shorter than a stall");
    desk.pass(60);
    assert!(desk.orders().contains(&Output::Event(Event::Stalled(StallCause::SlowLink))));
    desk.pass(740);
    desk.playhead(2.0, 4.0, true);
    assert!(desk.orders().contains(&Output::Event(Event::Resumed { after: Duration::from_secs(1) })));

    desk.tell(Input::Command(Command::SetPlaying(false)));
    desk.playhead(2.5, 2.5, false);
    desk.pass(5_000);
    desk.tell(Input::Command(Command::SetPlaying(true)));
    desk.tell(Input::Command(Command::Seek(MediaTime::from_seconds(17.0).unwrap())));
    desk.playhead(17.0, 4.0, false);
    desk.pass(5_000);
    let stats = desk.player.stats();
    assert_eq!((stats.stalls, stats.stalled), (1, Duration::from_secs(1)));
}

#[test]
fn a_decoder_that_hangs_is_pushed_whatever_the_element_says() {
    let mut desk = Desk::playing();
    for number in 1..4 {
        desk.loaded(&format!("/low/{number}.m4s"), None);
        desk.appended();
    }
    desk.playhead(0.5, 8.0, true);
    desk.orders();
    // A quarter of a second apart, and always at the same place.
    for _ in 0..20 {
        desk.now += Duration::from_millis(250);
        desk.playhead(0.5, 8.0, true);
    }
    let orders = desk.orders();
    assert!(orders.contains(&Output::Event(Event::Stalled(StallCause::Decoder))), "{orders:?}");
    assert!(orders.contains(&Output::MoveTo(MediaTime::from_micros(600_000))), "{orders:?}");
    // Where it was sent it hangs as well: the next push is as long after the first as after any standstill.
    let mut pushed = Vec::new();
    for passed in 1..8 {
        desk.now += Duration::from_millis(250);
        desk.playhead(0.6, 8.0, true);
        let orders = desk.orders();
        assert!(!orders.iter().any(|order| matches!(order, Output::Event(Event::Resumed { .. }))), "{orders:?}");
        pushed.extend(orders.contains(&Output::MoveTo(MediaTime::from_micros(800_000))).then_some(passed));
    }
    assert_eq!(pushed.len(), 1, "{pushed:?}");
    desk.playhead(0.8, 8.0, true);
    desk.now += Duration::from_millis(250);
    desk.playhead(1.05, 8.0, true);
    assert!(desk.orders().iter().any(|order| matches!(order, Output::Event(Event::Resumed { .. }))));
}

#[test]
fn little_is_loaded_ahead_while_the_browser_wants_the_network_left_alone() {
    let mut desk = Desk::playing();
    desk.tell(Input::Command(Command::SetStreaming(false)));
    for number in 1..5 {
        desk.loaded(&format!("/low/{number}.m4s"), None);
        desk.appended();
        desk.playhead(0.5, f64::from(number + 1) * 2.0, true);
    }
    assert!(desk.loads.is_empty(), "ten seconds are there: {:?}", desk.loads.keys());
    desk.playhead(2.5, 10.0, true);
    assert!(desk.is_under_way("/low/5.m4s"));
    desk.loaded("/low/5.m4s", None);
    desk.appended();
    desk.playhead(3.0, 12.0, true);
    assert!(desk.loads.is_empty(), "{:?}", desk.loads.keys());
    desk.tell(Input::Command(Command::SetStreaming(true)));
    assert!(desk.is_under_way("/low/6.m4s"));
}

/// A page that remembers what the viewer chose says so as soon as it knows what there is.
#[test]
fn a_quality_that_is_chosen_before_anything_has_come_is_the_first_one_shown() {
    let mut desk = Desk::open("/main.m3u8");
    desk.playlist("/main.m3u8", TWO_VARIANTS);
    desk.playlist("/low/playlist.m3u8", &vod(20));
    assert!(desk.is_under_way("/low/0.m4s"));
    desk.tell(Input::Command(Command::LockVariant(Some(VariantId(1)))));
    assert!(!desk.is_under_way("/low/0.m4s"), "{:?}", desk.loads.keys());
    desk.playlist("/high/playlist.m3u8", &vod(20));
    assert!(desk.is_under_way("/high/0.m4s"), "{:?}", desk.loads.keys());
}

#[test]
fn a_seek_before_the_first_timeline_is_read_takes_the_place_of_the_position_to_resume_at() {
    let mut desk = Desk::open("/main.m3u8");
    let url = Url::parse("http://box.local/main.m3u8").unwrap();
    let time = |seconds| MediaTime::from_seconds(seconds).unwrap();
    desk.tell(Input::Command(Command::Open { url, start: Some(time(12.0)) }));
    desk.playlist("/main.m3u8", TWO_VARIANTS);
    desk.tell(Input::Command(Command::Seek(time(4.0))));
    desk.playlist("/low/playlist.m3u8", &vod(10));
    assert!(desk.is_under_way("/low/2.m4s"), "{:?}", desk.loads.keys());
    assert!(desk.orders().contains(&Output::MoveTo(time(4.0))));
}

#[test]
fn pictures_follow_the_sound_over_a_hole_of_a_frame_or_two() {
    let mut desk = Desk::playing_with_four_segments();
    let time = |seconds| MediaTime::from_seconds(seconds).unwrap();
    let range = |start, end| TimeRange::new(time(start), time(end)).unwrap();
    let seen_at = |at| {
        let video = Ranges::new(vec![range(0.0, 1.92), range(2.0, 8.0)]);
        Input::Playhead { at: time(at), video, audio: Ranges::default(), moving: true, dropped_frames: None }
    };
    let moves = |desk: &mut Desk| {
        let moves = |order| if let Output::MoveTo(target) = order { Some(target) } else { None };
        desk.orders().into_iter().find_map(moves)
    };
    desk.tell(seen_at(1.8));
    assert_eq!(moves(&mut desk), None);
    desk.tell(seen_at(2.05));
    assert_eq!(moves(&mut desk), Some(time(2.05)), "they stand still at 1.92");
    desk.tell(seen_at(2.06));
    desk.tell(seen_at(2.3));
    assert_eq!(moves(&mut desk), None, "once is enough");
}

#[test]
fn a_seek_in_a_pause_ends_when_there_is_something_to_see() {
    let mut desk = Desk::playing();
    desk.tell(Input::Command(Command::SetPlaying(false)));
    desk.tell(Input::Command(Command::Seek(MediaTime::from_seconds(9.0).unwrap())));
    desk.playhead(9.0, 2.0, false);
    desk.pass(700);
    assert_eq!(desk.player.summary().seeks, 0);
    desk.playhead(9.0, 10.0, false);
    assert!(desk.orders().contains(&Output::Event(Event::Sought { after: Duration::from_millis(700) })));
    desk.pass(600_000);
    desk.tell(Input::Command(Command::SetPlaying(true)));
    desk.playhead(9.0, 10.0, true);
    let summary = desk.player.summary();
    assert_eq!((summary.seeks, summary.seeking), (1, Duration::from_millis(700)));
}

#[test]
fn nothing_is_waited_for_while_nothing_is_open() {
    let mut player = Player::new(PlayerConfig::default());
    let step = player.step(Now::default(), Input::Tick);
    assert_eq!(step, Step::default());
    assert_eq!(player.stats().state, PlaybackState::Loading);
}

#[test]
fn a_probe_comes_before_the_segment_and_its_failure_is_no_trouble() {
    let probing = || {
        let rule = "seed-s1".parse().unwrap();
        let mut desk = Desk::open_with(PlayerConfig { rule, ..PlayerConfig::default() }, "/main.m3u8");
        desk.playlist("/main.m3u8", TWO_VARIANTS);
        desk.playlist("/low/playlist.m3u8", &vod(20));
        assert!(desk.is_under_way("/api/bandwidth-test") && !desk.is_under_way("/low/0.m4s"));
        desk.orders();
        desk
    };
    let mut fast = probing();
    fast.pass(500);
    assert!(!fast.is_under_way("/low/0.m4s"), "the probe has the link for itself");
    let id = fast.take("/api/bandwidth-test");
    fast.tell(Input::Loaded { id, size: ByteCount::new(1_000_000) });
    assert_eq!(fast.orders(), [Output::Forget(id)]);
    assert!(fast.is_under_way("/high/playlist.m3u8"), "16 Mbit/s is 1080p");
    let mut refused = probing();
    refused.fails("/api/bandwidth-test", LoadFailure::Status { code: 404, retry_after: None, problem: None });
    assert!(refused.is_under_way("/low/0.m4s"));
    assert_eq!(refused.orders(), []);
}

#[test]
fn a_refused_address_is_asked_for_once_and_no_answer_is_an_answer() {
    let mut desk = Desk::playing();
    desk.loaded("/low/1.m4s", Some(2.0));
    desk.appended();
    desk.playhead(0.5, 4.0, true);
    desk.orders();
    desk.fails("/low/2.m4s", status(403, None));
    let orders = desk.orders();
    assert!(orders.contains(&Output::RenewAddress), "{orders:?}");
    desk.pass(2_000);
    assert!(desk.loads.is_empty(), "what was refused is not asked for meanwhile: {:?}", desk.loads);
    desk.tell(Input::Renewed { url: None });
    assert!(!desk.loads.is_empty());
    let path = desk.loads.keys().next().unwrap().clone();
    desk.fails(&path, status(403, None));
    assert!(!desk.orders().contains(&Output::RenewAddress));
}

#[test]
fn a_driver_that_slept_starts_its_loads_anew_without_blame() {
    let mut desk = Desk::playing();
    let asleep = desk.loads["/low/1.m4s"];
    desk.now += Duration::from_secs(3_600);
    desk.tell(Input::Tick);
    let orders = desk.orders();
    assert!(orders.contains(&Output::Cancel(asleep)), "{orders:?}");
    assert_ne!(desk.loads["/low/1.m4s"], asleep);
    assert!(orders.iter().any(|one| matches!(one, Output::Event(Event::Degraded(Setback::Slept(_))))), "{orders:?}");
    assert_eq!(desk.player.summary().stalls, 0);
}

#[test]
fn the_network_that_is_back_is_tried_at_once() {
    let mut desk = Desk::playing();
    for _ in 0..4 {
        desk.fails("/low/1.m4s", LoadFailure::Network);
        while !desk.is_under_way("/low/1.m4s") {
            desk.pass(500);
        }
    }
    desk.fails("/low/1.m4s", LoadFailure::Network);
    assert!(!desk.is_under_way("/low/1.m4s"));
    desk.tell(Input::Online);
    assert!(desk.is_under_way("/low/1.m4s"));
}

#[test]
fn a_playlist_with_nothing_to_play_fails_in_words() {
    let said = |desk: &mut Desk| match desk.orders().last() {
        Some(Output::Event(Event::Failed(trouble))) => trouble.to_string(),
        other => panic!("{other:?}"),
    };
    let empty = "#EXTM3U\n#EXT-X-TARGETDURATION:4\n#EXT-X-ENDLIST\n";
    let gaps = "#EXTM3U\n#EXT-X-TARGETDURATION:4\n#EXT-X-PLAYLIST-TYPE:VOD\n#EXT-X-GAP\n#EXTINF:4,\na\n";
    for text in [empty, gaps] {
        let mut desk = Desk::open("/film.m3u8");
        desk.playlist("/film.m3u8", text);
        assert_eq!(said(&mut desk), "The server's playlist has nothing that could be played.");
    }
    // Of several, all have to be of no use.
    let locked = "#EXTM3U\n#EXT-X-TARGETDURATION:4\n#EXT-X-KEY:METHOD=AES-128,URI=\"k\"\n#EXTINF:4,\na\n";
    let mut desk = Desk::open("/main.m3u8");
    desk.playlist("/main.m3u8", TWO_VARIANTS);
    for _ in 0..100 {
        match desk.loads.keys().next().cloned() {
            Some(path) => desk.playlist(&path, if path.starts_with("/low") { empty } else { locked }),
            None => desk.pass(500),
        }
        if desk.player.stats().state == PlaybackState::Failed {
            break;
        }
    }
    let words = "The server's playlist cannot be used: line 3: the segments are encrypted, which is not supported.";
    assert_eq!(said(&mut desk), words);
}
