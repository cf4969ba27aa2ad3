//! `GET /api/movies/{id}/poster`

use std::fs::File;

use axum::Extension;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue};
use axum::response::Response;
use server_api as dto;

use super::send_file::{self, Sent};
use crate::app::App;
use crate::http::Problem;
use crate::http::extract::Id;
use crate::http::listen::Connection;

/// The poster of a title, a JPEG file. The address that lists give has its version in it.
#[utoipa::path(get, path = "/api/movies/{id}/poster", params(("id" = String, Path)), responses(
    (status = 200, description = "The picture", content_type = "image/jpeg"),
    (status = 404, description = "There is none", body = dto::Problem, content_type = "application/problem+json"),
))]
pub(crate) async fn poster(
    State(app): State<App>,
    Id(id): Id,
    connection: Option<Extension<Connection>>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let none = || Problem::not_found("no_poster", "There is no poster of this title.");
    let version = app.store.title(&id).await?.poster.ok_or_else(none)?;
    let path = app.library.artwork().path(&id);
    let opened = tokio::task::spawn_blocking(move || {
        let file = File::open(path)?;
        let size = file.metadata()?.len();
        Ok::<_, std::io::Error>((file, size))
    });
    let (file, size) = opened.await.ok().and_then(Result::ok).ok_or_else(none)?;
    let sent = Sent {
        file,
        size,
        etag: version,
        modified: None,
        media_type: HeaderValue::from_static("image/jpeg"),
        cache: HeaderValue::from_static("private, max-age=31536000, immutable"),
    };
    Ok(send_file::reply(sent, &headers, connection.as_deref()))
}
