//! Keeps the target folder honest and small.
//!
//! It lies in the user's cache folder and outlives clones. Cargo names the artifacts of a workspace crate by its place
//! *inside* the workspace and judges freshness by modification times, so a second clone with older sources would get
//! the binaries of the first. Hence the folder belongs to one clone at a time, and changing hands forgets what was
//! built of the workspace's own crates; dependencies stay.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use anyhow::Context;
use cargo_metadata::MetadataCommand;
use walkdir::WalkDir;

use crate::workspace::Workspace;

/// Above this the target folder is pruned: a full set of builds and checks is about half of it.
const MAX_TARGET_BYTES: u64 = 16_000_000_000;

/// Makes the target folder this clone's own.
pub(crate) fn claim_target(workspace: &Workspace) -> anyhow::Result<()> {
    let marker = workspace.target.join("matinee-clone");
    let here = workspace.root.display().to_string();
    if fs::read_to_string(&marker).is_ok_and(|owner| owner.trim_end() == here) {
        return Ok(());
    }
    for folder in profile_folders(&workspace.target) {
        forget_own_crates(&folder, &own_crates(workspace)?)?;
    }
    fs::create_dir_all(&workspace.target).with_context(|| format!("cannot create {}", workspace.target.display()))?;
    fs::write(&marker, here + "\n").with_context(|| format!("cannot write {}", marker.display()))
}

/// Removes what can go when the folder has grown too big: first incremental state and the crates of the workspace,
/// which are quick to build, and if that does not help (many versions of dependencies went by) everything.
/// Says what it did.
pub(crate) fn prune(workspace: &Workspace) -> anyhow::Result<Option<String>> {
    prune_above(workspace, MAX_TARGET_BYTES)
}

fn prune_above(workspace: &Workspace, limit: u64) -> anyhow::Result<Option<String>> {
    let before = size(&workspace.target);
    if before <= limit {
        return Ok(None);
    }
    let own = own_crates(workspace)?;
    for folder in profile_folders(&workspace.target) {
        remove_folder(&folder.join("incremental"))?;
        forget_own_crates(&folder, &own)?;
        for entry in entries(&folder.join("deps")) {
            let name = entry.file_name().to_string_lossy().into_owned();
            let name = name.strip_prefix("lib").unwrap_or(&name);
            if own.iter().any(|own| is_artifact_of(name, &own.replace('-', "_"))) {
                fs::remove_file(entry.path())?;
            }
        }
    }
    if size(&workspace.target) > limit / 2 {
        for folder in profile_folders(&workspace.target) {
            remove_folder(&folder)?;
        }
    }
    Ok(Some(format!(
        "target folder: {} GB before, {} GB now",
        before / 1_000_000_000,
        size(&workspace.target) / 1_000_000_000
    )))
}

/// Cargo's folder per profile and target triple: those that hold fingerprints.
fn profile_folders(target: &Path) -> Vec<PathBuf> {
    let below = entries(target).into_iter().map(|entry| entry.path());
    below
        .flat_map(|folder| entries(&folder).into_iter().map(|entry| entry.path()).chain([folder]).collect::<Vec<_>>())
        .filter(|folder| folder.join(".fingerprint").is_dir())
        .collect()
}

fn forget_own_crates(profile: &Path, own: &[String]) -> anyhow::Result<()> {
    for entry in entries(&profile.join(".fingerprint")) {
        let name = entry.file_name().to_string_lossy().into_owned();
        if own.iter().any(|own| own != "xtask" && is_artifact_of(&name, own)) {
            remove_folder(&entry.path())?;
        }
    }
    Ok(())
}

/// Whether `file` is `crate_name-<16 hex digits>`, with or without an extension.
fn is_artifact_of(file: &str, crate_name: &str) -> bool {
    let rest = file.strip_prefix(crate_name).and_then(|rest| rest.strip_prefix('-'));
    let hash = rest.map(|rest| rest.split('.').next().unwrap_or(rest));
    hash.is_some_and(|hash| hash.len() == 16 && hash.bytes().all(|byte| byte.is_ascii_hexdigit()))
}

/// Names of packages and of their targets: fingerprints carry the former, artifacts the latter.
fn own_crates(workspace: &Workspace) -> anyhow::Result<Vec<String>> {
    let mut command = MetadataCommand::new();
    let metadata = command.manifest_path(workspace.root.join("Cargo.toml")).no_deps().exec()?;
    let mut names: Vec<_> = metadata
        .packages
        .iter()
        .flat_map(|package| package.targets.iter().map(|target| target.name.clone()).chain([package.name.to_string()]))
        .collect();
    names.sort();
    names.dedup();
    Ok(names)
}

fn entries(folder: &Path) -> Vec<fs::DirEntry> {
    fs::read_dir(folder).into_iter().flatten().flatten().collect()
}

fn remove_folder(folder: &Path) -> anyhow::Result<()> {
    match fs::remove_dir_all(folder) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(error).with_context(|| format!("cannot remove {}", folder.display()))
        }
        _ => Ok(()),
    }
}

/// Bytes below a folder; cargo links much of it twice, which counts once.
fn size(folder: &Path) -> u64 {
    let files = WalkDir::new(folder).into_iter().flatten().filter_map(|entry| entry.metadata().ok());
    let sizes: BTreeMap<u64, u64> = files.filter(fs::Metadata::is_file).map(|file| (file.ino(), file.len())).collect();
    sizes.values().sum()
}

#[cfg(test)]
mod tests;
