//! How segments are encrypted.

use std::sync::Arc;

use super::values::enumerated;

enumerated! {
    /// `METHOD` of a key (RFC 8216 §4.3.2.4, rfc8216bis §4.4.4.4). `NONE` is no key.
    KeyMethod {
        /// Whole segments, AES-128 in CBC mode.
        Aes128 = "AES-128",
        /// Samples, AES-128 in CBC mode.
        SampleAes = "SAMPLE-AES",
        /// Samples, as in Common Encryption's `cenc`.
        SampleAesCtr = "SAMPLE-AES-CTR",
        /// Whole segments, AES-256 in Galois/Counter mode.
        Aes256Gcm = "AES-256-GCM",
    }
}

/// The keys in force for a segment, one for each format. Shared, because a playlist may have many tags and long keys.
pub type Keys = Arc<[Arc<Key>]>;

/// A key (`EXT-X-KEY`, RFC 8216 §4.3.2.4; `EXT-X-SESSION-KEY`, §4.3.4.5).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Key {
    /// What is encrypted, and how.
    pub method: KeyMethod,
    /// Where to get the key, as written.
    pub uri: String,
    /// `IV`; absent, the media sequence number is the initialization vector.
    pub iv: Option<u128>,
    /// `KEYFORMAT`; absent, it is `identity`: the key itself.
    pub format: Option<String>,
    /// `KEYFORMATVERSIONS`; empty, it is 1.
    pub format_versions: Vec<u32>,
}

impl Key {
    /// The format that is in force: keys of different formats stand beside each other, one of the same takes its place.
    pub fn format(&self) -> &str {
        self.format.as_deref().unwrap_or("identity")
    }
}
