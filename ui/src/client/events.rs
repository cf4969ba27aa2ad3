//! News from the server: server-sent events of `/api/events`.

use server_api::LibraryEvent;
use wasm_bindgen::prelude::*;
use web_sys::{EventSource, MessageEvent};

/// Names of the events, which are the variants of `LibraryEvent`.
const NAMES: [&str; 3] = ["scan", "movie", "movie_removed"];

/// An open stream of news; dropping it closes it. The browser reconnects by itself.
pub(crate) struct Events {
    source: EventSource,
    _message: Closure<dyn FnMut(MessageEvent)>,
    _open: Closure<dyn FnMut()>,
}

impl Events {
    /// Listens. `opened` is called at every (re)connection: what happened before it was missed.
    pub(crate) fn listen(heard: impl Fn(LibraryEvent) + 'static, mut opened: impl FnMut() + 'static) -> Option<Self> {
        let source = EventSource::new("/api/events").ok()?;
        let message = Closure::<dyn FnMut(MessageEvent)>::new(move |message: MessageEvent| {
            let event = message.data().as_string().and_then(|text| serde_json::from_str(&text).ok());
            if let Some(event) = event {
                heard(event);
            }
        });
        let open = Closure::<dyn FnMut()>::new(move || opened());
        for name in NAMES {
            source.add_event_listener_with_callback(name, message.as_ref().unchecked_ref()).ok()?;
        }
        source.set_onopen(Some(open.as_ref().unchecked_ref()));
        Some(Self { source, _message: message, _open: open })
    }
}

impl Drop for Events {
    fn drop(&mut self) {
        self.source.close();
    }
}
