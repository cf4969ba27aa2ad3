//! A number for everything that a player ever answered.

use std::fmt::{self, Write as _};

use player_core::Step;

/// FNV-1a (Fowler, Noll and Vo) over what `Debug` prints of the answers, each with all before it. What prints alike is alike:
/// everything in an answer is a whole number or a text. It tells whether two cores decide alike, and guards against nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Digest(u64);

impl Default for Digest {
    fn default() -> Self {
        Self(0xcbf2_9ce4_8422_2325)
    }
}

impl Digest {
    /// The answer that came next.
    pub(crate) fn take(&mut self, step: &Step) {
        // Writing into a number cannot fail.
        let _ = writeln!(self, "{step:?}");
    }

    /// A part of it: one step in 65,536 that differs goes unseen, and not the steps after it.
    pub(crate) const fn short(self) -> [u8; 2] {
        let [first, second, ..] = self.0.to_be_bytes();
        [first, second]
    }
}

impl fmt::Write for Digest {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.0 = text.bytes().fold(self.0, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3));
        Ok(())
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{:016x}", self.0)
    }
}
