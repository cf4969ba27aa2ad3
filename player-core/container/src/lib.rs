//! Container formats as pure functions: bytes in, samples out, and back.
//!
//! Used by the server, the mock origin and the drivers. No I/O: callers hand in the bytes (or a small reader trait)
//! and get plain data back. Input is untrusted: readers never panic, never allocate by a size that a file claims, and
//! always end.

pub mod aac;
mod bits;
mod boxes;
pub mod cmaf;
pub mod codec_string;
#[cfg(test)]
mod fixtures;
mod fragment;
mod header;
pub mod mkv;
pub mod mp4;
pub mod nal;
pub mod positioned;
mod sample_entry;
pub mod track;
pub mod webvtt;

pub use track::{CodecConfig, Sample, TrackConfig};
