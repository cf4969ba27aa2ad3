//! Reads `tauri.conf.json` at the root and writes the permissions of the app's own commands.

use tauri_build::{AppManifest, Attributes};

#[expect(clippy::print_stderr, reason = "cargo shows what a failed build script wrote")]
fn main() {
    let attributes =
        Attributes::new().config_path("../tauri.conf.json").app_manifest(AppManifest::new().commands(&["add_folder"]));
    if let Err(error) = tauri_build::try_build(attributes) {
        eprintln!("{error:#}");
        std::process::exit(1);
    }
}
