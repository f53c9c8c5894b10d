//! What the store shows: small values, read from its indexes.

use jiff::Timestamp;

use crate::model::identity::Identity;
use crate::model::name::{AccountName, DigestName};
use crate::model::verdict::{Then, Urgency};

/// A waiting item as the due list knows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Waiting {
    /// The item.
    pub identity: Identity,
    /// Its account or hook.
    pub source: String,
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

/// Quiet hours by hand.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pause {
    /// Since when.
    pub from: Timestamp,
    /// Until when.
    pub until: Timestamp,
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
        self.counts == self.found && self.strange == 0
    }
}
