//! What a presentation is to be, before anything of it is made or read.

use std::path::PathBuf;

use media_model::{BitsPerSecond, MediaDuration, Resolution};

use super::Sizes;

/// A presentation to be.
#[derive(Clone, Debug, PartialEq)]
pub struct PresentationPlan {
    /// Its folder in URLs.
    pub name: String,
    /// Where its media come from.
    pub source: Source,
    /// How long it is; of a clip, its own length.
    pub duration: MediaDuration,
    /// How long a segment is; of a clip that is copied, at least.
    pub segment: MediaDuration,
    /// Its rungs, lowest first; of a clip that is copied, none.
    pub ladder: Vec<RungPlan>,
    /// How large its segments are.
    pub sizes: Sizes,
    /// Its audio languages; none means that it is silent. Of a clip, those of the file.
    pub audio: Vec<AudioPlan>,
    /// Languages of its subtitles.
    pub subtitles: Vec<String>,
    /// Whether it is a live stream.
    pub live: Option<Live>,
}

/// Where media come from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    /// Bytes that mean nothing: for everything but looking at it. Needs no GStreamer.
    Bytes,
    /// A test card that shows its time and rung, with a tone; encoded once and kept.
    Card,
    /// A file.
    Clip(PathBuf),
}

/// A rung to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RungPlan {
    /// Rate of its segments.
    pub rate: BitsPerSecond,
    /// Size of its picture, if it is known.
    pub size: Option<Resolution>,
}

/// An audio language to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AudioPlan {
    /// BCP 47.
    pub language: String,
}

/// A live stream to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Live {
    /// Segments that are listed at a time; at least 3.
    pub window: u64,
    /// Whether playlists offer delta updates (rfc8216bis §6.2.5.1).
    pub delta_updates: bool,
}

impl PresentationPlan {
    /// The ladder that the field's players were measured with: 0.47 to 6.57 Mbit/s, of distinct widths, so that the
    /// width of the picture tells the rung.
    pub fn usual_ladder() -> Vec<RungPlan> {
        [(470, 320, 180), (970, 480, 270), (1_880, 640, 360), (3_580, 960, 540), (6_570, 1_280, 720)]
            .map(|(kbps, width, height)| RungPlan {
                rate: BitsPerSecond::from_kbps(kbps),
                size: Some(Resolution { width, height }),
            })
            .to_vec()
    }

    /// Rate of an audio rendition that is made.
    pub const AUDIO_RATE: BitsPerSecond = BitsPerSecond::from_kbps(64);
}
