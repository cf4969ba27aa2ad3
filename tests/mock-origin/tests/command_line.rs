//! What `mock-origin` says to people who got something wrong: a sentence that names it, and a status.

#![expect(clippy::unwrap_used, reason = "a helper of a test may fail it")]

use std::path::Path;
use std::process::{Command, Output, Stdio};

fn origin(folder: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_mock-origin"));
    command.args(arguments).current_dir(folder).stdin(Stdio::null()).output().unwrap()
}

/// Whether it ends with the status and says all this, and nothing of panics.
fn says(folder: &Path, arguments: &[&str], status: i32, sentences: &[&str]) {
    let output = origin(folder, arguments);
    let said = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    let all = sentences.iter().all(|sentence| said.contains(sentence));
    assert!(all && !said.contains("panicked"), "{arguments:?}: {said}");
    assert_eq!(output.status.code(), Some(status), "{arguments:?}: {said}");
}

#[test]
fn what_is_wrong_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let write = |name: &str, text: &str| std::fs::write(folder.join(name), text).unwrap();
    write(
        "three.toml",
        "[network]\nrate_kbps = -5\n[[presentations]]\nname = \"a\"\nsegment_s = 0.3\n[[faults]]\nkind = \"explode\"\n",
    );
    write("page.html", "<html><body>hello</body></html>");
    write("blank.json", "");
    write("trace.toml", "[network]\ntrace = \"blank.json\"\n");

    let three: &[&str] = &[
        "three.toml: 3 mistakes",
        "line 2: network.rate_kbps: invalid value: integer `-5`, expected a whole number from 0 up",
        "line 5: presentations[0].segment_s: 0.3 is not in 0.5..=30",
        "line 7: faults[0].kind: unknown variant `explode`, expected one of `status`",
    ];
    says(folder, &["check", "three.toml"], 2, three);
    says(folder, &["serve", "--scenario", "three.toml"], 2, three);
    says(folder, &["check", "none.toml"], 2, &["mock-origin: none.toml: cannot be read: No such file"]);
    says(folder, &["check", "page.html"], 2, &["page.html: line 1: "]);
    says(folder, &["check", "trace.toml"], 2, &["line 2: network.trace: ", "the file is empty"]);
    // Nobody listens on the port of discarding.
    let refused = &["the upstream http://127.0.0.1:9/ cannot be reached: Connection refused"];
    says(folder, &["serve", "--upstream", "http://127.0.0.1:9/"], 1, refused);
    says(folder, &["serve", "--upstream", "host"], 2, &["it is an address such as http://127.0.0.1:8484"]);
    write("same.toml", "[[presentations]]\nname = \"film\"\ncontent = \"bytes\"\n[[faults]]\nkind = \"missing\"\n");
    says(folder, &["check", "same.toml"], 0, &["same.toml: no mistakes; 1 presentation; 1 fault\n"]);
    write("empty.toml", "");
    let default =
        &["empty.toml: no mistakes; no presentation of its own, so the default one is served", "; 0 faults\n"];
    says(folder, &["check", "empty.toml"], 0, default);
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let upstream = format!("http://{}/film/main.m3u8", listener.local_addr().unwrap());
    let hidden = &["the presentation film has the path of the upstream's /film/main.m3u8"];
    says(folder, &["serve", "--scenario", "same.toml", "--upstream", &upstream], 2, hidden);
    says(folder, &["serve", "--preset", "none"], 2, &["there is no preset `none`; there are lan-200"]);
    says(folder, &["serve", "--clip", "none.mp4"], 1, &["none.mp4 cannot be read: No such file"]);
    says(folder, &["serve", "--clip", "page.html"], 1, &["page.html", "not an MP4 file"]);
}

#[test]
fn a_reader_who_has_seen_enough_is_no_fault() {
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    let mut command = Command::new(env!("CARGO_BIN_EXE_mock-origin"));
    let output = command.arg("presets").stdout(writer).stderr(Stdio::piped()).output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && !said.contains("panicked"), "{said}");
}
