//! Drives the core: carries out what [`Player::step`] asks for and reports what came of it.
//!
//! No decision about playback is made here. One task owns everything; loads and the pipeline send it news.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use gstreamer as gst;
use media_container::cmaf::read::{codec_strings, media_start};
use media_model::{ByteCount, MediaTime};
use player_core::message::{AppendFailure, Command, Event, Input, LoadKind, Output, RequestId, Track};
use player_core::{Now, Player, PlayerConfig, Stats};
use player_recording::{Driven, Recorder, RecordingError};
use tokio::sync::mpsc::{self, UnboundedReceiver};
use tokio::time::{Interval, MissedTickBehavior};
use url::Url;

use crate::clock::Clock;
use crate::http::{self, LoadNews, Loads, Order};
use crate::sink::{Arrived, Decoder, Decoding, Piece, Sink, SinkError, SinkNews, Surface};

/// How often the pipeline is fed and its clock looked after.
const BEAT: Duration = Duration::from_millis(40);
/// The core hears where playback stands at every so many beats: some four times a second.
const BEATS_PER_REPORT: u32 = 6;

/// Why a player could not be made.
#[derive(Debug, thiserror::Error)]
pub enum DriverError {
    /// Nothing can be played here.
    #[error(transparent)]
    Sink(#[from] SinkError),
    /// There is no HTTP.
    #[error("cannot start an HTTP client")]
    Http(#[from] reqwest::Error),
    /// What was to be trusted is no certificate.
    #[error("there is no certificate to trust in what was given as one")]
    Certificate,
}

/// How a player is set up.
#[derive(Clone, Debug)]
pub struct NativeConfig {
    /// What the core is told.
    pub player: PlayerConfig,
    /// Where pictures and sound go.
    pub surface: Surface,
    /// What may decode.
    pub decoding: Decoding,
    /// Certificates in PEM that are trusted besides those of the system; may be empty.
    pub trusted: Vec<u8>,
    /// Whether all that the core is told is written down; see [`NativePlayer::recording`].
    pub records: bool,
}

impl NativeConfig {
    /// Defaults for everything but the surface.
    pub fn on(surface: Surface) -> Self {
        Self {
            player: PlayerConfig::default(),
            surface,
            decoding: Decoding::default(),
            trusted: Vec::new(),
            records: false,
        }
    }
}

/// What a load has brought.
#[derive(Debug)]
enum Body {
    /// An init section.
    Init(Bytes),
    /// The beginning of a segment.
    Begun(BytesMut),
    /// A segment.
    Segment(Bytes),
}

impl Body {
    fn bytes(&self) -> &[u8] {
        match self {
            Self::Init(bytes) | Self::Segment(bytes) => bytes,
            Self::Begun(bytes) => bytes,
        }
    }
}

/// One playback. Needs a tokio runtime; dropping it ends every load and the pipeline.
#[derive(Debug)]
pub struct NativePlayer {
    clock: Clock,
    core: Player,
    recorder: Option<Recorder>,
    loads: Loads,
    sink: Sink,
    bodies: BTreeMap<RequestId, Body>,
    inbox: VecDeque<Input>,
    events: VecDeque<Event>,
    wake_at: Option<Now>,
    opened: Option<Url>,
    started: bool,
    was_moving: bool,
    beats: u32,
    beat: Interval,
    load_news: UnboundedReceiver<LoadNews>,
    messages: UnboundedReceiver<gst::Message>,
}

impl NativePlayer {
    /// A player with nothing open.
    ///
    /// # Errors
    /// When GStreamer or the HTTP client does not start, or `trusted` is not as it should be.
    pub fn new(config: NativeConfig) -> Result<Self, DriverError> {
        let NativeConfig { player, surface, decoding, trusted, records } = config;
        // Of a segment that is on its way, the sink shows what is there.
        let player = PlayerConfig { appends_in_part: true, ..player };
        let client = http::client(&trusted)?;
        let (load_sender, load_news) = mpsc::unbounded_channel();
        let (message_sender, messages) = mpsc::unbounded_channel();
        let mut beat = tokio::time::interval(BEAT);
        beat.set_missed_tick_behavior(MissedTickBehavior::Delay);
        Ok(Self {
            clock: Clock::start(),
            recorder: records.then(|| Recorder::new(Driven::Player, &player)),
            core: Player::new(player),
            loads: Loads::new(client, load_sender),
            sink: Sink::new(surface, decoding, message_sender)?,
            bodies: BTreeMap::new(),
            inbox: VecDeque::new(),
            events: VecDeque::new(),
            wake_at: None,
            opened: None,
            started: false,
            was_moving: false,
            beats: 0,
            beat,
            load_news,
            messages,
        })
    }

    /// Loads a playlist and plays it from `start`.
    pub fn open(&mut self, url: Url, start: Option<MediaTime>) {
        self.opened = Some(url.clone());
        self.command(Command::Open { url, start });
    }

    /// Passes on what the viewer wants.
    pub fn command(&mut self, command: Command) {
        let done = match &command {
            Command::Seek(to) => self.sink.seek(*to),
            Command::SetPlaying(playing) => self.sink.set_playing(*playing),
            Command::SetSpeed(speed) => self.sink.set_speed(*speed),
            Command::Open { .. }
            | Command::LockVariant(_)
            | Command::SelectAudio(_)
            | Command::SelectText(_)
            | Command::LimitResolution(_)
            | Command::LimitBandwidth { .. }
            | Command::SaveData(_)
            | Command::SetVisible(_)
            | Command::SetStreaming(_)
            | Command::FollowWith(_)
            | Command::Retry => Ok(()),
        };
        self.feed(Input::Command(command));
        self.check(done);
    }

    /// What the core counted.
    pub fn stats(&self) -> Stats {
        self.core.stats()
    }

    /// Where playback stands, by the pipeline's clock.
    pub fn position(&mut self) -> MediaTime {
        self.sink.position()
    }

    /// Pictures that came out of the decoder in time, since the buffers were made; `None` without pictures.
    pub fn shown_frames(&self) -> Option<u64> {
        self.sink.shown_frames()
    }

    /// What decodes the pictures; `None` before there are any.
    pub fn picture_decoder(&self) -> Option<&Decoder> {
        self.sink.decoder(Track::Video)
    }

    /// What decodes the sound; `None` before there is any.
    pub fn sound_decoder(&self) -> Option<&Decoder> {
        self.sink.decoder(Track::Audio)
    }

    /// Plays until there is news for the viewer. Nothing goes on while nobody waits for it; dropping the future loses
    /// nothing.
    pub async fn next_event(&mut self) -> Event {
        loop {
            if let Some(event) = self.events.pop_front() {
                return event;
            }
            let wake = self.wake_at.map(|at| tokio::time::Instant::from_std(self.clock.instant(at)));
            tokio::select! {
                Some(news) = self.load_news.recv() => self.take(news),
                Some(message) = self.messages.recv() => self.hear(&message),
                () = sleep_until(wake) => self.feed(Input::Tick),
                _ = self.beat.tick() => self.on_beat(),
            }
        }
    }

    fn take(&mut self, news: LoadNews) {
        match news {
            LoadNews::Input(input) => {
                // Of one that has failed, nothing is asked for any more.
                if let Input::LoadFailed { id, .. } = &input {
                    self.bodies.remove(id);
                }
                self.feed(input);
            }
            LoadNews::More { id, bytes } => {
                // Of one that was given up, nothing is kept.
                if let Some(Body::Begun(begin)) = self.bodies.get_mut(&id) {
                    begin.extend_from_slice(&bytes);
                }
            }
            LoadNews::Complete { id } => {
                if let Some(Body::Begun(bytes)) = self.bodies.remove(&id) {
                    let size = size(&bytes);
                    self.bodies.insert(id, Body::Segment(bytes.freeze()));
                    self.feed(Input::Loaded { id, size });
                }
            }
            LoadNews::Body { id, kind, bytes } => {
                let size = size(&bytes);
                let codecs = match kind {
                    LoadKind::Init => codecs(&bytes),
                    LoadKind::Segment | LoadKind::Probe | LoadKind::Text | LoadKind::Playlist => None,
                };
                if let Some(codecs) = codecs {
                    self.feed(Input::Codecs { id, codecs });
                }
                // Of one that was given up, nothing is kept, and nobody looks at what is no media.
                if let Some(body) = self.bodies.get_mut(&id) {
                    *body = if kind == LoadKind::Init { Body::Init(bytes) } else { Body::Segment(bytes) };
                }
                self.feed(Input::Loaded { id, size });
            }
        }
    }

    fn hear(&mut self, message: &gst::Message) {
        match self.sink.hear(message) {
            Some(SinkNews::Ready) => {
                if !std::mem::replace(&mut self.started, true) {
                    self.feed(Input::FirstFrame);
                }
                self.report_playhead();
            }
            Some(SinkNews::PlayedOut) => {
                // So that the last position told is the last one there was.
                self.report_playhead();
                self.feed(Input::PlayedOut);
            }
            Some(SinkNews::Failed) => self.feed(Input::DecodeFailed),
            None => {}
        }
    }

    fn on_beat(&mut self) {
        let tended = self.sink.tend();
        self.check(tended);
        // At once, so that by the next beat the core has seen to it.
        self.work();
        self.beats += 1;
        let moving = self.sink.is_moving();
        if self.beats >= BEATS_PER_REPORT || moving != self.was_moving {
            self.report_playhead();
        }
    }

    fn report_playhead(&mut self) {
        let input = self.playhead();
        self.feed(input);
    }

    fn playhead(&mut self) -> Input {
        self.beats = 0;
        self.was_moving = self.sink.is_moving();
        Input::Playhead {
            at: self.sink.position(),
            video: self.sink.buffered(Track::Video),
            audio: self.sink.buffered(Track::Audio),
            moving: self.was_moving,
            dropped_frames: self.sink.dropped_frames(),
        }
    }

    /// The playback up to now as a file that `matinee-lab replay` explains; `None` if nothing is written down. It holds
    /// playlists and addresses, with whatever secrets are in them.
    ///
    /// # Errors
    /// When there is no memory for it.
    pub fn recording(&self) -> Option<Result<Vec<u8>, RecordingError>> {
        self.recorder.as_ref().map(Recorder::finish)
    }

    /// Steps the core with this input, and with what carrying out its outputs brings.
    fn feed(&mut self, input: Input) {
        self.inbox.push_back(input);
        self.work();
    }

    /// Steps the core with all that has come in.
    fn work(&mut self) {
        while let Some(input) = self.inbox.pop_front() {
            let now = self.clock.now();
            let step = match &mut self.recorder {
                Some(recorder) => {
                    let step = self.core.step(now, input.clone());
                    recorder.note(now, &input, &step);
                    step
                }
                None => self.core.step(now, input),
            };
            self.wake_at = step.wake_at;
            for output in step.outputs {
                self.carry_out(output);
            }
        }
    }

    fn carry_out(&mut self, output: Output) {
        match output {
            Output::Load { id, url, range, kind, idle_timeout } => {
                if matches!(kind, LoadKind::Init | LoadKind::Segment) {
                    self.bodies.insert(id, Body::Begun(BytesMut::new()));
                }
                self.loads.start(Order { id, url, range, kind, idle_timeout });
            }
            Output::Cancel(id) => {
                self.loads.cancel(id);
                self.bodies.remove(&id);
            }
            Output::Forget(id) => drop(self.bodies.remove(&id)),
            Output::AskStart { id, init } => {
                let at = self.media_start(id, init);
                self.inbox.push_back(Input::Starts { id, at });
            }
            Output::Prepare { buffers, duration: _ } => {
                self.started = false;
                match self.sink.prepare(&buffers) {
                    Err(SinkError::Unsupported { track, mime }) => {
                        tracing::warn!(mime, "nothing that is installed decodes this");
                        self.inbox.push_back(Input::AppendFailed { track, cause: AppendFailure::Unsupported });
                    }
                    prepared @ (Ok(()) | Err(_)) => self.check(prepared),
                }
            }
            Output::Append { track, id, offset_us } => {
                let answer = self.append(track, id, offset_us);
                self.inbox.push_back(match answer {
                    Ok(()) => Input::Appended { track },
                    Err(cause) => Input::AppendFailed { track, cause },
                });
                let playhead = self.playhead();
                self.inbox.push_back(playhead);
            }
            Output::Evict { track, range } => {
                self.sink.evict(track, range);
                self.inbox.push_back(Input::Evicted { track });
                let playhead = self.playhead();
                self.inbox.push_back(playhead);
            }
            // What was appended says itself what it is; the sink changes decoders where the codec does.
            Output::ChangeType { .. } => {}
            // Not offered: `shows_text` is off.
            Output::Text(_) => {}
            Output::MoveTo(to) => {
                let moved = self.sink.seek(to);
                self.check(moved);
            }
            // The sink goes wherever there are media.
            Output::Seekable(_) => {}
            // Nobody here knows a better address; reading the playlist again may bring fresh ones of what it names.
            Output::RenewAddress => self.inbox.push_back(Input::Renewed { url: self.opened.clone() }),
            // GStreamer has no answer before it decodes.
            Output::AskDecoder(_) => {}
            Output::EndOfStream => self.sink.end(),
            Output::Event(event) => self.events.push_back(event),
        }
    }

    /// When the media of a segment begin, by its own boxes and its init section.
    fn media_start(&self, id: RequestId, init: RequestId) -> Option<MediaTime> {
        let (init, segment) = self.bodies.get(&init).zip(self.bodies.get(&id))?;
        media_start(init.bytes(), segment.bytes()).ok().flatten()
    }

    /// Appends what is there of a load and was not appended yet.
    fn append(&mut self, track: Track, id: RequestId, offset_us: i64) -> Result<(), AppendFailure> {
        let body = self.bodies.remove(&id).ok_or(AppendFailure::Rejected)?;
        let bytes = match &body {
            Body::Init(bytes) => {
                let begun = self.sink.begin(track, bytes);
                self.bodies.insert(id, body);
                return begun;
            }
            Body::Begun(bytes) => Arrived::Begin(bytes),
            Body::Segment(bytes) => Arrived::All(bytes),
        };
        let appended = self.sink.append(track, Piece { id, bytes, offset_us });
        let comes_more = appended.is_ok() && matches!(body, Body::Begun(_));
        // What there was no room for is appended once more when there is.
        if comes_more || appended == Err(AppendFailure::QuotaExceeded) {
            self.bodies.insert(id, body);
        }
        appended
    }

    /// A pipeline that refuses is a decoder that failed, as far as the core is concerned.
    fn check(&mut self, result: Result<(), SinkError>) {
        if let Err(error) = result {
            tracing::error!(%error, "the pipeline does not obey");
            // Queued, not fed: this may be inside a step's outputs. However often it refuses until the core has heard of it,
            // it is one failure.
            if !self.inbox.contains(&Input::DecodeFailed) {
                self.inbox.push_back(Input::DecodeFailed);
            }
        }
    }
}

/// CODECS of all that an init section announces.
fn codecs(init: &[u8]) -> Option<String> {
    let codecs: Vec<_> = codec_strings(init).iter().map(ToString::to_string).collect();
    (!codecs.is_empty()).then(|| codecs.join(","))
}

fn size(bytes: &[u8]) -> ByteCount {
    ByteCount::new(u64::try_from(bytes.len()).unwrap_or(u64::MAX))
}

/// Sleeps until a moment, or for ever.
async fn sleep_until(at: Option<tokio::time::Instant>) {
    match at {
        Some(at) => tokio::time::sleep_until(at).await,
        None => std::future::pending().await,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_pipeline_that_refuses_is_one_failure_until_the_core_has_heard_of_it() {
        let mut player = NativePlayer::new(NativeConfig::on(Surface::Nowhere)).unwrap();
        for _ in 0..3 {
            player.check(Err(SinkError::Pipeline("it does not seek")));
        }
        assert_eq!(player.inbox, [Input::DecodeFailed]);
        player.on_beat();
        assert!(player.inbox.is_empty(), "the next beat tells it");
    }

    #[tokio::test]
    async fn of_a_load_that_is_over_or_given_up_nothing_is_kept() {
        let mut player = NativePlayer::new(NativeConfig::on(Surface::Nowhere)).unwrap();
        let (failed, given_up) = (RequestId(7), RequestId(8));
        for id in [failed, given_up] {
            let url = Url::parse("http://127.0.0.1:9/0.m4s").unwrap();
            let idle_timeout = Duration::from_secs(5);
            player.carry_out(Output::Load { id, url, range: None, kind: LoadKind::Segment, idle_timeout });
            player.take(LoadNews::More { id, bytes: Bytes::from_static(b"begun") });
        }
        assert_eq!(player.bodies.len(), 2);
        player
            .take(LoadNews::Input(Input::LoadFailed { id: failed, cause: player_core::message::LoadFailure::Network }));
        player.carry_out(Output::Cancel(given_up));
        // What was under way to us already.
        player.take(LoadNews::More { id: given_up, bytes: Bytes::from_static(b"more") });
        player.take(LoadNews::Complete { id: given_up });
        let bytes = Bytes::from_static(b"all");
        player.take(LoadNews::Body { id: given_up, kind: LoadKind::Segment, bytes });
        assert!(player.bodies.is_empty(), "{:?}", player.bodies);
    }
}
