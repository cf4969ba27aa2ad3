//! How often a driver tells of progress.

use network_traces::mixed;

use super::Progress;

/// Even progress is told when both have passed.
const MILLIS: f64 = 50.0;
const BITS: f64 = 12_000.0;
/// Bytes of a burst, at least and at most.
const SMALLEST: u64 = 16_000;
const LARGEST: u64 = 64_000;

/// When progress is told next.
pub(super) struct Manner {
    progress: Progress,
    /// Bursts so far.
    count: u64,
}

impl Manner {
    pub(super) fn new(progress: Progress) -> Self {
        Self { progress, count: 0 }
    }

    /// Bits and milliseconds that must both pass.
    pub(super) fn next(&mut self) -> (f64, f64) {
        match self.progress {
            Progress::Even => (BITS, MILLIS),
            Progress::Bursts { seed } => {
                self.count += 1;
                let bytes = SMALLEST + mixed(seed ^ mixed(self.count)) % (LARGEST - SMALLEST + 1);
                (bytes as f64 * 8.0, 0.0)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bursts_are_of_all_sizes_and_the_same_for_a_seed() {
        let drawn = |seed| {
            let mut manner = Manner::new(Progress::Bursts { seed });
            (0..1_000).map(|_| manner.next().0 / 8.0).collect::<Vec<_>>()
        };
        let bursts = drawn(7);
        assert_eq!(bursts, drawn(7));
        assert_ne!(bursts, drawn(8));
        assert!(bursts.iter().all(|bytes| (16e3..=64e3).contains(bytes)));
        let mean = bursts.iter().sum::<f64>() / 1e3;
        assert!((38e3..42e3).contains(&mean), "{mean}");
    }
}
