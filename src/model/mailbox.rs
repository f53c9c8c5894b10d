//! IMAP's own nouns: mailboxes, UIDs, flags, and the place where a mail lies.

use std::fmt;

use jiff::Timestamp;

use super::name::AccountName;

/// A mailbox (an IMAP folder) as the configuration writes it: UTF-8, `/` between levels, no prefix of a namespace.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Mailbox(String);

impl Mailbox {
    /// The special use of the mailbox with what was sent (RFC 6154 section 2): where a name may stand, it stands for it.
    pub const SENT: &str = "\\Sent";
    /// What programs call that mailbox where no special use says which it is: Thunderbird, Apple Mail, Outlook, KMail.
    pub const USUAL_SENT: [&str; 4] = ["Sent", "Sent Messages", "Sent Items", "Sent Mail"];

    /// Takes the name as it stands; `INBOX` is its one spelling, whatever the case (RFC 9051 section 5.1).
    pub fn new(name: impl Into<String>) -> Self {
        let name = name.into();
        if name.eq_ignore_ascii_case("INBOX") { Self("INBOX".to_owned()) } else { Self(name) }
    }

    /// The name as the configuration writes it.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Mailbox {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A message's number in one mailbox under one [`UidValidity`] (RFC 9051 section 2.3.1.1). Never 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Uid(pub u32);

/// The generation of a mailbox's UIDs; when it changes, every UID known before means nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct UidValidity(pub u32);

/// What a mail's flags say of it, as far as Tidings asks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Flags {
    /// `\Seen`.
    pub seen: bool,
    /// `\Flagged`.
    pub flagged: bool,
    /// `\Answered`.
    pub answered: bool,
    /// `\Deleted`.
    pub deleted: bool,
    /// `\Draft`.
    pub draft: bool,
    /// `$TidingsListed`: an accepted digest has named this mail.
    pub listed: bool,
}

impl Flags {
    /// Whether a person (or their other client) has had this mail in hand: it is then never held.
    pub fn in_other_hands(self) -> bool {
        self.seen || self.flagged || self.answered || self.deleted || self.draft
    }
}

/// How a mail is found in its mailbox.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Spot {
    /// By UID, valid only while the mailbox says the same UIDVALIDITY.
    Uid(UidValidity, Uid),
    /// By the unique part of a Maildir file name (what stands before `:2,`).
    File(String),
}

/// Where a mail lies now. A hint that may be stale: whoever uses it proves it first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// The login that reaches it.
    pub account: AccountName,
    /// The mailbox.
    pub mailbox: Mailbox,
    /// The spot in the mailbox; `None` when only the mailbox is known (a move whose COPYUID was lost).
    pub spot: Option<Spot>,
}

/// How far a mailbox has been taken: everything below `uid_next` is in the store or needed no holding, without a gap.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cursor {
    /// Under which generation `uid_next` counts. 0 for a Maildir, which has none.
    pub uid_validity: UidValidity,
    /// The first UID not yet taken. 1 for a Maildir: there only `last_sync` counts.
    pub uid_next: Uid,
    /// When the mailbox was last taken whole. Mail older than this by 10 minutes was put there by somebody.
    pub last_sync: Timestamp,
}
