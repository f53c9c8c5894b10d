//! The one place where time is read: the system's clock, or one that a test moves by hand.

use std::collections::{BTreeMap, HashSet};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use rustix::time::{ClockId, clock_gettime};
use tokio::sync::watch;
use tokio::task;

use crate::limits;

/// A clock. Clones tell the same time.
#[derive(Clone, Debug)]
pub struct Clock(Inner);

#[derive(Clone, Debug)]
enum Inner {
    // By how much `sooner` divides.
    System { hurry: u32 },
    Manual(Arc<Manual>),
}

#[derive(Debug)]
struct Manual {
    time: watch::Sender<Timestamp>,
    // Who waits (the task, where it is one), and what time it was when they last looked.
    resting: Mutex<BTreeMap<u64, (Option<task::Id>, Timestamp)>>,
    next: AtomicU64,
}

impl Manual {
    /// A poisoned lock means that a waiter panicked between two looks; the list is still right.
    fn resting(&self) -> MutexGuard<'_, BTreeMap<u64, (Option<task::Id>, Timestamp)>> {
        self.resting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One who waits on a manual clock; gone from its list when dropped.
struct Rest<'a>(&'a Manual, u64);

impl Drop for Rest<'_> {
    fn drop(&mut self) {
        self.0.resting().remove(&self.1);
    }
}

impl Clock {
    /// The system's clock.
    ///
    /// For tests of what a crash leaves, `TIDINGS_HURRY=N` in the environment makes `sooner` divide by N; in debug builds
    /// only.
    pub fn system() -> Self {
        let wish =
            if cfg!(debug_assertions) { std::env::var("TIDINGS_HURRY").unwrap_or_default() } else { String::new() };
        Self(Inner::System { hurry: wish.parse().unwrap_or(1).max(1) })
    }

    /// A clock that stands still until it is set.
    pub fn manual(now: Timestamp) -> Self {
        let time = watch::Sender::new(now);
        Self(Inner::Manual(Arc::new(Manual { time, resting: Mutex::default(), next: AtomicU64::new(0) })))
    }

    /// What time it is.
    pub fn now(&self) -> Timestamp {
        match &self.0 {
            Inner::System { .. } => Timestamp::now(),
            Inner::Manual(manual) => *manual.time.borrow(),
        }
    }

    /// When something is tried or looked at again that was to be at `at`: then. Only under `TIDINGS_HURRY` it is sooner.
    pub fn sooner(&self, now: Timestamp, at: Timestamp) -> Timestamp {
        let hurry = match &self.0 {
            Inner::System { hurry } => *hurry,
            Inner::Manual(_) => 1,
        };
        let wait = at.duration_since(now).max(SignedDuration::ZERO);
        if hurry == 1 { at } else { now.checked_add(wait / hurry.cast_signed()).unwrap_or(at) }
    }

    /// Sets a manual clock, forwards or back; the system's clock is never set.
    pub fn set(&self, now: Timestamp) {
        if let Inner::Manual(manual) = &self.0 {
            manual.time.send_replace(now);
        }
    }

    /// How many tasks wait on a manual clock and have looked at it since it was set: who does not has something to do. A task
    /// that waits for two times at once is one. 0 for the system's clock.
    pub fn waiting(&self) -> usize {
        match &self.0 {
            Inner::System { .. } => 0,
            Inner::Manual(manual) => {
                let now = *manual.time.borrow();
                let resting = manual.resting();
                let looked = resting.values().filter(|(_, looked)| *looked == now).map(|(task, _)| *task);
                looked.collect::<HashSet<_>>().len()
            }
        }
    }

    /// Returns once it is `deadline` or later, or once the clock was set back: whoever waits then looks again, because a
    /// deadline that was near may be days away. The wall clock is read again at least every 30 s, because tokio's timers
    /// stand still while the machine is suspended and know nothing of a clock that was set.
    pub async fn wait_until(&self, deadline: Timestamp) {
        let mut before = self.now();
        match &self.0 {
            Inner::System { .. } => loop {
                let now = Timestamp::now();
                let left = deadline.duration_since(now);
                if left <= SignedDuration::ZERO || now < before {
                    return;
                }
                before = now;
                tokio::time::sleep(left.unsigned_abs().min(limits::ground::CLOCK_READ_AGAIN)).await;
            },
            Inner::Manual(manual) => {
                let mut moved = manual.time.subscribe();
                let rest = Rest(manual, manual.next.fetch_add(1, Ordering::Relaxed));
                loop {
                    let now = *moved.borrow_and_update();
                    if now >= deadline || now < before {
                        return;
                    }
                    before = now;
                    manual.resting().insert(rest.1, (task::try_id(), now));
                    // The sender lives in `self`: the channel cannot close while we wait.
                    let _ = moved.changed().await;
                }
            }
        }
    }
}

/// How long this machine has been awake since it booted: stands still in suspend (CLOCK_MONOTONIC).
pub fn awake() -> Duration {
    let time = clock_gettime(ClockId::Monotonic);
    Duration::new(time.tv_sec.unsigned_abs(), u32::try_from(time.tv_nsec).unwrap_or(0))
}
