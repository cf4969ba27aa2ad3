//! Plays in the browser: drives `player-core` with fetch and Media Source Extensions, or hands a file to the media
//! element when the browser plays it alone.
//!
//! [`WebPlayer`] is the door: made with a media element and a list of sources, it plays the first that works and tells
//! the page what it should show. Everything it made (loads, object URLs, listeners, timers) ends when it is dropped.
//! It knows nothing of Leptos and nothing of our server; what the browser can decode is in [`Capabilities`].

mod adaptive;
mod capabilities;
mod clock;
mod decoder;
mod direct;
mod element;
mod embed;
mod fetch;
mod languages;
mod listen;
mod media_source;
mod memory;
mod player;
mod rehearsal;
mod request;
mod stats;
mod subtitles;
mod surroundings;

pub use adaptive::LocalBoxFuture;
pub use capabilities::Capabilities;
pub use clock::WebClock;
pub use embed::{MatineePlayer, rehearse};
pub use languages::Languages;
pub use player::{Beginning, Failure, PlaySource, PlayerEvent, Snapshot, WebPlayer};
pub use player_core::message::{AudioId, AudioInfo, LoadKind, StallCause, TextId, TextInfo, VariantId, VariantInfo};
pub use player_core::{Now, PlaybackState, Speed, Summary};
pub use request::{Credentials, PageRequest, RequestChanges, RequestHook};
pub use stats::{Counters, Shown, Stats};
