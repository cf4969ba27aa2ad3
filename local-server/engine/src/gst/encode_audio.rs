//! Encodes sound: `appsrc ! audioresample ! audioconvert ! avenc_aac ! appsink`.

use std::sync::mpsc;
use std::time::Duration;

use bytes::Bytes;
use gstreamer as gst;
use gstreamer::prelude::*;
use gstreamer_app as gst_app;

use super::{Fault, Faults, elements};

/// Packets that the encoder gives before the one that holds the first sample it was given.
pub(crate) const DELAY_PACKETS: u32 = 1;

/// A running AAC encoder for two interleaved channels.
#[derive(Debug)]
pub(crate) struct AudioEncoder {
    pipeline: gst::Pipeline,
    faults: Faults,
    source: gst_app::AppSrc,
    rate: u32,
    fed: u64,
    ended: mpsc::Receiver<()>,
}

impl AudioEncoder {
    /// Starts an encoder for `from` samples a second that encodes `to` samples a second. `packet` takes each packet, on
    /// the encoder's own thread.
    pub(crate) fn start(
        from: u32,
        to: u32,
        bitrate_bps: u32,
        mut packet: impl FnMut(Bytes) + Send + 'static,
    ) -> Result<Self, Fault> {
        let pipeline = gst::Pipeline::new();
        let faults = Faults::default();
        faults.watch(&pipeline);
        let source = elements::app_source(&raw_caps(from).field("layout", "interleaved").build());
        let output = elements::app_sink(&coded_caps(), 8);
        let (ended_tx, ended) = mpsc::channel();
        output.set_callbacks(
            gst_app::AppSinkCallbacks::builder()
                .new_sample(move |output| {
                    let sample = output.pull_sample().map_err(|_| gst::FlowError::Eos)?;
                    if let Some(bytes) = sample.buffer().and_then(|buffer| buffer.map_readable().ok()) {
                        packet(Bytes::copy_from_slice(&bytes));
                    }
                    Ok(gst::FlowSuccess::Ok)
                })
                .eos(move |_| {
                    // Nobody listens once the encoder was dropped.
                    let _ = ended_tx.send(());
                })
                .build(),
        );
        let line: [gst::Element; 6] = [
            source.clone().upcast(),
            elements::resample_audio()?,
            elements::convert_audio()?,
            elements::filter(&raw_caps(to).build())?,
            elements::aac_encoder(bitrate_bps)?,
            output.upcast(),
        ];
        elements::chain(&pipeline, &line.iter().collect::<Vec<_>>())?;
        super::play(&pipeline, &faults)?;
        Ok(Self { pipeline, faults, source, rate: from, fed: 0, ended })
    }

    /// Encodes interleaved samples that follow the last ones. Waits while the encoder is busy.
    pub(crate) fn push(&mut self, samples: &[f32]) -> Result<(), Fault> {
        if samples.is_empty() {
            return Ok(());
        }
        let frames = u64::try_from(samples.len() / 2).unwrap_or(u64::MAX);
        let at = |samples: u64| gst::ClockTime::SECOND.mul_div_floor(samples, u64::from(self.rate));
        let bytes: Vec<u8> = samples.iter().flat_map(|sample| sample.to_le_bytes()).collect();
        let mut buffer = gst::Buffer::from_mut_slice(bytes);
        let facts = buffer.make_mut();
        facts.set_pts(at(self.fed));
        facts.set_duration(at(self.fed + frames).zip(at(self.fed)).map(|(end, start)| end - start));
        self.fed += frames;
        self.source.push_buffer(buffer).map(|_| ()).map_err(|_| self.fault())
    }

    /// Says that no sample follows, and waits until the last packet is out.
    pub(crate) fn finish(&self) -> Result<(), Fault> {
        // Fails only when the pipeline has failed already, which is told below.
        let _ = self.source.end_of_stream();
        while let Err(mpsc::RecvTimeoutError::Timeout) = self.ended.recv_timeout(Duration::from_millis(50)) {
            self.faults.check()?;
        }
        self.faults.check()
    }

    fn fault(&self) -> Fault {
        self.faults.check().err().unwrap_or_else(|| Fault::Element("the encoder stopped".to_owned()))
    }
}

impl Drop for AudioEncoder {
    fn drop(&mut self) {
        let _ = self.pipeline.set_state(gst::State::Null);
    }
}

fn raw_caps(rate: u32) -> gst::caps::Builder<gst::caps::NoFeature> {
    gst::Caps::builder("audio/x-raw")
        .field("format", "F32LE")
        .field("channels", 2)
        .field("channel-mask", gst::Bitmask::new(0b11))
        .field("rate", i32::try_from(rate).unwrap_or(i32::MAX))
}

fn coded_caps() -> gst::Caps {
    gst::Caps::builder("audio/mpeg").field("mpegversion", 4).field("stream-format", "raw").build()
}
