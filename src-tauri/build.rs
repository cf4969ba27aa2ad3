//! Reads `tauri.conf.json` at the root and writes the permissions of the app's own commands.

use tauri_build::{AppManifest, Attributes};

#[expect(clippy::print_stderr, reason = "cargo shows what a failed build script wrote")]
fn main() {
    // The one capability is granted in code, to the server's address of this start. The usual pattern watches a folder
    // that is not there, so that cargo would build the app anew every time.
    let attributes = Attributes::new()
        .config_path("../tauri.conf.json")
        .capabilities_path_pattern("none")
        .app_manifest(AppManifest::new().commands(&["add_folder"]));
    if let Err(error) = tauri_build::try_build(attributes) {
        eprintln!("{error:#}");
        std::process::exit(1);
    }
}
