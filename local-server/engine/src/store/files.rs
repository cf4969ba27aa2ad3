//! [`SegmentStore`] on a file system: `source key / stream / part`.

use std::collections::{BTreeMap, HashMap};
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::UNIX_EPOCH;

use media_model::ByteCount;

use super::{Part, SegmentStore, StoreError, StoreKey, Stored};
use crate::source::SourceKey;

/// Ending of names under which parts are written.
const UNFINISHED: &str = "part";

/// Keeps parts in a folder of its own.
#[derive(Debug)]
pub(crate) struct FileStore {
    root: PathBuf,
    quota: u64,
    index: Mutex<Index>,
    writes: AtomicU64,
}

/// What is there, and in which order it was used.
#[derive(Debug, Default)]
struct Index {
    parts: HashMap<StoreKey, Entry>,
    by_use: BTreeMap<u64, StoreKey>,
    uses: u64,
    bytes: u64,
}

#[derive(Clone, Copy, Debug)]
struct Entry {
    size: u64,
    used: u64,
}

impl FileStore {
    /// Opens a folder, made if missing, and sweeps it: what was left unfinished and what is no part is deleted, and so is
    /// what exceeds the quota.
    pub(crate) fn open(root: PathBuf, quota: ByteCount) -> Result<Self, StoreError> {
        let fault = |source| StoreError::Io { path: root.clone(), source };
        fs::create_dir_all(&root).map_err(fault)?;
        let mut found = sweep(&root).map_err(fault)?;
        found.sort_by_key(|(_, _, modified)| *modified);
        let mut index = Index::default();
        for (key, size, _) in found {
            index.insert(key, size);
        }
        let store = Self { root, quota: quota.get(), index: Mutex::new(index), writes: AtomicU64::new(0) };
        store.make_room(0);
        Ok(store)
    }

    fn index(&self) -> MutexGuard<'_, Index> {
        self.index.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn folder(&self, key: &StoreKey) -> PathBuf {
        self.root.join(key.source.as_str()).join(key.stream.to_string())
    }

    fn path(&self, key: &StoreKey) -> PathBuf {
        self.folder(key).join(key.part.to_string())
    }

    /// Drops what was used longest ago until `size` more bytes fit into the quota.
    fn make_room(&self, size: u64) {
        while self.index().bytes.saturating_add(size) > self.quota {
            if !self.drop_oldest() {
                return;
            }
        }
    }

    /// Drops the part that was used longest ago; `false` if there is none.
    fn drop_oldest(&self) -> bool {
        let Some(key) = self.index().pop_oldest() else { return false };
        let path = self.path(&key);
        if let Err(error) = fs::remove_file(&path)
            && error.kind() != io::ErrorKind::NotFound
        {
            tracing::warn!(path = %path.display(), %error, "a segment could not be dropped from the cache");
        }
        // Only empty folders can be removed, and only they should be.
        if fs::remove_dir(self.folder(&key)).is_ok() {
            let _ = fs::remove_dir(self.root.join(key.source.as_str()));
        }
        true
    }

    fn write(&self, key: &StoreKey, bytes: &[u8]) -> io::Result<String> {
        let folder = self.folder(key);
        fs::create_dir_all(&folder)?;
        let write = self.writes.fetch_add(1, Ordering::Relaxed);
        let unfinished = folder.join(format!("{}.{write}.{UNFINISHED}", key.part));
        let written = File::create(&unfinished).and_then(|mut file| {
            file.write_all(bytes)?;
            // Room is granted late on some file systems; better told here than to a reader.
            file.flush()?;
            etag(&file.metadata()?)
        });
        let result = written.and_then(|etag| fs::rename(&unfinished, self.path(key)).map(|()| etag));
        if result.is_err() {
            let _ = fs::remove_file(&unfinished);
        }
        result
    }
}

impl SegmentStore for FileStore {
    fn open(&self, key: &StoreKey) -> Option<Stored> {
        if !self.index().touch(key) {
            return None;
        }
        let opened = File::open(self.path(key)).and_then(|file| {
            let metadata = file.metadata()?;
            Ok(Stored { size: metadata.len(), etag: etag(&metadata)?, file })
        });
        if opened.is_err() {
            // Somebody else cleared the folder.
            self.index().remove(key);
        }
        opened.ok()
    }

    fn put(&self, key: &StoreKey, bytes: &[u8]) -> Result<String, StoreError> {
        let size = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
        if size > self.quota {
            return Err(StoreError::Full { needed: size });
        }
        self.make_room(size);
        loop {
            match self.write(key, bytes) {
                Ok(etag) => {
                    self.index().insert(key.clone(), size);
                    return Ok(etag);
                }
                Err(error) if is_full(&error) => {
                    if !self.drop_oldest() {
                        return Err(StoreError::Full { needed: size });
                    }
                }
                Err(source) => return Err(StoreError::Io { path: self.path(key), source }),
            }
        }
    }

    fn contains(&self, key: &StoreKey) -> bool {
        self.index().parts.contains_key(key)
    }

    fn bytes(&self) -> u64 {
        self.index().bytes
    }
}

impl Index {
    fn insert(&mut self, key: StoreKey, size: u64) {
        self.remove(&key);
        self.uses += 1;
        self.bytes += size;
        self.by_use.insert(self.uses, key.clone());
        self.parts.insert(key, Entry { size, used: self.uses });
    }

    fn touch(&mut self, key: &StoreKey) -> bool {
        let Some(entry) = self.parts.get_mut(key) else { return false };
        self.uses += 1;
        self.by_use.remove(&entry.used);
        self.by_use.insert(self.uses, key.clone());
        entry.used = self.uses;
        true
    }

    fn remove(&mut self, key: &StoreKey) {
        if let Some(entry) = self.parts.remove(key) {
            self.by_use.remove(&entry.used);
            self.bytes -= entry.size;
        }
    }

    fn pop_oldest(&mut self) -> Option<StoreKey> {
        let key = self.by_use.first_key_value()?.1.clone();
        self.remove(&key);
        Some(key)
    }
}

fn is_full(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded)
}

/// Names one making of a part by when it was written; two makings never have one name on one disk.
fn etag(metadata: &fs::Metadata) -> io::Result<String> {
    let written = metadata.modified()?.duration_since(UNIX_EPOCH).unwrap_or_default();
    Ok(format!("{:x}-{:x}", written.as_nanos(), metadata.len()))
}

/// What is in the folder, with size and age; everything that is no part is deleted.
fn sweep(root: &Path) -> io::Result<Vec<(StoreKey, u64, std::time::SystemTime)>> {
    let mut found = Vec::new();
    for source in entries(root)? {
        let Some(key) = name(&source).and_then(|name| SourceKey::new(&name)) else {
            delete(&source);
            continue;
        };
        for stream in entries(&source)? {
            let Some(stream_name) = name(&stream).and_then(|name| name.parse().ok()) else {
                delete(&stream);
                continue;
            };
            for file in entries(&stream)? {
                let metadata = file.metadata()?;
                match name(&file).and_then(|name| part(&name)) {
                    Some(part) if metadata.is_file() => {
                        let key = StoreKey { source: key.clone(), stream: stream_name, part };
                        found.push((key, metadata.len(), metadata.modified()?));
                    }
                    Some(_) | None => delete(&file),
                }
            }
            let _ = fs::remove_dir(&stream);
        }
        let _ = fs::remove_dir(&source);
    }
    Ok(found)
}

fn entries(folder: &Path) -> io::Result<Vec<PathBuf>> {
    match fs::read_dir(folder) {
        Ok(entries) => entries.map(|entry| entry.map(|entry| entry.path())).collect(),
        Err(error) if error.kind() == io::ErrorKind::NotADirectory => Ok(Vec::new()),
        Err(error) => Err(error),
    }
}

fn name(path: &Path) -> Option<String> {
    path.file_name()?.to_str().map(str::to_owned)
}

fn part(name: &str) -> Option<Part> {
    if name == Part::Init.to_string() {
        return Some(Part::Init);
    }
    let part = Part::Segment(name.strip_suffix(".m4s")?.parse().ok()?);
    (part.to_string() == name).then_some(part)
}

fn delete(path: &Path) {
    let result = if path.is_dir() { fs::remove_dir_all(path) } else { fs::remove_file(path) };
    if let Err(error) = result {
        tracing::warn!(path = %path.display(), %error, "the cache folder could not be swept");
    }
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use super::super::conformance;
    use super::*;

    fn key(number: u32) -> StoreKey {
        StoreKey { source: SourceKey::new("0a").unwrap(), stream: "720p".parse().unwrap(), part: Part::Segment(number) }
    }

    #[test]
    fn files_conform() {
        let folder = tempfile::tempdir().unwrap();
        conformance::conforms(&FileStore::open(folder.path().join("a"), ByteCount::new(100)).unwrap());
    }

    #[test]
    fn a_sweep_keeps_parts_and_deletes_the_rest() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().join("segments");
        FileStore::open(root.clone(), ByteCount::new(100)).unwrap().put(&key(3), b"three").unwrap();
        let streams = root.join("0a");
        fs::write(streams.join("720p/4.m4s.0.part"), b"half").unwrap();
        fs::write(streams.join("720p/04.m4s"), b"?").unwrap();
        fs::create_dir(streams.join("999p")).unwrap();
        fs::write(root.join("note"), b"?").unwrap();
        let store = FileStore::open(root.clone(), ByteCount::new(100)).unwrap();
        assert!(store.contains(&key(3)));
        assert_eq!((store.bytes(), fs::read_dir(streams.join("720p")).unwrap().count()), (5, 1));
        assert_eq!((fs::read_dir(&streams).unwrap().count(), fs::read_dir(&root).unwrap().count()), (1, 1));
    }

    #[test]
    fn a_smaller_quota_drops_the_oldest_at_the_start() {
        let folder = tempfile::tempdir().unwrap();
        let store = FileStore::open(folder.path().to_owned(), ByteCount::new(100)).unwrap();
        for number in 0..3 {
            store.put(&key(number), &[0; 30]).unwrap();
            let file = File::open(store.path(&key(number))).unwrap();
            file.set_modified(UNIX_EPOCH + std::time::Duration::from_secs(u64::from(number))).unwrap();
        }
        let store = FileStore::open(folder.path().to_owned(), ByteCount::new(60)).unwrap();
        assert_eq!([0, 1, 2].map(|number| store.contains(&key(number))), [false, true, true]);
    }

    #[test]
    fn what_is_being_read_stays_readable_when_it_is_dropped() {
        let folder = tempfile::tempdir().unwrap();
        let store = FileStore::open(folder.path().to_owned(), ByteCount::new(50)).unwrap();
        store.put(&key(0), &[7; 40]).unwrap();
        let mut open = store.open(&key(0)).unwrap();
        store.put(&key(1), &[8; 40]).unwrap();
        assert!(!store.contains(&key(0)));
        let mut bytes = Vec::new();
        open.file.read_to_end(&mut bytes).unwrap();
        assert_eq!(bytes, [7; 40]);
    }

    #[test]
    fn a_folder_that_was_cleared_is_no_error() {
        let folder = tempfile::tempdir().unwrap();
        let store = FileStore::open(folder.path().to_owned(), ByteCount::new(50)).unwrap();
        store.put(&key(0), b"gone").unwrap();
        fs::remove_dir_all(folder.path().join("0a")).unwrap();
        assert!(store.open(&key(0)).is_none());
        assert_eq!(store.bytes(), 0);
        store.put(&key(0), b"back").unwrap();
    }
}
