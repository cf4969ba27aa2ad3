//! The catalog in SQLite: one writer, many readers, so that "database is locked" cannot happen.
//!
//! The writer is one thread with the only connection that may write ([`writer`]); readers are threads with connections
//! of their own that may only read ([`readers`]). The write-ahead log lets them work at the same time. A second process
//! is kept out by the lock on the data folder.

use std::path::{Path, PathBuf};
use std::time::SystemTime;

use async_trait::async_trait;
use rusqlite::Connection;

use super::{CatalogStore, Change, KnownFile, Place, ScanRecord, StoreError};
use crate::domain::{Folder, Title, TitleId};

mod changes;
mod folders;
mod readers;
mod rows;
mod scans;
mod titles;
mod writer;

use readers::Readers;
use writer::Writer;

/// A catalog in one SQLite file.
pub struct SqliteStore {
    readers: Readers,
    writer: Writer,
}

impl SqliteStore {
    /// Readers: enough that one slow list does not hold up a lookup, and few, because each keeps a page cache.
    const READERS: usize = 2;

    /// Opens or makes the database at `path` and brings it to the present shape. Blocks.
    ///
    /// # Errors
    /// When the file cannot be opened, is no database, or cannot be migrated.
    pub fn open(path: &Path) -> Result<Self, StoreError> {
        let mut connection = Connection::open(path)?;
        connection.pragma_update(None, "journal_mode", "WAL")?;
        // In WAL mode this keeps the database whole after a crash; a power cut may lose the last second, which a scan
        // finds again.
        connection.pragma_update(None, "synchronous", "NORMAL")?;
        connection.pragma_update(None, "foreign_keys", true)?;
        connection.pragma_update(None, "cache_size", -2_000)?;
        migrations().to_latest(&mut connection)?;
        let readers = (0..Self::READERS).map(|_| open_reader(path)).collect::<Result<_, _>>()?;
        Ok(Self { readers: Readers::start(readers), writer: Writer::start(connection) })
    }
}

fn migrations() -> rusqlite_migration::Migrations<'static> {
    rusqlite_migration::Migrations::from_slice(
        const { &[rusqlite_migration::M::up(include_str!("../../migrations/sqlite/0001_catalog.sql"))] },
    )
}

/// A connection that can never take a write lock, and so can neither wait for one nor refuse one.
fn open_reader(path: &Path) -> Result<Connection, StoreError> {
    let connection = Connection::open(path)?;
    connection.pragma_update(None, "query_only", true)?;
    connection.pragma_update(None, "cache_size", -1_000)?;
    Ok(connection)
}

#[async_trait]
impl CatalogStore for SqliteStore {
    async fn page(&self, place: Option<Place>, limit: u32) -> Result<Vec<Title>, StoreError> {
        self.readers.read(move |connection| titles::page(connection, place.as_ref(), limit)).await
    }

    async fn search(&self, words: &str, limit: u32) -> Result<Vec<Title>, StoreError> {
        let words = words.to_owned();
        self.readers.read(move |connection| titles::search(connection, &words, limit)).await
    }

    async fn title(&self, id: &TitleId) -> Result<Title, StoreError> {
        let id = id.clone();
        self.readers.read(move |connection| titles::one(connection, &id)).await
    }

    async fn probed(&self, id: &TitleId) -> Result<(Title, Option<Vec<u8>>), StoreError> {
        let id = id.clone();
        self.readers.read(move |connection| titles::probed(connection, &id)).await
    }

    async fn known_files(&self) -> Result<Vec<KnownFile>, StoreError> {
        self.readers.read(titles::known_files).await
    }

    async fn apply(&self, changes: Vec<Change>) -> Result<(), StoreError> {
        self.writer
            .write(move |connection| changes.iter().try_for_each(|change| changes::apply(connection, change)))
            .await
    }

    async fn configure_folders(&self, paths: &[PathBuf]) -> Result<(), StoreError> {
        let paths = paths.to_vec();
        self.writer.write(move |connection| folders::configure(connection, &paths)).await
    }

    async fn add_folder(&self, path: &Path) -> Result<Folder, StoreError> {
        let path = path.to_owned();
        self.writer.write(move |connection| folders::add(connection, &path)).await
    }

    async fn folders(&self) -> Result<Vec<Folder>, StoreError> {
        self.readers.read(folders::in_use).await
    }

    async fn knows_folder(&self, path: &Path) -> Result<bool, StoreError> {
        let path = path.to_owned();
        self.readers.read(move |connection| folders::knows(connection, &path)).await
    }

    async fn record_scan(&self, scan: ScanRecord) -> Result<(), StoreError> {
        self.writer.write(move |connection| scans::record(connection, &scan)).await
    }

    async fn last_scan(&self) -> Result<Option<ScanRecord>, StoreError> {
        self.readers.read(scans::last).await
    }

    async fn check(&self) -> Result<(), StoreError> {
        self.readers.read(scans::check_reading).await?;
        self.writer.write(|connection| scans::check_writing(connection, SystemTime::now())).await
    }
}

#[cfg(test)]
mod tests;
