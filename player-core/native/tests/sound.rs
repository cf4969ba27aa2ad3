//! The audio output changes, goes, and comes back while `matinee-play` plays; the sound server is a real one of our own.
//! Slow: only where `RUN_SLOW=1`; needs PulseAudio and Xvfb.

#![expect(clippy::unwrap_used, reason = "a helper of a test may fail it")]

mod support;

use std::io::BufRead as _;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;
use support::{origin, plays};
use tokio::io::{AsyncBufReadExt as _, BufReader, Lines};
use tokio::process::ChildStdout;

/// Looking for a device again may take until the third look.
const LIMIT: Duration = Duration::from_secs(60);

/// A screen that nobody looks at. It ends when this is dropped.
struct Screen {
    process: Child,
    name: String,
}

impl Screen {
    fn start() -> Self {
        let mut program = Command::new("Xvfb");
        program.args(["-displayfd", "1", "-screen", "0", "640x480x24", "-nolisten", "tcp"]);
        let mut process = program.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let mut number = String::new();
        // It tells its number when it is ready.
        std::io::BufReader::new(process.stdout.take().unwrap()).read_line(&mut number).unwrap();
        Self { process, name: format!(":{}", number.trim()) }
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// A sound server in a folder of its own. It ends when this is dropped.
struct Server<'f> {
    folder: &'f Path,
    process: Child,
}

impl Drop for Server<'_> {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

impl<'f> Server<'f> {
    /// With these outputs, which go nowhere.
    fn start(folder: &'f Path, outputs: &[&str]) -> Self {
        let mut program = Command::new("pulseaudio");
        program.args(["-n", "--daemonize=no", "--use-pid-file=no", "--exit-idle-time=-1", "--log-target=null"]);
        let socket = folder.join("native");
        program.arg("-L").arg(format!("module-native-protocol-unix auth-anonymous=1 socket={}", socket.display()));
        for output in outputs {
            program.arg("-L").arg(format!("module-null-sink sink_name={output}"));
        }
        program.env("HOME", folder).env("XDG_RUNTIME_DIR", folder);
        let process = program.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        Self { folder, process }
    }

    fn address(folder: &Path) -> String {
        format!("unix:{}", folder.join("native").display())
    }

    /// What `pactl` says.
    fn ask(&self, arguments: &[&str]) -> Option<String> {
        let mut program = Command::new("pactl");
        let said = program.args(arguments).env("PULSE_SERVER", Self::address(self.folder)).output().unwrap();
        said.status.success().then(|| String::from_utf8(said.stdout).unwrap())
    }

    /// Which output the player's sound goes to.
    fn heard_at(&self) -> Option<String> {
        let inputs = self.ask(&["list", "short", "sink-inputs"])?;
        let output = inputs.lines().next()?.split('\t').nth(1)?.to_owned();
        let outputs = self.ask(&["list", "short", "sinks"])?;
        let line = outputs.lines().find(|line| line.split('\t').next() == Some(&output))?;
        Some(line.split('\t').nth(1)?.to_owned())
    }

    /// Unplugs an output.
    fn unplug(&self, output: &str) {
        let modules = self.ask(&["list", "short", "modules"]).unwrap();
        let module = modules.lines().find(|line| line.contains(&format!("sink_name={output}"))).unwrap();
        self.ask(&["unload-module", module.split('\t').next().unwrap()]).unwrap();
    }
}

async fn until(what: &str, mut holds: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !holds() {
        assert!(begun.elapsed() < LIMIT, "{what} did not come about");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

/// The lines that the player prints.
struct Told(Lines<BufReader<ChildStdout>>);

impl Told {
    async fn next(&mut self) -> Value {
        let line = tokio::time::timeout(LIMIT, self.0.next_line()).await.expect("the player is silent").unwrap();
        serde_json::from_str(&line.expect("the player has ended")).unwrap()
    }

    /// Two more seconds pass in the film, and nothing went wrong.
    async fn plays_on(&mut self) {
        let from = self.next().await["position_s"].as_f64().unwrap();
        loop {
            let line = self.next().await;
            assert!(line["state"] != "failed", "{line}");
            if line["position_s"].as_f64().unwrap() >= from + 2.0 {
                return;
            }
        }
    }
}

#[tokio::test]
async fn sound_follows_the_outputs_and_playback_outlives_them() {
    if !plays("sound_follows_the_outputs_and_playback_outlives_them") {
        return;
    }
    let origin = origin(50_000, false).await;
    let screen = Screen::start();
    let folder = tempfile::tempdir().unwrap();
    let address = Server::address(folder.path());
    let server = Server::start(folder.path(), &["one", "two"]);
    until("a sound server", || server.ask(&["info"]).is_some()).await;
    let mut player = tokio::process::Command::new(env!("CARGO_BIN_EXE_matinee-play"))
        .args(["--json", &origin.play_urls()[0]])
        .env("PULSE_SERVER", &address)
        .env("DISPLAY", &screen.name)
        .env_remove("WAYLAND_DISPLAY")
        .stdout(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .unwrap();
    let mut told = Told(BufReader::new(player.stdout.take().unwrap()).lines());
    let heard_at = |server: &Server<'_>, output: &str| server.heard_at().as_deref() == Some(output);
    until("sound at the first output", || heard_at(&server, "one")).await;
    told.plays_on().await;

    server.ask(&["set-default-sink", "two"]).unwrap();
    until("sound at the new default", || heard_at(&server, "two")).await;
    told.plays_on().await;

    server.unplug("two");
    until("sound at the output that is left", || heard_at(&server, "one")).await;
    told.plays_on().await;

    server.unplug("one");
    told.plays_on().await;
    assert_eq!(server.heard_at(), None);
    server.ask(&["load-module", "module-null-sink", "sink_name=three"]).unwrap();
    until("sound at the new output", || heard_at(&server, "three")).await;
    told.plays_on().await;

    drop(server);
    told.plays_on().await;
    let server = Server::start(folder.path(), &["four"]);
    until("sound at the server that came back", || heard_at(&server, "four")).await;

    let mut last = told.next().await;
    while last["summary"].is_null() {
        last = told.next().await;
    }
    assert!(player.wait().await.unwrap().success());
    assert_eq!(last["state"], "ended");
    assert!((last["position_s"].as_f64().unwrap() - 40.0).abs() < 0.5, "{last}");
    assert_eq!(last["stalls"], 0, "{last}");
}
