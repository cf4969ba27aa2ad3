//! The body of a reply on its way out: in turns of the link, with what is to go wrong with it.

use std::collections::BTreeSet;
use std::sync::Arc;

use axum::body::Body;
use bytes::{Bytes, BytesMut};
use futures_util::{Stream, StreamExt as _, stream};
use tokio::time::{Duration, sleep};

use crate::bucket::Bucket;
use crate::connection::Lifeline;
use crate::hash::stir;
use crate::note::Note;
use crate::payload::Payload;

/// Ten packets, with which connections begin (RFC 6928): a whole turn of a fast link would keep the first byte waiting.
const FIRST_TURN: usize = 10 * 1_460;

/// Why a body ended early.
#[derive(Debug, thiserror::Error)]
pub(crate) enum BodyError {
    /// A rule wanted it so.
    #[error("a fault of the scenario ended the reply")]
    Fault,
    /// The upstream's body failed.
    #[error(transparent)]
    Upstream(#[from] axum::Error),
}

/// Where bytes come from.
pub(crate) enum Source {
    /// Bytes of our own: what of them, from where to where.
    Own { payload: Payload, at: u64, end: u64 },
    /// Somebody else's.
    Theirs { stream: axum::body::BodyDataStream, rest: Bytes },
}

/// What is to go wrong, in bytes of this body.
#[derive(Debug, Default)]
pub(crate) struct Trouble {
    /// The connection is reset here.
    pub(crate) reset: Option<u64>,
    /// The connection is closed here.
    pub(crate) truncate: Option<u64>,
    /// Nothing moves here for a while.
    pub(crate) pause: Option<(u64, Duration)>,
    /// These bytes are others.
    pub(crate) corrupt: BTreeSet<u64>,
}

/// Places of bytes that are to be others, from a number.
pub(crate) fn corrupted(number: u64, count: u32, length: u64) -> BTreeSet<u64> {
    if length == 0 {
        return BTreeSet::new();
    }
    (0..u64::from(count)).map(|index| stir(number ^ stir(index)) % length).collect()
}

struct Passing {
    note: Note,
    bucket: Arc<Bucket>,
    source: Source,
    trouble: Trouble,
    line: Lifeline,
    sent: u64,
}

/// The body in turns of the link. The note goes with it, and is written when the last byte is out or the client is gone.
pub(crate) fn shaped(note: Note, bucket: Arc<Bucket>, source: Source, trouble: Trouble, line: Lifeline) -> Body {
    let start = Passing { note, bucket, source, trouble, line, sent: 0 };
    Body::from_stream(turns(start))
}

fn turns(start: Passing) -> impl Stream<Item = Result<Bytes, BodyError>> {
    stream::try_unfold(start, |mut passing| async move {
        let next = passing.next().await?;
        Ok(next.map(|bytes| (bytes, passing)))
    })
}

impl Passing {
    async fn next(&mut self) -> Result<Option<Bytes>, BodyError> {
        if let Some((at, length)) = self.trouble.pause
            && self.sent >= at
        {
            self.trouble.pause = None;
            sleep(length).await;
        }
        let (reset, truncate) = (self.trouble.reset, self.trouble.truncate);
        let here = |place: Option<u64>| place.is_some_and(|at| self.sent >= at);
        if here(reset) || here(truncate) {
            if self.sent > 0 {
                self.line.flushed().await;
            }
            if here(reset) {
                self.line.cut();
            }
            return Err(BodyError::Fault);
        }
        let waiting = self.source.waiting().await?;
        if waiting == 0 {
            self.note.end();
            return Ok(None);
        }
        // A turn ends where something is to go wrong.
        let places = [self.trouble.reset, self.trouble.truncate, self.trouble.pause.map(|(at, _)| at)];
        let next = places.into_iter().flatten().map(|at| at - self.sent).min().unwrap_or(u64::MAX);
        let most = if self.sent == 0 { FIRST_TURN } else { usize::MAX };
        let wanted = waiting.min(most).min(usize::try_from(next).unwrap_or(usize::MAX));
        let turn = self.bucket.take(wanted).await;
        let bytes = self.source.take(turn);
        let bytes = self.damaged(bytes);
        self.sent += bytes.len() as u64;
        self.note.sent(bytes.len() as u64);
        Ok(Some(bytes))
    }

    fn damaged(&self, bytes: Bytes) -> Bytes {
        let end = self.sent + bytes.len() as u64;
        let mut places = self.trouble.corrupt.range(self.sent..end).peekable();
        if places.peek().is_none() {
            return bytes;
        }
        let mut bytes = BytesMut::from(bytes);
        for place in places {
            let index = usize::try_from(place - self.sent).expect("inside of what is in memory");
            bytes[index] ^= 0xff;
        }
        bytes.freeze()
    }
}

impl Source {
    /// How many bytes can go out now; 0 at the end.
    async fn waiting(&mut self) -> Result<usize, axum::Error> {
        match self {
            Self::Own { at, end, .. } => Ok(usize::try_from(*end - *at).unwrap_or(usize::MAX)),
            Self::Theirs { stream, rest } => {
                while rest.is_empty() {
                    match stream.next().await {
                        Some(chunk) => *rest = chunk?,
                        None => return Ok(0),
                    }
                }
                Ok(rest.len())
            }
        }
    }

    fn take(&mut self, count: usize) -> Bytes {
        match self {
            Self::Own { payload, at, .. } => {
                let bytes = payload.read(*at, count);
                *at += bytes.len() as u64;
                bytes
            }
            Self::Theirs { rest, .. } => rest.split_to(count),
        }
    }
}
