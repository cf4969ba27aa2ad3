//! What is played, over which link, and what goes wrong meanwhile. Plain data; the table of scenarios that come with the
//! lab is in `scenario/table.rs`, with what users suffer most in `scenario/troubles.rs`.

mod limits;
mod table;
mod troubles;

use std::time::Duration;

use player_core::message::Ease;
use player_core::{Command, PlayerConfig};

pub use table::built_in;
pub use troubles::{sliding_window, troubles};

/// One play.
#[derive(Clone, Debug)]
pub struct Scenario {
    /// Names it in reports.
    pub name: &'static str,
    /// The title.
    pub title: Title,
    /// The link.
    pub link: LinkPlan,
    /// What fails.
    pub faults: Vec<Fault>,
    /// What the viewer does, by time since `Open`.
    pub actions: Vec<(Duration, Command)>,
    /// Bytes that the video buffer takes before it refuses more; no limit if absent.
    pub video_quota: Option<u64>,
    /// What befalls the device.
    pub device: Device,
    /// Settings of the player.
    pub config: PlayerConfig,
    /// The play is stopped after this much virtual time.
    pub limit: Duration,
}

/// A title with its variants.
#[derive(Clone, Debug)]
pub struct Title {
    /// Length of the title.
    pub duration: Duration,
    /// Variant streams, in any order.
    pub variants: Vec<Variant>,
    /// Separate audio renditions; none means that sound is in the variants.
    pub audio: Vec<&'static str>,
    /// Without a multivariant playlist: the first variant's media playlist is opened.
    pub single: bool,
    /// Absent, it is there as a whole.
    pub live: Option<Live>,
    /// How many servers have it; the playlist names them one after the other.
    pub servers: usize,
    /// Addresses are signed for so long; absent, for ever.
    pub signed_for: Option<Duration>,
    /// Addresses of segments are made of variables, one imported, one out of the query of the playlist's address.
    pub variables: bool,
    /// Where its timestamps leap, in order.
    pub leaps: Vec<Leap>,
    /// Every segment of a variant weighs the same, as at a constant bit rate; else they differ by up to a third.
    pub constant: bool,
}

/// From here on, media have timestamps of another clock, as after an advertisement or where two recordings were joined.
#[derive(Clone, Copy, Debug)]
pub struct Leap {
    /// Where in the title; a segment begins there.
    pub at: Duration,
    /// The timestamp of what is there.
    pub reads: Duration,
    /// Whether the playlist says so (`EXT-X-DISCONTINUITY`).
    pub told: bool,
}

/// A programme that is made while it is watched.
#[derive(Clone, Copy, Debug)]
pub struct Live {
    /// What has been made when the player comes.
    pub before: Duration,
    /// Segments that the playlist names, the newest.
    pub window: usize,
    /// How long after the playlist names a segment the server has it.
    pub late: Duration,
    /// What becomes of a request for what is new of a playlist.
    pub updates: Updates,
}

/// How a server deals with delta updates of playlists (rfc8216bis §6.2.5.1).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Updates {
    /// It has never heard of them.
    #[default]
    Unknown,
    /// It offers them and sends them.
    Sent,
    /// It offers them, and answers 400.
    Refused,
    /// It offers them, and leaves out more than anybody can know.
    Unrelated,
}

/// What befalls the device.
#[derive(Clone, Debug, Default)]
pub struct Device {
    /// When it sleeps, and for how long.
    pub sleeps: Vec<(Duration, Duration)>,
    /// When its decoder dies, as graphics drivers do.
    pub decoder_dies: Vec<Duration>,
    /// The codec, as in CODECS, that it says it can decode, and cannot.
    pub cannot_decode: Option<&'static str>,
    /// The browser lets nothing play before the viewer presses play.
    pub refuses_to_play: bool,
    /// It says when the network is back after an outage.
    pub tells_online: bool,
    /// Of pictures with more lines it drops every second frame.
    pub smooth_lines: Option<u32>,
    /// What it says of its decoder and pictures with more lines than this.
    pub says: Option<(u32, Ease)>,
}

/// One variant stream.
#[derive(Clone, Debug)]
pub struct Variant {
    /// Names it in addresses and reports.
    pub name: &'static str,
    /// Average rate of its video, kbit/s.
    pub kbps: u64,
    /// Width and height.
    pub size: (u32, u32),
    /// Entry of CODECS.
    pub codec: &'static str,
    /// How it is cut.
    pub grid: Grid,
    /// If its segments are encoded when asked for.
    pub encoder: Option<Encoder>,
}

/// How a stream is cut.
#[derive(Clone, Copy, Debug)]
pub enum Grid {
    /// Every so often.
    Fixed(Duration),
    /// At keyframes that come irregularly, from half of this to one and a half.
    Keyframes(Duration),
}

/// How fast a server encodes.
#[derive(Clone, Copy, Debug)]
pub struct Encoder {
    /// To start a process, for the first segment of a run.
    pub start: Duration,
    /// For each segment.
    pub per_segment: Duration,
    /// A segment that somebody waits for is sent in this many chunks, as they are made; 1 sends it when it is complete.
    pub chunks: u32,
}

/// How the link behaves.
#[derive(Clone, Debug)]
pub struct LinkPlan {
    /// Rates by time since `Open`, kbit/s, the first at zero.
    pub steps: Vec<(Duration, u64)>,
    /// From request to first byte.
    pub latency: Duration,
    /// Times in which nothing can be reached: loads fail, new ones too.
    pub outages: Vec<(Duration, Duration)>,
}

/// Something that fails.
#[derive(Clone, Debug)]
pub struct Fault {
    /// In which stream; every stream if absent.
    pub stream: Option<&'static str>,
    /// At which server, from 0; at all if absent.
    pub server: Option<usize>,
    /// Which part of it.
    pub part: Part,
    /// From when to when, since `Open`.
    pub when: (Duration, Duration),
    /// How.
    pub kind: FaultKind,
}

/// A part of a stream that can fail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// Its playlist.
    Playlist,
    /// Its init section.
    Init,
    /// The segment with this number.
    Segment(usize),
    /// Every segment.
    Segments,
}

/// How something fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FaultKind {
    /// An HTTP status with a problem document, and `Retry-After` in seconds.
    Status(u16, Option<u64>),
    /// The body ends early.
    Corrupt,
    /// No byte ever comes.
    Hang,
    /// The bytes come, but hold no media (the buffer stays as it was).
    Empty,
    /// The bytes come, but the buffer refuses them.
    Rejected,
    /// The buffer takes them, and the decoder gives up when it gets there.
    Undecodable,
    /// The buffer takes them, and the decoder hangs where they begin, for this much of them.
    Stuck(Duration),
    /// The playlist says that there is none.
    Gap,
    /// The media begins this much later than the playlist says.
    Late(Duration),
    /// The playlist is as it was at this time, since `Open`: nothing is added any more.
    Frozen(Duration),
}
