//! Writes init sections and media segments.

use bytes::Bytes;

use crate::track::{Sample, TrackConfig};

/// Writes the init section: `ftyp`, `moov` with `mvex`, and an edit list that takes `composition_shift` ticks back out
/// when it is not zero (see [`media_segment`]).
pub fn init_section(_track: &TrackConfig, _composition_shift: u32) -> Bytes {
    unimplemented!("filled in by the container work")
}

/// Writes one media segment (`styp`, `moof`, `mdat`) whose first sample decodes at `base_decode_time` ticks.
///
/// Composition offsets are `pts - dts + composition_shift` and never negative: players move the video by two frames
/// otherwise; the init section's edit list takes the shift back.
pub fn media_segment(
    _track: &TrackConfig,
    _sequence: u32,
    _base_decode_time: u64,
    _composition_shift: u32,
    _samples: &[Sample],
) -> Bytes {
    unimplemented!("filled in by the container work")
}
