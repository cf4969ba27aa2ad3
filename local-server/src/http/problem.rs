//! Errors as problem documents (RFC 9457), mapped in one place.

use std::borrow::Cow;
use std::time::Duration;

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use media_engine::PlaybackError;
use server_api as dto;

use crate::error::{Classify, ErrorKind};

/// What went wrong with a request. [`observe`](super::observe) writes the document, because it knows the request's id.
#[derive(Clone, Debug)]
pub struct Problem {
    /// Status of the reply.
    pub status: StatusCode,
    /// Machine readable name.
    pub code: Cow<'static, str>,
    /// One sentence for a person.
    pub detail: Cow<'static, str>,
    /// When to ask again.
    pub retry_after: Option<Duration>,
    /// Size of the file of which a range was asked for that it has not.
    pub size: Option<u64>,
}

impl Problem {
    /// A problem without further headers.
    pub fn new(status: StatusCode, code: impl Into<Cow<'static, str>>, detail: impl Into<Cow<'static, str>>) -> Self {
        Self { status, code: code.into(), detail: detail.into(), retry_after: None, size: None }
    }

    /// The request makes no sense.
    pub fn invalid(code: &'static str, detail: impl Into<Cow<'static, str>>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, code, detail)
    }

    /// There is no such thing.
    pub fn not_found(code: &'static str, detail: impl Into<Cow<'static, str>>) -> Self {
        Self::new(StatusCode::NOT_FOUND, code, detail)
    }

    /// Our fault; the log knows more.
    pub fn opaque() -> Self {
        let detail = "The server made a mistake. Its log tells more under this request's id.";
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "internal", detail)
    }

    pub(super) fn wrong_method() -> Self {
        Self::new(StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed", "This address does not take that method.")
    }

    pub(super) fn shutting_down() -> Self {
        Self {
            retry_after: Some(Duration::from_secs(5)),
            ..Self::new(StatusCode::SERVICE_UNAVAILABLE, "shutting_down", "The server is shutting down.")
        }
    }

    /// For a reply that is an error without a document: what the status alone says.
    pub(super) fn bare(status: StatusCode) -> Self {
        match status {
            StatusCode::METHOD_NOT_ALLOWED => Self::wrong_method(),
            StatusCode::NOT_FOUND => Self::not_found("not_found", "There is nothing at this address."),
            StatusCode::INTERNAL_SERVER_ERROR => Self::opaque(),
            other => Self::new(other, "refused", other.canonical_reason().unwrap_or("The request was refused.")),
        }
    }

    pub(super) fn document(&self, request_id: &str) -> dto::Problem {
        dto::Problem {
            status: Some(self.status.as_u16()),
            title: self.status.canonical_reason().map(str::to_owned),
            code: self.code.clone().into_owned(),
            detail: self.detail.clone().into_owned(),
            request_id: Some(request_id.to_owned()),
        }
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let mut response = self.status.into_response();
        if let Some(after) = self.retry_after {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(whole_seconds(after)));
        }
        if let Some(size) = self.size {
            let range = HeaderValue::from_str(&format!("bytes */{size}")).expect("digits are a header value");
            response.headers_mut().insert(header::CONTENT_RANGE, range);
        }
        response.extensions_mut().insert(self);
        response
    }
}

/// Rounded up: asking too early is refused again.
fn whole_seconds(time: Duration) -> u64 {
    time.as_secs() + u64::from(time.subsec_nanos() > 0)
}

impl<E: Classify + 'static> From<E> for Problem {
    fn from(error: E) -> Self {
        let status = match error.kind() {
            ErrorKind::Invalid => StatusCode::BAD_REQUEST,
            ErrorKind::NotFound => StatusCode::NOT_FOUND,
            ErrorKind::Conflict => StatusCode::CONFLICT,
            ErrorKind::Forbidden => StatusCode::FORBIDDEN,
            ErrorKind::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
            ErrorKind::StorageFull => StatusCode::INSUFFICIENT_STORAGE,
            ErrorKind::Internal => {
                tracing::error!(error = &error as &dyn std::error::Error, "request failed");
                return Self::opaque();
            }
        };
        let retry_after = (status == StatusCode::SERVICE_UNAVAILABLE).then_some(Duration::from_secs(2));
        Self { retry_after, ..Self::new(status, error.code(), sentence(&error.to_string())) }
    }
}

/// Errors begin in lower case and have no full stop; sentences have both the other way round.
fn sentence(text: &str) -> String {
    let mut letters = text.chars();
    let mut sentence: String =
        letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default();
    if !sentence.ends_with(['.', '!', '?']) {
        sentence.push('.');
    }
    sentence
}

/// What the engine says of one playlist, init section or segment. Its paths are not told: clients see titles.
pub(super) fn playback(error: &PlaybackError) -> Problem {
    let unavailable = |code, detail: String, retry_after| Problem {
        retry_after: Some(retry_after),
        ..Problem::new(StatusCode::SERVICE_UNAVAILABLE, code, detail)
    };
    match error {
        PlaybackError::NothingToPlay => {
            Problem::new(StatusCode::CONFLICT, "nothing_to_play", "The file has nothing that this device can play.")
        }
        PlaybackError::NoSuchStream(_) => Problem::not_found("no_such_stream", sentence(&error.to_string())),
        PlaybackError::NoSuchSegment { .. } => Problem::not_found("no_such_segment", sentence(&error.to_string())),
        PlaybackError::Busy { retry_after } => {
            unavailable("busy", "All encoders are at work for others; try again in a moment.".to_owned(), *retry_after)
        }
        PlaybackError::SourceUnreadable { reason, .. } => Problem::not_found(
            "file_unreadable",
            format!("The film's file is gone or cannot be read: {reason}. Is its disk connected?"),
        ),
        PlaybackError::Undecodable { reason, .. } => Problem::new(
            StatusCode::UNPROCESSABLE_ENTITY,
            "undecodable",
            format!("This part of the file cannot be decoded: {reason}."),
        ),
        PlaybackError::WorkerFailed { reason, .. } => {
            tracing::warn!(%error, "a media worker failed");
            Problem::new(
                StatusCode::BAD_GATEWAY,
                "worker_failed",
                format!("The decoder crashed on this file: {reason}."),
            )
        }
        PlaybackError::ShuttingDown => Problem::shutting_down(),
    }
}
