//! `check`: what can be said about the code without running it.

use crate::process::{self, cargo};
use crate::steps::Steps;
use crate::tools::{self, WASM};
use crate::workspace::Workspace;
use crate::{tidy, ui};

/// The crates that are compiled for the browser; the core is in it to prove that it needs no operating system.
const FOR_WASM: [&str; 4] = ["--package=player-core", "--package=player-web", "--package=ui", "--package=wasm-replay"];

/// The command `check`.
pub(crate) fn run(workspace: &Workspace) -> anyhow::Result<()> {
    let mut steps = Steps::begin();
    let result = set_up(workspace, &mut steps).and_then(|()| all(workspace, &mut steps));
    eprintln!("\n{}\n", steps.table());
    result
}

/// Installs what `check` and `test` need.
pub(crate) fn set_up(workspace: &Workspace, steps: &mut Steps) -> anyhow::Result<()> {
    steps.run("Rust parts", || tools::ensure_rust_parts(workspace))?;
    steps.run("cargo tools", || tools::ensure_cargo_tools(workspace))
}

/// Every check, the quick ones first.
pub(crate) fn all(workspace: &Workspace, steps: &mut Steps) -> anyhow::Result<()> {
    let run = |arguments: &[&str]| process::run(&mut cargo(workspace, arguments));
    steps.run("formatting", || run(&["fmt", "--all", "--check"]))?;
    steps.run("tidy", || tidy::run(workspace))?;
    steps.run("licences, bans, sources", || {
        run(&["deny", "--log-level=warn", "check", "licenses", "bans", "sources"])
    })?;
    steps.run("advisories", || {
        if process::succeeds(&mut cargo(workspace, ["deny", "fetch", "db"])) {
            return run(&["deny", "--offline", "check", "advisories"]);
        }
        eprintln!("    SKIPPED: the advisory database cannot be reached");
        Ok(())
    })?;
    // The app embeds the page while it compiles, and a folder that is not there is an error.
    steps.run("web page", || ui::build(workspace))?;
    steps.run("clippy", || run(&["clippy", "--workspace", "--all-targets", "--", "-Dwarnings"]))?;
    steps.run("clippy for wasm", || {
        let mut clippy = cargo(workspace, ["clippy", "--target", WASM]);
        process::run(clippy.args(FOR_WASM).args(["--", "-Dwarnings"]))
    })?;
    steps.run("documentation", || {
        let mut doc = cargo(workspace, ["doc", "--workspace", "--no-deps", "--document-private-items"]);
        // Private items are documented too, so links to them lead somewhere.
        process::run(doc.env("RUSTDOCFLAGS", "-Dwarnings -Arustdoc::private-intra-doc-links"))
    })
}
