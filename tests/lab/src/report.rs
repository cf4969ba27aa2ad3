//! What became of a simulated play.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use media_model::{MediaDuration, MediaTime};
use player_core::message::StallCause;
use player_core::{PlaybackState, Stats, Summary};

/// One request at the origin.
#[derive(Clone, Debug)]
pub struct Request {
    /// When it was made.
    pub at: Duration,
    /// Which server was asked.
    pub server: String,
    /// What was asked for.
    pub path: String,
    /// What stands after the path.
    pub query: String,
    /// Whether it is a media segment.
    pub is_segment: bool,
    /// Bytes that were sent.
    pub bytes: u64,
    /// Until it ended.
    pub took: Duration,
    /// `ok`, `cancelled`, or the failure.
    pub outcome: String,
}

/// The state at a full second.
#[derive(Clone, Debug)]
pub struct Second {
    /// Virtual time.
    pub at: Duration,
    /// The playhead.
    pub position: MediaTime,
    /// Media ahead of it.
    pub buffered: MediaDuration,
    /// The variant on screen.
    pub shown: String,
    /// The core's estimate.
    pub throughput_kbps: u64,
    /// In one word.
    pub state: PlaybackState,
}

/// The report of one play.
#[derive(Clone, Debug)]
pub struct Report {
    /// Of the scenario.
    pub name: &'static str,
    /// The core's own statistics at the end.
    pub stats: Stats,
    /// The core's own sum at the end.
    pub summary: Summary,
    /// Virtual time in all.
    pub took: Duration,
    /// The end was reached.
    pub ended: bool,
    /// The sentence of `Event::Failed`.
    pub failed: Option<String>,
    /// How often it tried again after that.
    pub tries: u32,
    /// Sentences of `Event::Degraded`.
    pub degraded: Vec<(Duration, String)>,
    /// When, where and why it stalled.
    pub stalls: Vec<(Duration, MediaTime, StallCause)>,
    /// Changes of the stream on screen.
    pub shown: Vec<(Duration, String)>,
    /// Changes of the audio rendition heard.
    pub heard: Vec<(Duration, String)>,
    /// Time on screen by variant.
    pub played: BTreeMap<String, Duration>,
    /// Mean rate of what was on screen, kbit/s, by the title's own figures.
    pub played_kbps: u64,
    /// Seeks: when, to where, and how long until frames moved.
    pub seeks: Vec<(Duration, MediaTime, Option<Duration>)>,
    /// Where the core moved the playhead.
    pub moves: Vec<(Duration, MediaTime)>,
    /// All requests.
    pub requests: Vec<Request>,
    /// One row per second.
    pub seconds: Vec<Second>,
    /// Bytes of complete segments.
    pub downloaded: u64,
    /// Bytes of cancelled and failed loads.
    pub wasted: u64,
    /// How far the ends of the two buffers were apart at most.
    pub tracks_apart: MediaDuration,
    /// How often buffers and decoders were made.
    pub decoders: usize,
    /// Encoders that the origin had to start.
    pub encoder_starts: usize,
    /// Rules of the boundary that the core broke; empty in every sound play.
    pub broken_contract: Vec<String>,
}

impl Report {
    pub(crate) fn new(name: &'static str) -> Self {
        Self {
            name,
            stats: Stats::default(),
            summary: Summary::default(),
            took: Duration::ZERO,
            ended: false,
            failed: None,
            tries: 0,
            degraded: Vec::new(),
            stalls: Vec::new(),
            shown: Vec::new(),
            heard: Vec::new(),
            played: BTreeMap::new(),
            played_kbps: 0,
            seeks: Vec::new(),
            moves: Vec::new(),
            requests: Vec::new(),
            seconds: Vec::new(),
            downloaded: 0,
            wasted: 0,
            tracks_apart: MediaDuration::ZERO,
            decoders: 0,
            encoder_starts: 0,
            broken_contract: Vec::new(),
        }
    }

    /// The stream on screen at a virtual time.
    pub fn shown_at(&self, at: Duration) -> &str {
        self.shown.iter().rev().find(|(since, _)| *since <= at).map_or("", |(_, stream)| stream)
    }

    /// How often a segment was loaded completely more than once.
    pub fn loaded_again(&self) -> usize {
        let mut counts = BTreeMap::<&str, usize>::new();
        for request in self.requests.iter().filter(|request| request.is_segment && request.outcome == "ok") {
            *counts.entry(&request.path).or_default() += 1;
        }
        counts.values().map(|count| count - 1).sum()
    }

    /// Requests whose path begins with `prefix`.
    pub fn requests_of(&self, prefix: &str) -> usize {
        self.requests.iter().filter(|request| request.path.starts_with(prefix)).count()
    }
}

impl fmt::Display for Report {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let seconds = |time: Duration| time.as_secs_f64();
        let stats = &self.stats;
        writeln!(
            formatter,
            "{}: {} after {:.1} s; startup {:.3} s; {} stalls, {:.1} s; {} switches; {} kbit/s; {:.1} MB loaded, {:.1} MB wasted",
            self.name,
            match (&self.failed, self.ended) {
                (Some(sentence), _) => format!("failed ({sentence})"),
                (None, true) => "ended".to_owned(),
                (None, false) => "still playing".to_owned(),
            },
            seconds(self.took),
            stats.startup.map_or(0.0, seconds),
            stats.stalls,
            seconds(stats.stalled),
            stats.switches,
            self.played_kbps,
            self.downloaded as f64 / 1e6,
            self.wasted as f64 / 1e6,
        )?;
        let changes = |list: &[(Duration, String)]| {
            list.iter().map(|(at, stream)| format!("{:.1} s {stream}", seconds(*at))).collect::<Vec<_>>().join(", ")
        };
        writeln!(formatter, "  on screen: {}", changes(&self.shown))?;
        if self.heard.len() > 1 {
            writeln!(formatter, "  heard: {}", changes(&self.heard))?;
        }
        for (at, position, cause) in &self.stalls {
            writeln!(
                formatter,
                "  stall at {:.1} s, position {:.1} s: {cause:?}",
                seconds(*at),
                position.as_seconds()
            )?;
        }
        for (at, target, arrived) in &self.seeks {
            let arrived = arrived.map_or("never".to_owned(), |after| format!("{:.2} s", seconds(after)));
            writeln!(formatter, "  seek at {:.1} s to {:.1} s: {arrived}", seconds(*at), target.as_seconds())?;
        }
        for (at, sentence) in &self.degraded {
            writeln!(formatter, "  {:.1} s: {sentence}", seconds(*at))?;
        }
        for fault in &self.broken_contract {
            writeln!(formatter, "  CONTRACT: {fault}")?;
        }
        Ok(())
    }
}
