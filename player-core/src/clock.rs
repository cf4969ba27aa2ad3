//! Monotonic time as the driver tells it.

use std::ops::Add;
use std::time::Duration;

use media_model::MediaDuration;

/// A moment on the driver's monotonic clock, counted from an origin the driver chose. `std::time::Instant` panics in
/// wasm, and a simulation has a clock of its own, so the core has this instead.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Now(Duration);

impl Now {
    /// The moment `since_origin` after the driver's origin.
    pub const fn new(since_origin: Duration) -> Self {
        Self(since_origin)
    }

    /// Time since the driver's origin.
    pub const fn since_origin(self) -> Duration {
        self.0
    }

    /// Time passed since `earlier`; zero if `earlier` is later.
    pub const fn since(self, earlier: Self) -> Duration {
        self.0.saturating_sub(earlier.0)
    }
}

impl Add<Duration> for Now {
    type Output = Self;
    fn add(self, length: Duration) -> Self {
        Self(self.0.saturating_add(length))
    }
}

/// How fast media are played: media time over the viewer's time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Speed(u16);

impl Speed {
    /// As they were made.
    pub const NORMAL: Self = Self(1_000);
    /// What media elements can do at least, in thousandths.
    const RANGE: std::ops::RangeInclusive<u16> = 250..=4_000;

    /// In thousandths; from a quarter to four times as fast as made, what is beyond is taken as the nearest of these.
    pub fn thousandths(speed: u16) -> Self {
        Self(speed.clamp(*Self::RANGE.start(), *Self::RANGE.end()))
    }

    /// In thousandths.
    pub const fn in_thousandths(self) -> u16 {
        self.0
    }

    /// As media elements have it: 1 is normal.
    pub fn factor(self) -> f64 {
        f64::from(self.0) / 1_000.0
    }

    /// What passes of the media in this time.
    pub fn media_in(self, time: Duration) -> MediaDuration {
        MediaDuration::from_std(time.saturating_mul(u32::from(self.0)) / 1_000)
    }

    /// How long these media last.
    pub fn time_for(self, media: MediaDuration) -> Duration {
        media.to_std().saturating_mul(1_000) / u32::from(self.0)
    }

    /// The bit rate that media of this bit rate need.
    pub(crate) fn need(self, rate: media_model::BitsPerSecond) -> media_model::BitsPerSecond {
        rate.scaled(u64::from(self.0), 1_000)
    }
}

impl Default for Speed {
    fn default() -> Self {
        Self::NORMAL
    }
}
