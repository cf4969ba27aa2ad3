//! Loads over HTTP, with progress and an end at any time.
//!
//! Knows nothing of playlists or media: it turns `Output::Load` into the inputs that answer it, and hands over bodies.

use std::collections::BTreeMap;
use std::error::Error;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant, SystemTime};

use bytes::{Bytes, BytesMut};
use media_model::ByteCount;
use player_core::headers;
use player_core::message::{ByteRange, Input, LoadFailure, LoadKind, Problem, RequestId};
use reqwest::header::{CONTENT_TYPE, HeaderMap, RANGE, RETRY_AFTER};
use reqwest::{Certificate, Client, Response, StatusCode};
use tokio::sync::mpsc::UnboundedSender;
use tokio::task::AbortHandle;
use url::Url;

use crate::driver::DriverError;

/// Shortest time between two progress reports of one load: fine enough for a throughput estimate, coarse enough that a
/// fast link does not keep the core busy with every chunk.
const PROGRESS_EVERY: Duration = Duration::from_millis(16);
/// Largest problem document that is read; ours are under a kilobyte.
const LONGEST_PROBLEM: usize = 64 * 1024;
/// Largest body: ten seconds of the best 4K disc are a tenth of it.
const LARGEST_BODY: usize = 1 << 30;

/// One load to begin; see `Output::Load`.
#[derive(Clone, Debug)]
pub(crate) struct Order {
    pub(crate) id: RequestId,
    pub(crate) url: Url,
    pub(crate) range: Option<ByteRange>,
    pub(crate) kind: LoadKind,
    pub(crate) idle_timeout: Duration,
}

/// News of a load.
#[derive(Debug)]
pub(crate) enum LoadNews {
    /// For the core as it is.
    Input(Input),
    /// More of a segment has arrived.
    More { id: RequestId, bytes: Bytes },
    /// A segment of which all bytes were told of is complete.
    Complete { id: RequestId },
    /// An init section, or whatever else came as a whole, is complete.
    Body { id: RequestId, kind: LoadKind, bytes: Bytes },
}

/// A client that speaks HTTP/2 where the server does, one connection for all loads then: a load that is ended resets its
/// stream and nothing else. Trusts these certificates in PEM besides those of the system.
pub(crate) fn client(trusted: &[u8]) -> Result<Client, DriverError> {
    // Fails only if one is installed already, which serves as well.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let builder = Client::builder().user_agent(concat!("matinee-play/", env!("CARGO_PKG_VERSION")));
    if trusted.is_empty() {
        return Ok(builder.build()?);
    }
    let certificates = Certificate::from_pem_bundle(trusted).map_err(|_| DriverError::Certificate)?;
    if certificates.is_empty() {
        return Err(DriverError::Certificate);
    }
    Ok(builder.tls_certs_merge(certificates).build()?)
}

/// Runs loads. Dropping it ends them.
#[derive(Debug)]
pub(crate) struct Loads {
    client: Client,
    news: UnboundedSender<LoadNews>,
    running: BTreeMap<RequestId, AbortHandle>,
    /// Whether any server has answered.
    is_heard: Arc<AtomicBool>,
}

impl Loads {
    pub(crate) fn new(client: Client, news: UnboundedSender<LoadNews>) -> Self {
        Self { client, news, running: BTreeMap::new(), is_heard: Arc::default() }
    }

    /// Begins a load; all that comes of it is reported as news.
    pub(crate) fn start(&mut self, order: Order) {
        self.running.retain(|_, task| !task.is_finished());
        let (client, news, id) = (self.client.clone(), self.news.clone(), order.id);
        let is_heard = Arc::clone(&self.is_heard);
        let task = tokio::spawn(async move {
            let end = match run(&client, &order, &news, &is_heard).await {
                Ok(end) => end,
                Err(cause) => LoadNews::Input(Input::LoadFailed { id, cause }),
            };
            // Nobody listens any more when the player is gone.
            let _ = news.send(end);
        });
        self.running.insert(id, task.abort_handle());
    }

    /// Ends a load. News that is under way already may still come; the core ignores it.
    pub(crate) fn cancel(&mut self, id: RequestId) {
        if let Some(task) = self.running.remove(&id) {
            task.abort();
        }
    }
}

impl Drop for Loads {
    fn drop(&mut self) {
        self.running.values().for_each(AbortHandle::abort);
    }
}

/// Carries one load to its end.
async fn run(
    client: &Client,
    order: &Order,
    news: &UnboundedSender<LoadNews>,
    is_heard: &AtomicBool,
) -> Result<LoadNews, LoadFailure> {
    let id = order.id;
    let scheme = order.url.scheme();
    if !matches!(scheme, "http" | "https") {
        return Err(LoadFailure::Refused(format!("this player does not load from {scheme}: addresses")));
    }
    let mut request = client.get(order.url.clone());
    if let Some(ByteRange { offset, length }) = order.range {
        let last = offset.saturating_add(length).saturating_sub(1);
        request = request.header(RANGE, format!("bytes={offset}-{last}"));
    }
    let mut response = match patient(order.idle_timeout, request.send()).await {
        // In mid-film it is the network that has changed: a hotel's asks to sign in with a certificate of its own.
        Err(LoadFailure::Refused(_)) if is_heard.load(Ordering::Relaxed) => return Err(LoadFailure::Network),
        answer => answer?,
    };
    is_heard.store(true, Ordering::Relaxed);
    if !response.status().is_success() {
        return Err(refusal(order.idle_timeout, response).await);
    }
    let served = headers::server_timing(text(response.headers(), "server-timing"));
    let announced = response.content_length();
    // A stretch may have to be cut out of what comes.
    let shares = order.kind == LoadKind::Segment && order.range.is_none();
    let (mut body, mut length) = (BytesMut::new(), 0_usize);
    let mut reported: Option<Instant> = None;
    // Fails only when the player is gone, and then this task is about to be ended.
    let say = |it| news.send(it).map_err(|_| LoadFailure::Network);
    let mut told = 0;
    loop {
        // What is not told yet is told when nothing follows.
        let since = reported.filter(|_| told < length).map(|last| last.elapsed());
        let patience = since.map_or(order.idle_timeout, |since| PROGRESS_EVERY.saturating_sub(since));
        let chunk = match patient(patience, response.chunk()).await {
            Err(LoadFailure::TimedOut) if since.is_some() => {
                (told, reported) = (length, Some(Instant::now()));
                say(LoadNews::Input(Input::Progress { id, bytes: count(length) }))?;
                continue;
            }
            chunk => chunk?,
        };
        let Some(chunk) = chunk else { break };
        length = length.saturating_add(chunk.len());
        if length > LARGEST_BODY {
            return Err(LoadFailure::Corrupt);
        }
        if reported.is_none() {
            let length = announced.filter(|_| order.range.is_none()).map(ByteCount::new);
            say(LoadNews::Input(Input::FirstByte { id, served, length }))?;
        }
        if shares {
            say(LoadNews::More { id, bytes: chunk })?;
        } else {
            body.extend_from_slice(&chunk);
        }
        if reported.is_none_or(|last| last.elapsed() >= PROGRESS_EVERY) {
            (told, reported) = (length, Some(Instant::now()));
            say(LoadNews::Input(Input::Progress { id, bytes: count(length) }))?;
        }
    }
    if announced.is_some_and(|announced| announced != count(length).get()) {
        return Err(LoadFailure::Corrupt);
    }
    if shares {
        return Ok(LoadNews::Complete { id });
    }
    let body = body.freeze();
    let body = if response.status() == StatusCode::PARTIAL_CONTENT { body } else { cut(&body, order.range)? };
    match order.kind {
        LoadKind::Playlist => {
            // Names in another encoding than UTF-8 come out wrong; what there is to load does not.
            let text = String::from_utf8_lossy(&body).into_owned();
            Ok(LoadNews::Input(Input::Playlist { id, url: response.url().clone(), text }))
        }
        LoadKind::Init | LoadKind::Segment | LoadKind::Text | LoadKind::Probe => {
            Ok(LoadNews::Body { id, kind: order.kind, bytes: body })
        }
    }
}

/// Waits for the next sign of life, no longer than `patience`.
async fn patient<T>(
    patience: Duration,
    work: impl Future<Output = Result<T, reqwest::Error>>,
) -> Result<T, LoadFailure> {
    match tokio::time::timeout(patience, work).await {
        Ok(Ok(value)) => Ok(value),
        Ok(Err(error)) if error.is_timeout() => Err(LoadFailure::TimedOut),
        Ok(Err(error)) => {
            let causes = || std::iter::successors(error.source(), |&cause| cause.source());
            tracing::warn!(cause = causes().last().map(ToString::to_string), "a load failed");
            // Asking again does not help, and the network is in order.
            if causes().any(is_distrust) {
                return Err(LoadFailure::Refused("this device does not trust the server's certificate".to_owned()));
            }
            Err(LoadFailure::Network)
        }
        Err(_) => Err(LoadFailure::TimedOut),
    }
}

/// Whether the certificate was refused. The error of TLS comes in those of input and output, whose sources pass it over.
fn is_distrust(cause: &(dyn Error + 'static)) -> bool {
    match cause.downcast_ref::<std::io::Error>() {
        Some(outer) => outer.get_ref().is_some_and(|inner| is_distrust(inner)),
        None => matches!(cause.downcast_ref(), Some(rustls::Error::InvalidCertificate(_))),
    }
}

fn text<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h str> {
    headers.get(name)?.to_str().ok()
}

fn count(bytes: usize) -> ByteCount {
    ByteCount::new(u64::try_from(bytes).unwrap_or(u64::MAX))
}

/// The wanted stretch of a whole body, for servers that do not know ranges.
fn cut(body: &Bytes, range: Option<ByteRange>) -> Result<Bytes, LoadFailure> {
    let Some(ByteRange { offset, length }) = range else { return Ok(body.clone()) };
    let bounds = usize::try_from(offset).ok().zip(usize::try_from(offset.saturating_add(length)).ok());
    let (start, end) = bounds.filter(|(_, end)| *end <= body.len()).ok_or(LoadFailure::Corrupt)?;
    Ok(body.slice(start..end))
}

/// What a response outside 200-299 says.
async fn refusal(patience: Duration, mut response: Response) -> LoadFailure {
    let code = response.status().as_u16();
    let retry_after = headers::retry_after(text(response.headers(), RETRY_AFTER.as_str()), |date| {
        let at = httpdate::parse_http_date(date).ok()?;
        Some(at.duration_since(SystemTime::now()).unwrap_or_default())
    });
    let is_problem = text(response.headers(), CONTENT_TYPE.as_str())
        .is_some_and(|kind| kind.starts_with("application/problem+json"));
    let mut body = BytesMut::new();
    while is_problem && body.len() <= LONGEST_PROBLEM {
        match patient(patience, response.chunk()).await {
            Ok(Some(chunk)) => body.extend_from_slice(&chunk),
            Ok(None) | Err(_) => break,
        }
    }
    let problem = serde_json::from_slice(&body).ok().and_then(|document: serde_json::Value| {
        let field = |name: &str| document.get(name)?.as_str().map(str::to_owned);
        Some(Problem { code: field("code")?, detail: field("detail")? })
    });
    LoadFailure::Status { code, retry_after, problem }
}

#[cfg(test)]
mod tests;
