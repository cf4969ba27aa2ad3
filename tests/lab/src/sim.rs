//! The simulated driver: carries out what the core asks for, tick by tick, and checks that the core keeps its contract.

mod element;
mod link;
mod origin;
mod transfer;

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use media_model::{MediaDuration, TimeRange};
use player_core::message::{AppendFailure, Ease, LoadFailure, Track};
use player_core::{Command, Event, Input, Now, Output, Player, RequestId, Step};

use crate::contract::Contract;
use crate::report::{Report, Second};
use crate::scenario::{Device, Scenario};
use element::{Buffer, Element};
use origin::{Body, Media, Origin};
use transfer::Transfer;

/// Virtual time moves by this much.
const TICK: Duration = Duration::from_millis(5);
/// A buffer takes this long to append or remove.
const BUFFER_WORK: Duration = Duration::from_millis(5);
/// A browser refuses to play this soon, and a driver finds a fresh address.
const REFUSES_AFTER: Duration = Duration::from_millis(30);
const RENEWS_AFTER: Duration = Duration::from_millis(200);
const DECODER_ANSWERS_AFTER: Duration = Duration::from_millis(20);
/// The playhead is reported this often.
const REPORT_EVERY: Duration = Duration::from_millis(250);

/// Plays a scenario to its end, to failure, or to its limit.
pub fn play(scenario: &Scenario) -> Report {
    play_out(scenario).0
}

/// The same, and the player as it is after that.
pub fn play_out(scenario: &Scenario) -> (Report, Player) {
    let mut play = Play::new(scenario);
    let url = play.origin.root(Duration::ZERO);
    if scenario.device.refuses_to_play {
        play.element.playing = false;
        play.coming.push((REFUSES_AFTER, Input::PlayRefused));
    }
    if scenario.device.tells_online {
        play.coming.extend(scenario.link.outages.iter().map(|(_, end)| (*end + TICK, Input::Online)));
    }
    play.tell(Input::Command(Command::Open { url, start: None }));
    while !play.is_over() {
        play.tick();
    }
    play.finish()
}

enum Work {
    /// What is appended; nothing if those bytes were never loaded.
    Append(Option<Kept>),
    Evict(TimeRange),
}

struct Play<'a> {
    scenario: &'a Scenario,
    origin: Origin<'a>,
    player: Player,
    element: Element,
    contract: Contract,
    now: Duration,
    wake_at: Option<Now>,
    transfers: BTreeMap<RequestId, Transfer>,
    /// Bytes kept for appending: init sections by stream, or media.
    kept: BTreeMap<RequestId, Kept>,
    work: BTreeMap<Track, (Duration, Work)>,
    actions: VecDeque<(Duration, Command)>,
    /// What the driver will tell, by time.
    coming: Vec<(Duration, Input)>,
    device: Device,
    reported: Duration,
    credit: u64,
    was_moving: bool,
    started: bool,
    /// Media of which no frame was shown.
    dropped: Duration,
    report: Report,
}

#[derive(Clone)]
enum Kept {
    Init(String),
    Media(Media),
}

impl Kept {
    /// Its timestamps moved.
    fn moved(self, offset_us: i64) -> Self {
        match self {
            Self::Media(media) => Self::Media(Media { span: media.span.moved(offset_us), ..media }),
            Self::Init(stream) => Self::Init(stream),
        }
    }
}

impl<'a> Play<'a> {
    fn new(scenario: &'a Scenario) -> Self {
        Self {
            scenario,
            origin: Origin::new(scenario),
            player: Player::new(scenario.config.clone()),
            element: Element::new(),
            contract: Contract::default(),
            now: Duration::ZERO,
            wake_at: None,
            transfers: BTreeMap::new(),
            kept: BTreeMap::new(),
            work: BTreeMap::new(),
            actions: scenario.actions.iter().cloned().collect(),
            coming: Vec::new(),
            device: scenario.device.clone(),
            reported: Duration::ZERO,
            credit: 0,
            was_moving: false,
            started: false,
            dropped: Duration::ZERO,
            report: Report::new(scenario.name),
        }
    }

    fn is_over(&self) -> bool {
        self.now >= self.scenario.limit
            || ((self.report.ended || self.report.failed.is_some())
                && self.actions.is_empty()
                && !self.coming.iter().any(|(_, input)| *input == Input::Online))
    }

    fn finish(mut self) -> (Report, Player) {
        self.report.stats = self.player.stats();
        self.report.summary = self.player.summary();
        self.report.took = self.now;
        self.report.played_kbps = self.played_kbps();
        self.report.encoder_starts = self.origin.encoder_starts;
        self.report.broken_contract = self.contract.into_faults();
        (self.report, self.player)
    }

    fn played_kbps(&self) -> u64 {
        let rate =
            |name: &str| self.scenario.title.variants.iter().find(|one| one.name == name).map_or(0, |one| one.kbps);
        let (mut kilobits, mut millis) = (0, 0);
        for (name, time) in &self.report.played {
            let time = u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
            (kilobits, millis) = (kilobits + rate(name) * time, millis + time);
        }
        kilobits / millis.max(1)
    }

    fn tell(&mut self, input: Input) {
        let step = self.player.step(Now::new(self.now), input.clone());
        self.contract.check(&input, &step);
        self.obey(step);
    }

    fn obey(&mut self, step: Step) {
        self.wake_at = step.wake_at;
        for output in step.outputs {
            match output {
                Output::Load { id, url, range: _, kind, idle_timeout } => self.load(id, &url, kind, idle_timeout),
                Output::Cancel(id) => {
                    if let Some(transfer) = self.transfers.remove(&id) {
                        let log = &mut self.report.requests[transfer.log];
                        (log.bytes, log.outcome) = (transfer.bytes, "cancelled".to_owned());
                        self.report.wasted += transfer.bytes;
                    }
                }
                Output::Prepare { buffers, duration } => {
                    let quota = |track| self.scenario.video_quota.filter(|_| track == Track::Video);
                    self.element.buffers =
                        buffers.iter().map(|setup| Buffer::new(setup.track, quota(setup.track))).collect();
                    self.element.duration = duration;
                    self.element.failed = false;
                    self.work.clear();
                    self.report.decoders += 1;
                }
                Output::Append { track, id, offset_us } => {
                    let bytes = self.kept.get(&id).cloned().or_else(|| self.arrived(id));
                    let bytes = bytes.map(|bytes| bytes.moved(offset_us));
                    self.work.insert(track, (self.now + BUFFER_WORK, Work::Append(bytes)));
                    self.element.ended_stream = false;
                }
                Output::Forget(id) => drop(self.kept.remove(&id)),
                Output::Evict { track, range } => {
                    self.work.insert(track, (self.now + BUFFER_WORK, Work::Evict(range)));
                }
                Output::ChangeType { .. } | Output::Text(_) => {}
                Output::AskStart { id, .. } => {
                    let media = self.kept.get(&id).cloned().or_else(|| self.arrived(id));
                    let at = match media {
                        Some(Kept::Media(media)) => Some(media.span.start()),
                        Some(Kept::Init(_)) | None => None,
                    };
                    self.coming.push((self.now, Input::Starts { id, at }));
                }
                Output::AskDecoder(questions) => {
                    let ease = |lines| match self.device.says {
                        Some((most, ease)) if lines > most => ease,
                        Some(_) | None => Ease::Smooth,
                    };
                    let answers = questions.into_iter().map(|one| (one.variant, ease(one.resolution.height)));
                    let told = answers.map(|(variant, ease)| Input::Decodes { variant, ease });
                    self.coming.extend(told.map(|input| (self.now + DECODER_ANSWERS_AFTER, input)));
                }
                Output::MoveTo(at) => {
                    self.report.moves.push((self.now, at));
                    self.element.move_to(at);
                }
                Output::Seekable(range) => self.element.seekable = Some(range),
                Output::EndOfStream => self.element.ended_stream = true,
                Output::RenewAddress => {
                    let when = self.now + RENEWS_AFTER;
                    let url = Some(self.origin.root(when));
                    self.coming.push((when, Input::Renewed { url }));
                }
                Output::Event(event) => self.event(event),
            }
        }
    }

    /// What has arrived of a segment that is still on its way, for a player that appends in part.
    fn arrived(&self, id: RequestId) -> Option<Kept> {
        let transfer = self.transfers.get(&id).filter(|_| self.scenario.config.appends_in_part)?;
        match &transfer.answer.body {
            Body::Media(media) => Some(Kept::Media(media.beginning(transfer.bytes))),
            Body::Text(_) | Body::Init(_) | Body::Fails(..) | Body::Hangs => None,
        }
    }

    fn event(&mut self, event: Event) {
        match &event {
            Event::Ended => self.report.ended = true,
            Event::Failed(trouble) => self.report.failed = Some(trouble.to_string()),
            Event::TriesAgain => {
                self.report.tries += u32::from(self.report.failed.take().is_some());
            }
            Event::Degraded(setback) => self.report.degraded.push((self.now, setback.to_string())),
            Event::Stalled(cause) => self.report.stalls.push((self.now, self.element.at, *cause)),
            Event::Ready { .. }
            | Event::VariantChosen { .. }
            | Event::AudioChosen(_)
            | Event::TextChosen(_)
            | Event::Throughput(_)
            | Event::Started { .. }
            | Event::Sought { .. }
            | Event::Shown(_)
            | Event::Dropped(_)
            | Event::Wasted(_)
            | Event::NextBegan { .. }
            | Event::Resumed { .. } => {}
        }
    }

    fn tick(&mut self) {
        self.now += TICK;
        self.sleep();
        let due = |(at, _): &mut (Duration, Input)| *at <= self.now;
        let coming: Vec<_> = self.coming.extract_if(.., due).collect();
        coming.into_iter().for_each(|(_, input)| self.tell(input));
        while self.actions.front().is_some_and(|(at, _)| *at <= self.now) {
            let Some((_, command)) = self.actions.pop_front() else { break };
            self.act(command);
        }
        self.move_bytes();
        self.work_buffers();
        self.move_playhead();
        if self.wake_at.is_some_and(|at| at <= Now::new(self.now)) {
            self.tell(Input::Tick);
        }
        self.note_second();
    }

    /// Nothing happens while the device sleeps, and no connection lives through it.
    fn sleep(&mut self) {
        let begins = self.device.sleeps.first().is_some_and(|(at, _)| *at <= self.now);
        if begins {
            let (_, length) = self.device.sleeps.remove(0);
            self.now += length;
            let ids: Vec<_> = self.transfers.keys().copied().collect();
            ids.into_iter().for_each(|id| self.end(id, Some(LoadFailure::Network)));
        }
    }

    fn act(&mut self, command: Command) {
        match &command {
            Command::Seek(at) => {
                self.element.move_to(*at);
                self.report.ended = false;
                self.report.seeks.push((self.now, *at, None));
            }
            Command::SetPlaying(playing) => self.element.playing = *playing,
            Command::SetSpeed(speed) => self.element.speed = *speed,
            Command::Retry => self.report.failed = None,
            Command::Open { .. }
            | Command::LockVariant(_)
            | Command::SelectAudio(_)
            | Command::SelectText(_)
            | Command::LimitResolution(_)
            | Command::LimitBandwidth { .. }
            | Command::SaveData(_)
            | Command::FollowWith(_)
            | Command::SetVisible(_)
            | Command::SetStreaming(_) => {}
        }
        self.tell(Input::Command(command));
        self.tell_playhead();
    }

    fn work_buffers(&mut self) {
        let due: Vec<_> = self.work.iter().filter(|(_, (at, _))| *at <= self.now).map(|(track, _)| *track).collect();
        for track in due {
            let Some((_, work)) = self.work.remove(&track) else { continue };
            let Some(buffer) = self.element.buffer(track) else { continue };
            let input = match work {
                Work::Evict(range) => {
                    buffer.remove(range);
                    Input::Evicted { track }
                }
                Work::Append(bytes) => {
                    let result = match bytes {
                        Some(Kept::Init(stream)) => buffer.init(stream),
                        Some(Kept::Media(media)) => buffer.append(&media),
                        None => {
                            self.contract.fault("appends bytes that were never loaded or are forgotten");
                            Ok(())
                        }
                    };
                    match result {
                        Ok(()) => Input::Appended { track },
                        Err(cause) => {
                            // Bytes that cannot be read end the source and with it the element (Media Source Extensions
                            // §3.5.3); for want of room, or of another type, nothing ends.
                            if cause == AppendFailure::Rejected {
                                self.element.fail();
                            }
                            Input::AppendFailed { track, cause }
                        }
                    }
                }
            };
            self.tell(input);
            self.tell_playhead();
        }
    }

    fn move_playhead(&mut self) {
        self.element.pass(TICK);
        if self.device.decoder_dies.first().is_some_and(|at| *at <= self.now) {
            self.device.decoder_dies.remove(0);
            self.element.fail();
        }
        if std::mem::take(&mut self.element.failing) {
            self.tell(Input::DecodeFailed);
        }
        if self.element.first_frame && !self.started {
            self.started = true;
            self.tell(Input::FirstFrame);
        }
        if self.element.moving {
            self.note_shown();
        }
        let changed = self.element.moving != self.was_moving;
        self.was_moving = self.element.moving;
        if changed || self.now >= self.reported + REPORT_EVERY {
            self.tell_playhead();
        }
        if self.element.played_out && !self.report.ended {
            self.tell(Input::PlayedOut);
        }
    }

    fn note_shown(&mut self) {
        let at = self.element.at;
        if let Some((since, _, arrived)) = self.report.seeks.last_mut()
            && arrived.is_none()
        {
            *arrived = Some(self.now - *since);
        }
        let shown: Vec<_> = self.element.buffers.iter().map(|buffer| (buffer.track, buffer.stream_at(at))).collect();
        for (track, stream) in shown {
            let Some(stream) = stream else { continue };
            let seen = match track {
                Track::Video => &mut self.report.shown,
                Track::Audio => &mut self.report.heard,
            };
            if seen.last().is_none_or(|(_, last)| last != stream) {
                seen.push((self.now, stream.to_owned()));
            }
            if track == Track::Video {
                let size = self.scenario.title.variants.iter().find(|one| one.name == stream).map(|one| one.size);
                if size.zip(self.device.smooth_lines).is_some_and(|((_, lines), most)| lines > most) {
                    self.dropped += TICK / 2;
                }
                *self.report.played.entry(stream.to_owned()).or_default() += TICK;
            }
        }
    }

    fn tell_playhead(&mut self) {
        self.reported = self.now;
        let (video, audio) = (self.element.ranges(Track::Video), self.element.ranges(Track::Audio));
        let (at, moving) = (self.element.at, self.element.moving);
        let dropped_frames = Some(u64::try_from(self.dropped.as_millis() * 30 / 1_000).unwrap_or(u64::MAX));
        self.tell(Input::Playhead { at, video, audio, moving, dropped_frames });
    }

    fn note_second(&mut self) {
        if !self.now.as_millis().is_multiple_of(1_000) {
            return;
        }
        let stats = self.player.stats();
        self.report.seconds.push(Second {
            at: self.now,
            position: self.element.at,
            buffered: stats.buffered,
            shown: self.report.shown.last().map(|(_, stream)| stream.clone()).unwrap_or_default(),
            throughput_kbps: stats.throughput.map_or(0, |rate| rate.get() / 1_000),
            state: stats.state,
        });
        let levels = [Track::Video, Track::Audio].map(|track| {
            self.element
                .buffer(track)
                .map(|buffer| buffer.ranges())
                .and_then(|ranges| ranges.around(self.element.at, MediaDuration::from_millis(100)))
                .map(|range| range.end())
        });
        if let [Some(video), Some(audio)] = levels {
            let apart: MediaDuration = video.since(audio).max(audio.since(video));
            self.report.tracks_apart = self.report.tracks_apart.max(apart);
        }
    }
}
