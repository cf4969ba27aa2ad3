//! Where the results of a command go: files, or standard output.

use std::io::{ErrorKind, Write as _};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

/// Writes each text where it is wanted; `-` is standard output. Returns whether one went there, because then nothing else
/// should.
///
/// # Errors
/// When a file cannot be written.
pub(crate) fn write(wanted: &[(&Option<PathBuf>, String)]) -> Result<bool> {
    let mut is_printed = false;
    for (path, text) in wanted {
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

/// Writes one file.
///
/// # Errors
/// When it cannot be written.
pub(crate) fn save(path: &Path, text: &str) -> Result<()> {
    std::fs::write(path, text).with_context(|| format!("cannot write {}", path.display()))
}
