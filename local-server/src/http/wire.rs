//! A connection that sends pieces of files without reading them: `sendfile` under hyper.
//!
//! hyper wants the bytes of a body. A [`FileBody`](super::file_body::FileBody) hands it slices of [`STAND_IN`] of the
//! right length instead and notes, in the connection's [`Spans`], which piece of which file they stand for. hyper does
//! not copy bodies when the connection takes vectored writes, so the same slices arrive here, are recognised by their
//! address, and the system copies from the page cache to the socket. Nothing of a film ever enters our memory: that is
//! what lets a small box serve many.

use std::collections::VecDeque;
use std::fs::File;
use std::io::{self, IoSlice};
use std::pin::Pin;
use std::sync::{Arc, LazyLock, Mutex, PoisonError};
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use rustix::net::SendFlags;
use tokio::io::{AsyncRead, AsyncWrite, Interest, ReadBuf};
use tokio::net::TcpStream;

/// The longest piece that one slice can stand for.
pub(super) const LONGEST: usize = 2 * 1024 * 1024;

/// Memory that is never read or written, and so never takes up any.
static STAND_IN: LazyLock<&'static [u8]> = LazyLock::new(|| Box::leak(vec![0; LONGEST].into_boxed_slice()));

/// A piece of a file that waits to be sent.
struct Span {
    file: Arc<File>,
    at: u64,
    left: usize,
}

/// The pieces that stand-in bytes of one connection stand for, in the order in which they are sent.
#[derive(Clone, Default)]
pub(crate) struct Spans(Arc<Mutex<VecDeque<Span>>>);

impl Spans {
    /// Bytes that stand for `size` bytes of `file` from `at` on. They must be given to the connection, and before any
    /// that are made later. `size` is at most [`LONGEST`].
    pub(super) fn stand_in(&self, file: &Arc<File>, at: u64, size: usize) -> Bytes {
        let bytes = Bytes::from_static(&STAND_IN[..size]);
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push_back(Span {
            file: Arc::clone(file),
            at,
            left: size,
        });
        bytes
    }

    /// Sends what it can, at most `size` bytes, of the first piece.
    fn send(&self, stream: &TcpStream, size: usize) -> io::Result<usize> {
        let mut spans = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let span = spans.front_mut().ok_or_else(|| io::Error::other("a stand-in stands for nothing"))?;
        let mut at = span.at;
        let sent = rustix::fs::sendfile(stream, &span.file, Some(&mut at), span.left.min(size))?;
        if sent == 0 {
            return Err(io::Error::new(io::ErrorKind::UnexpectedEof, "the file is shorter than it was"));
        }
        span.at = at;
        span.left -= sent;
        if span.left == 0 {
            spans.pop_front();
        }
        Ok(sent)
    }
}

impl std::fmt::Debug for Spans {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Spans")
    }
}

fn is_stand_in(slice: &[u8]) -> bool {
    STAND_IN.as_ptr_range().contains(&slice.as_ptr())
}

/// A TCP connection that knows its [`Spans`].
pub(super) struct Wire {
    stream: TcpStream,
    spans: Spans,
}

impl Wire {
    pub(super) fn new(stream: TcpStream, spans: Spans) -> Self {
        Self { stream, spans }
    }

    /// Tries `write` until it does not block.
    fn poll_try(&self, context: &mut Context<'_>, write: impl Fn() -> io::Result<usize>) -> Poll<io::Result<usize>> {
        loop {
            ready!(self.stream.poll_write_ready(context))?;
            match self.stream.try_io(Interest::WRITABLE, &write) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                done => return Poll::Ready(done),
            }
        }
    }
}

impl AsyncRead for Wire {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(context, buffer)
    }
}

impl AsyncWrite for Wire {
    fn poll_write(self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        self.poll_write_vectored(context, &[IoSlice::new(bytes)])
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let slices = &slices[slices.iter().take_while(|slice| slice.is_empty()).count()..];
        match slices {
            [] => Poll::Ready(Ok(0)),
            [stand_in, ..] if is_stand_in(stand_in) => {
                let size = stand_in.len();
                self.poll_try(context, || self.spans.send(&self.stream, size))
            }
            // The head of a reply and the file that follows leave in full packets.
            [head, stand_in, ..] if is_stand_in(stand_in) => self.poll_try(context, || {
                Ok(rustix::net::send(&self.stream, head, SendFlags::MORE | SendFlags::NOSIGNAL)?)
            }),
            _ => {
                let real = slices.iter().take_while(|slice| !is_stand_in(slice)).count();
                Pin::new(&mut self.stream).poll_write_vectored(context, &slices[..real])
            }
        }
    }

    fn is_write_vectored(&self) -> bool {
        true
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}
