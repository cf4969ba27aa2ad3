//! The job of a poster: look at a few places of the film and take the first picture with something to see in it.

use super::Outlet;
use super::protocol::{Message, StillJob};
use crate::gst::Fault;
use crate::gst::decode::Decoder;
use crate::gst::demux::{Demux, Kind};
use crate::gst::still::{Still, StillSize};

/// Where to look, in hundredths of the film; titles and fades are at the ends.
const PLACES: [i64; 6] = [20, 35, 50, 65, 10, 3];

/// A picture with a mean brightness (0 to 255) in this range and at least this contrast is good enough.
const BRIGHTNESS: std::ops::Range<f64> = 40.0..225.0;
const CONTRAST: f64 = 24.0;

pub(super) fn run(job: &StillJob, file: &str, outlet: &Outlet) -> Result<(), Fault> {
    let size = StillSize { width: job.width, height: job.height, rotation: job.rotation };
    let duration = i64::try_from(job.duration_ns).unwrap_or(0);
    let mut best: Option<Still> = None;
    let mut fault = Fault::Nothing;
    for place in PLACES {
        match still_at(job, file, duration / 100 * place, size) {
            Ok(still) => {
                let good = BRIGHTNESS.contains(&still.brightness) && still.contrast >= CONTRAST;
                if good || best.as_ref().is_none_or(|best| best.contrast < still.contrast) {
                    best = Some(still);
                }
                if good {
                    break;
                }
            }
            Err(Fault::NoStream) => return Err(Fault::NoStream),
            Err(other) => fault = other,
        }
    }
    outlet.send(&Message::Still(best.ok_or(fault)?.jpeg()?));
    Ok(())
}

fn still_at(job: &StillJob, file: &str, at: i64, size: StillSize) -> Result<Still, Fault> {
    let demux = Demux::open(file)?;
    let stream = demux.find(Kind::Video, job.stream)?;
    let frame = Decoder::video(demux, &stream, 0, at)?.next_frame()?.ok_or(Fault::Nothing)?;
    Still::new(&frame, size)
}
