//! Ours against players of others, in Chromium, before the same origin.

use anyhow::Result;
use player_lab::race::command::Options;

use super::{Depth, Verdict};

/// Races over the usual circuits with the usual players.
pub(super) async fn measure(depth: Depth, note: &dyn Fn(&str)) -> Result<Vec<Verdict>> {
    let runs = match depth {
        Depth::Quick => 3,
        Depth::Full => 5,
    };
    note("race in Chromium ...");
    let all = Options::usual(runs).verdicts().await?;
    let text = |median: Option<f64>| median.map_or("never".to_owned(), |value| format!("{:.1}", value));
    let (ours, theirs): (Vec<_>, Vec<_>) = all.into_iter().partition(|one| one.player == "matinee");
    let verdict = |one: player_lab::race::Verdict| {
        let alike = theirs.iter().filter(|other| (&other.scenario, &other.figure) == (&one.scenario, &one.figure));
        let beside: Vec<_> = alike.map(|other| format!("{}: {}", other.player, text(other.median))).collect();
        Verdict {
            figure: format!("{}: {} (median of {runs})", one.scenario, one.figure),
            goal: one.goal,
            is: text(one.median),
            beside: beside.join(", "),
            met: Some(one.met),
        }
    };
    Ok(ours.into_iter().map(verdict).collect())
}
