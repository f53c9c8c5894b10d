//! What the doors and the loop of an account say to each other.

use jiff::Timestamp;

use crate::clock::Clock;
use crate::model::identity::Identity;
use crate::model::mailbox::{Cursor, Flags, Place, Spot, Uid, UidValidity};
use crate::model::name::{AccountName, PersonName};

/// Whose mail it is: what identities are made from; and what time it is there.
#[derive(Clone, Debug)]
pub struct Owner {
    /// The person.
    pub person: PersonName,
    /// The account.
    pub account: AccountName,
    /// The clock.
    pub clock: Clock,
}

/// A mail as a door shows it: its header block, the beginning of its text, and what the mailbox says of it.
#[derive(Clone)]
pub struct Arrival {
    /// Where it lies in its mailbox.
    pub spot: Spot,
    /// Who it is.
    pub identity: Identity,
    /// The header block with its empty line, then at most `limits::hands::JUDGED_TEXT_BYTES` of the body.
    pub bytes: Vec<u8>,
    /// RFC822.SIZE of the whole.
    pub size: u64,
    /// Its flags.
    pub flags: Flags,
    /// INTERNALDATE, or a file's time.
    pub received_at: Timestamp,
}

impl std::fmt::Debug for Arrival {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Arrival({}, {} bytes)", self.identity, self.bytes.len())
    }
}

impl Arrival {
    /// The arrival without its bytes.
    pub fn bare(&self) -> Self {
        Self { bytes: Vec::new(), spot: self.spot.clone(), ..*self }
    }
}

/// What is to be taken from a mailbox.
#[derive(Clone, Debug)]
pub struct Look {
    /// Newest first; each small enough for one answer.
    pub batches: Vec<Batch>,
    /// The cursor once all batches are accepted; `last_sync` is the caller's to set.
    pub after: Cursor,
}

/// The mails of a mailbox whose headers are to be read, by position: a UID, or the second in which a file was written.
#[derive(Clone, Debug, Default)]
pub struct Survey {
    /// Under which UIDVALIDITY the positions count; 0 in a Maildir.
    pub generation: u32,
    /// The position from which on there is nothing yet.
    pub next: i64,
    /// The mails, the lowest position first.
    pub mails: Vec<(i64, Spot)>,
}

/// The header fields of a mail that tell its thread and its people.
#[derive(Clone)]
pub struct Heading {
    /// The fields, in the order of the mail.
    pub bytes: Vec<u8>,
    /// INTERNALDATE, or a file's time.
    pub received_at: Timestamp,
}

impl std::fmt::Debug for Heading {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Heading({} bytes)", self.bytes.len())
    }
}

/// How mail is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pace {
    /// As much as fits at a time.
    Brisk,
    /// One by one, because something among it breaks the connection.
    Careful,
}

/// What happens to mail that lies in a mailbox when it is first looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Old {
    /// It is taken.
    Take,
    /// It is left: the cursor goes to the end.
    Leave,
}

/// Some messages of a mailbox.
#[derive(Clone, Debug)]
pub enum Batch {
    /// These UIDs, rising.
    Uids(UidValidity, Vec<Uid>),
    /// These mails, which came with the look already.
    Taken(Vec<Arrival>),
    /// These files, each with its flags and time.
    Files(Vec<(String, Flags, Timestamp)>),
}

/// Why a wait ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wake {
    /// There is something new.
    News,
    /// The caller has something to do.
    Stopped,
    /// Nothing happened: look again all the same.
    Renew,
}

/// A mail that is looked for.
#[derive(Clone, Copy, Debug)]
pub struct Sought<'a> {
    /// Who it is.
    pub identity: Identity,
    /// Its Message-ID without angle brackets, where it has one.
    pub message_id: Option<&'a str>,
    /// RFC822.SIZE.
    pub size: u64,
    /// INTERNALDATE: moving keeps it.
    pub received_at: Timestamp,
    /// Where it was last seen, in whatever mailbox.
    pub spot: Option<&'a Spot>,
}

/// What is set on a mail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Marks {
    /// `$TidingsListed`.
    pub listed: bool,
    /// `\Seen`.
    pub seen: bool,
}

/// What became of mails that were to be filed.
#[derive(Clone, Debug, Default)]
pub struct Filed {
    /// Where each lies now; a place without a spot when the server moved it and did not say where to.
    pub moved: Vec<(Spot, Place)>,
    /// Not in the mailbox they were said to be in.
    pub missing: Vec<Spot>,
    /// Why the rest was not filed: the server's words.
    pub refused: Option<String>,
}
