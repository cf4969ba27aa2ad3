//! The job of describing a file that we have no reader for: its streams, and how long it is.

use super::Outlet;
use super::protocol::{Found, Message};
use crate::gst::Fault;
use crate::gst::demux::{Demux, Kind};

/// How much of the end is run through for the exact length, nanoseconds.
const TAIL_NS: i64 = 10_000_000_000;

pub(super) fn run(file: &str, outlet: &Outlet) -> Result<(), Fault> {
    let mut demux = Demux::open(file)?;
    if demux.streams().iter().all(|stream| stream.kind == Kind::Other) {
        return Err(Fault::NoStream);
    }
    let origin = demux.first_unit()?;
    demux.look_again();
    let declared = demux.declared_duration().unwrap_or(0);
    // What the container declares is a guess in a transport stream, so the end is looked at.
    let end = demux.last_end(declared.saturating_sub(TAIL_NS)).ok().flatten();
    let duration = end.unwrap_or(declared).saturating_sub(origin);
    let container = demux.container();
    let streams = demux.streams().iter().map(crate::gst::demux::DemuxStream::found).collect();
    outlet.send(&Message::Found(Found {
        container,
        origin_ns: origin,
        duration_ns: u64::try_from(duration).unwrap_or(0),
        streams,
    }));
    Ok(())
}
