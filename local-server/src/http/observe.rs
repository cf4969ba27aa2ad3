//! What happens to every request: an id, a log span, metrics, a problem document for every error, no panic gets out.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use axum::body::Body;
use axum::extract::{MatchedPath, Request, State};
use axum::http::{HeaderName, HeaderValue, header};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use tracing::Instrument as _;

use super::problem::Problem;
use crate::app::App;

/// Where a client finds what to look for in the log.
const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Media type of problem documents.
const PROBLEM: HeaderValue = HeaderValue::from_static("application/problem+json");

/// Wraps every request.
pub(super) async fn observe(State(app): State<App>, request: Request, next: Next) -> Response {
    let id = next_id();
    let method = request.method().clone();
    let route = request.extensions().get::<MatchedPath>().map(|path| path.as_str().to_owned());
    let span = tracing::info_span!("request", id, %method, path = request.uri().path());
    let begun = Instant::now();
    let response = next.run(request).instrument(span.clone()).await;
    let mut response = span.in_scope(|| with_document(response, &id));
    response
        .headers_mut()
        .insert(REQUEST_ID, HeaderValue::from_str(&id).expect("digits and dashes are a header value"));
    response.headers_mut().insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    let took = begun.elapsed();
    app.metrics.request(&method, route.as_deref().unwrap_or("ui"), response.status(), took);
    span.in_scope(|| {
        tracing::debug!(status = response.status().as_u16(), took_ms = took.as_secs_f64() * 1e3, "answered")
    });
    response
}

/// Gives every error a problem document, also those that come from the framework.
fn with_document(response: Response, id: &str) -> Response {
    let status = response.status();
    if !status.is_client_error() && !status.is_server_error() {
        return response;
    }
    let problem = response.extensions().get::<Problem>().cloned().unwrap_or_else(|| Problem::bare(status));
    if status.is_server_error() {
        tracing::warn!(status = status.as_u16(), code = %problem.code, detail = %problem.detail, "failed");
    }
    let document = serde_json::to_vec(&problem.document(id)).expect("a struct of strings and a number is JSON");
    let (mut head, _) = response.into_parts();
    head.headers.remove(header::CONTENT_LENGTH);
    head.headers.insert(header::CONTENT_TYPE, PROBLEM);
    head.headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    Response::from_parts(head, Body::from(document))
}

/// The reply to a request whose handler panicked.
pub(super) fn panicked(cause: Box<dyn std::any::Any + Send>) -> Response {
    let text = cause.downcast_ref::<String>().map(String::as_str).or_else(|| cause.downcast_ref::<&str>().copied());
    tracing::error!(panic = text.unwrap_or("without a text"), "a handler panicked");
    Problem::opaque().into_response()
}

/// Different in every run, and in order within one.
fn next_id() -> String {
    static RUN: std::sync::LazyLock<u32> = std::sync::LazyLock::new(rand::random);
    static COUNT: AtomicU64 = AtomicU64::new(1);
    format!("{:08x}-{}", *RUN, COUNT.fetch_add(1, Ordering::Relaxed))
}
