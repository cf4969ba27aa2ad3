//! `demo`: from a fresh clone to an address that plays films.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::io::{BufRead, Write as _};
use std::net::SocketAddr;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::{env, fs, io};

use anyhow::{Context, bail};
use clap::Args;
use walkdir::WalkDir;

use crate::process;
use crate::steps::Steps;
use crate::workspace::Workspace;
use crate::{Shared, tools, ui};

/// What the server says when it is ready, before its address.
const READY: &str = "listening on ";

#[derive(Args)]
pub(crate) struct Options {
    /// Folders with films; without any, a few are made.
    dirs: Vec<PathBuf>,
    /// Opens no browser.
    #[arg(long)]
    no_open: bool,
    /// Where the server listens; port 0 takes any.
    #[arg(long, default_value = "127.0.0.1:8484")]
    listen: SocketAddr,
    #[command(flatten)]
    _shared: Shared,
}

/// Builds what is missing, then becomes the server: signals and exit status are its own.
pub(crate) fn run(workspace: &Workspace, options: &Options) -> anyhow::Result<()> {
    let dirs: Vec<PathBuf> = options.dirs.iter().map(|dir| folder(dir)).collect::<anyhow::Result<_>>()?;
    let mut steps = Steps::begin();
    steps.run("Rust parts", || tools::ensure_rust_parts(workspace))?;
    steps.run("web page", || ui::build(workspace))?;
    steps.run("server", || process::build(workspace, &["matinee-server"]))?;
    let dirs = if dirs.is_empty() { vec![steps.run("demo films", || films(workspace))?] } else { dirs };

    let mut server = Command::new(workspace.binary("matinee-server"));
    server.arg("serve").arg("--data").arg(workspace.data.join("demo")).arg("--listen").arg(options.listen.to_string());
    for dir in &dirs {
        server.arg("--library").arg(dir);
    }
    if !options.no_open {
        server.stdout(browser_opener()?);
    }
    eprintln!("==> Matinee, until Ctrl-C");
    Err(server.exec()).context("cannot start the server")
}

/// A folder that the server will be given, as an absolute path.
pub(crate) fn folder(dir: &Path) -> anyhow::Result<PathBuf> {
    if !dir.is_dir() {
        bail!("{} is not a folder", dir.display());
    }
    std::path::absolute(dir).with_context(|| format!("cannot find {}", dir.display()))
}

/// The folder with the demo films, made anew when what makes them has changed.
fn films(workspace: &Workspace) -> anyhow::Result<PathBuf> {
    let folder = workspace.cache.join("demo-films");
    let stamp = workspace.cache.join("demo-films.stamp");
    let recipe = films_recipe(workspace)?;
    if folder.is_dir() {
        if fs::read_to_string(&stamp).is_ok_and(|made_by| made_by == recipe) {
            return Ok(folder);
        }
        fs::remove_dir_all(&folder).with_context(|| format!("cannot remove {}", folder.display()))?;
    }
    process::build(workspace, &["make-media"])?;
    process::run(Command::new(workspace.binary("make-media")).arg(&folder).arg("--without-broken"))?;
    fs::write(&stamp, recipe)?;
    Ok(folder)
}

/// Changes when the source of make-media changes.
fn films_recipe(workspace: &Workspace) -> anyhow::Result<String> {
    let mut hasher = DefaultHasher::new();
    for entry in WalkDir::new(workspace.root.join("tests/films/src")).sort_by_file_name().into_iter().flatten() {
        if entry.file_type().is_file() {
            fs::read(entry.path()).with_context(|| entry.path().display().to_string())?.hash(&mut hasher);
        }
    }
    Ok(format!("{:016x}\n", hasher.finish()))
}

/// Starts this program again as [`open_browser`], which lives as long as the pipe returned, and is out of the reach of
/// Ctrl-C, so that the server never writes into a broken pipe.
fn browser_opener() -> anyhow::Result<io::PipeWriter> {
    let (from_server, to_opener) = io::pipe()?;
    let mut opener = Command::new(env::current_exe()?);
    opener.arg("open-browser").stdin(from_server).process_group(0);
    opener.spawn().context("cannot start what opens the browser")?;
    Ok(to_opener)
}

/// Passes lines from stdin to stdout and opens the browser at the address in the first that has one.
pub(crate) fn open_browser() -> anyhow::Result<()> {
    let mut opened = false;
    for line in io::stdin().lock().lines() {
        let line = line?;
        writeln!(io::stdout(), "{line}")?;
        if let Some(address) = line.strip_prefix(READY).filter(|_| !opened) {
            opened = true;
            let mut open = Command::new("xdg-open");
            open.arg(address).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
            if open.spawn().is_err() {
                eprintln!("open {address} in a browser");
            }
        }
    }
    Ok(())
}
