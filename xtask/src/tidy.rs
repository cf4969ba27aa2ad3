//! `tidy`: the rules of the code base that no other tool knows: which way dependencies point, how long files get,
//! which names are not used, and that every module says what it is for.

mod arrows;
mod files;
mod layers;
mod source;

use std::fmt;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use walkdir::WalkDir;

use crate::workspace::Workspace;
use source::Source;

/// One broken rule.
#[derive(Debug, PartialEq, Eq)]
struct Finding {
    /// Relative to the root of the workspace.
    file: PathBuf,
    /// From 1; 0 where it is about the whole file.
    line: usize,
    message: String,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.file.display())?;
        if self.line > 0 {
            write!(f, ":{}", self.line)?;
        }
        write!(f, ": {}", self.message)
    }
}

/// The command `tidy`: warnings are printed, findings fail.
pub(crate) fn run(workspace: &Workspace) -> anyhow::Result<()> {
    let mut findings = arrows::check(&workspace.root)?;
    for source in sources(&workspace.root)? {
        findings.extend(files::check(&source));
        findings.extend(layers::check(&source));
        if let Some(warning) = files::warn(&source) {
            eprintln!("warning: {warning}");
        }
    }
    for finding in &findings {
        eprintln!("error: {finding}");
    }
    if !findings.is_empty() {
        bail!("tidy has {} findings", findings.len());
    }
    Ok(())
}

/// Every Rust file of the workspace.
fn sources(root: &Path) -> anyhow::Result<Vec<Source>> {
    let is_ours = |entry: &walkdir::DirEntry| {
        let name = entry.file_name().to_string_lossy();
        !name.starts_with('.') && !["target", "node_modules", "out", "gen"].contains(&name.as_ref())
            || entry.depth() == 0
    };
    let mut sources = Vec::new();
    for entry in WalkDir::new(root).sort_by_file_name().into_iter().filter_entry(is_ours) {
        let entry = entry?;
        if entry.path().extension().is_some_and(|extension| extension == "rs") {
            let text = std::fs::read_to_string(entry.path()).with_context(|| entry.path().display().to_string())?;
            sources.push(Source::parse(entry.path().strip_prefix(root)?, text)?);
        }
    }
    Ok(sources)
}
