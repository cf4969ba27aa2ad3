//! One builder per element, so that names of elements and properties stand here and nowhere else.

use gstreamer as gst;
use gstreamer::prelude::*;
use gstreamer_app as gst_app;

use super::Fault;
use super::encode_video::Pace;
use crate::worker::protocol::VideoSettings;

/// One element of each plugin that takes part in encoding most films.
pub(super) const USUAL: [&str; 12] = [
    "filesrc",
    "typefind",
    "parsebin",
    "matroskademux",
    "qtdemux",
    "h264parse",
    "avdec_h264",
    "appsink",
    "videoconvertscale",
    "audioconvert",
    "audioresample",
    "x264enc",
];

fn make(builder: gst::element_factory::ElementBuilder<'_>, name: &str) -> Result<gst::Element, Fault> {
    builder.build().map_err(|_| Fault::Missing(name.to_owned()))
}

fn plain(name: &'static str) -> Result<gst::Element, Fault> {
    make(gst::ElementFactory::make(name), name)
}

pub(super) fn file_source(path: &str) -> Result<gst::Element, Fault> {
    make(gst::ElementFactory::make("filesrc").property("location", path), "filesrc")
}

pub(super) fn parse_bin() -> Result<gst::Element, Fault> {
    plain("parsebin")
}

pub(super) fn convert_audio() -> Result<gst::Element, Fault> {
    plain("audioconvert")
}

pub(super) fn resample_audio() -> Result<gst::Element, Fault> {
    plain("audioresample")
}

pub(super) fn filter(caps: &gst::Caps) -> Result<gst::Element, Fault> {
    make(gst::ElementFactory::make("capsfilter").property("caps", caps), "capsfilter")
}

/// One progressive frame for each interlaced frame; progressive frames pass as they are. (`yadif` gives every frame the
/// time of the next one.)
pub(super) fn deinterlace() -> Result<gst::Element, Fault> {
    let builder = gst::ElementFactory::make("deinterlace").property_from_str("mode", "auto");
    make(builder.property_from_str("fields", "top").property_from_str("method", "greedyh"), "deinterlace")
}

/// Scales and converts in one pass. Lanczos with few taps: the default, bilinear, costs a quarter more bits at the same
/// quality on the lower rungs.
pub(super) fn convert_scale() -> Result<gst::Element, Fault> {
    let threads = std::thread::available_parallelism().map_or(1, |cores| u32::try_from(cores.get()).unwrap_or(1));
    let builder = gst::ElementFactory::make("videoconvertscale").property("n-threads", threads);
    let builder = builder.property_from_str("method", "lanczos").property("add-borders", false);
    make(builder.property_from_str("dither", "none"), "videoconvertscale")
}

/// Turns the picture clockwise by 90, 180 or 270 degrees.
pub(super) fn turn(degrees: u16) -> Result<gst::Element, Fault> {
    let direction = match degrees {
        90 => "90r",
        180 => "180",
        270 => "90l",
        _ => "identity",
    };
    make(gst::ElementFactory::make("videoflip").property_from_str("video-direction", direction), "videoflip")
}

/// More frames than any segment has.
const NO_KEY_FRAME_OF_ITS_OWN: u32 = 1_000_000;

/// x264 as the ladder wants it: quality 23 below a maximum rate, a key frame where it is told to and nowhere else.
pub(super) fn x264(settings: &VideoSettings, pace: Pace) -> Result<gst::Element, Fault> {
    // Parameter sets do not tell of it, so segments of both join.
    let effort = match pace {
        Pace::Prompt => ":rc-lookahead=0:sync-lookahead=0:mbtree=0:b-adapt=0:subme=1:me=dia",
        Pace::Steady => "",
    };
    let options = format!("scenecut=0:open-gop=0:level={}{effort}", settings.level);
    let builder = gst::ElementFactory::make("x264enc")
        .property_from_str("speed-preset", "veryfast")
        .property_from_str("pass", "qual")
        .property("quantizer", 23_u32)
        .property("bitrate", settings.max_kbps)
        .property("vbv-buf-capacity", settings.buffer_ms)
        .property("key-int-max", NO_KEY_FRAME_OF_ITS_OWN)
        .property("aud", false)
        .property("option-string", options);
    make(builder, "x264enc")
}

pub(super) fn aac_encoder(bitrate_bps: u32) -> Result<gst::Element, Fault> {
    let bitrate = i32::try_from(bitrate_bps).unwrap_or(i32::MAX);
    make(gst::ElementFactory::make("avenc_aac").property("bitrate", bitrate), "avenc_aac")
}

pub(super) fn jpeg_encoder() -> Result<gst::Element, Fault> {
    make(gst::ElementFactory::make("jpegenc").property("quality", 82_i32), "jpegenc")
}

/// A sink that hands over what arrives as fast as it is taken, and holds at most `buffers`.
pub(super) fn app_sink(caps: &gst::Caps, buffers: u32) -> gst_app::AppSink {
    gst_app::AppSink::builder().caps(caps).sync(false).max_buffers(buffers).enable_last_sample(false).build()
}

/// A source in time format that blocks whoever feeds it more than four buffers ahead.
pub(super) fn app_source(caps: &gst::Caps) -> gst_app::AppSrc {
    let builder = gst_app::AppSrc::builder().caps(caps).format(gst::Format::Time).block(true);
    builder.max_buffers(4).max_bytes(0).max_time(gst::ClockTime::ZERO).build()
}

/// Adds `elements` to `pipeline` and links them in order.
pub(super) fn chain(pipeline: &gst::Pipeline, elements: &[&gst::Element]) -> Result<(), Fault> {
    pipeline.add_many(elements).map_err(|error| Fault::Element(error.to_string()))?;
    gst::Element::link_many(elements).map_err(|error| Fault::Element(error.to_string()))
}
