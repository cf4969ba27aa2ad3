//! Attribute values that are more than a number or a text.

use crate::{CodecString, MediaTime};

/// An enumerated string: the values known to us, and any other as it was written, because clients keep what they do not
/// understand (RFC 8216 §6.3.1).
macro_rules! enumerated {
    ($(#[$doc:meta])* $name:ident { $($(#[$value_doc:meta])* $value:ident = $text:literal,)+ }) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq)]
        pub enum $name {
            $($(#[$value_doc])* $value,)+
            /// Anything else, as written.
            Other(String),
        }

        impl $name {
            /// The value that `text` names.
            pub fn new(text: &str) -> Self {
                match text {
                    $($text => Self::$value,)+
                    other => Self::Other(other.to_owned()),
                }
            }

            /// As in a playlist.
            pub fn as_str(&self) -> &str {
                match self {
                    $(Self::$value => $text,)+
                    Self::Other(text) => text,
                }
            }
        }
    };
}
pub(super) use enumerated;

enumerated! {
    /// `VIDEO-RANGE`: how brightness is coded (rfc8216bis §4.4.6.2).
    VideoRange {
        /// Standard range.
        Sdr = "SDR",
        /// Hybrid log-gamma.
        Hlg = "HLG",
        /// Perceptual quantizer (HDR10, Dolby Vision).
        Pq = "PQ",
    }
}

enumerated! {
    /// `HDCP-LEVEL`: what the way to the screen must be protected with (RFC 8216 §4.3.4.2; `TYPE-1` in rfc8216bis).
    HdcpLevel {
        /// No protection needed.
        None = "NONE",
        /// HDCP of any version.
        Type0 = "TYPE-0",
        /// HDCP 2.2 or later.
        Type1 = "TYPE-1",
    }
}

/// `CLOSED-CAPTIONS` of a variant stream (RFC 8216 §4.3.4.2).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ClosedCaptions {
    /// No variant stream has any.
    None,
    /// The group of its closed captions.
    Group(String),
}

/// `SCORE`: how good a variant stream looks, higher is better (rfc8216bis §4.4.6.2). Exact to a millionth.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Score(u64);

impl Score {
    /// A score of `millionths` / 1,000,000.
    pub const fn from_millionths(millionths: u64) -> Self {
        Self(millionths)
    }

    /// The score times 1,000,000.
    pub const fn millionths(self) -> u64 {
        self.0
    }
}

/// One entry of `SUPPLEMENTAL-CODECS` (rfc8216bis §4.4.6.2): a codec that plays the same bytes better.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SupplementalCodec {
    /// The codec, such as `dvh1.08.07`.
    pub codec: CodecString,
    /// Compatibility brands, such as `db4h`.
    pub brands: Vec<String>,
}

/// One entry of `ALLOWED-CPC` (rfc8216bis §4.4.6.2): on which devices a key format lets the variant stream be played.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AllowedCpc {
    /// `KEYFORMAT`.
    pub key_format: String,
    /// Labels of content protection configurations; the server's own words.
    pub configurations: Vec<String>,
}

/// `EXT-X-START`: where to begin if nobody asked (RFC 8216 §4.3.5.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Start {
    /// From the beginning; before the end of the last segment if negative.
    pub offset: MediaTime,
    /// `PRECISE`: samples before it are not to be shown.
    pub precise: bool,
}
