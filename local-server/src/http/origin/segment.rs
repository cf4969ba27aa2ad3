//! `GET /media/{id}/{key}/{stream}/init.mp4` and `.../{n}.m4s`

use axum::Extension;
use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, header};
use axum::response::{IntoResponse as _, Response};
use media_engine::{GrowingSegment, Segment, SegmentBody, StreamName};

use super::playlist::{stream_name, version};
use super::send_file::{self, Sent};
use crate::app::App;
use crate::http::listen::Connection;
use crate::http::{Problem, problem};

/// The address holds the version of the content: what was sent once is right for ever.
const FOR_EVER: HeaderValue = HeaderValue::from_static("private, max-age=31536000, immutable");

/// How long an encoder was waited for.
const SERVER_TIMING: HeaderName = HeaderName::from_static("server-timing");

/// The init section or a segment of one stream.
pub(crate) async fn segment(
    State(app): State<App>,
    Path((id, key, stream, file)): Path<(String, String, String, String)>,
    connection: Option<Extension<Connection>>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let source = version(&app, &id, &key).await?;
    let stream = stream_name(&stream)?;
    if file == "init.mp4" {
        let bytes = app.engine.init_section(&source, &stream).await.map_err(|error| problem::playback(&error))?;
        return Ok(
            ([(header::CONTENT_TYPE, media_type(stream)), (header::CACHE_CONTROL, FOR_EVER)], bytes).into_response()
        );
    }
    let number = number(&file).ok_or_else(|| Problem::not_found("no_such_segment", "There is no such segment."))?;
    let segment = app.engine.segment(&source, &stream, number).await.map_err(|error| problem::playback(&error))?;
    Ok(reply(segment, stream, &headers, connection.as_deref()))
}

/// `12.m4s`, written in one way only, so that caches keep one copy.
fn number(file: &str) -> Option<u32> {
    let digits = file.strip_suffix(".m4s")?;
    let plain = digits.bytes().all(|byte| byte.is_ascii_digit()) && (digits.len() == 1 || !digits.starts_with('0'));
    plain.then(|| digits.parse().ok())?
}

fn reply(segment: Segment, stream: StreamName, headers: &HeaderMap, connection: Option<&Connection>) -> Response {
    let etag = segment.etag;
    let mut response = match segment.body {
        SegmentBody::File { file, size } => {
            let (media_type, etag) = (media_type(stream), etag.unwrap_or_default());
            send_file::reply(
                Sent { file, size, etag, modified: None, media_type, cache: FOR_EVER },
                headers,
                connection,
            )
        }
        SegmentBody::Bytes(bytes) => whole(Body::from(bytes), stream, etag.as_deref()),
        SegmentBody::Growing(growing) => whole(growing_body(growing), stream, etag.as_deref()),
    };
    if let Some(encode) = segment.encode {
        let timing = format!("encode;dur={:.1}", encode.as_secs_f64() * 1e3);
        let timing = HeaderValue::from_str(&timing).expect("letters and digits are a header value");
        response.headers_mut().insert(SERVER_TIMING, timing);
    }
    response
}

/// A body whose length is not known yet. A segment that cannot be finished breaks the connection off, so that nobody takes
/// what is there for all of it.
fn growing_body(growing: GrowingSegment) -> Body {
    Body::from_stream(futures_util::stream::unfold(growing, async |mut growing| {
        let piece = growing.next().await?;
        if let Err(error) = &piece {
            tracing::warn!(%error, "a segment ends in the middle");
        }
        Some((piece, growing))
    }))
}

/// A body that is not in a file; ranges of it are not offered.
fn whole(body: Body, stream: StreamName, etag: Option<&str>) -> Response {
    let mut response = Response::new(body);
    let head = response.headers_mut();
    head.insert(header::CONTENT_TYPE, media_type(stream));
    head.insert(header::CACHE_CONTROL, FOR_EVER);
    if let Some(etag) = etag.and_then(|etag| HeaderValue::from_str(&format!("\"{etag}\"")).ok()) {
        head.insert(header::ETAG, etag);
    }
    response
}

fn media_type(stream: StreamName) -> HeaderValue {
    HeaderValue::from_static(match stream {
        StreamName::Original | StreamName::Rung(_) => "video/mp4",
        StreamName::Audio(_) | StreamName::AudioAac(_) => "audio/mp4",
    })
}
