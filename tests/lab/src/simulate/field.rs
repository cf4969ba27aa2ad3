//! Many plays at once: every rule on every trace, on all cores, with progress, and what comes out as one document.

use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use serde::Serialize;

use super::{Figures, Setup};
use crate::table::median;
use crate::trace::Trace;

/// A trace and what it is called in reports.
#[derive(Clone, Debug)]
pub struct NamedTrace {
    /// Path below the folder that was read.
    pub name: String,
    /// The network.
    pub trace: Trace,
}

/// One play.
#[derive(Clone, Debug, Serialize)]
pub struct Row {
    /// Which network.
    pub trace: String,
    /// Which rule.
    pub abr: String,
    /// What came of it.
    #[serde(flatten)]
    pub figures: Figures,
}

/// All plays of one rule.
#[derive(Clone, Debug, Serialize)]
pub struct Summary {
    /// Which rule.
    pub abr: String,
    /// How many plays.
    pub n: usize,
    /// Of each figure.
    pub mean: Figures,
    /// Of each figure.
    pub median: Figures,
}

/// Files below `folder`, in order of their names.
///
/// # Errors
/// When a folder cannot be read.
pub fn files_below(folder: &Path) -> std::io::Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder)? {
            let path = entry?.path();
            if path.is_dir() { folders.push(path) } else { files.push(path) }
        }
    }
    files.sort();
    Ok(files)
}

/// Plays every setup over every trace by `play`, on all cores; rows are in the order of setups, then of traces.
pub fn play_all(
    traces: &[NamedTrace],
    setups: &[Setup],
    play: impl Fn(&NamedTrace, &Setup) -> Figures + Sync,
) -> Vec<Row> {
    let jobs: Vec<_> = setups.iter().flat_map(|setup| traces.iter().map(move |trace| (setup, trace))).collect();
    let next = AtomicUsize::new(0);
    let done = Mutex::new(Vec::with_capacity(jobs.len()));
    let work = || {
        while let Some((index, (setup, trace))) =
            Some(next.fetch_add(1, Ordering::Relaxed)).and_then(|index| Some((index, jobs.get(index)?)))
        {
            let figures = play(trace, setup);
            let row = Row { trace: trace.name.clone(), abr: setup.rule.to_string(), figures };
            done.lock().unwrap_or_else(std::sync::PoisonError::into_inner).push((index, row));
        }
    };
    std::thread::scope(|scope| {
        let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        (0..cores).for_each(|_| drop(scope.spawn(work)));
    });
    let mut rows = done.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner);
    rows.sort_by_key(|(index, _)| *index);
    rows.into_iter().map(|(_, row)| row).collect()
}

/// Means and medians by rule, in the order in which rules come.
pub fn summarise(rows: &[Row]) -> Vec<Summary> {
    let mut rules: Vec<&str> = Vec::new();
    for row in rows {
        if !rules.contains(&row.abr.as_str()) {
            rules.push(&row.abr);
        }
    }
    let of_rule = |rule: &str| rows.iter().filter(|row| row.abr == rule).map(|row| row.figures).collect::<Vec<_>>();
    let summary = |rule: &str| {
        let figures = of_rule(rule);
        let mean = |values: Vec<f64>| values.iter().sum::<f64>() / values.len().max(1) as f64;
        let n = figures.len();
        Summary {
            abr: rule.to_owned(),
            n,
            mean: each(&figures, mean),
            median: each(&figures, |values| median(values).unwrap_or(0.0)),
        }
    };
    rules.into_iter().map(summary).collect()
}

/// One figure out of many, for each kind.
fn each(all: &[Figures], of: impl Fn(Vec<f64>) -> f64) -> Figures {
    let one = |value: fn(&Figures) -> f64| of(all.iter().map(value).collect());
    Figures {
        bitrate_kbps: one(|figures| figures.bitrate_kbps),
        stall_pct: one(|figures| figures.stall_pct),
        stall_s: one(|figures| figures.stall_s),
        events_per_hour: one(|figures| figures.events_per_hour),
        change_kbps: one(|figures| figures.change_kbps),
        score: one(|figures| figures.score),
        qoe: one(|figures| figures.qoe),
        rampup_s: one(|figures| figures.rampup_s),
        reaction_s: one(|figures| figures.reaction_s),
        bytes_wasted_pct: one(|figures| figures.bytes_wasted_pct),
    }
}
