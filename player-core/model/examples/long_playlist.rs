//! How long a playlist of 20,000 segments takes to read and to check: `cargo run -p media-model --example long_playlist`.

#![expect(clippy::print_stdout, clippy::disallowed_methods, reason = "a stopwatch")]

use std::fmt::Write as _;
use std::sync::Arc;
use std::time::Instant;

use media_model::hls::{self, MediaPlaylist, Playlist, Reading, Skip};
use url::Url;

/// Runs of each; the fastest and the middle one are printed.
const RUNS: usize = 51;

fn main() {
    let base = Url::parse("http://origin.test/film/playlist.m3u8").expect("a constant");
    let heading = "#EXTM3U\n#EXT-X-VERSION:7\n#EXT-X-TARGETDURATION:4\n#EXT-X-MAP:URI=\"init.mp4\"\n";
    let (mut plain, mut rich) = (heading.to_owned(), heading.to_owned());
    for number in 0..20_000u64 {
        writeln!(plain, "#EXTINF:3.98,\nsegment-{number}.m4s").expect("a string takes all text");
        let date = format!("2026-11-26T{:02}:{:02}:{:02}.000Z", number / 3_600 % 24, number / 60 % 60, number % 60);
        writeln!(
            rich,
            "#EXT-X-PROGRAM-DATE-TIME:{date}\n#EXTINF:3.984,Title {number}\n#EXT-X-BYTERANGE:{}@{}\nhttps://cdn.test/film.mp4?t=1",
            100_000 + number,
            number * 200_000,
        )
        .expect("a string takes all text");
    }
    for (name, text) in [("plain", plain + "#EXT-X-ENDLIST\n"), ("rich", rich + "#EXT-X-ENDLIST\n")] {
        time(name, "read", || assert!(hls::parse(&text, &base).is_ok_and(|parsed| parsed.warnings.is_empty())));
        time(name, "check", || assert!(hls::check(&text, &base).faults.is_empty()));
        reload(name, &text.replace("#EXT-X-ENDLIST\n", ""), &base);
    }
}

/// The same as a live playlist that is read once more: as a whole, and as an update that leaves out all but six segments.
fn reload(name: &str, text: &str, base: &Url) {
    let Ok(Playlist::Media(before)) = hls::parse(text, base).map(|parsed| parsed.value) else { return };
    let reading = Reading { previous: Some(&before), ..Reading::new(base) };
    let last = before.segments.len().saturating_sub(6);
    let is_shared = |text: &str| match reading.parse_clear(text).map(|parsed| parsed.value) {
        Ok(Playlist::Media(now)) => {
            now.segments.iter().zip(&before.segments).all(|(one, other)| Arc::ptr_eq(one, other))
        }
        Ok(Playlist::Multivariant(_)) | Err(_) => false,
    };
    time(name, "reread", || assert!(is_shared(text)));
    let rest = before.segments[last..].to_vec();
    let skip = Some(Skip { segments: last as u64, removed_date_ranges: None });
    let update = hls::write_media(&MediaPlaylist { segments: rest, skip, ..before.clone() });
    time(name, "update", || assert!(is_shared(&update)));
}

fn time(name: &str, what: &str, work: impl Fn()) {
    let mut taken: Vec<_> = (0..RUNS)
        .map(|_| {
            let begin = Instant::now();
            work();
            begin.elapsed()
        })
        .collect();
    taken.sort();
    println!("{name:<6} {what:<6} fastest {:?}, median {:?}", taken[0], taken[RUNS / 2]);
}
