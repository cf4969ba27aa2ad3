//! The browser's buffers: a MediaSource with one SourceBuffer per track (W3C Media Source Extensions).
//!
//! A SourceBuffer does one thing at a time and refuses the rest, so each track has a queue here. Of loads it knows only
//! their numbers, and nothing of what the bytes mean; whoever appends hears `Appended`, `AppendFailed` or `Evicted` through the sink.

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, VecDeque};
use std::rc::{Rc, Weak};

use js_sys::{Function, Reflect, Uint8Array};
use media_model::{MediaDuration, Ranges, TimeRange};
use player_core::message::{AppendFailure, BufferSetup, Input, RequestId, Track};
use wasm_bindgen::prelude::*;
use web_sys::{HtmlVideoElement, MediaSource, MediaSourceReadyState, SourceBuffer, Url};

use crate::element;
use crate::fetch::Taken;
use crate::listen::Listener;

/// The constructor this browser has: `MediaSource`, or `ManagedMediaSource` where that is all there is (iPhones).
pub(crate) fn constructor() -> Option<(Function, bool)> {
    let find = |name: &str| Reflect::get(&js_sys::global(), &name.into()).ok()?.dyn_into::<Function>().ok();
    find("MediaSource").map(|found| (found, false)).or_else(|| find("ManagedMediaSource").map(|found| (found, true)))
}

/// Whether MediaSource takes this type; see `MediaSource.isTypeSupported`.
pub(crate) fn supports(mime: &str) -> bool {
    constructor()
        .and_then(|(class, _)| {
            let test: Function = Reflect::get(&class, &"isTypeSupported".into()).ok()?.dyn_into().ok()?;
            test.call1(&class, &mime.into()).ok()
        })
        .is_some_and(|answer| answer.is_truthy())
}

/// Bytes for a buffer.
pub(crate) struct Piece {
    /// The load they are of.
    pub(crate) id: RequestId,
    pub(crate) taken: Taken,
    /// Added to every timestamp, µs.
    pub(crate) offset_us: i64,
}

enum Work {
    Append(Piece),
    Evict(TimeRange),
    ChangeType(String),
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Running {
    Append,
    Evict,
}

struct TrackBuffer {
    buffer: SourceBuffer,
    queue: VecDeque<Work>,
    running: Option<Running>,
    /// The load of which only a part was appended: the buffer waits for the rest of a box.
    unfinished: Option<RequestId>,
    /// The buffer said `error` during the append that runs; `updateend` follows.
    rejected: bool,
    /// The browser refused the type of what comes next.
    unsupported: bool,
    _listeners: [Listener; 2],
}

impl TrackBuffer {
    /// Makes ready for bytes of this load.
    fn begin(&mut self, id: RequestId) {
        if self.unfinished.is_some_and(|unfinished| unfinished != id) {
            self.give_up_unfinished();
        }
    }

    /// The rest of a segment will not come: what comes next begins a new one.
    fn give_up_unfinished(&mut self) {
        if self.unfinished.take().is_some() {
            // Fails only where the source is not open, and then nothing unfinished is left either.
            let _ = self.buffer.abort();
        }
    }
}

/// The buffers of one presentation; dropping them detaches and revokes everything.
pub(crate) struct Buffers {
    this: Weak<Self>,
    sink: Rc<dyn Fn(Input)>,
    video: HtmlVideoElement,
    source: MediaSource,
    address: String,
    setup: RefCell<Vec<BufferSetup>>,
    duration: Cell<Option<MediaDuration>>,
    /// Where what is live can be moved to.
    seekable: Cell<Option<TimeRange>>,
    tracks: RefCell<BTreeMap<Track, TrackBuffer>>,
    /// Tracks the browser would not make a buffer for. That is told once, and new buffers are waited for.
    refused: RefCell<Vec<Track>>,
    /// Work for tracks that wait for the source to open.
    early: RefCell<Vec<(Track, Work)>>,
    /// Everything is appended; until the next append.
    ending: Cell<bool>,
    listeners: RefCell<Vec<Listener>>,
}

impl Buffers {
    /// Makes a MediaSource and hands it to the element, so that it opens while playlists are still on their way.
    /// `None` if this browser has no Media Source Extensions.
    pub(crate) fn attach(video: &HtmlVideoElement, sink: Rc<dyn Fn(Input)>) -> Option<Rc<Self>> {
        let (class, managed) = constructor()?;
        let source: MediaSource = Reflect::construct(&class, &js_sys::Array::new()).ok()?.unchecked_into();
        if managed {
            // A managed source opens only where the picture cannot be sent to another device.
            let _ = Reflect::set(video, &"disableRemotePlayback".into(), &JsValue::TRUE);
        }
        let address = Url::create_object_url_with_source(&source).ok()?;
        let buffers = Rc::new_cyclic(|this: &Weak<Self>| Self {
            this: this.clone(),
            sink,
            video: video.clone(),
            source,
            address,
            setup: RefCell::default(),
            duration: Cell::default(),
            seekable: Cell::default(),
            tracks: RefCell::default(),
            refused: RefCell::default(),
            early: RefCell::default(),
            ending: Cell::new(false),
            listeners: RefCell::default(),
        });
        let this = Rc::downgrade(&buffers);
        let opened = Listener::new(&buffers.source, "sourceopen", move |_| {
            if let Some(buffers) = this.upgrade() {
                buffers.create();
            }
        });
        buffers.listeners.borrow_mut().push(opened);
        video.set_src(&buffers.address);
        Some(buffers)
    }

    /// Whether [`Self::prepare`] was called.
    pub(crate) fn is_prepared(&self) -> bool {
        !self.setup.borrow().is_empty()
    }

    /// Creates these buffers as soon as the source is open.
    pub(crate) fn prepare(&self, buffers: Vec<BufferSetup>, duration: Option<MediaDuration>) {
        *self.setup.borrow_mut() = buffers;
        self.duration.set(duration);
        // What is live says so after this.
        self.seekable.set(None);
        self.create();
    }

    /// Whether the browser wants media now. Only a managed source has an opinion.
    pub(crate) fn is_streaming(&self) -> bool {
        let streaming = Reflect::get(&self.source, &"streaming".into()).unwrap_or_default();
        streaming.is_undefined() || streaming.is_truthy()
    }

    fn is_open(&self) -> bool {
        self.source.ready_state() != MediaSourceReadyState::Closed
    }

    fn create(&self) {
        if !self.is_open() || !self.tracks.borrow().is_empty() || !self.is_prepared() {
            return;
        }
        if let Some(duration) = self.duration.get() {
            self.set_duration(duration.as_seconds());
        }
        // The order came before the source was open.
        self.tell_seekable();
        let mut refused = Vec::new();
        for BufferSetup { track, mime } in self.setup.borrow().iter() {
            let Ok(buffer) = self.source.add_source_buffer(mime) else {
                refused.push(*track);
                continue;
            };
            let made = TrackBuffer {
                _listeners: [self.on(&buffer, "updateend", *track), self.on(&buffer, "error", *track)],
                buffer,
                queue: VecDeque::new(),
                running: None,
                unfinished: None,
                rejected: false,
                unsupported: false,
            };
            self.tracks.borrow_mut().insert(*track, made);
        }
        self.refused.replace(refused.clone());
        for (track, work) in self.early.take() {
            self.enqueue(track, work);
        }
        for track in refused {
            (self.sink)(Input::AppendFailed { track, cause: AppendFailure::Unsupported });
        }
    }

    fn set_duration(&self, seconds: f64) {
        // Set through Reflect, because a setter that throws would unwind through us.
        let _ = Reflect::set(&self.source, &"duration".into(), &seconds.into());
    }

    /// What is live can be moved to here. Without it a browser goes no further than what is buffered, and nowhere at all
    /// while nothing is (Media Source Extensions §10): a start or a jump to the live edge would be lost.
    pub(crate) fn set_seekable(&self, range: TimeRange) {
        self.seekable.set(Some(range));
        self.tell_seekable();
    }

    fn tell_seekable(&self) {
        let Some(range) = self.seekable.get().filter(|_| self.source.ready_state() == MediaSourceReadyState::Open)
        else {
            return;
        };
        // Before any init section: one of what is live may tell a duration, which would be believed.
        if self.source.duration() != f64::INFINITY {
            self.set_duration(f64::INFINITY);
        }
        let _ = self.source.set_live_seekable_range(range.start().as_seconds().max(0.0), range.end().as_seconds());
    }

    fn on(&self, buffer: &SourceBuffer, name: &'static str, track: Track) -> Listener {
        let this = self.this.clone();
        Listener::new(buffer, name, move |_| {
            let Some(buffers) = this.upgrade() else { return };
            match name {
                "error" => buffers.with(track, |it| it.rejected = true),
                _ => buffers.finish(track),
            }
        })
    }

    fn with(&self, track: Track, change: impl FnOnce(&mut TrackBuffer)) {
        if let Some(it) = self.tracks.borrow_mut().get_mut(&track) {
            change(it);
        }
    }

    /// Appends a whole init section or media segment, or the next part of one.
    pub(crate) fn append(&self, track: Track, piece: Piece) {
        self.ending.set(false);
        self.enqueue(track, Work::Append(piece));
    }

    /// Removes a stretch.
    pub(crate) fn evict(&self, track: Track, range: TimeRange) {
        self.enqueue(track, Work::Evict(range));
    }

    /// The next append has this type; a buffer that is still to be made has it from the beginning.
    pub(crate) fn change_type(&self, track: Track, mime: String) {
        if self.tracks.borrow().is_empty()
            && let Some(setup) = self.setup.borrow_mut().iter_mut().find(|setup| setup.track == track)
        {
            setup.mime = mime;
            return;
        }
        self.enqueue(track, Work::ChangeType(mime));
    }

    /// Nothing more will be appended.
    pub(crate) fn end(&self) {
        self.ending.set(true);
        self.end_if_quiet();
    }

    /// What a buffer holds.
    pub(crate) fn buffered(&self, track: Track) -> Ranges {
        let tracks = self.tracks.borrow();
        let held = tracks.get(&track).and_then(|it| it.buffer.buffered().ok());
        held.map(|ranges| element::ranges(&ranges)).unwrap_or_default()
    }

    fn enqueue(&self, track: Track, work: Work) {
        if self.refused.borrow().contains(&track) {
            return;
        }
        if !self.tracks.borrow().contains_key(&track) {
            self.early.borrow_mut().push((track, work));
            return;
        }
        self.with(track, |it| it.queue.push_back(work));
        self.pump(track);
    }

    /// Starts the next piece of work of a track if it is idle.
    fn pump(&self, track: Track) {
        loop {
            let mut done = None;
            let mut changed_type = false; // done at once, so the next piece can begin
            self.with(track, |it| {
                if it.running.is_some() || it.buffer.updating() {
                    return;
                }
                let Some(work) = it.queue.pop_front() else { return };
                it.rejected = false;
                match work {
                    Work::ChangeType(mime) => {
                        it.unsupported = it.buffer.change_type(&mime).is_err();
                        it.unfinished = None;
                        changed_type = true;
                    }
                    Work::Append(_) if it.unsupported => {
                        done = Some(Input::AppendFailed { track, cause: AppendFailure::Unsupported })
                    }
                    Work::Append(Piece { id, taken: Taken { bytes, is_last }, offset_us }) => {
                        it.begin(id);
                        // Nothing is left of a segment whose parts were all of it.
                        let appends = bytes.length() > 0;
                        let result = if appends { append(&it.buffer, &bytes, offset_us) } else { Ok(()) };
                        match result {
                            Ok(()) => {
                                it.unfinished = (!is_last).then_some(id);
                                it.running = appends.then_some(Running::Append);
                                done = (!appends).then_some(Input::Appended { track });
                            }
                            Err(cause) => done = Some(Input::AppendFailed { track, cause }),
                        }
                    }
                    Work::Evict(range) => match remove(&it.buffer, range) {
                        true => it.running = Some(Running::Evict),
                        false => done = Some(Input::Evicted { track }),
                    },
                }
            });
            if let Some(input) = done {
                (self.sink)(input);
            } else if !changed_type {
                break;
            }
        }
        self.end_if_quiet();
    }

    /// A buffer has done its work, well or badly.
    fn finish(&self, track: Track) {
        let mut input = None;
        self.with(track, |it| {
            input = match it.running.take() {
                Some(Running::Append) if it.rejected => {
                    Some(Input::AppendFailed { track, cause: AppendFailure::Rejected })
                }
                Some(Running::Append) => Some(Input::Appended { track }),
                Some(Running::Evict) => Some(Input::Evicted { track }),
                None => None,
            };
        });
        // A source takes no other duration while a buffer is at work.
        if self.seekable.get().is_some() && self.source.duration() != f64::INFINITY {
            self.tell_seekable();
        }
        if let Some(input) = input {
            (self.sink)(input);
        }
        self.pump(track);
    }

    /// Ends the source, again if need be: not only an append, an eviction too opens an ended source (MSE §5.5.7).
    fn end_if_quiet(&self) {
        let quiet = self.tracks.borrow().values().all(|it| it.running.is_none() && it.queue.is_empty());
        if self.ending.get() && quiet && self.source.ready_state() == MediaSourceReadyState::Open {
            self.tracks.borrow_mut().values_mut().for_each(TrackBuffer::give_up_unfinished);
            let _ = self.source.end_of_stream();
        }
    }
}

fn append(buffer: &SourceBuffer, bytes: &Uint8Array, offset_us: i64) -> Result<(), AppendFailure> {
    #[expect(clippy::cast_precision_loss, reason = "exact up to 285 years")]
    let offset = offset_us as f64 / 1e6;
    #[expect(clippy::float_cmp, reason = "whether it is the very number that was set before")]
    let differs = buffer.timestamp_offset() != offset;
    if differs {
        // Through Reflect for the same reason.
        Reflect::set(buffer, &"timestampOffset".into(), &offset.into()).map_err(|_| AppendFailure::Rejected)?;
    }
    buffer.append_buffer_with_array_buffer_view(bytes).map_err(|error| match element::error_name(&error).as_str() {
        "QuotaExceededError" => AppendFailure::QuotaExceeded,
        _ => AppendFailure::Rejected,
    })
}

/// Starts to remove a stretch; `false` if there is nothing to remove, which the browser would call an error.
fn remove(buffer: &SourceBuffer, range: TimeRange) -> bool {
    let (start, end) = (range.start().as_seconds().max(0.0), range.end().as_seconds());
    end > start && buffer.remove(start, end).is_ok()
}

impl Drop for Buffers {
    fn drop(&mut self) {
        self.listeners.borrow_mut().clear();
        self.tracks.borrow_mut().clear();
        let _ = Url::revoke_object_url(&self.address);
        // Only our own source is taken off the element; a successor may have put another there already.
        if self.video.src() == self.address {
            element::unload(&self.video);
        }
    }
}
