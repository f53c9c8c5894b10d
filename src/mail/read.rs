//! A mail, read: its octets to the `Message` that is judged.

use std::panic::{AssertUnwindSafe, catch_unwind};

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::automation::{self, Headers};
use super::body::{self, Text};
use super::calendar::{self, Reading};
use super::fields::{self, Fields};
use super::notes::Notes;
use super::own::Manner;
use super::tree::{self, Kind, Part};
use super::{authenticity, charset, clean, date, page, params, people, transfer, words};
use crate::limits;
use crate::model::identity::Identity;
use crate::model::message::{Address, Attachment, Event, Header, Message, Thread};

/// A mail as it was fetched.
#[derive(Clone, Copy, Debug)]
pub struct Raw<'a> {
    /// The mail, or its header and the beginning of its text.
    pub bytes: &'a [u8],
    /// RFC822.SIZE of the whole.
    pub size: u64,
    /// INTERNALDATE.
    pub received_at: Timestamp,
    /// The account's name.
    pub source: &'a str,
    /// Who the mail is.
    pub identity: Identity,
    /// The authserv-id whose Authentication-Results are believed; `None`: nobody's are.
    pub trust: Option<&'a str>,
    /// The reader's zone: events that name none, and whole days, are of theirs (RFC 5545 section 3.3.5).
    pub zone: &'a TimeZone,
}

/// Reads a mail. Never fails: what cannot be read is noted, and what has no header at all is text.
pub fn read(raw: &Raw<'_>) -> Message {
    // The parsers of others have asserts of their own; one mail must not end the program.
    catch_unwind(AssertUnwindSafe(|| read_inner(raw))).unwrap_or_else(|_| {
        let mut message = empty(raw);
        message.notes.push("mail not readable".to_owned());
        message
    })
}

/// A message of which nothing is known but where it came from.
fn empty(raw: &Raw<'_>) -> Message {
    Message::bare(raw.identity, raw.source, raw.received_at, raw.size)
}

fn read_inner(raw: &Raw<'_>) -> Message {
    let mut notes = Notes::default();
    let bytes = fields::with_line_feeds(raw.bytes);
    let (fields, content) = split(&bytes, &mut notes);
    let parts = tree::parts(&fields.list, content, &mut notes);
    let hint = hint(&parts);
    let mut header = HeaderReader { fields: &fields, hint: hint.as_deref(), notes: &mut notes };
    let mut message = empty(raw);
    let senders = header.people("From");
    message.subject = clean::line(&header.text("Subject"), limits::mail::MAIL_FIELD_BYTES);
    message.message_id = header.ids("Message-ID").into_iter().next();
    message.thread = Thread { in_reply_to: header.ids("In-Reply-To"), references: header.ids("References") };
    message.to = header.people("To");
    message.cc = header.people("Cc");
    message.sent_at = header.date();
    message.headers = header.all();
    let reply_to = header.people("Reply-To").into_iter().next();
    let list = Headers(&message.headers);
    message.automated = automation::is_automated(list, senders.first());
    message.importance = automation::importance(list);
    message.list_id = automation::list_id(list).map(|id| clean::line(&id, limits::mail::MAIL_NAME_CHARS));
    let addresses: Vec<&str> = senders.iter().map(|sender| sender.address.as_str()).collect();
    message.authenticity = authenticity::judge(&fields, &addresses, raw.trust);
    message.sender = senders.into_iter().next();
    message.reply_to = reply_to.filter(|to| Some(&to.address) != message.sender.as_ref().map(|from| &from.address));
    let Text { own, is_read } = body::read(&parts, Manner::of(&message.subject), &mut notes);
    message.own_text = own;
    message.attachments = attachments(&parts, &is_read, &mut notes);
    message.event = event(&parts, raw, &mut notes);
    message.page = if message.automated { page::of(Headers(&message.headers), &parts) } else { None };
    note_the_rest(raw, &fields, &parts, &mut notes);
    if has_broken_letters(&message) {
        notes.add("some letters are broken");
    }
    message.notes = notes.into_phrases();
    message
}

/// Header and body. Octets without any field are all body.
fn split<'a>(bytes: &'a [u8], notes: &mut Notes) -> (Fields<'a>, &'a [u8]) {
    let fields = fields::fields(fields::header_block(bytes));
    if fields.list.is_empty() && !bytes.trim_ascii().is_empty() {
        notes.add("no header");
        let after = fields::after_header(bytes);
        return (fields, if after.trim_ascii().is_empty() { bytes } else { after });
    }
    (fields, fields::after_header(bytes))
}

/// The character set of the first text part: raw octets in header fields are mostly of the same.
fn hint(parts: &[Part<'_>]) -> Option<String> {
    let text = parts.iter().find(|part| part.media.value.starts_with("text/"))?;
    text.media.raw("charset").map(|label| String::from_utf8_lossy(label).into_owned())
}

struct HeaderReader<'r, 'a> {
    fields: &'r Fields<'a>,
    hint: Option<&'r str>,
    notes: &'r mut Notes,
}

impl HeaderReader<'_, '_> {
    fn text(&mut self, name: &str) -> String {
        let raw = self.fields.first(name).unwrap_or_default();
        words::decode(raw, self.hint, self.notes)
    }

    fn people(&mut self, name: &str) -> Vec<Address> {
        let raw = self.fields.first(name).unwrap_or_default();
        people::addresses(raw, self.hint, self.notes)
    }

    /// Message-IDs without angle brackets, each once; of very many the oldest and the newest.
    fn ids(&self, name: &str) -> Vec<String> {
        let raw = String::from_utf8_lossy(self.fields.first(name).unwrap_or_default());
        let mut ids: Vec<String> = match raw.contains('<') {
            true => raw.split('<').skip(1).map(|rest| rest.split('>').next().unwrap_or_default()).map(id).collect(),
            // Careless senders forget the brackets; phrases ("your message of Monday") are no ids.
            false => raw.split_whitespace().filter(|word| word.contains('@')).map(id).collect(),
        };
        ids.retain(|id| !id.is_empty());
        ids.dedup();
        if ids.len() > limits::mail::MAIL_THREAD_IDS {
            let half = limits::mail::MAIL_THREAD_IDS / 2;
            let newest = ids.split_off(ids.len() - half);
            ids.truncate(half);
            ids.extend(newest);
        }
        ids
    }

    fn date(&mut self) -> Option<crate::model::message::SentAt> {
        let raw = self.fields.first("Date").filter(|raw| !raw.trim_ascii().is_empty());
        let read = raw.and_then(date::read);
        match (raw, read) {
            (None, _) => self.notes.add("date missing"),
            (Some(_), None) => self.notes.add("date not readable"),
            (Some(_), Some(_)) => {}
        }
        read
    }

    /// Every field, decoded, on one line.
    fn all(&mut self) -> Vec<Header> {
        let mut headers = Vec::with_capacity(self.fields.list.len());
        for field in &self.fields.list {
            let value = words::decode(field.value, self.hint, self.notes);
            headers.push(Header {
                name: clean::line(&String::from_utf8_lossy(field.name), limits::mail::MAIL_NAME_CHARS),
                value: clean::line(&value, limits::mail::MAIL_FIELD_BYTES),
            });
        }
        headers
    }
}

fn id(text: &str) -> String {
    let bare: String = text.chars().filter(|c| !c.is_whitespace()).collect();
    clean::line(&bare, limits::mail::MAIL_NAME_CHARS)
}

/// What is no text in line, in order. Parts of attached messages are theirs.
fn attachments(parts: &[Part<'_>], is_read: &[bool], notes: &mut Notes) -> Vec<Attachment> {
    let mut found = Vec::new();
    for (index, part) in parts.iter().enumerate() {
        let around = part.parent.and_then(|parent| parts.get(parent));
        let in_alternative = around.is_some_and(|around| around.media.value == "multipart/alternative");
        let is_file = part.disposition.value == "attachment";
        let name = part.disposition.get("filename", notes).or_else(|| part.media.get("name", notes));
        let is_form = in_alternative && !is_file && name.is_none();
        let is_shown = is_read.get(index) == Some(&true) && !is_file;
        if part.kind == Kind::Multipart
            || tree::is_in_message(parts, index)
            || is_form
            || is_shown
            || (index == 0 && is_plain_text(part))
        {
            continue;
        }
        found.push(Attachment {
            name: params::file_name(&name.unwrap_or_default()),
            media_type: clean::line(&part.media.value, limits::mail::MAIL_NAME_CHARS),
            size: transfer::decoded_len(&part.body, part.encoding),
        });
    }
    found
}

fn is_plain_text(part: &Part<'_>) -> bool {
    part.media.value == "text/plain" && part.disposition.value != "attachment"
}

/// The first calendar part that can be read, of this message or of one inside.
fn event(parts: &[Part<'_>], raw: &Raw<'_>, notes: &mut Notes) -> Option<Event> {
    let is_calendar = |part: &&Part<'_>| {
        let media = part.media.value.as_str();
        part.kind == Kind::Leaf
            && (matches!(media, "text/calendar" | "text/x-vcalendar" | "application/ics" | "application/calendar")
                || part
                    .disposition
                    .raw("filename")
                    .or(part.media.raw("name"))
                    .is_some_and(|name| name.to_ascii_lowercase().ends_with(b".ics")))
    };
    parts.iter().filter(is_calendar).take(3).find_map(|part| {
        let body = part.body.get(..limits::mail::MAIL_CALENDAR_BYTES * 2).unwrap_or(&part.body);
        let label = part.media.raw("charset").map(|label| String::from_utf8_lossy(label).into_owned());
        let text = charset::decode(&transfer::decode(body, part.encoding), label.as_deref(), notes);
        let method = part.media.raw("method").map(|method| String::from_utf8_lossy(method).into_owned());
        let reading = Reading { received_at: raw.received_at, zone: raw.zone, method: method.as_deref() };
        calendar::read(&text, reading, notes)
    })
}

fn note_the_rest(raw: &Raw<'_>, fields: &Fields<'_>, parts: &[Part<'_>], notes: &mut Notes) {
    if fields.was_cut {
        notes.add("header longer than is read");
    }
    if fields.has_odd_lines && !fields.list.is_empty() {
        notes.add("lines in the header that are no fields");
    }
    if !fields.list.is_empty() && fields.count("From") == 0 {
        notes.add("from missing");
    }
    // The server counts line ends as two octets, a file may have them as one.
    let line_ends = raw.bytes.iter().filter(|&&b| b == b'\n').count() as u64;
    let is_part_of_it = (raw.bytes.len() as u64).saturating_add(line_ends) < raw.size;
    let cuts_text =
        |part: &Part<'_>| part.kind == Kind::Leaf && !part.is_whole && part.media.value.starts_with("text/");
    let single = matches!(parts, [only] if only.media.value.starts_with("text/"));
    if is_part_of_it && (single || parts.last().is_some_and(cuts_text)) {
        notes.add("text longer than is read");
    }
}

fn has_broken_letters(message: &Message) -> bool {
    let broken = |text: &str| text.contains('\u{fffd}');
    broken(&message.subject)
        || broken(&message.own_text)
        || message.headers.iter().any(|header| broken(&header.value) || broken(&header.name))
        || message.attachments.iter().any(|attachment| broken(&attachment.name))
        || message.event.as_ref().is_some_and(|event| broken(&event.summary))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::expect_used, clippy::indexing_slicing)]
    use jiff::Timestamp;
    use jiff::tz::TimeZone;

    use super::{Raw, read};
    use crate::model::identity::{Id, Identity};
    use crate::model::message::{Authenticity, Message};

    fn mail(bytes: &[u8]) -> Message {
        read(&Raw {
            bytes,
            size: bytes.len() as u64,
            received_at: Timestamp::UNIX_EPOCH,
            source: "work",
            identity: Identity(Id::of(&[bytes])),
            trust: Some("mx.work.example"),
            zone: &TimeZone::UTC,
        })
    }

    const HEAD: &str = "From: Ada <ada@Example.org>\r\nDate: Wed, 13 Jan 2027 10:00:00 +0100\r\n";

    #[test]
    fn the_first_of_duplicates_is_what_readers_see() {
        let message = mail(b"From: ada@x.org\nFrom: eve@x.org\nSubject: one\nSubject: two\nDate: 13 Jan 2027 10:00 GMT\nMessage-ID: <1@x>\nMessage-ID: <2@x>\n\nHi");
        assert_eq!(message.sender.expect("a sender").address, "ada@x.org");
        assert_eq!((message.subject.as_str(), message.message_id.as_deref()), ("one", Some("1@x")));
        assert_eq!(message.authenticity, Authenticity::Failed);
    }

    #[test]
    fn every_field_is_there_in_order() {
        let message = mail(format!("{HEAD}X-Note: =?utf-8?Q?=C3=BC?=\r\n more\r\nSubject: s\r\n\r\n").as_bytes());
        let headers: Vec<String> = message.headers.iter().map(|h| format!("{}={}", h.name, h.value)).collect();
        assert_eq!(headers[2..], ["X-Note=ü more", "Subject=s"]);
        assert_eq!(message.notes, [""; 0]);
    }

    #[test]
    fn threads_and_people() {
        let message = mail(format!("{HEAD}To: A: b@c, d@e;\r\nCc: f@g\r\nReply-To: h@i\r\nReferences: <1@x>\r\n <2@x>\r\nIn-Reply-To: your note <2@x>\r\n\r\n").as_bytes());
        assert_eq!(message.thread.references, ["1@x", "2@x"]);
        assert_eq!(message.thread.in_reply_to, ["2@x"]);
        assert_eq!(message.to.len(), 2);
        assert_eq!(message.reply_to.expect("an address").address, "h@i");
        assert_eq!(message.sender.expect("a sender").address, "ada@example.org");
    }

    #[test]
    fn attachments_have_names_without_paths() {
        let part = "--b\r\nContent-Type: application/pdf\r\nContent-Transfer-Encoding: base64\r\nContent-Disposition: attachment; filename*0*=utf-8''..%2F%C3; filename*1*=%9Cb.pdf\r\n\r\nSGVsbG8=\r\n--b--";
        let message =
            mail(format!("{HEAD}Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nHi\r\n{part}").as_bytes());
        assert_eq!(message.own_text, "Hi");
        let found: Vec<_> =
            message.attachments.iter().map(|a| (a.name.as_str(), a.media_type.as_str(), a.size)).collect();
        assert_eq!(found, [("Üb.pdf", "application/pdf", 5)]);
    }

    #[test]
    fn raw_octets_in_the_header_are_of_the_bodys_set() {
        let mut bytes = format!("{HEAD}Content-Type: text/plain; charset=koi8-r\r\nSubject: ").into_bytes();
        bytes.extend(b"\xf0\xd2\xc9\xd7\xc5\xd4\r\n\r\n\xf0\xd2\xc9\xd7\xc5\xd4");
        let message = mail(&bytes);
        assert_eq!((message.subject.as_str(), message.own_text.as_str()), ("Привет", "Привет"));
        assert_eq!(message.notes, [""; 0]);
    }

    #[test]
    fn calendar_parts_are_read() {
        let part = "Content-Type: text/calendar; method=REQUEST\r\n\r\nBEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nSUMMARY:T\r\nDTSTART:20270113T150000Z\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n";
        let message = mail(format!("{HEAD}{part}").as_bytes());
        let event = message.event.expect("an event");
        assert_eq!((event.method.as_str(), event.summary.as_str()), ("REQUEST", "T"));
    }

    #[test]
    fn what_is_hardly_a_mail_is_read_too() {
        let check = |bytes: &[u8], text: &str, notes: &[&str]| {
            let message = mail(bytes);
            assert_eq!(message.own_text, text);
            assert_eq!(message.notes, notes);
        };
        check(b"", "", &["date missing"]);
        check(b"just text\nno more", "just text\nno more", &["no header", "date missing"]);
        check(b"Subject: s\r\rbare\rreturns", "bare\nreturns", &["date missing", "from missing"]);
        check(b"\n\nHi", "Hi", &["no header", "date missing"]);
        check(b"\x00\xff\xfe", "ÿþ", &["no header", "date missing", "text that is not utf-8 read as windows-1252"]);
        check(b"From: a@b\nDate: yesterday\n\nHi", "Hi", &["date not readable"]);
    }

    #[test]
    fn a_mail_that_was_fetched_in_part_says_so_where_text_is_missing() {
        let bytes = format!("{HEAD}\r\nThe beginning of");
        let mut raw = Raw {
            bytes: bytes.as_bytes(),
            size: 1_000_000,
            received_at: Timestamp::UNIX_EPOCH,
            source: "work",
            identity: Identity(Id::of(&[])),
            trust: None,
            zone: &TimeZone::UTC,
        };
        assert_eq!(read(&raw).notes, ["text longer than is read"]);
        raw.size = bytes.len() as u64;
        assert_eq!(read(&raw).notes, [""; 0]);
    }
}
