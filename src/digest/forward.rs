//! Urgent mail sent on: a short letter of ours that says who, when and why, with the original attached as it came.

use super::letter::{self, Attached};
use super::order::ComposeError;
use super::originals::Left;
use super::sheet::{Sheet, Words, Written};
use super::{clean, columns, entry, phrase};
use crate::limits;
use crate::model::edition::LetterId;
use crate::model::item::Item;
use crate::model::message::Authenticity;
use crate::model::verdict::Urgency;

/// What such a letter tells.
#[derive(Debug)]
pub enum Tells<'a> {
    /// Of one mail.
    One {
        /// The mail.
        item: &'a Item,
        /// What is attached.
        original: Original<'a>,
        /// The marks that the mail bears, of whatever Tidings: who sees its own among them again sends nothing on.
        trace: &'a [String],
    },
    /// That this many more came than are sent on one by one.
    More {
        /// How many.
        count: usize,
        /// Into which account.
        account: &'a str,
    },
}

/// What is attached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Original<'a> {
    /// The mail, as `message/rfc822` where it can stand so, else as a file.
    Message(&'a [u8]),
    /// The mail as a file of 7-bit octets, which every server takes.
    File(&'a [u8]),
    /// Nothing, for this reason.
    Left(Left),
}

/// Writes the letter: no bulk mail, since it must ring. `beside` is how many other messages of its conversation wait for a
/// digest.
///
/// # Errors
/// As [`Sheet::write`].
pub fn write(sheet: &Sheet<'_>, id: LetterId, tells: &Tells<'_>, beside: usize) -> Result<Written, ComposeError> {
    let boundary = boundary(id);
    let (subject, paragraphs, attached, trace) = match tells {
        Tells::One { item, original, trace } => {
            let subject = entry::shown_subject(&item.message.subject);
            (subject, one(sheet, (item, *original), beside), attached(*original, &boundary), *trace)
        }
        Tells::More { count, account } => {
            let what = phrase::count(*count, "more urgent message", "more urgent messages");
            (what.clone(), vec![more(&what, account)], None, &[][..])
        }
    };
    let mut text = String::new();
    for words in paragraphs {
        text.push_str(&columns::wrap(&words, "", "", limits::judgement::DIGEST_COLUMNS));
        text.push_str("\n\n");
    }
    text.push_str("Tidings\n");
    let attached = attached.as_ref().map(|attached| (attached, boundary.as_str()));
    sheet.write(id.0, &Words { subject: &subject, text: &text, attached, trace })
}

/// The original that a letter of ours carries as a message; `None` where it carries none so.
pub fn original(bytes: &[u8], letter: LetterId) -> Option<&[u8]> {
    let delimiter = format!("\r\n--{}", boundary(letter));
    let rest = after(bytes, delimiter.as_bytes())?;
    let part = after(rest, delimiter.as_bytes())?;
    let end = format!("{delimiter}--\r\n");
    let (head, body) = split_at(part, b"\r\n\r\n")?;
    let is_message = head.windows(MESSAGE.len()).any(|some| some == MESSAGE.as_bytes());
    is_message.then(|| body.strip_suffix(end.as_bytes())).flatten()
}

/// Whether a letter of ours carries the original in any form.
pub fn carries(bytes: &[u8], letter: LetterId) -> bool {
    after(bytes, format!("\r\n--{}", boundary(letter)).as_bytes()).is_some()
}

const MESSAGE: &str = "message/rfc822";

/// Stands in no text of ours: see the digest's.
fn boundary(letter: LetterId) -> String {
    format!("=_tidings_{letter}")
}

fn after<'a>(bytes: &'a [u8], mark: &[u8]) -> Option<&'a [u8]> {
    split_at(bytes, mark).map(|(_, rest)| rest)
}

fn split_at<'a>(bytes: &'a [u8], mark: &[u8]) -> Option<(&'a [u8], &'a [u8])> {
    let at = bytes.windows(mark.len()).position(|some| some == mark)?;
    Some((bytes.get(..at)?, bytes.get(at + mark.len()..)?))
}

/// A mail whose lines may not go over the wire as they are goes as a file: changing them would break its signatures. So does
/// one that knows our boundary.
fn attached<'a>(original: Original<'a>, boundary: &str) -> Option<Attached<'a>> {
    match original {
        Original::Message(bytes) if letter::is_sound(bytes) && split_at(bytes, boundary.as_bytes()).is_none() => {
            Some(Attached::Message(bytes))
        }
        Original::Message(bytes) | Original::File(bytes) => Some(Attached::File(bytes)),
        Original::Left(_) => None,
    }
}

fn one(sheet: &Sheet<'_>, (item, original): (&Item, Original<'_>), beside: usize) -> Vec<String> {
    let message = &item.message;
    let level = match item.verdict.decision.level() {
        Some(Urgency::Critical) => "Critical",
        _ => "Urgent",
    };
    let who = match message.sender.as_ref().map(entry::name_and_address) {
        Some((Some(name), address)) => format!("{} <{address}>", clean::isolate(&name)),
        Some((None, address)) => address,
        None => "an unknown sender".to_owned(),
    };
    let (moment, zone) =
        (phrase::moment(message.received_at, sheet.zone), phrase::zone(message.received_at, sheet.zone));
    let account = clean::line(&message.source, limits::judgement::DIGEST_FIELD);
    let mut paragraphs =
        vec![format!("{level} mail from {who}. It came on {moment}, {zone}, into the account \"{account}\".")];
    paragraphs.push(phrase::in_full(&item.verdict));
    if message.authenticity == Authenticity::Failed {
        paragraphs.push("Beware: the sender is not confirmed.".to_owned());
    }
    if beside > 0 {
        let beside =
            phrase::count(beside, "other message of its conversation waits", "other messages of its conversation wait");
        paragraphs.push(format!("{beside} for a digest."));
    }
    paragraphs.push(match original {
        Original::Message(_) | Original::File(_) => "The mail itself is attached.".to_owned(),
        Original::Left(Left::TooLarge) => format!(
            "The mail itself is not attached: with its {} it is too large to be sent on. It lies in the account.",
            phrase::size(message.size)
        ),
        Original::Left(Left::Refused) => {
            "The mail itself is not attached: the server refuses to send it on. It lies in the account.".to_owned()
        }
        Original::Left(Left::Gone) => {
            "The mail itself is not attached: it could not be fetched any more from where it was.".to_owned()
        }
    });
    paragraphs
}

fn more(what: &str, account: &str) -> String {
    let account = clean::line(account, limits::judgement::DIGEST_FIELD);
    format!(
        "{what} came into the account \"{account}\" and lie there: {} in a minute and {} in a day are sent on one by one.",
        limits::hands::URGENT_A_MINUTE,
        limits::hands::URGENT_A_DAY
    )
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use mail_parser::{MessageParser, MimeHeaders};

    use super::{Original, Tells, original, write};
    use crate::digest::order::Sender;
    use crate::digest::originals::Left;
    use crate::digest::sample::{Desk, day, now};
    use crate::digest::sheet::Sheet;
    use crate::mark::{FIELD, MarkKey};
    use crate::model::edition::LetterId;
    use crate::model::identity::Id;

    fn written(attach: Original<'_>, trace: &[String]) -> Vec<u8> {
        let desk = Desk::new();
        let mut item = day().into_iter().next().unwrap();
        item.message.subject = "Server\r\nBcc: evil@example.net \u{202e}down".to_owned();
        let from = Sender { name: Some("Tidings".to_owned()), address: "tidings@example.org".to_owned() };
        let sheet = Sheet {
            from: &from,
            to: "ada@phone.example",
            zone: &desk.zone,
            now: now(),
            mark: &MarkKey::new(&[7; 32]),
            domain: "example.org",
        };
        write(&sheet, letter(), &Tells::One { item: &item, original: attach, trace }, 2).unwrap().bytes
    }

    fn letter() -> LetterId {
        LetterId(Id::of(&[b"letter"]))
    }

    #[test]
    fn the_original_is_attached_byte_for_byte() {
        let check = |bytes: &[u8], media: &str| {
            let letter_bytes = written(Original::Message(bytes), &[]);
            let mail = MessageParser::new().parse(&letter_bytes).unwrap();
            let part = mail.attachment(0).unwrap();
            let kind = part.content_type().unwrap();
            assert_eq!(format!("{}/{}", kind.ctype(), kind.subtype().unwrap()), media);
            let found = original(&letter_bytes, letter());
            if media == "message/rfc822" {
                assert_eq!(found, Some(bytes));
                assert_eq!(part.message().unwrap().raw_message(), bytes);
            } else {
                assert_eq!(found, None);
                assert_eq!(part.contents(), bytes);
            }
            assert!(mail.header("Precedence").is_none() && mail.header("List-Id").is_none());
            assert!(mail.header("Bcc").is_none());
            assert_eq!(mail.subject(), Some("Server Bcc: evil@example.net down"));
            let said = mail.body_text(0).unwrap().split_whitespace().collect::<Vec<_>>().join(" ");
            assert!(said.contains("2 other messages of its conversation wait for a digest."), "{said}");
        };
        check(b"Subject: a\r\n\r\n.\r\nFrom x\r\n\r\n", "message/rfc822");
        check(b"Subject: a\r\n\r\nno end", "message/rfc822");
        check("Subject: a\r\n\r\ngr\u{fc}n\r\n".as_bytes(), "message/rfc822");
        check(b"Subject: a\n\nbare\n", "application/octet-stream");
        check(b"Subject: a\r\n\r\n\0\r\n", "application/octet-stream");
        check(format!("Subject: a\r\n\r\n{}\r\n", "x".repeat(999)).as_bytes(), "application/octet-stream");
        let knows = format!("Subject: a\r\n\r\n--=_tidings_{}--\r\n", letter());
        check(knows.as_bytes(), "application/octet-stream");
    }

    #[test]
    fn eight_bits_are_declared_and_can_be_left_out() {
        let mail = "Subject: a\r\n\r\ngr\u{fc}n\r\n".as_bytes();
        let eight = written(Original::Message(mail), &[]);
        let head = String::from_utf8_lossy(&eight).split("\r\n\r\n").next().unwrap().to_owned();
        assert!(head.contains("Content-Transfer-Encoding: 8bit"), "{head}");
        assert!(written(Original::File(mail), &[]).is_ascii());
        assert!(written(Original::Left(Left::TooLarge), &[]).is_ascii());
    }

    #[test]
    fn foreign_marks_are_carried_on() {
        let other = MarkKey::new(&[8; 32]).mark(Id::of(&[b"other"]));
        let bytes = written(Original::Left(Left::Gone), std::slice::from_ref(&other));
        let mail = MessageParser::new().parse(&bytes).unwrap();
        let marks: Vec<_> = mail.headers().iter().filter(|header| header.name() == FIELD).collect();
        assert_eq!(marks.len(), 2);
        assert!(String::from_utf8_lossy(&bytes).replace("\r\n\t", " ").replace("\r\n ", " ").contains(&other));
    }
}
