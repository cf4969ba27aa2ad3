//! A running origin: the socket, the routes, and the handles a test holds.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use axum::Router;
use axum::routing::{get, post, put};
use axum::serve::ListenerExt;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use url::Url;

use crate::bucket::Bucket;
use crate::log::{Entry, Log, millis};
use crate::profile::Profile;
use crate::proxy::{self, Upstream};

/// What an origin is started with.
#[derive(Clone, Debug)]
pub struct OriginConfig {
    /// Where requests are passed on to; `http` only, its path is not looked at.
    pub upstream: Url,
    /// Where it listens; port 0 takes any.
    pub listen: SocketAddr,
    /// How fast the link is; its time starts with the origin and with each reset.
    pub profile: Profile,
    /// Delay before each request is passed on.
    pub latency: Duration,
}

/// Why an origin did not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The address is not one to pass requests on to.
    #[error("the upstream {0} is not an http address with a host")]
    Upstream(Url),
    /// The socket could not be had.
    #[error("cannot listen on {address}")]
    Listen {
        /// The address that was asked for.
        address: SocketAddr,
        /// The system's reason.
        source: std::io::Error,
    },
}

/// A running origin; it ends when this is dropped.
#[derive(Debug)]
pub struct Origin {
    address: SocketAddr,
    shared: Arc<Shared>,
    serving: JoinHandle<()>,
}

#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) bucket: Bucket,
    pub(crate) log: Log,
    pub(crate) upstream: Upstream,
    latency_ms: AtomicU64,
}

impl Shared {
    pub(crate) fn latency(&self) -> Duration {
        Duration::from_millis(self.latency_ms.load(Ordering::Relaxed))
    }

    pub(crate) fn set_latency(&self, latency: Duration) {
        self.latency_ms.store(millis(latency), Ordering::Relaxed);
    }
}

impl Origin {
    /// Starts to listen; needs a Tokio runtime.
    ///
    /// # Errors
    /// The upstream is not usable, or the address is taken.
    pub async fn start(config: OriginConfig) -> Result<Self, StartError> {
        let upstream = Upstream::new(&config.upstream).ok_or(StartError::Upstream(config.upstream))?;
        let failed = |source| StartError::Listen { address: config.listen, source };
        let listener = TcpListener::bind(config.listen).await.map_err(failed)?;
        let address = listener.local_addr().map_err(failed)?;
        let shared = Arc::new(Shared {
            bucket: Bucket::new(config.profile),
            log: Log::default(),
            upstream,
            latency_ms: AtomicU64::new(millis(config.latency)),
        });
        let routes = Router::new()
            .route("/_control/rate", put(crate::control::rate))
            .route("/_control/reset", post(crate::control::reset))
            .route("/_control/log", get(crate::control::log))
            .fallback(proxy::pass_on)
            .with_state(Arc::clone(&shared));
        // Small turns must leave at once: the bucket is the only thing that may delay them.
        let listener = listener.tap_io(|stream| {
            let _ = stream.set_nodelay(true);
        });
        let serving = tokio::spawn(async move {
            // Never ends by itself; errors of single connections are axum's to handle.
            let _ = axum::serve(listener, routes).await;
        });
        Ok(Self { address, shared, serving })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Changes the link from now on.
    pub fn set_profile(&self, profile: Profile) {
        self.shared.bucket.set(profile);
    }

    /// Changes the delay of requests that are still to come.
    pub fn set_latency(&self, latency: Duration) {
        self.shared.set_latency(latency);
    }

    /// Starts the link's time and the log anew.
    pub fn reset(&self) {
        self.shared.bucket.restart();
        self.shared.log.reset();
    }

    /// The requests that have ended since the start or the last reset.
    pub fn log(&self) -> Vec<Entry> {
        self.shared.log.entries()
    }
}

impl Drop for Origin {
    fn drop(&mut self) {
        self.serving.abort();
    }
}
