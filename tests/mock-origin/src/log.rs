//! What the origin was asked and how much of it went out: the referee of every comparison.

use std::sync::Mutex;
use std::time::SystemTime;

use serde::Serialize;
use tokio::time::Instant;

/// One request, as a line of NDJSON.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Entry {
    /// When the request came, ms since the start or the last reset.
    pub time_ms: u64,
    /// Its method.
    pub method: String,
    /// Its path with the query.
    pub path: String,
    /// Its `Range` header.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub range: Option<String>,
    /// The version of HTTP: `1.1` or `2`.
    pub http: &'static str,
    /// The client's address.
    pub client: String,
    /// Number of its connection, from 1.
    pub connection: u64,
    /// The how many-th request of this path it is, HEAD counted apart; 0 for a preflight of CORS, which does not count.
    pub attempt: u64,
    /// The reply's status; 499 if the client left before there was one.
    pub status: u16,
    /// The reply's content type.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub content_type: Option<String>,
    /// Bytes of the body that went out.
    pub bytes: u64,
    /// Whether the client, the upstream or a fault ended it before the end.
    pub aborted: bool,
    /// Bytes that did not go out, if the length was known.
    pub aborted_bytes: Option<u64>,
    /// From the request to the reply's head, ms: latency of the link included.
    pub first_byte_ms: u64,
    /// From the request to the end of the body, ms.
    pub took_ms: u64,
    /// Names of the rules that had something go wrong.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub faults: Vec<String>,
    /// The request's headers, for the archive.
    #[serde(skip)]
    pub request_headers: Vec<(String, String)>,
    /// The reply's headers, for the archive.
    #[serde(skip)]
    pub reply_headers: Vec<(String, String)>,
}

/// The log since the last reset.
#[derive(Debug)]
pub struct Log(Mutex<Lines>);

#[derive(Debug)]
struct Lines {
    origin: Instant,
    started: SystemTime,
    entries: Vec<Entry>,
}

impl Default for Log {
    fn default() -> Self {
        Self(Mutex::new(Lines { origin: Instant::now(), started: SystemTime::now(), entries: Vec::new() }))
    }
}

impl Log {
    /// Forgets everything; times count from `origin`.
    pub(crate) fn reset(&self, origin: Instant) {
        let mut lines = self.lock();
        *lines = Lines { origin, started: SystemTime::now(), entries: Vec::new() };
    }

    /// The requests that have ended, in the order of their ends.
    pub fn entries(&self) -> Vec<Entry> {
        self.lock().entries.clone()
    }

    /// The log as NDJSON.
    pub(crate) fn ndjson(&self) -> serde_json::Result<String> {
        self.entries().iter().map(|entry| serde_json::to_string(entry).map(|line| line + "\n")).collect()
    }

    /// When its times count from, on the calendar.
    pub(crate) fn started(&self) -> SystemTime {
        self.lock().started
    }

    pub(crate) fn since_start(&self, at: Instant) -> u64 {
        millis(at.saturating_duration_since(self.lock().origin))
    }

    pub(crate) fn push(&self, entry: Entry) {
        self.lock().entries.push(entry);
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Lines> {
        self.0.lock().expect("nothing panics while it holds the lock")
    }
}

pub(crate) fn millis(duration: std::time::Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
