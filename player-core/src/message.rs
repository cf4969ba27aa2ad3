//! The one boundary between the core and its drivers: closed enums in, closed enums out.

use std::time::Duration;

use media_model::{BitsPerSecond, ByteCount, MediaDuration, MediaTime, Ranges, Resolution, TimeRange};
use url::Url;

use crate::clock::{Now, Speed};
use crate::error::{Setback, Trouble};
use crate::qoe::Summary;

/// Names one load for as long as the player lives; never used twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RequestId(pub u64);

/// Which of the driver's buffers. Muxed variants use only `Video`; audio-only presentations use only `Audio`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Track {
    /// The buffer of the variant stream.
    Video,
    /// The buffer of a separate audio rendition, or of an audio-only variant.
    Audio,
}

/// Index of a variant stream in the multivariant playlist, counted after sorting by bandwidth, lowest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct VariantId(pub u32);

/// Names an audio rendition.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AudioId(pub u32);

/// Index of a text rendition (subtitles) in its group.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TextId(pub u32);

pub use media_model::hls::{ByteRange, FrameRate};

/// What the viewer or the page wants.
#[derive(Clone, Debug, PartialEq)]
pub enum Command {
    /// Loads a multivariant or media playlist and plays from `start` (the playlist's own start if absent). What was
    /// played before is dropped: the driver answers none of its appends and evictions any more.
    Open {
        /// Where the playlist is.
        url: Url,
        /// Where to begin.
        start: Option<MediaTime>,
    },
    /// The viewer moved the playhead; the driver has moved its media element already.
    Seek(MediaTime),
    /// The viewer pressed play (`true`) or pause. After [`Command::Open`] the core takes it that playing is wanted.
    SetPlaying(bool),
    /// Plays only this variant from the next segment on; `None` is automatic.
    LockVariant(Option<VariantId>),
    /// Changes to another audio rendition at the playhead.
    SelectAudio(AudioId),
    /// Shows this text rendition, or none: then only what everybody has to read stays (`FORCED` in the language that is
    /// heard), if there is such a rendition.
    SelectText(Option<TextId>),
    /// The viewer changed how fast it plays; the driver has set its media element already.
    SetSpeed(Speed),
    /// No variant larger than this is of use (the size of the picture on screen); `None` lifts the limit.
    LimitResolution(Option<Resolution>),
    /// The automatic choice stays between these values of `BANDWIDTH` where it can; absent, there is no bound.
    LimitBandwidth {
        /// At least.
        least: Option<BitsPerSecond>,
        /// At most.
        most: Option<BitsPerSecond>,
    },
    /// Bytes are dear to the viewer: a picture of no more than 480 lines, little ahead, nothing loaded twice.
    SaveData(bool),
    /// Whether somebody can see the picture: a tab in the background plays on, and needs no fine one.
    SetVisible(bool),
    /// Whether the browser wants media to be loaded now (`ManagedMediaSource.streaming`); if not, little is kept ahead, so that
    /// the device can let its radio rest. Until told otherwise, it does.
    SetStreaming(bool),
    /// Plays this after what plays now, without a gap if it can join; `None` takes that back. One at a time: the page names
    /// the one after it at [`Event::NextBegan`]. For a [`Sequence`](crate::Sequence); a [`Player`](crate::Player) alone
    /// plays one presentation, and takes no notice.
    FollowWith(Option<Url>),
    /// After `Event::Failed`: tries again where it stopped. If the media element itself had failed
    /// ([`Input::DecodeFailed`]), [`Output::Prepare`] comes again, and the driver makes a new media source.
    Retry,
}

/// Why a load ended without its bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LoadFailure {
    /// No answer: refused, reset, name not found, offline.
    Network,
    /// No byte for too long.
    TimedOut,
    /// An HTTP status outside 200-299, with what `Retry-After` asks for.
    Status {
        /// The status code.
        code: u16,
        /// `Retry-After`, if it was there.
        retry_after: Option<Duration>,
        /// `code` and `detail` of a problem document (RFC 9457), if the body was one.
        problem: Option<Problem>,
    },
    /// Fewer bytes than announced, or bytes that are not what they should be.
    Corrupt,
    /// The page, the browser or the device does not let the request be made, for this reason.
    Refused(String),
}

/// The part of a problem document (RFC 9457) that a person should see.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// Machine readable name.
    pub code: String,
    /// One sentence.
    pub detail: String,
}

/// Why a buffer refused bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AppendFailure {
    /// The buffer is full (QuotaExceededError).
    QuotaExceeded,
    /// The bytes could not be parsed or decoded.
    Rejected,
    /// The device cannot play this codec.
    Unsupported,
}

/// What the server says of its own work on a response (`Server-Timing: encode;dur=`); it is no property of the link.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ServerTiming {
    /// Time before the first byte that the server spent making the content.
    pub encode: Duration,
}

/// How well a device plays something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ease {
    /// Not at all.
    Never,
    /// Not fast enough: frames would be dropped.
    Rough,
    /// Well.
    Smooth,
}

/// A fact the driver reports.
#[derive(Clone, Debug, PartialEq)]
pub enum Input {
    /// See [`Command`].
    Command(Command),
    /// The first byte of the body of a load has arrived.
    FirstByte {
        /// Which load.
        id: RequestId,
        /// What the server said of its work.
        served: ServerTiming,
        /// How long the body will be, if the response says so (`Content-Length`) and means the bytes that are reported: not
        /// of a coded body, and not of a whole one where a stretch was asked for.
        length: Option<ByteCount>,
    },
    /// More of a body has arrived.
    Progress {
        /// Which load.
        id: RequestId,
        /// All bytes of it so far.
        bytes: ByteCount,
    },
    /// A load of [`LoadKind::Playlist`] is complete.
    Playlist {
        /// Which load.
        id: RequestId,
        /// Where it came from after redirects; relative URLs resolve against it.
        url: Url,
        /// The body.
        text: String,
    },
    /// A load of any other kind is complete; the driver keeps the bytes under `id`.
    Loaded {
        /// Which load.
        id: RequestId,
        /// How many bytes.
        size: ByteCount,
    },
    /// The answer to [`Output::AskStart`].
    Starts {
        /// Which load.
        id: RequestId,
        /// The earliest presentation time in it, before any offset; `None` if that cannot be read from what is there.
        at: Option<MediaTime>,
    },
    /// What the `stsd` of an init section (or of the first segment, if there is none) says. Only needed if the playlist
    /// gives no codecs, as a media playlist opened directly does; comes before [`Input::Loaded`] of the same load.
    Codecs {
        /// Which load.
        id: RequestId,
        /// As in `CODECS`, such as `avc1.640028,mp4a.40.2`.
        codecs: String,
    },
    /// A load failed.
    LoadFailed {
        /// Which load.
        id: RequestId,
        /// Why.
        cause: LoadFailure,
    },
    /// The buffer took the bytes of the last [`Output::Append`] of this track.
    Appended {
        /// Which buffer.
        track: Track,
    },
    /// The buffer refused the bytes of the last [`Output::Append`] of this track; or, with
    /// [`Unsupported`](AppendFailure::Unsupported), [`Output::Prepare`] could not make the buffer at all. Such a buffer gives no
    /// further answers: all are prepared anew.
    AppendFailed {
        /// Which buffer.
        track: Track,
        /// Why.
        cause: AppendFailure,
    },
    /// The last [`Output::Evict`] of this track is done.
    Evicted {
        /// Which buffer.
        track: Track,
    },
    /// Where playback stands. Sent about four times a second, and at once after a seek, a stall, an append or an evict.
    Playhead {
        /// Position of the media element.
        at: MediaTime,
        /// What the video buffer holds.
        video: Ranges,
        /// What the audio buffer holds.
        audio: Ranges,
        /// Whether frames are moving: not paused, not waiting, not seeking.
        moving: bool,
        /// Frames dropped since the beginning, if known.
        dropped_frames: Option<u64>,
    },
    /// The first frame is on screen.
    FirstFrame,
    /// The media element reached the end.
    PlayedOut,
    /// The decoder gave up (the media element's error event).
    DecodeFailed,
    /// The browser does not let the media element play, not even without sound, before the viewer does something. The
    /// next [`Command::SetPlaying`] is that something.
    PlayRefused,
    /// The device says that it has a network again.
    Online,
    /// How well the device plays a variant of [`Output::AskDecoder`]. Comes whenever it is known; what nothing is said of
    /// counts as [`Ease::Smooth`].
    Decodes {
        /// Which one.
        variant: VariantId,
        /// How well.
        ease: Ease,
    },
    /// The answer to [`Output::RenewAddress`].
    Renewed {
        /// Where the same presentation is now; `None` if the driver knows no better.
        url: Option<Url>,
    },
    /// Time passed; the answer to [`Step::wake_at`].
    Tick,
}

impl Input {
    /// The load that is over with this input.
    pub const fn ended(&self) -> Option<RequestId> {
        match self {
            Self::Playlist { id, .. } | Self::Loaded { id, .. } | Self::LoadFailed { id, .. } => Some(*id),
            Self::Command(_)
            | Self::FirstByte { .. }
            | Self::Progress { .. }
            | Self::Starts { .. }
            | Self::Codecs { .. }
            | Self::Appended { .. }
            | Self::AppendFailed { .. }
            | Self::Evicted { .. }
            | Self::Playhead { .. }
            | Self::FirstFrame
            | Self::PlayedOut
            | Self::DecodeFailed
            | Self::PlayRefused
            | Self::Online
            | Self::Decodes { .. }
            | Self::Renewed { .. }
            | Self::Tick => None,
        }
    }
}

/// What a load brings, and so which input answers it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LoadKind {
    /// Text, answered by [`Input::Playlist`].
    Playlist,
    /// An init section, answered by [`Input::Loaded`].
    Init,
    /// A media segment, answered by [`Input::Loaded`].
    Segment,
    /// A segment of text (WebVTT), answered by [`Input::Loaded`].
    Text,
    /// Bytes that only measure the link, answered by [`Input::Loaded`]; [`Output::Forget`] follows. No rule of ours asks
    /// for any: a policy that it is compared with does.
    Probe,
}

/// One buffer to create before the first append.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BufferSetup {
    /// Which buffer.
    pub track: Track,
    /// Type and codecs, such as `video/mp4; codecs="avc1.640028"`.
    pub mime: String,
}

/// A variant as a decoder has to know it.
#[derive(Clone, Debug, PartialEq)]
pub struct DecoderQuestion {
    /// Which one.
    pub variant: VariantId,
    /// Type and codec of its pictures, such as `video/mp4; codecs="avc1.640028"`.
    pub mime: String,
    /// Type and codec of its sound, such as `audio/mp4; codecs="ec-3"`, if the playlist names just one.
    pub sound: Option<String>,
    /// Size of its pictures.
    pub resolution: Resolution,
    /// `BANDWIDTH`.
    pub bandwidth: BitsPerSecond,
    /// Frames in 1,000 seconds; 30,000 if the playlist does not tell.
    pub frame_rate: FrameRate,
}

/// What a driver that [shows text](crate::PlayerConfig::shows_text) does about it. Nothing of it needs an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TextOrder {
    /// Removes all cues, and shows from now on those of this rendition, or none.
    Show(Option<TextInfo>),
    /// Adds the cues of a loaded segment; those that are there already (a cue may be in several segments) are the same.
    /// [`Output::Forget`] follows. A file that cannot be read adds nothing.
    Add {
        /// Whose bytes.
        id: RequestId,
        /// What is added to every timestamp of the media it goes with, µs.
        offset_us: i64,
        /// Where the segment begins.
        from: MediaTime,
    },
    /// Removes the cues that have ended before this position: a live stream has no way back to them.
    DropBefore(MediaTime),
}

/// Work for the driver.
#[derive(Clone, Debug, PartialEq)]
pub enum Output {
    /// Begins a load. At most a handful run at once; the core decides how many.
    Load {
        /// Name of the load.
        id: RequestId,
        /// What to fetch.
        url: Url,
        /// Which bytes of it; all if absent.
        range: Option<ByteRange>,
        /// What it brings.
        kind: LoadKind,
        /// Give up with [`LoadFailure::TimedOut`] when no byte came for this long.
        idle_timeout: Duration,
    },
    /// Ends a load that is not wanted any more; no input for it is expected, and late ones are ignored.
    Cancel(RequestId),
    /// Asks how well the device plays these variants; answered by [`Input::Decodes`], one each, as soon as it is known.
    /// Nothing waits for it, and a driver that cannot tell need not answer.
    AskDecoder(Vec<DecoderQuestion>),
    /// Creates the buffers. Comes before the first append; again only after [`Command::Open`], or when the decoder or the
    /// media element has failed: then everything starts anew with empty buffers and decoders, and what was asked of the
    /// old buffers needs no answer any more.
    Prepare {
        /// The buffers.
        buffers: Vec<BufferSetup>,
        /// Length of the presentation, if it is known.
        duration: Option<MediaDuration>,
    },
    /// Appends the bytes of a completed load; answered by [`Input::Appended`] or [`Input::AppendFailed`]. One at a time
    /// per track. The driver may forget the bytes of a segment afterwards, and keeps those of init sections until
    /// [`Output::Forget`].
    ///
    /// With [`PlayerConfig::appends_in_part`](crate::PlayerConfig::appends_in_part) it also comes for a segment that is
    /// still on its way, and means what has arrived and was not appended yet; after [`Input::Loaded`] it comes again for
    /// the rest, even if nothing is left. A segment that was appended in part and is given up leaves what is there;
    /// whatever is appended next is no continuation of it.
    Append {
        /// Which buffer.
        track: Track,
        /// Whose bytes.
        id: RequestId,
        /// Added to every timestamp in the bytes, µs (`timestampOffset`).
        offset_us: i64,
    },
    /// Asks when the media of a segment begin, by its own boxes; answered by [`Input::Starts`], at once. It comes for
    /// every segment that has an init section; with
    /// [`PlayerConfig::appends_in_part`](crate::PlayerConfig::appends_in_part) also for one that is still on its way.
    AskStart {
        /// Whose bytes.
        id: RequestId,
        /// Whose bytes are its init section, which is complete.
        init: RequestId,
    },
    /// The bytes of this load are not needed any more.
    Forget(RequestId),
    /// Removes a stretch from a buffer; answered by [`Input::Evicted`].
    Evict {
        /// Which buffer.
        track: Track,
        /// What to remove.
        range: TimeRange,
    },
    /// The next append of this track has another codec (`SourceBuffer.changeType`).
    ChangeType {
        /// Which buffer.
        track: Track,
        /// Type and codecs.
        mime: String,
    },
    /// Moves the playhead: to the start position, or over a hole in the buffer. It is no wish of the viewer, so no
    /// [`Command::Seek`] follows.
    MoveTo(MediaTime),
    /// Of what is live: from where to where the playhead can go by now (`MediaSource.setLiveSeekableRange`). Again when
    /// that has changed, and before the playhead is moved there.
    Seekable(TimeRange),
    /// The server refuses the addresses as one does whose signature has expired (401, 403, 410): asks for a fresh address
    /// of the presentation; answered by [`Input::Renewed`]. Nothing is loaded meanwhile, and what is buffered plays on.
    RenewAddress,
    /// Everything is appended (`MediaSource.endOfStream`). A later append revokes it.
    EndOfStream,
    /// See [`TextOrder`].
    Text(TextOrder),
    /// News for the page; see [`Event`].
    Event(Event),
}

/// One variant stream as a person may choose it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VariantInfo {
    /// Which one.
    pub id: VariantId,
    /// Picture size, if declared.
    pub resolution: Option<Resolution>,
    /// BANDWIDTH of the playlist.
    pub bandwidth: BitsPerSecond,
    /// NAME-like label for menus, such as `720p`.
    pub label: String,
}

/// One audio rendition as a person may choose it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AudioInfo {
    /// Which one.
    pub id: AudioId,
    /// NAME of the playlist.
    pub name: String,
    /// LANGUAGE of the playlist (BCP 47).
    pub language: Option<String>,
}

/// One text rendition (subtitles) as a person may choose it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TextInfo {
    /// Which one.
    pub id: TextId,
    /// NAME of the playlist.
    pub name: String,
    /// LANGUAGE of the playlist (BCP 47).
    pub language: Option<String>,
    /// FORCED of the playlist: only what everybody has to read. It is shown without being chosen, so it is no choice.
    pub forced: bool,
}

/// Why playback stands still.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StallCause {
    /// Bytes come too slowly.
    SlowLink,
    /// The server is still making what comes next, or asked to wait.
    SlowServer,
    /// The server cannot be reached.
    Offline,
    /// Media is there, but the decoder does not move.
    Decoder,
    /// A live stream's playlist names nothing that is not here, and is read again and again.
    NothingNew,
}

/// What became of the presentation, for the page.
#[derive(Clone, Debug, PartialEq)]
pub enum Event {
    /// The playlists are read; the choices are known. Again, when the sound that goes with them cannot be played: these are
    /// the choices then.
    Ready {
        /// Lowest first.
        variants: Vec<VariantInfo>,
        /// In playlist order; empty if audio is muxed or absent.
        audio: Vec<AudioInfo>,
        /// In playlist order; empty if there is none.
        text: Vec<TextInfo>,
        /// Length, if it has one.
        duration: Option<MediaDuration>,
    },
    /// From this position on, the buffer holds this variant.
    VariantChosen {
        /// Which one.
        variant: VariantId,
        /// First position of it.
        from: MediaTime,
    },
    /// This audio rendition is loaded from now on.
    AudioChosen(AudioId),
    /// This text rendition is shown from now on, or none.
    TextChosen(Option<TextId>),
    /// The throughput estimate changed.
    Throughput(BitsPerSecond),
    /// The first frame is on screen, this long after `Open`.
    Started {
        /// Startup time.
        after: Duration,
    },
    /// Frames move after a seek, or, in a pause, there is one to show.
    Sought {
        /// How long that took.
        after: Duration,
    },
    /// This variant is on screen from now on.
    Shown(VariantId),
    /// So many frames came too late to be shown so far. At most every few seconds.
    Dropped(u64),
    /// Bytes that were loaded, and thrown away.
    Wasted(ByteCount),
    /// The buffer ran dry while playing (not after a seek).
    Stalled(StallCause),
    /// Playback goes on after a stall.
    Resumed {
        /// How long nothing moved.
        after: Duration,
    },
    /// Something went wrong, and the player did something about it.
    Degraded(Setback),
    /// The end was reached; [`Player::summary`](crate::Player::summary) says what it was like.
    Ended,
    /// The presentation that a [`Sequence`](crate::Sequence) was to play next has taken over; what is told from now on is
    /// of it.
    NextBegan {
        /// What the one before was like.
        before: Box<Summary>,
    },
    /// Nothing the player can do helps.
    Failed(Trouble),
    /// After it failed, it tries again: somebody asked for it, or the network that was missing is back.
    TriesAgain,
}

/// Everything there is to do after one input.
#[must_use]
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Step {
    /// In this order.
    pub outputs: Vec<Output>,
    /// Call again with [`Input::Tick`] at this time if nothing else happens before.
    pub wake_at: Option<Now>,
}
