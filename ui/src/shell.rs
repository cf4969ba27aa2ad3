//! The desktop app around the page, if there is one. The only file that calls Tauri.

use js_sys::{Function, Object, Promise, Reflect};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;

/// Tauri's `invoke`, where the page runs in the app.
fn invoke() -> Option<Function> {
    let window = web_sys::window()?;
    let internals = Reflect::get(&window, &"__TAURI_INTERNALS__".into()).ok()?;
    Reflect::get(&internals, &"invoke".into()).ok()?.dyn_into().ok()
}

/// Whether the page runs in the app.
pub(crate) fn is_app() -> bool {
    invoke().is_some()
}

/// Lets the viewer pick a folder in the system's own dialog and adds it to the library. `false` if they thought better
/// of it.
///
/// # Errors
/// The app's own words: what went wrong.
pub(crate) async fn add_folder() -> Result<bool, String> {
    let Some(invoke) = invoke() else { return Ok(false) };
    let words = |error: JsValue| error.as_string().unwrap_or_else(|| format!("{error:?}"));
    let promise: Promise =
        invoke.call2(&JsValue::NULL, &"add_folder".into(), &Object::new()).map_err(words)?.unchecked_into();
    Ok(JsFuture::from(promise).await.map_err(words)?.is_string())
}
