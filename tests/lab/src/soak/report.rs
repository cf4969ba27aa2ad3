//! What a soak comes to: a table for people, JSON, and what must not be. Pure.

use std::time::Duration;

use serde_json::{Value, json};

use super::slope::{self, MINUTE, Slope};
use super::watch::{Course, End, Line, Watched};
use crate::table::{many, markdown, median};

/// A position that gains less in a minute stands still: it is given in parts of seconds, and may be rounded.
const STANDING_S: f64 = 0.5;

/// What a soak comes to.
pub(super) struct Report {
    limit_mb_per_h: f64,
    /// The player first.
    processes: Vec<Figures>,
    playback: Playback,
    length: Duration,
    end: End,
    /// Medians of the player's minutes: hours and megabytes.
    minutes: Vec<(f64, f64)>,
}

/// A process in figures.
struct Figures {
    name: &'static str,
    samples: usize,
    /// Medians of the first minute and of the last one.
    first_mb: f64,
    last_mb: f64,
    peak_mb: f64,
    slope: Option<Slope>,
    /// Of one core.
    cpu_percent: f64,
}

/// What was played.
#[derive(Debug, PartialEq)]
struct Playback {
    /// As it was said last.
    last: Option<Line>,
    /// Positions gained since it began to play, and the time that this took.
    gained_s: f64,
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
            minutes: slope::medians(&course.player.samples, Duration::ZERO, MINUTE),
        }
    }

    /// Sentences for what must not be.
    pub(super) fn missed(&self) -> Vec<String> {
        let mut missed = Vec::new();
        if let Some(player) = self.processes.first()
            && let Some((low, _)) = player.slope.and_then(|slope| slope.interval)
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
        let row = |one: &Figures| {
            let (middle, interval) = match one.slope {
                None => ("–".to_owned(), "–".to_owned()),
                Some(Slope { middle, interval }) => (
                    format!("{middle:+.2}"),
                    interval.map_or("–".to_owned(), |(low, high)| format!("{low:+.2} .. {high:+.2}")),
                ),
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
        let head = ["process", "samples", "first minute, MB", "end, MB", "peak, MB", "MB/h", "95 %", "CPU %"];
        let rows: Vec<_> = self.processes.iter().map(row).collect();
        let Playback { last, gained_s, passed_s, .. } = &self.playback;
        let mut text = markdown(&head, &rows);
        text += "\n";
        match last {
            None => text += "The player has said nothing.\n",
            Some(line) => {
                let stalls = many(usize::try_from(line.stalls).unwrap_or(usize::MAX), "stall", "stalls");
                text += &format!(
                    "Played {gained_s:.1} s in {passed_s:.1} s; {stalls}, {:.1} s; {} at the end, {:.1} s buffered\n",
                    line.stalled_ms / 1e3,
                    line.state,
                    line.buffered_s
                );
            }
        }
        if self.processes.first().is_some_and(|player| player.slope.and_then(|slope| slope.interval).is_none()) {
            text += "It was too short to say whether memory grows: that takes about 7 minutes.\n";
        }
        text
    }

    /// Everything.
    pub(super) fn to_json(&self, config: Value) -> Value {
        let process = |one: &Figures| {
            let interval = one.slope.and_then(|slope| slope.interval);
            json!({
                "process": one.name,
                "samples": one.samples,
                "rss_first_mb": one.first_mb,
                "rss_end_mb": one.last_mb,
                "rss_peak_mb": one.peak_mb,
                "slope_mb_per_h": one.slope.map(|slope| slope.middle),
                "slope_low_mb_per_h": interval.map(|(low, _)| low),
                "slope_high_mb_per_h": interval.map(|(_, high)| high),
                "cpu_pct": one.cpu_percent,
            })
        };
        let last = self.playback.last.as_ref();
        let end = match self.end {
            End::InTime => "in time",
            End::Interrupted => "interrupted",
            End::PlayedOut => "played out",
        };
        let minute = |(hours, megabytes): &(f64, f64)| json!({ "at_s": hours * 3_600.0, "rss_mb": megabytes });
        json!({
            "config": config,
            "summary": self.processes.iter().map(process).collect::<Vec<_>>(),
            "playback": {
                "length_s": self.length.as_secs_f64(),
                "end": end,
                "state": last.map(|line| line.state.as_str()),
                "stalls": last.map(|line| line.stalls),
                "stalled_s": last.map(|line| line.stalled_ms / 1e3),
                "buffered_s": last.map(|line| line.buffered_s),
                "gained_s": self.playback.gained_s,
                "passed_s": self.playback.passed_s,
                "stood_still": self.playback.stood_still,
            },
            "missed": self.missed(),
            "rows": self.minutes.iter().map(minute).collect::<Vec<_>>(),
        })
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
            slope: slope::slope(&slope::values(samples)),
            cpu_percent: share * 100.0,
        }
    }
}

impl Playback {
    fn of(lines: &[(Duration, Line)], length: Duration) -> Self {
        // A live stream begins at its edge, so positions count from when it plays.
        let began = lines.iter().find(|(_, line)| line.state == "playing");
        let ended = began.zip(lines.last());
        let (gained_s, passed_s) = ended.map_or((0.0, length.as_secs_f64()), |((at, first), (end, last))| {
            (last.position_s - first.position_s, (*end - *at).as_secs_f64())
        });
        let late = lines.iter().filter(|(at, _)| *at >= length.saturating_sub(MINUTE));
        let positions = late.map(|(_, line)| line.position_s);
        let (low, high) =
            positions.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), at| (low.min(at), high.max(at)));
        // Also if it said nothing.
        let stood_still = began.is_none() || high - low < STANDING_S;
        Self { last: lines.last().map(|(_, line)| line.clone()), gained_s, passed_s, stood_still }
    }
}

#[cfg(test)]
mod tests;
