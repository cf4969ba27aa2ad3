//! The index of a Matroska or WebM source.

use std::ops::Range;

use media_container::aac::SAMPLES_PER_UNIT;
use media_container::mkv::{EntryPoint, Matroska, Track, Wanted};
use media_container::positioned::ReadAt;
use media_container::track::{TrackConfig, decode_times, needed_shift};
use media_model::{MediaTime, TimeRange};

use super::CopyError;
use super::index::{Packet, Pictures};
use crate::facts::MediaFacts;
use crate::file::MediaFile;
use crate::grid::PacketGrid;
use crate::stream_name::StreamName;

/// Ticks per second of copied video: a multiple of the milliseconds of most files, and what encoded video has.
const VIDEO_TIMESCALE: u32 = 90_000;
/// How much is read at once when blocks are copied.
const READ_AHEAD: usize = 512 << 10;
/// Sound lies this much before or behind pictures of the same time in a file, at most.
const INTERLEAVING_NS: i64 = 2_000_000_000;
/// Bytes of a segment that are believed: 30 s at 400 Mbit/s.
const SEGMENT_LIMIT: u64 = 1_500_000_000;
/// Groups of pictures that are looked at for the composition shift, and frames of each.
const SHIFT_GROUPS: usize = 6;
const SHIFT_FRAMES: usize = 300;

/// The tracks of a file that are copied, and where to begin reading.
#[derive(Debug)]
pub(super) struct MatroskaIndex {
    file: Matroska,
    video: Option<(TrackConfig, u64)>,
    shift: u32,
    /// By place among the audio streams; `None` for those that are not copied.
    audio: Vec<Option<CopiedSound>>,
    /// Entry points of the video, or of the first sound where there are no pictures, with their time on the timeline.
    points: Vec<(MediaTime, EntryPoint)>,
    /// What is taken off all times, nanoseconds.
    origin_ns: i64,
    size: u64,
}

#[derive(Debug)]
struct CopiedSound {
    config: TrackConfig,
    number: u64,
    codec_delay_ns: i64,
}

impl MatroskaIndex {
    pub(super) fn read(input: &MediaFile, facts: &MediaFacts) -> Result<Self, CopyError> {
        let file = Matroska::read(input).map_err(|error| CopyError::Unreadable(error.to_string()))?;
        let track = |number: u32| file.tracks.iter().find(|track| track.number == u64::from(number));
        let video = facts.video.as_ref().filter(|video| video.copyable()).and_then(|video| track(video.track));
        let sound = |track: &Track| {
            Some(CopiedSound {
                config: config(track)?,
                number: track.number,
                codec_delay_ns: i64::try_from(track.codec_delay).ok()?,
            })
        };
        let audio: Vec<Option<CopiedSound>> = facts
            .audio
            .iter()
            .map(|audio| if audio.copyable() { track(audio.track).and_then(sound) } else { None })
            .collect();
        let leading = facts.video.as_ref().map(|video| video.track).or(facts.audio.first().map(|audio| audio.track));
        let points = file.entry_points(input, u64::from(leading.unwrap_or(0)))?;
        let mut index = Self {
            video: video.and_then(|track| Some((config(track)?, track.number))),
            shift: 0,
            audio,
            points: Vec::new(),
            origin_ns: facts.origin.as_micros().saturating_mul(1_000),
            size: input.size(),
            file,
        };
        index.points = points.into_iter().map(|point| (index.on_timeline(point.time), point)).collect();
        index.shift = index.measure_shift(input)?;
        Ok(index)
    }

    pub(super) fn track(&self, stream: &StreamName) -> Option<(&TrackConfig, u32)> {
        match *stream {
            StreamName::Original => self.video.as_ref().map(|(config, _)| (config, self.shift)),
            StreamName::Audio(index) => self.audio.get(usize::from(index))?.as_ref().map(|sound| (&sound.config, 0)),
            StreamName::Rung(_) | StreamName::AudioAac(_) => None,
        }
    }

    pub(super) fn pictures(
        &self,
        input: &MediaFile,
        range: TimeRange,
        last: bool,
    ) -> Result<Option<Pictures>, CopyError> {
        self.check(input)?;
        let (_, number) = self.video.as_ref().ok_or(CopyError::NoSuchStream)?;
        let Some(first) = self.point_at(range.start()) else { return Ok(None) };
        let past = if last { None } else { Some(self.point_at(range.end())) };
        let Some(past) = past.map_or(Some(None), |past| past.map(Some)) else { return Ok(None) };
        let wanted = |track| if track == *number { Wanted::All } else { Wanted::Header };
        let mut packets = Vec::new();
        let mut bytes = 0;
        let mut walk = self.file.blocks(input, first.cluster, READ_AHEAD);
        while let Some(block) = walk.next(wanted)? {
            if block.track != *number || (packets.is_empty() && block.time != first.time) {
                continue;
            }
            if past.is_some_and(|past| block.keyframe && block.time >= past.time) {
                break;
            }
            bytes += block.size;
            if bytes > SEGMENT_LIMIT {
                return Err(CopyError::Changed("a keyframe is not where it was"));
            }
            let sync = block.keyframe;
            let at = self.ticks(block.time, VIDEO_TIMESCALE, 0);
            packets.extend(block.frames.into_iter().map(|data| Packet { at, sync, data }));
        }
        let end = match past {
            Some(past) => self.ticks(past.time, VIDEO_TIMESCALE, 0),
            None => {
                range.end().to_ticks(VIDEO_TIMESCALE).max(packets.iter().map(|packet| packet.at + 1).max().unwrap_or(0))
            }
        };
        Ok((!packets.is_empty()).then_some(Pictures { packets, end }))
    }

    pub(super) fn sound(
        &self,
        input: &MediaFile,
        audio: u16,
        grid: PacketGrid,
        places: Range<u64>,
    ) -> Result<Vec<Packet>, CopyError> {
        self.check(input)?;
        let sound = self.audio.get(usize::from(audio)).and_then(Option::as_ref).ok_or(CopyError::NoSuchStream)?;
        let time_of =
            |place: u64| MediaTime::from_ticks(i64::try_from(grid.sample(place)).unwrap_or(i64::MAX), grid.sample_rate);
        let begin = time_of(places.start).as_micros().saturating_sub(INTERLEAVING_NS / 1_000);
        let before = self.points.partition_point(|(at, _)| at.as_micros() <= begin).checked_sub(1);
        let cluster = before.map(|place| self.points[place].1.cluster).or(self.file.first_cluster);
        let give_up = time_of(places.end).as_micros().saturating_add(INTERLEAVING_NS / 1_000);
        let mut packets = Vec::new();
        let Some(cluster) = cluster else { return Ok(packets) };
        let wanted = |track| if track == sound.number { Wanted::All } else { Wanted::Header };
        let mut walk = self.file.blocks(input, cluster, READ_AHEAD);
        while let Some(block) = walk.next(wanted)? {
            if block.track != sound.number {
                if self.on_timeline(block.time).as_micros() > give_up {
                    break;
                }
                continue;
            }
            let at = self.ticks(block.time, grid.sample_rate, sound.codec_delay_ns);
            if grid.nearest(at).is_some_and(|place| place >= places.end) {
                break;
            }
            let frames = (0i64..).zip(block.frames);
            packets.extend(frames.map(|(number, data)| Packet {
                at: at.saturating_add(number * i64::from(SAMPLES_PER_UNIT)),
                sync: true,
                data,
            }));
        }
        packets.retain(|packet| grid.nearest(packet.at).is_some_and(|place| places.contains(&place)));
        Ok(packets)
    }

    pub(super) fn memory(&self) -> u64 {
        let cues = self.file.cues.capacity() * size_of::<media_container::mkv::Cue>();
        (cues + self.points.capacity() * size_of::<(MediaTime, EntryPoint)>()) as u64
    }

    /// The composition shift that some groups of pictures, spread over the file, need. An encoder reorders as far in one
    /// as in another.
    fn measure_shift(&self, input: &MediaFile) -> Result<u32, CopyError> {
        let Some((_, number)) = &self.video else { return Ok(0) };
        let mut shift = 0;
        let step = (self.points.len() / SHIFT_GROUPS).max(1);
        for (_, point) in self.points.iter().step_by(step) {
            let mut pts = Vec::new();
            let mut walk = self.file.blocks(input, point.cluster, 8 << 10);
            while pts.len() < SHIFT_FRAMES {
                let Some(block) = walk.next(|_| Wanted::Header)? else { break };
                if block.track != *number || (pts.is_empty() && block.time != point.time) {
                    continue;
                }
                if block.keyframe && !pts.is_empty() {
                    break;
                }
                pts.push(self.ticks(block.time, VIDEO_TIMESCALE, 0));
            }
            // The last frames of a list that was cut off wait for others; in front of them the order is right.
            shift = shift.max(needed_shift(&pts, &decode_times(&pts)));
        }
        Ok(shift)
    }

    fn point_at(&self, at: MediaTime) -> Option<EntryPoint> {
        let found = self.points.binary_search_by_key(&at, |(shown, _)| *shown).ok()?;
        Some(self.points[found].1)
    }

    fn on_timeline(&self, time: i64) -> MediaTime {
        let at = MediaTime::from_micros(self.file.nanoseconds(time).div_euclid(1_000));
        MediaTime::ZERO + at.since(MediaTime::from_micros(self.origin_ns / 1_000))
    }

    /// A timestamp on the timeline in ticks of another clock, after taking off `delay_ns`.
    fn ticks(&self, time: i64, timescale: u32, delay_ns: i64) -> i64 {
        const SECOND: i128 = 1_000_000_000;
        let at = i128::from(self.file.nanoseconds(time)) - i128::from(self.origin_ns) - i128::from(delay_ns);
        i64::try_from((at * i128::from(timescale) + SECOND / 2).div_euclid(SECOND)).unwrap_or(0)
    }

    fn check(&self, input: &MediaFile) -> Result<(), CopyError> {
        if input.size() == self.size { Ok(()) } else { Err(CopyError::Changed("its length is another")) }
    }
}

fn config(track: &Track) -> Option<TrackConfig> {
    let codec = track.codec.clone().filter(|_| !track.opaque)?;
    let timescale = if codec.is_video() { VIDEO_TIMESCALE } else { track.sample_rate };
    let language = track.language.as_deref().and_then(|tag| tag.as_bytes().try_into().ok());
    Some(TrackConfig {
        timescale,
        codec,
        language: language.filter(|code: &[u8; 3]| code.iter().all(u8::is_ascii_lowercase)),
        pixel_aspect: track.pixel_aspect,
    })
}
