//! The player's brain: what to load next, in which quality, and what to do when it goes wrong.
//!
//! Pure: no clock, no I/O, no async, no randomness. A *driver* (the browser's in `player-web`, the desktop's in
//! `player-native`, the simulated one in `player-lab`) owns a [`Player`], hands it every fact as an [`Input`] together
//! with the current [`Now`], and carries out the [`Output`]s of the returned [`Step`]. Media bytes stay with the
//! driver; the core sees sizes and times. One entry point returns everything there is to do, so nothing can be
//! forgotten between two calls.
//!
//! Three kinds of time, never mixed: [`Now`] (monotonic, the driver's origin), [`media_model::MediaTime`] (the
//! presentation timeline) and wall-clock time (only in playlists' dates).

pub mod abr;
mod buffer;
pub mod clock;
pub mod config;
pub mod direct;
mod error;
mod load;
pub mod message;
mod player;
mod playlist;
pub mod qoe;
mod retry;

pub use clock::Now;
pub use config::PlayerConfig;
pub use message::{Command, Event, Input, Output, RequestId, Step};
pub use player::Player;
pub use qoe::{PlaybackState, Stats};
