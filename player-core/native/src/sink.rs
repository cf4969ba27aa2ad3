//! The media element of the desktop: buffers that are appended to, and a GStreamer pipeline that plays from them.
//!
//! Decides nothing about what to load. It keeps what was appended (`store.rs`), hands the pipeline the next two seconds,
//! stops the clock where data ends and starts it again when more has come, as a browser's media element does. Only the
//! driver's task calls it, so a seek and the units pushed after it cannot get out of order.

mod chain;
mod coding;
mod decoder;
mod error;
mod lane;
mod messages;
mod output;
mod silence;

use bytes::Bytes;
use gstreamer as gst;
use gstreamer::prelude::*;
use media_container::cmaf::read::Pick;
use media_model::{MediaTime, Ranges, TimeRange};
use player_core::Speed;
use player_core::message::{AppendFailure, BufferSetup, Track};
use tokio::sync::mpsc::UnboundedSender;

pub use coding::Coding;
use decoder::Decoders;
pub use decoder::{Decoder, Decoding};
pub use error::SinkError;
pub(crate) use lane::{Arrived, Piece};
use lane::{Fault, Lane, Source};
pub(crate) use messages::SinkNews;
pub use output::Surface;
use silence::Silence;

/// With less data than this ahead, the clock stops.
const DRY: i64 = 100_000_000;
/// With this much, it starts again.
const WET: i64 = 400_000_000;

/// The pipeline and its buffers.
#[derive(Debug)]
pub(crate) struct Sink {
    surface: Surface,
    decoders: Decoders,
    wakeup: UnboundedSender<gst::Message>,
    pipeline: gst::Pipeline,
    lanes: Vec<Lane>,
    playing_wanted: bool,
    /// The clock stands because data is missing.
    starved: bool,
    ended: bool,
    /// Where a seek leads that has not arrived.
    seeking: Option<i64>,
    position: i64,
    speed: Speed,
    /// Frames that a late decoder left out.
    skipped_frames: u64,
    silence: Silence,
}

impl Sink {
    /// A sink without buffers. Messages of the pipeline go to `wakeup`, to be handed back to [`Sink::hear`].
    pub(crate) fn new(
        surface: Surface,
        decoding: Decoding,
        wakeup: UnboundedSender<gst::Message>,
    ) -> Result<Self, SinkError> {
        gst::init()?;
        if !surface.is_there() {
            return Err(SinkError::NoDisplay);
        }
        decoder::warm_up(decoding);
        Ok(Self {
            surface,
            decoders: Decoders::new(decoding),
            wakeup,
            pipeline: gst::Pipeline::new(),
            lanes: Vec::new(),
            playing_wanted: true,
            starved: true,
            ended: false,
            seeking: None,
            position: 0,
            speed: Speed::NORMAL,
            skipped_frames: 0,
            silence: Silence::default(),
        })
    }

    /// Makes the buffers, empty, in place of those before.
    pub(crate) fn prepare(&mut self, buffers: &[BufferSetup]) -> Result<(), SinkError> {
        self.close();
        self.lanes.clear();
        let sources = buffers.iter().map(sources).collect::<Result<Vec<_>, _>>()?;
        self.pipeline = gst::Pipeline::new();
        let bus = self.pipeline.bus().ok_or(SinkError::Pipeline("no bus"))?;
        let wakeup = self.wakeup.clone();
        bus.set_sync_handler(move |_, message| {
            // Nobody listens any more when the player is gone.
            let _ = wakeup.send(message.clone());
            gst::BusSyncReply::Drop
        });
        for source in sources.into_iter().flatten() {
            self.lanes.push(Lane::build(&self.pipeline, &self.decoders, self.surface, source)?);
        }
        (self.starved, self.ended, self.seeking, self.skipped_frames) = (true, false, None, 0);
        self.change_state(gst::State::Paused)?;
        // A fresh pipeline plays from zero, at the usual speed.
        let is_fresh = self.position == 0 && self.speed == Speed::NORMAL;
        if is_fresh { Ok(()) } else { self.seek(micros(self.position)) }
    }

    /// Takes an init section.
    pub(crate) fn begin(&mut self, buffer: Track, bytes: &Bytes) -> Result<(), AppendFailure> {
        self.each_of(buffer, |lane| lane.begin(bytes))
    }

    /// Takes a segment, or more of it.
    pub(crate) fn append(&mut self, buffer: Track, piece: Piece<'_>) -> Result<(), AppendFailure> {
        self.each_of(buffer, |lane| lane.append(piece))?;
        self.ended = false;
        self.tend().map_err(|_| AppendFailure::Rejected)
    }

    /// Removes a stretch of a buffer.
    pub(crate) fn evict(&mut self, buffer: Track, range: TimeRange) {
        for lane in self.lanes.iter_mut().filter(|lane| lane.buffer == buffer) {
            lane.evict(nanos(range.start()), nanos(range.end()));
        }
    }

    /// Nothing more will be appended.
    pub(crate) fn end(&mut self) {
        self.ended = true;
    }

    /// What a buffer holds of all that it brings.
    pub(crate) fn buffered(&self, buffer: Track) -> Ranges {
        let lanes = self.lanes.iter().filter(|lane| lane.buffer == buffer).map(Lane::buffered);
        lanes.reduce(|one, other| one.intersection(&other)).unwrap_or_default()
    }

    /// Wishes to play or to pause.
    pub(crate) fn set_playing(&mut self, playing: bool) -> Result<(), SinkError> {
        self.playing_wanted = playing;
        self.run()
    }

    /// Moves the playhead.
    pub(crate) fn seek(&mut self, to: MediaTime) -> Result<(), SinkError> {
        let target = nanos(to).max(0);
        self.position = target;
        if self.lanes.is_empty() {
            return Ok(());
        }
        self.seeking = Some(target);
        self.starved = true;
        self.run()?;
        let time = gst::ClockTime::from_nseconds(u64::try_from(target).unwrap_or_default());
        self.pipeline
            .seek(
                self.speed.factor(),
                gst::SeekFlags::FLUSH | gst::SeekFlags::ACCURATE,
                gst::SeekType::Set,
                time,
                gst::SeekType::None,
                gst::ClockTime::NONE,
            )
            .map_err(|_| SinkError::Pipeline("it does not seek"))?;
        for lane in &mut self.lanes {
            lane.restart(target);
        }
        self.tend()
    }

    /// Plays faster or slower from where it stands. Sound gets higher or lower with it.
    pub(crate) fn set_speed(&mut self, speed: Speed) -> Result<(), SinkError> {
        self.speed = speed;
        let here = self.position();
        self.seek(here)
    }

    /// Where playback stands.
    pub(crate) fn position(&mut self) -> MediaTime {
        if self.seeking.is_none()
            && let Some(position) = self.pipeline.query_position::<gst::ClockTime>()
        {
            // Outputs tell the clock's time, which runs on a little where data ends.
            let position = i64::try_from(position.nseconds()).unwrap_or(i64::MAX);
            self.position = position.min(self.end_of_data(position).unwrap_or(position));
        }
        micros(self.position)
    }

    /// Whether frames are moving.
    pub(crate) fn is_moving(&self) -> bool {
        let (_, state, _) = self.pipeline.state(gst::ClockTime::ZERO);
        self.seeking.is_none() && self.playing_wanted && !self.starved && state == gst::State::Playing
    }

    /// Frames that came too late to be shown.
    pub(crate) fn dropped_frames(&self) -> Option<u64> {
        let late = self.lanes.iter().find(|lane| lane.track == Track::Video)?.count("dropped")?;
        Some(late + self.skipped_frames)
    }

    /// Frames that were shown.
    pub(crate) fn shown_frames(&self) -> Option<u64> {
        self.lanes.iter().find(|lane| lane.track == Track::Video)?.count("rendered")
    }

    /// Feeds the pipeline, and stops or starts its clock. To be called some twenty times a second.
    pub(crate) fn tend(&mut self) -> Result<(), SinkError> {
        if self.lanes.is_empty() {
            return Ok(());
        }
        let position = nanos(self.position());
        if self.lanes.iter().any(Lane::is_mute) && self.silence.is_over() {
            return self.repair(Fault::Speakers { heard: true });
        }
        if let Some(at) = self.due_for_another_decoder(position) {
            self.change_decoders()?;
            return self.seek(micros(at));
        }
        let ended = self.ended;
        let late = self.lanes.iter_mut().map(|lane| lane.feed(position, ended)).fold(false, |late, one| late | one);
        if late {
            // More was appended after the source had been told that nothing follows: only a flush takes that back.
            return self.seek(micros(position));
        }
        let ahead = self.end_of_data(position).map_or(0, |end| end - position);
        self.starved = !self.everything_is_there() && if self.starved { ahead < WET } else { ahead < DRY };
        self.run()
    }

    /// What decodes a track.
    pub(crate) fn decoder(&self, track: Track) -> Option<&Decoder> {
        self.lanes.iter().find(|lane| lane.track == track).map(Lane::decoder)
    }

    /// Hands something to each track that this buffer brings; it has to be of use to all.
    fn each_of(
        &mut self,
        buffer: Track,
        hand: impl FnMut(&mut Lane) -> Result<(), AppendFailure>,
    ) -> Result<(), AppendFailure> {
        let mut lanes = self.lanes.iter_mut().filter(|lane| lane.buffer == buffer).peekable();
        lanes.peek().ok_or(AppendFailure::Rejected)?;
        lanes.try_for_each(hand)
    }

    /// Where the first of the tracks runs dry.
    fn end_of_data(&self, position: i64) -> Option<i64> {
        self.lanes.iter().map(|lane| lane.end_around(position)).min().flatten()
    }

    /// Nothing will come that is not there: the sources run out by themselves.
    fn everything_is_there(&self) -> bool {
        self.ended && self.lanes.iter().all(Lane::is_over)
    }

    /// Where a track changes its codec, if the playhead is there.
    fn due_for_another_decoder(&self, position: i64) -> Option<i64> {
        self.lanes.iter().filter_map(Lane::next_codec_at).find(|&at| at <= position + DRY)
    }

    /// Gives each track the decoder that its next unit needs. There is a short stop: the outputs let go of their frames.
    fn change_decoders(&mut self) -> Result<(), SinkError> {
        self.change_state(gst::State::Ready)?;
        for lane in &mut self.lanes {
            lane.change_decoder(&self.pipeline, &self.decoders)?;
        }
        self.change_state(gst::State::Paused)
    }

    fn run(&self) -> Result<(), SinkError> {
        if self.lanes.is_empty() {
            return Ok(());
        }
        let wanted = if self.playing_wanted && !self.starved { gst::State::Playing } else { gst::State::Paused };
        let (_, current, pending) = self.pipeline.state(gst::ClockTime::ZERO);
        let target = if pending == gst::State::VoidPending { current } else { pending };
        if target == wanted { Ok(()) } else { self.change_state(wanted) }
    }

    fn change_state(&self, state: gst::State) -> Result<(), SinkError> {
        self.pipeline.set_state(state).map(drop).map_err(|_| SinkError::Pipeline("it does not change its state"))
    }

    fn close(&self) {
        if let Some(bus) = self.pipeline.bus() {
            bus.unset_sync_handler();
        }
        // A pipeline that does not stop is let go all the same.
        let _ = self.pipeline.set_state(gst::State::Null);
    }
}

impl Drop for Sink {
    fn drop(&mut self) {
        self.close();
    }
}

/// What a buffer brings, if it can be played here.
fn sources(setup: &BufferSetup) -> Result<Vec<Source>, SinkError> {
    let unsupported = || SinkError::Unsupported { track: setup.track, mime: setup.mime.clone() };
    let codings = Coding::of_mime(&setup.mime).ok_or_else(unsupported)?;
    if !codings.iter().all(|&(_, coding)| decoder::is_decodable(coding)) {
        return Err(unsupported());
    }
    let pick = |track| match (codings.len(), track) {
        (1, _) => Pick::First,
        (_, Track::Video) => Pick::Pictures,
        (_, Track::Audio) => Pick::Sound,
    };
    let source = |&(track, coding): &(Track, Coding)| Source { track, buffer: setup.track, pick: pick(track), coding };
    Ok(codings.iter().map(source).collect())
}

fn micros(nanos: i64) -> MediaTime {
    MediaTime::from_micros(nanos / 1_000)
}

fn nanos(time: MediaTime) -> i64 {
    time.as_micros().saturating_mul(1_000)
}

#[cfg(test)]
mod tests;
