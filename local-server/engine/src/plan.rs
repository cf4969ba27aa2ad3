//! Pure: media facts and a rung -> what the encoder is told. Knows no encoder's own names.

use media_model::{BitsPerSecond, CodecString, Ladder, MediaDuration, Resolution, Rung};

use crate::facts::{AudioFacts, VideoFacts};
use crate::stream_name::RungName;

/// Length of every segment of an encoded stream; the grid of all rungs and of audio.
pub const SEGMENT: MediaDuration = MediaDuration::from_secs(2);

/// Media in one chunk of an encoded segment, at least, except in the last one: long enough for a player to begin with, short
/// enough to wait for.
pub const CHUNK: MediaDuration = MediaDuration::from_millis(200);

/// Ticks per second of encoded video.
pub const VIDEO_TIMESCALE: u32 = 90_000;

/// How much the encoder's rate may run ahead of its maximum (the size of its VBV), in time at that rate. Half a second
/// lets a key frame be five times as large as the mean frame's share and keeps the declared peak near the row's rate.
const RATE_BUFFER: MediaDuration = MediaDuration::from_millis(500);

/// Rate of encoded audio: two channels of AAC-LC are transparent enough for speech and music at this rate.
const AUDIO_RATE: BitsPerSecond = BitsPerSecond::from_kbps(128);

/// Frames that the encoder may reorder by: x264's B-frames with a pyramid.
const REORDER_FRAMES: u64 = 2;

/// What a video encoder is told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VideoPlan {
    /// Picture size, square pixels, after rotation; both sides even.
    pub size: Resolution,
    /// Clockwise rotation to apply, degrees: 0, 90, 180 or 270.
    pub rotation: u16,
    /// Nominal frames per second as a fraction. Frames keep their own times; the encoder's rate control uses this.
    pub frame_rate: (u32, u32),
    /// H.264 level times ten, such as 31.
    pub level: u8,
    /// The rate that is not exceeded over [`VideoPlan::rate_buffer`].
    pub max_rate: BitsPerSecond,
    /// See [`VideoPlan::max_rate`].
    pub rate_buffer: MediaDuration,
}

impl VideoPlan {
    /// The plan for one rung, or for [`RungName::SOURCE`]; a picture is never enlarged.
    pub fn new(facts: &VideoFacts, name: RungName) -> Self {
        let ladder = Ladder::s1();
        let rung = ladder.rungs().iter().find(|rung| rung.name == name.as_str()).copied();
        let rung = rung.unwrap_or_else(|| own_size(facts.shown, &ladder));
        let size = facts.shown.fit_inside(rung.bound);
        let frame_rate = nominal_rate(facts.frames_per_1000_s);
        Self {
            size,
            rotation: facts.rotation,
            frame_rate,
            level: level(size, frame_rate),
            max_rate: rung.video,
            rate_buffer: RATE_BUFFER,
        }
    }

    /// RFC 6381 string: H.264 High at this level.
    pub fn codec_string(&self) -> CodecString {
        CodecString::new(format!("avc1.6400{:02x}", self.level))
    }

    /// No stretch of whole segments has more than this: what the rate buffer lets through in one segment on top of the
    /// maximum, and 2 % for the boxes around it.
    pub fn peak_rate(&self) -> BitsPerSecond {
        let ahead = self.max_rate.scaled(self.rate_buffer.as_micros(), SEGMENT.as_micros());
        BitsPerSecond::new(self.max_rate.get() + ahead.get()).scaled(102, 100)
    }

    /// Ticks of [`VIDEO_TIMESCALE`] by which presentation is shifted so that no composition offset is negative.
    pub fn composition_shift(&self) -> u32 {
        let (frames, seconds) = self.frame_rate;
        let ticks =
            (REORDER_FRAMES * u64::from(VIDEO_TIMESCALE) * u64::from(seconds)).div_ceil(u64::from(frames.max(1)));
        u32::try_from(ticks).unwrap_or(VIDEO_TIMESCALE)
    }
}

/// What an audio encoder is told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AudioPlan {
    /// Samples per second, which is also the timescale.
    pub sample_rate: u32,
    /// Rate of the encoder.
    pub bitrate: BitsPerSecond,
}

impl AudioPlan {
    /// Number of channels of encoded audio.
    pub const CHANNELS: u16 = 2;

    /// Samples of one AAC packet.
    pub const PACKET: u32 = 1024;

    /// The plan for one stream: CD rate stays, all else becomes 48 kHz.
    pub fn new(facts: &AudioFacts) -> Self {
        let sample_rate = if facts.sample_rate == 44_100 { 44_100 } else { 48_000 };
        Self { sample_rate, bitrate: AUDIO_RATE }
    }

    /// RFC 6381 string: AAC-LC.
    pub fn codec_string(&self) -> CodecString {
        CodecString::new("mp4a.40.2")
    }

    /// AudioSpecificConfig (ISO/IEC 14496-3 §1.6.2.1): AAC-LC, this rate, two channels.
    pub fn specific_config(&self) -> [u8; 2] {
        const AAC_LC: u16 = 2;
        let frequency_index: u16 = if self.sample_rate == 44_100 { 4 } else { 3 };
        (AAC_LC << 11 | frequency_index << 7 | Self::CHANNELS << 3).to_be_bytes()
    }

    /// No stretch of whole segments has more than this: the encoder's bit reservoir may add 6144 bits a channel once a
    /// segment, and boxes take 4 bytes a packet.
    pub fn peak_rate(&self) -> BitsPerSecond {
        let reservoir = u64::from(Self::CHANNELS) * 6_144 * 1_000_000 / SEGMENT.as_micros();
        let boxes = u64::from(self.sample_rate) / u64::from(Self::PACKET) * 8 * 8;
        BitsPerSecond::new(self.bitrate.get() + reservoir + boxes)
    }
}

/// A rung at the source's own size, with the rate of the smallest rung that the picture fits in.
fn own_size(shown: Resolution, ladder: &Ladder) -> Rung {
    let rungs = ladder.rungs();
    let around = rungs.iter().rev().find(|rung| shown.width <= rung.bound.width && shown.height <= rung.bound.height);
    around.copied().unwrap_or(rungs[0])
}

/// The frame rate that a mean stands for: one of the usual ones if it is within half a percent, else itself.
fn nominal_rate(frames_per_1000_s: u32) -> (u32, u32) {
    const USUAL: [(u32, u32); 8] =
        [(24_000, 1_001), (24, 1), (25, 1), (30_000, 1_001), (30, 1), (50, 1), (60_000, 1_001), (60, 1)];
    /// What is assumed if nothing is known, and the range that an encoder gets.
    const UNKNOWN: u32 = 25_000;
    let mean = match frames_per_1000_s {
        0 => UNKNOWN,
        known => known.clamp(1_000, 120_000),
    };
    let distance = |&(frames, seconds): &(u32, u32)| {
        (u64::from(frames) * 1_000).div_euclid(u64::from(seconds)).abs_diff(u64::from(mean))
    };
    let nearest = USUAL.iter().copied().min_by_key(distance).unwrap_or((25, 1));
    if distance(&nearest) * 200 <= u64::from(mean) { nearest } else { (mean, 1_000) }
}

/// The lowest level from 3.0 that this picture and rate fit in (ITU-T H.264 table A-1) with the four reference frames
/// that x264's B-pyramid takes.
fn level(size: Resolution, (frames, seconds): (u32, u32)) -> u8 {
    const REFERENCES: u64 = 4;
    /// Level, macroblocks a second, macroblocks a frame, macroblocks of the decoded picture buffer.
    const LEVELS: [(u8, u64, u64, u64); 7] = [
        (30, 40_500, 1_620, 8_100),
        (31, 108_000, 3_600, 18_000),
        (32, 216_000, 5_120, 20_480),
        (40, 245_760, 8_192, 32_768),
        (42, 522_240, 8_704, 34_816),
        (51, 983_040, 36_864, 184_320),
        (52, 2_073_600, 36_864, 184_320),
    ];
    let macroblocks = u64::from(size.width.div_ceil(16)) * u64::from(size.height.div_ceil(16));
    let a_second = (macroblocks * u64::from(frames)).div_ceil(u64::from(seconds.max(1)));
    let fits = |&&(_, rate, frame, buffer): &&(u8, u64, u64, u64)| {
        a_second <= rate && macroblocks <= frame && macroblocks * REFERENCES <= buffer
    };
    LEVELS.iter().find(fits).map_or(52, |&(level, ..)| level)
}

#[cfg(test)]
mod tests;
