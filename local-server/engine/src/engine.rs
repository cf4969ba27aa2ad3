//! The handle that the server holds: every question it may ask about media, answered by the modules below.

mod discovered;

use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use media_model::{ByteCount, Resolution};
use tokio::sync::Semaphore;

use crate::decide::Capabilities;
use crate::facts::MediaFacts;
use crate::manifest::{self, Offer};
use crate::playback::{Counters, Playback, PlaybackError, Segment, jobs};
use crate::probe::{self, Flaw, ProbeError, Probed};
use crate::segment::Copier;
use crate::source::Source;
use crate::store::{FileStore, StoreError};
use crate::stream_name::StreamName;
use crate::worker::WorkerCommand;
use crate::worker::process::{Answer, Workers};
use crate::worker::protocol::Job;

/// How long a worker may take to describe a file; broken ones hang demuxers.
const DISCOVER_LIMIT: Duration = Duration::from_secs(30);

/// How long a worker may take for a poster: it looks at up to six places of the film.
const POSTER_LIMIT: Duration = Duration::from_secs(30);

/// Descriptions and posters that workers may be at at once.
const SMALL_JOBS: usize = 2;

/// Memory for the indexes of sources that are being copied.
const INDEX_MEMORY: ByteCount = ByteCount::new(32 << 20);

/// Folder of finished segments. It is another one whenever the way in which segments are cut or written changes, because
/// segments of two ways do not join; what an older version left is deleted.
const SEGMENTS: &str = "segments-2";

/// What an engine needs to run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EngineConfig {
    /// Folder for finished segments and for GStreamer's registry; made if missing. The engine owns all that is in it.
    pub cache_dir: PathBuf,
    /// How much may be kept in it.
    pub quota: ByteCount,
    /// How many encoders may run at once; at least 1.
    pub heads: usize,
    /// How to start a media worker.
    pub worker: WorkerCommand,
}

impl EngineConfig {
    /// As many encoders as the machine has cores.
    pub fn default_heads() -> usize {
        std::thread::available_parallelism().map_or(2, usize::from)
    }
}

/// Why an engine could not be started.
#[derive(Debug, thiserror::Error)]
pub enum EngineError {
    /// The cache folder cannot be made, listed or written.
    #[error("cache folder {} cannot be used", path.display())]
    Cache {
        /// The folder.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
}

/// A still picture of a film.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Poster {
    /// A JPEG file.
    pub jpeg: Bytes,
    /// Its size in pixels.
    pub size: Resolution,
}

/// Why no poster could be made.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PosterError {
    /// The file has no video stream.
    #[error("the file has no picture")]
    NoPicture,
    /// Nothing could be decoded.
    #[error("no picture could be decoded: {0}")]
    Undecodable(String),
    /// The media worker died or took too long.
    #[error("the media worker failed: {0}")]
    WorkerFailed(String),
    /// The file cannot be opened.
    #[error("the file cannot be read: {0}")]
    Unreadable(String),
}

/// Deletes the segments of older versions.
fn delete_older(cache: &Path) {
    let Ok(entries) = std::fs::read_dir(cache) else { return };
    for entry in entries.flatten() {
        let name = entry.file_name();
        let is_old = name.to_str().is_some_and(|name| name.starts_with("segments") && name != SEGMENTS);
        if is_old && let Err(error) = std::fs::remove_dir_all(entry.path()) {
            tracing::warn!(path = %entry.path().display(), %error, "segments of an older version could not be deleted");
        }
    }
}

/// The media engine. Cheap to clone; all clones are one engine.
#[derive(Clone, Debug)]
pub struct Engine {
    playback: Playback,
    workers: Workers,
    small_jobs: Arc<Semaphore>,
}

impl Engine {
    /// Sweeps the cache folder, and has a worker load GStreamer once, so that later ones find its registry.
    ///
    /// # Errors
    /// When the cache folder cannot be used.
    pub async fn start(config: EngineConfig) -> Result<Self, EngineError> {
        let (cache, quota) = (config.cache_dir.clone(), config.quota);
        let opened = tokio::task::spawn_blocking(move || {
            delete_older(&cache);
            FileStore::open(cache.join(SEGMENTS), quota)
        })
        .await;
        let unusable = |source| EngineError::Cache { path: config.cache_dir.clone(), source };
        let store = match opened {
            Ok(Ok(store)) => store,
            Ok(Err(StoreError::Io { path, source })) => return Err(EngineError::Cache { path, source }),
            Ok(Err(StoreError::Full { .. })) => return Err(unusable(std::io::ErrorKind::StorageFull.into())),
            Err(error) => return Err(unusable(std::io::Error::other(error))),
        };
        let workers = Workers::new(config.worker, &config.cache_dir);
        workers.warm_up();
        let copier = Arc::new(Copier::new(INDEX_MEMORY));
        let playback = Playback::new(Arc::new(store), copier, workers.clone(), config.heads);
        Ok(Self { playback, workers, small_jobs: Arc::new(Semaphore::new(SMALL_JOBS)) })
    }

    /// Describes a file without playing it: container headers by our own readers, audio files by symphonia, all others
    /// in a worker with a time limit.
    ///
    /// # Errors
    /// When the file cannot be read or is no media file.
    pub async fn probe(&self, path: &Path) -> Result<MediaFacts, ProbeError> {
        let owned = path.to_owned();
        let native = tokio::task::spawn_blocking(move || {
            Ok(match probe::native(&owned)? {
                Probed::Facts(facts) => (Some(*facts), None),
                Probed::Unknown => (None, Some(File::open(&owned)?)),
            })
        });
        let ended = |error: tokio::task::JoinError| Err(ProbeError::Unreadable(error.to_string()));
        match native.await.unwrap_or_else(ended)? {
            (Some(facts), _) => Ok(facts),
            (None, file) => self.discover(file.as_ref()).await,
        }
    }

    async fn discover(&self, file: Option<&File>) -> Result<MediaFacts, ProbeError> {
        let _place = self.small_jobs.acquire().await;
        match self.workers.ask(&Job::Discover, file, DISCOVER_LIMIT).await {
            Ok(Answer::Found(found)) => {
                let size = file.and_then(|file| file.metadata().ok()).map_or(0, |metadata| metadata.len());
                discovered::facts(&found, ByteCount::new(size)).ok_or(ProbeError::NotMedia(Flaw::NoStreams))
            }
            Ok(Answer::Failed(_)) => Err(ProbeError::NotMedia(Flaw::Unrecognised)),
            Ok(Answer::Config(_) | Answer::Still(_) | Answer::Done) => {
                Err(ProbeError::WorkerFailed("a wrong answer".to_owned()))
            }
            Err(error) => Err(ProbeError::WorkerFailed(error.to_string())),
        }
    }

    /// Grabs a picture from the film that is not black, at most 480 pixels wide.
    ///
    /// # Errors
    /// When there is none or it cannot be had.
    pub async fn poster(&self, source: &Source) -> Result<Poster, PosterError> {
        let (job, size) = jobs::poster(source).ok_or(PosterError::NoPicture)?;
        let path = source.path.clone();
        let opened = tokio::task::spawn_blocking(move || File::open(path))
            .await
            .unwrap_or_else(|_| Err(std::io::ErrorKind::Interrupted.into()));
        let file = opened.map_err(|error| PosterError::Unreadable(error.to_string()))?;
        let _place = self.small_jobs.acquire().await;
        match self.workers.ask(&job, Some(&file), POSTER_LIMIT).await {
            Ok(Answer::Still(jpeg)) => Ok(Poster { jpeg, size }),
            Ok(Answer::Failed(reason)) => Err(PosterError::Undecodable(reason)),
            Ok(Answer::Config(_) | Answer::Found(_) | Answer::Done) => {
                Err(PosterError::WorkerFailed("a wrong answer".to_owned()))
            }
            Err(error) => Err(PosterError::WorkerFailed(error.to_string())),
        }
    }

    /// What a client with these capabilities is offered.
    pub fn offer(&self, source: &Source, client: &Capabilities) -> Offer {
        manifest::offer(&source.facts, client)
    }

    /// Gets ready for a client that is about to play, if something has to be encoded for it.
    pub fn expect_play(&self, source: &Source, client: &Capabilities) {
        let offer = self.offer(source, client);
        let first = offer.variants.first().map(|variant| variant.stream);
        let sound = offer.audio.iter().find(|audio| audio.default).map(|audio| audio.stream);
        let encoded = |stream: &StreamName| matches!(stream, StreamName::Rung(_) | StreamName::AudioAac(_));
        self.workers.make_ready(first.iter().chain(&sound).filter(|stream| encoded(stream)).count());
    }

    /// The multivariant playlist for a client with these capabilities (RFC 8216 §4.3.4).
    ///
    /// # Errors
    /// When the source has nothing to play.
    pub fn multivariant_playlist(&self, source: &Source, client: &Capabilities) -> Result<String, PlaybackError> {
        manifest::multivariant_playlist(&self.offer(source, client)).ok_or(PlaybackError::NothingToPlay)
    }

    /// The media playlist of one stream (RFC 8216 §4.3.3).
    ///
    /// # Errors
    /// When the source has no such stream.
    #[expect(clippy::unused_async, reason = "callers need not know that no disk is read for it")]
    pub async fn media_playlist(&self, source: &Source, stream: &StreamName) -> Result<String, PlaybackError> {
        manifest::media_playlist(&source.facts, stream).ok_or(PlaybackError::NoSuchStream(*stream))
    }

    /// The init section of one stream.
    ///
    /// # Errors
    /// When the source has no such stream or it cannot be read or encoded.
    pub async fn init_section(&self, source: &Source, stream: &StreamName) -> Result<Bytes, PlaybackError> {
        self.playback.init_section(source, stream).await
    }

    /// One media segment, counted from 0. Dropping the future gives up waiting and nothing else.
    ///
    /// # Errors
    /// When the source has no such segment or it cannot be read or encoded, and [`PlaybackError::Busy`] when all
    /// encoders are at work for others.
    pub async fn segment(&self, source: &Source, stream: &StreamName, number: u32) -> Result<Segment, PlaybackError> {
        self.playback.segment(source, stream, number).await
    }

    /// What was done so far and what is held now.
    pub fn counters(&self) -> Counters {
        self.playback.counters()
    }

    /// Stops all workers and waits until they are gone. Segments in the making fail with
    /// [`PlaybackError::ShuttingDown`].
    pub async fn shutdown(&self) {
        self.workers.dismiss();
        self.playback.shutdown().await;
    }
}
