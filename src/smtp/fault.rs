//! What can go wrong on the way out: at which stage, of which kind, in the server's words without addresses.

use std::fmt;
use std::time::Duration;

use crate::limits;
use crate::net::NetError;

/// Where in the dialogue.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Stage {
    /// TCP, and TLS where it comes first.
    Connect,
    /// The 220.
    Greeting,
    /// EHLO.
    Hello,
    /// STARTTLS and the handshake after it.
    StartTls,
    /// AUTH.
    Auth,
    /// MAIL, and RSET before it.
    Mail,
    /// RCPT.
    Rcpt,
    /// DATA up to the 354.
    Data,
    /// The letter, the final dot and the reply to it.
    EndOfData,
}

impl fmt::Display for Stage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Connect => "connect",
            Self::Greeting => "greeting",
            Self::Hello => "EHLO",
            Self::StartTls => "STARTTLS",
            Self::Auth => "AUTH",
            Self::Mail => "MAIL",
            Self::Rcpt => "RCPT",
            Self::Data => "DATA",
            Self::EndOfData => "end of data",
        })
    }
}

/// What the caller has to do about it. The server can have the letter only where it is `Uncertain`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// Not now: a 4yz; or a 5yz before there was talk of the letter, on which Postfix defers, too. Try again.
    Transient,
    /// A 550 5.5.0, which is said for good and often meant for now: try once more after an hour, then
    /// take it as `Permanent`.
    OnceMore,
    /// A 5yz was read: this letter will not be taken.
    Permanent,
    /// The server takes no letter of this size: seal the edition anew in smaller parts.
    TooLarge,
    /// The letter has octets of eight bits, and the server takes none (RFC 6152): seal it anew in seven.
    EightBit,
    /// The dot had begun, and no reply came that could be read: look before sending again.
    Uncertain,
    /// Nobody there, a cut, a stall, or garbage before the final dot: try again.
    Unreachable,
    /// The server does not take our user name and password, or wants some and has been given none.
    Credentials,
    /// There can be no trust: a certificate that is not right, TLS that is missing, replies before their commands, lines
    /// without end. Try again, and tell somebody at once.
    Hostile,
    /// The password could not be read here.
    Secret,
    /// The letter or an address in it cannot be put on the wire; a fault of ours, the server was not asked.
    Unsendable,
}

/// Why a letter did not go out.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}", self.sentence())]
pub struct SendError {
    /// Where in the dialogue.
    pub stage: Stage,
    /// What to do about it.
    pub kind: Kind,
    /// The reply's code; `None` when no reply was read.
    pub code: Option<u16>,
    /// The server's words, or ours: one line, at most `SMTP_TEXT_CHARS` characters, no address.
    pub text: String,
}

impl SendError {
    /// A fault that no reply names; `text` is ours.
    pub fn new(stage: Stage, kind: Kind, text: impl Into<String>) -> Self {
        Self { stage, kind, code: None, text: text.into() }
    }

    /// The server has said no; `text` is its own.
    pub fn of_reply(stage: Stage, code: u16, text: &str) -> Self {
        Self { stage, kind: judge(stage, code, text), code: Some(code), text: clean(text) }
    }

    /// No reply within the limit.
    pub fn of_stall(stage: Stage, limit: Duration) -> Self {
        let text = format!("no reply within {} s", limit.as_secs_f32());
        Self::new(stage, Kind::Unreachable, text)
    }

    /// There is no line to the server.
    pub fn of_net(stage: Stage, fault: &NetError) -> Self {
        let kind = match fault {
            NetError::Resolve { .. } | NetError::Refused { .. } | NetError::TimedOut { .. } | NetError::Io { .. } => {
                Kind::Unreachable
            }
            NetError::CertificateExpired { .. }
            | NetError::CertificateTooYoung { .. }
            | NetError::WrongName { .. }
            | NetError::UnknownIssuer { .. }
            | NetError::NotTls { .. }
            | NetError::Tls { .. }
            | NetError::CaFile { .. }
            | NetError::NoRoots { .. }
            | NetError::NotLoopback { .. } => Kind::Hostile,
        };
        Self::new(stage, kind, fault.to_string())
    }

    fn sentence(&self) -> String {
        let did = match self.kind {
            Kind::Transient => "the SMTP server wants to be asked later",
            Kind::OnceMore | Kind::Permanent => "the SMTP server refuses the letter",
            Kind::EightBit => "the SMTP server cannot be given this letter",
            Kind::TooLarge => "the SMTP server finds the letter too large",
            Kind::Uncertain => "the SMTP server may have taken the letter, its reply is missing",
            Kind::Unreachable => "the SMTP server was lost",
            Kind::Credentials => "the SMTP server does not let us in; check `username`, `password` and `auth`",
            Kind::Hostile => "the SMTP server cannot be trusted",
            Kind::Secret => "the SMTP server's password cannot be read",
            Kind::Unsendable => "the SMTP server cannot be given this letter",
        };
        match self.code {
            Some(code) => format!("{did}, at {}: {code} {}", self.stage, self.text),
            None => format!("{did}, at {}: {}", self.stage, self.text),
        }
    }
}

/// What a refusing reply means (RFC 5321 section 4.2.1, RFC 3463, RFC 4954 section 6).
fn judge(stage: Stage, code: u16, text: &str) -> Kind {
    let enhanced = text.split_whitespace().next().filter(|word| is_enhanced(word));
    match (code, enhanced) {
        (400..=499, _) => Kind::Transient,
        (525 | 530 | 534 | 535 | 538, _) => Kind::Credentials,
        (500..=599, _) if stage == Stage::Auth => Kind::Credentials,
        (500..=599, _) if matches!(stage, Stage::Connect | Stage::Greeting | Stage::Hello | Stage::StartTls) => {
            Kind::Transient
        }
        (500..=599, Some("5.3.4" | "5.2.3")) => Kind::TooLarge,
        // RFC 5321 section 4.5.3.1.10: a bare 552 to RCPT is the old word for too many recipients, a 452.
        (552, None) if stage == Stage::Rcpt => Kind::Transient,
        (552, None) => Kind::TooLarge,
        (550, Some("5.5.0")) => Kind::OnceMore,
        (500..=599, _) => Kind::Permanent,
        _ => Kind::Unreachable,
    }
}

/// Class, subject and detail of RFC 3463 section 2.
fn is_enhanced(word: &str) -> bool {
    let parts: Vec<&str> = word.split('.').collect();
    let good = |part: &&str| (1..=3).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_digit());
    parts.len() == 3 && parts.iter().all(good)
}

/// A server's words as they may be logged and shown: one line of plain characters, every word with an @ in it left out,
/// cut at `SMTP_TEXT_CHARS`.
fn clean(text: &str) -> String {
    let mut out = String::new();
    for word in text.split(|c: char| c.is_whitespace() || c.is_control()).filter(|word| !word.is_empty()) {
        if !out.is_empty() {
            out.push(' ');
        }
        if word.contains('@') || word.contains("%40") {
            out.push_str("(address)");
        } else {
            // Letters of all scripts, but nothing that turns the line round or cannot be seen.
            out.extend(word.chars().map(|c| if c.is_ascii_graphic() || c.is_alphanumeric() { c } else { '?' }));
        }
        if out.len() > limits::doors::SMTP_TEXT_CHARS * 4 {
            break;
        }
    }
    out.chars().take(limits::doors::SMTP_TEXT_CHARS).collect()
}

#[cfg(test)]
mod tests {
    use super::{Kind, SendError, Stage, clean};

    #[test]
    fn replies_mean_what_the_standards_say() {
        let check = |stage, code, text, kind| {
            assert_eq!(SendError::of_reply(stage, code, text).kind, kind, "{stage} {code} {text}");
        };
        check(Stage::Greeting, 554, "no SMTP service here", Kind::Transient);
        check(Stage::Hello, 550, "5.7.1 your address is on a list", Kind::Transient);
        check(Stage::Auth, 535, "5.7.8 no", Kind::Credentials);
        check(Stage::Auth, 504, "5.5.4 mechanism", Kind::Credentials);
        check(Stage::Auth, 454, "4.7.0 try later", Kind::Transient);
        check(Stage::Mail, 530, "5.7.0 authentication required", Kind::Credentials);
        check(Stage::Mail, 552, "5.3.4 too big", Kind::TooLarge);
        check(Stage::Mail, 552, "message size exceeds fixed limit", Kind::TooLarge);
        check(Stage::Rcpt, 552, "too many recipients", Kind::Transient);
        check(Stage::Rcpt, 552, "5.2.2 mailbox full", Kind::Permanent);
        check(Stage::Rcpt, 550, "5.1.1 unknown", Kind::Permanent);
        check(Stage::Rcpt, 450, "4.2.0 greylisted", Kind::Transient);
        check(Stage::EndOfData, 554, "5.2.3 too long", Kind::TooLarge);
        check(Stage::EndOfData, 552, "5.7.0 its content is a potential security issue", Kind::Permanent);
        check(Stage::EndOfData, 550, "5.5.0 service unavailable", Kind::OnceMore);
        check(Stage::EndOfData, 550, "5.5.01 no enhanced code", Kind::Permanent);
        check(Stage::EndOfData, 421, "shutting down", Kind::Transient);
    }

    #[test]
    fn words_are_cleaned() {
        let check = |text: &str, expected: &str| assert_eq!(clean(text), expected);
        check("5.1.1 <ada@example.org>: unknown", "5.1.1 (address) unknown");
        check("see mailto:a%40b and a@b,c@d", "see (address) and (address)");
        check("a\r\nb\tc\u{0}d\u{202e}e \u{1b}[31m", "a b c d?e [31m");
        check("größer als erlaubt", "größer als erlaubt");
        assert_eq!(clean(&"é".repeat(5_000)).chars().count(), 300);
    }

    #[test]
    fn the_sentence_says_where() {
        let fault = SendError::of_reply(Stage::Rcpt, 550, "5.1.1 <ada@example.org> unknown");
        assert_eq!(fault.to_string(), "the SMTP server refuses the letter, at RCPT: 550 5.1.1 (address) unknown");
    }
}
