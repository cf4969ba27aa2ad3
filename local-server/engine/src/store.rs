//! Where finished segments are kept: a port, and folders of a file system behind it.
//!
//! A segment is written under another name and renamed when it is complete, so that nobody ever reads half of one. What
//! was used longest ago goes when the quota or the disk is full; a file that is being sent stays readable until it is
//! closed.

mod files;

use std::fmt;
use std::fs::File;
use std::io;
use std::path::PathBuf;

pub(crate) use files::FileStore;

use crate::source::SourceKey;
use crate::stream_name::StreamName;

/// Names one thing that is kept.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct StoreKey {
    pub(crate) source: SourceKey,
    pub(crate) stream: StreamName,
    pub(crate) part: Part,
}

/// A piece of a stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Part {
    /// Its init section.
    Init,
    /// A media segment.
    Segment(u32),
}

impl fmt::Display for Part {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Init => formatter.write_str("init.mp4"),
            Self::Segment(number) => write!(formatter, "{number}.m4s"),
        }
    }
}

/// A part that is open for reading.
#[derive(Debug)]
pub(crate) struct Stored {
    pub(crate) file: File,
    pub(crate) size: u64,
    /// Names this making of it.
    pub(crate) etag: String,
}

/// Why a part was not kept or the store cannot be used.
#[derive(Debug, thiserror::Error)]
pub(crate) enum StoreError {
    /// Neither the quota nor the disk has room for it, whatever else is dropped.
    #[error("no room for {needed} bytes")]
    Full {
        /// Size of the part.
        needed: u64,
    },
    /// The system refuses.
    #[error("{} cannot be used", path.display())]
    Io {
        /// The file or folder.
        path: PathBuf,
        source: io::Error,
    },
}

/// Keeps parts of streams. All methods may block on the disk.
pub(crate) trait SegmentStore: fmt::Debug + Send + Sync {
    /// Opens a part, if it is there; it counts as used.
    fn open(&self, key: &StoreKey) -> Option<Stored>;

    /// Keeps a part, and says how this making is named. The last one wins.
    fn put(&self, key: &StoreKey, bytes: &[u8]) -> Result<String, StoreError>;

    /// Whether a part is there. Does not block.
    fn contains(&self, key: &StoreKey) -> bool;

    /// Bytes that are kept now. Does not block.
    fn bytes(&self) -> u64;
}

#[cfg(test)]
mod conformance;
