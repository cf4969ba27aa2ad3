//! Reads init sections and media segments: ours, and fragmented MP4 of others, one track at a time.
//!
//! Times come out on the presentation timeline: the init section's edit list is applied.

use bytes::Bytes;
use media_model::{CodecString, MediaTime};

use crate::boxes::{Fields, InBox, boxes, find, find_path};
use crate::fragment::{Defaults, FragmentHeader, Run, base_decode_time};
use crate::header::{media_header, track_id};
use crate::sample_entry::{self, Kind, SampleEntry};
use crate::track::{Sample, TrackConfig};

/// What is wrong with an init section or a segment.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CmafError {
    /// A box that has to be there is not, or ends early.
    #[error("box {} is missing or incomplete", kind.escape_ascii())]
    Incomplete {
        /// Its type.
        kind: [u8; 4],
    },
    /// The init section has neither a video nor an audio track.
    #[error("init section has no video and no audio track")]
    NoTrack,
    /// The codec is not one we read.
    #[error("sample entry {} is not supported", fourcc.escape_ascii())]
    Codec {
        /// Its four-character code.
        fourcc: [u8; 4],
    },
    /// The data of a sample lies outside of the segment.
    #[error("sample {index} lies outside of the segment")]
    Outside {
        /// Which sample, in decode order.
        index: usize,
    },
}

const fn incomplete(kind: &[u8; 4]) -> CmafError {
    CmafError::Incomplete { kind: *kind }
}

/// What an init section says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Init {
    /// The track.
    pub track: TrackConfig,
    clock: Clock,
}

impl Init {
    /// What the edit list takes off all times, in ticks of the track.
    pub fn composition_shift(&self) -> i64 {
        self.clock.composition_shift
    }
}

/// How the times of a track are written, whatever its codec.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Clock {
    /// The track's number in this file.
    track_id: u32,
    /// Ticks in a second; never 0.
    timescale: u32,
    composition_shift: i64,
    defaults: Defaults,
}

/// Which track of an init section is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pick {
    /// The first with pictures, else the first with sound.
    First,
    /// The first with pictures.
    Pictures,
    /// The first with sound.
    Sound,
}

/// Reads an init section: the first track with pictures, else the first with sound.
///
/// # Errors
/// [`CmafError`] if boxes are missing or the codec is none of ours.
pub fn init_section(bytes: &[u8]) -> Result<Init, CmafError> {
    pick(bytes, Pick::First)
}

/// Reads one track of an init section.
///
/// # Errors
/// [`CmafError`] if there is none, boxes are missing or the codec is none of ours.
pub fn pick(bytes: &[u8], pick: Pick) -> Result<Init, CmafError> {
    let moov = find(bytes, b"moov").ok_or(incomplete(b"moov"))?;
    let wanted = |wanted: Kind| tracks(moov).find(|(kind, _)| *kind == wanted).ok_or(CmafError::NoTrack);
    let (kind, trak) = match pick {
        Pick::First => first_track(moov)?,
        Pick::Pictures => wanted(Kind::Video)?,
        Pick::Sound => wanted(Kind::Audio)?,
    };
    let clock = clock(moov, trak)?;
    let mdhd = find_path(trak, &[b"mdia", b"mdhd"]).and_then(media_header).ok_or(incomplete(b"mdhd"))?;
    let entry = entry(trak, kind).ok_or(incomplete(b"stsd"))?;
    let codec = entry.codec.ok_or(CmafError::Codec { fourcc: entry.fourcc })?;
    let track =
        TrackConfig { timescale: mdhd.timescale, codec, language: mdhd.language, pixel_aspect: entry.pixel_aspect };
    Ok(Init { track, clock })
}

fn first_track(moov: &[u8]) -> Result<(Kind, &[u8]), CmafError> {
    tracks(moov)
        .find(|(kind, _)| *kind == Kind::Video)
        .or_else(|| tracks(moov).find(|(kind, _)| *kind == Kind::Audio))
        .ok_or(CmafError::NoTrack)
}

fn clock(moov: &[u8], trak: &[u8]) -> Result<Clock, CmafError> {
    let track_id = find(trak, b"tkhd").and_then(track_id).ok_or(incomplete(b"tkhd"))?;
    let mdhd = find_path(trak, &[b"mdia", b"mdhd"]).and_then(media_header).ok_or(incomplete(b"mdhd"))?;
    let composition_shift = find_path(trak, &[b"edts", b"elst"]).and_then(first_media_time).unwrap_or(0);
    let defaults = find(moov, b"mvex")
        .and_then(|mvex| {
            boxes(mvex).filter(|found| found.kind == *b"trex").find_map(|trex| Defaults::of_track(trex.body, track_id))
        })
        .unwrap_or_default();
    Ok(Clock { track_id, timescale: mdhd.timescale, composition_shift, defaults })
}

/// The CODECS entries (RFC 6381) of all tracks of an init section with pictures or sound, those that [`init_section`] does
/// not read as well. Empty if there is none.
pub fn codec_strings(bytes: &[u8]) -> Vec<CodecString> {
    let moov = find(bytes, b"moov").unwrap_or_default();
    let is_played = |kind: &Kind| matches!(kind, Kind::Video | Kind::Audio);
    let played = tracks(moov).filter(|(kind, _)| is_played(kind));
    played.filter_map(|(kind, trak)| Some(entry(trak, kind)?.codec_string)).collect()
}

fn tracks(moov: &[u8]) -> impl Iterator<Item = (Kind, &[u8])> {
    boxes(moov).filter(|found| found.kind == *b"trak").map(|found| {
        let handler = find_path(found.body, &[b"mdia", b"hdlr"]).and_then(|hdlr| hdlr.get(8..12));
        let kind = match handler {
            Some(b"vide") => Kind::Video,
            Some(b"soun") => Kind::Audio,
            Some(_) | None => Kind::Other,
        };
        (kind, found.body)
    })
}

fn entry(trak: &[u8], kind: Kind) -> Option<SampleEntry> {
    sample_entry::first_entry(find_path(trak, &[b"mdia", b"minf", b"stbl", b"stsd"])?, kind)
}

/// Reads the samples of a media segment, in decode order. Their data shares the memory of `bytes`.
///
/// # Errors
/// [`CmafError`] if boxes are missing or a sample lies outside of the segment.
pub fn media_segment(init: &Init, bytes: &Bytes) -> Result<Vec<Sample>, CmafError> {
    let mut samples = Vec::new();
    walk(&init.clock, bytes, |timing, position| {
        let end = position.checked_add(timing.size as usize);
        let data = end.and_then(|end| bytes.get(position..end)).ok_or(CmafError::Outside { index: samples.len() })?;
        samples.push(timing.sample(bytes.slice_ref(data)));
        Ok(())
    })?;
    Ok(samples)
}

/// Reads what has arrived of a media segment: its samples behind the first `known`, in decode order, as far as their data
/// are there without a hole. Nothing before the `moof` is complete. The data are copied, so that `bytes` may grow.
///
/// # Errors
/// [`CmafError`] if a box within a complete `moof` is missing.
pub fn begun_segment(init: &Init, bytes: &[u8], known: usize) -> Result<Vec<Sample>, CmafError> {
    let mut samples = Vec::new();
    let (mut index, mut is_broken_off) = (0, false);
    let walked = walk(&init.clock, bytes, |timing, position| {
        let data = position.checked_add(timing.size as usize).and_then(|end| bytes.get(position..end));
        is_broken_off |= data.is_none();
        if let Some(data) = data.filter(|_| !is_broken_off && index >= known) {
            samples.push(timing.sample(Bytes::copy_from_slice(data)));
        }
        index += 1;
        Ok(())
    });
    match walked {
        Ok(()) => Ok(samples),
        Err(error) if error == incomplete(b"moof") => Ok(samples),
        Err(error) => Err(error),
    }
}

/// The earliest presentation time in a media segment, by its init section; `None` if it has no samples. Their codec need
/// not be known.
///
/// Reads the `moof` boxes only: `segment` may be just the beginning of one.
///
/// # Errors
/// [`CmafError`] if boxes are missing, or no `moof` is complete.
pub fn media_start(init: &[u8], segment: &[u8]) -> Result<Option<MediaTime>, CmafError> {
    let moov = find(init, b"moov").ok_or(incomplete(b"moov"))?;
    let (_, trak) = first_track(moov)?;
    let clock = clock(moov, trak)?;
    let mut earliest: Option<i64> = None;
    walk(&clock, segment, |timing, _| {
        earliest = Some(earliest.map_or(timing.pts, |known| known.min(timing.pts)));
        Ok(())
    })?;
    Ok(earliest.map(|ticks| {
        let micros = i128::from(ticks) * 1_000_000 / i128::from(clock.timescale);
        MediaTime::from_micros(i64::try_from(micros).unwrap_or(if ticks < 0 { i64::MIN } else { i64::MAX }))
    }))
}

struct Timing {
    pts: i64,
    dts: i64,
    duration: u32,
    sync: bool,
    size: u32,
}

impl Timing {
    fn sample(self, data: Bytes) -> Sample {
        Sample { pts: self.pts, dts: self.dts, duration: self.duration, sync: self.sync, data }
    }
}

type Visit<'v> = dyn FnMut(Timing, usize) -> Result<(), CmafError> + 'v;

fn walk(
    clock: &Clock,
    bytes: &[u8],
    mut visit: impl FnMut(Timing, usize) -> Result<(), CmafError>,
) -> Result<(), CmafError> {
    let mut found = false;
    for moof in boxes(bytes).filter(|found| found.kind == *b"moof") {
        found = true;
        for traf in boxes(moof.body).filter(|found| found.kind == *b"traf") {
            track_fragment(clock, bytes.len(), &moof, traf.body, &mut visit)?;
        }
    }
    if found { Ok(()) } else { Err(incomplete(b"moof")) }
}

fn track_fragment(
    clock: &Clock,
    length: usize,
    moof: &InBox<'_>,
    traf: &[u8],
    visit: &mut Visit<'_>,
) -> Result<(), CmafError> {
    let tfhd = find(traf, b"tfhd").ok_or(incomplete(b"tfhd"))?;
    let header = FragmentHeader::parse(tfhd, clock.defaults).ok_or(incomplete(b"tfhd"))?;
    if header.track_id != clock.track_id {
        return Ok(());
    }
    let tfdt = find(traf, b"tfdt").ok_or(incomplete(b"tfdt"))?;
    let base = base_decode_time(tfdt).ok_or(incomplete(b"tfdt"))?;
    let mut decode_time = base.saturating_sub(clock.composition_shift);
    let origin = header.base_data_offset.unwrap_or(moof.start as u64);
    let mut position = origin;
    for trun in boxes(traf).filter(|found| found.kind == *b"trun") {
        let run = Run::parse(trun.body, header.defaults).ok_or(incomplete(b"trun"))?;
        if let Some(offset) = run.data_offset {
            position = origin.saturating_add_signed(i64::from(offset));
        }
        for sample in run {
            let timing = Timing {
                pts: decode_time.saturating_add(sample.offset),
                dts: decode_time,
                duration: sample.duration,
                sync: sample.sync(),
                size: sample.size,
            };
            visit(timing, usize::try_from(position).unwrap_or(length))?;
            decode_time = decode_time.saturating_add(i64::from(sample.duration));
            position = position.saturating_add(u64::from(sample.size));
        }
    }
    Ok(())
}

/// The media time of the first edit that is not empty, from `elst` (ISO/IEC 14496-12 §8.6.6).
fn first_media_time(elst: &[u8]) -> Option<i64> {
    let (version, _, mut fields) = Fields::full(elst)?;
    let count = fields.u32()?;
    for _ in 0..count {
        fields.sized(version)?;
        let media_time = if version == 0 { i64::from(fields.i32()?) } else { fields.u64()?.cast_signed() };
        fields.u32()?;
        if media_time >= 0 {
            return Some(media_time);
        }
    }
    None
}
