//! What one buffer of the driver holds: what the driver reports, and what we know we put there.
//!
//! Both are needed. The report is the truth but comes late and says nothing of variants; our records say which segment
//! was appended, so that one that left a hole is not loaded again and again. Must not know loads or playlists.

use media_model::{ByteCount, MediaDuration, MediaTime, Ranges, TimeRange};

use crate::load::covered_until;
use crate::message::VariantId;

/// Segments remembered per buffer; more than any buffer holds.
const MAX_RECORDS: usize = 4_096;

/// As much as this is loaded behind what was appended in vain.
const MOST_BARREN: MediaDuration = MediaDuration::from_secs(30);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Standing {
    /// Appended since the last report.
    Fresh,
    /// Seen in a report.
    Seen,
    /// Appended, but the report shows little of it: the media is not what the playlist promised.
    Barren,
    /// Nobody has it.
    Missing,
}

#[derive(Clone, Copy, Debug)]
struct Record {
    span: TimeRange,
    variant: Option<VariantId>,
    size: ByteCount,
    standing: Standing,
}

impl Record {
    /// What is left when `span` is laid over it. What follows `span` may have lost the keyframe it needs: it is only there
    /// if the next report says so.
    fn without(self, span: TimeRange) -> impl Iterator<Item = Self> {
        let (start, end) = (self.span.start(), self.span.end());
        let is_touched = start < span.end() && span.start() < end;
        let part = move |start, end, standing| {
            let left = TimeRange::new(start, end).filter(|left| left.length() > MediaDuration::ZERO)?;
            let share = u128::from(self.size.get()) * u128::from(left.length().as_micros());
            let size = share / u128::from(self.span.length().as_micros().max(1));
            let size = ByteCount::new(u64::try_from(size).unwrap_or(u64::MAX));
            Some(Self { span: left, size, standing, ..self })
        };
        let after = match self.standing {
            Standing::Fresh | Standing::Seen => Standing::Seen,
            holes @ (Standing::Barren | Standing::Missing) => holes,
        };
        let parts = if is_touched {
            [part(start, end.min(span.start()), self.standing), part(start.max(span.end()), end, after)]
        } else {
            [Some(self), None]
        };
        parts.into_iter().flatten()
    }
}

/// One buffer.
#[derive(Clone, Debug, Default)]
pub(crate) struct Buffer {
    reported: Ranges,
    /// In the order of appending; spans do not overlap: the later append is what plays.
    records: Vec<Record>,
}

impl Buffer {
    /// The driver says what is there.
    pub(crate) fn report(&mut self, reported: Ranges) {
        self.reported = reported;
        for record in &mut self.records {
            let missing = record.span.length().saturating_sub(overlap(&self.reported, record.span));
            let mostly_there = missing.as_micros() <= record.span.length().as_micros() / 2;
            record.standing = match (record.standing, mostly_there) {
                (_, true) => Standing::Seen,
                (Standing::Fresh | Standing::Barren, false) => Standing::Barren,
                (Standing::Seen | Standing::Missing, false) => continue,
            };
        }
        // What was there and is no more, the browser threw away to save memory: it may be loaded again.
        let reported = &self.reported;
        self.records.retain(|record| {
            record.standing != Standing::Seen
                || overlap(reported, record.span).as_micros() >= record.span.length().as_micros() / 2
        });
    }

    /// A segment was taken by the buffer. Returns the bytes of what it was laid over.
    pub(crate) fn appended(&mut self, span: TimeRange, variant: Option<VariantId>, size: ByteCount) -> ByteCount {
        let sum = |records: &[Record]| records.iter().fold(0u64, |sum, record| sum.saturating_add(record.size.get()));
        let before = sum(&self.records);
        self.records = std::mem::take(&mut self.records).into_iter().flat_map(|record| record.without(span)).collect();
        let replaced = ByteCount::new(before.saturating_sub(sum(&self.records)));
        if self.records.len() >= MAX_RECORDS {
            self.records.remove(0);
        }
        self.records.push(Record { span, variant, size, standing: Standing::Fresh });
        replaced
    }

    /// This stretch cannot be had: it counts as covered, and leaves a hole.
    pub(crate) fn goes_without(&mut self, span: TimeRange) {
        self.records = std::mem::take(&mut self.records).into_iter().flat_map(|record| record.without(span)).collect();
        self.records.push(Record { span, variant: None, size: ByteCount::default(), standing: Standing::Missing });
    }

    /// The same without media: what nobody has is known still.
    pub(crate) fn emptied(&self) -> Self {
        let holes = self.records.iter().filter(|record| record.standing == Standing::Missing).copied();
        Self { reported: Ranges::default(), records: holes.collect() }
    }

    /// A stretch was removed.
    pub(crate) fn removed(&mut self, range: TimeRange) {
        self.records.retain(|record| record.span.start() < range.start() || record.span.end() > range.end());
        for record in &mut self.records {
            // Cut off what was removed at one side; a stretch out of the middle of a segment is not removed by us.
            let (start, end) = (record.span.start(), record.span.end());
            if range.contains(start) && range.end() < end {
                record.span = TimeRange::new(range.end(), end).unwrap_or(record.span);
            } else if start < range.start() && range.start() < end && range.end() >= end {
                record.span = TimeRange::new(start, range.start()).unwrap_or(record.span);
            }
        }
        let cut = |held: TimeRange| {
            [
                TimeRange::new(held.start(), held.end().min(range.start())),
                TimeRange::new(held.start().max(range.end()), held.end()),
            ]
        };
        self.reported = Ranges::new(
            self.reported.iter().flat_map(cut).flatten().filter(|range| range.start() < range.end()).collect(),
        );
    }

    /// Whether a segment was ever taken as a whole and is still there.
    pub(crate) fn has_segments(&self) -> bool {
        !self.records.is_empty()
    }

    /// Gives segments that left a hole another chance.
    pub(crate) fn forgive(&mut self) {
        self.records.retain(|record| !matches!(record.standing, Standing::Barren | Standing::Missing));
    }

    /// What need not be loaded.
    pub(crate) fn covered(&self) -> Ranges {
        let records = self.records.iter().map(|record| record.span);
        Ranges::new(self.reported.iter().chain(records).collect())
    }

    /// What the driver reported last.
    pub(crate) fn reported(&self) -> &Ranges {
        &self.reported
    }

    /// Media ahead of `at` without a hole.
    pub(crate) fn level(&self, at: MediaTime) -> MediaDuration {
        let fresh = self.records.iter().filter(|record| record.standing == Standing::Fresh).map(|record| record.span);
        let there = Ranges::new(self.reported.iter().chain(fresh).collect());
        covered_until(&there, at).since(at)
    }

    /// How much of what lies ahead of `at` nobody has, or was appended in vain.
    pub(crate) fn missing_ahead(&self, at: MediaTime) -> MediaDuration {
        let of = |standing| {
            let records = self.records.iter().filter(move |record| record.standing == standing);
            records.fold(MediaDuration::ZERO, |sum, record| sum + record.span.end().since(record.span.start().max(at)))
        };
        // Where nothing that is appended shows, more of it will not either.
        of(Standing::Missing) + of(Standing::Barren).min(MOST_BARREN)
    }

    /// Bytes of the segments ahead of `at`.
    pub(crate) fn bytes_ahead(&self, at: MediaTime) -> ByteCount {
        let ahead = self.records.iter().filter(|record| record.span.end() > at);
        ahead.fold(ByteCount::default(), |sum, record| sum + record.size)
    }

    /// The variant that plays at `at`.
    pub(crate) fn variant_at(&self, at: MediaTime) -> Option<VariantId> {
        self.records.iter().rev().find(|record| record.span.contains(at)).and_then(|record| record.variant)
    }

    /// The segments that end after `at`, with their variants, in no order.
    pub(crate) fn segments_from(&self, at: MediaTime) -> Vec<(TimeRange, Option<VariantId>)> {
        let ahead = self.records.iter().filter(|record| record.span.end() > at);
        ahead.map(|record| (record.span, record.variant)).collect()
    }

    /// Whether something is there after `from`, and all of it is of this variant.
    pub(crate) fn holds_only(&self, variant: VariantId, from: MediaTime) -> bool {
        let mut after = self.records.iter().filter(|record| record.span.end() > from).peekable();
        after.peek().is_some() && after.all(|record| record.variant == Some(variant))
    }

    /// What may be removed before `keep_from`: up to the start of a segment, because removing goes on to the next
    /// keyframe (Media Source Extensions, coded frame removal), which could lie ahead of the playhead.
    pub(crate) fn removable_before(&self, keep_from: MediaTime) -> Option<TimeRange> {
        let start = self.reported.iter().next()?.start();
        let starts = self.records.iter().map(|record| record.span.start());
        let end = starts.filter(|&start| start <= keep_from).max()?;
        TimeRange::new(start, end).filter(|range| range.length() >= MediaDuration::from_millis(500))
    }

    /// The last stretch that is not joined with the one around `at`: left over from before a seek.
    pub(crate) fn stray_after(&self, at: MediaTime) -> Option<TimeRange> {
        let end = covered_until(&self.covered(), at);
        self.reported.iter().last().filter(|range| range.start() > end)
    }
}

fn overlap(ranges: &Ranges, span: TimeRange) -> MediaDuration {
    ranges.iter().fold(MediaDuration::ZERO, |sum, range| {
        sum + range.end().min(span.end()).since(range.start().max(span.start()))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn range(start: u64, end: u64) -> TimeRange {
        let at = |seconds| MediaTime::ZERO + MediaDuration::from_secs(seconds);
        TimeRange::new(at(start), at(end)).unwrap()
    }

    fn at(seconds: u64) -> MediaTime {
        range(0, seconds).end()
    }

    fn filled(spans: &[(u64, u64)]) -> Buffer {
        let mut buffer = Buffer::default();
        for &(start, end) in spans {
            buffer.appended(range(start, end), Some(VariantId(0)), ByteCount::new(1_000));
        }
        buffer.report(Ranges::new(spans.iter().map(|&(start, end)| range(start, end)).collect()));
        buffer
    }

    #[test]
    fn a_segment_that_left_a_hole_is_not_loaded_again_before_a_seek() {
        let mut buffer = filled(&[(0, 2)]);
        buffer.appended(range(2, 4), None, ByteCount::new(1));
        assert_eq!(buffer.level(at(0)), MediaDuration::from_secs(4));
        buffer.report(Ranges::new(vec![range(0, 2)]));
        assert_eq!(buffer.level(at(0)), MediaDuration::from_secs(2));
        assert_eq!(covered_until(&buffer.covered(), at(0)), at(4));
        buffer.forgive();
        assert_eq!(covered_until(&buffer.covered(), at(0)), at(2));
    }

    #[test]
    fn what_the_browser_threw_away_may_be_loaded_again() {
        let mut buffer = filled(&[(0, 2), (2, 4)]);
        buffer.report(Ranges::new(vec![range(2, 4)]));
        assert_eq!(covered_until(&buffer.covered(), at(0)), at(0));
    }

    #[test]
    fn the_later_append_is_what_plays() {
        let mut buffer = filled(&[(0, 4), (4, 8)]);
        buffer.appended(range(3, 6), Some(VariantId(2)), ByteCount::new(9));
        assert_eq!(buffer.variant_at(at(5)), Some(VariantId(2)));
        assert_eq!(buffer.variant_at(at(7)), Some(VariantId(0)));
        assert_eq!(buffer.bytes_ahead(at(5)), ByteCount::new(509));
        // Its keyframe went with what the append was laid over.
        buffer.report(Ranges::new(vec![range(0, 6)]));
        assert_eq!(covered_until(&buffer.covered(), at(0)), at(6));
    }

    #[test]
    fn only_whole_segments_are_removed_behind_the_playhead() {
        let mut buffer = filled(&[(0, 4), (4, 8), (8, 12)]);
        assert_eq!(buffer.removable_before(at(7)), Some(range(0, 4)));
        buffer.removed(range(0, 4));
        assert_eq!(buffer.removable_before(at(7)), None);
        assert_eq!(buffer.reported().iter().collect::<Vec<_>>(), [range(4, 12)]);
        assert_eq!(covered_until(&buffer.covered(), at(0)), at(0));
    }

    #[test]
    fn strays_are_what_a_seek_left_behind() {
        let buffer = filled(&[(0, 4), (20, 24)]);
        assert_eq!(buffer.stray_after(at(1)), Some(range(20, 24)));
        assert_eq!(buffer.stray_after(at(21)), None);
    }
}
