//! Where things are kept from one start to the next.

use std::path::{Path, PathBuf};

/// The user's cache folder for what is made here.
pub(crate) fn folder() -> PathBuf {
    std::env::var_os("XDG_CACHE_HOME")
        .map(PathBuf::from)
        .or_else(|| std::env::var_os("HOME").map(|home| Path::new(&home).join(".cache")))
        .unwrap_or_else(std::env::temp_dir)
        .join("matinee")
        .join("mock-origin")
}
