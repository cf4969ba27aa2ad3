//! Watches the playhead: stalls, holes in the buffer, a decoder that does not move, the end.

use std::time::Duration;

use media_model::{MediaDuration, MediaTime, Ranges};

use super::lane::{Lane, Role};
use super::motion::Motion;
use super::{Player, Purpose};
use crate::clock::Now;
use crate::error::Setback;
use crate::load::{SLACK, covered_until, next_segment};
use crate::message::{Event, Output, StallCause, Track};
use crate::player::phase::Phase;

/// Playback that stands still this long has stalled; shorter is between two frames and two reports.
const STALL_AFTER: Duration = Duration::from_millis(250);
/// A driver that says it moves, and is seen at the same place for so long, does not. An output for sound that is made anew
/// natively takes up to two seconds.
const HANGS_AFTER: Duration = Duration::from_millis(2_500);
/// This near, it is where it was sent.
const ARRIVED: MediaDuration = MediaDuration::from_millis(5);
/// A hole that nothing will fill is jumped after this: sooner than it counts as a stall, later than an append takes.
const HOLE_AFTER: Duration = Duration::from_millis(100);
/// Of a shorter jump over a hole nobody needs to be told.
const UNNOTICED: MediaDuration = MediaDuration::from_millis(200);
/// With media buffered, playback that stands still this long is pushed.
const NUDGE_AFTER: Duration = Duration::from_millis(1_500);
/// By this much, then by twice as much, and so on, so often, before the decoder is made anew; once after that.
const NUDGE: MediaDuration = MediaDuration::from_millis(100);
const MAX_NUDGES: u32 = 4;
/// Playback comes to stand this near the end of a stretch: a frame before it, or less.
const EDGE: MediaDuration = MediaDuration::from_millis(60);
/// So much media that the decoder has no excuse; also how near the end everything counts as played.
const ENOUGH: MediaDuration = MediaDuration::from_millis(500);
/// Past the start of a stretch to jump to: seconds in floating point may round down to before it.
const INSIDE: MediaDuration = MediaDuration::from_millis(1);
/// A driver that was sent somewhere gets this long to arrive before it is sent again.
const ARRIVAL: Duration = Duration::from_secs(2);
/// A request without an answer for this long waits for the server, not for the link.
const SLOW_ANSWER: Duration = Duration::from_secs(1);

impl Player {
    pub(super) fn playhead(&mut self, at: MediaTime, video: Ranges, audio: Ranges, moving: bool) {
        for (track, ranges) in [(Track::Video, video), (Track::Audio, audio)] {
            // Until new buffers are made, those of an element that failed are told of.
            if let Some(lane) = self.lanes.iter_mut().find(|lane| lane.track == track).filter(|_| self.prepared) {
                lane.buffer.report(ranges);
            }
        }
        let arrived = |target: MediaTime| at.since(target).max(target.since(at)) <= ENOUGH;
        if self.motion.sent_to.is_some_and(|(target, _)| arrived(target)) {
            self.motion.sent_to = None;
        }
        let before = self.motion.at;
        let advanced = at != before;
        (self.motion.at, self.motion.seen) = (at, self.now);
        let is_push = self.motion.pushed_to.is_some_and(|to| at.since(to).max(to.since(at)) <= ARRIVED);
        if moving && advanced && !is_push {
            self.motion.hangs = false;
        }
        if advanced || !moving {
            self.motion.advanced = None;
        }
        // Some take their time to set off.
        if moving && self.qoe.startup.is_some() {
            self.motion.hangs |= self.now.since(*self.motion.advanced.get_or_insert(self.now)) >= HANGS_AFTER;
        }
        // Browsers let the sound go on for seconds when the pictures have run dry, and say that a decoder which hangs is
        // ready to go on.
        let moving = moving && !self.motion.hangs && !self.has_run_dry(at);
        self.motion.moving = moving;
        self.motion.dry_at =
            self.lanes.iter().map(|lane| covered_until(lane.buffer.reported(), at)).min().unwrap_or(at);
        if moving {
            self.motion.seeking = false;
            if advanced {
                self.motion.nudges = 0;
                self.setback.take_if(|setback| *setback == Setback::DecoderStuck);
                self.prove_decoder(at);
            }
            self.stall_ends();
            self.follow_over_hole(before, at);
        }
        // Nobody waits for frames to move in a pause: one to look at is enough.
        let can_be_seen = moving || (!self.wishes.playing && self.prepared && self.all_hold(at));
        if can_be_seen && let Some(after) = self.qoe.seek_ends(self.now) {
            self.tell(Event::Sought { after });
        }
        if moving {
            self.note_variant();
        }
    }

    /// Chromium lets the sound go on for three seconds while the pictures stand still in front of a hole that is too small
    /// to count as missing. Sent to where it is already, it finds those behind it.
    fn follow_over_hole(&mut self, before: MediaTime, at: MediaTime) {
        let Some(lane) = self.lanes.iter().find(|lane| lane.track == Track::Video) else { return };
        let ranges = lane.buffer.reported();
        let ends = ranges.iter().map(|range| range.end());
        let Some(hole) = ends.filter(|&end| before < end && end <= at).last() else { return };
        let behind = ranges.iter().map(|range| range.start()).find(|&start| start > hole);
        if let Some(behind) = behind.filter(|behind| behind.since(hole) <= SLACK) {
            self.move_to(at.max(behind + INSIDE));
        }
    }

    pub(super) fn first_frame(&mut self) {
        if !self.phase.is_active() {
            return;
        }
        if let Some(after) = self.qoe.first_frame(self.now) {
            self.motion.still_since = None;
            self.tell(Event::Started { after });
        }
        self.note_variant();
    }

    fn note_variant(&mut self) {
        let at = self.position();
        if let Some(variant) = self.lane(Role::Variant).and_then(|lane| lane.buffer.variant_at(at))
            && self.qoe.shows(variant)
        {
            self.tell(Event::Shown(variant));
        }
    }

    pub(super) fn played_out(&mut self) {
        let is_end = self.end_told || self.lanes.iter().all(|lane| self.is_complete(lane));
        if self.phase == Phase::Running && is_end {
            self.stall_ends();
            self.become_phase(Phase::Ended);
            self.tell(Event::Ended);
        }
    }

    pub(super) fn stall_ends(&mut self) {
        if let Some(after) = self.qoe.stall_ends(self.now) {
            self.tell(Event::Resumed { after });
        }
    }

    pub(super) fn watch(&mut self) {
        let should_move = self.wishes.playing || self.motion.seeking;
        if self.phase != Phase::Running || self.motion.moving || !should_move {
            (self.motion.still_since, self.motion.ready_since) = (None, None);
            return;
        }
        if self.fell_behind() {
            return;
        }
        let since = *self.motion.still_since.get_or_insert(self.now);
        let still = self.now.since(since);
        let at = self.position();
        let in_hole = self.prepared && self.motion.sent_to.is_none() && self.has_run_out(at);
        if in_hole
            && still >= HOLE_AFTER
            && let Some(target) = self.past_the_hole(at)
        {
            if self.qoe.startup.is_some() && target.since(at) > UNNOTICED {
                self.report_setback(Setback::Skipped(target.since(at)));
            }
            self.move_to(target);
        }
        let is_stall = self.wishes.playing && !self.motion.seeking && self.qoe.startup.is_some();
        if is_stall && !self.qoe.is_stalled() && still >= STALL_AFTER && !self.is_at_end() {
            self.qoe.stall_begins(since);
            let cause = self.stall_cause();
            self.tell(Event::Stalled(cause));
        }
        if !self.prepared {
            return;
        }
        if let Some((target, when)) = self.motion.sent_to {
            if self.now.since(when) >= ARRIVAL && self.all_hold(target) {
                self.move_to(target);
            }
        } else if self.all_hold(at) && self.level() >= ENOUGH && self.wishes.playing {
            let ready = *self.motion.ready_since.get_or_insert(self.now);
            self.nudge(self.now.since(ready), at);
        } else {
            self.motion.ready_since = None;
        }
    }

    pub(super) fn move_to(&mut self, target: MediaTime) {
        self.out.push(Output::MoveTo(target));
        (self.motion.sent_to, self.motion.pushed_to) = (Some((target, self.now)), Some(target));
    }

    fn nudge(&mut self, still: Duration, at: MediaTime) {
        let Motion { nudges, .. } = self.motion;
        if still < NUDGE_AFTER * (nudges + 1) {
            return;
        }
        let most = if self.is_rescued_near(at) { 1 } else { MAX_NUDGES };
        if nudges >= most {
            self.decoder_failed();
            return;
        }
        self.motion.nudges += 1;
        if self.qoe.startup.is_some() && self.motion.nudges > 1 {
            self.setback(Setback::DecoderStuck);
        }
        self.move_to(at + MediaDuration::from_micros(NUDGE.as_micros() << nudges.min(MAX_NUDGES)));
    }

    /// Whether every buffer has media at this position.
    pub(super) fn all_hold(&self, at: MediaTime) -> bool {
        self.lanes.iter().all(|lane| holds(lane, at))
    }

    /// Whether a buffer has no media here, or none after it.
    pub(super) fn has_run_out(&self, at: MediaTime) -> bool {
        self.lanes.iter().any(|lane| runs_out(lane, at))
    }

    /// Whether a buffer has no media here although more is to come.
    fn has_run_dry(&self, at: MediaTime) -> bool {
        let is_dry = |lane: &Lane| lane.buffer.reported().around(at, SLACK).is_none();
        self.lanes.iter().any(|lane| is_dry(lane) && !self.is_complete(lane))
    }

    /// Where playback can go on behind a hole, if nothing will fill it.
    fn past_the_hole(&self, at: MediaTime) -> Option<MediaTime> {
        let starts = self.lanes.iter().flat_map(|lane| lane.buffer.reported().iter().map(|range| range.start()));
        let target = starts.filter(|&start| start > at && self.all_hold(start)).min()?;
        let will_be_filled = |lane: &Lane| {
            lane.busy.is_some()
                || !lane.queue.is_empty()
                || lane
                    .stream
                    .and_then(|stream| self.timeline(stream))
                    .is_none_or(|timeline| next_segment(timeline, &lane.buffer.covered(), at, target).is_some())
        };
        let open = self.lanes.iter().filter(|lane| runs_out(lane, at)).any(will_be_filled);
        // A hole of a frame or two counts as none when segments are chosen: nothing will fill it.
        (!open || target.since(at) <= SLACK).then(|| target + INSIDE)
    }

    fn is_at_end(&self) -> bool {
        self.level() < ENOUGH && self.lanes.iter().all(|lane| self.is_complete(lane))
    }

    fn stall_cause(&self) -> StallCause {
        if self.level() >= ENOUGH {
            return StallCause::Decoder;
        }
        let mut health = self.lanes.iter().filter_map(|lane| self.health.get(&lane.stream?));
        if health.clone().any(|health| health.asked_to_wait && health.waits(self.now)) {
            return StallCause::SlowServer;
        }
        if health.any(|health| health.failures > 0) {
            return StallCause::Offline;
        }
        if self.lanes.iter().any(|lane| self.waits_for_news(lane)) {
            return StallCause::NothingNew;
        }
        let waits_for_server = self.loads.values().any(|load| {
            let unanswered = load.first_byte.is_none() && self.now.since(load.begun) >= SLOW_ANSWER;
            matches!(load.purpose, Purpose::Segment(..)) && (unanswered || load.making >= SLOW_ANSWER)
        });
        if waits_for_server { StallCause::SlowServer } else { StallCause::SlowLink }
    }

    /// Whether all that this lane's live playlist names is here.
    fn waits_for_news(&self, lane: &Lane) -> bool {
        let Some(timeline) = lane.stream.and_then(|stream| self.timeline(stream)) else { return false };
        let forever = MediaTime::from_micros(i64::MAX);
        !timeline.ended && next_segment(timeline, &lane.covered(), self.position(), forever).is_none()
    }

    /// When [`watch`](Self::watch) has something to decide.
    pub(super) fn watch_times(&self) -> Vec<Now> {
        let since = self.motion.still_since;
        let nudge = self.motion.ready_since.map(|since| since + NUDGE_AFTER * (self.motion.nudges + 1));
        let arrival = self.motion.sent_to.map(|(_, when)| when + ARRIVAL);
        let after = |wait| since.map(|since| since + wait);
        [after(HOLE_AFTER), after(STALL_AFTER), nudge, arrival].into_iter().flatten().collect()
    }
}

fn runs_out(lane: &Lane, at: MediaTime) -> bool {
    let held = lane.buffer.reported().around(at, MediaDuration::ZERO);
    held.is_none_or(|held| held.end().since(at) < EDGE)
}

fn holds(lane: &Lane, at: MediaTime) -> bool {
    lane.buffer.reported().around(at, MediaDuration::ZERO).is_some()
}
