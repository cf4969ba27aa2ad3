//! `GET`, `POST` and `DELETE /api/library/scan`

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::Deserialize;
use server_api as dto;

use super::convert;
use crate::app::App;
use crate::http::Problem;
use crate::http::extract::Query;
use crate::library::ScanRequest;

/// What a scan is asked to do.
#[derive(Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ScanQuery {
    /// Remove titles whose files are missing even if so many are missing that it looks like a disk that is away.
    /// Folders that are not there at all keep theirs. Default false.
    #[serde(default)]
    forget_missing: bool,
}

/// How far the scan is.
#[utoipa::path(get, path = "/api/library/scan", responses((status = 200, body = dto::Scan)))]
pub(crate) async fn progress(State(app): State<App>) -> Json<dto::Scan> {
    Json(convert::scan(&app.library.progress().borrow()))
}

/// Starts a scan, after the one that runs, if one does. Files that could not be played are examined again.
#[utoipa::path(post, path = "/api/library/scan", params(ScanQuery), responses(
    (status = 202, description = "It will run", body = dto::Scan),
    (status = "4XX", body = dto::Problem, content_type = "application/problem+json"),
))]
pub(crate) async fn start(
    State(app): State<App>,
    Query(query): Query<ScanQuery>,
) -> Result<(StatusCode, Json<dto::Scan>), Problem> {
    app.library.rescan(ScanRequest { retry_unplayable: true, forget_missing: query.forget_missing });
    Ok((StatusCode::ACCEPTED, Json(convert::scan(&app.library.progress().borrow()))))
}

/// Ends the scan that runs. What it found stays.
#[utoipa::path(delete, path = "/api/library/scan", responses((status = 202, description = "It will end", body = dto::Scan)))]
pub(crate) async fn cancel(State(app): State<App>) -> (StatusCode, Json<dto::Scan>) {
    app.library.cancel_scan();
    (StatusCode::ACCEPTED, Json(convert::scan(&app.library.progress().borrow())))
}
