//! Subtitles: which rendition is shown, and which of its segments to load.
//!
//! Text never holds up playback. It is loaded only where media is there already, so at a start, a seek or a stall media
//! goes first; it has no buffer that could run dry; a segment of it that cannot be had is left out.

use media_model::{ByteCount, Ranges, TimeRange};

use super::{Load, Player, Purpose};
use crate::load::next_segment;
use crate::message::{AudioId, Event, LoadFailure, Output, RequestId, TextId, TextOrder};
use crate::player::phase::Phase;
use crate::playlist::StreamId;
use crate::retry::backoff;

/// A segment is asked for so often before it is left out.
const TRIES: u32 = 3;

/// A segment of text on its way.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct TextSegment {
    pub(super) text: TextId,
    span: TimeRange,
    period: u64,
}

/// What is shown of the text.
#[derive(Clone, Debug, Default)]
pub(super) struct Text {
    /// What the viewer chose, if anything.
    pub(super) wish: Option<Option<TextId>>,
    pub(super) shown: Option<TextId>,
    /// Where its cues are there, or cannot be had.
    covered: Ranges,
    /// Tries of the segment that failed last.
    failures: u32,
}

impl Player {
    /// The playlists are read: shows what suits, and tells what is shown.
    pub(super) fn begin_text(&mut self) {
        if self.presentation.as_ref().is_some_and(|presentation| !presentation.text.is_empty()) {
            self.show_text(self.suitable_text());
        }
    }

    pub(super) fn select_text(&mut self, wish: Option<TextId>) {
        let exists = |id| self.presentation.as_ref().is_some_and(|one| one.text_info(id).is_some());
        if wish.is_none_or(exists) {
            self.text.wish = Some(wish);
            self.change_text();
        }
    }

    /// Another text suits, perhaps: by a wish, or because another language is heard.
    pub(super) fn change_text(&mut self) {
        let suitable = self.suitable_text();
        if suitable != self.text.shown {
            self.show_text(suitable);
        }
    }

    fn suitable_text(&self) -> Option<TextId> {
        let presentation = self.presentation.as_ref()?;
        let heard: Option<AudioId> = self.wishes.audio;
        match self.text.wish {
            None => presentation.preferred_text(heard, &self.config.text_languages),
            Some(None) => presentation.forced_text(heard),
            Some(chosen) => chosen,
        }
    }

    fn show_text(&mut self, text: Option<TextId>) {
        let of_text = |load: &Load| match load.purpose {
            Purpose::Text(_) => true,
            Purpose::Playlist(stream) => matches!(stream, StreamId::Text(_)),
            Purpose::Root | Purpose::Renewal | Purpose::Init(..) | Purpose::Segment(..) | Purpose::Probe => false,
        };
        let useless: Vec<_> = self.loads.iter().filter(|(_, load)| of_text(load)).map(|(id, _)| *id).collect();
        useless.into_iter().for_each(|id| self.cancel(id));
        let info = text.and_then(|id| self.presentation.as_ref()?.text_info(id));
        self.text = Text { wish: self.text.wish, shown: text, ..Text::default() };
        self.out.push(Output::Text(TextOrder::Show(info)));
        self.tell(Event::TextChosen(text));
    }

    /// What was shown goes with the presentation.
    pub(super) fn end_text(&mut self) {
        if self.text.shown.is_some() {
            self.out.push(Output::Text(TextOrder::Show(None)));
        }
    }

    /// The next segment of text, up to where there is media.
    pub(super) fn load_text(&mut self) {
        let is_loading = || self.loads.values().any(|load| matches!(load.purpose, Purpose::Text(_)));
        let Some(text) = self.text.shown.filter(|_| self.phase == Phase::Running && self.qoe.startup.is_some()) else {
            return;
        };
        let stream = StreamId::Text(text);
        if is_loading() || self.health.get(&stream).is_some_and(|health| health.waits(self.now)) {
            return;
        }
        let is_due = |at| at <= self.now;
        if self.timeline(stream).is_none_or(|timeline| timeline.reload_at.is_some_and(is_due)) {
            self.load_playlist(stream);
        }
        let at = self.position();
        let Some(timeline) = self.timeline(stream) else { return };
        let next = next_segment(timeline, &self.text.covered, at, at + self.level());
        let Some(entry) = next else { return };
        let segment = TextSegment { text, span: entry.span, period: entry.period };
        let url = timeline.resolve(&entry.segment.uri).filter(|_| !entry.segment.gap);
        match (url, entry.segment.range) {
            (Some(url), range) => drop(self.begin(Purpose::Text(segment), url, range, ByteCount::default())),
            (None, _) => self.cover(segment.span),
        }
    }

    pub(super) fn text_loaded(&mut self, id: RequestId, TextSegment { text, span, period }: TextSegment) {
        self.health.entry(StreamId::Text(text)).or_default().succeeded();
        if self.text.shown == Some(text) {
            self.text.failures = 0;
            self.cover(span);
            let offset_us = self.clocks.offset(period, span.start()).unwrap_or(0);
            self.out.push(Output::Text(TextOrder::Add { id, offset_us, from: span.start() }));
        }
        self.out.push(Output::Forget(id));
    }

    /// A segment, or the playlist, is tried again in a while; a segment not for ever.
    pub(super) fn text_failed(&mut self, text: TextId, segment: Option<TextSegment>, cause: &LoadFailure) {
        let health = self.health.entry(StreamId::Text(text)).or_default();
        health.not_before = Some(self.now + backoff(health.failures));
        health.failures = health.failures.saturating_add(1);
        let Some(TextSegment { span, .. }) = segment.filter(|_| self.text.shown == Some(text)) else { return };
        self.text.failures += 1;
        // Without a network the next one fails as well.
        if self.text.failures >= TRIES && *cause != LoadFailure::Network {
            self.text.failures = 0;
            self.cover(span);
        }
    }

    /// Text of this stretch is there, or will not be. What has left the window of a live stream is let go.
    fn cover(&mut self, span: TimeRange) {
        let live = self.text.shown.and_then(|text| self.timeline(StreamId::Text(text))).filter(|one| !one.ended);
        let window = live.map(|timeline| timeline.start().min(self.position()));
        let begins = self.text.covered.iter().next().map(TimeRange::start);
        let left = window.filter(|&window| begins.is_some_and(|begins| begins < window));
        let kept = |range: TimeRange| TimeRange::new(range.start().max(left.unwrap_or(range.start())), range.end());
        let covered = self.text.covered.iter().chain([span]).filter_map(kept).collect();
        self.text.covered = Ranges::new(covered);
        if let Some(window) = left {
            self.out.push(Output::Text(TextOrder::DropBefore(window)));
        }
    }
}

#[cfg(test)]
mod tests;
