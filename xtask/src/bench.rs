//! `bench [NAME...]`: runs the benchmarks of crate system-tests on everything that they measure.

use std::path::PathBuf;
use std::process::Stdio;

use clap::Args;

use crate::process;
use crate::steps::Steps;
use crate::workspace::Workspace;
use crate::{tools, ui};

/// What is measured, and how long.
#[derive(Args)]
pub(crate) struct Options {
    /// Which benchmarks: idle, delivery, transcode, play, native, player. All if none is named.
    names: Vec<String>,
    /// Of `player`, five runs of the race and 60 networks of each set on other ground, which takes well over an hour.
    #[arg(long, conflicts_with = "quick")]
    full: bool,
    /// Of `player`, three runs and 12 networks of each set. That is the default.
    #[arg(long)]
    quick: bool,
    /// Recorded networks for `player`, laid out like Sabre's example data; without it, the handful that is in the tree.
    #[arg(long, value_name = "DIR")]
    traces: Option<PathBuf>,
    /// Of `player`, only this part; may be given several times.
    #[arg(long = "part", value_name = "PART", value_parser = PARTS)]
    parts: Vec<String>,
}

/// What `player` measures.
const PARTS: [&str; 5] = ["decisions", "race", "memory", "conditions", "ground"];

/// Builds, then runs the benchmarks named, or all. Their table is the only thing on stdout.
pub(crate) fn run(workspace: &Workspace, options: &Options) -> anyhow::Result<()> {
    let mut steps = Steps::begin();
    steps.run("Rust parts", || tools::ensure_rust_parts(workspace))?;
    steps.run("web page", || ui::build(workspace))?;
    steps.run("build", || process::build(workspace, &MEASURED))?;
    let modules = steps.run("npm packages", || tools::ensure_npm_packages(workspace))?;
    // The folder is named from where the user is, not from where the benches run.
    let traces = options.traces.as_ref().map(std::path::absolute).transpose()?;
    steps.run("benchmarks", || {
        let mut bench = std::process::Command::new(workspace.binary("bench"));
        bench.args(&options.names).current_dir(&workspace.root).env("CARGO_TARGET_DIR", &workspace.target);
        if options.full {
            bench.arg("--full");
        }
        if let Some(folder) = &traces {
            bench.arg("--traces").arg(folder);
        }
        bench.args(options.parts.iter().flat_map(|part| ["--part", part]));
        bench.env("MATINEE_NODE_MODULES", modules);
        process::run_with_stdout(bench.stdout(Stdio::inherit()))
    })
}

/// What is measured and what measures it.
const MEASURED: [&str; 3] = ["matinee-server", "matinee-play", "bench"];
