//! Reads MP4 and MOV files (ISO/IEC 14496-12, QuickTime File Format), fragmented ones too: what tracks there are, and
//! where each sample lies. Only headers are read; sample data stays where it is.

mod chapters;
mod samples;
mod track;

use std::io;

use media_model::MediaTime;

pub use samples::{IndexedSample, SampleIndex};
pub use track::{Track, TrackKind};

use crate::boxes::{Header, boxes, find, header};
use crate::fragment::Defaults;
use crate::positioned::{ReadAt, read_up_to, read_vec};

/// `moov` of a long film is some MB; more than this is taken for damage.
const MOVIE_LIMIT: u64 = 64 << 20;
/// A `moof` describes some seconds.
const FRAGMENT_LIMIT: u64 = 16 << 20;
/// Boxes at the top of a file: three or four, or two for each fragment.
const TOP_LEVEL_LIMIT: usize = 500_000;

/// Why a file cannot be read as MP4.
#[derive(Debug, thiserror::Error)]
pub enum Mp4Error {
    /// It does not begin like one.
    #[error("not an MP4 file")]
    NotMp4,
    /// Nothing describes its samples: it was cut off, or never finished.
    #[error("the index (moov) is missing")]
    NoMovie,
    /// It ends before its boxes do.
    #[error("the file has {actual} bytes of at least {claimed}")]
    Truncated {
        /// The end of the last box, as it says.
        claimed: u64,
        /// Length of the file.
        actual: u64,
    },
    /// A box does not make sense.
    #[error("box {} at byte {offset} is damaged", kind.escape_ascii())]
    Damaged {
        /// Its type.
        kind: [u8; 4],
        /// Where it starts.
        offset: u64,
    },
    /// The file cannot be read.
    #[error("cannot be read")]
    Io(#[from] io::Error),
}

/// A movie: its tracks and chapters.
#[derive(Clone, Debug, PartialEq)]
pub struct Movie {
    /// Tracks in file order.
    pub tracks: Vec<Track>,
    /// Chapters in order: where each starts, and its name.
    pub chapters: Vec<(MediaTime, String)>,
}

/// Whether a file that begins with these bytes may be MP4 or MOV; eight bytes suffice.
pub fn looks_like_mp4(beginning: &[u8]) -> bool {
    const FIRST: [&[u8; 4]; 9] = [b"ftyp", b"moov", b"mdat", b"styp", b"wide", b"free", b"skip", b"pnot", b"moof"];
    header(beginning).is_some_and(|first| FIRST.contains(&&first.kind))
}

impl Movie {
    /// Reads what describes the movie: `moov`, wherever it is, and every `moof`.
    ///
    /// # Errors
    /// [`Mp4Error`], [`Mp4Error::Truncated`] also if the description is there but some of the samples cannot be.
    pub fn read(input: &(impl ReadAt + ?Sized)) -> Result<Self, Mp4Error> {
        let top = TopLevel::walk(input)?;
        let Some(moov) = top.moov else {
            return Err(match top.truncated {
                Some(claimed) => Mp4Error::Truncated { claimed, actual: input.size() },
                None => Mp4Error::NoMovie,
            });
        };
        if let Some(claimed) = top.truncated {
            return Err(Mp4Error::Truncated { claimed, actual: input.size() });
        }
        let damaged = Mp4Error::Damaged { kind: *b"moov", offset: moov.offset };
        if moov.length > MOVIE_LIMIT {
            return Err(damaged);
        }
        let body = read_vec(input, moov.offset, moov.length)?;
        let mut movie = Self { tracks: track::tracks(&body), chapters: Vec::new() };
        if movie.tracks.is_empty() && find(&body, b"mvhd").is_none() {
            return Err(damaged);
        }
        movie.add_fragments(input, &body, &top.moofs)?;
        for track in &mut movie.tracks {
            track.settle();
        }
        movie.refuse_samples_beyond(input.size())?;
        movie.chapters = chapters::read(input, &body, &movie.tracks);
        Ok(movie)
    }

    fn add_fragments(&mut self, input: &(impl ReadAt + ?Sized), moov: &[u8], moofs: &[Extent]) -> Result<(), Mp4Error> {
        let mvex = find(moov, b"mvex").unwrap_or_default();
        let defaults: Vec<Defaults> = self
            .tracks
            .iter()
            .map(|track| {
                let mut extends = boxes(mvex).filter(|found| found.kind == *b"trex");
                extends.find_map(|trex| Defaults::of_track(trex.body, track.id)).unwrap_or_default()
            })
            .collect();
        for moof in moofs {
            if moof.length > FRAGMENT_LIMIT {
                return Err(Mp4Error::Damaged { kind: *b"moof", offset: moof.offset });
            }
            let body = read_vec(input, moof.offset, moof.length)?;
            for traf in boxes(&body).filter(|found| found.kind == *b"traf") {
                for (track, defaults) in self.tracks.iter_mut().zip(&defaults) {
                    track.samples.add_fragment(track.id, *defaults, moof.start, traf.body);
                }
            }
        }
        Ok(())
    }

    fn refuse_samples_beyond(&self, size: u64) -> Result<(), Mp4Error> {
        let end = self.tracks.iter().map(|track| track.samples.data_end()).max().unwrap_or(0);
        if end > size { Err(Mp4Error::Truncated { claimed: end, actual: size }) } else { Ok(()) }
    }
}

/// Where the contents of a box lie.
#[derive(Clone, Copy, Debug)]
struct Extent {
    /// The first byte of its header.
    start: u64,
    /// The first byte of its contents.
    offset: u64,
    /// Bytes of its contents.
    length: u64,
}

#[derive(Debug, Default)]
struct TopLevel {
    moov: Option<Extent>,
    moofs: Vec<Extent>,
    /// Where the last box says that it ends, if that is behind the end of the file.
    truncated: Option<u64>,
}

impl TopLevel {
    fn walk(input: &(impl ReadAt + ?Sized)) -> Result<Self, Mp4Error> {
        let mut found = Self::default();
        let mut at = 0;
        for number in 0..TOP_LEVEL_LIMIT {
            if at >= input.size() {
                break;
            }
            let bytes = read_up_to(input, at, 16)?;
            if number == 0 && !looks_like_mp4(&bytes) {
                return Err(Mp4Error::NotMp4);
            }
            let Some(Header { kind, length, size }) = header(&bytes) else {
                // Bytes behind the last box that are no box harm nobody, if what is needed was there before.
                if found.moov.is_none() {
                    return Err(Mp4Error::Damaged { kind: *b"????", offset: at });
                }
                break;
            };
            let end = size.map_or(input.size(), |size| at.saturating_add(size));
            if end > input.size() {
                // Trailing rubbish may look like a box; a box that holds samples or describes them may not be cut.
                if matches!(&kind, b"mdat" | b"moov" | b"moof") {
                    found.truncated = Some(end);
                }
                break;
            }
            let extent = Extent { start: at, offset: at + length as u64, length: end - at - length as u64 };
            match &kind {
                b"moov" if found.moov.is_none() => found.moov = Some(extent),
                b"moof" => found.moofs.push(extent),
                _ => {}
            }
            at = end;
        }
        Ok(found)
    }
}

#[cfg(test)]
mod tests;
