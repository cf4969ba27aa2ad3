//! What caps and tags say of a stream.

use gstreamer as gst;

use super::demux::{DemuxStream, Kind};
use crate::worker::protocol::{FoundAudio, FoundStream, FoundVideo};

impl DemuxStream {
    /// Describes the stream in plain words.
    pub(crate) fn found(&self) -> FoundStream {
        let structure = self.caps.structure(0);
        let int = |field: &str| structure.and_then(|structure| structure.get::<i32>(field).ok());
        FoundStream {
            media_type: structure.map(|structure| structure.name().to_string()).unwrap_or_default(),
            version: int("mpegversion").or_else(|| int("msmpegversion")).or_else(|| int("wmvversion")),
            layer: int("layer"),
            language: self.tags.get::<gst::tags::LanguageCode>().map(|tag| tag.get().to_owned()),
            title: self.tags.get::<gst::tags::Title>().map(|tag| tag.get().to_owned()),
            bitrate: self.tags.get::<gst::tags::Bitrate>().map(|tag| tag.get()),
            video: (self.kind == Kind::Video).then(|| self.video()),
            audio: (self.kind == Kind::Audio).then(|| FoundAudio {
                channels: int("channels").and_then(|channels| u16::try_from(channels).ok()).unwrap_or(0),
                sample_rate: int("rate").and_then(|rate| u32::try_from(rate).ok()).unwrap_or(0),
            }),
        }
    }

    fn video(&self) -> FoundVideo {
        let structure = self.caps.structure(0);
        let int = |field: &str| structure.and_then(|structure| structure.get::<i32>(field).ok());
        let side = |field: &str| int(field).and_then(|side| u32::try_from(side).ok()).unwrap_or(0);
        let ratio = |field: &str| {
            let value = structure.and_then(|structure| structure.get::<gst::Fraction>(field).ok())?;
            Some((u32::try_from(value.numer()).ok()?, u32::try_from(value.denom()).ok()?))
        };
        let mode = structure.and_then(|structure| structure.get::<&str>("interlace-mode").ok());
        let depth = structure.and_then(|structure| structure.get::<u32>("bit-depth-luma").ok());
        let orientation = self.tags.get::<gst::tags::ImageOrientation>().map(|tag| tag.get().to_owned());
        FoundVideo {
            width: side("width"),
            height: side("height"),
            pixel_aspect: ratio("pixel-aspect-ratio").filter(|&(x, y)| x > 0 && y > 0).unwrap_or((1, 1)),
            frame_rate: ratio("framerate").filter(|&(_, seconds)| seconds > 0).unwrap_or((0, 1)),
            interlaced: mode.is_some_and(|mode| mode != "progressive"),
            rotation: match orientation.as_deref() {
                Some("rotate-90") => 90,
                Some("rotate-180") => 180,
                Some("rotate-270") => 270,
                _ => 0,
            },
            bit_depth: depth.and_then(|depth| u8::try_from(depth).ok()),
        }
    }
}
