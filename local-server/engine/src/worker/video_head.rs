//! The job of a video head: decode from the key frame before the first segment, and encode forward.
//!
//! The first segment has an encoder of its own. It does not look ahead, so that its first frames come out sooner, and is
//! told at its end that no frame follows: otherwise its last frames would stay inside until twenty frames of the next segment
//! went in, and whoever waits would wait for those.

use std::collections::{BTreeSet, VecDeque};
use std::sync::{Arc, Mutex};

use super::frame_grid::FrameGrid;
use super::protocol::{Message, Run, Unit, VideoJob, VideoSettings};
use super::{Gate, Outlet, locked};
use crate::gst::Fault;
use crate::gst::decode::{Decoder, Frame};
use crate::gst::demux::{Demux, Kind};
use crate::gst::encode_video::{CodedPicture, Pace, PictureSink, VideoEncoder, blank_frame};

/// How far before the first segment the second attempt begins, nanoseconds, where a demuxer lands after the place that
/// was asked for; each further attempt goes three times as far.
const BACK_NS: i64 = 2_000_000_000;

/// Nominal length of the very last frame of a stream, if that is all that says where it ends, nanoseconds.
const LAST_FRAME_NS: i64 = 40_000_000;

pub(super) fn run(job: &VideoJob, file: &str, outlet: &Outlet, gate: &Gate) -> Result<(), Fault> {
    let mut grid = FrameGrid::new(job.run);
    let mut decoder = decode_from(job, file, &mut grid)?;
    let mut encoders = Encoders::new(job, outlet.clone());
    let mut more = true;
    while more {
        while let Some(placed) = grid.next_placed() {
            gate.pass();
            encoders.push(&placed.frame, placed.pts, placed.starts)?;
        }
        if grid.is_complete() {
            break;
        }
        match decoder.next_frame()? {
            Some(frame) => {
                let pts = frame.pts;
                grid.take(frame, pts);
            }
            None => {
                grid.end();
                more = grid.has_placed();
            }
        }
    }
    encoders.finish(&job.run)
}

/// Encodes blank frames until the codec configuration is known.
pub(super) fn config(settings: &VideoSettings, outlet: &Outlet) -> Result<(), Fault> {
    let frame = blank_frame(settings)?;
    let pictures = Pictures::new(outlet.clone(), true);
    pictures.coming(0);
    pictures.shows(0);
    let mut encoder = VideoEncoder::start(settings, Pace::Prompt, &frame, pictures.clone())?;
    encoder.push(&frame, 0, true)?;
    encoder.finish();
    encoder.wait()
}

/// A decoder that starts at or before the first segment, with its first frame in the grid already.
fn decode_from(job: &VideoJob, file: &str, grid: &mut FrameGrid<Frame>) -> Result<Decoder, Fault> {
    let line = FrameGrid::<Frame>::line(&job.run, job.run.first);
    let mut back = 0;
    loop {
        let demux = Demux::open(file)?;
        let stream = demux.find(Kind::Video, job.stream)?;
        let from = line.saturating_sub(back).max(0);
        let mut decoder = Decoder::video(demux, &stream, job.origin_ns, from)?;
        match decoder.next_frame()? {
            Some(frame) if frame.pts <= line || from == 0 || begins_at(job, line, frame.pts) => {
                let pts = frame.pts;
                if from > 0 {
                    grid.continues();
                }
                grid.take(frame, pts);
                return Ok(decoder);
            }
            None if from == 0 => return Err(Fault::Nothing),
            Some(_) | None => back = (back * 3).max(BACK_NS),
        }
    }
}

/// Whether a frame is the first of the segment that starts at `line`: one frame earlier is before it. That holds for frames
/// at the nominal rate; at another one a frame more may go missing here, and nothing else.
fn begins_at(job: &VideoJob, line: i64, pts: i64) -> bool {
    let VideoSettings { frames, seconds, .. } = job.settings;
    let frame = i64::from(seconds) * 1_000_000_000 / i64::from(frames.max(1));
    (line..line.saturating_add(frame)).contains(&pts)
}

/// The encoder at work, and the one of the first segment while its last pictures come out.
struct Encoders<'a> {
    job: &'a VideoJob,
    outlet: Outlet,
    first: Option<(VideoEncoder, Pictures)>,
    running: Option<(VideoEncoder, Pictures)>,
    last_pts: i64,
}

impl<'a> Encoders<'a> {
    fn new(job: &'a VideoJob, outlet: Outlet) -> Self {
        Self { job, outlet, first: None, running: None, last_pts: 0 }
    }

    fn push(&mut self, frame: &Frame, pts: i64, starts: Option<u32>) -> Result<(), Fault> {
        if starts.is_some_and(|segment| segment == self.job.run.first + 1)
            && let Some((encoder, pictures)) = self.running.take()
        {
            pictures.closes_at(pts);
            encoder.finish();
            self.first = Some((encoder, pictures));
        }
        let (encoder, pictures) = match &mut self.running {
            Some(running) => running,
            none => {
                let pictures = Pictures::new(self.outlet.clone(), self.first.is_none());
                let pace = if self.first.is_none() { Pace::Prompt } else { Pace::Steady };
                let encoder = VideoEncoder::start(&self.job.settings, pace, frame, pictures.clone())?;
                none.insert((encoder, pictures))
            }
        };
        if let Some(segment) = starts {
            pictures.coming(segment);
        }
        self.last_pts = pts;
        pictures.shows(pts);
        encoder.push(frame, pts, starts.is_some())
    }

    fn finish(self, run: &Run) -> Result<(), Fault> {
        let end = i64::try_from(run.duration_ns).unwrap_or(i64::MAX).max(self.last_pts + LAST_FRAME_NS);
        if let Some((encoder, pictures)) = &self.running {
            pictures.closes_at(end);
            encoder.finish();
        }
        for (encoder, _) in [self.first, self.running].iter().flatten() {
            encoder.wait()?;
        }
        Ok(())
    }
}

/// Sends the pictures of one encoder, which makes a key frame at each start of a segment and nowhere else.
#[derive(Clone)]
struct Pictures(Arc<Mutex<PicturesState>>);

struct PicturesState {
    outlet: Outlet,
    tells_config: bool,
    coming: VecDeque<u32>,
    /// When the frames that went in are shown, nanoseconds, from the open segment on.
    shown: BTreeSet<i64>,
    open: Option<u32>,
    /// Where the last segment ends, nanoseconds, once that is known.
    end: Option<i64>,
}

impl Pictures {
    fn new(outlet: Outlet, tells_config: bool) -> Self {
        Self(Arc::new(Mutex::new(PicturesState {
            outlet,
            tells_config,
            coming: VecDeque::new(),
            shown: BTreeSet::new(),
            open: None,
            end: None,
        })))
    }

    /// The next key frame starts this segment.
    fn coming(&self, segment: u32) {
        locked(&self.0).coming.push_back(segment);
    }

    /// The last segment ends here, nanoseconds.
    fn closes_at(&self, end: i64) {
        locked(&self.0).end = Some(end);
    }

    /// A frame that is shown at `pts`, nanoseconds, goes in.
    fn shows(&self, pts: i64) {
        locked(&self.0).shown.insert(pts);
    }
}

impl PictureSink for Pictures {
    fn picture(&mut self, picture: CodedPicture) {
        let mut state = locked(&self.0);
        if std::mem::take(&mut state.tells_config) {
            state.outlet.send(&Message::Config(picture.config));
        }
        let pts = ticks(picture.pts);
        let starts = if picture.key { state.coming.pop_front() } else { None };
        let ended = starts.and_then(|segment| state.open.replace(segment));
        if let Some(segment) = ended {
            state.outlet.send(&Message::SegmentEnd { segment, end: pts });
            state.shown = state.shown.split_off(&picture.pts);
        }
        if let Some(segment) = state.open {
            let next = state.shown.range(picture.pts + 1..).next().copied().or(state.end).map(ticks);
            state.outlet.send(&Message::Unit(Unit { segment, pts, next, key: picture.key, data: picture.data }));
        }
    }

    fn end(&mut self) {
        let mut state = locked(&self.0);
        if let Some(segment) = state.open.take() {
            let end = ticks(state.end.unwrap_or(0));
            state.outlet.send(&Message::SegmentEnd { segment, end });
        }
    }
}

/// Nanoseconds to the nearest tick of 90 kHz.
fn ticks(nanos: i64) -> i64 {
    let ticks = (i128::from(nanos) * 9 + 50_000).div_euclid(100_000);
    i64::try_from(ticks).unwrap_or(i64::MAX)
}
