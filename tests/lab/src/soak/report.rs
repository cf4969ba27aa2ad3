//! What a soak comes to: a table for people, JSON, CSV, and what must not be. Its page is in `report/page.rs`. Pure.

mod page;

use std::time::Duration;

use serde_json::{Value, json};

use super::slope::{self, FEWEST_MINUTES, MINUTE, Slope};
use super::watch::{Course, End, Line, Watched};
use crate::table::{many, markdown, median};
use crate::verdict::Compared;

/// A position that gains less in a minute stands still: it is given in parts of seconds, and may be rounded.
const STANDING_S: f64 = 0.5;

/// Columns of the table.
const HEAD: [&str; 8] =
    ["process", "samples", "first minute, MB", "end, MB", "peak, MB", "growth, MB/h", "95 %", "CPU %"];

/// Figures of a process, as JSON and CSV name them.
const FIGURES: [&str; 8] = [
    "samples",
    "rss_first_mb",
    "rss_end_mb",
    "rss_peak_mb",
    "slope_mb_per_h",
    "slope_low_mb_per_h",
    "slope_high_mb_per_h",
    "cpu_pct",
];

/// What a soak comes to.
pub(super) struct Report {
    limit_mb_per_h: f64,
    /// The player first.
    processes: Vec<Figures>,
    playback: Playback,
    length: Duration,
    end: End,
}

/// A process in figures.
struct Figures {
    name: &'static str,
    samples: usize,
    /// Medians of the first minute and of the last one.
    first_mb: f64,
    last_mb: f64,
    peak_mb: f64,
    /// `None` if it was too short to tell.
    slope: Option<Slope>,
    /// Of one core.
    cpu_percent: f64,
    /// Memory at hours, in megabytes: to be drawn, medians of minutes, and those that the slope is of.
    curve: Vec<(f64, f64)>,
    minutes: Vec<(f64, f64)>,
    warm: Vec<(f64, f64)>,
}

/// What was played.
#[derive(Debug, PartialEq)]
struct Playback {
    /// As it was said last.
    last: Option<Line>,
    /// Positions gained since it began to play, and the time that this took.
    played_s: f64,
    passed_s: f64,
    /// Whether nothing was gained in the last minute, or in all of a soak that was shorter.
    stood_still: bool,
}

impl Report {
    /// Works it out. Memory of the player may grow by `limit` megabytes an hour.
    pub(super) fn of(course: &Course, limit_mb_per_h: f64) -> Self {
        let watched = [Some(&course.player), course.origin.as_ref()];
        Self {
            limit_mb_per_h,
            processes: watched.into_iter().flatten().map(Figures::of).collect(),
            playback: Playback::of(&course.lines, course.length),
            length: course.length,
            end: course.end,
        }
    }

    /// Sentences for what must not be.
    pub(super) fn missed(&self) -> Vec<String> {
        let mut missed = Vec::new();
        if let Some(player) = self.processes.first()
            && let Some(Slope { interval: (low, _), .. }) = player.slope
            && low > self.limit_mb_per_h
        {
            let (name, limit) = (player.name, self.limit_mb_per_h);
            missed.push(format!("memory of {name} grows by at least {low:.2} MB/h, not at most {limit}"));
        }
        if self.playback.stood_still {
            let seconds = self.length.min(MINUTE).as_secs();
            let state = self.playback.last.as_ref().map_or("silent", |line| &line.state);
            missed.push(format!("playback stood still for the last {seconds} s; the player was {state}"));
        }
        missed
    }

    /// What is printed.
    pub(super) fn table(&self) -> String {
        let words = [Some(self.playback.sentence()), self.too_short()];
        let words: String = words.into_iter().flatten().map(|sentence| format!("{sentence}\n")).collect();
        format!("{}\n{words}", markdown(&HEAD, &self.rows()))
    }

    /// A row for each process; columns as in [`HEAD`].
    fn rows(&self) -> Vec<Vec<String>> {
        let row = |one: &Figures| {
            let (middle, interval) = match one.slope {
                None => ("too short to tell".to_owned(), "–".to_owned()),
                Some(Slope { middle, interval: (low, high) }) => {
                    (format!("{middle:+.2}"), format!("{low:+.2} .. {high:+.2}"))
                }
            };
            vec![
                one.name.to_owned(),
                one.samples.to_string(),
                format!("{:.1}", one.first_mb),
                format!("{:.1}", one.last_mb),
                format!("{:.1}", one.peak_mb),
                middle,
                interval,
                format!("{:.1}", one.cpu_percent),
            ]
        };
        self.processes.iter().map(row).collect()
    }

    /// The sentence for a soak that does not tell whether memory grows.
    fn too_short(&self) -> Option<String> {
        let is_known = self.processes.first().is_none_or(|player| player.slope.is_some());
        (!is_known)
            .then(|| format!("It was too short to tell whether memory grows: that takes {FEWEST_MINUTES} minutes."))
    }

    /// Everything.
    pub(super) fn to_json(&self, config: Value) -> Value {
        let last = self.playback.last.as_ref();
        let end = match self.end {
            End::InTime => "in time",
            End::Interrupted => "interrupted",
            End::PlayedOut => "played out",
        };
        let minutes = self.processes.iter().flat_map(|one| {
            let minute = |(hours, megabytes): &(f64, f64)| {
                json!({ "process": one.name, "at_s": hours * 3_600.0, "rss_mb": megabytes })
            };
            one.minutes.iter().map(minute)
        });
        json!({
            "config": config,
            "summary": {
                "length_s": self.length.as_secs_f64(),
                "end": end,
                "state": last.map(|line| line.state.as_str()),
                "played_s": self.playback.played_s,
                "passed_s": self.playback.passed_s,
                "stalls": last.map(|line| line.stalls),
                "stalled_s": last.map(|line| line.stalled_ms / 1e3),
                "buffered_s": last.map(|line| line.buffered_s),
                "stood_still": self.playback.stood_still,
            },
            "missed": self.missed(),
            "rows": self.processes.iter().map(Figures::to_json).collect::<Vec<_>>(),
            "minutes": minutes.collect::<Vec<_>>(),
        })
    }

    /// A head, and a line for each process; nothing where a figure is not known.
    pub(super) fn csv(&self) -> String {
        let mut text = format!("process,{}\n", FIGURES.join(","));
        for one in &self.processes {
            let figures = one.to_json();
            let cell = |name| figures.get(name).filter(|value| !value.is_null()).map(Value::to_string);
            let cells = FIGURES.map(|name| cell(name).unwrap_or_default());
            text += &format!("{},{}\n", one.name, cells.join(","));
        }
        text
    }
}

/// What of a soak is compared: `document` is [`Report::to_json`].
pub(super) fn compared(document: &Value) -> Compared<'_> {
    Compared {
        document,
        summary: "summary",
        of: None,
        rows: "rows",
        row: &["process"],
        group: &["process"],
        figures: &["rss_first_mb", "rss_end_mb", "rss_peak_mb", "slope_mb_per_h", "cpu_pct"],
        config: &["minutes", "preset", "url"],
    }
}

impl Figures {
    fn of(watched: &Watched) -> Self {
        let samples = &watched.samples;
        let (first, last) = (samples.first(), samples.last());
        let end = last.map_or(Duration::ZERO, |sample| sample.at);
        let middle = |from: Duration, to: Duration| {
            let within = samples.iter().filter(|sample| (from..=to).contains(&sample.at));
            median(within.map(|sample| sample.memory.now.get() as f64 / 1e6)).unwrap_or(0.0)
        };
        let between = first.zip(last).map(|(first, last)| (last.cpu.saturating_sub(first.cpu), last.at - first.at));
        let share = between.map_or(0.0, |(cpu, time)| cpu.as_secs_f64() / time.as_secs_f64().max(1.0));
        Self {
            name: watched.name,
            samples: samples.len(),
            first_mb: middle(Duration::ZERO, MINUTE),
            last_mb: middle(end.saturating_sub(MINUTE), end),
            peak_mb: samples.iter().map(|sample| sample.memory.peak.get()).max().unwrap_or(0) as f64 / 1e6,
            slope: slope::growth(samples),
            cpu_percent: share * 100.0,
            curve: slope::curve(samples),
            minutes: slope::medians(samples, Duration::ZERO, MINUTE),
            warm: slope::values(samples),
        }
    }

    /// The medians of the hours and of the megabytes that the slope is of.
    fn middle(&self) -> (f64, f64) {
        let middle = |of: fn(&(f64, f64)) -> f64| median(self.warm.iter().map(of)).unwrap_or(0.0);
        (middle(|value| value.0), middle(|value| value.1))
    }

    /// Figures as in [`FIGURES`].
    fn to_json(&self) -> Value {
        let interval = self.slope.map(|slope| slope.interval);
        json!({
            "process": self.name,
            "samples": self.samples,
            "rss_first_mb": self.first_mb,
            "rss_end_mb": self.last_mb,
            "rss_peak_mb": self.peak_mb,
            "slope_mb_per_h": self.slope.map(|slope| slope.middle),
            "slope_low_mb_per_h": interval.map(|(low, _)| low),
            "slope_high_mb_per_h": interval.map(|(_, high)| high),
            "cpu_pct": self.cpu_percent,
        })
    }
}

impl Playback {
    fn of(lines: &[(Duration, Line)], length: Duration) -> Self {
        // A live stream begins at its edge, so positions count from when it plays.
        let began = lines.iter().find(|(_, line)| line.state == "playing");
        let ended = began.zip(lines.last());
        let (played_s, passed_s) = ended.map_or((0.0, length.as_secs_f64()), |((at, first), (end, last))| {
            (last.position_s - first.position_s, (*end - *at).as_secs_f64())
        });
        let late = lines.iter().filter(|(at, _)| *at >= length.saturating_sub(MINUTE));
        let positions = late.map(|(_, line)| line.position_s);
        let (low, high) =
            positions.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), at| (low.min(at), high.max(at)));
        // Also if it said nothing.
        let stood_still = began.is_none() || high - low < STANDING_S;
        Self { last: lines.last().map(|(_, line)| line.clone()), played_s, passed_s, stood_still }
    }

    /// For people.
    fn sentence(&self) -> String {
        let Self { last, played_s, passed_s, .. } = self;
        let Some(line) = last else { return "The player has said nothing.".to_owned() };
        let stalls = many(usize::try_from(line.stalls).unwrap_or(usize::MAX), "stall", "stalls");
        let (stalled, state, buffered) = (line.stalled_ms / 1e3, &line.state, line.buffered_s);
        format!(
            "Played {played_s:.1} s in {passed_s:.1} s; {stalls}, {stalled:.1} s; {state} at the end, {buffered:.1} s \
             buffered"
        )
    }
}

#[cfg(test)]
mod tests;
