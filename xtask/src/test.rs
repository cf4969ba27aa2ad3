//! `test`: everything that CI runs.

use std::process::Command;

use crate::process::{self, cargo};
use crate::steps::Steps;
use crate::workspace::Workspace;
use crate::{cache, check, tools, ui};

/// Where the tests that need real parts live.
const SYSTEM_TESTS: &str = "package(system-tests)";

/// The command `test`.
pub(crate) fn run(workspace: &Workspace, fast: bool) -> anyhow::Result<()> {
    let mut steps = Steps::begin();
    let result = all(workspace, fast, &mut steps);
    eprintln!("\n{}\n", steps.table());
    result
}

fn all(workspace: &Workspace, fast: bool, steps: &mut Steps) -> anyhow::Result<()> {
    check::set_up(workspace, steps)?;
    check::all(workspace, steps)?;
    steps.run("web page", || ui::build(workspace))?;
    steps.run("binaries", || process::run(&mut cargo(workspace, ["build", "--workspace", "--bins"])))?;
    steps.run("doctests", || process::run(&mut cargo(workspace, ["test", "--doc", "--workspace"])))?;
    steps.run("tests", || process::run(nextest(workspace).args(["-E", &format!("not {SYSTEM_TESTS}")])))?;
    if fast {
        steps.run("system tests, fast", || process::run(nextest(workspace).args(["-E", SYSTEM_TESTS])))?;
    } else {
        let modules = steps.run("npm packages", || tools::ensure_npm_packages(workspace))?;
        steps.run("system tests", || {
            let mut tests = nextest(workspace);
            tests.args(["-E", SYSTEM_TESTS]).env("MATINEE_NODE_MODULES", modules);
            process::run(tests.env("RUN_SLOW", "1").env("REQUIRE_BACKENDS", "1"))
        })?;
    }
    if let Some(what) = steps.run("pruning", || cache::prune(workspace))? {
        eprintln!("    {what}");
    }
    Ok(())
}

/// One selection of crates for all runs, so that everything is compiled once.
fn nextest(workspace: &Workspace) -> Command {
    cargo(workspace, ["nextest", "run", "--workspace", "--no-fail-fast"])
}
