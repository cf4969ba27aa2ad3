//! The composition root: the only file that names backends. Everything else sees ports and plain data.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;

use media_engine::{Engine, EngineConfig, WorkerCommand};
use media_model::ByteCount;
use tokio_util::sync::CancellationToken;

use crate::config::Config;
use crate::http::ReportRate;
use crate::http::metrics::Metrics;
use crate::library::Library;
use crate::server::StartError;
use crate::store::CatalogStore;
use crate::store::sqlite::SqliteStore;

/// All parts of a running server. Cheap to clone.
#[derive(Clone)]
pub struct App {
    parts: Arc<Parts>,
}

/// The parts.
pub struct Parts {
    /// Titles, files and folders.
    pub store: Arc<dyn CatalogStore>,
    /// Scanning and posters.
    pub library: Library,
    /// From files to segments.
    pub engine: Engine,
    /// What is measured.
    pub metrics: Metrics,
    /// How many reports of players may come.
    pub report_rate: ReportRate,
    /// When the server was started.
    pub started: Instant,
    /// Whether devices beyond this machine can reach it.
    pub open_to_lan: bool,
    /// Ends what would go on for ever, such as event streams.
    pub closing: CancellationToken,
    /// Where the control plane runs, apart from delivery.
    pub control: tokio::runtime::Handle,
}

impl From<Parts> for App {
    fn from(parts: Parts) -> Self {
        Self { parts: Arc::new(parts) }
    }
}

impl std::ops::Deref for App {
    type Target = Parts;

    fn deref(&self) -> &Parts {
        &self.parts
    }
}

/// Opens the database in the data folder and tells it the folders of the configuration.
///
/// # Errors
/// When it cannot be opened, and with every configured folder that is not there and never was.
pub(crate) async fn open_store(config: &Config, data: &Path) -> Result<Arc<dyn CatalogStore>, StartError> {
    let path = data.join("matinee.db");
    let opened = tokio::task::spawn_blocking(move || SqliteStore::open(&path)).await;
    let store = opened.map_err(|error| StartError::Internal(std::io::Error::other(error)))??;
    let store: Arc<dyn CatalogStore> = Arc::new(store);
    let folders = crate::server::folders::check(config, &*store).await?;
    store.configure_folders(&folders).await?;
    Ok(store)
}

/// Starts all parts. Nothing here waits for the library or for an encoder.
pub(crate) async fn start(
    config: &Config,
    data: &Path,
    store: Arc<dyn CatalogStore>,
    open_to_lan: bool,
) -> Result<App, StartError> {
    let engine = Engine::start(engine_config(config, data)?).await?;
    let library = Library::start(Arc::clone(&store), Arc::new(engine.clone()), config.library.clone(), data);
    let metrics = Metrics::new(engine.clone());
    Ok(App::from(Parts {
        store,
        library,
        metrics,
        report_rate: ReportRate::default(),
        engine,
        started: Instant::now(),
        open_to_lan,
        closing: CancellationToken::new(),
        control: tokio::runtime::Handle::current(),
    }))
}

fn engine_config(config: &Config, data: &Path) -> Result<EngineConfig, StartError> {
    let cache_dir: PathBuf = config.storage.cache.clone().unwrap_or_else(|| data.join("cache"));
    Ok(EngineConfig {
        cache_dir,
        quota: ByteCount::new(config.transcode.cache_mb.saturating_mul(1_000_000)),
        heads: config.transcode.heads,
        worker: WorkerCommand::current_exe().map_err(StartError::Internal)?,
    })
}

impl App {
    /// Stops all parts, in the order in which they lean on each other.
    pub(crate) async fn stop(&self) {
        self.library.shutdown().await;
        self.engine.shutdown().await;
    }
}
