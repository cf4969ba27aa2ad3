//! Where the playhead is, as the driver told last, and where it was sent.

use media_model::MediaTime;

use crate::clock::{Now, Speed};

/// How the playhead moves.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Motion {
    pub(super) at: MediaTime,
    /// When it was seen there.
    pub(super) seen: Now,
    pub(super) moving: bool,
    /// Since when the driver has said that it moves, or when it was seen somewhere else after that.
    pub(super) advanced: Option<Now>,
    /// It says that it moves and does not, and has gone nowhere by itself since.
    pub(super) hangs: bool,
    /// Where we asked it to move last.
    pub(super) pushed_to: Option<MediaTime>,
    pub(super) speed: Speed,
    /// It goes no further than this: the media that was there ends here.
    pub(super) dry_at: MediaTime,
    /// Since when nothing has moved although it should.
    pub(super) still_since: Option<Now>,
    /// A seek has not led to moving frames yet.
    pub(super) seeking: bool,
    /// Where we asked the driver to move, and when; the playhead has not been seen there.
    pub(super) sent_to: Option<(MediaTime, Now)>,
    /// Since when it has had no excuse for that.
    pub(super) ready_since: Option<Now>,
    /// Pushes against a decoder that does not move.
    pub(super) nudges: u32,
}

impl Motion {
    /// As after a seek: goes on from `at`, and what stands still until frames move is no stall. The speed is the viewer's,
    /// and stays.
    pub(super) fn sought(&self, at: MediaTime) -> Self {
        Self { at, seeking: true, speed: self.speed, ..Self::default() }
    }
}
