//! `bench [NAME...]`: runs the benchmarks named, or all, and prints one Markdown table.

use std::path::PathBuf;

use anyhow::{Result, bail};
use clap::Parser;
use system_tests::bench;

const ALL: [&str; 5] = ["idle", "delivery", "transcode", "play", "native"];

/// Benchmarks of the product through HTTP and in a browser.
#[derive(Parser)]
struct Arguments {
    /// Which ones: idle, delivery, transcode, play, native. All if none is named.
    names: Vec<String>,
    /// Where the JSON goes.
    #[arg(long, default_value = "out/bench")]
    out: PathBuf,
    /// Where films for benches are kept between runs.
    #[arg(long)]
    films: Option<PathBuf>,
}

#[tokio::main]
async fn main() -> Result<()> {
    let arguments = Arguments::parse();
    if let Some(unknown) = arguments.names.iter().find(|name| !ALL.contains(&name.as_str())) {
        bail!("there is no bench {unknown}; there are {}", ALL.join(", "));
    }
    let chosen = |name: &str| arguments.names.is_empty() || arguments.names.iter().any(|given| given == name);
    let scratch = tempfile::tempdir()?;
    let films = match arguments.films {
        Some(folder) => test_films::films_in(&folder)?,
        None => test_films::films()?,
    };
    let mut all = Vec::new();
    for name in ALL.into_iter().filter(|name| chosen(name)) {
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
    Ok(())
}

#[expect(clippy::print_stdout, reason = "the table is what this program is for")]
fn print(text: &str) {
    println!("{text}");
}

#[expect(clippy::print_stderr, reason = "progress for a person who waits")]
fn note(text: &str) {
    eprintln!("{text}");
}
