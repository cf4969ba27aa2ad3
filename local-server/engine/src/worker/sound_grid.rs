//! Pure: decoded sound -> one unbroken run of samples that begins at an exact sample of the presentation.
//!
//! Containers with millisecond times place each buffer up to half a millisecond wrong. One offset for a whole gap-free
//! run, the middle of what its buffers say, is right to a sample; placing each buffer by its own time would make
//! neighbouring heads disagree by up to 24.

/// How much sound is looked at before the offset of the first run is decided.
const LOOK_NS: i64 = 2_000_000_000;

/// Jitter up to this much is not a gap.
const GAP_NS: i64 = 40_000_000;

/// Samples of one channel that are handed on in one piece.
const PIECE: usize = 8_192;

/// Places sound of two interleaved channels on the presentation's samples, from `begin` to `end`.
#[derive(Debug)]
pub(super) struct SoundGrid {
    rate: u32,
    /// The next sample to hand on.
    cursor: i64,
    end: i64,
    /// Sound whose place is not decided yet: time and samples of each buffer.
    waiting: Vec<(Option<i64>, Vec<f32>)>,
    waiting_samples: i64,
    /// Where the next sample of the run lies.
    expected: Option<i64>,
    ready: Vec<f32>,
}

impl SoundGrid {
    /// A grid at `rate` samples a second that hands on the samples from `begin` to before `end`.
    pub(super) fn new(rate: u32, begin: i64, end: i64) -> Self {
        let rate = rate.max(1);
        Self { rate, cursor: begin, end, waiting: Vec::new(), waiting_samples: 0, expected: None, ready: Vec::new() }
    }

    /// Takes the next decoded buffer.
    pub(super) fn take(&mut self, pts: Option<i64>, samples: Vec<f32>) {
        let count = count(&samples);
        if self.expected.is_some() {
            self.place(pts, &samples);
            return;
        }
        self.waiting.push((pts, samples));
        self.waiting_samples += count;
        if self.nanos(self.waiting_samples) >= LOOK_NS {
            self.decide();
        }
    }

    /// Says that no sound follows; the rest is silence.
    pub(super) fn finish(&mut self) {
        self.decide();
        self.silence_to(self.end);
    }

    /// Whether all samples were handed on.
    pub(super) fn is_complete(&self) -> bool {
        self.cursor >= self.end
    }

    /// Samples to encode, once there are enough of them or no more will come.
    pub(super) fn drain(&mut self) -> Option<Vec<f32>> {
        let enough = self.ready.len() >= PIECE * 2 || (self.is_complete() && !self.ready.is_empty());
        enough.then(|| std::mem::take(&mut self.ready))
    }

    /// Decides where the first run lies and places what waited for it.
    fn decide(&mut self) {
        let (mut low, mut high, mut before) = (i64::MAX, i64::MIN, 0_i64);
        for (pts, samples) in &self.waiting {
            if let Some(pts) = pts {
                let offset = pts - self.nanos(before);
                // A gap ends the run; what follows is placed by its own time.
                if high != i64::MIN && (offset - low).abs().max((offset - high).abs()) > GAP_NS {
                    break;
                }
                (low, high) = (low.min(offset), high.max(offset));
            }
            before += count(samples);
        }
        if self.waiting.is_empty() {
            return;
        }
        let offset = if high == i64::MIN { self.nanos(self.cursor) } else { low + (high - low) / 2 };
        self.expected = Some(self.sample_at(offset));
        for (pts, samples) in std::mem::take(&mut self.waiting) {
            self.place(pts, &samples);
        }
        self.waiting_samples = 0;
    }

    fn place(&mut self, pts: Option<i64>, samples: &[f32]) {
        let expected = self.expected.unwrap_or(self.cursor);
        let gap = pts.filter(|pts| (pts - self.nanos(expected)).abs() > GAP_NS);
        let at = gap.map_or(expected, |pts| self.sample_at(pts));
        let until = at + count(samples);
        self.expected = Some(until);
        self.silence_to(at.min(self.end));
        let (from, to) = (self.cursor.max(at), until.min(self.end));
        if from < to {
            let index = |sample: i64| usize::try_from((sample - at) * 2).unwrap_or(0);
            self.ready.extend_from_slice(&samples[index(from)..index(to)]);
            self.cursor = to;
        }
    }

    fn silence_to(&mut self, sample: i64) {
        let missing = usize::try_from(sample - self.cursor).unwrap_or(0);
        self.ready.resize(self.ready.len() + missing * 2, 0.0);
        self.cursor = self.cursor.max(sample);
    }

    fn nanos(&self, samples: i64) -> i64 {
        let nanos = i128::from(samples) * 1_000_000_000 / i128::from(self.rate);
        i64::try_from(nanos).unwrap_or(i64::MAX)
    }

    fn sample_at(&self, nanos: i64) -> i64 {
        let scaled = i128::from(nanos) * i128::from(self.rate);
        i64::try_from((scaled + 500_000_000).div_euclid(1_000_000_000)).unwrap_or(i64::MAX)
    }
}

fn count(samples: &[f32]) -> i64 {
    i64::try_from(samples.len() / 2).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests;
