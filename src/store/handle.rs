//! The handle to the store: opened once, closed once; questions go through the committer, looks beside it.

use std::sync::{Arc, Mutex, PoisonError};

use jiff::Timestamp;
use tokio::sync::{mpsc, oneshot};

use crate::limits;
use crate::metrics::counters::Metrics;
use crate::store::change::Changed;
use crate::store::command::{Command, Done, Job};
use crate::store::committed::Committed;
use crate::store::committer::Committer;
use crate::store::fault::{OpenError, StoreError};
use crate::store::house::House;
use crate::store::index::Index;
use crate::store::open;
use crate::store::open::Found;

/// A handle to the store; clones are cheap and reach the same store.
#[derive(Clone, Debug)]
pub struct Store(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    // `None` once it is closed.
    house: Mutex<Option<Arc<House>>>,
    queue: mpsc::Sender<Job>,
    metrics: Metrics,
}

/// What came of opening.
#[derive(Debug)]
pub struct Opened {
    /// The store.
    pub store: Store,
    /// How it was found.
    pub found: Found,
}

impl Store {
    /// Opens, or begins, the store in this state folder. Blocking: called before the runtime does anything else, or inside
    /// `spawn_blocking`.
    ///
    /// # Errors
    /// As `OpenError`'s variants say. A store that is damaged is no error: it is moved aside.
    pub fn open(state: &std::path::Path, now: Timestamp) -> Result<Opened, OpenError> {
        let open::Standing { house, found, seq, sum } = open::open(state, now)?;
        let house = Arc::new(house);
        let metrics = house.metrics.clone();
        let (queue, jobs) = mpsc::channel(limits::memory::STORE_QUEUE);
        let committer = Committer::new(Arc::clone(&house), jobs, (seq, sum));
        std::thread::Builder::new()
            .name("committer".to_owned())
            .spawn(move || committer.run())
            .map_err(|cause| OpenError::Disk { path: state.to_owned(), cause })?;
        Ok(Opened { store: Self(Arc::new(Inner { house: Mutex::new(Some(house)), queue, metrics })), found })
    }

    /// The counters of this run: transitions are counted here, and hands add what only they know.
    pub fn metrics(&self) -> &Metrics {
        &self.0.metrics
    }

    /// Waits for what is under way, writes everything, closes. Closing twice is no error.
    pub async fn close(&self) -> Result<(), StoreError> {
        let closed = match self.tell(Command::Close).await {
            Err(StoreError::Closed) => Ok(()),
            other => other,
        };
        let house = self.0.house.lock().unwrap_or_else(PoisonError::into_inner).take();
        // The engine writes and joins its threads when it is dropped.
        let _ = tokio::task::spawn_blocking(move || drop(house)).await;
        closed
    }

    pub(super) async fn ask(&self, command: Command) -> Result<Committed<Done>, StoreError> {
        let (reply, answer) = oneshot::channel();
        self.0.queue.send(Job { command, reply }).await.map_err(|_| StoreError::Closed)?;
        answer.await.unwrap_or_else(|_| {
            self.house()?.trust()?;
            Err(StoreError::Closed)
        })
    }

    pub(super) async fn change(&self, command: Command) -> Result<Committed<Changed>, StoreError> {
        let Done::Changed(changed) = *self.ask(command).await?.get() else { return Err(strange()) };
        Ok(Committed::after_barrier(changed))
    }

    pub(super) async fn tell(&self, command: Command) -> Result<(), StoreError> {
        self.ask(command).await.map(drop)
    }

    pub(super) fn house(&self) -> Result<Arc<House>, StoreError> {
        let house = self.0.house.lock().unwrap_or_else(PoisonError::into_inner);
        house.as_ref().map(Arc::clone).ok_or(StoreError::Closed)
    }

    /// Reads from the disk, beside the runtime.
    pub(super) async fn read<T: Send + 'static>(
        &self,
        look: impl FnOnce(&House) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let house = self.house()?;
        let looked = tokio::task::spawn_blocking(move || look(&house)).await;
        looked.unwrap_or_else(|_| Err(StoreError::Failed("a look at the store did not end".to_owned())))
    }

    /// Looks at the index; a closed store shows nothing.
    pub(super) fn see<T: Default>(&self, look: impl FnOnce(&Index) -> T) -> T {
        self.house().map(|house| look(&house.index())).unwrap_or_default()
    }
}

/// The committer has answered another question than was asked.
pub(super) fn strange() -> StoreError {
    StoreError::Failed("an answer of another kind".to_owned())
}
