//! The first words with a server: connection, greeting, EHLO, STARTTLS; no byte of a letter or password leaves before.

use std::future::Future;
use std::io;
use std::net::IpAddr;
use std::time::Duration;

use tokio::time::timeout;

use super::fault::{Kind, SendError, Stage};
use super::patience::Patience;
use super::settings::Server;
use super::wire::{Foul, Reply, Wire};
use crate::limits;
use crate::net::sasl::Mechanism;
use crate::net::{self, Endpoint, Line, NetError, Security};

/// What a server offers in its reply to EHLO.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Offer {
    /// The largest letter in octets (RFC 1870); `None`: it knows no SIZE. `Some(0)`: it has no fixed limit.
    pub size: Option<u64>,
    /// 8BITMIME (RFC 6152).
    pub eight_bit: bool,
    /// STARTTLS (RFC 3207).
    pub start_tls: bool,
    /// AUTH PLAIN.
    pub plain: bool,
    /// AUTH LOGIN.
    pub login: bool,
    /// AUTH XOAUTH2.
    pub xoauth2: bool,
    /// AUTH OAUTHBEARER (RFC 7628).
    pub oauth_bearer: bool,
}

impl Offer {
    /// Reads the lines of the reply; the first is the server's name. Words count in any case (RFC 5321 section 4.1.1.1).
    fn read(reply: &Reply) -> Self {
        let mut offer = Self::default();
        for line in reply.lines.iter().skip(1) {
            // "AUTH=LOGIN" is how Exchange 5.5 said it, and some still say it beside the right form.
            let line = line.to_ascii_uppercase().replace('=', " ");
            let mut words = line.split_ascii_whitespace();
            match words.next() {
                Some("SIZE") => offer.size = Some(words.next().and_then(|size| size.parse().ok()).unwrap_or(0)),
                Some("8BITMIME") => offer.eight_bit = true,
                Some("STARTTLS") => offer.start_tls = true,
                Some("AUTH") => {
                    for mechanism in words {
                        offer.plain |= mechanism == "PLAIN";
                        offer.login |= mechanism == "LOGIN";
                        offer.xoauth2 |= mechanism == "XOAUTH2";
                        offer.oauth_bearer |= mechanism == "OAUTHBEARER";
                    }
                }
                _ => {}
            }
        }
        offer
    }

    /// Whether it has this way to log in.
    pub fn has(&self, mechanism: Mechanism) -> bool {
        match mechanism {
            Mechanism::Plain => self.plain,
            Mechanism::Xoauth2 => self.xoauth2,
            Mechanism::OAuthBearer => self.oauth_bearer,
        }
    }
}

/// A server that waits for a command.
#[derive(Debug)]
pub struct Met {
    /// The line to it.
    pub wire: Wire,
    /// What it offers, said within TLS where there is TLS.
    pub offer: Offer,
    /// Whether all that follows is within TLS.
    pub encrypted: bool,
}

/// Connects and says EHLO, in TLS where TLS is wanted. `hello` is what follows "EHLO ".
///
/// # Errors
/// At `Connect`, `Greeting`, `Hello` or `StartTls`.
pub async fn meet(server: &Server, hello: &str, patience: &Patience) -> Result<Met, SendError> {
    let at = Endpoint { host: &server.host, port: server.port, ca_file: server.ca_file.as_deref() };
    let of_net = |fault: NetError| SendError::of_net(Stage::Connect, &fault);
    let tcp = net::connect(&at).await.map_err(of_net)?;
    let line = match server.security {
        Security::Tls => Line::Tls(Box::new(net::secure(tcp, &at).await.map_err(of_net)?)),
        Security::StartTls => Line::Plain(tcp),
        Security::Plain => {
            net::insist_on_loopback(&tcp, &at).map_err(of_net)?;
            Line::Plain(tcp)
        }
    };
    let mut wire = Wire::new(line, patience.block);
    greeted(&mut wire, server.security, patience.greeting).await?;
    let offer = Offer::read(&ask(&mut wire, Stage::Hello, &format!("EHLO {hello}"), patience.hello).await?);
    match server.security {
        Security::StartTls => {
            let mut wire = start_tls(wire, offer, &at, patience).await?;
            // What was offered in plaintext is forgotten (RFC 3207 section 4.2).
            let offer = Offer::read(&ask(&mut wire, Stage::Hello, &format!("EHLO {hello}"), patience.hello).await?);
            Ok(Met { wire, offer, encrypted: true })
        }
        Security::Tls => Ok(Met { wire, offer, encrypted: true }),
        Security::Plain => Ok(Met { wire, offer, encrypted: false }),
    }
}

/// Takes the greeting; where none comes, or one of another protocol, says which port that may be.
async fn greeted(wire: &mut Wire, security: Security, limit: Duration) -> Result<(), SendError> {
    let missed = |fault: SendError, advice: &str| SendError { text: format!("{}; {advice}", fault.text), ..fault };
    match timeout(limit, wire.reply()).await {
        Err(_) if security == Security::StartTls => {
            let advice = "a port that begins with TLS is silent: try security = \"tls\"";
            Err(missed(SendError::of_stall(Stage::Greeting, limit), advice))
        }
        Err(_) => Err(SendError::of_stall(Stage::Greeting, limit)),
        Ok(Err(fault)) if fault.kind() == io::ErrorKind::InvalidData && Foul::below(&fault).is_none() => {
            let advice = "check `port`: SMTP has 465 with \"tls\", and 587 with \"starttls\"";
            Err(missed(of_io(Stage::Greeting, &fault), advice))
        }
        Ok(Err(fault)) => Err(of_io(Stage::Greeting, &fault)),
        Ok(Ok(reply)) => is(reply, Stage::Greeting, 220).map(drop),
    }
}

async fn start_tls(mut wire: Wire, offer: Offer, at: &Endpoint<'_>, patience: &Patience) -> Result<Wire, SendError> {
    let hostile = |text: &str| SendError::new(Stage::StartTls, Kind::Hostile, text);
    if !offer.start_tls {
        return Err(hostile(
            "it offers no STARTTLS, without which nothing is sent; is \"starttls\" right for this port?",
        ));
    }
    ask(&mut wire, Stage::StartTls, "STARTTLS", patience.start_tls).await?;
    let Some(Line::Plain(tcp)) = wire.into_line() else {
        return Err(hostile("plaintext was slipped in behind its reply to STARTTLS"));
    };
    match timeout(patience.start_tls, net::secure(tcp, at)).await {
        Ok(Ok(stream)) => Ok(Wire::new(Line::Tls(Box::new(stream)), patience.block)),
        Ok(Err(fault)) => Err(SendError::of_net(Stage::StartTls, &fault)),
        Err(_) => Err(SendError::of_stall(Stage::StartTls, patience.start_tls)),
    }
}

/// Says a command and takes its reply, which must be a 250 (a 220 for STARTTLS).
async fn ask(wire: &mut Wire, stage: Stage, command: &str, limit: Duration) -> Result<Reply, SendError> {
    within(stage, limit, wire.say(command)).await?;
    listen(wire, stage, limit, if stage == Stage::StartTls { 220 } else { 250 }).await
}

async fn listen(wire: &mut Wire, stage: Stage, limit: Duration, expected: u16) -> Result<Reply, SendError> {
    is(within(stage, limit, wire.reply()).await?, stage, expected)
}

fn is(reply: Reply, stage: Stage, expected: u16) -> Result<Reply, SendError> {
    match reply.code {
        code if code == expected => Ok(reply),
        code @ 400..=599 => Err(SendError::of_reply(stage, code, &reply.lines.join(" "))),
        code => Err(SendError::new(stage, Kind::Unreachable, format!("it answers {code} where {expected} is due"))),
    }
}

/// Does this within a limit.
///
/// # Errors
/// A stall, or a fault of the line.
pub async fn within<T>(
    stage: Stage,
    limit: Duration,
    work: impl Future<Output = io::Result<T>>,
) -> Result<T, SendError> {
    match timeout(limit, work).await {
        Ok(done) => done.map_err(|fault| of_io(stage, &fault)),
        Err(_) => Err(SendError::of_stall(stage, limit)),
    }
}

/// A fault of the line; whatever a server sent is not in the text.
pub fn of_io(stage: Stage, fault: &io::Error) -> SendError {
    match (Foul::below(fault), fault.kind()) {
        (Some(Foul::Stalled), _) => SendError::new(stage, Kind::Unreachable, Foul::Stalled.to_string()),
        (Some(foul), _) => SendError::new(stage, Kind::Hostile, foul.to_string()),
        (None, io::ErrorKind::UnexpectedEof) => SendError::new(stage, Kind::Unreachable, "it closed the connection"),
        (None, io::ErrorKind::InvalidData) => SendError::new(stage, Kind::Unreachable, "its reply is not SMTP"),
        (None, kind) => SendError::new(stage, Kind::Unreachable, kind.to_string()),
    }
}

/// What stands behind EHLO: the name if it is one, an address in brackets, else the loopback's address, which says
/// nothing about this machine (RFC 5321 section 4.1.4 allows an address where there is no name).
pub fn hello(name: &str) -> String {
    let label = |label: &str| {
        !label.is_empty()
            && label.len() <= limits::doors::SMTP_LABEL_BYTES
            && label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    match name.parse() {
        Ok(IpAddr::V4(address)) => format!("[{address}]"),
        Ok(IpAddr::V6(address)) => format!("[IPv6:{address}]"),
        Err(_) if name.len() <= limits::doors::SMTP_NAME_BYTES && name.split('.').all(label) => name.to_owned(),
        Err(_) => "[127.0.0.1]".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::{Offer, Reply, hello};

    #[test]
    fn offers_are_read_in_any_case_and_order() {
        let check = |lines: &[&str], expected: Offer| {
            let lines = lines.iter().map(|&line| line.to_owned()).collect();
            assert_eq!(Offer::read(&Reply { code: 250, lines }), expected);
        };
        let none = Offer::default();
        check(&["mail"], none);
        check(&["STARTTLS is my name"], none);
        check(&["mail", "size 1000", "8bitmime"], Offer { size: Some(1000), eight_bit: true, ..none });
        check(&["mail", "SIZE", "starttls"], Offer { size: Some(0), start_tls: true, ..none });
        check(&["mail", "SIZE 99999999999999999999999"], Offer { size: Some(0), ..none });
        check(&["mail", "AUTH CRAM-MD5 PLAIN"], Offer { plain: true, ..none });
        check(&["mail", "AUTH XOAUTH2 OAuthBearer"], Offer { xoauth2: true, oauth_bearer: true, ..none });
        check(&["mail", "AUTH=LOGIN"], Offer { login: true, ..none });
        check(&["mail", "", "AUTH"], none);
    }

    #[test]
    fn hello_is_one_word() {
        let check = |name, expected: &str| assert_eq!(hello(name), expected);
        check("mail.example.org", "mail.example.org");
        check("localhost", "localhost");
        check("192.0.2.1", "[192.0.2.1]");
        check("::1", "[IPv6:::1]");
        check("", "[127.0.0.1]");
        check("a b", "[127.0.0.1]");
        check("a\r\nMAIL FROM:<x>", "[127.0.0.1]");
        check("-a.org", "[127.0.0.1]");
        check("größe.org", "[127.0.0.1]");
    }
}
