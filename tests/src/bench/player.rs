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

use std::fmt::Write as _;
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

/// Measures everything, and tells of its progress by `note`: first what needs the machine to itself. What is measured is in
/// `verdicts` even if something fails after that.
///
/// # Errors
/// When something that measures cannot be built or started.
pub async fn measure(
    networks: &Networks,
    depth: Depth,
    scratch: &Path,
    note: &dyn Fn(&str),
    verdicts: &mut Vec<Verdict>,
) -> Result<()> {
    verdicts.extend(deciding::measure(scratch, note)?);
    let raced = race::measure(depth, note).await.map(|raced| verdicts.extend(raced));
    note("what follows is in virtual time: the machine may be used for other things now");
    verdicts.extend(endurance::measure(depth, note)?);
    verdicts.extend(conditions::measure(networks, note));
    verdicts.extend(ground::measure(networks, depth, note));
    raced
}

/// The table, as Markdown.
pub fn markdown(verdicts: &[Verdict]) -> String {
    let mut text = String::from("| figure | goal | is | beside | met |\n|---|---|---|---|---|\n");
    for Verdict { figure, goal, is, beside, met } in verdicts {
        let met = match met {
            Some(true) => "yes",
            Some(false) => "NO",
            None => "-",
        };
        let _ = writeln!(text, "| {figure} | {goal} | {is} | {beside} | {met} |");
    }
    let judged = verdicts.iter().filter_map(|one| one.met);
    let _ = writeln!(text, "\n{} of {} goals met", judged.clone().filter(|&met| met).count(), judged.count());
    text
}
