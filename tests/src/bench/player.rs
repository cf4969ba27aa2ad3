//! What the player is measured by: recorded networks in virtual time (`player/networks.rs`, `player/ground.rs`), a race in
//! Chromium (`player/race.rs`), and what the core costs (`player/deciding.rs`,
//! `player/endurance.rs`). Each figure stands beside its goal.

mod conditions;
mod deciding;
mod endurance;
mod ground;
mod networks;
mod published;
mod race;

use std::fmt;
use std::path::Path;

use anyhow::Result;
use serde::Serialize;

pub use networks::Networks;

/// How much is measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Depth {
    /// Three runs of the race, and a dozen networks of each set on other ground.
    Quick,
    /// Five runs, and five times as many.
    Full,
}

/// One of the things that are measured, in this order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Part {
    /// How long a decision takes, natively and in wasm.
    Decisions,
    /// Ours and others in Chromium.
    Race,
    /// What the core holds after hours and days of live.
    Memory,
    /// The recorded networks.
    Conditions,
    /// The same altered, with other buffers, segments, latencies and ladders.
    Ground,
}

/// One line of the table.
#[derive(Clone, Debug, Serialize)]
pub struct Verdict {
    /// What was measured.
    pub figure: String,
    /// What is wanted of it.
    pub goal: String,
    /// What it is.
    pub is: String,
    /// The same of somebody else, in the same run.
    pub beside: String,
    /// Whether it is what is wanted; absent where nothing is.
    pub met: Option<bool>,
}

/// Measures these parts, or all if none is named, first what needs the machine to itself. Progress is told by `note`, and each
/// part handed to `measured` as soon as it is known: all of it takes over an hour, and whoever stops it keeps what there was.
///
/// # Errors
/// When something that measures cannot be built or started.
pub async fn measure(
    networks: &Networks,
    depth: Depth,
    parts: &[Part],
    scratch: &Path,
    note: &dyn Fn(&str),
    measured: &mut dyn FnMut(Vec<Verdict>),
) -> Result<()> {
    let asks_for = |part| parts.is_empty() || parts.contains(&part);
    if asks_for(Part::Decisions) {
        measured(deciding::measure(scratch, note)?);
    }
    let raced = if asks_for(Part::Race) { race::measure(depth, note).await.map(&mut *measured) } else { Ok(()) };
    note("what follows is in virtual time: the machine may be used for other things now");
    if asks_for(Part::Memory) {
        measured(endurance::measure(depth, note)?);
    }
    if asks_for(Part::Conditions) {
        conditions::measure(networks, note, measured);
    }
    if asks_for(Part::Ground) {
        ground::measure(networks, depth, note, measured);
    }
    raced
}

/// How the table of verdicts begins, as Markdown.
pub const TABLE_HEAD: &str = "| figure | goal | is | beside | met |\n|---|---|---|---|---|";

impl fmt::Display for Verdict {
    /// Its line of the table.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { figure, goal, is, beside, met } = self;
        let met = match met {
            Some(true) => "yes",
            Some(false) => "NO",
            None => "-",
        };
        write!(f, "| {figure} | {goal} | {is} | {beside} | {met} |")
    }
}

/// What stands below the table.
pub fn tally(verdicts: &[Verdict]) -> String {
    let judged = verdicts.iter().filter_map(|one| one.met);
    format!("{} of {} goals met", judged.clone().filter(|&met| met).count(), judged.count())
}
