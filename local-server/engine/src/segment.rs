//! Copied segments: chooses the samples of a source that belong into one; `media_container` reads and writes the boxes.
//!
//! Each segment can be made alone. Times are absolute, on the timeline of the facts, so neighbours join whoever made
//! them when. Blocks on the disk; knows nothing of caches and requests.

mod index;
mod index_cache;
mod matroska;
mod movie;
mod silence;

use std::io;

use bytes::Bytes;
use media_container::aac::SAMPLES_PER_UNIT;
use media_container::cmaf::write;
use media_container::track::{Sample, decode_times_within};
use media_model::{ByteCount, TimeRange};

use crate::facts::MediaFacts;
use crate::file::MediaFile;
use crate::grid::{self, Grid, PacketGrid};
use crate::manifest::has_stream;
use crate::source::Source;
use crate::stream_name::StreamName;

use index::{Packet, SourceIndex};
use index_cache::IndexCache;

/// Why a copied segment could not be made. Cheap to clone.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CopyError {
    /// The source has no such stream, or it is not one that is copied.
    #[error("there is no such stream to copy")]
    NoSuchStream,
    /// The stream is shorter.
    #[error("there is no segment {0}")]
    NoSuchSegment(u32),
    /// The file cannot be read.
    #[error("cannot be read: {0}")]
    Unreadable(String),
    /// The file is not what was probed.
    #[error("the file has changed: {0}")]
    Changed(&'static str),
}

impl From<io::Error> for CopyError {
    fn from(error: io::Error) -> Self {
        Self::Unreadable(error.to_string())
    }
}

/// Makes copied segments. Keeps the indexes of the sources that were asked for last.
#[derive(Debug)]
pub struct Copier {
    indexes: IndexCache,
}

impl Copier {
    /// Keeps indexes up to `memory`; the one in use is always kept.
    pub fn new(memory: ByteCount) -> Self {
        Self { indexes: IndexCache::new(memory) }
    }

    /// The init section of a copied stream.
    ///
    /// # Errors
    /// [`CopyError`]; the file is opened anew each time.
    pub fn init_section(&self, source: &Source, stream: &StreamName) -> Result<Bytes, CopyError> {
        let (index, _) = self.open(source, stream)?;
        let (config, shift) = index.track(stream)?;
        Ok(write::init_section(config, shift))
    }

    /// A media segment of a copied stream, counted from 0.
    ///
    /// # Errors
    /// [`CopyError`]; the file is opened anew each time.
    pub fn segment(&self, source: &Source, stream: &StreamName, number: u32) -> Result<Bytes, CopyError> {
        let (index, file) = self.open(source, stream)?;
        let (_, shift) = index.track(stream)?;
        let samples = match *stream {
            StreamName::Audio(audio) => sound(&index, &file, &source.facts, audio, number)?,
            StreamName::Original | StreamName::Rung(_) | StreamName::AudioAac(_) => {
                pictures(&index, &file, &source.facts, number, shift)?
            }
        };
        // Sequence numbers begin at 1 (ISO/IEC 14496-12 §8.8.5).
        Ok(write::media_segment(number.saturating_add(1), shift, &samples))
    }

    fn open(
        &self,
        source: &Source,
        stream: &StreamName,
    ) -> Result<(std::sync::Arc<SourceIndex>, MediaFile), CopyError> {
        let copied = matches!(stream, StreamName::Original | StreamName::Audio(_));
        if !copied || !has_stream(&source.facts, stream) {
            return Err(CopyError::NoSuchStream);
        }
        let file = MediaFile::open(&source.path)?;
        let index = self.indexes.get(&source.key, || SourceIndex::read(&file, &source.facts))?;
        Ok((index, file))
    }
}

/// The samples of one segment of the original video: a closed group of pictures, or several.
fn pictures(
    index: &SourceIndex,
    file: &MediaFile,
    facts: &MediaFacts,
    number: u32,
    shift: u32,
) -> Result<Vec<Sample>, CopyError> {
    let video = facts.video.as_ref().ok_or(CopyError::NoSuchStream)?;
    let grid = grid::original(facts).ok_or(CopyError::NoSuchStream)?;
    let range = grid.segment(number).ok_or(CopyError::NoSuchSegment(number))?;
    // The first segment begins at zero, its first picture where it begins.
    let first = video.keyframes[0];
    let start = if number == 0 { first } else { range.start() };
    let range = TimeRange::new(start, range.end().max(start)).ok_or(CopyError::NoSuchSegment(number))?;
    let last = usize::try_from(number).is_ok_and(|number| number + 1 == grid.len());
    let units = index.pictures(file, range, last)?;
    let Some(units) = units else { return Err(CopyError::Changed("a keyframe is not where it was")) };
    let pts: Vec<i64> = units.packets.iter().map(|unit| unit.at).collect();
    let dts = decode_times_within(&pts, shift);
    let next = dts.iter().copied().skip(1).chain([units.end]);
    let samples = units.packets.into_iter().zip(&dts).zip(next).map(|((unit, &dts), next)| Sample {
        pts: unit.at,
        dts,
        duration: u32::try_from(next.saturating_sub(dts)).unwrap_or(0),
        sync: unit.sync,
        data: unit.data,
    });
    Ok(samples.collect())
}

/// The packets of one segment of a copied audio stream. Each place of the packet grid gets the packet that belongs there;
/// where the source has none (it starts late, ends early, or has a hole) silence takes its place, so that no player
/// waits for sound that never comes.
fn sound(
    index: &SourceIndex,
    file: &MediaFile,
    facts: &MediaFacts,
    audio: u16,
    number: u32,
) -> Result<Vec<Sample>, CopyError> {
    let facts_of = facts.audio.get(usize::from(audio)).ok_or(CopyError::NoSuchStream)?;
    let range = Grid::fixed(facts.duration).segment(number).ok_or(CopyError::NoSuchSegment(number))?;
    let grid = PacketGrid { sample_rate: facts_of.sample_rate, phase: facts_of.phase };
    let places = grid.packets(range);
    let silence = silence::packet(facts_of.channels).ok_or(CopyError::NoSuchStream)?;
    let mut data: Vec<Option<Bytes>> = places.clone().map(|_| None).collect();
    for Packet { at, data: packet, .. } in index.sound(file, audio, grid, places.clone())? {
        let place = grid.nearest(at).and_then(|place| place.checked_sub(places.start));
        let slot = place.and_then(|place| data.get_mut(usize::try_from(place).ok()?));
        if let Some(slot) = slot {
            slot.get_or_insert(packet);
        }
    }
    let sample = |(place, data): (u64, Option<Bytes>)| {
        let at = i64::try_from(grid.sample(place)).unwrap_or(i64::MAX);
        let data = data.unwrap_or_else(|| silence.clone());
        Sample { pts: at, dts: at, duration: SAMPLES_PER_UNIT, sync: true, data }
    };
    Ok(places.zip(data).map(sample).collect())
}

#[cfg(test)]
mod tests;
