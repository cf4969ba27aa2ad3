//! Pure: what a client is offered of a source, and the playlists that say so.
//!
//! Knows which streams there are and how fast they may be; how they are made is not its business.

mod hls;

use media_container::cmaf::write::overhead;
use media_model::hls::FrameRate;
use media_model::{BitsPerSecond, CodecString, Ladder, MediaDuration, Resolution};

pub use hls::{media_playlist, multivariant_playlist};

use crate::decide::{self, Capabilities, Decision};
use crate::facts::{AudioFacts, MediaFacts, VideoFacts};
use crate::grid::{self, Grid, PacketGrid, target_duration};
use crate::plan::{AudioPlan, CHUNK, SEGMENT, VideoPlan};
use crate::stream_name::{RungName, StreamName};

/// What one client gets of one source.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Offer {
    /// Whether the best variant is a copy, and why not.
    pub decision: Decision,
    /// Video streams, highest first. Empty for a file without pictures.
    pub variants: Vec<Variant>,
    /// Audio streams in file order, one rendition for each. Empty for a silent film.
    pub audio: Vec<AudioOffer>,
}

/// A video stream that is offered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Variant {
    /// Its name.
    pub stream: StreamName,
    /// Picture size as shown.
    pub resolution: Resolution,
    /// Frames per second, if known.
    pub frame_rate: Option<FrameRate>,
    /// Codec of the video.
    pub codec: CodecString,
    /// Upper bound of its peak segment bit rate, without audio.
    pub peak: BitsPerSecond,
    /// Mean rate, without audio; of a stream that is yet to be encoded the maximum of the encoder.
    pub average: BitsPerSecond,
}

/// An audio stream that is offered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AudioOffer {
    /// Its name.
    pub stream: StreamName,
    /// What people choose it by; unlike all others of this offer.
    pub name: String,
    /// BCP 47 language, if known.
    pub language: Option<String>,
    /// Whether it is played unless the viewer chooses otherwise; true of exactly one.
    pub default: bool,
    /// Number of channels.
    pub channels: u16,
    /// Codec.
    pub codec: CodecString,
    /// Upper bound of its peak segment bit rate.
    pub peak: BitsPerSecond,
    /// Mean rate.
    pub average: BitsPerSecond,
}

/// What a client with these capabilities is offered.
pub fn offer(facts: &MediaFacts, client: &Capabilities) -> Offer {
    Offer {
        decision: decide::decide_adaptive(facts, client),
        variants: facts.video.as_ref().map(|video| variants(facts, video, client)).unwrap_or_default(),
        audio: audio(facts, client),
    }
}

/// Whether any client can be offered this stream: what may be asked for by its address.
pub fn has_stream(facts: &MediaFacts, stream: &StreamName) -> bool {
    let audio = |index: u16| facts.audio.get(usize::from(index));
    match *stream {
        StreamName::Original => grid::original(facts).is_some(),
        StreamName::Rung(name) => facts.video.as_ref().is_some_and(|video| rungs(video).contains(&name)),
        StreamName::Audio(index) => {
            facts.container.is_read_natively() && audio(index).is_some_and(AudioFacts::copyable)
        }
        StreamName::AudioAac(index) => audio(index).is_some(),
    }
}

fn variants(facts: &MediaFacts, video: &VideoFacts, client: &Capabilities) -> Vec<Variant> {
    let mut variants = Vec::new();
    if decide::copies_video(facts, client) {
        variants.push(original(video));
    }
    let copied = !variants.is_empty();
    let rungs = rungs(video);
    let tallest = client.max_height.unwrap_or(u32::MAX);
    let wanted = |name: &&RungName| VideoPlan::new(video, **name).size.height <= tallest;
    // A client whose limit is below the smallest rung gets that one: it can scale down, but not play nothing.
    let smallest = rungs.last().filter(|_| !copied && !rungs.iter().any(|name| wanted(&name)));
    let encoded = rungs.iter().filter(wanted).chain(smallest).filter(|name| !(copied && **name == RungName::SOURCE));
    variants.extend(encoded.map(|name| encoded_variant(facts, video, *name)));
    variants
}

/// The rungs of a video, highest first: those of the ladder whose rate is below the source's own, and of those that come
/// out at one size the one with the lowest rate. If there is none, one rung at the source's own size.
fn rungs(video: &VideoFacts) -> Vec<RungName> {
    let mut kept: Vec<(RungName, Resolution)> = Vec::new();
    for rung in Ladder::s1().rungs() {
        if video.bitrate_bps != 0 && rung.video.get() >= video.bitrate_bps {
            continue;
        }
        let size = video.shown.fit_inside(rung.bound);
        kept.retain(|(_, higher)| *higher != size);
        kept.push((RungName::of(rung), size));
    }
    if kept.is_empty() { vec![RungName::SOURCE] } else { kept.into_iter().map(|(name, _)| name).collect() }
}

fn original(video: &VideoFacts) -> Variant {
    Variant {
        stream: StreamName::Original,
        resolution: video.shown,
        frame_rate: (video.frames_per_1000_s > 0).then(|| FrameRate::from_thousandths(video.frames_per_1000_s)),
        codec: video.codec_string.clone().unwrap_or_else(|| CodecString::new("avc1")),
        peak: BitsPerSecond::new(video.peak_bps.max(video.bitrate_bps).max(1)),
        average: BitsPerSecond::new(video.bitrate_bps.max(1)),
    }
}

fn encoded_variant(facts: &MediaFacts, video: &VideoFacts, name: RungName) -> Variant {
    let plan = VideoPlan::new(video, name);
    let (frames, seconds) = plan.frame_rate;
    let thousandths = u64::from(frames) * 1_000 / u64::from(seconds.max(1));
    Variant {
        stream: StreamName::Rung(name),
        resolution: plan.size,
        frame_rate: u32::try_from(thousandths).ok().map(FrameRate::from_thousandths),
        codec: plan.codec_string(),
        peak: encoded_peak(&plan, facts),
        average: plan.max_rate,
    }
}

/// Upper bound of the peak segment bit rate of an encoded stream.
///
/// The encoder's rate control is a leaky bucket (VBV, ITU-T H.264 annex C): whatever the content, any stretch of length
/// `d` has at most `max_rate * d + max_rate * rate_buffer` bits, the second part being a full bucket at its start. Per
/// second that is the more the shorter the stretch, and no stretch shorter than half of the target duration counts (RFC
/// 8216 §4.1), so the shortest that can be is the grid's step, or the last segment if it is long enough to count alone.
/// The boxes of CMAF are added frame by frame, for twice the nominal frame rate, because frames keep their own times, and
/// chunk by chunk.
fn encoded_peak(plan: &VideoPlan, facts: &MediaFacts) -> BitsPerSecond {
    let last = Grid::fixed(facts.duration).segments().last().map_or(SEGMENT, |segment| segment.length());
    let counts_alone = last.as_micros() * 2 >= target_duration(facts).as_micros();
    let shortest = if counts_alone { last.as_micros().min(SEGMENT.as_micros()) } else { SEGMENT.as_micros() };
    let ahead = plan.max_rate.scaled(plan.rate_buffer.as_micros(), shortest.max(1));
    let (frames, seconds) = plan.frame_rate;
    let frames = (u64::from(frames) * 2).div_ceil(u64::from(seconds.max(1)));
    // `overhead` of a second's frames holds for any longer stretch too, as its fixed part is then counted once more.
    // The last chunk of a segment may be shorter than the others.
    let chunks = 1_000_000 / CHUNK.as_micros() + 1;
    let boxes = (overhead(frames) + chunks * overhead(0)) * 8;
    BitsPerSecond::new(plan.max_rate.get() + ahead.get() + boxes)
}

fn audio(facts: &MediaFacts, client: &Capabilities) -> Vec<AudioOffer> {
    let default = facts.audio.iter().position(|audio| audio.default).unwrap_or(0);
    let mut offers: Vec<AudioOffer> = Vec::with_capacity(facts.audio.len());
    for (number, audio) in (0u16..).zip(&facts.audio) {
        let language = audio.language.as_deref().and_then(hls::language);
        let wanted = audio.title.clone().or_else(|| language.map(|known| known.to_name().to_owned()));
        let name = wanted.filter(|name| !name.trim().is_empty()).unwrap_or_else(|| format!("Audio {}", number + 1));
        let taken = |name: &str| offers.iter().any(|other| other.name == name);
        // NAME is unlike all others of its group (RFC 8216 §4.3.4.1.1).
        let name = if taken(&name) { format!("{name} ({})", number + 1) } else { name };
        let copied = decide::copies_audio(facts, audio, client);
        let plan = AudioPlan::new(audio);
        offers.push(AudioOffer {
            stream: if copied { StreamName::Audio(number) } else { StreamName::AudioAac(number) },
            name,
            language: language.map(|known| known.to_639_1().unwrap_or_else(|| known.to_639_3()).to_owned()),
            default: usize::from(number) == default,
            channels: if copied { audio.channels } else { AudioPlan::CHANNELS },
            codec: if copied { CodecString::new("mp4a.40.2") } else { plan.codec_string() },
            peak: if copied { BitsPerSecond::new(audio.peak_bps.max(audio.bitrate_bps)) } else { plan.peak_rate() },
            average: if copied { BitsPerSecond::new(audio.bitrate_bps) } else { plan.bitrate },
        });
    }
    offers
}

/// Length of every segment of one stream, in order; `None` if the source has no such stream.
fn segment_lengths(facts: &MediaFacts, stream: &StreamName) -> Option<Vec<MediaDuration>> {
    if !has_stream(facts, stream) {
        return None;
    }
    let fixed = Grid::fixed(facts.duration);
    let packets = |sample_rate: u32, phase: u32| {
        let packets = PacketGrid { sample_rate, phase };
        let length = |range: std::ops::Range<u64>| {
            let start = i64::try_from(packets.sample(range.start)).unwrap_or(i64::MAX);
            let end = i64::try_from(packets.sample(range.end)).unwrap_or(i64::MAX);
            let at = |sample| media_model::MediaTime::from_ticks(sample, sample_rate);
            at(end).since(at(start))
        };
        fixed.segments().map(|segment| length(packets.packets(segment))).collect()
    };
    let audio = |index: u16| facts.audio.get(usize::from(index));
    Some(match *stream {
        StreamName::Original => grid::original(facts)?.segments().map(|segment| segment.length()).collect(),
        StreamName::Rung(_) => fixed.segments().map(|segment| segment.length()).collect(),
        StreamName::Audio(index) => {
            let audio = audio(index)?;
            packets(audio.sample_rate.max(1), audio.phase)
        }
        StreamName::AudioAac(index) => packets(AudioPlan::new(audio(index)?).sample_rate, 0),
    })
}

#[cfg(test)]
mod tests;
