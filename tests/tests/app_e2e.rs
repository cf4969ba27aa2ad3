//! The desktop app's window, on a display of its own, driven through WebKitWebDriver.
//!
//! Slow: only where `RUN_SLOW=1`.

#![expect(clippy::unwrap_used, reason = "a helper of a test may fail it")]

use std::path::Path;
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use system_tests::browser::watch::WatchPage;
use system_tests::browser::{Browser, programs_are_here, until};
use system_tests::server::{built, slow_tests_run};
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, BufReader};
use tokio::process::{Child, Command};

/// A display that nobody sees.
struct Display {
    name: String,
    _server: Child,
}

impl Display {
    /// `None` where the test is skipped.
    async fn open(test: &str) -> Option<Self> {
        let programs = ["Xvfb", "WebKitWebDriver", "dbus-run-session"];
        if !slow_tests_run(test) || !programs_are_here(test, &programs) {
            return None;
        }
        // The server picks a free number and writes it to the descriptor it is given: its stdout.
        let mut server = Command::new("Xvfb")
            .args(["-displayfd", "1", "-screen", "0", "1400x1000x24", "-nolisten", "tcp"])
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(server.stdout.take().unwrap()).lines();
        let number = tokio::time::timeout(Duration::from_secs(30), lines.next_line()).await.unwrap().unwrap().unwrap();
        Some(Self { name: format!(":{}", number.trim()), _server: server })
    }
}

/// The app without a driver, for what is seen from outside.
fn app(display: &Display, data: &Path) -> Command {
    let mut command = Command::new("dbus-run-session");
    command
        .arg("--")
        .arg(built("matinee", "shell").unwrap())
        .arg("--data")
        .arg(data)
        .env("DISPLAY", &display.name)
        .env("GDK_BACKEND", "x11")
        .env("HOME", data)
        .stdin(Stdio::null())
        .stderr(Stdio::piped())
        .kill_on_drop(true);
    command
}

/// The app's processes that were started with `data` as their home: itself, its workers, its web view's.
fn processes_of(data: &Path) -> Vec<(u32, String)> {
    let home = format!("HOME={}", data.display());
    let all = std::fs::read_dir("/proc").unwrap().flatten();
    all.filter_map(|entry| {
        let pid = entry.file_name().to_str()?.parse().ok()?;
        let environment = std::fs::read(entry.path().join("environ")).ok()?;
        let ours = environment.split(|&byte| byte == 0).any(|variable| variable == home.as_bytes());
        let program = std::fs::read_link(entry.path().join("exe")).ok()?.file_name()?.to_str()?.to_owned();
        (ours && ["matinee", "WebKitWebProcess", "WebKitNetworkProcess"].contains(&program.as_str()))
            .then_some((pid, program))
    })
    .collect()
}

/// The process of the app that was started under a session bus. Not just any by its name: a process that is about to
/// become something else has its parent's.
async fn app_process(session: &Child) -> u32 {
    let session = session.id().unwrap().to_string();
    until("the app's process", async || {
        let all = std::fs::read_dir("/proc")?.flatten();
        let mut apps = all.filter_map(|entry| {
            let state = std::fs::read_to_string(entry.path().join("stat")).ok()?;
            // After the name, which is in brackets and may hold anything: state and parent (proc(5)).
            let parent = state.rsplit_once(')')?.1.split_whitespace().nth(1)?.to_owned();
            let program = std::fs::read_link(entry.path().join("exe")).ok()?;
            let found = parent == session && program.ends_with("matinee");
            found.then(|| entry.file_name().to_str()?.parse().ok())?
        });
        Ok(apps.next())
    })
    .await
    .unwrap()
}

async fn all_gone(data: &Path) {
    until("every process of the app to end", async || Ok(processes_of(data).is_empty().then_some(()))).await.unwrap();
}

async fn line_with(child: &mut Child, words: &str) -> String {
    let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
    let found = async {
        while let Some(line) = lines.next_line().await.unwrap() {
            if line.contains(words) {
                return line;
            }
        }
        panic!("the app ended without saying {words:?}")
    };
    let line = tokio::time::timeout(Duration::from_secs(60), found).await.unwrap();
    // Reads on, so that the app never meets a closed pipe.
    tokio::spawn(async move { lines.into_inner().read_to_end(&mut Vec::new()).await });
    line
}

async fn end(child: &mut Child, pid: u32) -> ExitStatus {
    assert!(Command::new("kill").arg(pid.to_string()).status().await.unwrap().success());
    tokio::time::timeout(Duration::from_secs(30), child.wait()).await.expect("the app ends when asked").unwrap()
}

#[tokio::test]
async fn the_window_plays_a_film_and_ends_with_everything_it_started() {
    let Some(display) = Display::open("the_window_plays_a_film_and_ends_with_everything_it_started").await else {
        return;
    };
    let data = tempfile::tempdir().unwrap();
    let films = test_films::films().unwrap();
    let program = built("matinee", "shell").unwrap();
    let arguments = ["--data", data.path().to_str().unwrap(), films.to_str().unwrap()];
    let browser = Browser::start_app(&program, &arguments, &display.name, data.path()).await.unwrap();

    let title = until("the page's title", async || {
        Ok(Some(browser.client().title().await?).filter(|title| title.contains("Matinee")))
    });
    title.await.unwrap();
    let address = browser.client().current_url().await.unwrap();
    assert_eq!(address.host_str(), Some("127.0.0.1"), "{address}");
    let kept: serde_json::Value =
        serde_json::from_slice(&std::fs::read(data.path().join("settings.json")).unwrap()).unwrap();
    assert_eq!(kept["port"].as_u64(), address.port().map(u64::from), "the port is kept for the next start");

    // One that has to be encoded: the worker is the app's own executable.
    let film = test_films::film("Paper Boats");
    let card = until("the film's card", async || {
        let find = "return [...document.querySelectorAll('[data-testid=movie-card]')]
            .find(card => card.innerText.includes(arguments[0]))?.dataset.id ?? null";
        browser.js::<Option<String>>(find, vec![film.title.into()]).await
    });
    let id = card.await.unwrap();
    let origin = address.origin().ascii_serialization();
    let page = WatchPage::open(&browser, &origin, &id, "").await.unwrap();
    // A web view that wants a gesture before sound gets one.
    until("playback", async || {
        if page.stats().await?.state == "playing" {
            return Ok(Some(()));
        }
        if browser.has("big-play").await? {
            browser.click("big-play").await?;
        }
        Ok(None)
    })
    .await
    .unwrap();
    let from = page.look().await.unwrap();
    let seen = until("the clock in the picture to move", async || {
        let now = page.look().await?;
        let moved = now.position_s > from.position_s + 1.0 && now.code_ms.is_some();
        Ok(moved.then_some(now))
    });
    let seen = match seen.await {
        Ok(seen) => seen,
        Err(error) => panic!("{error:#}\n{}", page.everything().await),
    };
    let late = seen.position_s * 1_000.0 - seen.code_ms.unwrap();
    assert!(late.abs() < 200.0, "the picture is {late} ms behind the position: {seen:?}");
    let picture = Path::new(env!("CARGO_MANIFEST_DIR")).join("../out/screenshots/app.png");
    browser.screenshot(&picture).await.unwrap();

    let own = processes_of(data.path());
    assert!(own.iter().filter(|(_, program)| program == "matinee").count() >= 2, "the app and a worker: {own:?}");
    browser.close().await.unwrap();
    all_gone(data.path()).await;
    // A process that ends lets go of its memory, by which it is seen, before its sockets.
    let port = address.port().unwrap();
    let free = until("the server's port", async || Ok(std::net::TcpListener::bind(("127.0.0.1", port)).ok()));
    drop(free.await.unwrap());
}

#[tokio::test]
async fn a_signal_ends_the_app_cleanly() {
    let Some(display) = Display::open("a_signal_ends_the_app_cleanly").await else { return };
    let data = tempfile::tempdir().unwrap();
    let mut running = app(&display, data.path()).spawn().unwrap();
    line_with(&mut running, "started").await;
    let pid = app_process(&running).await;
    assert!(end(&mut running, pid).await.success());
    all_gone(data.path()).await;
}

#[tokio::test]
async fn a_second_app_on_the_same_data_says_so_and_ends_with_status_3() {
    let Some(display) = Display::open("a_second_app_on_the_same_data_says_so_and_ends_with_status_3").await else {
        return;
    };
    let data = tempfile::tempdir().unwrap();
    let mut first = app(&display, data.path()).spawn().unwrap();
    line_with(&mut first, "started").await;
    let first_pid = app_process(&first).await;

    let mut second = app(&display, data.path()).spawn().unwrap();
    let said = line_with(&mut second, "open already").await;
    assert!(said.contains(data.path().to_str().unwrap()), "{said}");
    let second_pid = app_process(&second).await;
    // The dialog waits for somebody who reads it; a signal takes its place.
    let status = end(&mut second, second_pid).await;
    assert_eq!(status.code(), Some(3));
    assert!(end(&mut first, first_pid).await.success(), "the first one is not harmed");
}
