//! What is known of one request; becomes a log entry when it is dropped.

use std::sync::Arc;

use axum::http::{HeaderMap, Method, StatusCode, Uri, Version};
use tokio::time::Instant;

use crate::log::{Entry, millis};
use crate::network::Peer;
use crate::origin::Shared;

/// One request on its way.
pub(crate) struct Note {
    shared: Arc<Shared>,
    came: Instant,
    expected: Option<u64>,
    ended: bool,
    entry: Entry,
}

impl Note {
    pub(crate) fn new(
        shared: Arc<Shared>,
        peer: Peer,
        (method, uri, version): (&Method, &Uri, Version),
        headers: &HeaderMap,
    ) -> Self {
        let came = Instant::now();
        let path = uri.path_and_query().map_or("/", |path| path.as_str());
        let entry = Entry {
            time_ms: shared.log.since_start(came),
            method: method.to_string(),
            path: path.to_owned(),
            range: headers.get("range").and_then(|value| value.to_str().ok()).map(str::to_owned),
            http: if version == Version::HTTP_2 { "2" } else { "1.1" },
            client: peer.client.to_string(),
            connection: peer.connection,
            attempt: 0,
            // Of a request whose client left before there was a reply (nginx's number for it).
            status: 499,
            content_type: None,
            bytes: 0,
            aborted: false,
            aborted_bytes: None,
            first_byte_ms: 0,
            took_ms: 0,
            faults: Vec::new(),
            request_headers: pairs(headers),
            reply_headers: Vec::new(),
        };
        Self { shared, came, expected: None, ended: false, entry }
    }

    /// What was decided about it.
    pub(crate) fn judged(&mut self, attempt: u64, faults: &[String]) {
        self.entry.attempt = attempt;
        self.entry.faults = faults.to_vec();
    }

    /// The reply's head goes out, before a body of this length.
    pub(crate) fn head(&mut self, status: StatusCode, headers: &HeaderMap, expected: Option<u64>) {
        self.entry.status = status.as_u16();
        self.entry.content_type = headers.get("content-type").and_then(|value| value.to_str().ok()).map(str::to_owned);
        self.entry.reply_headers = pairs(headers);
        self.entry.first_byte_ms = millis(self.came.elapsed());
        self.expected = expected;
    }

    /// So many bytes of the body went out.
    pub(crate) fn sent(&mut self, bytes: u64) {
        self.entry.bytes += bytes;
    }

    /// There is no more to send.
    pub(crate) fn end(&mut self) {
        self.ended = true;
    }
}

impl Drop for Note {
    fn drop(&mut self) {
        let mut entry = self.entry.clone();
        // The server does not ask for the end of a body whose last byte it has.
        entry.aborted = !self.ended && self.expected != Some(entry.bytes);
        entry.aborted_bytes = self.expected.map(|expected| expected.saturating_sub(entry.bytes));
        entry.took_ms = millis(self.came.elapsed());
        self.shared.log.push(entry);
    }
}

fn pairs(headers: &HeaderMap) -> Vec<(String, String)> {
    let pair = |(name, value): (&http::HeaderName, &http::HeaderValue)| {
        (name.to_string(), String::from_utf8_lossy(value.as_bytes()).into_owned())
    };
    headers.iter().map(pair).collect()
}
