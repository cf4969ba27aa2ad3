//! Serves the page and the player's own files, on a port of their own: nothing of it goes through the link.

use std::borrow::Cow;
use std::sync::Arc;

use anyhow::{Context, Result};
use axum::Router;
use axum::extract::{Path, State};
use axum::http::{StatusCode, header};
use axum::response::{Html, IntoResponse, Response};
use axum::routing::get;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use super::entrant::{Entrant, Sources};

/// The page of one entrant; it ends when this is dropped.
pub(super) struct Stage {
    url: String,
    serving: JoinHandle<()>,
}

struct Shown {
    entrant: Entrant,
    sources: Sources,
}

impl Stage {
    pub(super) async fn start(entrant: Entrant, sources: Sources) -> Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await.context("no port for the page")?;
        let url = format!("http://{}/", listener.local_addr()?);
        let routes = Router::new()
            .route("/", get(|| async { Html(include_str!("page/page.html")) }))
            .route("/page.js", get(|| async { script(include_str!("page/page.js").into()) }))
            .route("/adapter.js", get(adapter))
            .route("/player/{*name}", get(player))
            .with_state(Arc::new(Shown { entrant, sources }));
        let serving = tokio::spawn(async move {
            // It ends with the task.
            let _ = axum::serve(listener, routes).await;
        });
        Ok(Self { url, serving })
    }

    pub(super) fn url(&self) -> &str {
        &self.url
    }
}

impl Drop for Stage {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

async fn adapter(State(shown): State<Arc<Shown>>) -> Response {
    shown.entrant.adapter().map_or_else(|_| StatusCode::NOT_FOUND.into_response(), script)
}

fn script(text: Cow<'static, str>) -> Response {
    ([(header::CONTENT_TYPE, "text/javascript; charset=utf-8")], text.into_owned()).into_response()
}

async fn player(State(shown): State<Arc<Shown>>, Path(name): Path<String>) -> Response {
    let Some(file) = shown.sources.file(&shown.entrant, &name) else { return StatusCode::NOT_FOUND.into_response() };
    // Browsers compile wasm as it arrives only if it is called so.
    let content_type = if is_wasm(&file) { "application/wasm" } else { "text/javascript; charset=utf-8" };
    match tokio::fs::read(&file).await {
        Ok(bytes) => ([(header::CONTENT_TYPE, content_type)], bytes).into_response(),
        Err(_) => StatusCode::NOT_FOUND.into_response(),
    }
}

fn is_wasm(file: &std::path::Path) -> bool {
    file.extension().is_some_and(|extension| extension == "wasm")
}
