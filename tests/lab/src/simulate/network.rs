//! The link of a trace: what arrives when. Reckons in milliseconds and bits; the trace begins anew at its end.

use crate::trace::Trace;

struct Stretch {
    millis: f64,
    /// kbit/s, which is bits per millisecond.
    rate: f64,
    latency: f64,
}

/// A trace and a place in it.
pub(super) struct Network {
    stretches: Vec<Stretch>,
    index: usize,
    /// ms until the next stretch
    left: f64,
    /// ms since the beginning
    now: f64,
}

/// What became of a step.
pub(super) struct Moved {
    pub(super) bits: f64,
    pub(super) millis: f64,
    /// The link has changed; the step ends there.
    pub(super) changed: bool,
}

impl Network {
    pub(super) fn new(trace: &Trace) -> Self {
        let stretches: Vec<_> = trace
            .periods()
            .iter()
            .map(|period| Stretch {
                millis: period.duration.as_secs_f64() * 1e3,
                rate: period.rate.get() as f64 / 1e3,
                latency: period.latency.as_secs_f64() * 1e3,
            })
            .collect();
        let left = stretches.first().map_or(0.0, |first| first.millis);
        Self { stretches, index: 0, left, now: 0.0 }
    }

    /// ms since the beginning
    pub(super) fn now(&self) -> f64 {
        self.now
    }

    /// kbit/s
    pub(super) fn rate(&self) -> f64 {
        self.stretches[self.index].rate
    }

    /// ms from request to first byte
    pub(super) fn latency(&self) -> f64 {
        self.stretches[self.index].latency
    }

    /// Lets time pass, but no further than to the end of the stretch.
    pub(super) fn pass(&mut self, millis: f64) -> Moved {
        let changed = millis >= self.left;
        let millis = if changed { self.left } else { millis };
        let bits = millis * self.rate();
        self.now += millis;
        self.left -= millis;
        if changed {
            self.index = (self.index + 1) % self.stretches.len();
            self.left = self.stretches[self.index].millis;
        }
        Moved { bits, millis, changed }
    }
}
