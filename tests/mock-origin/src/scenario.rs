//! Scenarios: content, network and faults of one test, in a TOML file.
//!
//! `wire` is the file as it is written, `read` finds every mistake of form in it, `check` every mistake of meaning
//! and turns it into a [`Scenario`].

mod check;
mod check_fault;
mod check_network;
mod read;
pub mod wire;

use std::fmt;
use std::path::Path;

use crate::content::PresentationPlan;
use crate::fault::Rule;
use crate::hash::Seed;
use crate::network::NetworkPlan;

/// What an origin plays.
#[derive(Clone, Debug)]
pub struct Scenario {
    /// What it is about, for people.
    pub description: String,
    /// What all chance follows from.
    pub seed: Seed,
    /// The network.
    pub network: NetworkPlan,
    /// What there is to play; where there is nothing and no upstream, the test card is played.
    pub presentations: Vec<PresentationPlan>,
    /// What goes wrong.
    pub faults: Vec<Rule>,
}

/// A mistake in a scenario.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mistake {
    /// The key, such as `network.latency_ms` or `faults[1].kind`; empty where the file is no TOML at all.
    pub key: String,
    /// Its line, from 1, if it is known.
    pub line: Option<usize>,
    /// What is wrong.
    pub reason: String,
}

/// All mistakes of a scenario.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub struct ScenarioError(pub Vec<Mistake>);

impl fmt::Display for Mistake {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(line) = self.line {
            write!(out, "line {line}: ")?;
        }
        if !self.key.is_empty() {
            write!(out, "{}: ", self.key)?;
        }
        out.write_str(&self.reason)
    }
}

impl fmt::Display for ScenarioError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(mistakes) = self;
        match mistakes.as_slice() {
            [one] => write!(out, "{one}"),
            many => {
                let more = if many.len() < read::MOST_MISTAKES { "" } else { " or more" };
                write!(out, "{} mistakes{more}", many.len())?;
                many.iter().try_for_each(|mistake| write!(out, "\n  {mistake}"))
            }
        }
    }
}

impl Scenario {
    /// Only this network: for what has an upstream.
    pub fn network(network: NetworkPlan) -> Self {
        let (seed, presentations, faults) = (Seed::new(1), Vec::new(), Vec::new());
        Self { description: String::new(), seed, network, presentations, faults }
    }

    /// Reads a scenario; files that it names are looked for in `folder`.
    ///
    /// # Errors
    /// All mistakes in it; of more than 200, the first ones.
    pub fn read(text: &str, folder: &Path) -> Result<Self, ScenarioError> {
        let (file, mut mistakes, lines) = read::file(text);
        let scenario = check::scenario(&file, folder, &mut mistakes);
        mistakes.retain(|mistake| mistake.line.is_some() || !lines.is_broken(&mistake.key));
        for mistake in mistakes.iter_mut().filter(|mistake| mistake.line.is_none()) {
            mistake.line = lines.of(&mistake.key);
        }
        // What belongs to a key that was no good in the first place is told once.
        mistakes.sort_by(|a, b| (a.line.unwrap_or(0), &a.key).cmp(&(b.line.unwrap_or(0), &b.key)));
        mistakes.dedup_by(|later, earlier| later.key == earlier.key && later.line == earlier.line);
        mistakes.truncate(read::MOST_MISTAKES);
        if mistakes.is_empty() { Ok(scenario) } else { Err(ScenarioError(mistakes)) }
    }

    /// Reads a scenario file.
    ///
    /// # Errors
    /// All mistakes in it, or why it cannot be read.
    pub fn read_file(path: &Path) -> Result<Self, ScenarioError> {
        let text = std::fs::read_to_string(path).map_err(|error| {
            let reason = format!("cannot be read: {error}");
            ScenarioError(vec![Mistake { key: String::new(), line: None, reason }])
        })?;
        Self::read(&text, path.parent().unwrap_or(Path::new(".")))
    }

    /// The JSON schema of scenario files.
    pub fn schema() -> serde_json::Value {
        schemars::schema_for!(wire::ScenarioFile).to_value()
    }

    /// The scenario with something to play: the test card, if it names nothing itself.
    #[must_use]
    pub fn with_content(mut self) -> Self {
        if self.presentations.is_empty() {
            self.presentations = check::default_presentations();
        }
        self
    }

    /// The scenario with its first presentation's media taken from a file; one that has none gets it.
    #[must_use]
    pub fn with_clip(mut self, clip: &Path) -> Self {
        use crate::content::Source;
        self = self.with_content();
        for presentation in self.presentations.iter_mut().take(1) {
            presentation.source = Source::Clip(clip.to_owned());
            "clip".clone_into(&mut presentation.name);
            presentation.ladder.clear();
        }
        self
    }
}

#[cfg(test)]
mod tests;
