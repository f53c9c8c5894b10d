//! The stream between TLS and async-imap: counts and bounds what a server sends before any of it is parsed.

use std::fmt;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::frame::{Bounds, Frame, Trip};

/// How much is read from the stream at once.
const CHUNK: usize = 16 * 1024;

/// A stream that passes on only what [`Frame`] lets through. Once a bound is broken it stays an error.
pub struct Guard<S> {
    inner: S,
    frame: Frame,
    chunk: Box<[u8]>,
    /// What may be passed on, from `passed`.
    ready: Vec<u8>,
    passed: usize,
    tripped: Option<Trip>,
}

impl<S> Guard<S> {
    /// Guards a stream.
    pub fn new(inner: S) -> Self {
        let chunk = vec![0; CHUNK].into_boxed_slice();
        Self { inner, frame: Frame::default(), chunk, ready: Vec::new(), passed: 0, tripped: None }
    }

    /// Begins a new command with these bounds.
    pub fn allow(&mut self, bounds: Bounds) {
        self.frame.allow(bounds);
    }

    /// The bound that was broken, if one was.
    pub fn tripped(&self) -> Option<Trip> {
        self.tripped
    }

    /// See [`Frame::take_aside`].
    pub fn take_aside(&mut self) -> Vec<String> {
        self.frame.take_aside()
    }
}

/// Says nothing of what passes.
impl<S> fmt::Debug for Guard<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Guard").field("tripped", &self.tripped).finish_non_exhaustive()
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Guard<S> {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        loop {
            let waiting = this.ready.get(this.passed..).unwrap_or_default();
            if !waiting.is_empty() {
                let (now, _) = waiting.split_at(waiting.len().min(buf.remaining()));
                buf.put_slice(now);
                this.passed = this.passed.saturating_add(now.len());
                return Poll::Ready(Ok(()));
            }
            if let Some(trip) = this.tripped {
                return Poll::Ready(Err(io::Error::new(io::ErrorKind::InvalidData, trip)));
            }
            (this.passed, _) = (0, this.ready.clear());
            let mut chunk = ReadBuf::new(&mut this.chunk);
            ready!(Pin::new(&mut this.inner).poll_read(cx, &mut chunk))?;
            if chunk.filled().is_empty() {
                return Poll::Ready(Ok(()));
            }
            if let Err(trip) = this.frame.push(chunk.filled(), &mut this.ready) {
                // What came before in the same chunk is not passed on either: the connection is over.
                this.ready.clear();
                this.tripped = Some(trip);
            }
        }
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Guard<S> {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.get_mut().inner).poll_write(cx, buf)
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().inner).poll_flush(cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().inner).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    use super::super::frame::Trip;
    use super::Guard;

    async fn read(server: &[u8]) -> (std::io::Result<Vec<u8>>, Option<Trip>) {
        let (mut theirs, ours) = tokio::io::duplex(64);
        let server = server.to_vec();
        let write = tokio::spawn(async move {
            let _ = theirs.write_all(&server).await;
        });
        let mut guard = Guard::new(ours);
        let mut out = Vec::new();
        let end = guard.read_to_end(&mut out).await.map(|_| out);
        write.abort();
        (end, guard.tripped())
    }

    #[tokio::test]
    async fn passes_whole_lines_and_ends_where_the_server_ends() {
        let (out, trip) = read(b"* 1 EXISTS\r\n* 1 FETCH (BODY[] {3}\r\nabc)\r\n* half").await;
        assert_eq!((out.unwrap().as_slice(), trip), (&b"* 1 EXISTS\r\n* 1 FETCH (BODY[] {3}\r\nabc)\r\n"[..], None));
    }

    #[tokio::test]
    async fn stays_an_error() {
        let (out, trip) = read(b"* 1 FETCH (BODY[] {500000000}\r\nabc").await;
        assert!(out.is_err());
        assert_eq!(trip, Some(Trip::Literal(500_000_000)));
    }
}
