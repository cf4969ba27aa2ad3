//! The handle that the server holds: every question it may ask about media, answered by the modules below.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use bytes::Bytes;
use media_model::{ByteCount, Resolution};

use crate::decide::Capabilities;
use crate::facts::MediaFacts;
use crate::manifest::Offer;
use crate::playback::{Counters, PlaybackError, Segment};
use crate::probe::ProbeError;
use crate::source::Source;
use crate::stream_name::StreamName;
use crate::worker::WorkerCommand;

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

/// The media engine. Cheap to clone; all clones are one engine.
#[derive(Clone, Debug)]
pub struct Engine {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    config: EngineConfig,
}

impl Engine {
    /// Sweeps the cache folder and starts the task that looks after workers.
    ///
    /// # Errors
    /// When the cache folder cannot be used.
    pub async fn start(config: EngineConfig) -> Result<Self, EngineError> {
        Ok(Self { shared: Arc::new(Shared { config }) })
    }

    /// Describes a file without playing it: container headers by our own readers, audio files by symphonia, all others
    /// in a worker with a time limit.
    ///
    /// # Errors
    /// When the file cannot be read or is no media file.
    pub async fn probe(&self, path: &Path) -> Result<MediaFacts, ProbeError> {
        todo!()
    }

    /// Grabs a picture from the film that is not black, at most 480 pixels wide.
    ///
    /// # Errors
    /// When there is none or it cannot be had.
    pub async fn poster(&self, source: &Source) -> Result<Poster, PosterError> {
        todo!()
    }

    /// What a client with these capabilities is offered.
    pub fn offer(&self, source: &Source, client: &Capabilities) -> Offer {
        todo!()
    }

    /// The multivariant playlist for a client with these capabilities (RFC 8216 §4.3.4).
    ///
    /// # Errors
    /// When nothing can be offered.
    pub fn multivariant_playlist(&self, source: &Source, client: &Capabilities) -> Result<String, PlaybackError> {
        todo!()
    }

    /// The media playlist of one stream (RFC 8216 §4.3.3).
    ///
    /// # Errors
    /// When the source has no such stream.
    pub async fn media_playlist(&self, source: &Source, stream: &StreamName) -> Result<String, PlaybackError> {
        todo!()
    }

    /// The init section of one stream.
    ///
    /// # Errors
    /// When the source has no such stream or it cannot be read or encoded.
    pub async fn init_section(&self, source: &Source, stream: &StreamName) -> Result<Bytes, PlaybackError> {
        todo!()
    }

    /// One media segment, counted from 0. Dropping the future gives up waiting and nothing else.
    ///
    /// # Errors
    /// When the source has no such segment or it cannot be read or encoded, and [`PlaybackError::Busy`] when all
    /// encoders are at work for others.
    pub async fn segment(&self, source: &Source, stream: &StreamName, number: u32) -> Result<Segment, PlaybackError> {
        todo!()
    }

    /// What was done so far and what is held now.
    pub fn counters(&self) -> Counters {
        todo!()
    }

    /// Stops all workers and waits until they are gone. Segments in the making fail with
    /// [`PlaybackError::ShuttingDown`].
    pub async fn shutdown(&self) {
        todo!()
    }
}
