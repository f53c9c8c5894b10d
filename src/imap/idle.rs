//! IDLE by the runner: refused, unknown, ended by the server, cut, or simply full of news (RFC 2177).

use std::future::Future;
use std::pin::pin;

use async_imap::imap_proto::{Response, Status};
use tokio::time::Instant;

use super::fault::ImapError;
use super::frame::Bounds;
use super::refusal::Refusal;
use super::session::Session;
use super::wire::{Step, Wire};
use crate::limits;
use crate::net::Line;

const NAME: &str = "IDLE";

/// Why an IDLE ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Idle {
    /// More messages are there than when somebody last looked.
    News,
    /// The caller's stop came.
    Stopped,
    /// It stood long enough, or the server ended it: look, then idle again.
    Renew,
}

impl Session {
    /// Waits for new mail in the selected mailbox, for 5 minutes at most, or until `stop` is ready. Mail that came during any
    /// command since the mailbox was last looked at ([`Session::fresh`], [`Session::uids`]) ends it before it begins: between
    /// looking and idling nothing is missed. Changes of flags, and mail that leaves, do not end it.
    ///
    /// # Errors
    /// `Refused` where the server has no IDLE, refuses it, or ends it at once again and again; from then on [`Session::can`]
    /// denies it, and the caller polls with [`Session::noop`]. Those that `is_lost`.
    pub async fn idle(&mut self, stop: impl Future<Output = ()> + Send) -> Result<Idle, ImapError> {
        if !self.can(NAME) {
            return Err(ImapError::Refused { command: NAME, refusal: Refusal::of_text("it has no IDLE") });
        }
        if self.has_news() {
            return Ok(Idle::News);
        }
        let begun = Instant::now();
        let end = self.idle_once(stop).await?;
        match end {
            Ended::ByUs(idle) => {
                self.quick_idles = 0;
                return Ok(idle);
            }
            Ended::ByServer(Ok(())) if self.has_news() => return Ok(Idle::News),
            Ended::ByServer(Ok(())) if begun.elapsed() >= limits::doors::IMAP_QUICK_IDLE => {
                self.quick_idles = 0;
                return Ok(Idle::Renew);
            }
            Ended::ByServer(Ok(())) => {
                self.quick_idles = self.quick_idles.saturating_add(1);
                if self.quick_idles < limits::doors::IMAP_QUICK_IDLES {
                    return Ok(Idle::Renew);
                }
            }
            Ended::ByServer(Err(refusal)) => {
                self.can.disbelieve(NAME);
                return Err(ImapError::Refused { command: NAME, refusal });
            }
        }
        self.can.disbelieve(NAME);
        Err(ImapError::Refused { command: NAME, refusal: Refusal::of_text("it ends every IDLE at once") })
    }

    async fn idle_once(&mut self, stop: impl Future<Output = ()> + Send) -> Result<Ended, ImapError> {
        let patience = self.wire.patience;
        let wire = &mut self.wire;
        wire.begin(NAME, Bounds::default())?;
        let tag = wire.tag();
        let begin = tokio::time::timeout(patience.command, begin(wire, &tag)).await;
        if let Some(verdict) = wire.end(NAME, patience.command, begin)? {
            return Ok(Ended::ByServer(verdict));
        }
        wire.begin(NAME, Bounds::default())?;
        let until = Instant::now() + patience.idle;
        let waited = wait(wire, &tag, stop, until).await;
        let idle = match wire.end(NAME, patience.idle, Ok(waited))? {
            Ended::ByServer(verdict) => return Ok(Ended::ByServer(verdict)),
            Ended::ByUs(idle) => idle,
        };
        wire.begin(NAME, Bounds::default())?;
        let done = tokio::time::timeout(patience.done, finish(wire, &tag)).await;
        let verdict = wire.end(NAME, patience.done, done)?;
        // A refusal of DONE is odd, but the IDLE is over; news may have come with it.
        let _ = verdict;
        Ok(Ended::ByUs(if wire.heard.grown > 0 { Idle::News } else { idle }))
    }
}

enum Ended {
    ByUs(Idle),
    ByServer(Result<(), Refusal>),
}

/// Sends IDLE and waits for the continuation; `Some` is the server's verdict instead of it.
async fn begin(wire: &mut Wire<Line>, tag: &str) -> Result<Option<Result<(), Refusal>>, ImapError> {
    wire.send(NAME, format!("{tag} IDLE\r\n").as_bytes()).await?;
    loop {
        match wire.next(NAME, |response| Step::of(NAME, tag, response)).await?? {
            Step::Go => return Ok(None),
            Step::Done(verdict) => return Ok(Some(verdict)),
            Step::Data => {}
        }
    }
}

/// Reads until there is news, a stop, or the time is over. "* OK still here" does not make it longer: a server that only says
/// so may have stopped to push (Office 365). An untagged NO or BAD makes it shorter: after one, Dovecot 2.3 (2026) tells
/// nothing more of a mailbox whose index was lost, and only the next command finds out that the session is broken.
async fn wait(
    wire: &mut Wire<Line>,
    tag: &str,
    stop: impl Future<Output = ()> + Send,
    mut until: Instant,
) -> Result<Ended, ImapError> {
    let soon = Instant::now() + limits::doors::IMAP_QUICK_IDLE;
    let mut stop = pin!(stop);
    loop {
        if wire.heard.grown > 0 {
            return Ok(Ended::ByUs(Idle::News));
        }
        let mut complains = false;
        let read = wire.next(NAME, |response| {
            complains = matches!(response, Response::Data { status: Status::No | Status::Bad, .. });
            Step::of(NAME, tag, response)
        });
        let step = tokio::select! {
            biased;
            () = &mut stop => return Ok(Ended::ByUs(Idle::Stopped)),
            step = read => step??,
            () = tokio::time::sleep_until(until) => return Ok(Ended::ByUs(Idle::Renew)),
        };
        if let Step::Done(verdict) = step {
            return Ok(Ended::ByServer(verdict));
        }
        if complains {
            until = until.min(soon);
        }
    }
}

async fn finish(wire: &mut Wire<Line>, tag: &str) -> Result<Result<(), Refusal>, ImapError> {
    wire.send(NAME, b"DONE\r\n").await?;
    loop {
        if let Step::Done(verdict) = wire.next(NAME, |response| Step::of(NAME, tag, response)).await?? {
            return Ok(verdict);
        }
    }
}
