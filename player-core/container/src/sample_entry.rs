//! Sample descriptions (`stsd`, ISO/IEC 14496-12 §8.5.2) of MP4, MOV and CMAF.

use bytes::Bytes;
use media_model::{CodecString, Resolution};

use crate::aac::AudioSpecificConfig;
use crate::boxes::{Fields, boxes, find};
use crate::codec_string;
use crate::track::CodecConfig;

/// One sample description.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct SampleEntry {
    /// Its four-character code, such as `avc1`.
    pub(crate) fourcc: [u8; 4],
    /// Codec and parameters, if it is one that is written into CMAF.
    pub(crate) codec: Option<CodecConfig>,
    /// Its CODECS entry (RFC 6381), whether it is written into CMAF or not.
    pub(crate) codec_string: CodecString,
    /// Picture size; 0x0 of other entries.
    pub(crate) resolution: Resolution,
    /// Relative width and height of a pixel, if the entry says so and they differ.
    pub(crate) pixel_aspect: Option<(u32, u32)>,
    /// Channels; 0 of other entries.
    pub(crate) channels: u16,
    /// Samples per second; 0 if unknown.
    pub(crate) sample_rate: u32,
    /// objectTypeIndication of the elementary stream, of `mp4a` and `mp4v` entries (ISO/IEC 14496-1 table 5).
    pub(crate) object_type: Option<u8>,
}

/// Whether a track holds pictures or sound: the two have different entries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Video,
    Audio,
    Other,
}

/// Reads the first entry of the contents of `stsd`.
pub(crate) fn first_entry(stsd: &[u8], kind: Kind) -> Option<SampleEntry> {
    let (_, _, mut fields) = Fields::full(stsd)?;
    fields.u32()?;
    let entry = boxes(fields.rest()).next()?;
    let mut fields = Fields::new(entry.body);
    fields.take(8)?;
    Some(match kind {
        Kind::Video => visual(entry.kind, fields)?,
        Kind::Audio => audio(entry.kind, fields)?,
        Kind::Other => SampleEntry {
            fourcc: entry.kind,
            codec: None,
            codec_string: codec_string::fourcc(entry.kind),
            resolution: Resolution { width: 0, height: 0 },
            pixel_aspect: None,
            channels: 0,
            sample_rate: 0,
            object_type: None,
        },
    })
}

fn visual(fourcc: [u8; 4], mut fields: Fields<'_>) -> Option<SampleEntry> {
    fields.take(16)?;
    let resolution = Resolution { width: u32::from(fields.u16()?), height: u32::from(fields.u16()?) };
    fields.take(50)?;
    let inside = fields.rest();
    let codec =
        match &fourcc {
            b"avc1" | b"avc3" => find(inside, b"avcC")
                .map(|record| CodecConfig::Avc { avcc: Bytes::copy_from_slice(record), resolution }),
            b"hvc1" | b"hev1" => find(inside, b"hvcC")
                .map(|record| CodecConfig::Hevc { hvcc: Bytes::copy_from_slice(record), resolution }),
            _ => None,
        };
    let codec_string = match &fourcc {
        b"avc1" | b"avc3" => codec_string::under(fourcc, &codec_string::avc(find(inside, b"avcC").unwrap_or_default())),
        b"hvc1" | b"hev1" => {
            codec_string::under(fourcc, &codec_string::hevc(find(inside, b"hvcC").unwrap_or_default()))
        }
        b"av01" => codec_string::av1(find(inside, b"av1C").unwrap_or_default()),
        b"vp08" | b"vp09" => codec_string::vpx(fourcc, find(inside, b"vpcC").unwrap_or_default()),
        _ => codec_string::fourcc(fourcc),
    };
    let pixel_aspect = find(inside, b"pasp").and_then(|body| {
        let mut fields = Fields::new(body);
        let aspect = (fields.u32()?, fields.u32()?);
        (aspect.0 != aspect.1 && aspect.0 != 0 && aspect.1 != 0).then_some(aspect)
    });
    let object_type = find(inside, b"esds").and_then(elementary_stream).map(|stream| stream.object_type);
    Some(SampleEntry {
        fourcc,
        codec,
        codec_string,
        resolution,
        pixel_aspect,
        channels: 0,
        sample_rate: 0,
        object_type,
    })
}

fn audio(fourcc: [u8; 4], mut fields: Fields<'_>) -> Option<SampleEntry> {
    let version = fields.u16()?;
    fields.take(6)?;
    let mut channels = fields.u16()?;
    fields.take(6)?;
    let mut sample_rate = fields.u32()? >> 16;
    // QuickTime's sound descriptions have further fields (QuickTime File Format, "Sound Sample Description").
    match version {
        1 => _ = fields.take(16)?,
        2 => {
            fields.take(4)?;
            let rate = f64::from_bits(fields.u64()?);
            #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "the range is checked before")]
            let rate = if (1.0..4e9).contains(&rate) { rate as u32 } else { 0 };
            sample_rate = rate;
            channels = u16::try_from(fields.u32()?).ok()?;
            fields.take(20)?;
        }
        _ => {}
    }
    let inside = fields.rest();
    // QuickTime wraps the box into `wave`.
    let esds = find(inside, b"esds").or_else(|| find(find(inside, b"wave")?, b"esds"));
    let stream = esds.and_then(elementary_stream);
    let object_type = stream.as_ref().map(|stream| stream.object_type);
    let codec_string = match (&fourcc, &stream) {
        (b"mp4a", Some(stream)) => codec_string::mpeg4_audio(stream.object_type, stream.specific),
        _ => codec_string::fourcc(fourcc),
    };
    let codec = stream.filter(|stream| fourcc == *b"mp4a" && stream.object_type == 0x40).and_then(|stream| {
        let config = AudioSpecificConfig::parse(stream.specific).filter(|config| !config.short_frames)?;
        channels = config.channels.unwrap_or(channels);
        sample_rate = config.sample_rate;
        Some(CodecConfig::Aac { asc: Bytes::copy_from_slice(stream.specific), channels, sample_rate })
    });
    Some(SampleEntry {
        fourcc,
        codec,
        codec_string,
        resolution: Resolution { width: 0, height: 0 },
        pixel_aspect: None,
        channels,
        sample_rate,
        object_type,
    })
}

struct ElementaryStream<'a> {
    object_type: u8,
    /// DecoderSpecificInfo; may be empty.
    specific: &'a [u8],
}

/// Reads the contents of `esds` (ISO/IEC 14496-1 §7.2.6.5).
fn elementary_stream(esds: &[u8]) -> Option<ElementaryStream<'_>> {
    let (_, _, mut fields) = Fields::full(esds)?;
    let mut stream = Fields::new(descriptor(&mut fields, 3)?);
    stream.u16()?;
    let flags = stream.u8()?;
    if flags & 0x80 != 0 {
        stream.u16()?;
    }
    if flags & 0x40 != 0 {
        let length = stream.u8()?;
        stream.take(usize::from(length))?;
    }
    if flags & 0x20 != 0 {
        stream.u16()?;
    }
    let mut config = Fields::new(descriptor(&mut stream, 4)?);
    let object_type = config.u8()?;
    config.take(12)?;
    let specific = descriptor(&mut config, 5).unwrap_or_default();
    Some(ElementaryStream { object_type, specific })
}

/// Takes a descriptor with tag `tag` (ISO/IEC 14496-1 §8.3.3: a length of up to four bytes of seven bits).
fn descriptor<'a>(fields: &mut Fields<'a>, tag: u8) -> Option<&'a [u8]> {
    if fields.u8()? != tag {
        return None;
    }
    let mut length = 0usize;
    for _ in 0..4 {
        let byte = fields.u8()?;
        length = length << 7 | usize::from(byte & 0x7f);
        if byte & 0x80 == 0 {
            break;
        }
    }
    // Some writers give a length that reaches beyond the box; what is there is what counts.
    fields.take(length.min(fields.rest().len()))
}
