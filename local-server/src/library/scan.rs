//! One scan: names and sizes first, so that titles can be browsed at once, then what is in the files.

use std::collections::{HashMap, HashSet};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::SystemTime;

use futures_util::{StreamExt as _, stream};
use media_engine::{ProbeError, facts};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use super::progress::{FolderState, Phase};
use super::walk::{Unseen, walk};
use super::{Happening, ScanRequest, Shared, naming};
use crate::domain::folder::too_much_missing;
use crate::domain::{Folder, FolderTrouble, MediaFile, TitleId, Unplayable};
use crate::store::{Change, FileState, KnownFile, ScanRecord, StoreError};

/// Scans `folders`, each with what is wrong with watching it. Trouble is shown in the progress and logged.
pub(super) async fn run(
    shared: &Arc<Shared>,
    folders: Vec<(Folder, Option<FolderTrouble>)>,
    request: ScanRequest,
    cancel: &CancellationToken,
) {
    let started = SystemTime::now();
    shared.progress.send_modify(|progress| {
        progress.phase = Phase::Walking;
        (progress.seen, progress.probed, progress.to_probe) = (0, 0, 0);
        progress.folders = folders
            .iter()
            .map(|(folder, trouble)| FolderState { path: folder.path.clone(), trouble: trouble.clone() })
            .collect();
    });
    let outcome = both_phases(shared, &folders, request, cancel).await;
    if let Err(error) = &outcome {
        tracing::error!(error = error as &dyn std::error::Error, "the scan stopped");
    }
    let ended = SystemTime::now();
    let (seen, probed) = {
        let progress = shared.progress.borrow();
        (progress.seen, progress.probed)
    };
    let complete = outcome.is_ok() && !cancel.is_cancelled();
    let record = ScanRecord { started, ended, seen, probed, complete };
    if let Err(error) = shared.store.record_scan(record).await {
        tracing::warn!(%error, "the end of the scan could not be noted");
    }
    tracing::info!(seen, probed, complete, took = ?ended.duration_since(started).unwrap_or_default(), "scan ended");
    shared.progress.send_modify(|progress| {
        progress.phase = Phase::Idle;
        progress.finished = Some(ended);
        progress.stopped = match outcome {
            Err(error) => Some(error.to_string()),
            Ok(()) => cancel.is_cancelled().then(|| "the scan was cancelled".to_owned()),
        };
        progress.scans += 1;
    });
}

async fn both_phases(
    shared: &Arc<Shared>,
    folders: &[(Folder, Option<FolderTrouble>)],
    request: ScanRequest,
    cancel: &CancellationToken,
) -> Result<(), StoreError> {
    let known = shared.store.known_files().await?;
    let mut scan = Scan {
        shared,
        request,
        folders_in_use: folders.iter().map(|(folder, _)| folder.id.0).collect(),
        by_content: known.iter().map(|known| (content(&known.file), known.file.path.clone())).collect(),
        known: known.into_iter().map(|known| (known.file.path.clone(), known)).collect(),
        seen: HashSet::new(),
        to_probe: Vec::new(),
    };
    for (at, (folder, _)) in folders.iter().enumerate() {
        let unseen = scan.walk(folder, cancel).await?;
        if cancel.is_cancelled() || unseen.cancelled {
            return Ok(());
        }
        let trouble = scan.sweep(folder, &unseen).await?;
        if let Some(trouble) = trouble {
            tracing::warn!(folder = %folder.path.display(), %trouble, "folder trouble");
            shared.progress.send_modify(|progress| progress.folders[at].trouble = Some(trouble));
        }
    }
    let to_probe = std::mem::take(&mut scan.to_probe);
    drop(scan);
    shared.progress.send_modify(|progress| {
        progress.phase = Phase::Probing;
        progress.to_probe = count(to_probe.len());
    });
    probe_all(shared, to_probe, cancel).await
}

/// What recognises content under another name.
type Content = (u64, u64, i64);

fn content(file: &MediaFile) -> Content {
    (file.stamp.inode, file.stamp.size, file.stamp.modified_ns)
}

fn count(number: usize) -> u64 {
    u64::try_from(number).unwrap_or(u64::MAX)
}

struct Scan<'a> {
    shared: &'a Arc<Shared>,
    request: ScanRequest,
    folders_in_use: HashSet<i64>,
    known: HashMap<PathBuf, KnownFile>,
    by_content: HashMap<Content, PathBuf>,
    seen: HashSet<PathBuf>,
    to_probe: Vec<(TitleId, MediaFile)>,
}

impl Scan<'_> {
    /// First phase for one folder.
    async fn walk(&mut self, folder: &Folder, cancel: &CancellationToken) -> Result<Unseen, StoreError> {
        let (batches, mut found) = mpsc::channel(4);
        let (root, skip, cancelled) = (folder.path.clone(), self.shared.data.clone(), cancel.clone());
        let walking = tokio::task::spawn_blocking(move || {
            walk(&root, &skip, &cancelled, |files| {
                if batches.blocking_send(files).is_err() {
                    // The scan stopped because the store failed.
                    cancelled.cancel();
                }
            })
        });
        while let Some(files) = found.recv().await {
            self.take_in(folder, files).await?;
        }
        Ok(walking.await.unwrap_or_else(|error| {
            tracing::error!(%error, "walking a folder failed");
            Unseen { cancelled: true, ..Unseen::default() }
        }))
    }

    async fn take_in(&mut self, folder: &Folder, files: Vec<MediaFile>) -> Result<(), StoreError> {
        let mut changes = Vec::new();
        let mut titles = Vec::new();
        self.shared.progress.send_modify(|progress| progress.seen += count(files.len()));
        for file in files {
            if !self.seen.insert(file.path.clone()) {
                continue;
            }
            let (title, change) = self.compare(folder, file).await;
            if let Some(change) = change {
                changes.push(change);
                titles.push(title);
            }
        }
        self.commit(changes, titles).await
    }

    /// What a file that was found means for the catalog.
    async fn compare(&mut self, folder: &Folder, file: MediaFile) -> (TitleId, Option<Change>) {
        if let Some(known) = self.known.get(&file.path) {
            let title = known.title.clone();
            if known.file.stamp.size != file.stamp.size || known.file.stamp.modified_ns != file.stamp.modified_ns {
                self.to_probe.push((title.clone(), file.clone()));
                return (title.clone(), Some(Change::Replaced { title, file }));
            }
            match known.state {
                FileState::Pending => self.to_probe.push((title.clone(), file.clone())),
                FileState::Unplayable if self.request.retry_unplayable => {
                    self.to_probe.push((title.clone(), file.clone()));
                }
                FileState::Ready { wants_poster: true } if self.shared.config.posters => {
                    self.shared.artwork.want(title.clone());
                }
                FileState::Ready { .. } | FileState::Unplayable => {}
            }
            let adopted = !self.folders_in_use.contains(&known.folder.0);
            return (title.clone(), adopted.then(|| moved(title, folder, file.path)));
        }
        if let Some(old) = self.by_content.get(&content(&file))
            && !self.seen.contains(old)
            && let Some(known) = self.known.get(old)
            && tokio::fs::symlink_metadata(old).await.is_err()
        {
            let title = known.title.clone();
            let known = self.known.remove(&old.clone()).expect("it was looked up a moment ago");
            if known.state == FileState::Pending {
                self.to_probe.push((title.clone(), file.clone()));
            }
            return (title.clone(), Some(moved(title, folder, file.path)));
        }
        let title = TitleId::random();
        let named = naming::named(&file.path, &folder.path, latest_year());
        self.to_probe.push((title.clone(), file.clone()));
        let found = Change::Found {
            title: title.clone(),
            folder: folder.id,
            file,
            name: named.name,
            year: named.year,
            at: SystemTime::now(),
        };
        (title, Some(found))
    }

    /// Removes what is gone from a folder, if that is believable, and says what is wrong with the folder.
    async fn sweep(&mut self, folder: &Folder, unseen: &Unseen) -> Result<Option<FolderTrouble>, StoreError> {
        if let Some((_, reason)) = unseen.paths.iter().find(|(path, _)| *path == folder.path) {
            let there = tokio::fs::metadata(&folder.path).await.is_ok();
            return Ok(Some(if there { FolderTrouble::Unreadable(reason.clone()) } else { FolderTrouble::Vanished }));
        }
        let of_folder = || self.known.values().filter(|known| known.folder == folder.id);
        let known = of_folder().count();
        let missing: Vec<&KnownFile> = of_folder().filter(|known| !self.seen.contains(&known.file.path)).collect();
        if too_much_missing(missing.len(), known) && !self.request.forget_missing {
            return Ok(Some(FolderTrouble::MuchMissing { missing: missing.len(), known }));
        }
        let gone = missing.iter().filter(|known| !unseen.may_hide(&known.file.path)).map(|known| known.title.clone());
        let gone: Vec<TitleId> = gone.collect();
        self.remove(gone).await?;
        Ok(unseen.paths.first().map(|(path, reason)| FolderTrouble::PartlyUnreadable {
            count: unseen.paths.len(),
            first: path.to_string_lossy().into_owned(),
            reason: reason.clone(),
        }))
    }

    async fn remove(&self, gone: Vec<TitleId>) -> Result<(), StoreError> {
        if gone.is_empty() {
            return Ok(());
        }
        let changes = gone.iter().map(|title| Change::Removed { title: title.clone() }).collect();
        self.shared.store.apply(changes).await?;
        self.shared.sources.forget(&gone);
        for title in gone {
            self.shared.artwork.remove(&title).await;
            self.shared.tell(Happening::Removed(title));
        }
        Ok(())
    }

    async fn commit(&self, changes: Vec<Change>, titles: Vec<TitleId>) -> Result<(), StoreError> {
        if changes.is_empty() {
            return Ok(());
        }
        self.shared.store.apply(changes).await?;
        self.shared.sources.forget(&titles);
        titles.into_iter().for_each(|title| self.shared.tell(Happening::Changed(title)));
        Ok(())
    }
}

fn moved(title: TitleId, folder: &Folder, path: PathBuf) -> Change {
    let named = naming::named(&path, &folder.path, latest_year());
    Change::Moved { title, folder: folder.id, path, name: named.name, year: named.year }
}

/// Films are announced a year ahead.
fn latest_year() -> u16 {
    let days = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().as_secs() / 86_400;
    // Within a day of the calendar, which is near enough.
    u16::try_from(1970 + days * 400 / 146_097).unwrap_or(u16::MAX).saturating_add(1)
}

/// Second phase: a few files at a time, each written down when it is known.
async fn probe_all(
    shared: &Arc<Shared>,
    files: Vec<(TitleId, MediaFile)>,
    cancel: &CancellationToken,
) -> Result<(), StoreError> {
    let mut probing = stream::iter(files)
        .take_while(|_| std::future::ready(!cancel.is_cancelled()))
        .map(|(title, file)| probe(shared, title, file))
        .buffer_unordered(shared.config.probes);
    while let Some(Some(change)) = cancel.run_until_cancelled(probing.next()).await {
        let (title, change) = change;
        let ready = matches!(change, Change::Probed { .. });
        shared.store.apply(vec![change]).await?;
        shared.sources.forget([&title]);
        shared.progress.send_modify(|progress| progress.probed += 1);
        shared.tell(Happening::Changed(title.clone()));
        if ready && shared.config.posters {
            shared.artwork.want(title);
        }
    }
    Ok(())
}

async fn probe(shared: &Shared, title: TitleId, file: MediaFile) -> (TitleId, Change) {
    let change = match shared.examiner.probe(&file.path).await {
        Ok(found) => {
            Change::Probed { title: title.clone(), facts: facts::encode(&found), duration: found.duration, file }
        }
        Err(error) => {
            tracing::info!(path = %file.path.display(), %error, "cannot be played");
            Change::Failed { title: title.clone(), why: why(&error), file }
        }
    };
    (title, change)
}

/// One sentence for a person.
fn why(error: &ProbeError) -> Unplayable {
    let (code, detail) = match error {
        ProbeError::NotMedia(flaw) => (flaw.code(), format!("This file cannot be played: {flaw}.")),
        ProbeError::Unreadable(reason) => ("unreadable", format!("This file cannot be read: {reason}.")),
        ProbeError::WorkerFailed(reason) => ("not_examined", format!("This file could not be examined: {reason}.")),
    };
    Unplayable { code: code.to_owned(), detail }
}
