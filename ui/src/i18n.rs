//! Every word on screen. English only so far; another language is another file with the same items.

use std::fmt::Write;

use player_web::{Failure, StallCause};
use server_api::Decision;

use crate::state::library::Progress;
use crate::state::playback::{Trouble, Wait};

pub(crate) const APP: &str = "Matinee";
pub(crate) const SEARCH: &str = "Search titles";
pub(crate) const SCAN_AGAIN: &str = "Look for new films";
pub(crate) const FORGET_MISSING: &str = "Missing films are gone for good: take them out of the library";
pub(crate) const ADD_FOLDER: &str = "Add folder";
pub(crate) const FOLDER_PATH: &str = "Path of a folder on this computer";
pub(crate) const ADD: &str = "Add";
pub(crate) const EMPTY_NO_FOLDER: &str = "Matinee does not know yet where your films are.";
pub(crate) const EMPTY_NO_FILMS: &str = "There are no films in your folders yet.";
pub(crate) const NOTHING_FOUND: &str = "No title matches.";
pub(crate) const CLEAR_SEARCH: &str = "Show everything";
pub(crate) const UNPLAYABLE: &str = "Cannot be played";
pub(crate) const PENDING: &str = "Reading";
pub(crate) const OPEN_TO_LAN: &str =
    "Everyone on your network can watch: there is no sign-in yet. Start without --listen to keep it to this computer.";
pub(crate) const DISMISS: &str = "Dismiss";
pub(crate) const OFFLINE: &str = "The server does not answer. Is it still running?";
pub(crate) const UNREADABLE: &str = "The server's answer makes no sense. Is it another version? Reload the page.";
pub(crate) const NOT_FOUND: &str = "There is nothing at this address.";
pub(crate) const TO_LIBRARY: &str = "To the library";
pub(crate) const PLAY: &str = "Play";
pub(crate) const PAUSE: &str = "Pause";
pub(crate) const RETRY: &str = "Retry";
pub(crate) const BACK: &str = "Back";
pub(crate) const MUTE: &str = "Mute";
pub(crate) const UNMUTE: &str = "Unmute";
pub(crate) const SOUND_OFF: &str = "Turn sound on";
pub(crate) const VOLUME: &str = "Volume";
pub(crate) const SEEK: &str = "Position";
pub(crate) const QUALITY: &str = "Quality";
pub(crate) const SPEED: &str = "Speed";
pub(crate) const NORMAL: &str = "Normal";
pub(crate) const AUDIO: &str = "Audio";
pub(crate) const OFF: &str = "Off";
pub(crate) const SUBTITLES: &str = "Subtitles";
pub(crate) const CHAPTERS: &str = "Chapters";
pub(crate) const FILE: &str = "File";
pub(crate) const VIDEO: &str = "Video";
pub(crate) const FULLSCREEN: &str = "Full screen";
pub(crate) const LEAVE_FULLSCREEN: &str = "Leave full screen";
pub(crate) const KEYS: &str = "Keys";
pub(crate) const CLOSE: &str = "Close";
pub(crate) const AUTO: &str = "Auto";
pub(crate) const ORIGINAL_FILE: &str = "Original file";
pub(crate) const ADAPTIVE: &str = "Adapt to the network";
pub(crate) const SAVE_DATA: &str = "Save data";
pub(crate) const SAVE_DATA_HINT: &str = "up to 480p";
pub(crate) const SAVE_RECORDING: &str = "Save what happened";
pub(crate) const SAVE_RECORDING_HINT: &str = "A file for whoever helps you: every decision of this playback, with the addresses it loaded. No picture, no sound.";
pub(crate) const CANNOT_PLAY: &str = "This cannot be played";
pub(crate) const STOPPED: &str = "Playback stopped";
pub(crate) const PREPARING: &str = "Preparing this film for your device…";
pub(crate) const SLOW_LINK: &str = "The network is slow. Waiting for enough to go on…";
pub(crate) const NOTHING_NEW: &str = "The broadcast brings nothing new. Waiting for it to go on…";
pub(crate) const SERVER_AWAY: &str = "The server does not answer. Waiting for it to come back…";
pub(crate) const SLOW_DECODER: &str = "This device is too slow for this quality. A lower one may help.";
pub(crate) const LOADING: &str = "Loading";

/// Keys of the watch page and what they do.
pub(crate) const KEY_HELP: &[(&[&str], &str)] = &[
    (&["Space", "K"], "Play or pause"),
    (&["←", "→"], "5 seconds back or ahead"),
    (&["J", "L"], "10 seconds back or ahead"),
    (&["0 – 9"], "To a tenth of the film"),
    (&["↑", "↓"], "Volume"),
    (&["M"], "Sound on or off"),
    (&["<", ">"], "Slower or faster"),
    (&["C"], "Subtitles on or off"),
    (&["F"], "Full screen"),
    (&["I"], "Statistics"),
    (&["?"], "This list"),
    (&["Esc"], "Close or go back"),
];

/// The name of a page in the browser's tab.
pub(crate) fn page_title(title: &str) -> String {
    if title.is_empty() { APP.to_owned() } else { format!("{title} – {APP}") }
}

/// How far the scan is.
pub(crate) fn progress(progress: Progress) -> String {
    match progress {
        Progress::Walking { seen: 0 } => "Looking through your folders".to_owned(),
        Progress::Walking { seen } => format!("Looking through your folders: {}", files(seen)),
        Progress::Probing { done, of } => format!("Reading your library: {} of {}", number(done), number(of)),
    }
}

fn files(count: u64) -> String {
    format!("{} {}", number(count), if count == 1 { "file" } else { "files" })
}

/// How many titles there are.
pub(crate) fn titles(count: usize) -> String {
    let count = u64::try_from(count).unwrap_or(u64::MAX);
    format!("{} {}", number(count), if count == 1 { "title" } else { "titles" })
}

/// A whole number with thousands apart.
pub(crate) fn number(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// A speed by its factor: `1.25×`.
pub(crate) fn speed(factor: f64) -> String {
    format!("{factor}×")
}

/// A position: `4:07`, `1:02:09`.
pub(crate) fn clock(seconds: f64) -> String {
    let whole = whole(seconds);
    let (hours, minutes, seconds) = (whole / 3_600, whole / 60 % 60, whole % 60);
    if hours > 0 { format!("{hours}:{minutes:02}:{seconds:02}") } else { format!("{minutes}:{seconds:02}") }
}

/// A running time: `1 h 42 min`, `48 s`.
pub(crate) fn running_time(seconds: f64) -> String {
    let whole = whole(seconds.round());
    let minutes = whole.div_ceil(60);
    match (minutes / 60, minutes % 60) {
        _ if whole < 60 => format!("{whole} s"),
        (0, minutes) => format!("{minutes} min"),
        (hours, 0) => format!("{hours} h"),
        (hours, minutes) => format!("{hours} h {minutes} min"),
    }
}

fn whole(seconds: f64) -> u64 {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped; saturates for anything odd")]
    let whole = seconds.max(0.0).floor() as u64;
    whole
}

/// What is left, said aloud.
pub(crate) fn left(seconds: f64) -> String {
    format!("{} left", running_time(seconds))
}

/// A position said aloud.
pub(crate) fn position(at: f64, of: Option<f64>) -> String {
    match of {
        Some(of) => format!("{} of {}", clock(at), clock(of)),
        None => clock(at),
    }
}

/// A rate: `4.5 Mbit/s`.
pub(crate) fn rate(bits_per_second: u64) -> String {
    #[expect(clippy::cast_precision_loss, reason = "shown with two digits")]
    let bits = bits_per_second as f64;
    if bits >= 1e6 { format!("{:.1} Mbit/s", bits / 1e6) } else { format!("{:.0} kbit/s", bits / 1e3) }
}

/// A size: `1.4 GB`.
pub(crate) fn size(bytes: u64) -> String {
    #[expect(clippy::cast_precision_loss, reason = "shown with two digits")]
    let bytes = bytes as f64;
    match bytes {
        bytes if bytes >= 1e9 => format!("{:.1} GB", bytes / 1e9),
        bytes if bytes >= 1e6 => format!("{:.0} MB", bytes / 1e6),
        bytes => format!("{:.0} kB", bytes / 1e3),
    }
}

/// A picture size as people say it.
pub(crate) fn picture(width: u32, height: u32) -> String {
    match (width, height) {
        (3_200.., _) | (_, 1_800..) => "4K".to_owned(),
        (2_400.., _) | (_, 1_300..) => "1440p".to_owned(),
        (1_800.., _) | (_, 1_000..) => "1080p".to_owned(),
        (1_200.., _) | (_, 700..) => "720p".to_owned(),
        (_, height) => format!("{height}p"),
    }
}

/// Frames per second: `25 fps`, `23.976 fps`.
pub(crate) fn frame_rate(rate: f64) -> String {
    let digits = format!("{rate:.3}");
    format!("{} fps", digits.trim_end_matches('0').trim_end_matches('.'))
}

/// The name of a container.
pub(crate) fn container(name: &str) -> String {
    match name {
        "matroska" => "Matroska".to_owned(),
        "webm" => "WebM".to_owned(),
        "mpegts" => "MPEG-TS".to_owned(),
        other => other.to_uppercase(),
    }
}

/// Channels as people say them.
pub(crate) fn channels(count: u16) -> String {
    match count {
        1 => "mono".to_owned(),
        2 => "stereo".to_owned(),
        6 => "5.1".to_owned(),
        8 => "7.1".to_owned(),
        count => format!("{count} channels"),
    }
}

/// The name of a codec.
pub(crate) fn codec(codec: &str) -> String {
    let known = match codec {
        "h264" => "H.264",
        "hevc" => "HEVC",
        "av1" => "AV1",
        "vp8" => "VP8",
        "vp9" => "VP9",
        "mpeg2" => "MPEG-2",
        "mpeg4" => "MPEG-4",
        "vc1" => "VC-1",
        "aac" => "AAC",
        "mp2" => "MP2",
        "mp3" => "MP3",
        "ac3" => "Dolby Digital",
        "eac3" => "Dolby Digital Plus",
        "opus" => "Opus",
        "vorbis" => "Vorbis",
        "flac" => "FLAC",
        "alac" => "Apple Lossless",
        "dts" => "DTS",
        "truehd" => "Dolby TrueHD",
        "pcm" => "PCM",
        "subrip" => "SRT",
        other => return other.to_uppercase(),
    };
    known.to_owned()
}

/// The name of a language from its code, as the browser knows it.
pub(crate) fn language(code: &str) -> String {
    use js_sys::{Array, Function, Intl, Object, Reflect};
    use wasm_bindgen::JsCast;
    let options = Object::new();
    let named = Reflect::set(&options, &"type".into(), &"language".into()).ok().and_then(|_| {
        let names = Intl::DisplayNames::new(&Array::of1(&"en".into()), &options);
        // Called through Reflect, because it throws at codes that are none.
        let of: Function = Reflect::get(&names, &"of".into()).ok()?.dyn_into().ok()?;
        of.call1(&names, &code.into()).ok()?.as_string()
    });
    named.unwrap_or_else(|| code.to_owned())
}

/// A chapter without a name.
pub(crate) fn chapter(number: usize) -> String {
    format!("Chapter {number}")
}

/// The name of an audio or subtitle track.
pub(crate) fn track_name(title: Option<&str>, language_code: Option<&str>, number: usize) -> String {
    match (title, language_code.map(language)) {
        (Some(title), Some(language)) if !title.contains(&language) => format!("{title} ({language})"),
        (Some(title), _) => title.to_owned(),
        (None, Some(language)) => language,
        (None, None) => track(number),
    }
}

/// An audio or subtitle track without a name and language.
fn track(number: usize) -> String {
    format!("Track {number}")
}

/// What the server does to play a title.
pub(crate) fn decision(decision: Decision) -> &'static str {
    match decision {
        Decision::Direct => "Plays as it is on this device",
        Decision::Remux => "Repackaged while you watch, without loss",
        Decision::Transcode => "Converted while you watch",
    }
}

/// A long wait in words.
pub(crate) fn wait(wait: &Wait) -> String {
    match wait {
        Wait::Preparing | Wait::Stalled(StallCause::SlowServer) => PREPARING.to_owned(),
        Wait::Stalled(StallCause::SlowLink) => SLOW_LINK.to_owned(),
        Wait::Stalled(StallCause::Offline) => SERVER_AWAY.to_owned(),
        Wait::Stalled(StallCause::Decoder) => SLOW_DECODER.to_owned(),
        Wait::Stalled(StallCause::NothingNew) => NOTHING_NEW.to_owned(),
        Wait::Told(sentence) => sentence.clone(),
    }
}

/// What happened and what to do.
pub(crate) fn trouble(trouble: &Trouble) -> String {
    match trouble {
        Trouble::Player(Failure::Told(sentence)) | Trouble::Server(sentence) => sentence.clone(),
        Trouble::Player(Failure::Network) => {
            "The film stopped arriving. Check the network and the server, then try again.".to_owned()
        }
        Trouble::Player(Failure::Decode) => {
            "This browser could not decode the film. Try again, or another browser.".to_owned()
        }
        Trouble::Player(Failure::Unsupported) => {
            "This browser cannot play this film. Try another browser or the desktop app.".to_owned()
        }
    }
}

/// One figure of the statistics panel.
pub(crate) fn millis(millis: f64) -> String {
    let mut text = String::new();
    let _ = if millis >= 10_000.0 { write!(text, "{:.1} s", millis / 1e3) } else { write!(text, "{millis:.0} ms") };
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_read_like_a_clock() {
        assert_eq!((clock(0.0), clock(247.9), clock(3_729.0)), ("0:00".into(), "4:07".into(), "1:02:09".into()));
        assert_eq!((clock(-3.0), clock(f64::NAN)), ("0:00".into(), "0:00".into()));
    }

    #[test]
    fn running_times_are_rounded_up_to_minutes() {
        let times = [12.4, 60.0, 61.0, 3_600.0, 3_590.0, 6_130.0, 7_199.0].map(running_time);
        assert_eq!(times, ["12 s", "1 min", "2 min", "1 h", "1 h", "1 h 43 min", "2 h"]);
    }

    #[test]
    fn numbers_have_their_thousands_apart() {
        assert_eq!([7, 1_240, 8_113_000].map(number), ["7", "1,240", "8,113,000"]);
        assert_eq!(progress(Progress::Probing { done: 1_240, of: 8_113 }), "Reading your library: 1,240 of 8,113");
    }

    #[test]
    fn frame_rates_have_only_the_digits_they_need() {
        assert_eq!([25.0, 23.976, 29.970_029, 12.5].map(frame_rate), ["25 fps", "23.976 fps", "29.97 fps", "12.5 fps"]);
    }

    #[test]
    fn pictures_are_named_by_the_larger_fit() {
        assert_eq!(picture(1_920, 800), "1080p");
        assert_eq!(picture(640, 360), "360p");
        assert_eq!(picture(3_840, 1_600), "4K");
    }
}
