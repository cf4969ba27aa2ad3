//! Sizes of the segments that a stream will be copied into, from the sizes of its samples.

use media_container::cmaf::write::overhead;
use media_model::{MediaDuration, MediaTime};

use crate::grid::Grid;

/// Bytes and samples of each segment of a grid.
#[derive(Debug)]
pub(super) struct Tally {
    grid: Grid,
    segments: Vec<(u64, u64)>,
    largest: u64,
}

impl Tally {
    pub(super) fn new(grid: Grid) -> Self {
        let segments = vec![(0, 0); grid.len()];
        Self { grid, segments, largest: 0 }
    }

    /// Counts a sample of `bytes` bytes that is shown at `at`.
    pub(super) fn add(&mut self, at: MediaTime, bytes: u64) {
        let number = usize::try_from(self.grid.number_at(at)).unwrap_or(usize::MAX);
        if let Some((sum, count)) = self.segments.get_mut(number) {
            *sum = sum.saturating_add(bytes);
            *count += 1;
        }
        self.largest = self.largest.max(bytes);
    }

    /// Peak segment bit rate of a video, with the boxes of CMAF.
    pub(super) fn peak(&self, target: MediaDuration) -> u64 {
        self.peak_with(target, 0)
    }

    /// Peak segment bit rate of sound. Its segments are cut at packets: one that begins just behind a line may be counted
    /// on the wrong side of it here, so each segment is given one more.
    pub(super) fn peak_of_sound(&self, target: MediaDuration) -> u64 {
        self.peak_with(target, self.largest)
    }

    fn peak_with(&self, target: MediaDuration, slack: u64) -> u64 {
        self.grid.peak(target, |number| {
            let (bytes, count) = self.segments[number];
            bytes.saturating_add(slack).saturating_add(overhead(count + 1)).saturating_mul(8)
        })
    }
}
