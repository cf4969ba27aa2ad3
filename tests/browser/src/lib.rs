//! A real browser for a test: Debian's Chromium through chromedriver, or an app's own window through WebKitWebDriver.
//!
//! Starts the driver on a free port, opens one session, and ends every process it started. Knows nothing of our pages.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail, ensure};
use fantoccini::actions::{InputSource as _, KeyAction, KeyActions, MouseActions, PointerAction};
use fantoccini::error::CmdError;
use fantoccini::wd::{Capabilities, Locator};
use fantoccini::{Client, ClientBuilder};
use hyper_util::client::legacy::connect::HttpConnector;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::{Child, Command};

mod cdp;

/// A browser on a busy machine starts within this.
const PATIENCE: Duration = Duration::from_secs(60);
/// Between two looks at a condition.
const PAUSE: Duration = Duration::from_millis(20);

/// Makes Chromium a quiet, fresh browser that plays with sound and without a gesture. As root it has no sandbox.
const CHROMIUM_FLAGS: [&str; 13] = [
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--mute-audio",
    "--autoplay-policy=no-user-gesture-required",
    "--disable-background-networking",
    "--disable-background-timer-throttling",
    "--disable-renderer-backgrounding",
    "--disable-component-update",
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--hide-scrollbars",
    "--window-size=1280,800",
];

/// A browser with one open page. Dropping it ends it.
#[derive(Debug)]
pub struct Browser {
    client: Client,
    driver: Driver,
    /// The browser's profile, removed with it.
    _profile: tempfile::TempDir,
}

/// What a page's media preferences are told to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scheme {
    /// `prefers-color-scheme: dark`
    Dark,
    /// `prefers-color-scheme: light`
    Light,
}

impl Browser {
    /// Whether a test that needs a browser can run here. Without Chromium it is skipped visibly, or fails where
    /// `REQUIRE_BACKENDS=1`.
    ///
    /// # Panics
    /// When the browser is missing and must not be.
    pub fn is_here(test: &str) -> bool {
        programs_are_here(test, &["chromium", "chromedriver"])
    }

    /// Starts Chromium.
    ///
    /// # Errors
    /// When chromedriver or Chromium does not start.
    pub async fn start() -> Result<Self> {
        Self::start_with(&[]).await
    }

    /// Starts Chromium with flags of its own, which count more than those that every test has.
    ///
    /// # Errors
    /// See [`Browser::start`].
    pub async fn start_with(flags: &[&str]) -> Result<Self> {
        let mut command = Command::new("chromedriver");
        command.arg("--port=0");
        let (driver, port) = Driver::start(command, |line| {
            line.strip_prefix("ChromeDriver was started successfully on port ")?.trim_end_matches('.').parse().ok()
        })
        .await?;
        let profile = tempfile::tempdir()?;
        let mut flags: Vec<String> = CHROMIUM_FLAGS.iter().chain(flags).map(ToString::to_string).collect();
        flags.push(format!("--user-data-dir={}", profile.path().display()));
        let capabilities = json!({
            "goog:chromeOptions": { "args": flags },
            "goog:loggingPrefs": { "browser": "ALL" },
        });
        let client = connect(port, capabilities).await.context("Chromium does not start")?;
        Ok(Self { client, driver, _profile: profile })
    }

    /// Starts a program whose window is a WebKitGTK web view, such as our app, on the X display `display`,
    /// with `home` as the person's own folder.
    ///
    /// # Errors
    /// When WebKitWebDriver or the program does not start.
    pub async fn start_app(program: &Path, arguments: &[&str], display: &str, home: &Path) -> Result<Self> {
        // The driver does not say its port: one is taken that was free just now.
        let port = std::net::TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
        let profile = tempfile::tempdir()?;
        let mut command = Command::new("dbus-run-session");
        command
            .args(["--", "WebKitWebDriver", &format!("--port={port}")])
            .env("DISPLAY", display)
            .env("TAURI_WEBVIEW_AUTOMATION", "true")
            // Neither the person's own settings nor their sockets.
            .env("HOME", home)
            .env("XDG_RUNTIME_DIR", profile.path())
            .env("GDK_BACKEND", "x11");
        let driver = Driver::spawn(command)?;
        until("WebKitWebDriver to listen", async || {
            Ok(tokio::net::TcpStream::connect(("127.0.0.1", port)).await.is_ok().then_some(()))
        })
        .await?;
        let capabilities = json!({ "webkitgtk:browserOptions": { "binary": program, "args": arguments } });
        let client = connect(port, capabilities).await.context("the app does not start")?;
        Ok(Self { client, driver, _profile: profile })
    }

    /// The session, for what is not covered here.
    pub fn client(&self) -> &Client {
        &self.client
    }

    /// Opens an address and waits until its document is loaded.
    ///
    /// # Errors
    /// When it cannot be opened.
    pub async fn open(&self, url: &str) -> Result<()> {
        self.client.goto(url).await.with_context(|| format!("cannot open {url}"))
    }

    /// Runs the body of a function in the page and gives what it returns; a promise is waited for.
    ///
    /// # Errors
    /// When it throws, or returns another shape.
    pub async fn js<T: DeserializeOwned>(&self, body: &str, arguments: Vec<Value>) -> Result<T> {
        let value = self.client.execute(body, arguments).await.with_context(|| format!("in the page: {body}"))?;
        serde_json::from_value(value.clone()).with_context(|| format!("{body} returned {value}"))
    }

    /// Presses and releases a key: a character, or one of WebDriver's (`fantoccini::key::Key`).
    ///
    /// # Errors
    /// When the browser does not take it.
    pub async fn key(&self, key: char) -> Result<()> {
        self.keys(&[key]).await
    }

    /// Presses keys one after the other, as fast as the browser takes them.
    ///
    /// # Errors
    /// When the browser does not take them.
    pub async fn keys(&self, keys: &[char]) -> Result<()> {
        let rest = KeyActions::new("keyboard".to_owned());
        let presses = keys
            .iter()
            .fold(rest, |presses, &value| presses.then(KeyAction::Down { value }).then(KeyAction::Up { value }));
        Ok(self.client.perform_actions(presses).await?)
    }

    /// Moves the pointer to a point of the page and presses there.
    ///
    /// # Errors
    /// When the point is not on the page.
    pub async fn press_at(&self, x: f64, y: f64) -> Result<()> {
        let button = fantoccini::actions::MOUSE_BUTTON_LEFT;
        let press = MouseActions::new("mouse".to_owned())
            .then(PointerAction::MoveTo { duration: Some(Duration::ZERO), x, y })
            .then(PointerAction::Down { button })
            .then(PointerAction::Up { button });
        Ok(self.client.perform_actions(press).await?)
    }

    /// Moves the pointer.
    ///
    /// # Errors
    /// When the point is not on the page.
    pub async fn point_at(&self, x: f64, y: f64) -> Result<()> {
        let way =
            MouseActions::new("mouse".to_owned()).then(PointerAction::MoveTo { duration: Some(Duration::ZERO), x, y });
        Ok(self.client.perform_actions(way).await?)
    }

    /// Waits for the element with this `data-testid` and clicks it.
    ///
    /// # Errors
    /// When there is none within a minute, or something lies over it.
    pub async fn click(&self, test_id: &str) -> Result<()> {
        self.click_on(&format!("[data-testid={test_id}]")).await
    }

    /// Waits for the element that the selector names and clicks it.
    ///
    /// # Errors
    /// See [`Browser::click`].
    pub async fn click_on(&self, selector: &str) -> Result<()> {
        until(selector, async || {
            let Ok(element) = self.client.find(Locator::Css(selector)).await else { return Ok(None) };
            match element.click().await {
                Ok(()) => Ok(Some(())),
                // It moved, was drawn anew or is still covered: tried again.
                Err(CmdError::Standard(_)) => Ok(None),
                Err(other) => Err(other.into()),
            }
        })
        .await
    }

    /// Whether there is an element with this `data-testid`.
    ///
    /// # Errors
    /// When the browser is gone.
    pub async fn has(&self, test_id: &str) -> Result<bool> {
        self.js("return !!document.querySelector(`[data-testid=${arguments[0]}]`)", vec![test_id.into()]).await
    }

    /// Waits until there is an element with this `data-testid`.
    ///
    /// # Errors
    /// When there is none within a minute.
    pub async fn wait_for(&self, test_id: &str) -> Result<()> {
        until(test_id, async || Ok(self.has(test_id).await?.then_some(()))).await
    }

    /// Gives the page a size of its own, whatever the window's, and a colour scheme (Chromium only).
    ///
    /// # Errors
    /// When the browser does not take it.
    pub async fn pretend(&self, width: u32, height: u32, scheme: Scheme) -> Result<()> {
        let size = json!({ "width": width, "height": height, "deviceScaleFactor": 1, "mobile": false });
        self.cdp("Emulation.setDeviceMetricsOverride", size).await?;
        let scheme = match scheme {
            Scheme::Dark => "dark",
            Scheme::Light => "light",
        };
        let media = json!({ "features": [{ "name": "prefers-color-scheme", "value": scheme }] });
        self.cdp("Emulation.setEmulatedMedia", media).await?;
        Ok(())
    }

    /// Sends a command of the Chrome DevTools protocol (Chromium only).
    ///
    /// # Errors
    /// When the browser does not take it.
    pub async fn cdp(&self, command: &'static str, parameters: Value) -> Result<Value> {
        Ok(self.client.issue_cmd(cdp::Command { command, parameters }).await?)
    }

    /// Stops the browser and all it has started for so long, as a device that sleeps does.
    ///
    /// # Errors
    /// When it cannot be stopped or woken.
    pub async fn sleep(&self, length: Duration) -> Result<()> {
        let group = self.driver.process.id().context("the driver has ended")?;
        let signal = async |name: &str| {
            let sent = Command::new("kill").args([name, "--", &format!("-{group}")]).status().await?;
            ensure!(sent.success(), "the browser does not take {name}");
            Ok(())
        };
        signal("-STOP").await?;
        tokio::time::sleep(length).await;
        signal("-CONT").await
    }

    /// Writes what the page looks like to a PNG file.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub async fn screenshot(&self, file: &Path) -> Result<()> {
        let png = self.client.screenshot().await?;
        if let Some(folder) = file.parent() {
            std::fs::create_dir_all(folder)?;
        }
        Ok(std::fs::write(file, png)?)
    }

    /// What the page wrote to its console since the last look, at most as many lines as a message carries (Chromium
    /// only).
    pub async fn console(&self) -> String {
        match self.client.issue_cmd(cdp::ConsoleLog).await {
            Ok(lines) => lines.as_array().map_or_else(String::new, |lines| {
                lines.iter().filter_map(|line| line["message"].as_str()).take(20).collect::<Vec<_>>().join("\n")
            }),
            Err(error) => format!("no console: {error}"),
        }
    }

    /// Closes the page, and with it the browser or the app, and waits for it.
    ///
    /// # Errors
    /// When the session does not end.
    pub async fn close(self) -> Result<()> {
        self.client.close().await?;
        drop(self.driver);
        Ok(())
    }
}

async fn connect(port: u16, capabilities: Value) -> Result<Client> {
    let capabilities: Capabilities = serde_json::from_value(capabilities)?;
    let mut builder = ClientBuilder::new(HttpConnector::new());
    builder.capabilities(capabilities);
    let address = format!("http://127.0.0.1:{port}");
    Ok(tokio::time::timeout(PATIENCE, builder.connect(&address)).await.context("the driver does not answer")??)
}

/// A driver process and everything it starts: one process group.
#[derive(Debug)]
struct Driver {
    process: Child,
}

impl Driver {
    fn spawn(mut command: Command) -> Result<Self> {
        command.stdin(Stdio::null()).kill_on_drop(true).process_group(0);
        let name = command.as_std().get_program().to_owned();
        let process = command.spawn().with_context(|| format!("cannot start {}", name.display()))?;
        Ok(Self { process })
    }

    /// Starts a driver that says on its standard output where it listens.
    async fn start(mut command: Command, port: impl Fn(&str) -> Option<u16>) -> Result<(Self, u16)> {
        command.stdout(Stdio::piped());
        let mut driver = Self::spawn(command)?;
        let output = driver.process.stdout.take().context("stdout is a pipe")?;
        let mut lines = BufReader::new(output).lines();
        let found = tokio::time::timeout(PATIENCE, async {
            while let Some(line) = lines.next_line().await? {
                if let Some(port) = port(&line) {
                    return Ok(port);
                }
            }
            bail!("the driver ended: {}", driver.process.wait().await?)
        })
        .await
        .context("the driver does not say its port")??;
        // Reads on, so that the driver never meets a closed pipe.
        tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
        Ok((driver, found))
    }
}

impl Drop for Driver {
    fn drop(&mut self) {
        // The whole group: a driver that is killed leaves its browser behind.
        if let Some(pid) = self.process.id() {
            let _ = std::process::Command::new("kill").args(["-KILL", "--", &format!("-{pid}")]).status();
        }
    }
}

/// Waits until `look` gives something. `what` is for the message.
///
/// # Errors
/// When it takes longer than a minute, or `look` fails.
pub async fn until<T>(what: &str, look: impl AsyncFnMut() -> Result<Option<T>>) -> Result<T> {
    until_within(PATIENCE, what, look).await
}

/// Like [`until`], with a limit of its own.
///
/// # Errors
/// See [`until`].
pub async fn until_within<T>(
    limit: Duration,
    what: &str,
    mut look: impl AsyncFnMut() -> Result<Option<T>>,
) -> Result<T> {
    let deadline = Instant::now() + limit;
    loop {
        if let Some(found) = look().await? {
            return Ok(found);
        }
        ensure!(Instant::now() < deadline, "waited {limit:?} in vain for {what}");
        tokio::time::sleep(PAUSE).await;
    }
}

/// Whether all programs are on the path. If not, says so, and fails the test where `REQUIRE_BACKENDS=1`.
///
/// # Panics
/// When a program is missing and must not be.
pub fn programs_are_here(test: &str, programs: &[&str]) -> bool {
    let missing = missing_programs(programs);
    if missing.is_empty() {
        return true;
    }
    skip(test, &format!("needs {}", missing.join(", ")));
    false
}

/// Where npm put the players of others, or skips the test.
///
/// # Panics
/// When nobody says where, and `REQUIRE_BACKENDS=1`.
pub fn node_modules(test: &str) -> Option<PathBuf> {
    let modules = std::env::var_os("MATINEE_NODE_MODULES").map(PathBuf::from);
    if modules.is_none() {
        skip(test, "set MATINEE_NODE_MODULES to a folder with hls.js");
    }
    modules
}

/// Says that a test does not run and why, and fails it where `REQUIRE_BACKENDS=1`.
///
/// # Panics
/// Where it must run.
#[expect(clippy::print_stderr, reason = "a skip must be seen")]
pub fn skip(test: &str, why: &str) {
    let must = std::env::var_os("REQUIRE_BACKENDS").is_some_and(|value| value == "1");
    assert!(!must, "{test}: {why}");
    eprintln!("SKIPPED {test}: {why}");
}

/// Those of the programs that are not on the path.
pub fn missing_programs<'a>(programs: &[&'a str]) -> Vec<&'a str> {
    programs.iter().copied().filter(|program| on_path(program).is_none()).collect()
}

fn on_path(program: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path).map(|folder| folder.join(program)).find(|file| file.is_file())
}
