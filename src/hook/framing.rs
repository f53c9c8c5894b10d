//! A connection whose requests are framed by one reader: what parses them gets exactly one head and its body at a time,
//! each in time.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Instant, Sleep};

use super::head::{self, Length, Unframed};
use crate::limits;

/// A connection.
#[derive(Debug)]
pub struct Framed<S> {
    stream: S,
    phase: Phase,
    /// What has been read and is framed: to be handed on.
    framed: Vec<u8>,
    /// What has been read beyond that.
    beyond: Vec<u8>,
    /// When what is under way must have come to its end.
    timer: Pin<Box<Sleep>>,
    fault: Option<Unframed>,
}

/// What is left on a connection on which nothing more is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rest {
    /// Nothing.
    Nothing,
    /// A part of a body, perhaps.
    Body,
    /// What could not be framed.
    Unframed(Unframed),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    /// A head is awaited, or comes.
    Head,
    /// So much of a body is still to come.
    Body(u64),
    /// A body in chunks: the last one on its connection.
    Chunks,
}

impl<S: AsyncRead + AsyncWrite + Unpin> Framed<S> {
    /// One on which the first request is awaited.
    pub fn new(stream: S) -> Self {
        let timer = Box::pin(tokio::time::sleep(limits::doors::HOOK_HEAD));
        Self { stream, phase: Phase::Head, framed: Vec::new(), beyond: Vec::new(), timer, fault: None }
    }

    /// The connection itself, and what is left on it.
    pub fn end(self) -> (S, Rest) {
        let rest = match (self.fault, self.phase) {
            (Some(fault), _) => Rest::Unframed(fault),
            (None, Phase::Body(1..) | Phase::Chunks) => Rest::Body,
            (None, Phase::Head | Phase::Body(0)) => Rest::Nothing,
        };
        (self.stream, rest)
    }

    fn give_time(&mut self, time: Duration) {
        self.timer.as_mut().reset(Instant::now() + time);
    }

    fn fail(&mut self, fault: Unframed) -> Poll<io::Result<()>> {
        self.fault = Some(fault);
        Poll::Ready(Err(io::ErrorKind::InvalidData.into()))
    }

    /// Frames the head, where it is there whole. Whether it is.
    fn frame_head(&mut self, looked_at: usize) -> Result<bool, Unframed> {
        // The empty line may lie across two pieces.
        let from = looked_at.saturating_sub(head::END.len() - 1);
        let new = self.beyond.get(from..).unwrap_or_default();
        let Some(end) = new.windows(head::END.len()).position(|four| four == head::END) else {
            return if self.beyond.len() > limits::doors::HOOK_HEAD_BYTES { Err(Unframed::TooLong) } else { Ok(false) };
        };
        let end = from + end;
        self.phase = match head::length(self.beyond.get(..end).unwrap_or_default())? {
            Length::Octets(octets) => Phase::Body(octets),
            Length::Chunked => Phase::Chunks,
        };
        let rest = self.beyond.split_off(end + head::END.len());
        self.framed = std::mem::replace(&mut self.beyond, rest);
        self.give_time(limits::doors::HOOK_REQUEST);
        Ok(true)
    }

    /// Reads a piece of a head. Nothing came: the connection has ended.
    fn read_head(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<usize>> {
        let mut piece = [0; limits::doors::HOOK_HEAD_PIECE];
        let mut piece = ReadBuf::new(&mut piece);
        ready!(Pin::new(&mut self.stream).poll_read(cx, &mut piece))?;
        if self.beyond.is_empty() && !piece.filled().is_empty() {
            self.give_time(limits::doors::HOOK_HEAD);
        }
        self.beyond.extend_from_slice(piece.filled());
        Poll::Ready(Ok(piece.filled().len()))
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncRead for Framed<S> {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, out: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        if this.timer.as_mut().poll(cx).is_ready() {
            return Poll::Ready(Err(io::ErrorKind::TimedOut.into()));
        }
        // What came with the request before may be a whole head.
        let mut looked_at = 0;
        loop {
            if !this.framed.is_empty() {
                hand_on(&mut this.framed, out, u64::MAX);
                return Poll::Ready(Ok(()));
            }
            match this.phase {
                Phase::Body(0) => this.phase = Phase::Head,
                Phase::Head => match this.frame_head(looked_at) {
                    Ok(true) => {}
                    Ok(false) => {
                        looked_at = this.beyond.len();
                        if ready!(this.read_head(cx))? == 0 {
                            return Poll::Ready(Ok(()));
                        }
                    }
                    Err(fault) => return this.fail(fault),
                },
                Phase::Body(left) if !this.beyond.is_empty() => {
                    this.phase = Phase::Body(left - hand_on(&mut this.beyond, out, left));
                    return Poll::Ready(Ok(()));
                }
                Phase::Body(left) => {
                    let mut piece = [0; limits::doors::HOOK_BODY_PIECE];
                    let most = usize::try_from(left).unwrap_or(usize::MAX).min(out.remaining()).min(piece.len());
                    let mut piece = ReadBuf::new(piece.get_mut(..most).unwrap_or_default());
                    ready!(Pin::new(&mut this.stream).poll_read(cx, &mut piece))?;
                    out.put_slice(piece.filled());
                    this.phase = Phase::Body(left - piece.filled().len() as u64);
                    return Poll::Ready(Ok(()));
                }
                Phase::Chunks if !this.beyond.is_empty() => {
                    hand_on(&mut this.beyond, out, u64::MAX);
                    return Poll::Ready(Ok(()));
                }
                Phase::Chunks => return Pin::new(&mut this.stream).poll_read(cx, out),
            }
        }
    }
}

/// Hands on what fits, at most so much; returns how much.
fn hand_on(from: &mut Vec<u8>, out: &mut ReadBuf<'_>, most: u64) -> u64 {
    let count = from.len().min(out.remaining()).min(usize::try_from(most).unwrap_or(usize::MAX));
    out.put_slice(from.get(..count).unwrap_or_default());
    from.drain(..count);
    count as u64
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncWrite for Framed<S> {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        if this.timer.as_mut().poll(cx).is_ready() {
            return Poll::Ready(Err(io::ErrorKind::TimedOut.into()));
        }
        let written = ready!(Pin::new(&mut this.stream).poll_write(cx, bytes))?;
        // Answered: the next request may take its time to begin.
        if matches!(this.phase, Phase::Head | Phase::Body(0)) && this.beyond.is_empty() {
            this.give_time(limits::doors::HOOK_IDLE);
        }
        Poll::Ready(Ok(written))
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_flush(cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_shutdown(cx)
    }
}
