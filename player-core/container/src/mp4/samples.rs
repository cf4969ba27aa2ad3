//! Where each sample of a track lies and when it is shown, from sample tables (ISO/IEC 14496-12 §8.6, §8.7) and
//! fragments (§8.8).

use crate::boxes::{Fields, boxes, find};
use crate::fragment::{Defaults, FragmentHeader, Run, base_decode_time};

/// A day of sound. A sample of constant size costs a file nothing, so a count of them is a claim; this many are believed.
const SAMPLE_LIMIT: u32 = 4_000_000;

/// Where one sample lies and when it is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct IndexedSample {
    /// First byte in the file.
    pub offset: u64,
    /// Presentation time, ticks.
    pub pts: i64,
    /// Number of bytes, below 2^31.
    pub size: u32,
    /// Whether decoding can begin here.
    pub sync: bool,
}

/// The samples of a track in decode order.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SampleIndex {
    /// The samples, unless they are too many and too small to list (see `uniform`).
    samples: Vec<IndexedSample>,
    /// PCM: tables that count samples of some bytes each.
    uniform: Option<Uniform>,
    /// Decode time behind the last sample, ticks.
    decode_end: i64,
    /// Duration of the last sample, ticks.
    last_duration: u32,
    first_decode_time: i64,
    /// Whether all samples but the last have one duration.
    constant_duration: bool,
}

/// Samples of one size.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Uniform {
    count: u64,
    size: u64,
    data_end: u64,
}

impl SampleIndex {
    /// The samples in decode order; empty of PCM, whose samples are too many and too small.
    pub fn samples(&self) -> &[IndexedSample] {
        &self.samples
    }

    /// Bytes of all samples.
    pub fn bytes(&self) -> u64 {
        match self.uniform {
            Some(uniform) => uniform.count.saturating_mul(uniform.size),
            None => self.samples.iter().map(|sample| u64::from(sample.size)).sum(),
        }
    }

    /// The earliest presentation time, ticks.
    pub fn first_pts(&self) -> Option<i64> {
        let listed = self.samples.iter().map(|sample| sample.pts).min();
        listed.or_else(|| self.uniform.map(|_| self.first_decode_time))
    }

    /// When the sample that is shown last stops being shown, ticks.
    pub fn end_pts(&self) -> Option<i64> {
        let listed = self.samples.iter().map(|sample| sample.pts).max();
        let listed = listed.map(|last| last.saturating_add(i64::from(self.last_duration)));
        listed.or_else(|| self.uniform.map(|_| self.decode_end))
    }

    /// Whether all samples are shown for the same time.
    pub fn has_constant_duration(&self) -> bool {
        self.constant_duration
    }

    /// How long the last sample is shown, ticks.
    pub fn last_duration(&self) -> u32 {
        self.last_duration
    }

    /// Memory that it takes, bytes.
    pub fn memory(&self) -> usize {
        self.samples.capacity() * size_of::<IndexedSample>()
    }

    /// Where the sample that lies last in the file ends.
    pub(super) fn data_end(&self) -> u64 {
        let listed = self.samples.iter().map(|sample| sample.offset.saturating_add(u64::from(sample.size))).max();
        listed.or(self.uniform.map(|uniform| uniform.data_end)).unwrap_or(0)
    }

    pub(super) fn shift(&mut self, shift: i64) {
        for sample in &mut self.samples {
            sample.pts = sample.pts.saturating_add(shift);
        }
        self.decode_end = self.decode_end.saturating_add(shift);
        self.first_decode_time = self.first_decode_time.saturating_add(shift);
    }

    /// Reads the tables of the contents of `stbl`; a table that is damaged ends the list there.
    pub(super) fn of_tables(stbl: &[u8]) -> Self {
        let mut index = Self { constant_duration: true, ..Self::default() };
        index.fill(stbl);
        index
    }

    fn fill(&mut self, stbl: &[u8]) -> Option<()> {
        let sizes = Sizes::parse(stbl)?;
        let mut times = Times::parse(stbl);
        let chunks = Chunks::parse(stbl)?;
        // Below this a sample is no access unit of a codec that has access units.
        if sizes.constant > 0 && sizes.constant < 16 {
            return self.fill_uniform(sizes, times, chunks);
        }
        let mut sync = SyncSamples::parse(stbl);
        let mut offsets = Offsets::parse(stbl);
        let mut number = 0u32;
        let count = sizes.count.min(SAMPLE_LIMIT);
        for (position, in_chunk) in chunks {
            let mut position = position;
            for _ in 0..in_chunk {
                if number == count {
                    break;
                }
                let size = sizes.of(number)?;
                let (dts, duration) = times.next()?;
                self.push(
                    IndexedSample {
                        offset: position,
                        pts: dts.saturating_add(offsets.next()),
                        size,
                        sync: sync.contains(number + 1),
                    },
                    dts,
                    duration,
                );
                position = position.checked_add(u64::from(size))?;
                number += 1;
            }
        }
        Some(())
    }

    fn fill_uniform(&mut self, sizes: Sizes<'_>, times: Times<'_>, chunks: Chunks<'_>) -> Option<()> {
        let size = u64::from(sizes.constant);
        let mut left = u64::from(sizes.count);
        let mut data_end = 0;
        for (position, in_chunk) in chunks {
            let here = left.min(u64::from(in_chunk));
            left -= here;
            data_end = data_end.max(position.saturating_add(here.saturating_mul(size)));
        }
        self.uniform = Some(Uniform { count: u64::from(sizes.count), size, data_end });
        self.decode_end = times.total();
        Some(())
    }

    fn push(&mut self, sample: IndexedSample, dts: i64, duration: u32) {
        if self.samples.is_empty() {
            self.first_decode_time = dts;
        } else if self.last_duration != duration && self.samples.len() > 1 {
            self.constant_duration = false;
        }
        self.last_duration = duration;
        self.decode_end = dts.saturating_add(i64::from(duration));
        self.samples.push(sample);
    }

    /// Adds what the contents of `traf` say, if it is about track `id`. `moof_start` is where its `moof` begins.
    pub(super) fn add_fragment(&mut self, id: u32, defaults: Defaults, moof_start: u64, traf: &[u8]) -> Option<()> {
        let header = FragmentHeader::parse(find(traf, b"tfhd")?, defaults)?;
        if header.track_id != id {
            return None;
        }
        let mut dts = find(traf, b"tfdt").and_then(base_decode_time).unwrap_or(self.decode_end);
        let origin = header.base_data_offset.unwrap_or(moof_start);
        let mut position = origin;
        for trun in boxes(traf).filter(|found| found.kind == *b"trun") {
            let run = Run::parse(trun.body, header.defaults)?;
            if let Some(offset) = run.data_offset {
                position = origin.saturating_add_signed(i64::from(offset));
            }
            for sample in run {
                if self.samples.len() >= SAMPLE_LIMIT as usize {
                    return None;
                }
                let pts = dts.saturating_add(sample.offset);
                let indexed = IndexedSample { offset: position, pts, size: sample.size, sync: sample.sync() };
                self.push(indexed, dts, sample.duration);
                dts = dts.saturating_add(i64::from(sample.duration));
                position = position.saturating_add(u64::from(sample.size));
            }
        }
        Some(())
    }
}

/// `stsz`, §8.7.3.2; `stz2` is not in use.
#[derive(Clone, Copy)]
struct Sizes<'a> {
    constant: u32,
    count: u32,
    table: &'a [u8],
}

impl<'a> Sizes<'a> {
    fn parse(stbl: &'a [u8]) -> Option<Self> {
        let (_, _, mut fields) = Fields::full(find(stbl, b"stsz")?)?;
        let (constant, claimed) = (fields.u32()?, fields.u32()?);
        let table = fields.rest();
        let listed = u32::try_from(table.len() / 4).unwrap_or(u32::MAX);
        let count = if constant == 0 { claimed.min(listed) } else { claimed };
        Some(Self { constant, count, table })
    }

    fn of(&self, number: u32) -> Option<u32> {
        let size = if self.constant > 0 { self.constant } else { entry(self.table, number)? };
        (size < 1 << 31).then_some(size)
    }
}

/// The `number`-th word of a table.
fn entry(table: &[u8], number: u32) -> Option<u32> {
    let at = usize::try_from(number).ok()?.checked_mul(4)?;
    Fields::new(table.get(at..)?).u32()
}

/// Decode times and durations from `stts`, §8.6.1.2.
struct Times<'a> {
    entries: Fields<'a>,
    left: u32,
    duration: u32,
    at: i64,
}

impl<'a> Times<'a> {
    fn parse(stbl: &'a [u8]) -> Self {
        let entries = find(stbl, b"stts").and_then(|stts| stts.get(8..)).unwrap_or_default();
        Self { entries: Fields::new(entries), left: 0, duration: 0, at: 0 }
    }

    /// Decode time and duration of the next sample.
    fn next(&mut self) -> Option<(i64, u32)> {
        while self.left == 0 {
            self.left = self.entries.u32()?;
            self.duration = self.entries.u32()?;
        }
        self.left -= 1;
        let at = self.at;
        self.at = at.saturating_add(i64::from(self.duration));
        Some((at, self.duration))
    }

    /// The sum of all durations.
    fn total(mut self) -> i64 {
        let mut total = 0i64;
        while let (Some(count), Some(duration)) = (self.entries.u32(), self.entries.u32()) {
            total = total.saturating_add(i64::from(count).saturating_mul(i64::from(duration)));
        }
        total
    }
}

/// Composition offsets from `ctts`, §8.6.1.3; zero if there is none. Version 0 is read as signed too: so much of what is
/// written there is, and no file needs offsets of half of the range.
struct Offsets<'a> {
    entries: Fields<'a>,
    left: u32,
    offset: i64,
}

impl<'a> Offsets<'a> {
    fn parse(stbl: &'a [u8]) -> Self {
        let entries = find(stbl, b"ctts").and_then(|ctts| ctts.get(8..)).unwrap_or_default();
        Self { entries: Fields::new(entries), left: 0, offset: 0 }
    }

    fn next(&mut self) -> i64 {
        while self.left == 0 {
            let (Some(count), Some(offset)) = (self.entries.u32(), self.entries.i32()) else {
                return 0;
            };
            self.left = count;
            self.offset = i64::from(offset);
        }
        self.left -= 1;
        self.offset
    }
}

/// `stss`, §8.6.2: numbers of sync samples, from 1, rising; without it all samples are.
struct SyncSamples<'a> {
    entries: Option<Fields<'a>>,
    next: u32,
}

impl<'a> SyncSamples<'a> {
    fn parse(stbl: &'a [u8]) -> Self {
        let entries = find(stbl, b"stss").and_then(|stss| stss.get(8..)).map(Fields::new);
        Self { entries, next: 0 }
    }

    /// Whether sample `number` is among them; asked for rising numbers.
    fn contains(&mut self, number: u32) -> bool {
        let Some(entries) = &mut self.entries else { return true };
        while self.next < number {
            match entries.u32() {
                Some(next) => self.next = next,
                None => return false,
            }
        }
        self.next == number
    }
}

/// Chunks: where each begins and how many samples it has, from `stco` or `co64` (§8.7.5) and `stsc` (§8.7.4).
struct Chunks<'a> {
    offsets: Fields<'a>,
    wide: bool,
    runs: Fields<'a>,
    /// Samples in each chunk of the present run.
    samples: u32,
    /// The first chunk of the next run, from 1.
    next_run: Option<u32>,
    number: u32,
}

impl<'a> Chunks<'a> {
    fn parse(stbl: &'a [u8]) -> Option<Self> {
        let (offsets, wide) = match find(stbl, b"stco") {
            Some(stco) => (stco, false),
            None => (find(stbl, b"co64")?, true),
        };
        let mut runs = Fields::new(find(stbl, b"stsc")?.get(8..)?);
        let next_run = runs.u32();
        Some(Self { offsets: Fields::new(offsets.get(8..)?), wide, runs, samples: 0, next_run, number: 0 })
    }
}

impl Iterator for Chunks<'_> {
    type Item = (u64, u32);

    fn next(&mut self) -> Option<(u64, u32)> {
        let offset = if self.wide { self.offsets.u64()? } else { u64::from(self.offsets.u32()?) };
        self.number += 1;
        if self.next_run.is_some_and(|first| first <= self.number) {
            self.samples = self.runs.u32()?;
            self.runs.u32()?;
            self.next_run = self.runs.u32();
        }
        Some((offset, self.samples))
    }
}
