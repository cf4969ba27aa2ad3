//! Loudness, remembered by the browser from film to film.

use leptos::prelude::window;
use web_sys::Storage;

const KEY: &str = "matinee.volume";

/// Loudness, 0 to 1, and whether sound is off. Full loudness the first time.
pub(crate) fn remembered() -> (f64, bool) {
    storage()
        .and_then(|storage| storage.get_item(KEY).ok().flatten())
        .and_then(|text| read(&text))
        .unwrap_or((1.0, false))
}

/// Remembers.
pub(crate) fn remember(volume: f64, muted: bool) {
    if let Some(storage) = storage() {
        // A browser that stores nothing plays all the same.
        let _ = storage.set_item(KEY, &write(volume, muted));
    }
}

fn storage() -> Option<Storage> {
    window().local_storage().ok().flatten()
}

fn write(volume: f64, muted: bool) -> String {
    format!("{volume:.2} {}", if muted { "off" } else { "on" })
}

fn read(text: &str) -> Option<(f64, bool)> {
    let (volume, sound) = text.split_once(' ')?;
    let volume: f64 = volume.parse().ok()?;
    (0.0..=1.0).contains(&volume).then_some((volume, sound == "off"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_written_is_read_and_nonsense_is_not() {
        assert_eq!(read(&write(0.35, true)), Some((0.35, true)));
        assert_eq!(read(&write(1.0, false)), Some((1.0, false)));
        for nonsense in ["", "7 on", "NaN on", "loud off", "0.5"] {
            assert_eq!(read(nonsense), None, "{nonsense}");
        }
    }
}
