//! Everything between a file on disk and a segment: probing, deciding, packaging, encoding.
//!
//! Knows no HTTP, no database and no users. GStreamer is named in `gst/` only and is initialised in worker processes
//! only, so that a crash of a codec costs one segment and not the server.

pub mod decide;
pub mod engine;
pub mod facts;
mod file;
pub mod grid;
mod gst;
mod heads;
pub mod manifest;
pub mod plan;
pub mod playback;
pub mod probe;
pub mod segment;
pub mod source;
mod store;
pub mod stream_name;
pub mod worker;

pub use decide::Capabilities;
pub use engine::{Engine, EngineConfig, EngineError, Poster, PosterError};
pub use facts::MediaFacts;
pub use manifest::Offer;
pub use playback::{Counters, GrowingSegment, PlaybackError, Segment, SegmentBody};
pub use probe::ProbeError;
pub use source::{Source, SourceKey};
pub use stream_name::{RungName, StreamName};
pub use worker::{WorkerCommand, worker_main};
