//! What is fuzzed: everything that reads bytes from files and networks. Each function takes any bytes and must come back
//! without a panic, in time and memory bounded by the size of the input.
//!
//! Run with `cargo +nightly fuzz run NAME` in `tests/fuzz`; what it finds goes into `corpus/NAME`, which
//! `tests/tests/fuzz_corpus.rs` plays again with every `./x test`.

use bytes::Bytes;
use media_container::mkv::{Matroska, Wanted};
use media_container::mp4::Movie;
use media_container::{cmaf, nal};
use media_model::hls::{self, Playlist};
use url::Url;

/// A playlist; what is read can be written and read again.
pub(crate) fn playlist(data: &[u8]) {
    let base = Url::parse("http://origin.test/film/main.m3u8").expect("a constant");
    let Ok(text) = std::str::from_utf8(data) else { return };
    let Ok(parsed) = hls::parse(text, &base) else { return };
    let written = match &parsed.value {
        Playlist::Multivariant(playlist) => hls::write_multivariant(playlist),
        Playlist::Media(playlist) => hls::write_media(playlist),
    };
    // Not everything that is tolerated is written; it must only not break.
    let _ = hls::parse(&written, &base);
}

/// An init section and a media segment; the first two bytes say where one ends and the other begins.
pub(crate) fn cmaf(data: &[u8]) {
    let Some((length, rest)) = data.split_first_chunk() else { return };
    let (init, segment) = rest.split_at(usize::from(u16::from_be_bytes(*length)).min(rest.len()));
    let Ok(init) = cmaf::read::init_section(init) else { return };
    let _ = nal::picture_format(&init.track.codec);
    let segment = Bytes::copy_from_slice(segment);
    let _ = cmaf::read::earliest_presentation(&init, &segment);
    for sample in cmaf::read::media_segment(&init, &segment).iter().flatten() {
        let _ = nal::entry_point(&init.track.codec, &sample.data);
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
