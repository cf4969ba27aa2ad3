//! AVCDecoderConfigurationRecord (ISO/IEC 14496-15 §5.3.3.1) and the sequence parameter set (ISO/IEC 14496-10 §7.3.2.1).

use media_model::Resolution;

use super::{PictureFormat, aspect, payload};
use crate::bits::Bits;
use crate::boxes::Fields;

/// The first sequence parameter set of a record.
pub(super) fn first_sps(avcc: &[u8]) -> Option<&[u8]> {
    let mut fields = Fields::new(avcc);
    fields.take(5)?;
    if fields.u8()? & 0x1f == 0 {
        return None;
    }
    let length = fields.u16()?;
    fields.take(usize::from(length)).filter(|sps| sps.len() > 4)
}

pub(super) fn picture_format(avcc: &[u8]) -> Option<PictureFormat> {
    let sps = payload(first_sps(avcc)?.get(1..)?);
    let mut bits = Bits::new(&sps);
    let profile = bits.read(8)?;
    bits.skip(16)?; // constraints, level
    bits.unsigned()?; // seq_parameter_set_id
    let mut chroma = 1;
    let mut separate_planes = false;
    let mut bit_depth = 8;
    if matches!(profile, 100 | 110 | 122 | 244 | 44 | 83 | 86 | 118 | 128 | 138 | 139 | 134 | 135) {
        chroma = bits.unsigned()?;
        if chroma == 3 {
            separate_planes = bits.flag()?;
        }
        bit_depth = bits.unsigned()?.checked_add(8)?;
        bits.unsigned()?;
        bits.skip(1)?;
        if bits.flag()? {
            for list in 0..if chroma == 3 { 12 } else { 8 } {
                if bits.flag()? {
                    skip_scaling_list(&mut bits, if list < 6 { 16 } else { 64 })?;
                }
            }
        }
    }
    bits.unsigned()?; // log2_max_frame_num
    match bits.unsigned()? {
        0 => _ = bits.unsigned()?,
        1 => {
            bits.skip(1)?;
            bits.signed()?;
            bits.signed()?;
            for _ in 0..bits.unsigned()?.min(255) {
                bits.signed()?;
            }
        }
        _ => {}
    }
    bits.unsigned()?; // max_num_ref_frames
    bits.skip(1)?;
    let width = bits.unsigned()?.checked_add(1)?.checked_mul(16)?;
    let map_units = bits.unsigned()?.checked_add(1)?;
    let frames_only = bits.flag()?;
    if !frames_only {
        bits.skip(1)?;
    }
    let fields = if frames_only { 1 } else { 2 };
    let height = map_units.checked_mul(16)?.checked_mul(fields)?;
    bits.skip(1)?; // direct_8x8_inference_flag
    let (mut crop_width, mut crop_height) = (0u32, 0u32);
    if bits.flag()? {
        let (left, right, top, bottom) = (bits.unsigned()?, bits.unsigned()?, bits.unsigned()?, bits.unsigned()?);
        let chroma = if separate_planes { 0 } else { chroma };
        let unit_width = if matches!(chroma, 1 | 2) { 2 } else { 1 };
        let unit_height = if chroma == 1 { 2 } else { 1 } * fields;
        crop_width = left.checked_add(right)?.checked_mul(unit_width)?;
        crop_height = top.checked_add(bottom)?.checked_mul(unit_height)?;
    }
    let pixel_aspect = if bits.flag()? { aspect(&mut bits).flatten() } else { None };
    Some(PictureFormat {
        resolution: Resolution { width: width.checked_sub(crop_width)?, height: height.checked_sub(crop_height)? },
        bit_depth: u8::try_from(bit_depth).ok()?,
        interlaced: !frames_only,
        pixel_aspect,
    })
}

fn skip_scaling_list(bits: &mut Bits<'_>, size: usize) -> Option<()> {
    let (mut last, mut next) = (8i32, 8i32);
    for _ in 0..size {
        if next != 0 {
            next = last.wrapping_add(bits.signed()?).rem_euclid(256);
        }
        last = if next == 0 { last } else { next };
    }
    Some(())
}
