//! One track from its stream to its buffer: what is loaded into it, what waits to be appended, what the buffer is doing.

use std::collections::VecDeque;
use std::time::Duration;

use media_model::hls::ByteRange;
use media_model::{BitsPerSecond, ByteCount, MediaDuration, MediaTime, Ranges, TimeRange};
use url::Url;

use crate::buffer::Buffer;
use crate::clock::Now;
use crate::message::{RequestId, Track, VariantId};
use crate::playlist::StreamId;

/// Which part of the presentation a lane carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Role {
    /// The variant streams.
    Variant,
    /// The separate audio renditions.
    Rendition,
}

impl StreamId {
    /// Which lane carries it; text is in none.
    pub(crate) fn role(self) -> Option<Role> {
        match self {
            Self::Variant(_) => Some(Role::Variant),
            Self::Audio(_) => Some(Role::Rendition),
            Self::Text(_) => None,
        }
    }
}

/// What names an init section.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct InitKey {
    pub(crate) url: Url,
    pub(crate) range: Option<ByteRange>,
}

/// A segment on its way.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Wanted {
    pub(crate) stream: StreamId,
    pub(crate) span: TimeRange,
    pub(crate) period: u64,
    pub(crate) init: Option<InitKey>,
    /// It takes the place of one that is buffered in another variant.
    pub(crate) is_replacement: bool,
}

/// What of a stream is loaded next.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum What {
    /// What is missing.
    Missing,
    /// What takes the place of this buffered stretch.
    Instead(TimeRange),
    /// Nothing yet: the link is measured with so many bytes.
    Probe(ByteCount),
}

/// What is loaded next.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Plan {
    pub(crate) stream: StreamId,
    pub(crate) what: What,
    /// It is not asked for before.
    pub(crate) not_before: Now,
}

/// What is known of when the media of a segment begin, by its own boxes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Start {
    #[default]
    Unknown,
    /// The driver was asked when so many bytes were there.
    Asked(ByteCount),
    /// The driver has told what it can: all parts of the segment are moved by so much, µs.
    Settled { offset_us: i64 },
}

impl Start {
    /// More bytes than the driver was asked about are there.
    pub(crate) fn or_ask_again(self) -> Self {
        match self {
            Self::Settled { .. } => self,
            Self::Asked(_) | Self::Unknown => Self::Unknown,
        }
    }
}

/// A loaded segment.
#[derive(Clone, Debug)]
pub(crate) struct Item {
    pub(crate) id: RequestId,
    pub(crate) size: ByteCount,
    pub(crate) start: Start,
    pub(crate) wanted: Wanted,
}

impl Item {
    pub(crate) fn variant(&self) -> Option<VariantId> {
        match self.wanted.stream {
            StreamId::Variant(id) => Some(id),
            StreamId::Audio(_) | StreamId::Text(_) => None,
        }
    }
}

/// What the driver's buffer is doing.
#[derive(Clone, Debug)]
pub(crate) enum Busy {
    Init(InitKey),
    Segment(Item),
    /// What has arrived of the segment with this load.
    Part(RequestId),
    Evict(TimeRange),
}

/// One track.
#[derive(Clone, Debug)]
pub(crate) struct Lane {
    pub(crate) role: Role,
    pub(crate) track: Track,
    pub(crate) buffer: Buffer,
    /// What is loaded now.
    pub(crate) stream: Option<StreamId>,
    /// What has been decided and not been asked for.
    pub(crate) plan: Option<Plan>,
    /// Since when nothing is loaded because there is enough.
    pub(crate) full_since: Option<Now>,
    /// Loaded, not yet appended.
    pub(crate) queue: VecDeque<Item>,
    pub(crate) busy: Option<Busy>,
    /// Type and codecs the buffer is set to.
    pub(crate) mime: Option<String>,
    /// Init section in force.
    pub(crate) init: Option<InitKey>,
    /// What is buffered from here on is not what the viewer, or the player for good reason, chose, and goes when the first
    /// segment of the choice is there.
    pub(crate) replace_from: Option<MediaTime>,
    /// How often in a row a segment of the choice came too late to be laid over what was buffered.
    pub(crate) came_late: u32,
    /// The buffer refused bytes for lack of room: no append before the playhead is here.
    pub(crate) crowded_until: Option<MediaTime>,
    /// The variant whose segment was given up because it would have come too late: this time a lower one is taken.
    pub(crate) given_up: Option<VariantId>,
    /// Where the segment loaded last came from, and where it ends.
    pub(crate) loaded_last: Option<(StreamId, MediaTime)>,
    /// The variant appended last.
    pub(crate) appended: Option<VariantId>,
    /// The last load was given up after a part of it had been appended.
    pub(crate) torn: bool,
    /// Whether anything was ever appended.
    pub(crate) fed: bool,
    /// Segments passed over since one was appended.
    pub(crate) skips: u32,
}

impl Lane {
    pub(crate) fn new(role: Role, track: Track) -> Self {
        Self {
            role,
            track,
            buffer: Buffer::default(),
            stream: None,
            plan: None,
            full_since: None,
            queue: VecDeque::new(),
            busy: None,
            mime: None,
            init: None,
            replace_from: None,
            came_late: 0,
            crowded_until: None,
            given_up: None,
            loaded_last: None,
            appended: None,
            torn: false,
            fed: false,
            skips: 0,
        }
    }

    /// What need not be loaded: what is in the buffer or waits to get there.
    pub(crate) fn covered(&self) -> Ranges {
        let mut spans: Vec<_> = self.queue.iter().map(|item| item.wanted.span).collect();
        let kept = |span: TimeRange| match self.replace_from {
            Some(from) => TimeRange::new(span.start(), span.end().min(from)),
            None => Some(span),
        };
        if let Some(Busy::Segment(item)) = &self.busy {
            let is_chosen = self.stream == Some(item.wanted.stream);
            spans.extend(if is_chosen { Some(item.wanted.span) } else { kept(item.wanted.span) });
        }
        spans.extend(self.buffer.covered().iter().filter_map(kept));
        Ranges::new(spans)
    }

    /// The segments from `at` on with their variants, as far as there is no hole.
    pub(crate) fn held(&self, at: MediaTime) -> Vec<(TimeRange, Option<VariantId>)> {
        let mut held = self.buffer.segments_from(at);
        let busy = self.busy.iter().filter_map(|busy| match busy {
            Busy::Segment(item) => Some(item),
            Busy::Init(_) | Busy::Part(_) | Busy::Evict(_) => None,
        });
        for item in busy.chain(&self.queue) {
            let span = item.wanted.span;
            match held.iter_mut().find(|(known, _)| *known == span) {
                Some(known) => known.1 = item.variant(),
                None => held.push((span, item.variant())),
            }
        }
        held.sort_by_key(|(span, _)| span.start());
        held
    }

    /// The variant of the segment that ends at `end`.
    pub(crate) fn last_held(&self, end: MediaTime) -> Option<VariantId> {
        let queued = self.queue.iter().rev().find(|item| item.wanted.span.end() == end).and_then(Item::variant);
        queued.or_else(|| self.buffer.variant_at(end - MediaDuration::from_millis(1)))
    }

    /// What could not be had is asked for again.
    pub(crate) fn forgive(&mut self) {
        self.buffer.forgive();
        self.skips = 0;
    }

    /// Everything is new, as after a failed media element; but what cannot be had is not asked for again.
    pub(crate) fn restart(&mut self) -> impl Iterator<Item = RequestId> + use<> {
        let busy = match self.busy.take() {
            Some(Busy::Segment(item)) => Some(item.id),
            Some(Busy::Init(_) | Busy::Part(_) | Busy::Evict(_)) | None => None,
        };
        let loaded: Vec<_> = self.queue.drain(..).map(|item| item.id).chain(busy).collect();
        let buffer = self.buffer.emptied();
        *self = Self { stream: self.stream, buffer, skips: self.skips, ..Self::new(self.role, self.track) };
        loaded.into_iter()
    }
}

/// What is known of the device's decoder and a stream.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Decoding {
    #[default]
    Untried,
    /// It gave up on it, and nothing of it was seen.
    Doubtful,
    /// It has decoded it: what it gives up on is damaged.
    Proven,
}

/// How a stream has done so far.
#[derive(Clone, Debug, Default)]
pub(crate) struct Health {
    /// Failures in a row.
    pub(crate) failures: u32,
    /// Nothing is asked of it before this.
    pub(crate) not_before: Option<Now>,
    /// The server itself asked for the pause.
    pub(crate) asked_to_wait: bool,
    /// How long it has been asking so far, without a success.
    pub(crate) waited: Duration,
    /// Another stream is preferred until then.
    pub(crate) avoid_until: Option<Now>,
    /// How often that was decided, one time soon after the other.
    pub(crate) avoided: u32,
    /// When its playlist was last read out of turn.
    pub(crate) reread: Option<Now>,
    /// The device cannot play it.
    pub(crate) never: bool,
    pub(crate) decoding: Decoding,
    /// What the server needed to make the last two segments, newest first, and when that was.
    making: Option<(Duration, Option<Duration>, Now)>,
    /// Bytes and length of the segments so far, older ones counting less.
    seen: (u64, u64),
}

/// What a server needed to make a segment is no news after this: it may have made the next ones meanwhile.
const MAKING_MEMORY: Duration = Duration::from_secs(60);

impl Health {
    pub(crate) fn succeeded(&mut self) {
        self.failures = 0;
        self.not_before = None;
        self.asked_to_wait = false;
        self.waited = Duration::ZERO;
    }

    /// Forgets failures, not what the device cannot play.
    pub(crate) fn pardon(&mut self) {
        self.succeeded();
        self.avoid_until = None;
    }

    /// Prefers others for this time, and each time for twice as long: what is broken is not mended by asking. What then had
    /// nothing against it for as long again was mended.
    pub(crate) fn avoid(&mut self, now: Now, time: Duration) {
        let last = time.saturating_mul(1 << self.avoided.saturating_sub(1).min(5));
        if self.avoid_until.is_some_and(|until| now >= until + last) {
            self.avoided = 0;
        }
        self.avoid_until = Some(now + time.saturating_mul(1 << self.avoided.min(5)));
        self.avoided = self.avoided.saturating_add(1);
    }

    pub(crate) fn waits(&self, now: Now) -> bool {
        self.not_before.is_some_and(|time| now < time)
    }

    pub(crate) fn is_avoided(&self, now: Now) -> bool {
        self.never || self.avoid_until.is_some_and(|time| now < time)
    }

    /// A segment took the server `making` before it could be sent.
    pub(crate) fn was_made_in(&mut self, making: Duration, now: Now) {
        self.making = Some((making, self.making.map(|(newest, _, _)| newest), now));
    }

    /// What the server will need for the next one. Starting an encoder costs once, so of two the smaller counts, and of
    /// a single one of the stream that is loaded now only half. With `now`, it is forgotten after a while.
    pub(crate) fn making(&self, now: Option<Now>, is_current: bool) -> Duration {
        match self.making {
            Some((_, _, when)) if now.is_some_and(|now| now.since(when) > MAKING_MEMORY) => Duration::ZERO,
            Some((newest, Some(before), _)) => newest.min(before),
            Some((only, None, _)) if is_current => only / 2,
            Some((only, None, _)) => only,
            None => Duration::ZERO,
        }
    }

    /// Remembers some sixteen segments: a heavy one is followed by a light one more often than by another, so what the last
    /// few have weighed says little.
    pub(crate) fn saw(&mut self, size: ByteCount, length: MediaDuration) {
        let (bytes, micros) = self.seen;
        self.seen =
            ((bytes / 16 * 15).saturating_add(size.get()), (micros / 16 * 15).saturating_add(length.as_micros()));
    }

    /// Whether the server sent the last segment at once: it has them ready.
    pub(crate) fn is_at_hand(&self) -> bool {
        self.making.is_some_and(|(newest, _, _)| newest.is_zero())
    }

    /// Bit rate of the segments so far.
    pub(crate) fn seen_rate(&self) -> Option<BitsPerSecond> {
        let (bytes, micros) = self.seen;
        BitsPerSecond::measured(ByteCount::new(bytes), Duration::from_micros(micros))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_fails_again_is_avoided_for_longer_until_it_has_done_well_for_long() {
        const TIME: Duration = Duration::from_secs(30);
        let mut health = Health::default();
        let mut fails = |at_s: u64| {
            let now = Now::new(Duration::from_secs(at_s));
            health.avoid(now, TIME);
            (health.avoid_until.unwrap().since(now).as_secs(), health.avoided)
        };
        assert_eq!((fails(0), fails(40), fails(110)), ((30, 1), (60, 2), (120, 3)));
        // Until 230; and well for 119 s, and then for 240.
        assert_eq!((fails(349), fails(829)), ((240, 4), (30, 1)));
    }
}
