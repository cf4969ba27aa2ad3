//! Where the results of a command go: files, or standard output.

use std::io::{ErrorKind, Write as _};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, Result, bail};
use clap::Args;

/// Options that every command has: where its results go.
#[derive(Args, Clone, Debug, Default)]
pub(crate) struct Outputs {
    /// Writes everything here; `-` is standard output.
    #[arg(long, value_name = "OUT")]
    json: Option<PathBuf>,
    /// Writes a row for each result here; `-` is standard output.
    #[arg(long, value_name = "OUT")]
    csv: Option<PathBuf>,
    /// Writes a page here, with plots where there is something to plot; `-` is standard output.
    #[arg(long, value_name = "OUT")]
    html: Option<PathBuf>,
}

impl Outputs {
    /// Whether JSON is wanted.
    pub(crate) fn want_json(&self) -> bool {
        self.json.is_some()
    }

    /// Whether a page is wanted.
    pub(crate) fn want_page(&self) -> bool {
        self.html.is_some()
    }

    /// Looks at where results are to go, for what takes long: before it, not after it.
    ///
    /// # Errors
    /// When there is no such folder.
    pub(crate) fn check(&self) -> Result<()> {
        let paths = [&self.json, &self.csv, &self.html].into_iter().flatten();
        for path in paths.filter(|path| *path != Path::new("-")) {
            let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
            if let Some(folder) = folder.filter(|folder| !folder.is_dir()) {
                bail!("cannot write {}: there is no folder {}", path.display(), folder.display());
            }
        }
        Ok(())
    }

    /// Writes each text where it is wanted. Returns whether one went to standard output, because then nothing else should.
    ///
    /// # Errors
    /// When a file cannot be written.
    pub(crate) fn write(&self, json: &str, csv: &str, html: &str) -> Result<bool> {
        let mut is_printed = false;
        for (path, text) in [(&self.json, json), (&self.csv, csv), (&self.html, html)] {
            match path {
                Some(path) if path == Path::new("-") => {
                    print(&format!("{text}\n"))?;
                    is_printed = true;
                }
                Some(path) => save(path, text)?,
                None => {}
            }
        }
        Ok(is_printed)
    }
}

/// Writes to standard output. A reader who has seen enough and closed it, as `head` does, is no fault.
///
/// # Errors
/// When it cannot be written for another reason.
pub fn print(text: &str) -> Result<()> {
    let mut out = std::io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => Err(error).context("cannot write to standard output"),
        Ok(()) | Err(_) => Ok(()),
    }
}

/// The exit status of a command, and what it has to say: sentences for the expectations that were missed, or why it failed.
#[expect(clippy::print_stderr, reason = "standard output is for results")]
pub(crate) fn exit(outcome: Result<Vec<String>>) -> ExitCode {
    match outcome {
        Ok(missed) if missed.is_empty() => ExitCode::SUCCESS,
        Ok(missed) => {
            missed.iter().for_each(|sentence| eprintln!("{sentence}"));
            ExitCode::from(3)
        }
        Err(error) => {
            eprintln!("{error:#}");
            ExitCode::FAILURE
        }
    }
}

/// Writes one file.
///
/// # Errors
/// When it cannot be written.
pub(crate) fn save(path: &Path, text: &str) -> Result<()> {
    std::fs::write(path, text).with_context(|| format!("cannot write {}", path.display()))
}
