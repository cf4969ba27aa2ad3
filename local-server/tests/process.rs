//! The process `matinee-server`: what it prints, how it ends, and what it does when the machine does not play along.

#![expect(clippy::unwrap_used, reason = "a test whose set-up fails must fail")]
#![expect(clippy::print_stderr, reason = "a test that is skipped says so")]

use std::fs;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

/// How long anything that must happen may take on a busy machine.
const PATIENCE: Duration = Duration::from_secs(30);

fn command(data: &Path, library: &Path, listen: &str) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_matinee-server"));
    command.arg("serve").arg("--data").arg(data).arg("--library").arg(library).args(["--listen", listen]);
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

/// A server that runs; killed when the test ends.
struct Running {
    child: Child,
    address: String,
}

impl Running {
    fn start(data: &Path, library: &Path) -> Self {
        let mut child = command(data, library, "127.0.0.1:0").spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let address = line.trim().strip_prefix("listening on http://").expect("it says where it listens").to_owned();
        Self { child, address }
    }

    fn ask(&self, method: &str, path: &str, body: &str) -> (u16, String) {
        let mut stream = TcpStream::connect(&self.address).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        let length = body.len();
        let request = format!(
            "{method} {path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\ncontent-length: {length}\r\n\r\n{body}"
        );
        stream.write_all(request.as_bytes()).unwrap();
        let mut reply = String::new();
        stream.read_to_string(&mut reply).unwrap();
        (reply.split(' ').nth(1).unwrap().parse().unwrap(), reply)
    }

    fn signal(&self, signal: &str) {
        let pid = self.child.id().to_string();
        assert!(Command::new("kill").args([signal, &pid]).status().unwrap().success());
    }

    fn ended(&mut self) -> Option<i32> {
        let begun = Instant::now();
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                return status.code();
            }
            assert!(begun.elapsed() < PATIENCE, "it does not end");
            std::thread::sleep(Duration::from_millis(5));
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// A data folder and a library folder.
struct Place {
    folder: tempfile::TempDir,
}

impl Place {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("films")).unwrap();
        Self { folder }
    }

    fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    fn films(&self) -> PathBuf {
        self.folder.path().join("films")
    }
}

fn told(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[test]
fn a_signal_ends_it_cleanly() {
    for signal in ["-TERM", "-INT"] {
        let place = Place::new();
        let mut server = Running::start(&place.data(), &place.films());
        assert_eq!(server.ask("GET", "/api/health", "").0, 200);
        server.signal(signal);
        assert_eq!(server.ended(), Some(0), "{signal}");
    }
}

#[test]
fn a_library_folder_that_does_not_exist_is_a_fault_of_usage() {
    let place = Place::new();
    let missing = place.folder.path().join("no such folder");
    let output = command(&place.data(), &missing, "127.0.0.1:0").output().unwrap();
    assert_eq!(output.status.code(), Some(2), "{}", told(&output));
    assert!(told(&output).contains("no such folder: there is no such folder"), "{}", told(&output));
}

#[test]
fn a_library_folder_that_vanished_since_is_not() {
    let place = Place::new();
    fs::write(place.films().join("Alien (1979).mp4"), "no film").unwrap();
    let mut server = Running::start(&place.data(), &place.films());
    let begun = Instant::now();
    while !server.ask("GET", "/api/movies", "").1.contains("Alien") {
        assert!(begun.elapsed() < PATIENCE);
    }
    server.signal("-TERM");
    assert_eq!(server.ended(), Some(0));
    fs::rename(place.films(), place.folder.path().join("away")).unwrap();
    let server = Running::start(&place.data(), &place.films());
    while !server.ask("GET", "/api/library/scan", "").1.contains("folder_vanished") {
        assert!(begun.elapsed() < PATIENCE);
    }
    assert!(server.ask("GET", "/api/movies", "").1.contains("Alien"));
}

#[test]
fn every_fault_of_a_configuration_is_told() {
    let place = Place::new();
    let config = place.folder.path().join("matinee.toml");
    fs::write(&config, "[http]\nlisten = 1\ndrain_s = \"long\"\n[films]\n").unwrap();
    let mut command = command(&place.data(), &place.films(), "nowhere");
    let output = command.arg("--config").arg(&config).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    for key in ["http.listen", "http.drain_s", "films", "--listen"] {
        assert!(told(&output).contains(key), "{key} in {}", told(&output));
    }
    assert!(told(&output).contains(&config.display().to_string()));
}

#[test]
fn a_data_folder_in_use_is_told_and_the_first_server_goes_on() {
    let place = Place::new();
    let server = Running::start(&place.data(), &place.films());
    let output = command(&place.data(), &place.films(), "127.0.0.1:0").output().unwrap();
    assert_eq!(output.status.code(), Some(3), "{}", told(&output));
    assert!(told(&output).contains("is in use by another process"), "{}", told(&output));
    assert_eq!(server.ask("GET", "/api/health", "").0, 200);
}

#[test]
fn a_data_folder_is_free_again_after_a_crash() {
    let place = Place::new();
    let mut server = Running::start(&place.data(), &place.films());
    server.signal("-KILL");
    assert_eq!(server.ended(), None);
    assert_eq!(Running::start(&place.data(), &place.films()).ask("GET", "/api/health", "").0, 200);
}

#[test]
fn an_address_that_is_taken_is_told() {
    let place = Place::new();
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let output = command(&place.data(), &place.films(), &address).output().unwrap();
    assert_eq!(output.status.code(), Some(4), "{}", told(&output));
    assert!(told(&output).contains(&format!("the address {address} is taken")), "{}", told(&output));
    // Nothing holds the data folder any more.
    Running::start(&place.data(), &place.films());
}

#[test]
fn listening_beyond_the_loopback_warns() {
    let place = Place::new();
    let mut child = command(&place.data(), &place.films(), "0.0.0.0:0").spawn().unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    let port = line.trim().rsplit(':').next().unwrap();
    let mut server = Running { child, address: format!("127.0.0.1:{port}") };
    assert!(server.ask("GET", "/api/health", "").1.contains("\"open_to_lan\":true"));
    server.signal("-TERM");
    assert_eq!(server.ended(), Some(0));
    let mut log = String::new();
    server.child.stderr.take().unwrap().read_to_string(&mut log).unwrap();
    assert!(log.contains("everyone on this network can watch"), "{log}");
}

#[test]
fn logs_are_json_where_nobody_reads_along() {
    let place = Place::new();
    let mut server = Running::start(&place.data(), &place.films());
    server.signal("-TERM");
    assert_eq!(server.ended(), Some(0));
    let mut log = String::new();
    server.child.stderr.take().unwrap().read_to_string(&mut log).unwrap();
    assert!(log.lines().count() > 1, "{log}");
    for line in log.lines() {
        let line: serde_json::Value = serde_json::from_str(line).unwrap();
        assert!(line["timestamp"].is_string() && line["level"].is_string() && line["message"].is_string(), "{line}");
    }
}

/// A small file system in memory, gone when the test ends.
struct SmallDisk {
    at: PathBuf,
}

impl SmallDisk {
    /// `None`, and a line that says so, where mounting is not allowed.
    fn mount(at: &Path) -> Option<Self> {
        fs::create_dir_all(at).unwrap();
        let mounted = Command::new("mount").args(["-t", "tmpfs", "-o", "size=16m", "tmpfs"]).arg(at).output();
        if mounted.is_ok_and(|output| output.status.success()) {
            return Some(Self { at: at.to_owned() });
        }
        assert!(std::env::var_os("REQUIRE_BACKENDS").is_none(), "a small disk cannot be mounted here");
        eprintln!("SKIPPED: a small disk cannot be mounted here (root is needed)");
        None
    }

    /// Fills it to the last byte.
    fn fill(&self) -> PathBuf {
        let path = self.at.join("filler");
        let mut file = fs::File::create(&path).unwrap();
        let block = vec![1; 4_096];
        while file.write_all(&block).is_ok() {}
        path
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        drop(Command::new("umount").arg("-l").arg(&self.at).status());
    }
}

#[test]
fn a_full_disk_is_told_and_nothing_is_lost() {
    let place = Place::new();
    let Some(disk) = SmallDisk::mount(&place.data()) else { return };
    fs::write(place.films().join("Alien (1979).mp4"), "no film").unwrap();
    let server = Running::start(&place.data(), &place.films());
    let begun = Instant::now();
    let until = |what: &str, condition: &dyn Fn() -> bool| {
        while !condition() {
            assert!(begun.elapsed() < PATIENCE, "never: {what}");
            std::thread::sleep(Duration::from_millis(20));
        }
    };
    let scan_is_idle = || server.ask("GET", "/api/library/scan", "").1.contains("\"phase\":\"idle\"");
    until("the film is examined", &|| server.ask("GET", "/api/movies", "").1.contains("unplayable") && scan_is_idle());

    let filler = disk.fill();
    // What fits into pages that are there already may still be stored: hence many.
    for number in 0..3_000 {
        fs::write(place.films().join(format!("A film with a name that takes some room {number:04}.mp4")), "no")
            .unwrap();
    }
    server.ask("POST", "/api/library/scan", "");
    until("the scan says that the disk is full", &|| {
        let (_, scan) = server.ask("GET", "/api/library/scan", "");
        scan.contains("scan_stopped") && scan.contains("full")
    });
    let more = place.folder.path().join("more ".repeat(40));
    fs::create_dir(&more).unwrap();
    let body = serde_json::json!({ "path": more }).to_string();
    let refused = server.ask("POST", "/api/library/folders", &body);
    assert_eq!(refused.0, 507, "{}", refused.1);
    assert!(refused.1.contains("disk_full"), "{}", refused.1);
    // Reading goes on.
    assert!(server.ask("GET", "/api/movies/search?q=alien", "").1.contains("Alien"));

    fs::remove_file(filler).unwrap();
    server.ask("POST", "/api/library/scan", "");
    until("the rest is found", &|| {
        server.ask("GET", "/api/movies/search?q=2999", "").1.contains("takes some room 2999")
    });
    assert!(server.ask("GET", "/api/movies/search?q=alien", "").1.contains("Alien"));
    assert_eq!(server.ask("GET", "/api/health", "").0, 200);
    drop(server);
    drop(disk);
}
