//! Trouble in words: the sentences that `Event::Degraded` and `Event::Failed` carry. What happened, and what the player
//! does about it, or what the viewer can do.

use std::fmt;
use std::time::Duration;

use media_model::MediaDuration;
use media_model::hls::ParseError;

use crate::message::LoadFailure;

/// What keeps a presentation from playing. Its `Display` is for people.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// A load failed in every way there is.
    Load(LoadFailure),
    /// A playlist cannot be read.
    Playlist(ParseError),
    /// No stream in the playlist has a usable address.
    NoStreams,
    /// The device refuses the bytes.
    Rejected,
    /// The device cannot play any of the codecs.
    Unsupported,
    /// The decoder gave up, again and again.
    Decoder,
}

impl fmt::Display for Trouble {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let plain = match self {
            Self::Load(LoadFailure::Network) => "The server cannot be reached. Check the network and try again.",
            Self::Load(LoadFailure::TimedOut) => "The server does not answer. Try again in a moment.",
            Self::Load(LoadFailure::Status { problem: Some(problem), .. }) => {
                return write!(formatter, "The server could not deliver this title: {}", full_stop(&problem.detail));
            }
            Self::Load(LoadFailure::Status { code: code @ (404 | 410), problem: None, .. }) => {
                return write!(formatter, "The server no longer has this part of the title (status {code}).");
            }
            Self::Load(LoadFailure::Status { code: code @ (401 | 403), problem: None, .. }) => {
                return write!(
                    formatter,
                    "The server does not allow this title any more (status {code}). Open it anew."
                );
            }
            Self::Load(LoadFailure::Status { code, problem: None, .. }) => {
                return write!(
                    formatter,
                    "The server could not deliver this title (status {code}). Try again in a moment."
                );
            }
            Self::Load(LoadFailure::Corrupt) => {
                "The server sends damaged data for this title. Try again, or check the file."
            }
            Self::Load(LoadFailure::Refused(why)) => {
                return write!(formatter, "This title may not be loaded: {}", full_stop(why));
            }
            Self::Playlist(cause) => {
                return write!(formatter, "The server's playlist cannot be used: {}", full_stop(&cause.to_string()));
            }
            Self::NoStreams => "The server's playlist has nothing that could be played.",
            Self::Rejected => "This device cannot read the data of this title.",
            Self::Unsupported => "This device cannot play the formats of this title.",
            Self::Decoder => "The decoder of this device gave up on this title. Try again.",
        };
        formatter.write_str(plain)
    }
}

/// What went wrong on the way, and what the player did about it. Its `Display` is one sentence for people.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Setback {
    /// The server has not been reached yet.
    Unanswered,
    /// The server cannot be reached any more.
    Offline,
    /// The server can be reached again.
    BackOnline,
    /// The server has been asking to wait; with what it said.
    ServerBusy(Option<String>),
    /// One variant fails, another one is played.
    OtherVariant,
    /// The sound that was chosen cannot be had; the one with this name is played.
    OtherAudio(String),
    /// The presentation's redundant copy on another server is played.
    OtherServer,
    /// The first server was left alone for a while, and is tried again.
    FirstServer,
    /// The addresses have expired; the driver was asked for fresh ones.
    AddressExpired,
    /// Media is there but nothing moves.
    DecoderStuck,
    /// The decoder gave up and was made anew.
    DecoderRestarted,
    /// The decoder gave up again; a variant of another codec is played.
    OtherCodec,
    /// This much could not be played in any way, and was passed over.
    Skipped(MediaDuration),
    /// The device shows too few frames of a picture this large; a smaller one is played for a while.
    TooHeavy(String),
    /// The device has no room for what should be ahead, so less is kept there.
    LittleMemory,
    /// The live window has moved on while playback stood: this far ahead it goes on.
    FellBehind(MediaDuration),
    /// Nothing was heard of the driver for this long: the device slept.
    Slept(Duration),
    /// The browser allows no playback before the viewer does something.
    WaitsForViewer,
}

impl fmt::Display for Setback {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let plain = match self {
            Self::Unanswered => "The server does not answer; trying again.",
            Self::Offline => "The connection to the server is lost; trying again.",
            Self::BackOnline => "The connection to the server is back.",
            Self::ServerBusy(Some(detail)) => return write!(formatter, "The server is busy: {}", full_stop(detail)),
            Self::ServerBusy(None) => "The server is busy; waiting for it.",
            Self::OtherVariant => "This quality has a fault; playing another one.",
            Self::OtherAudio(name) => return write!(formatter, "This audio track has a fault; playing \"{name}\"."),
            Self::OtherServer => "The server has a fault; playing from another one.",
            Self::FirstServer => "Trying the first server again.",
            Self::AddressExpired => "The address of this title has expired; asking for a fresh one.",
            Self::DecoderStuck => "The picture is stuck; trying to get past this place.",
            Self::DecoderRestarted => "The decoder of this device gave up; it was started anew.",
            Self::OtherCodec => "The decoder of this device cannot cope with this format; playing another one.",
            Self::Skipped(length) => {
                return write!(formatter, "Skipped {} of the title that cannot be played.", Spoken(length.to_std()));
            }
            Self::TooHeavy(label) => {
                return write!(
                    formatter,
                    "This device cannot keep up with {label}; playing a smaller picture for now."
                );
            }
            Self::LittleMemory => "This device has little room for media; less is loaded ahead.",
            Self::FellBehind(length) => {
                return write!(
                    formatter,
                    "The live programme has moved on; playing {} further on.",
                    Spoken(length.to_std())
                );
            }
            Self::Slept(length) => {
                return write!(formatter, "This device was asleep for {}; playing on.", Spoken(*length));
            }
            Self::WaitsForViewer => "The browser waits for a press of play.",
        };
        formatter.write_str(plain)
    }
}

/// A length as people say it.
struct Spoken(Duration);

impl fmt::Display for Spoken {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.as_secs() {
            0..10 => write!(formatter, "{:.1} s", self.0.as_secs_f64()),
            seconds @ 10..120 => write!(formatter, "{seconds} s"),
            seconds @ 120..7_200 => write!(formatter, "{} min", seconds / 60),
            seconds => write!(formatter, "{} h", seconds / 3_600),
        }
    }
}

fn full_stop(text: &str) -> String {
    let text = text.trim();
    if text.ends_with(['.', '!', '?']) { text.to_owned() } else { format!("{text}.") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::message::Problem;

    #[test]
    fn the_servers_own_words_end_with_a_full_stop() {
        let problem = Some(Problem { code: "gone".to_owned(), detail: " the file is gone ".to_owned() });
        let trouble = Trouble::Load(LoadFailure::Status { code: 404, retry_after: None, problem });
        assert_eq!(trouble.to_string(), "The server could not deliver this title: the file is gone.");
    }

    #[test]
    fn what_is_refused_is_told_in_the_words_of_the_refusal() {
        let trouble = Trouble::Load(LoadFailure::Refused("you are not signed in".to_owned()));
        assert_eq!(trouble.to_string(), "This title may not be loaded: you are not signed in.");
    }

    #[test]
    fn lengths_are_said_as_people_say_them() {
        let spoken = |seconds| Spoken(Duration::from_millis(seconds)).to_string();
        assert_eq!([400, 12_400, 600_000, 9_000_000].map(spoken), ["0.4 s", "12 s", "10 min", "2 h"]);
    }
}
