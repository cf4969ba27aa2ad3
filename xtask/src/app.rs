//! `app`: the desktop app, built and started.

use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::Command;

use anyhow::Context;

use crate::process;
use crate::steps::Steps;
use crate::workspace::Workspace;
use crate::{demo, tools, ui};

/// Builds what is missing, then becomes the app: signals and exit status are its own.
pub(crate) fn run(workspace: &Workspace, dirs: &[PathBuf]) -> anyhow::Result<()> {
    let dirs: Vec<PathBuf> = dirs.iter().map(|dir| demo::folder(dir)).collect::<anyhow::Result<_>>()?;
    let mut steps = Steps::begin();
    steps.run("Rust parts", || tools::ensure_rust_parts(workspace))?;
    steps.run("web page", || ui::build(workspace))?;
    steps.run("app", || process::build(workspace, &["matinee"]))?;
    eprintln!("==> Matinee, until its window is closed");
    Err(Command::new(workspace.binary("matinee")).args(dirs).exec()).context("cannot start the app")
}
