//! Errands: durable instructions to an account, and what came of them.

use std::fmt;

use jiff::Timestamp;

use super::edition::{LetterId, SpoolName};
use super::identity::{Id, Identity};
use super::mailbox::{Mailbox, Place};
use super::name::{AccountName, DigestName, PersonName};

/// An errand's id: a function of account, subject and task, so that posting it twice posts it once.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ErrandId(pub Id);

impl fmt::Display for ErrandId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

/// One durable instruction to an account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Errand {
    /// From account and task.
    pub id: ErrandId,
    /// Whose account.
    pub person: PersonName,
    /// The account that carries it out.
    pub account: AccountName,
    /// What is to be done.
    pub task: Task,
    /// Whether somebody waits for it: done before all others.
    pub urgent: bool,
    /// When it was posted.
    pub posted_at: Timestamp,
    /// Not before.
    pub not_before: Timestamp,
    /// How often it was tried in vain.
    pub attempts: u32,
}

impl Errand {
    /// An errand that may be done at once.
    pub fn new(person: &PersonName, account: &AccountName, task: Task, posted_at: Timestamp) -> Self {
        let (urgent, id) = (false, task.id(person, account));
        let (person, account) = (person.clone(), account.clone());
        Self { id, person, account, task, urgent, posted_at, not_before: posted_at, attempts: 0 }
    }
}

/// What an errand asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Task {
    /// The mail of this item is to lie in `to`.
    File {
        /// The item.
        item: Identity,
        /// Where it should lie.
        to: Mailbox,
    },
    /// The mail of this item was named in an accepted letter: set `$TidingsListed`, then file it.
    Release {
        /// The item.
        item: Identity,
        /// Where it should lie; `None`: it stays.
        to: Option<Mailbox>,
        /// Whether it gets `\Seen`.
        mark_seen: bool,
    },
    /// Which of this account's mail that waits for this digest is in other hands by now? (Once, before sealing.)
    Look {
        /// The digest; `None`: all that waits, for a letter of overdue items.
        digest: Option<DigestName>,
    },
    /// The mails of this account that wait for this digest are to be fetched: it carries them. (Once, before sealing.)
    Fetch {
        /// The digest.
        digest: DigestName,
    },
    /// The mail of this item is to be sent on, once, as a letter of ours.
    Forward {
        /// The item.
        item: Identity,
    },
    /// The mail of this item is one too many to be sent on by itself: it is counted in one letter with all such.
    Mention {
        /// The item.
        item: Identity,
    },
    /// Has this letter arrived in a mailbox of this account?
    Find {
        /// The letter.
        letter: LetterId,
        /// Its Message-ID without angle brackets.
        message_id: String,
    },
    /// A notice of ours is to lie in this mailbox, once.
    Append {
        /// The mailbox.
        to: Mailbox,
        /// The bytes.
        body: SpoolName,
        /// The Message-ID by which an append whose answer was lost is found again.
        message_id: String,
    },
}

impl Task {
    /// The id of this task for this account.
    pub fn id(&self, person: &PersonName, account: &AccountName) -> ErrandId {
        let (tag, subject, detail): (&[u8], Vec<u8>, &[u8]) = match self {
            Self::File { item, to } => (b"file", item.0.as_bytes().to_vec(), to.as_str().as_bytes()),
            Self::Release { item, .. } => (b"release", item.0.as_bytes().to_vec(), b""),
            Self::Forward { item } => (b"forward", item.0.as_bytes().to_vec(), b""),
            Self::Mention { item } => (b"mention", item.0.as_bytes().to_vec(), b""),
            Self::Look { digest } => {
                (b"look", digest.as_ref().map(|d| d.as_str().as_bytes().to_vec()).unwrap_or_default(), b"")
            }
            Self::Fetch { digest } => (b"fetch", digest.as_str().as_bytes().to_vec(), b""),
            Self::Find { letter, .. } => (b"find", letter.0.as_bytes().to_vec(), b""),
            Self::Append { message_id, .. } => (b"append", message_id.as_bytes().to_vec(), b""),
        };
        ErrandId(Id::of(&[b"errand", person.as_str().as_bytes(), account.as_str().as_bytes(), tag, &subject, detail]))
    }

    /// The item whose mail it moves, where it moves one.
    pub fn moves(&self) -> Option<Identity> {
        match self {
            Self::File { item, .. } | Self::Release { item, .. } => Some(*item),
            Self::Forward { .. }
            | Self::Mention { .. }
            | Self::Look { .. }
            | Self::Fetch { .. }
            | Self::Find { .. }
            | Self::Append { .. } => None,
        }
    }
}

/// What came of an errand.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// The mail lies there now.
    Filed(Place),
    /// The mail is in none of the mailboxes where it could be: its reader took it.
    Taken,
    /// The server will not do it (no MOVE and no UIDPLUS, over quota): the mail stays and is held by reference.
    Refused {
        /// The server's words.
        text: String,
    },
    /// These items of those looked for are in other hands.
    Looked {
        /// The items.
        taken: Vec<Identity>,
    },
    /// What could be had of the mails is on the store's shelf.
    Fetched,
    /// The letter is there.
    Found,
    /// The letter is not there.
    NotFound,
    /// The notice lies there.
    Appended,
    /// A letter with the mail, or that tells of it, is sealed; or it is not to be sent on.
    Forwarded,
    /// Not now.
    Later {
        /// Try again then.
        not_before: Timestamp,
    },
}
