//! `matinee-lab race`: arguments, the order of the runs, and what is printed.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use clap::{Args, Parser};
use indicatif::{ProgressBar, ProgressStyle};
use mock_origin::{Origin, OriginConfig};
use serde_json::json;
use test_browser::missing_programs;

use super::circuit::Circuit;
use super::entrant::{Entrant, OURS, Sources};
use super::figures::Heat;
use super::goals::Verdict;
use super::heat::{self, Place};
use super::html;
use super::report::{COMPARED, Race};
use crate::results::{self, Outputs};
use crate::verdict::{Compared, Wanted};

/// A run costs this much beside what is watched: a browser that starts and one that ends.
const AROUND: Duration = Duration::from_secs(3);

/// Plays our player and those of others in Chromium over the same networks, and compares them.
///
/// Needs chromium and chromedriver on the path, the players of others from npm (tests/npm), the web page built by
/// `./x ui`, and, once, GStreamer's programs to encode the film. Exit status: 0 done, 2 usage, 3 a goal of ours was missed
/// and --expect-goals was given, 130 interrupted, 1 anything else.
#[derive(Args, Clone, Debug)]
pub struct Options {
    /// Who races: matinee, hls.js, shaka, dash.js, or an adapter file (.js) that brings another player into the page, like
    /// those in tests/lab/src/race/page. What that asks for as /player/NAME is the file NAME beside it.
    #[arg(long, value_name = "NAME,..", value_delimiter = ',', default_value = "matinee,hls.js,shaka")]
    players: Vec<Entrant>,
    /// Presets of mock-origin, which `mock-origin presets` lists, or scenario files (.toml), which may name a trace.
    #[arg(long, visible_alias = "preset", value_name = "NAME,..", value_delimiter = ',', default_values_t = Circuit::usual().map(str::to_owned))]
    scenarios: Vec<String>,
    /// How often each player plays each scenario.
    #[arg(long, value_name = "N", default_value_t = 5, value_parser = clap::value_parser!(u16).range(1..=1000))]
    runs: u16,
    /// Watches so many seconds, whatever the scenario.
    #[arg(long, value_name = "SECONDS", value_parser = clap::value_parser!(u64).range(1..=3600))]
    watch: Option<u64>,
    #[command(flatten)]
    outputs: Outputs,
    #[command(flatten)]
    wanted: Wanted,
    /// The built web page, in which our player is.
    #[arg(long, value_name = "DIR", default_value = concat!(env!("CARGO_MANIFEST_DIR"), "/../../ui/dist"))]
    page: PathBuf,
    /// Where npm put the players of others.
    #[arg(long, value_name = "DIR", env = "MATINEE_NODE_MODULES", default_value = concat!(env!("CARGO_MANIFEST_DIR"), "/../npm/node_modules"))]
    node_modules: PathBuf,
    /// Writes our player's plays into this folder, for `matinee-lab replay`: SCENARIO-matinee-RUN.play. That costs it some
    /// work, which the others do not have.
    #[arg(long, value_name = "DIR")]
    record: Option<PathBuf>,
    /// Ends with status 3 if our player misses a goal.
    #[arg(long)]
    expect_goals: bool,
}

/// What a race needs, checked before anything starts.
struct Start {
    entrants: Vec<Entrant>,
    circuits: Vec<Circuit>,
    sources: Sources,
    versions: BTreeMap<String, String>,
}

/// A command line of nothing but options.
#[derive(Parser)]
struct Alone {
    #[command(flatten)]
    options: Options,
}

impl Options {
    /// What the command does by itself, so many times.
    pub fn usual(runs: u16) -> Self {
        Self { runs, ..Alone::parse_from(["race"]).options }
    }

    /// Races, and says what each player's runs come to beside the goals.
    ///
    /// # Errors
    /// When something is missing that a race needs.
    pub async fn verdicts(&self) -> Result<Vec<Verdict>> {
        let start = self.start()?;
        let mut heats = Vec::new();
        self.race_all(&start, &mut heats).await?;
        Ok(Race { circuits: &start.circuits, entrants: &start.entrants, heats: &heats }.verdicts())
    }

    /// Does it.
    #[expect(clippy::print_stderr, reason = "this is what the user reads")]
    pub fn run(self) -> ExitCode {
        let done = self.start().map_err(|error| (2, error)).and_then(|start| {
            let runtime = tokio::runtime::Runtime::new().map_err(|error| (1, error.into()))?;
            runtime.block_on(self.race(&start)).map_err(|error| (1, error))
        });
        match done {
            Ok(status) => ExitCode::from(status),
            Err((status, error)) => {
                eprintln!("{error:#}");
                ExitCode::from(status)
            }
        }
    }

    fn start(&self) -> Result<Start> {
        // Before an hour of racing, not after it.
        self.outputs.check()?;
        self.wanted.check()?;
        let missing = missing_programs(&["chromium", "chromedriver"]);
        if !missing.is_empty() {
            bail!("a race needs {}: install Debian's packages chromium and chromium-driver", missing.join(" and "));
        }
        let entrants = unique(&self.players);
        if let Some(twice) =
            entrants.iter().enumerate().find(|(at, one)| entrants[..*at].iter().any(|other| other.name() == one.name()))
        {
            bail!("two adapter files are called {}: rename one, as that is its name in the table", twice.1.name());
        }
        let mut circuits = unique(&self.scenarios).iter().map(|name| Circuit::of(name)).collect::<Result<Vec<_>>>()?;
        if let Some(watch) = self.watch {
            circuits.iter_mut().for_each(|circuit| circuit.watch = Duration::from_secs(watch));
        }
        let sources = Sources { page: self.page.clone(), modules: self.node_modules.clone() };
        let version = |entrant: &Entrant| Ok((entrant.name().to_owned(), sources.version(entrant)?));
        let versions = entrants.iter().map(version).collect::<Result<_>>()?;
        Ok(Start { entrants, circuits, sources, versions })
    }

    #[expect(clippy::print_stderr, reason = "this is what the user reads")]
    async fn race(&self, start: &Start) -> Result<u8> {
        for (player, version) in &start.versions {
            eprintln!("{player} {version}");
        }
        let mut heats = Vec::new();
        // When it is interrupted, the run under way is dropped, and with it its browser.
        let interrupted = tokio::select! {
            raced = self.race_all(start, &mut heats) => { raced?; false }
            () = interruption() => true,
        };
        let expected = if heats.is_empty() { Vec::new() } else { self.report(start, &heats)? };
        if interrupted {
            eprintln!("interrupted after {} runs", heats.len());
            return Ok(130);
        }
        let race = Race { circuits: &start.circuits, entrants: &start.entrants, heats: &heats };
        let missed = race.verdicts().iter().any(|one| one.player == OURS && !one.met);
        expected.iter().for_each(|sentence| eprintln!("{sentence}"));
        Ok(if (missed && self.expect_goals) || !expected.is_empty() { 3 } else { 0 })
    }

    async fn race_all(&self, start: &Start, heats: &mut Vec<Heat>) -> Result<()> {
        let first = start.circuits.first().context("no scenario is named")?;
        let origin = Origin::start(OriginConfig::of(first.scenario.clone())).await?;
        let place = Place { sources: &start.sources, origin: &origin, record: self.record.as_deref() };
        let bar = progress(start, self.runs);
        for run in 1..=usize::from(self.runs) {
            for circuit in &start.circuits {
                origin.set_scenario(circuit.scenario.clone()).await?;
                // Who goes first has the machine as it was left by the others, so that turns.
                let turn =
                    (0..start.entrants.len()).map(|index| &start.entrants[(index + run - 1) % start.entrants.len()]);
                for entrant in turn {
                    bar.set_message(format!("{} {} run {run}", circuit.name, entrant.name()));
                    heats.push(heat::run(run, entrant, circuit, place).await);
                    bar.inc((circuit.watch + AROUND).as_secs());
                }
            }
        }
        bar.finish_and_clear();
        Ok(())
    }

    /// Writes and prints it. Gives sentences for the expectations that were missed.
    #[expect(clippy::print_stderr, reason = "standard output may be a document")]
    fn report(&self, start: &Start, heats: &[Heat]) -> Result<Vec<String>> {
        let race = Race { circuits: &start.circuits, entrants: &start.entrants, heats };
        let chromium = heats.iter().find_map(|heat| Some(heat.seen.as_ref()?.chromium.clone())).unwrap_or_default();
        let ladder = |circuit: &Circuit| (circuit.name.clone(), circuit.rungs.iter().map(|rung| rung.kbps).collect());
        let ladders: BTreeMap<String, Vec<f64>> = start.circuits.iter().map(ladder).collect();
        let config = json!({
            "version": env!("CARGO_PKG_VERSION"),
            "command": std::env::args().collect::<Vec<_>>().join(" "),
            "players": start.versions,
            "chromium": chromium,
            "cores": std::thread::available_parallelism().map_or(0, std::num::NonZero::get),
            "ladders_kbps": ladders,
        });
        let document = json!({ "config": config, "goals": race.verdicts(), "rows": heats, "summary": race.medians() });
        let verdict = self.wanted.judge(&Compared {
            document: &document,
            summary: "summary",
            of: Some("median"),
            rows: "rows",
            row: &["scenario", "player", "run"],
            group: &["scenario", "player"],
            figures: COMPARED,
            config: &["chromium", "cores", "players"],
        })?;
        if let Some(warning) = verdict.warning() {
            eprintln!("{warning}");
        }
        let mut facts = vec![("Chromium", chromium.clone())];
        facts.extend(start.versions.iter().map(|(player, version)| (player.as_str(), version.clone())));
        let html = html::page(&race, &facts);
        if !self.outputs.write(&document.to_string(), &race.csv(), &html)? {
            let doubts = race.doubts();
            let doubts = if doubts.is_empty() { "The origin's logs say the same as the pages.\n" } else { &doubts };
            let against = verdict.table();
            let (table, goals) = (race.table(), race.goals());
            results::print(&format!("Chromium {chromium}\n\n{table}\n{goals}\n{doubts}{against}\n"))?;
        }
        Ok(verdict.missed)
    }
}

fn progress(start: &Start, runs: u16) -> ProgressBar {
    let once: Duration = start.circuits.iter().map(|circuit| circuit.watch + AROUND).sum();
    let all = once * u32::from(runs) * u32::try_from(start.entrants.len()).unwrap_or(u32::MAX);
    let bar = ProgressBar::new(all.as_secs());
    if let Ok(style) = ProgressStyle::with_template("{bar:30} {pos}/{len} s, {eta} left: {msg}") {
        bar.set_style(style);
    }
    bar.enable_steady_tick(Duration::from_secs(1));
    bar
}

/// Each once, in the order of the first.
fn unique<T: Clone + PartialEq>(all: &[T]) -> Vec<T> {
    let mut found: Vec<T> = Vec::new();
    for one in all {
        if !found.contains(one) {
            found.push(one.clone());
        }
    }
    found
}

/// Waits for the signal to end.
pub(crate) async fn interruption() {
    use tokio::signal::unix::{SignalKind, signal};
    let (Ok(mut terminated), Ok(mut interrupted)) = (signal(SignalKind::terminate()), signal(SignalKind::interrupt()))
    else {
        return std::future::pending().await;
    };
    tokio::select! { _ = terminated.recv() => {}, _ = interrupted.recv() => {} }
}
