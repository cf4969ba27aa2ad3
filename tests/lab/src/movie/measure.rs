//! How many bytes segments have: files by their length, what a server has by its word, or else by counting.

use std::collections::BTreeMap;
use std::time::Duration;

use indicatif::ProgressBar;
use reqwest::header::{ACCEPT_ENCODING, CONTENT_ENCODING, CONTENT_LENGTH, HeaderMap, RETRY_AFTER};
use reqwest::{Response, StatusCode};
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep, timeout};
use url::Url;

use crate::source::{self, Client, PATIENCE, Source, Trouble};

/// Enough to hide latency, few enough to leave a server to others.
const AT_ONCE: usize = 4;

/// Servers that encode on demand need a while for the first byte.
const ENCODING: Duration = Duration::from_secs(60);

/// Before the second attempt.
const PAUSE: Duration = Duration::from_millis(200);

/// A server that says when to come back is busy, not broken, for so long; and no single wait is longer than the other.
const BUSY: Duration = Duration::from_secs(120);
const LONGEST_WAIT: Duration = Duration::from_secs(10);

/// No segment is larger; what is has no end.
const MAX_BYTES: u64 = 8 << 30;

/// What was found.
#[derive(Clone, Debug, Default)]
pub(super) struct Measured {
    pub(super) sizes: BTreeMap<Url, u64>,
    /// Bytes that had to be read for it.
    pub(super) read: u64,
}

/// What cannot be measured, and why.
pub(super) type Failure = (Url, Trouble);

/// Measures each of these, whose addresses are all different.
pub(super) fn measure(client: &Client, wanted: Vec<Source>, bar: &ProgressBar) -> Result<Measured, Failure> {
    let mut measured = Measured::default();
    let mut remote = Vec::new();
    for source in wanted {
        let told = match source.file() {
            Ok(Some(path)) => std::fs::metadata(path).map_err(|error| source::unreadable(&error)),
            Ok(None) => {
                remote.push(source.url);
                continue;
            }
            Err(trouble) => Err(trouble),
        };
        match told
            .and_then(|file| if file.is_file() { Ok(file.len()) } else { Err(Trouble("it is no file".to_owned())) })
        {
            Ok(size) => measured.sizes.insert(source.url, size),
            Err(trouble) => return Err((source.url, trouble)),
        };
        bar.inc(1);
    }
    let Some(first) = remote.first() else { return Ok(measured) };
    let online = client.online().map_err(|trouble| (first.clone(), trouble))?;
    online.runtime.block_on(ask(&online.client, remote, bar, &mut measured))?;
    Ok(measured)
}

async fn ask(
    client: &reqwest::Client,
    urls: Vec<Url>,
    bar: &ProgressBar,
    measured: &mut Measured,
) -> Result<(), Failure> {
    let mut waiting = urls.into_iter();
    // What is still under way when one fails ends with this.
    let mut under_way = JoinSet::new();
    loop {
        while under_way.len() < AT_ONCE
            && let Some(url) = waiting.next()
        {
            let client = client.clone();
            under_way.spawn(async move { (size(&client, &url).await, url) });
        }
        let Some(ended) = under_way.join_next().await else { return Ok(()) };
        let (size, url) = ended.expect("nothing cancels it, and it does not panic");
        match size {
            Ok(Size { bytes, read }) => {
                measured.sizes.insert(url, bytes);
                measured.read += read;
                bar.inc(1);
            }
            Err(trouble) => return Err((url, trouble)),
        }
    }
}

#[derive(Clone, Copy, Debug)]
struct Size {
    bytes: u64,
    /// What was transferred to know it.
    read: u64,
}

async fn size(client: &reqwest::Client, url: &Url) -> Result<Size, Trouble> {
    if let Some(bytes) = told(client, url).await {
        return Ok(Size { bytes, read: 0 });
    }
    let begun = Instant::now();
    let mut is_second = false;
    loop {
        let (trouble, remedy) = match counted(client, url).await {
            Ok(bytes) => return Ok(Size { bytes, read: bytes }),
            Err(failure) => failure,
        };
        match remedy {
            Remedy::None => return Err(trouble),
            Remedy::Wait(pause) if begun.elapsed() < BUSY => sleep(pause.min(LONGEST_WAIT)).await,
            Remedy::Wait(_) | Remedy::Again if is_second => return Err(trouble),
            Remedy::Wait(_) | Remedy::Again => {
                is_second = true;
                sleep(PAUSE).await;
            }
        }
    }
}

/// What the server says of its length, if it says so.
async fn told(client: &reqwest::Client, url: &Url) -> Option<u64> {
    let asking = client.head(url.clone()).header(ACCEPT_ENCODING, "identity").send();
    let reply = timeout(PATIENCE, asking).await.ok()?.ok()?;
    // Some answer with a length of zero to say nothing.
    let is_plain = reply.status() == StatusCode::OK && !reply.headers().contains_key(CONTENT_ENCODING);
    number(reply.headers(), CONTENT_LENGTH.as_str()).filter(|length| is_plain && *length > 0)
}

/// What may help.
enum Remedy {
    None,
    Again,
    /// The server wants us to come back then.
    Wait(Duration),
}

/// Reads it, and keeps nothing.
async fn counted(client: &reqwest::Client, url: &Url) -> Result<u64, (Trouble, Remedy)> {
    let again = |error: reqwest::Error| (source::unreachable(url, &error), Remedy::Again);
    let slow = |patience: Duration| (source::slow(url, patience), Remedy::Again);
    let asking = client.get(url.clone()).header(ACCEPT_ENCODING, "identity").send();
    let mut reply = timeout(ENCODING, asking).await.map_err(|_| slow(ENCODING))?.map_err(again)?;
    if !reply.status().is_success() {
        return Err((source::refused(url, reply.status()), remedy(&reply)));
    }
    let mut bytes = 0;
    while let Some(chunk) = timeout(PATIENCE, reply.chunk()).await.map_err(|_| slow(PATIENCE))?.map_err(again)? {
        bytes += chunk.len() as u64;
        if bytes > MAX_BYTES {
            let trouble = Trouble(format!("it is larger than {} GiB, which no segment is", MAX_BYTES >> 30));
            return Err((trouble, Remedy::None));
        }
    }
    Ok(bytes)
}

fn remedy(reply: &Response) -> Remedy {
    let status = reply.status();
    let passes =
        status.is_server_error() || [StatusCode::TOO_MANY_REQUESTS, StatusCode::REQUEST_TIMEOUT].contains(&status);
    match number(reply.headers(), RETRY_AFTER.as_str()) {
        _ if !passes => Remedy::None,
        Some(seconds) => Remedy::Wait(Duration::from_secs(seconds)),
        None => Remedy::Again,
    }
}

fn number(headers: &HeaderMap, name: &str) -> Option<u64> {
    headers.get(name)?.to_str().ok()?.trim().parse().ok()
}
