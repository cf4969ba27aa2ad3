//! Takes connections and serves them, on threads of its own: delivery never waits for what else the server does.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::Runtime;
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;
use tower::ServiceExt as _;

use super::wire::{Spans, Wire};
use crate::app::App;
use crate::config::HttpConfig;

/// Both ends of the connection that a request came on; in the extensions of every request.
#[derive(Clone, Debug)]
pub(crate) struct Connection {
    /// Our end.
    pub(crate) local: SocketAddr,
    /// The client's.
    pub(crate) peer: SocketAddr,
    /// How it sends files.
    pub(crate) spans: Spans,
}

/// A client that does not finish its request head in this time is not one.
const HEAD_PATIENCE: Duration = Duration::from_secs(30);

/// Wait after an accept that failed for lack of descriptors or memory.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// The running listener and its threads.
pub(crate) struct Delivery {
    runtime: Option<Runtime>,
    stop: CancellationToken,
    done: Option<tokio::task::JoinHandle<()>>,
}

impl Delivery {
    /// Starts serving `router` at `listener`.
    pub(crate) fn start(listener: TcpListener, router: Router, app: App, config: &HttpConfig) -> io::Result<Self> {
        let threads = std::thread::available_parallelism().map_or(2, usize::from).clamp(2, 8);
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(threads)
            .thread_name("delivery")
            .enable_all()
            .build()?;
        let listener = listener.into_std()?;
        let listener = {
            // A socket belongs to the runtime in which it is registered.
            let _inside = runtime.enter();
            TcpListener::from_std(listener)?
        };
        let stop = CancellationToken::new();
        let service = Service { router, app, drain: Duration::from_secs(config.drain_s) };
        let slots = Arc::new(Semaphore::new(config.max_connections));
        let done = runtime.spawn(serve(listener, service, slots, stop.clone()));
        Ok(Self { runtime: Some(runtime), stop, done: Some(done) })
    }

    /// Takes no more connections and waits, for a bounded time, until requests in flight are answered.
    pub(crate) async fn drain(mut self) {
        self.stop.cancel();
        if let Some(done) = self.done.take()
            && let Err(error) = done.await
        {
            tracing::error!(%error, "serving ended badly");
        }
    }
}

impl Drop for Delivery {
    fn drop(&mut self) {
        self.stop.cancel();
        // Waiting here could block the runtime in which the server is dropped.
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

struct Service {
    router: Router,
    app: App,
    drain: Duration,
}

async fn serve(listener: TcpListener, service: Service, slots: Arc<Semaphore>, stop: CancellationToken) {
    let graceful = GracefulShutdown::new();
    let mut builder = http1::Builder::new();
    builder.timer(TokioTimer::new()).header_read_timeout(HEAD_PATIENCE).writev(true);
    loop {
        let accepted = async {
            let slot = Arc::clone(&slots).acquire_owned().await.expect("the semaphore is never closed");
            listener.accept().await.map(|connection| (connection, slot))
        };
        let ((stream, peer), slot) = match stop.run_until_cancelled(accepted).await {
            None => break,
            Some(Ok(connection)) => connection,
            Some(Err(error)) => {
                tracing::warn!(%error, "a connection could not be accepted");
                tokio::time::sleep(ACCEPT_PAUSE).await;
                continue;
            }
        };
        let Ok(connection) = prepare(&stream, peer) else { continue };
        let spans = connection.spans.clone();
        let router = service.router.clone().map_request(move |mut request: Request<Incoming>| {
            request.extensions_mut().insert(connection.clone());
            request.map(axum::body::Body::new)
        });
        let serving =
            builder.serve_connection(TokioIo::new(Wire::new(stream, spans)), TowerToHyperService::new(router));
        let serving = graceful.watch(serving);
        let active = service.app.metrics.connection();
        tokio::spawn(async move {
            // A client that goes away is no error.
            if let Err(error) = serving.await {
                tracing::debug!(%error, %peer, "connection ended");
            }
            drop((active, slot));
        });
    }
    drop(listener);
    if tokio::time::timeout(service.drain, graceful.shutdown()).await.is_err() {
        tracing::warn!("some clients did not finish in time");
    }
}

fn prepare(stream: &TcpStream, peer: SocketAddr) -> io::Result<Connection> {
    stream.set_nodelay(true)?;
    Ok(Connection { local: stream.local_addr()?, peer, spans: Spans::default() })
}
