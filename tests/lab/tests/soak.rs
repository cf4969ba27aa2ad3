//! `matinee-lab soak`: with a player that is a script, and with a real origin and a real player, for a moment. The latter is
//! slow: only where `RUN_SLOW=1`; it needs mock-origin and matinee-play beside matinee-lab, and GStreamer's programs, which
//! encode the card once.

#![cfg(target_os = "linux")]
#![expect(clippy::unwrap_used, reason = "a helper of a test may fail it")]

use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use serde_json::Value;

#[test]
fn a_short_soak_watches_both_programs_and_ends_them() {
    let runs = std::env::var_os("RUN_SLOW").is_some_and(|value| value == "1");
    if !runs {
        eprintln!("SKIPPED a_short_soak_watches_both_programs_and_ends_them: slow, set RUN_SLOW=1");
        return;
    }
    let mut command = Command::new(env!("CARGO_BIN_EXE_matinee-lab"));
    let output = command.args(["soak", "--minutes", "0.2", "--json", "-"]).stdin(Stdio::null()).output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    let document: Value = serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{error}: {said}"));
    // A machine that is busy enough may show nothing in that time, and then that is said.
    let missed = document["missed"].as_array().unwrap();
    assert_eq!(output.status.code(), Some(if missed.is_empty() { 0 } else { 3 }), "{said}");
    assert_eq!(document["summary"]["end"], "in time", "{document}");
    let processes = document["rows"].as_array().unwrap();
    assert_eq!(processes.len(), 2, "{document}");
    for (process, name) in processes.iter().zip(["matinee-play", "mock-origin"]) {
        assert_eq!(process["process"], name);
        assert!(
            process["samples"].as_u64().unwrap() >= 2 && process["rss_peak_mb"].as_f64().unwrap() > 1.0,
            "{process}"
        );
        assert_eq!(process["slope_mb_per_h"], Value::Null, "too short for that");
    }
}

/// A player that says this and ends.
const PLAYER: &str = r#"#!/bin/sh
echo '{"state":"playing","position_s":10.0,"buffered_s":8.0,"stalls":1,"stalled_ms":500}'
echo '{"state":"ended","position_s":40.0,"buffered_s":0.0,"stalls":1,"stalled_ms":500}'
"#;

/// The lab in a folder beside that player. What it plays is nothing.
fn soak(beside: &Path, results: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(beside.join("matinee-lab"));
    command.args(["soak", "--url", "http://127.0.0.1:9/main.m3u8"]).args(arguments);
    command.current_dir(results).stdin(Stdio::null()).output().unwrap()
}

#[test]
fn results_go_where_they_are_wanted_and_are_held_against_what_is_expected() {
    let lab = Path::new(env!("CARGO_BIN_EXE_matinee-lab"));
    // On the same disk, so that it is a name more and no copy.
    let beside = tempfile::tempdir_in(lab.parent().unwrap()).unwrap();
    std::fs::hard_link(lab, beside.path().join("matinee-lab")).unwrap();
    let player = beside.path().join("matinee-play");
    std::fs::write(&player, PLAYER).unwrap();
    std::fs::set_permissions(&player, std::fs::Permissions::from_mode(0o755)).unwrap();
    let results = tempfile::tempdir().unwrap();
    let text = |name: &str| std::fs::read_to_string(results.path().join(name)).unwrap();
    let expects = |text: &str| std::fs::write(results.path().join("expect.json"), text).unwrap();
    let ends = |arguments: &[&str], status: i32, sentence: &str| {
        let output = soak(beside.path(), results.path(), arguments);
        let said = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        assert!(output.status.code() == Some(status) && said.contains(sentence), "{arguments:?}: {said}");
    };

    let files = ["--json", "soak.json", "--csv", "soak.csv", "--html", "soak.html"];
    ends(&files, 0, "Played 30.0 s in ");
    let document: Value = serde_json::from_str(&text("soak.json")).unwrap();
    let summary = &document["summary"];
    assert_eq!(
        (&summary["played_s"], &summary["stalls"], &summary["end"]),
        (&30.0.into(), &1.into(), &"played out".into())
    );
    assert!(text("soak.csv").lines().nth(1).unwrap().starts_with("matinee-play,"), "{}", text("soak.csv"));
    let page = text("soak.html");
    assert!(page.starts_with("<!doctype html>") && page.contains("<svg") && page.contains("matinee-play</td>"));

    expects(
        r#"[{"process":"matinee-play","figure":"rss_peak_mb","at_least":1000000},{"figure":"stalls","at_most":0}]"#,
    );
    let expected = ["--expect", "expect.json"];
    ends(&expected, 3, "matinee-play: rss_peak_mb is ");
    ends(&expected, 3, "stalls is 1, not at most 0");
    ends(&["--against", "soak.json"], 0, "| matinee-play | rss_end_mb | 1 | ");
    // Nothing is lost by an expectation of what is not there, and before it plays it is known to be one.
    expects(r#"[{"process":"mock-origin","figure":"rss_peak_mb","at_most":1}]"#);
    ends(&["--expect", "expect.json", "--json", "late.json"], 1, "expects something of mock-origin, which was not");
    assert!(text("late.json").contains("played out"));
    expects("{}");
    ends(&["--expect", "expect.json", "--json", "never.json"], 1, "expect.json: no list of expectations");
    ends(&["--csv", "no/such.csv"], 1, "cannot write no/such.csv: there is no folder no");
    assert!(!results.path().join("never.json").exists());
    ends(&["--xml", "soak.xml"], 2, "unexpected argument '--xml'");
}
