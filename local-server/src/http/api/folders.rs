//! `POST /api/library/folders`

use std::path::Path;

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::{Extension, Json as Reply};
use server_api as dto;

use super::convert;
use crate::app::App;
use crate::http::Problem;
use crate::http::extract::Json;
use crate::http::listen::Connection;

/// Headers by which a proxy says for whom it asks.
const PROXY_HEADERS: [&str; 3] = ["forwarded", "x-forwarded-for", "x-real-ip"];

/// Adds a folder to the library. Until there is sign-in, only from this machine.
#[utoipa::path(post, path = "/api/library/folders", request_body = dto::NewFolder, responses(
    (status = 201, body = dto::LibraryFolder),
    (status = 400, description = "Not an absolute path of a folder that can be read", body = dto::Problem, content_type = "application/problem+json"),
    (status = 403, description = "Not from this machine", body = dto::Problem, content_type = "application/problem+json"),
))]
pub(crate) async fn add(
    State(app): State<App>,
    Extension(connection): Extension<Connection>,
    headers: HeaderMap,
    Json(folder): Json<dto::NewFolder>,
) -> Result<(StatusCode, Reply<dto::LibraryFolder>), Problem> {
    let proxied = PROXY_HEADERS.iter().any(|name| headers.contains_key(*name));
    if !connection.peer.ip().to_canonical().is_loopback() || proxied {
        let detail = "Folders are added on the machine that the server runs on.";
        return Err(Problem::new(StatusCode::FORBIDDEN, "not_from_here", detail));
    }
    let added = app.library.add_folder(Path::new(&folder.path)).await?;
    Ok((StatusCode::CREATED, Reply(dto::LibraryFolder { path: convert::path(&added.path), problem: None })))
}
