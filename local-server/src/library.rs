//! Files on disk -> titles: scans folders, watches them, probes what is new, grabs posters.
//!
//! Knows no HTTP and no SQL. One task ([`keeper`]) owns all scanning; this handle asks it and reads what it shows.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use async_trait::async_trait;
use media_engine::{Engine, MediaFacts, Poster, PosterError, ProbeError, Source};
use tokio::sync::{Notify, broadcast, watch};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::config::LibraryConfig;
use crate::domain::{Folder, TitleId};
use crate::error::{Classify, ErrorKind};
use crate::store::{CatalogStore, StoreError};

pub mod artwork;
mod keeper;
pub mod naming;
pub mod progress;
mod scan;
pub mod sources;
mod walk;
mod watch_folders;

pub use progress::{FolderState, Phase, Progress};
pub use sources::{SourceError, Sources};

/// What the library wants to know of files; the media engine knows it.
#[async_trait]
pub trait Examiner: Send + Sync {
    /// Describes a file.
    ///
    /// # Errors
    /// When it cannot be read or is no media file.
    async fn probe(&self, path: &Path) -> Result<MediaFacts, ProbeError>;

    /// Grabs a picture.
    ///
    /// # Errors
    /// When there is none.
    async fn poster(&self, source: &Source) -> Result<Poster, PosterError>;
}

#[async_trait]
impl Examiner for Engine {
    async fn probe(&self, path: &Path) -> Result<MediaFacts, ProbeError> {
        Self::probe(self, path).await
    }

    async fn poster(&self, source: &Source) -> Result<Poster, PosterError> {
        Self::poster(self, source).await
    }
}

/// What happened in the library.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Happening {
    /// A title is new or different.
    Changed(TitleId),
    /// A title is gone.
    Removed(TitleId),
}

/// What a scan is asked to do.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ScanRequest {
    /// Probe files again that could not be played.
    pub retry_unplayable: bool,
    /// Remove what is missing, however much it is, from folders that are there.
    pub forget_missing: bool,
}

/// Parts that library tasks share.
struct Shared {
    store: Arc<dyn CatalogStore>,
    examiner: Arc<dyn Examiner>,
    config: LibraryConfig,
    /// The server's own folder, which is never looked at for films.
    data: PathBuf,
    sources: Sources,
    artwork: artwork::Artwork,
    progress: watch::Sender<Progress>,
    happenings: broadcast::Sender<Happening>,
    /// What the next scan is asked to do, if one is asked for.
    request: std::sync::Mutex<Option<ScanRequest>>,
    /// Wakes the keeper: a scan is asked for.
    asked: Notify,
    /// Wakes the keeper: a folder changed.
    changed: Arc<Notify>,
    /// The scan that runs, to cancel it.
    running: std::sync::Mutex<CancellationToken>,
    shutdown: CancellationToken,
}

/// Handle of the library.
pub struct Library {
    shared: Arc<Shared>,
    tasks: std::sync::Mutex<Vec<JoinHandle<()>>>,
}

/// Happenings kept for slow listeners.
const HAPPENINGS: usize = 4_096;

impl Library {
    /// Starts scanning and watching, in tasks of the current runtime.
    pub fn start(
        store: Arc<dyn CatalogStore>,
        examiner: Arc<dyn Examiner>,
        config: LibraryConfig,
        data: &Path,
    ) -> Self {
        let shared = Arc::new(Shared {
            sources: Sources::new(Arc::clone(&store)),
            artwork: artwork::Artwork::new(data.join("posters")),
            store,
            examiner,
            config,
            data: data.to_owned(),
            progress: watch::Sender::new(Progress::default()),
            happenings: broadcast::Sender::new(HAPPENINGS),
            request: std::sync::Mutex::new(Some(ScanRequest::default())),
            asked: Notify::new(),
            changed: Arc::new(Notify::new()),
            running: std::sync::Mutex::new(CancellationToken::new()),
            shutdown: CancellationToken::new(),
        });
        shared.asked.notify_one();
        let keeper = tokio::spawn(keeper::run(Arc::clone(&shared)));
        let painter = tokio::spawn(artwork::run(Arc::clone(&shared)));
        Self { shared, tasks: std::sync::Mutex::new(vec![keeper, painter]) }
    }

    /// What is going on now, and a way to wait for changes of it.
    pub fn progress(&self) -> watch::Receiver<Progress> {
        self.shared.progress.subscribe()
    }

    /// What happens from now on.
    pub fn happenings(&self) -> broadcast::Receiver<Happening> {
        self.shared.happenings.subscribe()
    }

    /// Asks for a scan. One that runs goes on; the one asked for comes after it.
    pub fn rescan(&self, request: ScanRequest) {
        self.shared.ask(request);
    }

    /// Ends the scan that runs, if one does. What it found so far stays.
    pub fn cancel_scan(&self) {
        self.shared.running.lock().unwrap_or_else(std::sync::PoisonError::into_inner).cancel();
    }

    /// Adds a folder and asks for a scan.
    ///
    /// # Errors
    /// When the path is not an absolute one of a folder that can be listed, and when it cannot be stored.
    pub async fn add_folder(&self, path: &Path) -> Result<Folder, AddFolderError> {
        if !path.is_absolute() {
            return Err(AddFolderError::Relative(path.to_owned()));
        }
        let listed = tokio::fs::read_dir(path).await;
        drop(listed.map_err(|source| AddFolderError::Unreadable { path: path.to_owned(), source })?);
        let folder = self.shared.store.add_folder(path).await?;
        self.shared.ask(ScanRequest::default());
        Ok(folder)
    }

    /// Titles ready to be played.
    pub fn sources(&self) -> &Sources {
        &self.shared.sources
    }

    /// Where posters are.
    pub fn artwork(&self) -> &artwork::Artwork {
        &self.shared.artwork
    }

    /// The stored facts of a title cannot be read (an older version wrote them): examines the file again.
    ///
    /// # Errors
    /// When the store does not answer.
    pub async fn examine_again(&self, source: &crate::domain::Title) -> Result<(), StoreError> {
        let change = crate::store::Change::Replaced { title: source.id.clone(), file: source.file.clone() };
        self.shared.store.apply(vec![change]).await?;
        self.shared.ask(ScanRequest::default());
        Ok(())
    }

    /// Stops scanning and watching; what was found so far is stored.
    pub async fn shutdown(&self) {
        self.shared.shutdown.cancel();
        let tasks = std::mem::take(&mut *self.tasks.lock().unwrap_or_else(std::sync::PoisonError::into_inner));
        for task in tasks {
            if let Err(error) = task.await {
                tracing::error!(%error, "a task of the library ended badly");
            }
        }
    }
}

impl Shared {
    fn ask(&self, request: ScanRequest) {
        let mut waiting = self.request.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let before = waiting.unwrap_or_default();
        *waiting = Some(ScanRequest {
            retry_unplayable: before.retry_unplayable || request.retry_unplayable,
            forget_missing: before.forget_missing || request.forget_missing,
        });
        drop(waiting);
        self.asked.notify_one();
    }

    fn take_request(&self) -> Option<ScanRequest> {
        self.request.lock().unwrap_or_else(std::sync::PoisonError::into_inner).take()
    }

    /// Tells listeners; nobody need listen.
    fn tell(&self, happening: Happening) {
        drop(self.happenings.send(happening));
    }
}

/// Why a folder was not added.
#[derive(Debug, thiserror::Error)]
pub enum AddFolderError {
    /// The path depends on where the server was started.
    #[error("{} is not an absolute path", .0.display())]
    Relative(PathBuf),
    /// It is not there, no folder, or must not be read.
    #[error("the folder {} cannot be read: {source}", path.display())]
    Unreadable {
        /// The folder.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// It could not be written down.
    #[error("the folder could not be stored")]
    Store(#[from] StoreError),
}

impl Classify for AddFolderError {
    fn kind(&self) -> ErrorKind {
        match self {
            Self::Relative(_) | Self::Unreadable { .. } => ErrorKind::Invalid,
            Self::Store(inner) => inner.kind(),
        }
    }

    fn code(&self) -> &'static str {
        match self {
            Self::Relative(_) => "path_not_absolute",
            Self::Unreadable { .. } => "folder_unreadable",
            Self::Store(inner) => inner.code(),
        }
    }
}

#[cfg(test)]
mod tests;
