//! An item: a message in our care.

use jiff::Timestamp;

use super::edition::EditionId;
use super::mailbox::{Mailbox, Place};
use super::message::Message;
use super::name::PersonName;
use super::verdict::{Placement, Verdict};

/// A message in our care, from `accept` until its retention ends.
#[derive(Clone, Debug, PartialEq)]
pub struct Item {
    /// Whose it is.
    pub person: PersonName,
    /// The message; the store keeps its texts and headers cut to `limits::memory`.
    pub message: Message,
    /// The newest judgement.
    pub verdict: Verdict,
    /// What follows from it.
    pub placement: Placement,
    /// Where it lies, as last seen.
    pub place: Option<Place>,
    /// Where it should lie; `None`: where it is.
    pub wanted: Option<Mailbox>,
    /// Where it stands. *Waiting* says nothing of editions: an item is in an edition exactly when an open edition lists it.
    pub standing: Standing,
    /// When it was taken.
    pub accepted_at: Timestamp,
}

/// Where an item stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// Held, and not yet delivered by an accepted letter.
    Waiting,
    /// It went through, at once or at the end of quiet hours.
    Passed {
        /// When.
        at: Timestamp,
    },
    /// It needs nothing more.
    Settled {
        /// When.
        at: Timestamp,
        /// Why.
        why: Settled,
    },
}

/// Why an item needs nothing more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Settled {
    /// A letter of this edition was accepted.
    Delivered(EditionId),
    /// Read, answered, flagged, moved or deleted by its reader meanwhile.
    InOtherHands,
    /// A rule said `drop`.
    Dropped,
    /// A rule said `ignore`, or it is never held.
    LeftAlone,
    /// Released by `tidings held release`.
    ReleasedByHand,
    /// Dropped by `tidings held drop`: filed, in no digest.
    DroppedByHand,
    /// Its sender took it back.
    TakenBack,
}
