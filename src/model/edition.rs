//! Editions and letters: what is sent, its identity fixed before the first attempt.

use std::fmt;

use jiff::Timestamp;

use super::identity::{Id, Identity};
use super::name::{DigestName, PersonName};

/// An edition's id: a function of person, kind, slot, revision and part, so that one slot gives one edition.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EditionId(pub Id);

impl EditionId {
    /// The id of this part (from 1) of this edition; `revision` counts how often it was sealed anew. A mail is forwarded
    /// once, whenever that is: no slot is part of that.
    pub fn of(person: &PersonName, kind: &EditionKind, slot: Timestamp, revision: u32, part: u32) -> Self {
        let (tag, name): (&[u8], &str) = match kind {
            EditionKind::Digest(name) => (b"digest", name.as_str()),
            EditionKind::Overdue => (b"overdue", ""),
            EditionKind::Alert(about) => {
                let slot = slot.as_microsecond().to_be_bytes();
                let number = [revision.to_be_bytes(), part.to_be_bytes()].concat();
                let person = person.as_str().as_bytes();
                return Self(Id::of(&[b"alert", person, about.as_bytes(), &slot, &number]));
            }
            EditionKind::Forward(item) => {
                return Self(Id::of(&[
                    b"forward",
                    person.as_str().as_bytes(),
                    item.0.as_bytes(),
                    &revision.to_be_bytes(),
                ]));
            }
        };
        let slot = slot.as_microsecond().to_be_bytes();
        let (revision, part) = (revision.to_be_bytes(), part.to_be_bytes());
        Self(Id::of(&[b"edition", person.as_str().as_bytes(), tag, name.as_bytes(), &slot, &revision, &part]))
    }
}

impl fmt::Display for EditionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

/// What an edition is an issue of.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum EditionKind {
    /// A digest of the configuration.
    Digest(DigestName),
    /// What could wait no longer.
    Overdue,
    /// This one item, urgent and passed already.
    Forward(Identity),
    /// Urgent chat about this: a conversation, or all that is too much to be sent by itself.
    Alert(Id),
}

impl EditionKind {
    /// The digest, where it is an issue of one.
    pub fn digest(&self) -> Option<&DigestName> {
        match self {
            Self::Digest(name) => Some(name),
            Self::Overdue | Self::Forward(_) | Self::Alert(_) => None,
        }
    }

    /// The lane in which its letters leave.
    pub fn lane(&self) -> Lane {
        match self {
            Self::Digest(_) | Self::Overdue => Lane::InTurn,
            Self::Forward(_) | Self::Alert(_) => Lane::Urgent,
        }
    }
}

/// The two lanes on the way out: neither waits behind the other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lane {
    /// Urgent mail that is forwarded, and urgent chat.
    Urgent,
    /// Everything else.
    InTurn,
}

/// What an edition is to its items.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Claim {
    /// They wait in it, and are delivered by it.
    Holds,
    /// It only tells of them: they have passed, or another edition holds them.
    Tells,
}

/// One part of a sealed issue: exactly these items, and a letter that names them for each recipient. An issue that is too
/// large for one letter has several parts, each settled by itself: what was not in an accepted letter waits again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Edition {
    /// From person, kind, slot, revision and part.
    pub id: EditionId,
    /// For whom.
    pub person: PersonName,
    /// Of what.
    pub kind: EditionKind,
    /// The slot it answers.
    pub slot: Timestamp,
    /// 0 at first; one more each time a server found it too large and it was sealed in smaller parts.
    pub revision: u32,
    /// From 1.
    pub part: u32,
    /// When it was sealed.
    pub sealed_at: Timestamp,
    /// Its items, in the order of the letter; unique, never empty. Kept as a file of the spool.
    pub items: Vec<Identity>,
    /// What it is to them.
    pub claim: Claim,
    /// Its letters, one a recipient; never empty.
    pub letters: Vec<LetterId>,
    /// How far it is.
    pub fate: Fate,
}

impl Edition {
    /// One as it is at first: open, and without letters.
    pub fn open(
        person: &PersonName,
        (kind, slot, revision, part): (EditionKind, Timestamp, u32, u32),
        (items, claim): (Vec<Identity>, Claim),
        sealed_at: Timestamp,
    ) -> Self {
        Self {
            id: EditionId::of(person, &kind, slot, revision, part),
            person: person.clone(),
            kind,
            slot,
            revision,
            part,
            sealed_at,
            items,
            claim,
            letters: Vec::new(),
            fate: Fate::Open,
        }
    }

    /// Adds a letter, which is to be sent at once. `body` is the name of its bytes, and how many they are.
    pub fn address(&mut self, recipient: String, message_id: String, (body, size): (SpoolName, u64)) -> Letter {
        let id = LetterId::of(self.id, &recipient);
        self.letters.push(id);
        Letter {
            id,
            edition: self.id,
            person: self.person.clone(),
            recipient,
            message_id,
            body,
            size,
            stage: Stage::Ready { not_before: self.sealed_at, last_error: None },
            attempts: 0,
            uncertain: 0,
            sealed_at: self.sealed_at,
        }
    }
}

/// How far an edition is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// Some letter is not final.
    Open,
    /// Every letter is final and one was accepted; items that it holds are being settled, batch by batch.
    Sent,
    /// As `Sent`, and all items that it holds are settled.
    Done,
    /// Every letter failed; items that it held wait again.
    Failed,
}

/// A letter's id: a function of its edition and recipient.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LetterId(pub Id);

impl LetterId {
    /// The id of this edition's letter to this recipient.
    pub fn of(edition: EditionId, recipient: &str) -> Self {
        Self(Id::of(&[b"letter", edition.0.as_bytes(), recipient.as_bytes()]))
    }
}

impl fmt::Display for LetterId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

/// A file of the spool: the SHA-256 of its bytes in 64 hexadecimal digits.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SpoolName(String);

impl SpoolName {
    /// Reads 64 lower-case hexadecimal digits; `None` for anything else, so that no name leaves the spool.
    pub fn parse(hex: &str) -> Option<Self> {
        let good = hex.len() == 64 && hex.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
        good.then(|| Self(hex.to_owned()))
    }

    /// The digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// One mail to one recipient, its bytes fixed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Letter {
    /// From edition and recipient.
    pub id: LetterId,
    /// Its edition.
    pub edition: EditionId,
    /// Whose.
    pub person: PersonName,
    /// The one envelope recipient, from the configuration.
    pub recipient: String,
    /// Message-ID without angle brackets.
    pub message_id: String,
    /// Its bytes: CRLF line ends, no line over 998 octets.
    pub body: SpoolName,
    /// Octets of the body.
    pub size: u64,
    /// How far it is.
    pub stage: Stage,
    /// Attempts begun.
    pub attempts: u32,
    /// Attempts of which nobody knows whether they were taken.
    pub uncertain: u32,
    /// When it was sealed: the 5 days count from here.
    pub sealed_at: Timestamp,
}

/// How far a letter is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Stage {
    /// To be sent at this time.
    Ready {
        /// Not before.
        not_before: Timestamp,
        /// Why the last attempt failed, without addresses; `None` before the first.
        last_error: Option<String>,
    },
    /// Refused once in a way that is often meant for now only: asked once more at this time.
    Doubted {
        /// Not before.
        not_before: Timestamp,
        /// Why, without addresses.
        why: String,
    },
    /// An attempt has begun; the server cannot have the whole letter.
    Sending,
    /// The final dot may have left: the server may have the letter.
    DataSent,
    /// Nobody knows whether it was taken; looked up, or sent once more at this time.
    Uncertain {
        /// When it is sent again unless it is found before.
        resend_at: Timestamp,
        /// Whether look-ups in a mailbox of ours are under way, that end with an answer.
        looking: bool,
    },
    /// A server took responsibility.
    Accepted {
        /// When.
        at: Timestamp,
    },
    /// Given up; its items wait again unless another letter of the edition was accepted.
    Failed {
        /// When.
        at: Timestamp,
        /// Why, without addresses.
        why: String,
    },
    /// As `Failed`, by the recipient's own doing: there is no such mailbox, or the letter came back.
    Refused {
        /// When.
        at: Timestamp,
        /// Why, without addresses.
        why: String,
    },
}

impl Stage {
    /// Whether nothing more will happen to the letter by itself.
    pub fn is_final(&self) -> bool {
        matches!(self, Self::Accepted { .. } | Self::Failed { .. } | Self::Refused { .. })
    }
}
