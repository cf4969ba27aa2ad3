//! What playback answers: segments, errors, and what it counts.

use std::collections::BTreeMap;
use std::fs::File;
use std::path::PathBuf;
use std::time::Duration;

use bytes::Bytes;

use super::Wait;
use crate::stream_name::StreamName;

/// A media segment.
#[derive(Debug)]
pub struct Segment {
    /// The bytes.
    pub body: SegmentBody,
    /// Names this making of the segment, without quotes; two makings of one segment have different names. `None` while it
    /// is being made.
    pub etag: Option<String>,
    /// How long this request waited for an encoder; `None` if nothing had to be encoded for it.
    pub encode: Option<Duration>,
}

/// The bytes of a segment.
#[derive(Debug)]
pub enum SegmentBody {
    /// All of it, in memory.
    Bytes(Bytes),
    /// What is encoded of it so far, and the rest as it comes.
    Growing(GrowingSegment),
    /// All of it, in a file that stays readable while it is open, even when the cache drops it.
    File {
        /// Open for reading, at its start.
        file: File,
        /// Length in bytes.
        size: u64,
    },
}

/// A segment that is sent while it is being made. Dropping it gives up waiting for the rest and nothing else.
#[derive(Debug)]
pub struct GrowingSegment {
    wait: Wait,
    taken: usize,
}

impl GrowingSegment {
    pub(super) fn new(wait: Wait) -> Self {
        Self { wait, taken: 0 }
    }

    /// The next piece, as soon as it is encoded; `None` at the end of the segment.
    ///
    /// # Errors
    /// When the rest cannot be made. The pieces so far are of no use with those of another making.
    pub async fn next(&mut self) -> Option<Result<Bytes, PlaybackError>> {
        let piece = self.wait.piece(self.taken).await;
        self.taken += 1;
        piece
    }
}

/// Why a playlist, an init section or a segment could not be had. Cheap to clone: all who wait for one making get it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PlaybackError {
    /// The source has neither video nor audio.
    #[error("there is nothing to play")]
    NothingToPlay,
    /// The source has no such stream, or the ladder does not offer it.
    #[error("there is no stream {0}")]
    NoSuchStream(StreamName),
    /// The stream is shorter.
    #[error("stream {stream} has no segment {number}")]
    NoSuchSegment {
        /// Which stream.
        stream: StreamName,
        /// The segment asked for.
        number: u32,
    },
    /// All encoders are at work for others.
    #[error("all encoders are busy")]
    Busy {
        /// When to ask again.
        retry_after: Duration,
    },
    /// The file vanished, changed or cannot be read.
    #[error("{} cannot be read: {reason}", path.display())]
    SourceUnreadable {
        /// The file.
        path: PathBuf,
        /// What the system said.
        reason: String,
    },
    /// The decoder or the demuxer gave up on the file.
    #[error("stream {stream} cannot be decoded: {reason}")]
    Undecodable {
        /// Which stream.
        stream: StreamName,
        /// What the decoder said.
        reason: String,
    },
    /// The media worker died or hung, and once more when tried again.
    #[error("the media worker failed on stream {stream}: {reason}")]
    WorkerFailed {
        /// Which stream.
        stream: StreamName,
        /// How it ended.
        reason: String,
    },
    /// The engine is shutting down.
    #[error("the engine is shutting down")]
    ShuttingDown,
}

/// What the engine has done and holds since it was started.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Counters {
    /// Encoder heads started, by stream name; all titles together.
    pub encoder_starts: BTreeMap<String, u64>,
    /// Encoder heads at work now.
    pub running_heads: usize,
    /// Worker processes that crashed or were killed because they hung.
    pub worker_failures: u64,
    /// Requests turned away because all heads were busy.
    pub refused: u64,
    /// Segments encoded and published.
    pub segments_encoded: u64,
    /// Segments cut out of the original.
    pub segments_copied: u64,
    /// Requests for segments answered from the cache.
    pub cache_hits: u64,
    /// Requests for encoded segments that had to wait for an encoder.
    pub cache_misses: u64,
    /// Bytes in the cache folder.
    pub cache_bytes: u64,
}
