//! What the media element says of itself, as plain data.

use js_sys::Reflect;
use media_model::{MediaDuration, MediaTime, Ranges, TimeRange};
use player_core::Speed;
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;
use web_sys::{HtmlMediaElement, HtmlVideoElement, TimeRanges};

/// Moments of a media element that matter to a player.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Moment {
    /// It was told to play, by whomever.
    Play,
    /// It was told to pause, by whomever, or reached the end.
    Pause,
    /// Its position was set, by whomever.
    Seeking,
    /// Its speed was set, by whomever.
    Speed,
    /// Something about position, buffers or motion may have changed.
    Changed,
    /// Metadata is there: size and duration are known.
    Metadata,
    /// A frame is on screen, or, without a picture, sound has begun.
    FirstFrame,
    /// The end is reached.
    Ended,
    /// The element gave up.
    Error,
}

/// Which moment each DOM event stands for.
pub(crate) const MOMENTS: &[(&str, Moment)] = &[
    ("loadedmetadata", Moment::Metadata),
    ("playing", Moment::Changed),
    ("play", Moment::Play),
    ("pause", Moment::Pause),
    ("ratechange", Moment::Speed),
    ("waiting", Moment::Changed),
    ("seeking", Moment::Seeking),
    ("seeked", Moment::Changed),
    ("timeupdate", Moment::Changed),
    ("progress", Moment::Changed),
    ("durationchange", Moment::Changed),
    ("volumechange", Moment::Changed),
    ("resize", Moment::Changed),
    ("ended", Moment::Ended),
    ("error", Moment::Error),
];

/// Position of the element.
pub(crate) fn position(video: &HtmlVideoElement) -> MediaTime {
    MediaTime::from_seconds(video.current_time()).unwrap_or(MediaTime::ZERO)
}

/// How fast it plays while it plays.
pub(crate) fn speed(video: &HtmlVideoElement) -> Speed {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "within the range of the element")]
    Speed::thousandths((video.playback_rate().clamp(0.0, 16.0) * 1_000.0) as u16)
}

/// Sets how fast it plays, now and with another source: with a new one an element takes its default speed.
pub(crate) fn set_speed(video: &HtmlVideoElement, factor: f64) {
    video.set_default_playback_rate(factor);
    video.set_playback_rate(factor);
}

/// Whether frames should be moving: not paused or held at speed 0, not seeking, not ended, and enough data for the next frame.
pub(crate) fn is_moving(video: &HtmlVideoElement) -> bool {
    !video.paused()
        && video.playback_rate() > 0.0
        && !video.seeking()
        && !video.ended()
        && video.ready_state() >= HtmlMediaElement::HAVE_FUTURE_DATA
}

/// Frames the element dropped since it got its source.
pub(crate) fn dropped_frames(video: &HtmlVideoElement) -> Option<u64> {
    let has = Reflect::has(video, &"getVideoPlaybackQuality".into()).unwrap_or(false);
    has.then(|| u64::from(video.get_video_playback_quality().dropped_video_frames()))
}

/// Media ahead of the playhead.
pub(crate) fn ahead(video: &HtmlVideoElement) -> MediaDuration {
    let at = position(video);
    // Browsers begin a range a little behind the position that was asked for.
    let around = ranges(&video.buffered()).around(at, MediaDuration::from_millis(100));
    around.map_or(MediaDuration::ZERO, |range| range.end().since(at))
}

/// The browser's ranges as ours.
pub(crate) fn ranges(ranges: &TimeRanges) -> Ranges {
    let edge = |seconds: Result<f64, JsValue>| MediaTime::from_seconds(seconds.ok()?);
    Ranges::new(
        (0..ranges.length())
            .filter_map(|index| TimeRange::new(edge(ranges.start(index))?, edge(ranges.end(index))?))
            .collect(),
    )
}

/// Asks the element to play; fails if the browser does not let it.
pub(crate) async fn try_play(video: &HtmlVideoElement) -> Result<JsValue, JsValue> {
    JsFuture::from(video.play()?).await
}

/// Takes the source off the element and lets the browser free its decoders.
pub(crate) fn unload(video: &HtmlVideoElement) {
    let _ = video.remove_attribute("src");
    video.load();
}

/// `name` of a DOMException or of anything else that was thrown.
pub(crate) fn error_name(error: &JsValue) -> String {
    Reflect::get(error, &"name".into()).ok().and_then(|name| name.as_string()).unwrap_or_default()
}

/// A wish to hear of the next frame that is put on screen; dropping it takes it back.
pub(crate) struct NextFrame {
    video: HtmlVideoElement,
    handle: JsValue,
    _callback: Closure<dyn FnMut()>,
}

impl NextFrame {
    /// Calls `callback` at the next frame. `None` if this browser cannot say when that is.
    pub(crate) fn of(video: &HtmlVideoElement, callback: impl FnMut() + 'static) -> Option<Self> {
        let callback = Closure::new(callback);
        let handle = call(video, "requestVideoFrameCallback", callback.as_ref())?;
        Some(Self { video: video.clone(), handle, _callback: callback })
    }
}

impl Drop for NextFrame {
    fn drop(&mut self) {
        call(&self.video, "cancelVideoFrameCallback", &self.handle);
    }
}

/// Calls a method that web-sys does not name yet.
fn call(video: &HtmlVideoElement, method: &str, argument: &JsValue) -> Option<JsValue> {
    let method: js_sys::Function = Reflect::get(video, &method.into()).ok()?.dyn_into().ok()?;
    method.call1(video, argument).ok()
}

/// Whether nobody can see the page, in which case no frame is put on screen.
pub(crate) fn is_page_hidden() -> bool {
    web_sys::window().and_then(|window| window.document()).is_some_and(|document| document.hidden())
}
