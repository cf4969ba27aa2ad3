//! What to load now: playlists, init sections, one segment per lane at a time; and what to stop loading.

use std::time::Duration;

use media_model::hls::Segment;
use media_model::{ByteCount, MediaDuration, MediaTime, TimeRange};

use super::lane::{Health, InitKey, Lane, Role, Wanted};
use super::{DRIVER_GRACE, Init, Player, Purpose};
use crate::load::{SLACK, covered_until, next_segment};
use crate::message::{LoadFailure, Output, RequestId};
use crate::player::phase::Phase;
use crate::playlist::timeline::Entry;
use crate::playlist::{StreamId, Timeline};

/// One lane may be this much ahead of another, or a segment, if that is longer.
const LEAD: MediaDuration = MediaDuration::from_secs(4);
/// Reckoned with while no timeline says how long segments are.
const USUAL_SEGMENT: MediaDuration = MediaDuration::from_secs(2);
/// Segments that may wait for a buffer; more would only take memory.
const MAX_QUEUE: usize = 2;
/// A segment that is to follow another variant's is there this long before the playhead is.
const SWITCH_ROOM: MediaDuration = MediaDuration::from_millis(500);
/// Decoders take media this far ahead of the playhead: Chromium played on old frames that were replaced 1.3 s ahead.
pub(super) const DECODED_AHEAD: MediaDuration = MediaDuration::from_millis(1_500);
/// How much further ahead a choice is tried again each time that it came too late.
const FURTHER_AHEAD: MediaDuration = MediaDuration::from_secs(1);
/// With no more segments between, our server waits for the encoder that is there; over more, it starts another one.
const ENCODER_REACH: u32 = 1;
/// A download is watched for this long before it is judged.
const JUDGE_AFTER: Duration = Duration::from_millis(250);
/// Without an answer for this long, and with no more than this to play, a variant is given up for one that is at hand.
const SILENCE: Duration = Duration::from_secs(4);

impl Player {
    pub(super) fn load(&mut self) {
        self.time_out_forgotten();
        match self.phase {
            Phase::Opening => self.load_root(),
            Phase::Running | Phase::Ended => {
                self.abandon_hopeless();
                let mut roles: Vec<_> = self.lanes.iter().map(|lane| (self.loaded_ahead(lane), lane.role)).collect();
                roles.sort();
                roles.into_iter().for_each(|(_, role)| self.load_lane(role));
            }
            Phase::Idle | Phase::Failed => {}
        }
    }

    fn load_root(&mut self) {
        let under_way = self.loads.values().any(|load| load.purpose == Purpose::Root);
        if under_way || self.root_health.waits(self.now) {
            return;
        }
        if let Some((url, _)) = &self.root {
            self.begin(Purpose::Root, url.clone(), None, ByteCount::default());
        }
    }

    /// A driver must answer every load; one that does not must not stop playback for ever.
    fn time_out_forgotten(&mut self) {
        let limit = self.config.idle_timeout + DRIVER_GRACE;
        let silent = self.loads.iter().filter(|(_, load)| self.now.since(load.last_heard) > limit);
        let silent: Vec<RequestId> = silent.map(|(id, _)| *id).collect();
        for id in silent {
            // The failure of one may have ended the others.
            if self.loads.contains_key(&id) {
                self.out.push(Output::Cancel(id));
                self.load_failed(id, LoadFailure::TimedOut);
            }
        }
    }

    pub(super) fn load_lane(&mut self, role: Role) {
        let Some(lane) = self.lane(role) else { return };
        if let Some(stream) = lane.stream
            && self.timeline(stream).and_then(|timeline| timeline.reload_at).is_some_and(|time| time <= self.now)
        {
            self.load_playlist(stream);
        }
        let Some(lane) = self.lane(role) else { return };
        if lane.queue.len() >= MAX_QUEUE || !self.loads_of(role).is_empty() {
            return;
        }
        let segment = match lane.stream.and_then(|stream| self.timeline(stream)) {
            Some(timeline) => match self.missing(lane, timeline) {
                Some(entry) if self.is_in_step(lane, entry.span.length()) => entry.span.length(),
                Some(_) | None => return,
            },
            None => USUAL_SEGMENT,
        };
        // While the playlist of a variant is on its way, the choice stands.
        let Some(stream) = self.playlist_under_way(role).or_else(|| self.pick_stream(role, segment)) else { return };
        // What was chosen by hand cannot be had, or is not wished any more: nothing that is there makes way for another.
        let is_choice = match stream {
            StreamId::Variant(variant) => self.wishes.variant == Some(variant),
            StreamId::Audio(audio) => self.wishes.audio == Some(audio),
        };
        if let Some(lane) = self.lane_mut(role) {
            lane.stream = Some(stream);
            lane.replace_from = lane.replace_from.filter(|_| is_choice);
        }
        self.load_segment(role, stream);
    }

    fn load_segment(&mut self, role: Role, stream: StreamId) {
        let stale = |timeline: &Timeline| timeline.reload_at.is_some_and(|time| time <= self.now);
        if self.timeline(stream).is_none_or(stale) {
            self.load_playlist(stream);
        }
        self.align_choice(role, stream);
        let stream = self.other_until_ahead(role, stream).unwrap_or(stream);
        let (Some(lane), Some(timeline)) = (self.lane(role), self.timeline(stream)) else { return };
        let waits = self.health.get(&stream).is_some_and(|health| health.waits(self.now));
        let Some(entry) = self.missing(lane, timeline).filter(|_| !waits) else { return };
        let Some(url) = timeline.resolve(&entry.segment.uri) else {
            self.stream_failed(stream, &LoadFailure::Corrupt);
            return;
        };
        let (span, period, range) = (entry.span, entry.period, entry.segment.range);
        let init = init_key(timeline, &entry.segment);
        if let Some(key) = &init
            && !self.inits.contains_key(key)
        {
            self.inits.insert(key.clone(), Init::Loading);
            let purpose = Purpose::Init(key.clone(), stream);
            self.begin(purpose, key.url.clone(), key.range, ByteCount::default());
        }
        let expected = match range {
            Some(range) => ByteCount::new(range.length),
            None => self.expected_size(stream, span.length()),
        };
        self.begin(Purpose::Segment(role, Wanted { stream, span, period, init }), url, range, expected);
    }

    /// What is chosen by hand begins with a segment that lies ahead of the playhead as a whole when it is here, and pictures
    /// ahead of what the decoder has taken already: of a segment that is playing, nothing would be seen before its next
    /// keyframe, which may be that of the next segment.
    fn align_choice(&mut self, role: Role, stream: StreamId) {
        let at = self.motion.position();
        let (Some(lane), Some(timeline)) = (self.lane(role), self.timeline(stream)) else { return };
        // What waits to be appended is judged then.
        let waits = lane.queue.iter().any(|item| item.wanted.stream == stream);
        let Some(from) = lane.replace_from.filter(|&from| from > at && !waits) else { return };
        if covered_until(&lane.covered(), at) < from {
            return;
        }
        let decoded = if role == Role::Variant { DECODED_AHEAD } else { MediaDuration::ZERO };
        let lead = decoded + MediaDuration::from_micros(FURTHER_AHEAD.as_micros() * u64::from(lane.came_late));
        let comes_late = |span: TimeRange| span.start() < at + lead + self.time_to_load(stream, span);
        let Some(first) = timeline.entry_at(from).map(|entry| entry.span).filter(|&span| comes_late(span)) else {
            return;
        };
        let mut span = first;
        let starts_in_time = loop {
            match timeline.entry_at(span.end()) {
                Some(next) if span.end() > span.start() && comes_late(next.span) => span = next.span,
                Some(_) | None => break span.end(),
            }
        };
        if let Some(lane) = self.lane_mut(role) {
            lane.replace_from = Some(starts_in_time);
        }
    }

    /// The variant to go on with where the chosen one, cut elsewhere, would come too late for a clean switch: of a segment
    /// that began before the playhead nothing is seen before its next keyframe, and the picture would stand still where
    /// the one before ends sooner. The segment after it will begin ahead of the playhead.
    fn other_until_ahead(&self, role: Role, chosen: StreamId) -> Option<StreamId> {
        let unhurried = |lane: &&Lane| lane.replace_from.is_none() && lane.given_up.is_none();
        let lane = self.lane(role).filter(|_| role == Role::Variant).filter(unhurried)?;
        let (last, _) = lane.loaded_last.filter(|(last, _)| *last != chosen)?;
        let at = self.motion.position();
        let buffered = covered_until(&lane.covered(), at);
        let span = self.missing(lane, self.timeline(chosen)?)?.span;
        if span.start() + SLACK >= buffered || span.start() > at + self.time_to_load(chosen, span) + SWITCH_ROOM {
            return None;
        }
        let is_usable = self.usable_variants().into_iter().any(|id| StreamId::Variant(id) == last);
        let instead = self.missing(lane, self.timeline(last)?)?.span;
        let waits = self.health.get(&last).is_some_and(|health| health.waits(self.now));
        let comes_in_time = at + self.time_to_load(last, instead) + SWITCH_ROOM < buffered;
        (is_usable && !waits && comes_in_time).then_some(last)
    }

    /// How long a segment takes to get here, as far as can be told.
    pub(super) fn time_to_load(&self, stream: StreamId, span: TimeRange) -> MediaDuration {
        let last = self.lane(Role::Variant).and_then(|lane| lane.loaded_last);
        // An encoder goes on where it is if that is near, and makes all up to there.
        let run = last.filter(|&(last, end)| last == stream && end <= span.start()).and_then(|(_, end)| {
            let between = span.start().since(end).as_micros() / span.length().as_micros().max(1);
            u32::try_from(between).ok().filter(|&between| between <= ENCODER_REACH).map(|between| between + 1)
        });
        let health = self.health.get(&stream);
        let making = health.map_or(Duration::ZERO, |health| {
            health.making(Some(self.now), run.is_some()).saturating_mul(run.unwrap_or(1))
        });
        let transfer = self.throughput().time_for(self.expected_size(stream, span.length())).unwrap_or(Duration::MAX);
        MediaDuration::from_std(self.link.latency().saturating_add(making).saturating_add(transfer))
    }

    /// Loads an init section again that failed while its segment arrived.
    pub(super) fn load_init(&mut self, key: &InitKey, stream: StreamId) {
        let waits = self.health.get(&stream).is_some_and(|health| health.waits(self.now));
        if !waits && !self.inits.contains_key(key) {
            self.inits.insert(key.clone(), Init::Loading);
            self.begin(Purpose::Init(key.clone(), stream), key.url.clone(), key.range, ByteCount::default());
        }
    }

    fn load_playlist(&mut self, stream: StreamId) {
        let under_way = self.loads.values().any(|load| load.purpose == Purpose::Playlist(stream));
        let waits = self.health.get(&stream).is_some_and(|health| health.waits(self.now));
        if under_way || waits {
            return;
        }
        if let Some(url) = self.presentation.as_ref().and_then(|one| one.stream(stream)).map(|one| one.url.clone()) {
            self.begin(Purpose::Playlist(stream), url, None, ByteCount::default());
        }
    }

    /// The variant whose first playlist is on its way.
    fn playlist_under_way(&self, role: Role) -> Option<StreamId> {
        self.loads.values().find_map(|load| match (&load.purpose, role) {
            (Purpose::Playlist(stream @ StreamId::Variant(_)), Role::Variant) if self.timeline(*stream).is_none() => {
                Some(*stream)
            }
            (Purpose::Playlist(_) | Purpose::Root | Purpose::Init(..) | Purpose::Segment(..), _) => None,
        })
    }

    pub(super) fn timeline(&self, stream: StreamId) -> Option<&Timeline> {
        self.presentation.as_ref()?.stream(stream)?.timeline.as_ref()
    }

    /// The next segment this lane should have, up to the buffer goal.
    fn missing<'a>(&self, lane: &Lane, timeline: &'a Timeline) -> Option<&'a Entry> {
        let at = self.motion.position();
        let full = lane.buffer.bytes_ahead(at) >= self.config.buffer_bytes
            && lane.buffer.level(at) > LEAD
            && lane.replace_from.is_none();
        if full {
            return None;
        }
        next_segment(timeline, &lane.covered(), at, at + self.goal)
    }

    /// Whether nothing is left to load for this lane from the playhead on.
    pub(super) fn is_complete(&self, lane: &Lane) -> bool {
        let Some(timeline) = lane.stream.and_then(|stream| self.timeline(stream)) else { return false };
        let forever = MediaTime::from_micros(i64::MAX);
        timeline.ended && next_segment(timeline, &lane.covered(), self.motion.position(), forever).is_none()
    }

    /// Whether this lane is not too far ahead of the others.
    fn is_in_step(&self, lane: &Lane, segment: MediaDuration) -> bool {
        let at = self.motion.position();
        let end = covered_until(&lane.covered(), at);
        self.lanes.iter().all(|other| {
            let other_end = covered_until(&other.covered(), at);
            end <= other_end + LEAD.max(segment) || self.is_complete(other)
        })
    }

    /// Stops the download of a variant that would not be complete before the buffer is dry, if a lower one would.
    fn abandon_hopeless(&mut self) {
        let Some(lane) = self.lane(Role::Variant) else { return };
        let level = self.loaded_ahead(lane).to_std();
        let hopeless = self.loads.iter().find_map(|(&id, load)| {
            let Purpose::Segment(Role::Variant, wanted) = &load.purpose else { return None };
            let StreamId::Variant(variant) = wanted.stream else { return None };
            if self.wishes.variant == Some(variant) {
                return None;
            }
            let lower: Vec<_> = self.usable_variants().into_iter().filter(|&id| id < variant).collect();
            let instead = self.candidate(self.choose_among(&lower, wanted.span.length())?)?;
            let Some(first_byte) = load.first_byte else {
                // No answer: another variant helps only if the server is known to have it at hand.
                let at_hand = self.health.get(&StreamId::Variant(instead.id)).is_some_and(Health::is_at_hand);
                let too_long = self.now.since(load.begun) >= SILENCE && level < SILENCE;
                return (at_hand && too_long).then_some((id, variant));
            };
            if self.now.since(first_byte) < JUDGE_AFTER {
                return None;
            }
            // What was expected is a guess: a tenth of what came already may well come still.
            let rest = load.expected.get().saturating_sub(load.bytes.get()).max(load.bytes.get() / 10);
            let rest = self.link.estimate()?.time_for(ByteCount::new(rest)).unwrap_or(Duration::MAX);
            let other = self.signals(&[], wanted.span.length()).fetch_time(&instead);
            (rest > level && other < rest.mul_f32(0.8)).then_some((id, variant))
        });
        if let Some((id, variant)) = hopeless {
            self.cancel(id);
            if let Some(lane) = self.lane_mut(Role::Variant) {
                lane.given_up = Some(variant);
            }
        }
    }

    /// Drops what was loaded of a stream that cannot be played after all.
    pub(super) fn drop_loaded(&mut self, stream: StreamId) {
        let of_stream = |purpose: &Purpose| matches!(purpose, Purpose::Segment(_, wanted) if wanted.stream == stream);
        let loads: Vec<_> = self.loads.iter().filter(|(_, load)| of_stream(&load.purpose)).map(|(id, _)| *id).collect();
        loads.into_iter().for_each(|id| self.cancel(id));
        for lane in &mut self.lanes {
            let (unwanted, wanted): (Vec<_>, Vec<_>) =
                lane.queue.drain(..).partition(|item| item.wanted.stream == stream);
            lane.queue = wanted.into();
            self.out.extend(unwanted.into_iter().map(|item| Output::Forget(item.id)));
        }
    }

    /// After a seek: stops segments that are not the next one any more.
    pub(super) fn cancel_useless(&mut self) {
        let at = self.motion.position();
        let useless = self.loads.iter().filter(|(_, load)| {
            let Purpose::Segment(role, wanted) = &load.purpose else { return false };
            let next = self.lane(*role).and_then(|lane| {
                let timeline = self.timeline(wanted.stream)?;
                next_segment(timeline, &lane.covered(), at, at + self.goal)
            });
            next.is_none_or(|next| next.span != wanted.span)
        });
        let useless: Vec<_> = useless.map(|(id, _)| *id).collect();
        useless.into_iter().for_each(|id| self.cancel(id));
    }
}

fn init_key(timeline: &Timeline, segment: &Segment) -> Option<InitKey> {
    let init = segment.init.as_ref()?;
    Some(InitKey { url: timeline.resolve(&init.uri)?, range: init.range })
}
