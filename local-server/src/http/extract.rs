//! What handlers take from requests; what is wrong becomes a problem document.

use axum::extract::{FromRequest, FromRequestParts, Path, Request};
use axum::http::StatusCode;
use axum::http::request::Parts;
use serde::de::DeserializeOwned;

use super::problem::Problem;
use crate::app::App;
use crate::domain::TitleId;

/// The id of a title, from a path that begins with it.
pub(super) struct Id(pub(super) TitleId);

/// Reads the id of a title; what cannot be one names no title.
pub(super) fn title_id(text: &str) -> Result<TitleId, Problem> {
    TitleId::parse(text).ok_or_else(|| Problem::not_found("title_not_found", "There is no such title."))
}

impl FromRequestParts<App> for Id {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        let path = Path::<String>::from_request_parts(parts, app).await;
        let Path(text) = path.map_err(|_| Problem::not_found("title_not_found", "There is no such title."))?;
        title_id(&text).map(Self)
    }
}

/// The query, read into a struct.
pub(super) struct Query<T>(pub(super) T);

impl<T: DeserializeOwned> FromRequestParts<App> for Query<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        match axum::extract::Query::<T>::from_request_parts(parts, app).await {
            Ok(axum::extract::Query(value)) => Ok(Self(value)),
            Err(error) => Err(Problem::invalid("bad_query", format!("The query is wrong: {}.", error.body_text()))),
        }
    }
}

/// The body, read from JSON.
pub(super) struct Json<T>(pub(super) T);

/// No request of ours is longer.
const LONGEST_BODY: usize = 64 * 1024;

impl<T: DeserializeOwned> FromRequest<App> for Json<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, _: &App) -> Result<Self, Problem> {
        let body = axum::body::to_bytes(request.into_body(), LONGEST_BODY).await;
        let body = body.map_err(|_| {
            Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "body_too_large", "The body is too long or was cut off.")
        })?;
        let value = serde_json::from_slice(&body);
        value.map(Self).map_err(|error| Problem::invalid("bad_body", format!("The body is wrong: {error}.")))
    }
}
