//! HEVCDecoderConfigurationRecord (ISO/IEC 14496-15 §8.3.3.1) and the sequence parameter set (ITU-T H.265 §7.3.2.2).

use media_model::Resolution;

use super::{PictureFormat, aspect, payload};
use crate::bits::Bits;
use crate::boxes::Fields;

const VPS: u8 = 32;
const SPS: u8 = 33;
const PPS: u8 = 34;

/// The units of the arrays of a record, each with its type.
fn sets(hvcc: &[u8]) -> Vec<(u8, &[u8])> {
    let mut found = Vec::new();
    let mut read = || {
        let mut fields = Fields::new(hvcc.get(22..)?);
        for _ in 0..fields.u8()? {
            let kind = fields.u8()? & 0x3f;
            for _ in 0..fields.u16()? {
                let length = fields.u16()?;
                found.push((kind, fields.take(usize::from(length))?));
            }
        }
        Some(())
    };
    // What was complete before the damage is what there is.
    let _ = read();
    found
}

pub(super) fn has_parameter_sets(hvcc: &[u8]) -> bool {
    let sets = sets(hvcc);
    [VPS, SPS, PPS].iter().all(|kind| sets.iter().any(|(found, unit)| found == kind && unit.len() > 2))
}

pub(super) fn picture_format(hvcc: &[u8]) -> Option<PictureFormat> {
    let sps = sets(hvcc).into_iter().find(|(kind, _)| *kind == SPS)?.1;
    let sps = payload(sps.get(2..)?);
    let mut bits = Bits::new(&sps);
    bits.skip(4)?;
    let sub_layers = bits.read(3)?;
    bits.skip(1)?;
    bits.skip(40)?; // profile space, tier, profile, compatibility
    let progressive = bits.flag()?;
    let interlaced = bits.flag()?;
    bits.skip(54)?; // further constraints, level
    skip_sub_layers(&mut bits, sub_layers)?;
    bits.unsigned()?; // sps_seq_parameter_set_id
    let chroma = bits.unsigned()?;
    if chroma == 3 {
        bits.skip(1)?;
    }
    let (mut width, mut height) = (bits.unsigned()?, bits.unsigned()?);
    if bits.flag()? {
        let (left, right, top, bottom) = (bits.unsigned()?, bits.unsigned()?, bits.unsigned()?, bits.unsigned()?);
        let unit_width = if matches!(chroma, 1 | 2) { 2 } else { 1 };
        let unit_height = if chroma == 1 { 2 } else { 1 };
        width = width.checked_sub(left.checked_add(right)?.checked_mul(unit_width)?)?;
        height = height.checked_sub(top.checked_add(bottom)?.checked_mul(unit_height)?)?;
    }
    let bit_depth = u8::try_from(bits.unsigned()?.checked_add(8)?).ok()?;
    Some(PictureFormat {
        resolution: Resolution { width, height },
        bit_depth,
        interlaced: interlaced && !progressive,
        pixel_aspect: pixel_aspect(&mut bits, sub_layers).flatten(),
    })
}

fn skip_sub_layers(bits: &mut Bits<'_>, sub_layers: u32) -> Option<()> {
    let mut present = Vec::new();
    for _ in 0..sub_layers {
        present.push((bits.flag()?, bits.flag()?));
    }
    if sub_layers > 0 {
        bits.skip(2 * (8 - usize::try_from(sub_layers).ok()?))?;
    }
    for (profile, level) in present {
        bits.skip(if profile { 88 } else { 0 } + if level { 8 } else { 0 })?;
    }
    Some(())
}

/// Reads on from the bit depth to the aspect ratio in the VUI parameters.
fn pixel_aspect(bits: &mut Bits<'_>, sub_layers: u32) -> Option<Option<(u32, u32)>> {
    bits.unsigned()?; // bit_depth_chroma
    let log2_max_poc = bits.unsigned()?;
    let all_layers = bits.flag()?;
    for _ in if all_layers { 0 } else { sub_layers }..=sub_layers {
        bits.unsigned()?;
        bits.unsigned()?;
        bits.unsigned()?;
    }
    for _ in 0..6 {
        bits.unsigned()?; // block sizes and depths
    }
    if bits.flag()? && bits.flag()? {
        // Scaling lists in the stream: rare enough to do without the aspect ratio, which containers give as well.
        return None;
    }
    bits.skip(2)?;
    if bits.flag()? {
        bits.skip(8)?; // PCM bit depths
        bits.unsigned()?;
        bits.unsigned()?;
        bits.skip(1)?;
    }
    skip_reference_sets(bits)?;
    if bits.flag()? {
        for _ in 0..bits.unsigned()?.min(32) {
            bits.skip(usize::try_from(log2_max_poc).ok()?.checked_add(4)?)?;
            bits.skip(1)?;
        }
    }
    bits.skip(2)?;
    if !bits.flag()? {
        return Some(None);
    }
    aspect(bits)
}

/// st_ref_pic_set (§7.3.7), all of them.
fn skip_reference_sets(bits: &mut Bits<'_>) -> Option<()> {
    let count = bits.unsigned()?;
    if count > 64 {
        return None;
    }
    let mut pictures = 0u32;
    for number in 0..count {
        let predicted = number > 0 && bits.flag()?;
        if predicted {
            bits.skip(1)?;
            bits.unsigned()?;
            let mut kept = 0;
            for _ in 0..=pictures {
                let used = bits.flag()?;
                let delta = used || bits.flag()?;
                kept += u32::from(delta);
            }
            pictures = kept;
        } else {
            let (negative, positive) = (bits.unsigned()?, bits.unsigned()?);
            pictures = negative.checked_add(positive).filter(|&count| count <= 64)?;
            for _ in 0..pictures {
                bits.unsigned()?;
                bits.skip(1)?;
            }
        }
    }
    Some(())
}
