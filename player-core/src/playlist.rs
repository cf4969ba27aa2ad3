//! What is known of the presentation: its variant streams, its audio and text renditions and their timelines.
//!
//! Must not know loads or buffers. The timeline of one stream is in `playlist/timeline.rs`, its redundant copies in
//! `playlist/copies.rs`, its audio groups in `playlist/groups.rs`, which renditions to begin with in `playlist/preferred.rs`.

mod copies;
mod groups;
mod preferred;
pub(crate) mod timeline;

use std::collections::{BTreeMap, BTreeSet};

use media_model::hls::{MediaPlaylist, MultivariantPlaylist, Reading, Rendition, Start, Variables, VariantStream};
use media_model::{BitsPerSecond, CodecString, MediaTime, Resolution};
use url::Url;

use crate::clock::Now;
use crate::message::{AudioId, AudioInfo, TextId, TextInfo, Track, VariantId, VariantInfo};
pub(crate) use timeline::Timeline;

/// A stream with a media playlist of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum StreamId {
    /// A variant stream.
    Variant(VariantId),
    /// A separate audio rendition.
    Audio(AudioId),
    /// A text rendition.
    Text(TextId),
}

/// Of each kind, so many are reckoned with: there are thousands only in playlists that mean no good, and finding one among
/// them takes time.
const MOST_STREAMS: usize = 1_000;

/// One stream and what has been read of it.
#[derive(Clone, Debug)]
pub(crate) struct Stream {
    pub(crate) id: StreamId,
    /// Address of its media playlist.
    pub(crate) url: Url,
    pub(crate) timeline: Option<Timeline>,
    /// Codecs of what it puts into its track's buffer; empty if not known.
    pub(crate) codecs: Vec<CodecString>,
    /// The server has refused a delta update, or sent one that does not fit: the whole playlist is asked for.
    pub(crate) no_updates: bool,
    /// The timeline before the address changed, to align a live one with.
    known: Option<Timeline>,
    /// Which copy of the stream `url` and `timeline` are of.
    place: usize,
    /// The other copies, by place.
    others: BTreeMap<usize, Copy>,
}

/// A redundant copy of a stream that is not used now.
#[derive(Clone, Debug)]
struct Copy {
    url: Url,
    timeline: Option<Timeline>,
}

/// The whole presentation.
#[derive(Clone, Debug)]
pub(crate) struct Presentation {
    /// Lowest bandwidth first; `VariantId` is the index.
    pub(crate) variants: Vec<VariantStream>,
    /// The renditions of all groups that variants have; `AudioId` is the index. Empty if audio is in the variant streams.
    pub(crate) audio: Vec<Rendition>,
    /// The audio group that is played.
    group: Option<String>,
    /// The subtitles to choose from; `TextId` is the index.
    pub(crate) text: Vec<Rendition>,
    /// In which buffer the variant streams play; `None` if only the renditions are played.
    pub(crate) variant_track: Option<Track>,
    /// Where to begin if nobody asked, for all streams (`EXT-X-START`).
    pub(crate) start: Option<Start>,
    /// What media playlists may import (rfc8216bis §4.4.2.3).
    variables: Variables,
    streams: Vec<Stream>,
    /// Which of the redundant copies is used, where there is one.
    place: usize,
}

impl Presentation {
    /// The presentation of a multivariant playlist loaded from `base`; `None` if no stream of it has a usable address.
    pub(crate) fn multivariant(mut playlist: MultivariantPlaylist, base: &Url) -> Option<Self> {
        let variables = playlist.variables();
        playlist.audio.truncate(MOST_STREAMS);
        playlist.subtitles.truncate(MOST_STREAMS);
        let mut variants = playlist.variants;
        variants.truncate(MOST_STREAMS);
        let has_picture = |variant: &VariantStream| {
            variant.resolution.is_some()
                || variant.codecs.is_empty()
                || variant.codecs.iter().any(|codec| codec.video().is_some())
        };
        // Variants without a picture are for listeners on a poor link: not beside ones with a picture.
        let pictures = variants.iter().any(has_picture);
        variants.retain(|variant| has_picture(variant) == pictures && base.join(&variant.uri).is_ok());
        variants.sort_by_key(|variant| variant.bandwidth);
        let (mut variants, copies) = copies::fold(variants);

        // Where one of a group is in the variant itself (RFC 8216 §4.3.4.1, no URI) the others would sound beside it: no
        // driver can take sound out of a segment.
        let is_apart = |group: &str| {
            let mut group = playlist.audio.iter().filter(|one| one.group == group).peekable();
            group.peek().is_some() && group.all(|one| one.uri.is_some())
        };
        let group = variants.iter().rev().find_map(|variant| {
            let group = variant.audio_group.as_deref()?;
            is_apart(group).then(|| group.to_owned())
        });
        let is_variants =
            |one: &Rendition| variants.iter().any(|variant| variant.audio_group.as_ref() == Some(&one.group));
        let apart: BTreeSet<String> =
            playlist.audio.iter().map(|one| &one.group).filter(|group| is_apart(group)).cloned().collect();
        let is_played = |one: &Rendition| group.is_some() && is_variants(one) && apart.contains(&one.group);
        let (audio, mut others): (Vec<_>, Vec<_>) = playlist.audio.into_iter().partition(is_played);
        let texts = variants.iter().rev().find_map(|variant| variant.subtitle_group.clone());
        let is_shown = |one: &Rendition| Some(&one.group) == texts.as_ref() && one.uri.is_some();
        let (text, other_text): (Vec<_>, Vec<_>) = playlist.subtitles.into_iter().partition(is_shown);
        others.extend(other_text);
        if !audio.is_empty() && pictures {
            // A variant with sound of its own would sound twice.
            variants.retain(|variant| variant.audio_group.as_ref().is_some_and(|group| apart.contains(group)));
        }
        let variant_track = match (pictures, audio.is_empty()) {
            (true, _) => Some(Track::Video),
            (false, true) => Some(Track::Audio),
            (false, false) => None,
        };
        if variants.is_empty() {
            return None;
        }
        let streams = Vec::new();
        let start = playlist.start;
        let mut presentation =
            Self { variants, audio, group, text, variant_track, start, variables, streams, place: 0 };
        presentation.collect_streams(base);
        presentation.add_copies(base, &copies, &others);
        Some(presentation)
    }

    /// The presentation of a media playlist opened directly.
    pub(crate) fn single(url: Url, timeline: Timeline) -> Self {
        let id = StreamId::Variant(VariantId(0));
        Self {
            variants: vec![VariantStream { uri: url.to_string(), ..VariantStream::default() }],
            audio: Vec::new(),
            group: None,
            text: Vec::new(),
            variant_track: Some(Track::Video),
            start: None,
            variables: Variables::new(),
            streams: vec![Stream { timeline: Some(timeline), ..Stream::new(id, url, Vec::new()) }],
            place: 0,
        }
    }

    fn collect_streams(&mut self, base: &Url) {
        let separate_audio = !self.audio.is_empty();
        for (index, variant) in (0..).zip(&self.variants) {
            let Ok(url) = base.join(&variant.uri) else { continue };
            let mut codecs = variant.codecs.clone();
            codecs.retain(|codec| !separate_audio || codec.audio().is_none());
            let id = StreamId::Variant(VariantId(index));
            self.streams.push(Stream::new(id, url, codecs));
        }
        for (index, rendition) in (0..).zip(&self.audio) {
            let Some(Ok(url)) = rendition.uri.as_deref().map(|uri| base.join(uri)) else { continue };
            let id = StreamId::Audio(AudioId(index));
            self.streams.push(Stream::new(id, url, groups::codecs_of(&self.variants, &rendition.group)));
        }
        for (index, rendition) in (0..).zip(&self.text) {
            let Some(Ok(url)) = rendition.uri.as_deref().map(|uri| base.join(uri)) else { continue };
            self.streams.push(Stream::new(StreamId::Text(TextId(index)), url, Vec::new()));
        }
    }

    pub(crate) fn streams(&self) -> impl Iterator<Item = &Stream> {
        self.streams.iter()
    }

    pub(crate) fn stream(&self, id: StreamId) -> Option<&Stream> {
        self.streams.iter().find(|stream| stream.id == id)
    }

    pub(crate) fn stream_mut(&mut self, id: StreamId) -> Option<&mut Stream> {
        self.streams.iter_mut().find(|stream| stream.id == id)
    }

    /// How to read what a stream's playlist from `base` says now.
    pub(crate) fn reading<'a>(&'a self, stream: StreamId, base: &'a Url) -> Reading<'a> {
        let previous = self.stream(stream).and_then(|stream| stream.timeline.as_ref()?.playlist.as_ref());
        Reading { base, variables: Some(&self.variables), previous }
    }

    /// Lays out what was read of a stream's playlist, for every stream that is at the same address.
    pub(crate) fn lay_out(&mut self, stream: StreamId, playlist: MediaPlaylist, base: Url, now: Now) {
        let Some(at) = self.streams.iter().position(|one| one.id == stream) else { return };
        let is_behind = self.streams[at].timeline.as_ref().is_some_and(|before| before.is_behind(&playlist));
        if is_behind && self.streams[at].timeline.as_mut().is_some_and(|before| before.keeps(now)) {
            return;
        }
        let own = self.streams[at].timeline.as_ref();
        // What is where its media are first, then the newest. What this stream was at another address is one of them.
        let mut others: Vec<_> = self.streams.iter().filter_map(Stream::last_known).collect();
        others.retain(|known| !known.entries.is_empty());
        others.sort_by_key(|known| (!known.aligned, std::cmp::Reverse(known.read_at())));
        let mut timeline = Timeline::new(playlist, base, now, own, &others);
        if let Some(before) = &self.streams[at].timeline {
            timeline.aligned = before.aligned;
            if is_behind {
                timeline.begins_anew(before);
            }
        }
        let address = self.streams[at].url.clone();
        for stream in self.streams.iter_mut().filter(|stream| stream.url == address) {
            stream.timeline = Some(timeline.clone());
        }
    }

    /// Whether a stream's timeline is known to be where its media are.
    pub(crate) fn is_aligned(&self, stream: StreamId) -> bool {
        self.stream(stream).and_then(|stream| stream.timeline.as_ref()).is_some_and(|timeline| timeline.aligned)
    }

    /// Whether a live stream, moved by so much, µs, would list the present, as the streams do that are placed.
    pub(crate) fn would_list_the_present(&self, stream: StreamId, by: i64, now: Now) -> bool {
        let Some(stream) = self.stream(stream) else { return false };
        let Some((moved, playlist)) = stream.timeline.as_ref().and_then(|one| Some((one, one.playlist.as_ref()?)))
        else {
            return false;
        };
        let end = MediaTime::from_micros(moved.end().as_micros().saturating_add(by));
        let others = self.streams.iter().filter(|other| other.id != stream.id).filter_map(Stream::last_known);
        let mut placed = others.chain(stream.known.as_ref()).filter(|other| other.aligned).peekable();
        placed.peek().is_none() || placed.any(|other| other.is_abreast(end, playlist, now))
    }

    /// Moves a stream's timeline, µs, to where its media are.
    pub(crate) fn align(&mut self, stream: StreamId, by: i64) {
        let Some(address) = self.stream(stream).map(|stream| stream.url.clone()) else { return };
        let streams = self.streams.iter_mut().filter(|stream| stream.url == address);
        for timeline in streams.filter_map(|stream| stream.timeline.as_mut()) {
            timeline.aligned = true;
            if by != 0 {
                timeline.shift(by);
            }
        }
    }

    pub(crate) fn variant(&self, id: VariantId) -> Option<&VariantStream> {
        self.variants.get(usize::try_from(id.0).ok()?)
    }

    /// A timeline read before, to align another one of a live presentation with.
    pub(crate) fn any_timeline(&self) -> Option<&Timeline> {
        self.streams.iter().find_map(Stream::last_known)
    }

    /// The variants as a person may choose them; none if there is nothing to choose by picture.
    pub(crate) fn variant_infos(&self) -> Vec<VariantInfo> {
        if self.variant_track.is_none() {
            return Vec::new();
        }
        let all: Vec<_> = self.variants_of_group().collect();
        let info = |&(id, variant): &(VariantId, &VariantStream)| VariantInfo {
            id,
            resolution: variant.resolution,
            bandwidth: variant.bandwidth,
            label: label(variant, &all),
        };
        all.iter().map(info).collect()
    }

    pub(crate) fn audio_infos(&self) -> Vec<AudioInfo> {
        let info = |(id, rendition): (AudioId, &Rendition)| AudioInfo {
            id,
            name: rendition.name.clone(),
            language: rendition.language.clone(),
        };
        self.audio_of_group().map(info).collect()
    }

    pub(crate) fn text_infos(&self) -> Vec<TextInfo> {
        (0..).map(TextId).map_while(|id| self.text_info(id)).collect()
    }

    pub(crate) fn text_info(&self, id: TextId) -> Option<TextInfo> {
        let rendition = self.text.get(usize::try_from(id.0).ok()?)?;
        let (name, language, forced) = (rendition.name.clone(), rendition.language.clone(), rendition.forced);
        Some(TextInfo { id, name, language, forced })
    }
}

fn label(variant: &VariantStream, all: &[(VariantId, &VariantStream)]) -> String {
    let rate = |rate: BitsPerSecond| format!("{}.{} Mbit/s", rate.get() / 1_000_000, rate.get() / 100_000 % 10);
    let Some(lines) = variant.resolution.map(Resolution::lines) else { return rate(variant.bandwidth) };
    let alike = all.iter().filter(|(_, other)| other.resolution.map(Resolution::lines) == Some(lines)).count();
    if alike > 1 { format!("{lines}p · {}", rate(variant.bandwidth)) } else { format!("{lines}p") }
}

#[cfg(test)]
mod tests;
