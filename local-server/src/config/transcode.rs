//! `[transcode]`: how much encoding is allowed.

use media_engine::EngineConfig;
use serde::Deserialize;

use super::Faults;

/// Section `[transcode]`.
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct TranscodeConfig {
    /// Encoders at one time; 1–64, default as many as the machine has cores.
    pub heads: usize,
    /// Megabytes of finished segments that are kept; 8–10,000,000, default 4,096.
    pub cache_mb: u64,
}

impl Default for TranscodeConfig {
    fn default() -> Self {
        Self { heads: EngineConfig::default_heads(), cache_mb: 4_096 }
    }
}

impl TranscodeConfig {
    pub(super) fn validate(&self, faults: &mut Faults) {
        if !(1..=64).contains(&self.heads) {
            faults.range("transcode.heads", self.heads, "1..=64");
        }
        if !(8..=10_000_000).contains(&self.cache_mb) {
            faults.range("transcode.cache_mb", self.cache_mb, "8..=10000000");
        }
    }
}
