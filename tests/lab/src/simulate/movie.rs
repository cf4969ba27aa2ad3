//! A movie as simulations know it: a ladder and the size of every segment. Pure but for [`Movie::read`]'s argument, the
//! text of a file.

use std::fmt;
use std::fmt::Write as _;

use media_model::MediaDuration;
use serde::Deserialize;
use serde_json::Value;

#[derive(Deserialize)]
struct File {
    segment_duration_ms: f64,
    bitrates_kbps: Vec<f64>,
    segment_sizes_bits: Vec<Vec<f64>>,
}

/// A ladder and the sizes of its segments.
#[derive(Clone, Debug, PartialEq)]
pub struct Movie {
    segment: MediaDuration,
    /// kbit/s, lowest first.
    bitrates: Vec<f64>,
    /// Bits of each rung, by segment.
    sizes: Vec<Vec<f64>>,
}

/// Why a file is no movie.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MovieError {
    /// It is no JSON of the shape that is expected.
    Json(String),
    /// What it says cannot be played; a sentence.
    Nonsense(String),
}

impl fmt::Display for MovieError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Json(reason) => {
                write!(out, "not {{segment_duration_ms, bitrates_kbps, segment_sizes_bits}} in JSON: {reason}")
            }
            Self::Nonsense(reason) => out.write_str(reason),
        }
    }
}

impl std::error::Error for MovieError {}

impl Movie {
    /// Reads `{"segment_duration_ms", "bitrates_kbps": [..], "segment_sizes_bits": [[..] for each segment]}`.
    ///
    /// # Errors
    /// When it is something else, or nothing that can be played.
    pub fn read(text: &str) -> Result<Self, MovieError> {
        let file: File = serde_json::from_str(text).map_err(|error| MovieError::Json(error.to_string()))?;
        let Some(segment) = MediaDuration::from_seconds(file.segment_duration_ms / 1e3) else {
            let reason = format!("segments of {} ms cannot be played", file.segment_duration_ms);
            return Err(MovieError::Nonsense(reason));
        };
        Self::new(segment, file.bitrates_kbps, file.segment_sizes_bits)
    }

    /// A movie of segments of this length, from kbit/s, lowest first, and the bits of each rung by segment.
    ///
    /// # Errors
    /// When it is nothing that can be played.
    pub fn new(segment: MediaDuration, bitrates: Vec<f64>, sizes: Vec<Vec<f64>>) -> Result<Self, MovieError> {
        let nonsense = |reason: String| Err(MovieError::Nonsense(reason));
        if segment == MediaDuration::ZERO {
            return nonsense("segments of 0 ms cannot be played".to_owned());
        }
        if bitrates.is_empty() || sizes.is_empty() {
            return nonsense("the movie has no rung or no segment".to_owned());
        }
        if !bitrates.iter().all(|rate| rate.is_finite() && *rate > 0.0) || !bitrates.is_sorted() {
            return nonsense("bitrates must be above zero, lowest first".to_owned());
        }
        for (index, sizes) in sizes.iter().enumerate() {
            if sizes.len() != bitrates.len() {
                let (found, wanted) = (sizes.len(), bitrates.len());
                return nonsense(format!("segment {index} has {found} sizes, but there are {wanted} bitrates"));
            }
            if !sizes.iter().all(|size| size.is_finite() && *size > 0.0) {
                return nonsense(format!("segment {index} has a size that is not above zero"));
            }
        }
        Ok(Self { segment, bitrates, sizes })
    }

    /// The movie as [`Movie::read`] reads it, a line for each segment. What is whole is written without a point, as readers
    /// of integers want it.
    pub fn to_json(&self) -> String {
        self.to_json_beside(&[])
    }

    /// The same with more for people and programs who look for it; readers of movies pass over what they do not know.
    pub(crate) fn to_json_beside(&self, more: &[(&str, Value)]) -> String {
        let list = |values: &[f64]| values.iter().map(f64::to_string).collect::<Vec<_>>().join(", ");
        let sizes: Vec<_> = self.sizes.iter().map(|sizes| format!("    [{}]", list(sizes))).collect();
        let more: String = more.iter().map(|(name, value)| format!("  \"{name}\": {value},\n")).collect();
        format!(
            "{{\n{more}  \"segment_duration_ms\": {},\n  \"bitrates_kbps\": [{}],\n  \"segment_sizes_bits\": [\n{}\n  ]\n}}",
            self.segment.as_micros() as f64 / 1e3,
            list(&self.bitrates),
            sizes.join(",\n")
        )
    }

    /// The same movie in segments of another length: within each of the old ones its bits are spread evenly over its time.
    /// What is left at the end is dropped. `None` if not one segment comes of it.
    pub fn cut_anew(&self, segment: MediaDuration) -> Option<Self> {
        let (old, new) = (self.segment.as_micros(), segment.as_micros());
        let count = (old * self.sizes.len() as u64).checked_div(new).filter(|count| *count > 0)?;
        let piece = |number: u64| {
            let (from, to) = (number * new, (number + 1) * new);
            let mut bits = vec![0.0; self.bitrates.len()];
            for (index, sizes) in (0_u64..).zip(&self.sizes) {
                let overlap = to.min((index + 1) * old).saturating_sub(from.max(index * old));
                let share = overlap as f64 / old as f64;
                bits.iter_mut().zip(sizes).for_each(|(bits, size)| *bits += size * share);
            }
            bits
        };
        Some(Self { segment, bitrates: self.bitrates.clone(), sizes: (0..count).map(piece).collect() })
    }

    /// Length of every segment.
    pub fn segment(&self) -> MediaDuration {
        self.segment
    }

    /// kbit/s of the rungs, lowest first.
    pub fn bitrates(&self) -> &[f64] {
        &self.bitrates
    }

    /// How many segments there are.
    pub fn len(&self) -> usize {
        self.sizes.len()
    }

    /// Never: a movie has segments.
    pub fn is_empty(&self) -> bool {
        self.sizes.is_empty()
    }

    /// Bits of a segment.
    pub(crate) fn bits(&self, segment: usize, rung: usize) -> f64 {
        self.sizes[segment][rung]
    }

    /// The multivariant playlist: AVERAGE-BANDWIDTH is the nominal bit rate, BANDWIDTH the largest segment's.
    pub(crate) fn multivariant(&self, segments: usize) -> String {
        let mut text = String::from("#EXTM3U\n#EXT-X-VERSION:7\n#EXT-X-INDEPENDENT-SEGMENTS\n");
        for (rung, kbps) in self.bitrates.iter().enumerate() {
            let average = kbps * 1e3;
            let largest = self.sizes.iter().take(segments).map(|sizes| sizes[rung]).fold(0.0, f64::max);
            let peak = (largest / self.segment.as_seconds()).max(average).ceil();
            let _ = writeln!(
                text,
                "#EXT-X-STREAM-INF:BANDWIDTH={peak},AVERAGE-BANDWIDTH={average:.0},CODECS=\"avc1.640028\"\n{rung}.m3u8"
            );
        }
        text
    }

    /// The media playlist of a rung.
    pub(crate) fn media(&self, rung: usize, segments: usize, with_sizes: bool) -> String {
        let seconds = self.segment.as_seconds();
        let mut text = format!("#EXTM3U\n#EXT-X-VERSION:7\n#EXT-X-TARGETDURATION:{}\n", seconds.ceil());
        for (index, sizes) in self.sizes.iter().take(segments).enumerate() {
            let _ = writeln!(text, "#EXTINF:{seconds},");
            if with_sizes {
                let _ = writeln!(text, "#EXT-X-BYTERANGE:{}@0", (sizes[rung] / 8.0).ceil());
            }
            let _ = writeln!(text, "{rung}/{index}");
        }
        text.push_str("#EXT-X-ENDLIST\n");
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_movie_cut_anew_keeps_its_bits() {
        let text = r#"{"segment_duration_ms":3000,"bitrates_kbps":[1,2],"segment_sizes_bits":[[3,6],[9,12],[3,6]]}"#;
        let movie = Movie::read(text).unwrap();
        let sizes = |seconds| movie.cut_anew(MediaDuration::from_secs(seconds)).map(|movie| movie.sizes);
        assert_eq!(sizes(1).unwrap()[..4], [[1.0, 2.0], [1.0, 2.0], [1.0, 2.0], [3.0, 4.0]]);
        assert_eq!(sizes(2).unwrap(), [[2.0, 4.0], [4.0, 6.0], [6.0, 8.0], [2.0, 4.0]], "one second is dropped");
        assert_eq!(sizes(9).unwrap(), [[15.0, 24.0]]);
        assert_eq!((sizes(10), sizes(0)), (None, None));
        assert_eq!(movie.cut_anew(movie.segment()), Some(movie));
    }

    #[test]
    fn a_movie_that_is_written_is_read_as_it_was() {
        let movie = Movie::new(MediaDuration::from_micros(2_002_002), vec![0.5, 2.0], vec![vec![8.0, 1e16]]).unwrap();
        let text = movie.to_json();
        assert!(
            text.contains("2002.002") && text.contains("[0.5, 2]") && text.contains("[8, 10000000000000000]"),
            "{text}"
        );
        assert_eq!(Movie::read(&text), Ok(movie));
    }

    #[test]
    fn what_is_no_movie_is_named() {
        let read = |text: &str| Movie::read(text).unwrap_err().to_string();
        assert!(read("[]").starts_with("not {segment_duration_ms"));
        let file = |ms: &str, rates: &str, sizes: &str| {
            format!(r#"{{"segment_duration_ms":{ms},"bitrates_kbps":{rates},"segment_sizes_bits":{sizes}}}"#)
        };
        assert_eq!(read(&file("0", "[1]", "[[1]]")), "segments of 0 ms cannot be played");
        assert_eq!(read(&file("2000", "[]", "[]")), "the movie has no rung or no segment");
        assert_eq!(read(&file("2000", "[2,1]", "[[1,1]]")), "bitrates must be above zero, lowest first");
        assert_eq!(read(&file("2000", "[1,2]", "[[1,1],[1]]")), "segment 1 has 1 sizes, but there are 2 bitrates");
        assert_eq!(read(&file("2000", "[1]", "[[0]]")), "segment 0 has a size that is not above zero");
    }
}
