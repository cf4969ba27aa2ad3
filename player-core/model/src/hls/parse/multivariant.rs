//! Reads the lines of a multivariant playlist.

use hls_m3u8::types::{Channels, Codecs, MediaType, Resolution as PixelSize, UFloat};

use super::super::attributes::Attributes;
use super::super::{AudioRendition, FrameRate, MultivariantPlaylist, VariantStream};
use super::{Line, Lines, ParseError, WarningKind, Warnings};
use crate::{BitsPerSecond, CodecString, Resolution};

const STREAM_INF: &str = "EXT-X-STREAM-INF";
const MEDIA: &str = "EXT-X-MEDIA";

pub(super) fn read(lines: Lines<'_>, notes: &mut Warnings<'_>) -> Result<MultivariantPlaylist, ParseError> {
    let mut playlist = MultivariantPlaylist { version: 1, ..MultivariantPlaylist::default() };
    let mut announced: Option<(usize, Option<VariantStream>)> = None;
    for (number, line) in lines {
        match line {
            Line::Tag("#EXT-X-STREAM-INF", value) => {
                if let Some((number, _)) = announced.replace((number, variant(number, value, notes))) {
                    notes.add(number, WarningKind::Unpaired);
                }
            }
            Line::Tag("#EXT-X-MEDIA", value) => playlist.audio.extend(audio(number, value, notes)),
            Line::Tag("#EXT-X-VERSION", value) => {
                let version = notes.keep(number, value.parse().ok(), WarningKind::BadTag("EXT-X-VERSION"));
                playlist.version = version.unwrap_or(1);
            }
            Line::Tag("#EXT-X-INDEPENDENT-SEGMENTS", _) => playlist.independent_segments = true,
            // Known, and of no use to us so far: I-frame playlists, session data, a start offset.
            Line::Tag("#EXT-X-I-FRAME-STREAM-INF" | "#EXT-X-SESSION-DATA" | "#EXT-X-START" | "#EXTM3U", _) => {}
            Line::Tag("#EXT-X-SESSION-KEY", _) => return Err(ParseError::Encrypted { line: number }),
            Line::Tag(name, _) => notes.unknown(number, name),
            Line::Uri(uri) => match announced.take() {
                Some((_, Some(variant))) => {
                    let uri = notes.uri(number, uri);
                    playlist.variants.extend(uri.map(|uri| VariantStream { uri, ..variant }));
                }
                Some((_, None)) => {}
                None => notes.add(number, WarningKind::Unpaired),
            },
        }
    }
    if let Some((number, _)) = announced {
        notes.add(number, WarningKind::Unpaired);
    }
    if playlist.variants.is_empty() { Err(ParseError::Empty) } else { Ok(playlist) }
}

/// A variant stream without its address; `None` (with a warning) if it says no bandwidth.
fn variant(number: usize, list: &str, notes: &mut Warnings<'_>) -> Option<VariantStream> {
    let (attributes, complete) = Attributes::read(list);
    if !complete {
        notes.add(number, WarningKind::BadTag(STREAM_INF));
    }
    let bad = |name| WarningKind::BadAttribute(STREAM_INF, name);
    let mut optional = |name, value: Option<Option<u64>>| value.and_then(|read| notes.keep(number, read, bad(name)));
    let average = optional("AVERAGE-BANDWIDTH", attributes.get("AVERAGE-BANDWIDTH").map(|text| text.parse().ok()));
    // A playlist that only gives the average is out there; it is better than refusing to play.
    let bandwidth = attributes.get("BANDWIDTH").and_then(|text| text.parse().ok()).or(average);
    let bandwidth = notes.keep(number, bandwidth, bad("BANDWIDTH"))?;
    let resolution = attributes.get("RESOLUTION").and_then(|text| notes.keep(number, size(text), bad("RESOLUTION")));
    let frame_rate =
        attributes.get("FRAME-RATE").and_then(|text| notes.keep(number, frame_rate(text), bad("FRAME-RATE")));
    Some(VariantStream {
        uri: String::new(),
        bandwidth: BitsPerSecond::new(bandwidth),
        average_bandwidth: average.map(BitsPerSecond::new),
        codecs: attributes.get("CODECS").map(codecs).unwrap_or_default(),
        resolution,
        frame_rate,
        audio_group: attributes.get("AUDIO").map(str::to_owned),
    })
}

/// An audio rendition; `None` for other types, and (with a warning) if it cannot be used.
fn audio(number: usize, list: &str, notes: &mut Warnings<'_>) -> Option<AudioRendition> {
    let (attributes, complete) = Attributes::read(list);
    if !complete {
        notes.add(number, WarningKind::BadTag(MEDIA));
    }
    let bad = |name| WarningKind::BadAttribute(MEDIA, name);
    let media_type: Option<MediaType> = attributes.get("TYPE").and_then(|text| text.parse().ok());
    if notes.keep(number, media_type, bad("TYPE"))? != MediaType::Audio {
        return None;
    }
    let group = notes.keep(number, attributes.get("GROUP-ID"), bad("GROUP-ID"))?.to_owned();
    let uri = match attributes.get("URI") {
        Some(uri) => Some(notes.uri(number, uri)?),
        None => None,
    };
    let channels = attributes.get("CHANNELS").and_then(|text| {
        // The first entry is the count; what else there may be (RFC 8216 bis) need not be understood.
        let count = text.split('/').next().unwrap_or_default().parse::<Channels>().ok();
        notes.keep(number, count.and_then(|count| u32::try_from(count.number()).ok()), bad("CHANNELS"))
    });
    let is_default = attributes.get("DEFAULT") == Some("YES");
    Some(AudioRendition {
        name: attributes.get("NAME").unwrap_or(&group).to_owned(),
        group,
        language: attributes.get("LANGUAGE").map(str::to_owned),
        uri,
        is_default,
        autoselect: is_default || attributes.get("AUTOSELECT") == Some("YES"),
        channels,
    })
}

fn codecs(text: &str) -> Vec<CodecString> {
    let list = Codecs::try_from(text).unwrap_or_default();
    list.iter().map(|entry| entry.trim()).filter(|entry| !entry.is_empty()).map(CodecString::new).collect()
}

fn size(text: &str) -> Option<Resolution> {
    let size: PixelSize = text.parse().ok()?;
    let side = |pixels: usize| u32::try_from(pixels).ok().filter(|&pixels| pixels > 0);
    Some(Resolution { width: side(size.width())?, height: side(size.height())? })
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "the range is checked")]
fn frame_rate(text: &str) -> Option<FrameRate> {
    let thousandths = (f64::from(text.parse::<UFloat>().ok()?.as_f32()) * 1e3).round();
    (thousandths < 1e6).then(|| FrameRate::from_thousandths(thousandths as u32))
}
