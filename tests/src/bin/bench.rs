//! `bench [NAME...]`: runs the benchmarks named, or all, and prints a Markdown table of what was measured.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};
use clap::Parser;
use peak_alloc::PeakAlloc;
use system_tests::bench;
use system_tests::bench::player::{Depth, Networks, Part, Verdict};

/// Counts, for what a player keeps in memory.
#[global_allocator]
static ALLOCATOR: PeakAlloc = PeakAlloc;

const ALL: [&str; 6] = ["idle", "delivery", "transcode", "play", "native", PLAYER];
const PLAYER: &str = "player";

/// Benchmarks of the product through HTTP and in a browser, and of the player over recorded networks.
#[derive(Parser)]
struct Arguments {
    /// Which ones: idle, delivery, transcode, play, native, player. All if none is named.
    names: Vec<String>,
    /// Where the JSON goes.
    #[arg(long, default_value = "out/bench")]
    out: PathBuf,
    /// Where films for benches are kept between runs.
    #[arg(long)]
    films: Option<PathBuf>,
    /// Of `player`, five runs of the race and 60 networks of each set on other ground. Otherwise three, and 12.
    #[arg(long)]
    full: bool,
    /// Recorded networks for `player`; without it, the handful that is in the tree.
    #[arg(long, value_name = "DIR")]
    traces: Option<PathBuf>,
    /// Of `player`, only this; may be given several times.
    #[arg(long = "part", value_name = "PART")]
    parts: Vec<Part>,
}

#[tokio::main]
async fn main() -> Result<()> {
    let arguments = Arguments::parse();
    if let Some(unknown) = arguments.names.iter().find(|name| !ALL.contains(&name.as_str())) {
        bail!("there is no bench {unknown}; there are {}", ALL.join(", "));
    }
    let chosen = |name: &str| arguments.names.is_empty() || arguments.names.iter().any(|given| given == name);
    // What cannot be read is better said before an hour of measuring.
    let networks = if chosen(PLAYER) { Some(networks(arguments.traces.as_deref())?) } else { None };
    let scratch = tempfile::tempdir()?;
    let mut all = Vec::new();
    let products = ALL.into_iter().filter(|name| *name != PLAYER && chosen(name)).collect::<Vec<_>>();
    if !products.is_empty() {
        let films = match &arguments.films {
            Some(folder) => test_films::films_in(folder)?,
            None => test_films::films()?,
        };
        for name in products {
            note(&format!("bench {name} ..."));
            let figures = match name {
                "idle" => bench::idle::measure(&films).await?,
                "delivery" => bench::delivery::measure(scratch.path()).await?,
                "transcode" => bench::transcode::measure(scratch.path(), &test_films::long_take(&films)?).await?,
                "native" => bench::native::measure(scratch.path()).await?,
                _ => bench::play::measure(scratch.path()).await?,
            };
            bench::report::write_json(&arguments.out, name, &figures)?;
            all.extend(figures);
        }
        print(&bench::report::markdown(&all));
    }
    if let Some(networks) = networks {
        let depth = if arguments.full { Depth::Full } else { Depth::Quick };
        note(&format!("bench {PLAYER}, {depth:?}, on {} ...", networks.describe()));
        let mut verdicts = Vec::new();
        print(bench::player::TABLE_HEAD);
        let mut measured = |part: Vec<Verdict>| {
            part.iter().for_each(|verdict| print(&verdict.to_string()));
            verdicts.extend(part);
        };
        let done = bench::player::measure(&networks, depth, &arguments.parts, scratch.path(), &note, &mut measured);
        let done = done.await;
        print(&format!("\n{}", bench::player::tally(&verdicts)));
        bench::report::write_json(&arguments.out, PLAYER, &verdicts)?;
        done?;
    }
    Ok(())
}

fn networks(folder: Option<&Path>) -> Result<Networks> {
    match folder {
        Some(folder) => Networks::read(folder),
        None => {
            note(
                "without --traces the few networks in the tree are played: ours is only held against the classics, and means say little",
            );
            Networks::in_tree().context("the networks of the tree")
        }
    }
}

#[expect(clippy::print_stdout, reason = "the table is what this program is for")]
fn print(text: &str) {
    println!("{text}");
}

#[expect(clippy::print_stderr, reason = "progress for a person who waits")]
fn note(text: &str) {
    eprintln!("{text}");
}
