//! Writes media playlists.

use std::borrow::Cow;
use std::sync::Arc;

use hls_m3u8::tags::{ExtXMap, ExtXProgramDateTime};
use hls_m3u8::types::PlaylistType;

use super::{List, Range, Seconds, Text, address, clean, key, word};
use crate::hls::{
    ClientValue, DateRange, HintKind, InitSection, Key, Keys, MediaPlaylist, Part, PlaylistKind, PreloadHint, Segment,
    ServerControl,
};
use crate::{BitsPerSecond, MediaDuration};

/// Writes a media playlist, lines ended by `\n`. `EXT-X-MAP`, `EXT-X-KEY` and `EXT-X-BITRATE` are written when they change. A
/// segment without an init section or a bit rate must not follow one with: HLS cannot take them back, so the earlier one
/// would stay in force.
pub fn write_media(playlist: &MediaPlaylist) -> String {
    let mut text = Text::begin(playlist.version, playlist.independent_segments);
    text.shared(&playlist.definitions, playlist.start);
    heading(&mut text, playlist);
    if let Some(skip) = &playlist.skip {
        let removed = skip.removed_date_ranges.as_ref().map(|ids| {
            let ids: Vec<_> = ids.iter().map(|id| clean(id)).collect();
            format!("\"{}\"", ids.join("\t"))
        });
        let list = List::default().plain("SKIPPED-SEGMENTS", Some(skip.segments));
        text.line(format_args!("#EXT-X-SKIP:{}", list.plain("RECENTLY-REMOVED-DATERANGES", removed)));
    }
    for range in &playlist.date_ranges {
        text.line(format_args!("#EXT-X-DATERANGE:{}", date_range(range)));
    }
    let mut in_force = InForce::default();
    for segment in &playlist.segments {
        in_force.change(&mut text, segment);
        announce(&mut text, segment);
        complete(&mut text, segment);
    }
    if let Some(pending) = &playlist.pending {
        in_force.change(&mut text, pending);
        announce(&mut text, pending);
    }
    if playlist.ended {
        text.line("#EXT-X-ENDLIST");
    }
    for hint in &playlist.preload_hints {
        text.line(format_args!("#EXT-X-PRELOAD-HINT:{}", preload_hint(hint)));
    }
    for report in &playlist.rendition_reports {
        let list = List::default().uri("URI", Some(&report.uri)).plain("LAST-MSN", report.last_segment);
        text.line(format_args!("#EXT-X-RENDITION-REPORT:{}", list.plain("LAST-PART", report.last_part)));
    }
    text.0
}

fn heading(text: &mut Text, playlist: &MediaPlaylist) {
    text.line(format_args!("#EXT-X-TARGETDURATION:{}", playlist.target_duration.as_micros().div_ceil(1_000_000)));
    if let Some(control) = &playlist.server_control {
        text.line(format_args!("#EXT-X-SERVER-CONTROL:{}", server_control(control)));
    }
    if let Some(target) = playlist.part_target {
        text.line(format_args!("#EXT-X-PART-INF:PART-TARGET={}", Seconds(target)));
    }
    text.line(format_args!("#EXT-X-MEDIA-SEQUENCE:{}", playlist.media_sequence));
    if playlist.discontinuity_sequence != 0 {
        text.line(format_args!("#EXT-X-DISCONTINUITY-SEQUENCE:{}", playlist.discontinuity_sequence));
    }
    match playlist.kind {
        Some(PlaylistKind::Event) => text.line(PlaylistType::Event),
        Some(PlaylistKind::Vod) => text.line(PlaylistType::Vod),
        None => {}
    }
    if playlist.i_frames_only {
        text.line("#EXT-X-I-FRAMES-ONLY");
    }
}

/// What the tags written so far say of all that follows.
#[derive(Default)]
struct InForce {
    init: Option<Arc<InitSection>>,
    keys: Option<Keys>,
    bitrate: Option<BitsPerSecond>,
}

impl InForce {
    fn change(&mut self, text: &mut Text, segment: &Segment) {
        if let Some(init) = segment.init.as_ref().filter(|&init| self.init.as_ref() != Some(init)) {
            self.keys(text, init.keys.as_ref());
            self.init = Some(Arc::clone(init));
            let map = ExtXMap::new(address(&init.uri));
            match init.range {
                // The range of hls_m3u8 is a usize, too small in wasm for offsets over 4 GB.
                Some(range) => text.line(format_args!("{map},BYTERANGE=\"{}\"", Range(range))),
                None => text.line(map),
            }
        }
        self.keys(text, segment.keys.as_ref());
        if let Some(rate) = segment.bitrate.filter(|_| segment.bitrate != self.bitrate) {
            self.bitrate = Some(rate);
            text.line(format_args!("#EXT-X-BITRATE:{}", rate.get() / 1_000));
        }
    }

    fn keys(&mut self, text: &mut Text, wanted: Option<&Keys>) {
        fn all(keys: Option<&Keys>) -> impl Iterator<Item = &Arc<Key>> {
            keys.into_iter().flat_map(|keys| keys.iter())
        }
        if self.keys.as_ref() == wanted {
            return;
        }
        // A key takes the place of the one of its format; all of them go at once, or none.
        let mut formats = all(wanted).map(|key| key.format());
        let stay = all(self.keys.as_ref()).all(|old| formats.next() == Some(old.format()));
        if !stay {
            text.line("#EXT-X-KEY:METHOD=NONE");
            self.keys = None;
        }
        let mut old = all(self.keys.as_ref());
        for one in all(wanted) {
            if old.next() != Some(one) {
                text.line(format_args!("#EXT-X-KEY:{}", key(one)));
            }
        }
        drop(old);
        self.keys = wanted.cloned();
    }
}

/// The tags of a segment that come before it is complete.
fn announce(text: &mut Text, segment: &Segment) {
    if segment.discontinuity {
        text.line("#EXT-X-DISCONTINUITY");
    }
    if let Some(date) = &segment.program_date_time {
        text.line(ExtXProgramDateTime::new(clean(date)));
    }
    if segment.gap {
        text.line("#EXT-X-GAP");
    }
    for one in &segment.parts {
        text.line(format_args!("#EXT-X-PART:{}", part(one)));
    }
}

fn complete(text: &mut Text, segment: &Segment) {
    let title = segment.title.as_deref().map(clean).unwrap_or_default();
    text.line(format_args!("#EXTINF:{},{title}", Seconds(segment.duration)));
    if let Some(range) = segment.range {
        text.line(format_args!("#EXT-X-BYTERANGE:{}", Range(range)));
    }
    // A gap without an address still needs a line to end it.
    text.line(if segment.uri.is_empty() { Cow::Borrowed("gap") } else { address(&segment.uri) });
}

fn part(part: &Part) -> List {
    let uri = if part.uri.is_empty() { "gap" } else { &part.uri };
    List::default()
        .plain("DURATION", Some(Seconds(part.duration)))
        .uri("URI", Some(uri))
        .quoted("BYTERANGE", part.range.map(|range| Range(range).to_string()))
        .yes("INDEPENDENT", part.independent)
        .yes("GAP", part.gap)
}

fn server_control(control: &ServerControl) -> List {
    let length = |length: Option<MediaDuration>| length.map(Seconds);
    List::default()
        // The list must not be empty, and this is what it says without the attribute.
        .plain("CAN-BLOCK-RELOAD", Some(if control.can_block_reload { "YES" } else { "NO" }))
        .plain("CAN-SKIP-UNTIL", length(control.can_skip_until))
        .yes("CAN-SKIP-DATERANGES", control.can_skip_date_ranges)
        .plain("HOLD-BACK", length(control.hold_back))
        .plain("PART-HOLD-BACK", length(control.part_hold_back))
}

fn preload_hint(hint: &PreloadHint) -> List {
    let kind = match hint.kind {
        HintKind::Part => "PART",
        HintKind::Map => "MAP",
    };
    List::default()
        .plain("TYPE", Some(kind))
        .uri("URI", Some(&hint.uri))
        .plain("BYTERANGE-START", (hint.start != 0).then_some(hint.start))
        .plain("BYTERANGE-LENGTH", hint.length)
}

fn date_range(range: &DateRange) -> List {
    let mut list = List::default()
        .quoted("ID", Some(&range.id))
        .quoted("CLASS", range.class.as_ref())
        .quoted("START-DATE", range.start_date.as_ref())
        .joined("CUE", &range.cue, ",")
        .quoted("END-DATE", range.end_date.as_ref())
        .plain("DURATION", range.duration.map(Seconds))
        .plain("PLANNED-DURATION", range.planned_duration.map(Seconds))
        .yes("END-ON-NEXT", range.end_on_next)
        .plain("SCTE35-CMD", range.scte35_command.as_deref().map(word))
        .plain("SCTE35-OUT", range.scte35_out.as_deref().map(word))
        .plain("SCTE35-IN", range.scte35_in.as_deref().map(word));
    for (name, value) in &range.client {
        list = match value {
            ClientValue::Text(text) => list.quoted(name, Some(text)),
            ClientValue::Number(text) => list.plain(name, Some(word(text))),
        };
    }
    list
}
