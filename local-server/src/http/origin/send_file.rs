//! Replies with a file, or a piece of it, and everything caches and players ask of that (RFC 9110 §13, §14).

use std::fs::{File, Metadata};
use std::time::{Duration, SystemTime};

use axum::body::Body;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Response};

use super::super::file_body::FileBody;
use super::super::listen::Connection;
use super::super::problem::Problem;
use super::super::range::{Wanted, wanted};

/// A file to send.
pub(super) struct Sent {
    /// Open for reading.
    pub(super) file: File,
    /// Its size, bytes.
    pub(super) size: u64,
    /// Names the version of its content, without quotes.
    pub(super) etag: String,
    /// When it changed, if that is worth telling.
    pub(super) modified: Option<SystemTime>,
    /// What it is.
    pub(super) media_type: HeaderValue,
    /// How long it may be kept.
    pub(super) cache: HeaderValue,
}

/// When a file changed, in whole seconds, as HTTP has them.
pub(super) fn modified(metadata: &Metadata) -> Option<SystemTime> {
    let since = metadata.modified().ok()?.duration_since(SystemTime::UNIX_EPOCH).ok()?;
    Some(SystemTime::UNIX_EPOCH + Duration::from_secs(since.as_secs()))
}

/// Answers a GET or HEAD request with `sent`.
pub(super) fn reply(sent: Sent, headers: &HeaderMap, connection: Option<&Connection>) -> Response {
    let etag = format!("\"{}\"", sent.etag);
    let text = |name| headers.get(name).and_then(|value: &HeaderValue| value.to_str().ok());
    let date = |name| text(name).and_then(|value| httpdate::parse_http_date(value).ok());

    let unchanged = match text(header::IF_NONE_MATCH) {
        Some(known) => known.trim() == "*" || known.split(',').any(|tag| tag.trim().trim_start_matches("W/") == etag),
        None => match (date(header::IF_MODIFIED_SINCE), sent.modified) {
            (Some(since), Some(modified)) => modified <= since,
            _ => false,
        },
    };
    // A range of a version that is gone would not fit what the client has.
    let same_version = text(header::IF_RANGE).is_none_or(|version| {
        version.trim() == etag
            || httpdate::parse_http_date(version)
                .is_ok_and(|date| sent.modified.is_some_and(|modified| modified == date))
    });
    let range = text(header::RANGE).filter(|_| same_version);

    let (status, piece) = match wanted(range, sent.size) {
        _ if unchanged => (StatusCode::NOT_MODIFIED, 0..0),
        Wanted::All => (StatusCode::OK, 0..sent.size),
        Wanted::Part(piece) => (StatusCode::PARTIAL_CONTENT, piece),
        Wanted::Unsatisfiable => {
            return Problem {
                size: Some(sent.size),
                ..Problem::new(
                    StatusCode::RANGE_NOT_SATISFIABLE,
                    "range_not_satisfiable",
                    "The file is shorter than that.",
                )
            }
            .into_response();
        }
    };
    let content_range = format!("bytes {}-{}/{}", piece.start, piece.end.saturating_sub(1), sent.size);
    let mut response = match status {
        StatusCode::NOT_MODIFIED => Response::new(Body::empty()),
        _ => Response::new(Body::new(FileBody::new(
            sent.file,
            piece,
            connection.map(|connection| connection.spans.clone()),
        ))),
    };
    *response.status_mut() = status;
    let head = response.headers_mut();
    if status != StatusCode::NOT_MODIFIED {
        head.insert(header::CONTENT_TYPE, sent.media_type);
    }
    if status == StatusCode::PARTIAL_CONTENT {
        head.insert(header::CONTENT_RANGE, HeaderValue::from_str(&content_range).expect("digits are a header value"));
    }
    head.insert(header::ACCEPT_RANGES, HeaderValue::from_static("bytes"));
    head.insert(header::ETAG, HeaderValue::from_str(&etag).expect("our etags are plain ASCII"));
    head.insert(header::CACHE_CONTROL, sent.cache);
    if let Some(modified) = sent.modified {
        let date = httpdate::fmt_http_date(modified);
        head.insert(header::LAST_MODIFIED, HeaderValue::from_str(&date).expect("a date is a header value"));
    }
    response
}
