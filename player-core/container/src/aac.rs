//! AudioSpecificConfig (ISO/IEC 14496-3 §1.6.2.1): what an AAC stream is, before its first access unit.

const SAMPLE_RATES: [u32; 13] =
    [96_000, 88_200, 64_000, 48_000, 44_100, 32_000, 24_000, 22_050, 16_000, 12_000, 11_025, 8_000, 7_350];

/// PCM samples of one AAC-LC access unit; streams with 960 are not copied.
pub const SAMPLES_PER_UNIT: u32 = 1024;

/// What an AudioSpecificConfig says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AudioSpecificConfig {
    /// Audio object type of the core: 2 is AAC-LC, 5 and 29 say that SBR or PS extend it.
    pub object_type: u8,
    /// Samples per second of the core coder.
    pub sample_rate: u32,
    /// Channels; `None` if a program config element tells.
    pub channels: Option<u16>,
    /// Whether access units hold 960 samples and not 1024.
    pub short_frames: bool,
}

impl AudioSpecificConfig {
    /// Reads it; `None` if it ends early or names a reserved sample rate.
    pub fn parse(bytes: &[u8]) -> Option<Self> {
        let mut bits = crate::bits::Bits::new(bytes);
        let object_type = match bits.read(5)? {
            31 => 32 + bits.read(6)?,
            short => short,
        };
        let sample_rate = match bits.read(4)? {
            15 => bits.read(24)?,
            index => *SAMPLE_RATES.get(usize::try_from(index).ok()?)?,
        };
        let channels = match bits.read(4)? {
            0 => None,
            7 => Some(8),
            count @ 1..=6 => Some(u16::try_from(count).ok()?),
            _ => return None,
        };
        let short_frames = object_type == 2 && bits.read(1).unwrap_or(0) == 1;
        let object_type = u8::try_from(object_type).ok()?;
        (sample_rate > 0).then_some(Self { object_type, sample_rate, channels, short_frames })
    }

    /// An AudioSpecificConfig for AAC-LC; `None` if no field of it can say this rate or number of channels.
    pub fn low_complexity(sample_rate: u32, channels: u16) -> Option<[u8; 2]> {
        let index = SAMPLE_RATES.iter().position(|&rate| rate == sample_rate)?;
        let index = u16::try_from(index).ok()?;
        let configuration = match channels {
            1..=6 => channels,
            8 => 7,
            _ => return None,
        };
        Some((2 << 11 | index << 7 | configuration << 3).to_be_bytes())
    }

    /// Whether it is AAC-LC without announced extensions, in units of 1024 samples.
    pub fn is_low_complexity(&self) -> bool {
        self.object_type == 2 && !self.short_frames
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stereo_low_complexity_stream_is_known() {
        let config = AudioSpecificConfig::parse(&[0x12, 0x10]).unwrap();
        assert_eq!((config.object_type, config.sample_rate, config.channels), (2, 44_100, Some(2)));
        assert!(config.is_low_complexity());
        assert_eq!(AudioSpecificConfig::parse(&[0x12]), None);
        assert_eq!(AudioSpecificConfig::low_complexity(44_100, 2), Some([0x12, 0x10]));
        assert_eq!(AudioSpecificConfig::low_complexity(44_101, 2), None);
        assert_eq!(AudioSpecificConfig::parse(&[0x11, 0x90]).unwrap().sample_rate, 48_000);
    }
}
