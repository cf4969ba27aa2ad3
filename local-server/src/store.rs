//! What the server remembers: the port that the library and the HTTP interface see.
//!
//! Backends live below; SQL is written there and nowhere else.

use std::path::{Path, PathBuf};
use std::time::SystemTime;

use async_trait::async_trait;
use media_model::MediaDuration;

use crate::domain::{Folder, FolderId, MediaFile, Title, TitleId, Unplayable};

#[cfg(test)]
mod conformance;
pub mod sqlite;

/// What the catalog of titles, files and folders can do.
#[async_trait]
pub trait CatalogStore: Send + Sync {
    /// Shown titles in order of [`sort_key`](crate::domain::title::sort_key) and id, from after `place`.
    async fn page(&self, place: Option<Place>, limit: u32) -> Result<Vec<Title>, StoreError>;

    /// Shown titles whose names have words that begin with all of the given ones; the same name first, then by rank.
    async fn search(&self, words: &str, limit: u32) -> Result<Vec<Title>, StoreError>;

    /// One title, shown or not.
    async fn title(&self, id: &TitleId) -> Result<Title, StoreError>;

    /// One title with the stored facts of its file; `None` if it was not probed.
    async fn probed(&self, id: &TitleId) -> Result<(Title, Option<Vec<u8>>), StoreError>;

    /// All files, also those of folders that are not in use.
    async fn known_files(&self) -> Result<Vec<KnownFile>, StoreError>;

    /// Makes changes in order, all or none. A change of a title that is gone is passed over.
    async fn apply(&self, changes: Vec<Change>) -> Result<(), StoreError>;

    /// Sets the folders of the configuration; forgets none. Titles of folders that are neither configured nor added by
    /// a user are not shown, and are shown again when the folder is back in use.
    async fn configure_folders(&self, paths: &[PathBuf]) -> Result<(), StoreError>;

    /// Adds a folder on a user's word.
    async fn add_folder(&self, path: &Path) -> Result<Folder, StoreError>;

    /// Folders in use, in the order in which they came.
    async fn folders(&self) -> Result<Vec<Folder>, StoreError>;

    /// Whether the folder was ever part of the library.
    async fn knows_folder(&self, path: &Path) -> Result<bool, StoreError>;

    /// Writes down that a scan ended.
    async fn record_scan(&self, scan: ScanRecord) -> Result<(), StoreError>;

    /// The last scan that ended.
    async fn last_scan(&self) -> Result<Option<ScanRecord>, StoreError>;

    /// Reads one row and writes one, to see whether both work.
    async fn check(&self) -> Result<(), StoreError>;
}

/// Where a page begins: after this title.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// Its sort key.
    pub sort_key: String,
    /// Its id.
    pub id: String,
}

/// What a scan needs to know of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KnownFile {
    /// The title it belongs to.
    pub title: TitleId,
    /// The folder it was found in.
    pub folder: FolderId,
    /// Where it is, and which version.
    pub file: MediaFile,
    /// What is known of this version of it.
    pub state: FileState,
}

/// What is known of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FileState {
    /// Nothing yet.
    Pending,
    /// It can be played.
    Ready {
        /// Whether no poster was tried for it yet.
        wants_poster: bool,
    },
    /// It cannot be played.
    Unplayable,
}

/// One change of the catalog.
#[derive(Clone, Debug, PartialEq)]
pub enum Change {
    /// A file that was not known.
    Found {
        /// Name for its title.
        title: TitleId,
        /// The folder it was found in.
        folder: FolderId,
        /// The file.
        file: MediaFile,
        /// What to call it.
        name: String,
        /// Year of release, if the name has one.
        year: Option<u16>,
        /// When it was seen.
        at: SystemTime,
    },
    /// A known file has another path or belongs to another folder now, and has the same content.
    Moved {
        /// Whose file.
        title: TitleId,
        /// The folder it is in now.
        folder: FolderId,
        /// Where it is now.
        path: PathBuf,
        /// What to call it now.
        name: String,
        /// Year of release, if the new name has one.
        year: Option<u16>,
    },
    /// A known file has other content: what was learned of it is forgotten.
    Replaced {
        /// Whose file.
        title: TitleId,
        /// The file as it is now.
        file: MediaFile,
    },
    /// A file was probed and can be played.
    Probed {
        /// Whose file.
        title: TitleId,
        /// What was learned, by `media_engine::facts::encode`.
        facts: Vec<u8>,
        /// Running time.
        duration: MediaDuration,
        /// The version that was probed; if the file has another one by now, the change is passed over.
        file: MediaFile,
    },
    /// A file was probed and cannot be played.
    Failed {
        /// Whose file.
        title: TitleId,
        /// Why.
        why: Unplayable,
        /// The version that was probed.
        file: MediaFile,
    },
    /// A title has a poster, or (`None`) none can be had.
    Poster {
        /// Which title.
        title: TitleId,
        /// Name of the version of the poster.
        version: Option<String>,
    },
    /// A file is gone for good.
    Removed {
        /// Whose file.
        title: TitleId,
    },
}

/// A scan that ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ScanRecord {
    /// When it began; whole milliseconds.
    pub started: SystemTime,
    /// When it ended; whole milliseconds.
    pub ended: SystemTime,
    /// Files seen.
    pub seen: u64,
    /// Files probed.
    pub probed: u64,
    /// Whether it went through to the end.
    pub complete: bool,
}

/// Why the store did not answer.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// There is no such title.
    #[error("there is no title {0}")]
    Missing(TitleId),
    /// The disk is full; nothing was changed.
    #[error("the disk of the data folder is full; nothing was changed")]
    DiskFull,
    /// The store is shutting down.
    #[error("the store is closed")]
    Closed,
    /// The database refused a statement.
    #[error("the database failed")]
    Database {
        /// What it said.
        #[from]
        source: rusqlite::Error,
    },
    /// The transaction that held this change could not be committed.
    #[error("a change could not be committed: {reason}")]
    NotCommitted {
        /// What the database said.
        reason: String,
    },
    /// The database cannot be brought to this version's shape.
    #[error("the database cannot be migrated")]
    Migration {
        /// What the library said.
        #[from]
        source: rusqlite_migration::Error,
    },
    /// A row does not read back.
    #[error("the database holds a value that cannot be: {what}")]
    Corrupt {
        /// Which.
        what: &'static str,
    },
}
