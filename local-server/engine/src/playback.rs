//! One segment asked for: store, single flight, copy or encode, publish.
//!
//! Whoever asks for a segment that is not there joins all others who wait for it; [`crate::heads`] decides which head
//! makes it. Going away ends a wait and nothing else: a head that nobody needs is stopped by its own task.

mod answer;
mod assemble;
mod chunks;
mod head;
pub(crate) mod jobs;
mod repeats;

use std::collections::{BTreeMap, HashMap};
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use tokio::sync::{OnceCell, watch};
use tokio::time::Instant;

pub use answer::{Counters, GrowingSegment, PlaybackError, Segment, SegmentBody};

use self::repeats::Repeats;
use crate::heads::{HeadId, Heads, Lane, Verdict};
use crate::manifest;
use crate::segment::{Copier, CopyError};
use crate::source::Source;
use crate::store::{Part, SegmentStore, StoreKey, Stored};
use crate::stream_name::{RungName, StreamName};
use crate::worker::process::{Answer, Workers};
use crate::worker::protocol::VideoSettings;

/// How long a codec configuration may take; it takes a twentieth of a second.
const INIT_LIMIT: Duration = Duration::from_secs(10);

/// Codec configurations that are remembered; a house has a handful.
const MOST_CONFIGS: usize = 256;

/// Torn segments that are remembered; a film that is broken in places has a handful.
const MOST_TORN: usize = 256;

/// Plays sources: the heart of the engine. Cheap to clone.
#[derive(Clone, Debug)]
pub(crate) struct Playback {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    store: Arc<dyn SegmentStore>,
    copier: Arc<Copier>,
    workers: Workers,
    began: Instant,
    state: Mutex<State>,
    inits: Mutex<HashMap<Lane, Arc<OnceCell<Bytes>>>>,
    /// Codec configurations depend on nothing but the settings, so films alike share them.
    configs: Mutex<HashMap<VideoSettings, Bytes>>,
    /// Copied segments that were asked for once.
    repeats: Mutex<Repeats>,
    tally: Tally,
    /// Number of head tasks that have not ended.
    running: watch::Sender<usize>,
    /// Where they run.
    runtime: tokio::runtime::Handle,
}

#[derive(Debug)]
struct State {
    heads: Heads,
    flights: HashMap<(Lane, u32), Flight>,
    controls: HashMap<HeadId, watch::Sender<u32>>,
    starts: BTreeMap<String, u64>,
    /// Segments that failed when a part of them had been sent, and how often: the next making is sent when it is whole, so
    /// that whoever asks learns the reason.
    torn: HashMap<(Lane, u32), u32>,
    closing: bool,
}

/// A segment in the making, and all who wait for it.
#[derive(Debug)]
struct Flight {
    making: watch::Sender<Making>,
    source: Source,
    /// Heads that died over it.
    failures: u32,
    /// The head whose chunks have been sent.
    sender: Option<HeadId>,
}

/// How far a segment is.
#[derive(Debug, Default)]
struct Making {
    /// What is encoded, in order.
    chunks: Vec<Bytes>,
    /// How it ended: with the name of this making, or the reason why there is no more.
    end: Option<Result<String, PlaybackError>>,
}

impl Making {
    fn whole(&self) -> Bytes {
        match self.chunks.as_slice() {
            [only] => only.clone(),
            chunks => chunks.concat().into(),
        }
    }
}

#[derive(Debug, Default)]
struct Tally {
    worker_failures: AtomicU64,
    refused: AtomicU64,
    encoded: AtomicU64,
    copied: AtomicU64,
    hits: AtomicU64,
    misses: AtomicU64,
}

fn count(counter: &AtomicU64) {
    counter.fetch_add(1, Ordering::Relaxed);
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Playback {
    /// Heads will run in the runtime of whoever calls this.
    pub(crate) fn new(store: Arc<dyn SegmentStore>, copier: Arc<Copier>, workers: Workers, heads: usize) -> Self {
        let state = State {
            heads: Heads::new(heads),
            flights: HashMap::new(),
            controls: HashMap::new(),
            starts: BTreeMap::new(),
            torn: HashMap::new(),
            closing: false,
        };
        let shared = Shared {
            store,
            copier,
            workers,
            began: Instant::now(),
            state: Mutex::new(state),
            inits: Mutex::default(),
            configs: Mutex::default(),
            repeats: Mutex::default(),
            tally: Tally::default(),
            running: watch::Sender::new(0),
            runtime: tokio::runtime::Handle::current(),
        };
        Self { shared: Arc::new(shared) }
    }

    /// See [`crate::Engine::segment`].
    pub(crate) async fn segment(
        &self,
        source: &Source,
        stream: &StreamName,
        number: u32,
    ) -> Result<Segment, PlaybackError> {
        if !manifest::has_stream(&source.facts, stream) {
            return Err(PlaybackError::NoSuchStream(*stream));
        }
        match stream {
            StreamName::Original | StreamName::Audio(_) => self.copied(source, *stream, number).await,
            StreamName::Rung(_) | StreamName::AudioAac(_) => self.encoded(source, *stream, number).await,
        }
    }

    /// See [`crate::Engine::init_section`].
    pub(crate) async fn init_section(&self, source: &Source, stream: &StreamName) -> Result<Bytes, PlaybackError> {
        if !manifest::has_stream(&source.facts, stream) {
            return Err(PlaybackError::NoSuchStream(*stream));
        }
        match *stream {
            StreamName::Original | StreamName::Audio(_) => {
                let (copier, source, stream) = (Arc::clone(&self.shared.copier), source.clone(), *stream);
                let path = source.path.clone();
                blocking(move || copier.init_section(&source, &stream))
                    .await?
                    .map_err(|error| copy_error(error, stream, path))
            }
            StreamName::AudioAac(index) => assemble::audio_init(&source.facts, index, *stream),
            StreamName::Rung(name) => {
                let lane = Lane { source: source.key.clone(), stream: *stream };
                self.encoded_init(source, lane, name).await
            }
        }
    }

    /// What was done so far and what is held now.
    pub(crate) fn counters(&self) -> Counters {
        let tally = &self.shared.tally;
        let get = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        let state = locked(&self.shared.state);
        Counters {
            encoder_starts: state.starts.clone(),
            running_heads: *self.shared.running.borrow(),
            worker_failures: get(&tally.worker_failures),
            refused: get(&tally.refused),
            segments_encoded: get(&tally.encoded),
            segments_copied: get(&tally.copied),
            cache_hits: get(&tally.hits),
            cache_misses: get(&tally.misses),
            cache_bytes: self.shared.store.bytes(),
        }
    }

    /// Stops all heads, fails all who wait, and returns when every worker is gone.
    pub(crate) async fn shutdown(&self) {
        let flights: Vec<Flight> = {
            let mut state = locked(&self.shared.state);
            state.closing = true;
            state.controls.clear();
            state.flights.drain().map(|(_, flight)| flight).collect()
        };
        for flight in flights {
            flight.end(Err(PlaybackError::ShuttingDown));
        }
        // The sender is ours, so it is never closed.
        let _ = self.shared.running.subscribe().wait_for(|running| *running == 0).await;
    }

    /// A segment of the original: cut anew in milliseconds, and kept as a file only once a second request for it came, so
    /// that a film that one person watches is not written to the disk again.
    async fn copied(&self, source: &Source, stream: StreamName, number: u32) -> Result<Segment, PlaybackError> {
        // A copy is the same whenever it is made.
        let etag = Some(format!("{}-{stream}-{number}", source.key));
        let key = StoreKey { source: source.key.clone(), stream, part: Part::Segment(number) };
        if let Some(Stored { file, size, .. }) = self.stored(&key).await? {
            count(&self.shared.tally.hits);
            return Ok(Segment { body: SegmentBody::File { file, size }, etag, encode: None });
        }
        let (copier, owned) = (Arc::clone(&self.shared.copier), source.clone());
        let bytes = blocking(move || copier.segment(&owned, &stream, number))
            .await?
            .map_err(|error| copy_error(error, stream, source.path.clone()))?;
        count(&self.shared.tally.copied);
        if locked(&self.shared.repeats).is_repeated(&key) {
            let (store, kept) = (Arc::clone(&self.shared.store), bytes.clone());
            // Beside the reply, which need not wait for it.
            self.shared.runtime.spawn_blocking(move || {
                if let Err(error) = store.put(&key, &kept) {
                    tracing::debug!(%error, "a copied segment is not kept");
                }
            });
        }
        Ok(Segment { body: SegmentBody::Bytes(bytes), etag, encode: None })
    }

    async fn encoded(&self, source: &Source, stream: StreamName, number: u32) -> Result<Segment, PlaybackError> {
        let asked = Instant::now();
        if jobs::segment_count(source) <= number {
            return Err(PlaybackError::NoSuchSegment { stream, number });
        }
        let lane = Lane { source: source.key.clone(), stream };
        let key = StoreKey { source: lane.source.clone(), stream, part: Part::Segment(number) };
        loop {
            if let Some(stored) = self.stored(&key).await? {
                self.heard(&lane, number);
                count(&self.shared.tally.hits);
                let Stored { file, size, etag } = stored;
                return Ok(Segment { body: SegmentBody::File { file, size }, etag: Some(etag), encode: None });
            }
            let Some(mut wait) = self.join(source, &lane, number, &key)? else { continue };
            count(&self.shared.tally.misses);
            let whole = wait.beginning().await?;
            let encode = Some(asked.elapsed());
            return Ok(match whole {
                Some((bytes, etag)) => Segment { body: SegmentBody::Bytes(bytes), etag: Some(etag), encode },
                None => Segment { body: SegmentBody::Growing(GrowingSegment::new(wait)), etag: None, encode },
            });
        }
    }

    /// The init section of a rung: kept, or from an encoder that is given a blank picture.
    async fn encoded_init(&self, source: &Source, lane: Lane, name: RungName) -> Result<Bytes, PlaybackError> {
        if let Some(init) = self.stored_init(&lane).await? {
            return Ok(init);
        }
        let cell = Arc::clone(locked(&self.shared.inits).entry(lane.clone()).or_default());
        let init = cell.get_or_try_init(|| self.encode_init(source, &lane, name)).await.cloned();
        locked(&self.shared.inits).remove(&lane);
        init
    }

    async fn encode_init(&self, source: &Source, lane: &Lane, name: RungName) -> Result<Bytes, PlaybackError> {
        let stream = lane.stream;
        let plan = jobs::video_plan(source, name).ok_or(PlaybackError::NoSuchStream(stream))?;
        let settings = jobs::video_settings(&plan);
        let known = locked(&self.shared.configs).get(&settings).cloned();
        if let Some(config) = known {
            let init = assemble::video_init(&plan, config);
            self.keep_init(lane, init.clone()).await;
            return Ok(init);
        }
        match self.shared.workers.ask(&jobs::video_config(&plan), None, INIT_LIMIT).await {
            Ok(Answer::Config(config)) => {
                {
                    let mut configs = locked(&self.shared.configs);
                    if configs.len() >= MOST_CONFIGS {
                        configs.clear();
                    }
                    configs.insert(settings, config.clone());
                }
                let init = assemble::video_init(&plan, config);
                self.keep_init(lane, init.clone()).await;
                Ok(init)
            }
            Ok(Answer::Failed(reason)) => Err(PlaybackError::Undecodable { stream, reason }),
            Ok(Answer::Found(_) | Answer::Still(_) | Answer::Done) => {
                Err(PlaybackError::WorkerFailed { stream, reason: "it answered another question".to_owned() })
            }
            Err(error) => Err(PlaybackError::WorkerFailed { stream, reason: error.to_string() }),
        }
    }

    async fn stored_init(&self, lane: &Lane) -> Result<Option<Bytes>, PlaybackError> {
        let key = StoreKey { source: lane.source.clone(), stream: lane.stream, part: Part::Init };
        let Some(mut stored) = self.stored(&key).await? else { return Ok(None) };
        let read = blocking(move || {
            let mut bytes = Vec::new();
            std::io::Read::read_to_end(&mut stored.file, &mut bytes).map(|_| Bytes::from(bytes))
        });
        Ok(read.await?.ok())
    }

    async fn keep_init(&self, lane: &Lane, init: Bytes) {
        let key = StoreKey { source: lane.source.clone(), stream: lane.stream, part: Part::Init };
        let store = Arc::clone(&self.shared.store);
        if let Ok(Err(error)) = blocking(move || store.put(&key, &init)).await {
            tracing::warn!(%error, "an init section is not kept");
        }
    }

    async fn stored(&self, key: &StoreKey) -> Result<Option<Stored>, PlaybackError> {
        if !self.shared.store.contains(key) {
            return Ok(None);
        }
        let (store, key) = (Arc::clone(&self.shared.store), key.clone());
        blocking(move || store.open(&key)).await
    }

    /// Joins those who wait for a segment, and has it made if nobody does yet. `None` if it was published meanwhile.
    fn join(&self, source: &Source, lane: &Lane, number: u32, key: &StoreKey) -> Result<Option<Wait>, PlaybackError> {
        let mut state = locked(&self.shared.state);
        if state.closing {
            return Err(PlaybackError::ShuttingDown);
        }
        // Published before it is taken from the flights, so it is either there or in flight.
        if self.shared.store.contains(key) {
            return Ok(None);
        }
        let verdict = state.heads.ask(self.now(), lane, number);
        if let Verdict::Busy { retry_after } = verdict {
            count(&self.shared.tally.refused);
            return Err(PlaybackError::Busy { retry_after });
        }
        let flight = (lane.clone(), number);
        // One whose encoder was stopped when nobody waited any more: what it sent has no rest.
        let is_over = |flight: &Flight| flight.sender.is_some_and(|sender| !state.controls.contains_key(&sender));
        if state.flights.get(&flight).is_some_and(is_over) {
            state.flights.remove(&flight);
        }
        let failures = state.torn.remove(&flight).unwrap_or(0);
        let flight = state.flights.entry(flight).or_insert_with(|| Flight {
            making: watch::Sender::new(Making::default()),
            source: source.clone(),
            failures,
            sender: None,
        });
        let making = flight.making.subscribe();
        self.obey(&mut state, verdict, source, lane, number);
        Ok(Some(Wait { playback: self.clone(), lane: lane.clone(), number, making }))
    }

    /// Starts and stops heads as decided, and lets each go as far as it may now.
    fn obey(&self, state: &mut State, verdict: Verdict, source: &Source, lane: &Lane, number: u32) {
        if let Verdict::Start { head, stop } = verdict {
            stop.and_then(|stop| state.controls.remove(&stop));
            let limit = state.heads.limit(head).unwrap_or(number);
            let (control, limits) = watch::channel(limit);
            state.controls.insert(head, control);
            *state.starts.entry(lane.stream.to_string()).or_default() += 1;
            head::spawn(self.clone(), head::HeadTask::new(head, lane.clone(), source.clone(), number, limits));
        }
        state.let_go();
    }

    fn heard(&self, lane: &Lane, number: u32) {
        let mut state = locked(&self.shared.state);
        state.heads.heard(self.now(), lane, number);
        state.let_go();
    }

    fn now(&self) -> Duration {
        self.shared.began.elapsed()
    }
}

impl Flight {
    fn end(&self, end: Result<String, PlaybackError>) {
        self.making.send_modify(|making| making.end = Some(end));
    }

    /// Whether a part that this head made may be sent before the whole is there.
    fn takes_part_from(&self, head: HeadId) -> bool {
        self.failures == 0 && !self.is_sent_by_another(head)
    }

    fn is_sent_by_another(&self, head: HeadId) -> bool {
        self.sender.is_some_and(|sender| sender != head)
    }
}

impl State {
    fn remember_torn(&mut self, segment: (Lane, u32), failures: u32) {
        if self.torn.len() >= MOST_TORN {
            self.torn.clear();
        }
        self.torn.insert(segment, failures);
    }

    /// Tells all heads how far they may go.
    fn let_go(&self) {
        for (&head, control) in &self.controls {
            if let Some(limit) = self.heads.limit(head) {
                control.send_if_modified(|current| std::mem::replace(current, limit) != limit);
            }
        }
    }
}

/// A place among those who wait for a segment; dropping it leaves.
#[derive(Debug)]
struct Wait {
    playback: Playback,
    lane: Lane,
    number: u32,
    making: watch::Receiver<Making>,
}

impl Wait {
    /// Waits until something of the segment is there. Gives all of it and its name if it is complete by then.
    async fn beginning(&mut self) -> Result<Option<(Bytes, String)>, PlaybackError> {
        let there = self.making.wait_for(|making| making.end.is_some() || !making.chunks.is_empty()).await;
        // A flight is only dropped with an end, except when the process ends.
        let making = there.map_err(|_| PlaybackError::ShuttingDown)?;
        match &making.end {
            Some(Ok(etag)) => Ok(Some((making.whole(), etag.clone()))),
            Some(Err(error)) => Err(error.clone()),
            None => Ok(None),
        }
    }

    /// The chunk of this place, as soon as it is there; `None` behind the last one.
    async fn piece(&mut self, place: usize) -> Option<Result<Bytes, PlaybackError>> {
        let there = self.making.wait_for(|making| making.end.is_some() || making.chunks.len() > place).await;
        let Ok(making) = there else { return Some(Err(PlaybackError::ShuttingDown)) };
        match (making.chunks.get(place), &making.end) {
            (Some(chunk), _) => Some(Ok(chunk.clone())),
            (None, Some(Err(error))) => Some(Err(error.clone())),
            (None, Some(Ok(_)) | None) => None,
        }
    }
}

impl Drop for Wait {
    fn drop(&mut self) {
        let mut state = locked(&self.playback.shared.state);
        state.heads.leave(&self.lane, self.number);
        state.let_go();
    }
}

async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, PlaybackError> {
    // Blocking work is cancelled only when the runtime ends.
    tokio::task::spawn_blocking(work).await.map_err(|_| PlaybackError::ShuttingDown)
}

fn copy_error(error: CopyError, stream: StreamName, path: PathBuf) -> PlaybackError {
    match error {
        CopyError::NoSuchStream => PlaybackError::NoSuchStream(stream),
        CopyError::NoSuchSegment(number) => PlaybackError::NoSuchSegment { stream, number },
        CopyError::Unreadable(reason) => PlaybackError::SourceUnreadable { path, reason },
        CopyError::Changed(reason) => PlaybackError::SourceUnreadable { path, reason: reason.to_owned() },
    }
}
