//! Posters: grabbed from films one at a time, kept as files in the data folder.

use std::collections::VecDeque;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use media_engine::PosterError;
use tokio::sync::Notify;

use super::{Happening, Shared};
use crate::domain::TitleId;
use crate::store::Change;

/// Posters on disk, and the titles that wait for one.
pub struct Artwork {
    folder: PathBuf,
    waiting: Mutex<VecDeque<TitleId>>,
    more: Notify,
}

impl Artwork {
    pub(super) fn new(folder: PathBuf) -> Self {
        Self { folder, waiting: Mutex::default(), more: Notify::new() }
    }

    /// Where the poster of a title is.
    pub fn path(&self, id: &TitleId) -> PathBuf {
        self.folder.join(format!("{id}.jpg"))
    }

    /// Puts a title in the queue, if it is not in it.
    pub(super) fn want(&self, id: TitleId) {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        if !waiting.contains(&id) {
            waiting.push_back(id);
        }
        drop(waiting);
        self.more.notify_one();
    }

    /// Removes the poster of a title that is gone.
    pub(super) async fn remove(&self, id: &TitleId) {
        let path = self.path(id);
        if let Err(error) = tokio::fs::remove_file(&path).await
            && error.kind() != ErrorKind::NotFound
        {
            tracing::warn!(path = %path.display(), %error, "a poster could not be removed");
        }
    }

    fn next(&self) -> Option<TitleId> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner).pop_front()
    }

    /// Writes a poster under a temporary name first: whoever reads sees the old one or the new one.
    async fn keep(&self, id: &TitleId, jpeg: Bytes) -> std::io::Result<()> {
        let (path, temporary) = (self.path(id), self.folder.join(format!("{id}.new")));
        let folder = self.folder.clone();
        let written = tokio::task::spawn_blocking(move || write(&folder, &path, &temporary, &jpeg)).await;
        written.unwrap_or_else(|error| Err(std::io::Error::other(error)))
    }
}

fn write(folder: &Path, path: &Path, temporary: &Path, jpeg: &[u8]) -> std::io::Result<()> {
    std::fs::create_dir_all(folder)?;
    let written = std::fs::write(temporary, jpeg).and_then(|()| std::fs::rename(temporary, path));
    // On a full disk half a file would stay.
    written.inspect_err(|_| drop(std::fs::remove_file(temporary)))
}

/// Makes posters as long as the library lives.
pub(super) async fn run(shared: Arc<Shared>) {
    let work = async {
        loop {
            while let Some(id) = shared.artwork.next() {
                make(&shared, &id).await;
            }
            shared.artwork.more.notified().await;
        }
    };
    shared.shutdown.run_until_cancelled(work).await;
}

async fn make(shared: &Shared, id: &TitleId) {
    // Gone or changed in the meantime: a scan will ask again.
    let Ok(source) = shared.sources.get(id).await else { return };
    let version = match shared.examiner.poster(&source).await {
        Ok(poster) => match shared.artwork.keep(id, poster.jpeg).await {
            Ok(()) => Some(source.key.to_string()),
            Err(error) => {
                tracing::warn!(%id, %error, "a poster could not be stored; the next scan tries again");
                return;
            }
        },
        Err(PosterError::NoPicture) => None,
        Err(error @ (PosterError::Undecodable(_) | PosterError::WorkerFailed(_) | PosterError::Unreadable(_))) => {
            tracing::info!(%id, %error, "no poster");
            None
        }
    };
    let change = Change::Poster { title: id.clone(), version };
    match shared.store.apply(vec![change]).await {
        Ok(()) => shared.tell(Happening::Changed(id.clone())),
        Err(error) => tracing::warn!(%id, %error, "a poster could not be noted; the next scan tries again"),
    }
}
