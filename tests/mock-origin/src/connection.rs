//! Connections: how many, which HTTP they speak, with TLS or without, and how they are reset.

use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use axum::Router;
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto;
use hyper_util::service::TowerToHyperService;
use socket2::SockRef;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Notify;

use crate::network::{HttpVersions, OverLimit, Peer};
use crate::origin::Shared;
use crate::tls::Tls;

/// Cuts the connection that a request came on.
#[derive(Clone, Debug, Default)]
pub(crate) struct Lifeline {
    state: Arc<State>,
    /// It is one of several requests on this connection, which is not to be cut.
    shared: bool,
}

#[derive(Debug, Default)]
struct State {
    cut: AtomicBool,
    /// The HTTP library has handed over all that it had.
    flushed: Notify,
}

/// A client that does not read keeps nobody waiting for longer.
const FLUSH_LIMIT: Duration = Duration::from_secs(1);

impl Lifeline {
    /// Resets the connection: what was not sent is not sent any more.
    pub(crate) fn cut(&self) {
        if !self.shared {
            self.state.cut.store(true, Ordering::Relaxed);
        }
    }

    /// That of a stream beside others.
    pub(crate) fn of_stream(self) -> Self {
        Self { shared: true, ..self }
    }

    /// Waits until what went out so far has left the HTTP library: it forgets what it holds when a body fails.
    pub(crate) async fn flushed(&self) {
        // Of a client that is too slow, less arrives. That is what an end in the middle is.
        let _ = tokio::time::timeout(FLUSH_LIMIT, self.state.flushed.notified()).await;
    }

    fn is_cut(&self) -> bool {
        self.state.cut.load(Ordering::Relaxed)
    }
}

/// A connection that can be cut.
struct Wire {
    stream: TcpStream,
    line: Lifeline,
}

impl Wire {
    fn check(&self) -> io::Result<()> {
        if self.line.is_cut() { Err(io::ErrorKind::ConnectionReset.into()) } else { Ok(()) }
    }
}

impl Drop for Wire {
    fn drop(&mut self) {
        if self.line.is_cut() {
            // Without lingering the system answers with a reset instead of an end.
            let _ = SockRef::from(&self.stream).set_linger(Some(Duration::ZERO));
        }
    }
}

impl AsyncRead for Wire {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        self.check()?;
        Pin::new(&mut self.stream).poll_read(context, buffer)
    }
}

impl AsyncWrite for Wire {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        self.check()?;
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.check()?;
        self.line.state.flushed.notify_waiters();
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        // A reset connection says no goodbye.
        self.check()?;
        Pin::new(&mut self.stream).poll_shutdown(context)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.check()?;
        Pin::new(&mut self.stream).poll_write_vectored(context, slices)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }
}

/// Counts open connections; those who wait for a place are woken by one that ends.
#[derive(Debug, Default)]
pub(crate) struct Places {
    open: std::sync::atomic::AtomicUsize,
    freed: Notify,
}

/// A connection that is open.
struct Place(Arc<Shared>, u64);

impl Drop for Place {
    fn drop(&mut self) {
        let Self(shared, connection) = self;
        shared.links.forget(*connection);
        shared.places.open.fetch_sub(1, Ordering::AcqRel);
        shared.places.freed.notify_waiters();
    }
}

/// Takes a place if there is one.
fn place(shared: &Arc<Shared>, connection: u64) -> Option<Place> {
    let most = shared.plan().network.max_connections.unwrap_or(usize::MAX);
    let more = |open: usize| (open < most).then_some(open + 1);
    let taken = shared.places.open.fetch_update(Ordering::AcqRel, Ordering::Acquire, more);
    taken.ok().map(|_| Place(Arc::clone(shared), connection))
}

/// Takes connections for ever.
pub(crate) async fn accept(listener: TcpListener, shared: Arc<Shared>, routes: Router, tls: Option<Tls>) {
    for connection in 1.. {
        let (stream, address) = match listener.accept().await {
            Ok(accepted) => accepted,
            Err(_) => {
                // Out of descriptors, say: trying again at once would only keep the processor busy.
                tokio::time::sleep(Duration::from_millis(50)).await;
                continue;
            }
        };
        let place = loop {
            // Registered before looking, so that a place that is freed in between is not missed.
            let freed = shared.places.freed.notified();
            match place(&shared, connection) {
                Some(place) => break Some(place),
                None if shared.plan().network.over_limit == OverLimit::Refuse => break None,
                None => freed.await,
            }
        };
        let line = Lifeline::default();
        let wire = Wire { stream, line: line.clone() };
        let Some(place) = place else {
            line.cut();
            continue;
        };
        // Small turns must leave at once: the link is the only thing that may delay them.
        let _ = wire.stream.set_nodelay(true);
        let (routes, tls, shared) = (routes.clone(), tls.clone(), Arc::clone(&shared));
        tokio::spawn(async move {
            tokio::select! {
                () = serve(wire, address, &place, line, routes, tls) => {}
                () = shared.closing.notified() => {}
            }
        });
    }
}

async fn serve(wire: Wire, address: SocketAddr, place: &Place, line: Lifeline, routes: Router, tls: Option<Tls>) {
    let Place(shared, connection) = place;
    let network = shared.plan().network.clone();
    tokio::time::sleep(network.connect).await;
    let peer = Peer { client: address.ip(), connection: *connection };
    let routes = routes.layer(axum::Extension(peer)).layer(axum::Extension(line));
    let service = TowerToHyperService::new(routes);
    let mut http = auto::Builder::new(TokioExecutor::new());
    match network.http {
        HttpVersions::Any => {}
        HttpVersions::One => http = http.http1_only(),
        HttpVersions::Two => http = http.http2_only(),
    }
    // Errors of a connection are the client's to notice.
    match tls {
        None => drop(http.serve_connection(TokioIo::new(wire), service).await),
        Some(tls) => {
            let Ok(stream) = tls.acceptor(network.http).accept(wire).await else { return };
            drop(http.serve_connection(TokioIo::new(stream), service).await);
        }
    }
}
