//! What `./x` hands over to: sets up, builds, checks and starts everything.
//!
//! One file per command. Each command is a list of steps (`steps.rs`); what a step runs are cargo and other programs
//! (`process.rs`). xtask knows the crates of the workspace by name only and uses none of them, so that it can show
//! progress while they build. System packages are the business of the script `x`.
#![expect(clippy::print_stderr, reason = "progress is what this program shows; stdout is left to what scripts read")]

mod app;
mod bench;
mod cache;
mod check;
mod demo;
mod path;
mod process;
mod steps;
mod test;
mod tidy;
mod tools;
mod ui;
mod workspace;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand};

use crate::workspace::Workspace;

/// Builds, checks and starts Matinee.
#[derive(Parser)]
#[command(name = "x", bin_name = "./x")]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Starts the server on your films, or on a few that are made for the demo.
    Demo(demo::Options),
    /// Starts the desktop app, with its own embedded server.
    App {
        /// Folders with films.
        dirs: Vec<PathBuf>,
        #[command(flatten)]
        shared: Shared,
    },
    /// Runs everything that CI runs.
    Test {
        /// Leaves out browsers, players and long media tests.
        #[arg(long)]
        fast: bool,
        #[command(flatten)]
        shared: Shared,
    },
    /// Formatting, lints, tidy, licences, documentation.
    Check {
        #[command(flatten)]
        shared: Shared,
    },
    /// Benchmarks, each beside its yardstick: a table on stdout, JSON under out/bench.
    Bench {
        #[command(flatten)]
        options: bench::Options,
        #[command(flatten)]
        shared: Shared,
    },
    /// Prints the path of a built binary.
    Path {
        /// The binary.
        name: path::Binary,
    },
    /// Builds the web page into ui/dist.
    Ui,
    /// Tells how large the player is alone, core and driver without the pages, as a browser loads it.
    Size,
    /// Checks the rules of the code base that no other tool knows.
    Tidy,
    /// What `demo` starts to open the browser; of no use by itself.
    #[command(hide = true)]
    OpenBrowser,
}

/// Options that every command takes; the script `x` has acted on them already.
#[derive(Args)]
struct Shared {
    /// Asks nothing before it installs packages.
    #[arg(long)]
    yes: bool,
}

fn main() -> ExitCode {
    match run(Arguments::parse().command) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("x: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(command: Command) -> anyhow::Result<()> {
    if matches!(command, Command::OpenBrowser) {
        return demo::open_browser();
    }
    let workspace = Workspace::open()?;
    match command {
        Command::Demo(options) => demo::run(&workspace, &options),
        Command::App { dirs, shared: _ } => app::run(&workspace, &dirs),
        Command::Test { fast, shared: _ } => test::run(&workspace, fast),
        Command::Check { shared: _ } => check::run(&workspace),
        Command::Bench { options, shared: _ } => bench::run(&workspace, &options),
        Command::Path { name } => path::run(&workspace, name),
        Command::Ui => ui::run(&workspace),
        Command::Size => ui::size(&workspace),
        Command::Tidy => tidy::run(&workspace),
        Command::OpenBrowser => Ok(()),
    }
}
