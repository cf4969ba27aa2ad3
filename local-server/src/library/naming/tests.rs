use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt as _;

use super::*;

/// File name, title, year.
const CORPUS: &[(&str, &str, Option<u16>)] = &[
    ("The Third Man (1949).mkv", "The Third Man", Some(1949)),
    ("The.Third.Man.1949.1080p.BluRay.x264-GROUP.mkv", "The Third Man", Some(1949)),
    ("the_third_man_1949.mp4", "the third man", Some(1949)),
    ("The Third Man.mkv", "The Third Man", None),
    ("2001 A Space Odyssey (1968).mkv", "2001 A Space Odyssey", Some(1968)),
    ("2001.A.Space.Odyssey.1968.mkv", "2001 A Space Odyssey", Some(1968)),
    ("1917.2019.mkv", "1917", Some(2019)),
    ("1917.mkv", "1917", None),
    ("2012.mkv", "2012", None),
    ("Blade.Runner.2049.2017.2160p.mkv", "Blade Runner 2049", Some(2017)),
    ("Blade Runner 2049.mkv", "Blade Runner 2049", None),
    ("Metropolis [1927].avi", "Metropolis", Some(1927)),
    ("[Group] Your Name (2016) [1080p].mkv", "Your Name", Some(2016)),
    ("Alien (1979) {imdb-tt0078748}.mkv", "Alien", Some(1979)),
    ("Mr. Smith Goes to Washington (1939).mkv", "Mr. Smith Goes to Washington", Some(1939)),
    ("Amélie (2001).mkv", "Amélie", Some(2001)),
    ("千と千尋の神隠し (2001).mkv", "千と千尋の神隠し", Some(2001)),
    ("100% Wolf #1 'quoted' (2020).mp4", "100% Wolf #1 'quoted'", Some(2020)),
    ("Happy 🎬 Day.mp4", "Happy 🎬 Day", None),
    ("two\nlines.mp4", "two lines", None),
    ("Holiday 720p.mov", "Holiday", None),
    ("Spider-Man.No.Way.Home.WEB-DL.DDP5.mkv", "Spider-Man No Way Home", None),
    ("1080p.mkv", "1080p", None),
    ("().mkv", "()", None),
    ("Film.With.Dots.avi", "Film With Dots", None),
    ("Movie - Director's Cut (1982) - 4K.mkv", "Movie - Director's Cut", Some(1982)),
    ("Dune.Part.Two.2024.HDR.mkv", "Dune Part Two", Some(2024)),
    ("Old (1500).mkv", "Old 1500", None),
];

#[test]
fn the_corpus_is_read_as_people_would() {
    for (file, name, year) in CORPUS {
        let read = named(Path::new(file), Path::new(""), 2027);
        assert_eq!((read.name.as_str(), read.year), (*name, *year), "{file:?}");
    }
}

#[test]
fn a_name_that_says_nothing_gives_way_to_its_folder() {
    let root = Path::new("/films");
    let read = named(Path::new("/films/Stalker (1979)/movie.mkv"), root, 2027);
    assert_eq!(read, Named { name: "Stalker".to_owned(), year: Some(1979) });
    assert_eq!(named(Path::new("/films/movie.mkv"), root, 2027).name, "movie");
}

#[test]
fn bytes_that_are_no_text_still_give_a_name() {
    let read = named(Path::new(OsStr::from_bytes(b"caf\xe9 noir (1950).mkv")), Path::new(""), 2027);
    assert_eq!(read, Named { name: "caf\u{fffd} noir".to_owned(), year: Some(1950) });
}

proptest::proptest! {
    #[test]
    fn any_name_gives_one_line_that_is_not_empty(text in "\\PC{0,40}") {
        let read = named(Path::new(&format!("/films/{}", text.replace('/', "_"))), Path::new("/films"), 2027);
        proptest::prop_assert!(!read.name.trim().is_empty());
        proptest::prop_assert!(!read.name.contains(char::is_control));
    }
}
