//! The media element: buffers with a quota, and a playhead that moves while every buffer has media.

use std::time::Duration;

use media_model::{MediaDuration, MediaTime, Ranges, TimeRange};
use player_core::Speed;
use player_core::message::{AppendFailure, Track};

use super::origin::Media;

#[derive(Clone, Debug)]
struct Piece {
    span: TimeRange,
    stream: String,
    bytes: u64,
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

    pub(super) fn init(&mut self, stream: String) {
        self.init = Some(stream);
    }

    pub(super) fn append(&mut self, media: &Media) -> Result<(), AppendFailure> {
        if self.init.as_ref() != Some(&media.stream) || media.rejected {
            return Err(AppendFailure::Rejected);
        }
        let held: u64 = self.pieces.iter().map(|piece| piece.bytes).sum();
        if self.quota.is_some_and(|quota| held + media.bytes > quota) {
            return Err(AppendFailure::QuotaExceeded);
        }
        if !media.empty {
            self.remove(media.span);
            self.pieces.push(Piece { span: media.span, stream: media.stream.clone(), bytes: media.bytes });
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
    pub(super) duration: Option<MediaDuration>,
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
            duration: None,
        }
    }

    pub(super) fn buffer(&mut self, track: Track) -> Option<&mut Buffer> {
        self.buffers.iter_mut().find(|buffer| buffer.track == track)
    }

    pub(super) fn ranges(&self, track: Track) -> Ranges {
        self.buffers.iter().find(|buffer| buffer.track == track).map(Buffer::ranges).unwrap_or_default()
    }

    pub(super) fn move_to(&mut self, at: MediaTime) {
        self.at = at;
        self.moving = false;
        self.played_out = false;
    }

    /// Lets `tick` pass. At the end of the stream a buffer that ends earlier than another does not hold playback up.
    pub(super) fn pass(&mut self, tick: Duration) {
        let next = self.at + self.speed.media_in(tick);
        let end = self.duration.map(|duration| MediaTime::ZERO + duration);
        let held = |buffer: &Buffer| {
            let tail = buffer.ranges().iter().last().map(TimeRange::end);
            let past_tail = self.ended_stream && tail.is_some_and(|tail| tail <= next);
            past_tail || buffer.ranges().around(self.at, MediaDuration::ZERO).is_some_and(|range| range.end() >= next)
        };
        let has_media = !self.buffers.is_empty() && self.buffers.iter().all(held);
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
