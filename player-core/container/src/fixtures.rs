//! Bytes that tests of several modules need: decoder configuration records as x264 and x265 wrote them.

use bytes::Bytes;
use media_model::Resolution;

use crate::track::CodecConfig;

/// Reads hexadecimal digits.
pub(crate) fn hex(digits: &str) -> Vec<u8> {
    let pairs = digits.as_bytes().chunks_exact(2);
    pairs.map(|pair| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap()).collect()
}

/// 1280x720, progressive, 8 bits, square pixels, High at level 3.1.
pub(crate) const AVC_720P: &str =
    "0164001fffe100186764001facd9405005bb011000003e90000bb800f183196001000468ef8fcbfdf8f800";

/// 720x576, interlaced, pixels of 64:45.
pub(crate) const AVC_576I: &str =
    "0164001effe1001b6764001eacd940b424dff802000168800001f480005dc00f8a14cb01000668fba3cb22c0fdf8f800";

/// 1280x720, 8 bits, Main.
pub(crate) const HEVC_MAIN: &str = concat!(
    "0101600000009000000000005df000fcfdf8f800000f03",
    "a00001001840010c01ffff01600000030090000003000003005d959809",
    "a10001002942010101600000030090000003000003005da00280802d165959a4932bc05a02000007d20000bb8010",
    "a2000100074401c172b46240"
);

/// 1280x720, 10 bits, Main 10.
pub(crate) const HEVC_MAIN_10: &str = concat!(
    "0102200000009000000000005df000fcfdfafa00000f03",
    "200001001840010c01ffff02200000030090000003000003005d959409",
    "210001002942010102200000030090000003000003005da00280802d136595952930bc05a02000007d20000bb801",
    "22000100064401c073c189"
);

/// A 720p H.264 codec.
pub(crate) fn avc() -> CodecConfig {
    CodecConfig::Avc { avcc: Bytes::from(hex(AVC_720P)), resolution: Resolution { width: 1280, height: 720 } }
}
