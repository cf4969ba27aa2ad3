//! `matinee-lab replay`: plays a recording again, and shows what was decided and why.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, Result};
use clap::Args;
use player_recording::Recording;
use serde::Serialize;

use crate::course::{self, Course};
use crate::page::Page;
use crate::results::{self, Outputs};
use crate::table::many;
use crate::verdict::{Compared, Wanted};

/// Plays a recording again, and shows why each choice was made.
#[derive(Args, Clone, Debug)]
pub struct Replay {
    /// A file that `simulate --record` wrote.
    file: PathBuf,
    #[command(flatten)]
    outputs: Outputs,
    #[command(flatten)]
    wanted: Wanted,
}

/// One choice as a row.
#[derive(Clone, Debug, Serialize)]
struct Row {
    at_s: f64,
    segment: usize,
    variant: String,
    buffer_s: f64,
    throughput_kbps: u64,
    why: String,
}

fn rows(course: &Course) -> Vec<Row> {
    let row = |decided: &course::Decided| Row {
        at_s: decided.at,
        segment: decided.account.segment,
        variant: decided.rung().map_or_else(|| "–".to_owned(), |rung| rung.to_string()),
        buffer_s: decided.account.level.as_seconds(),
        throughput_kbps: decided.account.throughput.get() / 1_000,
        why: decided.account.to_string(),
    };
    course.decided.iter().map(row).collect()
}

impl Replay {
    /// Does it.
    pub fn run(self) -> ExitCode {
        results::exit(self.play())
    }

    /// Sentences for the expectations that were missed.
    fn play(&self) -> Result<Vec<String>> {
        let name = self.file.display();
        let file = fs::read(&self.file).with_context(|| format!("cannot read {name}"))?;
        let recording = Recording::read(&file).with_context(|| format!("{name}"))?;
        let course = Course::of(&recording).with_context(|| format!("{name}"))?;
        let rows = rows(&course);
        let stats = &course.stats;
        let document = serde_json::json!({
            "rule": recording.config.rule.to_string(),
            "steps": course.steps,
            "digest": course.digest.to_string(),
            "summary": {
                "length_s": course.length,
                "startup_s": stats.startup.map(|time| time.as_secs_f64()),
                "stalls": stats.stalls,
                "stalled_s": stats.stalled.as_secs_f64(),
                "switches": stats.switches,
                "choices": rows.len(),
            },
            "choices": rows,
        });
        let verdict = self.wanted.judge(&Compared {
            document: &document,
            summary: "summary",
            of: None,
            rows: "choices",
            row: &["segment"],
            group: &[],
            figures: &["at_s", "buffer_s", "throughput_kbps"],
            config: &[],
        })?;
        let html = page(&self.file, &recording, &course, &rows);
        if self.outputs.write(&document.to_string(), &csv(&rows), &html)? {
            return Ok(verdict.missed);
        }
        let mut text =
            format!("{:>9}  {:>7}  {:>7}  {:>8}  {:>12}  why\n", "time", "segment", "variant", "buffer", "expected");
        for row in &rows {
            text += &format!(
                "{:>7.2} s  {:>7}  {:>7}  {:>6.1} s  {:>5} kbit/s  {}\n",
                row.at_s, row.segment, row.variant, row.buffer_s, row.throughput_kbps, row.why
            );
        }
        text += &format!(
            "\nThe same play, step by step: {}, {:.1} s, digest {}. {}: {}, {:.1} s; {}\n{}",
            many(course.steps, "step", "steps"),
            course.length,
            course.digest,
            recording.config.rule,
            many(usize::try_from(stats.stalls)?, "stall", "stalls"),
            stats.stalled.as_secs_f64(),
            many(usize::try_from(stats.switches)?, "switch", "switches"),
            verdict.table(),
        );
        results::print(&text)?;
        Ok(verdict.missed)
    }
}

fn csv(rows: &[Row]) -> String {
    let line = |row: &Row| {
        let Row { at_s, segment, variant, buffer_s, throughput_kbps, why } = row;
        format!("{at_s},{segment},{variant},{buffer_s},{throughput_kbps},\"{why}\"\n")
    };
    let head = "at_s,segment,variant,buffer_s,throughput_kbps,why\n";
    std::iter::once(head.to_owned()).chain(rows.iter().map(line)).collect()
}

fn page(file: &Path, recording: &Recording, course: &Course, rows: &[Row]) -> String {
    let name = file.file_stem().unwrap_or_default().to_string_lossy();
    let rule = recording.config.rule.to_string();
    let mut page = Page::new(&format!("{name}, replayed"));
    let stats = &course.stats;
    page.highlights(&[
        ("rule", rule.clone()),
        ("first frame after", stats.startup.map_or("–".to_owned(), |time| format!("{:.2} s", time.as_secs_f64()))),
        ("stalls", format!("{}, {:.1} s", stats.stalls, stats.stalled.as_secs_f64())),
        ("switches", stats.switches.to_string()),
        ("choices", rows.len().to_string()),
    ]);
    page.section("Over time");
    course::draw(&mut page, &[(&rule, course)], None);
    page.section("Why each choice was made");
    let cells = |row: &Row| {
        vec![
            format!("{:.2}", row.at_s),
            row.segment.to_string(),
            row.variant.clone(),
            format!("{:.1}", row.buffer_s),
            row.throughput_kbps.to_string(),
            row.why.clone(),
        ]
    };
    let head = ["time, s", "segment", "variant", "buffer, s", "expected, kbit/s", "why"];
    page.table(&head, &rows.iter().map(cells).collect::<Vec<_>>());
    page.fact("recording", &file.display().to_string());
    page.fact(
        "digest",
        &format!("{} over {} steps, all answered as when it was recorded", course.digest, course.steps),
    );
    page.to_html()
}
