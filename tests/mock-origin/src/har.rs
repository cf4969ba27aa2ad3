//! The log as an HTTP Archive (HAR 1.2), for browsers' network panels and other viewers. Pure.

use std::time::{Duration, SystemTime};

use serde_json::{Value, json};

use crate::calendar;
use crate::log::Entry;

/// The archive of these requests, sorted by when they came. `origin` is the address they were made to.
pub(crate) fn archive(entries: &[Entry], started: SystemTime, origin: &str) -> Value {
    let mut sorted: Vec<&Entry> = entries.iter().collect();
    sorted.sort_by_key(|entry| entry.time_ms);
    let entries: Vec<Value> = sorted.into_iter().map(|entry| entry_of(entry, started, origin)).collect();
    json!({ "log": {
        "version": "1.2",
        "creator": { "name": env!("CARGO_PKG_NAME"), "version": env!("CARGO_PKG_VERSION") },
        "pages": [],
        "entries": entries,
    }})
}

fn entry_of(entry: &Entry, started: SystemTime, origin: &str) -> Value {
    let version = format!("HTTP/{}", entry.http);
    let status = http::StatusCode::from_u16(entry.status).ok();
    let reason = status.and_then(|status| status.canonical_reason()).unwrap_or_default();
    let receive = entry.took_ms.saturating_sub(entry.first_byte_ms);
    json!({
        "startedDateTime": calendar::iso(calendar::millis(started, Duration::from_millis(entry.time_ms))),
        "time": entry.took_ms,
        "request": {
            "method": entry.method,
            "url": format!("{origin}{}", entry.path),
            "httpVersion": version,
            "cookies": [],
            "headers": headers(&entry.request_headers),
            "queryString": query(&entry.path),
            "headersSize": -1,
            "bodySize": 0,
        },
        "response": {
            "status": entry.status,
            "statusText": reason,
            "httpVersion": version,
            "cookies": [],
            "headers": headers(&entry.reply_headers),
            "content": { "size": entry.bytes, "mimeType": entry.content_type.clone().unwrap_or_default() },
            "redirectURL": "",
            "headersSize": -1,
            "bodySize": entry.bytes,
            // What HAR has no field for: names that begin with `_` are everybody's own.
            "_aborted": entry.aborted,
            "_abortedBytes": entry.aborted_bytes,
        },
        "cache": {},
        "timings": { "send": 0, "wait": entry.first_byte_ms, "receive": receive },
        "connection": entry.connection.to_string(),
        "_faults": entry.faults,
    })
}

fn headers(pairs: &[(String, String)]) -> Vec<Value> {
    pairs.iter().map(|(name, value)| json!({ "name": name, "value": value })).collect()
}

fn query(path: &str) -> Vec<Value> {
    let query = path.split_once('?').map_or("", |(_, query)| query);
    url::form_urlencoded::parse(query.as_bytes()).map(|(name, value)| json!({ "name": name, "value": value })).collect()
}
