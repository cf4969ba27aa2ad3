//! Why nothing can be played here.

use gstreamer as gst;
use player_core::message::Track;

use super::coding::Coding;

/// Why nothing can be played here.
#[derive(Debug, thiserror::Error)]
pub enum SinkError {
    /// GStreamer itself does not start.
    #[error("GStreamer does not start")]
    Start(#[from] gst::glib::Error),
    /// Nothing that is installed decodes this.
    #[error("there is no decoder for {0}: install GStreamer's libav plugin")]
    NoDecoder(Coding),
    /// Nobody here knows this codec; with what the playlist says of the track.
    #[error("nothing here plays {mime}")]
    Unsupported {
        /// Which track.
        track: Track,
        /// Its type and codecs.
        mime: String,
    },
    /// An element is not installed.
    #[error("the GStreamer element {0} is missing")]
    Missing(&'static str),
    /// A window was asked for, and there is neither X nor Wayland.
    #[error("there is no display to show pictures on (try --headless)")]
    NoDisplay,
    /// The pipeline refuses.
    #[error("the pipeline does not work: {0}")]
    Pipeline(&'static str),
}
