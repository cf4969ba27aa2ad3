//! What is printed and written of a race.

use std::fmt::Write as _;

use serde_json::{Map, Value, json};

use super::circuit::Circuit;
use super::entrant::Entrant;
use super::figures::{Figures, Heat};
use super::goals::{Verdict, verdicts};
use crate::table::{markdown, median};

/// Columns of the table.
pub(super) const HEAD: [&str; 16] = [
    "scenario",
    "player",
    "run",
    "compile ms",
    "first frame ms",
    "stalls",
    "stalled s",
    "played kbit/s",
    "switches",
    "buffer s",
    "dropped",
    "requests",
    "MB",
    "wasted MB",
    "load",
    "on screen (s: rung)",
];
/// Columns of the goals.
pub(super) const GOALS_HEAD: [&str; 6] = ["scenario", "goal (median)", "wanted", "player", "is", ""];

/// Figures of a run whose medians are told.
const SUMMED: [&str; 12] = [
    "compile_ms",
    "first_frame_ms",
    "top_ms",
    "stalls",
    "stalled_s",
    "played_kbps",
    "switches",
    "buffered_s",
    "dropped_frames",
    "requests",
    "bytes",
    "wasted_bytes",
];

/// Figures that runs are compared by.
pub(super) const COMPARED: &[&str] =
    &["first_frame_ms", "stalls", "stalled_s", "played_kbps", "switches", "wasted_bytes"];

type Of = fn(&Figures) -> f64;

/// The figures of the table, and how many digits matter.
const FIGURES: [(Of, usize); 11] = [
    (|figures| figures.compile_ms, 0),
    (|figures| figures.first_frame_ms, 0),
    (|figures| figures.stalls as f64, 0),
    (|figures| figures.stalled_s, 1),
    (|figures| figures.played_kbps, 0),
    (|figures| figures.switches as f64, 0),
    (|figures| figures.buffered_s, 1),
    (|figures| figures.dropped_frames as f64, 0),
    (|figures| figures.requests as f64, 0),
    (|figures| figures.bytes as f64 / 1e6, 1),
    (|figures| figures.wasted_bytes as f64 / 1e6, 1),
];

/// All runs, circuit by circuit, player by player.
pub(super) struct Race<'a> {
    pub(super) circuits: &'a [Circuit],
    pub(super) entrants: &'a [Entrant],
    pub(super) heats: &'a [Heat],
}

impl<'a> Race<'a> {
    pub(super) fn of(&self, circuit: &str, player: &str) -> Vec<&'a Heat> {
        self.heats.iter().filter(|heat| heat.scenario == circuit && heat.player == player).collect()
    }

    fn groups(&self) -> impl Iterator<Item = (&'a Circuit, &'a str, Vec<&'a Heat>)> {
        let pair = |circuit| self.entrants.iter().map(move |entrant| (circuit, entrant.name()));
        self.circuits
            .iter()
            .flat_map(pair)
            .map(move |(circuit, player)| (circuit, player, self.of(&circuit.name, player)))
    }

    /// The median of each player on each circuit, then each of its runs; columns as in [`HEAD`].
    pub(super) fn rows(&self) -> Vec<Vec<String>> {
        let rows = |(circuit, player, heats): (&Circuit, &str, Vec<&Heat>)| {
            std::iter::once(median_row(circuit, player, &heats))
                .chain(heats.iter().map(|heat| row(heat)))
                .collect::<Vec<_>>()
        };
        self.groups().flat_map(rows).collect()
    }

    /// [`Self::rows`] for a terminal and for Markdown.
    pub(super) fn table(&self) -> String {
        markdown(&HEAD, &self.rows())
    }

    pub(super) fn verdicts(&self) -> Vec<Verdict> {
        self.groups().flat_map(|(circuit, player, heats)| verdicts(circuit, player, &heats)).collect()
    }

    /// Ours beside the goals, the others beside ours; columns as in [`GOALS_HEAD`].
    pub(super) fn goal_rows(&self) -> Vec<Vec<String>> {
        let row = |verdict: Verdict| {
            let is = verdict.median.map_or("never".to_owned(), number);
            let met = if verdict.met { "met" } else { "NOT MET" };
            vec![verdict.scenario, verdict.figure, verdict.goal, verdict.player, is, met.to_owned()]
        };
        self.verdicts().into_iter().map(row).collect()
    }

    /// [`Self::goal_rows`] for a terminal and for Markdown; nothing where nothing is wanted.
    pub(super) fn goals(&self) -> String {
        let rows = self.goal_rows();
        if rows.is_empty() { String::new() } else { markdown(&GOALS_HEAD, &rows) }
    }

    /// The median of each figure by circuit and player, of the runs that played.
    pub(super) fn medians(&self) -> Vec<Value> {
        let medians = |(circuit, player, heats): (&Circuit, &str, Vec<&Heat>)| {
            let of = |figure: &str| {
                let values = heats.iter().filter_map(|heat| json!(heat.figures).get(figure)?.as_f64());
                median(values).map(|value| (figure.to_owned(), json!(value)))
            };
            let figures: Map<String, Value> = SUMMED.iter().filter_map(|figure| of(figure)).collect();
            let failed = heats.iter().filter(|heat| heat.failed.is_some()).count();
            json!({ "scenario": circuit.name, "player": player, "n": heats.len(), "failed": failed, "median": figures })
        };
        self.groups().map(medians).collect()
    }

    /// Where the origin's log tells another story than the page.
    pub(super) fn doubts(&self) -> String {
        let doubtful = self.heats.iter().filter(|heat| !heat.differences.is_empty());
        let sentence = |heat: &Heat| {
            format!("{} {} run {}: {}\n", heat.scenario, heat.player, heat.run, heat.differences.join("; "))
        };
        doubtful.map(sentence).collect()
    }

    /// A line for each run.
    pub(super) fn csv(&self) -> String {
        let mut text = String::from(
            "scenario,player,run,failed,compile_ms,first_frame_ms,first_rung,top_ms,stalls,stalled_s,played_kbps,switches,\
             buffered_s,dropped_frames,requests,bytes,wasted_bytes,load_average\n",
        );
        for heat in self.heats {
            let failed = heat.failed.as_deref().unwrap_or_default().replace('"', "\"\"");
            let load = heat.load_average.map(|load| load.to_string()).unwrap_or_default();
            let figures = heat.figures.as_ref().map_or_else(|| ",".repeat(12), csv_figures);
            let _ = writeln!(text, "{},{},{},\"{failed}\",{figures},{load}", heat.scenario, heat.player, heat.run);
        }
        text
    }
}

fn csv_figures(figures: &Figures) -> String {
    let top = figures.top_ms.map(|at| format!("{at:.0}")).unwrap_or_default();
    format!(
        "{:.0},{:.0},{},{top},{},{:.2},{:.0},{},{:.1},{},{},{},{}",
        figures.compile_ms,
        figures.first_frame_ms,
        figures.first_rung,
        figures.stalls,
        figures.stalled_s,
        figures.played_kbps,
        figures.switches,
        figures.buffered_s,
        figures.dropped_frames,
        figures.requests,
        figures.bytes,
        figures.wasted_bytes,
    )
}

fn median_row(circuit: &Circuit, player: &str, heats: &[&Heat]) -> Vec<String> {
    let played: Vec<&Figures> = heats.iter().filter_map(|heat| heat.figures.as_ref()).collect();
    let middle = |of: fn(&Figures) -> f64, digits: usize| {
        median(played.iter().map(|figures| of(figures))).map_or("-".to_owned(), |value| format!("{value:.digits$}"))
    };
    let failed = heats.iter().filter(|heat| heat.failed.is_some()).count();
    let note = if failed > 0 { format!("{failed} of {} failed", heats.len()) } else { String::new() };
    let mut cells = vec![circuit.name.clone(), player.to_owned(), "median".to_owned()];
    cells.extend(FIGURES.map(|(of, digits)| middle(of, digits)));
    cells.extend([String::new(), note]);
    cells
}

fn row(heat: &Heat) -> Vec<String> {
    let load = heat.load_average.map_or("?".to_owned(), |load| format!("{load:.1}"));
    let rung = |(at, rung): &(f64, usize)| format!("{:.1}: r{rung}", at / 1e3);
    let rungs = heat.figures.iter().flat_map(|figures| figures.rungs.iter().map(rung));
    let said: Vec<String> = rungs.chain(heat.failed.iter().map(|why| format!("FAILED: {why}"))).collect();
    let figure = |(of, digits): (Of, usize)| {
        heat.figures.as_ref().map_or("-".to_owned(), |figures| format!("{:.digits$}", of(figures)))
    };
    let mut cells = vec![String::new(), String::new(), heat.run.to_string()];
    cells.extend(FIGURES.map(figure));
    cells.extend([load, said.join(", ")]);
    cells
}

/// With as many digits as matter.
fn number(value: f64) -> String {
    if value.abs() >= 100.0 { format!("{value:.0}") } else { format!("{}", (value * 10.0).round() / 10.0) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::race::figures::Outcome;

    #[test]
    fn a_run_that_failed_is_printed_and_counts_as_the_worst() {
        let circuits = [Circuit::of("steady-8").unwrap()];
        let outcome = Outcome::failed("no \"frame\" within 30 s".to_owned());
        let heats = [Heat::new(1, &Entrant::Dash, &circuits[0], Some(1.5), outcome)];
        let race = Race { circuits: &circuits, entrants: &[Entrant::Dash], heats: &heats };
        let table = race.table();
        assert!(table.contains("| FAILED: no \"frame\" within 30 s |") && table.contains("1 of 1 failed"), "{table}");
        assert!(table.lines().all(|line| line.matches('|').count() == HEAD.len() + 1), "{table}");
        assert!(race.verdicts().iter().all(|verdict| !verdict.met && verdict.median.is_none()));
        let csv = race.csv();
        let (head, row) = csv.trim_end().split_once('\n').unwrap();
        assert!(row.contains("\"no \"\"frame\"\" within 30 s\""), "{row}");
        assert_eq!(head.matches(',').count(), row.matches(',').count(), "{csv}");
    }
}
