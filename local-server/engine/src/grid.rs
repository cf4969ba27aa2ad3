//! Pure: where the segments of a stream begin and end.
//!
//! Encoded video and all audio are cut every [`SEGMENT`]; a copied video is cut at its own keyframes. Segments of
//! different streams of a title need not align, their timestamps must (RFC 8216 §6.2.4).

use media_container::aac::SAMPLES_PER_UNIT;
use media_model::{MediaDuration, MediaTime, TimeRange};

use crate::facts::MediaFacts;
use crate::plan::SEGMENT;

/// A copied segment is at least this long where keyframes allow: shorter ones are requests without use, longer ones
/// start and switch later.
const SHORTEST_COPY: MediaDuration = MediaDuration::from_secs(2);

/// A video with a longer stretch between keyframes is not copied: its segments would take long to load and to switch,
/// and much memory.
const LONGEST_COPY: MediaDuration = MediaDuration::from_secs(30);

/// A keyframe that is closer than this to the end of a title begins no segment: containers with millisecond timestamps
/// round that much.
const TOLERANCE: MediaDuration = MediaDuration::from_micros(1_500);

/// What is left after the last line belongs to the segment before if it is no longer than this: sound usually ends a
/// little after the pictures, and hls.js stalls before a segment of a frame or two.
const SHORT_REST: MediaDuration = MediaDuration::from_millis(500);

/// No title is longer: three weeks. What a file says is a claim, and each segment takes memory.
const LONGEST_TITLE: MediaDuration = MediaDuration::from_secs(2_000_000);

/// Segments of one stream: consecutive, without gaps, from zero to the end of the title.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Grid {
    /// Where segments begin, and at the end where the last one ends. Strictly rising; at least two.
    lines: Vec<MediaTime>,
}

impl Grid {
    /// The grid of encoded streams and of audio.
    pub fn fixed(duration: MediaDuration) -> Self {
        let end = duration.as_micros().clamp(1, LONGEST_TITLE.as_micros());
        let step = SEGMENT.as_micros();
        let count = end.saturating_sub(SHORT_REST.as_micros()).div_ceil(step).max(1);
        let line = |number: u64| MediaTime::ZERO + MediaDuration::from_micros(number * step);
        let lines = (0..count).map(line).chain([MediaTime::ZERO + MediaDuration::from_micros(end)]).collect();
        Self { lines }
    }

    /// The grid of a video that is copied: it is cut at each keyframe that is at least two seconds after the last cut.
    /// The first segment begins at zero, wherever the first keyframe is. `None` without keyframes.
    pub fn at_keyframes(keyframes: &[MediaTime], duration: MediaDuration) -> Option<Self> {
        let (_, later) = keyframes.split_first()?;
        let end = MediaTime::ZERO + MediaDuration::from_micros(duration.as_micros().max(1));
        let mut lines = vec![MediaTime::ZERO];
        let mut last = MediaTime::ZERO;
        for &keyframe in later {
            if keyframe >= last + SHORTEST_COPY && keyframe + TOLERANCE < end {
                lines.push(keyframe);
                last = keyframe;
            }
        }
        lines.push(end);
        Some(Self { lines })
    }

    /// Number of segments; at least one.
    pub fn len(&self) -> usize {
        self.lines.len() - 1
    }

    /// Never true: a title has at least one segment.
    pub fn is_empty(&self) -> bool {
        false
    }

    /// Where segment `number` begins and ends.
    pub fn segment(&self, number: u32) -> Option<TimeRange> {
        let number = usize::try_from(number).ok()?;
        TimeRange::new(*self.lines.get(number)?, *self.lines.get(number + 1)?)
    }

    /// All segments in order.
    pub fn segments(&self) -> impl Iterator<Item = TimeRange> + '_ {
        self.lines.windows(2).map(|pair| TimeRange::of(pair[0], pair[1].since(pair[0])))
    }

    /// The longest segment.
    pub fn longest(&self) -> MediaDuration {
        self.segments().map(TimeRange::length).max().unwrap_or(MediaDuration::ZERO)
    }

    /// The number of the segment that holds `at`; the last one for what lies behind the end.
    pub fn number_at(&self, at: MediaTime) -> u32 {
        let begun = self.lines.partition_point(|&line| line <= at);
        u32::try_from(begun.saturating_sub(1).min(self.len() - 1)).unwrap_or(u32::MAX)
    }

    /// The highest rate of a stretch of segments, each of `bits(segment)`, in bits per second: the peak segment bit rate
    /// of RFC 8216 §4.1, over every run of neighbours whose length is between half and one and a half times `target`.
    pub fn peak(&self, target: MediaDuration, bits: impl Fn(usize) -> u64) -> u64 {
        let (least, most) = (target.as_micros() / 2, target.as_micros().saturating_mul(3) / 2);
        let mut peak = 0;
        for first in 0..self.len() {
            let (mut sum, mut length) = (0u128, 0u64);
            for number in first..self.len() {
                sum += u128::from(bits(number));
                length += self.lines[number + 1].since(self.lines[number]).as_micros();
                if length > most && number > first {
                    break;
                }
                if length >= least.max(1) || self.len() == 1 {
                    peak = peak.max((sum * 1_000_000).div_ceil(u128::from(length.max(1))));
                }
            }
        }
        u64::try_from(peak).unwrap_or(u64::MAX)
    }
}

/// The grid of the original video of a title; `None` if it is not copied.
pub fn original(facts: &MediaFacts) -> Option<Grid> {
    let video = facts.video.as_ref().filter(|video| facts.container.is_read_natively() && video.copyable())?;
    Grid::at_keyframes(&video.keyframes, facts.duration).filter(|grid| grid.longest() <= LONGEST_COPY)
}

/// The target duration of all media playlists of a title: the longest segment that any of its streams may have, in
/// whole seconds. One number, as RFC 8216 §6.2.4 wants the same in every variant; it does not depend on the client.
pub fn target_duration(facts: &MediaFacts) -> MediaDuration {
    let fixed = Grid::fixed(facts.duration).longest().max(SEGMENT);
    let longest = original(facts).map_or(fixed, |grid| grid.longest().max(fixed));
    // Rounded up, so that it holds whichever way a player rounds EXTINF; audio segments may be a packet longer than the
    // grid and round to it (RFC 8216 §4.3.3.1).
    MediaDuration::from_secs(longest.as_micros().div_ceil(1_000_000))
}

/// The packets of an audio stream: packet `k` holds the samples `[phase + 1024 k, phase + 1024 (k + 1))` of the timeline.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PacketGrid {
    /// Samples per second, which is also the timescale.
    pub sample_rate: u32,
    /// Sample at which packet 0 begins, below 1024. Zero for encoded audio; a copied stream keeps its own.
    pub phase: u32,
}

impl PacketGrid {
    /// The packets of a segment: those that begin in it.
    pub fn packets(self, segment: TimeRange) -> std::ops::Range<u64> {
        self.first_from(segment.start())..self.first_from(segment.end())
    }

    /// The sample at which a packet begins.
    pub fn sample(self, packet: u64) -> u64 {
        packet * u64::from(SAMPLES_PER_UNIT) + u64::from(self.phase)
    }

    /// The packet that a packet whose first sample is about `sample` must be: the nearest. `None` before packet 0.
    pub fn nearest(self, sample: i64) -> Option<u64> {
        let unit = i64::from(SAMPLES_PER_UNIT);
        u64::try_from((sample - i64::from(self.phase) + unit / 2).div_euclid(unit)).ok()
    }

    fn first_from(self, at: MediaTime) -> u64 {
        let sample = u64::try_from(at.to_ticks(self.sample_rate)).unwrap_or(0);
        sample.saturating_sub(u64::from(self.phase)).div_ceil(u64::from(SAMPLES_PER_UNIT))
    }
}

#[cfg(test)]
mod tests;
