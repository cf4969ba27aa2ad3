//! Where things are: the clone, the target folder, the user's cache and data folders.

use std::env;
use std::path::{Path, PathBuf};

use anyhow::Context;

use crate::cache;

/// The folders that commands work in.
pub(crate) struct Workspace {
    /// The root of the clone.
    pub(crate) root: PathBuf,
    /// Cargo's target folder, shared by all clones of one user.
    pub(crate) target: PathBuf,
    /// What can be made again: tools, npm packages, demo films.
    pub(crate) cache: PathBuf,
    /// What is kept: the data of the demo.
    pub(crate) data: PathBuf,
}

impl Workspace {
    /// Finds the folders and takes the target folder over for this clone.
    pub(crate) fn open() -> anyhow::Result<Workspace> {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().context("xtask lies in the workspace")?.to_path_buf();
        let cache = home_folder("XDG_CACHE_HOME", ".cache")?.join("matinee");
        let data = home_folder("XDG_DATA_HOME", ".local/share")?.join("matinee");
        let target = env::var_os("CARGO_TARGET_DIR").map_or_else(|| cache.join("target"), PathBuf::from);
        let workspace = Workspace { root, target, cache, data };
        cache::claim_target(&workspace)?;
        Ok(workspace)
    }

    /// Where cargo puts the binary of this name (the one profile of all host builds is `dev`).
    pub(crate) fn binary(&self, name: &str) -> PathBuf {
        self.target.join("debug").join(name)
    }

    /// Where tools that cargo installs for us go.
    pub(crate) fn tools(&self) -> PathBuf {
        self.cache.join("tools")
    }
}

/// The folder that the XDG variable names (absolute paths only, as its specification asks), else the one below home.
fn home_folder(variable: &str, below_home: &str) -> anyhow::Result<PathBuf> {
    if let Some(folder) = env::var_os(variable).map(PathBuf::from).filter(|folder| folder.is_absolute()) {
        return Ok(folder);
    }
    Ok(env::home_dir().context("no home folder: set HOME")?.join(below_home))
}
