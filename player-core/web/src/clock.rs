//! The page's monotonic clock and its timer, as the core needs them.

use std::cell::Cell;
use std::time::Duration;

use player_core::Now;
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;

/// `performance.now()`, counted from the page's own origin, and the time that the device slept: in Chromium on Linux and macOS
/// that clock stands still meanwhile (w3c/hr-time#115), and the core must hear of it.
#[derive(Clone, Copy, Debug, Default)]
pub struct WebClock;

/// The calendar runs ahead by more than this only if the device slept, or somebody has set it; both are a reason to look
/// after the connections.
const SLEPT_MS: f64 = 3_000.0;

/// What the two clocks said last, ms, and how long the device has slept up to then.
#[derive(Clone, Copy, Debug, Default)]
struct Clocks {
    monotonic: f64,
    calendar: f64,
    asleep: f64,
}

impl Clocks {
    /// The time with the sleep in it, when the clocks say this.
    fn read(&mut self, monotonic: f64, calendar: f64) -> f64 {
        let ahead = (calendar - self.calendar) - (monotonic - self.monotonic);
        if self.calendar > 0.0 && ahead > SLEPT_MS {
            self.asleep += ahead;
        }
        (self.monotonic, self.calendar) = (monotonic, calendar);
        monotonic + self.asleep
    }
}

thread_local! {
    static CLOCKS: Cell<Clocks> = const { Cell::new(Clocks { monotonic: 0.0, calendar: 0.0, asleep: 0.0 }) };
}

impl WebClock {
    /// The present moment.
    pub fn now(self) -> Now {
        Now::new(Duration::from_secs_f64(self.millis().max(0.0) / 1e3))
    }

    /// Milliseconds since the page's origin, for people and statistics.
    pub fn millis(self) -> f64 {
        let monotonic = web_sys::window().and_then(|window| window.performance()).map_or(0.0, |clock| clock.now());
        let mut clocks = CLOCKS.get();
        let millis = clocks.read(monotonic, js_sys::Date::now());
        CLOCKS.set(clocks);
        millis
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

/// Comes back when the page has done what it had to.
pub(crate) async fn next_task() {
    let later = js_sys::Promise::new(&mut |done, _| {
        if let Some(window) = web_sys::window() {
            // A page that gives no timer is closing.
            let _ = window.set_timeout_with_callback(&done);
        }
    });
    // It cannot fail.
    let _ = JsFuture::from(later).await;
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_asleep_counts() {
        let mut clocks = Clocks::default();
        assert_eq!(clocks.read(1_000.0, 5e12), 1_000.0);
        assert_eq!(clocks.read(2_000.0, 5e12 + 1_200.0), 2_000.0, "clocks differ a little");
        assert_eq!(clocks.read(2_100.0, 5e12 + 60_000.0), 2_100.0 + 58_700.0);
        assert_eq!(clocks.read(3_100.0, 5e12 + 61_000.0), 3_100.0 + 58_700.0);
        assert_eq!(clocks.read(4_100.0, 5e12), 4_100.0 + 58_700.0, "a calendar that was set back changes nothing");
    }
}
