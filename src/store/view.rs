//! What the store shows: small values, read from its indexes.

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};

use crate::model::edition::EditionKind;
use crate::model::history::lesson::{MessageKey, SenderKey};
use crate::model::identity::Identity;
use crate::model::name::{AccountName, DigestName};
use crate::model::verdict::{Then, Urgency};
use crate::secret::Secret;

/// A waiting item as the due list knows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Waiting {
    /// The item.
    pub identity: Identity,
    /// Its account or hook.
    pub source: Arc<str>,
    /// Its level.
    pub urgency: Urgency,
    /// When it leaves if nothing comes between.
    pub due_at: Timestamp,
    /// What happens then.
    pub then: Then,
    /// When it leaves at the latest.
    pub deliver_by: Timestamp,
    /// When it was taken, in full seconds.
    pub accepted_at: Timestamp,
    /// Whether what it is about is over: a digest counts it, and is not sent for it alone.
    pub is_over: bool,
    /// The account where its mail lies.
    pub account: Option<AccountName>,
}

impl Waiting {
    /// The digest it waits for.
    pub fn digest(&self) -> Option<&DigestName> {
        match &self.then {
            Then::Digest(name) => Some(name),
            Then::Pass => None,
        }
    }
}

/// What of a person's is to be judged again.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Again {
    /// What waits and whose time has come, the longest due first, each with that time in full seconds.
    pub due: Vec<(Identity, Timestamp)>,
    /// When the next one's time comes, in full seconds.
    pub next: Option<Timestamp>,
    /// Which threads have moved.
    pub moves: Moves,
}

/// Threads that have moved.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Moves {
    /// In order; a thread may be there several times.
    pub moved: Vec<Moved>,
    /// From where on to ask the next time.
    pub mark: u64,
    /// Whether some have been forgotten: more than are kept.
    pub missed: bool,
}

/// A thread that has moved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Moved {
    /// The messages that came into it, with the senders that can be told; those of mine have none.
    pub fresh: Vec<(MessageKey, Option<SenderKey>)>,
    /// The messages of others in it, as far as they are kept, these included.
    pub thread: Vec<MessageKey>,
}

/// How much of a person waits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Held {
    /// Items that wait and are in no open edition.
    pub count: usize,
    /// Those of them whose last moment (`deliver_by`) is over.
    pub overdue: usize,
    /// When the first of them was taken.
    pub oldest: Option<Timestamp>,
}

/// What of a person has ended since some time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Past {
    /// Items that had waited.
    pub waited: usize,
    /// How long the longest of them did.
    pub longest: SignedDuration,
    /// Items that had passed at once.
    pub passed: usize,
}

/// One part of an issue that was sealed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sealed {
    /// Of what.
    pub kind: EditionKind,
    /// The slot it answers: all parts and revisions of an issue have the same kind and slot.
    pub slot: Timestamp,
    /// When.
    pub sealed_at: Timestamp,
    /// To whom.
    pub letters: Vec<Sent>,
}

/// One letter that was sealed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sent {
    /// Its recipient.
    pub recipient: String,
    /// When the recipient refused it for good.
    pub refused_at: Option<Timestamp>,
}

/// What a hook has learned and awaits.
#[derive(Clone, Debug, Default)]
pub struct HookMemory {
    /// Until when the handshake of its service is taken.
    pub expected_until: Option<Timestamp>,
    /// The secret that one has brought.
    pub secret: Option<Secret>,
}

impl PartialEq for HookMemory {
    fn eq(&self, other: &Self) -> bool {
        let is_same = match (&self.secret, &other.secret) {
            (Some(own), Some(other)) => own.is_same(other),
            (own, other) => own.is_none() && other.is_none(),
        };
        is_same && self.expected_until == other.expected_until
    }
}

/// Quiet hours by hand.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pause {
    /// Since when.
    pub from: Timestamp,
    /// Until when.
    pub until: Timestamp,
    /// What for.
    pub reason: Reason,
}

/// What somebody pauses for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    /// To be left alone for a while.
    Quiet,
    /// A vacation: what waits may wait until its end, and leaves then in one digest. It is remembered until that is sealed.
    Vacation,
}

/// How much there is of what.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Items that wait and are in no open edition.
    pub held: usize,
    /// Items in an open edition.
    pub sealed: usize,
    /// Items that passed and are still known.
    pub passed: usize,
    /// Items that are settled and still known.
    pub settled: usize,
    /// Errands to be done.
    pub errands: usize,
    /// Letters that are not final.
    pub outbox: usize,
    /// Letters of which nobody knows whether they were taken.
    pub uncertain: usize,
    /// Letters that failed for good and are still kept.
    pub failed: usize,
}

impl Counts {
    fn all(&self) -> [usize; 8] {
        let Self { held, sealed, passed, settled, errands, outbox, uncertain, failed } = *self;
        [held, sealed, passed, settled, errands, outbox, uncertain, failed]
    }
}

/// What a full recount found.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Audit {
    /// As the index says.
    pub counts: Counts,
    /// As the records say.
    pub found: Counts,
    /// Records of which the index knows otherwise.
    pub strange: usize,
}

impl Audit {
    /// Whether all is conserved: records and index agree in every count and every record.
    pub fn agrees(&self) -> bool {
        self.mismatches() == 0
    }

    /// How many counts and records do not agree.
    pub fn mismatches(&self) -> usize {
        let pairs = self.counts.all().into_iter().zip(self.found.all());
        self.strange + pairs.filter(|(known, found)| known != found).count()
    }
}
