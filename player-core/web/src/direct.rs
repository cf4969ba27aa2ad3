//! The file itself in `<video src>`: the browser loads, demuxes and buffers.

use std::rc::Rc;

use media_model::MediaTime;
use url::Url;
use web_sys::HtmlVideoElement;

use crate::element::{self, Moment};

/// A file on a media element; dropping it takes it off.
pub(crate) struct Direct {
    video: HtmlVideoElement,
    address: String,
    start: Option<MediaTime>,
}

impl Direct {
    /// Hands the file to the element, to play from `start`.
    pub(crate) fn open(video: &HtmlVideoElement, url: &Url, start: Option<MediaTime>) -> Rc<Self> {
        video.set_src(url.as_str());
        let direct = Rc::new(Self { video: video.clone(), address: url.as_str().to_owned(), start });
        direct.move_to_start();
        direct
    }

    /// Passes on what the media element said.
    pub(crate) fn heard(&self, moment: Moment) {
        // Set before the metadata is there, a position is only a wish that not every browser keeps.
        if moment == Moment::Metadata {
            self.move_to_start();
        }
    }

    fn move_to_start(&self) {
        if let Some(start) = self.start
            && element::position(&self.video) != start
        {
            self.video.set_current_time(start.as_seconds());
        }
    }
}

impl Drop for Direct {
    fn drop(&mut self) {
        if self.video.src() == self.address {
            element::unload(&self.video);
        }
    }
}
