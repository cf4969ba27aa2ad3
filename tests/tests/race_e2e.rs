//! `matinee-lab race` from its command line to its table: two players on one network, in real Chromium.
//!
//! Slow: only where `RUN_SLOW=1`; needs the web page (`./x ui`), players from npm, and GStreamer's programs.

#![expect(clippy::unwrap_used, reason = "a helper of a test may fail it")]

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::Value;
use system_tests::browser::{Browser, node_modules, programs_are_here, skip};
use system_tests::server::{built, slow_tests_run};

fn page() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../ui/dist")
}

/// Where npm put the players, where the test can run.
fn modules(test: &str) -> Option<PathBuf> {
    let runs = slow_tests_run(test) && Browser::is_here(test) && programs_are_here(test, &["gst-launch-1.0"]);
    let modules = runs.then(|| node_modules(test))??;
    if !page().is_dir() {
        skip(test, "the web page is not built");
        return None;
    }
    Some(modules)
}

fn race(page: &Path, modules: &Path, more: &[&str]) -> Output {
    let mut command = Command::new(built("matinee-lab", "player-lab").unwrap());
    command.arg("race").arg("--page").arg(page).arg("--node-modules").arg(modules).args(more);
    command.output().unwrap()
}

#[test]
fn two_players_race_and_the_log_says_what_the_pages_say() {
    let Some(modules) = modules("two_players_race_and_the_log_says_what_the_pages_say") else { return };
    let options =
        ["--players", "matinee,hls.js", "--scenarios", "wifi-20", "--runs", "1", "--watch", "10", "--json", "-"];
    let output = race(&page(), &modules, &options);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let said: Value = serde_json::from_slice(&output.stdout).unwrap();
    let hash = said["config"]["players"]["matinee"].as_str().unwrap();
    assert!(hash.contains("sha256 ") && said["config"]["players"]["hls.js"] == "1.7.4", "{hash}");
    let rows = said["rows"].as_array().unwrap();
    assert_eq!(rows.iter().map(|row| row["player"].as_str().unwrap()).collect::<Vec<_>>(), ["matinee", "hls.js"]);
    for row in rows {
        let player = &row["player"];
        assert!(row["failed"].is_null(), "{player}: {}", row["failed"]);
        assert_eq!(row["differences"], serde_json::json!([]), "{player}");
        let figures = &row["figures"];
        let first_frame_ms = figures["first_frame_ms"].as_f64().unwrap();
        // The link alone takes 60 ms: two playlists and a segment, one after the other.
        assert!((60.0..5_000.0).contains(&first_frame_ms), "{player}: {first_frame_ms}");
        let on_screen_s: f64 = figures["on_screen_s"].as_array().unwrap().iter().filter_map(Value::as_f64).sum();
        assert!((4.0..=10.5).contains(&on_screen_s), "{player}: {on_screen_s}");
        assert!(figures["bytes"].as_u64().unwrap() > 200_000, "{player}");
    }
    assert!(said["goals"].as_array().unwrap().iter().any(|goal| goal["player"] == "matinee"));
}

/// hls.js without subtitles and DRM, which npm has beside the whole of it.
const OWN: &str = "import { script } from '/page.js';
let hls;
export async function prepare(video) {
  await script('/player/hls.light.js');
  hls = new window.Hls();
  hls.attachMedia(video);
}
export function load(video, url, failed) {
  hls.on(window.Hls.Events.ERROR, (_, data) => { if (data.fatal) failed(data.details); });
  hls.loadSource(url);
}
";

#[test]
fn the_others_race_and_one_that_the_user_brings() {
    let Some(modules) = modules("the_others_race_and_one_that_the_user_brings") else { return };
    let folder = tempfile::tempdir().unwrap();
    let own = folder.path().join("light.js");
    std::fs::write(&own, OWN).unwrap();
    std::fs::copy(modules.join("hls.js/dist/hls.light.js"), folder.path().join("hls.light.js")).unwrap();
    let players = format!("shaka,dash.js,{}", own.display());
    let options = ["--players", &players, "--scenarios", "lan-200", "--runs", "1", "--watch", "5", "--json", "-"];
    let output = race(&page(), &modules, &options);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let said: Value = serde_json::from_slice(&output.stdout).unwrap();
    let rows = said["rows"].as_array().unwrap();
    let played = |row: &Value| row["failed"].is_null() && row["figures"]["first_frame_ms"].as_f64().is_some();
    assert!(rows.iter().all(played), "{rows:?}");
    assert_eq!(rows.iter().map(|row| &row["player"]).collect::<Vec<_>>(), ["shaka", "dash.js", "light.js"]);
    assert!(said["config"]["players"]["light.js"].as_str().unwrap().contains("sha256 "), "{}", said["config"]);
}

#[test]
fn what_is_missing_is_named_before_a_browser_starts() {
    let Some(modules) = modules("what_is_missing_is_named_before_a_browser_starts") else { return };
    let refused = |page: &Path, modules: &Path, more: &[&str]| {
        let output = race(page, modules, more);
        assert_eq!(output.status.code(), Some(2));
        String::from_utf8_lossy(&output.stderr).into_owned()
    };
    let empty = tempfile::tempdir().unwrap();
    assert!(refused(&page(), empty.path(), &["--players", "shaka"]).contains("shaka-player is not in"));
    assert!(refused(&page(), &modules, &["--players", "nowhere/mine.js"]).contains("cannot read nowhere/mine.js"));
    std::fs::write(empty.path().join("mine.js"), "play()").unwrap();
    let own = empty.path().join("mine.js").display().to_string();
    assert!(refused(&page(), &modules, &["--players", &own]).contains("exports prepare(video) and load"));
    let twice = ["--players", "one/mine.js,two/mine.js"];
    assert!(refused(&page(), &modules, &twice).contains("two adapter files are called mine.js"));
    assert!(refused(&page(), &modules, &["--scenarios", "dial-up"]).contains("there is no scenario dial-up"));
    assert!(refused(empty.path(), &modules, &["--players", "matinee"]).contains("./x ui"));
}
