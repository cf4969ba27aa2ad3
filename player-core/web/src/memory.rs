//! What a link carried last time, kept by the browser, so that the next start need not guess. Browsers do not say which
//! network they are in: the server's origin and the kind of connection, where it is told, stand for it.

use std::time::Duration;

use media_model::BitsPerSecond;
use url::Url;
use web_sys::Storage;

use crate::surroundings::connection;

/// What is older says little of the link today.
const KEPT: Duration = Duration::from_secs(7 * 24 * 60 * 60);

/// What the link to this server carried when it was used last.
pub(crate) fn known(server: &Url) -> Option<BitsPerSecond> {
    read(&storage()?.get_item(&key(server)).ok()??, js_sys::Date::now())
}

/// Remembers.
pub(crate) fn remember(server: &Url, rate: BitsPerSecond) {
    if let Some(storage) = storage() {
        // A browser that stores nothing guesses the next time.
        let _ = storage.set_item(&key(server), &write(rate, js_sys::Date::now()));
    }
}

fn storage() -> Option<Storage> {
    web_sys::window()?.local_storage().ok().flatten()
}

fn key(server: &Url) -> String {
    let kind = connection("type").and_then(|kind| kind.as_string()).unwrap_or_default();
    format!("matinee.link {} {kind}", server.origin().ascii_serialization())
}

/// The rate, bit/s, and when it was seen, ms since 1970.
fn write(rate: BitsPerSecond, now_ms: f64) -> String {
    format!("{} {now_ms:.0}", rate.get())
}

fn read(text: &str, now_ms: f64) -> Option<BitsPerSecond> {
    let (rate, seen_ms) = text.split_once(' ')?;
    let age_ms = now_ms - seen_ms.parse::<f64>().ok()?;
    let rate = rate.parse().ok().filter(|&rate| rate > 0)?;
    (0.0..KEPT.as_secs_f64() * 1e3).contains(&age_ms).then_some(BitsPerSecond::new(rate))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_written_is_read_for_a_week() {
        let (rate, then) = (BitsPerSecond::from_kbps(17_000), 1_790_000_000_000.0);
        let days = |days: f64| then + days * 86_400_000.0;
        assert_eq!(read(&write(rate, then), days(6.9)), Some(rate));
        assert_eq!(read(&write(rate, then), days(7.1)), None);
        assert_eq!(read(&write(rate, then), days(-1.0)), None, "the clock was set back");
        for nonsense in ["", "17", "0 0", "fast 3", "17 NaN"] {
            assert_eq!(read(nonsense, then), None, "{nonsense}");
        }
    }
}
