//! One process per data folder: a lock on a file in it, which the system lets go when the process ends, however.

use std::fs::{File, OpenOptions, TryLockError};
use std::path::Path;

use super::StartError;

/// Holds the lock for as long as it lives.
pub(super) struct DataLock {
    _file: File,
}

impl DataLock {
    /// Makes the folder if it is missing, and locks it.
    pub(super) fn take(folder: &Path) -> Result<Self, StartError> {
        let refused = |source| StartError::Data { path: folder.to_owned(), source };
        std::fs::create_dir_all(folder).map_err(refused)?;
        let path = folder.join("lock");
        let file = OpenOptions::new().create(true).truncate(false).write(true).open(path).map_err(refused)?;
        match file.try_lock() {
            Ok(()) => Ok(Self { _file: file }),
            Err(TryLockError::WouldBlock) => Err(StartError::DataInUse { path: folder.to_owned() }),
            Err(TryLockError::Error(source)) => Err(refused(source)),
        }
    }
}
