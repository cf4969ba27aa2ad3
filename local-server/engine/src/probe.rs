//! Container headers -> streams, keyframe table.

/// Why a file could not be described.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ProbeError {
    /// It cannot be opened or read.
    #[error("the file cannot be read: {0}")]
    Unreadable(String),
    /// It is no media file that we know, or a broken one.
    #[error("not a media file that can be played: {0}")]
    NotMedia(String),
    /// The media worker died or took too long.
    #[error("the file could not be examined: {0}")]
    WorkerFailed(String),
}
