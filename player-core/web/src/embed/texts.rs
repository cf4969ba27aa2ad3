//! The subtitles of an embedded player, for a page's own menu.

use js_sys::{Array, Function};
use wasm_bindgen::prelude::*;

use super::objects;
use crate::PlayerEvent;

/// Tells a page which subtitles there are and which are shown.
pub(super) struct Texts {
    list: Array,
    tell: Function,
}

impl Texts {
    pub(super) fn told_to(tell: Function) -> Self {
        Self { list: Array::new(), tell }
    }

    /// Takes the player's news.
    pub(super) fn hear(&mut self, event: &PlayerEvent) {
        if let PlayerEvent::Ready { text, .. } = event {
            self.list = text.iter().map(objects::text).collect();
        }
        if let PlayerEvent::TextChosen(shown) = event {
            let shown = shown.map_or(JsValue::NULL, |id| id.0.into());
            let _ = self.tell.call2(&JsValue::NULL, &self.list, &shown);
        }
    }
}
