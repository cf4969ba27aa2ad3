//! One request: what is to go wrong with it, where its reply comes from, and the way out.

use std::sync::Arc;
use std::time::SystemTime;

use axum::Extension;
use axum::body::{Body, HttpBody};
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, Version, header};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use http_body_util::BodyExt as _;
use tokio::time::{Duration, sleep};

use crate::body::{self, Source, Trouble};
use crate::calendar;
use crate::connection::Lifeline;
use crate::content::{Extent, Moment, Resource};
use crate::fault::{self, Asked, Fault, Refusal, Staleness, Tokens, Verdict};
use crate::network::Peer;
use crate::note::Note;
use crate::origin::{Playing, Shared};
use crate::payload::{self, Payload};
use crate::playlist;

/// A playlist or a file that is to be cut short is held in memory up to this.
const HELD_BYTES: usize = 256 << 20;

/// A reply before it is shaped.
struct Reply {
    status: StatusCode,
    headers: HeaderMap,
    body: ReplyBody,
}

enum ReplyBody {
    /// A resource that is known as a whole: ranges and conditions are ours to look at.
    Resource(Payload),
    /// What is said as it is.
    Said(Bytes),
    /// Somebody else's.
    Theirs(Body),
}

pub(crate) async fn answer(
    State(shared): State<Arc<Shared>>,
    Extension(peer): Extension<Peer>,
    Extension(line): Extension<Lifeline>,
    request: Request,
) -> Response {
    let conditions = Conditions::of(&request);
    let head = (request.method(), request.uri(), request.version());
    let mut note = Note::new(Arc::clone(&shared), peer, head, request.headers());
    let plan = shared.plan();
    let url = request.uri().path_and_query().map_or_else(|| "/".to_owned(), ToString::to_string);
    let at = shared.now();
    let (attempt, verdict) = if conditions.is_preflight() {
        // A browser asks before it asks: no request of the player's, and not one that a rule is about.
        (0, Verdict::default())
    } else {
        let (attempt, nth) = shared.past().counts_of(&conditions.method).count(&plan.faults, &url);
        (attempt, fault::judge(plan.seed, &plan.faults, Asked { url: &url, attempt, at }, &nth))
    };
    note.judged(attempt, &verdict.rules);
    sleep(plan.network.first_byte(plan.seed, at, &fault::without_token(&url), attempt) + verdict.delay).await;

    let mut reply = match verdict.refusal {
        _ if conditions.is_preflight() => preflight(&conditions),
        Some(refusal) => refused(refusal),
        None => found(&shared, &plan, &verdict, request).await,
    };
    decorate(&mut reply.headers, &verdict);
    admit(&mut reply.headers, conditions.origin.as_ref());
    // HTTP/2 resets a stream by itself; the connection is shared with others.
    let line = if conditions.version == Version::HTTP_2 { line.of_stream() } else { line };
    send(note, &shared, peer, line, &verdict, conditions, reply)
}

/// What of a request matters when its reply is known.
struct Conditions {
    method: Method,
    version: Version,
    /// The page that asks, and what it wants to ask with.
    origin: Option<HeaderValue>,
    wanted_method: Option<HeaderValue>,
    wanted_headers: Option<HeaderValue>,
    range: Option<String>,
    if_range: Option<String>,
    if_none_match: Option<String>,
}

impl Conditions {
    fn of(request: &Request) -> Self {
        let named =
            |name: HeaderName| request.headers().get(name).and_then(|value| value.to_str().ok()).map(str::to_owned);
        Self {
            method: request.method().clone(),
            version: request.version(),
            origin: request.headers().get(header::ORIGIN).cloned(),
            wanted_method: request.headers().get(header::ACCESS_CONTROL_REQUEST_METHOD).cloned(),
            wanted_headers: request.headers().get(header::ACCESS_CONTROL_REQUEST_HEADERS).cloned(),
            range: named(header::RANGE),
            if_range: named(header::IF_RANGE),
            if_none_match: named(header::IF_NONE_MATCH),
        }
    }
}

impl Conditions {
    /// Whether a browser asks if it may ask (Fetch standard, "CORS-preflight request").
    fn is_preflight(&self) -> bool {
        self.method == Method::OPTIONS && self.wanted_method.is_some()
    }
}

fn said(status: StatusCode, text: impl Into<Bytes>) -> Reply {
    let mut headers = HeaderMap::new();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8"));
    Reply { status, headers, body: ReplyBody::Said(text.into()) }
}

fn refused(refusal: Refusal) -> Reply {
    let status = StatusCode::from_u16(refusal.code).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    // These two have no body (RFC 9110 §6.4.1).
    let bodiless = status == StatusCode::NO_CONTENT || status == StatusCode::NOT_MODIFIED;
    let mut reply = said(status, if bodiless { "" } else { "a fault of the scenario\n" });
    if let Some(seconds) = refusal.retry_after {
        reply.headers.insert(header::RETRY_AFTER, seconds.into());
    }
    reply
}

/// The reply that there would be if nothing went wrong on the way, or with the playlist itself.
async fn found(shared: &Arc<Shared>, plan: &Arc<Playing>, verdict: &Verdict, mut request: Request) -> Reply {
    let path = request.uri().path().to_owned();
    let base = shared.base_for(request.uri(), request.headers());
    let extent = Extent::of(request.uri().query());
    let mut is_own = false;
    let mut reply = match own(shared, plan, verdict, &path, extent).await {
        Ok(Some(resource)) => match *request.method() {
            Method::GET | Method::HEAD => {
                is_own = true;
                of(resource)
            }
            Method::OPTIONS => options(),
            _ => said(StatusCode::METHOD_NOT_ALLOWED, "GET and HEAD only\n"),
        },
        Err(error) => said(StatusCode::INTERNAL_SERVER_ERROR, format!("cannot be read: {error}\n")),
        Ok(None) => match &shared.upstream {
            None if *request.method() == Method::OPTIONS => options(),
            None => said(StatusCode::NOT_FOUND, "there is no such resource\n"),
            Some(upstream) => {
                if playlist::is_playlist(&path, None) {
                    // Its text is looked at, so it must be text.
                    request.headers_mut().remove(header::ACCEPT_ENCODING);
                }
                match upstream.ask(request).await {
                    Ok(reply) => theirs(reply),
                    Err(error) => said(StatusCode::BAD_GATEWAY, format!("{error}\n")),
                }
            }
        },
    };
    let content_type = reply.headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let whole = reply.status == StatusCode::OK && !reply.headers.contains_key(header::CONTENT_ENCODING);
    let is_playlist = whole && playlist::is_playlist(&path, content_type);
    if is_playlist || (verdict.shorten.is_some() && whole) {
        reply = held(reply).await;
    }
    if is_playlist && let ReplyBody::Resource(payload) = &reply.body {
        let text = String::from_utf8_lossy(&payload.read(0, usize::MAX)).into_owned();
        // Of our own it is known already what it was.
        let text_then = if is_own { text.clone() } else { older(shared, plan, verdict, &path, extent, text.clone()) };
        let edited = edited(shared, plan, verdict, (&base, &path), text_then);
        if edited != text {
            reply.headers.remove(header::ETAG);
            reply.body = ReplyBody::Resource(Payload::Whole(Bytes::from(edited)));
        }
    }
    if let (Some(place), ReplyBody::Resource(payload)) = (verdict.shorten, &reply.body) {
        let length = place.in_body(Some(payload.length())).unwrap_or(0);
        reply.headers.remove(header::ETAG);
        reply.body = ReplyBody::Resource(payload.clone().shortened(length));
    }
    reply
}

/// A resource of our own at this path; a playlist as old as it is to be.
async fn own(
    shared: &Arc<Shared>,
    plan: &Arc<Playing>,
    verdict: &Verdict,
    path: &str,
    extent: Extent,
) -> std::io::Result<Option<Resource>> {
    let now = shared.now();
    let mut moment = Moment::now(now, calendar::millis(shared.log.started(), Duration::ZERO));
    if playlist::is_playlist(path, None) {
        moment.age = verdict.stale.map_or(Duration::ZERO, |stale| stale.age(now));
        let changes = verdict.backward.filter(|_| verdict.stale.is_none());
        moment.changes = changes.map_or(0, |changes| u64::try_from(changes).unwrap_or(u64::MAX));
    }
    let (presentations, path) = (Arc::clone(&plan.presentations), path.to_owned());
    let look = move || {
        presentations
            .iter()
            .find_map(|presentation| presentation.resource(&path, extent, moment).transpose())
            .transpose()
    };
    // Samples are read from a file.
    tokio::task::spawn_blocking(look).await.unwrap_or_else(|error| Err(std::io::Error::other(error)))
}

fn of(resource: Resource) -> Reply {
    let mut headers = HeaderMap::new();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(resource.content_type));
    // A second run must not be faster than the first because a browser kept something.
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(header::ACCEPT_RANGES, HeaderValue::from_static("bytes"));
    Reply { status: StatusCode::OK, headers, body: ReplyBody::Resource(resource.payload) }
}

fn options() -> Reply {
    let mut reply = said(StatusCode::NO_CONTENT, "");
    reply.headers.insert(header::ALLOW, HeaderValue::from_static("GET, HEAD, OPTIONS"));
    reply
}

/// Whatever is asked for is allowed. By name: `*` means no `Authorization`, and nothing at all where there are credentials.
fn preflight(conditions: &Conditions) -> Reply {
    let mut reply = said(StatusCode::NO_CONTENT, "");
    let any = HeaderValue::from_static("*");
    let named = |wanted: &Option<HeaderValue>| wanted.clone().unwrap_or_else(|| any.clone());
    reply.headers.insert(header::ACCESS_CONTROL_ALLOW_METHODS, named(&conditions.wanted_method));
    reply.headers.insert(header::ACCESS_CONTROL_ALLOW_HEADERS, named(&conditions.wanted_headers));
    reply.headers.insert(header::ACCESS_CONTROL_MAX_AGE, HeaderValue::from_static("600"));
    reply
}

fn theirs(reply: Response) -> Reply {
    let (head, body) = reply.into_parts();
    Reply { status: head.status, headers: head.headers, body: ReplyBody::Theirs(body) }
}

/// The reply with its body in memory.
async fn held(mut reply: Reply) -> Reply {
    if let ReplyBody::Theirs(body) = reply.body {
        match http_body_util::Limited::new(body, HELD_BYTES).collect().await {
            Ok(body) => reply.body = ReplyBody::Resource(Payload::Whole(body.to_bytes())),
            Err(error) => return said(StatusCode::BAD_GATEWAY, format!("the upstream failed: {error}\n")),
        }
    }
    reply
}

/// An upstream's playlist as it was, as far back as it has been seen.
fn older(shared: &Shared, plan: &Playing, verdict: &Verdict, path: &str, extent: Extent, text: String) -> String {
    if !plan.faults.iter().any(|rule| matches!(rule.fault, Fault::Stale(_) | Fault::Frozen | Fault::Backward(_))) {
        return text;
    }
    let now = shared.now();
    let mut past = shared.past();
    // An update is another text than the whole.
    let name = if extent == Extent::Update { format!("{path}?_HLS_skip") } else { path.to_owned() };
    // What is frozen stays the newest that is known, however often it is asked for.
    if !matches!(verdict.stale, Some(Staleness::As(_))) || past.versions.before(&name, 0).is_none() {
        past.versions.learn(&name, now, &text);
    }
    let older = match (verdict.stale, verdict.backward) {
        (Some(stale), _) => past.versions.as_of(&name, now.saturating_sub(stale.age(now))),
        (None, Some(changes)) => past.versions.before(&name, changes),
        (None, None) => None,
    };
    older.map_or(text, str::to_owned)
}

/// A playlist's text with what is to go wrong with it, and with the upstream's own address made ours, as the client knows it.
fn edited(shared: &Shared, plan: &Playing, verdict: &Verdict, (base, path): (&str, &str), text: String) -> String {
    let now = shared.now();
    let mut text = text;
    if let Some(upstream) = &shared.upstream {
        text = text.replace(&format!("{}/", upstream.origin()), &format!("{base}/"));
    }
    if verdict.skew_ms != 0 {
        text = playlist::skewed(&text, verdict.skew_ms);
    }
    for rule in plan.faults.iter().filter(|rule| matches!(rule.fault, Fault::Expire(_))) {
        text = playlist::signed(&text, path, now, Tokens::of(plan.seed, rule));
    }
    text
}

/// Headers that every reply has, and those that are to be wrong.
fn decorate(headers: &mut HeaderMap, verdict: &Verdict) {
    for (name, value) in [("timing-allow-origin", "*"), ("cross-origin-resource-policy", "cross-origin")] {
        headers.insert(HeaderName::from_static(name), HeaderValue::from_static(value));
    }
    if let Some(name) = &verdict.content_type
        && let Ok(name) = HeaderValue::from_str(name)
    {
        headers.insert(header::CONTENT_TYPE, name);
    }
    if verdict.skew_ms != 0 {
        let by = Duration::from_millis(verdict.skew_ms.unsigned_abs());
        let now = SystemTime::now();
        let wrong = if verdict.skew_ms > 0 { now.checked_add(by) } else { now.checked_sub(by) };
        let date = httpdate::fmt_http_date(wrong.filter(|date| *date > SystemTime::UNIX_EPOCH).unwrap_or(now));
        headers.extend(HeaderValue::from_str(&date).ok().map(|date| (header::DATE, date)));
    }
}

/// Headers that replies may have and that a page could not read otherwise; the others of a reply are named as well.
const READABLE: [HeaderName; 7] = [
    header::ACCEPT_RANGES,
    header::CONTENT_LENGTH,
    header::CONTENT_RANGE,
    header::DATE,
    header::ETAG,
    header::LOCATION,
    header::RETRY_AFTER,
];

/// Any page may read the reply, with credentials too: for them `*` does not do, neither for the origin nor for headers.
fn admit(headers: &mut HeaderMap, origin: Option<&HeaderValue>) {
    let any = HeaderValue::from_static("*");
    headers.append(header::VARY, HeaderValue::from_static("Origin"));
    let Some(origin) = origin else {
        headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, any.clone());
        headers.insert(header::ACCESS_CONTROL_EXPOSE_HEADERS, any);
        return;
    };
    let named: std::collections::BTreeSet<&str> =
        READABLE.iter().chain(headers.keys()).map(HeaderName::as_str).collect();
    let named = HeaderValue::from_str(&named.into_iter().collect::<Vec<_>>().join(", ")).unwrap_or(any);
    headers.insert(header::ACCESS_CONTROL_EXPOSE_HEADERS, named);
    headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin.clone());
    headers.insert(header::ACCESS_CONTROL_ALLOW_CREDENTIALS, HeaderValue::from_static("true"));
}

/// Sends a reply through the link.
fn send(
    mut note: Note,
    shared: &Shared,
    peer: Peer,
    line: Lifeline,
    verdict: &Verdict,
    conditions: Conditions,
    mut reply: Reply,
) -> Response {
    let mut from = 0;
    let (source, length) = match reply.body {
        ReplyBody::Said(bytes) => (own_source(Payload::Whole(bytes)), None),
        ReplyBody::Resource(payload) => {
            let (range, status) = part(&mut reply.headers, &payload, &conditions, reply.status);
            reply.status = status;
            from = range.start;
            (Source::Own { payload, at: range.start, end: range.end }, None)
        }
        ReplyBody::Theirs(body) => {
            let length = body.size_hint().exact();
            (Source::Theirs { stream: body.into_data_stream(), rest: Bytes::new() }, Some(length))
        }
    };
    let length = match &source {
        Source::Own { at, end, .. } => Some(end - at),
        Source::Theirs { .. } => length.flatten(),
    };
    let bodiless = matches!(reply.status, StatusCode::NO_CONTENT | StatusCode::NOT_MODIFIED);
    if matches!(source, Source::Own { .. }) && !bodiless {
        reply.headers.insert(header::CONTENT_LENGTH, length.unwrap_or(0).into());
    }
    if conditions.method == Method::HEAD || bodiless {
        note.head(reply.status, &reply.headers, Some(0));
        return (reply.status, reply.headers).into_response();
    }
    note.head(reply.status, &reply.headers, length);
    let place = |place: Option<fault::Place>| place.and_then(|place| place.in_body(length));
    let trouble = Trouble {
        reset: place(verdict.reset),
        truncate: place(verdict.truncate),
        pause: verdict.pause.and_then(|(at, length)| Some((place(Some(at))?, length))),
        corrupt: verdict.corrupt.map_or_else(Default::default, |(count, number)| {
            // The same bytes of a file, whatever part of it is asked for.
            let whole = reply_length(&reply.headers).or(length).unwrap_or(0);
            let places = body::corrupted(number, count, whole);
            places.into_iter().filter_map(|at| at.checked_sub(from)).collect()
        }),
    };
    let body = body::shaped(note, shared.links.of(peer), source, trouble, line);
    (reply.status, reply.headers, body).into_response()
}

fn own_source(payload: Payload) -> Source {
    let end = payload.length();
    Source::Own { payload, at: 0, end }
}

/// The length of the whole file that a partial reply tells of.
fn reply_length(headers: &HeaderMap) -> Option<u64> {
    headers.get(header::CONTENT_RANGE)?.to_str().ok()?.rsplit_once('/')?.1.parse().ok()
}

/// The part of a resource that is asked for, with the headers and the status that say so (RFC 9110 §13, §14).
fn part(
    headers: &mut HeaderMap,
    payload: &Payload,
    conditions: &Conditions,
    status: StatusCode,
) -> (std::ops::Range<u64>, StatusCode) {
    let length = payload.length();
    if status != StatusCode::OK {
        return (0..length, status);
    }
    let etag = payload.etag();
    if !headers.contains_key(header::ETAG) {
        headers.extend(HeaderValue::from_str(&etag).ok().map(|etag| (header::ETAG, etag)));
    }
    let lists = |list: &str| {
        list.split(',').any(|tag| matches!(tag.trim().trim_start_matches("W/"), tag if tag == etag || tag == "*"))
    };
    if conditions.if_none_match.as_deref().is_some_and(lists) {
        return (0..0, StatusCode::NOT_MODIFIED);
    }
    let same = conditions.if_range.as_ref().is_none_or(|tag| *tag == etag);
    let range = conditions.range.as_deref().filter(|_| same && conditions.method == Method::GET);
    let said = match payload::asked(range, length) {
        payload::Asked::All => return (0..length, StatusCode::OK),
        payload::Asked::Part(part) => {
            (format!("bytes {}-{}/{length}", part.start, part.end - 1), part, StatusCode::PARTIAL_CONTENT)
        }
        payload::Asked::Nothing => (format!("bytes */{length}"), 0..0, StatusCode::RANGE_NOT_SATISFIABLE),
    };
    let (content_range, part, status) = said;
    headers.extend(HeaderValue::from_str(&content_range).ok().map(|value| (header::CONTENT_RANGE, value)));
    (part, status)
}
