//! `GET /media/{id}/direct`: the file itself, for clients that play it as it is.

use std::fs::File;

use axum::Extension;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue};
use axum::response::Response;
use media_engine::facts::{Container, MediaFacts};
use sha2::{Digest as _, Sha256};

use super::send_file::{self, Sent};
use crate::app::App;
use crate::http::Problem;
use crate::http::api::sources;
use crate::http::extract::Id;
use crate::http::listen::Connection;

/// Sends the file, or a range of it.
pub(crate) async fn file(
    State(app): State<App>,
    Id(id): Id,
    connection: Option<Extension<Connection>>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let source = sources::find(&app, &id).await?;
    let path = source.path.clone();
    let opened = tokio::task::spawn_blocking(move || {
        let file = File::open(path)?;
        let metadata = file.metadata()?;
        Ok::<_, std::io::Error>((file, metadata))
    });
    let opened = opened.await.unwrap_or_else(|error| Err(std::io::Error::other(error)));
    let (file, metadata) = opened.map_err(|error| {
        tracing::warn!(path = %source.path.display(), %error, "a film's file cannot be read");
        Problem::not_found(
            "file_unreadable",
            format!("The film's file is gone or cannot be read: {error}. Is its disk connected?"),
        )
    })?;
    // Of the file as it is now, not as the scan saw it: a range must never join two versions.
    let version = (metadata.len(), metadata.modified().ok());
    let digest = Sha256::digest(format!("{version:?}"));
    let etag: String = digest.iter().take(10).map(|byte| format!("{byte:02x}")).collect();
    let sent = Sent {
        file,
        size: metadata.len(),
        etag,
        modified: send_file::modified(&metadata),
        media_type: HeaderValue::from_static(media_type(&source.facts)),
        cache: HeaderValue::from_static("private, no-cache"),
    };
    Ok(send_file::reply(sent, &headers, connection.as_deref()))
}

fn media_type(facts: &MediaFacts) -> &'static str {
    match &facts.container {
        Container::Mp4 if facts.video.is_none() => "audio/mp4",
        Container::Mp4 => "video/mp4",
        Container::Matroska => "video/x-matroska",
        Container::WebM if facts.video.is_none() => "audio/webm",
        Container::WebM => "video/webm",
        Container::Audio(name) => match name.as_str() {
            "flac" => "audio/flac",
            "mp3" => "audio/mpeg",
            "ogg" => "audio/ogg",
            "wav" => "audio/wav",
            "aiff" => "audio/aiff",
            "aac" | "adts" => "audio/aac",
            _ => "application/octet-stream",
        },
        Container::Other(_) => "application/octet-stream",
    }
}
