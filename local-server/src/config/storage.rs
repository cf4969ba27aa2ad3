//! `[storage]`: where the server keeps what is its own.

use std::path::PathBuf;

use serde::Deserialize;

/// Section `[storage]`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct StorageConfig {
    /// Folder for the database, posters and, unless said otherwise, finished segments. Made if missing. One server at
    /// a time. No default.
    pub data: Option<PathBuf>,
    /// Folder for finished segments; default `cache` in the data folder.
    pub cache: Option<PathBuf>,
}
