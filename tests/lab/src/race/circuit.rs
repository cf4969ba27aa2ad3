//! What is raced over: a preset, for how long it is watched, and what is wanted there.

use std::time::Duration;

use anyhow::{Context, Result};
use mock_origin::Scenario;
use mock_origin::presets::{PRESETS, preset};

use super::goals::{DSL, Goal, LAN, SLOW, STEADY, STEP, WIFI};

/// A preset that is always raced over.
struct Usual {
    name: &'static str,
    watch_s: u64,
    goals: &'static [Goal],
}

const USUAL: [Usual; 6] = [
    Usual { name: "lan-200", watch_s: 8, goals: LAN },
    Usual { name: "wifi-20", watch_s: 8, goals: WIFI },
    Usual { name: "dsl-5", watch_s: 8, goals: DSL },
    Usual { name: "slow-2", watch_s: 8, goals: SLOW },
    // The step, and 30 s after the way back.
    Usual { name: "step-8", watch_s: 75, goals: STEP },
    Usual { name: "steady-8", watch_s: 30, goals: STEADY },
];

/// A network and a film on it.
#[derive(Clone, Debug)]
pub struct Circuit {
    /// Name of the preset.
    pub name: String,
    /// What the origin plays.
    pub scenario: Scenario,
    /// How long it is watched.
    pub watch: Duration,
    /// The rungs of the film, lowest first.
    pub rungs: Vec<Rung>,
    pub(super) goals: &'static [Goal],
}

/// A rung as the picture on screen gives it away.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rung {
    /// Width of its picture.
    pub width: u32,
    /// Its rate.
    pub kbps: f64,
}

impl Circuit {
    /// What is raced over unless somebody asks for something else.
    pub fn usual() -> [&'static str; 6] {
        USUAL.map(|usual| usual.name)
    }

    /// The circuit of this preset.
    ///
    /// # Errors
    /// There is no such preset, or its rungs cannot be told apart on screen.
    pub fn of(name: &str) -> Result<Self> {
        let scenario = preset(name).with_context(|| {
            let names: Vec<_> = PRESETS.iter().map(|preset| preset.name).collect();
            format!("there is no scenario {name}; there are {}", names.join(", "))
        })?;
        let scenario = scenario.with_content();
        let ladder = &scenario.presentations.first().context("a scenario has something to play")?.ladder;
        let rung = |rung: &mock_origin::content::RungPlan| {
            Some(Rung { width: rung.size?.width, kbps: rung.rate.get() as f64 / 1e3 })
        };
        let rungs: Option<Vec<Rung>> = ladder.iter().map(rung).collect();
        let rungs = rungs.filter(|rungs| rungs.is_sorted_by(|low, high| low.width < high.width));
        let rungs =
            rungs.with_context(|| format!("the rungs of {name} cannot be told apart by the width on screen"))?;
        let usual = USUAL.iter().find(|usual| usual.name == name);
        let (watch_s, goals) = usual.map_or((30, &[] as &[Goal]), |usual| (usual.watch_s, usual.goals));
        Ok(Self { name: name.to_owned(), scenario, watch: Duration::from_secs(watch_s), rungs, goals })
    }

    /// The rung of a picture this wide.
    pub fn rung(&self, width: u32) -> Option<usize> {
        self.rungs.iter().position(|rung| rung.width == width)
    }

    /// The number of the best rung.
    pub fn top(&self) -> usize {
        self.rungs.len().saturating_sub(1)
    }
}
