//! Loads over `fetch`, with progress and an end at any time.
//!
//! Knows nothing of playlists: it turns `Output::Load` into the inputs that answer it and keeps the bodies,
//! as JavaScript arrays, until they are appended or forgotten; of media only init sections and the
//! heads of segments enter the wasm heap, to be asked for codecs and times.

mod unanswered;

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::rc::{Rc, Weak};
use std::time::Duration;

use js_sys::{JSON, Reflect, Uint8Array};
use media_container::cmaf::read::{codec_strings, media_start};
use media_model::{ByteCount, CodecString, MediaTime};
use player_core::headers;
use player_core::message::{ByteRange, Input, LoadFailure, LoadKind, Problem, RequestId};
use url::Url;
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::{AbortController, ReadableStreamDefaultReader, RequestInit, Response};

use crate::clock::{Timer, WebClock};
use crate::request::{PageRequest, RequestChanges, RequestHook};

/// Usual time between two progress reports of one load, ms: fine enough for a throughput estimate, coarse enough
/// that a fast link does not keep the core busy with every chunk.
const PROGRESS_EVERY_MS: f64 = 16.0;
/// The time after the first report; it doubles up to the usual one. A start waits until it is known what the link carries,
/// and in a house that takes four milliseconds.
const FIRST_PROGRESS_AFTER_MS: f64 = 4.0;

/// Largest problem document that is read; ours are under a kilobyte.
const LONGEST_PROBLEM: usize = 64 * 1024;

/// So many addresses that gave no answer are remembered, for so long.
const UNANSWERED_FOR_MS: f64 = 60_000.0;
const MOST_UNANSWERED: usize = 64;
/// So much of a segment is looked at to see when it begins: its boxes come before its samples.
const LONGEST_HEAD: u32 = 256 * 1024;
/// Largest init section that is read; usual ones are about a kilobyte.
const LARGEST_INIT: u32 = 1 << 20;

/// One load to begin; see `Output::Load`.
pub(crate) struct Order {
    pub(crate) id: RequestId,
    pub(crate) url: Url,
    pub(crate) range: Option<ByteRange>,
    pub(crate) kind: LoadKind,
    pub(crate) idle_timeout: Duration,
}

/// Runs loads and keeps what they brought.
pub(crate) struct Loads {
    this: Weak<Self>,
    sink: Rc<dyn Fn(Input)>,
    hook: Option<RequestHook>,
    running: RefCell<BTreeMap<RequestId, Rc<Flight>>>,
    /// Addresses that gave no answer when they were asked last, and when that was, on the page's clock.
    unanswered: RefCell<BTreeMap<Url, f64>>,
    /// Of finished loads, without what was taken of them before.
    bodies: RefCell<BTreeMap<RequestId, Uint8Array>>,
}

/// Bytes to append.
pub(crate) struct Taken {
    pub(crate) bytes: Uint8Array,
    /// Whether nothing more of this load follows.
    pub(crate) is_last: bool,
}

struct Flight {
    abort: AbortController,
    incoming: RefCell<Incoming>,
    /// When progress was reported last, on the page's clock.
    reported: Cell<Option<f64>>,
    /// The next report comes no sooner than this after the last one, ms.
    report_after: Cell<f64>,
    /// Reports what came too soon after the last report.
    later: RefCell<Option<Timer>>,
    timed_out: Cell<bool>,
    timer: RefCell<Option<Timer>>,
    patience: Duration,
}

impl Flight {
    /// Begins to wait anew for the next byte.
    fn wait(self: &Rc<Self>) {
        let flight = Rc::downgrade(self);
        let timer = Timer::after(self.patience, move || {
            if let Some(flight) = flight.upgrade() {
                flight.timed_out.set(true);
                flight.abort.abort();
            }
        });
        *self.timer.borrow_mut() = timer;
    }
}

impl Flight {
    fn progress(&self, id: RequestId, now: f64) -> Input {
        if self.reported.replace(Some(now)).is_some() {
            self.report_after.set((self.report_after.get() * 2.0).min(PROGRESS_EVERY_MS));
        }
        self.later.replace(None);
        Input::Progress { id, bytes: ByteCount::new(u64::from(self.incoming.borrow().length)) }
    }

    /// A body that pauses, as one does that is made while it is sent, must not leave its last bytes unheard of.
    fn report_later(self: &Rc<Self>, id: RequestId, loads: &Weak<Loads>) {
        if self.later.borrow().is_some() {
            return;
        }
        let (flight, loads) = (Rc::downgrade(self), loads.clone());
        let wait = Duration::from_secs_f64(self.report_after.get() / 1e3);
        let timer = Timer::after(wait, move || {
            let (Some(flight), Some(loads)) = (flight.upgrade(), loads.upgrade()) else { return };
            // The timer that calls is still held here.
            let spent = flight.later.borrow_mut().take();
            if loads.running.borrow().contains_key(&id) {
                let progress = flight.progress(id, WebClock.millis());
                (loads.sink)(progress);
            }
            drop(spent);
        });
        *self.later.borrow_mut() = timer;
    }
}

impl Loads {
    pub(crate) fn new(sink: Rc<dyn Fn(Input)>, hook: Option<RequestHook>) -> Rc<Self> {
        Rc::new_cyclic(|this| Self {
            this: this.clone(),
            sink,
            hook,
            running: RefCell::default(),
            unanswered: RefCell::default(),
            bodies: RefCell::default(),
        })
    }

    /// Begins a load; its end is reported to the sink, later, never from inside this call.
    pub(crate) fn start(&self, order: Order) {
        let Ok(abort) = AbortController::new() else {
            return;
        };
        let flight = Rc::new(Flight {
            abort,
            incoming: RefCell::default(),
            reported: Cell::default(),
            report_after: Cell::new(FIRST_PROGRESS_AFTER_MS),
            later: RefCell::default(),
            timed_out: Cell::new(false),
            timer: RefCell::default(),
            patience: order.idle_timeout,
        });
        flight.wait();
        self.running.borrow_mut().insert(order.id, Rc::clone(&flight));
        let loads = self.this.clone();
        spawn_local(async move {
            let id = order.id;
            let result = run(&loads, &order, &flight).await;
            let Some(loads) = loads.upgrade() else { return };
            // A load that was cancelled is not in the table any more, and nobody waits for its end.
            if loads.running.borrow_mut().remove(&id).is_none() {
                return;
            }
            let input = match result {
                Ok(input) => input,
                Err(_) if flight.timed_out.get() => Input::LoadFailed { id, cause: LoadFailure::TimedOut },
                Err(cause) => Input::LoadFailed { id, cause },
            };
            (loads.sink)(input);
        });
    }

    /// Ends a load; no input for it will come.
    pub(crate) fn cancel(&self, id: RequestId) {
        if let Some(flight) = self.running.borrow_mut().remove(&id) {
            flight.abort.abort();
        }
        self.forget(id);
    }

    /// What has arrived of a load under way since the last time; of a finished one all that was not taken before its end,
    /// until it is forgotten.
    pub(crate) fn take(&self, id: RequestId) -> Option<Taken> {
        if let Some(flight) = self.running.borrow().get(&id) {
            return Some(Taken { bytes: flight.incoming.borrow_mut().take(), is_last: false });
        }
        let bytes = self.bodies.borrow().get(&id)?.clone();
        Some(Taken { bytes, is_last: true })
    }

    /// When the media of a segment begin, by its own boxes and its init section; of one under way, as far as it is here.
    pub(crate) fn media_start(&self, id: RequestId, init: RequestId) -> Option<MediaTime> {
        let bodies = self.bodies.borrow();
        let init = bodies.get(&init)?.to_vec();
        let segment = match self.running.borrow().get(&id) {
            Some(flight) => flight.incoming.borrow().beginning(),
            None => {
                let body = bodies.get(&id)?;
                body.subarray(0, body.length().min(LONGEST_HEAD)).to_vec()
            }
        };
        media_start(&init, &segment).ok().flatten()
    }

    /// Whether this address had not answered the time before either, lately.
    fn note_answer(&self, url: &Url, is_answered: bool) -> bool {
        let (mut unanswered, now) = (self.unanswered.borrow_mut(), WebClock.millis());
        unanswered.retain(|_, when| now - *when < UNANSWERED_FOR_MS);
        if is_answered {
            return unanswered.remove(url).is_some();
        }
        if unanswered.len() >= MOST_UNANSWERED {
            unanswered.clear();
        }
        unanswered.insert(url.clone(), now).is_some()
    }

    /// Drops the bytes of a load.
    pub(crate) fn forget(&self, id: RequestId) {
        self.bodies.borrow_mut().remove(&id);
    }
}

impl Drop for Loads {
    fn drop(&mut self) {
        for flight in self.running.borrow().values() {
            flight.abort.abort();
        }
    }
}

/// Carries one load to its end. Between awaits it holds no strong reference to `loads`, so that a dropped player ends it.
async fn run(loads: &Weak<Loads>, order: &Order, flight: &Rc<Flight>) -> Result<Input, LoadFailure> {
    let id = order.id;
    let hook = loads.upgrade().and_then(|loads| loads.hook.clone());
    let (asked, response) = request(order, flight, hook).await?;
    // Ended by us, which says nothing of the server.
    if flight.abort.signal().aborted() {
        return Err(LoadFailure::Network);
    }
    let was_unanswered = loads.upgrade().map(|loads| loads.note_answer(&order.url, response.is_some()));
    let Some(response) = response else {
        let why = match unanswered::unloadable(&asked.url) {
            // Once is an accident.
            None if was_unanswered == Some(true) => {
                let why = unanswered::forbidden(&asked.url, &asked.init, &flight.abort.signal()).await;
                // Ends what came of the questions.
                flight.abort.abort();
                why
            }
            why => why,
        };
        return Err(why.map_or(LoadFailure::Network, LoadFailure::Refused));
    };
    if !response.ok() {
        return Err(refusal(&response).await);
    }
    let header = |name: &str| response.headers().get(name).ok().flatten();
    let served = headers::server_timing(header("server-timing").as_deref());
    let tell = |input| loads.upgrade().map(|loads| (loads.sink)(input)).ok_or(LoadFailure::Network);
    // With a content coding the length header counts coded bytes, and the stream gives decoded ones.
    // Of another origin that header cannot be seen (it is not CORS-safelisted, the length is), and text is often coded.
    let is_hidden = Reflect::get(&response, &"type".into()).is_ok_and(|kind| kind == "cors")
        && matches!(order.kind, LoadKind::Playlist | LoadKind::Text);
    let announced = match header("content-encoding") {
        Some(_) => None,
        None if is_hidden => None,
        None => header("content-length").and_then(|length| length.parse::<u32>().ok()),
    };
    let length = announced.filter(|_| order.range.is_none()).map(|length| ByteCount::new(u64::from(length)));
    // The head of an answer comes with its first bytes, and sooner to us: reading the body takes turns of a busy page.
    tell(Input::FirstByte { id, served, length })?;
    let reader: ReadableStreamDefaultReader =
        response.body().ok_or(LoadFailure::Network)?.get_reader().unchecked_into();
    let incoming = &flight.incoming;
    incoming.borrow_mut().announce(announced);
    loop {
        let chunk = JsFuture::from(reader.read()).await.map_err(|_| LoadFailure::Network)?;
        if Reflect::get(&chunk, &"done".into()).is_ok_and(|done| done.is_truthy()) {
            break;
        }
        let bytes: Uint8Array =
            Reflect::get(&chunk, &"value".into()).map_err(|_| LoadFailure::Network)?.unchecked_into();
        incoming.borrow_mut().push(&bytes);
        flight.wait();
        let now = WebClock.millis();
        if flight.reported.get().is_none_or(|last| now - last >= flight.report_after.get()) {
            tell(flight.progress(id, now))?;
        } else {
            flight.report_later(id, loads);
        }
    }
    let length = incoming.borrow().length;
    if announced.is_some_and(|announced| announced != length) {
        return Err(LoadFailure::Corrupt);
    }
    let bytes = incoming.borrow_mut().take();
    // Of a load with a range nothing is taken before its end.
    let bytes = if response.status() == 206 { bytes } else { cut(&bytes, order.range)? };
    let size = if order.range.is_some() { bytes.length() } else { length };
    let size = ByteCount::new(u64::from(size));
    match order.kind {
        LoadKind::Playlist => {
            let url = Url::parse(&response.url()).unwrap_or_else(|_| order.url.clone());
            // Names in another encoding than UTF-8 come out wrong; what there is to load does not.
            let text = String::from_utf8_lossy(&bytes.to_vec()).into_owned();
            Ok(Input::Playlist { id, url, text })
        }
        LoadKind::Init | LoadKind::Segment | LoadKind::Text | LoadKind::Probe => {
            let loads = loads.upgrade().ok_or(LoadFailure::Network)?;
            if order.kind == LoadKind::Init
                && let Some(codecs) = codecs(&bytes)
            {
                (loads.sink)(Input::Codecs { id, codecs });
            }
            loads.bodies.borrow_mut().insert(id, bytes);
            Ok(Input::Loaded { id, size })
        }
    }
}

/// A request as it was made.
struct Asked {
    url: Url,
    init: RequestInit,
}

/// Makes the request, and waits for the head of its answer, if there is one.
async fn request(
    order: &Order,
    flight: &Rc<Flight>,
    hook: Option<RequestHook>,
) -> Result<(Asked, Option<Response>), LoadFailure> {
    let changes = match hook {
        Some(hook) => {
            let asked = PageRequest { url: order.url.clone(), kind: order.kind };
            hook(asked).await.map_err(LoadFailure::Refused)?
        }
        None => RequestChanges::default(),
    };
    let window = web_sys::window().ok_or(LoadFailure::Network)?;
    let init = RequestInit::new();
    init.set_signal(Some(&flight.abort.signal()));
    if let Some(credentials) = changes.credentials {
        init.set_credentials(credentials.for_fetch());
    }
    let url = changes.url.unwrap_or_else(|| order.url.clone());
    let request = web_sys::Request::new_with_str_and_init(url.as_str(), &init).map_err(|_| LoadFailure::Network)?;
    for (name, value) in &changes.headers {
        let refused = |_| LoadFailure::Refused(format!("its request hook gave the header {name}, which is none"));
        request.headers().set(name, value).map_err(refused)?;
    }
    if let Some(ByteRange { offset, length }) = order.range {
        let last = offset.saturating_add(length).saturating_sub(1);
        request.headers().set("Range", &format!("bytes={offset}-{last}")).map_err(|_| LoadFailure::Network)?;
    }
    let answer = JsFuture::from(window.fetch_with_request(&request)).await.ok();
    init.set_headers(&request.headers());
    Ok((Asked { url, init }, answer.and_then(|answer| answer.dyn_into().ok())))
}

/// What an init section says of its codecs, as the playlist would.
fn codecs(init: &Uint8Array) -> Option<String> {
    let found = if init.length() <= LARGEST_INIT { codec_strings(&init.to_vec()) } else { Vec::new() };
    let found: Vec<_> = found.iter().map(CodecString::as_str).collect();
    (!found.is_empty()).then(|| found.join(","))
}

/// The wanted stretch of a whole body, for servers that do not know ranges.
fn cut(bytes: &Uint8Array, range: Option<ByteRange>) -> Result<Uint8Array, LoadFailure> {
    let Some(ByteRange { offset, length }) = range else {
        return Ok(bytes.clone());
    };
    let end = u32::try_from(offset.saturating_add(length)).ok().filter(|&end| end <= bytes.length());
    match (u32::try_from(offset), end) {
        (Ok(start), Some(end)) => Ok(bytes.subarray(start, end)),
        (Ok(_) | Err(_), _) => Err(LoadFailure::Corrupt),
    }
}

/// What a response outside 200-299 says.
async fn refusal(response: &Response) -> LoadFailure {
    let header = |name: &str| response.headers().get(name).ok().flatten();
    let retry_after = headers::retry_after(header("retry-after").as_deref(), |date| {
        let wait_ms = js_sys::Date::parse(date) - js_sys::Date::now();
        // What is no date is not a number.
        if wait_ms.is_nan() { None } else { Duration::try_from_secs_f64(wait_ms.max(0.0) / 1e3).ok() }
    });
    let is_problem = header("content-type").is_some_and(|kind| kind.starts_with("application/problem+json"));
    let problem = if is_problem { problem(response).await } else { None };
    LoadFailure::Status { code: response.status(), retry_after, problem }
}

async fn problem(response: &Response) -> Option<Problem> {
    let text = JsFuture::from(response.text().ok()?).await.ok()?.as_string()?;
    if text.len() > LONGEST_PROBLEM {
        return None;
    }
    let document = JSON::parse(&text).ok()?;
    let field = |name: &str| Reflect::get(&document, &name.into()).ok()?.as_string();
    Some(Problem { code: field("code")?, detail: field("detail")? })
}

/// A body that arrives in pieces: one array when its length was announced, a list of pieces otherwise.
#[derive(Default)]
struct Incoming {
    whole: Option<Uint8Array>,
    pieces: Vec<Uint8Array>,
    /// Of the whole body so far, with what was taken.
    length: u32,
    taken: u32,
}

/// Largest body that gets its array at once on the word of a header.
const LARGEST_TRUSTED: u32 = 64 << 20;

impl Incoming {
    fn announce(&mut self, length: Option<u32>) {
        self.whole = length.filter(|&length| length <= LARGEST_TRUSTED).map(Uint8Array::new_with_length);
    }

    fn push(&mut self, piece: &Uint8Array) {
        let end = self.length.saturating_add(piece.length());
        match &self.whole {
            Some(whole) if end <= whole.length() => whole.set(piece, self.length),
            Some(whole) => {
                // More than announced: what is there becomes the first piece.
                self.pieces = vec![whole.subarray(self.taken, self.length), piece.clone()];
                self.whole = None;
            }
            None => self.pieces.push(piece.clone()),
        }
        self.length = end;
    }

    /// What is here of its first bytes, if nothing was taken yet.
    fn beginning(&self) -> Vec<u8> {
        if let Some(whole) = &self.whole {
            return whole.subarray(0, self.length.min(LONGEST_HEAD)).to_vec();
        }
        let mut bytes = Vec::new();
        for piece in &self.pieces {
            let room = LONGEST_HEAD.saturating_sub(u32::try_from(bytes.len()).unwrap_or(LONGEST_HEAD));
            bytes.extend(piece.subarray(0, piece.length().min(room)).to_vec());
        }
        bytes
    }

    /// What arrived since the last time.
    fn take(&mut self) -> Uint8Array {
        let from = std::mem::replace(&mut self.taken, self.length);
        if let Some(whole) = &self.whole {
            return whole.subarray(from, self.length);
        }
        let all = Uint8Array::new_with_length(self.length - from);
        let mut at = 0;
        for piece in std::mem::take(&mut self.pieces) {
            all.set(&piece, at);
            at += piece.length();
        }
        all
    }
}
