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

/// Measures everything, first what needs the machine to itself. Progress is told by `note`, and each part handed to `measured`
/// as soon as it is known: it takes an hour, and whoever stops it keeps what there was.
///
/// # Errors
/// When something that measures cannot be built or started.
pub async fn measure(
    networks: &Networks,
    depth: Depth,
    scratch: &Path,
    note: &dyn Fn(&str),
    measured: &mut dyn FnMut(Vec<Verdict>),
) -> Result<()> {
    measured(deciding::measure(scratch, note)?);
    let raced = race::measure(depth, note).await.map(&mut *measured);
    note("what follows is in virtual time: the machine may be used for other things now");
    measured(endurance::measure(depth, note)?);
    conditions::measure(networks, note, measured);
    ground::measure(networks, depth, note, measured);
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
