//! Why there was no answer: `fetch` says the same for a network that is down and for a request that the browser forbids.

use url::Url;
use wasm_bindgen_futures::JsFuture;
use web_sys::{AbortSignal, Request, RequestInit, RequestMode};

/// Schemes that `fetch` loads from everywhere. Some apps have one of their own for their pages.
const LOADABLE: &[&str] = &["http", "https", "data", "blob"];

/// Why nothing was loaded from such an address, whatever the network did.
pub(super) fn unloadable(url: &Url) -> Option<String> {
    let scheme = url.scheme();
    (!LOADABLE.contains(&scheme)).then(|| format!("a browser does not load from {scheme}: addresses"))
}

/// Why the browser forbade the request that failed; `None` if it was the network. It asks the server once more, first so
/// that the answer may not be read, which every browser allows, and then as the player did. Whoever calls ends what comes.
pub(super) async fn forbidden(url: &Url, init: &RequestInit, signal: &AbortSignal) -> Option<String> {
    let page = Url::parse(&web_sys::window()?.location().href().ok()?).ok()?;
    let host = url.host_str()?;
    if page.origin() == url.origin() {
        return None;
    }
    let answers = async |init: &RequestInit, mode| {
        init.set_mode(mode);
        let Some(window) = web_sys::window() else { return false };
        match Request::new_with_str_and_init(url.as_str(), init) {
            Ok(request) => JsFuture::from(window.fetch_with_request(&request)).await.is_ok(),
            Err(_) => false,
        }
    };
    let plain = RequestInit::new();
    plain.set_signal(Some(signal));
    if answers(&plain, RequestMode::NoCors).await {
        let is_forbidden = !answers(init, RequestMode::Cors).await;
        return is_forbidden.then(|| format!("{host} does not let pages of other sites load from it (CORS)"));
    }
    // Blocked by the browser as well, whatever the mode (W3C Mixed Content §5.3).
    let is_mixed = page.scheme() == "https" && url.scheme() == "http" && !is_this_device(url);
    is_mixed.then(|| format!("this page came over https, and {host} is asked without"))
}

/// Browsers trust what does not leave the device.
fn is_this_device(url: &Url) -> bool {
    match url.host() {
        Some(url::Host::Ipv4(address)) => address.is_loopback(),
        Some(url::Host::Ipv6(address)) => address.is_loopback(),
        Some(url::Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        None => false,
    }
}
