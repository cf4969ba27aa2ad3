//! The subtitles of an embedded player, for a page's own menu.

use js_sys::{Array, Function, Object, Reflect};
use player_core::message::TextInfo;
use wasm_bindgen::prelude::*;

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
            self.list = text.iter().map(object).collect();
        }
        if let PlayerEvent::TextChosen(shown) = event {
            let shown = shown.map_or(JsValue::NULL, |id| id.0.into());
            let _ = self.tell.call2(&JsValue::NULL, &self.list, &shown);
        }
    }
}

fn object(text: &TextInfo) -> JsValue {
    let object = Object::new();
    let set = |name: &str, value: JsValue| {
        let _ = Reflect::set(&object, &name.into(), &value);
    };
    set("id", text.id.0.into());
    set("name", text.name.as_str().into());
    set("language", text.language.as_deref().map_or(JsValue::NULL, JsValue::from));
    set("forced", text.forced.into());
    object.into()
}
