//! The media element: buffers with a quota, and a playhead that moves while every buffer has media.

use std::time::Duration;

use media_model::{MediaDuration, MediaTime, Ranges, TimeRange};
use player_core::Speed;
use player_core::message::{AppendFailure, Track};

use super::origin::{Flaw, INIT_BYTES, Media};

/// A decoder takes media this far ahead of what it shows, and gives up that much early: so much was seen of Chromium.
const DECODES_AHEAD: MediaDuration = MediaDuration::from_millis(160);

#[derive(Clone, Debug)]
struct Piece {
    span: TimeRange,
    stream: String,
    bytes: u64,
    flaw: Option<Flaw>,
}

/// One buffer.
#[derive(Debug)]
pub(super) struct Buffer {
    pub(super) track: Track,
    quota: Option<u64>,
    /// The stream whose init section was appended last.
    init: Option<String>,
    pieces: Vec<Piece>,
}

impl Buffer {
    pub(super) fn new(track: Track, quota: Option<u64>) -> Self {
        Self { track, quota, init: None, pieces: Vec::new() }
    }

    /// A full buffer has no room for an init section either.
    pub(super) fn init(&mut self, stream: String) -> Result<(), AppendFailure> {
        self.make_room(INIT_BYTES)?;
        self.init = Some(stream);
        Ok(())
    }

    fn make_room(&self, bytes: u64) -> Result<(), AppendFailure> {
        let held: u64 = self.pieces.iter().map(|piece| piece.bytes).sum();
        let fits = self.quota.is_none_or(|quota| held + bytes <= quota);
        if fits { Ok(()) } else { Err(AppendFailure::QuotaExceeded) }
    }

    pub(super) fn append(&mut self, media: &Media) -> Result<(), AppendFailure> {
        if self.init.as_ref() != Some(&media.stream) || media.flaw == Some(Flaw::Rejected) {
            return Err(AppendFailure::Rejected);
        }
        self.make_room(media.bytes)?;
        if media.flaw != Some(Flaw::Empty) {
            self.remove(media.span);
            let Media { span, bytes, flaw, .. } = *media;
            self.pieces.push(Piece { span, stream: media.stream.clone(), bytes, flaw });
        }
        Ok(())
    }

    /// Removes this stretch, and after it what has lost its keyframe, as Media Source Extensions (§3.5.9) has it; a segment
    /// has one keyframe here, at its start.
    pub(super) fn remove(&mut self, range: TimeRange) {
        let cut = |piece: Piece| {
            let is_touched = piece.span.start() < range.end() && range.start() < piece.span.end();
            if !is_touched {
                return Some(piece);
            }
            let span = TimeRange::new(piece.span.start(), range.start())?;
            let whole = piece.span.length().as_micros().max(1);
            let bytes = piece.bytes * span.length().as_micros() / whole;
            Some(Piece { span, bytes, ..piece }).filter(|_| span.length() > MediaDuration::ZERO)
        };
        self.pieces = std::mem::take(&mut self.pieces).into_iter().flat_map(cut).collect();
    }

    pub(super) fn ranges(&self) -> Ranges {
        Ranges::new(self.pieces.iter().map(|piece| piece.span).collect())
    }

    fn flaw_at(&self, at: MediaTime) -> Option<Flaw> {
        let piece = self.pieces.iter().find(|piece| piece.span.contains(at))?;
        piece.flaw.filter(|flaw| match flaw {
            Flaw::Stuck(length) => at.since(piece.span.start()) < MediaDuration::from_std(*length),
            Flaw::Undecodable | Flaw::Empty | Flaw::Rejected => true,
        })
    }

    pub(super) fn stream_at(&self, at: MediaTime) -> Option<&str> {
        self.pieces.iter().find(|piece| piece.span.contains(at)).map(|piece| piece.stream.as_str())
    }
}

/// The element.
#[derive(Debug)]
pub(super) struct Element {
    pub(super) buffers: Vec<Buffer>,
    pub(super) at: MediaTime,
    pub(super) playing: bool,
    pub(super) speed: Speed,
    pub(super) moving: bool,
    pub(super) ended_stream: bool,
    pub(super) played_out: bool,
    pub(super) first_frame: bool,
    /// It plays no more.
    pub(super) failed: bool,
    /// That has just come about.
    pub(super) failing: bool,
    pub(super) duration: Option<MediaDuration>,
    /// Where what has no duration can be moved to, as the player said.
    pub(super) seekable: Option<TimeRange>,
}

impl Element {
    pub(super) fn new() -> Self {
        Self {
            buffers: Vec::new(),
            at: MediaTime::ZERO,
            playing: true,
            speed: Speed::NORMAL,
            moving: false,
            ended_stream: false,
            played_out: false,
            first_frame: false,
            failed: false,
            failing: false,
            duration: None,
            seekable: None,
        }
    }

    pub(super) fn buffer(&mut self, track: Track) -> Option<&mut Buffer> {
        self.buffers.iter_mut().find(|buffer| buffer.track == track)
    }

    pub(super) fn ranges(&self, track: Track) -> Ranges {
        self.buffers.iter().find(|buffer| buffer.track == track).map(Buffer::ranges).unwrap_or_default()
    }

    /// The decoder gives up.
    pub(super) fn fail(&mut self) {
        self.failing = !self.failed;
        self.failed = true;
    }

    /// Goes there, or as near as `HTMLMediaElement.seekable` lets it (Media Source Extensions §10).
    pub(super) fn move_to(&mut self, at: MediaTime) {
        let ends = self.buffers.iter().filter_map(|buffer| buffer.ranges().iter().last()).map(TimeRange::end);
        let end = self.seekable.map(TimeRange::end).into_iter().chain(ends).max().unwrap_or(MediaTime::ZERO);
        self.at = if self.duration.is_some() { at } else { at.min(end) };
        self.moving = false;
        self.played_out = false;
    }

    /// Lets `tick` pass. At the end of the stream a buffer that ends earlier than another does not hold playback up.
    pub(super) fn pass(&mut self, tick: Duration) {
        let flaws: Vec<_> = self.buffers.iter().filter_map(|buffer| buffer.flaw_at(self.at)).collect();
        let ahead = self.at + DECODES_AHEAD;
        let meets =
            |flaw| [self.at, ahead].iter().any(|&at| self.buffers.iter().any(|one| one.flaw_at(at) == Some(flaw)));
        if meets(Flaw::Undecodable) && !self.failed {
            self.fail();
        }
        let next = self.at + self.speed.media_in(tick);
        let last = self.buffers.iter().filter_map(|buffer| buffer.ranges().iter().last()).map(TimeRange::end).max();
        let end = self.duration.map_or(last, |duration| Some(MediaTime::ZERO + duration));
        let held = |buffer: &Buffer| {
            let tail = buffer.ranges().iter().last().map(TimeRange::end);
            let past_tail = self.ended_stream && tail.is_some_and(|tail| tail <= next);
            past_tail || buffer.ranges().around(self.at, MediaDuration::ZERO).is_some_and(|range| range.end() >= next)
        };
        let is_well = !self.failed && flaws.is_empty();
        let has_media = is_well && !self.buffers.is_empty() && self.buffers.iter().all(held);
        self.first_frame |= has_media;
        let at_end = self.ended_stream && end.is_some_and(|end| next >= end);
        self.moving = self.playing && has_media && !at_end;
        if self.moving {
            self.at = next;
        }
        if at_end && has_media && self.playing {
            self.played_out = true;
        }
    }
}
