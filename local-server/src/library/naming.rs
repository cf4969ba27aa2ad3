//! Title and year from a file's name. Pure; good enough until metadata providers come.

use std::path::Path;

/// What a file's name says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Named {
    /// What to call the title; never empty.
    pub name: String,
    /// Year of release.
    pub year: Option<u16>,
}

/// The first films.
const EARLIEST_YEAR: u16 = 1888;

/// Words that end a title: what follows describes the release and not the film.
const RELEASE_WORDS: &[&str] = &[
    "2160p",
    "1440p",
    "1080p",
    "1080i",
    "720p",
    "576p",
    "576i",
    "480p",
    "480i",
    "360p",
    "4k",
    "uhd",
    "hdr",
    "hdr10",
    "dv",
    "bluray",
    "blu-ray",
    "bdrip",
    "brrip",
    "bdremux",
    "remux",
    "dvd",
    "dvdrip",
    "dvdscr",
    "dvd9",
    "hdtv",
    "pdtv",
    "webrip",
    "web-dl",
    "webdl",
    "web",
    "hdrip",
    "vhsrip",
    "telesync",
    "x264",
    "x265",
    "h264",
    "h265",
    "hevc",
    "avc",
    "xvid",
    "divx",
    "10bit",
    "8bit",
    "aac",
    "ac3",
    "dts",
    "dts-hd",
    "truehd",
    "atmos",
    "flac",
    "ddp5",
    "dd5",
    "5.1",
    "proper",
    "repack",
    "unrated",
    "extended",
    "remastered",
    "multi",
    "dubbed",
    "subbed",
    "limited",
    "internal",
];

/// Names that say nothing, so that the folder's name is taken.
const EMPTY_NAMES: &[&str] = &["movie", "film", "video", "main", "feature", "title", "index", "vts_01_1", "00000"];

/// Reads the name of `path`, which lies below `root`. `latest_year` is the last year that a film can be from; a later
/// number belongs to the title.
pub fn named(path: &Path, root: &Path, latest_year: u16) -> Named {
    let stem = path.file_stem().unwrap_or_default().to_string_lossy();
    if EMPTY_NAMES.contains(&stem.to_lowercase().as_str())
        && let Some(folder) = path.parent().filter(|parent| *parent != root).and_then(Path::file_name)
    {
        return read(&folder.to_string_lossy(), latest_year);
    }
    read(&stem, latest_year)
}

fn read(text: &str, latest_year: u16) -> Named {
    let words = words(text);
    let year_of = |word: &Word| {
        let year: u16 = (word.text.len() == 4).then(|| word.text.parse().ok())??;
        (EARLIEST_YEAR..=latest_year).contains(&year).then_some(year)
    };
    // The last year wins ("2001 A Space Odyssey 1968"), but one in brackets wins over all, and the first word of a name
    // is part of the title ("1917").
    let years = || words.iter().enumerate().skip(1).filter_map(|(at, word)| Some((at, year_of(word)?, word.bracketed)));
    let release = words.iter().enumerate().skip(1).find(|(_, word)| is_release(&word.text)).map(|(at, _)| at);
    let year = years()
        .rfind(|(_, _, bracketed)| *bracketed)
        .or_else(|| years().rfind(|(at, _, _)| release.is_none_or(|release| *at < release)));
    let end = match (year, release) {
        (Some((at, _, _)), Some(release)) => at.min(release),
        (Some((at, _, _)), None) => at,
        (None, Some(release)) => release,
        (None, None) => words.len(),
    };
    let title: Vec<&str> = words[..end].iter().filter(|word| !word.dropped).map(|word| word.text.as_str()).collect();
    let name = title.join(" ").trim_matches([' ', '-', '–', ',']).to_owned();
    let name = if name.is_empty() { plain(text) } else { name };
    Named { name, year: year.map(|(_, year, _)| year) }
}

fn is_release(word: &str) -> bool {
    RELEASE_WORDS.contains(&word.to_lowercase().as_str())
}

/// A word of a name.
struct Word {
    text: String,
    /// Whether it stands in round brackets.
    bracketed: bool,
    /// Whether it stands in square or curly brackets: the name of a group or an id, never part of the title.
    dropped: bool,
}

fn words(text: &str) -> Vec<Word> {
    // Dots and underscores are spaces only where there are no real ones: "Mr. Smith" keeps its dot.
    let spaced = text.contains(' ');
    let mut words = Vec::new();
    let mut word = String::new();
    let (mut round, mut square) = (0_u32, 0_u32);
    let mut push = |word: &mut String, round: u32, square: u32| {
        if !word.is_empty() {
            words.push(Word { text: std::mem::take(word), bracketed: round > 0, dropped: square > 0 });
        }
    };
    for letter in text.chars() {
        match letter {
            '(' | ')' | '[' | ']' | '{' | '}' => {
                push(&mut word, round, square);
                match letter {
                    '(' => round += 1,
                    ')' => round = round.saturating_sub(1),
                    '[' | '{' => square += 1,
                    _ => square = square.saturating_sub(1),
                }
            }
            '.' | '_' if !spaced => push(&mut word, round, square),
            '_' => push(&mut word, round, square),
            letter if letter.is_whitespace() || letter.is_control() => push(&mut word, round, square),
            letter => word.push(letter),
        }
    }
    push(&mut word, round, square);
    words
}

/// The text as it stands, on one line; a name is never empty.
fn plain(text: &str) -> String {
    let line = text.split(|letter: char| letter.is_whitespace() || letter.is_control()).filter(|word| !word.is_empty());
    let line = line.collect::<Vec<_>>().join(" ");
    if line.is_empty() { "Untitled".to_owned() } else { line }
}

#[cfg(test)]
mod tests;
