//! The stream below lettre: reply lines come out one by one, bounded and well formed; nothing arrives out of turn; and
//! it is known whether the final dot has begun.
//!
//! Why lettre 0.11.23 (July 2026) does not get the line itself: it reads a line without end into memory before it looks
//! at its length; it takes a reply that came before its command; it calls a bare `250`, a reply in Latin-1 and the codes
//! x6z to x9z garbage, which after the final dot would make a duplicate; and it does not say whether the dot was sent.

use std::fmt;
use std::future::{Future, poll_fn};
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use lettre::transport::smtp::client::AsyncTokioStream;
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt, ReadBuf};
use tokio::sync::Notify;
use tokio::time::{Sleep, sleep};
use zeroize::Zeroizing;

use crate::limits;
use crate::net::Line;

/// What lettre writes after the letter, in one piece. Dots are doubled in the letter, so this is nowhere else.
const DOT: &[u8] = b"\r\n.\r\n";

/// How a server breaks the rules of the dialogue, inside an `io::Error`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Foul {
    /// It replied to what had not been asked.
    #[error("it spoke out of turn")]
    OutOfTurn,
    /// Its line or reply has no end.
    #[error("its reply has no end")]
    Endless,
    /// It does not take what we send.
    #[error("it stopped taking the letter")]
    Stalled,
}

impl Foul {
    fn io(self) -> io::Error {
        io::Error::other(self)
    }

    /// The foul below an error of lettre's or of the wire, when it is one.
    pub fn below(fault: &(dyn std::error::Error + 'static)) -> Option<Self> {
        let mut next = Some(fault);
        while let Some(fault) = next {
            if let Some(io) = fault.downcast_ref::<io::Error>()
                && let Some(foul) = io.get_ref().and_then(|inner| inner.downcast_ref::<Self>())
            {
                return Some(*foul);
            }
            next = fault.source();
        }
        None
    }
}

/// Whether the final dot of a letter has begun to leave.
#[derive(Debug, Default)]
pub struct Dot {
    begun: AtomicBool,
    wake: Notify,
}

impl Dot {
    /// Whether it has.
    pub fn has_begun(&self) -> bool {
        self.begun.load(Ordering::Acquire)
    }

    /// Returns once it has.
    pub async fn begins(&self) {
        while !self.has_begun() {
            self.wake.notified().await;
        }
    }

    /// Before the next letter.
    pub fn reset(&self) {
        self.begun.store(false, Ordering::Release);
    }

    fn begin(&self) {
        self.begun.store(true, Ordering::Release);
        self.wake.notify_one();
    }
}

/// A whole reply.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reply {
    /// Its three digits, 200 to 599.
    pub code: u16,
    /// The text of its lines, one or more.
    pub lines: Vec<String>,
}

/// The line to the server.
pub struct Wire {
    line: Line,
    /// Read and not yet given on; at most a line and a chunk.
    unread: Vec<u8>,
    /// A clean line on its way to lettre, and how far it is.
    given: io::Cursor<Vec<u8>>,
    /// Lines of the reply in hand.
    lines: usize,
    /// How much of what lettre writes next has been said already.
    said: usize,
    /// Runs while a write waits.
    stall: Option<Pin<Box<Sleep>>>,
    block: Duration,
    dot: Arc<Dot>,
}

impl Wire {
    /// A wire over a fresh line; a write may wait for `block`.
    pub fn new(line: Line, block: Duration) -> Self {
        let given = io::Cursor::new(Vec::new());
        Self { line, unread: Vec::new(), given, lines: 0, said: 0, stall: None, block, dot: Arc::default() }
    }

    /// The line again, to put TLS on it; `None` when the server has said more than it was asked: what lies between its
    /// 220 and the handshake would count as said within TLS (CVE-2011-0411, CVE-2021-38371).
    pub fn into_line(self) -> Option<Line> {
        self.unread.is_empty().then_some(self.line)
    }

    /// Where it is told whether the dot has begun.
    pub fn dot(&self) -> Arc<Dot> {
        Arc::clone(&self.dot)
    }

    /// Sends one command, without its CRLF.
    ///
    /// # Errors
    /// `OutOfTurn`, or the network's.
    pub async fn say(&mut self, command: &str) -> io::Result<()> {
        // It may be a secret.
        let line = Zeroizing::new(format!("{command}\r\n"));
        self.write_all(line.as_bytes()).await?;
        self.flush().await
    }

    /// Reads one reply; all of its lines bear the same code.
    ///
    /// # Errors
    /// `UnexpectedEof`, `InvalidData` for what is no reply, `Endless`, or the network's.
    pub async fn reply(&mut self) -> io::Result<Reply> {
        let mut reply: Option<Reply> = None;
        loop {
            let line = poll_fn(|cx| self.poll_line(cx)).await?.ok_or(io::ErrorKind::UnexpectedEof)?;
            let (code, more, text) = split(&line).ok_or(io::ErrorKind::InvalidData)?;
            let all = reply.get_or_insert_with(|| Reply { code, lines: Vec::new() });
            if all.code != code {
                return Err(io::ErrorKind::InvalidData.into());
            }
            all.lines.push(text.to_owned());
            if !more && let Some(all) = reply.take() {
                return Ok(all);
            }
        }
    }

    /// Gives lettre what it waits for when it meets a server: greeting and EHLO are over, so it reads them from here, and
    /// its own EHLO, of `said` octets, is not sent. For its reply to be lost between two time limits is thus impossible.
    pub fn rehearse(mut self, said: usize) -> Self {
        self.given = io::Cursor::new(b"220 met\r\n250 met\r\n".to_vec());
        self.said = said;
        self
    }

    /// The next line, cleaned; `None` at the end of the stream.
    fn poll_line(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<Option<Vec<u8>>>> {
        loop {
            if let Some(end) = self.unread.iter().position(|&b| b == b'\n') {
                let rest = self.unread.split_off(end + 1);
                let line = std::mem::replace(&mut self.unread, rest);
                self.lines += 1;
                if self.lines > limits::doors::SMTP_REPLY_LINES {
                    return Poll::Ready(Err(Foul::Endless.io()));
                }
                return Poll::Ready(Ok(Some(clean(&line))));
            }
            if self.unread.len() > limits::doors::SMTP_REPLY_LINE_BYTES {
                return Poll::Ready(Err(Foul::Endless.io()));
            }
            let mut chunk = [0; 1024];
            let mut chunk = ReadBuf::new(&mut chunk);
            ready!(Pin::new(&mut self.line).poll_read(cx, &mut chunk))?;
            if chunk.filled().is_empty() {
                return Poll::Ready(Ok(None));
            }
            self.unread.extend_from_slice(chunk.filled());
        }
    }

    /// Before the dot leaves: a server that has gone, or has refused in the midst of the letter, does not get it. Without
    /// this look its reply would be missing after the dot, and the letter uncertain for nothing.
    fn last_look(&mut self, cx: &mut Context<'_>) -> io::Result<()> {
        let mut chunk = [0; 1024];
        let mut chunk = ReadBuf::new(&mut chunk);
        match Pin::new(&mut self.line).poll_read(cx, &mut chunk)? {
            Poll::Pending => Ok(()),
            Poll::Ready(()) if chunk.filled().is_empty() => Err(io::ErrorKind::UnexpectedEof.into()),
            Poll::Ready(()) => {
                self.unread.extend_from_slice(chunk.filled());
                Err(Foul::OutOfTurn.io())
            }
        }
    }

    /// Ends a write that has waited for too long; one that moves begins to wait anew.
    fn watch<T>(&mut self, cx: &mut Context<'_>, written: Poll<io::Result<T>>) -> Poll<io::Result<T>> {
        if written.is_ready() {
            self.stall = None;
            return written;
        }
        let stall = self.stall.get_or_insert_with(|| Box::pin(sleep(self.block)));
        ready!(stall.as_mut().poll(cx));
        self.stall = None;
        Poll::Ready(Err(Foul::Stalled.io()))
    }
}

/// Code, whether another line follows, and text of a cleaned line.
fn split(line: &[u8]) -> Option<(u16, bool, &str)> {
    let line = std::str::from_utf8(line).ok()?.trim_end_matches(['\r', '\n']);
    let (code, rest) = line.split_at_checked(3)?;
    let good = code.bytes().all(|b| b.is_ascii_digit());
    let code = code.parse().ok().filter(|code| good && (200..=599).contains(code))?;
    match rest.split_at_checked(1) {
        Some(("-", text)) => Some((code, true, text)),
        Some((" ", text)) => Some((code, false, text)),
        _ => None,
    }
}

/// A reply line as every client can read it: CRLF at its end, UTF-8 without controls, at most `SMTP_REPLY_TEXT_BYTES`; a
/// space after a bare code (RFC 5321 section 4.2: clients should take it); codes x6z to x9z, which are not in the
/// standard but are sent (571), as x50 with their own digits in the text: the first digit decides. What is no reply
/// stays none.
fn clean(line: &[u8]) -> Vec<u8> {
    let line = line.trim_ascii_end();
    let text = String::from_utf8_lossy(line.get(..limits::doors::SMTP_REPLY_TEXT_BYTES).unwrap_or(line));
    let mut text: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    let code: Vec<u8> = text.bytes().take(3).collect();
    if let [class @ b'2'..=b'5', category @ b'0'..=b'9', b'0'..=b'9'] = *code.as_slice() {
        if text.len() == 3 {
            text.push(' ');
        }
        if category > b'5'
            && let Some((digits, rest)) = text.split_at_checked(3)
        {
            let (mark, rest) = rest.split_at_checked(1).unwrap_or((" ", rest));
            text = format!("{}50{mark}{digits} {rest}", char::from(class));
        }
    }
    text.push_str("\r\n");
    text.into_bytes()
}

impl AsyncRead for Wire {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let wire = self.get_mut();
        if wire.given.position() >= wire.given.get_ref().len() as u64 {
            match ready!(wire.poll_line(cx))? {
                Some(line) => wire.given = io::Cursor::new(line),
                None => return Poll::Ready(Ok(())),
            }
        }
        Pin::new(&mut wire.given).poll_read(cx, buf)
    }
}

impl AsyncWrite for Wire {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        let wire = self.get_mut();
        if wire.said > 0 {
            let said = wire.said.min(buf.len());
            wire.said -= said;
            return Poll::Ready(Ok(said));
        }
        if !wire.unread.is_empty() {
            return Poll::Ready(Err(Foul::OutOfTurn.io()));
        }
        wire.lines = 0;
        if buf == DOT {
            wire.last_look(cx)?;
            wire.dot.begin();
        }
        let written = Pin::new(&mut wire.line).poll_write(cx, buf);
        wire.watch(cx, written)
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let wire = self.get_mut();
        let written = Pin::new(&mut wire.line).poll_flush(cx);
        wire.watch(cx, written)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().line).poll_shutdown(cx)
    }
}

impl AsyncTokioStream for Wire {
    fn peer_addr(&self) -> io::Result<SocketAddr> {
        self.line.tcp().peer_addr()
    }
}

impl fmt::Debug for Wire {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Wire").field("line", &self.line).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::{clean, split};

    fn check(line: &str, cleaned: &str) {
        assert_eq!(String::from_utf8_lossy(&clean(line.as_bytes())), cleaned);
    }

    #[test]
    fn replies_come_out_well_formed() {
        check("250 ok\r\n", "250 ok\r\n");
        check("250-more\r\n", "250-more\r\n");
        check("250\r\n", "250 \r\n");
        check("250 ok\n", "250 ok\r\n");
        check("571 no\r\n", "550 571 no\r\n");
        check("571-no\r\n", "550-571 no\r\n");
        check("571\r\n", "550 571 \r\n");
        check("250 a\0b\r\n", "250 a b\r\n");
        assert_eq!(clean(b"550 zu gro\xdf\r\n"), "550 zu gro\u{fffd}\r\n".as_bytes());
        assert!(clean(&[b'x'; 4000]).len() < 1000);
    }

    #[test]
    fn garbage_stays_garbage() {
        for line in ["banana", "", "25", "250", "250_ok", "1000 x", "199 x", "620 x", "+50 x", "é50 x"] {
            assert_eq!(split(line.as_bytes()), None, "{line}");
        }
        check("banana\r\n", "banana\r\n");
        check("HTTP/1.1 400 Bad Request\r\n", "HTTP/1.1 400 Bad Request\r\n");
        assert_eq!(split(b"250-x\r\n"), Some((250, true, "x")));
    }
}
