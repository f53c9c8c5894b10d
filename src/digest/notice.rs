//! A notice of our own that is filed in the person's mailbox when no letter can be sent.

use jiff::Timestamp;

use super::order::ComposeError;
use super::sheet::{Sheet, Words, Written};
use super::{clean, columns, phrase};
use crate::civil::Zone;
use crate::limits;
use crate::model::identity::Id;

/// What a notice tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trouble<'a> {
    /// The way out is shut: nothing can be sent.
    CannotSend {
        /// Since when.
        since: Timestamp,
        /// What the last attempt met, without addresses.
        why: &'a str,
        /// Letters that wait.
        letters: usize,
    },
    /// Mail that was sent on came back into an account that sends on, or goes round in circles on its way.
    Circle {
        /// The account.
        account: &'a str,
    },
    /// A recipient refuses every letter: none is sent to them for a while.
    RecipientRefuses {
        /// Who.
        recipient: &'a str,
        /// How long.
        until: Timestamp,
        /// What was said, without addresses.
        why: &'a str,
    },
    /// One letter was given up; its items wait for the next digest.
    LetterFailed {
        /// What the server said, without addresses.
        why: &'a str,
        /// Items that wait again.
        items: usize,
    },
}

/// Writes a notice: no bulk mail, since it must be seen. The same trouble has the same id, so that it is told once.
///
/// # Errors
/// As [`Sheet::write`].
pub fn write(sheet: &Sheet<'_>, id: Id, trouble: Trouble<'_>) -> Result<Written, ComposeError> {
    let (subject, paragraphs) = words(trouble, sheet.zone);
    let mut text = String::new();
    for Paragraph { indent, words } in paragraphs {
        text.push_str(&columns::wrap(&words, indent, indent, limits::judgement::DIGEST_COLUMNS));
        text.push_str("\n\n");
    }
    text.push_str("Tidings\n");
    sheet.write(id, &Words { subject: &subject, text: &text, attached: None, trace: &[] })
}

struct Paragraph {
    indent: &'static str,
    words: String,
}

fn ours(words: impl Into<String>) -> Paragraph {
    Paragraph { indent: "", words: words.into() }
}

/// Another's words, set apart from ours.
fn quoted(words: String) -> Paragraph {
    Paragraph { indent: "    ", words }
}

fn words(trouble: Trouble<'_>, zone: &Zone) -> (String, Vec<Paragraph>) {
    match trouble {
        Trouble::CannotSend { since, why, letters } => {
            let why = clean::line(why, limits::judgement::DIGEST_FIELD);
            let waiting = phrase::count(letters, "letter waits", "letters wait");
            let (moment, zone) = (phrase::moment(since, zone), phrase::zone(since, zone));
            let paragraphs = vec![
                ours(format!(
                    "Tidings has not been able to send mail since {moment}, {zone}. The last attempt met this:"
                )),
                quoted(why.clone()),
                ours(format!(
                    "{waiting} and will be sent as soon as the server takes mail again. Nothing is lost: held mail lies \
                     where it was filed, and urgent mail passes as before."
                )),
                ours(
                    "What to do: look at the server, and at [smtp] in the configuration (host, port, security, username, \
                     password). `tidings check --connect` tries it and says what it finds. `tidings outbox` shows what \
                     waits, `tidings outbox retry ID` sends it at once, and `tidings held release --all` gives all held \
                     mail back.",
                ),
            ];
            (format!("Tidings cannot send mail: {why}"), paragraphs)
        }
        Trouble::Circle { account } => {
            let account = clean::line(account, limits::judgement::DIGEST_FIELD);
            let paragraphs = vec![
                ours(format!(
                    "A mail that came into the account \"{account}\" had been sent on by Tidings before, or had come a long \
                     way round. It is not sent on again: it would go in circles. It stays where it is."
                )),
                ours(format!(
                    "What to do: look at `forward_urgent_to` of the account \"{account}\", and at what forwards mail at its \
                     address. It should name a mailbox that no [[account]] which forwards watches."
                )),
            ];
            (format!("Tidings stopped mail that goes in circles: {account}"), paragraphs)
        }
        Trouble::RecipientRefuses { recipient, until, why } => {
            let why = clean::line(why, limits::judgement::DIGEST_FIELD);
            let recipient = clean::line(recipient, limits::judgement::DIGEST_FIELD);
            let (moment, zone) = (phrase::moment(until, zone), phrase::zone(until, zone));
            let paragraphs = vec![
                ours(format!("All letters to {recipient} were refused for good of late. The last time with this:")),
                quoted(why),
                ours(format!(
                    "None is sent there before {moment}, {zone}; then one more tries it. What waits for a digest goes on \
                     waiting, no longer than it may be held; urgent mail lies in its account."
                )),
                ours(
                    "What to do: write the right address as `to` of the digest, or as `forward_urgent_to`, in the \
                     configuration, and reload it.",
                ),
            ];
            (format!("Tidings sends nothing to {recipient} any more"), paragraphs)
        }
        Trouble::LetterFailed { why, items } => {
            let why = clean::line(why, limits::judgement::DIGEST_FIELD);
            let waiting = phrase::count(items, "message of it waits", "messages of it wait");
            let paragraphs = vec![
                ours("A letter was refused for good and is not tried again by itself. The server said:"),
                quoted(why.clone()),
                ours(format!("{waiting} for the next digest. Nothing is lost.")),
                ours(
                    "What to do: `tidings outbox` shows the letter, `tidings outbox retry ID` sends it once more, and \
                     `tidings held` lists what waits.",
                ),
            ];
            (format!("Tidings could not deliver a letter: {why}"), paragraphs)
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::{Trouble, write};
    use crate::civil::Zone;
    use crate::digest::order::Sender;
    use crate::digest::sheet::{Sheet, Written};
    use crate::mark::{FIELD, MarkKey};
    use crate::model::identity::Id;

    fn written(why: &str) -> Written {
        let zone = Zone { name: "Europe/Lisbon".to_owned(), rules: jiff::tz::TimeZone::get("Europe/Lisbon").unwrap() };
        let from = Sender { name: Some("Tidings".to_owned()), address: "tidings@example.org".to_owned() };
        let since = "2027-01-13T09:00:00Z".parse().unwrap();
        let sheet = Sheet {
            from: &from,
            to: "ada@example.org",
            zone: &zone,
            now: "2027-01-13T10:00:00Z".parse().unwrap(),
            mark: &MarkKey::new(&[7; 32]),
            domain: "example.org",
        };
        write(&sheet, Id::of(&[b"notice"]), Trouble::CannotSend { since, why, letters: 2 }).unwrap()
    }

    #[test]
    fn a_notice_says_what_and_what_to_do() {
        let notice = written("535 5.7.8 authentication failed\r\nBcc: evil@example.net");
        let text = String::from_utf8(notice.bytes.clone()).unwrap();
        let mail = mail_parser::MessageParser::new().parse(&notice.bytes).unwrap();
        let subject = "Tidings cannot send mail: 535 5.7.8 authentication failed Bcc: evil@example.net";
        assert_eq!(mail.subject(), Some(subject));
        assert_eq!(mail.message_id(), Some(notice.message_id.as_str()));
        assert!(
            mail.header("Bcc").is_none() && mail.header("Precedence").is_none() && mail.header("List-Id").is_none()
        );
        assert_eq!(mail.header_raw("Auto-Submitted").map(str::trim), Some("auto-generated"));
        let mark = mail.header_raw(FIELD).unwrap().replace("\r\n", "");
        assert_eq!(MarkKey::new(&[7; 32]).read(&mark), Some(Id::of(&[b"notice"])));
        let body = mail.body_text(0).unwrap();
        assert!(body.contains("2 letters wait"), "{body}");
        assert!(body.contains("tidings check --connect"), "{body}");
        assert!(text.lines().all(|line| line.len() <= 120));
        assert_eq!(notice, written("535 5.7.8 authentication failed\r\nBcc: evil@example.net"));
    }
}
