//! What the loop of an account works with.

use std::sync::Arc;

use tokio::sync::watch;

use super::door::Way;
use crate::clock::Clock;
use crate::health::Health;
use crate::intake::desk::Desk;
use crate::mark::MarkKey;
use crate::model::name::AccountName;
use crate::store::Store;

/// One account and everything that its loop needs.
#[derive(Clone, Debug)]
pub struct Source {
    /// The account.
    pub account: AccountName,
    /// How it is reached.
    pub way: Way,
    /// The person's desk; a reload puts another there.
    pub desk: watch::Receiver<Arc<Desk>>,
    /// The memory.
    pub store: Store,
    /// What time it is.
    pub clock: Clock,
    /// Where the loop says how it is.
    pub health: Health,
    /// The key of our own letters' mark.
    pub mark: MarkKey,
    /// Whether this Tidings has never run before: only then `first_run` counts.
    pub first_start: bool,
}

impl Source {
    /// The name of its line in `status` and in the log.
    pub fn name(&self) -> &str {
        self.account.as_str()
    }

    /// The name of its lane: an account may be called as another hand is.
    pub fn lane(&self) -> String {
        format!("account {}", self.account)
    }
}
