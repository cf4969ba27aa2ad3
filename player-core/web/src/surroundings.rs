//! What bounds a playback from outside: whether anybody can see the page, how large the picture is, whether the browser was
//! told to save data, and what the page wishes.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use js_sys::Reflect;
use media_model::{BitsPerSecond, Resolution};
use player_core::message::Command;
use wasm_bindgen::JsValue;
use web_sys::HtmlVideoElement;

use crate::listen::Listener;

/// Of `BANDWIDTH`; absent, there is none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Bounds {
    pub(crate) least: Option<BitsPerSecond>,
    pub(crate) most: Option<BitsPerSecond>,
}

/// What the page wishes; it holds for all sources of a player.
#[derive(Clone, Debug, Default)]
pub(crate) struct PageLimits {
    /// Nothing larger than the element on screen is of use. Not on its own: an element without a size in the style sheet
    /// takes that of its video, so that a small start would stay small.
    pub(crate) fits_element: Cell<bool>,
    /// Bytes are dear, whatever the browser was told.
    pub(crate) saves_data: Cell<bool>,
    pub(crate) bandwidth: Cell<Bounds>,
}

/// As it was told to the core last.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Seen {
    hidden: bool,
    picture: Option<Resolution>,
    saves_data: bool,
    bandwidth: Bounds,
}

impl Seen {
    /// What the core must be told to know of `self` what it knew of `before`.
    fn since(self, before: Self) -> Vec<Command> {
        let mut commands = Vec::new();
        if self.hidden != before.hidden {
            commands.push(Command::SetVisible(!self.hidden));
        }
        if self.picture != before.picture {
            commands.push(Command::LimitResolution(self.picture));
        }
        if self.bandwidth != before.bandwidth {
            let Bounds { least, most } = self.bandwidth;
            commands.push(Command::LimitBandwidth { least, most });
        }
        if self.saves_data != before.saves_data {
            commands.push(Command::SaveData(self.saves_data));
        }
        commands
    }
}

/// Watches them for one media element.
pub(crate) struct Surroundings {
    video: HtmlVideoElement,
    page: Rc<PageLimits>,
    told: Cell<Seen>,
    visibility: RefCell<Option<Listener>>,
}

impl Surroundings {
    /// Nothing is known of them at first, which is: visible, of any size, generous.
    pub(crate) fn of(video: &HtmlVideoElement, page: Rc<PageLimits>) -> Self {
        Self { video: video.clone(), page, told: Cell::default(), visibility: RefCell::default() }
    }

    /// Calls `look` as soon as the page is hidden or seen again; everything else may be looked at four times a second.
    pub(crate) fn on_visibility(&self, look: impl Fn() + 'static) {
        let document = web_sys::window().and_then(|window| window.document());
        *self.visibility.borrow_mut() =
            document.map(|document| Listener::new(&document, "visibilitychange", move |_| look()));
    }

    /// What has changed since the last call.
    pub(crate) fn changes(&self) -> Vec<Command> {
        let seen = Seen {
            hidden: self.is_hidden(),
            // Only then: to ask for a size may make the browser lay the page out.
            picture: if self.page.fits_element.get() { self.picture() } else { None },
            saves_data: self.page.saves_data.get() || browser_saves_data(),
            bandwidth: self.page.bandwidth.get(),
        };
        seen.since(self.told.replace(seen))
    }

    /// A picture in a window of its own is seen while its page is not.
    fn is_hidden(&self) -> bool {
        let Some(document) = web_sys::window().and_then(|window| window.document()) else { return false };
        let floating = Reflect::get(&document, &"pictureInPictureElement".into()).unwrap_or(JsValue::NULL);
        document.hidden() && &floating != AsRef::<JsValue>::as_ref(&self.video)
    }

    /// The element's size in the screen's own pixels; `None` while it has none.
    fn picture(&self) -> Option<Resolution> {
        let ratio = web_sys::window()?.device_pixel_ratio();
        let pixels = |length: i32| {
            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "saturates; no screen is larger"
            )]
            let pixels = (f64::from(length) * ratio).round() as u32;
            pixels
        };
        let size = Resolution { width: pixels(self.video.client_width()), height: pixels(self.video.client_height()) };
        (size.width > 0 && size.height > 0).then_some(size)
    }
}

/// `navigator.connection.saveData`, where browsers have it.
fn browser_saves_data() -> bool {
    connection("saveData").and_then(|value| value.as_bool()).unwrap_or(false)
}

/// A property of `navigator.connection`, which only some browsers have.
pub(crate) fn connection(property: &str) -> Option<JsValue> {
    let navigator = web_sys::window()?.navigator();
    let connection = Reflect::get(&navigator, &"connection".into()).ok().filter(JsValue::is_object)?;
    Reflect::get(&connection, &property.into()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_new_is_told() {
        let (start, size) = (Seen::default(), Some(Resolution { width: 1280, height: 720 }));
        assert_eq!(start.since(start), []);
        let hidden = Seen { hidden: true, picture: size, ..start };
        assert_eq!(hidden.since(start), [Command::SetVisible(false), Command::LimitResolution(size)]);
        assert_eq!(start.since(hidden), [Command::SetVisible(true), Command::LimitResolution(None)]);
        assert_eq!(Seen { saves_data: true, ..start }.since(start), [Command::SaveData(true)]);
    }
}
