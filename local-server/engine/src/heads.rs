//! Pure: which head encodes what, and which request has to wait. Knows no processes: it is told what happens and says
//! what to do. Times are counted from any fixed moment.
//!
//! A head makes the segments of one stream forward from where it started. It runs a few segments ahead of the last
//! request, waits there, and is stopped when nobody asks any more. While somebody waits for a newer head of the same
//! film, the older ones that nobody waits for rest: whoever has just sought, or chosen another quality, gets the processor.
//! When all places are taken, the newest request gets the place of the head that was left alone the longest; if somebody waits for each of them, it has
//! to come again.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::source::SourceKey;
use crate::stream_name::StreamName;

/// A request this many segments after the one being made waits for that head; beyond, another head is faster: to start one
/// costs less than to make a segment of a large picture.
const REACH: u32 = 1;

/// How many segments are made beyond the last one asked for.
const AHEAD: u32 = 3;

/// How long a head may go without a request.
const IDLE: Duration = Duration::from_secs(10);

/// When somebody who found all places taken should come again: about as long as a segment takes.
const RETRY_AFTER: Duration = Duration::from_secs(2);

/// Audio heads for each video head: they take a few percent of the work.
const AUDIO_SHARE: usize = 2;

/// What one head encodes: a stream of a source.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Lane {
    pub(crate) source: SourceKey,
    pub(crate) stream: StreamName,
}

impl Lane {
    fn is_audio(&self) -> bool {
        match self.stream {
            StreamName::Audio(_) | StreamName::AudioAac(_) => true,
            StreamName::Original | StreamName::Rung(_) => false,
        }
    }
}

/// Names a head; never used twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct HeadId(u64);

/// What becomes of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// A running head makes it.
    Wait,
    /// A new head must be started at this segment, after another one was stopped to make place.
    Start {
        /// The new head.
        head: HeadId,
        /// The one that gives way.
        stop: Option<HeadId>,
    },
    /// Nobody makes it.
    Busy {
        /// When to ask again.
        retry_after: Duration,
    },
}

/// Whether a head goes on after a segment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Next {
    /// It makes the next one, as far as [`Heads::limit`] lets it.
    GoOn,
    /// It has met segments that are there already, or has nothing left to do.
    Stop,
}

/// All heads and all who wait.
#[derive(Debug)]
pub(crate) struct Heads {
    places: usize,
    heads: BTreeMap<HeadId, Head>,
    waiting: BTreeMap<(Lane, u32), usize>,
    started: u64,
}

#[derive(Debug)]
struct Head {
    lane: Lane,
    /// The segment being made.
    next: u32,
    /// The last segment asked for.
    wanted: u32,
    asked: Duration,
}

impl Heads {
    /// At most `places` video heads, at least one.
    pub(crate) fn new(places: usize) -> Self {
        Self { places: places.max(1), heads: BTreeMap::new(), waiting: BTreeMap::new(), started: 0 }
    }

    /// Somebody waits for a segment that is not there. Unless the answer is [`Verdict::Busy`], it counts as waiting until
    /// [`Heads::leave`].
    pub(crate) fn ask(&mut self, now: Duration, lane: &Lane, number: u32) -> Verdict {
        let verdict = self.again(now, lane, number);
        if !matches!(verdict, Verdict::Busy { .. }) {
            *self.waiting.entry((lane.clone(), number)).or_default() += 1;
        }
        verdict
    }

    /// The same for somebody who waits already and whose head has ended.
    pub(crate) fn again(&mut self, now: Duration, lane: &Lane, number: u32) -> Verdict {
        let serves =
            |head: &Head| head.lane == *lane && (head.next..=head.next.saturating_add(REACH)).contains(&number);
        let serving = self.heads.values_mut().filter(|head| serves(head)).max_by_key(|head| head.next);
        if let Some(head) = serving {
            head.asked = now;
            head.wanted = head.wanted.max(number);
            return Verdict::Wait;
        }
        match self.place(lane) {
            Ok(stop) => {
                if let Some(stop) = stop {
                    self.heads.remove(&stop);
                }
                self.started += 1;
                let head = HeadId(self.started);
                self.heads.insert(head, Head { lane: lane.clone(), next: number, wanted: number, asked: now });
                Verdict::Start { head, stop }
            }
            Err(retry_after) => Verdict::Busy { retry_after },
        }
    }

    /// Somebody got a segment that was there: a head near it keeps going.
    pub(crate) fn heard(&mut self, now: Duration, lane: &Lane, number: u32) {
        let near = |head: &Head| {
            head.lane == *lane && (number.saturating_sub(REACH)..=number.saturating_add(AHEAD + 1)).contains(&head.next)
        };
        for head in self.heads.values_mut().filter(|head| near(head)) {
            head.asked = now;
            head.wanted = head.wanted.max(number);
        }
    }

    /// Somebody who waited went away.
    pub(crate) fn leave(&mut self, lane: &Lane, number: u32) {
        let key = (lane.clone(), number);
        if let Some(count) = self.waiting.get_mut(&key) {
            *count = count.saturating_sub(1);
            if *count == 0 {
                self.waiting.remove(&key);
            }
        }
    }

    /// A head has made a segment, and whether the one after it is there already.
    pub(crate) fn made(&mut self, head: HeadId, number: u32, next_is_there: bool) -> Next {
        let Some(state) = self.heads.get_mut(&head) else { return Next::Stop };
        state.next = number.saturating_add(1);
        if next_is_there && !self.is_awaited(head) { Next::Stop } else { Next::GoOn }
    }

    /// The segment before which a head has to stand still for now: the one it is making if it has to rest. `None` once it
    /// was told to stop.
    pub(crate) fn limit(&self, head: HeadId) -> Option<u32> {
        let state = self.heads.get(&head)?;
        let is_alike = |lane: &Lane| lane.source == state.lane.source && lane.is_audio() == state.lane.is_audio();
        let is_newer =
            |(&other, newer): (&HeadId, &Head)| other > head && is_alike(&newer.lane) && self.is_awaited(other);
        let rests = !self.is_awaited(head) && self.heads.iter().any(is_newer);
        Some(if rests { state.next } else { state.wanted.saturating_add(AHEAD + 1) })
    }

    /// Whether a head should stop because nobody waits and nobody asked for a while.
    pub(crate) fn is_idle(&self, now: Duration, head: HeadId) -> bool {
        let left_alone = |state: &Head| now.saturating_sub(state.asked) >= IDLE;
        self.heads.get(&head).is_none_or(left_alone) && !self.is_awaited(head)
    }

    /// A head has ended. The segments that somebody waits for and that it would have made, lowest first.
    pub(crate) fn gone(&mut self, head: HeadId) -> Vec<u32> {
        let awaited = self.awaited(head).collect();
        self.heads.remove(&head);
        awaited
    }

    /// A place for a new head, and who has to give way for it.
    fn place(&self, lane: &Lane) -> Result<Option<HeadId>, Duration> {
        let audio = lane.is_audio();
        let places = if audio { self.places * AUDIO_SHARE } else { self.places };
        let alike = || self.heads.iter().filter(|(_, head)| head.lane.is_audio() == audio);
        if alike().count() < places {
            return Ok(None);
        }
        let free = alike().filter(|(id, _)| !self.is_awaited(**id));
        free.min_by_key(|(_, head)| head.asked).map(|(id, _)| Some(*id)).ok_or(RETRY_AFTER)
    }

    fn is_awaited(&self, head: HeadId) -> bool {
        self.awaited(head).next().is_some()
    }

    fn awaited(&self, head: HeadId) -> impl Iterator<Item = u32> + '_ {
        self.heads.get(&head).into_iter().flat_map(|state| {
            let last = state.next.saturating_add(REACH);
            let range = (state.lane.clone(), state.next)..=(state.lane.clone(), last);
            self.waiting.range(range).map(|((_, number), _)| *number)
        })
    }
}

#[cfg(test)]
mod tests;
