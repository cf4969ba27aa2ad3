//! Looks at the programs once a second until the time is up.

use std::pin::Pin;
use std::time::Duration;

use anyhow::Result;
use indicatif::{ProgressBar, ProgressStyle};
use serde::Deserialize;
use tokio::time::{Instant, MissedTickBehavior, interval, timeout};

use super::process::{self, Sample};
use super::program::Program;

/// What a player that has ended said last is on its way for so long, at most.
const PATIENCE: Duration = Duration::from_secs(5);

/// Between two looks.
const SECOND: Duration = Duration::from_secs(1);

/// What was seen of a soak.
#[derive(Clone, Debug)]
pub(super) struct Course {
    pub(super) player: Watched,
    /// If there was one of ours.
    pub(super) origin: Option<Watched>,
    /// What the player said, with the time of each.
    pub(super) lines: Vec<(Duration, Line)>,
    /// How long it was.
    pub(super) length: Duration,
    pub(super) end: End,
}

/// A process over time.
#[derive(Clone, Debug, Default)]
pub(super) struct Watched {
    pub(super) name: &'static str,
    pub(super) samples: Vec<Sample>,
}

/// Why it ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum End {
    /// The time was up.
    InTime,
    /// Somebody ended it.
    Interrupted,
    /// What was played has an end.
    PlayedOut,
}

/// The statistics that matinee-play prints every second, as far as they matter here.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub(super) struct Line {
    pub(super) state: String,
    pub(super) position_s: f64,
    pub(super) buffered_s: f64,
    pub(super) stalls: u64,
    pub(super) stalled_ms: f64,
}

impl Course {
    /// Why it was shorter than it should have been, for people.
    pub(super) fn cut_short(&self) -> Option<String> {
        let minutes = self.length.as_secs_f64() / 60.0;
        match self.end {
            End::InTime => None,
            End::Interrupted => Some(format!("interrupted after {minutes:.1} minutes")),
            End::PlayedOut => Some(format!(
                "what is played ended after {minutes:.1} minutes; a live stream goes on for as long as wanted"
            )),
        }
    }
}

impl Watched {
    fn look(&mut self, pid: u32, at: Duration) {
        self.samples.extend(process::sample(pid, at));
    }

    fn megabytes(&self) -> f64 {
        self.samples.last().map_or(0.0, |sample| sample.memory.now.get() as f64 / 1e6)
    }
}

/// Watches a player, and an origin if there is one, for so long.
///
/// # Errors
/// When one of them fails.
pub(super) async fn watch(
    player: &mut Program,
    mut origin: Option<&mut Program>,
    length: Duration,
    mut interrupted: Pin<Box<impl Future<Output = ()>>>,
) -> Result<Course> {
    let watched = |program: &Program| Watched { name: program.name, samples: Vec::new() };
    let mut course = Course {
        player: watched(player),
        origin: origin.as_deref().map(watched),
        lines: Vec::new(),
        length: Duration::ZERO,
        end: End::InTime,
    };
    let bar = progress(length);
    let begun = Instant::now();
    let mut ticks = interval(SECOND);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Skip);
    loop {
        tokio::select! {
            now = ticks.tick() => {
                let at = now.saturating_duration_since(begun);
                course.player.look(player.pid, at);
                if let (Some(watched), Some(program)) = (&mut course.origin, &origin) {
                    watched.look(program.pid, at);
                }
                bar.set_position(at.as_secs());
                bar.set_message(course.message());
                if at >= length {
                    break;
                }
            }
            Some(line) = player.lines.recv() => course.hear(begun.elapsed(), &line),
            status = player.process.wait() => {
                if !status?.success() {
                    return Err(player.failed().await);
                }
                while let Ok(Some(line)) = timeout(PATIENCE, player.lines.recv()).await {
                    course.hear(begun.elapsed(), &line);
                }
                course.end = End::PlayedOut;
                break;
            }
            failed = fails(origin.as_deref_mut()) => return Err(failed),
            () = &mut interrupted => {
                course.end = End::Interrupted;
                break;
            }
        }
    }
    bar.finish_and_clear();
    course.length = begun.elapsed();
    Ok(course)
}

/// Waits for a program to end, which it should not.
async fn fails(program: Option<&mut Program>) -> anyhow::Error {
    let Some(program) = program else { return std::future::pending().await };
    let _ = program.process.wait().await;
    program.failed().await
}

impl Course {
    /// Of what the player says, statistics are kept.
    fn hear(&mut self, at: Duration, line: &str) {
        self.lines.extend(serde_json::from_str(line).ok().map(|line| (at, line)));
    }

    fn message(&self) -> String {
        let memory: Vec<String> = [Some(&self.player), self.origin.as_ref()]
            .into_iter()
            .flatten()
            .map(|watched| format!("{} {:.1} MB", watched.name, watched.megabytes()))
            .collect();
        let Some((_, line)) = self.lines.last() else { return memory.join(", ") };
        format!("{}, {} at {:.0} s, stalls: {}", memory.join(", "), line.state, line.position_s, line.stalls)
    }
}

fn progress(length: Duration) -> ProgressBar {
    let bar = ProgressBar::new(length.as_secs());
    if let Ok(style) = ProgressStyle::with_template("{bar:30} {pos}/{len} s: {msg}") {
        bar.set_style(style);
    }
    bar
}
