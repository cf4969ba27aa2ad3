//! The real server behind the link.

use axum::body::Body;
use axum::extract::Request;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Uri, header};
use axum::response::Response;
use reqwest::redirect;
use url::Url;

/// Headers that belong to one connection (RFC 9110 §7.6.1) and are not passed on.
const HOP_BY_HOP: [HeaderName; 7] = [
    header::CONNECTION,
    HeaderName::from_static("keep-alive"),
    HeaderName::from_static("proxy-connection"),
    header::TE,
    header::TRAILER,
    header::TRANSFER_ENCODING,
    header::UPGRADE,
];

/// A server that requests are passed on to.
#[derive(Clone, Debug)]
pub(crate) struct Upstream {
    client: reqwest::Client,
    /// Its address without a path; also what it takes for its own in `Origin`.
    origin: String,
}

/// Why a request could not be passed on.
#[derive(Debug, thiserror::Error)]
pub(crate) enum UpstreamError {
    /// It makes no request there.
    #[error("cannot be passed on: {0}")]
    Request(String),
    /// The upstream did not answer.
    #[error("the upstream failed: {0}")]
    Failed(String),
}

/// The certificates in a PEM file; nothing if it is given and holds none.
pub(crate) fn certificates(pem: &[u8]) -> Option<Vec<reqwest::Certificate>> {
    let certificates = reqwest::Certificate::from_pem_bundle(pem).ok()?;
    (pem.is_empty() || !certificates.is_empty()).then_some(certificates)
}

impl Upstream {
    pub(crate) fn new(url: &Url, trusted: Vec<reqwest::Certificate>) -> Option<Self> {
        let usable = matches!(url.scheme(), "http" | "https") && url.has_host();
        // Whoever asked for one provider first has it; all of the workspace asks for ring.
        let _ = rustls::crypto::ring::default_provider().install_default();
        // Redirects are the client's to follow, and nothing is unpacked on the way.
        let client = reqwest::Client::builder().redirect(redirect::Policy::none()).tcp_nodelay(true).no_proxy();
        let client = client.tls_certs_merge(trusted);
        let origin = url.origin().ascii_serialization();
        usable.then(|| client.build().ok().map(|client| Self { client, origin })).flatten()
    }

    /// Its address without a path.
    pub(crate) fn origin(&self) -> &str {
        &self.origin
    }

    /// Makes the request there, as if it had been made there in the first place.
    pub(crate) async fn ask(&self, mut request: Request) -> Result<Response, UpstreamError> {
        let path = request.uri().path_and_query().map_or("/", |path| path.as_str());
        let target: Uri = format!("{}{path}", self.origin)
            .parse()
            .map_err(|error: http::uri::InvalidUri| UpstreamError::Request(error.to_string()))?;
        *request.uri_mut() = target;
        *request.version_mut() = http::Version::HTTP_11;
        let has_body = request.headers().contains_key(header::CONTENT_LENGTH)
            || request.headers().contains_key(header::TRANSFER_ENCODING);
        let headers = request.headers_mut();
        strip(headers);
        // The client library writes the Host of the target; a page of this origin is one of the upstream's own.
        headers.remove(header::HOST);
        headers.remove(header::REFERER);
        if headers.contains_key(header::ORIGIN)
            && let Ok(own) = HeaderValue::from_str(&self.origin)
        {
            headers.insert(header::ORIGIN, own);
        }
        let stream = |body: Body| reqwest::Body::wrap_stream(body.into_data_stream());
        let request = request.map(|body| if has_body { stream(body) } else { reqwest::Body::default() });
        let request = reqwest::Request::try_from(request).map_err(|error| UpstreamError::Request(error.to_string()))?;
        let reply = self.client.execute(request).await.map_err(|error| UpstreamError::Failed(causes(&error)))?;
        let mut reply: Response = http::Response::<reqwest::Body>::from(reply).map(Body::new);
        strip(reply.headers_mut());
        Ok(reply)
    }
}

/// An error with what led to it: the outermost says only that sending failed.
fn causes(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text = format!("{text}: {cause}");
        source = cause.source();
    }
    text
}

fn strip(headers: &mut HeaderMap) {
    for name in HOP_BY_HOP {
        headers.remove(name);
    }
}
