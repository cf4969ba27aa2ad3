//! What a player may be told about its manners; the defaults suit films at home.

use std::time::Duration;

use media_model::{BitsPerSecond, ByteCount, MediaDuration};

use crate::abr::Rule;

/// Settings of one [`Player`](crate::Player).
#[derive(Clone, Debug, PartialEq)]
pub struct PlayerConfig {
    /// Media to have ahead of the playhead before loading rests. Default 30 s.
    pub buffer_goal: MediaDuration,
    /// Bytes ahead of the playhead at which loading rests earlier. Default 64 MB per track: browsers refuse at about
    /// 150 MB of video.
    pub buffer_bytes: ByteCount,
    /// Media kept behind the playhead for a short way back. Default 20 s.
    pub back_buffer: MediaDuration,
    /// A load that brings no byte for this long is given up. Default 20 s: a seek into a film that a busy home box must
    /// encode first can take over 10 s to the first byte.
    pub idle_timeout: Duration,
    /// What this network carried when it was used last, as [`Stats::throughput`](crate::Stats::throughput) told then; the
    /// driver keeps it. Default none.
    pub known_throughput: Option<BitsPerSecond>,
    /// What a link that nothing is known of is taken to carry before anything was measured. Default 4 Mbit/s.
    pub start_throughput: BitsPerSecond,
    /// The same for a server in the same house. Default 100 Mbit/s, good
    /// Wi-Fi: a wrong guess costs an aborted load of half a second, a timid one a poor picture for seconds, or an encoder
    /// started for nothing.
    pub lan_throughput: BitsPerSecond,
    /// An answer this quick comes from the same house. Default 18 ms: a page
    /// that is still busy starting up adds some.
    pub lan_latency: Duration,
    /// The same for a server whose address is one of a home network: a page that is very busy adds this much. Default
    /// 80 ms: through a tunnel from elsewhere it takes longer, as a rule.
    pub home_latency: Duration,
    /// The decoder has taken media this far ahead of the playhead, so nothing nearer is replaced. Default 1.5 s: Chromium
    /// played on old frames that were replaced 1.3 s ahead.
    pub decoded_ahead: MediaDuration,
    /// Whether the driver can append what has arrived of a segment that is still on its way, which shortens starts, seeks
    /// and stalls. Default false.
    pub appends_in_part: bool,
    /// How the variant of the next segment is chosen.
    pub rule: Rule,
    /// Languages to hear, the dearest first (BCP 47, matched as RFC 4647 says): a rendition that may be chosen by language
    /// (`AUTOSELECT`) and is in one of them is played rather than the playlist's own default. Default none.
    pub audio_languages: Vec<String>,
    /// Languages to read, the dearest first. Default none.
    pub text_languages: Vec<String>,
    /// Whether the driver can show subtitles; otherwise none are offered or loaded. Default false.
    pub shows_text: bool,
}

impl Default for PlayerConfig {
    fn default() -> Self {
        Self {
            buffer_goal: MediaDuration::from_secs(30),
            buffer_bytes: ByteCount::new(64 << 20),
            back_buffer: MediaDuration::from_secs(20),
            idle_timeout: Duration::from_secs(20),
            known_throughput: None,
            start_throughput: BitsPerSecond::from_kbps(4_000),
            lan_throughput: BitsPerSecond::from_kbps(100_000),
            lan_latency: Duration::from_millis(18),
            home_latency: Duration::from_millis(80),
            decoded_ahead: MediaDuration::from_millis(1_500),
            appends_in_part: false,
            rule: Rule::Matinee,
            audio_languages: Vec::new(),
            text_languages: Vec::new(),
            shows_text: false,
        }
    }
}
