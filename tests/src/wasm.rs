//! The core as pages get it: compiled to wasm, with what node needs to call it.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context as _, Result, ensure};
use wasm_bindgen_cli_support::Bindgen;

/// Builds `wasm-replay` and puts the module for node into a folder; gives the module.
///
/// # Errors
/// When it does not build.
pub fn build(into: &Path) -> Result<PathBuf> {
    // This program lies somewhere in cargo's folder, which cargo marks as one that backups may leave out.
    let program = std::env::current_exe()?;
    let target = program.ancestors().find(|folder| folder.join("CACHEDIR.TAG").is_file());
    let target = target.context("this program is in no folder of cargo's")?;
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let built = Command::new(cargo)
        .args(["build", "--quiet", "--package=wasm-replay", "--profile=web", "--target=wasm32-unknown-unknown"])
        .arg("--target-dir")
        .arg(target)
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .stdin(Stdio::null())
        .output()
        .context("cannot start cargo")?;
    ensure!(built.status.success(), "the wasm does not build: {}", String::from_utf8_lossy(&built.stderr));
    let wasm = target.join("wasm32-unknown-unknown/web/wasm_replay.wasm");
    Bindgen::new().input_path(wasm).nodejs(true)?.typescript(false).generate(into)?;
    Ok(into.join("wasm_replay.js"))
}
