//! Keeps out requests that only look like ours: names that were made to point here (DNS rebinding) and pages of others
//! that reach for the loopback.

use std::net::IpAddr;
use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, Uri, header};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};

use super::listen::Connection;
use super::problem::Problem;
use crate::config::HttpConfig;

/// Knows by which names this server may be asked for.
pub struct Guard {
    names: Vec<String>,
}

impl Guard {
    /// This machine's names and those of the configuration.
    pub fn new(config: &HttpConfig) -> Self {
        let host = rustix::system::uname().nodename().to_string_lossy().to_lowercase();
        let mut names = vec!["localhost".to_owned(), format!("{host}.local"), host];
        names.extend(config.allowed_hosts.iter().map(|name| name.to_lowercase()));
        Self { names }
    }

    /// Whether a request may be answered. `local` is the address at which the connection reached this machine: an
    /// address in the Host header has to be that one, or any of the loopback if that is where the connection came in.
    fn admits(&self, method: &Method, uri: &Uri, headers: &HeaderMap, local: IpAddr) -> Result<(), Problem> {
        let host = headers.get(header::HOST).and_then(|value| value.to_str().ok());
        let host = host.or_else(|| uri.authority().map(|authority| authority.as_str())).unwrap_or_default();
        if !self.is_ours(name_of(host), local) {
            return Err(Problem::new(
                StatusCode::FORBIDDEN,
                "foreign_host",
                "This server does not answer to that name. Names of its own are set as http.allowed_hosts.",
            ));
        }
        if let Some(origin) = headers.get(header::ORIGIN) {
            let origin = origin.to_str().unwrap_or_default();
            let authority = origin.strip_prefix("http://").or_else(|| origin.strip_prefix("https://"));
            if !authority.is_some_and(|authority| authority.eq_ignore_ascii_case(host)) {
                return Err(foreign_origin());
            }
        }
        // Browsers say this also where they send no Origin: pictures, videos and scripts of other pages. A link from
        // another page is fine.
        let from = |name| headers.get(name).and_then(|value: &HeaderValue| value.to_str().ok());
        let elsewhere = matches!(from("sec-fetch-site"), Some("cross-site" | "same-site"));
        let visits = from("sec-fetch-mode") == Some("navigate") && matches!(*method, Method::GET | Method::HEAD);
        if elsewhere && !visits { Err(foreign_origin()) } else { Ok(()) }
    }

    fn is_ours(&self, name: &str, local: IpAddr) -> bool {
        match name.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>() {
            Ok(address) => {
                let (address, local) = (address.to_canonical(), local.to_canonical());
                address == local || (address.is_loopback() && local.is_loopback())
            }
            Err(_) => self.names.iter().any(|ours| name.eq_ignore_ascii_case(ours)),
        }
    }
}

fn foreign_origin() -> Problem {
    Problem::new(StatusCode::FORBIDDEN, "foreign_origin", "Pages of other servers may not use this one.")
}

/// The host without the port.
fn name_of(host: &str) -> &str {
    if host.starts_with('[') {
        return host.find(']').map_or(host, |end| &host[..=end]);
    }
    host.rsplit_once(':').map_or(host, |(name, _)| name)
}

/// Lets a request through or answers it with a problem document.
pub(super) async fn keep_out_strangers(State(guard): State<Arc<Guard>>, request: Request, next: Next) -> Response {
    let local = request.extensions().get::<Connection>().map(|connection| connection.local.ip());
    let local = local.unwrap_or(IpAddr::V4(std::net::Ipv4Addr::LOCALHOST));
    match guard.admits(request.method(), request.uri(), request.headers(), local) {
        Ok(()) => next.run(request).await,
        Err(problem) => {
            tracing::info!(code = %problem.code, host = ?request.headers().get(header::HOST), "refused");
            problem.into_response()
        }
    }
}

#[cfg(test)]
mod tests;
