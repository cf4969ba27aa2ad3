//! Where the segments of a stream begin and end, round after round: made content goes on after its end with its
//! beginning. Pure.

use std::time::Duration;

use media_model::{MediaDuration, MediaTime};

/// Segments of one stream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Grid {
    /// Where segments of one round begin, and at the end where the last one ends. Strictly rising from zero; at least two.
    lines: Vec<MediaTime>,
    /// From one round to the next; about the last line, and the same for all streams of a presentation.
    round: MediaDuration,
    /// How many segments there are in all; of a live stream one never comes to the end.
    count: u64,
}

impl Grid {
    /// Segments of one length, as many as begin before `duration`, in rounds of `round`.
    pub(crate) fn even(segment: MediaDuration, round: MediaDuration, duration: Option<MediaDuration>) -> Self {
        let step = segment.as_micros().max(1);
        let lines = round.as_micros().div_ceil(step).max(1);
        let line = |number: u64| MediaTime::ZERO + MediaDuration::from_micros((number * step).min(round.as_micros()));
        Self::of((0..=lines).map(line).collect(), round, duration)
    }

    /// Segments between these lines, as many as begin before `duration`; without one, for ever.
    pub(crate) fn of(lines: Vec<MediaTime>, round: MediaDuration, duration: Option<MediaDuration>) -> Self {
        let mut grid = Self { lines, round, count: u64::MAX };
        if let Some(duration) = duration {
            // What begins within ten milliseconds of the end is a rounding, not a segment.
            let end = duration.saturating_sub(MediaDuration::from_millis(10));
            let begun = grid.ended_by(end.to_std());
            grid.count = begun + 1;
        }
        grid
    }

    /// Number of segments.
    pub(crate) fn count(&self) -> u64 {
        self.count
    }

    /// Number of segments of one round.
    pub(crate) fn round(&self) -> u64 {
        (self.lines.len() - 1) as u64
    }

    /// The place of a segment in its round, and when its round began.
    pub(crate) fn place(&self, number: u64) -> (usize, MediaDuration) {
        let place = usize::try_from(number % self.round()).expect("a round is in memory");
        let rounds = number / self.round();
        (place, MediaDuration::from_micros(self.round.as_micros().saturating_mul(rounds)))
    }

    /// When a segment begins.
    pub(crate) fn start(&self, number: u64) -> MediaDuration {
        let (place, round) = self.place(number);
        self.lines[place].since(MediaTime::ZERO) + round
    }

    /// How long a segment is.
    pub(crate) fn length(&self, number: u64) -> MediaDuration {
        let (place, _) = self.place(number);
        self.lines[place + 1].since(self.lines[place])
    }

    /// The longest segment.
    pub(crate) fn longest(&self) -> MediaDuration {
        self.lines.windows(2).map(|pair| pair[1].since(pair[0])).max().unwrap_or(MediaDuration::ZERO)
    }

    /// How many segments have ended at this time, counted from the beginning.
    pub(crate) fn ended_by(&self, at: Duration) -> u64 {
        let at = u64::try_from(at.as_micros()).unwrap_or(u64::MAX);
        let rounds = at / self.round.as_micros().max(1);
        let rest = MediaTime::ZERO + MediaDuration::from_micros(at % self.round.as_micros().max(1));
        let ended = self.lines[1..].partition_point(|&line| line <= rest);
        rounds.saturating_mul(self.round()).saturating_add(ended as u64).min(self.count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn s(seconds: u64) -> MediaDuration {
        MediaDuration::from_secs(seconds)
    }

    #[test]
    fn a_film_has_segments_to_its_end() {
        let grid = Grid::even(s(4), s(10), Some(s(10)));
        assert_eq!((grid.count(), grid.length(2), grid.longest()), (3, s(2), s(4)));
        let grid = Grid::even(s(4), s(120), Some(s(300)));
        assert_eq!((grid.count(), grid.start(74), grid.length(74)), (75, s(296), s(4)));
        assert_eq!(Grid::even(s(4), s(120), Some(s(1))).count(), 1);
    }

    #[test]
    fn rounds_follow_each_other_without_end() {
        let grid = Grid::even(s(4), s(10), None);
        assert_eq!((grid.start(5), grid.length(5), grid.start(6)), (s(18), s(2), s(20)));
        let ended = |seconds| grid.ended_by(Duration::from_secs(seconds));
        assert_eq!((ended(0), ended(4), ended(9), ended(10), ended(20)), (0, 1, 2, 3, 6));
        assert_eq!(grid.place(5), (2, s(10)));
    }
}
