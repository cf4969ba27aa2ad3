//! Recorded networks: what a link carried, period by period, and over again when a play lasts longer.
//!
//! Readers of the formats in use are in `read.rs`, transformations in `alter.rs`. Must not know players.

mod alter;
mod read;

use std::fmt;
use std::time::Duration;

use media_model::BitsPerSecond;

pub use alter::{Alteration, mixed};

/// A stretch in which the link does not change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Period {
    /// How long.
    pub duration: Duration,
    /// What it carries; zero is an outage.
    pub rate: BitsPerSecond,
    /// From request to first byte.
    pub latency: Duration,
}

/// A recorded network. Lasts longer than no time at all.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trace {
    periods: Vec<Period>,
}

/// How traces are written down.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// Sabre: a JSON array of `{"duration_ms", "bandwidth_kbps", "latency_ms"}`.
    Sabre,
    /// Mahimahi: a line for each packet of 1,500 bytes that can be delivered, with its time in milliseconds.
    Mahimahi,
    /// Pensieve: `time throughput` in seconds and Mbit/s; the throughput is that of the time since the line before.
    Pensieve,
    /// CSV with a head: `duration_ms,bandwidth_kbps` and, if known, `latency_ms`, in any order, among others. Semicolons
    /// separate as well as commas do.
    Csv,
}

impl Format {
    /// How a text is written, told by how it begins; nothing if it is no trace. Endings say little: Mahimahi's traces are
    /// `.up` and `.down`, Pensieve's have none, and movies are `.json` as well.
    pub fn of(text: &str) -> Option<Self> {
        read::format(text)
    }
}

/// Why a trace cannot be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TraceError {
    /// This line, counted from one, does not read as its format says.
    Line {
        /// Which one.
        number: usize,
        /// What is wrong with it.
        reason: String,
    },
    /// It is no JSON of the shape that is expected.
    Json(String),
    /// The column is missing in the head of a CSV.
    Column(&'static str),
    /// The file holds nothing.
    Blank,
    /// It lasts no time at all.
    Empty,
    /// It carries nothing at all, so that no play would ever end.
    Silent,
    /// It would have more periods than anybody can use.
    TooLong,
}

impl fmt::Display for TraceError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Line { number, reason } => write!(out, "line {number}: {reason}"),
            Self::Json(reason) => write!(out, "not a list of periods in JSON: {reason}"),
            Self::Column(name) => write!(out, "the first line names no column `{name}`"),
            Self::Blank => write!(out, "the file is empty"),
            Self::Empty => write!(out, "the trace lasts no time at all: it has no period longer than zero"),
            Self::TooLong => write!(out, "the altered trace would have more than two million periods"),
            Self::Silent => write!(out, "the trace carries nothing: every rate in it is zero"),
        }
    }
}

impl std::error::Error for TraceError {}

impl Trace {
    /// A trace of these periods; those without length are left out.
    ///
    /// # Errors
    /// When nothing is left, or no period carries anything.
    pub fn new(periods: Vec<Period>) -> Result<Self, TraceError> {
        let periods: Vec<_> = periods.into_iter().filter(|period| !period.duration.is_zero()).collect();
        if periods.is_empty() {
            return Err(TraceError::Empty);
        }
        if periods.iter().all(|period| period.rate.get() == 0) {
            return Err(TraceError::Silent);
        }
        Ok(Self { periods })
    }

    /// Reads what a file holds. Formats without latency get `latency`.
    ///
    /// # Errors
    /// When it is not written as the format says, with the line.
    pub fn read(format: Format, text: &str, latency: Duration) -> Result<Self, TraceError> {
        // Whatever the format would make of it.
        if text.trim().is_empty() {
            return Err(TraceError::Blank);
        }
        Self::new(match format {
            Format::Sabre => read::sabre(text)?,
            Format::Mahimahi => read::mahimahi(text, latency)?,
            Format::Pensieve => read::pensieve(text, latency)?,
            Format::Csv => read::csv(text, latency)?,
        })
    }

    /// The periods in their order.
    pub fn periods(&self) -> &[Period] {
        &self.periods
    }

    /// How long it lasts before it begins anew.
    pub fn duration(&self) -> Duration {
        self.periods.iter().map(|period| period.duration).sum()
    }

    /// What it carries on average.
    pub fn mean_rate(&self) -> BitsPerSecond {
        let bits = |period: &Period| u128::from(period.rate.get()) * period.duration.as_nanos();
        let bits: u128 = self.periods.iter().map(bits).sum();
        BitsPerSecond::new(u64::try_from(bits / self.duration().as_nanos().max(1)).unwrap_or(u64::MAX))
    }

    /// The same network in another light.
    ///
    /// # Errors
    /// When nothing is left of it, as of one that is scaled to zero, or it becomes very much longer.
    pub fn altered(&self, alteration: Alteration) -> Result<Self, TraceError> {
        Self::new(alteration.apply(&self.periods)?)
    }
}
