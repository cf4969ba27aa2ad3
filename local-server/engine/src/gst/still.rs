//! One frame as a small JPEG, and how much there is to see in it.

use bytes::Bytes;
use gstreamer as gst;
use gstreamer::prelude::*;
use gstreamer_video as gst_video;
use gstreamer_video::prelude::*;

use super::decode::Frame;
use super::{Fault, Faults, elements};

/// How much a picture may be turned and what size it gets.
#[derive(Clone, Copy, Debug)]
pub(crate) struct StillSize {
    /// Columns, after the turn.
    pub(crate) width: u32,
    /// Rows, after the turn.
    pub(crate) height: u32,
    /// Clockwise turn in degrees.
    pub(crate) rotation: u16,
}

/// A small picture.
#[derive(Clone, Debug)]
pub(crate) struct Still {
    frame: Frame,
    /// Mean brightness, 0 to 255.
    pub(crate) brightness: f64,
    /// Standard deviation of the brightness: 0 for one plain colour.
    pub(crate) contrast: f64,
}

impl Still {
    /// Scales and turns a frame and looks at it.
    pub(crate) fn new(frame: &Frame, size: StillSize) -> Result<Self, Fault> {
        let (width, height) = match size.rotation {
            90 | 270 => (size.height, size.width),
            _ => (size.width, size.height),
        };
        let caps = gst::Caps::builder("video/x-raw")
            .field("format", "I420")
            .field("width", i32::try_from(width).unwrap_or(i32::MAX))
            .field("height", i32::try_from(height).unwrap_or(i32::MAX))
            .field("pixel-aspect-ratio", gst::Fraction::new(1, 1))
            .build();
        let line = [elements::convert_scale()?, elements::filter(&caps)?, elements::turn(size.rotation)?];
        let (buffer, caps) = through(frame, &line, &gst::Caps::new_empty_simple("video/x-raw"))?;
        let (brightness, contrast) = measure(&buffer, &caps).unwrap_or_default();
        Ok(Self { frame: Frame { buffer, caps, pts: frame.pts }, brightness, contrast })
    }

    /// The picture as a JPEG file.
    pub(crate) fn jpeg(&self) -> Result<Bytes, Fault> {
        let jpeg = gst::Caps::new_empty_simple("image/jpeg");
        let (buffer, _) = through(&self.frame, &[elements::jpeg_encoder()?], &jpeg)?;
        let bytes = buffer.map_readable().map_err(|error| Fault::Element(error.to_string()))?;
        Ok(Bytes::copy_from_slice(&bytes))
    }
}

/// Sends one frame through `line` and takes what comes out.
fn through(frame: &Frame, line: &[gst::Element], out: &gst::Caps) -> Result<(gst::Buffer, gst::Caps), Fault> {
    let pipeline = gst::Pipeline::new();
    let faults = Faults::default();
    faults.watch(&pipeline);
    let source = elements::app_source(&frame.caps);
    let sink = elements::app_sink(out, 1);
    let mut all: Vec<gst::Element> = vec![source.clone().upcast()];
    all.extend_from_slice(line);
    all.push(sink.clone().upcast());
    elements::chain(&pipeline, &all.iter().collect::<Vec<_>>())?;
    super::play(&pipeline, &faults)?;
    let mut buffer = frame.buffer.copy();
    buffer.make_mut().set_pts(gst::ClockTime::ZERO);
    let stopped = |_| faults.check().err().unwrap_or_else(|| Fault::Element("the picture was refused".to_owned()));
    source.push_buffer(buffer).map_err(stopped)?;
    let _ = source.end_of_stream();
    let result = loop {
        if let Some(sample) = sink.try_pull_sample(gst::ClockTime::from_mseconds(50)) {
            break sample.buffer_owned().zip(sample.caps_owned()).ok_or(Fault::Nothing);
        }
        if let Err(fault) = faults.check() {
            break Err(fault);
        }
        if sink.is_eos() {
            break Err(Fault::Nothing);
        }
    };
    let _ = pipeline.set_state(gst::State::Null);
    result
}

/// Mean and standard deviation of the luma samples.
fn measure(buffer: &gst::Buffer, caps: &gst::Caps) -> Option<(f64, f64)> {
    let info = gst_video::VideoInfo::from_caps(caps).ok()?;
    let frame = gst_video::VideoFrameRef::from_buffer_ref_readable(buffer, &info).ok()?;
    let stride = usize::try_from(frame.plane_stride().first().copied()?).ok()?;
    let width = usize::try_from(info.width()).ok()?;
    let rows = frame.plane_data(0).ok()?.chunks(stride.max(1)).take(usize::try_from(info.height()).ok()?);
    let (mut count, mut sum, mut squares) = (0_u64, 0_u64, 0_u64);
    for sample in rows.flat_map(|row| &row[..width.min(row.len())]) {
        let sample = u64::from(*sample);
        (count, sum, squares) = (count + 1, sum + sample, squares + sample * sample);
    }
    #[expect(clippy::cast_precision_loss, reason = "sums of a small picture's bytes are far below 2^53")]
    let [count, sum, squares] = [count.max(1) as f64, sum as f64, squares as f64];
    let mean = sum / count;
    Some((mean, (squares / count - mean * mean).max(0.0).sqrt()))
}
