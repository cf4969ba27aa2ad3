//! Event listeners that end with their owner.

use wasm_bindgen::prelude::*;
use web_sys::{Event, EventTarget};

/// A listener on a DOM object; dropping it removes it, so that nothing outlives its player.
pub(crate) struct Listener {
    target: EventTarget,
    name: &'static str,
    callback: Closure<dyn FnMut(Event)>,
}

impl Listener {
    /// Calls `callback` at every event `name` of `target`.
    pub(crate) fn new(target: &EventTarget, name: &'static str, callback: impl FnMut(Event) + 'static) -> Self {
        let callback = Closure::new(callback);
        // Fails only for objects that cannot have listeners, and those have no events to miss.
        let _ = target.add_event_listener_with_callback(name, callback.as_ref().unchecked_ref());
        Self { target: target.clone(), name, callback }
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        let _ = self.target.remove_event_listener_with_callback(self.name, self.callback.as_ref().unchecked_ref());
    }
}
