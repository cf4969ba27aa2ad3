use std::path::PathBuf;
use std::sync::Arc;

use media_container::cmaf::read;
use media_container::cmaf::write::{init_section, media_segment};
use media_container::track::{CodecConfig, TrackConfig, decode_times};
use media_model::Resolution;

use super::*;
use crate::probe::{Probed, native};
use crate::source::SourceKey;

/// Parameter sets of a 1280x720 stream as x264 wrote them.
const AVCC: &[u8] = &[
    0x01, 0x64, 0x00, 0x1f, 0xff, 0xe1, 0x00, 0x18, 0x67, 0x64, 0x00, 0x1f, 0xac, 0xd9, 0x40, 0x50, 0x05, 0xbb, 0x01,
    0x10, 0x00, 0x00, 0x03, 0xe9, 0x00, 0x00, 0xbb, 0x80, 0x0f, 0x18, 0x31, 0x96, 0x01, 0x00, 0x04, 0x68, 0xef, 0x8f,
    0xcb, 0xfd, 0xf8, 0xf8, 0x00,
];

fn video() -> TrackConfig {
    let resolution = Resolution { width: 1280, height: 720 };
    TrackConfig {
        timescale: 24_000,
        codec: CodecConfig::Avc { avcc: Bytes::from_static(AVCC), resolution },
        language: None,
        pixel_aspect: None,
    }
}

fn audio() -> TrackConfig {
    TrackConfig {
        timescale: 48_000,
        codec: CodecConfig::Aac { asc: Bytes::from_static(&[0x11, 0x90]), channels: 2, sample_rate: 48_000 },
        language: Some(*b"deu"),
        pixel_aspect: None,
    }
}

/// A picture whose bytes tell its number: an IDR slice, or another.
fn picture(number: i64, key: bool) -> Bytes {
    let mut unit = vec![0, 0, 0, 5, if key { 0x65 } else { 0x41 }];
    unit.extend_from_slice(&u32::try_from(number).unwrap().to_be_bytes());
    Bytes::from(unit)
}

/// A film of `seconds` of pictures at 24000/1001 in groups of `group`, as I P B B P B B ..., that begins at `start` ticks
/// of its container's time.
fn film(pictures: i64, group: i64, start: i64) -> Vec<u8> {
    let mut bytes = init_section(&video(), 2_002).to_vec();
    for (number, first) in (1..).zip((0..pictures).step_by(usize::try_from(group).unwrap())) {
        let mut order = vec![first];
        let rest: Vec<i64> = (first + 1..(first + group).min(pictures)).collect();
        for mini in rest.chunks(3) {
            order.extend(mini.last());
            order.extend(&mini[..mini.len() - 1]);
        }
        let pts: Vec<i64> = order.iter().map(|place| start + place * 1_001).collect();
        let sample = |((pts, dts), place): ((&i64, &i64), &i64)| Sample {
            pts: *pts,
            dts: *dts,
            duration: 1_001,
            sync: *place == first,
            data: picture(*place, *place == first),
        };
        let samples: Vec<Sample> = pts.iter().zip(&decode_times(&pts)).zip(&order).map(sample).collect();
        bytes.extend_from_slice(&media_segment(number, 2_002, &samples));
    }
    bytes
}

/// Sound of `packets` packets from sample `start` on, without those in `hole`.
fn song(packets: u32, start: i64, hole: std::ops::Range<u32>) -> Vec<u8> {
    let mut bytes = init_section(&audio(), 0).to_vec();
    for run in [0..hole.start, hole.end..packets] {
        let sample = |number: u32| {
            let at = start + i64::from(number) * 1_024;
            Sample { pts: at, dts: at, duration: 1_024, sync: true, data: Bytes::from(format!("packet {number}")) }
        };
        let samples: Vec<Sample> = run.map(sample).collect();
        bytes.extend_from_slice(&media_segment(1, 0, &samples));
    }
    bytes
}

struct Shelf {
    folder: tempfile::TempDir,
    copier: Copier,
}

impl Shelf {
    fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap(), copier: Copier::new(ByteCount::new(1 << 20)) }
    }

    fn put(&self, name: &str, bytes: &[u8]) -> Source {
        let path: PathBuf = self.folder.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        let Ok(Probed::Facts(facts)) = native(&path) else { panic!("{name} was not described") };
        Source { key: SourceKey::new("a1").unwrap(), path, facts: Arc::from(facts) }
    }

    /// All samples of a stream, its segments made from the last to the first.
    fn play(&self, source: &Source, stream: &str) -> Vec<Vec<Sample>> {
        let stream: StreamName = stream.parse().unwrap();
        let init = read::init_section(&self.copier.init_section(source, &stream).unwrap()).unwrap();
        let count = (0..).take_while(|&number| self.copier.segment(source, &stream, number).is_ok()).count();
        let segment = |number: usize| {
            let bytes = self.copier.segment(source, &stream, u32::try_from(number).unwrap()).unwrap();
            read::media_segment(&init, &bytes).unwrap()
        };
        let mut segments: Vec<Vec<Sample>> = (0..count).rev().map(segment).collect();
        segments.reverse();
        segments
    }
}

fn assert_joined(segments: &[Vec<Sample>]) {
    for pair in segments.windows(2) {
        let (last, next) = (pair[0].last().unwrap(), &pair[1][0]);
        assert_eq!(last.dts + i64::from(last.duration), next.dts);
        let shown_last = pair[0].iter().map(|sample| sample.pts).max().unwrap();
        assert!(shown_last < pair[1].iter().map(|sample| sample.pts).min().unwrap());
    }
}

#[test]
fn segments_made_backwards_join_into_the_film() {
    for start in [0, 170_170] {
        let shelf = Shelf::new();
        let source = shelf.put("film.mkv", &film(240, 30, start));
        let video = source.facts.video.as_ref().unwrap();
        assert!(video.closed_gops, "all keyframes are IDR");
        assert_eq!(video.frames_per_1000_s, 23_976);
        let segments = shelf.play(&source, "original");
        // Groups of 1.25 s, two to a segment: the shortest that are over two seconds.
        assert_eq!(segments.iter().map(Vec::len).collect::<Vec<_>>(), [60, 60, 60, 60]);
        assert_joined(&segments);
        let samples: Vec<&Sample> = segments.iter().flatten().collect();
        for sample in &samples {
            let number = sample.pts / 1_001;
            assert_eq!((sample.pts % 1_001, &sample.data), (0, &picture(number, number % 30 == 0)));
            assert!(sample.pts >= sample.dts, "shown after it is decoded");
        }
        assert!(samples.windows(2).all(|pair| pair[0].dts < pair[1].dts));
    }
}

#[test]
fn a_hole_in_the_sound_is_filled_with_silence() {
    let shelf = Shelf::new();
    let source = shelf.put("song.m4a", &song(300, 0, 100..120));
    assert_eq!(source.facts.audio[0].language.as_deref(), Some("deu"));
    let segments = shelf.play(&source, "audio-0");
    assert_eq!(segments.iter().map(Vec::len).collect::<Vec<_>>(), [94, 94, 112]);
    assert_joined(&segments);
    for (number, sample) in (0..).zip(segments.iter().flatten()) {
        assert_eq!(sample.pts, number * 1_024);
        let expected = match number {
            100..120 => silence::packet(2).unwrap(),
            _ => Bytes::from(format!("packet {number}")),
        };
        assert_eq!(sample.data, expected);
    }
}

#[test]
fn sound_keeps_its_phase() {
    let shelf = Shelf::new();
    // The first packet is where the timeline begins, wherever that is.
    let source = shelf.put("song.m4a", &song(100, 1_500, 100..100));
    assert_eq!(source.facts.audio[0].phase, 0);
    assert_eq!(source.facts.origin.to_ticks(48_000), 1_500);
    assert_eq!(shelf.play(&source, "audio-0")[0][0].pts, 0);
}

#[test]
fn what_is_not_there_is_refused() {
    let shelf = Shelf::new();
    let source = shelf.put("film.mp4", &film(48, 24, 0));
    let segment = |stream: &str, number| shelf.copier.segment(&source, &stream.parse().unwrap(), number);
    assert!(segment("original", 0).is_ok());
    assert_eq!(segment("original", 1), Err(CopyError::NoSuchSegment(1)));
    for stream in ["audio-0", "720p", "source", "audio-0-aac"] {
        assert_eq!(segment(stream, 0), Err(CopyError::NoSuchStream), "{stream}");
    }
}

#[test]
fn a_file_that_changed_or_vanished_is_an_error() {
    let shelf = Shelf::new();
    let source = shelf.put("film.mp4", &film(96, 24, 0));
    let stream = StreamName::Original;
    assert!(shelf.copier.segment(&source, &stream, 0).is_ok());
    std::fs::write(&source.path, film(48, 24, 0)).unwrap();
    assert!(matches!(shelf.copier.segment(&source, &stream, 0), Err(CopyError::Changed(_))));
    std::fs::remove_file(&source.path).unwrap();
    assert!(matches!(shelf.copier.segment(&source, &stream, 0), Err(CopyError::Unreadable(_))));
}

#[test]
fn indexes_beyond_the_bound_are_forgotten_and_read_again() {
    let shelf = Shelf { copier: Copier::new(ByteCount::new(1)), ..Shelf::new() };
    let mut first = shelf.put("first.mp4", &film(48, 24, 0));
    first.key = SourceKey::new("f1").unwrap();
    let second = shelf.put("second.mp4", &film(96, 24, 0));
    for _ in 0..2 {
        assert_eq!(shelf.play(&first, "original").iter().map(Vec::len).sum::<usize>(), 48);
        assert_eq!(shelf.play(&second, "original").iter().map(Vec::len).sum::<usize>(), 96);
    }
}

#[test]
fn no_stretch_of_segments_is_faster_than_the_facts_say() {
    let shelf = Shelf::new();
    let film = shelf.put("film.mp4", &film(240, 30, 0));
    let mut song = shelf.put("song.m4a", &song(300, 0, 50..50));
    song.key = SourceKey::new("b2").unwrap();
    let video = film.facts.video.as_ref().unwrap().peak_bps;
    for (source, stream, declared, grid) in [
        (&film, "original", video, grid::original(&film.facts).unwrap()),
        (&song, "audio-0", song.facts.audio[0].peak_bps, Grid::fixed(song.facts.duration)),
    ] {
        let stream: StreamName = stream.parse().unwrap();
        let bits = |number: usize| {
            shelf.copier.segment(source, &stream, u32::try_from(number).unwrap()).unwrap().len() as u64 * 8
        };
        let actual = grid.peak(grid::target_duration(&source.facts), bits);
        assert!(actual <= declared, "{stream}: {actual} of {declared}");
        assert!(declared - actual < 10_000, "{stream}: {declared} is no useful bound of {actual}");
    }
}
