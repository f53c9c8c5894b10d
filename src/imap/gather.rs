//! FETCH answers put together by UID: in any order, in pieces, among lines that nobody asked for.

use std::collections::BTreeMap;

use async_imap::imap_proto::{AttributeValue, MessageSection, Response, SectionPath};
use jiff::Timestamp;

use super::session::LISTED;
use crate::limits;
use crate::model::identity::Identity;
use crate::model::mailbox::{Flags, Uid};
use crate::model::name::{AccountName, PersonName};

/// What is known of a message without its text.
#[derive(Clone, PartialEq, Eq)]
pub struct Head {
    /// Its UID in the selected mailbox.
    pub uid: Uid,
    /// RFC822.SIZE; 0 where the server gives none that can be read.
    pub size: u64,
    /// Its flags.
    pub flags: Flags,
    /// INTERNALDATE; `None` where it cannot be read.
    pub internal_date: Option<Timestamp>,
    /// The header block with the empty line behind it, cut at [`limits::doors::IMAP_HEADER`]. May be empty.
    pub header: Vec<u8>,
    /// EMAILID, else X-GM-MSGID, where the server has one of them.
    pub server_id: Option<String>,
}

impl Head {
    /// Who this message is, wherever it lies.
    pub fn identity(&self, person: &PersonName, account: &AccountName) -> Identity {
        match &self.server_id {
            Some(id) => Identity::of_server_id(person, account, id),
            None => Identity::of_content(person, account, &self.header, self.size),
        }
    }
}

/// Prints lengths only.
impl std::fmt::Debug for Head {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Head")
            .field("uid", &self.uid)
            .field("size", &self.size)
            .field("flags", &self.flags)
            .field("header_len", &self.header.len())
            .finish_non_exhaustive()
    }
}

/// A message with the beginning of its text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mail {
    /// All but the text.
    pub head: Head,
    /// The first [`limits::doors::IMAP_TEXT`] octets of its body as it stands on the wire, MIME parts and all. May be empty.
    pub text: Text,
}

/// The beginning of a body. Prints its length only.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Text(pub Vec<u8>);

impl std::fmt::Debug for Text {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Text({} bytes)", self.0.len())
    }
}

/// Which UIDs were asked for.
#[derive(Clone, Debug)]
pub enum Asked {
    /// These, in ascending order.
    These(Vec<Uid>),
    /// All from this one on. `n:*` names the last message even when its UID is lower than n (RFC 3501 section 6.4.8).
    From(Uid),
}

/// What has come so far.
#[derive(Debug)]
pub struct Gather {
    asked: Asked,
    found: BTreeMap<u32, Partial>,
    room: usize,
    left: Vec<Uid>,
}

/// A message as far as it has come.
#[derive(Debug, Default)]
pub struct Partial {
    size: Option<u32>,
    /// Its flags, once they have come.
    pub flags: Option<Flags>,
    internal_date: Option<Timestamp>,
    header: Option<Vec<u8>>,
    nil_header: bool,
    /// The literal of a text, or of a piece of the whole.
    pub text: Option<Vec<u8>>,
    server_id: Option<String>,
}

impl Gather {
    /// For these UIDs; more than `room` messages are only counted.
    pub fn new(asked: Asked, room: usize) -> Self {
        Self { asked, found: BTreeMap::new(), room, left: Vec::new() }
    }

    /// Takes one response. What is no FETCH, has no UID, or is of a message that was not asked for changes nothing: other
    /// clients set flags while a FETCH runs, and servers say so between its answers (RFC 3501 section 7.4.2).
    pub fn take(&mut self, response: &Response<'_>) {
        let Response::Fetch(_, attributes) = response else { return };
        let uid = attributes.iter().find_map(|attribute| match attribute {
            AttributeValue::Uid(uid) => Some(*uid),
            _ => None,
        });
        let Some(uid) = uid.filter(|&uid| uid > 0) else { return };
        let asked = match &self.asked {
            Asked::These(these) => these.binary_search(&Uid(uid)).is_ok(),
            Asked::From(from) => Uid(uid) >= *from,
        };
        if !asked {
            return;
        }
        if self.found.len() >= self.room && !self.found.contains_key(&uid) {
            if self.left.len() < limits::doors::IMAP_UIDS {
                self.left.push(Uid(uid));
            }
            return;
        }
        let partial = self.found.entry(uid).or_default();
        for attribute in attributes {
            partial.take(attribute);
        }
    }

    /// What has come, by UID, ascending; and the UIDs for which there was no room.
    pub fn finish(self) -> (impl Iterator<Item = (Uid, Partial)>, Vec<Uid>) {
        (self.found.into_iter().map(|(uid, partial)| (Uid(uid), partial)), self.left)
    }
}

impl Partial {
    fn take(&mut self, attribute: &AttributeValue<'_>) {
        match attribute {
            AttributeValue::Rfc822Size(size) => self.size = Some(*size),
            AttributeValue::Flags(flags) => self.flags = Some(read_flags(flags.iter().map(AsRef::as_ref))),
            AttributeValue::InternalDate(date) => self.internal_date = read_internal_date(date),
            AttributeValue::EmailId(id) => self.server_id = Some(id.to_string()),
            AttributeValue::GmailMsgId(id) => self.server_id = self.server_id.take().or(Some(id.to_string())),
            AttributeValue::Rfc822Header(data) => self.header = Some(cut_header(data.as_deref().unwrap_or_default())),
            AttributeValue::BodySection { section, data, .. } => {
                let bytes = data.as_deref().unwrap_or_default();
                match section {
                    // NIL for what was expunged meanwhile (RFC 2180 section 4.1.3); a size would say that it is there.
                    Some(SectionPath::Full(MessageSection::Header)) if data.is_none() => self.nil_header = true,
                    Some(SectionPath::Full(MessageSection::Header)) => self.header = Some(cut_header(bytes)),
                    Some(SectionPath::Full(MessageSection::Text)) => self.text = Some(bytes.to_vec()),
                    Some(_) => {}
                    None => self.text = Some(bytes.to_vec()),
                }
            }
            _ => {}
        }
    }

    /// As a head; `None` when there is no header in it: the message is gone, or this was news of its flags only. Servers that
    /// give the whole where a part was asked for are understood.
    pub fn head(&mut self, uid: Uid) -> Option<Head> {
        if self.nil_header {
            self.header = Some(Vec::new()).filter(|_| self.size.is_some_and(|size| size > 0));
        } else if self.header.is_none() {
            let whole = self.text.take()?;
            let end = header_end(&whole);
            self.header = Some(cut_header(whole.get(..end).unwrap_or_default()));
            self.text = whole.get(end..).map(<[u8]>::to_vec);
        }
        Some(Head {
            uid,
            size: self.size.unwrap_or_default().into(),
            flags: self.flags.unwrap_or_default(),
            internal_date: self.internal_date,
            header: self.header.take()?,
            server_id: self.server_id.take(),
        })
    }

    /// As a message with the beginning of its text.
    pub fn mail(mut self, uid: Uid) -> Option<Mail> {
        let head = self.head(uid)?;
        let mut text = self.text.unwrap_or_default();
        text.truncate(usize::try_from(limits::doors::IMAP_TEXT).unwrap_or(usize::MAX));
        Some(Mail { head, text: Text(text) })
    }
}

/// Cut where a server that ignores the range would give more, so that the identity is the same as elsewhere.
fn cut_header(header: &[u8]) -> Vec<u8> {
    let end = header.len().min(usize::try_from(limits::doors::IMAP_HEADER).unwrap_or(usize::MAX));
    header.get(..end).unwrap_or_default().to_vec()
}

/// Where the text begins in a whole message: behind the first empty line.
fn header_end(whole: &[u8]) -> usize {
    if whole.starts_with(b"\r\n") {
        return 2;
    }
    whole.windows(4).position(|window| window == b"\r\n\r\n").map_or(whole.len(), |at| at.saturating_add(4))
}

/// Flags by name; names are case-insensitive (RFC 9051 section 2.3.2).
fn read_flags<'a>(names: impl Iterator<Item = &'a str>) -> Flags {
    let mut flags = Flags::default();
    for name in names {
        let known = [
            ("\\Seen", &mut flags.seen),
            ("\\Flagged", &mut flags.flagged),
            ("\\Answered", &mut flags.answered),
            ("\\Deleted", &mut flags.deleted),
            ("\\Draft", &mut flags.draft),
            (LISTED, &mut flags.listed),
        ];
        for (known, flag) in known {
            *flag |= name.eq_ignore_ascii_case(known);
        }
    }
    flags
}

/// `13-Jan-2027 09:40:02 +0000`, the day padded with a space below 10 (RFC 3501 section 9, date-time).
fn read_internal_date(date: &str) -> Option<Timestamp> {
    let parsed = jiff::fmt::strtime::parse("%d-%b-%Y %H:%M:%S %z", date.trim_start()).ok()?;
    parsed.to_timestamp().ok()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::panic)]

    use async_imap::imap_proto::Response;

    use super::{Asked, Gather, Mail, header_end, read_flags, read_internal_date};
    use crate::model::mailbox::{Flags, Uid};

    fn gather(asked: Asked, room: usize, lines: &str) -> (Vec<Mail>, Vec<Uid>) {
        let mut gather = Gather::new(asked, room);
        let mut rest = lines.as_bytes();
        while let Ok((left, response)) = Response::parse(rest) {
            gather.take(&response);
            rest = left;
        }
        assert_eq!(rest, b"");
        let (found, left) = gather.finish();
        (found.filter_map(|(uid, partial)| partial.mail(uid)).collect(), left)
    }

    #[test]
    fn stray_lines_and_uid_behind_the_literal() {
        let (mails, _) = gather(
            Asked::From(Uid(9)),
            9,
            "* 1 FETCH (FLAGS (\\Seen))\r\n* 1 RECENT\r\n\
             * 2 FETCH (FLAGS () RFC822.SIZE 12 BODY[] {12}\r\nA: b\r\n\r\ntext UID 9 INTERNALDATE \"13-Jan-2027 09:40:02 +0000\")\r\n\
             * 1 FETCH (FLAGS (\\Seen \\Flagged))\r\n* 3 FETCH (UID 4 FLAGS () BODY[] {0}\r\n)\r\n",
        );
        let [mail] = mails.as_slice() else { panic!("{mails:?}") };
        assert_eq!((mail.head.uid, mail.head.size, mail.head.flags), (Uid(9), 12, Flags::default()));
        assert_eq!((mail.head.header.as_slice(), mail.text.0.as_slice()), (&b"A: b\r\n\r\n"[..], &b"text"[..]));
        assert_eq!(mail.head.internal_date.unwrap().to_string(), "2027-01-13T09:40:02Z");
    }

    #[test]
    fn parts_come_in_pieces_and_what_is_gone_stays_away() {
        let (mails, left) = gather(
            Asked::These(vec![Uid(3), Uid(5), Uid(6)]),
            2,
            "* 1 FETCH (UID 3 BODY[HEADER]<0> {8}\r\nA: b\r\n\r\n)\r\n* 2 FETCH (UID 5 FLAGS (\\Seen))\r\n\
             * 3 FETCH (UID 6 FLAGS ())\r\n* 1 FETCH (UID 3 FLAGS (\\flagged $tidingslisted) BODY[TEXT]<0> NIL EMAILID (M1))\r\n",
        );
        let [mail] = mails.as_slice() else { panic!("{mails:?}") };
        assert!(mail.head.flags.flagged && mail.head.flags.listed && !mail.head.flags.seen);
        assert_eq!(mail.head.server_id.as_deref(), Some("M1"));
        assert_eq!(left, [Uid(6)]);
    }

    #[test]
    fn small_things() {
        assert_eq!(header_end(b"\r\nbody"), 2);
        assert_eq!(header_end(b"A: b"), 4);
        assert_eq!(read_internal_date(" 1-jan-2027 00:00:00 +0130").unwrap().to_string(), "2026-12-31T22:30:00Z");
        assert_eq!(read_internal_date("yesterday"), None);
        assert!(read_flags(["\\DRAFT", "\\deleted"].into_iter()).draft);
    }
}
