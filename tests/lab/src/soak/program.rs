//! A program of ours that is started, listened to and ended.

use std::collections::VecDeque;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use tokio::io::{AsyncBufReadExt as _, AsyncRead, BufReader};
use tokio::process::{Child, Command};
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};
use tokio::task::JoinHandle;

/// Of what a program complained, its last lines are kept.
const KEPT: usize = 20;

/// A program that is asked to end has this long for it.
const PATIENCE: Duration = Duration::from_secs(5);

/// A program that is running. Dropping it kills it.
pub(super) struct Program {
    pub(super) name: &'static str,
    pub(super) pid: u32,
    pub(super) process: Child,
    /// What it says, by line.
    pub(super) lines: UnboundedReceiver<String>,
    complaints: Arc<Mutex<VecDeque<String>>>,
    /// Reads them.
    listening: JoinHandle<()>,
}

impl Program {
    /// Starts the program that lies beside this one; `package` is what it is built of.
    pub(super) fn start(name: &'static str, package: &str, arguments: &[&str]) -> Result<Self> {
        let path = beside(&std::env::current_exe()?, name, package)?;
        let mut process = Command::new(&path)
            .args(arguments)
            // What it complains of is shown where there may be no terminal.
            .env("NO_COLOR", "1")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            // Ctrl-C is for this program, which then ends the others in order.
            .process_group(0)
            .kill_on_drop(true)
            .spawn()
            .with_context(|| format!("cannot start {}", path.display()))?;
        let pid = process.id().context("a process that has just started has an id")?;
        let (sender, lines) = unbounded_channel();
        let said = process.stdout.take().context("standard output is a pipe")?;
        // Reads on when nobody listens any more, so that the program never meets a full pipe.
        tokio::spawn(each_line(said, move |line| drop(sender.send(line))));
        let complaints = Arc::new(Mutex::new(VecDeque::new()));
        let complained = process.stderr.take().context("standard error is a pipe")?;
        let kept = Arc::clone(&complaints);
        let listening = tokio::spawn(each_line(complained, move |line| {
            let mut kept = kept.lock().unwrap_or_else(PoisonError::into_inner);
            if kept.len() == KEPT {
                kept.pop_front();
            }
            kept.push_back(line);
        }));
        Ok(Self { name, pid, process, lines, complaints, listening })
    }

    /// What is to be said of a program that has ended, or is about to, though it should not have.
    pub(super) async fn failed(&mut self) -> anyhow::Error {
        let ended = tokio::time::timeout(PATIENCE, self.process.wait()).await;
        let how = match ended {
            Ok(Ok(status)) => format!("it ended with {status}"),
            Ok(Err(error)) => format!("what became of it is not known: {error}"),
            Err(_) => "it says no more".to_owned(),
        };
        // What it said last may still be on its way.
        let _ = tokio::time::timeout(PATIENCE, &mut self.listening).await;
        let complaints = self.complaints.lock().unwrap_or_else(PoisonError::into_inner);
        let last: String = complaints.iter().map(|line| format!("\n  {line}")).collect();
        let last =
            if last.is_empty() { " and said nothing of why".to_owned() } else { format!("; its last lines:{last}") };
        anyhow::anyhow!("{} failed: {how}{last}", self.name)
    }

    /// Asks it to end, as Ctrl-C does, and sees to it.
    pub(super) async fn stop(&mut self) {
        // Once it has been waited for, the number may be that of another one.
        if self.process.id().is_none() {
            return;
        }
        let asked = Command::new("kill").args(["-INT", &self.pid.to_string()]).stdin(Stdio::null()).status().await;
        if asked.is_ok_and(|status| status.success())
            && tokio::time::timeout(PATIENCE, self.process.wait()).await.is_ok()
        {
            return;
        }
        // If that fails it has ended.
        let _ = self.process.kill().await;
    }
}

/// Where a program lies that is built into the same folder as this one.
fn beside(own: &Path, name: &str, package: &str) -> Result<PathBuf> {
    let path = own.with_file_name(format!("{name}{}", std::env::consts::EXE_SUFFIX));
    if !path.is_file() {
        bail!(
            "soak needs {name}, and there is no {}: `./x test` or `cargo build -p {package}` builds it, \
             and `./x path {name}` says where it is",
            path.display()
        );
    }
    Ok(path)
}

/// Reads lines, whatever bytes they are of, to their end.
async fn each_line(from: impl AsyncRead + Unpin, mut each: impl FnMut(String)) {
    let (mut from, mut line) = (BufReader::new(from), Vec::new());
    while from.read_until(b'\n', &mut line).await.is_ok_and(|count| count > 0) {
        each(String::from_utf8_lossy(&line).trim_end().to_owned());
        line.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_that_is_not_built_is_named_with_what_to_do() {
        let folder = tempfile::tempdir().unwrap();
        let own = folder.path().join("matinee-lab");
        let said = beside(&own, "matinee-play", "player-native").unwrap_err().to_string();
        let (needs, builds) = ("soak needs matinee-play, and there is no ", "`cargo build -p player-native` builds it");
        assert!(said.starts_with(needs) && said.contains(builds), "{said}");
        let there = folder.path().join(format!("matinee-play{}", std::env::consts::EXE_SUFFIX));
        std::fs::write(&there, "").unwrap();
        assert_eq!(beside(&own, "matinee-play", "player-native").unwrap(), there);
    }

    #[tokio::test]
    async fn lines_are_read_whatever_they_are_of() {
        let mut lines = Vec::new();
        each_line(&b"one\r\n\xff\xfe\n\nlast"[..], |line| lines.push(line)).await;
        assert_eq!(lines, ["one", "\u{fffd}\u{fffd}", "", "last"]);
    }
}
