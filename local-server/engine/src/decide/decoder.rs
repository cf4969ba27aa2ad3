//! Whether a decoder that is described by a codec string decodes a stream that is described by another.

use media_model::{AudioCodec, CodecString, VideoCodec};

use crate::facts::{AudioFacts, VideoFacts};

/// What a list of decoders can do with a stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    Decodes,
    /// None of them is for this codec.
    UnknownCodec,
    /// None of those for this codec does its profile.
    ProfileTooHigh,
    /// None of those that do its profile does its level.
    LevelTooHigh,
}

/// Judges a video stream.
pub(super) fn video(video: &VideoFacts, decoders: &[CodecString]) -> Verdict {
    let Some(codec) = video.codec else { return Verdict::UnknownCodec };
    let needs = video.codec_string.as_ref().and_then(|entry| Point::parse(codec, entry));
    let mut verdict = Verdict::UnknownCodec;
    for decoder in decoders.iter().filter(|decoder| decoder.video() == Some(codec)) {
        let judged = match (needs, Point::parse(codec, decoder)) {
            // An entry without profile and level means all; of a stream that does not tell there is nothing to compare.
            (_, None) | (None, _) => Verdict::Decodes,
            (Some(needs), Some(has)) => has.judge(codec, needs),
        };
        match judged {
            Verdict::Decodes => return Verdict::Decodes,
            Verdict::LevelTooHigh => verdict = Verdict::LevelTooHigh,
            Verdict::ProfileTooHigh if verdict == Verdict::UnknownCodec => verdict = Verdict::ProfileTooHigh,
            Verdict::ProfileTooHigh | Verdict::UnknownCodec => {}
        }
    }
    verdict
}

/// Judges an audio stream.
pub(super) fn audio(audio: &AudioFacts, decoders: &[CodecString]) -> bool {
    let Some(codec) = audio.codec else { return false };
    let mut decoders = decoders.iter().filter(|decoder| decoder.audio() == Some(codec));
    if codec != AudioCodec::Aac {
        return decoders.next().is_some();
    }
    // A decoder for HE-AAC (5, 29) decodes AAC-LC too; xHE-AAC (42) is another matter.
    let rank = |entry: &CodecString| match entry.as_str() {
        "mp4a.40.5" => 1,
        "mp4a.40.29" | "mp4a" | "mp4a.40" => 2,
        "mp4a.40.42" => 3,
        _ => 0,
    };
    let needs = audio.codec_string.as_ref().map_or(0, rank);
    decoders.any(|decoder| rank(decoder) >= needs)
}

/// Profile and level, as numbers that can be compared within one codec.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Point {
    profile: u32,
    level: u32,
    /// High tier of HEVC and AV1.
    high_tier: bool,
    /// Bits of a colour sample, where the entry has them (VP9, AV1).
    depth: u32,
}

impl Point {
    /// Reads what follows the family; `None` if nothing does, or nothing that makes sense.
    fn parse(codec: VideoCodec, entry: &CodecString) -> Option<Self> {
        let mut parts = entry.as_str().split('.').skip(1);
        let first = parts.next()?;
        let plain = |profile, level| Self { profile, level, high_tier: false, depth: 8 };
        match codec {
            VideoCodec::H264 => {
                let number = |range| u32::from_str_radix(first.get(range)?, 16).ok();
                (first.len() == 6).then(|| Some(plain(number(0..2)?, number(4..6)?))).flatten()
            }
            VideoCodec::Hevc => {
                let profile = first.trim_start_matches(['A', 'B', 'C']).parse().ok()?;
                let tier_and_level = parts.nth(1)?;
                let level = tier_and_level.get(1..)?.parse().ok()?;
                Some(Self { profile, level, high_tier: tier_and_level.starts_with('H'), depth: 8 })
            }
            VideoCodec::Vp9 => {
                let level = parts.next()?.parse().ok()?;
                let depth = parts.next().and_then(|depth| depth.parse().ok()).unwrap_or(8);
                Some(Self { profile: first.parse().ok()?, level, high_tier: false, depth })
            }
            VideoCodec::Av1 => {
                let level_and_tier = parts.next()?;
                let level = level_and_tier.get(..2)?.parse().ok()?;
                let depth = parts.next().and_then(|depth| depth.parse().ok()).unwrap_or(8);
                Some(Self { profile: first.parse().ok()?, level, high_tier: level_and_tier.ends_with('H'), depth })
            }
            VideoCodec::Vp8 | VideoCodec::Mpeg2 | VideoCodec::Mpeg4 | VideoCodec::Vc1 => None,
        }
    }

    /// What a decoder of this profile and level can do with a stream that needs `needs`.
    fn judge(self, codec: VideoCodec, needs: Self) -> Verdict {
        let profile = match codec {
            // Baseline (66, in practice constrained), Main (77) and High (100) contain each other; what is beyond (10 bits,
            // 4:2:2, 4:4:4) is only promised by its own name.
            VideoCodec::H264 if needs.profile <= 100 => self.profile >= needs.profile,
            VideoCodec::H264 => self.profile == needs.profile,
            // Main (1) and Main Still Picture (3) are part of Main 10 (2); others only by name.
            VideoCodec::Hevc => self.profile == needs.profile || (self.profile == 2 && matches!(needs.profile, 1 | 3)),
            VideoCodec::Av1
            | VideoCodec::Vp8
            | VideoCodec::Vp9
            | VideoCodec::Mpeg2
            | VideoCodec::Mpeg4
            | VideoCodec::Vc1 => self.profile >= needs.profile && self.depth >= needs.depth,
        };
        if !profile {
            Verdict::ProfileTooHigh
        } else if self.level >= needs.level && (self.high_tier || !needs.high_tier) {
            Verdict::Decodes
        } else {
            Verdict::LevelTooHigh
        }
    }
}
