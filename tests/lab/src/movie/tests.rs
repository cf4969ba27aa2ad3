use std::path::Path;

use clap::Parser as _;

use super::*;

#[derive(clap::Parser)]
struct Alone {
    #[command(flatten)]
    movie: MakeMovie,
}

fn make(target: &Path, more: &[&str]) -> Result<Made> {
    let arguments = ["movie", target.to_str().unwrap()];
    Alone::parse_from(arguments.into_iter().chain(more.iter().copied())).movie.make()
}

/// A folder with these files.
fn folder(files: &[(&str, &str)]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    files.iter().for_each(|(name, text)| std::fs::write(folder.path().join(name), text).unwrap());
    folder
}

fn read(text: &str) -> Movie {
    Movie::read(text).unwrap()
}

#[test]
fn what_simulate_writes_as_playlists_is_the_same_movie() {
    let fixture = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fixtures/traces/movie-bbb.json");
    let movie = read(&std::fs::read_to_string(fixture).unwrap());
    let folder = folder(&[("main.m3u8", &movie.multivariant(movie.len()))]);
    for rung in 0..movie.bitrates().len() {
        std::fs::write(folder.path().join(format!("{rung}.m3u8")), movie.media(rung, movie.len(), true)).unwrap();
    }
    let main = folder.path().join("main.m3u8");
    let made = make(&main, &[]).unwrap();
    assert!(made.movie == movie && made.notes.is_empty() && made.read == 0, "{}", made.movie.to_json());
    let recut = make(&main, &["--segment-s", "4.5"]).unwrap().movie;
    let expected = movie.cut_anew(MediaDuration::from_millis(4_500)).unwrap();
    assert_eq!((recut.len(), recut.segment()), (expected.len(), expected.segment()));
    // The same but for parts of bits.
    let (recut, expected) = (recut.to_json(), expected.to_json());
    let numbers = |text: &str| -> Vec<f64> {
        text.split(|one: char| !one.is_ascii_digit() && one != '.').filter_map(|word| word.parse().ok()).collect()
    };
    let pairs = numbers(&recut).into_iter().zip(numbers(&expected));
    assert!(pairs.clone().count() > 1_000 && pairs.into_iter().all(|(one, other)| (one - other).abs() <= 1.0));
}

const MAIN: &str = "#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=9000,AVERAGE-BANDWIDTH=8600\nlarge.m3u8\n\
    #EXT-X-STREAM-INF:BANDWIDTH=5000\nsmall.m3u8\n";

#[test]
fn files_are_measured_ranges_believed_and_unequal_grids_made_one() {
    let large =
        "#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXTINF:2,\na.ts\n#EXTINF:2,\nb.ts\n#EXTINF:2,\na.ts\n#EXT-X-ENDLIST\n";
    let small = "#EXTM3U\n#EXT-X-VERSION:4\n#EXT-X-TARGETDURATION:3\n#EXTINF:3,\n#EXT-X-BYTERANGE:600@0\nall.ts\n\
        #EXTINF:3,\n#EXT-X-BYTERANGE:300\nall.ts\n#EXTINF:1,\n#EXT-X-BYTERANGE:99\nall.ts\n#EXT-X-ENDLIST\n";
    let (a, b) = ("a".repeat(2_000), "b".repeat(2_500));
    let files = [("main.m3u8", MAIN), ("large.m3u8", large), ("small.m3u8", small), ("a.ts", &a), ("b.ts", &b)];
    let folder = folder(&files);
    let Made { movie, names, notes, read: bytes } = make(&folder.path().join("main.m3u8"), &[]).unwrap();
    assert_eq!(names, ["small.m3u8", "large.m3u8"], "lowest first");
    // The mean of 999 bytes in 7 s is 1.14 kbit/s.
    let expected = r#"{"segment_duration_ms":2000,"bitrates_kbps":[1,9],
        "segment_sizes_bits":[[3200,16000],[2400,20000],[1600,16000]]}"#;
    assert_eq!((movie, notes.len(), bytes), (read(expected), 0, 0));
    let one = make(&folder.path().join("small.m3u8"), &["--segment-s", "7"]).unwrap().movie;
    assert_eq!(one, read(r#"{"segment_duration_ms":7000,"bitrates_kbps":[1],"segment_sizes_bits":[[7992]]}"#));
    assert_eq!(make(&folder.path().join("small.m3u8"), &[]).unwrap().names, ["small.m3u8"]);
}

#[test]
fn variants_that_end_early_end_the_movie() {
    let list = |count: usize| format!("#EXTM3U\n#EXT-X-TARGETDURATION:2\n{}", "#EXTINF:2,\na.ts\n".repeat(count));
    let (large, small) = (list(3) + "#EXT-X-ENDLIST\n", list(2) + "#EXT-X-ENDLIST\n");
    let folder =
        folder(&[("main.m3u8", MAIN), ("large.m3u8", &large), ("small.m3u8", &small), ("a.ts", &"a".repeat(400))]);
    let made = make(&folder.path().join("main.m3u8"), &[]).unwrap();
    assert_eq!(made.movie.len(), 2);
    assert!(made.notes[0].ends_with("the movie ends with the shortest, 1 segment earlier"), "{:?}", made.notes);
}

#[test]
fn live_playlists_begin_with_the_same_segment() {
    let list = |first: u64| {
        let segments: String = (first..first + 3).map(|number| format!("#EXTINF:2,\n{number}.ts\n")).collect();
        format!("#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXT-X-MEDIA-SEQUENCE:{first}\n{segments}")
    };
    let folder = folder(&[("main.m3u8", MAIN), ("large.m3u8", &list(7)), ("small.m3u8", &list(8))]);
    let write = |number: u64| std::fs::write(folder.path().join(format!("{number}.ts")), "x".repeat(100)).unwrap();
    // The one that has left is not asked for.
    (8..11).for_each(write);
    let made = make(&folder.path().join("main.m3u8"), &[]).unwrap();
    assert_eq!((made.movie.len(), made.movie.bitrates()), (2, &[1.0, 9.0][..]));
    assert!(made.notes[0].starts_with("the stream is live"), "{:?}", made.notes);
}

#[test]
fn what_makes_no_movie_is_named() {
    let small = "#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXTINF:2,\nempty.ts\n#EXT-X-ENDLIST\n";
    let gap = "#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXT-X-MEDIA-SEQUENCE:5\n#EXTINF:2,\na.ts\n\
        #EXT-X-GAP\n#EXTINF:2,\nb.ts\n";
    let long = "#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXT-X-BYTERANGE:9@0\n#EXTINF:86400,\na.ts\n\
        #EXT-X-BYTERANGE:9\n#EXTINF:86400,\na.ts\n#EXT-X-ENDLIST\n";
    let ticks = "#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXT-X-BYTERANGE:9@0\n#EXTINF:0.01,\na.ts\n#EXT-X-ENDLIST\n";
    let files = [
        ("main.m3u8", MAIN),
        ("small.m3u8", small),
        ("empty.ts", ""),
        ("gap.m3u8", gap),
        ("long.m3u8", long),
        ("ticks.m3u8", ticks),
        ("gone.m3u8", "#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXTINF:2,\ngone.ts\n#EXT-X-ENDLIST\n"),
        ("nested.m3u8", "#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\nmain.m3u8\n"),
        ("keys.m3u8", "#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXT-X-I-FRAMES-ONLY\n#EXTINF:2,\na.ts\n"),
        ("page.m3u8", "<html></html>"),
    ];
    let folder = folder(&files);
    let refused = |name: &str, more: &[&str], sentence: &str| {
        let Err(error) = make(&folder.path().join(name), more) else { panic!("{name} is no movie") };
        assert!(format!("{error:#}").contains(sentence), "{name}: {error:#}");
    };
    refused(
        "main.m3u8",
        &[],
        "large.m3u8 cannot be read; mend it, or make the movie from a playlist without it: it cannot",
    );
    refused("small.m3u8", &[], "empty.ts) is empty: a movie needs every segment");
    refused("gap.m3u8", &[], "segment 6 of ");
    refused("gap.m3u8", &[], "is missing by design (EXT-X-GAP): a movie needs a stream without gaps");
    refused("gone.m3u8", &[], "gone.ts) cannot be measured: it cannot be read: No such file");
    refused("nested.m3u8", &[], "it is a multivariant playlist in the place of a media playlist");
    refused("keys.m3u8", &[], "lists keyframes alone (EXT-X-I-FRAMES-ONLY)");
    refused("page.m3u8", &[], "it is a web page (HTML), not a playlist");
    refused("long.m3u8", &["--segment-s", "0.1"], "would be 1728000 segments of 0.1 s");
    refused("long.m3u8", &[], "say with --segment-s how long those of the movie are");
    refused("ticks.m3u8", &[], "last 0.01 s: say with --segment-s");
    refused("ticks.m3u8", &["--segment-s", "4"], "no movie of segments of 4 s can be made of it");
    refused("main.m3u8", &["--json", "no/such/movie.json"], "there is no folder no/such");
}

/// A rung of 1, 2 and 3 kB and one that is twice as large, in segments of 2 s.
fn two_rungs() -> (Movie, [String; 2]) {
    let sizes = "[[8000,16000],[16000,32000],[24000,48000]]";
    let text = format!(r#"{{"segment_duration_ms":2000,"bitrates_kbps":[7,15],"segment_sizes_bits":{sizes}}}"#);
    (read(&text), ["small,\"1\".m3u8".to_owned(), "large.m3u8".to_owned()])
}

#[test]
fn a_movie_is_written_with_its_rungs_and_read_without_them() {
    let (movie, names) = two_rungs();
    let report = Report { target: "main.m3u8", movie: &movie, names: &names };
    let text = report.to_json();
    assert_eq!(read(&text), movie);
    let document: serde_json::Value = serde_json::from_str(&text).unwrap();
    let large = serde_json::json!(
        { "rung": "large.m3u8", "kbps": 15.0, "mean_kbps": 16.0, "peak_kbps": 24.0, "mb": 0.012 }
    );
    assert_eq!((&document["rungs"][1], &document["summary"]["segments"]), (&large, &3.into()));
    assert_eq!(
        report.csv(),
        "segment,at_s,\"small,\"\"1\"\".m3u8\",\"large.m3u8\"\n0,0,8000,16000\n1,2,16000,32000\n2,4,24000,48000\n"
    );
}

#[test]
fn the_page_of_a_movie_draws_its_rungs_however_long_it_is() {
    let (movie, names) = two_rungs();
    let page = Report { target: "main.m3u8", movie: &movie, names: &names }.page(&["it is short".to_owned()]);
    assert!(page.contains("main.m3u8, as a movie") && page.contains("<p>it is short.</p>"), "{page}");
    assert!(page.contains("Bit rate of each segment, Mbit/s") && page.contains("<td>large.m3u8</td>"), "{page}");
    let of = |colour: u8| page.matches(&format!("stroke=\"var(--series-{colour})\"")).count();
    assert_eq!((of(0), of(1)), (1, 1));
    let long = vec![vec![1e6, 2e6]; 100_000];
    let long = Movie::new(movie.segment(), movie.bitrates().to_vec(), long).unwrap();
    let page = Report { target: "main.m3u8", movie: &long, names: &names }.page(&[]);
    assert!(page.len() < 200_000 && page.contains("Bit rate of each 100 segments on average"), "{}", page.len());
}
