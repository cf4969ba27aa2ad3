//! What is wanted of our player on the usual circuits: the median over the runs counts.

use super::circuit::Circuit;
use super::figures::{Figures, Heat};
use crate::table::median;

/// A figure and its bound.
#[derive(Clone, Copy, Debug)]
pub(super) struct Goal {
    measure: Measure,
    bound: Bound,
}

#[derive(Clone, Copy, Debug)]
enum Measure {
    FirstFrameMs,
    /// 0 is the top rung.
    FirstRungBelowTop,
    TopAfterFirstFrameS,
    TopAfterLoadS,
    /// After this moment, s; 0 if it is on screen then.
    TopAgainAfterS(f64),
    DownFromTop,
    StalledS,
    PlayedKbps,
}

#[derive(Clone, Copy, Debug)]
enum Bound {
    AtMost(f64),
    AtLeast(f64),
}

use Bound::{AtLeast, AtMost};

const fn goal(measure: Measure, bound: Bound) -> Goal {
    Goal { measure, bound }
}

pub(super) const LAN: &[Goal] =
    &[goal(Measure::FirstFrameMs, AtMost(200.0)), goal(Measure::FirstRungBelowTop, AtMost(0.0))];
pub(super) const WIFI: &[Goal] =
    &[goal(Measure::FirstFrameMs, AtMost(380.0)), goal(Measure::TopAfterFirstFrameS, AtMost(2.5))];
pub(super) const DSL: &[Goal] = &[goal(Measure::FirstFrameMs, AtMost(600.0))];
pub(super) const SLOW: &[Goal] = &[goal(Measure::FirstFrameMs, AtMost(1_350.0))];
pub(super) const STEP: &[Goal] = &[
    goal(Measure::StalledS, AtMost(0.0)),
    goal(Measure::PlayedKbps, AtLeast(4_300.0)),
    goal(Measure::TopAgainAfterS(45.0), AtMost(10.0)),
];
pub(super) const STEADY: &[Goal] =
    &[goal(Measure::TopAfterLoadS, AtMost(10.0)), goal(Measure::DownFromTop, AtMost(0.0))];

impl Measure {
    fn of(self, figures: &Figures, circuit: &Circuit) -> f64 {
        let top = circuit.top();
        let never = f64::INFINITY;
        match self {
            Self::FirstFrameMs => figures.first_frame_ms,
            Self::FirstRungBelowTop => (top - figures.first_rung.min(top)) as f64,
            Self::TopAfterFirstFrameS => figures.top_ms.map_or(never, |at| (at - figures.first_frame_ms) / 1e3),
            Self::TopAfterLoadS => figures.top_ms.map_or(never, |at| at / 1e3),
            Self::TopAgainAfterS(moment) => top_again(figures, top, moment * 1e3).unwrap_or(never),
            Self::DownFromTop => {
                figures.rungs.windows(2).filter(|pair| pair[0].1 == top && pair[1].1 < top).count() as f64
            }
            Self::StalledS => figures.stalled_s,
            Self::PlayedKbps => figures.played_kbps,
        }
    }

    fn name(self) -> String {
        match self {
            Self::FirstFrameMs => "first frame, ms".to_owned(),
            Self::FirstRungBelowTop => "rungs below the top at the first frame".to_owned(),
            Self::TopAfterFirstFrameS => "top rung after the first frame, s".to_owned(),
            Self::TopAfterLoadS => "top rung, s".to_owned(),
            Self::TopAgainAfterS(moment) => format!("top rung again after {moment} s, s"),
            Self::DownFromTop => "times down from the top rung".to_owned(),
            Self::StalledS => "stalled, s".to_owned(),
            Self::PlayedKbps => "played average, kbit/s".to_owned(),
        }
    }
}

fn top_again(figures: &Figures, top: usize, moment_ms: f64) -> Option<f64> {
    let then = figures.rungs.iter().rfind(|(at, _)| *at <= moment_ms);
    if then.is_some_and(|(_, rung)| *rung == top) {
        return Some(0.0);
    }
    let again = figures.rungs.iter().find(|(at, rung)| *at > moment_ms && *rung == top)?;
    Some((again.0 - moment_ms) / 1e3)
}

/// A goal beside what a player did.
#[derive(Clone, Debug, PartialEq, serde::Serialize)]
pub struct Verdict {
    /// Name of the circuit.
    pub scenario: String,
    /// Name of the player.
    pub player: String,
    /// What was looked at, with its unit.
    pub figure: String,
    /// What is wanted of it.
    pub goal: String,
    /// Median; absent if it never came to that.
    pub median: Option<f64>,
    /// Whether it is what is wanted.
    pub met: bool,
}

/// What a player's runs on a circuit come to. A run that failed counts as the worst.
pub(super) fn verdicts(circuit: &Circuit, player: &str, heats: &[&Heat]) -> Vec<Verdict> {
    let verdict = |goal: &Goal| {
        let worst = match goal.bound {
            AtMost(_) => f64::INFINITY,
            AtLeast(_) => f64::NEG_INFINITY,
        };
        let value = |heat: &&Heat| match (&heat.figures, &heat.failed) {
            (Some(figures), None) => goal.measure.of(figures, circuit),
            _ => worst,
        };
        let median = median(heats.iter().map(value)).unwrap_or(worst);
        let (met, goal_text) = match goal.bound {
            AtMost(most) => (median <= most, format!("<= {most}")),
            AtLeast(least) => (median >= least, format!(">= {least}")),
        };
        Verdict {
            scenario: circuit.name.clone(),
            player: player.to_owned(),
            figure: goal.measure.name(),
            goal: goal_text,
            median: Some(median).filter(|median| median.is_finite()),
            met,
        }
    };
    circuit.goals.iter().map(verdict).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_top_rung_comes_back_when_it_is_on_screen_again() {
        let circuit = Circuit::of("step-8").unwrap();
        let top = circuit.top();
        let figures = |rungs: &[(f64, usize)]| Figures {
            compile_ms: 0.0,
            first_frame_ms: 500.0,
            first_rung: 0,
            top_ms: None,
            stalls: 0,
            stalled_s: 0.0,
            played_kbps: 0.0,
            switches: 0,
            buffered_s: 0.0,
            dropped_frames: 0,
            requests: 0,
            bytes: 0,
            wasted_bytes: 0,
            on_screen_s: vec![],
            rungs: rungs.to_vec(),
        };
        let again = |rungs: &[(f64, usize)]| Measure::TopAgainAfterS(45.0).of(&figures(rungs), &circuit);
        assert_eq!(again(&[(500.0, 0), (4_000.0, top), (30_000.0, 0), (52_000.0, top)]), 7.0);
        assert_eq!(again(&[(500.0, 0), (4_000.0, top)]), 0.0, "it never went");
        assert_eq!(again(&[(4_000.0, top), (30_000.0, 0)]), f64::INFINITY);
        assert_eq!(Measure::DownFromTop.of(&figures(&[(0.0, top), (1.0, 2), (2.0, 0), (3.0, top)]), &circuit), 1.0);
    }
}
