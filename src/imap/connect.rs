//! From a host name to a logged-in wire: greeting, STARTTLS, capabilities, login.

use std::time::Duration;

use async_imap::imap_proto::{Response, Status};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::time::timeout;
use zeroize::Zeroizing;

use super::capability::Capabilities;
use super::fault::ImapError;
use super::frame::Bounds;
use super::names::quote;
use super::refusal::{Meaning, Refusal};
use super::settings::Settings;
use super::wire::{Command, Patience, Step, Wire};
use crate::limits;
use crate::net::sasl::{Auth, Login, Mechanism};
use crate::net::{self, Endpoint, Line, Security};
use crate::secret::Secret;

const START_TLS: &str = "STARTTLS";

/// Whether the bytes of a wire are protected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Protection {
    Tls,
    None,
}

/// Connects and logs in. The secret is read first, at each connect, and wiped when the login is over. A refused access token
/// is mostly one that has expired: where another can be had at once it is tried, once.
///
/// # Errors
/// `Net`, `Secret`; `Insecure` and `NoLogin`, mostly before anything secret was sent; `Credentials`, `Unavailable` by what the
/// server says; those that `is_lost`.
pub async fn open(settings: &Settings, patience: Patience) -> Result<(Wire<Line>, Capabilities), ImapError> {
    let secret = settings.auth.read(&settings.password).await?;
    match enter(settings, patience, &secret).await {
        Err(ImapError::Credentials(refusal)) if settings.auth == Auth::Token => {
            let newer = settings.auth.read(&settings.password).await?;
            if newer.is_same(&secret) {
                return Err(ImapError::Credentials(refusal));
            }
            enter(settings, patience, &newer).await
        }
        end => end,
    }
}

async fn enter(
    settings: &Settings,
    patience: Patience,
    secret: &Secret,
) -> Result<(Wire<Line>, Capabilities), ImapError> {
    let endpoint = Endpoint { host: &settings.host, port: settings.port, ca_file: settings.ca_file.as_deref() };
    let mut tcp = net::connect(&endpoint).await?;
    let (line, protection) = match settings.security {
        Security::Tls => (Line::Tls(Box::new(net::secure(tcp, &endpoint).await?)), Protection::Tls),
        Security::StartTls => {
            start_tls(&mut tcp, patience.command).await.map_err(ImapError::before_login)?;
            (Line::Tls(Box::new(net::secure(tcp, &endpoint).await?)), Protection::Tls)
        }
        Security::Plain => (Line::Plain(tcp), Protection::None),
    };
    let mut wire = Wire::new(line, patience);
    // Behind STARTTLS there is no second greeting (RFC 3501 section 6.2.1).
    let greeting = match settings.security {
        Security::Tls | Security::Plain => greet(&mut wire).await?,
        Security::StartTls => Greeting::Stranger,
    };
    match (greeting, protection) {
        (Greeting::Known, Protection::None) => {
            return Err(ImapError::Insecure("the server takes us for logged in although nothing is encrypted"));
        }
        (Greeting::Known, Protection::Tls) => {}
        (Greeting::Stranger, _) => {
            let login = Login { host: &settings.host, port: settings.port, user: &settings.username, secret };
            log_in(&mut wire, login, settings.auth).await?;
        }
    }
    let capabilities = capabilities(&mut wire).await?;
    Ok((wire, capabilities))
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Greeting {
    /// OK: who are you?
    Stranger,
    /// PREAUTH: logged in already.
    Known,
}

async fn greet<S: AsyncRead + AsyncWrite + Unpin + Send>(wire: &mut Wire<S>) -> Result<Greeting, ImapError> {
    const NAME: &str = "the connection";
    let limit = wire.patience.command;
    wire.begin(NAME, Bounds::default())?;
    let read = wire.next(NAME, |response| match response {
        Response::Data { status: Status::Ok, .. } => Ok(Greeting::Stranger),
        Response::Data { status: Status::PreAuth, .. } => Ok(Greeting::Known),
        _ => Err(ImapError::Garbled { command: NAME }),
    });
    let end = timeout(limit, read).await;
    wire.end(NAME, limit, end).flatten().map_err(|error| match unavailable(wire, error) {
        ImapError::Garbled { .. } => ImapError::NotImap,
        error => error.before_login(),
    })
}

/// A server that says goodbye before we are logged in says why: too many connections, maintenance.
fn unavailable<S: AsyncRead + AsyncWrite + Unpin + Send>(wire: &mut Wire<S>, error: ImapError) -> ImapError {
    wire.heard.farewell.take().map_or(error, ImapError::Unavailable)
}

/// The newest list that the server gave, else the one it gives when asked. One without IMAP4 is none: a proxy before iCloud
/// (January 2026) puts in front of the login lists of its own.
async fn capabilities<S: AsyncRead + AsyncWrite + Unpin + Send>(wire: &mut Wire<S>) -> Result<Capabilities, ImapError> {
    let whole = |list: &Capabilities| list.has("IMAP4REV1") || list.has("IMAP4REV2");
    if !wire.heard.capabilities.as_ref().is_some_and(whole) {
        wire.run_ok(Command::new("CAPABILITY", "CAPABILITY"), |_| {}).await?;
    }
    Ok(wire.heard.capabilities.take().unwrap_or_default())
}

async fn log_in<S: AsyncRead + AsyncWrite + Unpin + Send>(
    wire: &mut Wire<S>,
    login: Login<'_>,
    auth: Auth,
) -> Result<(), ImapError> {
    // What it says before the login counts only for the login: afterwards it may say more (RFC 3501 section 6.2.3).
    let before = capabilities(wire).await.map_err(|error| unavailable(wire, error).before_login())?;
    let secret = login.secret.reveal();
    let mechanism = auth.choose(|mechanism| before.has(&format!("AUTH={}", mechanism.name())));
    if let Some(mechanism) = mechanism {
        // Whether the words may stand in the command (SASL-IR, RFC 4959): one round trip less.
        let place = if before.has("SASL-IR") { Place::Command } else { Place::OwnLine };
        match authenticate(wire, mechanism, (place, mechanism.words(&login)))
            .await
            .map_err(|error| unavailable(wire, error))?
        {
            Ok(()) => return Ok(()),
            // Offered and not understood: LOGIN is the same words by another door. A NO is never tried twice.
            Err(refusal) if refusal.bad && auth == Auth::Password && !before.has("LOGINDISABLED") => {}
            Err(refusal) => return Err(denied(refusal.without(secret))),
        }
    } else if auth == Auth::Token {
        return Err(ImapError::NoLogin(
            "the server takes no access tokens (neither AUTH=XOAUTH2 nor AUTH=OAUTHBEARER)",
        ));
    }
    if before.has("LOGINDISABLED") {
        return Err(ImapError::NoLogin("the server allows none here (LOGINDISABLED)"));
    }
    match wire.run(said(login.user, secret), |_| {}).await.map_err(|error| unavailable(wire, error))? {
        Ok(()) => Ok(()),
        Err(refusal) => Err(denied(refusal.without(secret))),
    }
}

fn denied(refusal: Refusal) -> ImapError {
    match refusal.of_login() {
        _ if refusal.bad => ImapError::Unavailable(refusal),
        Meaning::Credentials => ImapError::Credentials(refusal),
        Meaning::Insecure => {
            ImapError::Insecure("the server wants encryption before it takes a login (PRIVACYREQUIRED)")
        }
        Meaning::Temporary => ImapError::Unavailable(refusal),
    }
}

/// LOGIN with quoted strings where every client would quote, else with literals: quoted strings are ASCII, and servers differ
/// in what they make of a backslash in them (imapfilter 75 and 199).
fn said(username: &str, password: &str) -> Command {
    let plain = |text: &str| text.bytes().all(|b| matches!(b, b' '..=b'~') && b != b'"' && b != b'\\');
    let add = |command: Command, text: &str| {
        if plain(text) { command.then(&quote(text)) } else { command.then_literal(text.as_bytes()) }
    };
    let command = add(Command::new("LOGIN", "LOGIN "), username).then(" ");
    add(command, password)
}

/// Where the words of AUTHENTICATE stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    /// Behind the mechanism's name.
    Command,
    /// Behind the server's continuation.
    OwnLine,
}

/// AUTHENTICATE; the inner error is the server's NO or BAD.
async fn authenticate<S: AsyncRead + AsyncWrite + Unpin + Send>(
    wire: &mut Wire<S>,
    mechanism: Mechanism,
    (place, words): (Place, Zeroizing<String>),
) -> Result<Result<(), Refusal>, ImapError> {
    const NAME: &str = "AUTHENTICATE";
    let limit = wire.patience.command;
    wire.begin(NAME, Bounds::default())?;
    let talk = async {
        let tag = wire.tag();
        let start = format!("{tag} AUTHENTICATE {}", mechanism.name());
        let own_line = || Zeroizing::new(format!("{}\r\n", *words));
        let (first, second) = match place {
            Place::Command => (Zeroizing::new(format!("{start} {}\r\n", *words)), None),
            Place::OwnLine => (Zeroizing::new(format!("{start}\r\n")), Some(own_line())),
        };
        wire.send(NAME, first.as_bytes()).await?;
        // A challenge behind our words is not read: it is base64 of what the NO says again. PLAIN has none, and gets nothing.
        let last = Zeroizing::new(format!("{}\r\n", mechanism.resignation().unwrap_or_default()));
        let mut lines = second.into_iter().chain([last]);
        loop {
            match wire.next(NAME, |response| Step::of(NAME, &tag, response)).await?? {
                Step::Go => {
                    let line = lines.next().ok_or(ImapError::Garbled { command: NAME })?;
                    wire.send(NAME, line.as_bytes()).await?;
                }
                Step::Done(verdict) => return Ok(verdict),
                Step::Data => {}
            }
        }
    };
    let end = timeout(limit, talk).await;
    wire.end(NAME, limit, end)
}

/// The conversation before TLS, on the bare socket and byte by byte: nothing said here is kept, and a server (or whoever sits
/// before it) that sends anything behind its answer is refused, because that would be read as said under TLS.
async fn start_tls<S: AsyncRead + AsyncWrite + Unpin>(stream: &mut S, limit: Duration) -> Result<(), ImapError> {
    let mut prelude = Prelude { waiting: Vec::new(), taken: 0 };
    let seconds = limit.as_secs();
    let greeting = timeout(limit, prelude.line(stream)).await.map_err(|_| ImapError::Silent { seconds }).flatten()?;
    let words = greeting.strip_prefix("* ").unwrap_or_default();
    match words.split(' ').next().unwrap_or_default().to_ascii_uppercase().as_str() {
        "OK" => {}
        "PREAUTH" => return Err(ImapError::Insecure("the server takes us for logged in before STARTTLS")),
        "BYE" => return Err(ImapError::Unavailable(Refusal::of_text(words.get(3..).unwrap_or_default()))),
        _ => return Err(ImapError::NotImap),
    }
    let asked = timeout(limit, ask_for_tls(stream, prelude)).await;
    asked.map_err(|_| ImapError::TimedOut { command: START_TLS, seconds }).flatten()
}

async fn ask_for_tls<S: AsyncRead + AsyncWrite + Unpin>(stream: &mut S, mut prelude: Prelude) -> Result<(), ImapError> {
    let lost = |cause: std::io::Error| ImapError::Lost { command: START_TLS, cause: cause.kind().to_string() };
    stream.write_all(b"S1 STARTTLS\r\n").await.map_err(lost)?;
    stream.flush().await.map_err(lost)?;
    for _ in 0..limits::doors::IMAP_PRELUDE_LINES {
        let line = prelude.line(stream).await?;
        let Some(answer) = line.strip_prefix("S1 ") else { continue };
        if !answer.get(..2).is_some_and(|status| status.eq_ignore_ascii_case("OK")) {
            return Err(ImapError::Insecure("the server does not do STARTTLS"));
        }
        if !prelude.waiting.is_empty() {
            return Err(ImapError::Insecure("something was sent between STARTTLS and TLS"));
        }
        return Ok(());
    }
    Err(ImapError::Garbled { command: START_TLS })
}

/// What has come before TLS, cut into lines.
struct Prelude {
    waiting: Vec<u8>,
    taken: usize,
}

impl Prelude {
    async fn line<S: AsyncRead + Unpin>(&mut self, stream: &mut S) -> Result<String, ImapError> {
        loop {
            if let Some(end) = self.waiting.iter().position(|&b| b == b'\n') {
                let line: Vec<u8> = self.waiting.drain(..=end).collect();
                return Ok(String::from_utf8_lossy(line.trim_ascii_end()).into_owned());
            }
            let mut chunk = [0; 1024];
            let read = stream
                .read(&mut chunk)
                .await
                .map_err(|cause| ImapError::Lost { command: START_TLS, cause: cause.kind().to_string() })?;
            if read == 0 {
                let cause = "the server closed the connection".to_owned();
                return Err(ImapError::Lost { command: START_TLS, cause });
            }
            self.taken = self.taken.saturating_add(read);
            if self.taken > limits::doors::IMAP_PRELUDE_BYTES {
                return Err(ImapError::Garbled { command: START_TLS });
            }
            self.waiting.extend_from_slice(chunk.get(..read).unwrap_or_default());
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use std::time::Duration;

    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    use super::{log_in, start_tls};
    use crate::imap::fault::ImapError;
    use crate::imap::wire::{Patience, Wire};
    use crate::net::sasl::{Auth, Login};
    use crate::secret::Secret;

    /// Plays a server whose lines are given with what it waits for before each; returns what the client said.
    async fn play(mut server: tokio::io::DuplexStream, script: &'static [(&'static str, &'static str)]) -> String {
        let mut heard = String::new();
        for (wait, say) in script {
            let start = heard.len();
            while !heard.split_at(start).1.contains(wait) {
                let mut chunk = [0; 256];
                match server.read(&mut chunk).await {
                    Ok(read) if read > 0 => heard.push_str(std::str::from_utf8(chunk.split_at(read).0).unwrap()),
                    _ => return heard,
                }
            }
            server.write_all(say.as_bytes()).await.unwrap();
        }
        heard
    }

    const PATIENCE: Duration = Duration::from_secs(5);

    async fn start(script: &'static [(&'static str, &'static str)]) -> Result<(), ImapError> {
        let (mut ours, theirs) = tokio::io::duplex(4096);
        tokio::join!(start_tls(&mut ours, PATIENCE), play(theirs, script)).0
    }

    #[tokio::test]
    async fn starttls_takes_nothing_on_trust() {
        start(&[("", "* OK [CAPABILITY IMAP4rev1] hi\r\n"), ("STARTTLS\r\n", "* OK x\r\nS1 OK go\r\n")]).await.unwrap();
        let refused = [
            start(&[("", "* PREAUTH hi\r\n")]).await,
            start(&[("", "* OK hi\r\n"), ("STARTTLS\r\n", "S1 NO never\r\n")]).await,
            start(&[("", "* OK hi\r\n"), ("STARTTLS\r\n", "S1 OK go\r\n* PREAUTH injected\r\n")]).await,
        ];
        assert!(refused.iter().all(|end| matches!(end, Err(ImapError::Insecure(_)))), "{refused:?}");
        let bye = start(&[("", "* BYE [UNAVAILABLE] full\r\n")]).await;
        assert!(matches!(bye, Err(ImapError::Unavailable(refusal)) if refusal.text == "full"));
    }

    #[tokio::test]
    async fn another_port_than_that_of_starttls_is_told_by_its_greeting() {
        for greeting in ["220 mail.example.org ESMTP\r\n", "+OK POP3 ready\r\n", "SSH-2.0-x\r\n"] {
            let (mut ours, mut theirs) = tokio::io::duplex(4096);
            theirs.write_all(greeting.as_bytes()).await.unwrap();
            assert!(matches!(start_tls(&mut ours, PATIENCE).await, Err(ImapError::NotImap)), "{greeting}");
        }
        let (mut ours, _silent) = tokio::io::duplex(4096);
        assert!(matches!(start_tls(&mut ours, Duration::ZERO).await, Err(ImapError::Silent { .. })));
    }

    async fn login(password: &str, script: &'static [(&'static str, &'static str)]) -> (Result<(), ImapError>, String) {
        login_by(Auth::Password, password, script).await
    }

    async fn login_by(
        auth: Auth,
        password: &str,
        script: &'static [(&'static str, &'static str)],
    ) -> (Result<(), ImapError>, String) {
        let (ours, theirs) = tokio::io::duplex(4096);
        let mut wire = Wire::new(ours, Patience::default());
        let secret = Secret::new(password.to_owned());
        let login = Login { host: "imap.example.org", port: 993, user: "ada", secret: &secret };
        tokio::join!(log_in(&mut wire, login, auth), play(theirs, script))
    }

    const ODD: &str = "pä\"ss\\wörd %{";

    #[tokio::test]
    async fn odd_passwords_arrive_whole() {
        let (end, said) = login(
            ODD,
            &[
                ("CAPABILITY\r\n", "* CAPABILITY IMAP4rev1 sasl-ir auth=plain\r\nT1 OK\r\n"),
                ("AGFkYQBww6Qic3Ncd8O2cmQgJXs=\r\n", "T2 OK in\r\n"),
            ],
        )
        .await;
        end.unwrap();
        assert!(said.ends_with("T2 AUTHENTICATE PLAIN AGFkYQBww6Qic3Ncd8O2cmQgJXs=\r\n"));
        let (end, said) = login(
            ODD,
            &[
                ("CAPABILITY\r\n", "* CAPABILITY IMAP4rev1\r\nT1 OK\r\n"),
                ("T2 LOGIN \"ada\" {15}\r\n", "+ go\r\n"),
                ("\r\n", "T2 OK in\r\n"),
            ],
        )
        .await;
        end.unwrap();
        assert!(said.ends_with("T2 LOGIN \"ada\" {15}\r\npä\"ss\\wörd %{\r\n"));
    }

    #[tokio::test]
    async fn what_a_no_means() {
        const CAN: (&str, &str) = ("CAPABILITY\r\n", "* CAPABILITY IMAP4rev1\r\nT1 OK\r\n");
        let (end, _) = login("pw", &[CAN, ("LOGIN", "T2 NO [AUTHENTICATIONFAILED] not pw\r\n")]).await;
        assert!(matches!(end, Err(ImapError::Credentials(refusal)) if refusal.text == "not ..."));
        let (end, _) = login("pw", &[CAN, ("LOGIN", "T2 NO [UNAVAILABLE] too many\r\n* BYE\r\n")]).await;
        assert!(matches!(end, Err(ImapError::Unavailable(refusal)) if refusal.text == "too many"));
        let (end, _) = login("pw", &[CAN, ("LOGIN", "* BYE too many\r\n")]).await;
        assert!(matches!(end, Err(ImapError::Unavailable(refusal)) if refusal.text == "too many"));
        let (end, said) = login("pw", &[("CAPABILITY\r\n", "* CAPABILITY IMAP4rev1 LOGINDISABLED\r\nT1 OK\r\n")]).await;
        assert!(matches!(end, Err(ImapError::NoLogin(_))));
        assert!(!said.contains("pw"));
    }

    #[tokio::test]
    async fn a_mechanism_that_is_not_understood_is_followed_by_login() {
        let (end, said) = login(
            "pw",
            &[
                ("CAPABILITY\r\n", "* CAPABILITY IMAP4rev1 AUTH=PLAIN\r\nT1 OK\r\n"),
                ("T2 AUTHENTICATE PLAIN\r\n", "T2 BAD what\r\n"),
                ("LOGIN", "T3 OK in\r\n"),
            ],
        )
        .await;
        end.unwrap();
        assert!(said.ends_with("T3 LOGIN \"ada\" \"pw\"\r\n"));
    }

    #[tokio::test]
    async fn a_refused_token_is_answered_with_an_empty_line() {
        const CAN: (&str, &str) = ("CAPABILITY\r\n", "* CAPABILITY IMAP4rev1 SASL-IR AUTH=XOAUTH2\r\nT1 OK\r\n");
        let (end, said) = login_by(
            Auth::Token,
            "tok-1",
            &[
                CAN,
                ("dXNlcj1hZGEBYXV0aD1CZWFyZXIgdG9rLTEBAQ==\r\n", "+ eyJzdGF0dXMiOiI0MDEifQ==\r\n"),
                ("\r\n", "T2 NO [AUTHENTICATIONFAILED] Invalid tok-1\r\n"),
            ],
        )
        .await;
        assert!(matches!(end, Err(ImapError::Credentials(refusal)) if refusal.text == "Invalid ..."));
        assert!(said.ends_with("AQ==\r\n\r\n"));
        let (end, said) =
            login_by(Auth::Token, "tok-1", &[("CAPABILITY\r\n", "* CAPABILITY IMAP4rev1 AUTH=PLAIN\r\nT1 OK\r\n")])
                .await;
        assert!(matches!(end, Err(ImapError::NoLogin(_))));
        assert!(!said.contains("tok-1"));
    }
}
