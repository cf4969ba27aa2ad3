//! `bench [NAME...]`: runs the benchmarks of crate system-tests on everything that they measure.

use std::process::Stdio;

use crate::process;
use crate::steps::Steps;
use crate::workspace::Workspace;
use crate::{tools, ui};

/// Builds, then runs the benchmarks named, or all. Their table is the only thing on stdout.
pub(crate) fn run(workspace: &Workspace, names: &[String]) -> anyhow::Result<()> {
    let mut steps = Steps::begin();
    steps.run("Rust parts", || tools::ensure_rust_parts(workspace))?;
    steps.run("web page", || ui::build(workspace))?;
    steps.run("build", || process::build(workspace, &MEASURED))?;
    let modules = steps.run("npm packages", || tools::ensure_npm_packages(workspace))?;
    steps.run("benchmarks", || {
        let mut bench = std::process::Command::new(workspace.binary("bench"));
        bench.args(names).current_dir(&workspace.root).env("CARGO_TARGET_DIR", &workspace.target);
        bench.env("MATINEE_NODE_MODULES", modules);
        process::run_with_stdout(bench.stdout(Stdio::inherit()))
    })
}

/// What is measured and what measures it.
const MEASURED: [&str; 3] = ["matinee-server", "matinee-play", "bench"];
