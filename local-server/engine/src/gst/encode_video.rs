//! Turns, scales and encodes frames: `appsrc ! deinterlace ! videoconvertscale ! videoflip ! x264enc ! appsink`.

use bytes::Bytes;
use gstreamer as gst;
use gstreamer::prelude::*;
use gstreamer_app as gst_app;
use gstreamer_video as gst_video;
use std::sync::{Arc, Mutex, mpsc};

use super::decode::Frame;
use super::demux::stream_time;
use super::{Fault, Faults, elements};
use crate::worker::protocol::VideoSettings;

/// One coded picture.
#[derive(Clone, Debug)]
pub(crate) struct CodedPicture {
    /// Presentation time, nanoseconds.
    pub(crate) pts: i64,
    /// Whether decoding can begin here.
    pub(crate) key: bool,
    /// Length-prefixed units (ISO/IEC 14496-15).
    pub(crate) data: Bytes,
    /// AVCDecoderConfigurationRecord of the stream.
    pub(crate) config: Bytes,
}

/// Who takes coded pictures; called on the encoder's own thread, so that a slow taker slows the encoder down.
pub(crate) trait PictureSink: Send + 'static {
    /// Takes the next picture in decode order.
    fn picture(&mut self, picture: CodedPicture);
    /// Learns that there are no more.
    fn end(&mut self);
}

/// How soon an encoder gives what it was fed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Pace {
    /// At once, and half as fast again with less effort: somebody waits for it.
    Prompt,
    /// After some twenty frames that it looks ahead, and spends its bits better for.
    Steady,
}

/// A running encoder.
#[derive(Debug)]
pub(crate) struct VideoEncoder {
    pipeline: gst::Pipeline,
    faults: Faults,
    source: gst_app::AppSrc,
    encoder: gst::Element,
    rate: gst::Fraction,
    begun: bool,
    taken: Option<gst::Caps>,
    ended: mpsc::Receiver<()>,
}

impl VideoEncoder {
    /// Starts an encoder for frames like `frame`; every picture goes to `sink`.
    pub(crate) fn start(
        settings: &VideoSettings,
        pace: Pace,
        frame: &Frame,
        sink: impl PictureSink,
    ) -> Result<Self, Fault> {
        let pipeline = gst::Pipeline::new();
        let faults = Faults::default();
        faults.watch(&pipeline);
        let rate = gst::Fraction::new(
            i32::try_from(settings.frames).unwrap_or(i32::MAX),
            i32::try_from(settings.seconds).unwrap_or(i32::MAX),
        );
        let source = elements::app_source(&with_rate(&frame.caps, rate));
        let encoder = elements::x264(settings, pace)?;
        let (ended_tx, ended) = mpsc::channel();
        let output = output(sink, ended_tx);

        let mut line: Vec<gst::Element> = vec![source.clone().upcast()];
        if interlaced(&frame.caps) {
            line.push(elements::deinterlace()?);
        }
        line.push(elements::convert_scale()?);
        line.push(elements::filter(&raw_caps(settings, rate))?);
        if settings.rotation != 0 {
            line.push(elements::turn(settings.rotation)?);
        }
        line.push(encoder.clone());
        line.push(output.upcast());
        elements::chain(&pipeline, &line.iter().collect::<Vec<_>>())?;
        super::play(&pipeline, &faults)?;
        Ok(Self { pipeline, faults, source, encoder, rate, begun: false, taken: Some(frame.caps.clone()), ended })
    }

    /// Encodes `frame` at presentation time `pts` (nanoseconds, not negative), as a key frame if `key`. Waits while the
    /// encoder is busy.
    pub(crate) fn push(&mut self, frame: &Frame, pts: i64, key: bool) -> Result<(), Fault> {
        let pts = gst::ClockTime::from_nseconds(pts.max(0).unsigned_abs());
        // The first frame is one anyway, and asking for it blocks all later requests: the encoder's base class takes its
        // time for x264's own, which begins at a thousand hours.
        if key && std::mem::replace(&mut self.begun, true) {
            let force = gst_video::UpstreamForceKeyUnitEvent::builder().running_time(pts).all_headers(false).build();
            if let Some(pad) = self.encoder.static_pad("src") {
                pad.send_event(force);
            }
        }
        if self.taken.as_ref() != Some(&frame.caps) {
            self.source.set_caps(Some(&with_rate(&frame.caps, self.rate)));
            self.taken = Some(frame.caps.clone());
        }
        // Shares the picture and copies only what is said about it.
        let mut buffer = if interlaced(&frame.caps) { without_padding(frame)? } else { frame.buffer.copy() };
        let facts = buffer.make_mut();
        facts.set_pts(pts);
        facts.set_dts(gst::ClockTime::NONE);
        facts.set_duration(gst::ClockTime::NONE);
        self.source.push_buffer(buffer).map(|_| ()).map_err(|_| self.fault())
    }

    /// Says that no frame follows; pictures that are still inside go to the sink.
    pub(crate) fn finish(&self) {
        // Fails only when the pipeline has failed already, which `wait` tells.
        let _ = self.source.end_of_stream();
    }

    /// Waits until the last picture is out, after [`VideoEncoder::finish`].
    pub(crate) fn wait(&self) -> Result<(), Fault> {
        while let Err(mpsc::RecvTimeoutError::Timeout) = self.ended.recv_timeout(std::time::Duration::from_millis(50)) {
            self.faults.check()?;
        }
        self.faults.check()
    }

    fn fault(&self) -> Fault {
        self.faults.check().err().unwrap_or_else(|| Fault::Element("the encoder stopped".to_owned()))
    }
}

impl Drop for VideoEncoder {
    fn drop(&mut self) {
        let _ = self.pipeline.set_state(gst::State::Null);
    }
}

/// A grey frame of the plan's size, from nowhere, for the codec configuration alone.
pub(crate) fn blank_frame(settings: &VideoSettings) -> Result<Frame, Fault> {
    super::init()?;
    let info = gst_video::VideoInfo::builder(gst_video::VideoFormat::I420, settings.width, settings.height)
        .build()
        .map_err(|error| Fault::Element(error.to_string()))?;
    let caps = info.to_caps().map_err(|error| Fault::Element(error.to_string()))?;
    let buffer = gst::Buffer::from_mut_slice(vec![128_u8; info.size()]);
    Ok(Frame { buffer, caps, pts: 0 })
}

fn output(sink: impl PictureSink, ended: mpsc::Sender<()>) -> gst_app::AppSink {
    let caps = gst::Caps::builder("video/x-h264")
        .field("stream-format", "avc")
        .field("alignment", "au")
        .field("profile", "high")
        .build();
    let output = elements::app_sink(&caps, 4);
    // Both callbacks run on the one streaming thread, so neither waits for the other.
    let sink = Arc::new(Mutex::new(sink));
    let at_end = Arc::clone(&sink);
    output.set_callbacks(
        gst_app::AppSinkCallbacks::builder()
            .new_sample(move |output| {
                let sample = output.pull_sample().map_err(|_| gst::FlowError::Eos)?;
                if let Some(picture) = picture(&sample) {
                    super::locked(&sink).picture(picture);
                }
                Ok(gst::FlowSuccess::Ok)
            })
            .eos(move |_| {
                super::locked(&at_end).end();
                // Nobody listens once the encoder was dropped.
                let _ = ended.send(());
            })
            .build(),
    );
    output
}

fn picture(sample: &gst::Sample) -> Option<CodedPicture> {
    let buffer = sample.buffer()?;
    let segment = sample.segment()?.downcast_ref::<gst::ClockTime>()?;
    let config = sample.caps()?.structure(0)?.get::<gst::Buffer>("codec_data").ok()?;
    Some(CodedPicture {
        pts: stream_time(segment, buffer.pts())?,
        key: !buffer.flags().contains(gst::BufferFlags::DELTA_UNIT),
        data: Bytes::copy_from_slice(&buffer.map_readable().ok()?),
        config: Bytes::copy_from_slice(&config.map_readable().ok()?),
    })
}

/// What goes into the encoder is the same for every frame of a rung, whatever the source: parameter sets depend on it.
fn raw_caps(settings: &VideoSettings, rate: gst::Fraction) -> gst::Caps {
    let (width, height) = match settings.rotation {
        90 | 270 => (settings.height, settings.width),
        _ => (settings.width, settings.height),
    };
    gst::Caps::builder("video/x-raw")
        .field("format", "I420")
        .field("width", i32::try_from(width).unwrap_or(i32::MAX))
        .field("height", i32::try_from(height).unwrap_or(i32::MAX))
        .field("pixel-aspect-ratio", gst::Fraction::new(1, 1))
        .field("framerate", rate)
        .field("interlace-mode", "progressive")
        .field("colorimetry", "bt709")
        .field("chroma-site", "mpeg2")
        .build()
}

fn with_rate(caps: &gst::Caps, rate: gst::Fraction) -> gst::Caps {
    let mut caps = caps.copy();
    caps.make_mut().set("framerate", rate);
    caps
}

/// The picture with its rows close together: `deinterlace` (1.22) overlooks that decoders may leave gaps between them.
fn without_padding(frame: &Frame) -> Result<gst::Buffer, Fault> {
    let fault = |what: &str| Fault::Element(format!("{what} of {}", frame.caps));
    let info = gst_video::VideoInfo::from_caps(&frame.caps).map_err(|_| fault("no use can be made"))?;
    let padded = gst_video::VideoFrameRef::from_buffer_ref_readable(&frame.buffer, &info);
    let padded = padded.map_err(|_| fault("no picture can be read"))?;
    let mut close = gst::Buffer::with_size(info.size()).map_err(|_| fault("no memory for a picture"))?;
    let room = gst_video::VideoFrameRef::from_buffer_ref_writable(close.make_mut(), &info);
    let mut room = room.map_err(|_| fault("no picture can be written"))?;
    padded.copy(&mut room).map_err(|_| fault("no copy can be made"))?;
    drop(room);
    // They say which field comes first.
    let flags = frame.buffer.copy_into(close.make_mut(), gst::BufferCopyFlags::FLAGS, ..);
    flags.map_err(|_| fault("no flags can be copied"))?;
    Ok(close)
}

fn interlaced(caps: &gst::Caps) -> bool {
    caps.structure(0)
        .and_then(|structure| structure.get::<&str>("interlace-mode").ok())
        .is_some_and(|mode| mode != "progressive")
}
