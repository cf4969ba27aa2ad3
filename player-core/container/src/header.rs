//! Headers of movies and tracks (ISO/IEC 14496-12 §8.2.2, §8.3.2, §8.4.2).

use crate::boxes::Fields;

/// The track's number, from `tkhd`.
pub(crate) fn track_id(tkhd: &[u8]) -> Option<u32> {
    let (version, _, mut fields) = Fields::full(tkhd)?;
    fields.take(if version == 0 { 8 } else { 16 })?;
    fields.u32()
}

/// What `mdhd` says.
pub(crate) struct MediaHeader {
    pub(crate) timescale: u32,
    pub(crate) language: Option<[u8; 3]>,
}

/// `mdhd`, ISO/IEC 14496-12 §8.4.2; `None` also if the timescale is zero.
pub(crate) fn media_header(mdhd: &[u8]) -> Option<MediaHeader> {
    let (version, _, mut fields) = Fields::full(mdhd)?;
    fields.take(if version == 0 { 8 } else { 16 })?;
    let timescale = fields.u32().filter(|&timescale| timescale > 0)?;
    fields.sized(version)?;
    let packed = fields.u16().unwrap_or(0);
    let letter = |shift: u16| u8::try_from(packed >> shift & 0x1f).unwrap_or(0) + 0x60;
    let language = [letter(10), letter(5), letter(0)];
    let known = language.iter().all(u8::is_ascii_lowercase) && language != *b"und";
    Some(MediaHeader { timescale, language: known.then_some(language) })
}
