//! Where the results of a command go: files, or standard output.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

/// Writes each text where it is wanted; `-` is standard output. Returns whether one went there, because then nothing else
/// should.
///
/// # Errors
/// When a file cannot be written.
#[expect(clippy::print_stdout, reason = "the user asked for it there")]
pub(crate) fn write(wanted: &[(&Option<PathBuf>, String)]) -> Result<bool> {
    let mut is_printed = false;
    for (path, text) in wanted {
        match path {
            Some(path) if path == Path::new("-") => {
                println!("{text}");
                is_printed = true;
            }
            Some(path) => save(path, text)?,
            None => {}
        }
    }
    Ok(is_printed)
}

/// Writes one file.
///
/// # Errors
/// When it cannot be written.
pub(crate) fn save(path: &Path, text: &str) -> Result<()> {
    std::fs::write(path, text).with_context(|| format!("cannot write {}", path.display()))
}
