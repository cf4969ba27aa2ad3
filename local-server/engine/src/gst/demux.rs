//! Opens a file: `filesrc ! parsebin`, every stream behind a gate that drops what nobody wants.
//!
//! A flushing seek is sent to the wanted pad while its gate holds and before anything is linked behind it: linking
//! during a flush gives random not-linked errors. Times are stream times throughout; raw ones differ by the edit list
//! in MP4 and by the codec's priming in Matroska.

use std::collections::HashMap;
use std::sync::{Arc, Condvar, Mutex};
use std::time::Duration;

use gstreamer as gst;
use gstreamer::prelude::*;

use super::{Fault, Faults, elements, locked};
use crate::worker::protocol::StreamChoice;

/// How far one stream may run ahead while the first units of all others are awaited, nanoseconds.
const ORIGIN_LOOK_NS: i64 = 5_000_000_000;

/// No codec has more priming than this, nanoseconds.
const LARGEST_PRIMING_NS: i64 = 200_000_000;

/// An open file.
#[derive(Debug)]
pub(crate) struct Demux {
    pub(super) pipeline: gst::Pipeline,
    pub(super) faults: Faults,
    shared: Arc<Shared>,
    streams: Vec<DemuxStream>,
    pub(super) wrapper: Wrapper,
}

/// A container whose demuxer needs care.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Wrapper {
    /// Matroska and WebM: buffers carry the container's own times; stream time jumps by the priming of the audio codec
    /// between the beginning and a seek.
    Matroska,
    /// AVI: buffers carry decode times only.
    Avi,
    /// All others: stream time is right.
    #[default]
    Other,
}

/// Video, sound, or neither.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Pictures.
    Video,
    /// Sound.
    Audio,
    /// Subtitles and the like.
    Other,
}

/// One stream of an open file.
#[derive(Clone, Debug)]
pub(crate) struct DemuxStream {
    pub(super) pad: gst::Pad,
    gate: GateId,
    pub(super) caps: gst::Caps,
    pub(super) tags: gst::TagList,
    number: Option<u32>,
    order: u64,
    /// What it carries.
    pub(crate) kind: Kind,
}

type GateId = String;

#[derive(Debug, Default)]
struct Shared {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct State {
    wrapper: Wrapper,
    /// A unit has arrived at a gate, which `parsebin` allows once all pads are there, and waits for `unparked`.
    parked: bool,
    unparked: bool,
    pads: Vec<gst::Pad>,
    gates: HashMap<GateId, Gate>,
}

/// What a gate does with buffers, and what it saw.
#[derive(Debug, Default)]
struct Gate {
    holds: bool,
    probe: Option<(gst::Pad, gst::PadProbeId)>,
    segment: Option<gst::FormattedSegment<gst::ClockTime>>,
    first: Option<i64>,
    end: Option<i64>,
    over: bool,
}

impl Demux {
    /// Opens the file and waits until all its streams are known.
    pub(crate) fn open(path: &str) -> Result<Self, Fault> {
        let pipeline = gst::Pipeline::new();
        let faults = Faults::default();
        faults.watch(&pipeline);
        let shared = Arc::new(Shared::default());
        let source = elements::file_source(path)?;
        let parser = elements::parse_bin()?;
        parser.connect_pad_added({
            let shared = Arc::clone(&shared);
            move |_, pad| shared.add_gate(pad)
        });
        elements::chain(&pipeline, &[&source, &parser])?;
        super::play(&pipeline, &faults)?;
        let mut demux = Self { pipeline, faults, shared, streams: Vec::new(), wrapper: Wrapper::Other };
        demux.wait(|state| state.parked)?;
        demux.wrapper = wrapper(&demux.pipeline);
        locked(&demux.shared.state).wrapper = demux.wrapper;
        demux.streams = demux.describe();
        Ok(demux)
    }

    /// Waits until the parser of a stream knows all about it, for which it needs a unit.
    pub(super) fn caps(&self, stream: &DemuxStream) -> Result<gst::Caps, Fault> {
        let known = || stream.pad.current_caps().filter(|caps| caps.is_fixed());
        if let Some(caps) = known() {
            return Ok(caps);
        }
        self.shared.unpark();
        self.wait(|state| known().is_some() || state.gates.get(&stream.gate).is_none_or(|gate| gate.over))?;
        known().ok_or(Fault::Nothing)
    }

    /// Looks at all streams again; after [`Demux::first_unit`] more is known of them.
    pub(crate) fn look_again(&mut self) {
        self.streams = self.describe();
    }

    /// The streams, in the order of their numbers in the container.
    pub(crate) fn streams(&self) -> &[DemuxStream] {
        &self.streams
    }

    /// Media type of the container, as found by its content.
    pub(crate) fn container(&self) -> String {
        let tag =
            |stream: &DemuxStream| stream.tags.get::<gst::tags::ContainerFormat>().map(|tag| tag.get().to_owned());
        self.streams.iter().find_map(tag).unwrap_or_default()
    }

    /// Finds a stream: by its track number if the container's numbers are GStreamer's, else by its place.
    pub(crate) fn find(&self, kind: Kind, choice: StreamChoice) -> Result<DemuxStream, Fault> {
        let mut of_kind = self.streams.iter().filter(|stream| stream.kind == kind);
        let found = match choice.track {
            Some(track) => of_kind.find(|stream| stream.number == Some(track)),
            None => of_kind.nth(usize::from(choice.place)),
        };
        found.cloned().ok_or(Fault::NoStream)
    }

    /// The earliest time of the first units of all streams with pictures or sound, nanoseconds.
    pub(crate) fn first_unit(&self) -> Result<i64, Fault> {
        let wanted: Vec<&GateId> =
            self.streams.iter().filter(|stream| stream.kind != Kind::Other).map(|stream| &stream.gate).collect();
        self.shared.unpark();
        self.wait(|state| {
            let gates = || wanted.iter().filter_map(|id| state.gates.get(*id));
            let far = gates()
                .any(|gate| matches!((gate.first, gate.end), (Some(first), Some(end)) if end - first > ORIGIN_LOOK_NS));
            far || gates().all(|gate| gate.first.is_some() || gate.over)
        })?;
        let state = locked(&self.shared.state);
        wanted.iter().filter_map(|id| state.gates.get(*id)?.first).min().ok_or(Fault::Nothing)
    }

    /// What the container says of its length, nanoseconds.
    pub(crate) fn declared_duration(&self) -> Option<i64> {
        let duration = self.pipeline.query_duration::<gst::ClockTime>();
        duration
            .or_else(|| self.streams.iter().find_map(|stream| stream.pad.query_duration::<gst::ClockTime>()))
            .and_then(|duration| i64::try_from(duration.nseconds()).ok())
    }

    /// Runs from stream time `from` to the end without decoding; the stream time at which the last unit ends.
    pub(crate) fn last_end(&self, from: i64) -> Result<Option<i64>, Fault> {
        let pad = &self.streams.iter().find(|stream| stream.kind != Kind::Other).ok_or(Fault::NoStream)?.pad;
        if from > 0 && !seek(pad, from, gst::SeekFlags::KEY_UNIT | gst::SeekFlags::SNAP_BEFORE) {
            return Err(Fault::NotSeekable);
        }
        self.shared.unpark();
        self.wait(|state| state.gates.values().all(|gate| gate.over))?;
        let state = locked(&self.shared.state);
        let of_media = self.streams.iter().filter(|stream| stream.kind != Kind::Other);
        Ok(of_media.filter_map(|stream| state.gates.get(&stream.gate)?.end).max())
    }

    /// Moves to presentation time `from` or before it, with the gate of `stream` held until [`Demux::release`].
    pub(super) fn seek(&self, stream: &DemuxStream, from: i64, origin: i64, exactly: bool) -> Result<(), Fault> {
        // A Matroska file may start at any time, and seeks count from its start. A small origin is the priming of a
        // codec and stays, for otherwise a key frame at `from` itself would be missed.
        let to = match self.wrapper {
            Wrapper::Matroska => from + origin.min(LARGEST_PRIMING_NS),
            Wrapper::Avi | Wrapper::Other => from + origin,
        };
        if let Some(gate) = locked(&self.shared.state).gates.get_mut(&stream.gate) {
            gate.holds = true;
        }
        self.shared.unpark();
        let flags =
            if exactly { gst::SeekFlags::ACCURATE } else { gst::SeekFlags::KEY_UNIT | gst::SeekFlags::SNAP_BEFORE };
        if seek(&stream.pad, to.max(0), flags) { Ok(()) } else { Err(Fault::NotSeekable) }
    }

    /// Lets the units of `stream` through from now on.
    pub(super) fn release(&self, stream: &DemuxStream) {
        let probe = locked(&self.shared.state).gates.get_mut(&stream.gate).and_then(|gate| gate.probe.take());
        if let Some((pad, id)) = probe {
            pad.remove_probe(id);
        }
    }

    fn wait(&self, done: impl Fn(&State) -> bool) -> Result<(), Fault> {
        let mut state = locked(&self.shared.state);
        loop {
            if done(&state) {
                return Ok(());
            }
            self.faults.check()?;
            // The time limit is for faults only, which have a condition of their own.
            let waited = self.shared.changed.wait_timeout(state, Duration::from_millis(50));
            state = waited.unwrap_or_else(std::sync::PoisonError::into_inner).0;
        }
    }

    fn describe(&self) -> Vec<DemuxStream> {
        let pads = locked(&self.shared.state).pads.clone();
        let mut streams: Vec<DemuxStream> = pads.into_iter().map(describe).collect();
        streams.sort_by_key(|stream| stream.order);
        streams
    }
}

impl Drop for Demux {
    fn drop(&mut self) {
        self.shared.unpark();
        let gates: Vec<_> =
            locked(&self.shared.state).gates.values_mut().filter_map(|gate| gate.probe.take()).collect();
        for (pad, id) in gates {
            pad.remove_probe(id);
        }
        // A pipeline that does not stop is ended with its process.
        let _ = self.pipeline.set_state(gst::State::Null);
    }
}

fn seek(pad: &gst::Pad, to: i64, flags: gst::SeekFlags) -> bool {
    let to = gst::ClockTime::from_nseconds(to.max(0).unsigned_abs());
    let event = gst::event::Seek::new(
        1.0,
        gst::SeekFlags::FLUSH | flags,
        gst::SeekType::Set,
        to,
        gst::SeekType::None,
        gst::ClockTime::NONE,
    );
    pad.send_event(event)
}

fn describe(pad: gst::Pad) -> DemuxStream {
    let caps = pad.current_caps().unwrap_or_else(|| pad.query_caps(None));
    let media_type = caps.structure(0).map(|structure| structure.name().to_string()).unwrap_or_default();
    let kind = match media_type.split('/').next() {
        Some("video") => Kind::Video,
        Some("audio") => Kind::Audio,
        _ => Kind::Other,
    };
    let mut tags = gst::TagList::new();
    let mut index = 0;
    while let Some(event) = pad.sticky_event::<gst::event::Tag>(index) {
        tags = tags.merge(event.tag(), gst::TagMergeMode::Append);
        index += 1;
    }
    let id = pad.stream_id().map(|id| id.to_string()).unwrap_or_default();
    // `hash/NNN`, `hash/NNN:uid` (decimal) or `hash:program/NNNNNNNN` (hexadecimal); digits of one length sort alike.
    let digits = id.rsplit_once('/').map(|(_, rest)| rest.split(':').next().unwrap_or_default()).unwrap_or_default();
    let (number, order) = (digits.parse().ok(), u64::from_str_radix(digits, 16).unwrap_or(0));
    DemuxStream { gate: pad.name().to_string(), pad, caps, tags, number, order, kind }
}

impl Shared {
    /// Puts a gate on the real pad behind a new ghost pad; probes on ghost pads miss what passes inside.
    fn add_gate(self: &Arc<Self>, ghost: &gst::Pad) {
        let real =
            ghost.downcast_ref::<gst::GhostPad>().and_then(gst::GhostPad::target).unwrap_or_else(|| ghost.clone());
        let id: GateId = ghost.name().to_string();
        let probe = real.add_probe(gst::PadProbeType::BLOCK_DOWNSTREAM | gst::PadProbeType::EVENT_FLUSH, {
            let (shared, id) = (Arc::clone(self), id.clone());
            move |_, info| shared.pass(&id, info)
        });
        let mut state = locked(&self.state);
        state.gates.entry(id).or_default().probe = probe.map(|probe| (real, probe));
        state.pads.push(ghost.clone());
    }

    fn unpark(&self) {
        locked(&self.state).unparked = true;
        self.changed.notify_all();
    }

    fn pass(&self, id: &str, info: &gst::PadProbeInfo<'_>) -> gst::PadProbeReturn {
        let mut state = locked(&self.state);
        if let Some(gst::PadProbeData::Event(event)) = &info.data
            && matches!(event.type_(), gst::EventType::FlushStart | gst::EventType::FlushStop)
        {
            // What was seen before a seek says nothing of what comes after it.
            if let Some(gate) = state.gates.get_mut(id) {
                (gate.first, gate.end, gate.over) = (None, None, false);
            }
            return gst::PadProbeReturn::Pass;
        }
        let is_unit = match &info.data {
            Some(gst::PadProbeData::Event(event)) => event.type_() == gst::EventType::Eos,
            _ => true,
        };
        while is_unit && !state.unparked {
            state.parked = true;
            self.changed.notify_all();
            state = self.changed.wait(state).unwrap_or_else(std::sync::PoisonError::into_inner);
        }
        let wrapper = state.wrapper;
        let gate = state.gates.entry(id.to_owned()).or_default();
        if gate.holds {
            return gst::PadProbeReturn::Ok;
        }
        let reply = match &info.data {
            Some(gst::PadProbeData::Buffer(buffer)) => {
                gate.see(wrapper, buffer);
                gst::PadProbeReturn::Drop
            }
            Some(gst::PadProbeData::BufferList(list)) => {
                list.iter().for_each(|buffer| gate.see(wrapper, buffer));
                gst::PadProbeReturn::Drop
            }
            Some(gst::PadProbeData::Event(event)) => {
                if let gst::EventView::Segment(segment) = event.view() {
                    gate.segment = segment.segment().downcast_ref().cloned();
                }
                gate.over |= event.type_() == gst::EventType::Eos;
                gst::PadProbeReturn::Pass
            }
            _ => gst::PadProbeReturn::Pass,
        };
        drop(state);
        self.changed.notify_all();
        reply
    }
}

impl Gate {
    fn see(&mut self, wrapper: Wrapper, buffer: &gst::BufferRef) {
        let at = buffer.pts().or(buffer.dts());
        let Some(start) = self.segment.as_ref().and_then(|segment| container_time(wrapper, segment, at)) else {
            return;
        };
        let length = buffer.duration().map_or(0, |duration| i64::try_from(duration.nseconds()).unwrap_or(0));
        self.first.get_or_insert(start);
        self.end = self.end.max(Some(start + length));
    }
}

fn wrapper(pipeline: &gst::Pipeline) -> Wrapper {
    let has = |demuxer: &str| matches!(pipeline.iterate_all_by_element_factory_name(demuxer).next(), Ok(Some(_)));
    if has("matroskademux") {
        Wrapper::Matroska
    } else if has("avidemux") {
        Wrapper::Avi
    } else {
        Wrapper::Other
    }
}

/// Time of a buffer on the container's timeline, nanoseconds: the same for one unit wherever reading began.
pub(super) fn container_time(
    wrapper: Wrapper,
    segment: &gst::FormattedSegment<gst::ClockTime>,
    at: Option<gst::ClockTime>,
) -> Option<i64> {
    match wrapper {
        Wrapper::Matroska => at.and_then(|at| i64::try_from(at.nseconds()).ok()),
        Wrapper::Avi | Wrapper::Other => stream_time(segment, at),
    }
}

/// Nanoseconds of stream time, which may be negative before the presentation's start.
pub(super) fn stream_time(segment: &gst::FormattedSegment<gst::ClockTime>, at: Option<gst::ClockTime>) -> Option<i64> {
    let signed = segment.to_stream_time_full(at?)?;
    let nanos = |time: gst::ClockTime| i64::try_from(time.nseconds()).ok();
    match signed {
        gst::Signed::Positive(time) => nanos(time),
        gst::Signed::Negative(time) => nanos(time).map(|nanos| -nanos),
    }
}
