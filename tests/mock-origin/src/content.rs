//! What the origin has to give of its own: presentations, and the resources that their paths name.
//!
//! Pure but for reading packaged samples from a file: the time comes in as an argument, so a live window at a given
//! moment is the same whenever it is asked for.

mod dash;
mod grid;
mod hls;
pub(crate) mod load;
mod matroska;
mod packed;
mod plan;
mod sizes;
mod test_card;
mod words;

use std::time::Duration;

use bytes::Bytes;
use media_model::{BitsPerSecond, CodecString, Resolution};

use crate::hash::Seed;
use crate::payload::Payload;

pub(crate) use grid::Grid;
pub use load::LoadError;
pub(crate) use packed::Track;
pub use plan::{AudioPlan, Live, PresentationPlan, RungPlan, Source};
pub use sizes::{Movie, MovieError, Sizes};
pub(crate) use test_card::{Frames, NO_WHOLE_FRAMES};

/// Name of the multivariant playlist in the folder of a presentation.
const MAIN: &str = "main.m3u8";
/// Name of the MPD beside it, for players that read no HLS.
const MPD: &str = "main.mpd";
/// Name of a media playlist in the folder of its stream.
const PLAYLIST: &str = "playlist.m3u8";
/// Name of an init section in the folder of its stream.
const INIT: &str = "init.mp4";

/// A moment, as content sees it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Moment {
    /// Since the start or the last reset.
    pub(crate) at: Duration,
    /// The same on the calendar, milliseconds since 1970 of the start.
    pub(crate) start_ms: i64,
    /// So much older is what is asked for. A window was there before the start, so it may be older than that.
    pub(crate) age: Duration,
    /// And so many changes of it older.
    pub(crate) changes: u64,
}

impl Moment {
    /// This moment as it is.
    pub(crate) fn now(at: Duration, start_ms: i64) -> Self {
        Self { at, start_ms, age: Duration::ZERO, changes: 0 }
    }
}

/// What of a media playlist is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Extent {
    Whole,
    /// Only what is new (`_HLS_skip`), if the playlist offers that.
    Update,
}

impl Extent {
    /// What this query asks for.
    pub(crate) fn of(query: Option<&str>) -> Self {
        let names = url::form_urlencoded::parse(query.unwrap_or_default().as_bytes());
        if names.into_iter().any(|(name, _)| name == "_HLS_skip") { Self::Update } else { Self::Whole }
    }
}

/// A resource.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Resource {
    pub(crate) content_type: &'static str,
    pub(crate) payload: Payload,
}

/// Something to play.
#[derive(Debug)]
pub(crate) struct Presentation {
    pub(crate) name: String,
    pub(crate) streams: Vec<Stream>,
    /// Segments of the window, if it is live.
    pub(crate) live: Option<u64>,
    /// Whether playlists offer delta updates.
    pub(crate) delta_updates: bool,
    pub(crate) seed: Seed,
}

/// One variant stream or rendition.
#[derive(Debug)]
pub(crate) struct Stream {
    /// Name of its folder.
    pub(crate) folder: String,
    pub(crate) role: Role,
    pub(crate) grid: Grid,
    pub(crate) media: Media,
}

/// What a stream is to a player.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Role {
    Video { size: Option<Resolution>, codec: CodecString, frames_per_1000_s: Option<u32> },
    Audio { language: String, codec: CodecString, channels: u16 },
    Subtitles { language: String },
}

/// What its segments hold.
#[derive(Debug)]
pub(crate) enum Media {
    /// Bytes that mean nothing, of these sizes.
    Noise(SizesOf),
    /// Samples of a file, raised to these sizes if they are smaller.
    Packed(Box<Track>, Option<SizesOf>),
    /// Lines that tell the time.
    Words,
}

/// The sizes of one rung's segments.
#[derive(Clone, Debug)]
pub(crate) struct SizesOf {
    pub(crate) sizes: Sizes,
    pub(crate) rung: usize,
    pub(crate) rate: BitsPerSecond,
}

impl Presentation {
    /// The path of its multivariant playlist.
    pub(crate) fn path(&self) -> String {
        format!("/{}/{MAIN}", self.name)
    }

    /// The path of its MPD, if there is one.
    pub(crate) fn mpd_path(&self) -> Option<String> {
        dash::is_possible(self).then(|| format!("/{}/{MPD}", self.name))
    }

    /// What this path names at this moment. Blocks while samples are read from a file.
    ///
    /// # Errors
    /// When a file cannot be read.
    pub(crate) fn resource(&self, path: &str, extent: Extent, moment: Moment) -> std::io::Result<Option<Resource>> {
        let inside = path.strip_prefix('/').and_then(|path| path.strip_prefix(self.name.as_str()));
        let Some(inside) = inside.and_then(|path| path.strip_prefix('/')) else { return Ok(None) };
        if inside == MAIN {
            return Ok(Some(playlist(hls::multivariant(self))));
        }
        if inside == MPD {
            let text =
                |mpd| Resource { content_type: "application/dash+xml", payload: Payload::Whole(Bytes::from(mpd)) };
            return Ok(dash::mpd(self).map(text));
        }
        let Some((folder, file)) = inside.split_once('/') else { return Ok(None) };
        let Some(stream) = self.streams.iter().find(|stream| stream.folder == folder) else { return Ok(None) };
        if file == PLAYLIST {
            return Ok(Some(playlist(hls::media(self, stream, extent, moment))));
        }
        self.segment(stream, file, moment)
    }

    fn segment(&self, stream: &Stream, file: &str, moment: Moment) -> std::io::Result<Option<Resource>> {
        let content_type = stream.content_type();
        if file == INIT {
            let payload = match &stream.media {
                Media::Noise(_) => Payload::Noise { number: self.number(stream, u64::MAX), length: 1_000 },
                Media::Packed(track, _) => Payload::Whole(track.init_section()),
                Media::Words => return Ok(None),
            };
            return Ok(Some(Resource { content_type, payload }));
        }
        let number = file.strip_suffix(stream.extension()).and_then(|stem| stem.strip_suffix('.'));
        // `007.m4s` is no other name of `7.m4s`.
        let number = number.filter(|stem| *stem == "0" || !stem.starts_with('0')).and_then(|stem| stem.parse().ok());
        let Some(number) = number.filter(|&number| self.is_there(stream, number, moment)) else { return Ok(None) };
        let payload = match &stream.media {
            Media::Noise(sizes) => {
                let length = sizes.size(self.seed, number, stream.grid.length(number)).get();
                Payload::Noise { number: self.number(stream, number), length }
            }
            Media::Packed(track, sizes) => {
                let least = sizes.as_ref().map(|sizes| sizes.size(self.seed, number, stream.grid.length(number)));
                Payload::Whole(track.segment(&stream.grid, number, least)?)
            }
            Media::Words => Payload::Whole(Bytes::from(words::segment(stream, number))),
        };
        Ok(Some(Resource { content_type, payload }))
    }

    /// Whether a segment has begun to exist and has not ceased to. What left the window stays for three more segments,
    /// for players that were about to ask for it (RFC 8216 §6.2.2).
    fn is_there(&self, stream: &Stream, number: u64, moment: Moment) -> bool {
        const KEPT: u64 = 3;
        let window = self.window(stream, moment);
        let first = if self.live.is_some() { window.start.saturating_sub(KEPT) } else { 0 };
        (first..window.end).contains(&number)
    }

    /// The numbers of the segments that the media playlist lists.
    fn window(&self, stream: &Stream, moment: Moment) -> std::ops::Range<u64> {
        let Some(window) = self.live else { return 0..stream.grid.count() };
        // A whole window is there at the start.
        let edge = (moment.at + stream.grid.start(window).to_std()).saturating_sub(moment.age);
        let end = stream.grid.ended_by(edge).saturating_sub(moment.changes);
        end.saturating_sub(window)..end
    }

    /// What the noise of a segment follows from.
    fn number(&self, stream: &Stream, segment: u64) -> u64 {
        self.seed.hash(&[b"noise", self.name.as_bytes(), stream.folder.as_bytes(), &segment.to_be_bytes()])
    }

    /// The highest and the mean rate of a stream's segments, over one round of them.
    fn rates(&self, stream: &Stream) -> (BitsPerSecond, BitsPerSecond) {
        let (mut peak, mut bits, mut micros) = (0, 0_u128, 0_u128);
        for number in 0..stream.grid.count().min(stream.grid.round()) {
            let length = stream.grid.length(number);
            let size = match &stream.media {
                Media::Noise(sizes) => sizes.size(self.seed, number, length),
                Media::Packed(track, sizes) => {
                    let own = track.size(&stream.grid, number);
                    sizes.as_ref().map_or(own, |sizes| sizes.size(self.seed, number, length).max(own))
                }
                Media::Words => media_model::ByteCount::new(0),
            };
            let rate = u128::from(size.bits()) * 1_000_000 / u128::from(length.as_micros().max(1));
            peak = peak.max(rate);
            bits += u128::from(size.bits());
            micros += u128::from(length.as_micros());
        }
        let rate = |rate: u128| BitsPerSecond::new(u64::try_from(rate).unwrap_or(u64::MAX));
        (rate(peak), rate(bits * 1_000_000 / micros.max(1)))
    }
}

impl Stream {
    fn extension(&self) -> &'static str {
        match self.role {
            Role::Video { .. } | Role::Audio { .. } => "m4s",
            Role::Subtitles { .. } => "vtt",
        }
    }

    fn content_type(&self) -> &'static str {
        match self.role {
            Role::Video { .. } => "video/mp4",
            Role::Audio { .. } => "audio/mp4",
            Role::Subtitles { .. } => "text/vtt",
        }
    }
}

impl SizesOf {
    fn size(&self, seed: Seed, number: u64, length: media_model::MediaDuration) -> media_model::ByteCount {
        self.sizes.size(seed, self.rung, self.rate, number, length)
    }
}

fn playlist(text: String) -> Resource {
    Resource { content_type: "application/vnd.apple.mpegurl", payload: Payload::Whole(Bytes::from(text)) }
}

#[cfg(test)]
mod tests;
