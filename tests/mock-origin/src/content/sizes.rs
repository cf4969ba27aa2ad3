//! How many bytes a segment has. Pure.

use std::sync::Arc;

use media_model::{BitsPerSecond, ByteCount, MediaDuration};
use serde::Deserialize;

use crate::hash::Seed;

/// The sizes of segments.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Sizes {
    /// The rung's rate, always.
    #[default]
    Constant,
    /// The rung's rate on average; each segment is up to so many percent smaller or larger, all rungs alike, as scenes
    /// are hard or easy for all of them.
    Varying(u8),
    /// Those of a recorded movie.
    Movie(Arc<Movie>),
}

impl Sizes {
    pub(crate) fn size(
        &self,
        seed: Seed,
        rung: usize,
        rate: BitsPerSecond,
        number: u64,
        length: MediaDuration,
    ) -> ByteCount {
        let bytes = |thousandths: i64| {
            let bits = u128::from(rate.get()) * u128::from(length.as_micros()) / 1_000_000;
            let scaled = bits * u128::try_from(thousandths).unwrap_or(0) / 8_000;
            ByteCount::new(u64::try_from(scaled).unwrap_or(u64::MAX).max(1))
        };
        match self {
            Self::Constant => bytes(1_000),
            Self::Varying(percent) => {
                let swing = i64::from((*percent).min(95)) * 10;
                let at = i64::try_from(seed.hash(&[b"size", &number.to_be_bytes()]) % 2_001).unwrap_or(0) - 1_000;
                bytes(1_000 + swing * at / 1_000)
            }
            Self::Movie(movie) => movie.size(rung, number),
        }
    }
}

/// The sizes of a recorded movie's segments, as the simulators of the field write them down.
#[derive(Clone, Debug, PartialEq)]
pub struct Movie {
    segment: MediaDuration,
    rates: Vec<BitsPerSecond>,
    sizes: Vec<Vec<ByteCount>>,
}

/// Why a movie file cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MovieError {
    /// It is no JSON of the shape that is expected.
    #[error("not a movie in JSON: {0}")]
    Json(String),
    /// Its segments last no time.
    #[error("segment_duration_ms is {0}: segments have to last")]
    Length(u64),
    /// It has no rung.
    #[error("bitrates_kbps is empty")]
    NoRung,
    /// It has no segment.
    #[error("segment_sizes_bits is empty")]
    NoSegment,
    /// A segment, counted from zero, has not one size for each rung.
    #[error("segment {number} has {found} sizes for {wanted} rungs")]
    Ragged {
        /// Which one.
        number: usize,
        /// How many sizes it has.
        found: usize,
        /// How many rungs there are.
        wanted: usize,
    },
}

#[derive(Deserialize)]
struct MovieFile {
    segment_duration_ms: u64,
    bitrates_kbps: Vec<u64>,
    segment_sizes_bits: Vec<Vec<u64>>,
}

impl Movie {
    /// Reads a movie file: `{segment_duration_ms, bitrates_kbps, segment_sizes_bits}`.
    ///
    /// # Errors
    /// [`MovieError`].
    pub fn read(text: &str) -> Result<Self, MovieError> {
        let file: MovieFile = serde_json::from_str(text).map_err(|error| MovieError::Json(error.to_string()))?;
        let wanted = file.bitrates_kbps.len();
        if file.segment_duration_ms == 0 || file.segment_duration_ms > 3_600_000 {
            return Err(MovieError::Length(file.segment_duration_ms));
        }
        if wanted == 0 {
            return Err(MovieError::NoRung);
        }
        if file.segment_sizes_bits.is_empty() {
            return Err(MovieError::NoSegment);
        }
        let ragged = file.segment_sizes_bits.iter().enumerate().find(|(_, sizes)| sizes.len() != wanted);
        if let Some((number, sizes)) = ragged {
            return Err(MovieError::Ragged { number, found: sizes.len(), wanted });
        }
        let bytes = |bits: &u64| ByteCount::new(bits.div_ceil(8).max(1));
        Ok(Self {
            segment: MediaDuration::from_millis(file.segment_duration_ms),
            rates: file.bitrates_kbps.iter().map(|kbps| BitsPerSecond::new(kbps.saturating_mul(1_000))).collect(),
            sizes: file.segment_sizes_bits.iter().map(|sizes| sizes.iter().map(bytes).collect()).collect(),
        })
    }

    /// How long each segment is.
    pub fn segment(&self) -> MediaDuration {
        self.segment
    }

    /// The nominal rates of its rungs.
    pub fn rates(&self) -> &[BitsPerSecond] {
        &self.rates
    }

    /// How long it is.
    pub fn duration(&self) -> MediaDuration {
        MediaDuration::from_micros(self.segment.as_micros().saturating_mul(self.sizes.len() as u64))
    }

    fn size(&self, rung: usize, number: u64) -> ByteCount {
        let place = usize::try_from(number % self.sizes.len() as u64).unwrap_or(0);
        self.sizes[place].get(rung).copied().unwrap_or(ByteCount::new(1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FOUR: MediaDuration = MediaDuration::from_secs(4);

    #[test]
    fn constant_segments_have_the_rate_of_their_rung() {
        let rate = BitsPerSecond::from_kbps(6_570);
        assert_eq!(Sizes::Constant.size(Seed::new(1), 4, rate, 9, FOUR), ByteCount::new(3_285_000));
    }

    #[test]
    fn varying_segments_keep_within_their_swing_and_to_their_mean_on_all_rungs_alike() {
        let size = |rung, kbps, number| {
            Sizes::Varying(40).size(Seed::new(1), rung, BitsPerSecond::from_kbps(kbps), number, FOUR).get()
        };
        let sizes: Vec<u64> = (0..2_000).map(|number| size(0, 1_000, number)).collect();
        assert!(sizes.iter().all(|size| (300_000..=700_000).contains(size)));
        let mean = sizes.iter().sum::<u64>() / 2_000;
        assert!(mean.abs_diff(500_000) < 10_000, "{mean}");
        assert!((0..50).all(|number| size(1, 2_000, number).abs_diff(2 * size(0, 1_000, number)) <= 2));
    }

    #[test]
    fn movies_are_read_and_mistakes_in_them_named() {
        let movie = Movie::read(
            r#"{"segment_duration_ms":3000,"bitrates_kbps":[230,331],"segment_sizes_bits":[[886360,1180512],[8,17]]}"#,
        )
        .unwrap();
        assert_eq!((movie.duration(), movie.rates().len()), (MediaDuration::from_secs(6), 2));
        let sizes = Sizes::Movie(Arc::new(movie));
        let size = |rung, number| sizes.size(Seed::default(), rung, BitsPerSecond::new(1), number, FOUR).get();
        assert_eq!((size(0, 0), size(1, 1), size(1, 2)), (110_795, 3, 147_564));
        let ragged = r#"{"segment_duration_ms":1,"bitrates_kbps":[1,2],"segment_sizes_bits":[[1,2],[1]]}"#;
        assert_eq!(Movie::read(ragged), Err(MovieError::Ragged { number: 1, found: 1, wanted: 2 }));
        let empty = r#"{"segment_duration_ms":1,"bitrates_kbps":[1],"segment_sizes_bits":[]}"#;
        assert_eq!(Movie::read(empty), Err(MovieError::NoSegment));
        assert!(matches!(Movie::read("[]"), Err(MovieError::Json(_))));
    }
}
