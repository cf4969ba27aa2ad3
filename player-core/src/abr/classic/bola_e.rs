//! BOLA-E (Spiteri, Sitaraman and Sparacio, MMSys 2018): BOLA with a placeholder, media that is only imagined, so that it
//! starts and goes on at the link's rate, and with the insufficient buffer rule.

use super::throughput_rule::InsufficientBuffer;
use super::{Aim, Answer, Classic, Progress, Rule, View, bola};

/// The level, ms, at which the lowest rung ends, and how much more there is at least for each rung.
const MINIMUM: f64 = 10_000.0;
const PER_RUNG: f64 = 2_000.0;
/// Without the insufficient buffer rule, gamma times the segment length as in plain BOLA, of utilities that begin at one.
const GAMMA_P: f64 = 5.0;

#[derive(Clone, Debug)]
pub(super) struct BolaE {
    options: Classic,
    buffer: InsufficientBuffer,
    steady: bool,
    /// ms
    placeholder: f64,
    last: usize,
}

/// What the buffer size makes of the rule: ms for each unit of utility, and gamma times the segment length. Utilities
/// begin at one.
///
/// After a download was given up, the level is put where two rungs are equally good, so that rounding decides between them:
/// terms stand in the order in which Sabre has them.
struct Shape {
    control: f64,
    gamma: f64,
}

impl BolaE {
    pub(super) fn new(options: Classic) -> Self {
        Self { options, buffer: InsufficientBuffer::default(), steady: false, placeholder: 0.0, last: 0 }
    }

    fn shape(&self, view: &View<'_>) -> Shape {
        let top = view.utility(view.top(), 1.0);
        if self.options.trusts_buffer {
            let gamma = GAMMA_P - 1.0;
            return Shape { control: (view.limit - view.segment) / (top + gamma), gamma };
        }
        let most = view.limit.max(MINIMUM + PER_RUNG * view.bitrates.len() as f64);
        let gamma = (top - 1.0) / (most / MINIMUM - 1.0);
        Shape { control: MINIMUM / gamma, gamma }
    }
}

impl Shape {
    /// The level from which on this rung is better than all below.
    fn least(&self, view: &View<'_>, rung: usize) -> f64 {
        let (bitrate, utility) = (view.bitrates[rung], view.utility(rung, 1.0));
        let lower = view.bitrates.iter().take(rung).enumerate().map(|(index, other)| {
            let tie = (bitrate * view.utility(index, 1.0) - other * utility) / (bitrate - other);
            self.control * (self.gamma + tie)
        });
        lower.fold(0.0, f64::max)
    }

    /// The level up to which this rung is worth a request.
    fn most(&self, view: &View<'_>, rung: usize) -> f64 {
        self.control * (view.utility(rung, 1.0) + self.gamma)
    }
}

impl Rule for BolaE {
    fn choose(&mut self, view: &View<'_>) -> Answer {
        let shape = self.shape(view);
        let carried = view.carried_by(view.throughput.unwrap_or_default());
        if !std::mem::replace(&mut self.steady, true) {
            self.placeholder = (shape.least(view, carried) - view.level).max(0.0);
            return Answer::now(carried);
        }
        let mut rung = bola::best_at(view, view.level + self.placeholder, shape.control, |rung| {
            view.utility(rung, 1.0) + shape.gamma
        });
        if rung > self.last && rung > carried {
            let more = usize::from(self.options.aim == Aim::Utility);
            rung = (self.last.max(carried) + more).min(view.top());
        }
        let too_much = (view.level + self.placeholder - shape.most(view, rung)).max(0.0);
        let mut wait = (too_much - self.placeholder).max(0.0);
        self.placeholder = (self.placeholder - too_much).max(0.0);
        if rung == view.top() {
            wait = 0.0;
        }
        let limited = if self.options.trusts_buffer { None } else { self.buffer.limit(view, rung) };
        if let Some(lower) = limited {
            (rung, wait) = (lower, 0.0);
            let most = (shape.least(view, rung) - view.level).max(0.0);
            self.placeholder = self.placeholder.min(most);
        }
        Answer { rung, wait }
    }

    fn judge(&mut self, view: &View<'_>, progress: &Progress) -> Option<usize> {
        let rest = progress.size - progress.got;
        if progress.got <= 0.0 || rest <= 0.0 {
            return None;
        }
        let shape = self.shape(view);
        // To ask anew costs a latency: this is how things stand after it.
        let level = (view.level + self.placeholder - progress.to_first_byte).max(0.0);
        let throughput = progress.got / (progress.took - progress.to_first_byte);
        let rest = rest - progress.to_first_byte * throughput;
        if rest <= 0.0 {
            return None;
        }
        let worth = |rung: usize| shape.most(view, rung) - level;
        let mut best = (worth(progress.rung) / rest, None);
        for rung in 0..progress.rung {
            let size = progress.size * view.bitrates[rung] / view.bitrates[progress.rung];
            let score = worth(rung) / size;
            if size < rest && score > best.0 {
                best = (score, Some(rung));
            }
        }
        best.1
    }

    fn ended(&mut self, view: &View<'_>, progress: &Progress, given_up_for: Option<usize>, is_replacement: bool) {
        self.last = progress.rung;
        let shape = self.shape(view);
        match given_up_for {
            None if is_replacement => self.placeholder += view.segment,
            None => {
                let before = view.level + progress.took;
                let most = (shape.most(view, progress.rung) - before).max(0.0);
                self.placeholder = self.placeholder.min(most);
                if view.level > 0.0 {
                    // It may be too small where another rule decided.
                    self.placeholder = self.placeholder.max(shape.least(view, progress.rung) - before);
                }
            }
            Some(rung) if !is_replacement => {
                let want = if rung > 0 { shape.least(view, rung) } else { MINIMUM };
                self.placeholder = self.placeholder.min((want - view.level).max(0.0));
            }
            Some(_) => {}
        }
    }

    fn waited(&mut self, time: f64) {
        self.placeholder += time;
    }

    fn copy(&self) -> Box<dyn Rule> {
        Box::new(self.clone())
    }
}
