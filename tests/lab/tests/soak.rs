//! `matinee-lab soak` with a real origin and a real player, for a moment. Slow: only where `RUN_SLOW=1`; needs mock-origin
//! and matinee-play beside matinee-lab, and GStreamer's programs, which encode the card once.

use std::process::{Command, Stdio};

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
    assert_eq!(document["playback"]["end"], "in time", "{document}");
    let processes = document["summary"].as_array().unwrap();
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
