//! The page: the Leptos bundle, embedded in the executable, sent compressed as the browser takes it.

use axum::body::Body;
use axum::extract::Request;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use bytes::Bytes;

use super::problem::Problem;

/// One file of the bundle.
struct Asset {
    /// Path from the root, such as `ui-0123.js`.
    path: &'static str,
    media_type: &'static str,
    /// Quoted, for the plain form; the others append their encoding.
    etag: &'static str,
    plain: &'static [u8],
    br: Option<&'static [u8]>,
    gz: Option<&'static [u8]>,
    /// Whether the name has a hash of the content in it.
    immutable: bool,
}

include!(concat!(env!("OUT_DIR"), "/ui_assets.rs"));

/// What the page may load: itself. WebAssembly needs a word of its own, players play from `blob:`, and in the desktop
/// app the page talks to its window through `ipc:`.
const POLICY: HeaderValue = HeaderValue::from_static(concat!(
    "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'",
    include_str!(concat!(env!("OUT_DIR"), "/inline_script_hashes.txt")),
    "; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; media-src 'self' blob:; ",
    "connect-src 'self' ipc: http://ipc.localhost; object-src 'none'; base-uri 'none'; form-action 'self'; ",
    "frame-ancestors 'none'"
));

const FOR_EVER: HeaderValue = HeaderValue::from_static("public, max-age=31536000, immutable");
const ASK_FIRST: HeaderValue = HeaderValue::from_static("no-cache");

/// Whatever no route answers: a file of the bundle, the page, or a problem.
pub(super) async fn page(request: Request) -> Response {
    let path = request.uri().path().trim_start_matches('/');
    let reserved = ["api", "media", "metrics"].iter().any(|top| path.split('/').next() == Some(top));
    if reserved {
        return Problem::not_found("not_found", "There is nothing at this address.").into_response();
    }
    if !matches!(*request.method(), Method::GET | Method::HEAD) {
        return Problem::wrong_method().into_response();
    }
    let asset = ASSETS.iter().find(|asset| asset.path == path);
    // A path of the page's own router, such as /watch/1: the page knows what to do. A missing file is not one.
    let looks_like_a_file = path.rsplit('/').next().is_some_and(|name| name.contains('.'));
    match asset.or_else(|| ASSETS.iter().find(|asset| asset.path == "index.html" && !looks_like_a_file)) {
        Some(asset) => send(asset, request.headers()),
        None => Problem::not_found("not_found", "There is no such file.").into_response(),
    }
}

fn send(asset: &'static Asset, headers: &HeaderMap) -> Response {
    let accepted = headers.get(header::ACCEPT_ENCODING).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let takes = |encoding: &str| {
        accepted.split(',').any(|entry| {
            let mut parts = entry.split(';').map(str::trim);
            parts.next() == Some(encoding) && !parts.any(|part| matches!(part, "q=0" | "q=0.0" | "q=0.00" | "q=0.000"))
        })
    };
    let (body, encoding) = match (asset.br, asset.gz) {
        (Some(br), _) if takes("br") => (br, Some("br")),
        (_, Some(gz)) if takes("gzip") => (gz, Some("gzip")),
        _ => (asset.plain, None),
    };
    let etag = encoding
        .map_or_else(|| asset.etag.to_owned(), |encoding| format!("{}-{encoding}\"", asset.etag.trim_end_matches('"')));
    let known = headers.get(header::IF_NONE_MATCH).and_then(|value| value.to_str().ok());
    let fresh = known.is_some_and(|known| known.split(',').any(|tag| tag.trim().trim_start_matches("W/") == etag));
    let mut response = if fresh {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        Response::new(Body::from(Bytes::from_static(body)))
    };
    let head = response.headers_mut();
    if !fresh {
        head.insert(header::CONTENT_TYPE, HeaderValue::from_static(asset.media_type));
        if let Some(encoding) = encoding {
            head.insert(header::CONTENT_ENCODING, HeaderValue::from_static(encoding));
        }
    }
    head.insert(header::ETAG, HeaderValue::from_str(&etag).expect("a quoted hash is a header value"));
    head.insert(header::CACHE_CONTROL, if asset.immutable { FOR_EVER } else { ASK_FIRST });
    head.insert(header::VARY, HeaderValue::from_static("accept-encoding"));
    head.insert(header::CONTENT_SECURITY_POLICY, POLICY);
    head.insert(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    response
}
