//! Everything between a file on disk and a segment: probing, deciding, packaging, encoding.
//!
//! Knows no HTTP, no database and no users. GStreamer is named in `gst/` only and is initialised in worker processes
//! only, so that a crash of a codec costs one segment and not the server.

pub mod facts;
