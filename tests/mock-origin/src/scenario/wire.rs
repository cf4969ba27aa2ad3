//! A scenario file as it is written. Everything may be left out; what must not be is found by `check`, together with all
//! other mistakes. Units are in the names.

use schemars::JsonSchema;
use serde::Deserialize;

/// A scenario of mock-origin: what there is to play, through which network, and what goes wrong.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct ScenarioFile {
    /// What it is about, for people.
    pub description: String,
    /// What all chance follows from; default 1. The same seed gives the same behaviour.
    pub seed: Option<u64>,
    /// The network; default: one link of 1,000 Mbit/s without latency.
    pub network: Network,
    /// What there is to play; default: the test card, 2 minutes, on five rungs.
    pub presentations: Vec<Presentation>,
    /// What goes wrong; default: nothing.
    pub faults: Vec<Fault>,
}

/// The network between origin and players.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Network {
    /// Who shares one link; default `all`.
    pub scope: Option<Scope>,
    /// A steady rate in kbit/s, above 0. One of `rate_kbps`, `steps` and `trace`.
    pub rate_kbps: Option<u64>,
    /// Rates one after the other; the last lasts for ever unless `repeat` is set.
    pub steps: Option<Vec<Step>>,
    /// Begins `steps` anew after the last; default no. A trace always begins anew.
    pub repeat: bool,
    /// A recorded network: a file, its path relative to that of the scenario.
    pub trace: Option<String>,
    /// How it is written; default: by the name's ending and the file's looks.
    pub trace_format: Option<TraceFormat>,
    /// From request to first byte, ms, beside what the trace says; 0 to 60000, default 0.
    pub latency_ms: u64,
    /// Up to so much more, ms, by a hash of the URL and the attempt; 0 to 60000, default 0.
    pub jitter_ms: u64,
    /// From a new connection to its first request, ms; 0 to 60000, default 0.
    pub connect_ms: u64,
    /// Connections that may be open at once; at least 1, default: any number.
    pub max_connections: Option<usize>,
    /// What happens to a connection beyond the limit; default `wait`.
    pub over_limit: Option<OverLimit>,
    /// Versions of HTTP that are spoken; default `any`.
    pub http: Option<Http>,
    /// Times in which nothing moves.
    pub stalls: Vec<Stall>,
}

/// A rate for a while.
#[derive(Clone, Copy, Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Step {
    /// How long; needed but for the last step.
    pub seconds: Option<f64>,
    /// Rate in kbit/s; 0 lets nothing through.
    pub kbps: Option<u64>,
}

/// A time in which nothing moves.
#[derive(Clone, Copy, Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Stall {
    /// When, in seconds from the start.
    pub at_s: f64,
    /// How long, in seconds.
    pub length_s: Option<f64>,
    /// From one beginning to the next, in seconds, if it comes again.
    pub every_s: Option<f64>,
}

/// Who shares one link.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Scope {
    /// All connections.
    All,
    /// All connections from one address.
    Client,
    /// Nobody: each connection has its own.
    Connection,
}

/// How a trace is written.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum TraceFormat {
    /// JSON: `[{"duration_ms", "bandwidth_kbps", "latency_ms"}]`.
    Sabre,
    /// A line for each packet of 1,500 bytes, with its time in ms.
    Mahimahi,
    /// `time throughput` in seconds and Mbit/s.
    Pensieve,
    /// With a head: `duration_ms,bandwidth_kbps,latency_ms`.
    Csv,
}

/// What happens to a connection beyond the limit.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum OverLimit {
    /// It waits until another one ends.
    Wait,
    /// It is reset.
    Refuse,
}

/// Versions of HTTP.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
pub enum Http {
    /// As the client likes.
    #[serde(rename = "any")]
    Any,
    /// HTTP/1.1 only.
    #[serde(rename = "1.1")]
    One,
    /// HTTP/2 only.
    #[serde(rename = "2")]
    Two,
}

/// Something to play.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Presentation {
    /// Its folder in URLs: letters, digits, `-` and `_`; default: the name of its content.
    pub name: Option<String>,
    /// Where its media come from; default `card`.
    pub content: Option<Content>,
    /// The file of a `clip`, its path relative to that of the scenario.
    pub clip: Option<String>,
    /// How long it is, in seconds; default 120. Of a clip, its own length.
    pub duration_s: Option<f64>,
    /// How long a segment is, in seconds; default 4. The card has whole frames at 24, 25, 30, 50 or 60 a second.
    pub segment_s: Option<f64>,
    /// Its rungs; default 0.47, 0.97, 1.88, 3.58 and 6.57 Mbit/s from 320x180 to 1280x720. A clip is copied unless it has
    /// a ladder of its own.
    pub ladder: Option<Vec<Rung>>,
    /// Segments are up to so many percent smaller or larger than their rung says; 0 to 95, default 0: constant rate.
    pub vary_percent: Option<u8>,
    /// A movie file: `{segment_duration_ms, bitrates_kbps, segment_sizes_bits}`. Instead of `ladder`, `segment_s`,
    /// `duration_s` and `vary_percent`; of `bytes` only.
    pub movie: Option<String>,
    /// Its audio languages (BCP 47), the first is the default one; `[]` is silent; default `["en"]`.
    pub audio: Option<Vec<String>>,
    /// Languages of its subtitles (BCP 47); default none.
    pub subtitles: Vec<String>,
    /// Makes it a live stream with a sliding window.
    pub live: Option<Live>,
}

/// Where media come from.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Content {
    /// A test card that shows its time and rung, with a tone. Needs GStreamer, once.
    Card,
    /// Bytes that mean nothing, of the right size. Needs no GStreamer.
    Bytes,
    /// A file.
    Clip,
}

/// A rung of a ladder.
#[derive(Clone, Copy, Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Rung {
    /// Rate of everything that is played, in kbit/s.
    pub kbps: Option<u64>,
    /// Width of the picture, even.
    pub width: Option<u32>,
    /// Height of the picture, even.
    pub height: Option<u32>,
}

/// A sliding window.
#[derive(Clone, Copy, Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Live {
    /// Segments that are listed at a time; 3 to 1000, default 8.
    pub window: Option<u64>,
    /// Playlists offer delta updates (`CAN-SKIP-UNTIL`), and a request with `_HLS_skip` gets one; default false.
    pub delta_updates: bool,
}

/// A rule: what goes wrong, and when. Of the conditions all that are given must be true.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Fault {
    /// What it is called in the log; default `fault-1` and so on. Chance follows from it.
    pub name: Option<String>,
    /// What goes wrong.
    pub kind: Option<FaultKind>,

    /// The path is like this: `*` within a folder, `**` across folders, `?`, `[a-z]`, `{a,b}`. Default: any path.
    pub url: Option<String>,
    /// It is one of these, from 1, of the requests that `url` is about.
    pub nth: Vec<u64>,
    /// It is every so many-th of them.
    pub every: Option<u64>,
    /// It comes at this time or later, in seconds from the start.
    pub from_s: Option<f64>,
    /// It comes before this time, in seconds from the start.
    pub until_s: Option<f64>,
    /// In this share of cases, 0 to 1.
    pub probability: Option<f64>,
    /// Only at the first so many attempts at each URL.
    pub attempts: Option<u64>,

    /// Of `status`: 200 to 599.
    pub code: Option<u16>,
    /// Of `status`: the header `Retry-After`, in seconds.
    pub retry_after_s: Option<u64>,
    /// Of `reset`, `truncate`, `shorten` and `pause`: after so many bytes of the body; default 0.
    pub after_bytes: Option<u64>,
    /// Instead of `after_bytes`: after this share of the body, 0 to 1.
    pub after_share: Option<f64>,
    /// Of `corrupt`: how many bytes are others; default 16.
    pub bytes: Option<u32>,
    /// Of `slow-first-byte` and `pause`: how long, in ms.
    pub delay_ms: Option<u64>,
    /// Of `content-type`: the wrong one.
    pub content_type: Option<String>,
    /// Of `stale`: how old, in seconds.
    pub age_s: Option<f64>,
    /// Of `backward`: how many changes ago; default 1.
    pub changes: Option<usize>,
    /// Of `clock-skew`: by so many ms; below 0 is late.
    pub skew_ms: Option<i64>,
    /// Of `expired-token`: how long a token is good, in seconds.
    pub valid_s: Option<f64>,
}

/// What goes wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum FaultKind {
    /// Another status instead of the reply: `code`, `retry_after_s`.
    Status,
    /// The connection is reset after `after_bytes` or `after_share` (HTTP/2: the stream).
    Reset,
    /// The reply ends before its declared length.
    Truncate,
    /// The reply is complete, but the file is shorter.
    Shorten,
    /// Some bytes of the body are others: `bytes`.
    Corrupt,
    /// The first byte comes `delay_ms` later.
    SlowFirstByte,
    /// Nothing moves for `delay_ms` after `after_bytes` or `after_share`.
    Pause,
    /// Another content type: `content_type`.
    ContentType,
    /// A playlist as it was `age_s` ago.
    Stale,
    /// A playlist as it was at `from_s` (default 0): nothing is added any more, as when an encoder has died.
    Frozen,
    /// A playlist as it was so many `changes` ago, so that it goes backward.
    Backward,
    /// 404, whenever it is asked for.
    Missing,
    /// `Date` and `EXT-X-PROGRAM-DATE-TIME` go wrong by `skew_ms`.
    ClockSkew,
    /// Addresses in playlists get a token that is good for `valid_s`; requests of `url` without a good one get 403.
    ExpiredToken,
}
