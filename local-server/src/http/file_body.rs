//! A piece of a file as the body of a reply.
//!
//! What is in the page cache goes out through [`wire`](super::wire) without being read. What is not is read in by a
//! thread for blocking work first, so that a slow disk delays the client that asked for it and nobody else.

use std::fs::File;
use std::future::Future as _;
use std::io::{self, IoSliceMut};
use std::ops::Range;
use std::os::unix::fs::FileExt as _;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use rustix::io::ReadWriteFlags;
use tokio::task::{JoinHandle, spawn_blocking};

use super::wire::{LONGEST, Spans};

/// Bytes that are read in at one time.
const READ: usize = 512 * 1024;

/// Sends a piece of a file. The size is exact: a file that turns out shorter ends the connection.
pub(super) struct FileBody {
    file: Arc<File>,
    left: Range<u64>,
    /// How to send without reading, if the connection can.
    spans: Option<Spans>,
    reading: Option<JoinHandle<io::Result<Bytes>>>,
}

impl FileBody {
    /// The bytes `piece` of `file`.
    pub(super) fn new(file: File, piece: Range<u64>, spans: Option<Spans>) -> Self {
        Self { file: Arc::new(file), left: piece, spans, reading: None }
    }

    fn next_size(&self, most: usize) -> usize {
        usize::try_from(self.left.end - self.left.start).unwrap_or(usize::MAX).min(most)
    }

    fn take(&mut self, bytes: Bytes) -> Frame<Bytes> {
        self.left.start += u64::try_from(bytes.len()).unwrap_or(u64::MAX);
        Frame::data(bytes)
    }
}

impl Body for FileBody {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        if self.left.is_empty() {
            return Poll::Ready(None);
        }
        if let Some(reading) = &mut self.reading {
            let read = ready!(Pin::new(reading).poll(context)).unwrap_or_else(|error| Err(io::Error::other(error)));
            self.reading = None;
            return Poll::Ready(Some(read.map(|bytes| self.take(bytes))));
        }
        let at = self.left.start;
        if let Some(spans) = &self.spans {
            let size = self.next_size(LONGEST);
            if is_cached(&self.file, at, size) {
                let bytes = spans.stand_in(&self.file, at, size);
                return Poll::Ready(Some(Ok(self.take(bytes))));
            }
        }
        let (file, size) = (Arc::clone(&self.file), self.next_size(READ));
        self.reading = Some(spawn_blocking(move || {
            let mut bytes = vec![0; size];
            file.read_exact_at(&mut bytes, at)?;
            Ok(bytes.into())
        }));
        self.poll_frame(context)
    }

    fn is_end_stream(&self) -> bool {
        self.left.is_empty()
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.left.end - self.left.start)
    }
}

/// Whether a piece can be read without waiting for the disk, judged by its ends: the system reads ahead in between.
fn is_cached(file: &File, at: u64, size: usize) -> bool {
    let last = at + u64::try_from(size).unwrap_or(u64::MAX).saturating_sub(1);
    [at, last].into_iter().all(|place| {
        let mut byte = [0];
        // An error means: not in memory, or a file system that cannot tell, which may be a slow one.
        rustix::io::preadv2(file, &mut [IoSliceMut::new(&mut byte)], place, ReadWriteFlags::NOWAIT).is_ok()
    })
}
