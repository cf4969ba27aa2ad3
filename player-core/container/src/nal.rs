//! H.264 and H.265 as far as a container needs them: what a decoder configuration record says of the pictures, and
//! where in a stream decoding can begin.

mod avc;
mod hevc;

use media_model::Resolution;

use crate::track::CodecConfig;

/// What parameter sets say of the pictures.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PictureFormat {
    /// Size without cropped borders.
    pub resolution: Resolution,
    /// Bits of a luma sample.
    pub bit_depth: u8,
    /// Whether pictures may be coded as fields.
    pub interlaced: bool,
    /// Relative width and height of a pixel, if the stream says that it is not square.
    pub pixel_aspect: Option<(u32, u32)>,
}

/// What a picture is to somebody who wants to begin decoding at it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EntryPoint {
    /// An IDR picture: nothing after it needs anything before it.
    Instant,
    /// A picture from which decoding can begin, but pictures shown before it may follow (CRA, BLA with leading pictures).
    MayLead,
    /// No place to begin.
    None,
    /// The bytes end before the first slice.
    Unknown,
}

/// Reads the picture format out of a codec's configuration record; `None` of audio or if it is damaged.
pub fn picture_format(codec: &CodecConfig) -> Option<PictureFormat> {
    match codec {
        CodecConfig::Avc { avcc, .. } => avc::picture_format(avcc),
        CodecConfig::Hevc { hvcc, .. } => hevc::picture_format(hvcc),
        CodecConfig::Aac { .. } => None,
    }
}

/// Whether a configuration record holds all the parameter sets that a decoder needs.
pub fn has_parameter_sets(codec: &CodecConfig) -> bool {
    match codec {
        CodecConfig::Avc { avcc, .. } => avc::first_sps(avcc).is_some(),
        CodecConfig::Hevc { hvcc, .. } => hevc::has_parameter_sets(hvcc),
        CodecConfig::Aac { .. } => true,
    }
}

/// What kind of entry point an access unit is, from its beginning.
pub fn entry_point(codec: &CodecConfig, unit: &[u8]) -> EntryPoint {
    match codec {
        CodecConfig::Avc { avcc, .. } => {
            let length_size = avcc.get(4).map_or(4, |byte| usize::from(byte & 3) + 1);
            let slice = units(unit, length_size).map(|nal| nal[0] & 0x1f).find(|kind| matches!(kind, 1..=5));
            match slice {
                Some(5) => EntryPoint::Instant,
                Some(_) => EntryPoint::None,
                None => EntryPoint::Unknown,
            }
        }
        CodecConfig::Hevc { hvcc, .. } => {
            let length_size = hvcc.get(21).map_or(4, |byte| usize::from(byte & 3) + 1);
            let slice = units(unit, length_size).map(|nal| nal[0] >> 1 & 0x3f).find(|kind| *kind < 32);
            match slice {
                // BLA_N_LP, IDR_N_LP: no leading pictures. IDR_W_RADL may have some; timestamps tell.
                Some(18..=20) => EntryPoint::Instant,
                Some(16 | 17 | 21) => EntryPoint::MayLead,
                Some(_) => EntryPoint::None,
                None => EntryPoint::Unknown,
            }
        }
        CodecConfig::Aac { .. } => EntryPoint::Instant,
    }
}

/// The length-prefixed units of an access unit, none of them empty; the last may be cut off.
fn units(mut bytes: &[u8], length_size: usize) -> impl Iterator<Item = &[u8]> {
    std::iter::from_fn(move || {
        loop {
            let (prefix, rest) = bytes.split_at_checked(length_size)?;
            let length = prefix.iter().fold(0usize, |length, byte| length << 8 | usize::from(*byte));
            let (unit, rest) = rest.split_at(length.min(rest.len()));
            bytes = rest;
            if !unit.is_empty() {
                return Some(unit);
            }
        }
    })
}

/// The payload of a unit without emulation prevention bytes (ISO/IEC 14496-10 §7.4.1).
fn payload(unit: &[u8]) -> Vec<u8> {
    let mut payload = Vec::with_capacity(unit.len());
    let mut zeros = 0;
    for &byte in unit {
        if zeros >= 2 && byte == 3 {
            zeros = 0;
            continue;
        }
        zeros = if byte == 0 { zeros + 1 } else { 0 };
        payload.push(byte);
    }
    payload
}

/// Sample aspect ratios by number (ISO/IEC 14496-10 table E-1; H.265 has the same).
const ASPECTS: [(u32, u32); 17] = [
    (0, 0),
    (1, 1),
    (12, 11),
    (10, 11),
    (16, 11),
    (40, 33),
    (24, 11),
    (20, 11),
    (32, 11),
    (80, 33),
    (18, 11),
    (15, 11),
    (64, 33),
    (160, 99),
    (4, 3),
    (3, 2),
    (2, 1),
];

/// Reads the aspect ratio at the start of VUI parameters; square pixels are `None`.
fn aspect(bits: &mut crate::bits::Bits<'_>) -> Option<Option<(u32, u32)>> {
    if !bits.flag()? {
        return Some(None);
    }
    let (width, height) = match bits.read(8)? {
        255 => (bits.read(16)?, bits.read(16)?),
        known => ASPECTS.get(usize::try_from(known).ok()?).copied().unwrap_or((0, 0)),
    };
    Some((width != height && width != 0 && height != 0).then_some((width, height)))
}

#[cfg(test)]
mod tests;
