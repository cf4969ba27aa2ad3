//! `make-media DIR [--only NAME]`: makes the films for tests and demo.

use std::io::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Result, ensure};
use clap::Parser;
use test_films::{BROKEN, FILMS, Progress};

/// Makes a small library of films with GStreamer. What is there is kept.
#[derive(Parser)]
struct Arguments {
    /// The folder; it is made if it is missing.
    folder: PathBuf,
    /// Only titles that contain this.
    #[arg(long, value_name = "NAME")]
    only: Option<String>,
    /// Leaves out the files that are broken on purpose.
    #[arg(long)]
    without_broken: bool,
}

fn main() -> ExitCode {
    match run(&Arguments::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            complain(&format!("make-media: {error:#}"));
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: &Arguments) -> Result<()> {
    let wanted = |title: &str| {
        let named = arguments.only.as_ref().is_none_or(|name| title.to_lowercase().contains(&name.to_lowercase()));
        let broken = BROKEN.iter().any(|broken| broken.title == title);
        named && !(broken && arguments.without_broken)
    };
    let titles = FILMS.iter().map(|film| film.title).chain(BROKEN.iter().map(|broken| broken.title));
    ensure!(titles.clone().any(wanted), "there is no such film; there are {}", titles.collect::<Vec<_>>().join(", "));
    test_films::make_some(&arguments.folder, wanted, &report)
}

fn report(progress: Progress<'_>) {
    let line = match progress {
        Progress::Kept(path) => format!("kept  {path}"),
        Progress::Made { path, bytes, took } => {
            format!("made  {path}  {} kB in {:.1} s", bytes / 1_000, took.as_secs_f64())
        }
    };
    // The films are made even if nobody reads on.
    let _ = writeln!(std::io::stdout(), "{line}");
}

#[expect(clippy::print_stderr, reason = "the reason of a failure belongs there")]
fn complain(text: &str) {
    eprintln!("{text}");
}
