//! What has been appended to one track, as a browser's SourceBuffer keeps it: segments of access units that replace
//! each other where they overlap, and an order in which to hand units to a decoder.
//!
//! Pure. Times are nanoseconds of the presentation timeline, because decoders count in them.

use std::collections::BTreeMap;
use std::sync::Arc;

use bytes::Bytes;
use media_container::{Sample, TrackConfig};
use media_model::{MediaTime, Ranges, TimeRange};

/// Units that end this close to a time end at it: half of the shortest frame there is.
const CLOSE: i64 = 2_000_000;
/// A gap shorter than this is played over: two frames at the lowest usual rate.
const JOINED: i64 = 100_000_000;
/// Most bytes that a track keeps; the core evicts long before.
const MOST_BYTES: usize = 256 << 20;

/// One access unit.
#[derive(Clone, Debug)]
pub(crate) struct Unit {
    pub(crate) pts: i64,
    pub(crate) end: i64,
    pub(crate) sync: bool,
    pub(crate) data: Bytes,
}

/// Units that belong together, in decode order.
#[derive(Clone, Debug)]
struct Segment {
    id: u64,
    end: i64,
    config: Arc<TrackConfig>,
    units: Vec<Unit>,
}

impl Segment {
    /// Whether it is this one, with all of its units.
    fn is(&self, (id, units): (u64, usize)) -> bool {
        self.id == id && self.units.len() == units
    }
}

/// Where a reader of the store is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Cursor {
    segment: Option<u64>,
    index: usize,
    /// Nothing before this is to be shown: the target of a seek, or where the segment before ended.
    from: i64,
    /// Everything up to here has been handed out.
    until: i64,
}

impl Cursor {
    /// Starts at a time.
    pub(crate) fn at(time: i64) -> Self {
        Self { segment: None, index: 0, from: time, until: time }
    }

    /// Everything up to here has been handed out.
    pub(crate) fn until(&self) -> i64 {
        self.until
    }
}

/// The next unit for the decoder.
#[derive(Clone, Debug)]
pub(crate) struct Next {
    pub(crate) unit: Unit,
    pub(crate) config: Arc<TrackConfig>,
    /// Needed by others, not to be shown.
    pub(crate) hidden: bool,
}

/// The store is full.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Full;

/// See the module.
#[derive(Clone, Debug, Default)]
pub(crate) struct Store {
    /// By the presentation time they start at.
    segments: BTreeMap<i64, Segment>,
    next_id: u64,
    /// The segment that was appended last, and how many units it had then.
    newest: Option<(u64, usize)>,
}

impl Store {
    /// Adds the samples of a segment, in decode order, moved by `offset_us`, and removes what they replace. `continues` if
    /// they go on where those that were added last have stopped.
    pub(crate) fn append(
        &mut self,
        config: &Arc<TrackConfig>,
        samples: Vec<Sample>,
        offset_us: i64,
        continues: bool,
    ) -> Result<(), Full> {
        let bytes: usize = samples.iter().map(|sample| sample.data.len()).sum();
        if self.bytes().saturating_add(bytes) > MOST_BYTES {
            return Err(Full);
        }
        let time = |ticks: i64| nanos(ticks, config.timescale).saturating_add(offset_us.saturating_mul(1_000));
        let units = samples.into_iter().map(|sample| Unit {
            pts: time(sample.pts),
            end: time(sample.pts.saturating_add(i64::from(sample.duration))),
            sync: sample.sync,
            data: sample.data,
        });
        if !continues {
            self.newest = None;
        }
        let begun = self.newest.filter(|newest| self.segments.values().any(|known| known.is(*newest)));
        // Without what it goes on from, it can be decoded from a key frame on.
        let units: Vec<Unit> = units.skip_while(|unit| begun.is_none() && !unit.sync).collect();
        if let Some((start, end)) = span(&units) {
            let begun = begun.and_then(|newest| self.take(newest));
            self.remove(start, end);
            self.insert(begun, units, config);
        }
        Ok(())
    }

    /// Takes a segment out if it is as it was.
    fn take(&mut self, newest: (u64, usize)) -> Option<Segment> {
        let start = *self.segments.iter().find(|(_, known)| known.is(newest))?.0;
        self.segments.remove(&start)
    }

    /// Puts units behind what has begun, or a segment of their own where there is nothing any more.
    fn insert(&mut self, begun: Option<Segment>, units: Vec<Unit>, config: &Arc<TrackConfig>) {
        let mut segment = begun.unwrap_or_else(|| {
            self.next_id += 1;
            Segment { id: self.next_id - 1, end: i64::MIN, config: Arc::clone(config), units: Vec::new() }
        });
        segment.units.extend(units);
        if let Some((start, end)) = span(&segment.units) {
            segment.end = end;
            self.newest = Some((segment.id, segment.units.len()));
            self.segments.insert(start, segment);
        }
    }

    /// Removes a stretch, and units behind it that cannot be decoded without it.
    pub(crate) fn remove(&mut self, from: i64, to: i64) {
        let touched: Vec<i64> = self
            .segments
            .range(..to)
            .filter(|(_, segment)| segment.end > from.saturating_add(CLOSE))
            .map(|(&start, _)| start)
            .collect();
        for start in touched {
            let Some(segment) = self.segments.remove(&start) else { continue };
            let before: Vec<Unit> = segment.units.iter().filter(|unit| unit.pts < from - CLOSE).cloned().collect();
            let behind: Vec<Unit> =
                segment.units.into_iter().skip_while(|unit| !(unit.sync && unit.pts >= to - CLOSE)).collect();
            // What stays in front keeps its name: a reader in the middle of it goes on.
            for (part, id) in [(before, Some(segment.id)), (behind, None)] {
                if let Some((start, end)) = span(&part) {
                    let id = id.unwrap_or_else(|| {
                        self.next_id += 1;
                        self.next_id - 1
                    });
                    let config = Arc::clone(&segment.config);
                    self.segments.insert(start, Segment { id, end, config, units: part });
                }
            }
        }
    }

    /// What is there.
    pub(crate) fn ranges(&self) -> Ranges {
        let mut joined: Vec<(i64, i64)> = Vec::new();
        for (&start, segment) in &self.segments {
            match joined.last_mut() {
                Some((_, end)) if start <= *end + JOINED => *end = segment.end.max(*end),
                _ => joined.push((start, segment.end)),
            }
        }
        Ranges::new(joined.into_iter().filter_map(|(start, end)| TimeRange::new(micros(start), micros(end))).collect())
    }

    /// Where the data around `time` ends; `None` if there is none.
    pub(crate) fn end_around(&self, time: i64) -> Option<i64> {
        let mut end: Option<i64> = None;
        for (&start, segment) in &self.segments {
            match end {
                None if start <= time + JOINED && segment.end > time => end = Some(segment.end),
                Some(known) if start <= known + JOINED => end = Some(segment.end.max(known)),
                Some(_) | None => {}
            }
        }
        end
    }

    /// The next unit for the decoder, without moving on. `None` where data is missing or over.
    pub(crate) fn peek(&self, cursor: &Cursor) -> Option<Next> {
        self.advance(cursor).map(|(next, _)| next)
    }

    /// The next unit for the decoder.
    pub(crate) fn next(&self, cursor: &mut Cursor) -> Option<Next> {
        let (next, moved) = self.advance(cursor)?;
        *cursor = moved;
        Some(next)
    }

    /// Whether everything that is there has been handed out.
    pub(crate) fn is_over(&self, cursor: &Cursor) -> bool {
        self.segments.values().all(|segment| segment.end <= cursor.until + CLOSE)
    }

    fn advance(&self, cursor: &Cursor) -> Option<(Next, Cursor)> {
        let mut at = *cursor;
        // A segment brings at least one unit or ends the search, so this ends.
        for _ in 0..=self.segments.len() {
            let current = at.segment.and_then(|id| self.segments.values().find(|segment| segment.id == id));
            if let Some(segment) = current {
                // Sound decodes anywhere: what was handed out already is left out. Of pictures it may be needed.
                let is_video = segment.config.codec.is_video();
                let wanted = |unit: &&Unit| is_video || unit.end > at.from + CLOSE;
                let found = segment.units.iter().enumerate().skip(at.index).find(|(_, unit)| wanted(unit));
                if let Some((index, unit)) = found {
                    let hidden = unit.pts + (unit.end - unit.pts) / 2 < at.from;
                    let next = Next { unit: unit.clone(), config: Arc::clone(&segment.config), hidden };
                    return Some((next, Cursor { index: index + 1, until: at.until.max(unit.end), ..at }));
                }
            }
            let (_, segment) = self
                .segments
                .range(..=at.until.saturating_add(JOINED))
                .find(|(_, segment)| segment.end > at.until + CLOSE && Some(segment.id) != at.segment)?;
            let start = segment.units.iter().rposition(|unit| unit.sync && unit.pts <= at.until + CLOSE).unwrap_or(0);
            at = Cursor { segment: Some(segment.id), index: start, from: at.until, until: at.until };
        }
        None
    }

    fn bytes(&self) -> usize {
        self.segments.values().flat_map(|segment| &segment.units).map(|unit| unit.data.len()).sum()
    }
}

fn span(units: &[Unit]) -> Option<(i64, i64)> {
    let start = units.iter().map(|unit| unit.pts).min()?;
    let end = units.iter().map(|unit| unit.end).max()?;
    Some((start, end))
}

/// Nanoseconds of an absolute tick count.
fn nanos(ticks: i64, timescale: u32) -> i64 {
    let scaled = i128::from(ticks) * 1_000_000_000 / i128::from(timescale.max(1));
    i64::try_from(scaled).unwrap_or(if ticks < 0 { i64::MIN / 4 } else { i64::MAX / 4 })
}

fn micros(nanos: i64) -> MediaTime {
    MediaTime::from_micros(nanos.div_euclid(1_000))
}

#[cfg(test)]
mod tests;
