//! How a play is written down, and back. The order of fields and variants is the format: what is added goes to the end, and
//! what is changed makes another version.

use std::time::Duration;

use media_model::{BitsPerSecond, ByteCount, MediaDuration, MediaTime, Ranges, Resolution, TimeRange};
use player_core::message::{self, AudioId, Problem, RequestId, ServerTiming, TextId, VariantId};
use player_core::{PlayerConfig, Speed, message as core};
use serde::{Deserialize, Serialize};
use url::Url;

use crate::{Driven, RecordingError};

/// As it is read; it is written piece by piece.
#[derive(Debug, Deserialize)]
pub(crate) struct Recording {
    pub(crate) head: Head,
    pub(crate) steps: Vec<Moment>,
}

#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Head {
    pub(crate) driven: Driven,
    pub(crate) config: Config,
}

#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Moment {
    /// Since the one before.
    pub(crate) after_ns: u64,
    pub(crate) input: Input,
    /// Of the answers up to this one.
    pub(crate) digest: [u8; 2],
}

#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Config {
    buffer_goal_us: u64,
    buffer_bytes: u64,
    back_buffer_us: u64,
    idle_timeout_ns: u64,
    start_throughput_bps: u64,
    lan_throughput_bps: u64,
    lan_latency_ns: u64,
    home_latency_ns: u64,
    decoded_ahead_us: u64,
    appends_in_part: bool,
    rule: String,
    known_throughput_bps: Option<u64>,
    audio_languages: Vec<String>,
    text_languages: Vec<String>,
    shows_text: bool,
}

#[derive(Debug, Serialize, Deserialize)]
pub(crate) enum Input {
    Progress { id: u64, bytes: u64 },
    Tick,
    Playhead { at_us: i64, video: Spans, audio: Spans, moving: bool, dropped_frames: Option<u64> },
    FirstByte { id: u64, encode_ns: u64, length: Option<u64> },
    Loaded { id: u64, size: u64 },
    Appended { track: Track },
    Evicted { track: Track },
    Playlist { id: u64, url: String, text: String },
    Codecs { id: u64, codecs: String },
    LoadFailed { id: u64, cause: LoadFailure },
    AppendFailed { track: Track, cause: AppendFailure },
    FirstFrame,
    PlayedOut,
    DecodeFailed,
    Open { url: String, start_us: Option<i64> },
    Seek { to_us: i64 },
    SetPlaying(bool),
    LockVariant(Option<u32>),
    SelectAudio(u32),
    LimitResolution(Option<(u32, u32)>),
    Retry,
    SetSpeed { thousandths: u16 },
    PlayRefused,
    Online,
    Renewed { url: Option<String> },
    LimitBandwidth { least_bps: Option<u64>, most_bps: Option<u64> },
    SaveData(bool),
    SetVisible(bool),
    SetStreaming(bool),
    Decodes { variant: u32, ease: Ease },
    SelectText(Option<u32>),
    FollowWith(Option<String>),
    Starts { id: u64, at_us: Option<i64> },
}

/// Start and end, µs.
type Spans = Vec<(i64, i64)>;

#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(crate) enum Track {
    Video,
    Audio,
}

#[derive(Debug, Serialize, Deserialize)]
pub(crate) enum LoadFailure {
    Network,
    TimedOut,
    Status { code: u16, retry_after_ns: Option<u64>, problem: Option<(String, String)> },
    Corrupt,
    Refused(String),
}

#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(crate) enum Ease {
    Never,
    Rough,
    Smooth,
}

#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(crate) enum AppendFailure {
    QuotaExceeded,
    Rejected,
    Unsupported,
}

/// Over 584 years are cut short.
pub(crate) fn nanos(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}

impl From<&PlayerConfig> for Config {
    fn from(config: &PlayerConfig) -> Self {
        let PlayerConfig {
            buffer_goal,
            buffer_bytes,
            back_buffer,
            idle_timeout,
            known_throughput,
            start_throughput,
            lan_throughput,
            lan_latency,
            home_latency,
            decoded_ahead,
            appends_in_part,
            rule,
            audio_languages,
            text_languages,
            shows_text,
        } = config;
        Self {
            buffer_goal_us: buffer_goal.as_micros(),
            buffer_bytes: buffer_bytes.get(),
            back_buffer_us: back_buffer.as_micros(),
            idle_timeout_ns: nanos(*idle_timeout),
            start_throughput_bps: start_throughput.get(),
            lan_throughput_bps: lan_throughput.get(),
            lan_latency_ns: nanos(*lan_latency),
            home_latency_ns: nanos(*home_latency),
            decoded_ahead_us: decoded_ahead.as_micros(),
            appends_in_part: *appends_in_part,
            rule: rule.to_string(),
            known_throughput_bps: known_throughput.map(BitsPerSecond::get),
            audio_languages: audio_languages.clone(),
            text_languages: text_languages.clone(),
            shows_text: *shows_text,
        }
    }
}

impl TryFrom<Config> for PlayerConfig {
    type Error = RecordingError;

    fn try_from(wire: Config) -> Result<Self, RecordingError> {
        Ok(Self {
            buffer_goal: MediaDuration::from_micros(wire.buffer_goal_us),
            buffer_bytes: ByteCount::new(wire.buffer_bytes),
            back_buffer: MediaDuration::from_micros(wire.back_buffer_us),
            idle_timeout: Duration::from_nanos(wire.idle_timeout_ns),
            known_throughput: wire.known_throughput_bps.map(BitsPerSecond::new),
            start_throughput: BitsPerSecond::new(wire.start_throughput_bps),
            lan_throughput: BitsPerSecond::new(wire.lan_throughput_bps),
            lan_latency: Duration::from_nanos(wire.lan_latency_ns),
            home_latency: Duration::from_nanos(wire.home_latency_ns),
            decoded_ahead: MediaDuration::from_micros(wire.decoded_ahead_us),
            appends_in_part: wire.appends_in_part,
            rule: wire.rule.parse().map_err(|_| RecordingError::Unknown(format!("the rule {}", wire.rule)))?,
            audio_languages: wire.audio_languages,
            text_languages: wire.text_languages,
            shows_text: wire.shows_text,
        })
    }
}

impl From<&core::Input> for Input {
    fn from(input: &core::Input) -> Self {
        match input {
            core::Input::Command(command) => Self::from(command),
            core::Input::FirstByte { id, served, length } => {
                Self::FirstByte { id: id.0, encode_ns: nanos(served.encode), length: length.map(ByteCount::get) }
            }
            core::Input::Progress { id, bytes } => Self::Progress { id: id.0, bytes: bytes.get() },
            core::Input::Playlist { id, url, text } => {
                Self::Playlist { id: id.0, url: url.to_string(), text: text.clone() }
            }
            core::Input::Loaded { id, size } => Self::Loaded { id: id.0, size: size.get() },
            core::Input::Starts { id, at } => Self::Starts { id: id.0, at_us: at.map(MediaTime::as_micros) },
            core::Input::Codecs { id, codecs } => Self::Codecs { id: id.0, codecs: codecs.clone() },
            core::Input::LoadFailed { id, cause } => Self::LoadFailed { id: id.0, cause: cause.into() },
            core::Input::Appended { track } => Self::Appended { track: (*track).into() },
            core::Input::AppendFailed { track, cause } => {
                Self::AppendFailed { track: (*track).into(), cause: (*cause).into() }
            }
            core::Input::Evicted { track } => Self::Evicted { track: (*track).into() },
            core::Input::Playhead { at, video, audio, moving, dropped_frames } => Self::Playhead {
                at_us: at.as_micros(),
                video: spans(video),
                audio: spans(audio),
                moving: *moving,
                dropped_frames: *dropped_frames,
            },
            core::Input::FirstFrame => Self::FirstFrame,
            core::Input::PlayedOut => Self::PlayedOut,
            core::Input::DecodeFailed => Self::DecodeFailed,
            core::Input::PlayRefused => Self::PlayRefused,
            core::Input::Online => Self::Online,
            core::Input::Decodes { variant, ease } => Self::Decodes { variant: variant.0, ease: (*ease).into() },
            core::Input::Renewed { url } => Self::Renewed { url: url.as_ref().map(Url::to_string) },
            core::Input::Tick => Self::Tick,
        }
    }
}

impl From<&core::Command> for Input {
    fn from(command: &core::Command) -> Self {
        match command {
            core::Command::Open { url, start } => {
                Self::Open { url: url.to_string(), start_us: start.map(MediaTime::as_micros) }
            }
            core::Command::Seek(to) => Self::Seek { to_us: to.as_micros() },
            core::Command::SetPlaying(playing) => Self::SetPlaying(*playing),
            core::Command::LockVariant(variant) => Self::LockVariant(variant.map(|variant| variant.0)),
            core::Command::SelectAudio(audio) => Self::SelectAudio(audio.0),
            core::Command::SelectText(text) => Self::SelectText(text.map(|text| text.0)),
            core::Command::LimitResolution(limit) => {
                Self::LimitResolution(limit.map(|limit| (limit.width, limit.height)))
            }
            core::Command::LimitBandwidth { least, most } => Self::LimitBandwidth {
                least_bps: least.map(BitsPerSecond::get),
                most_bps: most.map(BitsPerSecond::get),
            },
            core::Command::SaveData(saves) => Self::SaveData(*saves),
            core::Command::SetVisible(visible) => Self::SetVisible(*visible),
            core::Command::SetStreaming(streaming) => Self::SetStreaming(*streaming),
            core::Command::FollowWith(url) => Self::FollowWith(url.as_ref().map(Url::to_string)),
            core::Command::Retry => Self::Retry,
            core::Command::SetSpeed(speed) => Self::SetSpeed { thousandths: speed.in_thousandths() },
        }
    }
}

impl TryFrom<Input> for core::Input {
    type Error = RecordingError;

    fn try_from(wire: Input) -> Result<Self, RecordingError> {
        use player_core::Command;
        let command = |command| Ok(Self::Command(command));
        Ok(match wire {
            Input::FirstByte { id, encode_ns, length } => {
                let served = ServerTiming { encode: Duration::from_nanos(encode_ns) };
                Self::FirstByte { id: RequestId(id), served, length: length.map(ByteCount::new) }
            }
            Input::Progress { id, bytes } => Self::Progress { id: RequestId(id), bytes: ByteCount::new(bytes) },
            Input::Playlist { id, url, text } => Self::Playlist { id: RequestId(id), url: address(url)?, text },
            Input::Loaded { id, size } => Self::Loaded { id: RequestId(id), size: ByteCount::new(size) },
            Input::Starts { id, at_us } => Self::Starts { id: RequestId(id), at: at_us.map(MediaTime::from_micros) },
            Input::Codecs { id, codecs } => Self::Codecs { id: RequestId(id), codecs },
            Input::LoadFailed { id, cause } => Self::LoadFailed { id: RequestId(id), cause: cause.into() },
            Input::Appended { track } => Self::Appended { track: track.into() },
            Input::AppendFailed { track, cause } => Self::AppendFailed { track: track.into(), cause: cause.into() },
            Input::Evicted { track } => Self::Evicted { track: track.into() },
            Input::Playhead { at_us, video, audio, moving, dropped_frames } => Self::Playhead {
                at: MediaTime::from_micros(at_us),
                video: ranges(&video),
                audio: ranges(&audio),
                moving,
                dropped_frames,
            },
            Input::FirstFrame => Self::FirstFrame,
            Input::PlayedOut => Self::PlayedOut,
            Input::DecodeFailed => Self::DecodeFailed,
            Input::PlayRefused => Self::PlayRefused,
            Input::Online => Self::Online,
            Input::Decodes { variant, ease } => Self::Decodes { variant: VariantId(variant), ease: ease.into() },
            Input::Renewed { url } => Self::Renewed { url: url.map(address).transpose()? },
            Input::Tick => Self::Tick,
            Input::Open { url, start_us } => {
                return command(Command::Open { url: address(url)?, start: start_us.map(MediaTime::from_micros) });
            }
            Input::Seek { to_us } => return command(Command::Seek(MediaTime::from_micros(to_us))),
            Input::SetPlaying(playing) => return command(Command::SetPlaying(playing)),
            Input::LockVariant(variant) => return command(Command::LockVariant(variant.map(VariantId))),
            Input::SelectAudio(audio) => return command(Command::SelectAudio(AudioId(audio))),
            Input::SelectText(text) => return command(Command::SelectText(text.map(TextId))),
            Input::LimitResolution(limit) => {
                let limit = limit.map(|(width, height)| Resolution { width, height });
                return command(Command::LimitResolution(limit));
            }
            Input::LimitBandwidth { least_bps, most_bps } => {
                let (least, most) = (least_bps.map(BitsPerSecond::new), most_bps.map(BitsPerSecond::new));
                return command(Command::LimitBandwidth { least, most });
            }
            Input::SaveData(saves) => return command(Command::SaveData(saves)),
            Input::SetVisible(visible) => return command(Command::SetVisible(visible)),
            Input::SetStreaming(streaming) => return command(Command::SetStreaming(streaming)),
            Input::FollowWith(url) => return command(Command::FollowWith(url.map(address).transpose()?)),
            Input::Retry => return command(Command::Retry),
            Input::SetSpeed { thousandths } => return command(Command::SetSpeed(Speed::thousandths(thousandths))),
        })
    }
}

fn address(url: String) -> Result<Url, RecordingError> {
    Url::parse(&url).map_err(|_| RecordingError::Unknown(format!("the address {url}")))
}

fn spans(ranges: &Ranges) -> Spans {
    ranges.iter().map(|range| (range.start().as_micros(), range.end().as_micros())).collect()
}

fn ranges(spans: &[(i64, i64)]) -> Ranges {
    let range = |&(start, end): &(i64, i64)| TimeRange::new(MediaTime::from_micros(start), MediaTime::from_micros(end));
    Ranges::new(spans.iter().filter_map(range).collect())
}

impl From<message::Track> for Track {
    fn from(track: message::Track) -> Self {
        match track {
            message::Track::Video => Self::Video,
            message::Track::Audio => Self::Audio,
        }
    }
}

impl From<Track> for message::Track {
    fn from(track: Track) -> Self {
        match track {
            Track::Video => Self::Video,
            Track::Audio => Self::Audio,
        }
    }
}

impl From<&message::LoadFailure> for LoadFailure {
    fn from(cause: &message::LoadFailure) -> Self {
        match cause {
            message::LoadFailure::Network => Self::Network,
            message::LoadFailure::TimedOut => Self::TimedOut,
            message::LoadFailure::Status { code, retry_after, problem } => Self::Status {
                code: *code,
                retry_after_ns: retry_after.map(nanos),
                problem: problem.as_ref().map(|problem| (problem.code.clone(), problem.detail.clone())),
            },
            message::LoadFailure::Corrupt => Self::Corrupt,
            message::LoadFailure::Refused(why) => Self::Refused(why.clone()),
        }
    }
}

impl From<LoadFailure> for message::LoadFailure {
    fn from(cause: LoadFailure) -> Self {
        match cause {
            LoadFailure::Network => Self::Network,
            LoadFailure::TimedOut => Self::TimedOut,
            LoadFailure::Status { code, retry_after_ns, problem } => Self::Status {
                code,
                retry_after: retry_after_ns.map(Duration::from_nanos),
                problem: problem.map(|(code, detail)| Problem { code, detail }),
            },
            LoadFailure::Corrupt => Self::Corrupt,
            LoadFailure::Refused(why) => Self::Refused(why),
        }
    }
}

impl From<message::Ease> for Ease {
    fn from(ease: message::Ease) -> Self {
        match ease {
            message::Ease::Never => Self::Never,
            message::Ease::Rough => Self::Rough,
            message::Ease::Smooth => Self::Smooth,
        }
    }
}

impl From<Ease> for message::Ease {
    fn from(ease: Ease) -> Self {
        match ease {
            Ease::Never => Self::Never,
            Ease::Rough => Self::Rough,
            Ease::Smooth => Self::Smooth,
        }
    }
}

impl From<message::AppendFailure> for AppendFailure {
    fn from(cause: message::AppendFailure) -> Self {
        match cause {
            message::AppendFailure::QuotaExceeded => Self::QuotaExceeded,
            message::AppendFailure::Rejected => Self::Rejected,
            message::AppendFailure::Unsupported => Self::Unsupported,
        }
    }
}

impl From<AppendFailure> for message::AppendFailure {
    fn from(cause: AppendFailure) -> Self {
        match cause {
            AppendFailure::QuotaExceeded => Self::QuotaExceeded,
            AppendFailure::Rejected => Self::Rejected,
            AppendFailure::Unsupported => Self::Unsupported,
        }
    }
}
