//! One track of an MP4 file, packaged as CMAF segments by `media_container`.

use std::fs::File;
use std::io;
use std::ops::Range;
use std::sync::Arc;

use bytes::{BufMut as _, Bytes, BytesMut};
use media_container::cmaf::write;
use media_container::mp4;
use media_container::positioned::{ReadAt, read_vec};
use media_container::track::{CodecConfig, Sample, TrackConfig, decode_times, needed_shift};
use media_model::{ByteCount, MediaDuration, MediaTime};

use super::Grid;

/// A file of samples that is open.
#[derive(Debug)]
pub(crate) struct SampleFile {
    file: File,
    size: u64,
}

impl SampleFile {
    pub(crate) fn new(file: File) -> io::Result<Self> {
        let size = file.metadata()?.len();
        Ok(Self { file, size })
    }
}

impl ReadAt for SampleFile {
    fn size(&self) -> u64 {
        self.size
    }

    #[cfg(unix)]
    fn read_exact_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<()> {
        std::os::unix::fs::FileExt::read_exact_at(&self.file, buffer, offset)
    }

    #[cfg(windows)]
    fn read_exact_at(&self, mut offset: u64, mut buffer: &mut [u8]) -> io::Result<()> {
        while !buffer.is_empty() {
            let read = std::os::windows::fs::FileExt::seek_read(&self.file, buffer, offset)?;
            if read == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            offset += read as u64;
            buffer = &mut buffer[read..];
        }
        Ok(())
    }
}

/// A track that is cut into segments.
#[derive(Debug)]
pub(crate) struct Track {
    file: Arc<SampleFile>,
    config: TrackConfig,
    shift: u32,
    units: Vec<Unit>,
    /// Decode time behind the last unit.
    end: i64,
    /// Places of the units with which segments begin, and at the end their number; one more than segments of a round.
    cuts: Vec<usize>,
}

/// Longer than any packet of sound.
const PACKET: MediaDuration = MediaDuration::from_millis(25);

#[derive(Clone, Copy, Debug)]
struct Unit {
    offset: u64,
    size: u32,
    pts: i64,
    dts: i64,
    sync: bool,
}

impl Track {
    /// Takes a track whose times begin at `origin`, and cuts it into segments of at least `segment` (less a rounding).
    /// Also gives where it was cut. `None` if its codec is not written into CMAF, or nothing in it can begin a segment.
    pub(crate) fn cut(
        file: Arc<SampleFile>,
        track: &mp4::Track,
        origin: MediaTime,
        segment: MediaDuration,
    ) -> Option<(Self, Vec<MediaTime>)> {
        let config = track.config()?;
        let origin = origin.to_ticks(config.timescale);
        let samples = track.samples.samples();
        let pts: Vec<i64> = samples.iter().map(|sample| sample.pts - origin).collect();
        let dts = decode_times(&pts);
        // What comes before the timeline (an encoder's priming) is left out, as an edit list wants it.
        let first = pts.iter().position(|&pts| pts >= 0)?;
        let unit = |((sample, &pts), &dts): ((&mp4::IndexedSample, &i64), &i64)| Unit {
            offset: sample.offset,
            size: sample.size,
            pts,
            dts,
            sync: sample.sync,
        };
        let units: Vec<Unit> = samples.iter().zip(&pts).zip(&dts).map(unit).skip(first).collect();
        let last = *dts.last()?;
        let made = Self {
            shift: if config.codec.is_video() { needed_shift(&pts, &dts) } else { 0 },
            end: last + i64::from(track.samples.last_duration().max(1)),
            file,
            config,
            cuts: Vec::new(),
            units,
        };
        made.with_cuts(segment)
    }

    fn with_cuts(mut self, segment: MediaDuration) -> Option<(Self, Vec<MediaTime>)> {
        let time = |ticks: i64| MediaTime::from_ticks(ticks, self.config.timescale);
        // Containers round times, so a keyframe may be a hair before the place where it was meant to be.
        let tolerance = MediaDuration::from_millis(5);
        let mut lines = vec![MediaTime::ZERO];
        let mut cuts = vec![0];
        let mut wanted = MediaTime::ZERO + segment;
        for place in self.clean_cuts() {
            let at = time(self.units[place].pts);
            // The end is no place for a segment of a frame or two. A packet of sound does not count, so that sound and
            // pictures have as many segments.
            let begin = wanted.max(at - PACKET);
            if place > 0 && at + tolerance >= wanted && begin + MediaDuration::from_millis(300) < time(self.end) {
                lines.push(at);
                cuts.push(place);
                while wanted <= at + tolerance {
                    wanted = wanted + segment;
                }
            }
        }
        lines.push(time(self.end));
        cuts.push(self.units.len());
        self.cuts = cuts;
        (lines.windows(2).all(|pair| pair[0] < pair[1])).then_some((self, lines))
    }

    /// Places before which nothing is shown that comes after, and the other way round: sync samples of closed groups.
    fn clean_cuts(&self) -> Vec<usize> {
        let mut shown = i64::MIN;
        let mut before = Vec::with_capacity(self.units.len());
        for unit in &self.units {
            before.push(shown);
            shown = shown.max(unit.pts);
        }
        let mut after = i64::MAX;
        let mut places = Vec::new();
        for (place, unit) in self.units.iter().enumerate().rev() {
            if unit.sync && before[place] < unit.pts && after > unit.pts {
                places.push(place);
            }
            after = after.min(unit.pts);
        }
        places.reverse();
        places
    }

    pub(crate) fn config(&self) -> &TrackConfig {
        &self.config
    }

    /// Frames shown in a thousand seconds, on average.
    pub(crate) fn frames_per_1000_s(&self) -> Option<u32> {
        let ticks = u128::try_from(self.end - self.units.first()?.dts).ok()?;
        u32::try_from(self.units.len() as u128 * 1_000 * u128::from(self.config.timescale) / ticks.max(1)).ok()
    }

    /// When it ends.
    pub(crate) fn end(&self) -> MediaTime {
        MediaTime::from_ticks(self.end, self.config.timescale)
    }

    pub(crate) fn init_section(&self) -> Bytes {
        write::init_section(&self.config, self.shift)
    }

    /// The size of a segment as it is in the file.
    pub(crate) fn size(&self, grid: &Grid, number: u64) -> ByteCount {
        let units = &self.units[self.range(grid, number)];
        let data: u64 = units.iter().map(|unit| u64::from(unit.size)).sum();
        ByteCount::new(data + write::overhead(units.len() as u64))
    }

    /// A segment, with filler in its pictures if it is smaller than `least`.
    pub(crate) fn segment(&self, grid: &Grid, number: u64, least: Option<ByteCount>) -> io::Result<Bytes> {
        let range = self.range(grid, number);
        let (_, round) = grid.place(number);
        let later = (MediaTime::ZERO + round).to_ticks(self.config.timescale);
        let units = &self.units[range.clone()];
        let next = self.units[range.start..].iter().skip(1).map(|unit| unit.dts).chain([self.end]);
        let mut samples = Vec::with_capacity(units.len());
        for (unit, next) in units.iter().zip(next) {
            samples.push(Sample {
                pts: unit.pts + later,
                dts: unit.dts + later,
                duration: u32::try_from(next - unit.dts).unwrap_or(0),
                sync: unit.sync,
                data: Bytes::from(read_vec(&*self.file, unit.offset, u64::from(unit.size))?),
            });
        }
        let sequence = u32::try_from(number).unwrap_or(u32::MAX).saturating_add(1);
        let made = |samples: &[Sample]| write::media_segment(sequence, self.shift, samples);
        let (Some(least), CodecConfig::Avc { .. }) = (least, &self.config.codec) else { return Ok(made(&samples)) };
        // Sizes stand in `trun` one by one, so filler adds its own bytes and nothing else.
        let own: u64 = units.iter().map(|unit| u64::from(unit.size)).sum();
        let missing = least.get().saturating_sub(own + boxes(self.shift, &samples));
        fill(&mut samples, missing);
        Ok(made(&samples))
    }

    fn range(&self, grid: &Grid, number: u64) -> Range<usize> {
        let (place, _) = grid.place(number);
        self.cuts[place]..self.cuts[place + 1]
    }
}

/// Bytes around the samples: what a segment of the same samples without data has.
fn boxes(shift: u32, samples: &[Sample]) -> u64 {
    let bare: Vec<Sample> = samples.iter().map(|sample| Sample { data: Bytes::new(), ..sample.clone() }).collect();
    write::media_segment(1, shift, &bare).len() as u64
}

/// Adds `missing` bytes to H.264 pictures as filler data (ITU-T H.264 §7.3.2.7), as encoders of constant rate do: spread
/// over the pictures, so that the stream has its rate at any moment, and no part of a segment has more in it than another.
fn fill(samples: &mut [Sample], missing: u64) {
    /// Length, header and stop bit: no filler is shorter.
    const LEAST: u64 = 6;
    let size: u64 = samples.iter().map(|sample| sample.data.len() as u64).sum();
    let count = samples.len() as u64;
    let (mut real, mut filled) = (0, 0);
    for (done, sample) in (1..).zip(samples.iter_mut()) {
        real += sample.data.len() as u64;
        let wanted = (size + missing) * done / count;
        let room =
            if done == count { missing - filled } else { wanted.saturating_sub(real + filled).min(missing - filled) };
        // What is left for the last picture must be enough for a filler of its own.
        let rest = missing - filled - room;
        let room = if rest > 0 && rest < LEAST { room.saturating_sub(LEAST) } else { room };
        if room < LEAST {
            continue;
        }
        let mut data = BytesMut::with_capacity(sample.data.len() + usize::try_from(room).unwrap_or(0));
        data.put_slice(&sample.data);
        data.put_u32(u32::try_from(room - 4).expect("a segment is below 4 GB"));
        data.put_u8(12);
        data.put_bytes(0xff, usize::try_from(room - LEAST).expect("in memory"));
        data.put_u8(0x80);
        sample.data = data.freeze();
        filled += room;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn samples(sizes: &[usize]) -> Vec<Sample> {
        let sample = |&size: &usize| Sample { pts: 0, dts: 0, duration: 1, sync: true, data: vec![1; size].into() };
        sizes.iter().map(sample).collect()
    }

    fn sizes(samples: &[Sample]) -> Vec<usize> {
        samples.iter().map(|sample| sample.data.len()).collect()
    }

    #[test]
    fn filler_is_spread_and_exact() {
        let mut pictures = samples(&[500, 10, 10, 10, 10]);
        fill(&mut pictures, 1_000);
        assert_eq!(sizes(&pictures), [500, 116, 308, 308, 308]);
        assert_eq!(&pictures[1].data[10..15], &[0, 0, 0, 102, 12]);
        assert_eq!(pictures[1].data.last(), Some(&0x80));
        for missing in 6..200 {
            let mut pictures = samples(&[50, 9, 70, 3, 20, 20, 90, 4]);
            fill(&mut pictures, missing);
            let added = sizes(&pictures).iter().sum::<usize>() as u64 - 266;
            assert!(missing - added < 6, "{missing} were missing, {added} came");
        }
    }

    #[test]
    fn what_is_smaller_than_a_filler_is_left_out() {
        let mut pictures = samples(&[10, 10]);
        fill(&mut pictures, 5);
        assert_eq!(sizes(&pictures), [10, 10]);
    }
}
