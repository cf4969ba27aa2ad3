//! The page of a run: means, distributions, differences from an earlier run, and one play in full.

use std::collections::BTreeMap;

use anyhow::{Context, Result};
use player_recording::Recording;

use super::command::COMPARED;
use super::field::{NamedTrace, Row, Summary};
use super::{Figures, Movie, Setup, record};
use crate::course::{self, Course};
use crate::page::plot::distributions;
use crate::page::{Page, how_many};
use crate::verdict::{self, Difference, Told};

type Figure = fn(&Figures) -> f64;

/// Figures whose distributions are worth a look, and what to say of them.
const FIGURES: [(&str, Figure); 4] = [
    ("QoE: the rate on screen less changes and stalls, Mbit/s; better to the right", |figures| figures.qoe),
    ("Bit rate on screen, kbit/s; better to the right", |figures| figures.bitrate_kbps),
    ("Share of the time that stood still, %; better to the left", |figures| figures.stall_pct),
    ("Mean change of the bit rate per segment, kbit/s; better to the left", |figures| figures.change_kbps),
];

/// Writes it.
pub(super) fn page(
    traces: &[NamedTrace],
    movie: &Movie,
    setups: &[Setup],
    rows: &[Row],
    summary: &[Summary],
    against: &[Difference],
    seed: u64,
) -> Result<String> {
    let names: Vec<&str> = summary.iter().map(|one| one.abr.as_str()).collect();
    let (rules, networks) = (how_many(names.len(), "rule"), how_many(traces.len(), "network"));
    let mut page = Page::new(&format!("{rules} over {networks}"));
    if let Some(best) = summary.iter().max_by(|one, other| one.mean.qoe.total_cmp(&other.mean.qoe)) {
        page.highlights(&[
            ("best mean QoE", format!("{} · {:.3}", best.abr, best.mean.qoe)),
            ("plays", rows.len().to_string()),
            ("segments", format!("{} of {:.1} s", movie.len(), movie.segment().as_seconds())),
            (
                "most media ahead",
                setups.first().map_or(String::new(), |one| format!("{} s", one.max_buffer.as_seconds())),
            ),
        ]);
    }
    page.section("Means");
    page.table(
        &["rule", "QoE", "kbit/s", "stall %", "stalls/h", "change", "score", "ramp-up, s", "wasted %"],
        &means(summary),
    );
    let told = Told { by: "network", head: ["rule", "plays"], names: &names, in_words };
    if !against.is_empty() {
        page.section("Differences from the earlier run");
        verdict::draw(&mut page, against, &told, "");
    }
    page.section("How plays are distributed");
    page.legend(&names);
    for (caption, figure) in FIGURES {
        let of_rule =
            |name: &&str| rows.iter().filter(|row| row.abr == *name).map(|row| figure(&row.figures)).collect();
        page.figure(caption, &distributions(&names.iter().map(of_rule).collect::<Vec<_>>()));
    }
    let between = between(rows, &names);
    if let Some(first) = names.first().filter(|_| !between.is_empty()) {
        page.section(&format!("Each rule less {first}"));
        verdict::draw(&mut page, &between, &told, "Another order of --abr compares with another.");
    }
    if let Some(trace) = median_trace(traces, rows, names.first().copied().unwrap_or_default()) {
        page.section("One play in full");
        page.words(&format!(
            "{}: the network on which {} has its median QoE.",
            trace.name,
            names.first().unwrap_or(&"")
        ));
        let courses = setups.iter().zip(&names).map(|(setup, name)| {
            let recorder = record(&trace.trace, movie, setup).1;
            let recording = Recording::read(&recorder.finish()?)?;
            Ok(((*name).to_owned(), Course::of(&recording)?))
        });
        let courses: Vec<(String, Course)> = courses.collect::<Result<_>>().context("the play in full")?;
        let named: Vec<_> = courses.iter().map(|(name, course)| (name.as_str(), course)).collect();
        course::draw(&mut page, &named, Some(&trace.trace));
    }
    page.fact("seed", &seed.to_string());
    Ok(page.to_html())
}

fn means(summary: &[Summary]) -> Vec<Vec<String>> {
    let row = |one: &Summary| {
        let mean = &one.mean;
        vec![
            one.abr.clone(),
            format!("{:.3}", mean.qoe),
            format!("{:.0}", mean.bitrate_kbps),
            format!("{:.2}", mean.stall_pct),
            format!("{:.1}", mean.events_per_hour),
            format!("{:.0}", mean.change_kbps),
            format!("{:.3}", mean.score),
            format!("{:.1}", mean.rampup_s),
            format!("{:.2}", mean.bytes_wasted_pct),
        ]
    };
    summary.iter().map(row).collect()
}

/// What each rule has more than the first one on the same networks.
fn between(rows: &[Row], names: &[&str]) -> Vec<Difference> {
    let Some((first, others)) = names.split_first() else { return Vec::new() };
    let of_rule = |name: &str| {
        let rows = rows.iter().filter(|row| row.abr == name);
        rows.map(|row| (row.trace.as_str(), serde_json::json!(row))).collect::<BTreeMap<_, _>>()
    };
    let first = of_rule(first);
    let others: Vec<_> = others.iter().map(|name| (*name, of_rule(name))).collect();
    let pairs = others.iter().flat_map(|(name, rows)| {
        rows.iter().filter_map(|(trace, row)| Some(((*name).to_owned(), row, first.get(trace)?)))
    });
    verdict::differences(pairs, COMPARED)
}

fn in_words(figure: &str) -> &str {
    match figure {
        "qoe" => "QoE, Mbit/s; better to the right",
        "bitrate_kbps" => "Bit rate on screen, kbit/s; better to the right",
        "change_kbps" => "Change of the bit rate, kbit/s; better to the left",
        "stall_pct" => "Share of the time that stood still, percentage points; better to the left",
        "score" => "Score; better to the right",
        other => other,
    }
}

/// The network of a rule's median play.
fn median_trace<'a>(traces: &'a [NamedTrace], rows: &[Row], rule: &str) -> Option<&'a NamedTrace> {
    let mut of_rule: Vec<_> = rows.iter().filter(|row| row.abr == rule).collect();
    of_rule.sort_by(|one, other| one.figures.qoe.total_cmp(&other.figures.qoe));
    let median = of_rule.get(of_rule.len() / 2)?;
    traces.iter().find(|trace| trace.name == median.trace)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rules_of_one_run_are_paired_by_network() {
        let row = |abr: &str, trace: &str, qoe: f64| Row {
            trace: trace.to_owned(),
            abr: abr.to_owned(),
            figures: Figures { qoe, ..Figures::default() },
        };
        let rows = [row("a", "x", 1.0), row("a", "y", 5.0), row("b", "x", 2.0), row("b", "y", 6.0), row("b", "z", 9.0)];
        let between = between(&rows, &["a", "b"]);
        let qoe = between.iter().find(|one| one.figure == "qoe").unwrap();
        assert_eq!((qoe.name.as_str(), qoe.pairs, qoe.mean, qoe.range.clone()), ("b", 2, 1.0, 1.0..1.0));
        assert_eq!(super::between(&rows, &["a"]), []);
    }
}
