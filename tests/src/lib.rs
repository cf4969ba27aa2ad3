//! System tests with real parts: the films they play, the clock in the films, the server they start,
//! and the benches.
//!
//! The tests themselves are in `tests/`; this library is what they share, and what `make-media` runs.

pub mod bench;
pub mod browser;
pub mod media;
pub mod server;
pub mod timecode;
