//! `matinee-lab movie`: makes a movie file for `simulate` from a stream: its ladder and the size of every segment.
//!
//! Which variants are rungs is in `movie/ladder.rs`, how playlists are read and what is refused in `movie/rung.rs`, how many
//! bytes a segment has in `movie/measure.rs`, one grid for all variants in `movie/grid.rs`, and what is written of a movie
//! beside its sizes in `movie/report.rs`.

mod grid;
mod ladder;
mod measure;
mod report;
mod rung;

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};
use media_model::MediaDuration;
use url::Url;

use crate::results::{self, Outputs};
use crate::simulate::Movie;
use crate::source::{self, Client, Source};
use crate::table::many;
use crate::verdict::Wanted;
use grid::Piece;
use measure::Measured;
use report::Report;
use rung::{Listed, Rung};

/// Shorter segments are none.
const SHORTEST: MediaDuration = MediaDuration::from_millis(100);
/// Longer ones are films.
const LONGEST: MediaDuration = MediaDuration::from_secs(3_600);
/// A playlist that says it is longer than this has a mistake in it.
const MAX_SEGMENTS: u64 = 1_000_000;

/// Makes a movie file for `simulate` from an HLS stream.
///
/// Every segment of every variant is measured: by its byte range, by the length of a file, or by what its server says; where
/// that says nothing, it is loaded and counted. Init sections, and sound and subtitles that have playlists of their own, are
/// not counted. Bit rates are those of AVERAGE-BANDWIDTH, or else the measured mean, in whole kbit/s. Of a live stream it is
/// what is listed now. The movie is --json, and goes to standard output if that is not given and nothing else goes there;
/// beside what simulations read of it are `rungs` and a `summary`, for --expect and --against. --csv has the bits of each
/// rung segment by segment. Exit status: 0 done, 2 usage, 3 an expectation missed, 1 anything else. Where no movie can be
/// made nothing is written.
#[derive(Args, Clone, Debug)]
pub struct MakeMovie {
    /// Address (http or https) or file of a multivariant playlist, or of a media playlist for a movie of one rung.
    target: String,
    /// The length of the movie's segments in seconds; without it, the commonest of the first variant. Segments that are cut
    /// otherwise are cut anew, with their bits spread evenly over their time; what is left at the end is dropped.
    #[arg(long, value_name = "S", value_parser = segment_length)]
    segment_s: Option<MediaDuration>,
    /// A certificate (PEM) to trust as well, such as that of a test server.
    #[arg(long, value_name = "FILE")]
    ca: Option<PathBuf>,
    #[command(flatten)]
    outputs: Outputs,
    #[command(flatten)]
    wanted: Wanted,
}

fn segment_length(text: &str) -> Result<MediaDuration, String> {
    let length = text.parse().ok().and_then(MediaDuration::from_seconds);
    let length = length.filter(|length| (SHORTEST..=LONGEST).contains(length));
    length.ok_or_else(|| "it is a number of seconds from 0.1 to 3600, such as 4".to_owned())
}

/// A movie, and what is to be said of it.
struct Made {
    movie: Movie,
    /// Of its rungs.
    names: Vec<String>,
    notes: Vec<String>,
    /// Bytes of segments that were read.
    read: u64,
}

impl MakeMovie {
    /// Does it.
    pub fn run(self) -> ExitCode {
        results::exit(self.make().and_then(|made| self.say(&made)))
    }

    /// Writes a movie, and says what it is. Gives sentences for the expectations that were missed.
    #[expect(clippy::print_stderr, reason = "standard output is the movie")]
    fn say(&self, made: &Made) -> Result<Vec<String>> {
        let Made { movie, names, notes, read } = made;
        let report = Report { target: &self.target, movie, names };
        let document = report.document();
        // Before it is written: --json may go where --against comes from.
        let verdict = self.wanted.judge(&report::compared(&document));
        let html = if self.outputs.want_page() { report.page(notes) } else { String::new() };
        let json = report.to_json();
        if !self.outputs.write(&json, &report.csv(), &html)? && !self.outputs.want_json() {
            results::print(&format!("{json}\n"))?;
        }
        notes.iter().for_each(|note| eprintln!("{note}"));
        // What may have taken an hour is written, whatever is wrong with what was expected of it.
        let verdict = verdict?;
        verdict.warning().iter().for_each(|warning| eprintln!("{warning}"));
        eprint!("{}\n{}", summary(movie, *read), verdict.table());
        Ok(verdict.missed)
    }

    fn make(&self) -> Result<Made> {
        // Before an hour of measuring, not after it.
        self.outputs.check()?;
        self.wanted.check()?;
        let first = Source::of(&self.target).with_context(|| self.target.clone())?;
        let trusted = match &self.ca {
            Some(path) => source::certificates(path).with_context(|| path.display().to_string())?,
            None => Vec::new(),
        };
        let client = Client::new(trusted);
        let (mut rungs, mut notes) = rung::read(&client, &first)?;
        notes.extend(rung::align(&mut rungs));
        let measured = measured(&client, &rungs)?;
        let length = self.segment_length(&rungs)?;
        let mut ladder = Vec::new();
        for rung in &rungs {
            ladder.push((rung.shown.clone(), weighed(rung, &measured.sizes, length)?));
        }
        // Stable: of equals the first variant stays the first.
        ladder.sort_by_key(|(_, weighed)| weighed.kbps);
        let (names, ladder): (Vec<String>, Vec<Weighed>) = ladder.into_iter().unzip();
        let segments = ladder.iter().map(|weighed| weighed.sizes.len()).min().unwrap_or(0);
        if let Some(longer) = ladder.iter().map(|weighed| weighed.sizes.len()).max().filter(|most| *most > segments) {
            let more = many(longer - segments, "segment", "segments");
            notes.push(format!("the variants are not equally long: the movie ends with the shortest, {more} earlier"));
        }
        let bits = |index: usize| ladder.iter().map(|weighed| weighed.sizes[index] as f64).collect();
        let rates = ladder.iter().map(|weighed| weighed.kbps as f64).collect();
        let movie = Movie::new(length, rates, (0..segments).map(bits).collect());
        let movie = movie.with_context(|| {
            let seconds = length.as_seconds();
            format!("no movie of segments of {seconds} s can be made of it; another --segment-s may do")
        })?;
        Ok(Made { movie, names, notes, read: measured.read })
    }

    fn segment_length(&self, rungs: &[Rung]) -> Result<MediaDuration> {
        if let Some(length) = self.segment_s {
            return Ok(length);
        }
        let first = rungs.first().context("there is no variant")?;
        let length =
            grid::commonest(first.listed.iter().map(|segment| segment.duration)).context("there is no segment")?;
        if !(SHORTEST..=LONGEST).contains(&length) {
            let (name, seconds) = (&first.name, length.as_seconds());
            bail!("most segments of {name} last {seconds} s: say with --segment-s how long those of the movie are");
        }
        Ok(length)
    }
}

/// A rung on the movie's grid.
struct Weighed {
    kbps: u64,
    /// Bits of each segment.
    sizes: Vec<u64>,
}

fn weighed(rung: &Rung, sizes: &BTreeMap<Url, u64>, length: MediaDuration) -> Result<Weighed> {
    let bytes = |segment: &Listed| segment.size.or_else(|| sizes.get(&segment.source.url).copied()).unwrap_or(0);
    let piece = |segment: &Listed| Piece { length: segment.duration, bits: bytes(segment).saturating_mul(8) };
    if let Some(empty) = rung.listed.iter().find(|segment| bytes(segment) == 0) {
        bail!("{} is empty: a movie needs every segment", rung.said(empty));
    }
    let pieces: Vec<Piece> = rung.listed.iter().map(piece).collect();
    let count = grid::count(&pieces, length);
    if count > MAX_SEGMENTS {
        let (name, seconds) = (&rung.name, length.as_seconds());
        bail!("{name} would be {count} segments of {seconds} s, which is more than a movie may have");
    }
    let sum = |of: fn(&Piece) -> u64| pieces.iter().map(of).fold(0, u64::saturating_add);
    let (bits, micros) = (sum(|piece| piece.bits), sum(|piece| piece.length.as_micros()));
    let mean = u128::from(bits) * 1_000_000 / u128::from(micros.max(1));
    let rate = rung.average.map_or(mean, |average| u128::from(average.get()));
    let kbps = u64::try_from((rate + 500) / 1_000).unwrap_or(u64::MAX).max(1);
    Ok(Weighed { kbps, sizes: grid::cut(&pieces, length) })
}

/// Measures what playlists do not tell, each address once.
fn measured(client: &Client, rungs: &[Rung]) -> Result<Measured> {
    // The oldest first, because of a live stream they are the first to go.
    let longest = rungs.iter().map(|rung| rung.listed.len()).max().unwrap_or(0);
    let by_time = (0..longest).flat_map(|index| rungs.iter().filter_map(move |rung| rung.listed.get(index)));
    let mut seen = BTreeSet::new();
    let wanted = by_time.filter(|segment| segment.size.is_none() && seen.insert(segment.source.url.clone()));
    let wanted: Vec<Source> = wanted.map(|segment| segment.source.clone()).collect();
    let bar = ProgressBar::new(wanted.len() as u64);
    if let Ok(style) = ProgressStyle::with_template("{bar:30} {pos}/{len} segments, {eta} left") {
        bar.set_style(style);
    }
    bar.enable_steady_tick(Duration::from_secs(1));
    let measured = measure::measure(client, wanted, &bar);
    bar.finish_and_clear();
    measured.map_err(|(url, trouble)| {
        let found = rungs.iter().find_map(|rung| Some((rung, rung.listed.iter().find(|one| one.source.url == url)?)));
        let said = found.map_or_else(|| url.to_string(), |(rung, segment)| rung.said(segment));
        let is_live = found.is_some_and(|(rung, _)| rung.is_live);
        let hint = if is_live {
            "the stream is live, and old segments go: try again"
        } else {
            "a movie needs every segment: mend the stream, or make the movie from one without this variant"
        };
        anyhow::anyhow!("{said} cannot be measured: {trouble}; {hint}")
    })
}

fn summary(movie: &Movie, read: u64) -> String {
    let rates = movie.bitrates();
    let (low, high) = (rates.first().copied().unwrap_or_default(), rates.last().copied().unwrap_or_default());
    let rates = if low == high { format!("{low} kbit/s") } else { format!("{low} to {high} kbit/s") };
    let (rungs, segments) = (many(movie.bitrates().len(), "rung", "rungs"), many(movie.len(), "segment", "segments"));
    let (seconds, megabytes) = (movie.segment().as_seconds(), read as f64 / 1e6);
    format!("{rungs} of {rates}, {segments} of {seconds} s; {megabytes:.1} MB of segments read")
}

#[cfg(test)]
mod tests;
