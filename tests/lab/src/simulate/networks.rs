//! Which traces are played: files, their format, and what is done to them. Part of the command line.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use clap::{Args, ValueEnum};

use super::field::{NamedTrace, files_below};
use crate::trace::{Alteration, Format, Period, Trace};

/// How the files are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
enum Written {
    /// By the ending: `.json` is Sabre's, `.csv` has a head, of others the first line tells.
    #[default]
    Auto,
    /// JSON periods of `duration_ms`, `bandwidth_kbps`, `latency_ms`.
    Sabre,
    /// A line for each packet of 1,500 bytes.
    Mahimahi,
    /// `time throughput`, in seconds and Mbit/s.
    Pensieve,
    /// With a head that names `duration_ms` and `bandwidth_kbps`.
    Csv,
}

/// Traces and alterations.
#[derive(Args, Clone, Debug)]
pub(super) struct Networks {
    /// Folder with traces, read recursively, or one file.
    #[arg(long, value_name = "DIR")]
    pub(super) traces: PathBuf,
    /// How traces are written.
    #[arg(long, value_enum, default_value_t)]
    format: Written,
    /// Plays only so many traces, spread over all.
    #[arg(long, value_name = "N")]
    sample: Option<usize>,
    /// Every answer takes this long, whatever the trace says; formats that do not say take 20 ms.
    #[arg(long, value_name = "MS")]
    latency: Option<u64>,
    /// Plays traces backwards.
    #[arg(long)]
    reverse: bool,
    /// Begins so many seconds after the beginning.
    #[arg(long, value_name = "SECONDS")]
    rotate: Option<f64>,
    /// Every rate times this.
    #[arg(long, value_name = "FACTOR")]
    scale: Option<f64>,
    /// The largest lasting change comes at this second.
    #[arg(long, value_name = "SECONDS")]
    move_step: Option<f64>,
    /// Every rate times a random factor within this share up and down, such as 0.2.
    #[arg(long, value_name = "SHARE")]
    jitter: Option<f64>,
    /// Every E seconds the rate of the link is S times itself for L seconds.
    #[arg(long, value_name = "E:L:S")]
    bursts: Option<String>,
    /// Of what is random.
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub(super) seed: u64,
}

impl Networks {
    /// Reads and alters them.
    pub(super) fn read(&self) -> Result<Vec<NamedTrace>> {
        let root = &self.traces;
        let files = if root.is_dir() {
            files_below(root).with_context(|| format!("cannot read {}", root.display()))?
        } else {
            vec![root.clone()]
        };
        // Lists and licences lie beside traces; of a single file nobody doubts that it is one.
        let is_trace = |file: &PathBuf| files.len() == 1 || self.is_trace(file);
        let mut files: Vec<_> = files.iter().filter(|file| is_trace(file)).collect();
        if let Some(sample) = self.sample.filter(|sample| *sample > 0 && *sample < files.len()) {
            let all = files.len();
            files = (0..sample).filter_map(|index| files.get(index * all / sample).copied()).collect();
        }
        let alterations = self.alterations()?;
        let mut traces = Vec::new();
        for file in files {
            let name = file.strip_prefix(root).ok().filter(|rest| rest.file_name().is_some()).unwrap_or(file);
            let trace = self.one(file, &alterations).with_context(|| format!("trace {}", file.display()))?;
            traces.push(NamedTrace { name: name.display().to_string(), trace });
        }
        if traces.is_empty() {
            bail!("there is no trace in {}", root.display());
        }
        Ok(traces)
    }

    fn is_trace(&self, file: &Path) -> bool {
        let ending = file.extension().and_then(|ending| ending.to_str()).unwrap_or_default();
        match self.format {
            Written::Auto => ending == "json",
            Written::Sabre | Written::Mahimahi | Written::Pensieve | Written::Csv => ending != "md",
        }
    }

    fn one(&self, file: &Path, alterations: &[Alteration]) -> Result<Trace> {
        let text = fs::read_to_string(file).context("cannot be read")?;
        let latency = Duration::from_millis(self.latency.unwrap_or(20));
        let mut trace = Trace::read(self.format_of(file, &text), &text, latency)?;
        if self.latency.is_some() {
            trace = Trace::new(trace.periods().iter().map(|&period| Period { latency, ..period }).collect())?;
        }
        for &alteration in alterations {
            trace = trace.altered(alteration)?;
        }
        Ok(trace)
    }

    fn format_of(&self, file: &Path, text: &str) -> Format {
        match self.format {
            Written::Sabre => Format::Sabre,
            Written::Mahimahi => Format::Mahimahi,
            Written::Pensieve => Format::Pensieve,
            Written::Csv => Format::Csv,
            Written::Auto => match file.extension().and_then(|ending| ending.to_str()) {
                Some("json") => Format::Sabre,
                Some("csv") => Format::Csv,
                Some(_) | None => {
                    let fields = text.lines().next().map_or(0, |line| line.split_whitespace().count());
                    if fields > 1 { Format::Pensieve } else { Format::Mahimahi }
                }
            },
        }
    }

    fn alterations(&self) -> Result<Vec<Alteration>> {
        let mut all = Vec::new();
        if self.reverse {
            all.push(Alteration::Reverse);
        }
        if let Some(by) = self.rotate {
            all.push(Alteration::Rotate(seconds("--rotate", by)?));
        }
        if let Some(factor) = self.scale {
            all.push(Alteration::Scale(thousandths("--scale", factor)?));
        }
        if let Some(to) = self.move_step {
            all.push(Alteration::MoveStep(seconds("--move-step", to)?));
        }
        if let Some(text) = &self.bursts {
            let parts: Vec<f64> = text.split(':').filter_map(|part| part.parse().ok()).collect();
            let [every, length, share] = parts[..] else { bail!("--bursts is E:L:S, as in 10:2:0.3, not {text}") };
            let (every, length) = (seconds("--bursts", every)?, seconds("--bursts", length)?);
            all.push(Alteration::Bursts { every, length, share: thousandths("--bursts", share)? });
        }
        if let Some(share) = self.jitter {
            all.push(Alteration::Jitter { most: thousandths("--jitter", share)?, seed: self.seed });
        }
        Ok(all)
    }
}

fn seconds(option: &str, value: f64) -> Result<Duration> {
    Duration::try_from_secs_f64(value).with_context(|| format!("{option} takes seconds, not {value}"))
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "checked before")]
fn thousandths(option: &str, value: f64) -> Result<u64> {
    if !(0.0..=1e6).contains(&value) {
        bail!("{option} takes a number from zero to a million, not {value}");
    }
    Ok((value * 1e3).round() as u64)
}
