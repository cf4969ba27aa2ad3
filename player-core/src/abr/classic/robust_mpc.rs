//! RobustMPC (Yin, Jindal, Sekar and Sinopoli: "A Control-Theoretic Approach for Dynamic Adaptive Video Streaming over
//! HTTP", SIGCOMM 2015): the sequence of the next five rungs that is best for a throughput below the harmonic mean of the
//! last five segments by the largest error made lately. Knows the sizes of what comes where the playlist tells them.

use super::{Answer, Progress, Rule, View};

const HORIZON: usize = 5;
const WINDOW: usize = 5;

#[derive(Clone, Debug, Default)]
pub(super) struct RobustMpc {
    /// kbit/s of the last segments, newest last.
    seen: Vec<f64>,
    /// Relative errors of the predictions for them.
    errors: Vec<f64>,
    predicted: Option<f64>,
    last: usize,
}

/// One search: what is fixed, and the best found.
struct Search<'a> {
    view: &'a View<'a>,
    rate: f64,
    horizon: usize,
    best: f64,
    first: usize,
}

impl Search<'_> {
    fn kilobits(&self, depth: usize, rung: usize) -> f64 {
        let known = self.view.coming.get(depth).and_then(|sizes| sizes.get(rung)).copied();
        known.filter(|size| *size > 0.0).unwrap_or(self.view.bitrates[rung] * self.view.segment / 1e3)
    }

    fn go(&mut self, depth: usize, first: usize, last: usize, level: f64, worth: f64) {
        if depth == self.horizon {
            if worth > self.best {
                (self.best, self.first) = (worth, first);
            }
            return;
        }
        let top = self.view.bitrates[self.view.top()];
        // Nothing that follows can be better than the top rung without a change.
        if worth + top * (self.horizon - depth) as f64 <= self.best {
            return;
        }
        for rung in (0..self.view.bitrates.len()).rev() {
            let took = self.view.latency + self.kilobits(depth, rung) * 1e3 / self.rate;
            let stall = (took - level).max(0.0);
            let after = ((level - took).max(0.0) + self.view.segment).min(self.view.limit);
            let bitrate = self.view.bitrates[rung];
            // A second of stalling costs as much as a second of the top rung is worth.
            let gain = bitrate - (bitrate - self.view.bitrates[last]).abs() - top * stall / 1e3;
            let first = if depth == 0 { rung } else { first };
            self.go(depth + 1, first, rung, after, worth + gain);
        }
    }
}

impl Rule for RobustMpc {
    fn choose(&mut self, view: &View<'_>) -> Answer {
        let inverse: f64 = self.seen.iter().map(|rate| 1.0 / rate).sum();
        let mean =
            if self.seen.is_empty() { view.throughput.unwrap_or_default() } else { self.seen.len() as f64 / inverse };
        self.predicted = Some(mean);
        let error = self.errors.iter().copied().fold(0.0, f64::max);
        let horizon = (1..HORIZON).take_while(|ahead| view.index + (*ahead as f64) < view.count).count() + 1;
        let mut search = Search { view, rate: mean / (1.0 + error), horizon, best: f64::NEG_INFINITY, first: 0 };
        search.go(0, 0, self.last.min(view.top()), view.level, 0.0);
        Answer::now(search.first)
    }

    fn ended(&mut self, _view: &View<'_>, progress: &Progress, given_up_for: Option<usize>, _is_replacement: bool) {
        if given_up_for.is_some() {
            return;
        }
        self.last = progress.rung;
        let rate = progress.got / (progress.took - progress.to_first_byte).max(1e-3);
        let keep = |list: &mut Vec<f64>, new: f64| {
            list.push(new);
            if list.len() > WINDOW {
                list.remove(0);
            }
        };
        if let Some(predicted) = self.predicted {
            keep(&mut self.errors, (predicted - rate).abs() / rate);
        }
        keep(&mut self.seen, rate);
    }

    fn copy(&self) -> Box<dyn Rule> {
        Box::new(self.clone())
    }
}
