//! `GET /api/health`

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use server_api as dto;

use crate::app::App;

/// Whether the server works: 200 if it does, 503 if not, with the same document.
#[utoipa::path(get, path = "/api/health", responses(
    (status = 200, description = "Everything works", body = dto::Health),
    (status = 503, description = "Something does not", body = dto::Health),
))]
pub(crate) async fn health(State(app): State<App>) -> Response {
    let database = app.store.check().await;
    let folders = app.library.progress().borrow().folders.clone();
    let troubled: Vec<String> = folders
        .iter()
        .filter_map(|folder| Some(format!("{}: {}", folder.path.display(), folder.trouble.as_ref()?)))
        .collect();
    let ready = database.is_ok();
    let checks = vec![
        dto::HealthCheck {
            name: "database".to_owned(),
            ok: ready,
            detail: database.err().map(|error| error.to_string()),
        },
        dto::HealthCheck {
            name: "library".to_owned(),
            ok: troubled.is_empty(),
            detail: (!troubled.is_empty()).then(|| troubled.join("; ")),
        },
    ];
    let health = dto::Health {
        status: if ready { "ready" } else { "degraded" }.to_owned(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        uptime_s: app.started.elapsed().as_secs_f64(),
        checks,
        open_to_lan: app.open_to_lan,
    };
    let status = if ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    (status, Json(health)).into_response()
}
