//! Hands the viewer a file.

use std::time::Duration;

use js_sys::{Array, Uint8Array};
use leptos::leptos_dom::helpers::set_timeout;
use leptos::prelude::document;
use wasm_bindgen::JsCast;
use web_sys::{Blob, HtmlAnchorElement, Url};

/// A download has begun within this.
const TAKEN: Duration = Duration::from_secs(60);

/// Offers these bytes as a download of this name. What the browser refuses, the viewer sees from it.
pub(crate) fn offer(bytes: &[u8], name: &str) {
    let parts = Array::of1(&Uint8Array::from(bytes));
    let address = Blob::new_with_u8_array_sequence(&parts).and_then(|blob| Url::create_object_url_with_blob(&blob));
    let link = document().create_element("a").ok().and_then(|link| link.dyn_into::<HtmlAnchorElement>().ok());
    let (Ok(address), Some(link)) = (address, link) else { return };
    link.set_href(&address);
    link.set_download(name);
    link.click();
    // Not every browser has taken hold of the bytes yet.
    set_timeout(move || drop(Url::revoke_object_url(&address)), TAKEN);
}
