//! Delivery reports (RFC 3464): whether a mail is one, what it says, and which marks the mail bore that it returns.

use super::fields::{self, Fields};
use super::notes::Notes;
use super::tree::{self, Kind, Part};
use crate::limits;
use crate::mark;

/// What a report says of a mail that was sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// The marks in the header of what is returned, as they are written; a few at most.
    pub marks: Vec<String>,
    /// What became of it.
    pub fate: Fate,
}

/// What became of a mail.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fate {
    /// It will never arrive; the status, such as `5.1.1`.
    Failed(String),
    /// It is late, was passed on, or arrived.
    Other,
}

/// Reads a report; `None` for any other mail.
pub fn read(bytes: &[u8]) -> Option<Report> {
    let bytes = fields::with_line_feeds(bytes);
    let header = fields::fields(fields::header_block(&bytes));
    let media = header.first("Content-Type").unwrap_or_default().trim_ascii_start();
    if !media.get(..REPORT.len()).is_some_and(|kind| kind.eq_ignore_ascii_case(REPORT)) {
        return None;
    }
    let parts = tree::parts(&header.list, fields::after_header(&bytes), &mut Notes::default());
    let status = parts.iter().find(|part| part.media.value == "message/delivery-status")?;
    let returned = parts.iter().filter(|part| is_returned(part)).flat_map(|part| marks(&part.body));
    Some(Report { marks: returned.take(limits::mail::MAIL_REPORT_MARKS).collect(), fate: fate(&status.body) })
}

const REPORT: &[u8] = b"multipart/report";

fn is_returned(part: &Part<'_>) -> bool {
    part.kind == Kind::Message || part.media.value == "text/rfc822-headers"
}

/// The marks that a mail bears, of whatever Tidings.
pub fn marks(mail: &[u8]) -> Vec<String> {
    let header = fields::fields(fields::header_block(mail));
    let fields = header.list.iter().filter(|field| field.is(mark::FIELD));
    fields.filter_map(|field| mark::shaped(&String::from_utf8_lossy(field.value))).collect()
}

/// One of the recipients decides: our letters have one.
fn fate(status: &[u8]) -> Fate {
    let mut rest = status.trim_ascii_start();
    while !rest.is_empty() {
        let group: Fields<'_> = fields::fields(fields::header_block(rest));
        let word =
            |name: &str| String::from_utf8_lossy(group.first(name).unwrap_or_default()).trim().to_ascii_lowercase();
        let code: String = word("Status").chars().take_while(|c| c.is_ascii_digit() || *c == '.').take(9).collect();
        if word("Action") == "failed" && code.starts_with('5') {
            return Fate::Failed(code);
        }
        let after = fields::after_header(rest).trim_ascii_start();
        if after.len() >= rest.len() {
            break;
        }
        rest = after;
    }
    Fate::Other
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::{Fate, read};
    use crate::mark::MarkKey;
    use crate::model::identity::Id;

    fn report(action: &str, status: &str, returned: &str) -> String {
        format!(
            "From: MAILER-DAEMON@example.org\r\nContent-Type: multipart/report; report-type=delivery-status;\r\n boundary=\"B\"\r\n\r\n\
             --B\r\n\r\nI'm sorry.\r\n\r\n--B\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx\r\n\r\n\
             Final-Recipient: rfc822; gone@example.org\r\nAction: {action}\r\nStatus: {status} (unknown)\r\n\r\n\
             --B\r\nContent-Type: {returned}\r\n\r\nSubject: x\r\nX-Tidings-Id: {}\r\n\r\n--B--\r\n",
            MarkKey::new(&[1; 32]).mark(Id::of(&[b"letter"])).replace(' ', "\r\n ")
        )
    }

    #[test]
    fn a_report_says_what_came_of_which_letter() {
        let mark = MarkKey::new(&[1; 32]).mark(Id::of(&[b"letter"]));
        let check = |action: &str, status: &str, returned: &str, fate: Fate| {
            let found = read(report(action, status, returned).as_bytes()).unwrap();
            assert_eq!((found.marks, found.fate), (vec![mark.clone()], fate), "{action} {status} {returned}");
        };
        check("failed", "5.1.1", "message/rfc822", Fate::Failed("5.1.1".to_owned()));
        check("Failed", "5.1.1", "text/rfc822-headers", Fate::Failed("5.1.1".to_owned()));
        check("delayed", "4.4.1", "message/rfc822", Fate::Other);
        check("failed", "4.4.7", "message/rfc822", Fate::Other);
    }

    #[test]
    fn other_mail_is_no_report() {
        for other in [
            "",
            "Subject: x\r\n\r\nContent-Type: multipart/report\r\n",
            "Content-Type: multipart/report; boundary=B\r\n\r\n--B\r\n\r\nx\r\n--B--\r\n",
        ] {
            assert_eq!(read(other.as_bytes()), None);
        }
    }
}
