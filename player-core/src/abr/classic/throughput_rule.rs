//! THROUGHPUT of dash.js (Spiteri, Sitaraman and Sparacio: "From Theory to Practice: Improving Bitrate Adaptation in the
//! DASH Reference Player", MMSys 2018): 0.9 of the estimate, less while the buffer is short, downloads given up that take
//! far longer than they play.

use super::{Answer, Classic, Progress, Rule, View};

/// Of the estimate.
const SAFETY: f64 = 0.9;
/// A download is given up when it would take this many times as long as it plays ...
const ABANDON_MULTIPLIER: f64 = 1.8;
/// ... but not before it has taken this long, ms.
const GRACE: f64 = 500.0;

/// No more than what arrives while a share of the buffer is played; the share shrinks from call to call.
#[derive(Clone, Debug)]
pub(super) struct InsufficientBuffer {
    safety: f64,
}

impl Default for InsufficientBuffer {
    fn default() -> Self {
        Self { safety: 0.9 }
    }
}

impl InsufficientBuffer {
    /// The rung instead of `rung`, if the buffer is too short for it.
    pub(super) fn limit(&mut self, view: &View<'_>, rung: usize) -> Option<usize> {
        let safe = self.safety * (view.level - view.latency) * view.throughput.unwrap_or_default();
        self.safety = (self.safety * 0.9).max(0.5);
        let bitrates = view.bitrates.iter().skip(1).take(rung);
        bitrates.into_iter().position(|bitrate| bitrate * view.segment > safe)
    }
}

#[derive(Clone, Debug)]
pub(super) struct ThroughputRule {
    buffer: InsufficientBuffer,
    trusts_buffer: bool,
}

impl ThroughputRule {
    pub(super) fn new(options: Classic) -> Self {
        Self { buffer: InsufficientBuffer::default(), trusts_buffer: options.trusts_buffer }
    }
}

impl Rule for ThroughputRule {
    fn choose(&mut self, view: &View<'_>) -> Answer {
        let rung = view.carried_by(view.throughput.unwrap_or_default() * SAFETY);
        let limited = if self.trusts_buffer { None } else { self.buffer.limit(view, rung) };
        Answer::now(limited.unwrap_or(rung))
    }

    fn judge(&mut self, view: &View<'_>, progress: &Progress) -> Option<usize> {
        let time = progress.took - progress.to_first_byte;
        if progress.took < GRACE || time <= 0.0 {
            return None;
        }
        let throughput = progress.got / time;
        let left = progress.size - progress.got;
        if progress.took + left / throughput <= ABANDON_MULTIPLIER * view.segment {
            return None;
        }
        let rung = view.carried_by(throughput * SAFETY);
        let size = progress.size * view.bitrates[rung] / view.bitrates[progress.rung];
        (rung < progress.rung && size < left).then_some(rung)
    }

    fn copy(&self) -> Box<dyn Rule> {
        Box::new(self.clone())
    }
}
