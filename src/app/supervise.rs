//! The sources, each in a task of its own that is begun again when it ends by itself.

use std::collections::BTreeMap;
use std::sync::Arc;

use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use tracing::error;

use crate::clock::Clock;
use crate::config::ready::Account;
use crate::health::{Health, SourceState};
use crate::intake::desk::{Desk, Filing};
use crate::limits;
use crate::mark::MarkKey;
use crate::model::name::AccountName;
use crate::source;
use crate::source::kit::Source;
use crate::store::Store;

/// What all sources share.
#[derive(Clone, Debug)]
pub struct Shared {
    /// The person's desk.
    pub desk: watch::Receiver<Arc<Desk>>,
    /// The memory.
    pub store: Store,
    /// What time it is.
    pub clock: Clock,
    /// The board.
    pub health: Health,
    /// The key of our own letters' mark.
    pub mark: MarkKey,
    /// Whether an account that the store does not know is new, and not lost.
    pub first_start: bool,
}

/// The running sources.
#[derive(Debug)]
pub struct Sources {
    shared: Shared,
    stop: CancellationToken,
    running: BTreeMap<AccountName, Running>,
}

#[derive(Debug)]
struct Running {
    account: Account,
    filing: Option<Filing>,
    stop: CancellationToken,
    task: JoinHandle<()>,
}

impl Sources {
    /// Starts a source for each account.
    pub fn start(shared: Shared, accounts: &[Account], stop: &CancellationToken) -> Self {
        let mut sources = Self { shared, stop: stop.clone(), running: BTreeMap::new() };
        for account in accounts {
            sources.begin(account);
        }
        sources
    }

    fn begin(&mut self, account: &Account) {
        let shared = self.shared.clone();
        let source = Source {
            account: account.name.clone(),
            way: account.way.clone(),
            desk: shared.desk,
            store: shared.store,
            clock: shared.clock,
            health: shared.health,
            mark: shared.mark,
            first_start: shared.first_start,
        };
        let stop = self.stop.child_token();
        source.health.source(source.name(), source.clock.now(), |health| health.state = SourceState::Connecting);
        let task = tokio::spawn(for_ever(source, stop.clone()));
        let running = Running { account: account.clone(), filing: self.filing(&account.name), stop, task };
        self.running.insert(account.name.clone(), running);
    }

    fn filing(&self, account: &AccountName) -> Option<Filing> {
        self.shared.desk.borrow().filing(account).cloned()
    }

    /// After a reload: accounts that are new, or reached or filed otherwise, are begun, those that are gone or changed are
    /// ended. The desk is the new one already.
    pub async fn change(&mut self, accounts: &[Account]) {
        let keeps = |running: &Running| {
            accounts.contains(&running.account) && self.filing(&running.account.name) == running.filing
        };
        let gone: Vec<AccountName> =
            self.running.iter().filter(|(_, running)| !keeps(running)).map(|(name, _)| name.clone()).collect();
        for name in gone {
            if let Some(running) = self.running.remove(&name) {
                running.stop.cancel();
                let _ = running.task.await;
                self.shared.health.source_gone(name.as_str());
            }
        }
        for account in accounts {
            if !self.running.contains_key(&account.name) {
                self.begin(account);
            }
        }
    }

    /// Returns once every source has taken what was there, or failed to: mail that comes from then on is new.
    pub async fn all_tried(&self) {
        loop {
            let sources = self.shared.health.sources();
            let tried = |account: &AccountName| {
                let state = sources.get(account.as_str()).map(|source| source.state);
                state.is_some_and(|state| !matches!(state, SourceState::Connecting | SourceState::Syncing))
            };
            if self.running.keys().all(tried) {
                return;
            }
            tokio::time::sleep(limits::front::READY_LOOK).await;
        }
    }

    /// Waits until all have ended; their token is cancelled by the caller.
    pub async fn join(&mut self) {
        for running in std::mem::take(&mut self.running).into_values() {
            if tokio::time::timeout(limits::front::SOURCE_STOP, running.task).await.is_err() {
                error!(account = running.account.name.as_str(), "did not stop in time");
            }
        }
    }
}

/// A source that panics is begun again; one that returns was stopped.
async fn for_ever(source: Source, stop: CancellationToken) {
    loop {
        let task = tokio::spawn(source::run(source.clone(), stop.clone()));
        match task.await {
            Ok(()) => return,
            Err(_) => error!(account = source.name(), "the source broke and is begun again; please report this"),
        }
        tokio::select! {
            () = tokio::time::sleep(limits::front::SOURCE_BEGIN_AGAIN) => {}
            () = stop.cancelled() => return,
        }
    }
}
