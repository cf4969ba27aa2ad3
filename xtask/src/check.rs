//! `check`: what can be said about the code without running it.

use std::net::{TcpStream, ToSocketAddrs};
use std::time::Duration;

use crate::process::{self, cargo};
use crate::steps::Steps;
use crate::tools::{self, WASM};
use crate::workspace::Workspace;
use crate::{tidy, ui};

/// The crates that are compiled for the browser; the core is in it to prove that it needs no operating system.
const FOR_WASM: [&str; 3] = ["--package=player-core", "--package=player-web", "--package=ui"];

/// Where cargo-deny gets security advisories from.
const ADVISORIES: (&str, u16) = ("github.com", 443);

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
    steps.run("advisories", || if reachable(ADVISORIES) { run(&["deny", "check", "advisories"]) } else { skip() })?;
    // The app embeds the page while it compiles, and a folder that is not there is an error.
    steps.run("web page", || ui::build(workspace))?;
    steps.run("clippy", || run(&["clippy", "--workspace", "--all-targets", "--", "-Dwarnings"]))?;
    steps.run("clippy for wasm", || {
        let mut clippy = cargo(workspace, ["clippy", "--target", WASM]);
        process::run(clippy.args(FOR_WASM).args(["--", "-Dwarnings"]))
    })?;
    steps.run("documentation", || {
        let mut doc = cargo(workspace, ["doc", "--workspace", "--no-deps", "--document-private-items"]);
        process::run(doc.env("RUSTDOCFLAGS", "-Dwarnings"))
    })
}

fn skip() -> anyhow::Result<()> {
    eprintln!("    SKIPPED: the advisory database at {} cannot be reached", ADVISORIES.0);
    Ok(())
}

fn reachable(host: (&str, u16)) -> bool {
    let mut addresses = host.to_socket_addrs().into_iter().flatten();
    addresses.any(|address| TcpStream::connect_timeout(&address, Duration::from_secs(3)).is_ok())
}
