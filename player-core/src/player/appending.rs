//! From loaded bytes to the driver's buffers: what to create, append, change and remove, one operation per buffer at a
//! time.

use media_model::{BitsPerSecond, ByteCount, MediaDuration, MediaTime, TimeRange};

use super::lane::{Busy, InitKey, Item, Lane, Role, Wanted};
use super::placing::Placing;
use super::{Init, Load, Player};
use crate::error::{Setback, Trouble};
use crate::load::covered_until;
use crate::message::{AppendFailure, BufferSetup, Event, LoadFailure, Output, RequestId, Track};
use crate::mime::is_other_codec;
use crate::playlist::{Presentation, StreamId};

/// Back buffer is removed this much at a time, not with every segment.
const EVICT_STEP: MediaDuration = MediaDuration::from_secs(10);
/// Kept behind the playhead even when a buffer is full: the decoder is there.
const KEEP_BEHIND: MediaDuration = MediaDuration::from_secs(1);
/// A buffer goal is not shrunk below this.
const LEAST_GOAL: MediaDuration = MediaDuration::from_secs(6);
/// After a buffer was found full, this much must be played before it is tried again.
const CROWDED_FOR: MediaDuration = MediaDuration::from_secs(2);
/// Init sections kept by the driver; one per variant and codec is usual.
const MAX_INITS: usize = 24;

/// With less than this ahead, a segment is appended while it arrives.
const HUNGRY: MediaDuration = MediaDuration::from_secs(2);
/// A part smaller than this waits for more, so that a slow link does not mean thousands of appends.
const LEAST_PART: ByteCount = ByteCount::new(4_096);

impl Player {
    pub(super) fn append(&mut self) {
        self.prepare();
        if !self.prepared {
            return;
        }
        for role in [Role::Variant, Role::Rendition] {
            self.serve_buffer(role);
        }
        self.end_stream();
        self.forget_old_inits();
    }

    /// Creates the buffers as soon as the type of each is known.
    fn prepare(&mut self) {
        if self.prepared || self.lanes.is_empty() {
            return;
        }
        let timelines: Option<Vec<_>> =
            self.lanes.iter().map(|lane| lane.stream.and_then(|stream| self.timeline(stream))).collect();
        let mimes: Option<Vec<_>> = self.lanes.iter().map(|lane| self.mime_for(lane)).collect();
        let (Some(timelines), Some(mimes)) = (timelines, mimes) else { return };
        let durations: Option<Vec<_>> = timelines.iter().map(|timeline| timeline.duration()).collect();
        let duration = durations.and_then(|durations| durations.into_iter().max());
        let mut buffers = Vec::new();
        for (lane, mime) in self.lanes.iter_mut().zip(mimes) {
            buffers.push(BufferSetup { track: lane.track, mime: mime.clone() });
            lane.mime = Some(mime);
        }
        self.prepared = true;
        self.out.push(Output::Prepare { buffers, duration });
        self.told_seekable = None;
        self.tell_seekable();
        let target = self.position();
        if target != MediaTime::ZERO {
            self.out.push(Output::MoveTo(target));
            self.motion.sent_to = Some((target, self.now));
        }
    }

    /// Type and codecs of what a lane will append first; `None` while that is not known.
    fn mime_for(&self, lane: &Lane) -> Option<String> {
        let first = lane.queue.front();
        let stream = first.map_or(lane.stream, |item| Some(item.wanted.stream))?;
        let codecs = &self.presentation.as_ref()?.stream(stream)?.codecs;
        // Without codecs in the playlist, what the driver read of the bytes decides, once they are there.
        let read = first.is_some_and(|item| item.wanted.init.as_ref().is_none_or(|key| self.is_loaded(key)));
        if codecs.is_empty() && !read {
            return None;
        }
        Some(self.mime_of(lane.track, stream))
    }

    fn mime_of(&self, track: Track, stream: StreamId) -> String {
        let stream = self.presentation.as_ref().and_then(|one| one.stream(stream));
        let codecs: Vec<_> = stream.iter().flat_map(|one| one.codecs.iter().map(|codec| codec.as_str())).collect();
        let is_transport_stream = stream.and_then(|one| one.timeline.as_ref()).is_some_and(|timeline| {
            timeline.entries.first().is_some_and(|entry| {
                entry.segment.init.is_none()
                    && entry.segment.uri.split(['?', '#']).next().is_some_and(|path| path.ends_with(".ts"))
            })
        });
        let container = match track {
            Track::Video if is_transport_stream => "video/mp2t",
            Track::Video => "video/mp4",
            Track::Audio => "audio/mp4",
        };
        if codecs.is_empty() { container.to_owned() } else { format!("{container}; codecs=\"{}\"", codecs.join(",")) }
    }

    fn is_loaded(&self, key: &InitKey) -> bool {
        matches!(self.inits.get(key), Some(Init::Loaded(_)))
    }

    fn serve_buffer(&mut self, role: Role) {
        let position = self.position();
        let Some(lane) = self.lane_mut(role).filter(|lane| lane.busy.is_none()) else { return };
        let Some(first) = lane.queue.front() else {
            if !self.append_part(role) {
                self.remove_played(role);
            }
            return;
        };
        let stream = first.wanted.stream;
        let init = first.wanted.init.clone().filter(|key| lane.init.as_ref() != Some(key));
        // Segments that end before, and those of others, were wanted until the choice shows.
        let is_chosen =
            lane.stream == Some(stream) && lane.replace_from.is_some_and(|from| first.wanted.span.end() > from);
        let can_be_appended = init.as_ref().is_none_or(|key| self.is_loaded(key));
        if is_chosen && can_be_appended && self.make_room_for_choice(role, position) {
            return;
        }
        let Some(lane) = self.lane_mut(role) else { return };
        if let Some(until) = lane.crowded_until {
            if position < until {
                return;
            }
            lane.crowded_until = None;
            if let Some(range) = lane.buffer.removable_before(position - KEEP_BEHIND) {
                self.evict(role, range);
                return;
            }
        }
        match init {
            Some(key) => self.append_init(role, &key, stream),
            None => self.append_segment(role),
        }
    }

    /// A segment of what the viewer chose is there: it is laid over what the buffer holds. Pictures buffered beyond it stay
    /// until the next one is there, which may take an encoder longer than it takes to watch this one; nobody wants to hear
    /// the language before once more. Whether the lane has something to do before the segment can be appended.
    fn make_room_for_choice(&mut self, role: Role, position: MediaTime) -> bool {
        let Some(first) = self.lane(role).and_then(|lane| lane.queue.front()) else { return false };
        let Wanted { stream, span, .. } = first.wanted;
        let next = TimeRange::new(span.end(), span.end() + span.length()).unwrap_or(span);
        let next_comes = position + self.time_to_load(stream, next);
        let decoded = position + self.config.decoded_ahead;
        let Some(lane) = self.lane_mut(role) else { return false };
        let held = covered_until(&lane.buffer.covered(), position);
        // Of pictures that the decoder has taken already, the old ones would be shown, and then none before a keyframe.
        let too_near = role == Role::Variant && span.start() < decoded;
        if (span.end() <= next_comes || too_near) && span.end() < held {
            self.choose_further_ahead(role, span, held);
            return true;
        }
        lane.came_late = 0;
        let last = lane.buffer.covered().iter().last().map(TimeRange::end);
        let beyond = last.and_then(|last| TimeRange::new(span.end(), last));
        let beyond = beyond.filter(|range| range.length() > MediaDuration::ZERO);
        match (role, beyond) {
            (Role::Variant, beyond) => {
                lane.replace_from = beyond.map(TimeRange::start);
                false
            }
            (Role::Rendition, None) => {
                lane.replace_from = None;
                false
            }
            (Role::Rendition, Some(beyond)) => {
                lane.replace_from = None;
                self.evict(role, beyond);
                true
            }
        }
    }

    /// The playhead was quicker than the link or the server. The choice is tried again further ahead, or shows where the
    /// buffer ends.
    fn choose_further_ahead(&mut self, role: Role, late: TimeRange, held: MediaTime) {
        self.loads_of(role).into_iter().for_each(|id| self.cancel(id));
        let Some(lane) = self.lane_mut(role) else { return };
        lane.came_late += 1;
        lane.replace_from = Some(late.end()).filter(|&from| from < held);
        let late: Vec<_> = lane.queue.drain(..).map(|item| Output::Forget(item.id)).collect();
        self.out.extend(late);
        self.load_lane(role);
    }

    fn append_init(&mut self, role: Role, key: &InitKey, stream: StreamId) {
        let id = match self.inits.get(key) {
            Some(Init::Loaded(id)) => *id,
            Some(Init::Loading) => return,
            None => {
                self.load_init(key, stream);
                return;
            }
        };
        self.change_type(role, stream);
        let Some(lane) = self.lane_mut(role) else { return };
        lane.busy = Some(Busy::Init(key.clone()));
        let append = Output::Append { track: lane.track, id, offset_us: 0 };
        self.out.push(append);
        self.end_told = false;
    }

    /// Another codec family needs a word to the buffer; other parameters of the same codec do not.
    fn change_type(&mut self, role: Role, stream: StreamId) {
        let Some(lane) = self.lane(role) else { return };
        let mime = self.mime_of(lane.track, stream);
        let track = lane.track;
        if lane.mime.as_ref().is_some_and(|before| is_other_codec(before, &mime)) {
            if let Some(lane) = self.lane_mut(role) {
                lane.mime = Some(mime.clone());
            }
            self.out.push(Output::ChangeType { track, mime });
        }
    }

    fn append_segment(&mut self, role: Role) {
        let Some(first) = self.lane(role).and_then(|lane| lane.queue.front()) else { return };
        let offset_us = match self.placing(&first.wanted, first.start, first.size) {
            Placing::At(offset_us) => offset_us,
            Placing::Asks { init } => return self.ask_start(first.id, init, first.size),
            Placing::Waits => return,
        };
        let Some(item) = self.lane_mut(role).and_then(|lane| lane.queue.pop_front()) else { return };
        // What the decoder has taken is not replaced: nothing would be seen of it before its next keyframe.
        let taken = self.position() + self.config.decoded_ahead;
        if item.wanted.is_replacement && item.wanted.span.start() < taken {
            self.out.push(Output::Forget(item.id));
            return;
        }
        let variant = item.variant();
        let (id, from) = (item.id, item.wanted.span.start());
        let Some(lane) = self.lane_mut(role) else { return };
        lane.busy = Some(Busy::Segment(item));
        lane.fed = true;
        let track = lane.track;
        let switched = variant.filter(|&variant| lane.appended.replace(variant) != Some(variant));
        self.out.push(Output::Append { track, id, offset_us });
        self.end_told = false;
        if let Some(variant) = switched {
            self.tell(Event::VariantChosen { variant, from });
        }
    }

    /// Appends what has arrived of the segment on its way, if there is little left to play. What is laid over something else
    /// comes as a whole: it may still be given up. Whether the lane has something to do now.
    fn append_part(&mut self, role: Role) -> bool {
        let Some(lane) = self.lane(role).filter(|lane| lane.crowded_until.is_none()) else { return false };
        // Where room was short once, no bytes are risked.
        let roomy = self.goal == self.config.buffer_goal;
        if !self.config.appends_in_part || !roomy || self.loaded_ahead(lane) >= HUNGRY {
            return false;
        }
        let coming = self.loads.iter().find_map(|(&id, load)| Some((id, load, load.purpose.segment_of(role)?)));
        let Some((id, load, wanted)) = coming else { return false };
        let span = wanted.span;
        let overlaps = |held: TimeRange| held.start() < span.end() && span.start() < held.end();
        if load.appended == ByteCount::default()
            && lane.replace_from.is_some()
            && lane.buffer.reported().iter().any(overlaps)
        {
            return false;
        }
        // Of a byte range, a server that knows no ranges sends more than was asked for.
        let news = load.bytes.get().saturating_sub(load.appended.get());
        if news < LEAST_PART.get() || load.address.range.is_some() || !self.comes_quickly(load, wanted) {
            return false;
        }
        let stream = wanted.stream;
        let init = wanted.init.clone().filter(|key| lane.init.as_ref() != Some(key));
        if let Some(key) = init {
            let is_there = self.is_loaded(&key);
            if is_there {
                self.append_init(role, &key, stream);
            }
            return is_there;
        }
        let offset_us = match self.placing(wanted, load.start, load.bytes) {
            Placing::At(offset_us) => offset_us,
            Placing::Asks { init } => {
                self.ask_start(id, init, load.bytes);
                return false;
            }
            Placing::Waits => return false,
        };
        if let Some(load) = self.loads.get_mut(&id) {
            load.appended = load.bytes;
        }
        let Some(lane) = self.lane_mut(role) else { return false };
        // The choice has begun to show: what follows is loaded after it.
        lane.replace_from = lane.replace_from.map(|from| from.max(span.end()));
        lane.busy = Some(Busy::Part(id));
        lane.fed = true;
        let append = Output::Append { track: lane.track, id, offset_us };
        self.out.push(append);
        self.end_told = false;
        true
    }

    /// Whether what is there of a segment may be shown. Once a part is appended, all that follows helps.
    fn comes_quickly(&self, load: &Load, wanted: &Wanted) -> bool {
        let is_begun = load.appended > ByteCount::default() || !load.making.is_zero();
        let length = wanted.span.length();
        is_begun || self.link.estimate().is_some_and(|rate| self.plays_on(load, wanted, rate, length))
    }

    /// Whether playback goes on to the end of this segment, and through the next, if it is shown while it comes at this rate and
    /// there is so much ahead with it.
    pub(super) fn plays_on(&self, load: &Load, wanted: &Wanted, rate: BitsPerSecond, ahead: MediaDuration) -> bool {
        let rest = ByteCount::new(load.size().get().saturating_sub(load.bytes.get()));
        // This one may be a heavy one, the next one is as usual.
        let next = self.expected_size(wanted.stream, wanted.span.length());
        self.is_shown_while_it_comes(rate, rest, next, ahead)
    }

    fn evict(&mut self, role: Role, range: TimeRange) {
        let Some(lane) = self.lane_mut(role) else { return };
        lane.busy = Some(Busy::Evict(range));
        let track = lane.track;
        self.out.push(Output::Evict { track, range });
    }

    /// Removes what lies far behind the playhead.
    fn remove_played(&mut self, role: Role) {
        let keep_from = self.position() - self.config.back_buffer;
        let Some(lane) = self.lane(role) else { return };
        let far_back = lane.buffer.removable_before(keep_from).filter(|range| range.length() >= EVICT_STEP);
        if let Some(range) = far_back {
            self.evict(role, range);
        }
    }

    /// Tells the driver that everything is appended.
    fn end_stream(&mut self) {
        let all_in = |lane: &Lane| lane.queue.is_empty() && lane.busy.is_none() && lane.fed && self.is_complete(lane);
        let under_way = !self.loads_of(Role::Variant).is_empty() || !self.loads_of(Role::Rendition).is_empty();
        if !self.end_told && !under_way && self.lanes.iter().all(all_in) {
            self.end_told = true;
            self.out.push(Output::EndOfStream);
        }
    }

    fn forget_old_inits(&mut self) {
        while self.inits.len() > MAX_INITS {
            let needed = |key: &InitKey| {
                self.lanes.iter().any(|lane| {
                    lane.init.as_ref() == Some(key)
                        || lane.queue.iter().any(|item| item.wanted.init.as_ref() == Some(key))
                        || matches!(&lane.busy, Some(Busy::Init(busy)) if busy == key)
                })
            };
            let spare = self.inits.iter().find_map(|(key, init)| match init {
                Init::Loaded(id) if !needed(key) => Some((key.clone(), *id)),
                Init::Loaded(_) | Init::Loading => None,
            });
            let Some((key, id)) = spare else { return };
            self.inits.remove(&key);
            self.out.push(Output::Forget(id));
        }
    }

    pub(super) fn append_done(&mut self, track: Track) {
        let Some(lane) = self.lane_of(track) else { return };
        match lane.busy.take() {
            Some(Busy::Init(key)) => lane.init = Some(key),
            Some(Busy::Segment(item)) => {
                let replaced = lane.buffer.appended(item.wanted.span, item.variant(), item.size);
                lane.crowded_until = None;
                lane.skips = 0;
                let was_torn = std::mem::take(&mut lane.torn);
                self.out.push(Output::Forget(item.id));
                self.qoe.used(item.size);
                self.qoe.unused(replaced);
                if was_torn {
                    self.show_again(item.wanted.span);
                }
            }
            Some(Busy::Part(_)) => {}
            // No answer to an eviction.
            busy @ (Some(Busy::Evict(_)) | None) => lane.busy = busy,
        }
    }

    /// A segment that was given up while its first part was playing has been laid over that part as a whole. Nothing of it
    /// would be seen before its next keyframe, so the decoder is sent back to its first one.
    fn show_again(&mut self, span: TimeRange) {
        let at = self.position();
        if span.start() < at && span.contains(at) && self.motion.sent_to.is_none() {
            self.move_to(at);
        }
    }

    pub(super) fn evicted(&mut self, track: Track) {
        let Some(lane) = self.lane_of(track) else { return };
        match lane.busy.take() {
            Some(Busy::Evict(range)) => lane.buffer.removed(range),
            busy @ (Some(Busy::Init(_) | Busy::Segment(_) | Busy::Part(_)) | None) => lane.busy = busy,
        }
    }

    pub(super) fn append_failed(&mut self, track: Track, cause: AppendFailure) {
        let Some(lane) = self.lane_of(track) else { return };
        let role = lane.role;
        if cause == AppendFailure::Unsupported && !lane.fed {
            return self.buffer_refused(role);
        }
        let stream = match lane.busy.take() {
            Some(Busy::Segment(item)) if cause == AppendFailure::QuotaExceeded => {
                self.buffer_full(role, item);
                return;
            }
            Some(Busy::Segment(item)) => {
                self.out.push(Output::Forget(item.id));
                self.note_stuck(role, item.wanted.span);
                item.wanted.stream
            }
            Some(Busy::Init(_)) if cause == AppendFailure::QuotaExceeded => {
                self.no_room(role);
                return;
            }
            Some(Busy::Part(id)) => {
                self.part_refused(role, id, cause);
                return;
            }
            Some(Busy::Init(key)) => {
                let waits = lane.queue.front().map(|item| item.wanted.clone());
                // With nothing waiting, it was for the segment that is appended while it arrives.
                let comes = self.loads.values().find_map(|load| load.purpose.segment_of(role).cloned());
                match waits.or(comes) {
                    Some(wanted) if wanted.init.as_ref() == Some(&key) => wanted.stream,
                    Some(_) | None => return,
                }
            }
            busy @ (Some(Busy::Evict(_)) | None) => {
                lane.busy = busy;
                return;
            }
        };
        self.refused(role, stream, cause);
    }

    /// The driver has no buffer of the type that a lane was to begin with: all buffers are made anew, for another stream.
    /// Which one was meant, the type says: the choice may have changed since.
    fn buffer_refused(&mut self, role: Role) {
        let Some(lane) = self.lane(role).filter(|_| self.prepared) else { return };
        let (track, refused, chosen) = (lane.track, lane.mime.clone(), lane.stream);
        let streams = self.presentation.iter().flat_map(Presentation::streams).map(|one| one.id);
        let of_lane = chosen.into_iter().chain(streams.filter(|id| id.role() == Some(role)));
        let meant = of_lane.into_iter().find(|&id| refused.as_ref() == Some(&self.mime_of(track, id)));
        self.restart_element(self.position());
        if let Some(stream) = meant {
            self.refused(role, stream, AppendFailure::Unsupported);
        }
    }

    /// The buffer refused a part of a segment. The driver has given those bytes away, so the whole is loaded again: from
    /// another stream, or when there is room.
    fn part_refused(&mut self, role: Role, id: RequestId, cause: AppendFailure) {
        let wanted = self.loads.get(&id).and_then(|load| Some(load.purpose.segment()?.1.clone()));
        self.cancel(id);
        let Some(lane) = self.lane_mut(role) else { return };
        let waits = lane.queue.iter().position(|item| item.id == id);
        let item = waits.and_then(|place| lane.queue.remove(place));
        if item.is_some() {
            self.out.push(Output::Forget(id));
        }
        let Some(wanted) = wanted.or(item.map(|item| item.wanted)) else { return };
        if cause == AppendFailure::QuotaExceeded && self.phase.is_active() {
            self.no_room(role);
        } else {
            self.note_stuck(role, wanted.span);
            self.refused(role, wanted.stream, cause);
        }
    }

    /// Not even a few bytes fit: makes room, or wants less ahead; a whole segment will tell what fits.
    fn no_room(&mut self, role: Role) {
        let at = self.position();
        let Some(lane) = self.lane_mut(role) else { return };
        match lane.buffer.stray_after(at).or_else(|| lane.buffer.removable_before(at - KEEP_BEHIND)) {
            Some(range) => self.evict(role, range),
            None => {
                let half = MediaDuration::from_micros(lane.buffer.level(at).as_micros() / 2);
                lane.crowded_until = Some(at + CROWDED_FOR.min(half));
                self.shrink_goal(LEAST_GOAL);
            }
        }
    }

    fn shrink_goal(&mut self, goal: MediaDuration) {
        if self.goal == self.config.buffer_goal && goal < self.goal {
            self.report_setback(Setback::LittleMemory);
        }
        self.goal = self.goal.min(goal);
    }

    /// The buffer refused the bytes of a stream: other streams of another kind may still do.
    fn refused(&mut self, role: Role, stream: StreamId, cause: AppendFailure) {
        self.drop_loaded(stream);
        if let Some(lane) = self.lane_mut(role) {
            lane.init = None;
        }
        match cause {
            AppendFailure::Unsupported => {
                for alike in self.streams_with_codecs_of(stream) {
                    self.health.entry(alike).or_default().never = true;
                }
                let goes_on = match role {
                    Role::Variant => self.has_another(stream),
                    Role::Rendition => self.settle_sound(),
                };
                if !goes_on {
                    self.fail(&Trouble::Unsupported);
                }
            }
            AppendFailure::Rejected | AppendFailure::QuotaExceeded => {
                if cause == AppendFailure::Rejected {
                    self.rescue.refused = Some(self.now);
                }
                // As if the load had brought garbage, but without asking for the same again.
                self.health.entry(stream).or_default().failures += 1;
                self.stream_failed(stream, &LoadFailure::Corrupt);
                if self.trouble.is_some() {
                    self.trouble = Some(Trouble::Rejected);
                }
            }
        }
    }

    /// This stream and all others that need exactly the same codecs.
    pub(super) fn streams_with_codecs_of(&self, stream: StreamId) -> Vec<StreamId> {
        let Some(presentation) = &self.presentation else { return vec![stream] };
        let codecs = presentation.stream(stream).map(|one| one.codecs.clone()).filter(|codecs| !codecs.is_empty());
        let alike = presentation.streams().filter(|one| Some(&one.codecs) == codecs.as_ref()).map(|one| one.id);
        let mut streams: Vec<_> = alike.collect();
        if !streams.contains(&stream) {
            streams.push(stream);
        }
        streams
    }

    /// No room: makes some, or waits until something has been played, and then wants less ahead. The bytes are kept, so
    /// that nothing is loaded twice.
    fn buffer_full(&mut self, role: Role, item: Item) {
        let at = self.position();
        let (stream, id) = (item.wanted.stream, item.id);
        let is_active = self.phase.is_active();
        let Some(lane) = self.lane_mut(role) else { return };
        let level = lane.buffer.level(at);
        let room = lane.buffer.stray_after(at).or_else(|| lane.buffer.removable_before(at - KEEP_BEHIND));
        lane.queue.push_front(item);
        if !is_active {
            return;
        }
        if let Some(range) = room {
            self.evict(role, range);
            return;
        }
        if level < KEEP_BEHIND {
            // Not even one segment fits: a smaller one may.
            lane.queue.pop_front();
            self.out.push(Output::Forget(id));
            self.refused(role, stream, AppendFailure::QuotaExceeded);
            return;
        }
        let half = MediaDuration::from_micros(level.as_micros() / 2);
        lane.crowded_until = Some(at + CROWDED_FOR.min(half));
        self.shrink_goal(level.saturating_sub(CROWDED_FOR).max(LEAST_GOAL));
    }
}
