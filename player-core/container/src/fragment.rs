//! Movie fragments (ISO/IEC 14496-12 §8.8), as they stand in CMAF segments and in fragmented MP4 files.

use crate::boxes::Fields;

/// What a sample has where its run does not say.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Defaults {
    duration: u32,
    size: u32,
    flags: u32,
}

impl Defaults {
    /// Those of `trex` (§8.8.3), if it is about this track.
    pub(crate) fn of_track(trex: &[u8], track_id: u32) -> Option<Self> {
        let (_, _, mut fields) = Fields::full(trex)?;
        if fields.u32()? != track_id {
            return None;
        }
        fields.u32()?;
        Some(Self { duration: fields.u32()?, size: fields.u32()?, flags: fields.u32()? })
    }
}

/// The base decode time of `tfdt` (§8.8.12).
pub(crate) fn base_decode_time(tfdt: &[u8]) -> Option<i64> {
    let (version, _, mut fields) = Fields::full(tfdt)?;
    i64::try_from(fields.sized(version)?).ok()
}

/// What `tfhd` says.
pub(crate) struct FragmentHeader {
    pub(crate) track_id: u32,
    pub(crate) base_data_offset: Option<u64>,
    pub(crate) defaults: Defaults,
}

impl FragmentHeader {
    /// `tfhd`, ISO/IEC 14496-12 §8.8.7.
    pub(crate) fn parse(tfhd: &[u8], mut defaults: Defaults) -> Option<Self> {
        let (_, flags, mut fields) = Fields::full(tfhd)?;
        let track_id = fields.u32()?;
        let base_data_offset = if flags & 0x01 != 0 { Some(fields.u64()?) } else { None };
        if flags & 0x02 != 0 {
            fields.u32()?;
        }
        if flags & 0x08 != 0 {
            defaults.duration = fields.u32()?;
        }
        if flags & 0x10 != 0 {
            defaults.size = fields.u32()?;
        }
        if flags & 0x20 != 0 {
            defaults.flags = fields.u32()?;
        }
        Some(Self { track_id, base_data_offset, defaults })
    }
}

/// One sample of a run.
pub(crate) struct RunSample {
    pub(crate) duration: u32,
    pub(crate) size: u32,
    flags: u32,
    /// Composition offset.
    pub(crate) offset: i64,
}

/// `trun`, ISO/IEC 14496-12 §8.8.8; iterates over its samples.
pub(crate) struct Run<'a> {
    version: u8,
    fields_present: u32,
    pub(crate) data_offset: Option<i32>,
    first_flags: Option<u32>,
    left: u32,
    defaults: Defaults,
    fields: Fields<'a>,
}

impl<'a> Run<'a> {
    pub(crate) fn parse(trun: &'a [u8], defaults: Defaults) -> Option<Self> {
        let (version, fields_present, mut fields) = Fields::full(trun)?;
        let mut left = fields.u32()?;
        let data_offset = if fields_present & 0x01 != 0 { Some(fields.i32()?) } else { None };
        let first_flags = if fields_present & 0x04 != 0 { Some(fields.u32()?) } else { None };
        // Without fields of their own the count is all there is, and nothing vouches for it.
        if fields_present & 0x0f00 == 0 {
            left = left.min(100_000);
        }
        Some(Self { version, fields_present, data_offset, first_flags, left, defaults, fields })
    }
}

impl RunSample {
    /// Whether decoding can begin here: it is no `sample_is_non_sync_sample`.
    pub(crate) fn sync(&self) -> bool {
        self.flags & 0x1_0000 == 0
    }
}

impl Iterator for Run<'_> {
    type Item = RunSample;

    fn next(&mut self) -> Option<RunSample> {
        self.left = self.left.checked_sub(1)?;
        let present = self.fields_present;
        let duration = if present & 0x0100 != 0 { self.fields.u32()? } else { self.defaults.duration };
        let size = if present & 0x0200 != 0 { self.fields.u32()? } else { self.defaults.size };
        let own_flags = if present & 0x0400 != 0 { self.fields.u32()? } else { self.defaults.flags };
        let flags = self.first_flags.take().unwrap_or(own_flags);
        let offset = match (present & 0x0800 != 0, self.version) {
            (false, _) => 0,
            (true, 0) => i64::from(self.fields.u32()?),
            (true, _) => i64::from(self.fields.i32()?),
        };
        Some(RunSample { duration, size, flags, offset })
    }
}
