//! Pure: media file and client -> direct play, remux or transcode, with reasons.

use media_model::CodecString;

/// What a client can play.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Capabilities {
    /// Video codecs it takes in segments.
    pub video: Vec<CodecString>,
    /// Audio codecs it takes in segments.
    pub audio: Vec<CodecString>,
    /// Containers its media element plays alone, such as `mp4`.
    pub file: Vec<String>,
    /// Pictures taller than this are of no use to it.
    pub max_height: Option<u32>,
}
