//! Names and sizes of the media files below a folder. Blocks; knows no store and no media.

use std::collections::HashSet;
use std::ffi::OsStr;
use std::io;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use tokio_util::sync::CancellationToken;
use walkdir::{DirEntry, WalkDir};

use crate::domain::{MediaFile, Stamp};

/// Files told at one time: the first titles show at once, later ones in steps worth a transaction.
const FIRST_BATCH: usize = 16;
const BATCH: usize = 256;

/// Extensions of files that may be films or music, in lower case.
const MEDIA: &[&str] = &[
    "mp4", "m4v", "mov", "qt", "mkv", "webm", "avi", "divx", "ts", "m2ts", "mts", "mpg", "mpeg", "m2v", "vob", "wmv",
    "asf", "flv", "f4v", "ogv", "ogm", "3gp", "3g2", "mxf", "mka", "mp3", "m4a", "m4b", "aac", "flac", "ogg", "oga",
    "opus", "wav", "aif", "aiff",
];

/// Folders that systems and disk stations keep for themselves.
const SYSTEM_FOLDERS: &[&str] =
    &["$RECYCLE.BIN", "System Volume Information", "lost+found", "@eaDir", "#recycle", "RECYCLER"];

/// What a walk did not see.
#[derive(Debug, Default)]
pub(super) struct Unseen {
    /// Folders and files that could not be read, with the reason.
    pub(super) paths: Vec<(PathBuf, String)>,
    /// Whether the walk was cancelled before its end.
    pub(super) cancelled: bool,
}

impl Unseen {
    /// Whether `path` may well be there: it lies below something that could not be read.
    pub(super) fn may_hide(&self, path: &Path) -> bool {
        self.cancelled || self.paths.iter().any(|(unread, _)| path.starts_with(unread))
    }
}

/// Walks `root`, following symbolic links but never into a folder that was seen before, and hands out files in
/// batches. Hidden names, system folders and everything below `skip` are passed over.
pub(super) fn walk(
    root: &Path,
    skip: &Path,
    cancel: &CancellationToken,
    mut found: impl FnMut(Vec<MediaFile>),
) -> Unseen {
    let mut unseen = Unseen::default();
    let mut folders = HashSet::new();
    let mut batch = Vec::new();
    let mut size = FIRST_BATCH;
    let entries = WalkDir::new(root).follow_links(true).sort_by_file_name().into_iter();
    for entry in entries.filter_entry(|entry| wanted(entry, skip) && first_visit(entry, &mut folders)) {
        if cancel.is_cancelled() {
            unseen.cancelled = true;
            return unseen;
        }
        match entry.map_err(Trouble::from).and_then(|entry| media_file(&entry)) {
            Ok(Some(file)) => batch.push(file),
            Ok(None) => {}
            Err(trouble) => unseen.paths.extend(trouble.path.map(|path| (path, trouble.reason))),
        }
        if batch.len() >= size {
            found(std::mem::take(&mut batch));
            size = BATCH;
        }
    }
    if !batch.is_empty() {
        found(batch);
    }
    unseen
}

/// A path that could not be read. A symbolic link that leads back up has no path here: nothing is missed.
struct Trouble {
    path: Option<PathBuf>,
    reason: String,
}

impl From<walkdir::Error> for Trouble {
    fn from(error: walkdir::Error) -> Self {
        let path = if error.loop_ancestor().is_some() { None } else { error.path().map(Path::to_owned) };
        // A link to nothing or to itself is no trouble either: there is no file.
        let nowhere = |io: &io::Error| {
            io.kind() == io::ErrorKind::NotFound || io.raw_os_error() == Some(rustix::io::Errno::LOOP.raw_os_error())
        };
        let dangling = error.depth() > 0 && error.io_error().is_some_and(nowhere);
        let reason = error.io_error().map_or_else(|| error.to_string(), ToString::to_string);
        Self { path: path.filter(|_| !dangling), reason }
    }
}

fn wanted(entry: &DirEntry, skip: &Path) -> bool {
    if entry.depth() == 0 {
        return true;
    }
    let name = entry.file_name();
    let hidden = name.as_bytes().starts_with(b".");
    let system = SYSTEM_FOLDERS.iter().any(|folder| name == OsStr::new(folder));
    !hidden && !system && entry.path() != skip
}

fn first_visit(entry: &DirEntry, seen: &mut HashSet<(u64, u64)>) -> bool {
    if !entry.file_type().is_dir() {
        return true;
    }
    // One that cannot be examined is let through: the walk then says what is wrong with it.
    entry.metadata().map_or(true, |metadata| seen.insert((metadata.dev(), metadata.ino())))
}

fn media_file(entry: &DirEntry) -> Result<Option<MediaFile>, Trouble> {
    let extension = entry.path().extension().and_then(OsStr::to_str).unwrap_or_default().to_lowercase();
    if !entry.file_type().is_file() || !MEDIA.contains(&extension.as_str()) {
        return Ok(None);
    }
    let metadata = entry.metadata()?;
    let modified_ns = metadata.mtime().saturating_mul(1_000_000_000).saturating_add(metadata.mtime_nsec());
    let stamp = Stamp { size: metadata.len(), modified_ns, inode: metadata.ino() };
    Ok(Some(MediaFile { path: entry.path().to_owned(), stamp }))
}

#[cfg(test)]
mod tests;
