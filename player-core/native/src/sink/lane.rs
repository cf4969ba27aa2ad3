//! One track of the pipeline: what was appended, how far it was handed on, and the elements that it is handed to.
//!
//! A track's source holds at most two seconds that are not played yet, and it holds them by reference to what the store
//! keeps; so what the pipeline has in memory is the store, and a few decoded frames.

use std::sync::Arc;

use bytes::Bytes;
use gstreamer as gst;
use media_container::TrackConfig;
use media_container::cmaf::read::{CmafError, Init, Pick, begun_segment, media_segment, pick};
use media_model::Ranges;
use player_core::message::{AppendFailure, RequestId, Track};

use super::SinkError;
use super::chain::Chain;
use super::coding::{self, Coding};
use super::decoder::{Decoder, Decoders};
use super::output::{Output, Surface};
use crate::store::{Cursor, Next, Store};

/// How far ahead of the playhead the pipeline is fed.
const FED: i64 = 2_000_000_000;

/// A segment, or more of it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Piece<'a> {
    pub(crate) id: RequestId,
    pub(crate) bytes: Arrived<'a>,
    /// Added to every timestamp, µs.
    pub(crate) offset_us: i64,
}

/// What is there of a segment, from its first byte.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Arrived<'a> {
    All(&'a Bytes),
    Begin(&'a [u8]),
}

/// Where a lane gets what it plays.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Source {
    pub(super) track: Track,
    pub(super) buffer: Track,
    pub(super) pick: Pick,
    pub(super) coding: Coding,
}

/// What can be mended without losing what was appended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fault {
    /// The audio device is gone; whether another is opened.
    Speakers {
        /// Otherwise there is no sound for now.
        heard: bool,
    },
    /// A decoder of hardware failed.
    Hardware,
}

/// See the module.
#[derive(Debug)]
pub(super) struct Lane {
    /// What it plays.
    pub(super) track: Track,
    /// The buffer that brings it: pictures and sound may come in one.
    pub(super) buffer: Track,
    /// Which track of the buffer's segments it is.
    pick: Pick,
    output: Output,
    chain: Chain,
    init: Option<Arc<Init>>,
    config: Option<Arc<TrackConfig>>,
    /// What the source was told last.
    announced: Option<Arc<TrackConfig>>,
    store: Store,
    /// The segment that was appended last, of which more may come, and how many of its samples there are.
    begun: Option<(RequestId, usize)>,
    cursor: Cursor,
    over: bool,
}

impl Lane {
    /// Puts the elements of a track into the pipeline; nothing is appended yet.
    pub(super) fn build(
        pipeline: &gst::Pipeline,
        decoders: &Decoders,
        surface: Surface,
        Source { track, buffer, pick, coding }: Source,
    ) -> Result<Self, SinkError> {
        let output = surface.output(pipeline, track, true)?;
        let chain = Chain::build(pipeline, decoders, coding, &output.first)?;
        Ok(Self {
            track,
            buffer,
            pick,
            output,
            chain,
            init: None,
            config: None,
            announced: None,
            store: Store::default(),
            begun: None,
            cursor: Cursor::default(),
            over: false,
        })
    }

    /// Takes an init section.
    pub(super) fn begin(&mut self, bytes: &Bytes) -> Result<(), AppendFailure> {
        let init = Arc::new(pick(bytes, self.pick).map_err(refusal)?);
        self.config = Some(Arc::new(init.track.clone()));
        self.init = Some(init);
        Ok(())
    }

    /// Takes a segment, or more of it.
    pub(super) fn append(&mut self, piece: Piece<'_>) -> Result<(), AppendFailure> {
        let (init, config) = self.init.as_ref().zip(self.config.as_ref()).ok_or(AppendFailure::Rejected)?;
        let Piece { id, bytes, offset_us } = piece;
        // What was refused for want of room is begun anew, for of what was there some may be gone.
        let begun = self.begun.take().filter(|(begun, _)| *begun == id);
        let taken = begun.map_or(0, |(_, taken)| taken);
        let samples = match bytes {
            Arrived::All(bytes) => media_segment(init, bytes).map(|mut all| all.split_off(taken.min(all.len()))),
            Arrived::Begin(bytes) => begun_segment(init, bytes, taken),
        };
        let samples = samples.map_err(refusal)?;
        let taken = taken + samples.len();
        let continues = begun.is_some();
        self.store.append(config, samples, offset_us, continues).map_err(|_| AppendFailure::QuotaExceeded)?;
        self.begun = Some((id, taken));
        Ok(())
    }

    /// Removes a stretch.
    pub(super) fn evict(&mut self, from: i64, to: i64) {
        self.store.remove(from, to);
    }

    /// What is there.
    pub(super) fn buffered(&self) -> Ranges {
        self.store.ranges()
    }

    /// Where the data around a time ends.
    pub(super) fn end_around(&self, time: i64) -> Option<i64> {
        self.store.end_around(time)
    }

    /// Hands out from here on, into a source that was flushed.
    pub(super) fn restart(&mut self, from: i64) {
        (self.cursor, self.over) = (Cursor::at(from), false);
    }

    /// Whether the source was told that nothing follows.
    pub(super) fn is_over(&self) -> bool {
        self.over
    }

    /// One of the numbers that the output keeps.
    pub(super) fn count(&self, name: &str) -> Option<u64> {
        self.output.count(name)
    }

    /// Where another decoder is needed, if that is what comes next.
    pub(super) fn next_codec_at(&self) -> Option<i64> {
        let next = self.store.peek(&self.cursor)?;
        (Coding::of(&next.config) != self.chain.coding).then_some(self.cursor.until())
    }

    /// Takes the decoder that the next unit needs; the pipeline must stand still, and be flushed afterwards.
    pub(super) fn change_decoder(&mut self, pipeline: &gst::Pipeline, decoders: &Decoders) -> Result<(), SinkError> {
        let wanted = self.store.peek(&self.cursor).map(|next| Coding::of(&next.config));
        match wanted.filter(|&wanted| wanted != self.chain.coding) {
            Some(wanted) => self.rebuild(pipeline, decoders, wanted),
            None => {
                self.announced = None;
                Ok(())
            }
        }
    }

    /// What the elements of this track have to do with an error that was reported.
    pub(super) fn fault(&self, speaker: &gst::Object) -> Option<Fault> {
        if self.output.is_at(speaker) && self.track == Track::Audio {
            Some(Fault::Speakers { heard: true })
        } else if self.chain.is_decoder(speaker) && self.chain.decoder.hardware {
            Some(Fault::Hardware)
        } else {
            None
        }
    }

    /// Makes the elements anew that an error came from; the pipeline must stand still, and be flushed afterwards. What
    /// the old ones still have to say is nobody's business then.
    pub(super) fn repair(
        &mut self,
        pipeline: &gst::Pipeline,
        decoders: &Decoders,
        surface: Surface,
        fault: Fault,
    ) -> Result<(), SinkError> {
        match fault {
            Fault::Speakers { heard } => {
                self.output.remove(pipeline)?;
                self.output = surface.output(pipeline, self.track, heard)?;
            }
            Fault::Hardware => {}
        }
        self.rebuild(pipeline, decoders, self.chain.coding)
    }

    fn rebuild(&mut self, pipeline: &gst::Pipeline, decoders: &Decoders, coding: Coding) -> Result<(), SinkError> {
        self.chain.remove(pipeline)?;
        self.chain = Chain::build(pipeline, decoders, coding, &self.output.first)?;
        self.announced = None;
        Ok(())
    }

    /// Bytes that the source was handed and has not passed on.
    #[cfg(test)]
    pub(super) fn source_holds(&self) -> u64 {
        self.chain.source.current_level_bytes()
    }

    /// What decodes.
    pub(super) fn decoder(&self) -> &Decoder {
        &self.chain.decoder
    }

    /// Whether it is sound that nobody can hear, though it should be heard.
    pub(super) fn is_mute(&self) -> bool {
        self.output.mute
    }

    /// Hands units to the source up to two seconds ahead. Returns whether data came after its end was announced.
    pub(super) fn feed(&mut self, position: i64, ended: bool) -> bool {
        while self.cursor.until() < position.saturating_add(FED) {
            let Some(next) = self.store.peek(&self.cursor) else {
                if ended && !self.over && self.store.is_over(&self.cursor) {
                    // Refused by a source that has stopped; then there is an error on the bus.
                    let _ = self.chain.source.end_of_stream();
                    self.over = true;
                }
                return false;
            };
            if self.over {
                return true;
            }
            if Coding::of(&next.config) != self.chain.coding {
                return false;
            }
            if self.announced.as_ref().is_none_or(|known| *known != next.config) {
                self.chain.source.set_caps(Some(&coding::caps(&next.config)));
                self.announced = Some(Arc::clone(&next.config));
            }
            if self.chain.source.push_buffer(buffer(next)).is_err() {
                // It has stopped; then there is an error on the bus.
                return false;
            }
            self.store.next(&mut self.cursor);
        }
        false
    }
}

/// A unit as GStreamer wants it; its bytes are not copied.
fn buffer(next: Next) -> gst::Buffer {
    let time = |nanos: i64| u64::try_from(nanos).ok().map(gst::ClockTime::from_nseconds);
    let mut buffer = gst::Buffer::from_slice(next.unit.data);
    let fields = buffer.get_mut().expect("a new buffer has one owner");
    // Presentation times only: decoders find the order themselves.
    fields.set_pts(time(next.unit.pts));
    fields.set_duration(time(next.unit.end - next.unit.pts));
    if !next.unit.sync {
        fields.set_flags(gst::BufferFlags::DELTA_UNIT);
    }
    if next.hidden {
        fields.set_flags(gst::BufferFlags::DECODE_ONLY);
    }
    buffer
}

fn refusal(error: CmafError) -> AppendFailure {
    tracing::warn!(%error, "an append was refused");
    match error {
        CmafError::Codec { .. } | CmafError::NoTrack => AppendFailure::Unsupported,
        CmafError::Incomplete { .. } | CmafError::Outside { .. } => AppendFailure::Rejected,
    }
}
