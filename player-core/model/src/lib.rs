//! Shared nouns of media: units, codecs, ladders and playlists.
//!
//! Pure: no clock, no I/O, no async. Everything here may be used by the player, the server, the mock origin and the
//! lab alike; what only one of them needs lives there. Units are types, so that a bit rate can never be taken for a
//! byte count; see [`units`].

pub mod codec;
pub mod hls;
pub mod ladder;
pub mod units;

pub use codec::{AudioCodec, CodecString, VideoCodec};
pub use ladder::{Ladder, Resolution, Rung};
pub use units::{BitsPerSecond, ByteCount, MediaDuration, MediaTime, Ranges, TimeRange};
