//! How a track is coded, as playlists, init sections and GStreamer say it.

use std::fmt;

use gstreamer as gst;
use media_container::{CodecConfig, TrackConfig};
use player_core::message::Track;

/// What a track needs a decoder for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Coding {
    /// AVC.
    H264,
    /// HEVC.
    H265,
    /// AAC.
    Aac,
}

impl Coding {
    pub(super) fn of(config: &TrackConfig) -> Self {
        match config.codec {
            CodecConfig::Avc { .. } => Self::H264,
            CodecConfig::Hevc { .. } => Self::H265,
            CodecConfig::Aac { .. } => Self::Aac,
        }
    }

    /// From a media type with its `codecs` parameter (RFC 6381): of its pictures, if it has any, and of its sound. `None` if
    /// there is nothing in it that can be played, or something that cannot.
    pub(super) fn of_mime(mime: &str) -> Option<Vec<(Track, Self)>> {
        let codecs = mime.split_once("codecs=")?.1.trim_matches(|sign| sign == '"' || sign == ' ');
        let (mut pictures, mut sound) = (None, None);
        for codec in codecs.split(',') {
            match codec.trim().split('.').next()? {
                "avc1" | "avc3" => pictures = pictures.or(Some(Self::H264)),
                "hvc1" | "hev1" => pictures = pictures.or(Some(Self::H265)),
                "mp4a" => sound = sound.or(Some(Self::Aac)),
                // Subtitles are not in these.
                "" | "wvtt" | "stpp" => {}
                _ => return None,
            }
        }
        let pictures = pictures.map(|coding| (Track::Video, coding));
        let all: Vec<_> = pictures.into_iter().chain(sound.map(|coding| (Track::Audio, coding))).collect();
        (!all.is_empty()).then_some(all)
    }

    /// What a decoder of it must take; the parser brings it into the form that the decoder wants.
    pub(super) fn kind(self) -> gst::Caps {
        match self {
            Self::H264 => gst::Caps::new_empty_simple("video/x-h264"),
            Self::H265 => gst::Caps::new_empty_simple("video/x-h265"),
            Self::Aac => {
                gst::Caps::builder("audio/mpeg").field("mpegversion", 4_i32).field("stream-format", "raw").build()
            }
        }
    }

    pub(super) fn parser(self) -> &'static str {
        match self {
            Self::H264 => "h264parse",
            Self::H265 => "h265parse",
            Self::Aac => "aacparse",
        }
    }
}

impl fmt::Display for Coding {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::H264 => "H.264",
            Self::H265 => "H.265",
            Self::Aac => "AAC",
        })
    }
}

/// What the decoder must know before the first unit.
pub(super) fn caps(config: &TrackConfig) -> gst::Caps {
    let buffer = |bytes: &bytes::Bytes| gst::Buffer::from_slice(bytes.clone());
    match &config.codec {
        CodecConfig::Avc { avcc, .. } => picture_caps("video/x-h264", "avc", buffer(avcc), config),
        CodecConfig::Hevc { hvcc, .. } => picture_caps("video/x-h265", "hvc1", buffer(hvcc), config),
        CodecConfig::Aac { asc, channels, sample_rate } => gst::Caps::builder("audio/mpeg")
            .field("mpegversion", 4_i32)
            .field("stream-format", "raw")
            .field("framed", true)
            .field("channels", i32::from(*channels))
            .field("rate", i32::try_from(*sample_rate).unwrap_or(i32::MAX))
            .field("codec_data", buffer(asc))
            .build(),
    }
}

fn picture_caps(name: &str, format: &str, codec_data: gst::Buffer, config: &TrackConfig) -> gst::Caps {
    let caps = gst::Caps::builder(name)
        .field("stream-format", format)
        .field("alignment", "au")
        .field("codec_data", codec_data);
    let aspect = config.pixel_aspect.and_then(|(x, y)| Some((i32::try_from(x).ok()?, i32::try_from(y).ok()?)));
    match aspect {
        Some((x, y)) if x > 0 && y > 0 => caps.field("pixel-aspect-ratio", gst::Fraction::new(x, y)).build(),
        Some(_) | None => caps.build(),
    }
}
