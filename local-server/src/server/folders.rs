//! Whether the configured library folders can be meant.
//!
//! A folder that was never part of the library must be there: otherwise the name is wrong. One that was part of it may
//! be on a disk that is away today.

use std::path::{Path, PathBuf};

use super::StartError;
use crate::config::{Config, ConfigError, ConfigFault};
use crate::store::CatalogStore;

/// The configured folders as absolute paths.
///
/// # Errors
/// With every folder that is not there and never was, or is no folder.
pub(crate) async fn check(config: &Config, store: &dyn CatalogStore) -> Result<Vec<PathBuf>, StartError> {
    let mut folders = Vec::new();
    let mut faults = Vec::new();
    for folder in &config.library.folders {
        let path = std::path::absolute(folder).map_err(StartError::Internal)?;
        match problem(&path, store.knows_folder(&path).await?) {
            None => folders.push(path),
            Some(problem) => {
                faults.push(ConfigFault { place: "library".to_owned(), key: folder.display().to_string(), problem })
            }
        }
    }
    if faults.is_empty() { Ok(folders) } else { Err(ConfigError { faults }.into()) }
}

fn problem(path: &Path, known: bool) -> Option<String> {
    match std::fs::metadata(path) {
        Ok(metadata) if metadata.is_dir() => None,
        Ok(_) => Some("is not a folder".to_owned()),
        Err(_) if known => None,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Some("there is no such folder".to_owned()),
        Err(error) => Some(format!("cannot be read: {error}")),
    }
}
