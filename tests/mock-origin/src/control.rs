//! `/_control/`: change what is played, start anew, read the log.
//!
//! Other pages may read the log, but not change anything but the clock: there is no answer to their preflights here.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use axum::Json;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;

use crate::har;
use crate::origin::Shared;
use crate::profile::Profile;
use crate::scenario::Scenario;

const OPEN: (header::HeaderName, &str) = (header::ACCESS_CONTROL_ALLOW_ORIGIN, "*");

/// Body of `PUT /_control/rate`: a steady rate or steps, and the latency if it is to change.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewRate {
    /// The same rate for ever.
    rate_kbps: Option<u32>,
    /// Pairs of (seconds, kbit/s); the last lasts for ever.
    steps: Option<Vec<(f64, u64)>>,
    /// From request to first byte.
    latency_ms: Option<u64>,
}

fn refused(why: String) -> Response {
    (StatusCode::UNPROCESSABLE_ENTITY, why + "\n").into_response()
}

pub(crate) async fn rate(State(shared): State<Arc<Shared>>, Json(body): Json<NewRate>) -> Response {
    let profile = match (body.rate_kbps, body.steps) {
        (Some(0), None) => {
            let why = "rate_kbps is above zero; a link that carries nothing until it is changed again is steps, \
                       such as [[1, 0]]";
            return refused(why.to_owned());
        }
        (Some(kbps), None) => Some(Profile::steady(kbps)),
        (None, Some(steps)) => match parse_steps(&steps) {
            Ok(profile) => Some(profile),
            Err(why) => return refused(why),
        },
        (None, None) => None,
        (Some(_), Some(_)) => return refused("rate_kbps and steps exclude each other".to_owned()),
    };
    if let Some(profile) = profile {
        shared.set_profile(profile);
    }
    if let Some(latency_ms) = body.latency_ms {
        shared.change(|playing| playing.network.latency = Duration::from_millis(latency_ms));
    }
    StatusCode::NO_CONTENT.into_response()
}

/// Starts the network's time, the rules' counts and the log anew.
pub(crate) async fn reset(State(shared): State<Arc<Shared>>) -> Response {
    shared.reset();
    ([OPEN], StatusCode::NO_CONTENT).into_response()
}

/// Plays the scenario in the body (TOML) from its beginning. Files that it names are looked for where the origin was
/// started.
pub(crate) async fn scenario(State(shared): State<Arc<Shared>>, body: String) -> Response {
    let scenario = match Scenario::read(&body, Path::new(".")) {
        Ok(scenario) => scenario,
        Err(error) => return refused(error.to_string()),
    };
    match shared.play(scenario).await {
        Ok(()) => StatusCode::NO_CONTENT.into_response(),
        Err(error) => {
            let source = std::error::Error::source(&error);
            refused(source.map_or_else(|| error.to_string(), |source| format!("{error}: {source}")))
        }
    }
}

/// The log as NDJSON.
pub(crate) async fn log(State(shared): State<Arc<Shared>>) -> Response {
    match shared.log.ndjson() {
        Ok(lines) => ([OPEN, (header::CONTENT_TYPE, "application/x-ndjson")], lines).into_response(),
        Err(error) => (StatusCode::INTERNAL_SERVER_ERROR, error.to_string()).into_response(),
    }
}

/// The log as an HTTP archive.
pub(crate) async fn archive(State(shared): State<Arc<Shared>>) -> Response {
    let archive = har::archive(&shared.log.entries(), shared.log.started(), &shared.base);
    ([OPEN], Json(archive)).into_response()
}

/// The certificate, for those who want to trust it.
pub(crate) async fn certificate(State(shared): State<Arc<Shared>>) -> Response {
    match &shared.certificate {
        Some(one) => ([(header::CONTENT_TYPE, "application/x-pem-file")], one.pem.clone()).into_response(),
        None => (StatusCode::NOT_FOUND, "there is no TLS here\n").into_response(),
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
