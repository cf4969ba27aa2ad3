//! What the origin was asked and how much of it went out: the referee of every comparison.

use std::sync::Mutex;

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
    /// The reply's status.
    pub status: u16,
    /// Bytes of the body that went out.
    pub bytes: u64,
    /// Whether the client or the upstream went away before the end.
    pub aborted: bool,
    /// Bytes that did not go out, if the length was known.
    pub aborted_bytes: Option<u64>,
    /// From the request to the reply's head, ms: latency of the link included.
    pub first_byte_ms: u64,
    /// From the request to the end of the body, ms.
    pub took_ms: u64,
}

/// The log since the last reset.
#[derive(Debug)]
pub struct Log(Mutex<Lines>);

#[derive(Debug)]
struct Lines {
    origin: Instant,
    entries: Vec<Entry>,
}

impl Default for Log {
    fn default() -> Self {
        Self(Mutex::new(Lines { origin: Instant::now(), entries: Vec::new() }))
    }
}

impl Log {
    /// Forgets everything; times count from now.
    pub fn reset(&self) {
        let mut lines = self.lock();
        lines.origin = Instant::now();
        lines.entries.clear();
    }

    /// The requests that have ended, in the order of their ends.
    pub fn entries(&self) -> Vec<Entry> {
        self.lock().entries.clone()
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
