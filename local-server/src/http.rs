//! All routes on one page. Handlers are thin: parse, call one method, convert.
//!
//! The control plane (`/api`, `/metrics`) runs in the runtime that started the server; delivery (`/media`, posters, the
//! page) runs on threads of its own ([`listen`]), so that no API request can delay a segment. Every request passes
//! [`observe`] (request id, metrics, problem documents, panics) and [`guard`] (foreign Host and Origin).

use std::sync::Arc;

use axum::Router;
use axum::extract::{Request, State};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse as _, Response};
use axum::routing::{get, post};

use crate::app::App;
use crate::config::HttpConfig;

mod api;
mod extract;
mod file_body;
pub mod guard;
pub(crate) mod listen;
pub mod metrics;
mod observe;
mod openapi;
mod origin;
mod problem;
mod range;
mod ui;
mod wire;

pub use api::analytics::ReportRate;
pub use problem::Problem;

/// Everything that the server answers.
pub(crate) fn router(app: App, config: &HttpConfig) -> Router {
    let control = Router::new()
        .route("/api/health", get(api::health::health))
        .route("/api/openapi.json", get(openapi::document))
        .route("/api/movies", get(api::movies::list))
        .route("/api/movies/search", get(api::movies::search))
        .route("/api/movies/{id}", get(api::movies::one))
        .route("/api/videos/{id}", get(api::videos::one))
        .route("/api/streaming/sources/{id}", get(api::sources::list))
        .route("/api/analytics/event", post(api::analytics::event))
        .route("/api/library/scan", get(api::scan::progress).post(api::scan::start).delete(api::scan::cancel))
        .route("/api/library/folders", post(api::folders::add))
        .route("/api/events", get(api::events::stream))
        .route("/metrics", get(metrics::scrape))
        .route_layer(from_fn_with_state(app.clone(), on_control_plane));
    let delivery = Router::new()
        .route("/api/movies/{id}/poster", get(origin::poster::poster))
        .route("/media/{id}/direct", get(origin::direct::file))
        .route("/media/{id}/{key}/main.m3u8", get(origin::playlist::multivariant))
        .route("/media/{id}/{key}/{stream}/playlist.m3u8", get(origin::playlist::media))
        .route("/media/{id}/{key}/{stream}/{file}", get(origin::segment::segment));
    let guard = Arc::new(guard::Guard::new(config));
    Router::new()
        .merge(control)
        .merge(delivery)
        .fallback(ui::page)
        .method_not_allowed_fallback(wrong_method)
        .layer(from_fn_with_state(guard, guard::keep_out_strangers))
        .layer(tower_http::catch_panic::CatchPanicLayer::custom(observe::panicked))
        .layer(from_fn_with_state(app.clone(), observe::observe))
        .with_state(app)
}

/// Does the work of an API request in the control plane's runtime; gives it up when the client goes away.
async fn on_control_plane(State(app): State<App>, request: Request, next: Next) -> Response {
    let work = tokio_util::task::AbortOnDropHandle::new(app.control.spawn(next.run(request)));
    match work.await {
        Ok(response) => response,
        Err(error) if error.is_panic() => std::panic::resume_unwind(error.into_panic()),
        Err(_) => Problem::shutting_down().into_response(),
    }
}

async fn wrong_method() -> Problem {
    Problem::wrong_method()
}

#[cfg(test)]
mod tests;
