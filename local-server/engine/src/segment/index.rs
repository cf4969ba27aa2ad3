//! Where the samples of a source lie, whatever its container.

use std::ops::Range;

use bytes::Bytes;
use media_container::track::TrackConfig;
use media_model::TimeRange;

use super::CopyError;
use super::matroska::MatroskaIndex;
use super::movie::MovieIndex;
use crate::facts::{Container, MediaFacts};
use crate::file::MediaFile;
use crate::grid::PacketGrid;
use crate::stream_name::StreamName;

/// An access unit out of a source.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Packet {
    /// Presentation time on the timeline, ticks of its track; of sound, samples.
    pub(super) at: i64,
    /// Whether decoding can begin here.
    pub(super) sync: bool,
    /// Its bytes.
    pub(super) data: Bytes,
}

/// The pictures of a segment in decode order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Pictures {
    /// The access units.
    pub(super) packets: Vec<Packet>,
    /// Where the last of them stops being shown, ticks.
    pub(super) end: i64,
}

/// The index of a source.
#[derive(Debug)]
pub(super) enum SourceIndex {
    Movie(MovieIndex),
    Matroska(MatroskaIndex),
}

impl SourceIndex {
    /// Reads it from the headers of a file.
    pub(super) fn read(file: &MediaFile, facts: &MediaFacts) -> Result<Self, CopyError> {
        match facts.container {
            Container::Mp4 => MovieIndex::read(file, facts).map(Self::Movie),
            Container::Matroska | Container::WebM => MatroskaIndex::read(file, facts).map(Self::Matroska),
            Container::Audio(_) | Container::Other(_) => Err(CopyError::NoSuchStream),
        }
    }

    /// What the init section of a stream says, and its composition shift.
    pub(super) fn track(&self, stream: &StreamName) -> Result<(&TrackConfig, u32), CopyError> {
        let found = match self {
            Self::Movie(index) => index.track(stream),
            Self::Matroska(index) => index.track(stream),
        };
        found.ok_or(CopyError::Changed("a track is gone"))
    }

    /// The pictures of a stretch that begins at a keyframe and ends at one, or at the end of the title (`last`). `None` if
    /// there is no keyframe where it begins.
    pub(super) fn pictures(
        &self,
        file: &MediaFile,
        range: TimeRange,
        last: bool,
    ) -> Result<Option<Pictures>, CopyError> {
        match self {
            Self::Movie(index) => index.pictures(file, range, last),
            Self::Matroska(index) => index.pictures(file, range, last),
        }
    }

    /// All packets of an audio stream that may belong to these places of its grid, and perhaps some around them.
    pub(super) fn sound(
        &self,
        file: &MediaFile,
        audio: u16,
        grid: PacketGrid,
        places: Range<u64>,
    ) -> Result<Vec<Packet>, CopyError> {
        match self {
            Self::Movie(index) => index.sound(file, audio, grid, places),
            Self::Matroska(index) => index.sound(file, audio, grid, places),
        }
    }

    /// Memory that it takes, bytes.
    pub(super) fn memory(&self) -> u64 {
        match self {
            Self::Movie(index) => index.memory(),
            Self::Matroska(index) => index.memory(),
        }
    }
}
