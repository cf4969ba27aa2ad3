//! A real `matinee-server` for a test or a bench: its own data folder, its own port, ended with its owner.
//!
//! Knows the command line and the JSON of the contract, nothing of the server's inside.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail, ensure};
use server_api::{Movie, MovieStatus, Page, Scan, ScanPhase, SourceKind, Sources, Video};
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::{Child, Command};

/// Two cores that are busy with other tests start and scan within this.
const PATIENCE: Duration = Duration::from_secs(60);
/// Between two looks at a condition.
const PAUSE: Duration = Duration::from_millis(50);

/// A server that is running. Dropping it kills it; [`TestServer::stop`] ends it as a user would.
#[derive(Debug)]
pub struct TestServer {
    process: Child,
    origin: String,
    pid: u32,
    /// Removed with the server; absent if the caller keeps the data.
    _data: Option<tempfile::TempDir>,
}

impl TestServer {
    /// Starts a server over `libraries` with an empty data folder and waits until it listens.
    ///
    /// # Errors
    /// When the binary is missing, ends at once or does not listen within a minute.
    pub async fn start(libraries: &[impl AsRef<Path>]) -> Result<Self> {
        let data = tempfile::tempdir()?;
        let mut server = Self::start_in(data.path(), libraries).await?;
        server._data = Some(data);
        Ok(server)
    }

    /// Like [`TestServer::start`], with a data folder that the caller keeps.
    ///
    /// # Errors
    /// See [`TestServer::start`].
    pub async fn start_in(data: &Path, libraries: &[impl AsRef<Path>]) -> Result<Self> {
        let mut arguments = vec![OsStr::new("--data"), data.as_os_str()];
        for library in libraries {
            arguments.extend([OsStr::new("--library"), library.as_ref().as_os_str()]);
        }
        Self::start_with(&arguments).await
    }

    /// Starts `matinee-server serve --listen 127.0.0.1:0` with further arguments and waits until it listens. Its log
    /// goes to the test's stderr.
    ///
    /// # Errors
    /// See [`TestServer::start`].
    pub async fn start_with(arguments: &[impl AsRef<OsStr>]) -> Result<Self> {
        // reqwest brings no TLS of its own and asks for one even for `http`; a second call changes nothing.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let mut process = Command::new(Self::binary()?)
            .args(["serve", "--listen", "127.0.0.1:0"])
            .args(arguments)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .context("cannot start matinee-server")?;
        let pid = process.id().context("a process that has just started has an id")?;
        let output = process.stdout.take().context("stdout is a pipe")?;
        let mut lines = BufReader::new(output).lines();
        let origin = tokio::time::timeout(PATIENCE, async {
            while let Some(line) = lines.next_line().await? {
                if let Some(origin) = line.strip_prefix("listening on ") {
                    return Ok(origin.trim_end_matches('/').to_owned());
                }
            }
            bail!("matinee-server ended before it listened: {}", process.wait().await?)
        })
        .await
        .context("matinee-server did not say where it listens")??;
        // Reads on, so that the server never meets a closed pipe.
        tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
        Ok(Self { process, origin, pid, _data: None })
    }

    /// The server's executable, built into the same target folder as this program.
    ///
    /// # Errors
    /// When it has not been built.
    pub fn binary() -> Result<PathBuf> {
        built("matinee-server", "local-server")
    }

    /// `http://ADDR`, without a slash at the end.
    pub fn origin(&self) -> String {
        self.origin.clone()
    }

    /// Process id.
    pub fn pid(&self) -> u32 {
        self.pid
    }

    /// Gets a JSON document; `path` starts with a slash.
    ///
    /// # Errors
    /// When there is no answer, no success, or another shape.
    pub async fn json<T: serde::de::DeserializeOwned>(&self, path: &str) -> Result<T> {
        let reply = reqwest::get(format!("{}{path}", self.origin)).await?;
        let (status, text) = (reply.status(), reply.text().await?);
        ensure!(status.is_success(), "{path}: {status}: {text}");
        serde_json::from_str(&text).with_context(|| format!("{path} answered {text}"))
    }

    /// Waits until the scan is done and nothing is pending; returns all titles.
    ///
    /// # Errors
    /// When it takes longer than a minute.
    pub async fn scanned(&self) -> Result<Vec<Movie>> {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let scan: Scan = self.json("/api/library/scan").await?;
            let page: Page<Movie> = self.json("/api/movies?limit=200").await?;
            let pending = page.items.iter().any(|movie| movie.status == MovieStatus::Pending);
            if !pending && scan.phase == ScanPhase::Idle && scan.finished_at.is_some() {
                return Ok(page.items);
            }
            ensure!(Instant::now() < deadline, "the scan does not end: {scan:?}, {:?}", page.items);
            tokio::time::sleep(PAUSE).await;
        }
    }

    /// Waits until the title is probed and returns it, playable or not.
    ///
    /// # Errors
    /// When there is no such title, or the scan takes longer than a minute.
    pub async fn movie(&self, title: &str) -> Result<Movie> {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let page: Page<Movie> = self.json("/api/movies?limit=200").await?;
            let found = page.items.iter().find(|movie| movie.title == title);
            if let Some(movie) = found.filter(|movie| movie.status != MovieStatus::Pending) {
                return Ok(movie.clone());
            }
            let titles: Vec<_> = page.items.iter().map(|movie| &movie.title).collect();
            ensure!(Instant::now() < deadline, "{title} is not probed; there are {titles:?}");
            tokio::time::sleep(PAUSE).await;
        }
    }

    /// Waits until the title can be played and returns its id.
    ///
    /// # Errors
    /// See [`TestServer::movie`]; and when the title is unplayable.
    pub async fn ready_movie(&self, title: &str) -> Result<String> {
        let movie = self.movie(title).await?;
        ensure!(movie.status == MovieStatus::Ready, "{title} is not playable: {:?}", movie.problem);
        Ok(movie.id)
    }

    /// Running time of a title, seconds.
    ///
    /// # Errors
    /// When it is unknown.
    pub async fn duration_s(&self, id: &str) -> Result<f64> {
        let video: Video = self.json(&format!("/api/videos/{id}")).await?;
        video.movie.duration_s.with_context(|| format!("{id} has no running time"))
    }

    /// Address of the adaptive source for a client that plays H.264 and AAC.
    ///
    /// # Errors
    /// When the title has none.
    pub async fn hls_url(&self, id: &str) -> Result<String> {
        self.source_url(id, SourceKind::Hls, "").await
    }

    /// Address of the best source of a kind; `query` is that of `/api/streaming/sources`, without
    /// the question mark.
    ///
    /// # Errors
    /// When the title has none.
    pub async fn source_url(&self, id: &str, kind: SourceKind, query: &str) -> Result<String> {
        let reply: Sources = self.json(&format!("/api/streaming/sources/{id}?{query}")).await?;
        let source = reply.sources.iter().find(|source| source.kind == kind);
        let source = source.with_context(|| format!("no {kind:?} source of {id} in {reply:?}"))?;
        Ok(reqwest::Url::parse(&self.origin)?.join(&source.url)?.into())
    }

    /// Asks the server to end, as `kill` does, and waits for it.
    ///
    /// # Errors
    /// When it does not end within a minute, or not cleanly.
    pub async fn stop(mut self) -> Result<()> {
        let asked = Command::new("kill").arg(self.pid.to_string()).status().await.context("cannot run kill")?;
        ensure!(asked.success(), "there is no process {}", self.pid);
        let status = tokio::time::timeout(PATIENCE, self.process.wait()).await.context("the server does not end")??;
        ensure!(status.success(), "the server ended with {status}");
        Ok(())
    }
}

/// The path of a program of this workspace, built into the same target folder as the program that asks.
///
/// # Errors
/// When it has not been built; the message names the package to build.
pub fn built(program: &str, package: &str) -> Result<PathBuf> {
    let own = std::env::current_exe()?;
    let name = format!("{program}{}", std::env::consts::EXE_SUFFIX);
    // Tests live in `deps`, one below the programs.
    own.ancestors()
        .skip(1)
        .take(2)
        .map(|folder| folder.join(&name))
        .find(|path| path.exists())
        .with_context(|| format!("{program} is not built beside {}: cargo build -p {package}", own.display()))
}

/// Whether slow tests run. Says that they are skipped where `RUN_SLOW=1` is not set.
#[expect(clippy::print_stderr, reason = "a skip must be seen")]
pub fn slow_tests_run(test: &str) -> bool {
    let run = std::env::var_os("RUN_SLOW").is_some_and(|value| value == "1");
    if !run {
        eprintln!("SKIPPED {test}: slow, set RUN_SLOW=1");
    }
    run
}
