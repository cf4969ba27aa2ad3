//! `matinee-lab soak`: a long play in real time that looks for memory which is not given back.
//!
//! Programs are started and ended by `soak/program.rs` and watched by `soak/watch.rs`; what the system says of a process is
//! read by `soak/process.rs`, how fast memory grows is worked out by `soak/slope.rs`, and what is made of all that by
//! `soak/report.rs`.

mod process;
mod program;
mod report;
mod slope;
mod watch;

use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use clap::Args;
use mock_origin::presets;
use serde_json::{Value, json};
use url::Url;

use crate::race::command::interruption;
use crate::results::{self, Outputs};
use crate::verdict::Wanted;
use program::Program;
use report::Report;
use watch::Course;

/// The origin encodes its test card at the very first start.
const PATIENCE: Duration = Duration::from_secs(300);

/// Plays for long, and finds out whether memory grows.
///
/// Starts mock-origin and matinee-play, which lie beside this program, looks at their memory once a second, and fits a line
/// to the medians of minutes (Theil-Sen) after a warm-up, in which a player fills its buffers and pools: the first fifth,
/// and at least five minutes. With fewer than ten such minutes, so in less than a quarter of an hour, nothing is said of
/// growth; an hour tells more. The limit is for matinee-play: the origin keeps a log of all requests, so it does grow.
/// Ctrl-C ends early, with a report. MB are millions of bytes. Linux only. Exit status: 0 done, 2 usage, 3 memory grows
/// faster than the limit for certain, playback stood still for the last minute or something else that was expected is
/// missed, 130 interrupted before anything played, 1 anything else, such as a player that fails.
#[derive(Args, Clone, Debug)]
pub struct Soak {
    /// How long to play, from 0.1 minutes to a week.
    #[arg(long, value_name = "N", default_value_t = 60.0, value_parser = minutes)]
    minutes: f64,
    /// A preset of mock-origin to play; `mock-origin presets` lists them. The live ones have no end.
    #[arg(long, value_name = "NAME", default_value = "live", value_parser = preset)]
    preset: String,
    /// Plays this address instead, with no origin of ours.
    #[arg(long, value_name = "URL", conflicts_with = "preset", value_parser = address)]
    url: Option<Url>,
    /// Memory of the player may grow by so much an hour.
    #[arg(long, value_name = "X", default_value_t = 1.0, value_parser = limit)]
    limit_mb_per_h: f64,
    #[command(flatten)]
    outputs: Outputs,
    #[command(flatten)]
    wanted: Wanted,
}

fn minutes(text: &str) -> Result<f64, String> {
    let minutes = text.parse().ok().filter(|minutes| (0.1..=10_080.0).contains(minutes));
    minutes.ok_or_else(|| "it is a number from 0.1 to 10080".to_owned())
}

fn limit(text: &str) -> Result<f64, String> {
    let limit = text.parse().ok().filter(|limit: &f64| limit.is_finite() && *limit >= 0.0);
    limit.ok_or_else(|| "it is a number of megabytes, 0 or more".to_owned())
}

fn preset(text: &str) -> Result<String, String> {
    let known = presets::preset(text).map(|_| text.to_owned());
    known.ok_or_else(|| "there is no such preset; `mock-origin presets` lists them".to_owned())
}

fn address(text: &str) -> Result<Url, String> {
    let url = Url::parse(text).ok().filter(|url| ["http", "https"].contains(&url.scheme()));
    url.ok_or_else(|| "it is an address such as http://127.0.0.1:8484/main.m3u8".to_owned())
}

/// What came of it.
enum Outcome {
    Played(Box<Course>),
    /// Before anything played.
    Interrupted,
}

impl Soak {
    /// Does it.
    pub fn run(self) -> ExitCode {
        match self.soak() {
            Ok(None) => ExitCode::from(130),
            Ok(Some(missed)) => results::exit(Ok(missed)),
            Err(error) => results::exit(Err(error)),
        }
    }

    /// Sentences for what must not be; `None` if it was interrupted before it began.
    #[expect(clippy::print_stderr, reason = "standard output may be a document")]
    fn soak(&self) -> Result<Option<Vec<String>>> {
        if !cfg!(target_os = "linux") {
            bail!("soak reads the memory of processes from /proc, which only Linux has");
        }
        self.outputs.check()?;
        self.wanted.check()?;
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let course = match runtime.block_on(self.play())? {
            Outcome::Played(course) => course,
            Outcome::Interrupted => return Ok(None),
        };
        if let Some(reason) = course.cut_short() {
            eprintln!("{reason}");
        }
        self.say(&Report::of(&course, self.limit_mb_per_h)).map(Some)
    }

    /// Writes and prints a report. Gives sentences for what must not be.
    #[expect(clippy::print_stderr, reason = "standard output may be a document")]
    fn say(&self, report: &Report) -> Result<Vec<String>> {
        let document = report.to_json(self.config());
        let verdict = self.wanted.judge(&report::compared(&document));
        // What took an hour is written, whatever is wrong with what was expected of it.
        let (missed, against) = verdict.as_ref().map(|one| (one.missed.clone(), one.table())).unwrap_or_default();
        let missed = [report.missed(), missed].concat();
        let played = self.url.as_ref().map_or(self.preset.as_str(), Url::as_str);
        let html = if self.outputs.want_page() { report.page(played, &missed) } else { String::new() };
        if !self.outputs.write(&serde_json::to_string_pretty(&document)?, &report.csv(), &html)? {
            results::print(&format!("{}{against}", report.table()))?;
        }
        if let Some(warning) = verdict?.warning() {
            eprintln!("{warning}");
        }
        Ok(missed)
    }

    fn config(&self) -> Value {
        json!({
            "version": env!("CARGO_PKG_VERSION"),
            "command": std::env::args().collect::<Vec<_>>().join(" "),
            "minutes": self.minutes,
            "preset": self.url.is_none().then_some(&self.preset),
            "url": self.url.as_ref().map(Url::as_str),
            "limit_mb_per_h": self.limit_mb_per_h,
        })
    }

    async fn play(&self) -> Result<Outcome> {
        let mut interrupted = Box::pin(interruption());
        let mut origin = match self.url {
            Some(_) => None,
            None => Some(Program::start("mock-origin", "mock-origin", &["serve", "--preset", &self.preset])?),
        };
        let address = match (&self.url, &mut origin) {
            (None, Some(origin)) => tokio::select! {
                address = address_of(origin) => address?,
                () = &mut interrupted => return Ok(Outcome::Interrupted),
            },
            (url, _) => url.as_ref().map(Url::to_string).context("there is nothing to play")?,
        };
        let arguments = [address.as_str(), "--headless", "--fresh", "--json"];
        let mut player = Program::start("matinee-play", "player-native", &arguments)?;
        let length = Duration::from_secs_f64(self.minutes * 60.0);
        let course = watch::watch(&mut player, origin.as_mut(), length, interrupted).await;
        // They end with the soak, however it ended.
        player.stop().await;
        if let Some(mut origin) = origin {
            origin.stop().await;
        }
        Ok(Outcome::Played(Box::new(course?)))
    }
}

/// The first address that an origin has to play.
async fn address_of(origin: &mut Program) -> Result<String> {
    let found = tokio::time::timeout(PATIENCE, async {
        while let Some(line) = origin.lines.recv().await {
            if let Some(address) = line.strip_prefix("play ") {
                return Some(address.to_owned());
            }
        }
        None
    });
    match found.await {
        Ok(Some(address)) => Ok(address),
        Ok(None) => Err(origin.failed().await),
        Err(_) => bail!("mock-origin has not said within {} s what there is to play", PATIENCE.as_secs()),
    }
}
