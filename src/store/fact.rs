//! What the index is told of each record: the same at a start, from a scan, and after a transition.

use jiff::Timestamp;

use super::key::Key;
use crate::model::edition::{EditionId, Fate, LetterId, SpoolName};
use crate::model::errand::ErrandId;
use crate::model::identity::{Id, Identity};
use crate::model::item::Standing;
use crate::model::mailbox::{Cursor, Mailbox, Place};
use crate::model::name::{AccountName, DigestName, PersonName};
use crate::model::verdict::{Placement, Urgency};

/// What is true of a record now.
#[derive(Clone, Debug, PartialEq)]
pub enum Fact {
    /// An item is so.
    Item(Box<ItemFact>),
    /// An edition is so.
    Edition(Box<EditionFact>),
    /// A letter is so.
    Letter(Box<LetterFact>),
    /// An errand is so.
    Errand(Box<ErrandFact>),
    /// A cursor stands here.
    Cursor(PersonName, AccountName, Mailbox, Cursor),
    /// A digest's slots are done up to here.
    Slot(PersonName, DigestName, Timestamp),
    /// A pause.
    Pause(PersonName, Timestamp, Timestamp),
    /// There is no such record any more.
    Gone(Key),
}

/// What the index knows of an item.
#[derive(Clone, Debug, PartialEq)]
pub struct ItemFact {
    /// Who.
    pub identity: Identity,
    /// Whose.
    pub person: PersonName,
    /// The order of arrival.
    pub seq: u64,
    /// Its account or hook.
    pub source: String,
    /// Its level.
    pub urgency: Urgency,
    /// What follows.
    pub placement: Placement,
    /// Where it lies.
    pub place: Option<Place>,
    /// Where it stands.
    pub standing: Standing,
    /// When it was taken.
    pub accepted_at: Timestamp,
}

/// What the index knows of an edition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EditionFact {
    /// Which.
    pub id: EditionId,
    /// Whose.
    pub person: PersonName,
    /// How far.
    pub fate: Fate,
    /// When it was sealed.
    pub sealed_at: Timestamp,
    /// The file of its items.
    pub manifest: SpoolName,
    /// Its letters.
    pub letters: Vec<LetterId>,
}

/// What the index knows of a letter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LetterFact {
    /// Which.
    pub id: LetterId,
    /// Whose.
    pub person: PersonName,
    /// How far, in one word.
    pub course: Course,
    /// The file of its bytes.
    pub body: SpoolName,
}

/// How far a letter is, in one word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Course {
    /// Ready, or being sent.
    Open,
    /// Nobody knows whether it was taken.
    Uncertain,
    /// Taken.
    Accepted,
    /// Given up.
    Failed,
}

/// What the index knows of an errand.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ErrandFact {
    /// Which.
    pub id: ErrandId,
    /// Whose.
    pub person: PersonName,
    /// Whose account.
    pub account: AccountName,
    /// The order of posting.
    pub seq: u64,
    /// Whether it goes before others.
    pub order: Order,
    /// Not before.
    pub not_before: Timestamp,
    /// What it does.
    pub kind: ErrandKind,
    /// The item or letter it is about.
    pub subject: Option<Id>,
    /// The spool file it needs.
    pub body: Option<SpoolName>,
}

/// Which errands go first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Order {
    /// Somebody waits for it.
    Urgent,
    /// In its turn.
    InTurn,
}

/// What an errand does, in one word.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ErrandKind {
    /// `File`.
    File,
    /// `Release`.
    Release,
    /// `Look`.
    Look,
    /// `Find`.
    Find,
    /// `Append`.
    Append,
}
