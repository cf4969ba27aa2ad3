//! The bandwidth monitor of the first source document (requirement H02): from time to time it downloads a megabyte and does
//! nothing else meanwhile, and the mean of the last ten such probes names a rung of that document's ladder (G04).
//!
//! The document does not say how often it measures: here before the first segment, and again after every half minute of
//! film. A probe goes before a segment, not beside it, so that it measures the link and not what segments leave of it.

use std::collections::VecDeque;
use std::time::Duration;

use media_model::{BitsPerSecond, ByteCount, MediaDuration};

use crate::abr::{Candidate, Choice, Decide, Download, Outcome, Signals};

const PROBE: ByteCount = ByteCount::new(1_000_000);
/// Probes that count.
const KEPT: usize = 10;
/// Film between two probes.
const BETWEEN: MediaDuration = MediaDuration::from_secs(30);

/// A rung of G04.
#[derive(Clone, Copy, Debug)]
struct Step {
    /// The mean from which on it is chosen.
    from: BitsPerSecond,
    height: u32,
    bandwidth: BitsPerSecond,
}

const fn step(from_kbps: u64, height: u32, bandwidth_kbps: u64) -> Step {
    Step { from: BitsPerSecond::from_kbps(from_kbps), height, bandwidth: BitsPerSecond::from_kbps(bandwidth_kbps) }
}

const STEPS: [Step; 3] = [step(5_000, 1_080, 5_000), step(2_500, 720, 2_800), step(1_000, 480, 1_400)];
const LEAST: Step = step(0, 360, 800);

/// The monitor.
#[derive(Clone, Debug, Default)]
pub(super) struct SeedS1 {
    /// Newest at the back; a probe that failed tells nothing.
    measured: VecDeque<BitsPerSecond>,
    /// Where in the film the next probe is due.
    due: MediaDuration,
}

impl SeedS1 {
    fn mean(&self) -> Option<BitsPerSecond> {
        let count = u64::try_from(self.measured.len()).ok().filter(|count| *count > 0)?;
        let sum = self.measured.iter().fold(0_u64, |sum, one| sum.saturating_add(one.get()));
        Some(BitsPerSecond::new(sum / count))
    }
}

/// The rung that stands for a mean: by its height, or, where heights are not declared, the highest that needs no more than
/// the one of G04.
fn rung_for(mean: Option<BitsPerSecond>, candidates: &[Candidate]) -> usize {
    let step = STEPS.into_iter().find(|step| mean.is_some_and(|mean| mean >= step.from)).unwrap_or(LEAST);
    let fits = |candidate: &Candidate| match candidate.height {
        Some(height) => height <= step.height,
        None => candidate.declared <= step.bandwidth,
    };
    candidates.iter().rposition(fits).unwrap_or(0)
}

impl Decide for SeedS1 {
    fn choose(&mut self, signals: &Signals<'_>) -> Option<Choice> {
        let chosen = signals.candidates.get(rung_for(self.mean(), signals.candidates))?;
        let place = u64::try_from(signals.index).unwrap_or(u64::MAX);
        let at = MediaDuration::from_micros(signals.segment.as_micros().saturating_mul(place));
        if at < self.due {
            return Some(Choice::next(chosen.id));
        }
        self.due = at + BETWEEN;
        Some(Choice::probe(chosen.id, PROBE))
    }

    fn judge(&mut self, _signals: &Signals<'_>, _download: &Download) -> Outcome {
        Outcome::Complete
    }

    fn ended(&mut self, _signals: &Signals<'_>, _download: &Download, _outcome: Outcome) {}

    fn probed(&mut self, rate: BitsPerSecond) {
        self.measured.push_back(rate);
        if self.measured.len() > KEPT {
            self.measured.pop_front();
        }
    }

    fn waited(&mut self, _time: Duration) {}

    fn copy(&self) -> Box<dyn Decide> {
        Box::new(self.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::message::VariantId;

    fn ladder(rungs: [(Option<u32>, u64); 4]) -> Vec<Candidate> {
        let candidate = |(index, (height, kbps))| Candidate {
            id: VariantId(index),
            height,
            peak: BitsPerSecond::from_kbps(kbps),
            declared: BitsPerSecond::from_kbps(kbps),
            average: BitsPerSecond::from_kbps(kbps),
            making: Duration::ZERO,
            entry: Duration::ZERO,
        };
        (0..).zip(rungs).map(candidate).collect()
    }

    /// Mean of the probes in kbit/s, height.
    const GOLDEN: [(u64, u32); 9] = [
        (50_000, 1_080),
        (5_000, 1_080),
        (4_999, 720),
        (2_500, 720),
        (2_499, 480),
        (1_000, 480),
        (999, 360),
        (1, 360),
        (0, 360),
    ];

    #[test]
    fn the_golden_vectors_hold() {
        // Without heights, the same rungs are known by G04's rates.
        let heights = [Some(360), Some(480), Some(720), Some(1_080)];
        let rates = [800, 1_400, 2_800, 5_000];
        let with = ladder(std::array::from_fn(|rung| (heights[rung], rates[rung])));
        let without = ladder(rates.map(|kbps| (None, kbps)));
        for (mean, height) in GOLDEN {
            let mean = Some(BitsPerSecond::from_kbps(mean)).filter(|mean| mean.get() > 0);
            assert_eq!(with[rung_for(mean, &with)].height, Some(height), "{mean:?}");
            assert_eq!(rung_for(mean, &without), rung_for(mean, &with), "{mean:?}");
        }
    }

    #[test]
    fn another_ladder_gives_what_lies_below() {
        let other = ladder([(None, 900), (None, 1_400), (None, 4_999), (None, 5_001)]);
        let rungs = [5_000, 2_500, 1_000, 500].map(|kbps| rung_for(Some(BitsPerSecond::from_kbps(kbps)), &other));
        assert_eq!(rungs, [2, 1, 1, 0], "and the lowest where nothing does");
        let tall = ladder([(Some(240), 300), (Some(600), 900), (Some(1_440), 6_000), (Some(2_160), 15_000)]);
        let rungs = [50_000, 2_500, 1_000, 500].map(|kbps| rung_for(Some(BitsPerSecond::from_kbps(kbps)), &tall));
        assert_eq!(rungs, [1, 1, 0, 0]);
    }

    #[test]
    fn the_mean_is_that_of_the_last_ten_probes() {
        let mut monitor = SeedS1::default();
        assert_eq!(monitor.mean(), None);
        (1..=12).for_each(|number| monitor.probed(BitsPerSecond::from_kbps(number * 1_000)));
        assert_eq!(monitor.mean(), Some(BitsPerSecond::from_kbps(7_500)), "of 3 to 12 Mbit/s");
    }
}
