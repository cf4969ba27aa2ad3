//! News from the server: server-sent events of `/api/events`.

use server_api::LibraryEvent;
use wasm_bindgen::prelude::*;
use web_sys::{Event, EventSource, MessageEvent};

/// Names of the events, which are the variants of `LibraryEvent`.
const NAMES: [&str; 3] = ["scan", "movie", "movie_removed"];

/// An open stream of news; dropping it closes it.
pub(crate) struct Events {
    source: EventSource,
    _message: Closure<dyn FnMut(MessageEvent)>,
    _state: Closure<dyn FnMut(Event)>,
}

/// What became of the connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Connection {
    /// It is there, again perhaps: what happened before it was missed.
    Open,
    /// The server refused it, and the browser will not try again by itself.
    Refused,
}

impl Events {
    /// Listens.
    pub(crate) fn listen(
        heard: impl Fn(LibraryEvent) + 'static,
        changed: impl Fn(Connection) + 'static,
    ) -> Option<Self> {
        let source = EventSource::new("/api/events").ok()?;
        let message = Closure::<dyn FnMut(MessageEvent)>::new(move |message: MessageEvent| {
            let event = message.data().as_string().and_then(|text| serde_json::from_str(&text).ok());
            if let Some(event) = event {
                heard(event);
            }
        });
        let watched = source.clone();
        let state = Closure::<dyn FnMut(Event)>::new(move |_: Event| match watched.ready_state() {
            EventSource::OPEN => changed(Connection::Open),
            EventSource::CLOSED => changed(Connection::Refused),
            // The browser is connecting again.
            _ => {}
        });
        for name in NAMES {
            source.add_event_listener_with_callback(name, message.as_ref().unchecked_ref()).ok()?;
        }
        source.set_onopen(Some(state.as_ref().unchecked_ref()));
        source.set_onerror(Some(state.as_ref().unchecked_ref()));
        Some(Self { source, _message: message, _state: state })
    }
}

impl Drop for Events {
    fn drop(&mut self) {
        self.source.close();
    }
}
