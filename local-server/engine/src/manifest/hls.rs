//! HLS playlists (RFC 8216) of an offer, written by `media_model::hls`.
//!
//! Addresses are relative: the multivariant playlist stands beside the folders of the streams, each media playlist in
//! the folder of its stream.

use std::sync::Arc;

use isolang::Language;
use media_model::hls::{
    InitSection, MediaPlaylist, MultivariantPlaylist, PlaylistKind, Rendition, Segment, VariantStream, write_media,
    write_multivariant,
};
use media_model::{BitsPerSecond, CodecString};

use super::{AudioOffer, Offer, Variant, segment_lengths};
use crate::facts::MediaFacts;
use crate::grid::target_duration;
use crate::stream_name::StreamName;

/// `EXT-X-VERSION`: init sections for fragmented MP4 (RFC 8216 §7).
const VERSION: u16 = 7;

/// `GROUP-ID` of the audio renditions.
const GROUP: &str = "audio";

/// The multivariant playlist of an offer; `None` if nothing is offered.
pub fn multivariant_playlist(offer: &Offer) -> Option<String> {
    let loudest = |rate: fn(&AudioOffer) -> BitsPerSecond| {
        offer.audio.iter().map(rate).max().unwrap_or(BitsPerSecond::new(0)).get()
    };
    let (audio_peak, audio_average) = (loudest(|audio| audio.peak), loudest(|audio| audio.average));
    let mut audio_codecs: Vec<CodecString> = Vec::new();
    for audio in &offer.audio {
        if !audio_codecs.contains(&audio.codec) {
            audio_codecs.push(audio.codec.clone());
        }
    }
    let with_pictures = |variant: &Variant| VariantStream {
        uri: playlist_uri(&variant.stream),
        bandwidth: BitsPerSecond::new(variant.peak.get() + audio_peak),
        average_bandwidth: Some(BitsPerSecond::new(variant.average.get() + audio_average)),
        codecs: std::iter::once(variant.codec.clone()).chain(audio_codecs.iter().cloned()).collect(),
        resolution: Some(variant.resolution),
        frame_rate: variant.frame_rate,
        audio_group: (!offer.audio.is_empty()).then(|| GROUP.to_owned()),
        ..VariantStream::default()
    };
    let mut variants: Vec<VariantStream> = offer.variants.iter().map(with_pictures).collect();
    let mut renditions: Vec<Rendition> = offer.audio.iter().map(rendition).collect();
    if variants.is_empty() {
        // Sound alone: the default stream is the variant, and a group is needed only to choose from.
        let default = offer.audio.iter().find(|audio| audio.default).or(offer.audio.first())?;
        variants.push(VariantStream {
            uri: playlist_uri(&default.stream),
            bandwidth: BitsPerSecond::new(audio_peak),
            average_bandwidth: Some(BitsPerSecond::new(audio_average)),
            codecs: audio_codecs,
            audio_group: (renditions.len() > 1).then(|| GROUP.to_owned()),
            ..VariantStream::default()
        });
        if renditions.len() == 1 {
            renditions.clear();
        }
    }
    Some(write_multivariant(&MultivariantPlaylist {
        version: VERSION,
        independent_segments: true,
        variants,
        audio: renditions,
        ..MultivariantPlaylist::default()
    }))
}

/// The media playlist of one stream of a source; `None` if it has no such stream.
pub fn media_playlist(facts: &MediaFacts, stream: &StreamName) -> Option<String> {
    let lengths = segment_lengths(facts, stream)?;
    let init = Arc::new(InitSection { uri: "init.mp4".to_owned(), ..InitSection::default() });
    let segment = |(number, duration)| {
        let (uri, init) = (format!("{number}.m4s"), Some(Arc::clone(&init)));
        Arc::new(Segment { uri, duration, init, ..Segment::default() })
    };
    Some(write_media(&MediaPlaylist {
        version: VERSION,
        target_duration: target_duration(facts),
        kind: Some(PlaylistKind::Vod),
        independent_segments: true,
        ended: true,
        segments: lengths.into_iter().enumerate().map(segment).collect(),
        ..MediaPlaylist::default()
    }))
}

/// The language that a file's tag means, in any form that files use; `None` for `und` and nonsense.
pub(super) fn language(tag: &str) -> Option<Language> {
    let primary = tag.split(['-', '_']).next()?.to_ascii_lowercase();
    let language = match primary.len() {
        2 => Language::from_639_1(&primary),
        3 => Language::from_639_3(&primary).or_else(|| Language::from_639_3(terminological(&primary)?)),
        _ => None,
    }?;
    (!matches!(language.to_639_3(), "und" | "zxx" | "mul" | "mis")).then_some(language)
}

/// ISO 639-2 has two codes for some languages; Matroska uses the bibliographic one, ISO 639-3 the other.
fn terminological(bibliographic: &str) -> Option<&'static str> {
    const TWO: [(&str, &str); 20] = [
        ("alb", "sqi"),
        ("arm", "hye"),
        ("baq", "eus"),
        ("bur", "mya"),
        ("chi", "zho"),
        ("cze", "ces"),
        ("dut", "nld"),
        ("fre", "fra"),
        ("geo", "kat"),
        ("ger", "deu"),
        ("gre", "ell"),
        ("ice", "isl"),
        ("mac", "mkd"),
        ("mao", "mri"),
        ("may", "msa"),
        ("per", "fas"),
        ("rum", "ron"),
        ("slo", "slk"),
        ("tib", "bod"),
        ("wel", "cym"),
    ];
    TWO.iter().find(|(known, _)| *known == bibliographic).map(|(_, other)| *other)
}

fn playlist_uri(stream: &StreamName) -> String {
    format!("{stream}/playlist.m3u8")
}

fn rendition(audio: &AudioOffer) -> Rendition {
    Rendition {
        group: GROUP.to_owned(),
        name: audio.name.clone(),
        language: audio.language.clone(),
        uri: Some(playlist_uri(&audio.stream)),
        is_default: audio.default,
        autoselect: true,
        channels: Some(u32::from(audio.channels)),
        ..Rendition::default()
    }
}
