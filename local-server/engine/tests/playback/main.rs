//! The engine with real worker processes: what is encoded, how often, and what happens when things go wrong.

#![expect(clippy::unwrap_used, reason = "a test ends where it fails")]

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures_util::future::join_all;
use media_container::cmaf::read;
use media_engine::{
    Capabilities, Engine, EngineConfig, PlaybackError, Segment, SegmentBody, Source, SourceKey, StreamName,
    WorkerCommand,
};
use media_model::ByteCount;

const WORKER: &str = env!("CARGO_BIN_EXE_media-worker");

/// A minute of 128x72 at 25 frames a second and one channel at 48 kHz; see `tests/fixtures`.
const MINUTE: &str = "minute.mp4";

/// A folder with a film, and an engine on it.
struct Stage {
    folder: tempfile::TempDir,
    engine: Engine,
    source: Source,
}

impl Stage {
    async fn new() -> Self {
        Self::with(WorkerCommand { program: WORKER.into(), arguments: Vec::new() }, 2).await
    }

    async fn with(worker: WorkerCommand, heads: usize) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(MINUTE);
        std::fs::copy(fixture(MINUTE), &path).unwrap();
        let good = WorkerCommand { program: WORKER.into(), arguments: Vec::new() };
        let facts = engine(folder.path().join("probe"), good, heads).await.probe(&path).await.unwrap();
        let source = Source { key: SourceKey::new("0a").unwrap(), path, facts: Arc::new(facts) };
        let engine = engine(folder.path().join("cache"), worker, heads).await;
        Self { folder, engine, source }
    }

    async fn segment(&self, stream: &str, number: u32) -> Result<Segment, PlaybackError> {
        self.engine.segment(&self.source, &name(stream), number).await
    }

    fn starts(&self, stream: &str) -> u64 {
        self.engine.counters().encoder_starts.get(stream).copied().unwrap_or(0)
    }

    /// Another source with the same content.
    fn twin(&self, key: &str) -> Source {
        Source { key: SourceKey::new(key).unwrap(), ..self.source.clone() }
    }
}

async fn engine(cache_dir: PathBuf, worker: WorkerCommand, heads: usize) -> Engine {
    Engine::start(EngineConfig { cache_dir, quota: ByteCount::new(50_000_000), heads, worker }).await.unwrap()
}

fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures").join(name)
}

fn name(stream: &str) -> StreamName {
    stream.parse().unwrap()
}

async fn bytes(segment: Segment) -> Bytes {
    match segment.body {
        SegmentBody::Bytes(bytes) => bytes,
        SegmentBody::Growing(mut growing) => {
            let mut bytes = Vec::new();
            while let Some(piece) = growing.next().await {
                bytes.extend_from_slice(&piece.unwrap());
            }
            bytes.into()
        }
        SegmentBody::File { file, .. } => {
            let mut bytes = Vec::new();
            std::io::Read::read_to_end(&mut &file, &mut bytes).unwrap();
            bytes.into()
        }
    }
}

/// Waits for something that other tasks bring about.
async fn until(what: &str, mut condition: impl FnMut() -> bool) {
    for _ in 0..3_000 {
        if condition() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("waited in vain until {what}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_no_reader_of_ours_knows_is_described_by_the_worker() {
    let stage = Stage::new().await;
    let facts = stage.engine.probe(&fixture("five_seconds.ts")).await.unwrap();
    assert!((4_990_000..5_050_000).contains(&facts.duration.as_micros()), "{:?}", facts.duration);
    let video = facts.video.as_ref().unwrap();
    assert_eq!((video.shown.width, video.shown.height, video.frames_per_1000_s), (96, 72, 25_000));
    assert_eq!((facts.audio.len(), facts.audio[0].channels, facts.audio[0].sample_rate), (1, 2, 48_000));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_that_starts_late_in_its_file_starts_at_zero() {
    let stage = Stage::new().await;
    let path = fixture("five_seconds.ts");
    let facts = Arc::new(stage.engine.probe(&path).await.unwrap());
    let source = Source { key: SourceKey::new("0c").unwrap(), path, facts };
    let video = stage.engine.offer(&source, &Capabilities::unspecified()).variants[0].stream;
    for stream in [video, name("audio-0-aac")] {
        let init = stage.engine.init_section(&source, &stream).await.unwrap();
        let init = read::init_section(&init).unwrap();
        let first = bytes(stage.engine.segment(&source, &stream, 0).await.unwrap()).await;
        let samples = read::media_segment(&init, &first).unwrap();
        assert_eq!(samples.iter().map(|sample| sample.pts).min(), Some(0), "{stream}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn ten_requests_for_one_segment_are_one_encoder() {
    let stage = Stage::new().await;
    let segments = join_all((0..10).map(async |_| bytes(stage.segment("source", 7).await.unwrap()).await)).await;
    assert!(segments.iter().all(|segment| *segment == segments[0]));
    assert_eq!(stage.starts("source"), 1);
    let again = stage.segment("source", 7).await.unwrap();
    assert_eq!((again.encode, again.etag.is_some()), (None, true), "it is kept");
    assert_eq!(bytes(again).await, segments[0], "what was sent while it was made is what is kept");
    assert_eq!(stage.starts("source"), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_segment_in_the_middle_makes_its_neighbours_and_nothing_else() {
    let stage = Stage::new().await;
    stage.segment("source", 20).await.unwrap();
    until("the head has run ahead", || stage.engine.counters().segments_encoded == 4).await;
    let counters = stage.engine.counters();
    assert_eq!(counters.encoder_starts.into_iter().collect::<Vec<_>>(), [("source".to_owned(), 1)]);
    for ahead in 21..=23 {
        assert_eq!(stage.segment("source", ahead).await.unwrap().encode, None, "segment {ahead} is there");
    }
    assert_eq!(stage.starts("source"), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn segments_made_out_of_order_join() {
    let stage = Stage::new().await;
    for stream in ["source", "audio-0-aac"] {
        let init = stage.engine.init_section(&stage.source, &name(stream)).await.unwrap();
        let init = read::init_section(&init).unwrap();
        let mut made = std::collections::BTreeMap::new();
        for number in [12, 0, 4, 3, 11, 29, 5] {
            let bytes = bytes(stage.segment(stream, number).await.unwrap()).await;
            made.insert(number, read::media_segment(&init, &bytes).unwrap());
        }
        assert!(stage.starts(stream) > 2, "several heads took part");
        let ends = |number: u32| made[&number].last().map(|last| last.dts + i64::from(last.duration)).unwrap();
        for (number, next) in [(3, 4), (4, 5), (11, 12)] {
            assert_eq!(ends(number), made[&next][0].dts, "{stream}: {number} joins {next}");
        }
        for (number, samples) in &made {
            assert!(samples[0].sync, "{stream} {number}");
            assert!(samples.windows(2).all(|pair| pair[0].dts < pair[1].dts), "{stream} {number}");
            let starts = i64::from(*number) * 2 * i64::from(init.track.timescale);
            let first = samples.iter().map(|sample| sample.pts).min().unwrap();
            assert!((starts..starts + 1_024).contains(&first), "{stream} {number} starts at {first}");
            assert!(stream != "source" || samples.len() == 50, "{stream} {number} has {} frames", samples.len());
            assert!(stream == "source" || samples.iter().all(|sample| sample.duration == 1_024));
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_segment_is_sent_while_it_is_made() {
    let stage = Stage::new().await;
    let segment = stage.segment("source", 4).await.unwrap();
    let SegmentBody::Growing(mut growing) = segment.body else { panic!("it is whole already: {:?}", segment.body) };
    let init = stage.engine.init_section(&stage.source, &name("source")).await.unwrap();
    let init = read::init_section(&init).unwrap();
    let first = growing.next().await.unwrap().unwrap();
    let begins = read::media_segment(&init, &first).unwrap();
    assert!(begins[0].sync && (5..25).contains(&begins.len()), "{} frames of 50", begins.len());
    let mut whole = first.to_vec();
    while let Some(piece) = growing.next().await {
        whole.extend_from_slice(&piece.unwrap());
    }
    assert_eq!(read::media_segment(&init, &whole.into()).unwrap().len(), 50);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_segment_that_was_left_in_the_middle_can_be_had_again() {
    let stage = Stage::with(WorkerCommand { program: WORKER.into(), arguments: Vec::new() }, 1).await;
    for number in [4, 8, 12, 16] {
        // Whoever seeks leaves what is being sent, and the only place goes to the new request.
        let left = stage.segment("source", number).await.unwrap();
        if let SegmentBody::Growing(mut growing) = left.body {
            growing.next().await.unwrap().unwrap();
        }
    }
    for number in [4, 8, 12, 16] {
        let again = async { bytes(stage.segment("source", number).await.unwrap()).await };
        let again = tokio::time::timeout(Duration::from_secs(30), again).await.unwrap();
        let init = stage.engine.init_section(&stage.source, &name("source")).await.unwrap();
        let samples = read::media_segment(&read::init_section(&init).unwrap(), &again).unwrap();
        assert_eq!(samples.len(), 50, "segment {number}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_copied_segment_is_kept_when_it_is_asked_for_again() {
    let stage = Stage::new().await;
    let first = bytes(stage.segment("original", 1).await.unwrap()).await;
    assert_eq!(stage.engine.counters().cache_bytes, 0, "a film that is watched once is not written again");
    let second = bytes(stage.segment("original", 1).await.unwrap()).await;
    until("it is kept", || stage.engine.counters().cache_bytes > 0).await;
    let third = stage.segment("original", 1).await.unwrap();
    assert!(matches!(third.body, SegmentBody::File { .. }), "{:?}", third.body);
    assert_eq!(third.etag, stage.segment("original", 1).await.unwrap().etag);
    let third = bytes(third).await;
    assert!(first == second && second == third);
    assert_eq!(stage.engine.counters().segments_copied, 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_made_that_is_not_there() {
    let stage = Stage::new().await;
    let beyond = stage.segment("source", 31).await.unwrap_err();
    assert_eq!(beyond, PlaybackError::NoSuchSegment { stream: name("source"), number: 31 });
    assert_eq!(stage.segment("1080p", 0).await.unwrap_err(), PlaybackError::NoSuchStream(name("1080p")));
    assert_eq!(stage.segment("audio-1-aac", 0).await.unwrap_err(), PlaybackError::NoSuchStream(name("audio-1-aac")));
    assert!(stage.engine.counters().encoder_starts.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_goes_away_takes_nothing_with_it() {
    let stage = Stage::new().await;
    let stream = name("source");
    let gone = stage.engine.segment(&stage.source, &stream, 3);
    let stays = stage.segment("source", 3);
    tokio::pin!(gone, stays);
    // Both wait, then one is dropped.
    assert!(futures_util::poll!(&mut gone).is_pending());
    assert!(futures_util::poll!(&mut stays).is_pending());
    let engine = stage.engine.clone();
    drop(tokio::time::timeout(Duration::ZERO, gone).await);
    stays.await.unwrap();
    assert_eq!(engine.counters().encoder_starts["source"], 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_too_many_is_told_to_come_again() {
    let stage = Stage::with(WorkerCommand { program: WORKER.into(), arguments: Vec::new() }, 1).await;
    let (stream, other) = (name("source"), stage.twin("0b"));
    let first = stage.segment("source", 0);
    let second = async {
        until("the first is being made", || stage.engine.counters().running_heads == 1).await;
        stage.engine.segment(&other, &stream, 0).await
    };
    let (first, second) = tokio::join!(biased; second, first);
    assert!(matches!(first, Err(PlaybackError::Busy { .. })), "{first:?}");
    second.unwrap();
    // Nobody waits for the head any more, so the newest request gets its place.
    stage.engine.segment(&other, &stream, 0).await.unwrap();
}

/// A worker that dies at each of its starts from `from` to before `to`, counted from 1 (the first only warms up).
fn dying(folder: &Path, from: u32, to: u32) -> WorkerCommand {
    let count = folder.join("starts");
    let script = format!(
        "echo >> {count}; n=$(wc -l < {count}); if [ $n -ge {from} ] && [ $n -lt {to} ]; then exit 9; fi; exec {WORKER}",
        count = count.display()
    );
    WorkerCommand { program: "/bin/sh".into(), arguments: ["-c".into(), OsString::from(script)].into() }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_that_dies_once_is_replaced() {
    let folder = tempfile::tempdir().unwrap();
    let stage = Stage::with(dying(folder.path(), 2, 3), 2).await;
    until("the warm-up is over", || folder.path().join("starts").exists()).await;
    stage.segment("source", 0).await.unwrap();
    let counters = stage.engine.counters();
    assert_eq!((counters.worker_failures, counters.encoder_starts["source"]), (1, 2));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_that_dies_again_and_again_is_an_error() {
    let folder = tempfile::tempdir().unwrap();
    let stage = Stage::with(dying(folder.path(), 1, 1_000), 2).await;
    let error = stage.segment("source", 0).await.unwrap_err();
    assert!(matches!(&error, PlaybackError::WorkerFailed { reason, .. } if reason.contains('9')), "{error}");
    let counters = stage.engine.counters();
    assert_eq!((counters.worker_failures, counters.encoder_starts["source"]), (2, 2));
    until("no head is left", || stage.engine.counters().running_heads == 0).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_cannot_be_decoded_says_why() {
    let stage = Stage::new().await;
    std::fs::write(&stage.source.path, vec![7; 100_000]).unwrap();
    let error = stage.segment("source", 0).await.unwrap_err();
    assert!(matches!(error, PlaybackError::Undecodable { .. }), "{error}");
    assert_eq!(stage.starts("source"), 1, "nothing helps, so it is not tried again");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_vanished_is_an_error_and_no_hang() {
    let stage = Stage::new().await;
    std::fs::remove_file(&stage.source.path).unwrap();
    let error = stage.segment("source", 0).await.unwrap_err();
    assert!(matches!(&error, PlaybackError::SourceUnreadable { path, .. } if *path == stage.source.path), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_poster_is_a_picture_of_the_film() {
    let stage = Stage::new().await;
    let poster = stage.engine.poster(&stage.source).await.unwrap();
    assert_eq!((poster.size.width, poster.size.height), (128, 72));
    assert_eq!(&poster.jpeg[..3], [0xff, 0xd8, 0xff]);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_film_is_not_described() {
    let stage = Stage::new().await;
    let path = stage.folder.path().join("noise.avi");
    std::fs::write(&path, b"RIFF\x10\0\0\0AVI noise noise noise").unwrap();
    stage.engine.probe(&path).await.unwrap_err();
}

#[tokio::test(flavor = "multi_thread")]
async fn shutdown_ends_everything() {
    let stage = Stage::new().await;
    let waits = stage.segment("source", 3);
    let stops = async {
        until("a head runs", || stage.engine.counters().running_heads == 1).await;
        stage.engine.shutdown().await;
    };
    let (waited, ()) = tokio::join!(waits, stops);
    assert_eq!(waited.unwrap_err(), PlaybackError::ShuttingDown);
    assert_eq!(stage.engine.counters().running_heads, 0);
    assert_eq!(stage.segment("source", 3).await.unwrap_err(), PlaybackError::ShuttingDown);
}
