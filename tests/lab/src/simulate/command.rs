//! `matinee-lab simulate`: arguments, files, and what is printed.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use clap::Args;
use media_model::MediaDuration;
use player_core::abr::Rule;
use player_recording::Recorder;
use serde_json::{Value, json};

use super::field::{self, Row, Summary};
use super::networks::{Found, Networks, one_or_more};
use super::{Movie, Progress, Setup, html, length, record, simulate};
use crate::results::{self, Outputs};
use crate::table::{many, markdown};
use crate::verdict::{Compared, Verdict, Wanted};

/// Figures that are compared.
pub(super) const COMPARED: &[&str] = &["qoe", "bitrate_kbps", "change_kbps", "stall_pct", "score"];

/// What of the configuration changes what plays come to, whatever the rules are.
const CONDITIONS: &[&str] = &[
    "movie",
    "max_buffer_s",
    "max_segments",
    "ramp_rung",
    "segment_length_s",
    "sizes",
    "progress_in_bursts",
    "seed",
    "latency_ms",
    "reverse",
    "rotate_s",
    "scale",
    "move_step_s",
    "jitter",
    "bursts",
];

/// Plays recorded networks in virtual time.
#[derive(Args, Clone, Debug)]
pub struct Simulate {
    #[command(flatten)]
    networks: Networks,
    /// Movie file: ladder and sizes of the segments.
    #[arg(long, value_name = "FILE")]
    movie: PathBuf,
    /// Cuts the movie anew into segments of so many seconds. Within an old segment bits are spread evenly; what is left at
    /// the end is dropped. --max-segments counts the new ones.
    #[arg(long, value_name = "SECONDS")]
    segment_length: Option<f64>,
    /// The most media ahead, in seconds.
    #[arg(long, value_name = "SECONDS")]
    max_buffer: f64,
    /// Plays only so many segments.
    #[arg(long, value_name = "N", value_parser = one_or_more)]
    max_segments: Option<usize>,
    /// Ramp-up ends with this rung, counted from zero; without it, with the one that the network carries then.
    #[arg(long, value_name = "K")]
    ramp_rung: Option<usize>,
    /// Playlists do not tell the sizes of segments.
    #[arg(long)]
    no_sizes: bool,
    /// The player hears of bytes only when a burst of 16 to 64 kB has arrived, each drawn with --seed; the link is the same.
    #[arg(long)]
    progress_in_bursts: bool,
    /// Rules to compare, such as matinee,bola-e-sw. One that is not known is answered with the list of all; an option that
    /// does nothing for its rule, with those that it takes.
    #[arg(long, value_name = "NAME,..", value_delimiter = ',', required = true)]
    abr: Vec<String>,
    #[command(flatten)]
    outputs: Outputs,
    /// Writes every play down in this folder, for `replay`.
    #[arg(long, value_name = "DIR")]
    record: Option<PathBuf>,
    #[command(flatten)]
    wanted: Wanted,
}

impl Simulate {
    /// Does it.
    #[expect(clippy::print_stderr, reason = "this is what the user reads")]
    pub fn run(self) -> ExitCode {
        let (rules, max_buffer) = match self.usage() {
            Ok(usage) => usage,
            Err(error) => {
                eprintln!("{error:#}");
                return ExitCode::from(2);
            }
        };
        results::exit(self.play(&rules, max_buffer))
    }

    /// The rules and the most media ahead, if the options make sense.
    fn usage(&self) -> Result<(Vec<Rule>, MediaDuration)> {
        let rules = self.abr.iter().map(|name| Ok(name.parse()?)).collect::<Result<Vec<Rule>>>()?;
        for (index, name) in self.abr.iter().enumerate() {
            if self.abr[..index].contains(name) {
                bail!("--abr names {name} twice: rows go by the name");
            }
        }
        let max_buffer = MediaDuration::from_seconds(self.max_buffer).filter(|time| *time > MediaDuration::ZERO);
        let max_buffer =
            max_buffer.with_context(|| format!("--max-buffer must be above zero, not {}", self.max_buffer))?;
        self.networks.alterations()?;
        if let Some(rung) = self.ramp_rung {
            let rungs = self.read_movie().map_or(usize::MAX, |movie| movie.bitrates().len());
            if rung >= rungs {
                bail!(
                    "--ramp-rung counts from zero, and {} has {rungs} rungs: there is no {rung}",
                    self.movie.display()
                );
            }
        }
        Ok((rules, max_buffer))
    }

    /// Sentences for the expectations that were missed.
    #[expect(clippy::print_stderr, reason = "standard output may be a document")]
    fn play(&self, rules: &[Rule], max_buffer: MediaDuration) -> Result<Vec<String>> {
        let movie = self.read_movie()?;
        let Found { traces, passed_over } = self.networks.read()?;
        if let Some(first) = passed_over.first() {
            let more =
                if passed_over.len() > 1 { format!(" and {} more", passed_over.len() - 1) } else { String::new() };
            eprintln!("passed over, being no trace: {first}{more}");
        }
        let setup = |rule: &Rule| Setup {
            rule: *rule,
            max_buffer,
            max_segments: self.max_segments,
            ramp_rung: self.ramp_rung,
            sizes: !self.no_sizes,
            progress: if self.progress_in_bursts {
                Progress::Bursts { seed: self.networks.seed }
            } else {
                Progress::Even
            },
        };
        let setups: Vec<_> = rules.iter().map(setup).collect();
        let begun = Instant::now();
        let bar = indicatif::ProgressBar::new((setups.len() * traces.len()) as u64);
        let lost = Mutex::new(None);
        // Rows have the names that rules were asked for by: what belongs to one name may be written in several ways.
        let name = |setup: &Setup| {
            let at = setups.iter().position(|one| std::ptr::eq(one, setup));
            at.and_then(|at| self.abr.get(at)).map_or("", String::as_str)
        };
        let mut rows = field::play_all(&traces, &setups, |trace, setup| {
            let figures = match &self.record {
                None => simulate(&trace.trace, &movie, setup),
                Some(folder) => {
                    let (figures, recorder) = record(&trace.trace, &movie, setup);
                    if let Err(error) = keep(folder, &trace.name, name(setup), &recorder) {
                        lost.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(error);
                    }
                    figures
                }
            };
            bar.inc(1);
            figures
        });
        bar.finish_and_clear();
        let names = self.abr.iter().flat_map(|name| traces.iter().map(move |_| name));
        rows.iter_mut().zip(names).for_each(|(row, name)| row.abr.clone_from(name));
        if let Some(error) = lost.into_inner().unwrap_or_else(PoisonError::into_inner) {
            return Err(error);
        }
        let media: Duration =
            setups.iter().map(|setup| length(&movie, setup)).sum::<Duration>() * u32::try_from(traces.len())?;
        let summary = field::summarise(&rows);
        let document = json!({ "config": self.config(), "rows": rows, "summary": summary });
        let verdict = self.wanted.judge(&Compared {
            document: &document,
            summary: "summary",
            of: Some("mean"),
            rows: "rows",
            row: &["abr", "trace"],
            group: &["abr"],
            figures: COMPARED,
            config: CONDITIONS,
        })?;
        if let Some(warning) = verdict.warning() {
            eprintln!("{warning}");
        }
        let html = if self.outputs.want_page() {
            html::page(&traces, &movie, &setups, &rows, &summary, &verdict.against, self.networks.seed)?
        } else {
            String::new()
        };
        let took = begun.elapsed();
        if !self.outputs.write(&document.to_string(), &csv(&rows)?, &html)? {
            results::print(&said(&summary, &verdict, rows.len(), media, took))?;
        }
        Ok(verdict.missed)
    }

    fn read_movie(&self) -> Result<Movie> {
        let path = self.movie.display();
        let movie = Movie::read(&read(&self.movie)?).with_context(|| format!("{path} is no movie"))?;
        let Some(length) = self.segment_length else { return Ok(movie) };
        let recut = MediaDuration::from_seconds(length).and_then(|length| movie.cut_anew(length));
        recut.with_context(|| format!("{path} cannot be cut into segments of {length} s"))
    }

    fn config(&self) -> Value {
        let mut config = json!({
            "version": env!("CARGO_PKG_VERSION"),
            "command": std::env::args().collect::<Vec<_>>().join(" "),
            "movie": self.movie,
            "max_buffer_s": self.max_buffer,
            "max_segments": self.max_segments,
            "ramp_rung": self.ramp_rung,
            "segment_length_s": self.segment_length,
            "sizes": !self.no_sizes,
            "progress_in_bursts": self.progress_in_bursts,
            "abr": self.abr,
        });
        if let (Some(config), Value::Object(networks)) = (config.as_object_mut(), self.networks.config()) {
            config.extend(networks);
        }
        config
    }
}

/// What is printed if nothing else is.
fn said(summary: &[Summary], verdict: &Verdict, plays: usize, media: Duration, took: Duration) -> String {
    let (seconds, against) = (took.as_secs_f64(), verdict.table());
    let speed = media.as_secs_f64() / seconds;
    let plays = many(plays, "play", "plays");
    format!("{}{against}\n{plays} in {seconds:.1} s, {speed:.0} times real time\n", table(summary))
}

fn read(path: &Path) -> Result<String> {
    fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))
}

/// Writes a recording into the folder, under the names of trace and rule.
fn keep(folder: &Path, trace: &str, rule: &str, recorder: &Recorder) -> Result<()> {
    let name: String =
        trace.chars().map(|one| if one.is_alphanumeric() || "-_".contains(one) { one } else { '_' }).collect();
    let path = folder.join(format!("{name}.{rule}.play"));
    fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))?;
    fs::write(&path, recorder.finish()?).with_context(|| format!("cannot write {}", path.display()))
}

/// A head, and a line for each row.
fn csv(rows: &[Row]) -> Result<String> {
    let mut text = String::new();
    for row in rows {
        let figures = serde_json::to_value(row.figures)?;
        let figures = figures.as_object().context("figures are an object")?;
        if text.is_empty() {
            let names: Vec<_> = figures.keys().map(String::as_str).collect();
            text = format!("trace,abr,{}\n", names.join(","));
        }
        let values: Vec<_> = figures.values().map(ToString::to_string).collect();
        // Names of files may hold anything.
        text += &format!("\"{}\",{},{}\n", row.trace.replace('"', "\"\""), row.abr, values.join(","));
    }
    Ok(text)
}

fn table(summary: &[Summary]) -> String {
    let row = |one: &Summary| {
        let mean = &one.mean;
        vec![
            one.abr.clone(),
            one.n.to_string(),
            format!("{:.1}", mean.bitrate_kbps),
            format!("{:.3}", mean.stall_pct),
            format!("{:.1}", mean.events_per_hour),
            format!("{:.1}", mean.change_kbps),
            format!("{:.4}", mean.score),
            format!("{:.4}", mean.qoe),
            format!("{:.1}", mean.rampup_s),
            format!("{:.2}", mean.bytes_wasted_pct),
        ]
    };
    let head = ["rule", "n", "kbit/s", "stall %", "stalls/h", "change", "score", "QoE", "ramp-up s", "wasted %"];
    markdown(&head, &summary.iter().map(row).collect::<Vec<_>>())
}
