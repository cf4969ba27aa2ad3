//! The stored form of facts: a version, then postcard.
//!
//! The version changes whenever the shape, or the way in which facts are found, changes; old blobs are then not read,
//! and the file is probed again.

use media_model::{AudioCodec, CodecString, MediaDuration, MediaTime, Resolution, VideoCodec};
use serde::{Deserialize, Serialize};

use super::{AudioFacts, ChapterFacts, Container, MediaFacts, SubtitleFacts, VideoFacts};

/// First byte of a blob.
const VERSION: u8 = 1;

/// Writes facts into a blob that [`decode`] reads.
pub fn encode(facts: &MediaFacts) -> Vec<u8> {
    let blob = postcard::to_extend(&Wire::from(facts), vec![VERSION]);
    blob.expect("plain data into a Vec cannot fail")
}

/// Reads a blob that [`encode`] wrote; `None` if it was written by another version or is damaged.
pub fn decode(blob: &[u8]) -> Option<MediaFacts> {
    let (&version, body) = blob.split_first()?;
    let wire: Wire = (version == VERSION).then(|| postcard::from_bytes(body).ok()).flatten()?;
    Some(wire.into())
}

#[derive(Serialize, Deserialize)]
struct Wire {
    container: WireContainer,
    origin_us: i64,
    duration_us: u64,
    video: Option<WireVideo>,
    audio: Vec<WireAudio>,
    subtitles: Vec<WireSubtitle>,
    chapters: Vec<WireChapter>,
}

#[derive(Serialize, Deserialize)]
enum WireContainer {
    Mp4,
    Matroska,
    WebM,
    Audio(String),
    Other(String),
}

#[derive(Serialize, Deserialize)]
struct WireVideo {
    track: u32,
    codec: Option<WireVideoCodec>,
    codec_string: Option<String>,
    coded: (u32, u32),
    shown: (u32, u32),
    rotation: u16,
    start_us: i64,
    frames_per_1000_s: u32,
    variable_frame_rate: bool,
    bit_depth: Option<u8>,
    interlaced: bool,
    bitrate_bps: u64,
    peak_bps: u64,
    /// Each as the distance to the one before: small numbers take few bytes.
    keyframes_us: Vec<i64>,
    closed_gops: bool,
}

#[derive(Serialize, Deserialize)]
struct WireAudio {
    track: u32,
    codec: Option<WireAudioCodec>,
    codec_string: Option<String>,
    channels: u16,
    sample_rate: u32,
    bitrate_bps: u64,
    peak_bps: u64,
    phase: u32,
    language: Option<String>,
    title: Option<String>,
    default: bool,
}

#[derive(Serialize, Deserialize)]
struct WireSubtitle {
    track: u32,
    codec: String,
    language: Option<String>,
    title: Option<String>,
    forced: bool,
}

#[derive(Serialize, Deserialize)]
struct WireChapter {
    start_us: i64,
    title: Option<String>,
}

/// Makes a stored enum that has the variants of a domain enum, and the way to it and back.
macro_rules! mirrored {
    ($wire:ident, $domain:ident, $($variant:ident),+) => {
        #[derive(Serialize, Deserialize)]
        enum $wire { $($variant),+ }

        impl From<$domain> for $wire {
            fn from(domain: $domain) -> Self {
                match domain { $($domain::$variant => Self::$variant),+ }
            }
        }

        impl From<$wire> for $domain {
            fn from(wire: $wire) -> Self {
                match wire { $($wire::$variant => Self::$variant),+ }
            }
        }
    };
}

mirrored!(WireVideoCodec, VideoCodec, H264, Hevc, Av1, Vp8, Vp9, Mpeg2, Mpeg4, Vc1);
mirrored!(WireAudioCodec, AudioCodec, Aac, Mp3, Mp2, Ac3, Eac3, Opus, Vorbis, Flac, Alac, Dts, TrueHd, Pcm);

impl From<&MediaFacts> for Wire {
    fn from(facts: &MediaFacts) -> Self {
        Self {
            container: match &facts.container {
                Container::Mp4 => WireContainer::Mp4,
                Container::Matroska => WireContainer::Matroska,
                Container::WebM => WireContainer::WebM,
                Container::Audio(name) => WireContainer::Audio(name.clone()),
                Container::Other(name) => WireContainer::Other(name.clone()),
            },
            origin_us: facts.origin.as_micros(),
            duration_us: facts.duration.as_micros(),
            video: facts.video.as_ref().map(WireVideo::from),
            audio: facts.audio.iter().map(WireAudio::from).collect(),
            subtitles: facts.subtitles.iter().map(WireSubtitle::from).collect(),
            chapters: facts
                .chapters
                .iter()
                .map(|chapter| WireChapter { start_us: chapter.start.as_micros(), title: chapter.title.clone() })
                .collect(),
        }
    }
}

impl From<Wire> for MediaFacts {
    fn from(wire: Wire) -> Self {
        Self {
            container: match wire.container {
                WireContainer::Mp4 => Container::Mp4,
                WireContainer::Matroska => Container::Matroska,
                WireContainer::WebM => Container::WebM,
                WireContainer::Audio(name) => Container::Audio(name),
                WireContainer::Other(name) => Container::Other(name),
            },
            origin: MediaTime::from_micros(wire.origin_us),
            duration: MediaDuration::from_micros(wire.duration_us),
            video: wire.video.map(VideoFacts::from),
            audio: wire.audio.into_iter().map(AudioFacts::from).collect(),
            subtitles: wire.subtitles.into_iter().map(SubtitleFacts::from).collect(),
            chapters: wire
                .chapters
                .into_iter()
                .map(|chapter| ChapterFacts { start: MediaTime::from_micros(chapter.start_us), title: chapter.title })
                .collect(),
        }
    }
}

impl From<&VideoFacts> for WireVideo {
    fn from(video: &VideoFacts) -> Self {
        let mut before = 0;
        let keyframes_us = video
            .keyframes
            .iter()
            .map(|at| at.as_micros().wrapping_sub(std::mem::replace(&mut before, at.as_micros())))
            .collect();
        Self {
            track: video.track,
            codec: video.codec.map(WireVideoCodec::from),
            codec_string: video.codec_string.as_ref().map(ToString::to_string),
            coded: (video.coded.width, video.coded.height),
            shown: (video.shown.width, video.shown.height),
            rotation: video.rotation,
            start_us: video.start.as_micros(),
            frames_per_1000_s: video.frames_per_1000_s,
            variable_frame_rate: video.variable_frame_rate,
            bit_depth: video.bit_depth,
            interlaced: video.interlaced,
            bitrate_bps: video.bitrate_bps,
            peak_bps: video.peak_bps,
            keyframes_us,
            closed_gops: video.closed_gops,
        }
    }
}

impl From<WireVideo> for VideoFacts {
    fn from(wire: WireVideo) -> Self {
        let size = |(width, height)| Resolution { width, height };
        let mut at = 0i64;
        let mut absolute = |distance: i64| {
            at = at.wrapping_add(distance);
            MediaTime::from_micros(at)
        };
        Self {
            track: wire.track,
            codec: wire.codec.map(VideoCodec::from),
            codec_string: wire.codec_string.map(CodecString::new),
            coded: size(wire.coded),
            shown: size(wire.shown),
            rotation: wire.rotation,
            start: MediaTime::from_micros(wire.start_us),
            frames_per_1000_s: wire.frames_per_1000_s,
            variable_frame_rate: wire.variable_frame_rate,
            bit_depth: wire.bit_depth,
            interlaced: wire.interlaced,
            bitrate_bps: wire.bitrate_bps,
            peak_bps: wire.peak_bps,
            keyframes: wire.keyframes_us.into_iter().map(&mut absolute).collect(),
            closed_gops: wire.closed_gops,
        }
    }
}

impl From<&AudioFacts> for WireAudio {
    fn from(audio: &AudioFacts) -> Self {
        Self {
            track: audio.track,
            codec: audio.codec.map(WireAudioCodec::from),
            codec_string: audio.codec_string.as_ref().map(ToString::to_string),
            channels: audio.channels,
            sample_rate: audio.sample_rate,
            bitrate_bps: audio.bitrate_bps,
            peak_bps: audio.peak_bps,
            phase: audio.phase,
            language: audio.language.clone(),
            title: audio.title.clone(),
            default: audio.default,
        }
    }
}

impl From<WireAudio> for AudioFacts {
    fn from(wire: WireAudio) -> Self {
        Self {
            track: wire.track,
            codec: wire.codec.map(AudioCodec::from),
            codec_string: wire.codec_string.map(CodecString::new),
            channels: wire.channels,
            sample_rate: wire.sample_rate,
            bitrate_bps: wire.bitrate_bps,
            peak_bps: wire.peak_bps,
            phase: wire.phase,
            language: wire.language,
            title: wire.title,
            default: wire.default,
        }
    }
}

impl From<&SubtitleFacts> for WireSubtitle {
    fn from(subtitle: &SubtitleFacts) -> Self {
        let SubtitleFacts { track, codec, language, title, forced } = subtitle.clone();
        Self { track, codec, language, title, forced }
    }
}

impl From<WireSubtitle> for SubtitleFacts {
    fn from(wire: WireSubtitle) -> Self {
        let WireSubtitle { track, codec, language, title, forced } = wire;
        Self { track, codec, language, title, forced }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::example;
    use proptest::prelude::*;

    #[test]
    fn facts_read_back() {
        let facts = example::film();
        let blob = encode(&facts);
        assert_eq!(decode(&blob), Some(facts));
    }

    #[test]
    fn another_version_is_not_read() {
        let mut blob = encode(&example::film());
        blob[0] += 1;
        assert_eq!(decode(&blob), None);
        assert_eq!(decode(&[]), None);
    }

    proptest! {
        #[test]
        fn damaged_blobs_never_panic(hits in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..9)) {
            let mut blob = encode(&example::film());
            for (index, byte) in hits {
                let at = index.index(blob.len());
                blob[at] = byte;
            }
            let _ = decode(&blob);
        }
    }
}
