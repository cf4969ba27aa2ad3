//! Plays over recorded networks, accounted as the literature does, so that rules can be compared with each other and with
//! published figures.
//!
//! The player is the real core; what it is handed is a presentation of one track whose segments have the sizes of a
//! [`Movie`], over the network of a [`Trace`]. Conditions and books are those of Sabre (Spiteri, Sitaraman
//! and Sparacio, MMSys 2018): playlists cost no time, one segment after the other, progress every 50 ms or 12 kbit, and
//! playback starts when the first segment is complete. Nothing sleeps; the same play gives the same row to the bit.

mod books;
pub mod command;
mod driver;
pub mod field;
mod html;
mod manner;
mod movie;
mod network;
mod networks;

use std::time::Duration;

use media_model::MediaDuration;
use player_core::abr::Rule;
use player_recording::Recorder;

use crate::trace::Trace;
pub use books::Figures;
pub use movie::{Movie, MovieError};

/// What a play is like, apart from network and movie.
#[derive(Clone, Debug, PartialEq)]
pub struct Setup {
    /// Who decides.
    pub rule: Rule,
    /// The most media ahead.
    pub max_buffer: MediaDuration,
    /// Only so many segments are played.
    pub max_segments: Option<usize>,
    /// Ramp-up ends with a segment of this rung; absent: of the rung that the network carries at that moment.
    pub ramp_rung: Option<usize>,
    /// Whether playlists tell sizes, as those with byte ranges do.
    pub sizes: bool,
    /// How often progress is told.
    pub progress: Progress,
}

/// How a driver tells of progress: what arrives is the same.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Progress {
    /// Every 50 ms or 12 kbit, whichever is later.
    #[default]
    Even,
    /// When a burst of 16 to 64 kB is complete, as behind proxies, sockets and TLS records.
    Bursts {
        /// What their sizes are drawn with.
        seed: u64,
    },
}

/// Plays a movie over a network to its end.
pub fn simulate(trace: &Trace, movie: &Movie, setup: &Setup) -> Figures {
    driver::Drive::new(trace, movie, setup).run().0
}

/// The same, written down as well, which takes a little longer.
pub fn record(trace: &Trace, movie: &Movie, setup: &Setup) -> (Figures, Recorder) {
    let (figures, recorder) = driver::Drive::new(trace, movie, setup).recorded().run();
    (figures, recorder.expect("a play that is recorded has a recorder"))
}

/// How long a play of this movie is, without stalls.
pub fn length(movie: &Movie, setup: &Setup) -> Duration {
    let segments = setup.max_segments.map_or(movie.len(), |most| most.min(movie.len()));
    movie.segment().to_std().saturating_mul(u32::try_from(segments).unwrap_or(u32::MAX))
}
