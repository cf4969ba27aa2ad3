//! Units of media as types: bit rates, sizes, and the presentation timeline.
//!
//! Conversions from ticks are made once, from the absolute tick count ([`MediaTime::from_ticks`]): 90 kHz is not a
//! whole number of microseconds, so summing rounded durations drifts.

use std::ops::{Add, Sub};
use std::time::Duration;

const MICROS_PER_SECOND: i128 = 1_000_000;

/// A bit rate.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BitsPerSecond(u64);

impl BitsPerSecond {
    /// A rate of `bps` bits per second.
    pub const fn new(bps: u64) -> Self {
        Self(bps)
    }

    /// A rate of `kbps` thousand bits per second.
    pub const fn from_kbps(kbps: u64) -> Self {
        Self(kbps * 1_000)
    }

    /// The rate of `size` moved in `took`; `None` if no time passed.
    pub fn measured(size: ByteCount, took: Duration) -> Option<Self> {
        let micros = u64::try_from(took.as_micros()).ok().filter(|&us| us > 0)?;
        let rate = u128::from(size.bits()) * 1_000_000 / u128::from(micros);
        Some(Self(u64::try_from(rate).unwrap_or(u64::MAX)))
    }

    /// Bits per second as a number.
    pub const fn get(self) -> u64 {
        self.0
    }

    /// This rate times `numerator / denominator`, rounded down; saturates. `denominator` must not be zero.
    pub fn scaled(self, numerator: u64, denominator: u64) -> Self {
        let scaled = u128::from(self.0) * u128::from(numerator) / u128::from(denominator);
        Self(u64::try_from(scaled).unwrap_or(u64::MAX))
    }

    /// How long `size` takes at this rate; `None` at rate zero.
    pub fn time_for(self, size: ByteCount) -> Option<Duration> {
        if self.0 == 0 {
            return None;
        }
        let micros = u128::from(size.bits()) * 1_000_000 / u128::from(self.0);
        Some(Duration::from_micros(u64::try_from(micros).unwrap_or(u64::MAX)))
    }
}

/// A number of bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ByteCount(u64);

impl ByteCount {
    /// `bytes` bytes.
    pub const fn new(bytes: u64) -> Self {
        Self(bytes)
    }

    /// Bytes as a number.
    pub const fn get(self) -> u64 {
        self.0
    }

    /// The same size in bits; saturates.
    pub const fn bits(self) -> u64 {
        self.0.saturating_mul(8)
    }
}

impl Add for ByteCount {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }
}

/// A position on the presentation timeline, in microseconds. May be negative before the first sample (edit lists).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MediaTime(i64);

impl MediaTime {
    /// The start of the timeline.
    pub const ZERO: Self = Self(0);

    /// A position of `micros` microseconds.
    pub const fn from_micros(micros: i64) -> Self {
        Self(micros)
    }

    /// A position of `seconds` seconds, rounded to a microsecond; `None` if not finite or out of range.
    pub fn from_seconds(seconds: f64) -> Option<Self> {
        let micros = (seconds * 1e6).round();
        #[expect(clippy::cast_possible_truncation, reason = "the range is checked in the guard")]
        (micros.is_finite() && micros.abs() < 9e18).then_some(Self(micros as i64))
    }

    /// The position of an absolute tick count, rounded to the nearest microsecond. `timescale` is in ticks per second
    /// and must not be zero.
    pub fn from_ticks(ticks: i64, timescale: u32) -> Self {
        let scale = i128::from(timescale);
        let micros = (i128::from(ticks) * MICROS_PER_SECOND + scale / 2).div_euclid(scale);
        Self(i64::try_from(micros).unwrap_or(if ticks < 0 { i64::MIN } else { i64::MAX }))
    }

    /// The nearest tick of this position at `timescale` ticks per second.
    pub fn to_ticks(self, timescale: u32) -> i64 {
        let scaled = i128::from(self.0) * i128::from(timescale);
        let ticks = (scaled + MICROS_PER_SECOND / 2).div_euclid(MICROS_PER_SECOND);
        i64::try_from(ticks).unwrap_or(if self.0 < 0 { i64::MIN } else { i64::MAX })
    }

    /// Microseconds as a number.
    pub const fn as_micros(self) -> i64 {
        self.0
    }

    /// Seconds as a floating point number, for players and people, never for arithmetic.
    #[expect(clippy::cast_precision_loss, reason = "exact up to 285 years")]
    pub fn as_seconds(self) -> f64 {
        self.0 as f64 / 1e6
    }

    /// The distance from `earlier` to here; zero if `earlier` is later.
    pub fn since(self, earlier: Self) -> MediaDuration {
        MediaDuration(u64::try_from(self.0.saturating_sub(earlier.0)).unwrap_or(0))
    }
}

impl Add<MediaDuration> for MediaTime {
    type Output = Self;
    fn add(self, length: MediaDuration) -> Self {
        Self(self.0.saturating_add_unsigned(length.0))
    }
}

impl Sub<MediaDuration> for MediaTime {
    type Output = Self;
    fn sub(self, length: MediaDuration) -> Self {
        Self(self.0.saturating_sub_unsigned(length.0))
    }
}

/// A length on the presentation timeline, in microseconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MediaDuration(u64);

impl MediaDuration {
    /// No length.
    pub const ZERO: Self = Self(0);

    /// A length of `micros` microseconds.
    pub const fn from_micros(micros: u64) -> Self {
        Self(micros)
    }

    /// A length of `millis` milliseconds.
    pub const fn from_millis(millis: u64) -> Self {
        Self(millis * 1_000)
    }

    /// A length of `seconds` whole seconds.
    pub const fn from_secs(seconds: u64) -> Self {
        Self(seconds * 1_000_000)
    }

    /// A length in seconds, rounded to a microsecond; `None` if negative, not finite or out of range.
    pub fn from_seconds(seconds: f64) -> Option<Self> {
        MediaTime::from_seconds(seconds).and_then(|time| u64::try_from(time.0).ok()).map(Self)
    }

    /// Microseconds as a number.
    pub const fn as_micros(self) -> u64 {
        self.0
    }

    /// Seconds as a floating point number, for players and people.
    #[expect(clippy::cast_precision_loss, reason = "exact up to 285 years")]
    pub fn as_seconds(self) -> f64 {
        self.0 as f64 / 1e6
    }

    /// The same length as wall-clock time, at playback speed 1.
    pub const fn to_std(self) -> Duration {
        Duration::from_micros(self.0)
    }

    /// The length of wall-clock time as media time, at playback speed 1; saturates.
    pub fn from_std(duration: Duration) -> Self {
        Self(u64::try_from(duration.as_micros()).unwrap_or(u64::MAX))
    }

    /// This length minus `other`, not below zero.
    pub const fn saturating_sub(self, other: Self) -> Self {
        Self(self.0.saturating_sub(other.0))
    }
}

impl Add for MediaDuration {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }
}

/// A half-open stretch `[start, end)` of the presentation timeline. Never negative: `end >= start`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TimeRange {
    start: MediaTime,
    end: MediaTime,
}

impl TimeRange {
    /// The stretch from `start` to `end`; `None` if it ends before it starts.
    pub fn new(start: MediaTime, end: MediaTime) -> Option<Self> {
        (start <= end).then_some(Self { start, end })
    }

    /// The stretch of `length` from `start`.
    pub fn of(start: MediaTime, length: MediaDuration) -> Self {
        Self { start, end: start + length }
    }

    /// As long, so many µs later.
    #[must_use]
    pub fn moved(self, by_us: i64) -> Self {
        Self::of(MediaTime::from_micros(self.start.as_micros().saturating_add(by_us)), self.length())
    }

    /// Where it starts.
    pub const fn start(self) -> MediaTime {
        self.start
    }

    /// Where it ends, exclusive.
    pub const fn end(self) -> MediaTime {
        self.end
    }

    /// How long it is.
    pub fn length(self) -> MediaDuration {
        self.end.since(self.start)
    }

    /// Whether `at` lies in it.
    pub fn contains(self, at: MediaTime) -> bool {
        self.start <= at && at < self.end
    }
}

/// Buffered stretches of the timeline, in order, disjoint.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ranges(Vec<TimeRange>);

impl Ranges {
    /// Puts stretches in order and joins those that touch or overlap.
    pub fn new(mut ranges: Vec<TimeRange>) -> Self {
        ranges.sort_by_key(|range| range.start);
        let mut joined: Vec<TimeRange> = Vec::with_capacity(ranges.len());
        for range in ranges {
            match joined.last_mut() {
                Some(last) if range.start <= last.end => last.end = last.end.max(range.end),
                _ => joined.push(range),
            }
        }
        Self(joined)
    }

    /// The stretch around `at`, where a gap of up to `tolerance` before a stretch counts as part of it.
    pub fn around(&self, at: MediaTime, tolerance: MediaDuration) -> Option<TimeRange> {
        self.0.iter().copied().find(|range| range.start - tolerance <= at && at < range.end)
    }

    /// All stretches in order.
    pub fn iter(&self) -> impl Iterator<Item = TimeRange> + '_ {
        self.0.iter().copied()
    }

    /// What is in these as well as in others.
    #[must_use]
    pub fn intersection(&self, others: &Self) -> Self {
        let both = |one: TimeRange, other: &TimeRange| {
            TimeRange::new(one.start.max(other.start), one.end.min(other.end)).filter(|both| both.start < both.end)
        };
        Self::new(self.iter().flat_map(|one| others.0.iter().filter_map(move |other| both(one, other))).collect())
    }

    /// Whether nothing is buffered.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_rate_needs_time_to_pass() {
        assert_eq!(BitsPerSecond::measured(ByteCount::new(1_000), Duration::ZERO), None);
        assert_eq!(
            BitsPerSecond::measured(ByteCount::new(1_000_000), Duration::from_secs(1)),
            Some(BitsPerSecond::new(8_000_000))
        );
    }

    #[test]
    fn touching_ranges_are_joined() {
        let range = |start, end| TimeRange::new(MediaTime::from_micros(start), MediaTime::from_micros(end)).unwrap();
        let ranges = Ranges::new(vec![range(5, 9), range(0, 3), range(3, 4)]);
        assert_eq!(ranges.iter().collect::<Vec<_>>(), [range(0, 4), range(5, 9)]);
        assert_eq!(ranges.around(MediaTime::from_micros(4), MediaDuration::from_micros(1)), Some(range(5, 9)));
        assert_eq!(ranges.around(MediaTime::from_micros(4), MediaDuration::ZERO), None);
    }

    #[test]
    fn an_intersection_is_what_both_have() {
        let range = |start, end| TimeRange::new(MediaTime::from_micros(start), MediaTime::from_micros(end)).unwrap();
        let (one, other) = (Ranges::new(vec![range(0, 4), range(6, 9)]), Ranges::new(vec![range(2, 7), range(9, 12)]));
        assert_eq!(one.intersection(&other), Ranges::new(vec![range(2, 4), range(6, 7)]));
        assert!(one.intersection(&Ranges::default()).is_empty());
    }

    proptest! {
        #[test]
        fn ticks_survive_the_way_to_microseconds(ticks in -1_000_000_000i64..1_000_000_000, scale in 1u32..=1_000_000) {
            prop_assert_eq!(MediaTime::from_ticks(ticks, scale).to_ticks(scale), ticks);
        }
    }
}
