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
    }
}
