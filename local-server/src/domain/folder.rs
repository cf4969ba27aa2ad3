//! A folder of the library and what may be wrong with it.

use std::path::PathBuf;

/// Number of a folder in the store.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FolderId(pub i64);

/// A folder of the library.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Folder {
    /// Number in the store.
    pub id: FolderId,
    /// Where it is.
    pub path: PathBuf,
}

/// What is wrong with a folder. Whatever it is, nothing is removed from the library because of it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FolderTrouble {
    /// The folder is gone: a disk that is not mounted, most of the time.
    #[error("the folder is not there; its titles are kept until it is back")]
    Vanished,
    /// The folder is there and cannot be listed.
    #[error("the folder cannot be read: {0}")]
    Unreadable(String),
    /// So much is missing that a disk or share is more likely to be away than the files to be deleted.
    #[error("{missing} of {known} files are missing; nothing was removed, in case a disk is away")]
    MuchMissing {
        /// Files that are missing.
        missing: usize,
        /// Files that were known.
        known: usize,
    },
    /// Some folders below could not be read.
    #[error("{count} folders or files below could not be read, the first is {first}: {reason}")]
    PartlyUnreadable {
        /// How many.
        count: usize,
        /// The first of them.
        first: String,
        /// What the system said about it.
        reason: String,
    },
    /// The system does not tell us about changes, so we look every so often.
    #[error("changes are not noticed at once but within {every_s} s: {reason}")]
    NotWatched {
        /// How often it is looked at.
        every_s: u64,
        /// Why, and what helps.
        reason: String,
    },
}

impl FolderTrouble {
    /// Machine readable name.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Vanished => "folder_vanished",
            Self::Unreadable(_) => "folder_unreadable",
            Self::MuchMissing { .. } => "much_missing",
            Self::PartlyUnreadable { .. } => "partly_unreadable",
            Self::NotWatched { .. } => "not_watched",
        }
    }
}

/// Whether so many files of a folder are missing that nothing may be removed: over 30 %.
pub fn too_much_missing(missing: usize, known: usize) -> bool {
    missing.saturating_mul(10) > known.saturating_mul(3)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thirty_percent_may_go_and_one_more_may_not() {
        assert!(!too_much_missing(0, 0));
        assert!(!too_much_missing(3, 10));
        assert!(too_much_missing(4, 10));
        assert!(too_much_missing(1, 1));
    }
}
