//! Monotonic time as the driver tells it.

use std::ops::Add;
use std::time::Duration;

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
