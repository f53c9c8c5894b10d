//! An SMTP server in this process: keeps what it gets in memory, and fails where it is told to.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard};
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncWrite, AsyncWriteExt, BufReader, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Notify;
use tokio_rustls::TlsAcceptor;

/// Where in the dialogue the server stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    Greeting,
    Hello,
    StartTls,
    Auth,
    Mail,
    Rcpt,
    Data,
    /// After the 354, before the letter was read.
    Body,
    EndOfData,
    Quit,
}

/// What the server does instead of what it should.
#[derive(Clone, Debug)]
pub enum Fault {
    /// Says this, without CRLF, and goes on.
    Reply(String),
    /// Says exactly these bytes and goes on.
    Raw(Vec<u8>),
    /// Closes the connection.
    Cut,
    /// Says nothing more, and reads nothing more.
    Stall,
    /// Does the right thing once the test calls `release`.
    Late,
}

/// A letter that the server took responsibility for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Received {
    /// What stood in MAIL, with its parameters.
    pub mail: String,
    /// What stood in RCPT.
    pub rcpt: String,
    /// The letter, its dots undone, each line with its CRLF.
    pub bytes: Vec<u8>,
}

/// How the server is set up; the default is plaintext with everything offered.
#[derive(Clone)]
pub struct Setup {
    /// TLS, for `implicit` or STARTTLS.
    pub tls: Option<TlsAcceptor>,
    /// TLS from the first byte.
    pub implicit: bool,
    /// The lines of the reply to EHLO after the first.
    pub offer: Vec<&'static str>,
    /// User name and password that AUTH takes.
    pub login: (&'static str, &'static str),
}

impl Default for Setup {
    fn default() -> Self {
        let offer = vec!["PIPELINING", "SIZE 1000000", "8BITMIME"];
        Self { tls: None, implicit: false, offer, login: ("ada", "secret-of-ada") }
    }
}

/// A running server; it ends with the test's runtime.
pub struct SmtpServer {
    /// Where it listens, on 127.0.0.1.
    pub port: u16,
    shared: Arc<Shared>,
}

struct Shared {
    port: u16,
    setup: Setup,
    state: Mutex<State>,
    arrived: Notify,
    released: Notify,
}

#[derive(Default)]
struct State {
    faults: Vec<(Step, Fault, usize)>,
    refused: Vec<(String, String)>,
    limited: Vec<(String, usize)>,
    letters: Vec<Received>,
    heard: Vec<String>,
    raw: Vec<u8>,
    bare: bool,
    connections: usize,
}

impl SmtpServer {
    /// Starts it on a free port.
    pub async fn start(setup: Setup) -> Self {
        Self::start_at(0, setup).await
    }

    /// Starts it on this port of 127.0.0.1.
    pub async fn start_at(port: u16, setup: Setup) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", port)).await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let (arrived, released) = (Notify::new(), Notify::new());
        let shared = Arc::new(Shared { port, setup, state: Mutex::default(), arrived, released });
        let server = Self { port, shared: Arc::clone(&shared) };
        tokio::spawn(async move {
            while let Ok((tcp, _)) = listener.accept().await {
                shared.state().connections += 1;
                let shared = Arc::clone(&shared);
                tokio::spawn(async move {
                    // A client that goes away is part of many tests.
                    let _ = serve(tcp, &shared).await;
                });
            }
        });
        server
    }

    /// Does this, so many times, when it comes to this step.
    pub fn fault(&self, step: Step, fault: Fault, times: usize) {
        self.shared.state().faults.push((step, fault, times));
    }

    /// Answers so to RCPT with this address, always.
    pub fn refuse_recipient(&self, address: &str, reply: &str) {
        self.shared.state().refused.push((address.to_owned(), reply.to_owned()));
    }

    /// Finds letters to this address that have more octets too large, once it has seen them.
    pub fn limit_recipient(&self, address: &str, octets: usize) {
        self.shared.state().limited.push((address.to_owned(), octets));
    }

    /// Forgets all faults, letters and lines.
    pub fn reset(&self) {
        *self.shared.state() = State::default();
    }

    /// The letters it has taken.
    pub fn letters(&self) -> Vec<Received> {
        self.shared.state().letters.clone()
    }

    /// The command lines it has read, without CRLF, TLS taken off.
    pub fn heard(&self) -> Vec<String> {
        self.shared.state().heard.clone()
    }

    /// Every byte that came over TCP, as it came.
    pub fn raw(&self) -> Vec<u8> {
        self.shared.state().raw.clone()
    }

    /// Whether a line ever ended with anything but CRLF.
    pub fn heard_bare_line_end(&self) -> bool {
        self.shared.state().bare
    }

    /// How many connections were made.
    pub fn connections(&self) -> usize {
        self.shared.state().connections
    }

    /// How many faults are still to come.
    pub fn faults_to_come(&self) -> usize {
        self.shared.state().faults.iter().map(|(_, _, times)| times).sum()
    }

    /// Returns when the server has come to a `Late` step.
    pub async fn is_late(&self) {
        self.shared.arrived.notified().await;
    }

    /// Lets a `Late` step go on.
    pub fn release(&self) {
        self.shared.released.notify_one();
    }
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }

    /// Whether the reply to STARTTLS will be a 220 with something behind it: TLS comes after it all the same.
    fn injects(&self) -> bool {
        self.state().faults.iter().any(|(step, fault, times)| {
            let injects = matches!(fault, Fault::Raw(bytes) if bytes.starts_with(b"220 "));
            *step == Step::StartTls && *times > 0 && injects
        })
    }

    fn refuses(&self, rcpt: &str) -> Option<String> {
        let state = self.state();
        state.refused.iter().find(|(address, _)| rcpt.contains(address.as_str())).map(|(_, reply)| reply.clone())
    }

    fn is_too_large(&self, letter: &Received) -> bool {
        let state = self.state();
        let mut limits = state.limited.iter();
        limits.any(|(address, octets)| letter.rcpt.contains(address.as_str()) && letter.bytes.len() > *octets)
    }

    fn take_fault(&self, step: Step) -> Option<Fault> {
        let mut state = self.state();
        let (_, fault, times) = state.faults.iter_mut().find(|(at, _, times)| *at == step && *times > 0)?;
        *times -= 1;
        Some(fault.clone())
    }
}

/// The end of a session.
struct Over;

impl From<std::io::Error> for Over {
    fn from(_: std::io::Error) -> Self {
        Self
    }
}

enum Ended {
    Quit,
    StartTls,
}

trait Stream: AsyncRead + AsyncWrite + Unpin + Send {}
impl<T: AsyncRead + AsyncWrite + Unpin + Send> Stream for T {}

async fn serve(tcp: TcpStream, shared: &Arc<Shared>) -> Result<(), Over> {
    tcp.set_nodelay(true)?;
    let tap = Tap { tcp, shared: Arc::clone(shared) };
    if let (Some(tls), true) = (&shared.setup.tls, shared.setup.implicit) {
        let mut session = Session::new(tls.accept(tap).await?, shared);
        session.greet().await?;
        session.run().await?;
        return Ok(());
    }
    let mut session = Session::new(tap, shared);
    session.greet().await?;
    if let (Ended::StartTls, Some(tls)) = (session.run().await?, &shared.setup.tls) {
        let tap = session.stream.into_inner();
        let mut session = Session::new(tls.accept(tap).await?, shared);
        session.run().await?;
    }
    Ok(())
}

struct Session<'a, S> {
    port: u16,
    stream: BufReader<S>,
    shared: &'a Shared,
    mail: Option<String>,
    rcpt: Option<String>,
}

impl<'a, S: Stream> Session<'a, S> {
    fn new(stream: S, shared: &'a Shared) -> Self {
        let port = shared.port;
        Self { port, stream: BufReader::new(stream), shared, mail: None, rcpt: None }
    }

    async fn say(&mut self, reply: &str) -> Result<(), Over> {
        self.say_raw(format!("{reply}\r\n").as_bytes()).await
    }

    async fn say_raw(&mut self, bytes: &[u8]) -> Result<(), Over> {
        self.stream.write_all(bytes).await?;
        Ok(self.stream.flush().await?)
    }

    /// Fails as scripted: `true` when the step was answered by that.
    async fn fails(&mut self, step: Step) -> Result<bool, Over> {
        match self.shared.take_fault(step) {
            None => return Ok(false),
            Some(Fault::Reply(reply)) => self.say(&reply).await?,
            Some(Fault::Raw(bytes)) => self.say_raw(&bytes).await?,
            Some(Fault::Cut) => {
                let _ = self.stream.shutdown().await;
                return Err(Over);
            }
            Some(Fault::Stall) => std::future::pending().await,
            Some(Fault::Late) => {
                self.shared.arrived.notify_one();
                self.shared.released.notified().await;
                return Ok(false);
            }
        }
        Ok(true)
    }

    async fn answer(&mut self, step: Step, reply: &str) -> Result<(), Over> {
        if self.fails(step).await? { Ok(()) } else { self.say(reply).await }
    }

    async fn line(&mut self) -> Result<Vec<u8>, Over> {
        let mut line = Vec::new();
        if self.stream.read_until(b'\n', &mut line).await? == 0 {
            return Err(Over);
        }
        if !line.ends_with(b"\r\n") || line.iter().filter(|&&b| b == b'\r').count() > 1 {
            self.shared.state().bare = true;
        }
        Ok(line)
    }

    async fn command(&mut self) -> Result<String, Over> {
        let line = String::from_utf8_lossy(&self.line().await?).trim_end().to_owned();
        self.shared.state().heard.push(line.clone());
        Ok(line)
    }

    async fn greet(&mut self) -> Result<(), Over> {
        self.answer(Step::Greeting, "220 rig ESMTP").await
    }

    async fn run(&mut self) -> Result<Ended, Over> {
        loop {
            let line = self.command().await?;
            let (verb, rest) = line.split_once(' ').unwrap_or((&line, ""));
            match verb.to_ascii_uppercase().as_str() {
                "EHLO" => self.hello().await?,
                "STARTTLS" => {
                    let goes_on = self.shared.injects();
                    if !self.fails(Step::StartTls).await? {
                        self.say("220 2.0.0 go on").await?;
                        return Ok(Ended::StartTls);
                    }
                    if goes_on {
                        return Ok(Ended::StartTls);
                    }
                }
                "AUTH" => self.auth(rest).await?,
                "MAIL" if self.mail.is_none() => {
                    if !self.fails(Step::Mail).await? {
                        self.mail = Some(rest.to_owned());
                        self.say("250 2.1.0 ok").await?;
                    }
                }
                "RCPT" if self.mail.is_some() => {
                    let refused = self.shared.refuses(rest);
                    if let Some(reply) = refused {
                        self.say(&reply).await?;
                    } else if !self.fails(Step::Rcpt).await? {
                        self.rcpt = Some(rest.to_owned());
                        self.say("250 2.1.5 ok").await?;
                    }
                }
                "DATA" if self.rcpt.is_some() => self.data().await?,
                "RSET" => {
                    (self.mail, self.rcpt) = (None, None);
                    self.say("250 2.0.0 ok").await?;
                }
                "QUIT" => {
                    self.answer(Step::Quit, "221 2.0.0 bye").await?;
                    return Ok(Ended::Quit);
                }
                _ => self.say("503 5.5.1 bad sequence of commands").await?,
            }
        }
    }

    async fn hello(&mut self) -> Result<(), Over> {
        if self.fails(Step::Hello).await? {
            return Ok(());
        }
        let (last, more) = self.shared.setup.offer.split_last().map_or((&"HELP", &[][..]), |(last, more)| (last, more));
        let mut reply = "250-rig\r\n".to_owned();
        for line in more {
            reply.push_str(&format!("250-{line}\r\n"));
        }
        self.say(&format!("{reply}250 {last}")).await
    }

    async fn auth(&mut self, rest: &str) -> Result<(), Over> {
        let (user, password) = self.shared.setup.login;
        let (mechanism, given) = rest.split_once(' ').unwrap_or((rest, ""));
        let bearer = format!("auth=Bearer {password}\x01\x01");
        let right = match mechanism {
            "PLAIN" if !given.is_empty() => given == base64(&format!("\0{user}\0{password}")),
            "XOAUTH2" => self.token(given, &format!("user={user}\x01{bearer}")).await?,
            "OAUTHBEARER" => {
                let port = self.port;
                self.token(given, &format!("n,a={user},\x01host=localhost\x01port={port}\x01{bearer}")).await?
            }
            _ => {
                self.say(&format!("334 {}", base64("Username:"))).await?;
                let given_user = self.command().await?;
                self.say(&format!("334 {}", base64("Password:"))).await?;
                let given_password = self.command().await?;
                (given_user, given_password) == (base64(user), base64(password))
            }
        };
        if self.fails(Step::Auth).await? {
            return Ok(());
        }
        self.say(if right { "235 2.7.0 welcome" } else { "535 5.7.8 authentication failed" }).await
    }

    /// A token that is not right is refused as Google and RFC 7628 do it: first a challenge that must be answered.
    async fn token(&mut self, given: &str, right: &str) -> Result<bool, Over> {
        let given = if given.is_empty() {
            self.say("334 ").await?;
            self.command().await?
        } else {
            given.to_owned()
        };
        if given == base64(right) {
            return Ok(true);
        }
        self.say(&format!("334 {}", base64("{\"status\":\"401\",\"schemes\":\"bearer\"}"))).await?;
        self.command().await?;
        Ok(false)
    }

    async fn data(&mut self) -> Result<(), Over> {
        if self.fails(Step::Data).await? {
            return Ok(());
        }
        self.say("354 go on").await?;
        self.fails(Step::Body).await?;
        let mut bytes = Vec::new();
        loop {
            let line = self.line().await?;
            if line == b".\r\n" {
                break;
            }
            bytes.extend_from_slice(line.strip_prefix(b".").unwrap_or(&line));
        }
        let received = Received { mail: self.mail.take().unwrap(), rcpt: self.rcpt.take().unwrap(), bytes };
        if self.shared.is_too_large(&received) {
            return self.say("552 5.3.4 message too big").await;
        }
        // The worst case for a client: a server that takes the letter and then says nothing that can be read.
        let refused = {
            let mut state = self.shared.state();
            let refused = state.faults.iter().any(|(step, fault, times)| {
                let no = matches!(fault, Fault::Reply(reply) if !reply.starts_with('2') && reply.as_bytes().first().is_some_and(u8::is_ascii_digit));
                *step == Step::EndOfData && *times > 0 && no
            });
            if !refused {
                state.letters.push(received);
            }
            refused
        };
        if !self.fails(Step::EndOfData).await? {
            assert!(!refused);
            self.say("250 2.0.0 taken as 1").await?;
        }
        Ok(())
    }
}

/// As the server needs it to compare credentials.
pub fn base64(text: &str) -> String {
    use base64::Engine as _;
    base64::engine::general_purpose::STANDARD.encode(text)
}

/// A TCP stream that keeps what comes in.
struct Tap {
    tcp: TcpStream,
    shared: Arc<Shared>,
}

impl AsyncRead for Tap {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<std::io::Result<()>> {
        let tap = self.get_mut();
        let before = buf.filled().len();
        ready!(Pin::new(&mut tap.tcp).poll_read(cx, buf))?;
        tap.shared.state().raw.extend(buf.filled().iter().skip(before));
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Tap {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<std::io::Result<usize>> {
        Pin::new(&mut self.get_mut().tcp).poll_write(cx, buf)
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        Pin::new(&mut self.get_mut().tcp).poll_flush(cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        Pin::new(&mut self.get_mut().tcp).poll_shutdown(cx)
    }
}
