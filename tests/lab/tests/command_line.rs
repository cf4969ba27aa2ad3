//! What `matinee-lab` says to people who got something wrong: a sentence that names it, and a status.

#![expect(clippy::unwrap_used, reason = "a helper of a test may fail it")]

use std::path::Path;
use std::process::{Command, Output, Stdio};

fn lab(folder: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_matinee-lab"));
    command.args(arguments).current_dir(folder).stdin(Stdio::null()).output().unwrap()
}

fn fixture(name: &str) -> String {
    format!("{}/../fixtures/traces/{name}", env!("CARGO_MANIFEST_DIR"))
}

/// Whether it ends with the status and says this, and nothing of panics.
fn says(folder: &Path, arguments: &[&str], status: i32, sentence: &str) {
    let output = lab(folder, arguments);
    let said = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(said.contains(sentence) && !said.contains("panicked"), "{arguments:?}: {said}");
    assert_eq!(output.status.code(), Some(status), "{arguments:?}: {said}");
}

#[test]
fn what_is_wrong_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let write = |name: &str, text: &str| std::fs::write(folder.join(name), text).unwrap();
    write("page.html", "<html><body>hello</body></html>");
    write("nothing.m3u8", "");
    write("blank.json", " \n");
    write("short.json", r#"[{"duration_ms":0,"bandwidth_kbps":100,"latency_ms":1}]"#);
    write("silent.json", r#"[{"duration_ms":5,"bandwidth_kbps":0,"latency_ms":1}]"#);
    write("codec.m3u8", "#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1,CODECS=\"nope.1\"\ngone.m3u8\n");

    // Nobody listens on the port of discarding.
    says(folder, &["lint", "http://127.0.0.1:9/x.m3u8"], 1, "127.0.0.1:9 cannot be reached: Connection refused");
    says(folder, &["lint", "ftp://host/x.m3u8"], 1, "addresses with ftp: are not loaded; http:, https: and files are");
    says(folder, &["lint", "page.html"], 1, "it is a web page (HTML), not a playlist");
    says(folder, &["lint", "nothing.m3u8"], 1, "it is empty");
    says(folder, &["lint", "none.m3u8"], 1, "none.m3u8:1: it cannot be read: No such file");
    says(folder, &["lint", "codec.m3u8"], 1, "codec.m3u8:2: CODECS names \"nope.1\", which is no codec that is known");

    let (movie, trace) = (fixture("movie-bbb.json"), fixture("3g-2010-09-13_1003.json"));
    let simulate = |trace: &str, movie: &str, rest: &[&str], status, sentence| {
        let mut arguments = vec!["simulate", "--traces", trace, "--movie", movie];
        arguments.extend(rest);
        says(folder, &arguments, status, sentence);
    };
    let usual = ["--max-buffer", "25", "--abr", "bba"];
    simulate("blank.json", &movie, &usual, 1, "trace blank.json: the file is empty");
    simulate("short.json", &movie, &usual, 1, "trace short.json: the trace lasts no time at all");
    simulate("silent.json", &movie, &usual, 1, "trace silent.json: the trace carries nothing");
    simulate("none.json", &movie, &usual, 1, "trace none.json: cannot be read: No such file");
    simulate(&trace, "page.html", &usual, 1, "page.html is no movie: not {segment_duration_ms");
    simulate(&trace, &movie, &["--max-buffer", "25", "--abr", "best"], 2, "no rule is called best; there are matinee");
    let idle = ["--max-buffer", "25", "--abr", "bba-u"];
    simulate(&trace, &movie, &idle, 2, "bba takes no option -u; it takes -fs");
    let with = |option: &'static str, value: &'static str| {
        let mut arguments = usual.to_vec();
        arguments.extend([option, value]);
        arguments
    };
    simulate(&trace, &movie, &with("--max-segments", "0"), 2, "it is one or more");
    simulate(&trace, &movie, &with("--sample", "0"), 2, "it is one or more");
    simulate(&trace, &movie, &with("--jitter", "2"), 2, "--jitter takes a share from 0 to 1, such as 0.2, not 2");
    simulate(&trace, &movie, &with("--ramp-rung", "77"), 2, "has 10 rungs: there is no 77");
    let twice = ["--max-buffer", "25", "--abr", "bba,lowest,bba"];
    simulate(&trace, &movie, &twice, 2, "--abr names bba twice");
    simulate(&trace, &movie, &["--max-buffer", "0", "--abr", "bba"], 2, "--max-buffer must be above zero, not 0");

    says(folder, &["replay", "page.html"], 1, "page.html: this is no recording of a play");
    says(folder, &["play", "nothing"], 2, "no scenario is called nothing; `matinee-lab list` names them");
    let soak = |option: &str, value: &str, sentence| says(folder, &["soak", option, value], 2, sentence);
    soak("--minutes", "0", "it is a number from 0.1 to 10080");
    soak("--preset", "nothing", "there is no such preset; `mock-origin presets` lists them");
    soak("--url", "ftp://host/x.m3u8", "it is an address such as http://127.0.0.1:8484/main.m3u8");
    soak("--limit-mb-per-h=-1", "--minutes=1", "it is a number of megabytes, 0 or more");
    says(folder, &["soak", "--preset", "live", "--url", "http://host/x.m3u8"], 2, "cannot be used with");
    says(folder, &["race", "--players", "vlc"], 2, "there is no player vlc; there are matinee, hls.js");
}

/// Every command says what it found in the same ways.
#[test]
fn results_go_where_they_are_wanted_and_are_held_against_what_is_expected() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let write = |name: &str, text: &str| std::fs::write(folder.join(name), text).unwrap();
    let json = |output: &Output| serde_json::from_slice::<serde_json::Value>(&output.stdout).unwrap();
    write("media.m3u8", "#EXTM3U\n#EXT-X-TARGETDURATION:4\n#EXTINF:9,\n0.ts\n#EXT-X-NEW:1\n#EXT-X-ENDLIST\n");
    let output = lab(folder, &["lint", "media.m3u8", "--strict", "--json", "-"]);
    assert_eq!((output.status.code(), &json(&output)["summary"]["faults"]), (Some(1), &1.into()));
    std::fs::write(folder.join("lint.json"), &output.stdout).unwrap();
    let csv = lab(folder, &["lint", "media.m3u8", "--strict", "--csv", "-"]);
    let rows = String::from_utf8(csv.stdout).unwrap();
    assert!(
        rows.contains("\"media.m3u8\",3,broken rule,segment-too-long,RFC 8216 §4.3.3.1,\"9 s: a segment"),
        "{rows}"
    );
    assert!(lab(folder, &["lint", "media.m3u8", "--html", "-"]).stdout.starts_with(b"<!doctype html>"));
    assert!(!folder.join("-").exists());
    write("none.json", r#"[{"figure":"faults","at_most":0}]"#);
    says(folder, &["lint", "media.m3u8", "--strict", "--expect", "none.json"], 3, "faults is 1, not at most 0");
    says(folder, &["lint", "media.m3u8", "--expect", "none.json"], 0, "1 playlist read, 0 refused, 1 warning\n");
    let against = ["lint", "media.m3u8", "--against", "lint.json"];
    says(folder, &against, 0, "| media.m3u8 | faults | 1 | -1.0000 | -1.0000 .. -1.0000 |");

    let (movie, trace) = (fixture("movie-bbb.json"), fixture("3g-2010-09-13_1003.json"));
    let simulate = ["simulate", "--traces", &trace, "--movie", &movie, "--max-buffer", "25", "--abr", "lowest"];
    let rest = ["--max-segments", "5", "--json", "simulated.json", "--record", "plays"];
    assert!(lab(folder, &simulate.into_iter().chain(rest).collect::<Vec<_>>()).status.success());
    let other = ["--max-segments", "4", "--against", "simulated.json"];
    let other: Vec<_> = simulate.into_iter().chain(other).collect();
    says(folder, &other, 0, "the earlier run is another in max_segments: ");
    let altered: Vec<_> = simulate.into_iter().chain(["--max-segments", "5", "--reverse", "--scale", "0.5"]).collect();
    let against: Vec<_> = altered.iter().copied().chain(["--against", "simulated.json"]).collect();
    says(folder, &against, 0, "the earlier run is another in reverse, scale: ");
    let output = lab(folder, &altered.iter().copied().chain(["--json", "-"]).collect::<Vec<_>>());
    let config = json(&output)["config"].clone();
    assert_eq!((&config["reverse"], &config["scale"], &config["jitter"]), (&true.into(), &0.5.into(), &().into()));

    // The same rule under two names is two rules.
    let named = ["simulate", "--traces", &trace, "--movie", &movie, "--max-buffer", "25", "--max-segments", "5"];
    let named = named.into_iter().chain(["--abr", "bola-e,bola-e-o", "--json", "-", "--expect", "named.json"]);
    write("named.json", r#"[{"abr":"bola-e-o","figure":"qoe","at_least":-99}]"#);
    let output = lab(folder, &named.collect::<Vec<_>>());
    let summary = json(&output)["summary"].clone();
    let names: Vec<_> =
        summary.as_array().unwrap().iter().map(|one| (one["abr"].as_str(), one["n"].as_u64())).collect();
    assert_eq!(names, [(Some("bola-e"), Some(1)), (Some("bola-e-o"), Some(1))]);
    assert!(output.status.success());
    let play = std::fs::read_dir(folder.join("plays")).unwrap().next().unwrap().unwrap().path();
    let play = play.to_str().unwrap();
    let output = lab(folder, &["replay", play, "--json", "replayed.json", "--csv", "-"]);
    assert!(output.stdout.starts_with(b"at_s,segment,"));
    write("choices.json", r#"[{"figure":"choices","at_least":6},{"figure":"stalls","at_most":0}]"#);
    says(folder, &["replay", play, "--expect", "choices.json"], 3, "choices is 5, not at least 6");
    says(folder, &["replay", play, "--against", "replayed.json"], 0, "| buffer_s | 5 | +0.0000 |");
}

#[test]
fn pages_have_all_of_their_sections() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    std::fs::create_dir(folder.join("traces")).unwrap();
    for name in ["3g-2010-09-13_1003.json", "3g-2010-09-28_1003.json"] {
        std::fs::copy(fixture(name), folder.join("traces").join(name)).unwrap();
    }
    let page = |arguments: &[&str], headings: &[&str], plots: usize| {
        let output = lab(folder, arguments);
        let html = String::from_utf8(output.stdout).unwrap();
        for heading in headings {
            assert!(html.contains(&format!("<h2>{heading}</h2>")), "{arguments:?}: {heading}");
        }
        assert_eq!(html.matches("<h2>").count(), headings.len(), "{arguments:?}");
        assert_eq!(html.matches("<svg").count(), plots, "{arguments:?}");
        assert!(!html.contains("cannot be drawn"), "{arguments:?}");
    };
    let movie = fixture("movie-bbb.json");
    let simulate = ["simulate", "--traces", "traces", "--movie", &movie, "--max-buffer", "25", "--max-segments", "9"];
    let and = |rest: &[&'static str]| simulate.iter().copied().chain(rest.iter().copied()).collect::<Vec<_>>();
    let (means, spread, full) = ("Means", "How plays are distributed", "One play in full");
    page(&and(&["--abr", "lowest", "--html", "-"]), &[means, spread, full], 4 + 3);
    let output = lab(folder, &and(&["--abr", "lowest,bba", "--json", "earlier.json", "--record", "plays"]));
    assert!(output.status.success());
    let against = and(&["--abr", "lowest,bba", "--against", "earlier.json", "--html", "-"]);
    let (earlier, first) = ("Differences from the earlier run", "Each rule less lowest");
    // Four distributions, five figures twice, and a play in full.
    page(&against, &[means, earlier, spread, first, full], 4 + 5 * 2 + 3);
    let play = "plays/3g-2010-09-13_1003_json.bba.play";
    page(&["replay", play, "--html", "-"], &["Over time", "Why each choice was made"], 3);
}

/// What lies beside traces is passed over; a file that is named must be one.
#[test]
fn folders_of_any_traces_are_read() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    std::fs::create_dir(folder.join("lte")).unwrap();
    let write = |name: &str, text: &str| std::fs::write(folder.join(name), text).unwrap();
    let packets: String = (1..2_000).map(|at| format!("{at}\n")).collect();
    write("lte/Verizon.up", &packets);
    write("lte/Verizon.down", &packets);
    write("norway_bus_1", "0.0 1.5\n10.0 2.0\n");
    write("pensieve.txt", "0.0 1.5\n10.0 2.0\n");
    write("table.csv", "\u{feff}duration_ms;bandwidth_kbps\n10000;1500,5\n");
    write("sabre.json", r#"[{"duration_ms":5000,"bandwidth_kbps":2000,"latency_ms":1}]"#);
    write("README.md", "# Traces\n\nFrom a train.\n");
    write("LICENSE", "Do what you want with it.\n");
    write("INDEX.csv", "file,mean\nnorway_bus_1,1.7\n");
    std::fs::write(folder.join("picture.png"), [0x89, b'P', 0xff, 0xfe]).unwrap();

    let movie = fixture("movie-bbb.json");
    let play = |traces: &str, rest: &[&str]| {
        let usual = ["simulate", "--traces", traces, "--movie", &movie, "--max-buffer", "25", "--abr", "lowest"];
        let arguments: Vec<_> = usual.into_iter().chain(["--max-segments", "3"]).chain(rest.iter().copied()).collect();
        lab(folder, &arguments)
    };
    let output = play(".", &["--csv", "-"]);
    let rows = String::from_utf8(output.stdout).unwrap();
    let traces: Vec<_> = rows.lines().skip(1).filter_map(|row| row.split('"').nth(1)).collect();
    let there = ["lte/Verizon.down", "lte/Verizon.up", "norway_bus_1", "pensieve.txt", "sabre.json", "table.csv"];
    assert_eq!(traces, there);
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(said.contains("passed over, being no trace: INDEX.csv and 3 more"), "{said}");

    let refused = |file: &str, sentence: &str| {
        let output = play(file, &[]);
        let said = String::from_utf8(output.stderr).unwrap();
        assert!(output.status.code() == Some(1) && said.contains(sentence), "{said}");
    };
    refused("LICENSE", "trace LICENSE: it begins like no trace that is known");
    refused("INDEX.csv", "trace INDEX.csv: the first line names no column `duration_ms`");
    write("lte/nothing", "\n");
    refused(".", "lte/nothing: the file is empty");
}

#[test]
fn a_reader_who_has_seen_enough_is_no_fault() {
    let (movie, trace) = (fixture("movie-bbb.json"), fixture("3g-2010-09-13_1003.json"));
    let simulate = ["simulate", "--traces", &trace, "--movie", &movie, "--max-buffer", "25", "--abr", "bba"];
    for arguments in [&["list"][..], &["play", "short", "--requests"], &simulate] {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let mut command = Command::new(env!("CARGO_BIN_EXE_matinee-lab"));
        let output = command.args(arguments).stdout(writer).stderr(Stdio::piped()).output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success() && !said.contains("panicked"), "{arguments:?}: {said}");
    }
}
