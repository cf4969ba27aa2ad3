//! Passes one request to the upstream and its reply back through the bucket.

use std::sync::Arc;

use axum::body::{Body, HttpBody};
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, Uri, header, uri};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use futures_util::{Stream, StreamExt, stream};
use hyper_util::client::legacy::{Client, connect::HttpConnector};
use hyper_util::rt::TokioExecutor;
use tokio::time::{Instant, sleep};
use url::Url;

use crate::log::{Entry, millis};
use crate::origin::Shared;

/// Headers that belong to one connection (RFC 9110 §7.6.1) and are not passed on.
const HOP_BY_HOP: [HeaderName; 6] = [
    header::CONNECTION,
    HeaderName::from_static("keep-alive"),
    header::TE,
    header::TRAILER,
    header::TRANSFER_ENCODING,
    header::UPGRADE,
];

/// The real server.
#[derive(Debug)]
pub(crate) struct Upstream {
    client: Client<HttpConnector, Body>,
    authority: uri::Authority,
    /// What the server takes for its own in `Origin`.
    origin: HeaderValue,
}

impl Upstream {
    pub(crate) fn new(url: &Url) -> Option<Self> {
        let origin = url.origin().ascii_serialization();
        let authority = origin.strip_prefix("http://")?.parse().ok()?;
        let origin = HeaderValue::from_str(&origin).ok()?;
        let mut connector = HttpConnector::new();
        connector.set_nodelay(true);
        Some(Self { client: Client::builder(TokioExecutor::new()).build(connector), authority, origin })
    }

    /// The request as if it had been made to the upstream.
    fn readdress(&self, request: &mut Request) -> Result<(), http::Error> {
        let path = request.uri().path_and_query().cloned().unwrap_or_else(|| uri::PathAndQuery::from_static("/"));
        let target = Uri::builder().scheme("http").authority(self.authority.clone()).path_and_query(path).build()?;
        *request.uri_mut() = target;
        *request.version_mut() = http::Version::HTTP_11;
        let headers = request.headers_mut();
        strip(headers);
        // The client library writes the Host of the target; a page of this origin is one of the upstream's own.
        headers.remove(header::HOST);
        headers.remove(header::REFERER);
        if headers.contains_key(header::ORIGIN) {
            headers.insert(header::ORIGIN, self.origin.clone());
        }
        Ok(())
    }
}

pub(crate) async fn pass_on(State(shared): State<Arc<Shared>>, mut request: Request) -> Response {
    let mut note = Note::new(Arc::clone(&shared), &request);
    sleep(shared.latency()).await;
    let reply = match shared.upstream.readdress(&mut request) {
        Ok(()) => match shared.upstream.client.request(request).await {
            Ok(reply) => reply.map(Body::new),
            Err(error) => (StatusCode::BAD_GATEWAY, format!("the upstream failed: {error}")).into_response(),
        },
        Err(error) => (StatusCode::BAD_REQUEST, format!("cannot be passed on: {error}")).into_response(),
    };
    let (mut head, body) = reply.into_parts();
    strip(&mut head.headers);
    head.headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
    head.headers.insert(HeaderName::from_static("timing-allow-origin"), HeaderValue::from_static("*"));
    note.head(head.status, body.size_hint().exact());
    Response::from_parts(head, Body::from_stream(shaped(note, body)))
}

fn strip(headers: &mut HeaderMap) {
    for name in HOP_BY_HOP {
        headers.remove(name);
    }
}

/// The body in turns of the bucket. The note goes with it, and is written when the last byte is out or the client is
/// gone.
fn shaped(note: Note, body: Body) -> impl Stream<Item = Result<Bytes, axum::Error>> {
    struct Passing {
        note: Note,
        source: axum::body::BodyDataStream,
        /// What came from the upstream and still waits for its turn.
        rest: Bytes,
    }
    let start = Passing { note, source: body.into_data_stream(), rest: Bytes::new() };
    stream::try_unfold(start, |mut passing| async move {
        while passing.rest.is_empty() {
            match passing.source.next().await {
                Some(chunk) => passing.rest = chunk?,
                None => {
                    passing.note.end();
                    return Ok(None);
                }
            }
        }
        let turn = passing.note.shared.bucket.take(passing.rest.len()).await;
        let out = passing.rest.split_to(turn);
        passing.note.bytes += out.len() as u64;
        Ok(Some((out, passing)))
    })
}

/// What is known of one request; becomes a log entry when it is dropped.
struct Note {
    shared: Arc<Shared>,
    came: Instant,
    method: String,
    path: String,
    status: StatusCode,
    first_byte_ms: u64,
    expected: Option<u64>,
    bytes: u64,
    ended: bool,
}

impl Note {
    fn new(shared: Arc<Shared>, request: &Request) -> Self {
        Self {
            shared,
            came: Instant::now(),
            method: request.method().to_string(),
            path: request.uri().to_string(),
            // Of a request whose client left before there was a reply (nginx's number for it).
            status: StatusCode::from_u16(499).expect("499 is in the range of status codes"),
            first_byte_ms: 0,
            expected: None,
            bytes: 0,
            ended: false,
        }
    }

    fn head(&mut self, status: StatusCode, expected: Option<u64>) {
        self.status = status;
        self.expected = expected;
        self.first_byte_ms = millis(self.came.elapsed());
    }

    /// The upstream had no more to send.
    fn end(&mut self) {
        self.ended = true;
    }
}

impl Drop for Note {
    fn drop(&mut self) {
        // The server does not ask for the end of a body whose last byte it has.
        let aborted = !self.ended && self.expected != Some(self.bytes);
        self.shared.log.push(Entry {
            time_ms: self.shared.log.since_start(self.came),
            method: std::mem::take(&mut self.method),
            path: std::mem::take(&mut self.path),
            status: self.status.as_u16(),
            bytes: self.bytes,
            aborted,
            aborted_bytes: self.expected.map(|expected| expected.saturating_sub(self.bytes)),
            first_byte_ms: self.first_byte_ms,
            took_ms: millis(self.came.elapsed()),
        });
    }
}
