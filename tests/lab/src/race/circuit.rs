//! What is raced over: a preset or a scenario file, for how long it is watched, and what is wanted there.

use std::path::Path;
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
    /// Name of the preset, or of the file without its ending.
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

    /// The circuit of this preset, or of the scenario file (`.toml`) at this path: so any trace is raced over.
    ///
    /// # Errors
    /// There is no such preset, the file has mistakes, or its rungs cannot be told apart on screen.
    pub fn of(wanted: &str) -> Result<Self> {
        let file = Path::new(wanted);
        let is_file = file.extension().is_some_and(|ending| ending == "toml");
        let name = file.file_stem().and_then(|stem| stem.to_str()).filter(|_| is_file).unwrap_or(wanted);
        let scenario = match is_file {
            true => Scenario::read_file(file).with_context(|| wanted.to_owned())?,
            false => preset(name).with_context(|| {
                let names: Vec<_> = PRESETS.iter().map(|preset| preset.name).collect();
                format!("there is no scenario {name}; there are {}, and files that end with .toml", names.join(", "))
            })?,
        };
        let scenario = scenario.with_content();
        let ladder = &scenario.presentations.first().context("a scenario has something to play")?.ladder;
        let rung = |rung: &mock_origin::content::RungPlan| {
            Some(Rung { width: rung.size?.width, kbps: rung.rate.get() as f64 / 1e3 })
        };
        let rungs: Option<Vec<Rung>> = ladder.iter().map(rung).collect();
        let rungs = rungs.filter(|rungs| rungs.is_sorted_by(|low, high| low.width < high.width));
        let rungs =
            rungs.with_context(|| format!("the rungs of {name} cannot be told apart by the width on screen"))?;
        let usual = USUAL.iter().find(|usual| usual.name == wanted);
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_of_ones_own_is_raced_over() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("drive.toml");
        std::fs::write(folder.path().join("drive.csv"), "duration_ms,bandwidth_kbps,latency_ms\n10000,1000,20\n")
            .unwrap();
        let text = "[network]\ntrace = \"drive.csv\"\n[[presentations]]\nname = \"film\"\n\
                    ladder = [{ kbps = 500, width = 320, height = 180 }]\n";
        std::fs::write(&file, text).unwrap();
        let circuit = Circuit::of(file.to_str().unwrap()).unwrap();
        assert_eq!((circuit.name.as_str(), circuit.rungs.len(), circuit.goals.len()), ("drive", 1, 0));
        std::fs::write(&file, "[network]\nrate_kbps = 0\nwobble = 1\n").unwrap();
        let refused = format!("{:#}", Circuit::of(file.to_str().unwrap()).unwrap_err());
        assert!(refused.contains("drive.toml: 2 mistakes") && refused.contains("wobble"), "{refused}");
        assert!(Circuit::of("no-such").unwrap_err().to_string().starts_with("there is no scenario no-such"));
    }
}
