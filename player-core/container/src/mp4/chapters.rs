//! Chapters of MP4: Nero's list, or QuickTime's text track.

use media_model::MediaTime;

use crate::boxes::{Fields, find_path};
use crate::mp4::track::Track;
use crate::positioned::{ReadAt, read_vec};

/// More than any film has.
const CHAPTER_LIMIT: usize = 1_000;
/// Longer than any name.
const NAME_LIMIT: u32 = 1_024;

/// Reads them; without chapters, or where they are damaged, there are none.
pub(super) fn read(input: &(impl ReadAt + ?Sized), moov: &[u8], tracks: &[Track]) -> Vec<(MediaTime, String)> {
    let text = text_track(input, tracks);
    if text.is_empty() { find_path(moov, &[b"udta", b"chpl"]).map(nero).unwrap_or_default() } else { text }
}

/// `chpl`: starts in units of 100 ns, each with its name.
fn nero(chpl: &[u8]) -> Vec<(MediaTime, String)> {
    let mut chapters = Vec::new();
    let Some((version, _, mut fields)) = Fields::full(chpl) else { return chapters };
    if version != 0 && fields.u32().is_none() {
        return chapters;
    }
    let count = fields.u8().unwrap_or(0);
    for _ in 0..count {
        let Some(start) = fields.u64().and_then(|start| i64::try_from(start / 10).ok()) else { break };
        let Some(name) = fields.u8().and_then(|length| fields.take(usize::from(length))) else { break };
        chapters.push((MediaTime::from_micros(start), String::from_utf8_lossy(name).into_owned()));
    }
    chapters
}

/// Samples of the text track that a track names as its chapters: each is a length and a name.
fn text_track(input: &(impl ReadAt + ?Sized), tracks: &[Track]) -> Vec<(MediaTime, String)> {
    let named = tracks.iter().find_map(|track| track.chapter_track);
    let Some(track) = named.and_then(|id| tracks.iter().find(|track| track.id == id)) else { return Vec::new() };
    let samples = track.samples.samples().iter().take(CHAPTER_LIMIT);
    let chapter = |sample: &super::IndexedSample| {
        let bytes = read_vec(input, sample.offset, u64::from(sample.size.min(NAME_LIMIT))).ok()?;
        let mut fields = Fields::new(&bytes);
        let length = fields.u16()?;
        let name = fields.take(usize::from(length).min(fields.rest().len()))?;
        Some((track.time(sample.pts), text(name)))
    };
    samples.filter_map(chapter).collect()
}

/// UTF-8, or UTF-16 where a byte order mark says so.
fn text(bytes: &[u8]) -> String {
    match bytes {
        [0xfe, 0xff, units @ ..] => {
            let units = units.chunks_exact(2).map(|pair| u16::from_be_bytes([pair[0], pair[1]]));
            char::decode_utf16(units).map(|letter| letter.unwrap_or(char::REPLACEMENT_CHARACTER)).collect()
        }
        _ => String::from_utf8_lossy(bytes).into_owned(),
    }
}
