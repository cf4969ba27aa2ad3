//! BOLA (Spiteri, Urgaonkar and Sitaraman: "BOLA: Near-Optimal Bitrate Adaptation for Online Videos", INFOCOM 2016): the
//! rung whose utility per bit is best at this buffer level, by Lyapunov optimisation. BOLA-O waits instead of going above
//! what the link carries, BOLA-U goes one rung above it.

use super::{Aim, Answer, Classic, Progress, Rule, View};

/// gamma times the segment length, as utility: what a stall costs. Sabre's default.
const GAMMA_P: f64 = 5.0;

#[derive(Clone, Debug)]
pub(super) struct Bola {
    aim: Aim,
    basic: bool,
    last: usize,
    /// ms for each unit of utility
    control: f64,
}

impl Bola {
    pub(super) fn new(options: Classic) -> Self {
        Self { aim: options.aim, basic: options.basic, last: 0, control: 0.0 }
    }
}

/// The rung of the best score at a buffer level.
pub(super) fn best_at(view: &View<'_>, level: f64, control: f64, utility: impl Fn(usize) -> f64) -> usize {
    let score = |rung: usize| (control * utility(rung) - level) / view.bitrates[rung];
    (1..view.bitrates.len()).fold(0, |best, rung| if score(rung) > score(best) { rung } else { best })
}

impl Rule for Bola {
    fn choose(&mut self, view: &View<'_>) -> Answer {
        let most = if self.basic {
            view.limit
        } else {
            // Near the ends of the film the buffer cannot be full.
            let near = view.index.min(view.count - view.index);
            view.limit.min((near / 2.0).max(3.0) * view.segment)
        };
        self.control = (most - view.segment) / (view.utility(view.top(), 0.0) + GAMMA_P);
        let mut answer = Answer::now(best_at(view, view.level, self.control, |rung| view.utility(rung, 0.0) + GAMMA_P));
        if answer.rung > self.last {
            let carried = view.carried_by(view.throughput.unwrap_or_default());
            if answer.rung > carried {
                answer = match self.aim {
                    _ if self.last > carried => Answer::now(self.last),
                    Aim::Utility => Answer::now(carried + 1),
                    Aim::Calm => {
                        let wait = view.level - self.control * (GAMMA_P + view.utility(carried, 0.0));
                        Answer { rung: carried, wait: if carried == view.top() { 0.0 } else { wait.max(0.0) } }
                    }
                };
            }
        }
        self.last = answer.rung;
        answer
    }

    fn judge(&mut self, view: &View<'_>, progress: &Progress) -> Option<usize> {
        let rest = progress.size - progress.got;
        if self.basic || progress.got <= 0.0 || rest <= 0.0 {
            return None;
        }
        let worth = |rung: usize| self.control * (GAMMA_P + view.utility(rung, 0.0)) - view.level;
        let mut best = (worth(progress.rung) / rest, None);
        if best.0 < 0.0 {
            return None;
        }
        for rung in 0..progress.rung {
            let size = progress.size * view.bitrates[rung] / view.bitrates[progress.rung];
            let score = worth(rung) / size;
            if size < rest && score > best.0 {
                best = (score, Some(rung));
            }
        }
        self.last = best.1.unwrap_or(self.last);
        best.1
    }

    fn copy(&self) -> Box<dyn Rule> {
        Box::new(self.clone())
    }
}
