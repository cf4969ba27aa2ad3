//! Throughput and latency of whole segments, as dash.js and Sabre average them. Downloads that were given up do not count.

use super::{Averaging, Progress};

/// Half-lives of throughput, ms of download time; of latency the same, in segments.
const HALF_LIVES: [f64; 2] = [3_000.0, 8_000.0];
const WINDOW: usize = 3;

#[derive(Clone, Copy, Debug, Default)]
struct Mean {
    throughput: f64,
    latency: f64,
}

/// The estimator.
#[derive(Clone, Debug)]
pub(super) struct Estimate {
    averaging: Averaging,
    means: [Mean; 2],
    /// Download time, ms, and segments so far.
    weight: (f64, f64),
    last: Vec<Mean>,
    now: Option<Mean>,
}

impl Estimate {
    pub(super) fn new(averaging: Averaging) -> Self {
        Self { averaging, means: Default::default(), weight: (0.0, 0.0), last: Vec::new(), now: None }
    }

    /// kbit/s; `None` before the first segment.
    pub(super) fn throughput(&self) -> Option<f64> {
        self.now.map(|mean| mean.throughput)
    }

    /// ms
    pub(super) fn latency(&self) -> f64 {
        self.now.map_or(0.0, |mean| mean.latency)
    }

    pub(super) fn learn(&mut self, progress: &Progress, segment: f64) {
        let time = (progress.took - progress.to_first_byte).max(1e-3);
        let one = Mean { throughput: progress.got / time, latency: progress.to_first_byte };
        self.now = Some(match self.averaging {
            Averaging::Exponential => self.exponential(one, time, segment),
            Averaging::LastThree => self.last_three(one),
        });
    }

    fn exponential(&mut self, one: Mean, time: f64, segment: f64) -> Mean {
        self.weight = (self.weight.0 + time, self.weight.1 + 1.0);
        let mut now = Mean { throughput: f64::INFINITY, latency: 0.0 };
        for (mean, half_life) in self.means.iter_mut().zip(HALF_LIVES) {
            let segments = half_life / segment;
            let keep = |weight: f64| libm::exp2(-weight);
            let mix = |before: f64, new: f64, keep: f64| keep * before + (1.0 - keep) * new;
            mean.throughput = mix(mean.throughput, one.throughput, keep(time / half_life));
            mean.latency = mix(mean.latency, one.latency, keep(1.0 / segments));
            // The mean began at zero: what is missing of its weight is taken out.
            now.throughput = now.throughput.min(mean.throughput / (1.0 - keep(self.weight.0 / half_life)));
            now.latency = now.latency.max(mean.latency / (1.0 - keep(self.weight.1 / segments)));
        }
        now
    }

    fn last_three(&mut self, one: Mean) -> Mean {
        self.last.push(one);
        if self.last.len() > WINDOW {
            self.last.remove(0);
        }
        let share = 1.0 / self.last.len() as f64;
        let sum = self.last.iter().fold(Mean::default(), |sum, one| Mean {
            throughput: sum.throughput + one.throughput,
            latency: sum.latency + one.latency,
        });
        Mean { throughput: sum.throughput * share, latency: sum.latency * share }
    }
}
