//! Facts of made-up films, for tests.

use media_model::{AudioCodec, CodecString, MediaDuration, MediaTime, Resolution, VideoCodec};

use super::{AudioFacts, ChapterFacts, Container, MediaFacts, SubtitleFacts, VideoFacts};

/// A minute of 1080p24 H.264 at 8 Mbit/s with a keyframe every 2.5 s and German stereo AAC, in MP4.
pub(crate) fn film() -> MediaFacts {
    let size = Resolution { width: 1920, height: 1080 };
    MediaFacts {
        container: Container::Mp4,
        origin: MediaTime::ZERO,
        duration: MediaDuration::from_secs(60),
        video: Some(VideoFacts {
            track: 1,
            codec: Some(VideoCodec::H264),
            codec_string: Some(CodecString::new("avc1.640028")),
            coded: size,
            shown: size,
            rotation: 0,
            start: MediaTime::ZERO,
            frames_per_1000_s: 24_000,
            variable_frame_rate: false,
            bit_depth: Some(8),
            interlaced: false,
            bitrate_bps: 8_000_000,
            peak_bps: 12_000_000,
            keyframes: (0..24).map(|number| MediaTime::from_micros(number * 2_500_000)).collect(),
            closed_gops: true,
        }),
        audio: vec![audio()],
        subtitles: vec![SubtitleFacts {
            track: 3,
            codec: "mov_text".to_owned(),
            language: Some("eng".to_owned()),
            title: None,
            forced: false,
        }],
        chapters: vec![ChapterFacts { start: MediaTime::ZERO, title: Some("Anfang".to_owned()) }],
    }
}

/// German stereo AAC at 128 kbit/s.
pub(crate) fn audio() -> AudioFacts {
    AudioFacts {
        track: 2,
        codec: Some(AudioCodec::Aac),
        codec_string: Some(CodecString::new("mp4a.40.2")),
        channels: 2,
        sample_rate: 48_000,
        bitrate_bps: 128_000,
        peak_bps: 150_000,
        phase: 0,
        language: Some("deu".to_owned()),
        title: None,
        default: true,
    }
}
