//! Which traces are played: files, their format, and what is done to them. Part of the command line.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use clap::{Args, ValueEnum};
use serde_json::{Value, json};

use super::field::{NamedTrace, files_below};
use crate::trace::{Alteration, Format, Period, Trace, TraceError};

/// How the files are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
enum Written {
    /// As each begins.
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

impl Written {
    /// The format, unless each file tells its own.
    fn given(self) -> Option<Format> {
        match self {
            Self::Auto => None,
            Self::Sabre => Some(Format::Sabre),
            Self::Mahimahi => Some(Format::Mahimahi),
            Self::Pensieve => Some(Format::Pensieve),
            Self::Csv => Some(Format::Csv),
        }
    }
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
    #[arg(long, value_name = "N", value_parser = one_or_more)]
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

/// The traces of a folder, and what lies beside them.
#[derive(Debug, Default)]
pub(super) struct Found {
    pub(super) traces: Vec<NamedTrace>,
    /// Lists, licences and whatever else is no trace.
    pub(super) passed_over: Vec<String>,
}

impl Networks {
    /// Reads and alters them.
    pub(super) fn read(&self) -> Result<Found> {
        let root = &self.traces;
        let alterations = self.alterations()?;
        let mut found = Found::default();
        let mut files = Vec::new();
        if root.is_dir() {
            for file in files_below(root).with_context(|| format!("cannot read {}", root.display()))? {
                let name = file.strip_prefix(root).unwrap_or(&file).display().to_string();
                match self.told(&file).with_context(|| format!("trace {}", file.display()))? {
                    Some(told) => files.push((name, file, told)),
                    None => found.passed_over.push(name),
                }
            }
        } else {
            let trouble = || format!("trace {}", root.display());
            files.push((root.display().to_string(), root.clone(), self.taken(root).with_context(trouble)?));
        }
        if files.is_empty() {
            bail!("there is no trace in {}", root.display());
        }
        if let Some(sample) = self.sample.filter(|sample| *sample < files.len()) {
            let all = files.len();
            files = (0..sample).filter_map(|index| files.get(index * all / sample).cloned()).collect();
        }
        for (name, file, (format, text)) in files {
            let trace = self.one(format, &text, &alterations).with_context(|| format!("trace {}", file.display()))?;
            found.traces.push(NamedTrace { name, trace });
        }
        Ok(found)
    }

    /// Text and format of a file in a folder; nothing if it is no trace.
    fn told(&self, file: &Path) -> Result<Option<(Format, String)>> {
        let is_hidden = file.file_name().is_some_and(|name| name.to_string_lossy().starts_with('.'));
        let bytes = fs::read(file).context("cannot be read")?;
        let Some(text) = String::from_utf8(bytes).ok().filter(|_| !is_hidden) else { return Ok(None) };
        let format = match Format::of(&text) {
            // A trace that lasts no time is a mistake that must not pass for a file of another kind.
            None if text.trim().is_empty() => return Err(TraceError::Blank.into()),
            None => return Ok(None),
            Some(format) => self.format.given().unwrap_or(format),
        };
        Ok(Some((format, text)))
    }

    /// Text and format of a file that must be a trace.
    fn taken(&self, file: &Path) -> Result<(Format, String)> {
        let text = fs::read_to_string(file).context("cannot be read")?;
        let by_ending = || match file.extension()?.to_str()? {
            "json" => Some(Format::Sabre),
            "csv" => Some(Format::Csv),
            _ => None,
        };
        if text.trim().is_empty() {
            return Err(TraceError::Blank.into());
        }
        // The reader of the format that the ending promises says best what is wrong.
        let format = self.format.given().or_else(|| Format::of(&text)).or_else(by_ending);
        let format = format.context("it begins like no trace that is known: --help names the formats")?;
        Ok((format, text))
    }

    fn one(&self, format: Format, text: &str, alterations: &[Alteration]) -> Result<Trace> {
        let latency = Duration::from_millis(self.latency.unwrap_or(20));
        let mut trace = Trace::read(format, text, latency)?;
        if self.latency.is_some() {
            trace = Trace::new(trace.periods().iter().map(|&period| Period { latency, ..period }).collect())?;
        }
        for &alteration in alterations {
            trace = trace.altered(alteration)?;
        }
        Ok(trace)
    }

    /// All of it, as the configuration of a run says it.
    pub(super) fn config(&self) -> Value {
        json!({
            "traces": self.traces,
            "format": self.format.to_possible_value().map(|value| value.get_name().to_owned()),
            "sample": self.sample,
            "latency_ms": self.latency,
            "reverse": self.reverse,
            "rotate_s": self.rotate,
            "scale": self.scale,
            "move_step_s": self.move_step,
            "jitter": self.jitter,
            "bursts": self.bursts,
            "seed": self.seed,
        })
    }

    /// What is done to each trace, in this order.
    pub(super) fn alterations(&self) -> Result<Vec<Alteration>> {
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
            if !(0.0..=1.0).contains(&share) {
                bail!("--jitter takes a share from 0 to 1, such as 0.2, not {share}");
            }
            all.push(Alteration::Jitter { most: thousandths("--jitter", share)?, seed: self.seed });
        }
        Ok(all)
    }
}

/// Reads a number that must not be zero.
pub(super) fn one_or_more(text: &str) -> Result<usize, String> {
    match text.parse() {
        Ok(0) => Err("it is one or more".to_owned()),
        Ok(number) => Ok(number),
        Err(_) => Err("it is a whole number".to_owned()),
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
