//! Plays that are recorded are the plays that are not, and a replay knows why each segment was chosen.

use std::path::PathBuf;
use std::time::Duration;

use media_model::MediaDuration;
use player_core::abr::why::{Account, Cause, Verdict};
use player_lab::course::Course;
use player_lab::simulate::{Movie, Progress, Setup, record, simulate};
use player_lab::trace::{Format, Trace};
use player_recording::Recording;

fn fixture(name: &str) -> String {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../fixtures/traces");
    std::fs::read_to_string(folder.join(name)).expect("fixtures lie beside the tests")
}

fn setup(rule: &str) -> Setup {
    Setup {
        rule: rule.parse().expect("rules are named in this file"),
        max_buffer: MediaDuration::from_secs(25),
        max_segments: None,
        ramp_rung: None,
        sizes: true,
        progress: Progress::Even,
    }
}

#[test]
fn a_replay_is_the_play_and_gives_its_reasons() {
    let movie = Movie::read(&fixture("movie-bbb.json")).unwrap();
    let trace = Trace::read(Format::Sabre, &fixture("3g-2010-09-13_1003.json"), Duration::ZERO).unwrap();
    for rule in ["matinee", "bola-e-u-fs", "seed-s1"] {
        let (figures, recorder) = record(&trace, &movie, &setup(rule));
        assert_eq!(figures, simulate(&trace, &movie, &setup(rule)), "{rule}: recording changes the play");
        let file = recorder.finish().unwrap();
        assert!(file.len() < 150_000, "{rule}: {} bytes are not compact", file.len());
        let course = Course::of(&Recording::read(&file).unwrap()).unwrap();
        assert_eq!(course.digest, recorder.digest());

        let is_load = |account: &Account| matches!(account.what, Verdict::Load { .. });
        let is_end = |account: &Account| matches!(account.what, Verdict::GiveUp { .. });
        let accounts: Vec<_> = course.decided.iter().map(|decided| decided.account).collect();
        let (loads, ends) = (accounts.iter().filter(|one| is_load(one)), accounts.iter().filter(|one| is_end(one)));
        let (loads, ends) = (loads.count(), ends.count());
        assert!(loads >= movie.len() && loads <= movie.len() + ends, "{rule}: {loads} choices, {ends} ends");
        for index in 0..movie.len() {
            assert!(accounts.iter().any(|one| is_load(one) && one.segment == index), "{rule}: nothing on {index}");
        }
        // The sentence says what the figures say.
        for account in &accounts {
            if let Verdict::Load { rung, cause: Cause::Link(above), .. } = account.what {
                assert!(above.needs > account.throughput && above.id > rung.id);
                assert!(account.to_string().starts_with(&format!("{rung}, for {above} needs ")), "{account}");
            }
        }
        let stalled: f64 = course.stalls.iter().map(|stall| stall.end - stall.start).sum();
        assert!((stalled - figures.stall_s).abs() < 1.0, "{rule}: {stalled} s, but {} s by the books", figures.stall_s);
    }
}
