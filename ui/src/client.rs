//! Typed calls to the server, on the shapes of `server-api`.

pub(crate) mod events;

use std::time::Duration;

use serde::Serialize;
use serde::de::DeserializeOwned;
use server_api::{Health, Movie, NewFolder, Page, Problem, Scan, Sources, Video};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;
use web_sys::{RequestInit, Response};

use crate::i18n;

/// Titles asked for at once.
const PAGE: usize = 200;

/// Why a call brought nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum CallError {
    /// No answer.
    Offline,
    /// The server said no.
    Refused {
        problem: Problem,
        /// When it wants to be asked again, if it says so.
        retry_after: Option<Duration>,
    },
    /// The answer is not what it should be.
    Unreadable,
}

impl CallError {
    /// What happened, for a person.
    pub(crate) fn sentence(&self) -> String {
        match self {
            Self::Offline => i18n::OFFLINE.to_owned(),
            Self::Refused { problem, .. } => problem.detail.clone(),
            Self::Unreadable => i18n::UNREADABLE.to_owned(),
        }
    }
}

/// One page of titles, from `cursor` on.
pub(crate) async fn movies(cursor: Option<&str>) -> Result<Page<Movie>, CallError> {
    let from = cursor.map(|cursor| format!("&cursor={}", escape(cursor))).unwrap_or_default();
    get(&format!("/api/movies?limit={PAGE}{from}")).await
}

/// A title in full.
pub(crate) async fn video(id: &str) -> Result<Video, CallError> {
    get(&format!("/api/videos/{}", escape(id))).await
}

/// How to play a title with these capabilities (a query).
pub(crate) async fn sources(id: &str, capabilities: &str) -> Result<Sources, CallError> {
    get(&format!("/api/streaming/sources/{}?{capabilities}", escape(id))).await
}

/// What the scan does.
pub(crate) async fn scan() -> Result<Scan, CallError> {
    get("/api/library/scan").await
}

/// Starts a scan, which may take films that are missing for gone.
pub(crate) async fn start_scan(forget_missing: bool) -> Result<(), CallError> {
    send(if forget_missing { "/api/library/scan?forget_missing=true" } else { "/api/library/scan" }, None).await
}

/// Adds a folder to the library.
pub(crate) async fn add_folder(path: String) -> Result<(), CallError> {
    send("/api/library/folders", Some(json(&NewFolder { path })?)).await
}

/// How the server is.
pub(crate) async fn health() -> Result<Health, CallError> {
    get("/api/health").await
}

async fn get<T: DeserializeOwned>(path: &str) -> Result<T, CallError> {
    let text = call(path, &RequestInit::new()).await?;
    serde_json::from_str(&text).map_err(|_| CallError::Unreadable)
}

async fn send(path: &str, body: Option<String>) -> Result<(), CallError> {
    let init = RequestInit::new();
    init.set_method("POST");
    if let Some(body) = body {
        let headers = web_sys::Headers::new().map_err(|_| CallError::Offline)?;
        headers.set("Content-Type", "application/json").map_err(|_| CallError::Offline)?;
        init.set_headers(&headers);
        init.set_body(&body.into());
    }
    call(path, &init).await.map(drop)
}

async fn call(path: &str, init: &RequestInit) -> Result<String, CallError> {
    let window = web_sys::window().ok_or(CallError::Offline)?;
    let answer = JsFuture::from(window.fetch_with_str_and_init(path, init)).await.map_err(|_| CallError::Offline)?;
    let response: Response = answer.dyn_into().map_err(|_| CallError::Offline)?;
    let body = response.text().map_err(|_| CallError::Offline)?;
    let text = JsFuture::from(body).await.map_err(|_| CallError::Offline)?.as_string().unwrap_or_default();
    if response.ok() {
        return Ok(text);
    }
    let problem = serde_json::from_str(&text).map_err(|_| CallError::Unreadable)?;
    // Our server says it in seconds.
    let seconds = response.headers().get("Retry-After").ok().flatten().and_then(|value| value.parse().ok());
    Err(CallError::Refused { problem, retry_after: seconds.map(Duration::from_secs) })
}

fn json(value: &impl Serialize) -> Result<String, CallError> {
    serde_json::to_string(value).map_err(|_| CallError::Unreadable)
}

fn escape(part: &str) -> String {
    js_sys::encode_uri_component(part).into()
}
