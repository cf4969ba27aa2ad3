//! What the worker found in a file -> facts, in our words.

use media_model::{AudioCodec, BitsPerSecond, ByteCount, MediaDuration, MediaTime, Resolution, VideoCodec};

use crate::facts::{AudioFacts, Container, MediaFacts, VideoFacts};
use crate::worker::protocol::{Found, FoundStream, FoundVideo};

/// The facts of a file of `size` that none of our readers knows; `None` without pictures and sound.
pub(super) fn facts(found: &Found, size: ByteCount) -> Option<MediaFacts> {
    let mut audio = Vec::new();
    let mut video = None;
    for stream in &found.streams {
        if let Some(picture) = &stream.video {
            if video.is_none() && picture.width > 0 && picture.height > 0 {
                video = Some(video_facts(stream, picture));
            }
        } else if stream.audio.is_some() {
            audio.push(audio_facts(stream, audio.is_empty()));
        }
    }
    // Whether a rate is found in the streams is a matter of luck; the size of the file is not.
    let duration = MediaDuration::from_micros(found.duration_ns / 1_000);
    if let Some(video) = &mut video {
        let whole = BitsPerSecond::measured(size, duration.to_std()).map_or(0, BitsPerSecond::get);
        video.bitrate_bps = whole.saturating_sub(audio.iter().map(|audio| audio.bitrate_bps).sum());
    }
    (video.is_some() || !audio.is_empty()).then(|| MediaFacts {
        container: Container::Other(found.container.clone()),
        origin: MediaTime::from_micros(found.origin_ns / 1_000),
        duration,
        video,
        audio,
        subtitles: Vec::new(),
        chapters: Vec::new(),
    })
}

fn video_facts(stream: &FoundStream, picture: &FoundVideo) -> VideoFacts {
    let coded = Resolution { width: picture.width, height: picture.height };
    let (x, y) = picture.pixel_aspect;
    let stretched = u64::from(picture.width) * u64::from(x) / u64::from(y.max(1));
    let upright = Resolution { width: u32::try_from(stretched).unwrap_or(u32::MAX).max(1), height: picture.height };
    let shown = match picture.rotation {
        90 | 270 => Resolution { width: upright.height, height: upright.width },
        _ => upright,
    };
    let (frames, seconds) = picture.frame_rate;
    let thousandths = u64::from(frames) * 1_000 / u64::from(seconds.max(1));
    VideoFacts {
        track: 0,
        codec: video_codec(stream),
        codec_string: None,
        coded,
        shown,
        rotation: picture.rotation,
        start: MediaTime::ZERO,
        frames_per_1000_s: u32::try_from(thousandths).unwrap_or(0),
        variable_frame_rate: false,
        bit_depth: picture.bit_depth,
        interlaced: picture.interlaced,
        bitrate_bps: 0,
        peak_bps: 0,
        keyframes: Vec::new(),
        closed_gops: false,
    }
}

fn audio_facts(stream: &FoundStream, default: bool) -> AudioFacts {
    let sound = stream.audio.as_ref();
    AudioFacts {
        track: 0,
        codec: audio_codec(stream),
        codec_string: None,
        channels: sound.map_or(0, |sound| sound.channels),
        sample_rate: sound.map_or(0, |sound| sound.sample_rate),
        bitrate_bps: stream.bitrate.map_or(0, u64::from),
        peak_bps: 0,
        phase: 0,
        language: stream.language.clone(),
        title: stream.title.clone(),
        default,
    }
}

fn video_codec(stream: &FoundStream) -> Option<VideoCodec> {
    Some(match (stream.media_type.as_str(), stream.version) {
        ("video/x-h264", _) => VideoCodec::H264,
        ("video/x-h265", _) => VideoCodec::Hevc,
        ("video/x-av1", _) => VideoCodec::Av1,
        ("video/x-vp8", _) => VideoCodec::Vp8,
        ("video/x-vp9", _) => VideoCodec::Vp9,
        ("video/mpeg", Some(2)) => VideoCodec::Mpeg2,
        ("video/mpeg", Some(4)) | ("video/x-divx" | "video/x-xvid", _) => VideoCodec::Mpeg4,
        ("video/x-wmv", Some(3)) => VideoCodec::Vc1,
        _ => return None,
    })
}

fn audio_codec(stream: &FoundStream) -> Option<AudioCodec> {
    Some(match (stream.media_type.as_str(), stream.version, stream.layer) {
        ("audio/mpeg", Some(1), Some(3)) => AudioCodec::Mp3,
        ("audio/mpeg", Some(1), _) => AudioCodec::Mp2,
        ("audio/mpeg", Some(2 | 4), _) => AudioCodec::Aac,
        ("audio/x-ac3", ..) => AudioCodec::Ac3,
        ("audio/x-eac3", ..) => AudioCodec::Eac3,
        ("audio/x-opus", ..) => AudioCodec::Opus,
        ("audio/x-vorbis", ..) => AudioCodec::Vorbis,
        ("audio/x-flac", ..) => AudioCodec::Flac,
        ("audio/x-alac", ..) => AudioCodec::Alac,
        ("audio/x-dts", ..) => AudioCodec::Dts,
        ("audio/x-true-hd", ..) => AudioCodec::TrueHd,
        ("audio/x-raw" | "audio/x-lpcm" | "audio/x-private1-lpcm", ..) => AudioCodec::Pcm,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::worker::protocol::FoundAudio;

    fn stream(media_type: &str, version: Option<i32>) -> FoundStream {
        FoundStream {
            media_type: media_type.to_owned(),
            version,
            layer: None,
            language: None,
            title: None,
            bitrate: None,
            video: None,
            audio: None,
        }
    }

    fn found(streams: Vec<FoundStream>) -> Found {
        Found { container: "MPEG-TS".to_owned(), origin_ns: 740_000_000, duration_ns: 15_000_000_000, streams }
    }

    #[test]
    fn wide_pixels_make_a_wide_picture() {
        let picture = FoundVideo {
            width: 720,
            height: 576,
            pixel_aspect: (16, 15),
            frame_rate: (25, 1),
            interlaced: true,
            rotation: 0,
            bit_depth: None,
        };
        let video = FoundStream { video: Some(picture), ..stream("video/mpeg", Some(2)) };
        let sound = FoundStream {
            audio: Some(FoundAudio { channels: 2, sample_rate: 48_000 }),
            ..stream("audio/mpeg", Some(1))
        };
        let facts = facts(&found(vec![video, sound.clone(), sound]), ByteCount::new(1_875_000)).unwrap();
        let video = facts.video.unwrap();
        assert_eq!((video.shown, video.frames_per_1000_s), (Resolution { width: 768, height: 576 }, 25_000));
        assert_eq!((video.codec, video.interlaced), (Some(VideoCodec::Mpeg2), true));
        assert_eq!(video.bitrate_bps, 1_000_000, "the size says so");
        assert_eq!(facts.audio.iter().map(|audio| audio.default).collect::<Vec<_>>(), [true, false]);
        assert_eq!((facts.origin.as_micros(), facts.duration.as_micros()), (740_000, 15_000_000));
    }

    #[test]
    fn neither_picture_nor_sound_is_no_media() {
        assert_eq!(facts(&found(vec![stream("text/x-raw", None)]), ByteCount::new(9)), None);
    }
}
