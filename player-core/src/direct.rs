//! The stall rule of direct play: a file in `<video src>` is watched, and left for the adaptive source at the same
//! position when the link cannot carry it.
//!
//! Pure, and apart from the [`Player`](crate::Player), which does not run meanwhile. The driver calls
//! [`DirectWatch::observe`] about four times a second and at every event of the media element.

use std::time::Duration;

use media_model::{MediaDuration, MediaTime};

use crate::clock::Now;

/// The first frame, and the one after a seek, must come within this: an adaptive start takes about one second.
const FIRST_FRAME: Duration = Duration::from_secs(4);
/// Standing still this long once is too much, ...
const LONG_STALL: Duration = Duration::from_secs(2);
/// ... this long counts as a stall, ...
const STALL: Duration = Duration::from_millis(300);
/// ... and two of them within this time are too many.
const STALL_MEMORY: Duration = Duration::from_secs(60);
/// Below this level a shrinking buffer is acted upon: above it browsers rest from loading as they like.
const LOW_LEVEL: MediaDuration = MediaDuration::from_secs(8);
/// The level is compared with that of this long before.
const TREND: Duration = Duration::from_secs(4);
/// It shrinks if it lost this much meanwhile: a link that carries less than 60 % of the file.
const LOSS: MediaDuration = MediaDuration::from_millis(1_600);

/// What the media element shows at one moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Observation {
    /// The playhead.
    pub at: MediaTime,
    /// Media buffered ahead of the playhead.
    pub ahead: MediaDuration,
    /// Frames are moving.
    pub moving: bool,
    /// The viewer paused, or the browser has not allowed to begin.
    pub paused: bool,
    /// A seek is under way.
    pub seeking: bool,
    /// The file is buffered to its end, or played to its end.
    pub complete: bool,
}

/// Why the file is left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LeaveReason {
    /// No frame came in time, at the start or after a seek.
    NoFrame,
    /// Playback stood still for too long or too often.
    Stalls,
    /// The buffer shrinks and would run dry.
    Draining,
}

/// What to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Advice {
    /// Go on with the file.
    Stay,
    /// Open the adaptive source at `at`.
    Leave {
        /// The position to go on at.
        at: MediaTime,
        /// For the log and the statistics.
        why: LeaveReason,
    },
}

/// Watches one file.
#[derive(Clone, Debug)]
pub struct DirectWatch {
    /// Since when a first frame is waited for, at the start or after a seek.
    waiting_since: Option<Now>,
    /// Since when nothing moves in the middle of playback.
    still_since: Option<Now>,
    last_stall: Option<Now>,
    /// A level while playing, and when that was.
    trend: Option<(Now, MediaDuration)>,
}

impl DirectWatch {
    /// Begins to watch a file that was opened at `now`.
    pub fn new(now: Now) -> Self {
        Self { waiting_since: Some(now), still_since: None, last_stall: None, trend: None }
    }

    /// Takes what the media element shows, and says what to do.
    pub fn observe(&mut self, now: Now, seen: Observation) -> Advice {
        match self.judge(now, seen) {
            Some(why) if !seen.complete => Advice::Leave { at: seen.at, why },
            Some(_) | None => Advice::Stay,
        }
    }

    fn judge(&mut self, now: Now, seen: Observation) -> Option<LeaveReason> {
        if seen.moving {
            self.waiting_since = None;
            let stalled = self.still_since.take().is_some_and(|since| now.since(since) >= STALL);
            if stalled && self.last_stall.replace(now).is_some_and(|before| now.since(before) < STALL_MEMORY) {
                return Some(LeaveReason::Stalls);
            }
            return self.is_draining(now, seen.ahead).then_some(LeaveReason::Draining);
        }
        self.trend = None;
        if seen.paused {
            // Time in which nothing is meant to move is no waiting time.
            self.still_since = None;
            self.waiting_since = self.waiting_since.map(|_| now);
            return None;
        }
        if seen.seeking && self.waiting_since.is_none() {
            self.waiting_since = Some(now);
            self.still_since = None;
        }
        if let Some(since) = self.waiting_since {
            return (now.since(since) >= FIRST_FRAME).then_some(LeaveReason::NoFrame);
        }
        let since = *self.still_since.get_or_insert(now);
        (now.since(since) >= LONG_STALL).then_some(LeaveReason::Stalls)
    }

    fn is_draining(&mut self, now: Now, ahead: MediaDuration) -> bool {
        let (since, before) = *self.trend.get_or_insert((now, ahead));
        if now.since(since) < TREND {
            return false;
        }
        self.trend = Some((now, ahead));
        ahead < LOW_LEVEL && ahead + LOSS <= before
    }
}

#[cfg(test)]
mod tests;
