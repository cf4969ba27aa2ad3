//! Where the media of a segment go: its own timestamps against the timeline that the playlist lays out.
//!
//! The timestamps of a period (RFC 8216 calls what parts them a discontinuity) are moved by one offset, the same for all
//! tracks, so that they stay together; the first segment of it that is appended tells which. Every segment is asked when it
//! begins: not every server says where its clock leaps. A live playlist only says where its segments are relative to each
//! other, in rounded durations, and says it anew for each variant; so there the timeline is moved to where its media really
//! are.

use std::collections::BTreeMap;

use media_model::{ByteCount, MediaDuration, MediaTime};

use super::lane::{Start, Wanted};
use super::{Init, Load, Player, Purpose};
use crate::load::SLACK;
use crate::message::{Output, RequestId};

/// Timestamps this far from where the playlist puts a segment are on another clock, and are moved. Nearer, the playlist's
/// durations are taken to be rounded. What is live has no zero of its own: there they are always moved.
const OTHER_CLOCK: MediaDuration = MediaDuration::from_secs(2);
/// Timestamps that leap this far within a period are on another clock from there on, which the playlist does not say.
const LEAP: MediaDuration = MediaDuration::from_secs(10);
/// So many clocks are remembered; a live stream with advertisements has them without end.
const CLOCKS: usize = 64;

/// By how much timestamps are moved, µs: by period, and where in it that begins.
#[derive(Clone, Debug, Default)]
pub(super) struct Clocks(BTreeMap<(u64, MediaTime), i64>);

impl Clocks {
    /// For what is here in this period.
    pub(super) fn offset(&self, period: u64, at: MediaTime) -> Option<i64> {
        self.0.range((period, BEGINNING)..=(period, at)).next_back().map(|(_, offset)| *offset)
    }

    fn learn(&mut self, period: u64, from: MediaTime, offset: i64) {
        self.0.insert((period, from), offset);
        if self.0.len() > CLOCKS {
            // What is farthest from here is needed last.
            let apart = |entry: Option<(&(u64, MediaTime), &i64)>| {
                entry.map(|((other, at), _)| (other.abs_diff(period), at.since(from).max(from.since(*at))))
            };
            let is_late = apart(self.0.last_key_value()) > apart(self.0.first_key_value());
            let _ = if is_late { self.0.pop_last() } else { self.0.pop_first() };
        }
    }
}

/// Before all of a period, wherever it was joined.
const BEGINNING: MediaTime = MediaTime::from_micros(i64::MIN);

/// What can be done with a segment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Placing {
    /// Its timestamps are to be moved by so much, µs.
    At(i64),
    /// The driver is to be asked first when it begins.
    Asks {
        /// Its init section.
        init: RequestId,
    },
    /// The driver's answer, or more of it, is awaited.
    Waits,
}

impl Player {
    /// Where a segment goes of which so much is known, with so many bytes there.
    pub(super) fn placing(&self, wanted: &Wanted, start: Start, bytes: ByteCount) -> Placing {
        let Some(Init::Loaded(init)) = wanted.init.as_ref().and_then(|key| self.inits.get(key)) else {
            return Placing::At(self.known_offset(wanted));
        };
        match start {
            Start::Settled { offset_us } => Placing::At(offset_us),
            Start::Asked(before) if before >= bytes => Placing::Waits,
            Start::Asked(_) | Start::Unknown => Placing::Asks { init: *init },
        }
    }

    /// What a segment that says nothing of its timestamps is moved by, µs.
    fn known_offset(&self, wanted: &Wanted) -> i64 {
        self.clocks.offset(wanted.period, wanted.span.start()).unwrap_or(0)
    }

    /// Asks the driver; `bytes` of the segment are there.
    pub(super) fn ask_start(&mut self, id: RequestId, init: RequestId, bytes: ByteCount) {
        if let Some((_, start)) = self.segment_mut(id) {
            *start = Start::Asked(bytes);
            self.out.push(Output::AskStart { id, init });
        }
    }

    /// The driver has read when the media of a segment begin.
    pub(super) fn start_told(&mut self, id: RequestId, at: Option<MediaTime>) {
        let under_way = self.loads.contains_key(&id);
        let Some((wanted, _)) = self.segment_mut(id) else { return };
        let wanted = wanted.clone();
        let offset_us = match at {
            Some(at) => self.settle(&wanted, at),
            // Of one that is under way more may be told when more of it is there.
            None if under_way => return,
            None => self.known_offset(&wanted),
        };
        if let Some((_, start)) = self.segment_mut(id) {
            *start = Start::Settled { offset_us };
        }
    }

    /// A segment that is on its way or waits to be appended.
    fn segment_mut(&mut self, id: RequestId) -> Option<(&mut Wanted, &mut Start)> {
        if let Some(Load { purpose: Purpose::Segment(_, wanted), start, .. }) = self.loads.get_mut(&id) {
            return Some((wanted, start));
        }
        let item = self.lanes.iter_mut().find_map(|lane| lane.queue.iter_mut().find(|item| item.id == id))?;
        Some((&mut item.wanted, &mut item.start))
    }

    /// Finds how the timestamps of this segment are moved, µs, and moves the timeline of a live stream to where the
    /// segment's media are.
    fn settle(&mut self, wanted: &Wanted, media_start: MediaTime) -> i64 {
        let live = self.is_live(wanted);
        let apart = wanted.span.start().as_micros().saturating_sub(media_start.as_micros());
        let found = if !live && apart.unsigned_abs() <= OTHER_CLOCK.as_micros() { 0 } else { apart };
        let (period, from) = (wanted.period, wanted.span.start());
        let offset = match self.clocks.offset(period, from) {
            Some(offset) => offset,
            None => {
                self.clocks.learn(period, BEGINNING, found);
                found
            }
        };
        let late = offset.saturating_sub(apart);
        if late.unsigned_abs() > LEAP.as_micros() && !self.may_be_misplaced(wanted, late) {
            self.clocks.learn(period, from, apart);
            return apart;
        }
        let Some(presentation) = self.presentation.as_mut().filter(|_| live) else { return offset };
        let late = if late.unsigned_abs() > SLACK.as_micros() { late } else { 0 };
        presentation.align(wanted.stream, late);
        // With it moves what was asked for by the timeline as it was.
        let loads = self.loads.values_mut().filter_map(|load| match &mut load.purpose {
            Purpose::Segment(_, asked) => Some(asked),
            Purpose::Root
            | Purpose::Renewal
            | Purpose::Playlist(_)
            | Purpose::Init(..)
            | Purpose::Text(_)
            | Purpose::Probe => None,
        });
        let queued = self.lanes.iter_mut().flat_map(|lane| &mut lane.queue).map(|item| &mut item.wanted);
        for asked in loads.chain(queued).filter(|asked| asked.stream == wanted.stream) {
            asked.span = asked.span.moved(late);
        }
        offset
    }

    /// Whether the playlist, and not the clock, is wrong by so much, µs. Numbers of segments mean nothing from one variant to
    /// the next (RFC 8216 §6.2.4), so the first segment of a live stream that was not placed yet may lie anywhere; but all of
    /// them list the present.
    fn may_be_misplaced(&self, wanted: &Wanted, late: i64) -> bool {
        let presentation = self.presentation.as_ref().filter(|_| self.is_live(wanted));
        let unplaced = presentation.filter(|one| !one.is_aligned(wanted.stream));
        unplaced.is_some_and(|one| one.would_list_the_present(wanted.stream, late, self.now))
    }

    fn is_live(&self, wanted: &Wanted) -> bool {
        self.timeline(wanted.stream).is_some_and(|timeline| !timeline.ended)
    }
}

#[cfg(test)]
mod tests;
