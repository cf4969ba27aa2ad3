//! The task of one head: a worker at its job, its units made into segments, the segments published.

use std::collections::BTreeMap;
use std::fs::File;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use tokio::sync::watch;

use super::chunks::Chunks;
use super::{Flight, Making, Playback, PlaybackError, Shared, assemble, count, jobs, locked};
use crate::heads::{HeadId, Lane, Next, Verdict};
use crate::source::Source;
use crate::store::{Part, StoreError, StoreKey};
use crate::stream_name::StreamName;
use crate::worker::process::{Worker, WorkerError};
use crate::worker::protocol::Message;

/// A head that says nothing for so long hangs: far more than any key frame distance takes to decode.
const SILENCE: Duration = Duration::from_secs(20);

/// How often a head looks whether it is still needed.
const LOOK: Duration = Duration::from_secs(1);

/// Workers that may die over one segment before it is given up.
const FAILURES: u32 = 2;

/// What a head works on.
#[derive(Debug)]
pub(super) struct HeadTask {
    head: HeadId,
    lane: Lane,
    source: Source,
    first: u32,
    /// The segment before which it has to stand still for now; closed when it has to stop.
    limit: watch::Receiver<u32>,
}

impl HeadTask {
    pub(super) fn new(head: HeadId, lane: Lane, source: Source, first: u32, limit: watch::Receiver<u32>) -> Self {
        Self { head, lane, source, first, limit }
    }
}

/// A segment that comes from the worker.
struct Coming {
    chunks: Chunks,
    made: Vec<Bytes>,
}

impl Coming {
    fn new(segment: u32, composition_shift: u32) -> Self {
        Self { chunks: Chunks::new(segment, composition_shift), made: Vec::new() }
    }

    /// All chunks of it.
    fn end(mut self, end: i64) -> Vec<Bytes> {
        self.made.extend(self.chunks.end(end));
        self.made
    }
}

/// How a head ended.
enum End {
    /// It was told to, or nobody needs it.
    Stopped,
    /// Nothing helps: another worker would say the same.
    Failed(PlaybackError),
    /// The worker died or hung.
    Died(WorkerError),
}

/// Runs a head beside everything else, in the runtime of the engine: that of whoever asks for a segment may end first.
pub(super) fn spawn(playback: Playback, task: HeadTask) {
    let running = Running::begin(&playback.shared);
    let runtime = playback.shared.runtime.clone();
    runtime.spawn(async move {
        let end = playback.run(&task).await;
        playback.settle(&task, end);
        drop(running);
    });
}

/// Counts as a running head until it is dropped, however its task ends.
struct Running(Arc<Shared>);

impl Running {
    fn begin(shared: &Arc<Shared>) -> Self {
        shared.running.send_modify(|running| *running += 1);
        Self(Arc::clone(shared))
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.0.running.send_modify(|running| *running -= 1);
    }
}

impl Playback {
    async fn run(&self, task: &HeadTask) -> End {
        let Some(job) = jobs::head(&task.source, task.lane.stream, task.first) else {
            return End::Failed(PlaybackError::NoSuchStream(task.lane.stream));
        };
        let path = task.source.path.clone();
        let file = match super::blocking(move || File::open(path)).await {
            Ok(Ok(file)) => file,
            Ok(Err(error)) => {
                let (path, reason) = (task.source.path.clone(), error.to_string());
                return End::Failed(PlaybackError::SourceUnreadable { path, reason });
            }
            Err(error) => return End::Failed(error),
        };
        tracing::debug!(source = %task.lane.source, stream = %task.lane.stream, first = task.first, "a head starts");
        match self.shared.workers.start(&job, Some(&file), SILENCE) {
            Ok(mut worker) => {
                let end = self.follow(task, &mut worker).await;
                worker.kill().await;
                end
            }
            Err(error) => End::Died(error),
        }
    }

    /// Takes what the worker makes until one of the two ends.
    async fn follow(&self, task: &HeadTask, worker: &mut Worker) -> End {
        let mut limit = task.limit.clone();
        let mut next = task.first;
        let shift = self.composition_shift(task);
        let mut coming: BTreeMap<u32, Coming> = BTreeMap::new();
        loop {
            if *limit.borrow_and_update() <= next {
                worker.hold(true).await;
                while *limit.borrow_and_update() <= next {
                    tokio::select! {
                        changed = limit.changed() => if changed.is_err() { return End::Stopped },
                        () = tokio::time::sleep(LOOK) => if self.is_idle(task) { return End::Stopped },
                    }
                }
                worker.hold(false).await;
            }
            let message = tokio::select! {
                message = worker.next() => message,
                () = self.not_needed(task, limit.clone()) => return End::Stopped,
            };
            match message {
                Ok(Message::Config(config)) => self.check_config(task, config).await,
                Ok(Message::Unit(unit)) => {
                    let segment = unit.segment;
                    let coming = coming.entry(segment).or_insert_with(|| Coming::new(segment, shift));
                    if let Some(chunk) = coming.chunks.push(unit) {
                        coming.made.push(chunk);
                        self.send_part(task, segment, &coming.made);
                    }
                }
                Ok(Message::SegmentEnd { segment, end }) => {
                    let coming = coming.remove(&segment).unwrap_or_else(|| Coming::new(segment, shift));
                    match self.publish(task, segment, coming.end(end)).await {
                        Next::GoOn => next = segment.saturating_add(1),
                        Next::Stop => return End::Stopped,
                    }
                }
                Ok(Message::Done) => return self.finished(task, next),
                Ok(Message::Failed(reason)) => {
                    return End::Failed(PlaybackError::Undecodable { stream: task.lane.stream, reason });
                }
                Ok(Message::Found(_) | Message::Still(_)) => {}
                Err(error) => return End::Died(error),
            }
        }
    }

    /// A worker that ends must have made all that there is.
    fn finished(&self, task: &HeadTask, next: u32) -> End {
        if next >= jobs::segment_count(&task.source) {
            End::Stopped
        } else {
            End::Died(WorkerError::Died(format!("it stopped before segment {next}")))
        }
    }

    /// Returns when the head is told to stop or nobody has needed it for a while.
    async fn not_needed(&self, task: &HeadTask, mut limit: watch::Receiver<u32>) {
        loop {
            tokio::select! {
                changed = limit.changed() => if changed.is_err() { return },
                () = tokio::time::sleep(LOOK) => if self.is_idle(task) { return },
            }
        }
    }

    /// Whether nobody has needed the head for a while; then it is taken off the list at once, so that nobody who comes now
    /// waits for it.
    fn is_idle(&self, task: &HeadTask) -> bool {
        let now = self.now();
        let mut state = locked(&self.shared.state);
        let idle = state.heads.is_idle(now, task.head);
        if idle {
            state.heads.gone(task.head);
            state.controls.remove(&task.head);
        }
        idle
    }

    fn composition_shift(&self, task: &HeadTask) -> u32 {
        match task.lane.stream {
            StreamName::Rung(name) => jobs::video_plan(&task.source, name).map_or(0, |plan| plan.composition_shift()),
            StreamName::Original | StreamName::Audio(_) | StreamName::AudioAac(_) => 0,
        }
    }

    /// Players may have got the init section from another encoder, so this one's must be the same.
    async fn check_config(&self, task: &HeadTask, config: Bytes) {
        let StreamName::Rung(name) = task.lane.stream else { return };
        let Some(plan) = jobs::video_plan(&task.source, name) else { return };
        let init = assemble::video_init(&plan, config);
        match self.stored_init(&task.lane).await {
            Ok(None) => self.keep_init(&task.lane, init).await,
            Ok(Some(known)) if known == init => {}
            Ok(Some(_)) => {
                let (source, stream) = (&task.lane.source, task.lane.stream);
                tracing::error!(%source, %stream, "encoders disagree on the codec configuration");
            }
            Err(error) => tracing::debug!(%error, "the init section was not looked at"),
        }
    }

    /// Hands what is there of a segment to all who wait for it.
    fn send_part(&self, task: &HeadTask, number: u32, made: &[Bytes]) {
        let mut state = locked(&self.shared.state);
        let flight = state.flights.get_mut(&(task.lane.clone(), number));
        if let Some(flight) = flight.filter(|flight| flight.takes_part_from(task.head)) {
            flight.sender = Some(task.head);
            flight.making.send_modify(|making| making.chunks = made.to_vec());
        }
    }

    /// Keeps a segment and hands it to all who wait for it.
    async fn publish(&self, task: &HeadTask, number: u32, chunks: Vec<Bytes>) -> Next {
        if chunks.len() > 1 {
            self.send_part(task, number, &chunks);
        }
        let bytes = Bytes::from(chunks.concat());
        let key = |number| StoreKey {
            source: task.lane.source.clone(),
            stream: task.lane.stream,
            part: Part::Segment(number),
        };
        let (store, kept, part) = (Arc::clone(&self.shared.store), bytes.clone(), key(number));
        let etag = match super::blocking(move || store.put(&part, &kept)).await {
            Ok(Ok(etag)) => etag,
            Ok(Err(error)) => {
                // Playback goes on from memory; there is just nothing to come back to.
                match &error {
                    StoreError::Full { .. } => tracing::warn!(%error, "a segment is not kept"),
                    StoreError::Io { source, .. } => tracing::error!(%error, reason = %source, "a segment is not kept"),
                }
                format!("m{:x}-{:x}", self.now().as_nanos(), bytes.len())
            }
            Err(_) => return Next::Stop,
        };
        count(&self.shared.tally.encoded);
        // Who watches may seek, and then waits for a worker.
        self.shared.workers.make_ready(1);
        let next_is_there = self.shared.store.contains(&key(number.saturating_add(1)));
        let mut state = locked(&self.shared.state);
        let next = state.heads.made(task.head, number, next_is_there);
        state.let_go();
        let flight = (task.lane.clone(), number);
        // Who was sent a part of it by another head gets the rest from there.
        let is_another = |flight: &Flight| flight.is_sent_by_another(task.head);
        if !state.flights.get(&flight).is_some_and(is_another)
            && let Some(flight) = state.flights.remove(&flight)
        {
            flight.making.send_modify(|making| *making = Making { chunks, end: Some(Ok(etag)) });
        }
        next
    }

    /// After a head has ended: whoever still waits for it gets another head or the reason.
    fn settle(&self, task: &HeadTask, end: End) {
        let stream = task.lane.stream;
        let (reason, died) = match end {
            End::Stopped => (None, false),
            End::Failed(error) => (Some(error), false),
            End::Died(error) => {
                count(&self.shared.tally.worker_failures);
                tracing::warn!(%stream, source = %task.lane.source, %error, "a media worker failed");
                (Some(PlaybackError::WorkerFailed { stream, reason: error.to_string() }), true)
            }
        };
        let mut state = locked(&self.shared.state);
        state.controls.remove(&task.head);
        for number in state.heads.gone(task.head) {
            let key = (task.lane.clone(), number);
            let Some(mut flight) = state.flights.remove(&key) else { continue };
            if flight.is_sent_by_another(task.head) {
                state.flights.insert(key, flight);
                continue;
            }
            flight.failures += u32::from(died);
            let error = match &reason {
                _ if state.closing => PlaybackError::ShuttingDown,
                // The rest must come from the encoder that began it.
                _ if flight.sender.is_some() => {
                    let error = PlaybackError::WorkerFailed { stream, reason: "its encoder was stopped".to_owned() };
                    state.remember_torn(key, flight.failures.max(1));
                    reason.clone().unwrap_or(error)
                }
                Some(error) if !died || flight.failures >= FAILURES => error.clone(),
                Some(_) | None => match state.heads.again(self.now(), &task.lane, number) {
                    Verdict::Busy { retry_after } => PlaybackError::Busy { retry_after },
                    verdict @ (Verdict::Wait | Verdict::Start { .. }) => {
                        let source = flight.source.clone();
                        state.flights.insert(key, flight);
                        self.obey(&mut state, verdict, &source, &task.lane, number);
                        continue;
                    }
                },
            };
            flight.end(Err(error));
        }
        // Nobody waits for what is left of this head's own.
        let head = task.head;
        state.flights.retain(|_, flight| flight.sender != Some(head));
        state.let_go();
    }
}
