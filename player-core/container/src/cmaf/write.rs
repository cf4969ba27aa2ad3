//! Writes init sections and media segments.
//!
//! **Composition shift.** A unit with B-frames is decoded before it is shown, and decode times here begin at the first
//! presentation time ([`crate::track::decode_times`]), so some units would be shown before they are decoded. Players
//! handle negative composition offsets badly (they move the video by two frames), so all offsets of a stream are raised
//! by one constant, the shift, and an edit list in the init section takes it back out. The shift belongs to the stream:
//! whoever writes its init section and its segments uses the same one. A copied stream knows the smallest possible one
//! from its index ([`crate::track::needed_shift`]); an encoder uses its longest reordering. A shift that is too large
//! changes nothing on screen; one that is too small is still written right, as a negative offset.

use bytes::Bytes;

use crate::track::{CodecConfig, Sample, TrackConfig};

/// Number of the one track of each file.
pub(super) const TRACK_ID: u32 = 1;

/// Sample depends on no other one, and is a sync sample (ISO/IEC 14496-12 §8.8.3.1).
const SYNC_FLAGS: u32 = 0x0200_0000;
/// Sample depends on others, and is no sync sample.
const NON_SYNC_FLAGS: u32 = 0x0101_0000;

/// Identity matrix of a header (ISO/IEC 14496-12 §8.2.2).
const MATRIX: [u32; 9] = [0x1_0000, 0, 0, 0, 0x1_0000, 0, 0, 0, 0x4000_0000];

/// Writes the init section: `ftyp`, `moov` with `mvex`, and an edit list that takes `composition_shift` ticks back out
/// when it is not zero (see the module's text).
pub fn init_section(track: &TrackConfig, composition_shift: u32) -> Bytes {
    let mut out = Vec::with_capacity(1024);
    boxed(&mut out, b"ftyp", |out| {
        out.extend_from_slice(b"iso6");
        out.extend_from_slice(&[0; 4]);
        out.extend_from_slice(b"iso6cmfcmp41dash");
    });
    boxed(&mut out, b"moov", |out| {
        boxed(out, b"mvhd", |out| movie_header(out, track));
        boxed(out, b"trak", |out| {
            boxed(out, b"tkhd", |out| track_header(out, track));
            if composition_shift != 0 {
                boxed(out, b"edts", |out| boxed(out, b"elst", |out| edit_list(out, composition_shift)));
            }
            boxed(out, b"mdia", |out| media(out, track));
        });
        boxed(out, b"mvex", |out| {
            // trex: description 1; duration, size and flags are given by each fragment.
            boxed(out, b"trex", |out| words(out, &[0, TRACK_ID, 1, 0, 0, 0]));
        });
    });
    Bytes::from(out)
}

/// Writes one media segment (`styp`, `moof`, `mdat`) whose base decode time is that of its first sample.
///
/// Samples are in decode order with absolute times, none before zero. `sequence` is any number that rises within a
/// stream. Composition offsets are `pts - dts + composition_shift`, see the module's text.
pub fn media_segment(sequence: u32, composition_shift: u32, samples: &[Sample]) -> Bytes {
    let mut out = Vec::with_capacity(capacity(samples) + 24);
    boxed(&mut out, b"styp", |out| {
        out.extend_from_slice(b"msdh");
        out.extend_from_slice(&[0; 4]);
        out.extend_from_slice(b"msdhcmfs");
    });
    fragment(&mut out, sequence, composition_shift, samples);
    Bytes::from(out)
}

/// Writes a further chunk (`moof`, `mdat`) of a segment whose first chunk was written by [`media_segment`]; for sending
/// a segment while it is being made.
pub fn chunk(sequence: u32, composition_shift: u32, samples: &[Sample]) -> Bytes {
    let mut out = Vec::with_capacity(capacity(samples));
    fragment(&mut out, sequence, composition_shift, samples);
    Bytes::from(out)
}

/// Bytes around the samples of a segment, at most: `styp`, `moof` and box headers for so many samples. For bounds of a
/// segment's size before it is made.
pub const fn overhead(samples: u64) -> u64 {
    24 + 8 + 16 + 8 + 24 + 20 + 20 + 16 * samples + 16
}

fn capacity(samples: &[Sample]) -> usize {
    samples.iter().map(|sample| sample.data.len() + 16).sum::<usize>() + 160
}

fn fragment(out: &mut Vec<u8>, sequence: u32, composition_shift: u32, samples: &[Sample]) {
    let start = out.len();
    let mut data_offset_at = 0;
    boxed(out, b"moof", |out| {
        boxed(out, b"mfhd", |out| words(out, &[0, sequence]));
        boxed(out, b"traf", |out| data_offset_at = track_fragment(out, composition_shift, samples));
    });
    let size: usize = samples.iter().map(|sample| sample.data.len()).sum();
    match u32::try_from(size + 8) {
        Ok(size) => {
            words(out, &[size]);
            out.extend_from_slice(b"mdat");
        }
        Err(_) => {
            words(out, &[1]);
            out.extend_from_slice(b"mdat");
            out.extend_from_slice(&(size as u64 + 16).to_be_bytes());
        }
    }
    let data_offset = narrow(out.len() - start);
    out[data_offset_at..data_offset_at + 4].copy_from_slice(&data_offset.to_be_bytes());
    for sample in samples {
        out.extend_from_slice(&sample.data);
    }
}

/// Writes the boxes of `traf`; gives the position of the data offset, which is known only when `moof` is complete.
fn track_fragment(out: &mut Vec<u8>, composition_shift: u32, samples: &[Sample]) -> usize {
    let offset = |sample: &Sample| sample.pts.saturating_sub(sample.dts).saturating_add(i64::from(composition_shift));
    let duration = samples.first().map_or(0, |sample| sample.duration);
    let same_duration = samples.iter().all(|sample| sample.duration == duration);
    let all_sync = samples.iter().all(|sample| sample.sync);
    let reordered = samples.iter().any(|sample| offset(sample) != 0);
    let negative = samples.iter().any(|sample| offset(sample) < 0);

    let mut defaults = 0x02_0000; // default-base-is-moof
    defaults |= if same_duration { 0x08 } else { 0 };
    defaults |= if all_sync { 0x20 } else { 0 };
    boxed(out, b"tfhd", |out| {
        words(out, &[defaults, TRACK_ID]);
        if same_duration {
            words(out, &[duration]);
        }
        if all_sync {
            words(out, &[SYNC_FLAGS]);
        }
    });
    boxed(out, b"tfdt", |out| {
        words(out, &[0x0100_0000]);
        let base = samples.first().map_or(0, |sample| u64::try_from(sample.dts).unwrap_or(0));
        out.extend_from_slice(&base.to_be_bytes());
    });

    let mut fields = 0x0201; // data offset, sizes
    fields |= if same_duration { 0 } else { 0x0100 };
    fields |= if all_sync { 0 } else { 0x0400 };
    fields |= if reordered { 0x0800 } else { 0 };
    let version = if negative { 0x0100_0000 } else { 0 };
    let mut data_offset_at = 0;
    boxed(out, b"trun", |out| {
        words(out, &[version | fields, narrow(samples.len())]);
        data_offset_at = out.len();
        words(out, &[0]);
        for sample in samples {
            if !same_duration {
                words(out, &[sample.duration]);
            }
            words(out, &[narrow(sample.data.len())]);
            if !all_sync {
                words(out, &[if sample.sync { SYNC_FLAGS } else { NON_SYNC_FLAGS }]);
            }
            if reordered {
                let clamped = offset(sample).clamp(i64::from(i32::MIN), i64::from(i32::MAX));
                out.extend_from_slice(&i32::try_from(clamped).unwrap_or(0).to_be_bytes());
            }
        }
    });
    data_offset_at
}

fn movie_header(out: &mut Vec<u8>, track: &TrackConfig) {
    // Version 0; creation and modification unknown; duration unknown, as fragments follow; rate 1.0.
    words(out, &[0, 0, 0, track.timescale, 0, 0x1_0000]);
    out.extend_from_slice(&[1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]); // volume 1.0, reserved
    words(out, &MATRIX);
    words(out, &[0, 0, 0, 0, 0, 0, TRACK_ID + 1]);
}

fn track_header(out: &mut Vec<u8>, track: &TrackConfig) {
    let (resolution, volume) = match &track.codec {
        CodecConfig::Avc { resolution, .. } | CodecConfig::Hevc { resolution, .. } => (Some(*resolution), 0),
        CodecConfig::Aac { .. } => (None, 0x0100_0000),
    };
    words(out, &[7, 0, 0, TRACK_ID, 0, 0]); // enabled, in movie, in preview
    words(out, &[0, 0, 0, volume]); // layer and group 0
    words(out, &MATRIX);
    // Shown size: the pixel aspect ratio is applied here (ISO/IEC 14496-12 §8.3.2).
    let width = resolution.map_or(0, |size| match track.pixel_aspect {
        Some((horizontal, vertical)) if vertical != 0 => {
            u64::from(size.width) * u64::from(horizontal) / u64::from(vertical)
        }
        _ => u64::from(size.width),
    });
    words(out, &[u32::from(short(width)) << 16]);
    words(out, &[u32::from(short(resolution.map_or(0, |size| u64::from(size.height)))) << 16]);
}

fn edit_list(out: &mut Vec<u8>, composition_shift: u32) {
    // One entry; duration 0 means all of the fragmented media; rate 1.0.
    words(out, &[0, 1, 0, composition_shift, 0x1_0000]);
}

fn media(out: &mut Vec<u8>, track: &TrackConfig) {
    let video = track.codec.is_video();
    boxed(out, b"mdhd", |out| {
        words(out, &[0, 0, 0, track.timescale, 0]);
        let language = track.language.unwrap_or(*b"und");
        let packed =
            language.iter().fold(0u16, |packed, letter| packed << 5 | u16::from(letter.wrapping_sub(0x60) & 0x1f));
        out.extend_from_slice(&packed.to_be_bytes());
        out.extend_from_slice(&[0; 2]);
    });
    boxed(out, b"hdlr", |out| {
        words(out, &[0, 0]);
        out.extend_from_slice(if video { b"vide" } else { b"soun" });
        out.extend_from_slice(&[0; 12]);
        out.extend_from_slice(if video { b"video\0" } else { b"audio\0" });
    });
    boxed(out, b"minf", |out| {
        if video {
            boxed(out, b"vmhd", |out| words(out, &[1, 0, 0]));
        } else {
            boxed(out, b"smhd", |out| words(out, &[0, 0]));
        }
        boxed(out, b"dinf", |out| {
            boxed(out, b"dref", |out| {
                words(out, &[0, 1]);
                boxed(out, b"url ", |out| words(out, &[1])); // data is in this file
            });
        });
        boxed(out, b"stbl", |out| {
            boxed(out, b"stsd", |out| {
                words(out, &[0, 1]);
                sample_entry(out, track);
            });
            boxed(out, b"stts", |out| words(out, &[0, 0]));
            boxed(out, b"stsc", |out| words(out, &[0, 0]));
            boxed(out, b"stsz", |out| words(out, &[0, 0, 0]));
            boxed(out, b"stco", |out| words(out, &[0, 0]));
        });
    });
}

fn sample_entry(out: &mut Vec<u8>, track: &TrackConfig) {
    match &track.codec {
        CodecConfig::Avc { avcc, resolution } => visual_entry(out, b"avc1", track, *resolution, b"avcC", avcc),
        CodecConfig::Hevc { hvcc, resolution } => visual_entry(out, b"hvc1", track, *resolution, b"hvcC", hvcc),
        CodecConfig::Aac { asc, channels, sample_rate } => boxed(out, b"mp4a", |out| {
            out.extend_from_slice(&[0, 0, 0, 0, 0, 0, 0, 1]);
            words(out, &[0, 0]);
            out.extend_from_slice(&channels.to_be_bytes());
            out.extend_from_slice(&[0, 16, 0, 0, 0, 0]); // 16 bits
            // 16.16 fixed point; rates that do not fit are told by the AudioSpecificConfig alone.
            words(out, &[u32::from(u16::try_from(*sample_rate).unwrap_or(0)) << 16]);
            boxed(out, b"esds", |out| elementary_stream(out, asc));
        }),
    }
}

fn visual_entry(
    out: &mut Vec<u8>,
    kind: &[u8; 4],
    track: &TrackConfig,
    resolution: media_model::Resolution,
    record_kind: &[u8; 4],
    record: &[u8],
) {
    boxed(out, kind, |out| {
        out.extend_from_slice(&[0, 0, 0, 0, 0, 0, 0, 1]);
        words(out, &[0, 0, 0, 0]);
        out.extend_from_slice(&short(u64::from(resolution.width)).to_be_bytes());
        out.extend_from_slice(&short(u64::from(resolution.height)).to_be_bytes());
        words(out, &[0x48_0000, 0x48_0000, 0]); // 72 dpi
        out.extend_from_slice(&[0, 1]); // frames per sample
        out.extend_from_slice(&[0; 32]); // compressor name
        out.extend_from_slice(&[0, 0x18, 0xff, 0xff]); // depth 24, no colour table
        boxed(out, record_kind, |out| out.extend_from_slice(record));
        if let Some((horizontal, vertical)) = track.pixel_aspect {
            boxed(out, b"pasp", |out| words(out, &[horizontal, vertical]));
        }
    });
}

/// ES_Descriptor with the AudioSpecificConfig (ISO/IEC 14496-1 §7.2.6.5).
fn elementary_stream(out: &mut Vec<u8>, asc: &[u8]) {
    // An AudioSpecificConfig is a few bytes; what does not fit the one-byte lengths used here is no such thing.
    let asc = &asc[..asc.len().min(64)];
    let length = u8::try_from(asc.len()).expect("cut to 64 bytes above");
    words(out, &[0]);
    out.extend_from_slice(&[3, 23 + length, 0, 1, 0]); // ES 1, no flags
    out.extend_from_slice(&[4, 15 + length, 0x40, 0x15, 0, 0, 0]); // MPEG-4 audio, audio stream
    words(out, &[0, 0]); // rates unknown
    out.extend_from_slice(&[5, length]);
    out.extend_from_slice(asc);
    out.extend_from_slice(&[6, 1, 2]); // SL config: MP4
}

/// Writes a box around what `body` writes.
pub(crate) fn boxed(out: &mut Vec<u8>, kind: &[u8; 4], body: impl FnOnce(&mut Vec<u8>)) {
    let start = out.len();
    out.extend_from_slice(&[0; 4]);
    out.extend_from_slice(kind);
    body(out);
    let size = narrow(out.len() - start);
    out[start..start + 4].copy_from_slice(&size.to_be_bytes());
}

pub(crate) fn words(out: &mut Vec<u8>, words: &[u32]) {
    for word in words {
        out.extend_from_slice(&word.to_be_bytes());
    }
}

/// Headers are small: only sample data can be long, and it is not measured by this.
fn narrow(length: usize) -> u32 {
    u32::try_from(length).unwrap_or(u32::MAX)
}

fn short(length: u64) -> u16 {
    u16::try_from(length).unwrap_or(u16::MAX)
}
