//! The page's monotonic clock and its timer, as the core needs them.

use std::time::Duration;

use player_core::Now;
use wasm_bindgen::prelude::*;

/// `performance.now()`, counted from the page's own origin.
#[derive(Clone, Copy, Debug, Default)]
pub struct WebClock;

impl WebClock {
    /// The present moment.
    pub fn now(self) -> Now {
        Now::new(Duration::from_secs_f64(self.millis().max(0.0) / 1e3))
    }

    /// Milliseconds since the page's origin, for people and statistics.
    pub fn millis(self) -> f64 {
        web_sys::window().and_then(|window| window.performance()).map_or(0.0, |performance| performance.now())
    }
}

/// One call in the future; dropping it takes it back.
pub(crate) struct Timer {
    handle: i32,
    _callback: Closure<dyn FnMut()>,
}

impl Timer {
    /// Calls `callback` once after `delay`. `None` outside a page.
    pub(crate) fn after(delay: Duration, callback: impl FnOnce() + 'static) -> Option<Self> {
        let callback = Closure::once(callback);
        // Rounded up: a timer that fires a fraction of a millisecond early would find nothing due and be set again.
        let millis = i32::try_from(delay.as_millis().saturating_add(1)).unwrap_or(i32::MAX);
        let handle = web_sys::window()?
            .set_timeout_with_callback_and_timeout_and_arguments_0(callback.as_ref().unchecked_ref(), millis)
            .ok()?;
        Some(Self { handle, _callback: callback })
    }
}

impl Drop for Timer {
    fn drop(&mut self) {
        if let Some(window) = web_sys::window() {
            window.clear_timeout_with_handle(self.handle);
        }
    }
}

/// A call again and again; dropping it ends it.
pub(crate) struct Interval {
    handle: i32,
    _callback: Closure<dyn FnMut()>,
}

impl Interval {
    /// Calls `callback` every `period`. `None` outside a page.
    pub(crate) fn every(period: Duration, callback: impl FnMut() + 'static) -> Option<Self> {
        let callback = Closure::new(callback);
        let millis = i32::try_from(period.as_millis()).unwrap_or(i32::MAX);
        let handle = web_sys::window()?
            .set_interval_with_callback_and_timeout_and_arguments_0(callback.as_ref().unchecked_ref(), millis)
            .ok()?;
        Some(Self { handle, _callback: callback })
    }
}

impl Drop for Interval {
    fn drop(&mut self) {
        if let Some(window) = web_sys::window() {
            window.clear_interval_with_handle(self.handle);
        }
    }
}
