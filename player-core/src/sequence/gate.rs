//! One operation per buffer at a time, for two players that share the buffers.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use crate::message::{BufferSetup, Output, RequestId, Track};
use crate::mime::is_other_codec;

/// Names a player of the sequence.
pub(super) type Number = u64;

/// Who waits for the answer of a buffer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Asker {
    Player(Number),
    /// Nobody: done so that what a player asks for finds the buffer as it takes it to be.
    Gate,
}

/// The way to one buffer.
#[derive(Clone, Debug, Default)]
struct Lane {
    busy: Option<Asker>,
    waiting: VecDeque<(Asker, Output)>,
    /// Whose init section and type the buffer has.
    last: Option<Number>,
    mime: String,
    /// What each player takes the buffer to have.
    mimes: BTreeMap<Number, String>,
    inits: BTreeMap<Number, RequestId>,
}

/// The way to the buffers.
#[derive(Clone, Debug, Default)]
pub(super) struct Gate {
    lanes: BTreeMap<Track, Lane>,
    /// Loads that bring init sections.
    inits: BTreeSet<RequestId>,
}

impl Gate {
    /// A load begins, which may bring an init section.
    pub(super) fn note_init(&mut self, id: RequestId) {
        self.inits.insert(id);
    }

    /// The bytes of this load are let go.
    pub(super) fn forget(&mut self, id: RequestId) {
        self.inits.remove(&id);
        for lane in self.lanes.values_mut() {
            lane.inits.retain(|_, init| *init != id);
        }
    }

    /// All buffers are made anew, by this player.
    pub(super) fn reset(&mut self, number: Number, buffers: &[BufferSetup]) {
        let lane = |setup: &BufferSetup| {
            let mimes = BTreeMap::from([(number, setup.mime.clone())]);
            (setup.track, Lane { mime: setup.mime.clone(), mimes, ..Lane::default() })
        };
        self.lanes = buffers.iter().map(lane).collect();
    }

    /// Another player would like to use the buffers as if they were these; whether it can.
    pub(super) fn share(&mut self, number: Number, buffers: &[BufferSetup]) -> bool {
        let is_same = buffers.iter().map(|setup| setup.track).eq(self.lanes.keys().copied());
        if is_same {
            for (lane, setup) in self.lanes.values_mut().zip(buffers) {
                lane.mimes.insert(number, setup.mime.clone());
            }
        }
        is_same
    }

    /// Buffers are as they are, but this player asks for nothing any more.
    pub(super) fn leave(&mut self, number: Number) {
        for lane in self.lanes.values_mut() {
            lane.waiting.retain(|(asker, _)| *asker != Asker::Player(number));
            lane.mimes.remove(&number);
            lane.inits.remove(&number);
        }
    }

    /// Whether nothing is under way or waits.
    pub(super) fn is_idle(&self) -> bool {
        self.lanes.values().all(|lane| lane.busy.is_none() && lane.waiting.is_empty())
    }

    /// Whether this buffer owes an answer.
    pub(super) fn is_busy(&self, track: Track) -> bool {
        self.lanes.get(&track).is_some_and(|lane| lane.busy.is_some())
    }

    /// Whether there are no buffers yet.
    pub(super) fn is_empty(&self) -> bool {
        self.lanes.is_empty()
    }

    pub(super) fn tracks(&self) -> Vec<Track> {
        self.lanes.keys().copied().collect()
    }

    /// An order for a buffer; it goes to `out` as soon as the buffer is free.
    pub(super) fn order(&mut self, from: Option<Number>, track: Track, output: Output, out: &mut Vec<Output>) {
        let asker = from.map_or(Asker::Gate, Asker::Player);
        let Some(lane) = self.lanes.get_mut(&track) else { return };
        lane.waiting.push_back((asker, output));
        lane.pass(&self.inits, out);
    }

    /// The buffer has answered: whom, if anybody.
    pub(super) fn answered(&mut self, track: Track) -> Option<Number> {
        match self.lanes.get_mut(&track)?.busy.take()? {
            Asker::Player(number) => Some(number),
            Asker::Gate => None,
        }
    }

    /// Passes on what waited for a free buffer.
    pub(super) fn pass(&mut self, out: &mut Vec<Output>) {
        self.lanes.values_mut().for_each(|lane| lane.pass(&self.inits, out));
    }
}

impl Lane {
    fn pass(&mut self, inits: &BTreeSet<RequestId>, out: &mut Vec<Output>) {
        while self.busy.is_none()
            && let Some((asker, output)) = self.waiting.pop_front()
        {
            if let (Asker::Player(number), Output::Append { track, id, .. }) = (asker, &output)
                && let Some(before) = self.prepare(number, *track, *id, inits.contains(id), out)
            {
                self.waiting.push_front((asker, output));
                self.busy = Some(Asker::Gate);
                out.push(before);
                return;
            }
            match (&output, asker) {
                (Output::ChangeType { mime, .. }, Asker::Player(number)) => {
                    self.mimes.insert(number, mime.clone());
                    (self.last, self.mime) = (Some(number), mime.clone());
                }
                _ => self.busy = Some(asker),
            }
            out.push(output);
        }
    }

    /// Gives the buffer the type of the player that appends, and says what must be appended before: its init section, if
    /// the other one's came in between.
    fn prepare(
        &mut self,
        number: Number,
        track: Track,
        id: RequestId,
        is_init: bool,
        out: &mut Vec<Output>,
    ) -> Option<Output> {
        let is_other = self.last.replace(number).is_some_and(|last| last != number);
        if let Some(mime) = self.mimes.get(&number)
            && is_other_codec(&self.mime, mime)
        {
            self.mime.clone_from(mime);
            out.push(Output::ChangeType { track, mime: mime.clone() });
        }
        if is_init {
            self.inits.insert(number, id);
            return None;
        }
        let init = *self.inits.get(&number).filter(|_| is_other)?;
        Some(Output::Append { track, id: init, offset_us: 0 })
    }
}
