//! The OpenAPI 3.1 document, made from the handlers' annotations. A test compares it with the routes.

use std::sync::LazyLock;

use axum::http::header;
use axum::response::IntoResponse;
use utoipa::OpenApi;

use super::api;

/// What the API offers.
#[derive(OpenApi)]
#[openapi(
    info(
        title = "Matinee",
        description = "The control plane of a Matinee server. Every error is an `application/problem+json` document \
                       (RFC 9457). Media addresses come from `/api/streaming/sources/{id}`; clients do not build them."
    ),
    paths(
        api::health::health,
        api::movies::list,
        api::movies::search,
        api::movies::one,
        api::videos::one,
        api::sources::list,
        api::scan::progress,
        api::scan::start,
        api::scan::cancel,
        api::folders::add,
        api::events::stream,
        api::analytics::event,
        super::origin::poster::poster,
    )
)]
struct Document;

static TEXT: LazyLock<String> =
    LazyLock::new(|| Document::openapi().to_json().expect("the document is made of strings and maps"));

/// `GET /api/openapi.json`
pub(super) async fn document() -> impl IntoResponse {
    ([(header::CONTENT_TYPE, "application/json")], TEXT.as_str())
}

/// The paths of the document, with their methods in lower case.
#[cfg(test)]
pub(super) fn paths() -> Vec<(String, Vec<String>)> {
    let document: serde_json::Value = serde_json::from_str(&TEXT).unwrap();
    let methods = |item: &serde_json::Value| item.as_object().unwrap().keys().cloned().collect();
    document["paths"].as_object().unwrap().iter().map(|(path, item)| (path.clone(), methods(item))).collect()
}
