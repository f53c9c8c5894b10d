//! The one runner of IMAP commands: sends, reads to the tagged line within a deadline, and says what it meant.

use std::time::Duration;

use async_imap::Client;
use async_imap::imap_proto::{MailboxDatum, Outcome, Response, ResponseCode, Status};
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt};
use tokio::time::error::Elapsed;
use zeroize::Zeroizing;

use super::capability::Capabilities;
use super::fault::ImapError;
use super::frame::Bounds;
use super::guard::Guard;
use super::refusal::{Refusal, clean};
use crate::limits;

/// How long a server is waited for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Patience {
    /// One command, its answer included.
    pub command: Duration,
    /// One IDLE.
    pub idle: Duration,
    /// The answer to DONE.
    pub done: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Self { command: limits::doors::IMAP_COMMAND, idle: limits::doors::IMAP_IDLE, done: limits::doors::IMAP_DONE }
    }
}

/// A command: its lines, each but the last ending in the announcement of a literal that the next one begins with.
pub struct Command {
    name: &'static str,
    pieces: Vec<Zeroizing<Vec<u8>>>,
    bounds: Bounds,
    more_time: Duration,
}

impl Command {
    /// A command of one line. `name` is what errors call it.
    pub fn new(name: &'static str, line: impl Into<Vec<u8>>) -> Self {
        let pieces = vec![Zeroizing::new(line.into())];
        Self { name, pieces, bounds: Bounds::default(), more_time: Duration::ZERO }
    }

    /// Whose answer has literals of up to so many octets.
    pub fn with_literals(mut self, octets: u32) -> Self {
        self.bounds = Bounds::for_literal(octets);
        self
    }

    /// Which may take so much longer than others.
    pub fn with_more_time(mut self, more_time: Duration) -> Self {
        self.more_time = more_time;
        self
    }

    /// Goes on with a synchronising literal (RFC 3501 section 4.3): the server can refuse before it has the bytes.
    pub fn then_literal(mut self, bytes: &[u8]) -> Self {
        if let Some(last) = self.pieces.last_mut() {
            last.extend_from_slice(format!("{{{}}}", bytes.len()).as_bytes());
        }
        self.pieces.push(Zeroizing::new(bytes.to_vec()));
        self
    }

    /// Goes on in the line.
    pub fn then(mut self, text: &str) -> Self {
        if let Some(last) = self.pieces.last_mut() {
            last.extend_from_slice(text.as_bytes());
        }
        self
    }
}

/// What the untagged lines of any command said.
#[derive(Debug, Default)]
pub struct Heard {
    /// The newest list of capabilities, wherever it stood.
    pub capabilities: Option<Capabilities>,
    /// The newest untagged NAMESPACE line.
    pub namespace: Option<String>,
    /// The newest untagged MYRIGHTS line.
    pub rights: Option<String>,
    /// The newest untagged QUOTA line.
    pub quota: Option<String>,
    /// Messages in the selected mailbox.
    pub exists: u32,
    /// How many messages have come since somebody last looked.
    pub grown: u32,
    /// The UIDVALIDITY of the selected mailbox; `None` where the server gave none.
    pub uid_validity: Option<u32>,
    /// Whether a SELECT is under way, which may give a new one.
    pub selecting: bool,
    /// What it said with BYE.
    pub farewell: Option<Refusal>,
    renumbered: bool,
}

/// A connection on which commands are run one after the other.
pub struct Wire<S: AsyncRead + AsyncWrite + Unpin + Send> {
    client: Client<Guard<S>>,
    tags: u32,
    /// Whether a command ended in the middle, by an error or because nobody waited for it any more.
    broken: bool,
    /// How long the server is waited for.
    pub patience: Patience,
    /// What it said beside its answers.
    pub heard: Heard,
}

impl<S: AsyncRead + AsyncWrite + Unpin + Send> Wire<S> {
    /// On a stream from which nothing has been read.
    pub fn new(stream: S, patience: Patience) -> Self {
        let client = Client::new(Guard::new(stream));
        Self { client, tags: 0, broken: false, patience, heard: Heard::default() }
    }

    /// Runs a command; `take` sees every response to it, the tagged one last. The inner error is the server's NO or BAD.
    ///
    /// # Errors
    /// Any that `is_lost`: the wire is then of no more use, and says so each time.
    pub async fn run(
        &mut self,
        command: Command,
        take: impl FnMut(&Response<'_>) + Send,
    ) -> Result<Result<(), Refusal>, ImapError> {
        let limit = self.patience.command.saturating_add(command.more_time);
        self.begin(command.name, command.bounds)?;
        let end = tokio::time::timeout(limit, self.converse(&command, take)).await;
        self.end(command.name, limit, end)
    }

    /// Like [`Self::run`], where a refusal is an error.
    ///
    /// # Errors
    /// As `run`, and `Refused`.
    pub async fn run_ok(&mut self, command: Command, take: impl FnMut(&Response<'_>) + Send) -> Result<(), ImapError> {
        let name = command.name;
        self.run(command, take).await?.map_err(|refusal| ImapError::Refused { command: name, refusal })
    }

    /// Begins a piece of conversation. Until [`Self::end`] the wire counts as broken: whoever stops waiting breaks it.
    ///
    /// # Errors
    /// `Lost` when it was broken before.
    pub fn begin(&mut self, command: &'static str, bounds: Bounds) -> Result<(), ImapError> {
        if self.broken {
            return Err(ImapError::Lost { command, cause: "an earlier command was broken off".to_owned() });
        }
        self.broken = true;
        self.client.get_mut().allow(bounds);
        Ok(())
    }

    /// Ends what [`Self::begin`] began: the wire is whole again unless the end is an error that `is_lost`.
    ///
    /// # Errors
    /// That of the conversation; `TimedOut`; `Renumbered`.
    pub fn end<T>(
        &mut self,
        command: &'static str,
        limit: Duration,
        end: Result<Result<T, ImapError>, Elapsed>,
    ) -> Result<T, ImapError> {
        let end = end.map_err(|_| ImapError::TimedOut { command, seconds: limit.as_secs() })?;
        if std::mem::take(&mut self.heard.renumbered) {
            return Err(ImapError::Renumbered);
        }
        self.broken = end.as_ref().is_err_and(ImapError::is_lost);
        end
    }

    async fn converse(
        &mut self,
        command: &Command,
        mut take: impl FnMut(&Response<'_>) + Send,
    ) -> Result<Result<(), Refusal>, ImapError> {
        let tag = self.tag();
        let last = command.pieces.len().saturating_sub(1);
        let mut start = format!("{tag} ");
        for (at, piece) in command.pieces.iter().enumerate() {
            // One buffer of the right size: one packet, and no copy of a password left behind by growing.
            let octets = start.len().saturating_add(piece.len()).saturating_add(2);
            let mut line = Zeroizing::new(Vec::with_capacity(octets));
            line.extend_from_slice(start.as_bytes());
            line.extend_from_slice(piece);
            line.extend_from_slice(b"\r\n");
            start.clear();
            self.send(command.name, &line).await?;
            loop {
                let step = self.next(command.name, |response| {
                    take(response);
                    Step::of(command.name, &tag, response)
                });
                match step.await?? {
                    Step::Go if at < last => break,
                    Step::Go => return Err(ImapError::Garbled { command: command.name }),
                    Step::Done(verdict) => return Ok(verdict),
                    Step::Data => {}
                }
            }
        }
        Err(ImapError::Garbled { command: command.name })
    }

    /// The tag of the next command.
    pub fn tag(&mut self) -> String {
        self.tags = self.tags.wrapping_add(1);
        format!("T{}", self.tags)
    }

    /// Sends bytes as they are, at once.
    ///
    /// # Errors
    /// `Lost`.
    pub async fn send(&mut self, command: &'static str, bytes: &[u8]) -> Result<(), ImapError> {
        let lost = |cause: std::io::Error| ImapError::Lost { command, cause: cause.kind().to_string() };
        let stream = self.client.get_mut();
        stream.write_all(bytes).await.map_err(lost)?;
        stream.flush().await.map_err(lost)
    }

    /// What `take` makes of the next response (async-imap's owned type has no public name). Loses nothing when it is
    /// dropped before the response is there.
    ///
    /// # Errors
    /// `Lost` at the end of the stream and on BYE; `Hostile`; `Garbled`.
    pub async fn next<T>(
        &mut self,
        command: &'static str,
        take: impl FnOnce(&Response<'_>) -> T + Send,
    ) -> Result<T, ImapError> {
        let read = self.client.read_response().await;
        for line in self.client.get_mut().take_aside() {
            let (first, rest) = line.get(2..).and_then(|line| line.split_once(' ')).unwrap_or_default();
            match first.to_ascii_uppercase().as_str() {
                "CAPABILITY" => self.heard.capabilities = Some(Capabilities::of_words(rest)),
                "MYRIGHTS" => self.heard.rights = Some(line),
                "QUOTA" => self.heard.quota = Some(line),
                _ => self.heard.namespace = Some(line),
            }
        }
        match read {
            Ok(Some(data)) => {
                self.heed(command, data.parsed())?;
                Ok(take(data.parsed()))
            }
            Ok(None) => Err(ImapError::Lost { command, cause: "the server closed the connection".to_owned() }),
            // An error's text may be the whole buffer, subject and addresses included: only its kind is kept.
            Err(error) => Err(match (self.client.get_ref().tripped(), error.kind()) {
                (Some(trip), _) => ImapError::Hostile { command, trip },
                (None, std::io::ErrorKind::Other) => ImapError::Garbled { command },
                (None, kind) => ImapError::Lost { command, cause: kind.to_string() },
            }),
        }
    }

    /// Remembers what concerns more than the command under way.
    fn heed(&mut self, command: &'static str, response: &Response<'_>) -> Result<(), ImapError> {
        match response {
            Response::MailboxData(MailboxDatum::Exists(count)) => {
                let more = count.saturating_sub(self.heard.exists);
                self.heard.grown = self.heard.grown.saturating_add(more);
                self.heard.exists = *count;
            }
            Response::Expunge(_) => self.heard.exists = self.heard.exists.saturating_sub(1),
            Response::Data { status: Status::Bye, outcome } => {
                let words = refusal(outcome);
                let cause = format!("the server said goodbye: {words}");
                self.heard.farewell = Some(words);
                return Err(ImapError::Lost { command, cause });
            }
            Response::Data { outcome, .. } | Response::Done { outcome, .. } => self.heed_code(outcome),
            _ => {}
        }
        Ok(())
    }

    fn heed_code(&mut self, outcome: &Outcome<'_>) {
        match &outcome.code {
            Some(ResponseCode::Capabilities(parsed)) => self.heard.capabilities = Some(Capabilities::of_parsed(parsed)),
            Some(ResponseCode::UidValidity(new)) => {
                self.heard.renumbered |= !self.heard.selecting && self.heard.uid_validity != Some(*new);
                self.heard.uid_validity = Some(*new);
            }
            Some(_) => {}
            // The parser takes a list without IMAP4rev1 for text.
            None => {
                let text = outcome.information.as_deref().unwrap_or_default();
                let words =
                    text.get(12..).filter(|_| text.get(..12).is_some_and(|s| s.eq_ignore_ascii_case("[CAPABILITY ")));
                if let Some((words, _)) = words.and_then(|words| words.split_once(']')) {
                    self.heard.capabilities = Some(Capabilities::of_words(words));
                }
            }
        }
    }

    /// Says goodbye at the level of the stream; what comes of it does not matter.
    pub async fn close(mut self) {
        let _ = tokio::time::timeout(limits::doors::IMAP_LOGOUT, self.client.get_mut().shutdown()).await;
    }
}

/// What a response is to the command under way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// The server waits for more.
    Go,
    /// The command is over; the error is the server's NO or BAD.
    Done(Result<(), Refusal>),
    /// Anything else.
    Data,
}

impl Step {
    /// Of the command with this tag.
    ///
    /// # Errors
    /// `Garbled` when it ends another command, or says neither OK, NO nor BAD; `Unavailable` when no command is taken.
    pub fn of(command: &'static str, tag: &str, response: &Response<'_>) -> Result<Self, ImapError> {
        match response {
            Response::Continue(_) => Ok(Self::Go),
            Response::Done { tag: theirs, status, outcome } if theirs.0 == tag => match status {
                Status::Ok => Ok(Self::Done(Ok(()))),
                Status::No => Ok(Self::Done(Err(refusal(outcome)))),
                Status::Bad => match (Refusal { bad: true, ..refusal(outcome) }) {
                    refusal if refusal.is_not_connected() => Err(ImapError::Unavailable(refusal)),
                    refusal => Ok(Self::Done(Err(refusal))),
                },
                Status::PreAuth | Status::Bye => Err(ImapError::Garbled { command }),
            },
            Response::Done { .. } => Err(ImapError::Garbled { command }),
            _ => Ok(Self::Data),
        }
    }
}

/// The refusal in an outcome: codes that the parser knows, and those that it leaves in the text.
fn refusal(outcome: &Outcome<'_>) -> Refusal {
    let text = outcome.information.as_deref().unwrap_or_default();
    match &outcome.code {
        None => Refusal::of_text(text),
        Some(ResponseCode::Alert) => Refusal::of_code("ALERT", text),
        Some(ResponseCode::TryCreate) => Refusal::of_code("TRYCREATE", text),
        Some(ResponseCode::Parse) => Refusal::of_code("PARSE", text),
        Some(ResponseCode::ReadOnly) => Refusal::of_code("READ-ONLY", text),
        // Codes that give no reason (CAPABILITY, UIDNEXT ...) beside a NO.
        Some(_) => Refusal { text: clean(text), ..Refusal::default() },
    }
}
