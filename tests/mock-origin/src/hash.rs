//! Chance without a random stream: every "random" number is a hash of what it is for, so that the order in which
//! requests happen to arrive changes nothing and the same seed gives the same behaviour.

/// What all chance of an origin follows from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Seed(u64);

impl Seed {
    /// The seed of this number.
    pub const fn new(number: u64) -> Self {
        Self(number)
    }

    /// The number.
    pub const fn get(self) -> u64 {
        self.0
    }

    /// A number for this purpose. The same on every machine and in every version: FNV-1a over the parts, each closed by
    /// a byte that no text holds, stirred by the finish of SplitMix64.
    pub(crate) fn hash(self, parts: &[&[u8]]) -> u64 {
        let bytes = parts.iter().flat_map(|part| part.iter().copied().chain([0xff]));
        let start = 0xcbf2_9ce4_8422_2325 ^ stir(self.0);
        stir(bytes.fold(start, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)))
    }

    /// A number in `0.0..1.0` for this purpose.
    pub(crate) fn fraction(self, parts: &[&[u8]]) -> f64 {
        fraction(self.hash(parts))
    }
}

/// A hash as a number in `0.0..1.0`.
#[expect(clippy::cast_precision_loss, reason = "53 bits fit")]
pub(crate) fn fraction(hash: u64) -> f64 {
    (hash >> 11) as f64 / (1_u64 << 53) as f64
}

/// Spreads every bit over all bits (SplitMix64).
pub(crate) const fn stir(number: u64) -> u64 {
    let number = number.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let number = (number ^ (number >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let number = (number ^ (number >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    number ^ (number >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_question_has_the_same_answer() {
        // A constant, so that a change of the function is seen: it would change every recorded run.
        assert_eq!(Seed::new(7).hash(&[b"rule", b"/a.m4s"]), Seed::new(7).hash(&[b"rule", b"/a.m4s"]));
        assert_eq!(stir(0), 0xe220_a839_7b1d_cdaf);
        assert_ne!(Seed::new(7).hash(&[b"ab", b"c"]), Seed::new(7).hash(&[b"a", b"bc"]));
        assert_ne!(Seed::new(7).hash(&[b"a"]), Seed::new(8).hash(&[b"a"]));
    }

    #[test]
    fn fractions_are_spread_evenly() {
        let below = |limit: f64| (0..10_000_u32).filter(|n| Seed::new(1).fraction(&[&n.to_be_bytes()]) < limit).count();
        for (limit, wanted) in [(0.1, 1_000), (0.5, 5_000), (0.9, 9_000)] {
            assert!(below(limit).abs_diff(wanted) < 150, "{} below {limit}", below(limit));
        }
    }
}
