//! Builds the web page: `ui` compiled to wasm, its JavaScript by wasm-bindgen, names with a content hash, compressed
//! copies beside each file. The server embeds `ui/dist`.
//!
//! Nothing is done when neither the wasm nor a static file nor this program has changed.

mod bundle;
mod compress;

use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io::Write as _;
use std::path::{Path, PathBuf};

use anyhow::Context;
use wasm_bindgen_cli_support::Bindgen;

use crate::process::{self, cargo};
use crate::steps::Steps;
use crate::tools::{self, WASM};
use crate::workspace::Workspace;

/// The command `ui`.
pub(crate) fn run(workspace: &Workspace) -> anyhow::Result<()> {
    let mut steps = Steps::begin();
    steps.run("Rust parts", || tools::ensure_rust_parts(workspace))?;
    steps.run("web page", || build(workspace))
}

/// The command `size`. The figures go to stdout, where scripts read them.
pub(crate) fn size(workspace: &Workspace) -> anyhow::Result<()> {
    let mut steps = Steps::begin();
    steps.run("Rust parts", || tools::ensure_rust_parts(workspace))?;
    let folder = workspace.target.join("web-player");
    let sizes = steps.run("player", || {
        let player = ["build", "--package=player-web", "--example=matinee_player", "--profile=web", "--target", WASM];
        process::run(&mut cargo(workspace, player))?;
        if folder.exists() {
            fs::remove_dir_all(&folder)?;
        }
        bindgen(&workspace.target.join(WASM).join("web/examples/matinee_player.wasm"), &folder)?;
        process::while_ticking(|| compress::beside_each_file(&folder))
    })?;
    for compress::Sizes { name, plain, brotli, gzip } in sizes {
        writeln!(std::io::stdout(), "{name}: {plain} bytes, {brotli} in brotli, {gzip} in gzip")?;
    }
    Ok(())
}

/// Brings `ui/dist` up to date.
pub(crate) fn build(workspace: &Workspace) -> anyhow::Result<()> {
    process::run(&mut cargo(workspace, ["build", "--package=ui", "--profile=web", "--target", WASM]))?;
    let wasm = workspace.target.join(WASM).join("web/ui.wasm");
    let ui = workspace.root.join("ui");
    let (dist, stamp) = (ui.join("dist"), ui.join("dist.stamp"));

    let inputs = fingerprint(&wasm, &bundle::static_files(&ui)?)?;
    if dist.is_dir() && fs::read_to_string(&stamp).is_ok_and(|made_from| made_from == inputs) {
        return Ok(());
    }
    // Made beside the old one and put in its place at once, so that no build sees half of it.
    let fresh = ui.join("dist.new");
    if fresh.exists() {
        fs::remove_dir_all(&fresh)?;
    }
    let generated = workspace.target.join("web-generated");
    if generated.exists() {
        fs::remove_dir_all(&generated)?;
    }
    bindgen(&wasm, &generated)?;
    bundle::assemble(&generated, &ui, &fresh)?;
    let sizes = process::while_ticking(|| compress::beside_each_file(&fresh))?;

    if dist.exists() {
        fs::remove_dir_all(&dist)?;
    }
    fs::rename(&fresh, &dist).with_context(|| format!("cannot put {} in place", dist.display()))?;
    fs::write(&stamp, inputs)?;
    for size in sizes.iter().filter(|size| size.name.ends_with(".wasm")) {
        eprintln!(
            "    {}: {} kB, {} kB in brotli, {} kB in gzip",
            size.name,
            size.plain / 1000,
            size.brotli / 1000,
            size.gzip / 1000
        );
    }
    Ok(())
}

fn bindgen(wasm: &Path, into: &Path) -> anyhow::Result<()> {
    let mut bindgen = Bindgen::new();
    bindgen.input_path(wasm).web(true)?.typescript(false).omit_default_module_path(true);
    bindgen.remove_name_section(true).remove_producers_section(true);
    bindgen.generate(into).context("wasm-bindgen cannot make the JavaScript of the page")
}

/// Changes when anything changes that the bundle is made from.
fn fingerprint(wasm: &Path, static_files: &[PathBuf]) -> anyhow::Result<String> {
    let mut hasher = DefaultHasher::new();
    let program = std::env::current_exe()?;
    let program = program.metadata()?;
    (program.len(), program.modified()?).hash(&mut hasher);
    for file in static_files.iter().map(PathBuf::as_path).chain([wasm]) {
        file.hash(&mut hasher);
        fs::read(file).with_context(|| format!("cannot read {}", file.display()))?.hash(&mut hasher);
    }
    Ok(format!("{:016x}\n", hasher.finish()))
}
