//! The player itself: takes one fact at a time, and returns everything there is to do.
//!
//! [`Player::step`] is the only way in. It takes the input (`player/commands.rs` for wishes, `player/arrival.rs` for
//! loads, `player/failing.rs` for those that fail, `player/watching.rs` for the playhead), then looks at the whole state
//! once and does what is due: loads (`player/loading.rs`, the variant by `player/choosing.rs` out of those that
//! `player/permitted.rs` lets through), appends (`player/appending.rs`), subtitles (`player/text.rs`), stalls and holes
//! (`player/watching.rs`). Looking at the whole state each time costs microseconds, and nothing can be forgotten between
//! two events.

mod appending;
mod arrival;
mod choosing;
mod commands;
mod failing;
mod halted;
mod heavy;
mod lane;
mod loading;
mod motion;
mod permitted;
mod phase;
mod placing;
mod recovery;
mod succession;
mod text;
mod watching;

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use media_model::hls::ByteRange;
use media_model::{ByteCount, MediaDuration, MediaTime, TimeRange};
use url::Url;

use crate::abr::Controller;
use crate::abr::throughput::Throughput;
use crate::abr::why::Account;
use crate::clock::Now;
use crate::config::PlayerConfig;
use crate::error::{Setback, Trouble};
use crate::message::{AudioId, Event, Input, LoadFailure, LoadKind, Output, RequestId, Step, Track, VariantId};
use crate::playlist::{Presentation, StreamId};
use crate::qoe::{PlaybackState, Qoe, ShownVariant, Stats, Summary};
use failing::{Failover, Renewal};
use heavy::Frames;
use lane::{Busy, Health, InitKey, Lane, Role, Start, Wanted};
use motion::Motion;
use permitted::Limits;
use phase::Phase;
use placing::Clocks;
use recovery::{Rescue, Stuck};
use text::{Text, TextSegment};

/// With nothing else due, the whole state is looked at this often while something is waited for.
const HEARTBEAT: Duration = Duration::from_secs(1);
/// While bytes arrive, whether the rest comes in time is checked this often.
const LOAD_CHECK: Duration = Duration::from_millis(250);
/// A load without any sign for the idle timeout and this much more was forgotten by the driver.
const DRIVER_GRACE: Duration = Duration::from_secs(5);

/// What a load is for.
#[derive(Clone, Debug, PartialEq)]
enum Purpose {
    /// The playlist given to `Open`.
    Root,
    /// The playlist at the address that the driver gave for one that has expired.
    Renewal,
    Playlist(StreamId),
    Init(InitKey, StreamId),
    Segment(Role, Wanted),
    Text(TextSegment),
    /// Bytes that only measure the link.
    Probe,
}

impl Purpose {
    /// The segment that comes, and the lane it is for.
    fn segment(&self) -> Option<(Role, &Wanted)> {
        match self {
            Self::Segment(role, wanted) => Some((*role, wanted)),
            Self::Root | Self::Renewal | Self::Playlist(_) | Self::Init(..) | Self::Text(_) | Self::Probe => None,
        }
    }

    fn segment_of(&self, role: Role) -> Option<&Wanted> {
        self.segment().filter(|(of, _)| *of == role).map(|(_, wanted)| wanted)
    }
}

/// A resource, or a stretch of it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Address {
    url: Url,
    range: Option<ByteRange>,
}

#[derive(Clone, Debug)]
struct Load {
    purpose: Purpose,
    begun: Now,
    first_byte: Option<Now>,
    last_heard: Now,
    bytes: ByteCount,
    /// Of these, what was appended before the rest was there.
    appended: ByteCount,
    /// What the server needed to make it.
    making: Duration,
    /// What it will have in all, as far as can be told.
    expected: ByteCount,
    /// The playlist or the server has told that.
    is_told: bool,
    start: Start,
    /// What was asked for.
    address: Address,
    /// Whether only what is new of a playlist was asked for.
    is_update: bool,
    /// Of which redundant copy it is.
    place: usize,
}

impl Load {
    /// What it will have in all: a guess that has turned out to be low is a little above what is here.
    fn size(&self) -> ByteCount {
        if self.is_told && self.bytes <= self.expected {
            return self.expected;
        }
        self.expected.max(ByteCount::new(self.bytes.get().saturating_add(self.bytes.get() / 10)))
    }
}

#[derive(Clone, Copy, Debug)]
enum Init {
    Loading,
    Loaded(RequestId),
}

/// What the viewer wants.
#[derive(Clone, Copy, Debug, Default)]
struct Wishes {
    playing: bool,
    variant: Option<VariantId>,
    limits: Limits,
    audio: Option<AudioId>,
    /// What was heard before that was chosen.
    audio_before: Option<AudioId>,
}

/// The brain of one playback. See the crate's documentation for how to drive it.
#[derive(Clone, Debug)]
pub struct Player {
    config: PlayerConfig,
    controller: Controller,
    now: Now,
    phase: Phase,
    out: Vec<Output>,
    next_id: u64,
    root: Option<(Url, Option<MediaTime>)>,
    /// The title comes from a server in the house, by its address.
    at_home: bool,
    root_health: Health,
    presentation: Option<Presentation>,
    loads: BTreeMap<RequestId, Load>,
    lanes: Vec<Lane>,
    health: BTreeMap<StreamId, Health>,
    inits: BTreeMap<InitKey, Init>,
    clocks: Clocks,
    link: Throughput,
    /// What it costs when the server must start another encoder.
    encoder_start: Duration,
    /// The estimate told last, bit/s.
    told_throughput: u64,
    /// Where a live presentation could be moved to when that was told last.
    told_seekable: Option<TimeRange>,
    wishes: Wishes,
    text: Text,
    motion: Motion,
    /// Media to have ahead; shrinks when a buffer has no room for it.
    goal: MediaDuration,
    prepared: bool,
    /// All playlists that tell sizes have been read, or none does.
    sizes_known: bool,
    end_told: bool,
    /// The media element itself failed.
    element_failed: bool,
    /// It failed because no server was reached.
    unreached: bool,
    /// Nothing more can be loaded as things are: fails when the buffer is dry.
    trouble: Option<Trouble>,
    setback: Option<Setback>,
    /// The segment that failed last, for each lane.
    stuck: BTreeMap<Role, Stuck>,
    rescue: Rescue,
    failover: Failover,
    renewal: Renewal,
    frames: Frames,
    /// Variants that the device does not play smoothly, as the driver said.
    rough: BTreeSet<VariantId>,
    /// When the driver was asked to call again at the latest.
    promised: Option<Now>,
    qoe: Qoe,
    /// Of the step that was last.
    accounts: Vec<Account>,
}

impl Player {
    /// A player with nothing open.
    pub fn new(config: PlayerConfig) -> Self {
        Self {
            goal: config.buffer_goal,
            controller: Controller::new(config.rule),
            config,
            now: Now::default(),
            phase: Phase::Idle,
            out: Vec::new(),
            next_id: 0,
            root: None,
            at_home: false,
            root_health: Health::default(),
            presentation: None,
            loads: BTreeMap::new(),
            lanes: Vec::new(),
            health: BTreeMap::new(),
            inits: BTreeMap::new(),
            clocks: Clocks::default(),
            link: Throughput::default(),
            encoder_start: Duration::ZERO,
            told_throughput: 0,
            told_seekable: None,
            wishes: Wishes::default(),
            text: Text::default(),
            motion: Motion::default(),
            prepared: false,
            sizes_known: false,
            end_told: false,
            element_failed: false,
            unreached: false,
            trouble: None,
            setback: None,
            stuck: BTreeMap::new(),
            rescue: Rescue::default(),
            failover: Failover::default(),
            renewal: Renewal::default(),
            frames: Frames::default(),
            rough: BTreeSet::new(),
            promised: None,
            qoe: Qoe::default(),
            accounts: Vec::new(),
        }
    }

    /// Takes one fact and returns everything there is to do now. `now` never goes back: an earlier one counts as the
    /// latest seen.
    pub fn step(&mut self, now: Now, input: Input) -> Step {
        self.notice_sleep(now, &input);
        self.now = self.now.max(now);
        self.accounts.clear();
        self.qoe.pass(self.now, self.motion.moving);
        let had_failed = self.phase == Phase::Failed;
        self.take(input);
        if self.phase.is_active() {
            self.tell_seekable();
            self.watch();
            self.load();
            self.append();
            self.give_up();
            self.tell_wasted();
        }
        // After failing there is silence until somebody asks for more; what is left to tidy up comes then.
        let silent = had_failed && self.phase == Phase::Failed;
        let outputs = if silent { Vec::new() } else { std::mem::take(&mut self.out) };
        self.promised = self.wake_at();
        Step { outputs, wake_at: self.promised }
    }

    /// When it wants to be called again, as the last step said.
    pub(crate) fn promised(&self) -> Option<Now> {
        self.promised
    }

    /// What was decided about variants in the last step, and why.
    pub fn accounts(&self) -> &[Account] {
        &self.accounts
    }

    /// What there is to say about playback now.
    pub fn stats(&self) -> Stats {
        let mut stats = Stats {
            state: self.state(),
            position: self.position(),
            buffered: self.level(),
            variant: self.shown_variant(),
            throughput: self.link.estimate(),
            ..Stats::default()
        };
        self.qoe.describe(self.now, &mut stats);
        stats
    }

    /// What playback was like up to now.
    pub fn summary(&self) -> Summary {
        self.qoe.sum_up(self.now, self.state(), self.waiting(), |id| self.variant_of(id))
    }

    /// What was loaded and has not been appended yet.
    fn waiting(&self) -> ByteCount {
        let busy = |lane: &Lane| match &lane.busy {
            Some(Busy::Segment(item)) => item.size,
            Some(Busy::Init(_) | Busy::Part(_) | Busy::Evict(_)) | None => ByteCount::default(),
        };
        let queued = |lane: &Lane| lane.queue.iter().fold(busy(lane), |sum, item| sum + item.size);
        self.lanes.iter().fold(ByteCount::default(), |sum, lane| sum + queued(lane))
    }

    fn tell_wasted(&mut self) {
        if let Some(bytes) = self.qoe.newly_wasted(self.waiting()) {
            self.tell(Event::Wasted(bytes));
        }
    }

    fn state(&self) -> PlaybackState {
        match self.phase {
            Phase::Failed => PlaybackState::Failed,
            Phase::Ended => PlaybackState::Ended,
            Phase::Idle | Phase::Opening => PlaybackState::Loading,
            Phase::Running if self.qoe.is_stalled() => PlaybackState::Stalled,
            Phase::Running if self.qoe.startup.is_none() => PlaybackState::Loading,
            Phase::Running if !self.wishes.playing => PlaybackState::Paused,
            Phase::Running if self.motion.seeking => PlaybackState::Loading,
            Phase::Running => PlaybackState::Playing,
        }
    }

    fn shown_variant(&self) -> Option<ShownVariant> {
        self.variant_of(self.qoe.shown()?)
    }

    fn variant_of(&self, id: VariantId) -> Option<ShownVariant> {
        let info = self.presentation.as_ref()?.variant_infos().into_iter().find(|info| info.id == id)?;
        Some(ShownVariant { id, label: info.label, resolution: info.resolution, bitrate: info.bandwidth })
    }

    fn take(&mut self, input: Input) {
        match input {
            Input::Command(command) => self.obey(command),
            Input::FirstByte { id, served, length } => self.first_byte(id, served, length),
            Input::Progress { id, bytes } => {
                self.progress(id, bytes);
                self.judge(id);
            }
            Input::Playlist { id, url, text } => self.playlist_arrived(id, url, &text),
            Input::Loaded { id, size } => self.loaded(id, size),
            Input::Starts { id, at } => self.start_told(id, at),
            Input::Codecs { id, codecs } => self.codecs_found(id, &codecs),
            Input::LoadFailed { id, cause } => self.load_failed(id, cause),
            Input::Appended { track } => self.append_done(track),
            Input::AppendFailed { track, cause } => self.append_failed(track, cause),
            Input::Evicted { track } => self.evicted(track),
            Input::Playhead { at, video, audio, moving, dropped_frames } => {
                if let Some(frames) = self.qoe.dropped(self.now, dropped_frames) {
                    self.tell(Event::Dropped(frames));
                }
                self.playhead(at, video, audio, moving);
                self.watch_frames(dropped_frames);
            }
            Input::Decodes { variant, ease } => self.permit(variant, ease),
            Input::FirstFrame => self.first_frame(),
            Input::PlayedOut => self.played_out(),
            Input::DecodeFailed => self.decoder_failed(),
            Input::PlayRefused => self.play_refused(),
            Input::Online => {
                if self.phase == Phase::Failed && self.unreached {
                    self.retry();
                }
                self.back_online();
            }
            Input::Renewed { url } => self.renewed(url),
            Input::Tick => self.judge_silent(),
        }
    }

    fn become_phase(&mut self, next: Phase) {
        if self.phase.may_become(next) {
            self.phase = next;
        }
    }

    fn tell(&mut self, event: Event) {
        self.out.push(Output::Event(event));
    }

    fn setback(&mut self, setback: Setback) {
        if self.setback.as_ref() != Some(&setback) {
            self.report_setback(setback.clone());
            self.setback = Some(setback);
        }
    }

    /// Tells of something that is told of each time.
    fn report_setback(&mut self, setback: Setback) {
        self.qoe.setback();
        self.tell(Event::Degraded(setback));
    }

    /// What was told as going on has passed.
    fn setback_passed(&mut self) {
        // That one passes when the picture moves.
        if self.setback.take_if(|setback| *setback != Setback::DecoderStuck) == Some(Setback::Offline) {
            self.tell(Event::Degraded(Setback::BackOnline));
            self.back_online();
        }
    }

    /// Goes without what cannot be had, or fails, when what is buffered has been played: until then what is wrong may
    /// pass.
    fn give_up(&mut self) {
        if let Some(trouble) = &self.trouble
            && (self.qoe.startup.is_none() || self.level() < MediaDuration::from_millis(500))
        {
            let trouble = trouble.clone();
            if !self.go_without() && !self.hears_another(self.failing_audio()) {
                self.fail(&trouble);
            }
        }
    }

    fn fail(&mut self, trouble: &Trouble) {
        if !self.phase.is_active() {
            return;
        }
        let loads: Vec<_> = self.loads.keys().copied().collect();
        loads.into_iter().for_each(|id| self.cancel(id));
        self.stall_ends();
        self.unreached = matches!(trouble, Trouble::Load(LoadFailure::Network | LoadFailure::TimedOut));
        self.become_phase(Phase::Failed);
        self.tell(Event::Failed(trouble.clone()));
    }

    /// Where playback is, or will be as soon as the driver has moved. Reports of the playhead are a quarter of a second
    /// apart; in between it moves on as far as there is media.
    fn position(&self) -> MediaTime {
        let Motion { at, seen, moving, speed, dry_at, sent_to, .. } = self.motion;
        match sent_to {
            Some((target, _)) => target,
            None if moving => (at + speed.media_in(self.now.since(seen))).min(dry_at.max(at)),
            None => at,
        }
    }

    /// How long the viewer watches these media: what a load may take is compared with this, not with their length.
    fn lasts(&self, media: MediaDuration) -> Duration {
        self.motion.speed.time_for(media)
    }

    /// How far the playhead moves on in this time.
    fn moves_in(&self, time: Duration) -> MediaDuration {
        self.motion.speed.media_in(time)
    }

    fn lane(&self, role: Role) -> Option<&Lane> {
        self.lanes.iter().find(|lane| lane.role == role)
    }

    fn lane_of(&mut self, track: Track) -> Option<&mut Lane> {
        self.lanes.iter_mut().find(|lane| lane.track == track)
    }

    fn lane_mut(&mut self, role: Role) -> Option<&mut Lane> {
        self.lanes.iter_mut().find(|lane| lane.role == role)
    }

    /// Media ahead of the playhead in every buffer.
    fn level(&self) -> MediaDuration {
        let at = self.position();
        self.lanes.iter().map(|lane| lane.buffer.level(at)).min().unwrap_or_default()
    }

    fn begin(&mut self, purpose: Purpose, url: Url, range: Option<ByteRange>, expected: ByteCount) -> RequestId {
        let id = RequestId(self.next_id);
        self.next_id += 1;
        let kind = match &purpose {
            Purpose::Root | Purpose::Renewal | Purpose::Playlist(_) => LoadKind::Playlist,
            Purpose::Init(..) => LoadKind::Init,
            Purpose::Segment(..) => LoadKind::Segment,
            Purpose::Text(_) => LoadKind::Text,
            Purpose::Probe => LoadKind::Probe,
        };
        let load = Load {
            purpose,
            begun: self.now,
            first_byte: None,
            last_heard: self.now,
            bytes: ByteCount::default(),
            appended: ByteCount::default(),
            making: Duration::ZERO,
            expected,
            is_told: range.is_some(),
            start: Start::default(),
            address: Address { url: url.clone(), range },
            is_update: false,
            place: self.presentation.as_ref().map_or(0, Presentation::place),
        };
        self.loads.insert(id, load);
        self.out.push(Output::Load { id, url, range, kind, idle_timeout: self.config.idle_timeout });
        id
    }

    /// Whether this is on its way already, for whatever purpose: streams may share addresses. Whoever needs it as well asks
    /// again when it has come.
    fn is_under_way(&self, url: &Url, range: Option<ByteRange>) -> bool {
        self.loads.values().any(|load| load.address.url == *url && load.address.range == range)
    }

    fn cancel(&mut self, id: RequestId) {
        let Some(load) = self.loads.remove(&id) else { return };
        if load.first_byte.is_some() {
            self.link.ends(self.now);
        }
        self.note_torn(&load);
        match &load.purpose {
            Purpose::Init(key, _) => drop(self.inits.remove(key)),
            // The driver is asked again when it matters.
            Purpose::Renewal => self.renewal = Renewal::Unneeded,
            Purpose::Root | Purpose::Playlist(_) | Purpose::Segment(..) | Purpose::Text(_) | Purpose::Probe => {}
        }
        self.out.push(Output::Cancel(id));
    }

    /// A load ends without its rest.
    fn note_torn(&mut self, load: &Load) {
        if matches!(load.purpose, Purpose::Segment(..)) && load.bytes > ByteCount::default() {
            self.qoe.loaded(load.bytes);
            self.qoe.used(load.appended);
        }
        if let Purpose::Segment(Role::Variant, _) = &load.purpose
            && load.appended > ByteCount::default()
            && let Some(lane) = self.lane_mut(Role::Variant)
        {
            lane.torn = true;
        }
    }

    fn loads_of(&self, role: Role) -> Vec<RequestId> {
        self.loads.iter().filter(|(_, load)| load.purpose.segment_of(role).is_some()).map(|(id, _)| *id).collect()
    }

    /// When to look again if nothing happens. Always set while something is waited for.
    fn wake_at(&self) -> Option<Now> {
        let done = match self.phase {
            Phase::Idle | Phase::Failed => true,
            Phase::Ended => self.loads.is_empty() && self.lanes.iter().all(|lane| lane.busy.is_none()),
            Phase::Opening | Phase::Running => false,
        };
        if done {
            return None;
        }
        let mut wake_at = self.now + HEARTBEAT;
        let mut at = |time: Now| {
            if time > self.now {
                wake_at = wake_at.min(time);
            }
        };
        self.health.values().chain([&self.root_health]).for_each(|health| {
            health.not_before.into_iter().chain(health.avoid_until).for_each(&mut at);
        });
        if self.loads.values().any(|load| matches!(load.purpose, Purpose::Segment(..))) {
            at(self.now + LOAD_CHECK);
        }
        if let Some(presentation) = &self.presentation {
            let streams = self.lanes.iter().filter_map(|lane| presentation.stream(lane.stream?));
            streams.filter_map(|stream| stream.timeline.as_ref()?.reload_at).for_each(&mut at);
        }
        self.watch_times().into_iter().for_each(&mut at);
        self.lanes.iter().filter_map(|lane| lane.plan.as_ref()).for_each(|plan| at(plan.not_before));
        self.lanes.iter().filter_map(|lane| self.room_at(lane)).for_each(&mut at);
        Some(wake_at)
    }
}

#[cfg(test)]
mod tests;
