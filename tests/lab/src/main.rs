//! `matinee-lab`: plays in virtual time and in real browsers, and prints what a viewer would have seen.

use std::process::ExitCode;

use clap::{Parser, Subcommand};
use player_lab::{Report, play, print, race, scenario, simulate};

/// Plays in virtual time and in real browsers.
#[derive(Parser)]
#[command(version)]
struct Arguments {
    #[command(subcommand)]
    command: Task,
}

#[derive(Subcommand)]
enum Task {
    /// Plays rules over recorded networks and compares them.
    Simulate(Box<simulate::command::Simulate>),
    /// Lists the built-in scenarios of `play`.
    List,
    /// Plays scenarios and prints a report of each; all of them if none is named.
    Play {
        /// Names out of `list`.
        scenarios: Vec<String>,
        /// One row per second as well.
        #[arg(long)]
        seconds: bool,
        /// Every request as well.
        #[arg(long)]
        requests: bool,
    },
    Lint(player_lab::lint::Lint),
    Movie(player_lab::movie::MakeMovie),
    Replay(player_lab::replay::Replay),
    Race(Box<race::command::Options>),
    Soak(player_lab::soak::Soak),
}

#[expect(clippy::print_stderr, reason = "what is wrong is said there")]
fn main() -> ExitCode {
    let printed = match Arguments::parse().command {
        Task::Lint(lint) => return lint.run(),
        Task::Movie(movie) => return movie.run(),
        Task::Replay(replay) => return replay.run(),
        Task::Simulate(simulate) => return simulate.run(),
        Task::Race(race) => return race.run(),
        Task::Soak(soak) => return soak.run(),
        Task::List => {
            let known = scenario::built_in();
            print(&known.iter().map(|scenario| format!("{}\n", scenario.name)).collect::<String>())
        }
        Task::Play { scenarios, seconds, requests } => {
            let known = scenario::built_in();
            if let Some(unknown) = scenarios.iter().find(|name| known.iter().all(|scenario| scenario.name != **name)) {
                eprintln!("no scenario is called {unknown}; `matinee-lab list` names them");
                return ExitCode::from(2);
            }
            let wanted = |name: &str| scenarios.is_empty() || scenarios.iter().any(|wanted| wanted == name);
            let mut played = known.iter().filter(|scenario| wanted(scenario.name)).map(play);
            played.try_for_each(|report| print(&text(&report, seconds, requests)))
        }
    };
    match printed {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error:#}");
            ExitCode::FAILURE
        }
    }
}

/// A report with the rows that are wanted as well.
fn text(report: &Report, seconds: bool, requests: bool) -> String {
    let mut text = report.to_string();
    for one in report.requests.iter().filter(|_| requests) {
        let (at, took) = (one.at.as_secs_f64(), one.took.as_secs_f64());
        text += &format!("  {at:8.3} s  {:<28} {:>9} B in {took:.3} s  {}\n", one.path, one.bytes, one.outcome);
    }
    for row in report.seconds.iter().filter(|_| seconds) {
        text += &format!(
            "  {:4} s  at {:6.1} s  buffered {:5.1} s  {:<8}  {:>7} kbit/s  {:?}\n",
            row.at.as_secs(),
            row.position.as_seconds(),
            row.buffered.as_seconds(),
            row.shown,
            row.throughput_kbps,
            row.state,
        );
    }
    text
}
