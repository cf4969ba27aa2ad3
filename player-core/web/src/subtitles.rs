//! Cues on the media element: the browser draws them, in fullscreen and picture-in-picture as well.
//!
//! The track belongs to a `<track>` element without a source, because one made by `addTextTrack` could never be taken off
//! the media element again.

use std::cell::RefCell;
use std::collections::BTreeMap;

use js_sys::{Reflect, Uint8Array};
use media_container::webvtt::{Align, Cue, Line, Settings, Vertical, WebVtt};
use media_model::MediaTime;
use player_core::message::{TextInfo, TextOrder};
use wasm_bindgen::prelude::*;
use web_sys::{HtmlTrackElement, HtmlVideoElement, TextTrack, TextTrackMode, VttCue};

use crate::fetch::Loads;

/// The text of one presentation; dropping it takes it off the element.
pub(crate) struct Subtitles {
    video: HtmlVideoElement,
    shown: RefCell<Option<Shown>>,
}

struct Shown {
    element: HtmlTrackElement,
    track: TextTrack,
    /// What is there, by start, end (µs) and text: a cue that lies in two segments comes twice.
    cues: BTreeMap<(i64, i64, String), VttCue>,
}

impl Subtitles {
    pub(crate) fn on(video: &HtmlVideoElement) -> Self {
        Self { video: video.clone(), shown: RefCell::default() }
    }

    /// Does what the core asks for.
    pub(crate) fn obey(&self, order: TextOrder, loads: &Loads) {
        match order {
            TextOrder::Show(info) => {
                // The old one goes before the new one comes.
                self.shown.take();
                let shown = info.and_then(|info| Shown::on(&self.video, &info));
                self.shown.replace(shown);
            }
            TextOrder::Add { id, offset_us, from } => {
                let text = loads.take(id).map(|taken| text(&taken.bytes));
                // What cannot be read is left out.
                let file = text.and_then(|text| WebVtt::parse(&text).ok());
                if let (Some(file), Some(shown)) = (file, &mut *self.shown.borrow_mut()) {
                    file.place(offset_us, from).into_iter().for_each(|cue| shown.add(cue));
                }
            }
            TextOrder::DropBefore(at) => {
                if let Some(shown) = &mut *self.shown.borrow_mut() {
                    shown.drop_before(at);
                }
            }
        }
    }
}

impl Shown {
    fn on(video: &HtmlVideoElement, info: &TextInfo) -> Option<Self> {
        let element = web_sys::window()?.document()?.create_element("track").ok()?;
        let element: HtmlTrackElement = element.dyn_into().ok()?;
        element.set_kind("subtitles");
        element.set_label(&info.name);
        element.set_srclang(info.language.as_deref().unwrap_or("und"));
        video.append_child(&element).ok()?;
        let track = element.track()?;
        track.set_mode(TextTrackMode::Showing);
        Some(Self { element, track, cues: BTreeMap::new() })
    }

    fn add(&mut self, cue: Cue) {
        let key = (cue.start.as_micros(), cue.end.as_micros(), cue.text);
        if self.cues.contains_key(&key) {
            return;
        }
        let Ok(made) = VttCue::new(cue.start.as_seconds(), cue.end.as_seconds(), &key.2) else { return };
        made.set_id(&cue.id);
        dress(&made, &cue.settings);
        self.track.add_cue(&made);
        self.cues.insert(key, made);
    }

    fn drop_before(&mut self, at: MediaTime) {
        let track = &self.track;
        self.cues.retain(|(_, end, _), cue| {
            let stays = *end > at.as_micros();
            if !stays {
                // It fails only for a cue that is not there.
                let _ = track.remove_cue(cue);
            }
            stays
        });
    }
}

impl Drop for Shown {
    fn drop(&mut self) {
        self.element.remove();
    }
}

/// As a browser decodes it: UTF-8, what is none replaced.
fn text(bytes: &Uint8Array) -> String {
    String::from_utf8_lossy(&bytes.to_vec()).into_owned()
}

/// Settings by the names of the DOM. Set through Reflect, because a browser that does not know one must not throw through us.
fn dress(cue: &VttCue, settings: &Settings) {
    let set = |name: &str, value: JsValue| {
        let _ = Reflect::set(cue, &name.into(), &value);
    };
    let Settings { vertical, line, position, size, align } = *settings;
    if let Some(vertical) = vertical {
        let name = match vertical {
            Vertical::RightToLeft => "rl",
            Vertical::LeftToRight => "lr",
        };
        set("vertical", name.into());
    }
    if let Some((line, side)) = line {
        match line {
            Line::Number(number) => set("line", number.into()),
            Line::Percent(percent) => {
                set("snapToLines", false.into());
                set("line", percent.into());
            }
        }
        side.into_iter().for_each(|side| set("lineAlign", plain(side).into()));
    }
    if let Some((percent, side)) = position {
        set("position", percent.into());
        side.into_iter().for_each(|side| {
            let name = match side {
                Align::Start | Align::Left => "line-left",
                Align::Center => "center",
                Align::End | Align::Right => "line-right",
            };
            set("positionAlign", name.into());
        });
    }
    size.into_iter().for_each(|size| set("size", size.into()));
    align.into_iter().for_each(|align| set("align", plain(align).into()));
}

fn plain(align: Align) -> &'static str {
    match align {
        Align::Start => "start",
        Align::Center => "center",
        Align::End => "end",
        Align::Left => "left",
        Align::Right => "right",
    }
}
