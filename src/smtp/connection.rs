//! A connection that sends letters stage by stage, over lettre, with a time limit for every reply.

use std::error::Error;
use std::fmt;
use std::future::Future;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use lettre::Address;
use lettre::transport::smtp::Error as LettreError;
use lettre::transport::smtp::client::AsyncSmtpConnection;
use lettre::transport::smtp::commands::{Data, Mail, Quit, Rcpt, Rset};
use lettre::transport::smtp::extension::{ClientId, MailBodyParameter, MailParameter};
use lettre::transport::smtp::response::Response;
use tokio::time::{sleep, timeout};

use super::fault::{Kind, SendError, Stage};
use super::login;
use super::meeting::{self, Met, Offer};
use super::parcel;
use super::patience::Patience;
use super::settings::Server;
use super::wire::{Dot, Foul};
use crate::limits;

/// A letter with its envelope.
#[derive(Clone, Copy)]
pub struct Parcel<'a> {
    /// The envelope sender: our own address of the configuration.
    pub from: &'a str,
    /// The one recipient, of the configuration.
    pub to: &'a str,
    /// The letter: CRLF at each line's end, no line over 998 octets, maybe with 8-bit octets.
    pub bytes: &'a [u8],
}

/// A server that takes letters. One that is dropped is closed without QUIT, which is right after every fault but a reply.
pub struct Connection {
    lettre: AsyncSmtpConnection,
    offer: Offer,
    patience: Patience,
    dot: Arc<Dot>,
    progress: Progress,
}

/// What the server thinks it is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Progress {
    /// No letter is in hand.
    Idle,
    /// A command is under way, or its reply was lost: nothing more can be said.
    Lost,
    /// A letter was refused before its end: RSET comes first.
    Refused,
    /// The 354 came for a letter of so many octets.
    Announced(usize),
}

impl Connection {
    /// Connects, verifies the server and logs in. `hello` is the name we give: a domain or an address; anything else is
    /// left out.
    ///
    /// # Errors
    /// At any stage up to `Auth`.
    pub async fn open(server: &Server, hello: &str) -> Result<Self, SendError> {
        Self::open_with(server, hello, Patience::default()).await
    }

    /// As `open`, with other time limits.
    ///
    /// # Errors
    /// As `open`.
    pub async fn open_with(server: &Server, hello: &str, patience: Patience) -> Result<Self, SendError> {
        let hello = meeting::hello(hello);
        let Met { wire, offer, .. } = login::enter(server, &hello, &patience).await?;
        let dot = wire.dot();
        let wire = wire.rehearse(format!("EHLO {hello}\r\n").len());
        // Nothing of this leaves the machine: greeting and EHLO are rehearsed, so it needs no time limit.
        let lettre = AsyncSmtpConnection::connect_with_transport(Box::new(wire), &ClientId::Domain(hello))
            .await
            .map_err(|fault| of_lettre(Stage::Hello, &fault))?;
        Ok(Self { lettre, offer, patience, dot, progress: Progress::Idle })
    }

    /// The largest letter that the server takes, in octets; `None` when it has not said so.
    pub fn size_limit(&self) -> Option<u64> {
        self.offer.size.filter(|&size| size > 0)
    }

    /// Whether the server takes 8-bit octets (8BITMIME).
    pub fn takes_8bit(&self) -> bool {
        self.offer.eight_bit
    }

    /// Whether another letter can be announced: after a success, or a refusal that was read. Otherwise drop it.
    pub fn is_usable(&self) -> bool {
        matches!(self.progress, Progress::Idle | Progress::Refused)
    }

    /// Says MAIL (with SIZE and BODY where the server knows them), RCPT and DATA, up to the 354.
    ///
    /// # Errors
    /// At `Mail`, `Rcpt`, `Data`. The server has not seen the letter then. `TooLarge` without asking when it has named a
    /// lower limit; `EightBit` without asking when it takes seven bits only; `Unsendable` without asking, see there.
    pub async fn announce(&mut self, parcel: Parcel<'_>) -> Result<(), SendError> {
        let from = parcel::address(Stage::Mail, parcel.from)?;
        let to = parcel::address(Stage::Rcpt, parcel.to)?;
        parcel::lines(parcel.bytes)?;
        let size = parcel.bytes.len();
        if !self.offer.eight_bit && !parcel.bytes.is_ascii() {
            let text = "it holds octets of eight bits, and the server takes seven (no 8BITMIME)";
            return Err(SendError::new(Stage::Mail, Kind::EightBit, text));
        }
        if self.size_limit().is_some_and(|limit| size as u64 > limit) {
            let text =
                format!("it has {size} octets, and the server's limit is {} (SIZE)", self.offer.size.unwrap_or(0));
            return Err(SendError::new(Stage::Mail, Kind::TooLarge, text));
        }
        match self.progress {
            Progress::Idle => {}
            Progress::Refused => {
                let reply = self.lettre.command(Rset);
                positive(Stage::Mail, within(Stage::Mail, self.patience.mail, reply).await)?;
            }
            Progress::Lost | Progress::Announced(_) => {
                return Err(SendError::new(
                    Stage::Mail,
                    Kind::Unreachable,
                    "the connection is in the midst of another letter",
                ));
            }
        }
        self.progress = Progress::Lost;
        self.dot.reset();
        let outcome = self.envelope(from, to, parcel.bytes).await;
        self.progress = after(&outcome, Progress::Announced(size));
        outcome
    }

    async fn envelope(&mut self, from: Address, to: Address, bytes: &[u8]) -> Result<(), SendError> {
        let mut parameters = Vec::new();
        if self.offer.size.is_some() {
            parameters.push(MailParameter::Size(bytes.len()));
        }
        if !bytes.is_ascii() {
            parameters.push(MailParameter::Body(MailBodyParameter::EightBitMime));
        }
        let mail = self.lettre.command(Mail::new(Some(from), parameters));
        positive(Stage::Mail, within(Stage::Mail, self.patience.mail, mail).await)?;
        let rcpt = self.lettre.command(Rcpt::new(to, Vec::new()));
        positive(Stage::Rcpt, within(Stage::Rcpt, self.patience.rcpt, rcpt).await)?;
        let data = self.lettre.command(Data);
        let reply = within(Stage::Data, self.patience.data, data).await?;
        match u16::from(reply.code()) {
            354 => Ok(()),
            code => Err(unexpected(Stage::Data, code)),
        }
    }

    /// Sends the letter that was announced, the final dot, and waits for the reply to it; write down before that the
    /// server may have the letter. `Ok`: the server has taken responsibility.
    ///
    /// # Errors
    /// At `EndOfData`. `Uncertain` when the dot had begun and no reply could be read; the server cannot have the letter
    /// otherwise.
    pub async fn deliver(&mut self, bytes: &[u8]) -> Result<(), SendError> {
        // lettre ends the letter with CRLF and dot, so its own last CRLF would make an empty line.
        let (Progress::Announced(size), Some(body)) = (self.progress, bytes.strip_suffix(b"\r\n")) else {
            return Err(SendError::new(Stage::EndOfData, Kind::Unsendable, "no letter was announced"));
        };
        if size != bytes.len() {
            return Err(SendError::new(Stage::EndOfData, Kind::Unsendable, "another letter was announced"));
        }
        self.progress = Progress::Lost;
        match self.data(body).await {
            Err(fault) if !self.dot.has_begun() => Err(self.last_words().await.unwrap_or(fault)),
            Err(fault) if fault.code.is_none() => Err(SendError { kind: Kind::Uncertain, ..fault }),
            outcome => {
                self.progress = after(&outcome, Progress::Idle);
                outcome
            }
        }
    }

    /// A server that refuses in the midst of a letter says why before it goes.
    async fn last_words(&mut self) -> Option<SendError> {
        let words = within(Stage::EndOfData, self.patience.quit, self.lettre.read_response());
        words.await.err().filter(|fault| fault.code.is_some())
    }

    async fn data(&mut self, body: &[u8]) -> Result<(), SendError> {
        let blocks = u32::try_from(body.len() / limits::doors::SMTP_BLOCK_BYTES + 1).unwrap_or(u32::MAX);
        let (dot, body_limit) = (Arc::clone(&self.dot), self.patience.block.saturating_mul(blocks));
        let message = self.lettre.message(body);
        tokio::pin!(message);
        let reply = tokio::select! {
            biased;
            reply = &mut message => reply.map_err(|fault| of_lettre(Stage::EndOfData, &fault))?,
            () = dot.begins() => within(Stage::EndOfData, self.patience.end_of_data, message).await?,
            () = sleep(body_limit) => return Err(SendError::of_stall(Stage::EndOfData, body_limit)),
        };
        positive(Stage::EndOfData, Ok(reply))
    }

    /// Says QUIT and waits a little for the reply, which changes nothing.
    pub async fn quit(mut self) {
        if self.is_usable() {
            // Refused, cut or late: every letter has had its own reply before.
            let _ = timeout(self.patience.quit, self.lettre.command(Quit)).await;
        }
    }
}

impl fmt::Debug for Connection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Connection")
            .field("offer", &self.offer)
            .field("progress", &self.progress)
            .finish_non_exhaustive()
    }
}

/// The next state: after a reply that refuses, the dialogue goes on, unless it was a 421, the server's farewell.
fn after(outcome: &Result<(), SendError>, success: Progress) -> Progress {
    match outcome {
        Ok(()) => success,
        Err(SendError { code: Some(code), .. }) if *code != 421 => Progress::Refused,
        Err(_) => Progress::Lost,
    }
}

async fn within(
    stage: Stage,
    limit: Duration,
    reply: impl Future<Output = Result<Response, LettreError>>,
) -> Result<Response, SendError> {
    match timeout(limit, reply).await {
        Ok(reply) => reply.map_err(|fault| of_lettre(stage, &fault)),
        Err(_) => Err(SendError::of_stall(stage, limit)),
    }
}

/// lettre takes 3yz for success everywhere: a 354 to the final dot would be a letter accepted.
fn positive(stage: Stage, reply: Result<Response, SendError>) -> Result<(), SendError> {
    match u16::from(reply?.code()) {
        200..=299 => Ok(()),
        code => Err(unexpected(stage, code)),
    }
}

fn unexpected(stage: Stage, code: u16) -> SendError {
    SendError::new(stage, Kind::Unreachable, format!("it answers {code}, which makes no sense here"))
}

/// The text of lettre's parse errors is what the server sent, so it is left out.
fn of_lettre(stage: Stage, fault: &LettreError) -> SendError {
    if let Some(code) = fault.status() {
        let text = fault.source().map(ToString::to_string).unwrap_or_default();
        return SendError::of_reply(stage, code.into(), &text);
    }
    if let Some(foul) = Foul::below(fault) {
        return meeting::of_io(stage, &io::Error::other(foul));
    }
    let text = if fault.is_response() { "its reply is not SMTP, or was cut short" } else { "the connection broke" };
    SendError::new(stage, Kind::Unreachable, text)
}
