//! Where playlists come from: files, and servers asked over HTTP; and what may be there in place of a playlist.
//!
//! What a server sends may name servers, but not files of the person who asked.

use std::cell::OnceCell;
use std::fmt;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use url::Url;

/// No playlist is larger; a film behind the address must not be loaded.
const MAX_BYTES: usize = 64 << 20;

/// A server that has not answered by then does not answer.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);

/// Where a playlist is, or what one names.
#[derive(Clone, Debug)]
pub(crate) struct Source {
    pub(crate) url: Url,
    /// As a person would write it.
    pub(crate) name: String,
    /// Whether a server has named it.
    is_foreign: bool,
}

/// A playlist as text.
pub(crate) struct Loaded {
    pub(crate) text: String,
    /// Where it came from after redirects.
    pub(crate) base: Url,
    /// Whether it was not UTF-8.
    pub(crate) is_mended: bool,
    /// Whether its address or its type says that it is a playlist (RFC 8216 §4).
    pub(crate) is_named: bool,
}

/// Why there is no playlist. A sentence without its full stop.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Trouble(pub(crate) String);

impl fmt::Display for Trouble {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0)
    }
}

impl std::error::Error for Trouble {}

impl Trouble {
    /// What a text is that does not begin like a playlist.
    pub(crate) fn not_a_playlist(text: &str) -> Self {
        let begin: String = text.trim_start_matches('\u{feff}').trim_start().chars().take(512).collect();
        let lower = begin.to_ascii_lowercase();
        let what = if begin.is_empty() {
            "it is empty"
        } else if lower.contains("<mpd") {
            "it is a DASH manifest, not an HLS playlist"
        } else if lower.starts_with("<!doctype html") || lower.starts_with("<html") || lower.contains("<head") {
            "it is a web page (HTML), not a playlist"
        } else if lower.starts_with('<') {
            "it is an XML document, not a playlist"
        } else if begin.starts_with(['{', '[']) {
            "it looks like JSON, not like a playlist"
        } else {
            "it is not a playlist: the first line is not #EXTM3U"
        };
        Self(what.to_owned())
    }
}

impl Source {
    /// The source that a person names: an address if it has a scheme we load from, else a file.
    pub(crate) fn of(target: &str) -> Result<Self, Trouble> {
        let url = if target.starts_with("http://") || target.starts_with("https://") {
            Url::parse(target).map_err(|error| Trouble(format!("it is no address: {error}")))?
        } else if let Some((scheme, _)) = target.split_once("://") {
            return Err(Trouble(format!("addresses with {scheme}: are not loaded; http:, https: and files are")));
        } else {
            let path = std::path::absolute(Path::new(target)).map_err(|error| Trouble(error.to_string()))?;
            Url::from_file_path(path).map_err(|()| Trouble("it is no name of a file".to_owned()))?
        };
        Ok(Self { url, name: target.to_owned(), is_foreign: false })
    }

    /// A source that a playlist from `base` names.
    pub(crate) fn named(url: Url, base: &Url) -> Self {
        let folder = std::env::current_dir().unwrap_or_default();
        let path = url.to_file_path().ok().filter(|_| url.scheme() == "file" && base.scheme() == "file");
        let shown = path.map(|path| path.strip_prefix(&folder).unwrap_or(&path).display().to_string());
        Self { name: shown.unwrap_or_else(|| url.to_string()), url, is_foreign: base.scheme() != "file" }
    }

    /// The file it is; `None` if a server is to be asked.
    pub(crate) fn file(&self) -> Result<Option<PathBuf>, Trouble> {
        match self.url.scheme() {
            "file" if !self.is_foreign => {
                let path = self.url.to_file_path().map_err(|()| Trouble("it is no name of a file".to_owned()))?;
                Ok(Some(path))
            }
            "http" | "https" => Ok(None),
            scheme => Err(Trouble(format!("addresses with {scheme}: are not loaded"))),
        }
    }
}

/// Loads playlists, and waits for them.
pub(crate) struct Client {
    /// Made when something is asked for over HTTP.
    online: OnceCell<Option<Online>>,
    /// Certificates that are trusted as well.
    trusted: Vec<reqwest::Certificate>,
}

/// What asks servers.
pub(crate) struct Online {
    pub(crate) runtime: tokio::runtime::Runtime,
    pub(crate) client: reqwest::Client,
}

/// The certificates in a PEM file.
pub(crate) fn certificates(file: &Path) -> Result<Vec<reqwest::Certificate>, Trouble> {
    let pem = std::fs::read(file).map_err(|error| unreadable(&error))?;
    let certificates = reqwest::Certificate::from_pem_bundle(&pem).ok().filter(|list| !list.is_empty());
    certificates.ok_or_else(|| Trouble("it holds no certificate in PEM".to_owned()))
}

impl Client {
    /// A client that trusts these as well.
    pub(crate) fn new(trusted: Vec<reqwest::Certificate>) -> Self {
        Self { online: OnceCell::new(), trusted }
    }

    pub(crate) fn load(&self, source: &Source) -> Result<Loaded, Trouble> {
        let Answer { bytes, base, kind } = self.answer(source)?;
        let ends = |ending: &str| base.path().ends_with(ending);
        let is_named = ends(".m3u8") || ends(".m3u") || kind.is_some_and(|kind| is_playlist_type(&kind));
        read(bytes, base, is_named)
    }

    /// Whether what is there is JSON.
    pub(crate) fn is_json(&self, source: &Source) -> Result<bool, Trouble> {
        let Answer { bytes, .. } = self.answer(source)?;
        if bytes.len() > MAX_BYTES {
            return Err(too_large());
        }
        Ok(serde_json::from_slice::<serde::de::IgnoredAny>(&bytes).is_ok())
    }

    fn answer(&self, source: &Source) -> Result<Answer, Trouble> {
        match source.file()? {
            Some(path) => Ok(Answer { bytes: file(&path)?, base: source.url.clone(), kind: None }),
            None => self.fetch(&source.url),
        }
    }

    /// What asks servers; made at the first call.
    pub(crate) fn online(&self) -> Result<&Online, Trouble> {
        let made = self.online.get_or_init(|| {
            // reqwest brings no TLS of its own; a second call changes nothing.
            let _ = rustls::crypto::ring::default_provider().install_default();
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().ok()?;
            let agent = concat!("matinee-lab/", env!("CARGO_PKG_VERSION"));
            let client = reqwest::Client::builder().user_agent(agent);
            Some(Online { runtime, client: client.tls_certs_merge(self.trusted.clone()).build().ok()? })
        });
        made.as_ref().ok_or_else(|| Trouble("no network client can be made".to_owned()))
    }

    fn fetch(&self, url: &Url) -> Result<Answer, Trouble> {
        let Online { runtime, client } = self.online()?;
        runtime.block_on(async {
            let answer = tokio::time::timeout(PATIENCE, body(client, url)).await;
            answer.unwrap_or_else(|_| Err(slow(url, PATIENCE)))
        })
    }
}

/// What a server or a file gave.
struct Answer {
    bytes: Vec<u8>,
    /// Where it came from after redirects.
    base: Url,
    /// `Content-Type`.
    kind: Option<String>,
}

/// The two that RFC 8216 §4 names, and the one that servers send most; whatever parameters they have.
fn is_playlist_type(kind: &str) -> bool {
    let kind = kind.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    matches!(kind.as_str(), "application/vnd.apple.mpegurl" | "audio/mpegurl" | "application/x-mpegurl")
}

async fn body(client: &reqwest::Client, url: &Url) -> Result<Answer, Trouble> {
    let mut reply = client.get(url.clone()).send().await.map_err(|error| unreachable(url, &error))?;
    if !reply.status().is_success() {
        return Err(refused(url, reply.status()));
    }
    let base = reply.url().clone();
    let kind = reply.headers().get(reqwest::header::CONTENT_TYPE);
    let kind = kind.and_then(|kind| kind.to_str().ok()).map(str::to_owned);
    let mut bytes = Vec::new();
    while let Some(chunk) = reply.chunk().await.map_err(|error| unreachable(url, &error))? {
        bytes.extend_from_slice(&chunk);
        if bytes.len() > MAX_BYTES || is_binary(&bytes[..bytes.len().min(512)]) {
            break;
        }
    }
    Ok(Answer { bytes, base, kind })
}

/// What an answer is that is no success.
pub(crate) fn refused(url: &Url, status: reqwest::StatusCode) -> Trouble {
    Trouble(format!("{} answers with status {status}", host(url)))
}

/// Why no answer came, or not all of it.
pub(crate) fn unreachable(url: &Url, error: &reqwest::Error) -> Trouble {
    if error.is_timeout() {
        return slow(url, PATIENCE);
    }
    let mut cause: &dyn std::error::Error = error;
    while let Some(deeper) = cause.source() {
        cause = deeper;
    }
    let what = if error.is_connect() {
        "cannot be reached"
    } else if error.is_redirect() {
        "sends us round in circles"
    } else {
        "breaks off"
    };
    Trouble(format!("{} {what}: {cause}", host(url)))
}

/// What a server is that has used up its time.
pub(crate) fn slow(url: &Url, patience: Duration) -> Trouble {
    Trouble(format!("{} does not answer within {} s", host(url), patience.as_secs()))
}

fn host(url: &Url) -> String {
    let port = url.port().map(|port| format!(":{port}")).unwrap_or_default();
    format!("the server {}{port}", url.host_str().unwrap_or_default())
}

/// Why a file is of no use.
pub(crate) fn unreadable(error: &std::io::Error) -> Trouble {
    Trouble(format!("it cannot be read: {error}"))
}

fn file(path: &Path) -> Result<Vec<u8>, Trouble> {
    let unreadable = |error: std::io::Error| unreadable(&error);
    let mut bytes = Vec::new();
    let file = std::fs::File::open(path).map_err(unreadable)?;
    file.take(MAX_BYTES as u64 + 1).read_to_end(&mut bytes).map_err(unreadable)?;
    Ok(bytes)
}

/// Bytes as the text of a playlist.
fn read(bytes: Vec<u8>, base: Url, is_named: bool) -> Result<Loaded, Trouble> {
    if is_binary(&bytes[..bytes.len().min(512)]) {
        return Err(Trouble("it is binary data, not a playlist".to_owned()));
    }
    if bytes.len() > MAX_BYTES {
        return Err(too_large());
    }
    Ok(match String::from_utf8(bytes) {
        Ok(text) => Loaded { text, base, is_mended: false, is_named },
        Err(error) => {
            let text = String::from_utf8_lossy(error.as_bytes()).into_owned();
            Loaded { text, base, is_mended: true, is_named }
        }
    })
}

fn too_large() -> Trouble {
    Trouble(format!("it is larger than {} MiB, which no playlist is", MAX_BYTES >> 20))
}

/// Text has no zero bytes, and few bytes that are no UTF-8.
fn is_binary(begin: &[u8]) -> bool {
    let odd: usize = begin.utf8_chunks().map(|chunk| chunk.invalid().len()).sum();
    begin.contains(&0) || (!begin.starts_with(b"#EXTM3U") && odd > begin.len() / 8)
}
