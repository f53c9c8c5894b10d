//! What transitions are told, and what they did.

use jiff::Timestamp;

use crate::model::errand::Errand;
use crate::model::history::lesson::{Lesson, SenderKey};
use crate::model::name::PersonName;

/// What `accept` did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Accepted {
    /// A new item.
    New,
    /// The identity was known: at most its place changed.
    Known,
}

/// What a compare-and-set did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Changed {
    /// It was done.
    Yes,
    /// The record was not as expected (settled meanwhile, sealed meanwhile, gone): nothing was done.
    No,
}

/// What a transition does to what is known of threads and senders.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Teaching {
    /// A message is learned of.
    Learn(Lesson),
    /// Whatever is known of a sender is forgotten.
    Forget(PersonName, SenderKey),
}

/// What became of an attempt to send.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The server took responsibility.
    Accepted,
    /// Not now; `not_before` is when to try again.
    Deferred {
        /// The next attempt.
        not_before: Timestamp,
        /// Why, without addresses.
        why: String,
    },
    /// It may have been taken. With `looks`, these `Find` errands are posted; else it is sent again at `resend_at`.
    Uncertain {
        /// When it is sent again unless it is found before.
        resend_at: Timestamp,
        /// Look-ups to post.
        looks: Vec<Errand>,
    },
    /// Refused in a way that is often meant for now only: asked once more.
    Doubted {
        /// The next attempt.
        not_before: Timestamp,
        /// Why, without addresses.
        why: String,
    },
    /// Refused by its recipient for good, or come back after it was accepted.
    Refused {
        /// Why, without addresses.
        why: String,
    },
    /// Given up.
    Failed {
        /// Why, without addresses.
        why: String,
    },
}

/// What `forget` did, in items.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Forgotten {
    /// Nothing is known of them any more.
    pub gone: usize,
    /// They wait, or are in a letter that is not sent: nothing of them is removed.
    pub waiting: usize,
    /// Something is still to be done in their mailbox, or their digest is just being wrapped up.
    pub busy: usize,
    /// Senders of whom nothing is remembered any more.
    pub senders: usize,
}

impl Forgotten {
    /// Counts these in.
    pub fn add(&mut self, other: Self) {
        self.gone += other.gone;
        self.waiting += other.waiting;
        self.busy += other.busy;
        self.senders += other.senders;
    }
}
