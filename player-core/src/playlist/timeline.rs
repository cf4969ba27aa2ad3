//! The segments of one stream, laid out on the presentation timeline.

use std::sync::Arc;
use std::time::Duration;

use media_model::hls::{MediaPlaylist, Segment};
use media_model::{MediaDuration, MediaTime, TimeRange};
use url::Url;

use crate::clock::Now;

/// A segment and where it plays.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Entry {
    /// Where it plays by the playlist's durations.
    pub(crate) span: TimeRange,
    /// Discontinuity sequence number: timestamps go on within one.
    pub(crate) period: u64,
    pub(crate) segment: Arc<Segment>,
}

/// What a media playlist said when it was read last.
#[derive(Clone, Debug)]
pub(crate) struct Timeline {
    /// Where relative addresses resolve against.
    pub(crate) base: Url,
    /// Their segments are shared with what was known before: a reload of a long live playlist brings a segment or two.
    pub(crate) entries: Vec<Entry>,
    /// Media sequence number of the first entry.
    first: u64,
    /// No segment will be added.
    pub(crate) ended: bool,
    pub(crate) target_duration: MediaDuration,
    /// When to read it again; `None` if it ended.
    pub(crate) reload_at: Option<Now>,
    /// What a reload is read with; `None` if it ended.
    pub(crate) playlist: Option<MediaPlaylist>,
    read_at: Now,
}

impl Timeline {
    /// Lays out a playlist. `known` is what was read of this stream before, or of another one of the same presentation:
    /// a live playlist only says where its segments are relative to each other, so it is anchored by media sequence
    /// numbers (RFC 8216 §6.2.4 asks that variants match there).
    pub(crate) fn new(playlist: MediaPlaylist, base: Url, now: Now, known: Option<&Self>) -> Self {
        let live = !playlist.ended;
        // An update that was read without what it is an update of begins after what it skips.
        let skipped = playlist.skip.as_ref().map_or(0, |skip| skip.segments);
        let first = playlist.media_sequence.saturating_add(skipped);
        let anchor = known.filter(|_| live).and_then(|known| known.start_of(first));
        let is_news = known.is_none_or(|known| known.next() != first.saturating_add(playlist.segments.len() as u64));
        let mut period = playlist.discontinuity_sequence;
        // The sum is kept as nanoseconds would be: durations are whole microseconds, so it does not drift by rounding.
        let mut start = anchor.unwrap_or(MediaTime::ZERO);
        let mut entries = Vec::with_capacity(playlist.segments.len());
        for segment in &playlist.segments {
            // A tag before the first segment counts too (RFC 8216 §6.2.2): else the period of a segment would change when
            // it becomes the first of a window.
            period = period.saturating_add(u64::from(segment.discontinuity));
            let span = TimeRange::of(start, segment.duration);
            start = span.end();
            entries.push(Entry { span, period, segment: Arc::clone(segment) });
        }
        // RFC 8216 §6.3.4: after a target duration, or after half of one if nothing had changed.
        let wait = playlist.target_duration.to_std().max(Duration::from_millis(500));
        let reload_at = live.then(|| now + if is_news { wait } else { wait / 2 });
        Self {
            base,
            entries,
            first,
            ended: playlist.ended,
            target_duration: playlist.target_duration,
            reload_at,
            playlist: live.then_some(playlist),
            read_at: now,
        }
    }

    /// What a reload may ask to leave out: the value of `_HLS_skip` (rfc8216bis §6.2.5.1). `None` if the server offers no
    /// delta updates, or what is known is too old for one (§6.3.7).
    pub(crate) fn may_skip(&self, now: Now) -> Option<&'static str> {
        let playlist = self.playlist.as_ref().filter(|playlist| playlist.skip.is_none())?;
        let control = playlist.server_control?;
        let newest = control.can_skip_until?.to_std() / 2;
        let value = if control.can_skip_date_ranges { "v2" } else { "YES" };
        (now.since(self.read_at) <= newest).then_some(value)
    }

    /// Where the segment with this number starts. One after the last starts where the last ends; one further on is put
    /// as if every segment between had the target duration.
    fn start_of(&self, number: u64) -> Option<MediaTime> {
        match self.entry(number) {
            Some(entry) => Some(entry.span.start()),
            None => {
                let missing = number.checked_sub(self.next()).filter(|_| number >= self.first)?;
                let skipped = self.target_duration.as_micros().saturating_mul(missing);
                Some(self.end() + MediaDuration::from_micros(skipped))
            }
        }
    }

    /// The segment with this number.
    fn entry(&self, number: u64) -> Option<&Entry> {
        self.entries.get(usize::try_from(number.checked_sub(self.first)?).ok()?)
    }

    /// The number of the segment after the last one.
    fn next(&self) -> u64 {
        self.first.saturating_add(self.entries.len() as u64)
    }

    pub(crate) fn start(&self) -> MediaTime {
        self.entries.first().map_or(MediaTime::ZERO, |entry| entry.span.start())
    }

    /// Where the last segment ends.
    pub(crate) fn end(&self) -> MediaTime {
        self.entries.last().map_or(MediaTime::ZERO, |entry| entry.span.end())
    }

    /// Length, if it has one.
    pub(crate) fn duration(&self) -> Option<MediaDuration> {
        self.ended.then(|| self.end().since(MediaTime::ZERO))
    }

    /// Where to begin if nobody asked: the start, or three target durations before the live edge (RFC 8216 §6.3.3).
    pub(crate) fn suggested_start(&self) -> MediaTime {
        if self.ended {
            return self.start();
        }
        let hold_back = MediaDuration::from_micros(self.target_duration.as_micros().saturating_mul(3));
        let edge = self.end() - hold_back;
        let segment = self.entries.iter().rev().find(|entry| entry.span.start() <= edge);
        segment.map_or(self.start(), |entry| entry.span.start())
    }

    /// The entry that plays at `at`; the first one if `at` is before it.
    pub(crate) fn entry_at(&self, at: MediaTime) -> Option<&Entry> {
        let index = self.entries.partition_point(|entry| entry.span.end() <= at);
        self.entries.get(index)
    }

    /// Index of the entry that plays at `at`; the number of entries if it is past the end.
    pub(crate) fn index_at(&self, at: MediaTime) -> usize {
        self.entries.partition_point(|entry| entry.span.end() <= at)
    }

    /// The address of an entry's segment.
    pub(crate) fn resolve(&self, uri: &str) -> Option<Url> {
        self.base.join(uri).ok()
    }
}
