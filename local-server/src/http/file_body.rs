//! A piece of a file as the body of a reply.

use std::fs::File;
use std::future::Future as _;
use std::io;
use std::ops::Range;
use std::os::unix::fs::FileExt as _;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use tokio::task::{JoinHandle, spawn_blocking};

/// Bytes read at one time: large, because each read is a visit to another thread, and small enough for many at once.
const READ: u64 = 512 * 1024;

/// Sends a piece of a file. The size is exact: a file that turns out shorter ends the connection.
pub(super) struct FileBody {
    file: Arc<File>,
    left: Range<u64>,
    reading: Option<JoinHandle<io::Result<Bytes>>>,
}

impl FileBody {
    /// The bytes `piece` of `file`.
    pub(super) fn new(file: File, piece: Range<u64>) -> Self {
        Self { file: Arc::new(file), left: piece, reading: None }
    }
}

impl Body for FileBody {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        if self.left.is_empty() {
            return Poll::Ready(None);
        }
        let mut reading = self.reading.take().unwrap_or_else(|| {
            let file = Arc::clone(&self.file);
            let (at, size) = (self.left.start, READ.min(self.left.end - self.left.start));
            spawn_blocking(move || read(&file, at, size))
        });
        let Poll::Ready(read) = Pin::new(&mut reading).poll(context) else {
            self.reading = Some(reading);
            return Poll::Pending;
        };
        let read = read.unwrap_or_else(|error| Err(io::Error::other(error)));
        if let Ok(bytes) = &read {
            self.left.start += u64::try_from(bytes.len()).unwrap_or(u64::MAX);
        } else {
            self.left = 0..0;
        }
        Poll::Ready(Some(read.map(Frame::data)))
    }

    fn is_end_stream(&self) -> bool {
        self.left.is_empty()
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.left.end - self.left.start)
    }
}

fn read(file: &File, at: u64, size: u64) -> io::Result<Bytes> {
    let mut bytes = vec![0; usize::try_from(size).unwrap_or(usize::MAX)];
    file.read_exact_at(&mut bytes, at)?;
    Ok(bytes.into())
}
