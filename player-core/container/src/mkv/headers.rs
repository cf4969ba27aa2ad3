//! The header elements of a segment: seek head, info, tracks, cues, chapters, tags.

use bytes::Bytes;
use media_model::Resolution;

use super::ebml::{children, float, text, unsigned};
use super::{Chapter, Cue, Track, TrackKind, ids};
use crate::aac::AudioSpecificConfig;
use crate::track::CodecConfig;

/// More tracks than any file has, and fewer than memory.
const TRACK_LIMIT: usize = 512;
/// More chapters than any film has.
const CHAPTER_LIMIT: usize = 1_000;

pub(super) fn doc_type(header: &[u8]) -> Option<String> {
    find(header, ids::DOC_TYPE).map(text)
}

/// Which element stands where.
pub(super) fn seek_head(body: &[u8], segment: u64) -> Vec<(u32, u64)> {
    let entry = |seek: &[u8]| {
        let id = u32::try_from(unsigned(find(seek, ids::SEEK_ID)?)?).ok()?;
        Some((id, segment.checked_add(unsigned(find(seek, ids::SEEK_POSITION)?)?)?))
    };
    let seeks = children(body).filter(|(id, _)| *id == ids::SEEK);
    seeks.filter_map(|(_, seek)| entry(seek)).take(100).collect()
}

/// Timestamp scale and duration.
pub(super) fn info(body: &[u8]) -> (u64, Option<f64>) {
    let scale = find(body, ids::TIMESTAMP_SCALE).and_then(unsigned).filter(|&scale| scale > 0).unwrap_or(1_000_000);
    (scale, find(body, ids::DURATION).and_then(float).filter(|&duration| duration > 0.0))
}

pub(super) fn tracks(body: &[u8]) -> Vec<Track> {
    let entries = children(body).filter(|(id, _)| *id == ids::TRACK_ENTRY);
    entries.filter_map(|(_, entry)| track(entry)).take(TRACK_LIMIT).collect()
}

fn track(entry: &[u8]) -> Option<Track> {
    let number_of = |id| find(entry, id).and_then(unsigned);
    let text_of = |id| find(entry, id).map(text).filter(|text| !text.trim().is_empty());
    let kind = match number_of(ids::TRACK_TYPE)? {
        1 => TrackKind::Video,
        2 => TrackKind::Audio,
        17 => TrackKind::Subtitle,
        _ => TrackKind::Other,
    };
    let video = find(entry, ids::VIDEO).unwrap_or_default();
    let audio = find(entry, ids::AUDIO).unwrap_or_default();
    let codec_id = text_of(ids::CODEC_ID)?;
    let private = find(entry, ids::CODEC_PRIVATE).unwrap_or_default();
    let resolution = Resolution { width: side(video, ids::PIXEL_WIDTH), height: side(video, ids::PIXEL_HEIGHT) };
    let mut sample_rate = sampling_frequency(audio);
    let mut channels = find(audio, ids::CHANNELS).and_then(unsigned).and_then(|n| u16::try_from(n).ok()).unwrap_or(1);
    let codec = codec(&codec_id, private, resolution, sample_rate, channels);
    if let Some(CodecConfig::Aac { channels: own, sample_rate: rate, .. }) = &codec {
        (channels, sample_rate) = (*own, *rate);
    }
    let (stripped, opaque) = encodings(entry);
    Some(Track {
        number: number_of(ids::TRACK_NUMBER)?,
        uid: number_of(ids::TRACK_UID).unwrap_or(0),
        kind,
        default: number_of(ids::FLAG_DEFAULT).unwrap_or(1) == 1,
        forced: number_of(ids::FLAG_FORCED).unwrap_or(0) == 1,
        // Without a language it is English (RFC 9559 §5.1.4.1.19), but writers that mean it say so.
        language: text_of(ids::LANGUAGE_BCP47).or_else(|| text_of(ids::LANGUAGE)).filter(|tag| tag != "und"),
        name: text_of(ids::NAME),
        codec,
        codec_id,
        default_duration: number_of(ids::DEFAULT_DURATION).filter(|&duration| duration > 0),
        codec_delay: number_of(ids::CODEC_DELAY).unwrap_or(0),
        pixel_aspect: pixel_aspect(video, resolution),
        resolution,
        rotation: rotation(video),
        interlaced: find(video, ids::FLAG_INTERLACED).and_then(unsigned) == Some(1),
        channels: if kind == TrackKind::Audio { channels } else { 0 },
        sample_rate: if kind == TrackKind::Audio { sample_rate } else { 0 },
        bitrate_bps: None,
        frames: None,
        stripped,
        opaque,
    })
}

fn codec(id: &str, private: &[u8], resolution: Resolution, sample_rate: u32, channels: u16) -> Option<CodecConfig> {
    let private = || Bytes::copy_from_slice(private);
    match id {
        "V_MPEG4/ISO/AVC" => Some(CodecConfig::Avc { avcc: private(), resolution }),
        "V_MPEGH/ISO/HEVC" => Some(CodecConfig::Hevc { hvcc: private(), resolution }),
        "A_AAC" | "A_AAC/MPEG4/LC" | "A_AAC/MPEG2/LC" => {
            let asc = private();
            match AudioSpecificConfig::parse(&asc) {
                Some(config) if config.short_frames => None,
                Some(config) => Some(CodecConfig::Aac {
                    asc,
                    channels: config.channels.unwrap_or(channels),
                    sample_rate: config.sample_rate,
                }),
                None => {
                    let asc = AudioSpecificConfig::low_complexity(sample_rate, channels)?;
                    Some(CodecConfig::Aac { asc: Bytes::copy_from_slice(&asc), channels, sample_rate })
                }
            }
        }
        _ => None,
    }
}

/// What was stripped off each frame, and whether frames are stored in a way that is not read.
fn encodings(entry: &[u8]) -> (Bytes, bool) {
    let encodings = find(entry, ids::CONTENT_ENCODINGS).unwrap_or_default();
    let mut stripped = Bytes::new();
    let mut opaque = false;
    for (number, (_, encoding)) in children(encodings).filter(|(id, _)| *id == ids::CONTENT_ENCODING).enumerate() {
        let scope = find(encoding, ids::CONTENT_ENCODING_SCOPE).and_then(unsigned).unwrap_or(1);
        if scope & 1 == 0 {
            continue;
        }
        let compression = find(encoding, ids::CONTENT_COMPRESSION);
        let algorithm = compression.map(|body| find(body, ids::CONTENT_COMP_ALGO).and_then(unsigned).unwrap_or(0));
        match (number, algorithm, compression) {
            (0, Some(3), Some(body)) => {
                stripped = Bytes::copy_from_slice(find(body, ids::CONTENT_COMP_SETTINGS).unwrap_or_default());
            }
            _ => opaque = true,
        }
    }
    (stripped, opaque)
}

fn side(video: &[u8], id: u32) -> u32 {
    find(video, id)
        .and_then(unsigned)
        .and_then(|side| u32::try_from(side).ok())
        .filter(|&side| side <= 65_535)
        .unwrap_or(0)
}

fn sampling_frequency(audio: &[u8]) -> u32 {
    let rate = find(audio, ids::SAMPLING_FREQUENCY).and_then(float).unwrap_or(8_000.0);
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "the range is checked in the guard")]
    if (1.0..4e9).contains(&rate) { rate.round() as u32 } else { 0 }
}

/// The shape of a pixel, from the size for display: of a picture without cropped borders, as those have two meanings.
fn pixel_aspect(video: &[u8], resolution: Resolution) -> Option<(u32, u32)> {
    let cropped = ids::PIXEL_CROP.iter().any(|&id| find(video, id).and_then(unsigned).is_some_and(|crop| crop > 0));
    let (width, height) = (side(video, ids::DISPLAY_WIDTH), side(video, ids::DISPLAY_HEIGHT));
    if cropped || width == 0 || height == 0 || resolution.width == 0 || resolution.height == 0 {
        return None;
    }
    let (mut by, mut of) =
        (u64::from(width) * u64::from(resolution.height), u64::from(height) * u64::from(resolution.width));
    let (mut a, mut b) = (by, of);
    while b != 0 {
        (a, b) = (b, a % b);
    }
    by /= a;
    of /= a;
    (by != of).then_some((u32::try_from(by).ok()?, u32::try_from(of).ok()?))
}

fn rotation(video: &[u8]) -> u16 {
    let roll = find(video, ids::PROJECTION).and_then(|body| find(body, ids::PROJECTION_POSE_ROLL)).and_then(float);
    // The roll is counter-clockwise (RFC 9559 §5.1.4.1.28.45).
    match roll.map(|roll| (-roll).rem_euclid(360.0)) {
        Some(turn) if (turn - 90.0).abs() < 1.0 => 90,
        Some(turn) if (turn - 180.0).abs() < 1.0 => 180,
        Some(turn) if (turn - 270.0).abs() < 1.0 => 270,
        _ => 0,
    }
}

pub(super) fn cues(body: &[u8], segment: u64) -> Vec<Cue> {
    let mut cues = Vec::new();
    for (_, point) in children(body).filter(|(id, _)| *id == ids::CUE_POINT) {
        let Some(time) = find(point, ids::CUE_TIME).and_then(unsigned) else { continue };
        for (_, position) in children(point).filter(|(id, _)| *id == ids::CUE_TRACK_POSITIONS) {
            let number_of = |id| find(position, id).and_then(unsigned);
            let place = number_of(ids::CUE_CLUSTER_POSITION).and_then(|at| segment.checked_add(at));
            if let (Some(track), Some(cluster)) = (number_of(ids::CUE_TRACK), place) {
                cues.push(Cue { time, track, cluster, relative: number_of(ids::CUE_RELATIVE_POSITION) });
            }
        }
    }
    cues
}

/// Chapters of the first edition; chapters within chapters are left out.
pub(super) fn chapters(body: &[u8]) -> Vec<Chapter> {
    let edition = find(body, ids::EDITION_ENTRY).unwrap_or_default();
    let atoms = children(edition).filter(|(id, _)| *id == ids::CHAPTER_ATOM);
    let shown = atoms.filter(|(_, atom)| find(atom, ids::CHAPTER_FLAG_HIDDEN).and_then(unsigned) != Some(1));
    let mut chapters: Vec<Chapter> = shown
        .filter_map(|(_, atom)| {
            let title = find(atom, ids::CHAPTER_DISPLAY).and_then(|display| find(display, ids::CHAP_STRING)).map(text);
            let start_ns = find(atom, ids::CHAPTER_TIME_START).and_then(unsigned)?;
            Some(Chapter { start_ns, title: title.filter(|title| !title.trim().is_empty()) })
        })
        .take(CHAPTER_LIMIT)
        .collect();
    chapters.sort_by_key(|chapter| chapter.start_ns);
    chapters
}

/// Statistics that mkvmerge and others leave as tags of tracks.
pub(super) fn apply_tags(body: &[u8], tracks: &mut [Track]) {
    for (_, tag) in children(body).filter(|(id, _)| *id == ids::TAG) {
        let uid = find(tag, ids::TARGETS).and_then(|targets| find(targets, ids::TAG_TRACK_UID)).and_then(unsigned);
        let Some(track) = tracks.iter_mut().find(|track| uid.is_some_and(|uid| uid != 0 && uid == track.uid)) else {
            continue;
        };
        for (_, simple) in children(tag).filter(|(id, _)| *id == ids::SIMPLE_TAG) {
            let number = find(simple, ids::TAG_STRING).and_then(|value| text(value).trim().parse().ok());
            match find(simple, ids::TAG_NAME).map(text).as_deref() {
                Some("BPS" | "BPS-eng") => track.bitrate_bps = number.or(track.bitrate_bps),
                Some("NUMBER_OF_FRAMES" | "NUMBER_OF_FRAMES-eng") => track.frames = number.or(track.frames),
                _ => {}
            }
        }
    }
}

fn find(body: &[u8], id: u32) -> Option<&[u8]> {
    children(body).find(|(found, _)| *found == id).map(|(_, contents)| contents)
}
