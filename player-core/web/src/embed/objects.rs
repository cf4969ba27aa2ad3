//! What the player knows, as plain objects of JavaScript.

use std::time::Duration;

use js_sys::{Array, Object, Reflect};
use media_model::{BitsPerSecond, Resolution};
use player_core::message::{AudioInfo, TextInfo, VariantInfo};
use wasm_bindgen::prelude::*;

use crate::Stats;

fn object<const N: usize>(fields: [(&str, JsValue); N]) -> JsValue {
    let object = Object::new();
    for (name, value) in fields {
        // Fails for objects that are closed; this one is new.
        let _ = Reflect::set(&object, &name.into(), &value);
    }
    object.into()
}

fn maybe<T: Into<JsValue>>(value: Option<T>) -> JsValue {
    value.map_or(JsValue::NULL, Into::into)
}

/// Numbers of JavaScript are exact up to 2^53, which no rate reaches.
#[expect(clippy::cast_precision_loss, reason = "no rate is so large")]
fn rate(rate: BitsPerSecond) -> f64 {
    rate.get() as f64
}

fn millis(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}

/// `{ variants: [{ id, label, width, height, bandwidth }], audio: [{ id, name, language }] }`.
pub(super) fn choices(variants: &[VariantInfo], audio: &[AudioInfo]) -> JsValue {
    let variant = |one: &VariantInfo| {
        object([
            ("id", one.id.0.into()),
            ("label", one.label.as_str().into()),
            ("width", maybe(one.resolution.map(|size| size.width))),
            ("height", maybe(one.resolution.map(|size| size.height))),
            ("bandwidth", rate(one.bandwidth).into()),
        ])
    };
    let heard = |one: &AudioInfo| {
        object([
            ("id", one.id.0.into()),
            ("name", one.name.as_str().into()),
            ("language", maybe(one.language.as_deref())),
        ])
    };
    let variants: Array = variants.iter().map(variant).collect();
    let audio: Array = audio.iter().map(heard).collect();
    object([("variants", variants.into()), ("audio", audio.into())])
}

/// `{ id, name, language, forced }`.
pub(super) fn text(text: &TextInfo) -> JsValue {
    object([
        ("id", text.id.0.into()),
        ("name", text.name.as_str().into()),
        ("language", maybe(text.language.as_deref())),
        ("forced", text.forced.into()),
    ])
}

/// As `window.matineeStats()` has it of the watch page, without what only a server knows.
pub(super) fn stats(stats: &Stats) -> JsValue {
    let Stats { state, position_s, buffered_s, shown, throughput, startup, counters } = stats;
    let rendition = shown.as_ref().map(|shown| {
        let Resolution { width, height } = shown.resolution;
        object([
            ("id", maybe(shown.label.as_deref())),
            ("width", width.into()),
            ("height", height.into()),
            ("bitrate_bps", maybe(shown.bandwidth.map(rate))),
        ])
    });
    #[expect(clippy::cast_precision_loss, reason = "no film has so many frames")]
    let dropped_frames = counters.dropped_frames as f64;
    object([
        ("state", state.name().into()),
        ("position_s", (*position_s).into()),
        ("buffered_s", (*buffered_s).into()),
        ("rendition", maybe(rendition)),
        ("throughput_bps", maybe(throughput.map(rate))),
        ("startup_ms", maybe(startup.map(millis))),
        ("stalls", counters.stalls.into()),
        ("stalled_ms", millis(counters.stalled).into()),
        ("switches", counters.switches.into()),
        ("dropped_frames", dropped_frames.into()),
    ])
}
