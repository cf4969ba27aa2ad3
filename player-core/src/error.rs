//! Trouble in words: the sentences that `Event::Degraded` and `Event::Failed` carry. What happened, and what to do.

use media_model::hls::ParseError;

use crate::message::LoadFailure;

/// What keeps a presentation from playing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Trouble {
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
    /// The decoder gave up.
    Decoder,
}

impl Trouble {
    /// One or two sentences for people.
    pub(crate) fn sentence(&self) -> String {
        match self {
            Self::Load(LoadFailure::Network) => {
                "The server cannot be reached. Check the network and try again.".to_owned()
            }
            Self::Load(LoadFailure::TimedOut) => "The server does not answer. Try again in a moment.".to_owned(),
            Self::Load(LoadFailure::Status { code, problem, .. }) => match problem {
                Some(problem) => format!("The server could not deliver this title: {}", full_stop(&problem.detail)),
                None if matches!(code, 404 | 410) => {
                    format!("The server no longer has this part of the title (status {code}).")
                }
                None => format!("The server could not deliver this title (status {code}). Try again in a moment."),
            },
            Self::Load(LoadFailure::Corrupt) => {
                "The server sends damaged data for this title. Try again, or check the file.".to_owned()
            }
            Self::Playlist(cause) => format!("The server's playlist cannot be used: {}", full_stop(&cause.to_string())),
            Self::NoStreams => "The server's playlist has nothing that could be played.".to_owned(),
            Self::Rejected => "This device cannot read the data of this title.".to_owned(),
            Self::Unsupported => "This device cannot play the formats of this title.".to_owned(),
            Self::Decoder => "The decoder of this device gave up on this title. Try again.".to_owned(),
        }
    }
}

/// Why the player is working on something that may pass, at most once told until it has passed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Nuisance {
    /// The server cannot be reached.
    Offline,
    /// The server has been asking to wait; with what it said.
    ServerBusy(Option<String>),
    /// One variant fails, another one is played.
    OtherVariant,
    /// Media is there but nothing moves.
    DecoderStuck,
}

impl Nuisance {
    /// One sentence for people.
    pub(crate) fn sentence(&self) -> String {
        match self {
            Self::Offline => "The connection to the server is lost; trying again.".to_owned(),
            Self::ServerBusy(Some(detail)) => format!("The server is busy: {}", full_stop(detail)),
            Self::ServerBusy(None) => "The server is busy; waiting for it.".to_owned(),
            Self::OtherVariant => "This quality has a fault; playing another one.".to_owned(),
            Self::DecoderStuck => "The picture is stuck; trying to get past this place.".to_owned(),
        }
    }
}

fn full_stop(text: &str) -> String {
    let text = text.trim();
    if text.ends_with(['.', '!', '?']) { text.to_owned() } else { format!("{text}.") }
}
