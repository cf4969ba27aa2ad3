//! `/_control/`: change the link, clear and read the log.

use std::sync::Arc;
use std::time::Duration;

use axum::Json;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;

use crate::origin::Shared;
use crate::profile::Profile;

/// Body of `PUT /_control/rate`: a steady rate or steps, and the delay of each request if it is to change.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewRate {
    /// The same rate for ever.
    rate_kbps: Option<u32>,
    /// Pairs of (seconds, kbit/s); the last lasts for ever.
    steps: Option<Vec<(f64, u64)>>,
    /// Delay before each request is passed on.
    latency_ms: Option<u64>,
}

pub(crate) async fn rate(State(shared): State<Arc<Shared>>, Json(body): Json<NewRate>) -> Response {
    let refused = |why: String| (StatusCode::UNPROCESSABLE_ENTITY, why).into_response();
    let profile = match (body.rate_kbps, body.steps) {
        (Some(kbps), None) => Some(Profile::steady(kbps)),
        (None, Some(steps)) => match parse_steps(&steps) {
            Ok(profile) => Some(profile),
            Err(why) => return refused(why),
        },
        (None, None) => None,
        (Some(_), Some(_)) => return refused("rate_kbps and steps exclude each other".to_owned()),
    };
    if let Some(profile) = profile {
        shared.bucket.set(profile);
    }
    if let Some(latency_ms) = body.latency_ms {
        shared.set_latency(Duration::from_millis(latency_ms));
    }
    StatusCode::NO_CONTENT.into_response()
}

/// Starts the link's time and the log anew.
pub(crate) async fn reset(State(shared): State<Arc<Shared>>) -> StatusCode {
    shared.bucket.restart();
    shared.log.reset();
    StatusCode::NO_CONTENT
}

/// The log as NDJSON.
pub(crate) async fn log(State(shared): State<Arc<Shared>>) -> Response {
    let lines: Result<String, serde_json::Error> =
        shared.log.entries().iter().map(|entry| serde_json::to_string(entry).map(|line| line + "\n")).collect();
    match lines {
        Ok(lines) => ([(header::CONTENT_TYPE, "application/x-ndjson")], lines).into_response(),
        Err(error) => (StatusCode::INTERNAL_SERVER_ERROR, error.to_string()).into_response(),
    }
}

fn parse_steps(steps: &[(f64, u64)]) -> Result<Profile, String> {
    let lengths: Result<Vec<_>, String> = steps
        .iter()
        .map(|&(seconds, kbps)| {
            Duration::try_from_secs_f64(seconds).map(|length| (length, kbps)).map_err(|error| error.to_string())
        })
        .collect();
    Profile::steps(lengths?).map_err(|error| error.to_string())
}
