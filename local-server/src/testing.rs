//! What tests of several modules need: an examiner that knows no media, a server on a real socket, a client that can
//! send anything.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use async_trait::async_trait;
use bytes::Bytes;
use media_engine::facts::Container;
use media_engine::probe::Flaw;
use media_engine::{Engine, EngineConfig, MediaFacts, Poster, PosterError, ProbeError, Source, WorkerCommand};
use media_model::{ByteCount, MediaDuration, MediaTime, Resolution};
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;

use crate::app::{App, Parts};
use crate::config::{HttpConfig, LibraryConfig};
use crate::domain::{Playability, Stamp};
use crate::http;
use crate::http::listen::Delivery;
use crate::http::metrics::Metrics;
use crate::library::{Examiner, Library};
use crate::store::CatalogStore;
use crate::store::sqlite::SqliteStore;

/// How long anything that must happen may take on a busy machine.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);

/// Takes every file that begins with `film` for ten seconds of MP4, and no other.
pub(crate) struct FakeExaminer {
    /// Each probe takes one of these.
    pub(crate) permits: Semaphore,
    pub(crate) probes: AtomicUsize,
}

impl FakeExaminer {
    pub(crate) fn new() -> Arc<Self> {
        Arc::new(Self { permits: Semaphore::new(1_000_000), probes: AtomicUsize::new(0) })
    }

    /// Probes wait until they are let through.
    pub(crate) fn held() -> Arc<Self> {
        Arc::new(Self { permits: Semaphore::new(0), probes: AtomicUsize::new(0) })
    }

    pub(crate) fn probes(&self) -> usize {
        self.probes.load(Ordering::SeqCst)
    }
}

#[async_trait]
impl Examiner for FakeExaminer {
    async fn probe(&self, path: &Path) -> Result<MediaFacts, ProbeError> {
        self.permits.acquire().await.unwrap().forget();
        self.probes.fetch_add(1, Ordering::SeqCst);
        let mut beginning = [0; 4];
        let mut file = std::fs::File::open(path)?;
        file.read_exact(&mut beginning).map_err(|_| ProbeError::NotMedia(Flaw::Empty))?;
        if &beginning != b"film" {
            return Err(ProbeError::NotMedia(Flaw::Unrecognised));
        }
        Ok(MediaFacts {
            container: Container::Mp4,
            origin: MediaTime::ZERO,
            duration: MediaDuration::from_secs(10),
            video: None,
            audio: Vec::new(),
            subtitles: Vec::new(),
            chapters: Vec::new(),
        })
    }

    async fn poster(&self, source: &Source) -> Result<Poster, PosterError> {
        if source.path.to_string_lossy().contains("radio") {
            return Err(PosterError::NoPicture);
        }
        Ok(Poster { jpeg: Bytes::from_static(b"\xff\xd8 a picture"), size: Resolution { width: 2, height: 2 } })
    }
}

/// Quick to notice changes.
pub(crate) fn eager() -> LibraryConfig {
    LibraryConfig { settle_ms: 50, poll_s: 1, ..LibraryConfig::default() }
}

/// A library with a store in a temporary folder.
pub(crate) struct Shelf {
    pub(crate) films: PathBuf,
    pub(crate) store: Arc<dyn CatalogStore>,
    pub(crate) library: Library,
    pub(crate) folder: tempfile::TempDir,
}

impl Shelf {
    /// `files` are there before the first scan.
    pub(crate) async fn with(files: &[&str], examiner: Arc<dyn Examiner>, config: LibraryConfig) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let films = folder.path().join("films");
        std::fs::create_dir(&films).unwrap();
        files.iter().for_each(|name| write_film(&films.join(name)));
        let store: Arc<dyn CatalogStore> = Arc::new(SqliteStore::open(&folder.path().join("test.db")).unwrap());
        store.configure_folders(std::slice::from_ref(&films)).await.unwrap();
        let library = Library::start(Arc::clone(&store), examiner, config, &folder.path().join("data"));
        Self { films, store, library, folder }
    }

    /// Waits until `count` scans have ended.
    pub(crate) async fn scans(&self, count: u64) {
        let mut progress = self.library.progress();
        let ended = tokio::time::timeout(PATIENCE, progress.wait_for(|progress| progress.scans >= count));
        ended.await.expect("the scan ends").expect("the library lives");
    }

    /// Asks for a scan and waits until it has ended.
    pub(crate) async fn rescan(&self) {
        let before = self.library.progress().borrow().scans;
        self.library.rescan(crate::library::ScanRequest::default());
        self.scans(before + 1).await;
    }

    pub(crate) async fn names(&self) -> Vec<String> {
        self.store.page(None, 1_000).await.unwrap().into_iter().map(|title| title.name).collect()
    }
}

/// Makes a file that [`FakeExaminer`] takes for a film.
pub(crate) fn write_film(path: &Path) {
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, format!("film {}", path.display())).unwrap();
}

/// A server on a real socket.
pub(crate) struct Site {
    pub(crate) shelf: Shelf,
    pub(crate) app: App,
    pub(crate) address: SocketAddr,
    pub(crate) delivery: Delivery,
}

impl Site {
    pub(crate) async fn with(files: &[&str]) -> Self {
        let mut shelf = Shelf::with(files, FakeExaminer::new(), eager()).await;
        shelf.scans(1).await;
        let engine = Engine::start(EngineConfig {
            cache_dir: shelf.folder.path().join("cache"),
            quota: ByteCount::new(1_000_000),
            heads: 1,
            worker: WorkerCommand { program: "/nonexistent".into(), arguments: Vec::new() },
        });
        let engine = engine.await.unwrap();
        // The handle moves into the app; the shelf keeps one on an empty folder.
        let spare = tempfile::tempdir().unwrap();
        let idle = Library::start(Arc::clone(&shelf.store), FakeExaminer::held(), eager(), spare.path());
        idle.shutdown().await;
        let library = std::mem::replace(&mut shelf.library, idle);
        let config = HttpConfig::default();
        let app = App::from(Parts {
            store: Arc::clone(&shelf.store),
            library,
            metrics: Metrics::new(engine.clone()),
            report_rate: http::ReportRate::default(),
            engine,
            started: Instant::now(),
            open_to_lan: false,
            closing: CancellationToken::new(),
            control: tokio::runtime::Handle::current(),
        });
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let router = http::router(app.clone(), &config);
        let delivery = Delivery::start(listener, router, app.clone(), &config).unwrap();
        Self { shelf, app, address, delivery }
    }

    /// The id of the title with this name.
    pub(crate) async fn id(&self, name: &str) -> String {
        let titles = self.shelf.store.page(None, 1_000).await.unwrap();
        titles.into_iter().find(|title| title.name == name).expect("the title is there").id.to_string()
    }

    /// Waits until the library knows the file `name` of its folder as it is now. Until the scan has noticed a change it
    /// serves what it knew, and once it has it answers 503 for a while: waiting for a 200 alone may end too early.
    pub(crate) async fn examined(&self, name: &str) {
        let path = self.shelf.films.join(name);
        let now = std::fs::metadata(&path).unwrap();
        let now = (now.len(), now.mtime() * 1_000_000_000 + now.mtime_nsec());
        until("the new version is examined", async || {
            let titles = self.shelf.store.page(None, 1_000).await.unwrap();
            titles.iter().filter(|title| title.file.path == path).any(|title| {
                let Stamp { size, modified_ns, .. } = title.file.stamp;
                matches!(title.playability, Playability::Ready { .. }) && (size, modified_ns) == now
            })
        })
        .await;
    }

    /// Sends a request with the right Host and reads the reply.
    pub(crate) async fn ask(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> Answer {
        let mut headers = headers.to_vec();
        if !headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("host")) {
            headers.push(("host", "localhost:1"));
        }
        let lines: String = headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
        let length = body.len();
        let request =
            format!("{method} {path} HTTP/1.1\r\n{lines}connection: close\r\ncontent-length: {length}\r\n\r\n{body}");
        let mut stream = self.connect();
        let answer = tokio::task::spawn_blocking(move || {
            stream.write_all(request.as_bytes()).unwrap();
            let mut reply = Vec::new();
            // A connection that breaks off leaves what came so far.
            drop(stream.read_to_end(&mut reply));
            reply
        });
        Answer::read(&answer.await.unwrap())
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.ask("GET", path, &[], "").await
    }

    pub(crate) fn connect(&self) -> TcpStream {
        let stream = TcpStream::connect(self.address).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        stream
    }
}

/// A reply.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    fn read(reply: &[u8]) -> Self {
        let end = reply.windows(4).position(|four| four == b"\r\n\r\n").expect("the reply has a head");
        let head = String::from_utf8(reply[..end].to_vec()).unwrap().to_lowercase();
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        Self { status, head, body: reply[end + 4..].to_vec() }
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.head
            .lines()
            .skip(1)
            .find_map(|line| line.split_once(": ").filter(|(key, _)| *key == name))
            .map(|(_, value)| value)
    }

    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    /// The code of a problem document, after a look at everything that makes it one.
    pub(crate) fn problem(&self) -> String {
        assert_eq!(self.header("content-type"), Some("application/problem+json"), "{self:?}");
        let document: server_api::Problem = serde_json::from_slice(&self.body).unwrap();
        assert_eq!(document.status, Some(self.status));
        assert_eq!(document.request_id.as_deref(), self.header("x-request-id"));
        assert!(document.detail.ends_with('.') || document.detail.ends_with('?'), "a sentence: {}", document.detail);
        document.code
    }
}

/// Waits until `condition` holds.
pub(crate) async fn until(what: &str, mut condition: impl AsyncFnMut() -> bool) {
    let begun = Instant::now();
    while !condition().await {
        assert!(begun.elapsed() < PATIENCE, "never: {what}");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}
