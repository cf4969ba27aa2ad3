//! `GET /media/{id}/{key}/main.m3u8` and `.../{stream}/playlist.m3u8`

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse as _, Response};
use media_engine::{Source, StreamName};

use crate::app::App;
use crate::http::Problem;
use crate::http::api::sources::{self, ClientQuery};
use crate::http::extract::{Query, title_id};
use crate::http::problem;

/// RFC 8216 §4.
const PLAYLIST: HeaderValue = HeaderValue::from_static("application/vnd.apple.mpegurl");

/// The multivariant playlist for what the query says that the client can play.
pub(crate) async fn multivariant(
    State(app): State<App>,
    Path((id, key)): Path<(String, String)>,
    Query(query): Query<ClientQuery>,
) -> Result<Response, Problem> {
    let source = version(&app, &id, &key).await?;
    let text = app.engine.multivariant_playlist(&source, &query.capabilities());
    Ok(playlist(text.map_err(|error| problem::playback(&error))?))
}

/// The media playlist of one stream.
pub(crate) async fn media(
    State(app): State<App>,
    Path((id, key, stream)): Path<(String, String, String)>,
) -> Result<Response, Problem> {
    let source = version(&app, &id, &key).await?;
    let text = app.engine.media_playlist(&source, &stream_name(&stream)?).await;
    Ok(playlist(text.map_err(|error| problem::playback(&error))?))
}

/// The source of a title, if the address names the version of its content that we have.
pub(super) async fn version(app: &App, id: &str, key: &str) -> Result<Arc<Source>, Problem> {
    let source = sources::find(app, &title_id(id)?).await?;
    if source.key.as_str() == key {
        Ok(source)
    } else {
        Err(Problem::not_found("file_changed", "The film's file has changed; open the title again."))
    }
}

pub(super) fn stream_name(text: &str) -> Result<StreamName, Problem> {
    text.parse().map_err(|_| Problem::not_found("no_such_stream", "There is no such stream."))
}

fn playlist(text: String) -> Response {
    ([(header::CONTENT_TYPE, PLAYLIST), (header::CACHE_CONTROL, HeaderValue::from_static("no-cache"))], text)
        .into_response()
}
