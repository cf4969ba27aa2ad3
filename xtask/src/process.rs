//! Runs programs: loudly, their output passing through, or quietly, with a line now and then that says it goes on.

use std::ffi::OsStr;
use std::io::{IsTerminal, Read, Seek};
use std::process::{Command, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};
use std::{env, fs};

use anyhow::{Context, bail};

use crate::workspace::Workspace;

/// How often a quiet program is reported to be still running where there is no terminal.
const STILL_RUNNING: Duration = Duration::from_secs(15);

/// A cargo command on the workspace, with our target folder and our tools.
pub(crate) fn cargo<S: AsRef<OsStr>>(workspace: &Workspace, arguments: impl IntoIterator<Item = S>) -> Command {
    let mut command = Command::new("cargo");
    let mut path = env::var_os("PATH").unwrap_or_default();
    path.push(":");
    path.push(workspace.tools().join("bin"));
    command.args(arguments).current_dir(&workspace.root);
    command.env("CARGO_TARGET_DIR", &workspace.target).env("PATH", path);
    command
}

/// Builds these binaries, their dependencies with the features that the whole workspace needs: with `--package` cargo
/// would choose other features for each binary, and build half of the dependencies again.
pub(crate) fn build(workspace: &Workspace, binaries: &[&str]) -> anyhow::Result<()> {
    let selection = binaries.iter().flat_map(|name| ["--bin", name]);
    run(cargo(workspace, ["build", "--workspace"]).args(selection))
}

/// Runs a program whose output passes through; its stdout goes to our stderr, because ours is for scripts.
pub(crate) fn run(command: &mut Command) -> anyhow::Result<()> {
    run_with_stdout(command.stdout(std::io::stderr()))
}

/// Runs a program whose stdout is the caller's choice.
pub(crate) fn run_with_stdout(command: &mut Command) -> anyhow::Result<()> {
    let status = command.status().with_context(|| format!("cannot start {}", name(command)))?;
    if !status.success() {
        bail!("{} ended with {status}", name(command));
    }
    Ok(())
}

/// Runs a program whose output matters only if it fails, and shows that it is running.
pub(crate) fn run_quietly(command: &mut Command) -> anyhow::Result<()> {
    let mut log = tempfile()?;
    command.stdin(Stdio::null()).stdout(log.try_clone()?).stderr(log.try_clone()?);
    let mut child = command.spawn().with_context(|| format!("cannot start {}", name(command)))?;
    let status = while_ticking(|| child.wait())?;
    if !status.success() {
        let mut said = String::new();
        log.rewind()?;
        log.read_to_string(&mut said).context("cannot read what it said")?;
        bail!("{} ended with {status}:\n{}", name(command), said.trim_end());
    }
    Ok(())
}

/// Whether a program runs and succeeds; whatever it says is dropped.
pub(crate) fn succeeds(command: &mut Command) -> bool {
    command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success())
}

/// What a program prints on stdout, trimmed.
pub(crate) fn output(command: &mut Command) -> anyhow::Result<String> {
    let output =
        command.stderr(Stdio::inherit()).output().with_context(|| format!("cannot start {}", name(command)))?;
    if !output.status.success() {
        bail!("{} ended with {}", name(command), output.status);
    }
    Ok(String::from_utf8(output.stdout).context("its output is not UTF-8")?.trim().to_owned())
}

/// Does some work of ours and shows meanwhile how long it has been going on.
pub(crate) fn while_ticking<T>(work: impl FnOnce() -> T) -> T {
    let began = Instant::now();
    let on_terminal = std::io::stderr().is_terminal();
    let every = if on_terminal { Duration::from_secs(1) } else { STILL_RUNNING };
    let (done, is_done) = mpsc::channel::<()>();
    let ticker = thread::spawn(move || {
        while let Err(mpsc::RecvTimeoutError::Timeout) = is_done.recv_timeout(every) {
            let seconds = began.elapsed().as_secs();
            if on_terminal {
                eprint!("\r    ... {seconds} s");
            } else {
                eprintln!("    ... {seconds} s");
            }
        }
        if on_terminal {
            eprint!("\r\x1b[K");
        }
    });
    let result = work();
    drop(done);
    // The ticker cannot panic, and if it did there would be nothing to do about it.
    let _ = ticker.join();
    result
}

/// Program and first arguments, for messages.
fn name(command: &Command) -> String {
    let words = std::iter::once(command.get_program()).chain(command.get_args().take(4));
    format!("`{}`", words.map(OsStr::to_string_lossy).collect::<Vec<_>>().join(" "))
}

/// A file that is gone when it is closed.
fn tempfile() -> anyhow::Result<fs::File> {
    let path = env::temp_dir().join(format!("matinee-xtask-{}.log", std::process::id()));
    let file = fs::File::options().read(true).append(true).create_new(true).open(&path);
    let file = file.with_context(|| format!("cannot create {}", path.display()))?;
    fs::remove_file(&path)?;
    Ok(file)
}
