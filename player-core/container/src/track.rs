//! What a track is made of: its configuration and its samples.

use bytes::Bytes;
use media_model::{CodecString, Resolution};

/// Everything an init section says of one track.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TrackConfig {
    /// Ticks per second of all times of this track.
    pub timescale: u32,
    /// Codec and its out-of-band parameters.
    pub codec: CodecConfig,
    /// ISO 639-2/T code such as `eng`, if known.
    pub language: Option<[u8; 3]>,
}

/// A codec and its out-of-band parameters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CodecConfig {
    /// H.264 with length-prefixed units (`avc1`).
    Avc {
        /// AVCDecoderConfigurationRecord (ISO/IEC 14496-15 §5.3.3.1).
        avcc: Bytes,
        /// Coded picture size.
        resolution: Resolution,
    },
    /// H.265 with length-prefixed units (`hvc1`).
    Hevc {
        /// HEVCDecoderConfigurationRecord (ISO/IEC 14496-15 §8.3.3.1).
        hvcc: Bytes,
        /// Coded picture size.
        resolution: Resolution,
    },
    /// AAC, raw access units (`mp4a.40`).
    Aac {
        /// AudioSpecificConfig (ISO/IEC 14496-3 §1.6.2.1).
        asc: Bytes,
        /// Number of channels.
        channels: u16,
        /// Samples per second.
        sample_rate: u32,
    },
}

impl CodecConfig {
    /// The CODECS entry (RFC 6381), from the parameters themselves.
    pub fn codec_string(&self) -> CodecString {
        unimplemented!("filled in by the container work")
    }
}

/// One access unit with its times in ticks of its track.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sample {
    /// Presentation time.
    pub pts: i64,
    /// Decode time; samples of a segment are in this order.
    pub dts: i64,
    /// Distance to the next decode time.
    pub duration: u32,
    /// Whether decoding can begin here.
    pub sync: bool,
    /// The access unit.
    pub data: Bytes,
}
