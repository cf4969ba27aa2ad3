//! The playlists of a presentation, written by `media_model::hls`. Pure.

use std::sync::Arc;

use media_model::hls::{
    FrameRate, InitSection, MediaPlaylist, MultivariantPlaylist, PlaylistKind, Rendition, Segment, ServerControl, Skip,
    VariantStream, write_media, write_multivariant,
};
use media_model::{BitsPerSecond, CodecString, MediaDuration};

use super::{Extent, INIT, Media, Moment, PLAYLIST, Presentation, Role, Stream};
use crate::calendar;

/// `EXT-X-VERSION`: init sections for fragmented MP4 (RFC 8216 §7).
const VERSION: u16 = 7;
/// `EXT-X-VERSION` with delta updates (rfc8216bis §8).
const SKIP_VERSION: u16 = 9;
/// Six target durations at the end of a playlist are never left out, which is as few as may be.
const SKIP_BOUNDARY: u64 = 6;
const AUDIO_GROUP: &str = "audio";
const SUBTITLES_GROUP: &str = "subtitles";

/// The multivariant playlist.
pub(super) fn multivariant(presentation: &Presentation) -> String {
    let mut audio = Vec::new();
    let (mut audio_peak, mut audio_average) = (BitsPerSecond::new(0), BitsPerSecond::new(0));
    let mut audio_codecs: Vec<CodecString> = Vec::new();
    for stream in &presentation.streams {
        let Role::Audio { language, codec, channels } = &stream.role else { continue };
        let (peak, average) = presentation.rates(stream);
        (audio_peak, audio_average) = (audio_peak.max(peak), audio_average.max(average));
        if !audio_codecs.contains(codec) {
            audio_codecs.push(codec.clone());
        }
        audio.push(Rendition {
            group: AUDIO_GROUP.to_owned(),
            name: unlike(&audio, language_name(language)),
            language: Some(language.clone()).filter(|language| language != "und"),
            uri: Some(format!("{}/{PLAYLIST}", stream.folder)),
            is_default: audio.is_empty(),
            autoselect: true,
            channels: Some(u32::from(*channels)),
            ..Rendition::default()
        });
    }
    let variants = presentation.streams.iter().filter_map(|stream| {
        let Role::Video { size, codec, frames_per_1000_s } = &stream.role else { return None };
        let (peak, average) = presentation.rates(stream);
        Some(VariantStream {
            uri: format!("{}/{PLAYLIST}", stream.folder),
            bandwidth: BitsPerSecond::new(peak.get() + audio_peak.get()),
            average_bandwidth: Some(BitsPerSecond::new(average.get() + audio_average.get())),
            codecs: std::iter::once(codec).chain(&audio_codecs).cloned().collect(),
            resolution: *size,
            frame_rate: frames_per_1000_s.map(FrameRate::from_thousandths),
            audio_group: (!audio.is_empty()).then(|| AUDIO_GROUP.to_owned()),
            ..VariantStream::default()
        })
    });
    let mut variants: Vec<VariantStream> = variants.collect();
    if variants.is_empty() {
        // Sound alone: its first rendition is the variant.
        variants.extend(audio.first().map(|rendition| VariantStream {
            uri: rendition.uri.clone().unwrap_or_default(),
            bandwidth: audio_peak,
            average_bandwidth: Some(audio_average),
            codecs: audio_codecs.clone(),
            audio_group: (audio.len() > 1).then(|| AUDIO_GROUP.to_owned()),
            ..VariantStream::default()
        }));
        if audio.len() == 1 {
            audio.clear();
        }
    }
    let subtitles = subtitles(presentation);
    if !subtitles.is_empty() {
        variants.iter_mut().for_each(|variant| variant.subtitle_group = Some(SUBTITLES_GROUP.to_owned()));
    }
    let playlist = MultivariantPlaylist {
        version: VERSION,
        independent_segments: true,
        variants,
        audio,
        subtitles,
        ..MultivariantPlaylist::default()
    };
    write_multivariant(&playlist)
}

fn subtitles(presentation: &Presentation) -> Vec<Rendition> {
    let rendition = |stream: &Stream| match &stream.role {
        Role::Subtitles { language } => Some(Rendition {
            group: SUBTITLES_GROUP.to_owned(),
            name: language_name(language),
            language: Some(language.clone()),
            uri: Some(format!("{}/{PLAYLIST}", stream.folder)),
            autoselect: true,
            ..Rendition::default()
        }),
        Role::Video { .. } | Role::Audio { .. } => None,
    };
    presentation.streams.iter().filter_map(rendition).collect()
}

/// The media playlist of one stream at this moment.
pub(super) fn media(presentation: &Presentation, stream: &Stream, extent: Extent, moment: Moment) -> String {
    let window = presentation.window(stream, moment);
    let has_init = !matches!(stream.media, Media::Words);
    let init = has_init.then(|| Arc::new(InitSection { uri: INIT.to_owned(), ..InitSection::default() }));
    let live = presentation.live.is_some();
    let first = window.start;
    let date = |number: u64| {
        // The first window is in the past when the origin starts.
        let ahead = presentation.live.map_or(MediaDuration::ZERO, |window| stream.grid.start(window));
        let at = i64::try_from(stream.grid.start(number).as_micros() / 1_000).unwrap_or(i64::MAX);
        let ahead = i64::try_from(ahead.as_micros() / 1_000).unwrap_or(i64::MAX);
        calendar::iso(moment.start_ms.saturating_add(at).saturating_sub(ahead))
    };
    let segment = |number: u64| {
        Arc::new(Segment {
            uri: format!("{number}.{}", stream.extension()),
            duration: stream.grid.length(number),
            init: init.clone(),
            program_date_time: (live && (number == first || presentation.delta_updates)).then(|| date(number)),
            ..Segment::default()
        })
    };
    // One for all streams (RFC 8216 §6.2.4), rounded up so that it holds however a player rounds EXTINF.
    let longest = presentation.streams.iter().map(|stream| stream.grid.longest()).max().unwrap_or(MediaDuration::ZERO);
    // No segment is longer, so this many at least are within the boundary (rfc8216bis §4.4.3.8).
    let boundary = MediaDuration::from_micros(longest.as_micros() * SKIP_BOUNDARY);
    let skipped = match extent {
        Extent::Update if presentation.delta_updates => {
            let edge = stream.grid.start(window.end);
            window.clone().take_while(|&number| stream.grid.start(number + 1) + boundary < edge).count()
        }
        Extent::Update | Extent::Whole => 0,
    };
    let control = ServerControl { can_skip_until: Some(boundary), ..ServerControl::default() };
    write_media(&MediaPlaylist {
        server_control: presentation.delta_updates.then_some(control),
        skip: (skipped > 0).then_some(Skip { segments: skipped as u64, removed_date_ranges: None }),
        version: if presentation.delta_updates { SKIP_VERSION } else { VERSION },
        // A packet of sound more than the grid asks for is a rounding, not a longer segment.
        target_duration: longest.saturating_sub(MediaDuration::from_millis(40)),
        media_sequence: window.start,
        discontinuity_sequence: 0,
        kind: (!live).then_some(PlaylistKind::Vod),
        independent_segments: true,
        ended: !live,
        segments: window.skip(skipped).map(segment).collect(),
        ..MediaPlaylist::default()
    })
}

/// What people call a language; its tag where we know no name.
fn language_name(tag: &str) -> String {
    const NAMES: [(&str, &str); 10] = [
        ("en", "English"),
        ("de", "Deutsch"),
        ("fr", "Français"),
        ("es", "Español"),
        ("it", "Italiano"),
        ("ja", "日本語"),
        ("ar", "العربية"),
        ("pt", "Português"),
        ("und", "Sound"),
        ("eng", "English"),
    ];
    let known = NAMES.iter().find(|(known, _)| *known == tag);
    known.map_or_else(|| tag.to_owned(), |(_, name)| (*name).to_owned())
}

/// A name that no other rendition of the group has (RFC 8216 §4.3.4.1.1).
fn unlike(others: &[Rendition], name: String) -> String {
    if others.iter().any(|other| other.name == name) { format!("{name} ({})", others.len() + 1) } else { name }
}
