//! `GET /api/streaming/sources/{id}`

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use media_engine::Source;
use media_engine::decide::{self, Capabilities, Way};
use serde::Deserialize;
use server_api as dto;

use crate::app::App;
use crate::domain::TitleId;
use crate::http::Problem;
use crate::http::extract::{Id, Query};
use crate::library::SourceError;

/// What a client can play; the same in the address of a multivariant playlist.
#[derive(Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ClientQuery {
    /// Video codecs that MediaSource takes, with commas between: `avc1.640028,hvc1`.
    video: Option<String>,
    /// Audio codecs that MediaSource takes: `mp4a.40.2`.
    audio: Option<String>,
    /// Containers that the media element plays alone: `mp4,webm`.
    file: Option<String>,
    /// Pictures taller than this are of no use.
    max_height: Option<u32>,
}

impl ClientQuery {
    pub(crate) fn capabilities(&self) -> Capabilities {
        let list = |list: &Option<String>| list.clone();
        Capabilities::from_lists(
            list(&self.video).as_deref(),
            list(&self.audio).as_deref(),
            list(&self.file).as_deref(),
            self.max_height,
        )
    }

    /// The query of the playlist's address; `file` says nothing about segments.
    fn for_playlist(&self) -> String {
        let mut pairs = form_urlencoded::Serializer::new(String::new());
        for (name, list) in [("video", &self.video), ("audio", &self.audio)] {
            if let Some(list) = list {
                pairs.append_pair(name, list);
            }
        }
        if let Some(height) = self.max_height {
            pairs.append_pair("max_height", &height.to_string());
        }
        let query = pairs.finish();
        if query.is_empty() { query } else { format!("?{query}") }
    }
}

/// How to play a video with what this client can do, best first. With no capabilities: H.264 and AAC.
#[utoipa::path(get, path = "/api/streaming/sources/{id}", params(("id" = String, Path), ClientQuery), responses(
    (status = 200, body = dto::Sources),
    (status = 404, description = "No such title", body = dto::Problem, content_type = "application/problem+json"),
    (status = 409, description = "It cannot be played", body = dto::Problem, content_type = "application/problem+json"),
    (status = 503, description = "It is still being examined", body = dto::Problem, content_type = "application/problem+json"),
))]
pub(crate) async fn list(
    State(app): State<App>,
    Id(id): Id,
    Query(query): Query<ClientQuery>,
) -> Result<Json<dto::Sources>, Problem> {
    let source = find(&app, &id).await?;
    let client = query.capabilities();
    let adaptive = dto::Source {
        kind: dto::SourceKind::Hls,
        url: format!("/media/{id}/{}/main.m3u8{}", source.key, query.for_playlist()),
        ..described(dto::SourceKind::Hls, &decide::decide_adaptive(&source.facts, &client))
    };
    let best = decide::decide(&source.facts, &client);
    if best.way != Way::Direct {
        app.engine.expect_play(&source, &client);
    }
    let direct = (best.way == Way::Direct)
        .then(|| dto::Source { url: format!("/media/{id}/direct"), ..described(dto::SourceKind::Direct, &best) });
    Ok(Json(dto::Sources { sources: direct.into_iter().chain([adaptive]).collect() }))
}

fn described(kind: dto::SourceKind, decision: &decide::Decision) -> dto::Source {
    let reason = |reason: &decide::Reason| dto::Reason { code: reason.code().to_owned(), detail: reason.to_string() };
    dto::Source {
        kind,
        url: String::new(),
        decision: match decision.way {
            Way::Direct => dto::Decision::Direct,
            Way::Remux => dto::Decision::Remux,
            Way::Transcode => dto::Decision::Transcode,
        },
        reasons: decision.reasons.iter().map(reason).collect(),
    }
}

/// The source of a title; one whose stored facts are too old to read is examined again.
pub(crate) async fn find(app: &App, id: &TitleId) -> Result<Arc<Source>, Problem> {
    match app.library.sources().get(id).await {
        Ok(source) => Ok(source),
        Err(error) => {
            if let SourceError::Outdated(title) = &error {
                app.library.examine_again(title).await?;
            }
            Err(error.into())
        }
    }
}
