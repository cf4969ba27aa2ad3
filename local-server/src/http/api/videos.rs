//! `GET /api/videos/{id}`

use axum::Json;
use axum::extract::State;
use media_engine::Capabilities;
use server_api as dto;

use super::{convert, sources};
use crate::app::App;
use crate::http::Problem;
use crate::http::extract::Id;

/// One playable video: its streams, chapters and renditions.
#[utoipa::path(get, path = "/api/videos/{id}", params(("id" = String, Path)), responses(
    (status = 200, body = dto::Video),
    (status = 404, description = "No such title", body = dto::Problem, content_type = "application/problem+json"),
    (status = 409, description = "It cannot be played", body = dto::Problem, content_type = "application/problem+json"),
    (status = 503, description = "It is still being examined", body = dto::Problem, content_type = "application/problem+json"),
))]
pub(crate) async fn one(State(app): State<App>, Id(id): Id) -> Result<Json<dto::Video>, Problem> {
    let title = app.store.title(&id).await?;
    let source = sources::find(&app, &id).await?;
    let facts = &source.facts;
    Ok(Json(dto::Video {
        movie: convert::movie(&title),
        container: convert::container(&facts.container),
        size_bytes: title.file.stamp.size,
        video: facts.video.iter().map(convert::video).collect(),
        audio: facts.audio.iter().map(convert::audio).collect(),
        subtitles: facts.subtitles.iter().map(convert::subtitle).collect(),
        chapters: convert::chapters(facts),
        renditions: convert::renditions(&app.engine.offer(&source, &Capabilities::unspecified())),
    }))
}
