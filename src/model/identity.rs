//! Who a message is, wherever it lies: an id that is a function of content, never a UID.

use std::fmt;

use ring::digest::{Context, SHA256};

use super::name::{AccountName, PersonName};

/// 128 bits of a SHA-256, written as 32 hexadecimal digits. Equal inputs give equal ids, on every machine.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Id([u8; 16]);

impl Id {
    /// The id of these parts; each is counted with its length, so that no two lists of parts meet.
    pub fn of(parts: &[&[u8]]) -> Self {
        let mut context = Context::new(&SHA256);
        for part in parts {
            context.update(&(part.len() as u64).to_be_bytes());
            context.update(part);
        }
        let mut id = [0; 16];
        for (to, from) in id.iter_mut().zip(context.finish().as_ref()) {
            *to = *from;
        }
        Self(id)
    }

    /// The id that these bytes are.
    pub const fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(bytes)
    }

    /// Its 16 bytes.
    pub const fn as_bytes(&self) -> &[u8; 16] {
        &self.0
    }

    /// Reads 32 hexadecimal digits; `None` for anything else.
    pub fn parse(hex: &str) -> Option<Self> {
        if hex.len() != 32 || !hex.bytes().all(|b| b.is_ascii_hexdigit()) {
            return None;
        }
        u128::from_str_radix(hex, 16).ok().map(|n| Self(n.to_be_bytes()))
    }
}

impl fmt::Display for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:032x}", u128::from_be_bytes(self.0))
    }
}

impl fmt::Debug for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// Who a message is. The person and the account are part of it, so two logins' copies are two items.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Identity(pub Id);

impl Identity {
    /// By an id that the server gives and keeps across moves: EMAILID (RFC 8474 section 5.1) or X-GM-MSGID.
    pub fn of_server_id(person: &PersonName, account: &AccountName, server_id: &str) -> Self {
        Self(Id::of(&[b"server", person.as_str().as_bytes(), account.as_str().as_bytes(), server_id.as_bytes()]))
    }

    /// By the header block as the server gives it and RFC822.SIZE, where the server has no id of its own.
    /// Line ends do not count: a Maildir and its IMAP server give the same identity when `size` counts CRLF.
    pub fn of_content(person: &PersonName, account: &AccountName, header_block: &[u8], size: u64) -> Self {
        let bare: Vec<u8> = header_block.iter().copied().filter(|&b| b != b'\r').collect();
        let bare = bare.trim_ascii_end();
        Self(Id::of(&[b"content", person.as_str().as_bytes(), account.as_str().as_bytes(), bare, &size.to_be_bytes()]))
    }
}

impl fmt::Display for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

#[cfg(test)]
mod tests {
    use super::{Id, Identity};
    use crate::model::name::{AccountName, PersonName};

    #[test]
    fn parts_do_not_run_together() {
        assert_ne!(Id::of(&[b"ab", b"c"]), Id::of(&[b"a", b"bc"]));
    }

    #[test]
    fn reads_what_it_writes() {
        let id = Id::of(&[b"x"]);
        assert_eq!(Id::parse(&id.to_string()), Some(id));
        assert_eq!(Id::parse("+0000000000000000000000000000001"), None);
    }

    #[test]
    fn line_ends_are_not_part_of_who_a_mail_is() {
        let (person, account) = (PersonName::new("me"), AccountName::new("work"));
        let unix = Identity::of_content(&person, &account, b"From: a\nTo: b\n\n", 30);
        assert_eq!(unix, Identity::of_content(&person, &account, b"From: a\r\nTo: b\r\n", 30));
        assert_ne!(unix, Identity::of_content(&person, &account, b"From: a\nTo: b\n\n", 31));
    }
}
