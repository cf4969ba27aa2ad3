//! Writes multivariant playlists.

use hls_m3u8::tags::ExtXMedia;
use hls_m3u8::types::{Channels, Codecs, MediaType, StreamData};

use super::{List, Text, address, clean, key, word};
use crate::hls::{
    ClosedCaptions, FrameRate, MultivariantPlaylist, Rendition, SessionContent, SessionData, VariantStream,
};

/// Writes a multivariant playlist, lines ended by `\n`.
pub fn write_multivariant(playlist: &MultivariantPlaylist) -> String {
    let mut text = Text::begin(playlist.version, playlist.independent_segments);
    text.shared(&playlist.definitions, playlist.start);
    if let Some(steering) = &playlist.steering {
        let list = List::default().uri("SERVER-URI", Some(&steering.server_uri));
        text.line(format_args!("#EXT-X-CONTENT-STEERING:{}", list.quoted("PATHWAY-ID", steering.pathway.as_ref())));
    }
    for data in &playlist.session_data {
        text.line(format_args!("#EXT-X-SESSION-DATA:{}", session_data(data)));
    }
    for one in &playlist.session_keys {
        text.line(format_args!("#EXT-X-SESSION-KEY:{}", key(one)));
    }
    let renditions = [
        (MediaType::Audio, &playlist.audio),
        (MediaType::Video, &playlist.video),
        (MediaType::Subtitles, &playlist.subtitles),
        (MediaType::ClosedCaptions, &playlist.closed_captions),
    ];
    for (kind, renditions) in renditions {
        renditions.iter().for_each(|rendition| media_tag(&mut text, kind, rendition));
    }
    for variant in &playlist.variants {
        text.line(format_args!("#EXT-X-STREAM-INF:{}", stream_data(variant)));
        text.line(address(&variant.uri));
    }
    for variant in &playlist.i_frames {
        let list = stream_data(variant).uri("URI", Some(&variant.uri));
        text.line(format_args!("#EXT-X-I-FRAME-STREAM-INF:{list}"));
    }
    text.0
}

fn media_tag(text: &mut Text, kind: MediaType, rendition: &Rendition) {
    let mut tag = ExtXMedia::new(kind, clean(&rendition.group), clean(&rendition.name));
    tag.set_uri(rendition.uri.as_deref().map(address));
    tag.set_language(rendition.language.as_deref().map(clean));
    tag.set_assoc_language(rendition.assoc_language.as_deref().map(clean));
    tag.is_default = rendition.is_default;
    // RFC 8216 §4.3.4.1: DEFAULT=YES needs AUTOSELECT=YES.
    tag.is_autoselect = rendition.autoselect || rendition.is_default;
    tag.is_forced = rendition.forced;
    let channels = rendition.channels.map(|number| Channels::new(u64::from(number)));
    let mut list = List::default();
    match (channels, &rendition.channel_details) {
        (Some(channels), Some(details)) => list = list.quoted("CHANNELS", Some(format!("{channels}/{details}"))),
        (channels, _) => tag.channels = channels,
    }
    let list = list
        .quoted("INSTREAM-ID", rendition.instream_id.as_ref())
        .joined("CHARACTERISTICS", &rendition.characteristics, ",")
        .plain("BIT-DEPTH", rendition.bit_depth)
        .plain("SAMPLE-RATE", rendition.sample_rate_hz)
        .quoted("STABLE-RENDITION-ID", rendition.stable_id.as_ref())
        .quoted("PATHWAY-ID", rendition.pathway.as_ref());
    let comma = if list.0.is_empty() { "" } else { "," };
    text.line(format_args!("{tag}{comma}{list}"));
}

/// The attributes of a variant stream: those that `hls_m3u8` covers first.
fn stream_data(variant: &VariantStream) -> List {
    let mut data = StreamData::new(variant.bandwidth.get());
    data.set_average_bandwidth(variant.average_bandwidth.map(|rate| rate.get()));
    if !variant.codecs.is_empty() {
        let entries: Vec<_> = variant.codecs.iter().map(|codec| clean(codec.as_str())).collect();
        data.set_codecs(Some(Codecs::from(entries)));
    }
    data.set_resolution(variant.resolution.map(|size| (size.width as usize, size.height as usize)));
    let frame_rate = |rate: FrameRate| format!("{}.{:03}", rate.thousandths() / 1_000, rate.thousandths() % 1_000);
    let supplemental: Vec<String> = variant
        .supplemental_codecs
        .iter()
        .map(|one| [one.codec.as_str()].into_iter().chain(one.brands.iter().map(String::as_str)).collect::<Vec<_>>())
        .map(|parts| parts.join("/"))
        .collect();
    let allowed: Vec<String> =
        variant.allowed_cpc.iter().map(|one| format!("{}:{}", one.key_format, one.configurations.join("/"))).collect();
    let list = List(data.to_string())
        .plain("FRAME-RATE", variant.frame_rate.map(frame_rate))
        .quoted("AUDIO", variant.audio_group.as_ref())
        .quoted("VIDEO", variant.video_group.as_ref())
        .quoted("SUBTITLES", variant.subtitle_group.as_ref());
    let list = match &variant.closed_captions {
        Some(ClosedCaptions::None) => list.plain("CLOSED-CAPTIONS", Some("NONE")),
        Some(ClosedCaptions::Group(group)) => list.quoted("CLOSED-CAPTIONS", Some(group)),
        None => list,
    };
    list.plain("HDCP-LEVEL", variant.hdcp_level.as_ref().map(|level| word(level.as_str())))
        .plain("SCORE", variant.score.map(|score| decimal(score.millionths())))
        .joined("SUPPLEMENTAL-CODECS", &supplemental, ",")
        .plain("VIDEO-RANGE", variant.video_range.as_ref().map(|range| word(range.as_str())))
        .quoted("REQ-VIDEO-LAYOUT", variant.required_layout.as_ref())
        .joined("ALLOWED-CPC", &allowed, ",")
        .quoted("PATHWAY-ID", variant.pathway.as_ref())
        .quoted("STABLE-VARIANT-ID", variant.stable_id.as_ref())
        .quoted("NAME", variant.name.as_ref())
}

/// Millionths as a decimal number.
fn decimal(millionths: u64) -> String {
    format!("{}.{:06}", millionths / 1_000_000, millionths % 1_000_000)
}

fn session_data(data: &SessionData) -> List {
    let list = List::default().quoted("DATA-ID", Some(&data.id));
    let list = match &data.content {
        SessionContent::Value(value) => list.quoted("VALUE", Some(value)),
        SessionContent::Json(uri) => list.uri("URI", Some(uri)),
        SessionContent::Raw(uri) => list.uri("URI", Some(uri)).plain("FORMAT", Some("RAW")),
    };
    list.quoted("LANGUAGE", data.language.as_ref())
}
