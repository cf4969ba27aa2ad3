//! The index of an MP4 or MOV source.

use std::ops::Range;

use bytes::Bytes;
use media_container::mp4::{IndexedSample, Movie, Track};
use media_container::positioned::ReadAt;
use media_container::track::{TrackConfig, decode_times, needed_shift};
use media_model::{MediaTime, TimeRange};

use super::CopyError;
use super::index::{Packet, Pictures};
use crate::facts::MediaFacts;
use crate::file::MediaFile;
use crate::grid::PacketGrid;
use crate::stream_name::StreamName;

/// A single read covers holes up to this size, such as the other tracks' samples between: one larger read is cheaper
/// than two.
const HOLE: u64 = 64 << 10;
/// No more than this is read at once.
const RUN: u64 = 16 << 20;

/// The tracks of a movie that are copied.
#[derive(Debug)]
pub(super) struct MovieIndex {
    video: Option<CopiedTrack>,
    /// By place among the audio streams; `None` for those that are not copied.
    audio: Vec<Option<CopiedTrack>>,
    size: u64,
}

#[derive(Debug)]
struct CopiedTrack {
    config: TrackConfig,
    shift: u32,
    /// What is taken off all times, ticks.
    origin: i64,
    /// In decode order, on the track's own timeline.
    samples: Vec<IndexedSample>,
    /// Sync samples: when each is shown on the title's timeline, and its place in `samples`.
    keyframes: Vec<(MediaTime, usize)>,
    last_duration: u32,
}

impl MovieIndex {
    pub(super) fn read(file: &MediaFile, facts: &MediaFacts) -> Result<Self, CopyError> {
        let mut movie = Movie::read(file).map_err(|error| CopyError::Unreadable(error.to_string()))?;
        let mut take = |id: u32| {
            let place = movie.tracks.iter().position(|track| track.id == id);
            place.map(|place| movie.tracks.swap_remove(place)).and_then(|track| CopiedTrack::new(track, facts.origin))
        };
        Ok(Self {
            video: facts.video.as_ref().filter(|video| video.copyable()).and_then(|video| take(video.track)),
            audio: facts.audio.iter().map(|audio| if audio.copyable() { take(audio.track) } else { None }).collect(),
            size: file.size(),
        })
    }

    pub(super) fn track(&self, stream: &StreamName) -> Option<(&TrackConfig, u32)> {
        let track = match *stream {
            StreamName::Original => self.video.as_ref(),
            StreamName::Audio(index) => self.audio.get(usize::from(index))?.as_ref(),
            StreamName::Rung(_) | StreamName::AudioAac(_) => None,
        }?;
        Some((&track.config, track.shift))
    }

    pub(super) fn pictures(
        &self,
        file: &MediaFile,
        range: TimeRange,
        last: bool,
    ) -> Result<Option<Pictures>, CopyError> {
        self.check(file)?;
        let track = self.video.as_ref().ok_or(CopyError::NoSuchStream)?;
        let Some(first) = track.keyframe_at(range.start()) else { return Ok(None) };
        let (past, end) = if last {
            let shown_last = track.samples[first..].iter().map(|sample| sample.pts).max().unwrap_or(0);
            (track.samples.len(), shown_last - track.origin + i64::from(track.last_duration))
        } else {
            let Some(past) = track.keyframe_at(range.end()) else { return Ok(None) };
            (past, track.samples[past].pts - track.origin)
        };
        let samples = track.samples.get(first..past).unwrap_or_default();
        Ok(Some(Pictures { packets: track.load(file, samples, |pts| pts)?, end }))
    }

    pub(super) fn sound(
        &self,
        file: &MediaFile,
        audio: u16,
        grid: PacketGrid,
        places: Range<u64>,
    ) -> Result<Vec<Packet>, CopyError> {
        self.check(file)?;
        let track = self.audio.get(usize::from(audio)).and_then(Option::as_ref).ok_or(CopyError::NoSuchStream)?;
        let to_samples = |ticks: i64| rescale(ticks, track.config.timescale, grid.sample_rate);
        let place = |sample: &IndexedSample| grid.nearest(to_samples(sample.pts - track.origin));
        let first = track.samples.partition_point(|sample| place(sample).is_none_or(|place| place < places.start));
        let past = track.samples.partition_point(|sample| place(sample).is_none_or(|place| place < places.end));
        let samples = track.samples.get(first..past).unwrap_or_default();
        Ok(track.load(file, samples, to_samples)?)
    }

    pub(super) fn memory(&self) -> u64 {
        let tracks = self.video.iter().chain(self.audio.iter().flatten());
        let bytes = tracks.map(|track| {
            track.samples.capacity() * size_of::<IndexedSample>()
                + track.keyframes.capacity() * size_of::<(MediaTime, usize)>()
        });
        bytes.sum::<usize>() as u64
    }

    fn check(&self, file: &MediaFile) -> Result<(), CopyError> {
        if file.size() == self.size { Ok(()) } else { Err(CopyError::Changed("its length is another")) }
    }
}

impl CopiedTrack {
    fn new(track: Track, origin: MediaTime) -> Option<Self> {
        let config = track.config()?;
        let samples = track.samples.samples().to_vec();
        let pts: Vec<i64> = samples.iter().map(|sample| sample.pts).collect();
        let on_timeline = |pts: i64| MediaTime::ZERO + track.time(pts).since(origin);
        let mut keyframes: Vec<(MediaTime, usize)> = samples
            .iter()
            .enumerate()
            .filter(|(_, sample)| config.codec.is_video() && sample.sync)
            .map(|(place, sample)| (on_timeline(sample.pts), place))
            .collect();
        keyframes.sort_unstable();
        Some(Self {
            shift: if config.codec.is_video() { needed_shift(&pts, &decode_times(&pts)) } else { 0 },
            origin: origin.to_ticks(config.timescale),
            last_duration: track.samples.last_duration(),
            keyframes,
            samples,
            config,
        })
    }

    /// The place of the keyframe that is shown at `at`.
    fn keyframe_at(&self, at: MediaTime) -> Option<usize> {
        let found = self.keyframes.binary_search_by_key(&at, |(shown, _)| *shown).ok()?;
        Some(self.keyframes[found].1)
    }

    /// Reads the data of samples, with as few reads as their places allow.
    fn load(
        &self,
        file: &MediaFile,
        samples: &[IndexedSample],
        ticks: impl Fn(i64) -> i64,
    ) -> std::io::Result<Vec<Packet>> {
        let mut packets = Vec::with_capacity(samples.len());
        let mut rest = samples;
        while let Some(first) = rest.first() {
            let mut end = first.offset + u64::from(first.size);
            let near = |sample: &&IndexedSample| {
                let sample_end = sample.offset + u64::from(sample.size);
                let near = sample.offset >= first.offset
                    && sample.offset <= end.saturating_add(HOLE)
                    && sample_end - first.offset <= RUN;
                end = if near { end.max(sample_end) } else { end };
                near
            };
            let count = 1 + rest[1..].iter().take_while(near).count();
            let run = Bytes::from(media_container::positioned::read_vec(file, first.offset, end - first.offset)?);
            let (now, later) = rest.split_at(count);
            for sample in now {
                let start = usize::try_from(sample.offset - first.offset).unwrap_or(usize::MAX);
                packets.push(Packet {
                    at: ticks(sample.pts - self.origin),
                    sync: sample.sync,
                    data: run.slice(start..start + sample.size as usize),
                });
            }
            rest = later;
        }
        Ok(packets)
    }
}

/// Ticks of one clock in ticks of another, rounded to the nearest.
fn rescale(ticks: i64, from: u32, to: u32) -> i64 {
    let scaled = i128::from(ticks) * i128::from(to);
    let from = i128::from(from.max(1));
    i64::try_from((scaled + from / 2).div_euclid(from)).unwrap_or(0)
}
