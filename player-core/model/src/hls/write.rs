//! Writes playlists, with the tags of `hls_m3u8`. Cannot fail; must not know where they are served.

use std::borrow::Cow;
use std::fmt::{Display, Write as _};
use std::sync::Arc;

use hls_m3u8::tags::{ExtXMap, ExtXMedia, ExtXProgramDateTime, VariantStream as StreamInf};
use hls_m3u8::types::{Channels, Codecs, MediaType, PlaylistType, StreamData, UFloat};

use crate::MediaDuration;

use super::{AudioRendition, ByteRange, MediaPlaylist, MultivariantPlaylist, PlaylistKind, Segment, VariantStream};

/// Writes a multivariant playlist, lines ended by `\n`.
pub fn write_multivariant(playlist: &MultivariantPlaylist) -> String {
    let mut text = Text::begin(playlist.version, playlist.independent_segments);
    for rendition in &playlist.audio {
        text.line(media_tag(rendition));
    }
    for variant in &playlist.variants {
        text.line(stream_inf(variant));
    }
    text.0
}

/// Writes a media playlist, lines ended by `\n`. `EXT-X-MAP` is written when it changes. A segment without an init section
/// must not follow one with: HLS cannot take a map back, so the earlier one would stay in force.
pub fn write_media(playlist: &MediaPlaylist) -> String {
    let mut text = Text::begin(playlist.version, playlist.independent_segments);
    text.line(format_args!("#EXT-X-TARGETDURATION:{}", playlist.target_duration.as_micros().div_ceil(1_000_000)));
    text.line(format_args!("#EXT-X-MEDIA-SEQUENCE:{}", playlist.media_sequence));
    if playlist.discontinuity_sequence != 0 {
        text.line(format_args!("#EXT-X-DISCONTINUITY-SEQUENCE:{}", playlist.discontinuity_sequence));
    }
    match playlist.kind {
        Some(PlaylistKind::Event) => text.line(PlaylistType::Event),
        Some(PlaylistKind::Vod) => text.line(PlaylistType::Vod),
        None => {}
    }
    let mut init_in_force = None;
    for segment in &playlist.segments {
        if segment.init.is_some() && segment.init != init_in_force {
            init_in_force.clone_from(&segment.init);
            text.init(segment);
        }
        text.segment(segment);
    }
    if playlist.ended {
        text.line("#EXT-X-ENDLIST");
    }
    text.0
}

struct Text(String);

impl Text {
    fn begin(version: u16, independent_segments: bool) -> Self {
        let mut text = Self(String::new());
        text.line("#EXTM3U");
        // hls_m3u8 ends at version 7; 8 to 12 exist.
        if version > 1 {
            text.line(format_args!("#EXT-X-VERSION:{version}"));
        }
        if independent_segments {
            text.line("#EXT-X-INDEPENDENT-SEGMENTS");
        }
        text
    }

    fn line(&mut self, line: impl Display) {
        writeln!(self.0, "{line}").expect("a string takes all text");
    }

    fn init(&mut self, segment: &Segment) {
        let Some(init) = segment.init.as_ref().map(Arc::as_ref) else { return };
        let map = ExtXMap::new(clean(&init.uri));
        match init.range {
            // The range of hls_m3u8 is a usize, too small in wasm for offsets over 4 GB.
            Some(range) => self.line(format_args!("{map},BYTERANGE=\"{}\"", Range(range))),
            None => self.line(map),
        }
    }

    fn segment(&mut self, segment: &Segment) {
        if segment.discontinuity {
            self.line("#EXT-X-DISCONTINUITY");
        }
        if let Some(date) = &segment.program_date_time {
            self.line(ExtXProgramDateTime::new(clean(date)));
        }
        if segment.gap {
            self.line("#EXT-X-GAP");
        }
        self.line(format_args!("#EXTINF:{},", Seconds(segment.duration)));
        if let Some(range) = segment.range {
            self.line(format_args!("#EXT-X-BYTERANGE:{}", Range(range)));
        }
        // A gap without an address still needs a line to end it.
        self.line(if segment.uri.is_empty() { Cow::Borrowed("gap") } else { clean(&segment.uri) });
    }
}

/// Exact seconds. The tag of `hls_m3u8` goes through a floating point number and writes 1.9969160000000001.
struct Seconds(MediaDuration);

impl Display for Seconds {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (whole, micros) = (self.0.as_micros() / 1_000_000, self.0.as_micros() % 1_000_000);
        if micros == 0 {
            return write!(formatter, "{whole}");
        }
        formatter.write_str(format!("{whole}.{micros:06}").trim_end_matches('0'))
    }
}

struct Range(ByteRange);

impl Display for Range {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "{}@{}", self.0.length, self.0.offset)
    }
}

fn media_tag(rendition: &AudioRendition) -> ExtXMedia<'_> {
    let mut tag = ExtXMedia::new(MediaType::Audio, clean(&rendition.group), clean(&rendition.name));
    tag.set_uri(rendition.uri.as_deref().map(clean));
    tag.set_language(rendition.language.as_deref().map(clean));
    tag.is_default = rendition.is_default;
    // RFC 8216 §4.3.4.1: DEFAULT=YES needs AUTOSELECT=YES.
    tag.is_autoselect = rendition.autoselect || rendition.is_default;
    tag.channels = rendition.channels.map(|number| Channels::new(u64::from(number)));
    tag
}

fn stream_inf(variant: &VariantStream) -> StreamInf<'_> {
    let mut stream_data = StreamData::new(variant.bandwidth.get());
    stream_data.set_average_bandwidth(variant.average_bandwidth.map(|rate| rate.get()));
    if !variant.codecs.is_empty() {
        let entries: Vec<_> = variant.codecs.iter().map(|codec| clean(codec.as_str())).collect();
        stream_data.set_codecs(Some(Codecs::from(entries)));
    }
    stream_data.set_resolution(variant.resolution.map(|size| (size.width as usize, size.height as usize)));
    StreamInf::ExtXStreamInf {
        uri: clean(&variant.uri),
        frame_rate: variant.frame_rate.and_then(|rate| UFloat::try_from(rate.per_second()).ok()),
        audio: variant.audio_group.as_deref().map(clean),
        subtitles: None,
        closed_captions: None,
        stream_data,
    }
}

/// Text without line ends, other control characters and double quotes, which no playlist can carry: names come out of
/// files that anybody may have made.
fn clean(text: &str) -> Cow<'_, str> {
    if !text.contains(|character: char| character.is_control() || character == '"') {
        return Cow::Borrowed(text);
    }
    let plain = text.chars().filter(|character| !character.is_control());
    Cow::Owned(plain.map(|character| if character == '"' { '\'' } else { character }).collect())
}
