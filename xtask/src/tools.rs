//! Tools that come from cargo, rustup and npm, installed when they are missing.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use anyhow::Context;

use crate::process::{self, cargo};
use crate::workspace::Workspace;

/// The target that the web page is compiled for.
pub(crate) const WASM: &str = "wasm32-unknown-unknown";

/// A cargo subcommand from crates.io.
struct CargoTool {
    /// As in `cargo NAME`; the crate is `cargo-NAME`.
    name: &'static str,
    /// What is installed; any version that is there already will do.
    version: &'static str,
    options: &'static [&'static str],
}

const CARGO_TOOLS: &[CargoTool] = &[
    CargoTool {
        name: "nextest",
        version: "0.9.143",
        options: &["--no-default-features", "--features=default-no-update"],
    },
    CargoTool { name: "deny", version: "0.20.2", options: &[] },
];

/// Quick to compile matters more than quick to run: these tools wait for others most of the time.
const QUICK_TO_COMPILE: &[(&str, &str)] =
    &[("OPT_LEVEL", "1"), ("LTO", "false"), ("CODEGEN_UNITS", "16"), ("DEBUG", "false"), ("STRIP", "true")];

/// Installs the test runner and the licence checker.
pub(crate) fn ensure_cargo_tools(workspace: &Workspace) -> anyhow::Result<()> {
    for tool in CARGO_TOOLS {
        if process::succeeds(&mut cargo(workspace, [tool.name, "--version"])) {
            continue;
        }
        eprintln!("    compiling cargo-{}, once", tool.name);
        let mut install = cargo(workspace, ["install", "--locked", "--root"]);
        install.arg(workspace.tools()).arg(format!("cargo-{}@{}", tool.name, tool.version)).args(tool.options);
        // Its own target folder is temporary: nothing of it serves the workspace.
        install.env_remove("CARGO_TARGET_DIR");
        install.envs(QUICK_TO_COMPILE.iter().map(|(key, value)| (format!("CARGO_PROFILE_RELEASE_{key}"), value)));
        process::run(&mut install)?;
    }
    Ok(())
}

/// Installs the parts of the Rust toolchain that rust-toolchain.toml names, where rustup does not do so by itself.
pub(crate) fn ensure_rust_parts(workspace: &Workspace) -> anyhow::Result<()> {
    let sysroot = process::output(Command::new("rustc").args(["--print", "sysroot"]).current_dir(&workspace.root))?;
    let rustup = |arguments: &[&str]| {
        process::run(Command::new("rustup").args(arguments).current_dir(&workspace.root))
            .with_context(|| format!("add it to your Rust toolchain by hand: {}", arguments.join(" ")))
    };
    if !PathBuf::from(sysroot).join("lib/rustlib").join(WASM).is_dir() {
        rustup(&["target", "add", WASM])?;
    }
    for component in ["clippy", "fmt"] {
        if !process::succeeds(&mut cargo(workspace, [component, "--version"])) {
            rustup(&["component", "add", if component == "fmt" { "rustfmt" } else { component }])?;
        }
    }
    Ok(())
}

/// Installs the npm packages that tests play against and returns their folder.
pub(crate) fn ensure_npm_packages(workspace: &Workspace) -> anyhow::Result<PathBuf> {
    let wanted = workspace.root.join("tests/npm");
    let folder = workspace.cache.join("npm");
    let modules = folder.join("node_modules");
    let lock = fs::read_to_string(wanted.join("package-lock.json")).context("tests/npm/package-lock.json")?;
    let stamp = folder.join("installed-lock.json");
    if modules.is_dir() && fs::read_to_string(&stamp).is_ok_and(|installed| installed == lock) {
        return Ok(modules);
    }
    fs::create_dir_all(&folder).with_context(|| format!("cannot create {}", folder.display()))?;
    for file in ["package.json", "package-lock.json"] {
        fs::copy(wanted.join(file), folder.join(file)).with_context(|| format!("cannot copy tests/npm/{file}"))?;
    }
    let mut install = Command::new("npm");
    install.args(["ci", "--ignore-scripts", "--no-audit", "--no-fund"]).current_dir(&folder);
    process::run_quietly(&mut install)?;
    fs::write(&stamp, lock)?;
    Ok(modules)
}
