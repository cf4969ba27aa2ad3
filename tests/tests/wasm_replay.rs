//! The core decides in wasm what it decides natively, to the bit: 200 plays are recorded here and replayed by the same core,
//! compiled as browsers get it, in node. Slow: only where `RUN_SLOW=1`.

#![expect(clippy::unwrap_used, reason = "a helper of a test may fail it")]

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use media_model::{BitsPerSecond, MediaDuration};
use player_core::{Command as Wish, Input, Now, PlayerConfig, Step};
use player_lab::simulate::{Movie, Progress, Setup, record};
use player_lab::trace::{Format, Period, Trace, mixed};
use player_recording::{Driven, Recorder};
use serde::Deserialize;
use system_tests::browser::programs_are_here;
use system_tests::server::slow_tests_run;
use system_tests::wasm;

const PLAYS: u64 = 200;
/// Ours more often; the classics reckon with logarithms, which is where two machines would differ first.
const RULES: [&str; 6] = ["matinee", "matinee", "matinee", "bola-e-u-fs", "matinee", "dynamic"];
const FIXTURES: [&str; 6] =
    ["3g-2010-09-13_1003", "3g-2010-09-28_1003", "3g-2011-02-01_1000", "4g-car_0007", "sd-trace0001", "hd-trace0001"];

/// What node found.
#[derive(Debug, Deserialize)]
struct Replayed {
    file: String,
    digest: Option<String>,
    error: Option<String>,
}

fn fixture(name: &str) -> String {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/traces");
    std::fs::read_to_string(folder.join(format!("{name}.json"))).unwrap()
}

/// A network out of a number: stretches of half a second to eight, from outages to 60 Mbit/s.
fn network(seed: u64) -> Trace {
    let stretch = |number: u64| {
        let draw = |what: u64, below: u64| mixed(seed ^ mixed(number * 4 + what)) % below;
        let kbps = if draw(0, 12) == 0 { 0 } else { 200 + draw(1, 1_000) * draw(1, 1_000) * 60 / 1_000 };
        Period {
            duration: Duration::from_millis(500 + draw(2, 7_500)),
            rate: BitsPerSecond::from_kbps(kbps),
            latency: Duration::from_millis(5 + draw(3, 200)),
        }
    };
    Trace::new((0..60).map(stretch).collect()).unwrap()
}

/// Everything about a play follows from its number.
fn play(number: u64, movies: &[Movie]) -> Recorder {
    let pick = |what: u64, below: u64| usize::try_from(mixed(number * 8 + what) % below).unwrap();
    let trace = match FIXTURES.get(usize::try_from(number).unwrap()) {
        Some(name) => Trace::read(Format::Sabre, &fixture(name), Duration::ZERO).unwrap(),
        None => network(number),
    };
    let setup = Setup {
        rule: RULES[usize::try_from(number).unwrap() % RULES.len()].parse().unwrap(),
        max_buffer: MediaDuration::from_secs([5, 10, 25, 40][pick(0, 4)]),
        max_segments: Some(80),
        ramp_rung: None,
        sizes: pick(1, 4) > 0,
        progress: if pick(2, 2) == 0 { Progress::Even } else { Progress::Bursts { seed: number } },
    };
    let movie = movies[pick(3, 2)].cut_anew(MediaDuration::from_secs([2, 3, 4, 6][pick(4, 4)])).unwrap();
    record(&trace, &movie, &setup).1
}

/// A recording whose answers are made up.
fn forged() -> Vec<u8> {
    let mut recorder = Recorder::new(Driven::Player, &PlayerConfig::default());
    let open = Wish::Open { url: "http://movie.test/".parse().unwrap(), start: None };
    recorder.note(Now::default(), &Input::Command(open), &Step::default());
    recorder.finish().unwrap()
}

#[test]
fn two_hundred_plays_are_decided_alike_natively_and_in_wasm() {
    let test = "two_hundred_plays_are_decided_alike_natively_and_in_wasm";
    if !slow_tests_run(test) || !programs_are_here(test, &["node"]) {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let module = wasm::build(folder.path()).unwrap();
    let plays = folder.path().join("plays");
    std::fs::create_dir(&plays).unwrap();
    let movies = ["movie-bbb", "movie-bbb4k"].map(|name| Movie::read(&fixture(name)).unwrap());
    let mut native = Vec::new();
    for number in 0..PLAYS {
        let recorder = play(number, &movies);
        std::fs::write(plays.join(format!("{number:03}")), recorder.finish().unwrap()).unwrap();
        native.push(recorder.digest().to_string());
    }
    std::fs::write(plays.join("forged"), forged()).unwrap();

    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/wasm_replay/run.cjs");
    let node = Command::new("node").arg(script).args([&module, &plays]).stdin(Stdio::null()).output().unwrap();
    assert!(node.status.success(), "{}", String::from_utf8_lossy(&node.stderr));
    let text = String::from_utf8(node.stdout).unwrap();
    let mut replayed: Vec<Replayed> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let forged = replayed.pop().unwrap();
    assert_eq!((forged.file.as_str(), &forged.digest), ("forged", &None));
    assert!(forged.error.unwrap().starts_with("step 0, at 0.000 s, is answered in another way"));
    assert_eq!(replayed.len(), native.len());
    for (wasm, native) in replayed.iter().zip(&native) {
        assert_eq!((&wasm.digest, &wasm.error), (&Some(native.clone()), &None), "play {}", wasm.file);
    }
    native.sort();
    native.dedup();
    assert_eq!(native.len(), replayed.len(), "no two plays are the same");
}
