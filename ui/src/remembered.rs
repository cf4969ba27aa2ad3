//! What the viewer set, remembered by the browser from film to film.

use leptos::prelude::window;
use web_sys::Storage;

const VOLUME: &str = "matinee.volume";
const SAVES_DATA: &str = "matinee.saves-data";

/// Loudness, 0 to 1, and whether sound is off. Full loudness the first time.
pub(crate) fn volume() -> (f64, bool) {
    item(VOLUME).and_then(|text| read(&text)).unwrap_or((1.0, false))
}

/// Remembers.
pub(crate) fn keep_volume(volume: f64, muted: bool) {
    keep(VOLUME, &write(volume, muted));
}

/// Whether bytes are dear to the viewer.
pub(crate) fn saves_data() -> bool {
    item(SAVES_DATA).is_some_and(|text| text == "yes")
}

/// Remembers.
pub(crate) fn keep_saves_data(saves: bool) {
    keep(SAVES_DATA, if saves { "yes" } else { "no" });
}

fn storage() -> Option<Storage> {
    window().local_storage().ok().flatten()
}

fn item(key: &str) -> Option<String> {
    storage()?.get_item(key).ok().flatten()
}

fn keep(key: &str, text: &str) {
    if let Some(storage) = storage() {
        // A browser that stores nothing plays all the same.
        let _ = storage.set_item(key, text);
    }
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
