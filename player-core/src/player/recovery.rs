//! Ways out of what loading again does not mend: a decoder that gave up, a segment that cannot be had, a live window that
//! has moved on, a device that slept.

use std::collections::BTreeMap;
use std::time::Duration;

use media_model::{ByteCount, MediaDuration, MediaTime, TimeRange};

use super::lane::{Decoding, Health, Lane, Role, Wanted};
use super::phase::Phase;
use super::{Load, Player, Purpose};
use crate::clock::Now;
use crate::error::{Setback, Trouble};
use crate::load::SLACK;
use crate::message::{AudioId, Event, Input, Output, StallCause, VariantId};
use crate::playlist::StreamId;
use crate::playlist::timeline::Timeline;

/// A decoder that gave up this near to where it was made anew has not got over it. Farther on it is another fault: where
/// many segments are damaged, all of the title between them is played.
const SAME_PLACE: MediaDuration = MediaDuration::from_millis(1_500);
/// This near, what is given to it changes at once.
const NEXT_PLACE: MediaDuration = MediaDuration::from_secs(5);
/// A decoder is made anew this often in a row: as it was, in another codec, in other variants, and behind a few segments.
const MAX_RESTARTS: u32 = 7;
/// Of these, so often for another variant.
const MAX_VARIANTS: u32 = 4;
/// A decoder gives up this far ahead of what it shows, or less.
const LEAD: MediaDuration = MediaDuration::from_millis(250);
/// A decoder that has shown a stream for so long can decode it.
const PROOF: MediaDuration = MediaDuration::from_secs(1);
/// The element fails so soon after a buffer that could not read its bytes, and because of that.
const BECAUSE: Duration = Duration::from_secs(1);
/// So many segments in a row are passed over in a track; when more cannot be had, the title is broken, or its server.
const MAX_SKIPS: u32 = 3;
/// A driver that calls this much later than it was asked to has slept.
const SLEEP: Duration = Duration::from_secs(10);
/// Shorter sleep is not worth a word.
const LONG_SLEEP: Duration = Duration::from_secs(60);
/// A variant whose pictures the decoder gave up on is left for so long; each time for twice as long.
const LEAVE: Duration = Duration::from_secs(30);
/// One that was decoded before, for so long: until something else is loaded for this place.
const LEAVE_PROVEN: Duration = Duration::from_secs(8);

/// The segment that failed last.
#[derive(Clone, Copy, Debug)]
pub(super) struct Stuck {
    span: TimeRange,
    /// How often, in whatever variant.
    pub(super) failures: u32,
}

/// What was done in a row without getting anywhere.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Rescue {
    restarts: u32,
    /// Where it went on after that.
    restarted_at: Option<MediaTime>,
    /// When a buffer last refused bytes that it could not read.
    pub(super) refused: Option<Now>,
}

impl Player {
    /// Remembers which segment fails.
    pub(super) fn note_stuck(&mut self, role: Role, span: TimeRange) {
        let before = self.stuck.get(&role).filter(|stuck| stuck.span.start() == span.start());
        let failures = before.map_or(0, |stuck| stuck.failures).saturating_add(1);
        self.stuck.insert(role, Stuck { span, failures });
    }

    /// Passes over segments that cannot be had in any variant, if there is something behind them. Whether that was done.
    pub(super) fn go_without(&mut self) -> bool {
        let goes_on = |(role, stuck): (&Role, &Stuck)| {
            let stream = self.lane(*role).and_then(|lane| lane.stream);
            stream.and_then(|stream| self.timeline(stream)).is_some_and(|timeline| timeline.end() > stuck.span.end())
        };
        let is_hopeless = |(role, _): &(&Role, &Stuck)| {
            let stream = self.lane(**role).and_then(|lane| lane.stream);
            stream.is_some_and(|stream| !self.has_another(stream))
        };
        let stuck: BTreeMap<Role, Stuck> =
            self.stuck.iter().filter(is_hopeless).map(|(&role, &stuck)| (role, stuck)).collect();
        let is_broken = |lane: &Lane| stuck.contains_key(&lane.role) && lane.skips >= MAX_SKIPS;
        if stuck.is_empty() || !stuck.iter().all(goes_on) || self.lanes.iter().any(is_broken) {
            return false;
        }
        let is_at = |role: Role, wanted: &Wanted| {
            stuck.get(&role).is_some_and(|stuck| stuck.span.start() == wanted.span.start())
        };
        let is_over = |load: &Load| load.purpose.segment().is_some_and(|(role, wanted)| is_at(role, wanted));
        let over: Vec<_> = self.loads.iter().filter(|(_, load)| is_over(load)).map(|(id, _)| *id).collect();
        over.into_iter().for_each(|id| self.cancel(id));
        self.stuck.retain(|role, _| !stuck.contains_key(role));
        self.trouble = None;
        self.health.values_mut().for_each(Health::pardon);
        for lane in &mut self.lanes {
            if let Some(stuck) = stuck.get(&lane.role) {
                lane.buffer.goes_without(stuck.span);
                lane.plan = None;
                lane.skips += 1;
            }
        }
        true
    }

    /// The rendition that is wanted, if it alone is what fails.
    pub(super) fn failing_audio(&self) -> Option<StreamId> {
        let stream = self.wishes.audio.map(StreamId::Audio).filter(|_| !self.stuck.contains_key(&Role::Variant))?;
        self.health.get(&stream).filter(|health| health.failures > 0).map(|_| stream)
    }

    /// Whether no segment of this rendition ever came, and no single one is what fails: there is none of it.
    pub(super) fn is_unheard(&self, stream: StreamId) -> bool {
        let is_unseen = self.health.get(&stream).is_none_or(|health| health.seen_rate().is_none());
        stream.role() == Some(Role::Rendition) && is_unseen && !self.stuck.contains_key(&Role::Rendition)
    }

    /// Goes on with another rendition than this one, which cannot be had: with the one before it, else with what would be
    /// chosen if there were none. Whether there is another.
    pub(super) fn hears_another(&mut self, failing: Option<StreamId>) -> bool {
        let Some(stream) = failing.filter(|&stream| self.wishes.audio.map(StreamId::Audio) == Some(stream)) else {
            return false;
        };
        self.health.entry(stream).or_default().avoid(self.now, LEAVE);
        let Some(presentation) = &self.presentation else { return false };
        let wished = [&*self.config.audio_languages, &[]].map(|languages| presentation.preferred_audio(languages));
        let infos = presentation.audio_infos();
        let others = infos.iter().map(|info| info.id);
        let works =
            |id: &AudioId| self.health.get(&StreamId::Audio(*id)).is_none_or(|health| !health.is_avoided(self.now));
        let before = self.wishes.audio_before;
        let Some(next) = before.into_iter().chain(wished.into_iter().flatten()).chain(others).find(works) else {
            return false;
        };
        let name = infos.into_iter().find(|info| info.id == next).map_or_else(String::new, |info| info.name);
        let lane = self.lane(Role::Rendition);
        let is_there = before == Some(next) && lane.is_some_and(|lane| lane.replace_from.is_some());
        (self.wishes.audio, self.wishes.audio_before) = (Some(next), None);
        self.replace_ahead(Role::Rendition, StreamId::Audio(next), MediaDuration::ZERO);
        if let Some(lane) = self.lane_mut(Role::Rendition) {
            lane.forgive();
            // Nothing has taken the place of what is buffered.
            lane.replace_from = lane.replace_from.filter(|_| !is_there && lane.fed);
        }
        self.stuck.remove(&Role::Rendition);
        self.trouble = None;
        self.report_setback(Setback::OtherAudio(name));
        // Before all is read, the first choice has not been told.
        if self.root.is_none() {
            self.tell(Event::AudioChosen(next));
            self.change_text();
        }
        true
    }

    /// The decoder, or the whole media element, gave up: it is made anew, and when that does not help, what it is given
    /// changes.
    pub(super) fn decoder_failed(&mut self) {
        if self.phase != Phase::Running {
            self.element_failed = true;
            self.fail(&Trouble::Decoder);
            return;
        }
        let at = self.position();
        // What a buffer cannot read ends the element as well, wherever that is. Something else is loaded already.
        if self.rescue.refused.take().is_some_and(|when| self.now.since(when) < BECAUSE) {
            self.begin_anew(at);
            return;
        }
        let playing = self.decoding(at);
        let is_doubtful = playing.is_some_and(|id| self.doubt(id));
        let restarts = match self.since_rescue(at) {
            Some(played) if played < SAME_PLACE => self.rescue.restarts,
            Some(played) if played < NEXT_PLACE => 1,
            Some(_) | None => u32::from(is_doubtful),
        };
        let target = match restarts {
            0 => {
                self.report_setback(Setback::DecoderRestarted);
                at
            }
            1 if playing.is_some_and(|id| self.leave_codec(id)) => at,
            1..=MAX_VARIANTS if playing.is_some_and(|id| self.leave_variant(id)) => at,
            _ => match self.behind_segment(at).filter(|_| restarts < MAX_RESTARTS) {
                Some(behind) => {
                    self.report_setback(Setback::Skipped(behind.since(at)));
                    behind
                }
                None => {
                    self.element_failed = true;
                    self.fail(&Trouble::Decoder);
                    return;
                }
            },
        };
        (self.rescue.restarts, self.rescue.restarted_at) = (restarts + 1, Some(target));
        self.begin_anew(target);
    }

    /// Stands for as long as a new decoder takes.
    fn begin_anew(&mut self, target: MediaTime) {
        if self.qoe.startup.is_some() && self.wishes.playing && !self.qoe.is_stalled() {
            self.qoe.stall_begins(self.now);
            self.tell(Event::Stalled(StallCause::Decoder));
        }
        self.restart_element(target);
    }

    /// How far this is from where the decoder was made anew.
    fn since_rescue(&self, at: MediaTime) -> Option<MediaDuration> {
        self.rescue.restarted_at.map(|before| at.since(before).max(before.since(at)))
    }

    /// Whether the decoder was made anew near here.
    pub(super) fn is_rescued_near(&self, at: MediaTime) -> bool {
        self.since_rescue(at).is_some_and(|played| played < SAME_PLACE)
    }

    /// Notes of a decoder that moves which variant it can decode.
    pub(super) fn prove_decoder(&mut self, at: MediaTime) {
        let shown = |at| self.lane(Role::Variant).and_then(|lane| lane.buffer.variant_at(at));
        let Some(id) = shown(at).filter(|id| shown(at - PROOF) == Some(*id) && !self.is_rescued_near(at)) else {
            return;
        };
        self.health.entry(StreamId::Variant(id)).or_default().decoding = Decoding::Proven;
    }

    /// A decoder gave up on a variant. Whether one did before, and none has ever decoded it.
    fn doubt(&mut self, id: VariantId) -> bool {
        let decoding = &mut self.health.entry(StreamId::Variant(id)).or_default().decoding;
        let is_doubtful = *decoding == Decoding::Doubtful;
        if *decoding == Decoding::Untried {
            *decoding = Decoding::Doubtful;
        }
        is_doubtful
    }

    /// The variant that the decoder is at.
    fn decoding(&self, at: MediaTime) -> Option<VariantId> {
        let lane = self.lane(Role::Variant)?;
        let variant = |stream| match stream {
            StreamId::Variant(id) => Some(id),
            StreamId::Audio(_) | StreamId::Text(_) => None,
        };
        let comes_there = |load: &Load| {
            let wanted = load.purpose.segment_of(Role::Variant)?;
            let is_there = load.appended > ByteCount::default() && wanted.span.contains(at + LEAD);
            is_there.then_some(wanted.stream)
        };
        let coming = self.loads.values().find_map(comes_there).and_then(variant);
        let held = |at| lane.buffer.variant_at(at);
        coming.or_else(|| held(at + LEAD)).or_else(|| held(at)).or_else(|| variant(lane.stream?))
    }

    /// Plays no variant of this one's codec any more, if there are others and no decoder has ever got on with it. Profiles
    /// and levels of one codec, of which each rung may have its own, are left one by one.
    fn leave_codec(&mut self, id: VariantId) -> bool {
        let Some(presentation) = &self.presentation else { return false };
        let codec = |stream| {
            let codecs = &presentation.stream(stream)?.codecs;
            codecs.iter().find_map(|codec| codec.as_str().split('.').next().filter(|_| codec.video().is_some()))
        };
        let own = codec(StreamId::Variant(id));
        let is_proven = |stream| self.health.get(&stream).is_some_and(|health| health.decoding == Decoding::Proven);
        let of_variants = |stream: &StreamId| stream.role() == Some(Role::Variant);
        let streams = presentation.streams().map(|one| one.id).filter(of_variants);
        let alike: Vec<_> = streams.filter(|&stream| codec(stream) == own).collect();
        let is_other = |other: &VariantId| !alike.contains(&StreamId::Variant(*other));
        if own.is_none() || alike.iter().copied().any(is_proven) || !self.usable_variants().iter().any(is_other) {
            return false;
        }
        alike.into_iter().for_each(|stream| self.health.entry(stream).or_default().never = true);
        self.report_setback(Setback::OtherCodec);
        true
    }

    /// Plays another variant for a while, if there is one: of one that can be decoded, it is this segment that is damaged.
    fn leave_variant(&mut self, id: VariantId) -> bool {
        let stream = StreamId::Variant(id);
        let has_another = self.has_another(stream);
        if has_another {
            let health = self.health.entry(stream).or_default();
            match health.decoding {
                Decoding::Proven => health.avoid_until = Some(self.now + LEAVE_PROVEN),
                Decoding::Untried | Decoding::Doubtful => health.avoid(self.now, LEAVE),
            }
            self.report_setback(Setback::OtherVariant);
        }
        has_another
    }

    /// Where the segment that the decoder gave up on ends, if another one follows.
    fn behind_segment(&self, at: MediaTime) -> Option<MediaTime> {
        let lane = self.lanes.first()?;
        let timeline = self.timeline(lane.stream?)?;
        let end = timeline.entry_at(at + LEAD)?.span.end();
        (end < timeline.end()).then_some(end)
    }

    /// Empty buffers, a new decoder, and on from `target`.
    pub(super) fn restart_element(&mut self, target: MediaTime) {
        let of_media = |purpose: &Purpose| matches!(purpose, Purpose::Segment(..) | Purpose::Init(..));
        let loads: Vec<_> = self.loads.iter().filter(|(_, load)| of_media(&load.purpose)).map(|(id, _)| *id).collect();
        loads.into_iter().for_each(|id| self.cancel(id));
        let ahead = self.lanes.iter().fold(ByteCount::default(), |sum, lane| sum + lane.buffer.bytes_ahead(target));
        self.qoe.unused(ahead);
        self.forget_media();
        (self.prepared, self.end_told, self.element_failed) = (false, false, false);
        self.motion = self.motion.sought(target);
    }

    /// The timelines of what plays, as far as they say anything.
    fn timelines_in_use(&self) -> impl Iterator<Item = &Timeline> {
        self.lanes.iter().filter_map(|lane| self.timeline(lane.stream?)).filter(|timeline| !timeline.entries.is_empty())
    }

    fn live_timelines(&self) -> impl Iterator<Item = &Timeline> {
        self.timelines_in_use().filter(|timeline| !timeline.ended)
    }

    /// Where all of a live presentation is offered by the server, also of one that has just ended.
    fn live_window(&self) -> Option<TimeRange> {
        if self.told_seekable.is_none() {
            self.live_timelines().next()?;
        }
        let start = self.timelines_in_use().map(Timeline::start).max()?;
        let end = self.timelines_in_use().map(Timeline::end).min()?;
        TimeRange::new(start, end)
    }

    /// Media elements go nowhere else.
    pub(super) fn tell_seekable(&mut self) {
        if let Some(window) = self.live_window().filter(|window| self.told_seekable != Some(*window)) {
            self.told_seekable = Some(window);
            self.out.push(Output::Seekable(window));
        }
    }

    /// A live window that has left the playhead behind, as after a long pause: goes on where a viewer would begin, once
    /// what is buffered has been played. Whether the playhead was moved.
    ///
    /// Not before the playlists in use have a place in common: until all have been read again, an element goes no farther than
    /// the old ones did, and would have to be sent once more, two seconds later. Where they have none although all go on,
    /// some are not where their media are, which shows when these are loaded.
    pub(super) fn fell_behind(&mut self) -> bool {
        let at = self.position();
        let all_go_on = || self.live_timelines().all(|timeline| timeline.goes_on(self.now));
        let latest = || self.live_timelines().map(Timeline::start).max().filter(|_| all_go_on());
        let Some(start) = self.live_window().map(TimeRange::start).or_else(latest) else { return false };
        if !self.prepared || at + SLACK >= start || !self.has_run_out(at) {
            return false;
        }
        let Some(target) = self.live_timelines().map(Timeline::live_start).min() else { return false };
        let target = target.max(start);
        self.report_setback(Setback::FellBehind(target.since(at)));
        self.stall_ends();
        self.motion = self.motion.sought(target);
        self.move_to(target);
        self.cancel_useless();
        true
    }

    /// A driver that calls much later than it was asked to was asleep, with everything it had under way: connections are
    /// gone, and the time in between is no stall, no failure and no measurement.
    pub(super) fn notice_sleep(&mut self, now: Now, input: &Input) {
        let late = self.promised.map_or(Duration::ZERO, |promised| now.since(promised));
        if late < SLEEP || !self.phase.is_active() {
            return;
        }
        // What ended meanwhile is taken as it is; only its time says nothing.
        let ended = input.ended();
        let (ended, others): (Vec<_>, Vec<_>) = self.loads.keys().copied().partition(|&id| Some(id) == ended);
        others.into_iter().for_each(|id| self.cancel(id));
        for id in ended {
            if self.loads.get_mut(&id).is_some_and(|load| load.first_byte.take().is_some()) {
                self.link.ends(self.now);
            }
        }
        let slept = now.since(self.now);
        self.now = self.now.max(now);
        self.qoe.slept(slept);
        self.motion.seen = self.now;
        (self.motion.still_since, self.motion.advanced, self.motion.hangs) = (None, None, false);
        self.motion.sent_to = self.motion.sent_to.map(|(target, _)| (target, self.now));
        if slept >= LONG_SLEEP && self.phase == Phase::Running && self.wishes.playing {
            self.report_setback(Setback::Slept(slept));
        }
    }

    /// The browser waits for the viewer.
    pub(super) fn play_refused(&mut self) {
        if !self.phase.is_active() {
            return;
        }
        self.wishes.playing = false;
        self.stall_ends();
        self.qoe.held(self.now);
        self.report_setback(Setback::WaitsForViewer);
    }
}
