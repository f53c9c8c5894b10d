//! The keys of the records: first the person, then the kind, then what the record is about.

use crate::model::edition::{EditionId, LetterId};
use crate::model::errand::ErrandId;
use crate::model::history::lesson::{MessageKey, SenderKey};
use crate::model::identity::{Id, Identity};
use crate::model::mailbox::Mailbox;
use crate::model::name::{AccountName, DigestName, HookName, PersonName};

/// The key of one record. Ordered as its bytes are: by person, items before editions.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Key {
    /// The store's own: its format. Belongs to nobody.
    Format,
    /// The store's own: the sum over all records. Belongs to nobody.
    Sum,
    /// An item.
    Item(PersonName, Identity),
    /// An edition.
    Edition(PersonName, EditionId),
    /// A letter.
    Letter(PersonName, LetterId),
    /// An errand.
    Errand(PersonName, ErrandId),
    /// A mailbox's cursor.
    Cursor(PersonName, AccountName, Mailbox),
    /// A digest's last slot.
    Slot(PersonName, DigestName),
    /// A pause.
    Pause(PersonName),
    /// What is known of a thread.
    Thread(PersonName, MessageKey),
    /// What is known of a sender.
    Sender(PersonName, SenderKey),
    /// How far a mailbox's past was read.
    Study(PersonName, AccountName, Mailbox),
    /// What a hook has learned and awaits. Belongs to the whole service.
    Hook(HookName),
    /// The name of an id that a hook's service speaks of. Belongs to the whole service.
    HookName(HookName, Id),
}

const ITEM: u8 = 1;
const EDITION: u8 = 2;
const LETTER: u8 = 3;
const ERRAND: u8 = 4;
const CURSOR: u8 = 5;
const SLOT: u8 = 6;
const PAUSE: u8 = 7;
const SUM: u8 = 8;
const THREAD: u8 = 9;
const SENDER: u8 = 10;
const STUDY: u8 = 11;
const HOOK: u8 = 12;
const HOOK_NAME: u8 = 13;

impl Key {
    /// Its bytes: the person's name with its length in two bytes before it, one byte for the kind, the rest.
    pub fn bytes(&self) -> Vec<u8> {
        let mut key = Vec::with_capacity(48);
        match self {
            Self::Format => text("", &mut key),
            Self::Sum => {
                text("", &mut key);
                key.push(SUM);
            }
            Self::Item(person, item) => id(person, ITEM, item.0, &mut key),
            Self::Edition(person, edition) => id(person, EDITION, edition.0, &mut key),
            Self::Letter(person, letter) => id(person, LETTER, letter.0, &mut key),
            Self::Errand(person, errand) => id(person, ERRAND, errand.0, &mut key),
            Self::Cursor(person, account, mailbox) => of_mailbox(person, CURSOR, (account, mailbox), &mut key),
            Self::Slot(person, digest) => {
                text(person.as_str(), &mut key);
                key.push(SLOT);
                key.extend_from_slice(digest.as_str().as_bytes());
            }
            Self::Pause(person) => {
                text(person.as_str(), &mut key);
                key.push(PAUSE);
            }
            Self::Thread(person, thread) => id(person, THREAD, thread.0, &mut key),
            Self::Sender(person, sender) => id(person, SENDER, sender.0, &mut key),
            Self::Study(person, account, mailbox) => of_mailbox(person, STUDY, (account, mailbox), &mut key),
            Self::Hook(hook) => {
                text("", &mut key);
                key.push(HOOK);
                key.extend_from_slice(hook.as_str().as_bytes());
            }
            Self::HookName(hook, id) => {
                text("", &mut key);
                key.push(HOOK_NAME);
                text(hook.as_str(), &mut key);
                key.extend_from_slice(id.as_bytes());
            }
        }
        key
    }

    /// The key that these bytes are; `None` when they are none.
    pub fn read(bytes: &[u8]) -> Option<Self> {
        let (person, rest) = take_text(bytes)?;
        let Some((&kind, rest)) = rest.split_first() else {
            return person.is_empty().then_some(Self::Format);
        };
        if kind == SUM {
            return (person.is_empty() && rest.is_empty()).then_some(Self::Sum);
        }
        if kind == HOOK {
            let name = std::str::from_utf8(rest).ok().filter(|name| person.is_empty() && !name.is_empty())?;
            return Some(Self::Hook(HookName::new(name)));
        }
        if kind == HOOK_NAME {
            let (name, id) = take_text(rest).filter(|(name, _)| person.is_empty() && !name.is_empty())?;
            return Some(Self::HookName(HookName::new(name), take_id(id)?));
        }
        let person = PersonName::new(person);
        Some(match kind {
            ITEM => Self::Item(person, Identity(take_id(rest)?)),
            EDITION => Self::Edition(person, EditionId(take_id(rest)?)),
            LETTER => Self::Letter(person, LetterId(take_id(rest)?)),
            ERRAND => Self::Errand(person, ErrandId(take_id(rest)?)),
            CURSOR | STUDY => {
                let (account, mailbox) = take_text(rest)?;
                let (account, mailbox) = (AccountName::new(account), Mailbox::new(std::str::from_utf8(mailbox).ok()?));
                if kind == STUDY {
                    Self::Study(person, account, mailbox)
                } else {
                    Self::Cursor(person, account, mailbox)
                }
            }
            SLOT => Self::Slot(person, DigestName::new(std::str::from_utf8(rest).ok()?)),
            PAUSE if rest.is_empty() => Self::Pause(person),
            THREAD => Self::Thread(person, MessageKey(take_id(rest)?)),
            SENDER => Self::Sender(person, SenderKey(take_id(rest)?)),
            _ => return None,
        })
    }
}

fn id(person: &PersonName, kind: u8, id: Id, key: &mut Vec<u8>) {
    text(person.as_str(), key);
    key.push(kind);
    key.extend_from_slice(id.as_bytes());
}

fn of_mailbox(person: &PersonName, kind: u8, (account, mailbox): (&AccountName, &Mailbox), key: &mut Vec<u8>) {
    text(person.as_str(), key);
    key.push(kind);
    text(account.as_str(), key);
    key.extend_from_slice(mailbox.as_str().as_bytes());
}

/// A name with its length before it. Names of the configuration are far shorter than 65,535 bytes; a longer one would be
/// cut here and refused when it is read again.
fn text(name: &str, key: &mut Vec<u8>) {
    let length = u16::try_from(name.len()).unwrap_or(u16::MAX);
    key.extend_from_slice(&length.to_be_bytes());
    key.extend_from_slice(name.as_bytes());
}

fn take_text(bytes: &[u8]) -> Option<(&str, &[u8])> {
    let (length, rest) = bytes.split_first_chunk::<2>()?;
    let (name, rest) = rest.split_at_checked(usize::from(u16::from_be_bytes(*length)))?;
    Some((std::str::from_utf8(name).ok()?, rest))
}

fn take_id(bytes: &[u8]) -> Option<Id> {
    bytes.try_into().ok().map(Id::from_bytes)
}

#[cfg(test)]
mod tests {
    use super::Key;
    use crate::model::edition::{EditionId, LetterId};
    use crate::model::errand::ErrandId;
    use crate::model::history::lesson::{MessageKey, SenderKey};
    use crate::model::identity::{Id, Identity};
    use crate::model::mailbox::Mailbox;
    use crate::model::name::{AccountName, DigestName, HookName, PersonName};

    #[test]
    fn reads_what_it_writes() {
        let (person, id) = (PersonName::new("ada"), Id::of(&[b"x"]));
        for key in [
            Key::Format,
            Key::Sum,
            Key::Item(person.clone(), Identity(id)),
            Key::Edition(person.clone(), EditionId(id)),
            Key::Letter(person.clone(), LetterId(id)),
            Key::Errand(person.clone(), ErrandId(id)),
            Key::Cursor(person.clone(), AccountName::new("work"), Mailbox::new("Später/X")),
            Key::Slot(person.clone(), DigestName::new("evening")),
            Key::Pause(person.clone()),
            Key::Thread(person.clone(), MessageKey(id)),
            Key::Sender(person.clone(), SenderKey(id)),
            Key::Study(person, AccountName::new("work"), Mailbox::new("\\Sent")),
            Key::Hook(HookName::new("team")),
            Key::HookName(HookName::new("team"), Id::of(&[b"U1"])),
        ] {
            assert_eq!(Key::read(&key.bytes()), Some(key));
        }
    }

    #[test]
    fn refuses_what_is_no_key() {
        for bytes in [&b""[..], b"\0", b"\0\x01a", b"\0\x01a\x09", b"\0\x01a\x01short", b"\0\xffa", b"\0\x01\xff\x07"] {
            assert_eq!(Key::read(bytes), None, "{bytes:?}");
        }
    }
}
