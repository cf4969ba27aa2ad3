//! Pure: which decoded frame goes into which segment, at what time, and where key frames are.
//!
//! Segment N holds the frames from N times its length to the next line. Every segment gets at least one frame: where a
//! stream has none (it starts late, pauses, or ends early) the frame before is shown again at the line, and a stream's
//! first frame is drawn to its start.

use std::collections::VecDeque;

use super::protocol::Run;

/// Containers with millisecond times round a frame to just before the line it lies on, nanoseconds.
const TOLERANCE_NS: i64 = 1_500_000;

/// A frame and what becomes of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Placed<F> {
    /// The frame.
    pub(super) frame: F,
    /// Its presentation time, nanoseconds.
    pub(super) pts: i64,
    /// The segment that it starts; `None` if it goes into the one before.
    pub(super) starts: Option<u32>,
}

/// Places frames on the grid, in presentation order.
#[derive(Debug)]
pub(super) struct FrameGrid<F> {
    run: Run,
    /// The segment that is started next.
    next: u32,
    held: Option<F>,
    /// Frames before the first one taken were shown, and are not known.
    continues: bool,
    last: Option<i64>,
    placed: VecDeque<Placed<F>>,
}

impl<F: Clone> FrameGrid<F> {
    /// A grid for the segments of `run`.
    pub(super) fn new(run: Run) -> Self {
        Self { run, next: run.first, held: None, continues: false, last: None, placed: VecDeque::new() }
    }

    /// Says that the first frame taken is not the first one of the stream, so that it keeps its time.
    pub(super) fn continues(&mut self) {
        self.continues = true;
    }

    /// Start of a segment, nanoseconds.
    pub(super) fn line(run: &Run, segment: u32) -> i64 {
        i64::try_from(u64::from(segment).saturating_mul(run.segment_ns)).unwrap_or(i64::MAX)
    }

    /// Takes the next decoded frame. Frames before the run are remembered but not placed; a frame that is not after the
    /// one before it is dropped.
    pub(super) fn take(&mut self, frame: F, pts: i64) {
        if self.last.is_some_and(|last| pts <= last) {
            return;
        }
        if pts + TOLERANCE_NS >= Self::line(&self.run, self.run.first) {
            let segment = self.segment_of(pts);
            self.fill(segment, &frame);
            if segment < self.run.end {
                let starts = (segment >= self.next).then_some(segment);
                // With nothing before it, it is the stream's first frame.
                let is_first = self.held.is_none() && !self.continues;
                let drawn = starts.filter(|_| is_first).map(|segment| Self::line(&self.run, segment));
                self.place(frame.clone(), drawn.unwrap_or(pts), starts);
            }
            self.last = Some(pts);
        }
        self.held = Some(frame);
    }

    /// Says that no frame follows: the last one is shown in all segments that are left.
    pub(super) fn end(&mut self) {
        if let Some(held) = self.held.clone() {
            self.fill(self.run.end, &held);
        }
    }

    /// Whether frames wait for [`FrameGrid::next_placed`].
    pub(super) fn has_placed(&self) -> bool {
        !self.placed.is_empty()
    }

    /// Whether all segments of the run are complete.
    pub(super) fn is_complete(&self) -> bool {
        self.last.is_some_and(|last| self.segment_of(last) >= self.run.end)
    }

    /// The next frame to encode.
    pub(super) fn next_placed(&mut self) -> Option<Placed<F>> {
        self.placed.pop_front()
    }

    /// Starts all segments before `segment` that have no frame with the frame shown there.
    fn fill(&mut self, segment: u32, first: &F) {
        while self.next < segment.min(self.run.end) {
            let shown = self.held.clone().unwrap_or_else(|| first.clone());
            self.place(shown, Self::line(&self.run, self.next), Some(self.next));
            self.held.get_or_insert_with(|| first.clone());
        }
    }

    fn place(&mut self, frame: F, pts: i64, starts: Option<u32>) {
        if let Some(segment) = starts {
            self.next = segment + 1;
        }
        self.placed.push_back(Placed { frame, pts, starts });
    }

    /// The segment of a frame; the end of the run for one that lies behind it. A short rest belongs to the last segment.
    fn segment_of(&self, pts: i64) -> u32 {
        let at = u64::try_from(pts.saturating_add(TOLERANCE_NS)).unwrap_or(0);
        // Whatever the file says of its length, the first segment of a run has room for a frame.
        if at >= self.run.duration_ns.max(u64::from(self.run.first) * self.run.segment_ns + 1) {
            return self.run.end;
        }
        let line = u32::try_from(at / self.run.segment_ns.max(1)).unwrap_or(u32::MAX);
        line.min(self.run.end.saturating_sub(1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: i64 = 1_000_000;

    fn run(first: u32, end: u32) -> Run {
        Run { first, end, segment_ns: 2_000_000_000, duration_ns: u64::from(end) * 2_000_000_000 }
    }

    /// Frames (in ms) on a grid of two seconds -> (frame, pts in ms, segment it starts).
    fn placed(run: Run, frames: &[i64], ends: bool) -> Vec<(i64, i64, Option<u32>)> {
        let mut grid = FrameGrid::new(run);
        for &frame in frames {
            grid.take(frame, frame * MS);
        }
        if ends {
            grid.end();
        }
        std::iter::from_fn(|| grid.next_placed()).map(|placed| (placed.frame, placed.pts / MS, placed.starts)).collect()
    }

    #[test]
    fn each_segment_starts_at_its_first_frame() {
        assert_eq!(
            placed(run(0, 9), &[0, 1_000, 1_999, 2_040, 3_999, 4_020], false),
            [
                (0, 0, Some(0)),
                (1_000, 1_000, None),
                (1_999, 1_999, Some(1)),
                (2_040, 2_040, None),
                (3_999, 3_999, Some(2)),
                (4_020, 4_020, None)
            ]
        );
    }

    #[test]
    fn frames_before_the_run_are_left_out() {
        assert_eq!(placed(run(1, 9), &[1_900, 1_960, 2_010], false), [(2_010, 2_010, Some(1))]);
    }

    #[test]
    fn a_pause_shows_the_frame_before_it_at_every_line() {
        let expected = [(500, 2_000, Some(1)), (500, 4_000, Some(2)), (6_700, 6_700, Some(3))];
        assert_eq!(placed(run(1, 9), &[500, 6_700], false), expected);
    }

    #[test]
    fn a_late_start_is_drawn_to_the_beginning() {
        assert_eq!(placed(run(0, 9), &[60, 100], false), [(60, 0, Some(0)), (100, 100, None)]);
        let late = [(4_100, 0, Some(0)), (4_100, 2_000, Some(1)), (4_100, 4_100, Some(2))];
        assert_eq!(placed(run(0, 9), &[4_100], false), late);
    }

    #[test]
    fn a_stream_that_goes_on_keeps_its_times() {
        let mut grid = FrameGrid::new(run(1, 9));
        grid.continues();
        grid.take((), 2_023 * MS);
        assert_eq!(grid.next_placed(), Some(Placed { frame: (), pts: 2_023 * MS, starts: Some(1) }));
    }

    #[test]
    fn an_early_end_is_drawn_out() {
        assert_eq!(
            placed(run(1, 4), &[100], true),
            [(100, 2_000, Some(1)), (100, 4_000, Some(2)), (100, 6_000, Some(3))]
        );
        assert_eq!(placed(run(0, 1), &[0, 40], true), [(0, 0, Some(0)), (40, 40, None)]);
    }

    #[test]
    fn frames_past_the_run_end_it() {
        let mut grid = FrameGrid::new(run(0, 1));
        grid.take(0, 0);
        assert!(!grid.is_complete());
        grid.take(1, 2_000 * MS);
        assert!(grid.is_complete());
        assert_eq!(grid.placed.len(), 1);
    }

    #[test]
    fn a_short_rest_goes_into_the_last_segment() {
        let run = Run { duration_ns: 4_200_000_000, ..run(1, 2) };
        assert_eq!(
            placed(run, &[2_000, 3_960, 4_000, 4_160, 4_200], true),
            [(2_000, 2_000, Some(1)), (3_960, 3_960, None), (4_000, 4_000, None), (4_160, 4_160, None)]
        );
    }

    #[test]
    fn time_that_does_not_advance_is_dropped() {
        assert_eq!(placed(run(0, 9), &[0, 40, 40, 20, 80], false).len(), 3);
    }
}
