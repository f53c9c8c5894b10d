//! What the loop of an account works with.

use std::sync::Arc;

use jiff::Timestamp;
use tokio::sync::watch;
use tracing::warn;

use super::door::Way;
use crate::clock::Clock;
use crate::health::{Health, SourceHealth};
use crate::intake::desk::Desk;
use crate::intake::sealing::Press;
use crate::model::mailbox::Mailbox;
use crate::model::name::{AccountName, PersonName};
use crate::store::handle::Store;
use crate::store::lease::Holding;

/// One account and everything that its loop needs.
#[derive(Clone, Debug)]
pub struct Source {
    /// Whose.
    pub person: PersonName,
    /// The account.
    pub account: AccountName,
    /// What it is called in the log: `ada/work`.
    pub name: String,
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
    /// How letters are printed, and the key by which ours are known.
    pub press: Press,
    /// Whether this Tidings has never run before: only then `first_run` counts.
    pub first_start: bool,
    /// How long the run before this one may have held mail.
    pub held_before: Holding,
}

impl Source {
    /// What it is called in the log.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The name of its lane: an account may be called as another hand is.
    pub fn lane(&self) -> String {
        format!("account {}", self.name)
    }

    /// Says on the board how it is.
    pub fn says(&self, now: Timestamp, change: impl FnOnce(&mut SourceHealth)) {
        self.health.source(&(self.person.clone(), self.account.clone()), now, change);
    }

    /// Says what cannot be done with a mailbox: once in the log, and in `status` until it is taken back.
    pub fn warns(&self, mailbox: &Mailbox, words: String) {
        self.says(self.clock.now(), |health| {
            if health.warnings.get(mailbox) != Some(&words) {
                warn!(account = self.name(), "{words}");
                health.warnings.insert(mailbox.clone(), words);
            }
        });
    }

    /// The mailbox is as it should be.
    pub fn takes_back(&self, mailbox: &Mailbox) {
        self.says(self.clock.now(), |health| {
            health.warnings.remove(mailbox);
        });
    }
}
