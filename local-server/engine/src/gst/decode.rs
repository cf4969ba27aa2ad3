//! Decodes one stream of an open file into frames or sound with presentation times.

use gstreamer as gst;
use gstreamer::prelude::*;
use gstreamer_app as gst_app;
use gstreamer_video as gst_video;

use super::demux::{Demux, DemuxStream, container_time};
use super::stamps::Stamps;
use super::{Fault, elements};

/// Decoded units that wait for whoever takes them.
const AHEAD: u32 = 3;

/// How long one look at the sink lasts before errors are looked at.
const LOOK: gst::ClockTime = gst::ClockTime::from_mseconds(50);

/// One decoded picture.
#[derive(Clone, Debug)]
pub(crate) struct Frame {
    pub(super) buffer: gst::Buffer,
    pub(super) caps: gst::Caps,
    /// Presentation time, nanoseconds.
    pub(crate) pts: i64,
}

/// A stretch of decoded sound: two channels, interleaved.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Sound {
    /// Presentation time of the first sample, nanoseconds; `None` if it follows what came before.
    pub(crate) pts: Option<i64>,
    /// Samples per second.
    pub(crate) rate: u32,
    /// The samples.
    pub(crate) samples: Vec<f32>,
}

/// A running decoder.
#[derive(Debug)]
pub(crate) struct Decoder {
    demux: Demux,
    sink: gst_app::AppSink,
    origin: i64,
    stamps: Option<Stamps>,
}

impl Decoder {
    /// Decodes pictures from the key frame at or before presentation time `from` on.
    pub(crate) fn video(demux: Demux, stream: &DemuxStream, origin: i64, from: i64) -> Result<Self, Fault> {
        let sink = elements::app_sink(&gst::Caps::new_empty_simple("video/x-raw"), AHEAD);
        offer_video_meta(&sink);
        Self::start(demux, stream, origin, from, &[], sink, false)
    }

    /// Decodes sound from presentation time `from` on.
    pub(crate) fn audio(demux: Demux, stream: &DemuxStream, origin: i64, from: i64) -> Result<Self, Fault> {
        let caps = gst::Caps::builder("audio/x-raw")
            .field("format", "F32LE")
            .field("layout", "interleaved")
            .field("channels", 2)
            .build();
        let sink = elements::app_sink(&caps, AHEAD * 8);
        Self::start(demux, stream, origin, from, &[elements::convert_audio()?], sink, true)
    }

    fn start(
        demux: Demux,
        stream: &DemuxStream,
        origin: i64,
        from: i64,
        middle: &[gst::Element],
        sink: gst_app::AppSink,
        exactly: bool,
    ) -> Result<Self, Fault> {
        let caps = demux.caps(stream)?;
        let mut tail = decoder_for(&caps)?;
        let stamps = Stamps::needed(demux.wrapper, &caps).then(|| Stamps::watch(&tail[0]));
        tail.extend_from_slice(middle);
        tail.push(sink.clone().upcast());
        let tail: Vec<&gst::Element> = tail.iter().collect();
        elements::chain(&demux.pipeline, &tail)?;
        demux.seek(stream, from, origin, exactly)?;
        let entry = tail[0].static_pad("sink").ok_or_else(|| Fault::Missing("a sink pad".to_owned()))?;
        stream.pad.link(&entry).map_err(|error| Fault::Element(error.to_string()))?;
        for element in tail.iter().rev() {
            element.sync_state_with_parent().map_err(|error| Fault::Element(error.to_string()))?;
        }
        demux.release(stream);
        Ok(Self { demux, sink, origin, stamps })
    }

    /// The next picture; `None` at the end.
    pub(crate) fn next_frame(&mut self) -> Result<Option<Frame>, Fault> {
        while let Some(sample) = self.next_sample()? {
            let pts = self.presentation(&sample);
            let (Some(buffer), Some(caps), Some(pts)) = (sample.buffer_owned(), sample.caps_owned(), pts) else {
                continue;
            };
            return Ok(Some(Frame { buffer, caps, pts }));
        }
        Ok(None)
    }

    /// The next stretch of sound; `None` at the end.
    pub(crate) fn next_sound(&mut self) -> Result<Option<Sound>, Fault> {
        while let Some(sample) = self.next_sample()? {
            let rate = sample.caps().and_then(|caps| caps.structure(0)?.get::<i32>("rate").ok());
            let (Some(buffer), Some(rate)) = (sample.buffer(), rate.and_then(|rate| u32::try_from(rate).ok())) else {
                continue;
            };
            let bytes = buffer.map_readable().map_err(|error| Fault::Element(error.to_string()))?;
            let samples = bytes.chunks_exact(4).map(|four| f32::from_le_bytes([four[0], four[1], four[2], four[3]]));
            return Ok(Some(Sound { pts: self.presentation(&sample), rate, samples: samples.collect() }));
        }
        Ok(None)
    }

    fn presentation(&self, sample: &gst::Sample) -> Option<i64> {
        let segment = sample.segment()?.downcast_ref::<gst::ClockTime>()?;
        let buffer = sample.buffer()?;
        let at = match &self.stamps {
            Some(stamps) => stamps.shown_at(buffer),
            None => buffer.pts(),
        };
        Some(container_time(self.demux.wrapper, segment, at)? - self.origin)
    }

    fn next_sample(&self) -> Result<Option<gst::Sample>, Fault> {
        loop {
            if let Some(sample) = self.sink.try_pull_sample(LOOK) {
                return Ok(Some(sample));
            }
            self.demux.faults.check()?;
            if self.sink.is_eos() {
                return Ok(None);
            }
        }
    }
}

/// The decoder of highest rank that runs on the processor; raw streams need none.
fn decoder_for(caps: &gst::Caps) -> Result<Vec<gst::Element>, Fault> {
    let name = || caps.structure(0).map(|structure| structure.name().to_string()).unwrap_or_default();
    if matches!(name().as_str(), "video/x-raw" | "audio/x-raw") {
        return Ok(vec![gst::ElementFactory::make("identity").build().map_err(|_| Fault::Missing("identity".into()))?]);
    }
    let all = gst::ElementFactory::factories_with_type(gst::ElementFactoryType::DECODER, gst::Rank::MARGINAL);
    let on_processor =
        |factory: &gst::ElementFactory| !factory.metadata("klass").is_some_and(|klass| klass.contains("Hardware"));
    let mut fitting: Vec<gst::ElementFactory> =
        all.into_iter().filter(|factory| on_processor(factory) && factory.can_sink_any_caps(caps)).collect();
    fitting.sort_by_key(|factory| std::cmp::Reverse(factory.rank()));
    let decoder = fitting.iter().find_map(|factory| factory.create().build().ok());
    decoder.map(|decoder| vec![decoder]).ok_or_else(|| Fault::NoDecoder(name()))
}

/// Says for the sink that frames may have gaps between rows, without which decoders copy every frame.
fn offer_video_meta(sink: &gst_app::AppSink) {
    let pad = sink.static_pad("sink").expect("a sink has a sink pad");
    pad.add_probe(gst::PadProbeType::QUERY_DOWNSTREAM, |_, info| {
        if let Some(gst::PadProbeData::Query(query)) = &mut info.data
            && let gst::QueryViewMut::Allocation(allocation) = query.view_mut()
        {
            allocation.add_allocation_meta::<gst_video::VideoMeta>(None);
            return gst::PadProbeReturn::Handled;
        }
        gst::PadProbeReturn::Ok
    });
}
