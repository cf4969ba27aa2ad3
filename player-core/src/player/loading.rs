//! What to load now: playlists, init sections, one segment per lane at a time; and what to stop loading.

use std::time::Duration;

use media_model::hls::Segment;
use media_model::{BitsPerSecond, ByteCount, MediaDuration, MediaTime, TimeRange};

use super::choosing::Scope;
use super::lane::{Health, InitKey, Lane, Plan, Role, Wanted, What};
use super::{DRIVER_GRACE, Init, Player, Purpose};
use crate::abr;
use crate::abr::why::Account;
use crate::abr::{Candidate, Outcome, Rule};
use crate::clock::Now;
use crate::load::{SLACK, covered_until, next_segment};
use crate::message::{LoadFailure, Output, RequestId};
use crate::player::phase::Phase;
use crate::playlist::timeline::Entry;
use crate::playlist::{StreamId, Timeline};

/// One lane may be this much ahead of another, or a segment, if that is longer.
const LEAD: MediaDuration = MediaDuration::from_secs(4);
/// With less than this ahead, a segment is loaded even if it is longer than what there is room for.
const LEAST_AHEAD: MediaDuration = MediaDuration::from_secs(1);
/// Reckoned with while no timeline says how long segments are.
const USUAL_SEGMENT: MediaDuration = MediaDuration::from_secs(2);
/// Segments that may wait for a buffer; more would only take memory.
const MAX_QUEUE: usize = 2;
/// A segment that is to follow another variant's is there this long before the playhead is.
const SWITCH_ROOM: MediaDuration = MediaDuration::from_millis(500);
/// How much further ahead a choice is tried again each time that it came too late.
const FURTHER_AHEAD: MediaDuration = MediaDuration::from_secs(1);
/// What is chosen by hand waits so long for the end of a segment that it would tear.
const WHOLE_WITHIN: MediaDuration = MediaDuration::from_secs(4);
/// Cuts at the same frame differ by less, where durations were rounded.
const CUTS_DIFFER: MediaDuration = MediaDuration::from_millis(10);
/// With no more segments between, our server waits for the encoder that is there; over more, it starts another one.
const ENCODER_REACH: u32 = 1;
/// A download is watched for this long before it is judged.
const JUDGE_AFTER: Duration = Duration::from_millis(250);
/// The first one of all may be judged as soon as this: if the link is as near as the guess took it for, that is long.
const SOONEST_JUDGED: Duration = Duration::from_millis(150);
/// What will be here so soon is not given up at the start: another one begins with a request.
const SOON_THERE: Duration = Duration::from_millis(400);
/// Without an answer for this long, and with no more than this to play, a variant is given up for one that is at hand.
const SILENCE: Duration = Duration::from_secs(4);

impl Player {
    pub(super) fn load(&mut self) {
        self.time_out_forgotten();
        if self.waits_for_address() {
            return;
        }
        match self.phase {
            Phase::Opening => self.load_root(),
            Phase::Running | Phase::Ended => {
                self.return_to_first();
                self.abandon_hopeless();
                let mut roles: Vec<_> = self.lanes.iter().map(|lane| (self.loaded_ahead(lane), lane.role)).collect();
                roles.sort();
                roles.into_iter().for_each(|(_, role)| self.load_lane(role));
                self.load_sizes();
                self.load_text();
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
        if lane.queue.len() >= MAX_QUEUE || !self.loads_of(role).is_empty() || self.is_probing() {
            return;
        }
        let timeline = lane.stream.and_then(|stream| self.timeline(stream));
        let segment = match timeline.map(|timeline| self.missing(lane, timeline).map(|entry| entry.span.length())) {
            None => USUAL_SEGMENT,
            Some(Some(length)) if self.is_in_step(lane, length) => length,
            Some(Some(_)) => return,
            Some(None) if self.goes_on_elsewhere(role) => USUAL_SEGMENT,
            Some(None) => {
                self.ends_with_others(role);
                if role == Role::Rendition {
                    self.hears_what_goes_on();
                }
                let now = self.now;
                if let Some(lane) = self.lane_mut(role) {
                    lane.full_since.get_or_insert(now);
                }
                return;
            }
        };
        let Some(lane) = self.lane(role) else { return };
        // While the playlist of a variant is on its way, the choice stands.
        let Some(plan) = lane.plan.or_else(|| self.pick(role, segment)) else { return };
        let stream = plan.stream;
        if let Some(lane) = self.lane_mut(role) {
            lane.plan = Some(plan);
        }
        if plan.not_before > self.now {
            return;
        }
        if let Some(lane) = self.lane_mut(role) {
            // What was to replace the rest of the buffer cannot be had: nothing that is there makes way for another.
            let is_choice = lane.stream == Some(stream);
            lane.replace_from = lane.replace_from.filter(|_| is_choice);
            lane.stream = Some(stream);
        }
        let stale = |timeline: &Timeline| timeline.reload_at.is_some_and(|time| time <= self.now);
        if self.timeline(stream).is_none_or(stale) {
            self.load_playlist(stream);
        }
        if self.timeline(stream).is_none() {
            return;
        }
        if let Some(lane) = self.lane_mut(role) {
            lane.plan = None;
        }
        match plan.what {
            What::Instead(span) => self.load_instead(role, stream, span),
            What::Missing => self.load_segment(role, stream),
            What::Probe(size) => self.probe(stream, size),
        }
    }

    /// Loads bytes that are no media, to measure the link, from the presentation's server. One that has no such route answers
    /// 404, and the rule goes on with what it knows.
    fn probe(&mut self, stream: StreamId, size: ByteCount) {
        let path = format!("/api/bandwidth-test?size={}", size.get());
        let url = self.timeline(stream).and_then(|timeline| timeline.resolve(&path));
        if let Some(url) = url.filter(|url| !self.is_under_way(url, None)) {
            self.begin(Purpose::Probe, url, None, size);
        }
    }

    fn is_probing(&self) -> bool {
        self.loads.values().any(|load| load.purpose == Purpose::Probe)
    }

    /// Loads a segment that is buffered in another variant once more, if this stream is cut alike.
    fn load_instead(&mut self, role: Role, stream: StreamId, span: TimeRange) {
        let entry = self.timeline(stream).and_then(|timeline| timeline.entry_at(span.start()));
        let alike = entry.filter(|entry| entry.span == span && !entry.segment.gap).cloned();
        match alike {
            Some(entry) => self.begin_segment(role, stream, &entry, true),
            None => self.load_segment(role, stream),
        }
    }

    fn load_segment(&mut self, role: Role, stream: StreamId) {
        self.align_choice(role, stream);
        let stream = self.other_until_ahead(role, stream).unwrap_or(stream);
        if self.health.get(&stream).is_some_and(|health| health.waits(self.now)) {
            return;
        }
        // Each time round a gap is passed over.
        for _ in 0..=self.timeline(stream).map_or(0, |timeline| timeline.entries.len()) {
            let (Some(lane), Some(timeline)) = (self.lane(role), self.timeline(stream)) else { return };
            let Some(entry) = self.missing(lane, timeline).cloned() else { return };
            if !entry.segment.gap {
                return self.begin_segment(role, stream, &entry, false);
            }
            // As segments are missed: the position itself must be there exactly.
            let (at, covered) = (self.position(), lane.covered());
            let begun = covered.around(at, MediaDuration::ZERO).is_some();
            let from = if begun { covered_until(&covered, at) } else { at }.max(entry.span.start());
            match self.without_gap(stream, from) {
                Some(other) => return self.load_in_place(role, other, from),
                None => self.pass_gap(role, from, entry.span),
            }
        }
    }

    /// Goes on at `from` with this stream, as soon as its playlist is read.
    fn load_in_place(&mut self, role: Role, stream: StreamId, from: MediaTime) {
        let entry = self.timeline(stream).and_then(|timeline| timeline.entry_at(from)).cloned();
        let plan = Plan { stream, what: What::Missing, not_before: self.now };
        if let Some(lane) = self.lane_mut(role) {
            lane.stream = Some(stream);
            lane.plan = Some(plan).filter(|_| entry.is_none());
        }
        match entry {
            Some(entry) => self.begin_segment(role, stream, &entry, false),
            None => self.load_playlist(stream),
        }
    }

    /// The variant to play from here on in place of this one, which has a gap: the nearest one that has media here, or may
    /// have, for all that has been read.
    fn without_gap(&self, stream: StreamId, from: MediaTime) -> Option<StreamId> {
        let StreamId::Variant(id) = stream else { return None };
        let may_have_it = |other: &StreamId| {
            let health = self.health.get(other);
            let works = health.is_none_or(|health| !health.is_avoided(self.now) && !health.waits(self.now));
            let has_it = match self.timeline(*other) {
                Some(timeline) => match timeline.entry_at(from) {
                    Some(entry) => !entry.segment.gap,
                    None => timeline.reload_at.is_some_and(|at| at <= self.now),
                },
                None => true,
            };
            *other != stream && works && has_it
        };
        let usable = self.usable_variants();
        let distance = |other: &StreamId| match other {
            StreamId::Variant(other) => (!usable.contains(other), *other > id, other.0.abs_diff(id.0)),
            StreamId::Audio(_) | StreamId::Text(_) => (true, true, u32::MAX),
        };
        let streams = self.presentation.as_ref()?.streams().map(|one| one.id);
        streams.filter(|one| one.role() == Some(Role::Variant)).filter(may_have_it).min_by_key(distance)
    }

    /// Nobody has this, as far as the gaps of all variants go.
    fn pass_gap(&mut self, role: Role, from: MediaTime, gap: TimeRange) {
        let of_role = |stream: &StreamId| stream.role() == Some(role) && role == Role::Variant;
        let streams = self.presentation.iter().flat_map(|one| one.streams()).map(|one| one.id).filter(of_role);
        let gaps = streams.filter_map(|stream| self.timeline(stream)?.entry_at(from)).filter(|entry| entry.segment.gap);
        let end = gaps.map(|entry| entry.span.end()).chain([gap.end()]).min().unwrap_or(gap.end());
        let Some(lane) = self.lane_mut(role) else { return };
        // The choice shows behind it.
        lane.replace_from = lane.replace_from.map(|from| from.max(end));
        if let Some(span) = TimeRange::new(from, end) {
            lane.buffer.goes_without(span);
        }
    }

    fn begin_segment(&mut self, role: Role, stream: StreamId, entry: &Entry, is_replacement: bool) {
        let Some(timeline) = self.timeline(stream) else { return };
        let Some(url) = timeline.resolve(&entry.segment.uri) else {
            self.stream_failed(stream, &LoadFailure::Corrupt);
            return;
        };
        let (span, period, range) = (entry.span, entry.period, entry.segment.range);
        let init = init_key(timeline, &entry.segment);
        if let Some(key) = init.as_ref().filter(|key| !self.inits.contains_key(key)) {
            if self.is_under_way(&key.url, key.range) {
                return;
            }
            self.inits.insert(key.clone(), Init::Loading);
            let purpose = Purpose::Init(key.clone(), stream);
            self.begin(purpose, key.url.clone(), key.range, ByteCount::default());
        }
        if self.is_under_way(&url, range) {
            return;
        }
        let expected = match range {
            Some(range) => ByteCount::new(range.length),
            None => self.expected_size(stream, span.length()),
        };
        self.begin(Purpose::Segment(role, Wanted { stream, span, period, init, is_replacement }), url, range, expected);
    }

    /// What is chosen by hand begins with a segment that lies ahead of the playhead as a whole when it is here, and pictures
    /// ahead of what the decoder has taken already: of a segment that is playing, nothing would be seen before its next
    /// keyframe, which may be that of the next segment. It is also laid over whole segments if there is such a place soon:
    /// of one that is torn, the frames that were decoded with the help of later ones go as well (Media Source Extensions,
    /// coded frame processing), and leave a hole.
    fn align_choice(&mut self, role: Role, stream: StreamId) {
        let at = self.position();
        let (Some(lane), Some(timeline)) = (self.lane(role), self.timeline(stream)) else { return };
        // What waits to be appended is judged then.
        let waits = lane.queue.iter().any(|item| item.wanted.stream == stream);
        let Some(from) = lane.replace_from.filter(|&from| from > at && !waits) else { return };
        if covered_until(&lane.covered(), at) < from {
            return;
        }
        let decoded = if role == Role::Variant { self.config.decoded_ahead } else { MediaDuration::ZERO };
        let lead = decoded + MediaDuration::from_micros(FURTHER_AHEAD.as_micros() * u64::from(lane.came_late));
        let comes_late = |span: TimeRange| span.start() < at + lead + self.time_to_load(stream, span);
        let Some(first) = timeline.entry_at(from).map(|entry| entry.span) else { return };
        let mut in_time = first.start();
        let mut span = Some(first);
        while let Some(late) = span.filter(|&span| comes_late(span)) {
            in_time = late.end();
            span = timeline.entry_at(late.end()).map(|entry| entry.span).filter(|next| next.end() > late.end());
        }
        let segments = lane.buffer.segments_from(in_time);
        let is_torn = |at: MediaTime| {
            let tears = |old: TimeRange| old.start() + CUTS_DIFFER < at && at + CUTS_DIFFER < old.end();
            role == Role::Variant && segments.iter().any(|&(old, _)| tears(old))
        };
        let starts = timeline.entries.iter().map(|entry| entry.span.start());
        let mut whole = starts.filter(|&start| start > in_time && !is_torn(start));
        let begins = if is_torn(in_time) {
            whole.next().filter(|start| start.since(in_time) <= WHOLE_WITHIN).unwrap_or(in_time)
        } else {
            in_time
        };
        if begins != first.start()
            && let Some(lane) = self.lane_mut(role)
        {
            lane.replace_from = Some(begins);
        }
    }

    /// The variant to go on with where the chosen one, cut elsewhere, would come too late for a clean switch: of a segment
    /// that began before the playhead nothing is seen before its next keyframe, and the picture would stand still where
    /// the one before ends sooner. The segment after it will begin ahead of the playhead.
    fn other_until_ahead(&self, role: Role, chosen: StreamId) -> Option<StreamId> {
        let unhurried = |lane: &&Lane| lane.replace_from.is_none() && lane.given_up.is_none();
        let lane = self.lane(role).filter(|_| role == Role::Variant).filter(unhurried)?;
        let (last, _) = lane.loaded_last.filter(|(last, _)| *last != chosen)?;
        let at = self.position();
        let buffered = covered_until(&lane.covered(), at);
        let span = self.missing(lane, self.timeline(chosen)?)?.span;
        // It only tells where that stream is.
        if span.end() <= at {
            return None;
        }
        if span.start() + SLACK >= buffered || span.start() > at + self.time_to_load(chosen, span) + SWITCH_ROOM {
            return None;
        }
        let is_usable = self.usable_variants().into_iter().any(|id| StreamId::Variant(id) == last);
        let instead = self.missing(lane, self.timeline(last)?).filter(|entry| !entry.segment.gap)?.span;
        let waits = self.health.get(&last).is_some_and(|health| health.waits(self.now));
        let comes_in_time = at + self.time_to_load(last, instead) + SWITCH_ROOM < buffered;
        (is_usable && !waits && comes_in_time).then_some(last)
    }

    /// How far the playhead moves on while a segment gets here, as far as can be told.
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
        self.moves_in(self.link.latency().saturating_add(making).saturating_add(transfer))
    }

    /// Loads an init section again that failed while its segment arrived.
    pub(super) fn load_init(&mut self, key: &InitKey, stream: StreamId) {
        let waits = self.health.get(&stream).is_some_and(|health| health.waits(self.now));
        let is_free = !self.inits.contains_key(key) && !self.is_under_way(&key.url, key.range);
        if !waits && !self.renewal.is_under_way() && is_free {
            self.inits.insert(key.clone(), Init::Loading);
            self.begin(Purpose::Init(key.clone(), stream), key.url.clone(), key.range, ByteCount::default());
        }
    }

    pub(super) fn load_playlist(&mut self, stream: StreamId) {
        let under_way = self.loads.values().any(|load| load.purpose == Purpose::Playlist(stream));
        let waits = self.health.get(&stream).is_some_and(|health| health.waits(self.now));
        if under_way || waits {
            return;
        }
        let Some(known) = self.presentation.as_ref().and_then(|one| one.stream(stream)) else { return };
        let mut url = known.url.clone();
        let skips = known.timeline.as_ref().and_then(|timeline| timeline.may_skip(self.now));
        let skips = skips.filter(|_| !known.no_updates);
        if let Some(what) = skips {
            url.query_pairs_mut().append_pair("_HLS_skip", what);
        }
        if self.is_under_way(&url, None) {
            return;
        }
        let id = self.begin(Purpose::Playlist(stream), url, None, ByteCount::default());
        if let Some(load) = self.loads.get_mut(&id) {
            load.is_update = skips.is_some();
        }
    }

    /// Playlists with byte ranges tell how much their segments weigh, which makes for better choices: one after the other
    /// is read, as soon as something is on screen.
    fn load_sizes(&mut self) {
        let is_loading = self.loads.values().any(|load| matches!(load.purpose, Purpose::Playlist(_)));
        if self.sizes_known || is_loading || self.qoe.startup.is_none() {
            return;
        }
        let Some(lane) = self.lane(Role::Variant) else { return };
        let Some(timeline) = lane.stream.and_then(|stream| self.timeline(stream)) else { return };
        let tells = timeline.ended && timeline.entries.iter().all(|entry| entry.segment.range.is_some());
        let others = self.usable_variants().into_iter().map(StreamId::Variant);
        let other = others.filter(|_| tells).find(|&other| self.timeline(other).is_none());
        match other {
            Some(other) => self.load_playlist(other),
            None => self.sizes_known = true,
        }
    }

    pub(super) fn timeline(&self, stream: StreamId) -> Option<&Timeline> {
        self.presentation.as_ref()?.stream(stream)?.timeline.as_ref()
    }

    /// The next segment this lane should have, up to the buffer goal.
    fn missing<'a>(&self, lane: &Lane, timeline: &'a Timeline) -> Option<&'a Entry> {
        let at = self.position();
        let full = lane.buffer.bytes_ahead(at) >= self.config.buffer_bytes
            && lane.buffer.level(at) > LEAD
            && lane.replace_from.is_none();
        if full {
            return None;
        }
        let covered = lane.covered();
        let until = self.goal_from(at);
        let Some(entry) = next_segment(timeline, &covered, at, until) else {
            return self.to_be_placed(lane, timeline, at);
        };
        // No more than the goal with the segment; where memory was short or segments are long, not before it is needed.
        let is_shrunk = self.goal < self.config.buffer_goal;
        let enough = if is_shrunk { MediaDuration::from_micros(self.goal.as_micros() / 2) } else { LEAST_AHEAD };
        let fits = entry.span.end() <= until;
        (fits || covered_until(&covered, at).since(at) < enough).then_some(entry)
    }

    /// A segment that tells where a live stream is which ends behind the playhead, as far as its numbers say: either it is
    /// late, or they have nothing to do with those of the others. One is enough.
    fn to_be_placed<'a>(&self, lane: &Lane, timeline: &'a Timeline, at: MediaTime) -> Option<&'a Entry> {
        let is_known = timeline.aligned || lane.loaded_last.is_some_and(|(last, _)| Some(last) == lane.stream);
        let is_behind = !timeline.ended && timeline.end() <= at;
        timeline.entries.last().filter(|_| is_behind && !is_known)
    }

    /// Up to where there is to be media if playback stands here. What no server has, or shows nothing, counts for nothing:
    /// where it is longer than the goal, something must be there behind it.
    fn goal_from(&self, at: MediaTime) -> MediaTime {
        let missing = self.lanes.iter().map(|lane| lane.buffer.missing_ahead(at)).max().unwrap_or_default();
        at + self.goal() + missing
    }

    /// When there will be room for the next segment, if the playhead moves on.
    pub(super) fn room_at(&self, lane: &Lane) -> Option<Now> {
        lane.full_since.filter(|_| self.motion.moving)?;
        let timeline = self.timeline(lane.stream?)?;
        let at = self.position();
        let entry = next_segment(timeline, &lane.covered(), at, MediaTime::from_micros(i64::MAX))?;
        Some(self.now + self.lasts(entry.span.end().since(self.goal_from(at))))
    }

    /// Whether nothing is left to load for this lane from the playhead on.
    pub(super) fn is_complete(&self, lane: &Lane) -> bool {
        let Some(timeline) = lane.stream.and_then(|stream| self.timeline(stream)) else { return false };
        let forever = MediaTime::from_micros(i64::MAX);
        timeline.ended && next_segment(timeline, &lane.covered(), self.position(), forever).is_none()
    }

    /// Whether this lane is not too far ahead of the others.
    fn is_in_step(&self, lane: &Lane, segment: MediaDuration) -> bool {
        let at = self.position();
        let end = covered_until(&lane.covered(), at);
        self.lanes.iter().all(|other| {
            let other_end = covered_until(&other.covered(), at);
            end <= other_end + LEAD.max(segment) || self.is_complete(other)
        })
    }

    /// Stops the download of a variant that would not be complete before the buffer is dry, if a lower one would.
    fn abandon_hopeless(&mut self) {
        let Some(lane) = self.lane(Role::Variant).filter(|_| !matches!(self.config.rule, Rule::Classic(_))) else {
            return;
        };
        let is_rules = self.config.rule == Rule::Matinee
            && self.qoe.startup.is_some()
            && self.encoder_start.is_zero()
            && lane.buffer.has_segments();
        if is_rules {
            return;
        }
        let level = self.lasts(self.loaded_ahead(lane));
        let hopeless = self.loads.iter().find_map(|(&id, load)| {
            let Purpose::Segment(Role::Variant, wanted) = &load.purpose else { return None };
            let StreamId::Variant(variant) = wanted.stream else { return None };
            if self.wishes.variant == Some(variant) {
                return None;
            }
            let lower = self.usable_variants().into_iter().filter(|&id| id < variant).collect();
            let lower = self.soon_shown(lower, wanted.span.length());
            let instead = self.candidate(self.would_choose(&lower, wanted.span.length())?)?;
            let Some(first_byte) = load.first_byte else {
                // No answer: another variant helps only if the server is known to have it at hand.
                let at_hand = self.health.get(&StreamId::Variant(instead.id)).is_some_and(Health::is_at_hand);
                let too_long = self.now.since(load.begun) >= SILENCE && level < SILENCE;
                return (at_hand && too_long).then_some((id, variant));
            };
            // A viewer who sees nothing yet waits for this, so it is no longer than a connection needs to get going.
            let is_start = self.qoe.startup.is_none();
            let going =
                if is_start { (self.link.latency() * 4).clamp(SOONEST_JUDGED, JUDGE_AFTER) } else { JUDGE_AFTER };
            if self.now.since(first_byte) < going {
                return None;
            }
            let rest = ByteCount::new(load.size().get().saturating_sub(load.bytes.get()));
            let rest = self.link.estimate()?.time_for(rest).unwrap_or(Duration::MAX);
            // What plays while it comes is late only if it comes more slowly than it plays.
            let plays = load.appended > ByteCount::default();
            if plays && rest <= self.lasts(wanted.span.end().since(self.position())) {
                return None;
            }
            let instead = Candidate { average: self.rate_instead(instead, wanted, load.size()), ..instead };
            let other = self.facts(wanted.span.length(), Scope::Level).signals().fetch_time(&instead);
            let too_long = rest > if is_start { level.max(SOON_THERE) } else { level };
            (too_long && other < rest.mul_f32(0.8)).then_some((id, variant))
        });
        if let Some((id, variant)) = hopeless {
            let download =
                self.loads.get(&id).and_then(|load| self.download_begun(load, load.first_byte.unwrap_or(self.now)));
            let facts = self.facts(USUAL_SEGMENT, Scope::Level);
            // Of the outcome only "for which other" is told, and there is none.
            let why = download.and_then(|download| Account::of_end(&facts.signals(), &download, Outcome::Complete));
            self.accounts.extend(why);
            self.cancel(id);
            if let Some(lane) = self.lane_mut(Role::Variant) {
                lane.given_up = Some(variant);
            }
        }
    }

    /// The bit rate of the wanted segment in another variant: as its playlist tells, or as much over its usual one as the
    /// segment is in the variant that it comes from.
    fn rate_instead(&self, other: Candidate, wanted: &Wanted, size: ByteCount) -> BitsPerSecond {
        let told = self.timeline(StreamId::Variant(other.id)).and_then(|timeline| timeline.told_size(wanted.span));
        let told = told.and_then(|told| BitsPerSecond::measured(told, wanted.span.length().to_std()));
        told.unwrap_or_else(|| {
            let usual = self.expected_size(wanted.stream, wanted.span.length());
            #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "it is between 0.2 and 5")]
            let weight = (abr::weight(size, usual.bits() as f64 / 1e6) * 1e3) as u64;
            other.average.scaled(weight, 1_000)
        })
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
        let at = self.position();
        let useless = self.loads.iter().filter(|(_, load)| {
            let Purpose::Segment(role, wanted) = &load.purpose else { return false };
            let next = self.lane(*role).and_then(|lane| {
                let timeline = self.timeline(wanted.stream)?;
                next_segment(timeline, &lane.covered(), at, self.goal_from(at))
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
