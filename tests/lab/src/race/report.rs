//! What is printed and written of a race.

use std::fmt::Write as _;

use super::circuit::Circuit;
use super::entrant::Entrant;
use super::figures::{Figures, Heat};
use super::goals::{Verdict, median, verdicts};

/// All runs, circuit by circuit, player by player.
pub(super) struct Race<'a> {
    pub(super) circuits: &'a [Circuit],
    pub(super) entrants: &'a [Entrant],
    pub(super) heats: &'a [Heat],
}

impl Race<'_> {
    fn of<'a>(&'a self, circuit: &str, player: &str) -> Vec<&'a Heat> {
        self.heats.iter().filter(|heat| heat.scenario == circuit && heat.player == player).collect()
    }

    fn groups(&self) -> impl Iterator<Item = (&Circuit, &'static str, Vec<&Heat>)> {
        let pair = |circuit| self.entrants.iter().map(move |entrant| (circuit, entrant.name()));
        self.circuits.iter().flat_map(pair).map(|(circuit, player)| (circuit, player, self.of(&circuit.name, player)))
    }

    /// The table: the median of each player on each circuit, then each of its runs.
    pub(super) fn table(&self) -> String {
        let head = [
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
        let mut text = format!("| {} |\n|{}\n", head.join(" | "), "---|".repeat(head.len()));
        for (circuit, player, heats) in self.groups() {
            text += &median_row(circuit, player, &heats);
            for heat in heats {
                text += &row(heat);
            }
        }
        text
    }

    pub(super) fn verdicts(&self) -> Vec<Verdict> {
        self.groups().flat_map(|(circuit, player, heats)| verdicts(circuit, player, &heats)).collect()
    }

    /// Ours beside the goals, the others beside ours.
    pub(super) fn goals(&self) -> String {
        let verdicts = self.verdicts();
        let mut text =
            String::from("| scenario | goal (median) | wanted | player | is | |\n|---|---|---|---|---|---|\n");
        for verdict in &verdicts {
            let is = verdict.median.map_or("never".to_owned(), number);
            let met = if verdict.met { "met" } else { "NOT MET" };
            let Verdict { scenario, player, figure, goal, .. } = verdict;
            let _ = writeln!(text, "| {scenario} | {figure} | {goal} | {player} | {is} | {met} |");
        }
        if verdicts.is_empty() { String::new() } else { text }
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

fn median_row(circuit: &Circuit, player: &str, heats: &[&Heat]) -> String {
    let played: Vec<&Figures> = heats.iter().filter_map(|heat| heat.figures.as_ref()).collect();
    let middle = |of: fn(&Figures) -> f64, digits: usize| {
        median(played.iter().map(|figures| of(figures))).map_or("-".to_owned(), |value| format!("{value:.digits$}"))
    };
    let failed = heats.iter().filter(|heat| heat.failed.is_some()).count();
    let note = if failed > 0 { format!("{failed} of {} failed", heats.len()) } else { String::new() };
    let cells = [
        middle(|figures| figures.compile_ms, 0),
        middle(|figures| figures.first_frame_ms, 0),
        middle(|figures| figures.stalls as f64, 0),
        middle(|figures| figures.stalled_s, 1),
        middle(|figures| figures.played_kbps, 0),
        middle(|figures| figures.switches as f64, 0),
        middle(|figures| figures.buffered_s, 1),
        middle(|figures| figures.dropped_frames as f64, 0),
        middle(|figures| figures.requests as f64, 0),
        middle(|figures| figures.bytes as f64 / 1e6, 1),
        middle(|figures| figures.wasted_bytes as f64 / 1e6, 1),
    ];
    format!("| {} | {player} | median | {} | | {note} |\n", circuit.name, cells.join(" | "))
}

fn row(heat: &Heat) -> String {
    let load = heat.load_average.map_or("?".to_owned(), |load| format!("{load:.1}"));
    let failed = heat.failed.as_ref().map(|why| format!("FAILED: {why}"));
    let Some(figures) = &heat.figures else {
        let nothing = "| - ".repeat(11);
        return format!("| | | {} {nothing}| {load} | {} |\n", heat.run, failed.unwrap_or_default());
    };
    let rungs: Vec<_> = figures.rungs.iter().map(|(at, rung)| format!("{:.1}: r{rung}", at / 1e3)).collect();
    format!(
        "| | | {} | {:.0} | {:.0} | {} | {:.1} | {:.0} | {} | {:.1} | {} | {} | {:.1} | {:.1} | {load} | {}{} |\n",
        heat.run,
        figures.compile_ms,
        figures.first_frame_ms,
        figures.stalls,
        figures.stalled_s,
        figures.played_kbps,
        figures.switches,
        figures.buffered_s,
        figures.dropped_frames,
        figures.requests,
        figures.bytes as f64 / 1e6,
        figures.wasted_bytes as f64 / 1e6,
        rungs.join(", "),
        failed.map(|failed| format!("; {failed}")).unwrap_or_default(),
    )
}

/// With as many digits as matter.
fn number(value: f64) -> String {
    if value.abs() >= 100.0 { format!("{value:.0}") } else { format!("{}", (value * 10.0).round() / 10.0) }
}
