//! What transitions are told, and what they did.

use jiff::Timestamp;

use crate::model::errand::Errand;

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
    /// Given up.
    Failed {
        /// Why, without addresses.
        why: String,
    },
}
