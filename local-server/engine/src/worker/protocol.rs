//! What the server and a media worker say to each other over their socket: one job as a line of JSON with the file
//! beside it (SCM_RIGHTS), then length-framed messages back, and single bytes to hold it and let it go on. Pure apart from reading and writing a stream.

use std::io::{self, Read, Write};

use bytes::{Buf, BufMut, Bytes, BytesMut};
use serde::{Deserialize, Serialize};

/// The longest message either side takes. A second of the highest rung is under one megabyte.
pub(crate) const MAX_MESSAGE: usize = 32 << 20;

/// What the server says to a worker at its job: a byte at a time.
pub(crate) const HOLD: u8 = b'h';
/// See [`HOLD`].
pub(crate) const GO_ON: u8 = b'g';

/// The longest job line.
pub(crate) const MAX_JOB: usize = 16 << 10;

/// One job; a worker does one and ends.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Job {
    /// Encodes video segments from `first` on.
    Video(VideoJob),
    /// Encodes audio segments from `first` on.
    Audio(AudioJob),
    /// Encodes a few blank frames for the codec configuration alone; needs no file.
    VideoConfig(VideoSettings),
    /// Describes the file.
    Discover,
    /// Grabs a picture.
    Still(StillJob),
    /// Only loads GStreamer; needs no file.
    Nothing,
}

/// Which stream of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct StreamChoice {
    /// Number of the track in its container, where GStreamer and our own readers count alike.
    pub(crate) track: Option<u32>,
    /// Otherwise its place among the streams of its kind.
    pub(crate) place: u16,
}

/// Which segments a head makes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Run {
    /// The first segment it makes.
    pub(crate) first: u32,
    /// One past the last segment of the stream.
    pub(crate) end: u32,
    /// Length of a segment, nanoseconds.
    pub(crate) segment_ns: u64,
    /// Length of the presentation, nanoseconds; streams that end earlier are drawn out to it.
    pub(crate) duration_ns: u64,
}

/// See [`Job::Video`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct VideoJob {
    pub(crate) stream: StreamChoice,
    /// The presentation's zero on the container's own timeline, nanoseconds.
    pub(crate) origin_ns: i64,
    pub(crate) run: Run,
    pub(crate) settings: VideoSettings,
}

/// See [`crate::plan::VideoPlan`].
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub(crate) struct VideoSettings {
    pub(crate) width: u32,
    pub(crate) height: u32,
    pub(crate) rotation: u16,
    pub(crate) frames: u32,
    pub(crate) seconds: u32,
    pub(crate) level: u8,
    pub(crate) max_kbps: u32,
    pub(crate) buffer_ms: u32,
}

/// See [`Job::Audio`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct AudioJob {
    pub(crate) stream: StreamChoice,
    /// The presentation's zero on the container's own timeline, nanoseconds.
    pub(crate) origin_ns: i64,
    pub(crate) run: Run,
    pub(crate) sample_rate: u32,
    pub(crate) bitrate_bps: u32,
}

/// See [`Job::Still`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct StillJob {
    pub(crate) stream: StreamChoice,
    pub(crate) rotation: u16,
    /// Size of the picture, after rotation.
    pub(crate) width: u32,
    pub(crate) height: u32,
    pub(crate) duration_ns: u64,
}

/// What a worker sends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Message {
    /// Codec configuration of the units that follow: an AVCDecoderConfigurationRecord.
    Config(Bytes),
    /// One access unit, in decode order within its segment.
    Unit(Unit),
    /// A segment is complete.
    SegmentEnd {
        /// Which.
        segment: u32,
        /// Where the next one begins, ticks of the stream.
        end: i64,
    },
    /// What [`Job::Discover`] found.
    Found(Found),
    /// What [`Job::Still`] made: a JPEG file.
    Still(Bytes),
    /// The job is done.
    Done,
    /// The job cannot be done; the file is at fault, not the worker.
    Failed(String),
}

/// One access unit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Unit {
    /// The segment it belongs to.
    pub(crate) segment: u32,
    /// Presentation time, ticks of the stream (90 kHz for video, samples for audio).
    pub(crate) pts: i64,
    /// When the unit that is shown next begins, where that is known: with it a part of a segment can be sent.
    pub(crate) next: Option<i64>,
    /// Whether decoding can begin here.
    pub(crate) key: bool,
    /// The coded bytes.
    pub(crate) data: Bytes,
}

/// A file as the demuxer describes it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Found {
    /// Media type of the container, such as `video/mpegts`.
    pub(crate) container: String,
    /// The first frame or sample on the container's own timeline, nanoseconds: the presentation's zero.
    pub(crate) origin_ns: i64,
    /// Length of the presentation, nanoseconds.
    pub(crate) duration_ns: u64,
    /// Streams in the order of their numbers.
    pub(crate) streams: Vec<FoundStream>,
}

/// One stream of a [`Found`] file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct FoundStream {
    /// Media type, such as `video/mpeg`.
    pub(crate) media_type: String,
    /// `mpegversion` or `layer` and the like, which tell codecs of one media type apart.
    pub(crate) version: Option<i32>,
    pub(crate) layer: Option<i32>,
    pub(crate) language: Option<String>,
    pub(crate) title: Option<String>,
    pub(crate) bitrate: Option<u32>,
    pub(crate) video: Option<FoundVideo>,
    pub(crate) audio: Option<FoundAudio>,
}

/// The picture of a [`FoundStream`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct FoundVideo {
    pub(crate) width: u32,
    pub(crate) height: u32,
    pub(crate) pixel_aspect: (u32, u32),
    pub(crate) frame_rate: (u32, u32),
    pub(crate) interlaced: bool,
    pub(crate) rotation: u16,
    pub(crate) bit_depth: Option<u8>,
}

/// The sound of a [`FoundStream`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct FoundAudio {
    pub(crate) channels: u16,
    pub(crate) sample_rate: u32,
}

/// Bytes that are no message.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ProtocolError {
    #[error("a message of {0} bytes is too long")]
    TooLong(usize),
    #[error("a message of kind {0} is malformed")]
    Malformed(u8),
}

const CONFIG: u8 = 1;
const UNIT: u8 = 2;
const SEGMENT_END: u8 = 3;
const FOUND: u8 = 4;
const STILL: u8 = 5;
const DONE: u8 = 6;
const FAILED: u8 = 7;

/// Stands for a time that is not known.
const UNKNOWN: i64 = i64::MIN;

impl Message {
    /// The message with its length in front (four bytes, little endian, of what follows them).
    pub(crate) fn encode(&self) -> BytesMut {
        let mut frame = BytesMut::with_capacity(40 + self.payload_size());
        frame.put_u32_le(0);
        match self {
            Self::Config(config) => put(&mut frame, CONFIG, config),
            Self::Unit(unit) => {
                frame.put_u8(UNIT);
                frame.put_u32_le(unit.segment);
                frame.put_i64_le(unit.pts);
                frame.put_i64_le(unit.next.unwrap_or(UNKNOWN));
                frame.put_u8(u8::from(unit.key));
                frame.put_slice(&unit.data);
            }
            Self::SegmentEnd { segment, end } => {
                frame.put_u8(SEGMENT_END);
                frame.put_u32_le(*segment);
                frame.put_i64_le(*end);
            }
            Self::Found(found) => {
                put(&mut frame, FOUND, &serde_json::to_vec(found).expect("plain data always becomes JSON"));
            }
            Self::Still(jpeg) => put(&mut frame, STILL, jpeg),
            Self::Done => frame.put_u8(DONE),
            Self::Failed(reason) => put(&mut frame, FAILED, reason.as_bytes()),
        }
        let length = u32::try_from(frame.len() - 4).expect("media units are far below four gigabytes");
        frame[..4].copy_from_slice(&length.to_le_bytes());
        frame
    }

    /// Takes one message without its length.
    pub(crate) fn decode(mut frame: Bytes) -> Result<Self, ProtocolError> {
        let kind = frame.try_get_u8().map_err(|_| ProtocolError::Malformed(0))?;
        let malformed = |_| ProtocolError::Malformed(kind);
        Ok(match kind {
            CONFIG => Self::Config(frame),
            UNIT => {
                let segment = frame.try_get_u32_le().map_err(malformed)?;
                let pts = frame.try_get_i64_le().map_err(malformed)?;
                let next = Some(frame.try_get_i64_le().map_err(malformed)?).filter(|&next| next != UNKNOWN);
                let key = frame.try_get_u8().map_err(malformed)? != 0;
                Self::Unit(Unit { segment, pts, next, key, data: frame })
            }
            SEGMENT_END => {
                let segment = frame.try_get_u32_le().map_err(malformed)?;
                Self::SegmentEnd { segment, end: frame.try_get_i64_le().map_err(malformed)? }
            }
            FOUND => Self::Found(serde_json::from_slice(&frame).map_err(|_| ProtocolError::Malformed(kind))?),
            STILL => Self::Still(frame),
            DONE => Self::Done,
            FAILED => Self::Failed(String::from_utf8_lossy(&frame).into_owned()),
            _ => return Err(ProtocolError::Malformed(kind)),
        })
    }

    /// Writes the message in one go.
    pub(crate) fn write(&self, to: &mut impl Write) -> io::Result<()> {
        to.write_all(&self.encode())
    }

    fn payload_size(&self) -> usize {
        match self {
            Self::Config(bytes) | Self::Still(bytes) => bytes.len(),
            Self::Unit(unit) => unit.data.len(),
            Self::Failed(reason) => reason.len(),
            Self::SegmentEnd { .. } | Self::Found(_) | Self::Done => 0,
        }
    }
}

fn put(frame: &mut BytesMut, kind: u8, payload: &[u8]) {
    frame.put_u8(kind);
    frame.put_slice(payload);
}

/// The length that the four bytes in front of a message say.
pub(crate) fn message_length(prefix: [u8; 4]) -> Result<usize, ProtocolError> {
    let length = usize::try_from(u32::from_le_bytes(prefix)).unwrap_or(usize::MAX);
    if length > MAX_MESSAGE { Err(ProtocolError::TooLong(length)) } else { Ok(length) }
}

/// Reads the rest of a line, of which `line` is already there.
pub(crate) fn read_line(from: &mut impl Read, mut line: Vec<u8>) -> io::Result<Vec<u8>> {
    let mut byte = [0];
    while line.last() != Some(&b'\n') {
        if line.len() >= MAX_JOB || from.read(&mut byte)? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        line.push(byte[0]);
    }
    Ok(line)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn reads_back(message: &Message) {
        let mut frame = message.encode().freeze();
        let length = message_length(frame.split_to(4)[..].try_into().unwrap()).unwrap();
        assert_eq!(length, frame.len());
        assert_eq!(&Message::decode(frame).unwrap(), message);
    }

    #[test]
    fn every_kind_of_message_reads_back() {
        reads_back(&Message::Config(Bytes::from_static(&[1, 100, 0, 31])));
        for next in [None, Some(9)] {
            let data = Bytes::from_static(b"unit");
            reads_back(&Message::Unit(Unit { segment: 7, pts: -3, next, key: true, data }));
        }
        reads_back(&Message::SegmentEnd { segment: 7, end: i64::MAX });
        reads_back(&Message::Still(Bytes::from_static(b"jpeg")));
        reads_back(&Message::Done);
        reads_back(&Message::Failed("no decoder for \"x\"".to_owned()));
        let found = Found { container: "video/mpegts".to_owned(), origin_ns: -1, duration_ns: 5, streams: Vec::new() };
        reads_back(&Message::Found(found));
    }

    proptest! {
        #[test]
        fn no_bytes_panic(bytes in proptest::collection::vec(any::<u8>(), 0..64)) {
            let _ = Message::decode(Bytes::from(bytes));
        }
    }
}
