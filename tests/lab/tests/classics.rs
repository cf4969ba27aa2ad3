//! The classics, driven through the real core, do what Sabre's own code does on the same networks.
//!
//! Some are held to rows that Sabre made, the others to rows of this core from when it equalled Sabre.

#![expect(clippy::unwrap_used, reason = "a helper of a test may fail it")]

use std::path::PathBuf;
use std::time::Duration;

use media_model::MediaDuration;
use player_lab::simulate::{Movie, Progress, Setup, simulate};
use player_lab::trace::{Format, Trace};

fn fixture(name: &str) -> String {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../fixtures/traces");
    std::fs::read_to_string(folder.join(name)).expect("fixtures lie beside the tests")
}

/// Plays every row of a file and holds it to its figures. Gives how many there are.
fn hold(rows: &str) -> usize {
    let movies = ["bbb", "bbb4k"].map(|name| Movie::read(&fixture(&format!("movie-{name}.json"))).unwrap());
    let mut checked = 0;
    for line in fixture(rows).lines().skip(1) {
        let fields: Vec<_> = line.split(',').collect();
        let [name, buffer, abr, wanted @ ..] = fields.as_slice() else { panic!("{line}") };
        let trace = Trace::read(Format::Sabre, &fixture(name), Duration::ZERO).unwrap();
        let movie = &movies[usize::from(name.starts_with("4g") || name.starts_with("hd"))];
        let is_step = name.starts_with("sd") || name.starts_with("hd");
        let setup = Setup {
            rule: abr.parse().unwrap(),
            max_buffer: MediaDuration::from_secs(buffer.trim_start_matches(char::is_alphabetic).parse().unwrap()),
            max_segments: is_step.then_some(60),
            ramp_rung: None,
            sizes: true,
            progress: Progress::Even,
        };
        let figures = simulate(&trace, movie, &setup);
        let found = [figures.bitrate_kbps, figures.stall_pct, figures.change_kbps, figures.score, figures.qoe];
        // Of the digits that Sabre's figures were written down with, one is lost to rounding.
        for ((found, wanted), digit) in found.into_iter().zip(wanted).zip([0.1, 1e-3, 0.1, 1e-4, 1e-4]) {
            let wanted: f64 = wanted.parse().unwrap();
            assert!((found - wanted).abs() <= digit * 0.6, "{line}: {found} instead of {wanted}; {figures:?}");
        }
        checked += 1;
    }
    checked
}

#[test]
fn classics_equal_sabre() {
    assert_eq!(hold("sabre.csv"), 56);
}

#[test]
fn the_other_classics_stay_where_they_equalled_sabre() {
    assert_eq!(hold("held.csv"), 210);
}
