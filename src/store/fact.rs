//! What the index is told of each record: the same at a start, from a scan, and after a transition.

use jiff::Timestamp;

use super::key::Key;
use super::view::{HookMemory, Pause};
use crate::model::edition::{Claim, EditionId, EditionKind, Fate, LetterId, SpoolName};
use crate::model::errand::ErrandId;
use crate::model::history::facts::{SenderFacts, ThreadFacts};
use crate::model::history::lesson::{MessageKey, SenderKey};
use crate::model::history::study::Study;
use crate::model::identity::{Id, Identity};
use crate::model::item::Standing;
use crate::model::mailbox::{Cursor, Mailbox, Place};
use crate::model::name::{AccountName, DigestName, HookName, PersonName};
use crate::model::verdict::{Over, Placement, Urgency};

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
    Pause(PersonName, Pause),
    /// A thread is so.
    Thread(Box<ThreadChange>),
    /// A sender is so.
    Sender(SenderChange),
    /// A mailbox's past was read so far.
    Study(PersonName, AccountName, Mailbox, Study),
    /// A hook has learned and awaits this.
    Hook(HookName, HookMemory),
    /// A hook's service calls this id by this name.
    HookName(HookName, Id, String),
    /// There is no such record any more.
    Gone(Key),
}

/// How a thread has changed: the index does not know what it was before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ThreadChange {
    /// Whose.
    pub person: PersonName,
    /// Which.
    pub key: MessageKey,
    /// What was known; `None` in a scan, too.
    pub before: Option<ThreadFacts>,
    /// What is known now.
    pub after: Option<ThreadFacts>,
}

/// How a sender has changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SenderChange {
    /// Whose.
    pub person: PersonName,
    /// Which.
    pub key: SenderKey,
    /// What was known; `None` in a scan, too.
    pub before: Option<SenderFacts>,
    /// What is known now.
    pub after: Option<SenderFacts>,
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
    /// When time alone may change its verdict, where it is held.
    pub again_at: Option<Timestamp>,
    /// How what it is about has come to its end, where it is held.
    pub over: Option<Over>,
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
    /// Of what.
    pub kind: EditionKind,
    /// The slot it answers.
    pub slot: Timestamp,
    /// What it is to its items.
    pub claim: Claim,
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
    /// Its edition.
    pub edition: EditionId,
    /// Who is to get it.
    pub recipient: String,
    /// How far, in one word.
    pub course: Course,
    /// When its recipient refused it for good.
    pub refused_at: Option<Timestamp>,
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
    /// `Forward`.
    Forward,
    /// `Mention`.
    Mention,
    /// `Fetch`.
    Fetch,
}
