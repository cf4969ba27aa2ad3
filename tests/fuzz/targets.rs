//! What is fuzzed: everything that reads bytes from files and networks, those of the testers' tools too. Each function takes any bytes and must come back
//! without a panic, in time and memory bounded by the size of the input.
//!
//! Run with `cargo +nightly fuzz run NAME` in `tests/fuzz`; what it finds goes into `corpus/NAME`, which
//! `tests/tests/fuzz_corpus.rs` plays again with every `./x test`.

use std::path::Path;
use std::time::Duration;

use bytes::Bytes;
use media_container::mkv::{Matroska, Wanted};
use media_container::mp4::Movie;
use media_container::webvtt::WebVtt;
use media_container::{cmaf, nal};
use media_model::MediaTime;
use media_model::hls::{self, Playlist, Reading};
use mock_origin::Scenario;
use network_traces::{Alteration, Format, Trace};
use player_core::PlayerConfig;
use player_recording::{Driven, Recorder, Recording};
use url::Url;

#[path = "player_steps.rs"]
mod steps;

/// What a recording begins with.
const MAGIC_BYTES: usize = 8;
/// Mahimahi's traces have a period for every half second, of a week at most.
const MOST_PERIODS: usize = 2 * 7 * 24 * 3_600;

pub(crate) use steps::player_steps;

/// A playlist, read and checked. What is read can be written, and what is written is read back as it was.
pub(crate) fn playlist(data: &[u8]) {
    let base = Url::parse("http://origin.test/film/main.m3u8?a=b").expect("a constant");
    let Ok(text) = std::str::from_utf8(data) else { return };
    let _ = hls::check(text, &base);
    let _ = hls::parse(text, &base);
    let Ok(parsed) = Reading::new(&base).parse(text) else { return };
    match &parsed.value {
        Playlist::Multivariant(playlist) => {
            let variables = playlist.variables();
            let reading = Reading { variables: Some(&variables), ..Reading::new(&base) };
            let again = reading.parse(&hls::write_multivariant(playlist));
            // A reference before its definition is text when it is read, and a reference when it is written after it.
            let is_plain = playlist.definitions.is_empty();
            assert!(!is_plain || matches!(again.map(|again| again.value), Ok(Playlist::Multivariant(_))));
        }
        Playlist::Media(playlist) => {
            for segment in &playlist.segments {
                let _ = (segment.expected_size(), segment.program_date_time.as_deref().and_then(hls::wall_clock));
            }
            for range in &playlist.date_ranges {
                let _ = range.interstitial();
            }
            let again = Reading::new(&base).parse(&hls::write_media(playlist));
            let Ok(Playlist::Media(again)) = again.map(|again| again.value) else {
                panic!("what was written cannot be read");
            };
            let is_plain = playlist.definitions.is_empty();
            assert!(!is_plain || again.segments.len() == playlist.segments.len(), "segments are lost on the way");
            // The same text as an update of itself.
            let reading = Reading { previous: Some(playlist), ..Reading::new(&base) };
            if let Ok(Playlist::Media(updated)) = reading.parse(text).map(|parsed| parsed.value) {
                assert!(updated.segments.len() <= playlist.segments.len() * 2, "an update makes segments");
            }
        }
    }
}

/// A text segment, whose cues are put on a timeline.
pub(crate) fn webvtt(data: &[u8]) {
    let Ok(file) = WebVtt::parse(&String::from_utf8_lossy(data)) else { return };
    let read: usize = file.cues.iter().map(|cue| cue.id.len() + cue.text.len()).sum();
    // What is no UTF-8 becomes a character of three bytes.
    assert!(read <= data.len() * 3, "cues hold more than the file");
    for offset_us in [0, i64::MIN, i64::MAX] {
        let cues = file.clone().place(offset_us, MediaTime::ZERO);
        assert_eq!(cues.len(), file.cues.len());
    }
}

/// An init section and a media segment; the first two bytes say where one ends and the other begins.
pub(crate) fn cmaf(data: &[u8]) {
    let Some((length, rest)) = data.split_first_chunk() else { return };
    let (init, segment) = rest.split_at(usize::from(u16::from_be_bytes(*length)).min(rest.len()));
    let _ = cmaf::read::media_start(init, segment);
    let _ = cmaf::read::codec_strings(init);
    let Ok(init) = cmaf::read::init_section(init) else { return };
    let _ = nal::picture_format(&init.track.codec);
    let segment = Bytes::copy_from_slice(segment);
    for sample in cmaf::read::media_segment(&init, &segment).iter().flatten() {
        let _ = nal::entry_point(&init.track.codec, &sample.data);
    }
    // In parts it is the same.
    let begun = |end, known| cmaf::read::begun_segment(&init, &segment[..end], known);
    if let Ok(all) = begun(segment.len(), 0) {
        let half = begun(segment.len() / 2, 0).unwrap_or_default();
        let rest = begun(segment.len(), half.len()).unwrap_or_default();
        assert!([half, rest].concat() == all, "other samples in parts");
    }
}

/// A movie file.
pub(crate) fn mp4(data: &[u8]) {
    let Ok(movie) = Movie::read(data) else { return };
    for track in &movie.tracks {
        let _ = (track.config(), track.samples.first_pts(), track.samples.end_pts(), track.samples.samples().len());
        if let Some(codec) = &track.codec {
            let _ = nal::picture_format(codec);
        }
    }
}

/// A Matroska or WebM file: headers, index, blocks.
pub(crate) fn mkv(data: &[u8]) {
    let Ok(file) = Matroska::read(data) else { return };
    for track in &file.tracks {
        let _ = file.entry_points(data, track.number);
    }
    let Some(first) = file.first_cluster else { return };
    let mut blocks = file.blocks(data, first, 4_096);
    // Every block takes up at least two bytes of the file.
    for _ in 0..=data.len() {
        if !matches!(blocks.next(|_| Wanted::All), Ok(Some(_))) {
            return;
        }
    }
    panic!("more blocks than bytes");
}

/// A recording of a play: as a file, and as what is packed in one. One that can be read is played up to where the core answers
/// in another way.
pub(crate) fn recording(data: &[u8]) {
    let played = |file: &[u8]| {
        if let Ok(recording) = Recording::read(file) {
            let _ = recording.replay(|_, _, _| {});
        }
    };
    played(data);
    played(&recording_of(data));
}

/// A recording that holds these bytes, which libFuzzer does not have to pack: a stored block of deflate (RFC 1951, 3.2.4).
fn recording_of(plain: &[u8]) -> Vec<u8> {
    let length = u16::try_from(plain.len()).unwrap_or(u16::MAX);
    let empty = Recorder::new(Driven::Player, &PlayerConfig::default()).finish().expect("an empty recording");
    let mut file = empty[..MAGIC_BYTES].to_vec();
    file.push(1);
    file.extend(length.to_le_bytes());
    file.extend((!length).to_le_bytes());
    file.extend(&plain[..usize::from(length)]);
    file
}

/// A trace, in whatever format; what is read can be altered, and lasts longer than no time.
pub(crate) fn trace(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let _ = Format::of(text);
    for format in [Format::Sabre, Format::Mahimahi, Format::Pensieve, Format::Csv] {
        let Ok(trace) = Trace::read(format, text, Duration::from_millis(20)) else { continue };
        assert!(!trace.duration().is_zero() && trace.periods().len() <= data.len().max(MOST_PERIODS));
        let _ = trace.mean_rate();
        let share = data.len() as u64;
        for alteration in [
            Alteration::Reverse,
            Alteration::Rotate(trace.duration() / 3),
            Alteration::Scale(share),
            Alteration::Jitter { most: share, seed: share },
            Alteration::MoveStep(trace.duration() / 2),
            Alteration::Bursts { every: trace.duration() / 7, length: trace.duration() / 20, share },
        ] {
            let _ = trace.altered(alteration).map(|trace| trace.mean_rate());
        }
    }
}

/// A scenario of the mock origin. Mistakes in it are named, some hundreds at most.
pub(crate) fn scenario(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    if let Err(mistakes) = Scenario::read(text, Path::new("no-such-folder")) {
        assert!(!mistakes.0.is_empty() && mistakes.0.len() <= 500);
    }
}
