//! Replacement of buffered segments, FAST SWITCHING of Spiteri, Sitaraman and Sparacio (MMSys 2018): the earliest segment
//! of a lower rung that lies far enough ahead is loaded again in the rung chosen now.

use media_model::MediaDuration;

use crate::abr::{Download, Signals};
use crate::message::VariantId;

/// Segments between the playhead and what may be replaced.
const SKIPPED: f64 = 1.5;

/// Index in [`Signals::held`] of what is loaded again.
pub(super) fn earliest(signals: &Signals<'_>, chosen: VariantId) -> Option<usize> {
    let length = signals.segment.as_micros().max(1) as f64;
    let skipped = SKIPPED + signals.played.as_micros() as f64 / length;
    let lower = |held: &Option<VariantId>| held.is_some_and(|held| held < chosen);
    let far = signals.held.iter().enumerate().skip_while(|(index, _)| (*index as f64) < skipped);
    far.into_iter().find(|(_, held)| lower(held)).map(|(index, _)| index)
}

/// Whether it would begin to play before it is here.
pub(super) fn comes_late(download: &Download) -> bool {
    download.is_replacement && download.to_start == MediaDuration::ZERO
}
