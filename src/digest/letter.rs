//! Writes a letter's bytes: the same for the same letter, ASCII, CRLF, no long line.

use jiff::Timestamp;
use mail_builder::MessageBuilder;
use mail_builder::headers::address::Address;
use mail_builder::headers::content_type::ContentType;
use mail_builder::headers::raw::Raw;
use mail_builder::mime::MimePart;

use super::clean;
use super::order::{ComposeError, Sender, is_plain};
use crate::civil::Zone;
use crate::limits;
use crate::mark;

/// What stands in a letter's header.
#[derive(Debug)]
pub struct Head<'a> {
    /// Who it is from.
    pub from: &'a Sender,
    /// The one recipient.
    pub to: &'a str,
    /// The subject; cleaned again here.
    pub subject: &'a str,
    /// Message-ID without angle brackets, from [`message_id`].
    pub message_id: &'a str,
    /// The Message-ID of the part that this one follows.
    pub follows: Option<&'a str>,
    /// The Date.
    pub at: Timestamp,
    /// In whose zone the Date is written.
    pub zone: &'a Zone,
    /// The value of `X-Tidings-Id`.
    pub mark: &'a str,
    /// More of them, which a mail that is sent on bears already.
    pub trace: &'a [String],
    /// The id inside the angle brackets of List-Id: only a digest has one, and then it is bulk mail too.
    pub list_id: Option<&'a str>,
}

/// What a letter says.
#[derive(Debug)]
pub struct Body<'a> {
    /// The text, with LF line ends.
    pub text: &'a str,
    /// The HTML and the boundary between the two; `None`: text only.
    pub html: Option<(&'a str, &'a str)>,
    /// A mail behind the text, and the boundary between the two; only where there is no HTML.
    pub attached: Option<(&'a Attached<'a>, &'a str)>,
    /// Mails behind text and HTML.
    pub enclosed: Option<Enclosed<'a>>,
}

/// Mails that a digest carries.
#[derive(Debug)]
pub struct Enclosed<'a> {
    /// As they are: their lines are sound, and none knows a boundary. At least one.
    pub mails: &'a [&'a [u8]],
    /// The boundary between the text and the mails.
    pub mixed: String,
    /// The boundary between the mails.
    pub digest: String,
}

impl Enclosed<'_> {
    fn has_eight_bits(&self) -> bool {
        self.mails.iter().any(|mail| !mail.is_ascii())
    }

    /// The text with the mails behind it.
    fn around<'t>(&'t self, text: MimePart<'t>) -> MimePart<'t> {
        let part = |kind: &'static str, boundary: &'t str, parts: Vec<MimePart<'t>>| {
            let part = MimePart::new(ContentType::new(kind).attribute("boundary", boundary), parts);
            // What holds a part of eight bits says so itself (RFC 2045 section 6.4).
            if self.has_eight_bits() { part.transfer_encoding("8bit") } else { part }
        };
        let mail = |mail: &&'t [u8]| {
            // A message in a message may be in no other encoding (RFC 2046 section 5.2.1).
            let encoding = if mail.is_ascii() { "7bit" } else { "8bit" };
            MimePart::new("message/rfc822", *mail).transfer_encoding(encoding)
        };
        let mails = part("multipart/digest", &self.digest, self.mails.iter().map(mail).collect());
        part("multipart/mixed", &self.mixed, vec![text, mails])
    }
}

/// A mail that a letter carries.
#[derive(Clone, Copy, Debug)]
pub enum Attached<'a> {
    /// As it is: its lines are sound, some octets may have eight bits.
    Message(&'a [u8]),
    /// Whatever its lines are, in seven bits.
    File(&'a [u8]),
}

impl Attached<'_> {
    fn has_eight_bits(&self) -> bool {
        matches!(self, Self::Message(bytes) if !bytes.is_ascii())
    }

    fn part(&self) -> MimePart<'_> {
        match self {
            Self::Message(bytes) => {
                // A message in a message may be in no other encoding (RFC 2046 section 5.2.1).
                let encoding = if self.has_eight_bits() { "8bit" } else { "7bit" };
                MimePart::new("message/rfc822", *bytes).transfer_encoding(encoding).attachment(ATTACHED_NAME)
            }
            Self::File(bytes) => MimePart::new("application/octet-stream", *bytes).attachment(ATTACHED_NAME),
        }
    }
}

const ATTACHED_NAME: &str = "original.eml";

/// Writes the letter. Its text comes first, so that whoever shows one part only shows that.
///
/// # Errors
/// `Address` for an address that cannot stand in a header; `Unsound` when what came out may not be sent.
pub fn write(head: &Head<'_>, body: &Body<'_>) -> Result<Vec<u8>, ComposeError> {
    if !is_plain(&head.from.address) {
        return Err(ComposeError::Address("the sender's address".to_owned()));
    }
    if !is_plain(head.to) {
        return Err(ComposeError::Address("a recipient".to_owned()));
    }
    let name = head.from.name.as_deref().map(one_line);
    let name = name.filter(|name| !name.is_empty());
    let date = head.at.to_zoned_datetime(head.zone.rules.clone());
    let date = jiff::fmt::rfc2822::to_string(&date).map_err(|_| ComposeError::Unsound("has no date"))?;
    let mut builder = MessageBuilder::new()
        .from(Address::new_address(name, head.from.address.as_str()))
        .to(Address::new_address(None::<&str>, head.to))
        .subject(one_line(head.subject))
        .header("Date", Raw::new(date))
        .message_id(one_line(head.message_id))
        .header("Auto-Submitted", Raw::new("auto-generated"))
        .header("X-Auto-Response-Suppress", Raw::new("All"))
        .header(mark::FIELD, Raw::new(one_line(head.mark)));
    for mark in head.trace {
        builder = builder.header(mark::FIELD, Raw::new(one_line(mark)));
    }
    if let Some(follows) = head.follows.map(one_line) {
        builder = builder.in_reply_to(follows.clone()).references(follows);
    }
    if let Some(list_id) = head.list_id {
        builder = builder
            .header("List-Id", Raw::new(format!("<{}>", one_line(list_id))))
            .header("Precedence", Raw::new("bulk"));
    }
    let text = MimePart::new("text/plain", crlf(body.text));
    let builder = match (body.html, body.attached) {
        (None, None) => builder.body(text),
        (None, Some((attached, boundary))) => {
            let kind = ContentType::new("multipart/mixed").attribute("boundary", boundary);
            let mixed = MimePart::new(kind, vec![text, attached.part()]);
            // What holds a part of eight bits says so itself (RFC 2045 section 6.4).
            builder.body(if attached.has_eight_bits() { mixed.transfer_encoding("8bit") } else { mixed })
        }
        (Some((html, boundary)), _) => {
            let kind = ContentType::new("multipart/alternative").attribute("boundary", boundary);
            let both = MimePart::new(kind, vec![text, MimePart::new("text/html", crlf(html))]);
            builder.body(match &body.enclosed {
                Some(enclosed) => enclosed.around(both),
                None => both,
            })
        }
    };
    let mut bytes = Vec::new();
    builder.serialize(&mut bytes);
    let eight = body.attached.is_some_and(|(attached, _)| attached.has_eight_bits())
        || body.enclosed.as_ref().is_some_and(Enclosed::has_eight_bits);
    if !eight && !bytes.is_ascii() {
        return Err(ComposeError::Unsound("is not ASCII"));
    }
    sound(&bytes)?;
    Ok(bytes)
}

/// Whether a mail may stand in a letter as it is: lines of at most 998 octets that end with CRLF, the last one maybe without,
/// no CR or LF alone, no NUL.
pub fn is_sound(mail: &[u8]) -> bool {
    lines_are_sound(mail.strip_suffix(b"\r\n").unwrap_or(mail)).is_ok()
}

/// A Message-ID without angle brackets: `id@domain`, with a domain that may stand there whatever the configuration says.
pub fn message_id(id: &str, domain: &str) -> String {
    format!("{id}@{}", host(domain))
}

/// The id of a digest's List-Id (RFC 2919): the digest's name as a label, below the domain.
pub fn list_id(name: &str, domain: &str) -> String {
    let label: String = name.chars().take(limits::judgement::DIGEST_LABEL).filter_map(label_character).collect();
    let label = label.trim_matches('-');
    let label = if label.is_empty() { "digest" } else { label };
    format!("{label}.tidings.{}", host(domain))
}

fn label_character(c: char) -> Option<char> {
    match c {
        'a'..='z' | '0'..='9' | '-' => Some(c),
        'A'..='Z' => Some(c.to_ascii_lowercase()),
        c if c.is_ascii() => Some('-'),
        _ => None,
    }
}

/// The domain where it is one, else one that never exists (RFC 6761 section 6.4).
fn host(domain: &str) -> &str {
    let good = |label: &str| !label.is_empty() && label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
    if domain.len() <= 200 && domain.split('.').all(good) { domain } else { "tidings.invalid" }
}

/// The one door into a header: mail-builder 2.0.1 writes a CRLF in a Message-ID as it is.
fn one_line(value: &str) -> String {
    clean::line(value, limits::judgement::DIGEST_FIELD)
}

fn crlf(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + text.len() / 32);
    for line in text.lines() {
        out.push_str(line.trim_end_matches('\r'));
        out.push_str("\r\n");
    }
    out
}

/// Proves what is promised of every letter, so that a fault of a library is found before a server finds it.
fn sound(bytes: &[u8]) -> Result<(), ComposeError> {
    match bytes.strip_suffix(b"\r\n") {
        Some(lines) => lines_are_sound(lines),
        None => Err(ComposeError::Unsound("does not end with its last line")),
    }
}

/// Looks at lines, the last of them without its end.
fn lines_are_sound(bytes: &[u8]) -> Result<(), ComposeError> {
    if bytes.contains(&0) {
        return Err(ComposeError::Unsound("has a NUL"));
    }
    let mut lines = bytes.split(|&b| b == b'\n').peekable();
    while let Some(line) = lines.next() {
        let is_last = lines.peek().is_none();
        match line.strip_suffix(b"\r").filter(|_| !is_last).or(is_last.then_some(line)) {
            Some(line) if line.contains(&b'\r') => return Err(ComposeError::Unsound("has a bare CR")),
            Some(line) if line.len() > limits::judgement::DIGEST_LINE_OCTETS => {
                return Err(ComposeError::Unsound("has a line of more than 998 octets"));
            }
            Some(_) => {}
            None => return Err(ComposeError::Unsound("has a bare LF")),
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::{Body, Head, host, list_id, sound, write};
    use crate::digest::order::{ComposeError, Sender};
    use crate::digest::sample::{Desk, now};

    #[test]
    fn no_field_adds_a_line_to_the_header() {
        let evil = "a\r\nBcc: evil@example.net\r\n\r\nbody\n.\nx\rz\u{85}\u{2028}\0";
        let desk = Desk::new();
        let from = Sender { name: Some(evil.to_owned()), address: "tidings@example.org".to_owned() };
        let head = |to| Head {
            from: &from,
            to,
            subject: evil,
            message_id: evil,
            follows: Some(evil),
            at: now(),
            zone: &desk.zone,
            mark: evil,
            trace: &[],
            list_id: Some(evil),
        };
        let body = Body { text: "text", html: None, attached: None, enclosed: None };
        let bytes = write(&head("ada@example.org"), &body).unwrap();
        let mail = mail_parser::MessageParser::new().parse(&bytes).unwrap();
        assert_eq!(mail.headers().len(), 15);
        assert!(mail.header("Bcc").is_none());
        assert_eq!(mail.body_text(0).unwrap().trim_end(), "text");
        assert!(matches!(write(&head(evil), &body), Err(ComposeError::Address(_))));
        let shady = Sender { address: evil.to_owned(), ..from.clone() };
        assert!(matches!(
            write(&Head { from: &shady, ..head("ada@example.org") }, &body),
            Err(ComposeError::Address(_))
        ));
    }

    #[test]
    fn what_may_not_be_sent_is_found() {
        assert!(sound(b"a: b\r\n\r\nc\r\n").is_ok());
        for bad in [&b"a\nb\r\n"[..], b"a\rb\r\n", b"a", b"a\n\r\n", b"a\0\r\n"] {
            assert!(sound(bad).is_err(), "{bad:?}");
        }
        assert!(sound(format!("{}\r\n", "x".repeat(998)).as_bytes()).is_ok());
        assert!(sound(format!("{}\r\n", "x".repeat(999)).as_bytes()).is_err());
    }

    #[test]
    fn names_and_domains_cannot_leave_their_place() {
        assert_eq!(list_id("Work days", "mail.example.org"), "work-days.tidings.mail.example.org");
        assert_eq!(list_id("朝", "x>\r\nBcc: y"), "digest.tidings.tidings.invalid");
        assert_eq!(host(""), "tidings.invalid");
        assert_eq!(host("a..b"), "tidings.invalid");
    }
}
