//! CMAF (ISO/IEC 23000-19): fragmented MP4 with one track per file.

pub mod read;
pub mod write;

#[cfg(test)]
mod tests;
