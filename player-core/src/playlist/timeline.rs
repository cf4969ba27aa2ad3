//! The segments of one stream, laid out on the presentation timeline.

use std::sync::Arc;
use std::time::Duration;

use media_model::hls::{MediaPlaylist, Segment, Start};
use media_model::{ByteCount, MediaDuration, MediaTime, TimeRange};
use url::Url;

use crate::clock::Now;

/// A live playlist with news is not read again before, and one without not before half of it.
const LEAST_WAIT: Duration = Duration::from_millis(500);
/// One that is older than what is known is not believed for so many target durations.
const PATIENCE: u32 = 3;
/// One that has nothing new for so many stands still: servers add to it within one and a half (RFC 8216 §6.2.1). Three are
/// played out by then, which is what most have ahead.
const OVERDUE: u32 = 2;
/// Playlists of what is live end within so many target durations of each other, but for caches.
const ABREAST: u64 = 2;
/// A cache may be as far behind as the window is long, and no further than this: longer windows are for going back.
const LONGEST_LAG: MediaDuration = MediaDuration::from_secs(60);

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
    /// When it was first read as it is: one whose server stands still is read again and again.
    grown_at: Now,
    /// Where it says to begin.
    begin: Option<Start>,
    /// How far from the live edge it says to stay at least.
    hold_back: Option<MediaDuration>,
    /// Its segments are where their media are.
    pub(crate) aligned: bool,
    /// It is live, or was: what it begins with is not where it all began.
    slides: bool,
}

impl Timeline {
    /// Lays out a playlist. A live one only says where its segments are relative to each other, so it is anchored by media
    /// sequence numbers to what was read at its address before (`own`), or of the same presentation elsewhere (`others`, the
    /// best to align with first). That variants match there is usual, not certain (RFC 8216 §4.3.3.2): where their numbers
    /// would put it out of the present, it is taken to end there, and [`shift`](Self::shift) moves what is elsewhere by its
    /// media.
    pub(crate) fn new(playlist: MediaPlaylist, base: Url, now: Now, own: Option<&Self>, others: &[&Self]) -> Self {
        let ended = playlist.is_final();
        let live = !ended;
        // An update that was read without what it is an update of begins after what it skips.
        let skipped = playlist.skip.as_ref().map_or(0, |skip| skip.segments);
        let first = playlist.media_sequence.saturating_add(skipped);
        let segments = &playlist.segments;
        let by_own = || own.map(|own| own.anchor_of(first, segments).unwrap_or_else(|| own.start_of(first)));
        let length = segments.iter().fold(MediaDuration::default(), |sum, segment| sum + segment.duration);
        let is_likely =
            |start: &MediaTime| others.iter().any(|other| other.is_abreast(*start + length, &playlist, now));
        let by_others = || {
            let numbers = others.iter().find_map(|other| other.anchor_of(first, segments).filter(is_likely));
            let numbers = numbers.or_else(|| others.first().map(|other| other.start_of(first)).filter(is_likely));
            numbers.or_else(|| others.first().map(|other| other.present(now) - length))
        };
        // Also when it ends: its last segments come after those that were played.
        let slides = live || own.into_iter().chain(others.iter().copied()).any(|known| known.slides);
        let anchor = if slides { by_own().or_else(by_others) } else { None };
        let next = first.saturating_add(segments.len() as u64);
        let is_news = own.or(others.first().copied()).is_none_or(|known| known.next() != next);
        let grown_at = own.filter(|own| own.next() == next).map_or(now, |own| own.grown_at);
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
        let wait = playlist.target_duration.to_std().max(LEAST_WAIT);
        let reload_at = live.then(|| now + if is_news { wait } else { wait / 2 });
        Self {
            base,
            entries,
            first,
            ended,
            target_duration: playlist.target_duration,
            reload_at,
            begin: playlist.start,
            hold_back: playlist.server_control.and_then(|control| control.hold_back),
            playlist: live.then_some(playlist),
            read_at: now,
            grown_at,
            aligned: false,
            slides,
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

    /// Where segments from this number on start, by the first of them that is known here.
    fn anchor_of(&self, first: u64, segments: &[Arc<Segment>]) -> Option<MediaTime> {
        let before = self.first.saturating_sub(first);
        let entry = self.entry(first.saturating_add(before))?;
        let before = segments.get(..usize::try_from(before).ok()?)?;
        let length = before.iter().fold(MediaDuration::default(), |sum, segment| sum + segment.duration);
        Some(entry.span.start() - length)
    }

    /// Where a segment starts that is not known here. One after the last starts where the last ends; others are put as if
    /// every segment between had the target duration.
    fn start_of(&self, number: u64) -> MediaTime {
        let so_many =
            |segments: u64| MediaDuration::from_micros(self.target_duration.as_micros().saturating_mul(segments));
        match number.checked_sub(self.next()) {
            Some(missing) => self.end() + so_many(missing),
            None => self.start() - so_many(self.first.saturating_sub(number)),
        }
    }

    /// How much may have been added since it was first read as it is.
    fn grown(&self, now: Now) -> MediaDuration {
        if self.ended { MediaDuration::ZERO } else { MediaDuration::from_std(now.since(self.grown_at)) }
    }

    /// How often something new is to be expected.
    pub(crate) fn pace(&self) -> Duration {
        self.target_duration.to_std().max(LEAST_WAIT)
    }

    /// Whether the server still answers, and has had nothing new for two target durations.
    pub(crate) fn stands_still(&self, now: Now) -> bool {
        let pace = self.pace();
        !self.ended && now.since(self.read_at) <= pace && now.since(self.grown_at) >= pace * OVERDUE
    }

    /// Nothing will be added, although it does not say so.
    pub(crate) fn ends_here(&mut self) {
        self.ended = true;
        self.reload_at = None;
        self.playlist = None;
    }

    /// Whether something new was read in it not long ago.
    pub(crate) fn goes_on(&self, now: Now) -> bool {
        now.since(self.grown_at) < self.pace() * OVERDUE
    }

    /// Whether it is live, or was a moment ago, so that its last segments may not be there yet.
    pub(crate) fn is_live_at(&self, now: Now) -> bool {
        !self.ended || (self.slides && self.goes_on(now))
    }

    /// Whether another one of the same live presentation has so much more that something must have been added since.
    pub(crate) fn is_overdue_beside(&self, other: &Self) -> bool {
        let overdue = MediaDuration::from_micros(self.target_duration.as_micros().saturating_mul(u64::from(OVERDUE)));
        !self.ended && other.end() >= self.end() + overdue
    }

    /// Whether this one has ended about where another one of the same presentation stands still: neither has much more. One
    /// that is far longer says nothing; what is made while it is watched may be ready for the sound and not for the pictures.
    pub(crate) fn has_ended_beside(&self, other: &Self) -> bool {
        let is_there = self.end() + self.target_duration.max(other.target_duration) >= other.end();
        self.ended && is_there && !other.is_overdue_beside(self)
    }

    /// Where this playlist would end now, if its server goes on.
    fn present(&self, now: Now) -> MediaTime {
        self.end() + self.grown(now)
    }

    /// Whether another playlist of the same live presentation, read now, may end there.
    pub(crate) fn is_abreast(&self, end: MediaTime, other: &MediaPlaylist, now: Now) -> bool {
        let target = self.target_duration.max(other.target_duration);
        let slack = MediaDuration::from_micros(target.as_micros().saturating_mul(ABREAST));
        let lag = self.end().since(self.start()).min(LONGEST_LAG);
        end <= self.present(now) + slack && self.end() <= end + lag + slack
    }

    pub(crate) fn read_at(&self) -> Now {
        self.read_at
    }

    /// When what is new in it was read first.
    pub(crate) fn grown_at(&self) -> Now {
        self.grown_at
    }

    /// Whether this playlist is older than what is known: caches may answer with one that is.
    pub(crate) fn is_behind(&self, playlist: &MediaPlaylist) -> bool {
        let skipped = playlist.skip.as_ref().map_or(0, |skip| skip.segments);
        let first = playlist.media_sequence.saturating_add(skipped);
        !playlist.ended && first.saturating_add(playlist.segments.len() as u64) < self.next()
    }

    /// The server told less than is known. It is asked again soon; but one that says the same for long has begun anew.
    pub(crate) fn keeps(&mut self, now: Now) -> bool {
        let pace = self.pace();
        self.reload_at = Some(now + pace / 2);
        now.since(self.read_at) < pace * PATIENCE
    }

    /// A server that began anew goes on where it stopped.
    pub(crate) fn begins_anew(&mut self, known: &Self) {
        let by = known.end().as_micros().saturating_sub(self.start().as_micros());
        self.shift(by);
    }

    /// Moves all of it, µs.
    pub(crate) fn shift(&mut self, by: i64) {
        for entry in &mut self.entries {
            entry.span = entry.span.moved(by);
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

    /// Where to begin if nobody asked: where this playlist says, or the one of all streams (RFC 8216 §4.3.5.2); else at the start,
    /// or near the live edge.
    pub(crate) fn suggested_start(&self, of_all: Option<Start>) -> MediaTime {
        let Some(Start { offset, precise }) = self.begin.or(of_all) else {
            return if self.ended { self.start() } else { self.live_start() };
        };
        let from = if offset < MediaTime::ZERO { self.end() } else { self.start() };
        let wanted = MediaTime::from_micros(from.as_micros().saturating_add(offset.as_micros()));
        // The end itself would be nothing to see, and what is too near to the live edge cannot be had in time.
        let last = if self.ended { self.begin_of(self.end()) } else { self.live_start() };
        let at = wanted.max(self.start()).min(last);
        if precise { at } else { self.begin_of(at) }
    }

    /// Where to play a live stream: three target durations before its end, or as far as it says, and no less (RFC 8216 §6.3.3,
    /// rfc8216bis §4.4.3.8).
    pub(crate) fn live_start(&self) -> MediaTime {
        let three = MediaDuration::from_micros(self.target_duration.as_micros().saturating_mul(3));
        self.begin_of(self.end() - self.hold_back.unwrap_or_default().max(three))
    }

    /// Where the last segment begins that begins no later than this.
    fn begin_of(&self, at: MediaTime) -> MediaTime {
        let segment = self.entries.iter().rev().find(|entry| entry.span.start() <= at);
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

    /// What the segment weighs that plays in just this stretch, if its byte range tells.
    pub(crate) fn told_size(&self, span: TimeRange) -> Option<ByteCount> {
        let entry = self.entry_at(span.start()).filter(|entry| entry.span == span)?;
        entry.segment.range.map(|range| ByteCount::new(range.length))
    }

    /// The address of an entry's segment.
    pub(crate) fn resolve(&self, uri: &str) -> Option<Url> {
        self.base.join(uri).ok()
    }
}
