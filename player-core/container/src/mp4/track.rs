//! What `trak` says of one track.

use media_model::{MediaTime, Resolution};

use crate::boxes::{Fields, boxes, find, find_path};
use crate::header::{MediaHeader, media_header, track_id};
use crate::mp4::samples::SampleIndex;
use crate::sample_entry::{self, Kind};
use crate::track::{CodecConfig, TrackConfig};

/// What a track is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TrackKind {
    /// Pictures.
    Video,
    /// Sound.
    Audio,
    /// Subtitles or closed captions.
    Subtitle,
    /// Anything else: text for chapters, timecodes, hints, metadata.
    Other,
}

/// A track of a movie.
#[derive(Clone, Debug, PartialEq)]
pub struct Track {
    /// Number in the file.
    pub id: u32,
    /// What it is for.
    pub kind: TrackKind,
    /// Whether it is to be played unless somebody chooses otherwise.
    pub enabled: bool,
    /// Ticks per second.
    pub timescale: u32,
    /// ISO 639-2/T code, if known.
    pub language: Option<[u8; 3]>,
    /// Name, if the file has one.
    pub name: Option<String>,
    /// Four-character code of its first sample description, such as `avc1`.
    pub fourcc: [u8; 4],
    /// Codec and parameters, if it is one that can be written into CMAF.
    pub codec: Option<CodecConfig>,
    /// objectTypeIndication, of `mp4a` and `mp4v` (ISO/IEC 14496-1 table 5).
    pub object_type: Option<u8>,
    /// Picture size; 0x0 of other tracks.
    pub resolution: Resolution,
    /// Relative width and height of a pixel, if it is not square.
    pub pixel_aspect: Option<(u32, u32)>,
    /// Clockwise rotation for display, degrees: 0, 90, 180 or 270.
    pub rotation: u16,
    /// Number of channels; 0 of other tracks.
    pub channels: u16,
    /// Samples per second; 0 if unknown.
    pub sample_rate: u32,
    /// Where the samples are. Its times are presentation times in ticks, with the edit list applied.
    pub samples: SampleIndex,
    /// Track number of a text track with chapters for this one.
    pub(super) chapter_track: Option<u32>,
    shift: i64,
}

impl Track {
    /// What an init section for this track says; `None` if its codec is not written into CMAF.
    pub fn config(&self) -> Option<TrackConfig> {
        Some(TrackConfig {
            timescale: self.timescale,
            codec: self.codec.clone()?,
            language: self.language,
            pixel_aspect: self.pixel_aspect,
        })
    }

    /// A time of this track on the movie's timeline.
    pub fn time(&self, ticks: i64) -> MediaTime {
        MediaTime::from_ticks(ticks, self.timescale)
    }

    /// Applies the edit list to the samples, once all of them are known.
    pub(super) fn settle(&mut self) {
        let shift = std::mem::take(&mut self.shift);
        self.samples.shift(shift);
    }
}

/// The tracks of the contents of `moov`. A track that cannot be read is left out.
pub(super) fn tracks(moov: &[u8]) -> Vec<Track> {
    let movie_timescale = find(moov, b"mvhd")
        .and_then(|mvhd| {
            let (version, _, mut fields) = Fields::full(mvhd)?;
            fields.take(if version == 0 { 8 } else { 16 })?;
            fields.u32()
        })
        .unwrap_or(0);
    let traks = boxes(moov).filter(|found| found.kind == *b"trak");
    traks.filter_map(|trak| track(trak.body, movie_timescale)).collect()
}

fn track(trak: &[u8], movie_timescale: u32) -> Option<Track> {
    let tkhd = find(trak, b"tkhd")?;
    let mdia = find(trak, b"mdia")?;
    let MediaHeader { timescale, language } = media_header(find(mdia, b"mdhd")?)?;
    let kind = match find(mdia, b"hdlr")?.get(8..12)? {
        b"vide" => TrackKind::Video,
        b"soun" => TrackKind::Audio,
        b"subt" | b"sbtl" | b"clcp" | b"subp" => TrackKind::Subtitle,
        _ => TrackKind::Other,
    };
    let stbl = find_path(mdia, &[b"minf", b"stbl"])?;
    let entry_kind = match kind {
        TrackKind::Video => Kind::Video,
        TrackKind::Audio => Kind::Audio,
        TrackKind::Subtitle | TrackKind::Other => Kind::Other,
    };
    let entry = sample_entry::first_entry(find(stbl, b"stsd")?, entry_kind)?;
    let edits = find_path(trak, &[b"edts", b"elst"]).map(|elst| edit_shift(elst, movie_timescale, timescale));
    let name = find_path(trak, &[b"udta", b"name"]).map(|name| String::from_utf8_lossy(name));
    let name = name.map(|name| name.trim_matches(['\0', ' ']).to_owned()).filter(|name| !name.is_empty());
    let chapter_track = find_path(trak, &[b"tref", b"chap"]).and_then(|chap| Fields::new(chap).u32());
    Some(Track {
        id: track_id(tkhd)?,
        kind,
        enabled: tkhd.get(3)? & 1 != 0,
        timescale,
        language,
        name,
        fourcc: entry.fourcc,
        codec: entry.codec,
        object_type: entry.object_type,
        resolution: entry.resolution,
        pixel_aspect: entry.pixel_aspect,
        rotation: rotation(tkhd).unwrap_or(0),
        channels: entry.channels,
        sample_rate: entry.sample_rate,
        samples: SampleIndex::of_tables(stbl),
        chapter_track,
        shift: edits.flatten().unwrap_or(0),
    })
}

/// What the edit list (`elst`, ISO/IEC 14496-12 §8.6.6) adds to composition times, in ticks of the track: empty edits
/// push the track back, the media time of the first other edit pulls it forward. Later edits cut pieces out of the
/// film; none of the players does that, and neither do we.
fn edit_shift(elst: &[u8], movie_timescale: u32, timescale: u32) -> Option<i64> {
    let (version, _, mut fields) = Fields::full(elst)?;
    let count = fields.u32()?;
    let mut empty = 0i128;
    for _ in 0..count {
        let duration = fields.sized(version)?;
        let media_time = if version == 0 { i64::from(fields.i32()?) } else { fields.u64()?.cast_signed() };
        fields.u32()?;
        if media_time >= 0 {
            let pushed =
                if movie_timescale == 0 { 0 } else { empty * i128::from(timescale) / i128::from(movie_timescale) };
            return i64::try_from(pushed - i128::from(media_time)).ok();
        }
        empty += i128::from(duration);
    }
    None
}

/// The rotation that the matrix of `tkhd` (§8.3.2) makes, if it is a quarter turn; flips and others are taken for none.
fn rotation(tkhd: &[u8]) -> Option<u16> {
    let (version, _, mut fields) = Fields::full(tkhd)?;
    fields.take(if version == 0 { 36 } else { 48 })?;
    let (a, b) = (fields.i32()?, fields.i32()?);
    fields.i32()?;
    let (c, d) = (fields.i32()?, fields.i32()?);
    Some(match (a.signum(), b.signum(), c.signum(), d.signum()) {
        (0, 1, -1, 0) => 90,
        (-1, 0, 0, -1) => 180,
        (0, -1, 1, 0) => 270,
        _ => 0,
    })
}
