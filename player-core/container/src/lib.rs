//! Container formats as pure functions: bytes in, samples out, and back.
//!
//! Used by the server, the mock origin and the drivers. No I/O: callers hand in the bytes (or a small reader trait)
//! and get plain data back.

pub mod cmaf;
pub mod track;

pub use track::{CodecConfig, Sample, TrackConfig};
