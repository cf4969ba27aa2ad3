//! A server as a value: start it, ask where it listens, stop it. `matinee-server` and the desktop app both hold one.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use media_engine::EngineError;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use crate::app::{self, App};
use crate::config::{Config, ConfigError};
use crate::http;
use crate::http::listen::Delivery;
use crate::library::AddFolderError;
use crate::store::StoreError;

mod data_lock;
pub(crate) mod folders;

use data_lock::DataLock;

/// A running server. [`Server::shutdown`] ends it well; dropping it ends it at once.
pub struct Server {
    address: SocketAddr,
    app: App,
    delivery: Delivery,
    /// Held for as long as the data folder is in use.
    _lock: DataLock,
}

impl Server {
    /// Starts a server. It listens when this returns; the library is scanned meanwhile.
    ///
    /// Runs in the tokio runtime that calls it, but for delivery, which has threads of its own, so that nothing else
    /// can delay a segment.
    ///
    /// # Errors
    /// See [`StartError`]; nothing keeps running then.
    pub async fn start(config: Config) -> Result<Self, StartError> {
        let data = config.storage.data.clone().ok_or(StartError::NoDataFolder)?;
        let lock = DataLock::take(&data)?;
        let store = app::open_store(&config, &data).await?;
        let listener = listen(config.http.listen).await?;
        let address = listener.local_addr().map_err(StartError::Internal)?;
        let open_to_lan = !address.ip().is_loopback();
        let app = app::start(&config, &data, store, open_to_lan).await?;
        let router = http::router(app.clone(), &config.http);
        let delivery = Delivery::start(listener, router, app.clone(), &config.http).map_err(StartError::Internal)?;
        tracing::info!(%address, data = %data.display(), version = env!("CARGO_PKG_VERSION"), "started");
        Ok(Self { address, app, delivery, _lock: lock })
    }

    /// Where it listens; with port 0 asked for, the port it got.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Whether devices beyond this machine can reach it.
    pub fn open_to_lan(&self) -> bool {
        self.app.open_to_lan
    }

    /// Stops it: takes no more connections, lets requests in flight finish within the configured time, stops scanning
    /// and encoding, and leaves the database whole.
    pub async fn shutdown(self) {
        self.app.closing.cancel();
        self.delivery.drain().await;
        self.app.stop().await;
        tracing::info!("stopped");
    }

    /// Adds a folder to the library for good and has it scanned; one that is there already is no error.
    ///
    /// # Errors
    /// The folder cannot be a library folder, or could not be remembered.
    pub async fn add_folder(&self, folder: &Path) -> Result<(), AddFolderError> {
        self.app.library.add_folder(folder).await.map(drop)
    }

    /// A token that is cancelled when shutdown begins.
    pub fn closing(&self) -> CancellationToken {
        self.app.closing.clone()
    }
}

async fn listen(address: SocketAddr) -> Result<TcpListener, StartError> {
    TcpListener::bind(address).await.map_err(|source| {
        if source.kind() == std::io::ErrorKind::AddrInUse {
            StartError::AddressTaken(address)
        } else {
            StartError::CannotListen { address, source }
        }
    })
}

/// Why a server did not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The configuration cannot be used.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The configuration names no data folder.
    #[error("no data folder is named")]
    NoDataFolder,
    /// The data folder cannot be made or written.
    #[error("the data folder {} cannot be used: {source}", path.display())]
    Data {
        /// The folder.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// Another process has the data folder.
    #[error("the data folder {} is in use by another process; stop it or use another folder", path.display())]
    DataInUse {
        /// The folder.
        path: PathBuf,
    },
    /// Another process listens there.
    #[error("the address {0} is taken by another process; stop it or use --listen with another port")]
    AddressTaken(SocketAddr),
    /// The address cannot be listened at for another reason.
    #[error("cannot listen at {address}: {source}")]
    CannotListen {
        /// The address.
        address: SocketAddr,
        /// What the system said.
        source: std::io::Error,
    },
    /// The database cannot be used.
    #[error("the database cannot be used: {}", chain(.0))]
    Store(#[from] StoreError),
    /// The media engine cannot be started.
    #[error("the media engine cannot be started: {}", chain(.0))]
    Engine(#[from] EngineError),
    /// The system refused something that should always work.
    #[error("the system refused: {0}")]
    Internal(std::io::Error),
}

impl StartError {
    /// The exit status of `matinee-server` for this.
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::Config(_) | Self::NoDataFolder => 2,
            Self::DataInUse { .. } => 3,
            Self::AddressTaken(_) => 4,
            Self::Data { .. } | Self::CannotListen { .. } | Self::Store(_) | Self::Engine(_) | Self::Internal(_) => 1,
        }
    }
}

/// An error with all that caused it, on one line: these are read by a person who cannot ask further.
fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(source) = next {
        text.push_str(": ");
        text.push_str(&source.to_string());
        next = source.source();
    }
    text
}
