//! What a file is: container headers -> streams and keyframe table.
//!
//! Goes by content, never by the name: wrong extensions are common. MP4 and Matroska are read by our own readers, audio
//! files by symphonia; whatever else it may be is left to the media worker's discoverer, which [`native`] tells by
//! [`Probed::Unknown`].

mod audio;
mod closed;
mod mkv;
mod mp4;
mod tally;

use std::io;
use std::path::Path;

use media_container::mp4::looks_like_mp4;
use media_container::positioned::ReadAt;
use media_model::MediaDuration;

use crate::facts::MediaFacts;
use crate::file::MediaFile;

/// Why a file could not be described.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ProbeError {
    /// It cannot be opened or read.
    #[error("the file cannot be read: {0}")]
    Unreadable(String),
    /// It is no media file that we know, or a broken one.
    #[error("not a media file that can be played: {0}")]
    NotMedia(Flaw),
    /// The media worker died or took too long.
    #[error("the file could not be examined: {0}")]
    WorkerFailed(String),
}

/// What is wrong with a file that can be read but not played.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Flaw {
    /// It has no bytes.
    #[error("it is empty")]
    Empty,
    /// Its bytes are none that any reader knows.
    #[error("its contents are not recognised")]
    Unrecognised,
    /// It is a media file, but has neither video nor audio.
    #[error("it has no video and no audio")]
    NoStreams,
    /// Its end is missing.
    #[error("its end is missing: {actual} bytes are there of {claimed}")]
    Truncated {
        /// Length that its headers tell, bytes; at least.
        claimed: u64,
        /// Length that it has, bytes.
        actual: u64,
    },
    /// The part that describes all others is missing: a recording or a copy that was not finished.
    #[error("its index is missing, as in a recording that was not finished")]
    IndexMissing,
    /// A header does not make sense.
    #[error("it is damaged: {0}")]
    Damaged(String),
}

impl Flaw {
    /// Machine readable name; never changes.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Empty => "empty_file",
            Self::Unrecognised => "not_media",
            Self::NoStreams => "no_streams",
            Self::Truncated { .. } => "truncated",
            Self::IndexMissing => "index_missing",
            Self::Damaged(_) => "damaged",
        }
    }
}

impl From<io::Error> for ProbeError {
    fn from(error: io::Error) -> Self {
        Self::Unreadable(error.to_string())
    }
}

/// More than any title lasts: a week. What is longer is damage.
const LONGEST: MediaDuration = MediaDuration::from_secs(7 * 24 * 3_600);

/// Refuses a duration that cannot be, before anything is sized by it.
fn plausible(duration: MediaDuration) -> Result<MediaDuration, ProbeError> {
    if duration > LONGEST {
        let hours = duration.as_micros() / 3_600_000_000;
        return Err(ProbeError::NotMedia(Flaw::Damaged(format!("it says that it lasts {hours} hours"))));
    }
    Ok(duration)
}

/// What our own readers make of a file.
#[derive(Clone, Debug, PartialEq)]
pub enum Probed {
    /// It is described.
    Facts(Box<MediaFacts>),
    /// It is none of theirs; the discoverer may know it.
    Unknown,
}

/// Describes a file without the media worker. Reads headers only; blocks on the disk.
///
/// # Errors
/// When the file cannot be read, or is damaged in a way that no reader can mend.
pub fn native(path: &Path) -> Result<Probed, ProbeError> {
    let file = MediaFile::open(path)?;
    if file.size() == 0 {
        return Err(ProbeError::NotMedia(Flaw::Empty));
    }
    let mut beginning = vec![0; usize::try_from(file.size().min(64)).unwrap_or(64)];
    file.read_exact_at(0, &mut beginning)?;
    if media_container::mkv::looks_like_matroska(&beginning) {
        return mkv::probe(&file);
    }
    if looks_like_mp4(&beginning) {
        return mp4::probe(&file);
    }
    audio::probe(file, &beginning)
}

#[cfg(test)]
mod tests;
