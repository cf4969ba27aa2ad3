//! What is written of a movie beside its sizes: figures of its rungs, CSV and a page. Pure.

use serde_json::{Value, json};

use crate::page::Page;
use crate::page::plot::{Axes, Line, Shape, lines};
use crate::simulate::Movie;
use crate::verdict::Compared;

const HEIGHT: u32 = 320;

/// No line of the plot has more points; a long movie is drawn by means of several segments.
const MOST_POINTS: usize = 1_000;

/// A movie with what it is made of.
pub(super) struct Report<'a> {
    /// What the user named.
    pub(super) target: &'a str,
    pub(super) movie: &'a Movie,
    /// Of its rungs.
    pub(super) names: &'a [String],
}

/// A rung in figures.
struct Figures<'a> {
    name: &'a str,
    /// What it is said to be.
    kbps: f64,
    /// What its segments have on average, and the largest one.
    mean_kbps: f64,
    peak_kbps: f64,
    megabytes: f64,
}

impl Report<'_> {
    /// The rungs, lowest first.
    fn rungs(&self) -> impl Iterator<Item = Figures<'_>> {
        let seconds = self.movie.segment().as_seconds();
        let rungs = self.names.iter().zip(self.movie.bitrates()).enumerate();
        rungs.map(move |(rung, (name, &kbps))| {
            let bits = || (0..self.movie.len()).map(|segment| self.movie.bits(segment, rung));
            let all: f64 = bits().sum();
            Figures {
                name,
                kbps,
                mean_kbps: all / self.length_s() / 1e3,
                peak_kbps: bits().fold(0.0, f64::max) / seconds / 1e3,
                megabytes: all / 8e6,
            }
        })
    }

    fn length_s(&self) -> f64 {
        self.movie.segment().as_seconds() * self.movie.len() as f64
    }

    /// What stands in the file beside the movie.
    fn beside(&self) -> [(&'static str, Value); 3] {
        let config = json!({
            "version": env!("CARGO_PKG_VERSION"),
            "command": std::env::args().collect::<Vec<_>>().join(" "),
            "segment_s": self.movie.segment().as_seconds(),
        });
        let rungs: Vec<Value> = self.rungs().map(|rung| rung.to_json()).collect();
        let summary = json!({
            "rungs": rungs.len(),
            "segments": self.movie.len(),
            "length_s": self.length_s(),
            "mb": self.rungs().map(|rung| rung.megabytes).sum::<f64>(),
        });
        [("config", config), ("summary", summary), ("rungs", json!(rungs))]
    }

    /// The same as an object, to be compared.
    pub(super) fn document(&self) -> Value {
        self.beside().into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
    }

    /// The movie, with all that.
    pub(super) fn to_json(&self) -> String {
        self.movie.to_json_beside(&self.beside())
    }

    /// A head, and for each segment its number, when it begins and the bits of each rung.
    pub(super) fn csv(&self) -> String {
        let quoted = |name: &String| format!("\"{}\"", name.replace('"', "\"\""));
        let mut text = format!("segment,at_s,{}\n", self.names.iter().map(quoted).collect::<Vec<_>>().join(","));
        let micros = self.movie.segment().as_micros();
        for segment in 0..self.movie.len() {
            let at = micros.saturating_mul(segment as u64) as f64 / 1e6;
            let bits = (0..self.names.len()).map(|rung| self.movie.bits(segment, rung).to_string());
            text += &format!("{segment},{at},{}\n", bits.collect::<Vec<_>>().join(","));
        }
        text
    }

    /// A page with the bit rate over time.
    pub(super) fn page(&self, notes: &[String]) -> String {
        let seconds = self.movie.segment().as_seconds();
        let mut page = Page::new(&format!("{}, as a movie", self.target));
        page.highlights(&[
            ("rungs", self.names.len().to_string()),
            ("segments", format!("{} of {seconds} s", self.movie.len())),
            ("length", format!("{:.1} minutes", self.length_s() / 60.0)),
        ]);
        notes.iter().for_each(|note| page.words(&format!("{note}.")));
        page.section("Bit rate over time");
        page.legend(&self.names.iter().map(String::as_str).collect::<Vec<_>>());
        let at_once = self.movie.len().div_ceil(MOST_POINTS).max(1);
        let axes = Axes { up: "Mbit/s".to_owned(), right: "time, s".to_owned(), ..Axes::default() };
        let shape = if self.movie.len() > 200 { Shape::Thin } else { Shape::Steps };
        let line = |colour| Line { colour, shape, points: self.points(colour, at_once) };
        let of =
            if at_once == 1 { "of each segment".to_owned() } else { format!("of each {at_once} segments on average") };
        page.figure(
            &format!("Bit rate {of}, Mbit/s"),
            &lines(&axes, HEIGHT, &(0..self.names.len()).map(line).collect::<Vec<_>>()),
        );
        page.section("Rungs");
        let row = |rung: Figures<'_>| {
            vec![
                rung.name.to_owned(),
                format!("{:.0}", rung.kbps),
                format!("{:.0}", rung.mean_kbps),
                format!("{:.0}", rung.peak_kbps),
                format!("{:.2}", rung.peak_kbps / rung.mean_kbps),
                format!("{:.1}", rung.megabytes),
            ]
        };
        let head = ["rung", "kbit/s", "mean kbit/s", "peak kbit/s", "peak / mean", "MB"];
        page.table(&head, &self.rungs().map(row).collect::<Vec<_>>());
        page.words(
            "The first figure is what the playlist says (AVERAGE-BANDWIDTH), or else the mean. The others are of the \
             segments of the variant, without sound that has a playlist of its own.",
        );
        page.to_html()
    }

    /// Mbit/s of a rung at seconds, to the end.
    fn points(&self, rung: usize, at_once: usize) -> Vec<(f64, f64)> {
        let seconds = self.movie.segment().as_seconds();
        let begins = (0..self.movie.len()).step_by(at_once);
        let mut points: Vec<(f64, f64)> = begins
            .map(|begin| {
                let segments = begin..self.movie.len().min(begin + at_once);
                let (at, lasts) = (begin as f64 * seconds, segments.len() as f64 * seconds);
                (at, segments.map(|segment| self.movie.bits(segment, rung)).sum::<f64>() / lasts / 1e6)
            })
            .collect();
        points.extend(points.last().map(|&(_, rate)| (self.length_s(), rate)));
        points
    }
}

impl Figures<'_> {
    fn to_json(&self) -> Value {
        json!({
            "rung": self.name,
            "kbps": self.kbps,
            "mean_kbps": self.mean_kbps,
            "peak_kbps": self.peak_kbps,
            "mb": self.megabytes,
        })
    }
}

/// What of a movie is compared: `document` is [`Report::document`].
pub(super) fn compared(document: &Value) -> Compared<'_> {
    Compared {
        document,
        summary: "summary",
        of: None,
        rows: "rungs",
        row: &["rung"],
        group: &["rung"],
        figures: &["kbps", "mean_kbps", "peak_kbps", "mb"],
        config: &["segment_s"],
    }
}
