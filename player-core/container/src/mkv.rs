//! Reads Matroska and WebM (RFC 9559): what tracks there are, where decoding can begin, and the blocks of a stretch.
//!
//! Headers are read whole, clusters only where somebody looks into them.

mod blocks;
mod ebml;
mod entry_points;
mod headers;
mod ids;

use std::io;

use bytes::Bytes;
use media_model::Resolution;

pub use blocks::{Block, BlockWalk, Wanted};
pub use entry_points::EntryPoint;

use crate::positioned::{ReadAt, read_vec};
use crate::track::CodecConfig;
use ebml::{Element, Window};

/// Longer header elements than this are taken for damage; the cues of a day are a few MB.
const HEADER_LIMIT: u64 = 32 << 20;
/// Elements before the first cluster: some ten.
const LEVEL_ONE_LIMIT: usize = 1_000;

/// Why a file cannot be read as Matroska.
#[derive(Debug, thiserror::Error)]
pub enum MkvError {
    /// It does not begin like one.
    #[error("not a Matroska file")]
    NotMatroska,
    /// An element that has to be there is not.
    #[error("{0} is missing")]
    Missing(&'static str),
    /// It ends before its segment does.
    #[error("the file has {actual} bytes of {claimed}")]
    Truncated {
        /// The end of the segment, as it says.
        claimed: u64,
        /// Length of the file.
        actual: u64,
    },
    /// The file cannot be read.
    #[error("cannot be read")]
    Io(#[from] io::Error),
}

/// What the headers of a file say.
#[derive(Clone, Debug, PartialEq)]
pub struct Matroska {
    /// Whether the document type is WebM.
    pub webm: bool,
    /// Nanoseconds of a tick of clusters, cues and the duration; never zero.
    pub timestamp_scale: u64,
    /// Duration in ticks, as the file says.
    pub duration: Option<f64>,
    /// Tracks in file order.
    pub tracks: Vec<Track>,
    /// Entries of the index in file order, with absolute positions; empty if there is none.
    pub cues: Vec<Cue>,
    /// Chapters of the first edition.
    pub chapters: Vec<Chapter>,
    /// Where the first cluster begins; `None` without any.
    pub first_cluster: Option<u64>,
    /// Where the segment ends: its own size, or the end of the file.
    pub end: u64,
}

/// What a track holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TrackKind {
    /// Pictures.
    Video,
    /// Sound.
    Audio,
    /// Subtitles.
    Subtitle,
    /// Anything else.
    Other,
}

/// A track.
#[derive(Clone, Debug, PartialEq)]
pub struct Track {
    /// Number, as blocks name it.
    pub number: u64,
    /// Identity, as tags name it.
    pub uid: u64,
    /// What it holds.
    pub kind: TrackKind,
    /// Whether it is to be played unless somebody chooses otherwise.
    pub default: bool,
    /// Whether it is to be shown in any case (subtitles).
    pub forced: bool,
    /// Language tag; BCP 47 if the file has one, else ISO 639-2.
    pub language: Option<String>,
    /// Name.
    pub name: Option<String>,
    /// Codec, such as `V_MPEG4/ISO/AVC`.
    pub codec_id: String,
    /// Codec and parameters, if it is one that can be written into CMAF.
    pub codec: Option<CodecConfig>,
    /// Nanoseconds from one frame to the next, if the file says so.
    pub default_duration: Option<u64>,
    /// Nanoseconds that are taken off all timestamps of this track (`CodecDelay`); that much is decoded and not heard.
    pub codec_delay: u64,
    /// Picture size; 0x0 of other tracks.
    pub resolution: Resolution,
    /// Relative width and height of a pixel, if it is not square.
    pub pixel_aspect: Option<(u32, u32)>,
    /// Clockwise rotation for display, degrees: 0, 90, 180 or 270.
    pub rotation: u16,
    /// Whether the file says that it is interlaced.
    pub interlaced: bool,
    /// Number of channels.
    pub channels: u16,
    /// Samples per second; 0 if unknown.
    pub sample_rate: u32,
    /// Mean rate out of the statistics that some writers leave, bits per second.
    pub bitrate_bps: Option<u64>,
    /// Number of frames out of the same statistics.
    pub frames: Option<u64>,
    /// What was cut off the beginning of each frame (header stripping).
    pub stripped: Bytes,
    /// Whether frames are stored in a way that is not read: compressed or encrypted.
    pub opaque: bool,
}

/// An entry of the index: a place at which decoding of a track can begin.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Cue {
    /// Timestamp, ticks.
    pub time: u64,
    /// Number of the track.
    pub track: u64,
    /// Where the cluster that holds it begins.
    pub cluster: u64,
    /// Where the block lies in the contents of the cluster, if the file says so.
    pub relative: Option<u64>,
}

/// A chapter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Chapter {
    /// Where it starts, nanoseconds.
    pub start_ns: u64,
    /// Its name.
    pub title: Option<String>,
}

/// Whether a file that begins with these bytes may be Matroska or WebM; four bytes suffice.
pub fn looks_like_matroska(beginning: &[u8]) -> bool {
    beginning.starts_with(&[0x1a, 0x45, 0xdf, 0xa3])
}

impl Matroska {
    /// Reads the headers.
    ///
    /// # Errors
    /// [`MkvError`]; [`MkvError::Truncated`] also if the headers themselves are complete.
    pub fn read(input: &(impl ReadAt + ?Sized)) -> Result<Self, MkvError> {
        let mut window = Window::new(input, 4 << 10);
        let header = window.element(0)?.filter(|header| header.id == ids::EBML).ok_or(MkvError::NotMatroska)?;
        let header_size = header.size.ok_or(MkvError::NotMatroska)?;
        let webm = match headers::doc_type(&contents(input, &header)?.ok_or(MkvError::NotMatroska)?).as_deref() {
            Some("matroska") | None => false,
            Some("webm") => true,
            Some(_) => return Err(MkvError::NotMatroska),
        };
        let at = header.data.saturating_add(header_size);
        let segment = window.element(at)?.filter(|segment| segment.id == ids::SEGMENT);
        let segment = segment.ok_or(MkvError::Missing("segment"))?;
        let claimed = segment.size.map(|size| segment.data.saturating_add(size));
        if let Some(claimed) = claimed.filter(|&claimed| claimed > input.size()) {
            return Err(MkvError::Truncated { claimed, actual: input.size() });
        }
        let mut file = Self {
            webm,
            timestamp_scale: 1_000_000,
            duration: None,
            tracks: Vec::new(),
            cues: Vec::new(),
            chapters: Vec::new(),
            first_cluster: None,
            end: claimed.unwrap_or(input.size()),
        };
        file.read_level_one(input, &mut window, segment.data)?;
        if file.tracks.is_empty() {
            return Err(MkvError::Missing("list of tracks"));
        }
        let last = file.cues.iter().map(|cue| cue.cluster).max().unwrap_or(0);
        if last >= file.end {
            return Err(MkvError::Truncated { claimed: last + 1, actual: input.size() });
        }
        Ok(file)
    }

    /// The blocks from a cluster on, see [`BlockWalk`].
    pub fn blocks<'a, R: ReadAt + ?Sized>(&'a self, input: &'a R, cluster: u64, read_ahead: usize) -> BlockWalk<'a, R> {
        BlockWalk::new(self, input, cluster, read_ahead)
    }

    /// A number of ticks in nanoseconds.
    pub fn nanoseconds(&self, ticks: i64) -> i64 {
        let nanoseconds = i128::from(ticks) * i128::from(self.timestamp_scale);
        i64::try_from(nanoseconds).unwrap_or(if ticks < 0 { i64::MIN } else { i64::MAX })
    }

    /// Reads what stands before the first cluster, and what a seek head says to stand elsewhere.
    fn read_level_one<R: ReadAt + ?Sized>(
        &mut self,
        input: &R,
        window: &mut Window<'_, R>,
        segment: u64,
    ) -> Result<(), MkvError> {
        let mut seen = Vec::new();
        let mut elsewhere: Vec<(u32, u64)> = Vec::new();
        let mut tags = None;
        let mut at = segment;
        for _ in 0..LEVEL_ONE_LIMIT {
            if at >= self.end {
                break;
            }
            let Some(element) = window.element(at)? else { break };
            if element.id == ids::CLUSTER {
                self.first_cluster = Some(at);
                break;
            }
            seen.push(at);
            self.take(input, &element, segment, &mut elsewhere, &mut tags)?;
            let Some(size) = element.size else { break };
            at = element.data.saturating_add(size);
        }
        let mut followed = 0;
        while let Some((id, at)) = elsewhere.pop() {
            followed += 1;
            if seen.contains(&at) || followed > LEVEL_ONE_LIMIT || at >= self.end {
                continue;
            }
            seen.push(at);
            let Some(element) = window.element(at)?.filter(|element| element.id == id) else { continue };
            if id == ids::CLUSTER {
                self.first_cluster = self.first_cluster.or(Some(at));
                continue;
            }
            self.take(input, &element, segment, &mut elsewhere, &mut tags)?;
        }
        if let Some(tags) = tags {
            headers::apply_tags(&tags, &mut self.tracks);
        }
        Ok(())
    }

    fn take(
        &mut self,
        input: &(impl ReadAt + ?Sized),
        element: &Element,
        segment: u64,
        elsewhere: &mut Vec<(u32, u64)>,
        tags: &mut Option<Vec<u8>>,
    ) -> Result<(), MkvError> {
        let known = [ids::SEEK_HEAD, ids::INFO, ids::TRACKS, ids::CUES, ids::CHAPTERS, ids::TAGS];
        if !known.contains(&element.id) {
            return Ok(());
        }
        let Some(body) = contents(input, element)? else { return Ok(()) };
        match element.id {
            ids::SEEK_HEAD => elsewhere.extend(headers::seek_head(&body, segment)),
            ids::INFO => (self.timestamp_scale, self.duration) = headers::info(&body),
            ids::TRACKS if self.tracks.is_empty() => self.tracks = headers::tracks(&body),
            ids::CUES if self.cues.is_empty() => self.cues = headers::cues(&body, segment),
            ids::CHAPTERS if self.chapters.is_empty() => self.chapters = headers::chapters(&body),
            ids::TAGS => *tags = Some(body),
            _ => {}
        }
        Ok(())
    }
}

/// The contents of a header element; `None` if it has no size, or one that cannot be.
fn contents(input: &(impl ReadAt + ?Sized), element: &Element) -> io::Result<Option<Vec<u8>>> {
    match element.size {
        Some(size) if size <= HEADER_LIMIT && element.data.saturating_add(size) <= input.size() => {
            read_vec(input, element.data, size).map(Some)
        }
        _ => Ok(None),
    }
}

#[cfg(test)]
mod tests;
