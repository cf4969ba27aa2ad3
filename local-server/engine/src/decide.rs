//! Pure: media file and client -> direct play, remux or transcode, with reasons.
//!
//! Reasons say why a cheaper way was not possible, for people and for scripts.

pub mod capabilities;
mod decoder;
pub mod reason;

use media_model::VideoCodec;

pub use capabilities::Capabilities;
pub use reason::Reason;

use crate::facts::{AudioFacts, Container, MediaFacts, VideoFacts};
use crate::grid;

/// What the server does so that a client can play, cheapest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Way {
    /// Sends the file as it is.
    Direct,
    /// Copies the video, or the audio where there is no video, into another container.
    Remux,
    /// Decodes and encodes.
    Transcode,
}

/// What is done for one client, and why nothing cheaper.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decision {
    /// What is done.
    pub way: Way,
    /// Why nothing cheaper; empty for the cheapest.
    pub reasons: Vec<Reason>,
}

/// The cheapest way in which this client can play this file.
pub fn decide(facts: &MediaFacts, client: &Capabilities) -> Decision {
    let mut reasons = against_direct(facts, client);
    if reasons.is_empty() {
        return Decision { way: Way::Direct, reasons };
    }
    let adaptive = decide_adaptive(facts, client);
    for reason in adaptive.reasons {
        if !reasons.contains(&reason) {
            reasons.push(reason);
        }
    }
    Decision { way: adaptive.way, reasons }
}

/// What the adaptive source of this file is for this client at its best: a remux if the original is among its variants,
/// else a transcode. Audio that has to be encoded beside a copied video is told as a reason, and is still a remux.
pub fn decide_adaptive(facts: &MediaFacts, client: &Capabilities) -> Decision {
    let mut reasons = match &facts.video {
        Some(video) => against_copied_video(facts, video, client),
        None => Vec::new(),
    };
    let encoded_video = !reasons.is_empty();
    let audio: Vec<Reason> =
        facts.audio.iter().enumerate().flat_map(|(n, audio)| against_copied_audio(facts, n, audio, client)).collect();
    let encoded = if facts.video.is_some() { encoded_video } else { !audio.is_empty() };
    reasons.extend(audio);
    Decision { way: if encoded { Way::Transcode } else { Way::Remux }, reasons }
}

/// Whether the original video is offered to this client as a copy.
pub fn copies_video(facts: &MediaFacts, client: &Capabilities) -> bool {
    facts.video.as_ref().is_some_and(|video| against_copied_video(facts, video, client).is_empty())
}

/// Whether an audio stream is offered to this client as a copy.
pub fn copies_audio(facts: &MediaFacts, audio: &AudioFacts, client: &Capabilities) -> bool {
    against_copied_audio(facts, 0, audio, client).is_none()
}

fn against_direct(facts: &MediaFacts, client: &Capabilities) -> Vec<Reason> {
    let mut reasons = Vec::new();
    let container = file_type(&facts.container);
    if !client.file.iter().any(|known| known == container) {
        reasons.push(Reason::ContainerNotSupported { container: container.to_owned() });
    }
    if let Some(video) = &facts.video {
        reasons.extend(against_decoding_video(video, client));
    }
    let default = facts.audio.iter().position(|audio| audio.default).unwrap_or(0);
    if let Some(audio) = facts.audio.get(default) {
        reasons.extend(against_decoding_audio(default, audio, client));
    }
    reasons
}

fn against_copied_video(facts: &MediaFacts, video: &VideoFacts, client: &Capabilities) -> Vec<Reason> {
    let mut reasons: Vec<Reason> = against_decoding_video(video, client).collect();
    match video.codec {
        _ if !facts.container.is_read_natively() => reasons.push(Reason::ContainerNotRead),
        Some(VideoCodec::H264 | VideoCodec::Hevc) => {
            if video.keyframes.is_empty() {
                reasons.push(Reason::KeyframesUnknown);
            } else if !video.closed_gops {
                reasons.push(Reason::OpenGop);
            }
        }
        // Reasons from decoding say it already, if the client lacks the codec.
        _ if reasons.is_empty() => reasons.push(Reason::VideoCodecNotCopied { codec: video.codec }),
        _ => {}
    }
    if video.rotation != 0 {
        reasons.push(Reason::Rotated { degrees: video.rotation });
    }
    // What else keeps it from having a grid: without it there would be an offer and nothing behind it.
    if reasons.is_empty() && grid::original(facts).is_none() {
        reasons.push(match video.codec_string {
            Some(_) => Reason::KeyframesFarApart,
            None => Reason::ParametersMissing,
        });
    }
    reasons
}

fn against_copied_audio(facts: &MediaFacts, index: usize, audio: &AudioFacts, client: &Capabilities) -> Option<Reason> {
    if let Some(reason) = against_decoding_audio(index, audio, client) {
        return Some(reason);
    }
    (!audio.copyable() || !facts.container.is_read_natively()).then_some(Reason::AudioNotStereoAac {
        stream: index,
        codec: audio.codec,
        channels: audio.channels,
    })
}

fn against_decoding_video<'a>(video: &'a VideoFacts, client: &'a Capabilities) -> impl Iterator<Item = Reason> + 'a {
    let undecodable = match decoder::video(video, &client.video) {
        decoder::Verdict::Decodes => None,
        decoder::Verdict::UnknownCodec => Some(Reason::VideoCodecNotSupported { codec: video.codec }),
        decoder::Verdict::ProfileTooHigh => {
            Some(Reason::VideoProfileNotSupported { stream: video.codec_string.clone() })
        }
        decoder::Verdict::LevelTooHigh => Some(Reason::VideoLevelTooHigh { stream: video.codec_string.clone() }),
    };
    let interlaced = video.interlaced.then_some(Reason::Interlaced);
    let too_tall = client
        .max_height
        .filter(|&most| video.shown.height > most)
        .map(|most| Reason::TooTall { height: video.shown.height, most });
    [undecodable, interlaced, too_tall].into_iter().flatten()
}

fn against_decoding_audio(index: usize, audio: &AudioFacts, client: &Capabilities) -> Option<Reason> {
    (!decoder::audio(audio, &client.audio))
        .then_some(Reason::AudioCodecNotSupported { stream: index, codec: audio.codec })
}

/// Name of a container in the `file` list of a client.
pub fn file_type(container: &Container) -> &str {
    match container {
        Container::Mp4 => "mp4",
        Container::Matroska => "mkv",
        Container::WebM => "webm",
        Container::Audio(name) | Container::Other(name) => name,
    }
}

#[cfg(test)]
mod tests;
