//! One segment asked for: store, single flight, copy or encode, publish.
//!
//! Whoever asks for a segment that is not there joins all others who wait for it; [`crate::heads`] decides which head
//! makes it. Going away ends a wait and nothing else: a head that nobody needs is stopped by its own task.

mod answer;
mod assemble;
mod head;
pub(crate) mod jobs;

use std::collections::{BTreeMap, HashMap};
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use tokio::sync::{OnceCell, watch};
use tokio::time::Instant;

pub use answer::{Counters, PlaybackError, Segment, SegmentBody};

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
    closing: bool,
}

/// A segment in the making, and all who wait for it.
#[derive(Debug)]
struct Flight {
    outcome: watch::Sender<Option<Outcome>>,
    source: Source,
    /// Heads that died over it.
    failures: u32,
}

type Outcome = Result<Made, PlaybackError>;

/// A segment just made.
#[derive(Clone, Debug)]
struct Made {
    bytes: Bytes,
    etag: String,
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
            flight.outcome.send_replace(Some(Err(PlaybackError::ShuttingDown)));
        }
        // The sender is ours, so it is never closed.
        let _ = self.shared.running.subscribe().wait_for(|running| *running == 0).await;
    }

    async fn copied(&self, source: &Source, stream: StreamName, number: u32) -> Result<Segment, PlaybackError> {
        let (copier, owned) = (Arc::clone(&self.shared.copier), source.clone());
        let bytes = blocking(move || copier.segment(&owned, &stream, number))
            .await?
            .map_err(|error| copy_error(error, stream, source.path.clone()))?;
        count(&self.shared.tally.copied);
        // A copy is the same whenever it is made.
        let etag = format!("{}-{stream}-{number}", source.key);
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
                return Ok(Segment { body: SegmentBody::File { file, size }, etag, encode: None });
            }
            let Some(mut wait) = self.join(source, &lane, number, &key)? else { continue };
            count(&self.shared.tally.misses);
            let made = wait.outcome().await?;
            let encode = Some(asked.elapsed());
            return Ok(Segment { body: SegmentBody::Bytes(made.bytes), etag: made.etag, encode });
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
        let flight = state.flights.entry((lane.clone(), number)).or_insert_with(|| Flight {
            outcome: watch::Sender::new(None),
            source: source.clone(),
            failures: 0,
        });
        let outcome = flight.outcome.subscribe();
        self.obey(&mut state, verdict, source, lane, number);
        Ok(Some(Wait { playback: self.clone(), lane: lane.clone(), number, outcome }))
    }

    /// Starts and stops heads as decided, and lets the heads of the lane go as far as they may.
    fn obey(&self, state: &mut State, verdict: Verdict, source: &Source, lane: &Lane, number: u32) {
        if let Verdict::Start { head, stop } = verdict {
            stop.and_then(|stop| state.controls.remove(&stop));
            let limit = state.heads.limit(head).unwrap_or(number);
            let (control, limits) = watch::channel(limit);
            state.controls.insert(head, control);
            *state.starts.entry(lane.stream.to_string()).or_default() += 1;
            head::spawn(self.clone(), head::HeadTask::new(head, lane.clone(), source.clone(), number, limits));
        }
        state.let_go(lane);
    }

    fn heard(&self, lane: &Lane, number: u32) {
        let mut state = locked(&self.shared.state);
        state.heads.heard(self.now(), lane, number);
        state.let_go(lane);
    }

    fn now(&self) -> Duration {
        self.shared.began.elapsed()
    }
}

impl State {
    /// Tells the heads of a lane how far they may go.
    fn let_go(&self, lane: &Lane) {
        for head in self.heads.of(lane) {
            if let (Some(limit), Some(control)) = (self.heads.limit(head), self.controls.get(&head)) {
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
    outcome: watch::Receiver<Option<Outcome>>,
}

impl Wait {
    async fn outcome(&mut self) -> Outcome {
        match self.outcome.wait_for(Option::is_some).await {
            Ok(outcome) => outcome.clone().expect("it was waited for"),
            // A flight is only dropped with an outcome, except when the process ends.
            Err(_) => Err(PlaybackError::ShuttingDown),
        }
    }
}

impl Drop for Wait {
    fn drop(&mut self) {
        locked(&self.playback.shared.state).heads.leave(&self.lane, self.number);
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
