//! Reads the lines of a multivariant playlist.

use hls_m3u8::types::{Channels, Codecs, Resolution as PixelSize, UFloat};

use super::super::attributes::Attributes;
use super::super::{
    AllowedCpc, ClosedCaptions, ContentSteering, FrameRate, HdcpLevel, MultivariantPlaylist, Rendition, Score,
    SessionContent, SessionData, SupplementalCodec, VariantStream, VideoRange,
};
use super::shared::{attributes, define, is_clear, key, optional, start, version, whole};
use super::{Line, Lines, Notes, ParseError, WarningKind};
use crate::{BitsPerSecond, CodecString, Resolution};

const STREAM_INF: &str = "EXT-X-STREAM-INF";
const I_FRAME_STREAM_INF: &str = "EXT-X-I-FRAME-STREAM-INF";
const MEDIA: &str = "EXT-X-MEDIA";

pub(super) fn read(lines: Lines<'_>, notes: &mut Notes<'_>) -> Result<MultivariantPlaylist, ParseError> {
    let mut playlist = MultivariantPlaylist { version: 1, ..MultivariantPlaylist::default() };
    let mut announced: Option<(usize, VariantStream, bool)> = None;
    let mut silent = Vec::new();
    for (number, line) in lines {
        match line {
            Line::Tag("#EXT-X-STREAM-INF", value) => {
                let (variant, is_silent) = variant(number, STREAM_INF, value, notes);
                // The address that follows belongs to the last one.
                if let Some((number, ..)) = announced.replace((number, variant, is_silent)) {
                    notes.add(number, WarningKind::Unpaired);
                }
            }
            Line::Tag(name, value) => tag(&mut playlist, (number, name, value), notes),
            Line::Uri(uri) => match announced.take() {
                Some((_, variant, is_silent)) => {
                    let uri = notes.uri(number, uri);
                    let list = if is_silent { &mut silent } else { &mut playlist.variants };
                    list.extend(uri.map(|uri| VariantStream { uri, ..variant }));
                }
                None => notes.add(number, WarningKind::Unpaired),
            },
        }
    }
    if let Some((number, ..)) = announced {
        notes.add(number, WarningKind::Unpaired);
    }
    // A variant stream that does not say how much it needs is played only if none does.
    if playlist.variants.is_empty() {
        playlist.variants = silent;
    }
    if playlist.variants.is_empty() { Err(ParseError::Empty) } else { Ok(playlist) }
}

fn tag(playlist: &mut MultivariantPlaylist, (line, name, value): (usize, &str, &str), notes: &mut Notes<'_>) {
    match name {
        "#EXT-X-MEDIA" => {
            let kind = Attributes::read(value).0.get("TYPE").unwrap_or_default();
            let list = match kind.to_ascii_uppercase().as_str() {
                "AUDIO" => &mut playlist.audio,
                "VIDEO" => &mut playlist.video,
                "SUBTITLES" => &mut playlist.subtitles,
                "CLOSED-CAPTIONS" => &mut playlist.closed_captions,
                _ => return notes.add(line, WarningKind::BadAttribute(MEDIA, "TYPE")),
            };
            if kind.contains(|letter: char| letter.is_ascii_lowercase()) {
                notes.add(line, WarningKind::BadAttribute(MEDIA, "TYPE"));
            }
            list.extend(rendition(line, value, notes));
        }
        "#EXT-X-I-FRAME-STREAM-INF" => {
            let (variant, _) = variant(line, I_FRAME_STREAM_INF, value, notes);
            let uri = Attributes::read(value).0.get("URI");
            let uri = notes.keep(line, uri, WarningKind::BadAttribute(I_FRAME_STREAM_INF, "URI"));
            let uri = uri.and_then(|uri| notes.uri(line, uri));
            playlist.i_frames.extend(uri.map(|uri| VariantStream { uri, ..variant }));
        }
        "#EXT-X-VERSION" => playlist.version = version(line, value, notes),
        "#EXT-X-INDEPENDENT-SEGMENTS" => playlist.independent_segments = true,
        "#EXT-X-START" => playlist.start = start(line, value, notes),
        "#EXT-X-DEFINE" => playlist.definitions.extend(define(line, value, notes)),
        "#EXT-X-SESSION-DATA" => playlist.session_data.extend(session_data(line, value, notes)),
        "#EXT-X-SESSION-KEY" if is_clear(value) => notes.add(line, WarningKind::BadTag("EXT-X-SESSION-KEY")),
        "#EXT-X-SESSION-KEY" => {
            notes.encrypted.get_or_insert(line);
            playlist.session_keys.extend(key(line, "EXT-X-SESSION-KEY", value, notes));
        }
        "#EXT-X-CONTENT-STEERING" => playlist.steering = steering(line, value, notes),
        "#EXTM3U" => {}
        _ => notes.unknown(line, name),
    }
}

/// A variant stream without its address, and whether it does not say how much it needs: then its bandwidth is zero, with a
/// warning.
fn variant(line: usize, tag: &'static str, list: &str, notes: &mut Notes<'_>) -> (VariantStream, bool) {
    let attributes = attributes(line, tag, list, notes);
    let average = optional(line, (tag, "AVERAGE-BANDWIDTH"), &attributes, notes, rate);
    // A playlist that only gives the average is out there; it is better than refusing to play.
    let bandwidth = attributes.get("BANDWIDTH").and_then(rate).or(average);
    let bandwidth = notes.keep(line, bandwidth, WarningKind::BadAttribute(tag, "BANDWIDTH"));
    let captions = attributes.raw("CLOSED-CAPTIONS").map(|raw| match raw {
        "NONE" => ClosedCaptions::None,
        _ => ClosedCaptions::Group(attributes.get("CLOSED-CAPTIONS").unwrap_or_default().to_owned()),
    });
    let variant = VariantStream {
        uri: String::new(),
        bandwidth: BitsPerSecond::new(bandwidth.unwrap_or_default()),
        average_bandwidth: average.map(BitsPerSecond::new),
        codecs: notes.text(line, attributes.get("CODECS")).map(|text| codecs(&text)).unwrap_or_default(),
        resolution: optional(line, (tag, "RESOLUTION"), &attributes, notes, size),
        frame_rate: optional(line, (tag, "FRAME-RATE"), &attributes, notes, frame_rate),
        audio_group: notes.text(line, attributes.get("AUDIO")),
        video_group: notes.text(line, attributes.get("VIDEO")),
        subtitle_group: notes.text(line, attributes.get("SUBTITLES")),
        closed_captions: captions,
        hdcp_level: attributes.get("HDCP-LEVEL").map(HdcpLevel::new),
        score: optional(line, (tag, "SCORE"), &attributes, notes, score),
        supplemental_codecs: optional(line, (tag, "SUPPLEMENTAL-CODECS"), &attributes, notes, supplemental)
            .unwrap_or_default(),
        video_range: attributes.get("VIDEO-RANGE").map(VideoRange::new),
        required_layout: notes.text(line, attributes.get("REQ-VIDEO-LAYOUT")),
        allowed_cpc: optional(line, (tag, "ALLOWED-CPC"), &attributes, notes, allowed_cpc).unwrap_or_default(),
        pathway: notes.text(line, attributes.get("PATHWAY-ID")),
        stable_id: notes.text(line, attributes.get("STABLE-VARIANT-ID")),
        name: notes.text(line, attributes.get("NAME")),
    };
    (variant, bandwidth.is_none())
}

/// A rendition of any type; `None` (with a warning) if it cannot be used.
fn rendition(line: usize, list: &str, notes: &mut Notes<'_>) -> Option<Rendition> {
    let attributes = attributes(line, MEDIA, list, notes);
    let bad = |name| WarningKind::BadAttribute(MEDIA, name);
    let group = notes.keep(line, attributes.get("GROUP-ID"), bad("GROUP-ID"))?;
    let group = notes.expand(line, group).into_owned();
    let uri = match attributes.get("URI") {
        Some(uri) => Some(notes.uri(line, uri)?),
        None => None,
    };
    let channels = attributes.get("CHANNELS").map(|text| text.split_once('/').unwrap_or((text, "")));
    let count = channels.and_then(|(count, _)| {
        let count = count.parse::<Channels>().ok().and_then(|count| u32::try_from(count.number()).ok());
        notes.keep(line, count, bad("CHANNELS"))
    });
    let is_default = attributes.says_yes("DEFAULT");
    let list = |text: String| text.split(',').map(|one| one.trim().to_owned()).filter(|one| !one.is_empty()).collect();
    Some(Rendition {
        name: notes.text(line, attributes.get("NAME")).unwrap_or_else(|| group.clone()),
        group,
        language: notes.text(line, attributes.get("LANGUAGE")),
        uri,
        is_default,
        autoselect: is_default || attributes.says_yes("AUTOSELECT"),
        channels: count,
        channel_details: channels.map(|(_, rest)| rest).filter(|rest| !rest.is_empty()).map(str::to_owned),
        assoc_language: notes.text(line, attributes.get("ASSOC-LANGUAGE")),
        forced: attributes.says_yes("FORCED"),
        instream_id: notes.text(line, attributes.get("INSTREAM-ID")),
        characteristics: notes.text(line, attributes.get("CHARACTERISTICS")).map(list).unwrap_or_default(),
        bit_depth: optional(line, (MEDIA, "BIT-DEPTH"), &attributes, notes, whole),
        sample_rate_hz: optional(line, (MEDIA, "SAMPLE-RATE"), &attributes, notes, whole),
        stable_id: notes.text(line, attributes.get("STABLE-RENDITION-ID")),
        pathway: notes.text(line, attributes.get("PATHWAY-ID")),
    })
}

fn session_data(line: usize, list: &str, notes: &mut Notes<'_>) -> Option<SessionData> {
    const TAG: &str = "EXT-X-SESSION-DATA";
    let attributes = attributes(line, TAG, list, notes);
    let id = notes.keep(line, attributes.get("DATA-ID"), WarningKind::BadAttribute(TAG, "DATA-ID"))?;
    let content = if let Some(value) = notes.text(line, attributes.get("VALUE")) {
        SessionContent::Value(value)
    } else {
        let uri = notes.keep(line, attributes.get("URI"), WarningKind::BadAttribute(TAG, "VALUE"))?;
        let uri = notes.uri(line, uri)?;
        if attributes.get("FORMAT") == Some("RAW") { SessionContent::Raw(uri) } else { SessionContent::Json(uri) }
    };
    let language = notes.text(line, attributes.get("LANGUAGE"));
    Some(SessionData { id: notes.expand(line, id).into_owned(), content, language })
}

fn steering(line: usize, list: &str, notes: &mut Notes<'_>) -> Option<ContentSteering> {
    const TAG: &str = "EXT-X-CONTENT-STEERING";
    let attributes = attributes(line, TAG, list, notes);
    let uri = notes.keep(line, attributes.get("SERVER-URI"), WarningKind::BadAttribute(TAG, "SERVER-URI"))?;
    Some(ContentSteering { server_uri: notes.uri(line, uri)?, pathway: notes.text(line, attributes.get("PATHWAY-ID")) })
}

/// A whole number by the rules; some packagers write decimals.
fn rate(text: &str) -> Option<u64> {
    whole(text).or_else(|| whole(text.split_once('.')?.0))
}

fn codecs(text: &str) -> Vec<CodecString> {
    let list = Codecs::try_from(text).unwrap_or_default();
    list.iter().map(|entry| entry.trim()).filter(|entry| !entry.is_empty()).map(CodecString::new).collect()
}

/// `codec/brand/brand,codec/brand` (rfc8216bis §4.4.6.2).
fn supplemental(text: &str) -> Option<Vec<SupplementalCodec>> {
    let entry = |entry: &str| {
        let mut parts = entry.trim().split('/');
        let codec = parts.next().filter(|codec| !codec.is_empty())?;
        Some(SupplementalCodec { codec: CodecString::new(codec), brands: parts.map(str::to_owned).collect() })
    };
    text.split(',').map(entry).collect()
}

/// `format:label/label,format:label` (rfc8216bis §4.4.6.2); a format may have colons itself.
fn allowed_cpc(text: &str) -> Option<Vec<AllowedCpc>> {
    let entry = |entry: &str| {
        let (format, labels) = entry.trim().rsplit_once(':')?;
        let labels = labels.split('/').filter(|label| !label.is_empty()).map(str::to_owned);
        Some(AllowedCpc { key_format: format.to_owned(), configurations: labels.collect() })
    };
    text.split(',').map(entry).collect()
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

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "the range is checked")]
fn score(text: &str) -> Option<Score> {
    let millionths = (text.parse::<f64>().ok()? * 1e6).round();
    (0.0..1e15).contains(&millionths).then(|| Score::from_millionths(millionths as u64))
}
