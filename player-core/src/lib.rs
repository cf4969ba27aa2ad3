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

//!
//! A driver in a nutshell:
//!
//! ```
//! use std::time::Duration;
//! use player_core::message::{LoadKind, Output};
//! use player_core::{Command, Input, Now, Player, PlayerConfig};
//!
//! let mut player = Player::new(PlayerConfig::default());
//! let url = "http://box.local/film/main.m3u8".parse()?;
//! let step = player.step(Now::default(), Input::Command(Command::Open { url, start: None }));
//! let [Output::Load { id, url, kind: LoadKind::Playlist, .. }] = step.outputs.as_slice() else { panic!() };
//!
//! // The driver fetches, and hands back what came.
//! let text = "#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXTINF:2,\n0.m4s\n#EXT-X-ENDLIST\n".to_owned();
//! let answer = Input::Playlist { id: *id, url: url.clone(), text };
//! let step = player.step(Now::new(Duration::from_millis(20)), answer);
//! assert!(step.outputs.iter().any(|output| matches!(output, Output::Load { kind: LoadKind::Segment, .. })));
//! // Whatever happens or does not happen, it calls again by then.
//! assert!(step.wake_at.is_some());
//! # Ok::<(), url::ParseError>(())
//! ```

pub mod abr;
mod buffer;
pub mod clock;
pub mod config;
pub mod direct;
pub mod error;
pub mod headers;
mod home;
mod language;
mod load;
pub mod message;
mod mime;
mod player;
mod playlist;
pub mod qoe;
mod retry;
pub mod sequence;

pub use clock::{Now, Speed};
pub use config::PlayerConfig;
pub use error::{Setback, Trouble};
pub use message::{Command, Event, Input, Output, RequestId, Step};
pub use player::Player;
pub use qoe::{PlaybackState, Stats, Summary};
pub use sequence::Sequence;
