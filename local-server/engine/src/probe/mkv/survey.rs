//! What the first and the last clusters show: when each track begins and ends, and how it goes.

use std::io;

use media_container::mkv::{Block, EntryPoint, Matroska, Track, Wanted};
use media_container::positioned::ReadAt;
use media_model::MediaTime;

use super::{mean_rate, per_1000_s};

/// Blocks that are looked at at the beginning: some seconds of film with several sound tracks.
const FIRST_BLOCKS: usize = 600;
/// All tracks that are in a file at all are there by then.
const FIRST_NS: i64 = 5_000_000_000;
/// Blocks behind the last entry point, at most.
const LAST_BLOCKS: usize = 20_000;

/// Block headers of the beginning and the end of a file.
#[derive(Debug)]
pub(super) struct Survey {
    first: Vec<Block>,
    last: Vec<Block>,
}

impl Survey {
    /// Looks at the file; `points` are the entry points of its leading track.
    pub(super) fn take(input: &impl ReadAt, file: &Matroska, points: &[EntryPoint]) -> io::Result<Self> {
        let start = file.first_cluster.unwrap_or(file.end);
        let mut first: Vec<Block> = Vec::new();
        let mut walk = file.blocks(input, start, 8 << 10);
        while first.len() < FIRST_BLOCKS {
            let Some(block) = walk.next(|_| Wanted::Header)? else { break };
            let begun = first.first().map_or(block.time, |first| first.time);
            if file.nanoseconds(block.time.saturating_sub(begun)) > FIRST_NS {
                break;
            }
            first.push(block);
        }
        let mut last = Vec::new();
        let mut walk = file.blocks(input, points.last().map_or(start, |point| point.cluster), 8 << 10);
        while let Some(block) = walk.next(|_| Wanted::Header)? {
            last.push(block);
            if last.len() >= LAST_BLOCKS {
                break;
            }
        }
        Ok(Self { first, last })
    }

    /// The earliest timestamp of a track, ticks.
    pub(super) fn first(&self, track: &Track) -> Option<i64> {
        of(&self.first, track).map(|block| block.time).min()
    }

    /// Where the track that ends last ends, ticks. Subtitles do not count.
    pub(super) fn end(&self, file: &Matroska) -> Option<i64> {
        let ends = file.tracks.iter().filter(|track| track.channels > 0 || track.resolution.width > 0);
        ends.filter_map(|track| {
            let last = of(&self.last, track).map(|block| block.time).max()?;
            Some(last.saturating_add(self.frame_ticks(file, track)))
        })
        .max()
    }

    /// How long a frame lasts, ticks: as the file says, or as the first ones show.
    fn frame_ticks(&self, file: &Matroska, track: &Track) -> i64 {
        let scale = i64::try_from(file.timestamp_scale).unwrap_or(i64::MAX);
        if let Some(nanoseconds) = track.default_duration.and_then(|duration| i64::try_from(duration).ok()) {
            return nanoseconds.saturating_add(scale / 2) / scale;
        }
        let mut steps = self.steps(track);
        steps.sort_unstable();
        steps.get(steps.len() / 2).copied().unwrap_or(0)
    }

    /// Distances between frames in the order in which they are shown, ticks.
    fn steps(&self, track: &Track) -> Vec<i64> {
        let mut times: Vec<i64> = of(&self.first, track).map(|block| block.time).collect();
        // The last ones may have neighbours that were not looked at.
        times.truncate(times.len().saturating_sub(16).max(2));
        times.sort_unstable();
        times.windows(2).map(|pair| pair[1].saturating_sub(pair[0])).collect()
    }

    /// Whether frames last for different times, beyond the rounding of timestamps.
    pub(super) fn is_uneven(&self, file: &Matroska, track: &Track) -> bool {
        let steps = self.steps(track);
        let spread = steps.iter().max().unwrap_or(&0).saturating_sub(*steps.iter().min().unwrap_or(&0));
        spread > 1 && file.nanoseconds(spread) > 2_000_000
    }

    /// Frames per thousand seconds, from the first ones.
    pub(super) fn frames_per_1000_s(&self, file: &Matroska, track: &Track) -> u32 {
        let steps = self.steps(track);
        per_1000_s(steps.len(), duration(file, steps.iter().fold(0, |sum: i64, step| sum.saturating_add(*step))))
    }

    /// Mean rate of a track over the beginning, bits per second.
    pub(super) fn rate(&self, file: &Matroska, track: &Track) -> u64 {
        let bytes = of(&self.first, track).map(|block| block.size).sum();
        let (first, last) = (self.first(track), of(&self.first, track).map(|block| block.time).max());
        let span = last.unwrap_or(0).saturating_sub(first.unwrap_or(0)).saturating_add(self.frame_ticks(file, track));
        mean_rate(bytes, duration(file, span))
    }
}

fn of<'a>(blocks: &'a [Block], track: &'a Track) -> impl Iterator<Item = &'a Block> {
    blocks.iter().filter(|block| block.track == track.number)
}

fn duration(file: &Matroska, ticks: i64) -> media_model::MediaDuration {
    MediaTime::from_micros(file.nanoseconds(ticks) / 1_000).since(MediaTime::ZERO)
}
