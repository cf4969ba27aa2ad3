//! A request hook in JavaScript: `(url, kind) => ({ url, headers, credentials })`, or a promise of that.

use std::rc::Rc;

use js_sys::{Function, Object, Promise, Reflect};
use player_core::message::LoadKind;
use url::Url;
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;

use crate::{Credentials, PageRequest, RequestChanges, RequestHook};

/// The hook that calls this function.
pub(super) fn hook(function: Function) -> RequestHook {
    Rc::new(move |request: PageRequest| {
        let answer = function.call2(&JsValue::NULL, &request.url.as_str().into(), &kind(request.kind).into());
        Box::pin(async move {
            let answer = answer.map_err(|thrown| sentence(&thrown))?;
            // A value that is no promise is one that is kept at once.
            let answer = JsFuture::from(Promise::resolve(&answer)).await.map_err(|thrown| sentence(&thrown))?;
            changes(&answer)
        })
    })
}

fn kind(kind: LoadKind) -> &'static str {
    match kind {
        LoadKind::Playlist => "playlist",
        LoadKind::Init => "init",
        LoadKind::Segment => "segment",
        LoadKind::Text => "text",
        LoadKind::Probe => "probe",
    }
}

/// What was thrown, in words.
fn sentence(thrown: &JsValue) -> String {
    let message = Reflect::get(thrown, &"message".into()).ok().and_then(|message| message.as_string());
    message.or_else(|| thrown.as_string()).unwrap_or_else(|| "its request hook failed".to_owned())
}

fn changes(answer: &JsValue) -> Result<RequestChanges, String> {
    let mut changes = RequestChanges::default();
    if answer.is_undefined() || answer.is_null() {
        return Ok(changes);
    }
    let field = |name: &str| Reflect::get(answer, &name.into()).ok().filter(|value| !value.is_undefined());
    let text = |name: &str| {
        field(name)
            .map(|value| value.as_string().ok_or_else(|| format!("its request hook gave a {name} that is no text")))
    };
    if let Some(url) = text("url").transpose()? {
        changes.url = Some(Url::parse(&url).map_err(|_| format!("its request hook gave {url}, which is no address"))?);
    }
    if let Some(name) = text("credentials").transpose()? {
        let known = Credentials::by_name(&name);
        changes.credentials = Some(known.ok_or_else(|| format!("its request hook gave the credentials {name}"))?);
    }
    if let Some(headers) = field("headers") {
        // An object, or `Headers`, which gives pairs when it is asked for entries.
        let pairs = match headers.dyn_ref::<web_sys::Headers>() {
            Some(headers) => js_sys::Array::from(headers),
            None => Object::entries(&headers.unchecked_into()),
        };
        for pair in pairs.iter().map(|pair| js_sys::Array::from(&pair)) {
            let (name, value) = (pair.get(0).as_string(), pair.get(1).as_string());
            let pair = name.zip(value).ok_or("its request hook gave a header that is no text")?;
            changes.headers.push(pair);
        }
    }
    Ok(changes)
}
