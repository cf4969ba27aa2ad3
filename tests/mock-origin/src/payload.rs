//! The bytes of a resource, whole or made as they are sent, and the part of them that a request asks for. Pure.

use std::ops::Range;

use bytes::{Bytes, BytesMut};

use crate::hash::{Seed, stir};

/// The bytes of a resource.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Payload {
    /// Bytes that are here.
    Whole(Bytes),
    /// So many bytes that mean nothing and follow from a number: the same at every request, in any part of it.
    Noise {
        /// What they follow from.
        number: u64,
        /// How many.
        length: u64,
    },
}

impl Payload {
    pub(crate) fn length(&self) -> u64 {
        match self {
            Self::Whole(bytes) => bytes.len() as u64,
            Self::Noise { length, .. } => *length,
        }
    }

    /// Up to `most` bytes from `offset` on; fewer only at the end.
    pub(crate) fn read(&self, offset: u64, most: usize) -> Bytes {
        let end = offset.saturating_add(most as u64).min(self.length());
        let range = offset.min(end)..end;
        match self {
            Self::Whole(bytes) => {
                let place = |at: u64| usize::try_from(at).expect("no longer than what is in memory");
                bytes.slice(place(range.start)..place(range.end))
            }
            Self::Noise { number, .. } => noise(*number, range),
        }
    }

    /// Only the first `length` bytes.
    pub(crate) fn shortened(self, length: u64) -> Self {
        match self {
            Self::Whole(bytes) => Self::Whole(
                bytes.slice(..usize::try_from(length).map_or(bytes.len(), |length| length.min(bytes.len()))),
            ),
            Self::Noise { number, length: whole } => Self::Noise { number, length: whole.min(length) },
        }
    }

    /// A strong entity tag: of text that of its bytes, of noise that of its number and length.
    pub(crate) fn etag(&self) -> String {
        let hash = match self {
            Self::Whole(bytes) => digest(bytes),
            Self::Noise { number, length } => Seed::new(*number).hash(&[&length.to_be_bytes()]),
        };
        format!("\"{hash:016x}\"")
    }
}

/// A hash of a segment's bytes, eight at a time: a first byte must not wait for it.
fn digest(bytes: &[u8]) -> u64 {
    let words = bytes.chunks(8).map(|chunk| {
        let mut word = [0; 8];
        word[..chunk.len()].copy_from_slice(chunk);
        u64::from_le_bytes(word)
    });
    let folded =
        words.fold(bytes.len() as u64, |hash, word| (hash.rotate_left(23) ^ word).wrapping_mul(0x9e37_79b9_7f4a_7c15));
    stir(folded)
}

/// Words of eight bytes, each from its own place, so that any part can be made alone.
fn noise(number: u64, range: Range<u64>) -> Bytes {
    let (first, end) = (range.start / 8, range.end.div_ceil(8));
    let mut words = BytesMut::with_capacity(usize::try_from((end - first) * 8).unwrap_or(0));
    for word in first..end {
        words.extend_from_slice(&stir(number ^ stir(word)).to_be_bytes());
    }
    let skip = usize::try_from(range.start - first * 8).expect("less than a word");
    let length = usize::try_from(range.end - range.start).expect("no longer than what was just made");
    words.freeze().slice(skip..skip + length)
}

/// What a `Range` header asks of a resource (RFC 9110 §14.2).
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Asked {
    /// All of it: there is no such header, or none that is understood.
    All,
    /// These bytes.
    Part(Range<u64>),
    /// Bytes that are not there.
    Nothing,
}

/// Reads a `Range` header. Several ranges at once are answered with everything, as the RFC allows.
pub(crate) fn asked(header: Option<&str>, length: u64) -> Asked {
    let range = header.and_then(|header| header.trim().strip_prefix("bytes=")).and_then(|set| set.split_once('-'));
    let (first, last) = match range.map(|(first, last)| (first.trim().parse().ok(), last.trim())) {
        Some((Some(first), "")) => (first, u64::MAX),
        Some((Some(first), last)) => match last.parse::<u64>() {
            Ok(last) if last >= first => (first, last),
            _ => return Asked::All,
        },
        Some((None, last)) if header.is_some_and(|header| header.contains("=-")) => match last.parse::<u64>() {
            Ok(0) => return Asked::Nothing,
            Ok(suffix) => (length.saturating_sub(suffix), u64::MAX),
            Err(_) => return Asked::All,
        },
        Some((None, _)) | None => return Asked::All,
    };
    if first >= length { Asked::Nothing } else { Asked::Part(first..last.saturating_add(1).min(length)) }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn ranges_are_read_as_the_rfc_says() {
        let of = |header: &str| asked(Some(header), 1_000);
        assert_eq!(asked(None, 1_000), Asked::All);
        assert_eq!(of("bytes=0-99"), Asked::Part(0..100));
        assert_eq!(of("bytes=900-"), Asked::Part(900..1_000));
        assert_eq!(of("bytes=900-5000"), Asked::Part(900..1_000));
        assert_eq!(of("bytes=-10"), Asked::Part(990..1_000));
        assert_eq!(of("bytes=-5000"), Asked::Part(0..1_000));
        assert_eq!((of("bytes=1000-"), of("bytes=-0")), (Asked::Nothing, Asked::Nothing));
        for nonsense in ["bytes=5-1", "bytes=a-b", "bytes=0-1,5-6", "items=0-1", "bytes=", "bytes=-"] {
            assert_eq!(of(nonsense), Asked::All, "{nonsense}");
        }
    }

    #[test]
    fn tags_tell_contents_apart() {
        let tag = |bytes: &'static [u8]| Payload::Whole(Bytes::from_static(bytes)).etag();
        assert_eq!(tag(b"0123456789"), tag(b"0123456789"));
        let others = [tag(b"0123456789"), tag(b"0123456780"), tag(b"012345678"), tag(b"1023456789"), tag(b"")];
        assert!(others.iter().enumerate().all(|(at, tag)| !others[..at].contains(tag)), "{others:?}");
    }

    proptest! {
        #[test]
        fn noise_is_the_same_in_parts(number: u64, length in 1u64..5_000, cuts in proptest::collection::vec(1usize..700, 1..40)) {
            let payload = Payload::Noise { number, length };
            let whole = payload.read(0, usize::MAX);
            prop_assert_eq!(whole.len() as u64, length);
            let mut parts = BytesMut::new();
            for cut in cuts.iter().cycle() {
                let part = payload.read(parts.len() as u64, *cut);
                if part.is_empty() { break; }
                parts.extend_from_slice(&part);
            }
            prop_assert_eq!(parts.freeze(), whole);
        }
    }
}
