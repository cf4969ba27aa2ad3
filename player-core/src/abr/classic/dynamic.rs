//! DYNAMIC (Spiteri, Sitaraman and Sparacio, MMSys 2018): THROUGHPUT while the buffer is short, BOLA when it is not.
//! Downloads are given up as THROUGHPUT says.

use super::bola::Bola;
use super::bola_e::BolaE;
use super::throughput_rule::ThroughputRule;
use super::{Answer, Classic, Progress, Rule, View};

/// The level, ms, around which the rules change.
const LOW: f64 = 10_000.0;
/// From this level down the dash.js kind goes back to THROUGHPUT.
const DASH_LOW: f64 = 5_000.0;

#[derive(Clone, Debug)]
pub(super) struct Dynamic {
    bola: Bola,
    throughput: ThroughputRule,
    is_bola: bool,
}

impl Dynamic {
    pub(super) fn new(options: Classic) -> Self {
        Self { bola: Bola::new(options), throughput: ThroughputRule::new(options), is_bola: false }
    }
}

impl Rule for Dynamic {
    fn choose(&mut self, view: &View<'_>) -> Answer {
        let (by_buffer, by_link) = (self.bola.choose(view), self.throughput.choose(view));
        if self.is_bola {
            self.is_bola = view.level >= LOW || by_buffer.rung >= by_link.rung;
        } else {
            self.is_bola = view.level > LOW && by_buffer.rung >= by_link.rung;
        }
        if self.is_bola { by_buffer } else { by_link }
    }

    fn judge(&mut self, view: &View<'_>, progress: &Progress) -> Option<usize> {
        self.throughput.judge(view, progress)
    }

    fn ended(&mut self, _view: &View<'_>, _progress: &Progress, _given_up_for: Option<usize>, is_replacement: bool) {
        self.is_bola &= !is_replacement;
    }

    fn copy(&self) -> Box<dyn Rule> {
        Box::new(self.clone())
    }
}

/// The same on BOLA-E, as the authors' `dynamicdash` has it: to BOLA-E above 10 s, back below 5 s.
#[derive(Clone, Debug)]
pub(super) struct DynamicDash {
    bola: BolaE,
    throughput: ThroughputRule,
    is_bola: bool,
}

impl DynamicDash {
    pub(super) fn new(options: Classic) -> Self {
        Self { bola: BolaE::new(options), throughput: ThroughputRule::new(options), is_bola: false }
    }
}

impl Rule for DynamicDash {
    fn choose(&mut self, view: &View<'_>) -> Answer {
        self.is_bola = if self.is_bola { view.level >= DASH_LOW } else { view.level > LOW };
        if self.is_bola { self.bola.choose(view) } else { self.throughput.choose(view) }
    }

    fn judge(&mut self, view: &View<'_>, progress: &Progress) -> Option<usize> {
        if self.is_bola { self.bola.judge(view, progress) } else { self.throughput.judge(view, progress) }
    }

    fn ended(&mut self, view: &View<'_>, progress: &Progress, given_up_for: Option<usize>, is_replacement: bool) {
        self.bola.ended(view, progress, given_up_for, is_replacement);
    }

    fn waited(&mut self, time: f64) {
        self.bola.waited(time);
    }

    fn copy(&self) -> Box<dyn Rule> {
        Box::new(self.clone())
    }
}
