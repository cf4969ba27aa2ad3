//! CODECS entries (RFC 6381) from decoder configuration records.
//!
//! A record that is too short gives the family alone: less precise, never wrong.

use std::fmt::Write as _;

use media_model::CodecString;

/// `avc1.PPCCLL` (RFC 6381 §3.3) from an AVCDecoderConfigurationRecord.
pub fn avc(avcc: &[u8]) -> CodecString {
    match avcc {
        [_, profile, constraints, level, ..] => {
            CodecString::new(format!("avc1.{profile:02x}{constraints:02x}{level:02x}"))
        }
        _ => CodecString::new("avc1"),
    }
}

/// `hvc1.…` (ISO/IEC 14496-15 annex E.3) from an HEVCDecoderConfigurationRecord.
pub fn hevc(hvcc: &[u8]) -> CodecString {
    let Some((head, _)) = hvcc.split_first_chunk::<13>() else { return CodecString::new("hvc1") };
    let profile_space = ["", "A", "B", "C"][usize::from(head[1] >> 6)];
    let tier = if head[1] & 0x20 == 0 { 'L' } else { 'H' };
    let profile = head[1] & 0x1f;
    let compatibility = u32::from_be_bytes([head[2], head[3], head[4], head[5]]).reverse_bits();
    let level = head[12];
    let mut entry = format!("hvc1.{profile_space}{profile}.{compatibility:X}.{tier}{level}");
    let constraints = &head[6..12];
    let used = constraints.iter().rposition(|&byte| byte != 0).map_or(0, |last| last + 1);
    for byte in &constraints[..used] {
        write!(entry, ".{byte:X}").expect("writing into a String cannot fail");
    }
    CodecString::new(entry)
}

/// `mp4a.40.N` (RFC 6381 §3.3) from an AudioSpecificConfig.
pub fn aac(asc: &[u8]) -> CodecString {
    let object_type = match asc {
        [first, second, ..] if first >> 3 == 31 => 32 + ((first & 7) << 3 | second >> 5),
        [first, ..] => first >> 3,
        [] => return CodecString::new("mp4a.40"),
    };
    CodecString::new(format!("mp4a.40.{object_type}"))
}

/// `mp4a.OO` from the objectTypeIndication of an elementary stream, with that of its AudioSpecificConfig if it is MPEG-4.
pub(crate) fn mpeg4_audio(object_type: u8, specific: &[u8]) -> CodecString {
    if object_type == 0x40 { aac(specific) } else { CodecString::new(format!("mp4a.{object_type:02X}")) }
}

/// `av01.P.LLT.DD` (AV1 Codec ISO Media File Format Binding §5) from an AV1CodecConfigurationRecord.
pub(crate) fn av1(av1c: &[u8]) -> CodecString {
    let [_, profile_and_level, flags, ..] = av1c else { return CodecString::new("av01") };
    let (profile, level) = (profile_and_level >> 5, profile_and_level & 0x1f);
    let tier = if flags & 0x80 == 0 { 'M' } else { 'H' };
    let depth = match flags & 0x60 {
        0x60 => 12,
        0x40 => 10,
        _ => 8,
    };
    CodecString::new(format!("av01.{profile}.{level:02}{tier}.{depth:02}"))
}

/// `vp09.PP.LL.DD` (VP Codec ISO Media File Format Binding) from the contents of `vpcC`.
pub(crate) fn vpx(name: [u8; 4], vpcc: &[u8]) -> CodecString {
    match vpcc {
        [_, _, _, _, profile, level, depth, ..] => {
            let name = fourcc(name);
            CodecString::new(format!("{name}.{profile:02}.{level:02}.{:02}", depth >> 4))
        }
        _ => fourcc(name),
    }
}

/// The entry of a codec that needs no more than its name. Browsers know some names in small letters only.
pub(crate) fn fourcc(name: [u8; 4]) -> CodecString {
    match &name {
        b"Opus" | b"fLaC" => CodecString::new(name.to_ascii_lowercase().escape_ascii().to_string()),
        _ => CodecString::new(name.escape_ascii().to_string()),
    }
}

/// The same parameters under the name of this sample entry: `avc3` says what `avc1` does.
pub(crate) fn under(name: [u8; 4], entry: &CodecString) -> CodecString {
    let parameters = entry.as_str().strip_prefix(entry.family()).unwrap_or_default();
    CodecString::new(format!("{}{parameters}", fourcc(name)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_say_profile_and_level() {
        assert_eq!(avc(&[1, 0x64, 0, 0x28]).as_str(), "avc1.640028");
        assert_eq!(avc(&[1]).as_str(), "avc1");
        // Main 10, level 4, progressive and frame-only constraints, as x265 writes them.
        let hvcc = [1, 2, 0x20, 0, 0, 0, 0x90, 0, 0, 0, 0, 0, 120, 0];
        assert_eq!(hevc(&hvcc).as_str(), "hvc1.2.4.L120.90");
        assert_eq!(aac(&[0x12, 0x10]).as_str(), "mp4a.40.2");
        assert_eq!(aac(&[0xf9, 0x40]).as_str(), "mp4a.40.42");
        assert_eq!(under(*b"avc3", &avc(&[1, 0x64, 0, 0x28])).as_str(), "avc3.640028");
        assert_eq!(under(*b"hev1", &hevc(&hvcc)).as_str(), "hev1.2.4.L120.90");
        assert_eq!(mpeg4_audio(0x40, &[0x2b, 0x11]).as_str(), "mp4a.40.5");
        assert_eq!(mpeg4_audio(0x6b, &[]).as_str(), "mp4a.6B");
        assert_eq!(av1(&[0x81, 0x08, 0x0c, 0]).as_str(), "av01.0.08M.08");
        assert_eq!(av1(&[0x81, 0x2d, 0xcc, 0]).as_str(), "av01.1.13H.10");
        assert_eq!(vpx(*b"vp09", &[1, 0, 0, 0, 2, 31, 0xa3, 1, 1, 1, 0, 0]).as_str(), "vp09.02.31.10");
        assert_eq!((fourcc(*b"ac-3").as_str(), fourcc(*b"fLaC").as_str()), ("ac-3", "flac"));
    }
}
