//! What a track is made of: its configuration and its samples.

use bytes::Bytes;
use media_model::{CodecString, Resolution};

use crate::codec_string;

/// Everything an init section says of one track.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TrackConfig {
    /// Ticks per second of all times of this track.
    pub timescale: u32,
    /// Codec and its out-of-band parameters.
    pub codec: CodecConfig,
    /// ISO 639-2/T code such as `eng`, if known.
    pub language: Option<[u8; 3]>,
    /// Width and height of a pixel relative to each other, if pixels are known not to be square (`pasp`).
    pub pixel_aspect: Option<(u32, u32)>,
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
    /// The CODECS entry (RFC 6381), from the parameters themselves; of a damaged record just the family (`avc1`).
    pub fn codec_string(&self) -> CodecString {
        match self {
            Self::Avc { avcc, .. } => codec_string::avc(avcc),
            Self::Hevc { hvcc, .. } => codec_string::hevc(hvcc),
            Self::Aac { asc, .. } => codec_string::aac(asc),
        }
    }

    /// Whether it is a picture codec.
    pub fn is_video(&self) -> bool {
        match self {
            Self::Avc { .. } | Self::Hevc { .. } => true,
            Self::Aac { .. } => false,
        }
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

/// Decode times for access units whose presentation times are known, in the order in which they are decoded: the i-th
/// unit gets the i-th smallest presentation time.
///
/// Decode times of a closed group of pictures then begin at its first presentation time and end where the next group
/// begins, whoever made it, so groups made alone join without gap or overlap.
pub fn decode_times(pts: &[i64]) -> Vec<i64> {
    let mut dts = pts.to_vec();
    dts.sort_unstable();
    dts
}

/// As [`decode_times`], but no unit is decoded more than `shift` ticks after it is shown: with a shift that does not
/// suffice, because frames lie far apart somewhere, units are decoded earlier there instead. Times still rise, as long as
/// frames are more ticks apart than are reordered.
pub fn decode_times_within(pts: &[i64], shift: u32) -> Vec<i64> {
    let mut dts = decode_times(pts);
    let (mut shown, mut later) = (i64::MAX, i64::MAX);
    for (at, &pts) in dts.iter_mut().zip(pts).rev() {
        shown = shown.min(pts.saturating_add(i64::from(shift)));
        *at = (*at).min(shown).min(later);
        later = at.saturating_sub(1);
    }
    dts
}

/// How far units are decoded after their presentation time at most, in ticks: the smallest `composition_shift` that
/// keeps composition offsets from being negative, see [`crate::cmaf::write`].
pub fn needed_shift(pts: &[i64], dts: &[i64]) -> u32 {
    let late = pts.iter().zip(dts).map(|(pts, dts)| dts.saturating_sub(*pts)).max().unwrap_or(0);
    u32::try_from(late.max(0)).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn units_decode_at_the_sorted_presentation_times() {
        // I P B B, then the next group.
        let pts = [0, 3, 1, 2, 4, 7, 5, 6];
        let dts = decode_times(&pts);
        assert_eq!(dts, [0, 1, 2, 3, 4, 5, 6, 7]);
        assert_eq!(needed_shift(&pts, &dts), 1);
        assert_eq!(needed_shift(&[0, 1, 2], &[0, 1, 2]), 0);
    }

    #[test]
    fn units_far_apart_decode_in_time_to_be_shown() {
        let pts = [0, 10_300, 100, 10_100];
        assert_eq!(decode_times_within(&pts, 166), [0, 100, 266, 10_266]);
        assert_eq!(decode_times_within(&pts, 10_200), decode_times(&pts));
    }
}
