//! Request and response shapes of the HTTP API.
//!
//! Plain numbers and strings with the unit in the name, and nothing of ours as a dependency: the server converts from
//! its domain, the UI converts to its state. Durations are seconds (`_s`), sizes bytes, times ISO 8601 in UTC.

use serde::{Deserialize, Serialize};

/// One page of a list.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Page<T> {
    /// The items of this page, in order.
    pub items: Vec<T>,
    /// Pass as `cursor` for the next page; absent on the last.
    pub next: Option<String>,
}

/// A title in lists.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Movie {
    /// Opaque; the same wherever the title appears.
    pub id: String,
    /// Name to show.
    pub title: String,
    /// Year of release, if the file name has one.
    pub year: Option<u16>,
    /// Running time; absent until probed.
    pub duration_s: Option<f64>,
    /// Address of the poster, if there is one.
    pub poster: Option<String>,
    /// Small blurred stand-in for the poster (thumbhash, base64), if there is one.
    pub poster_hash: Option<String>,
    /// Whether it can be played.
    pub status: MovieStatus,
    /// Why it cannot be played.
    pub problem: Option<Problem>,
    /// When it was first seen.
    pub added_at: String,
}

/// Whether a title can be played.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum MovieStatus {
    /// Seen, not probed yet.
    Pending,
    /// Can be played.
    Ready,
    /// Cannot be played; see `problem`.
    Unplayable,
}

/// A problem document (RFC 9457), `application/problem+json`, and the reason inside other documents.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Problem {
    /// HTTP status, in problem documents.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
    /// Short name of the kind of problem, in problem documents.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// Machine readable name, such as `not_found`.
    pub code: String,
    /// One sentence for a person: what happened and what to do.
    pub detail: String,
    /// Where to find this request in the log.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request_id: Option<String>,
}

/// One playable video in full.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Video {
    /// The title it belongs to.
    pub movie: Movie,
    /// Container, such as `mp4` or `matroska`.
    pub container: String,
    /// Size of the file.
    pub size_bytes: u64,
    /// Video streams; usually one.
    pub video: Vec<VideoStream>,
    /// Audio streams in file order.
    pub audio: Vec<AudioStream>,
    /// Subtitle streams in file order.
    pub subtitles: Vec<SubtitleStream>,
    /// Chapters in order.
    pub chapters: Vec<Chapter>,
    /// What the adaptive source offers to a client that decodes H.264 and AAC, highest first.
    pub renditions: Vec<Rendition>,
}

/// A video stream of a file.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct VideoStream {
    /// Codec, such as `h264`.
    pub codec: String,
    /// RFC 6381 string, if it has one.
    pub codec_string: Option<String>,
    /// Picture width as shown.
    pub width: u32,
    /// Picture height as shown.
    pub height: u32,
    /// Mean frame rate, if known.
    pub frame_rate: Option<f64>,
    /// Bits of a colour sample, if known.
    pub bit_depth: Option<u8>,
    /// Mean rate, if known.
    pub bitrate_bps: Option<u64>,
}

/// An audio stream of a file.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct AudioStream {
    /// Codec, such as `aac`.
    pub codec: String,
    /// RFC 6381 string, if it has one.
    pub codec_string: Option<String>,
    /// Number of channels.
    pub channels: u16,
    /// Samples per second.
    pub sample_rate: u32,
    /// BCP 47 or ISO 639-2 code, if known.
    pub language: Option<String>,
    /// Name in the file, if it has one.
    pub title: Option<String>,
    /// Whether the file marks it as the default.
    pub default: bool,
}

/// A subtitle stream of a file.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SubtitleStream {
    /// Codec, such as `subrip`.
    pub codec: String,
    /// BCP 47 or ISO 639-2 code, if known.
    pub language: Option<String>,
    /// Name in the file, if it has one.
    pub title: Option<String>,
    /// Whether the file marks it as forced.
    pub forced: bool,
}

/// A chapter of a file.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Chapter {
    /// Where it starts.
    pub start_s: f64,
    /// Its name, if it has one.
    pub title: Option<String>,
}

/// One choice of the adaptive source.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Rendition {
    /// Name, such as `original` or `720p`.
    pub name: String,
    /// Picture width.
    pub width: u32,
    /// Picture height.
    pub height: u32,
    /// Upper bound of its rate.
    pub bandwidth_bps: u64,
    /// Whether it is the original, copied.
    pub copied: bool,
}

/// How to play a video with the capabilities the client named.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Sources {
    /// Best first. An `hls` source is always among them.
    pub sources: Vec<Source>,
}

/// One way to play a video.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Source {
    /// What `url` is.
    #[serde(rename = "type")]
    pub kind: SourceKind,
    /// Relative to the server's root.
    pub url: String,
    /// What the server does for it; for `hls`, for its top variant.
    pub decision: Decision,
    /// Why nothing cheaper was possible; empty for direct play.
    pub reasons: Vec<Reason>,
}

/// What a source's address is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum SourceKind {
    /// An HLS multivariant playlist.
    Hls,
    /// An MPEG-DASH manifest.
    Dash,
    /// The file itself, with range requests.
    Direct,
}

/// What the server does to play something.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Decision {
    /// Sends the file as it is.
    Direct,
    /// Copies the streams into another container.
    Remux,
    /// Decodes and encodes.
    Transcode,
}

/// Why a cheaper way was not possible: one machine readable name and one sentence.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Reason {
    /// Such as `container_not_supported`.
    pub code: String,
    /// One sentence for a person.
    pub detail: String,
}

/// Progress of the library scan.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Scan {
    /// What it does now.
    pub phase: ScanPhase,
    /// Files seen in the folders so far.
    pub files_seen: u64,
    /// Files probed in this scan.
    pub files_probed: u64,
    /// Files to probe in this scan, as far as known.
    pub files_to_probe: u64,
    /// The folders of the library and what is wrong with them.
    pub folders: Vec<LibraryFolder>,
    /// When the last scan ended, if one did.
    pub finished_at: Option<String>,
    /// Why the last scan stopped before its end, if it did.
    #[serde(default)]
    pub problem: Option<Problem>,
}

/// What a scan does now.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum ScanPhase {
    /// Nothing.
    Idle,
    /// Reads names and sizes.
    Walking,
    /// Reads what is in the files.
    Probing,
}

/// One folder of the library.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct LibraryFolder {
    /// Where it is.
    pub path: String,
    /// What is wrong with it, if anything.
    pub problem: Option<Problem>,
}

/// Adds a folder to the library; taken from the loopback only until there is sign-in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct NewFolder {
    /// An absolute path on the server.
    pub path: String,
}

/// One server-sent event of `/api/events`; the name of the event is the variant's.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum LibraryEvent {
    /// The scan moved on.
    Scan(Scan),
    /// A title is new or different.
    Movie(Movie),
    /// A title is gone.
    MovieRemoved {
        /// Which one.
        id: String,
    },
}

/// `GET /api/health`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Health {
    /// `ready` or `degraded`.
    pub status: String,
    /// Version of the server.
    pub version: String,
    /// Seconds since the start.
    pub uptime_s: f64,
    /// Each part and whether it works.
    pub checks: Vec<HealthCheck>,
    /// Whether devices beyond this machine can reach the server.
    pub open_to_lan: bool,
}

/// One part of the server and whether it works.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct HealthCheck {
    /// Such as `database`.
    pub name: String,
    /// Whether it works.
    pub ok: bool,
    /// What is wrong, in a sentence.
    pub detail: Option<String>,
}

/// What a player tells of a playback, every so often and at its end: each figure is what is new since its last report.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct PlaybackReport {
    /// Id of the title.
    pub title: String,
    /// How it is played.
    pub source: Option<SourceKind>,
    /// What is said of this playback in all, if this is the last report.
    pub outcome: Option<PlaybackOutcome>,
    /// From asking to the first frame; in the first report after that.
    pub startup_s: Option<f64>,
    /// Time in which frames moved.
    #[serde(default)]
    pub watched_s: f64,
    /// Times playback stood still for lack of media; seeks and startup are not counted.
    #[serde(default)]
    pub stalls: u32,
    /// Time in stalls.
    #[serde(default)]
    pub stalled_s: f64,
    /// Seeks after which frames moved.
    #[serde(default)]
    pub seeks: u32,
    /// Time from these seeks to moving frames.
    #[serde(default)]
    pub seeking_s: f64,
    /// Changes of the rung on screen.
    #[serde(default)]
    pub switches: u32,
    /// Time on screen by rung.
    #[serde(default)]
    pub rungs: Vec<RungTime>,
    /// Frames that came too late to be shown.
    #[serde(default)]
    pub dropped_frames: u64,
    /// Bytes of media that were loaded.
    #[serde(default)]
    pub loaded_bytes: u64,
    /// Of these, what was thrown away.
    #[serde(default)]
    pub wasted_bytes: u64,
    /// What went wrong, and was overcome.
    #[serde(default)]
    pub setbacks: u32,
}

/// How a playback ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum PlaybackOutcome {
    /// It reached the end of the title.
    Ended,
    /// The viewer left before.
    Left,
    /// Nothing helped.
    Failed,
}

/// Time that one rung was on screen.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct RungTime {
    /// As in menus, such as `720p`.
    pub rung: String,
    /// For how long.
    pub watched_s: f64,
}
