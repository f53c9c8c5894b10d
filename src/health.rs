//! What the running parts say of themselves: the state of each source, why nothing may be held, and whether work moves on.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use jiff::Timestamp;

use crate::clock;

/// The state of one source.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SourceHealth {
    /// What it is doing.
    pub state: SourceState,
    /// Since when.
    pub since: Timestamp,
    /// When it last took everything that was there.
    pub last_sync: Option<Timestamp>,
    /// What went wrong last: a sentence without content. Kept until the next success.
    pub error: Option<String>,
    /// What cannot be done while all else works, such as a hold mailbox that takes nothing.
    pub warning: Option<String>,
    /// When it is tried again.
    pub next_try: Option<Timestamp>,
}

/// What a source is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SourceState {
    /// Connecting and logging in.
    Connecting,
    /// Taking what is there.
    Syncing,
    /// Waiting for news.
    Watching,
    /// Waiting for the next try.
    Failed,
    /// Stopped.
    Stopped,
}

impl SourceState {
    /// One word for people and programs.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Connecting => "connecting",
            Self::Syncing => "syncing",
            Self::Watching => "watching",
            Self::Failed => "failed",
            Self::Stopped => "stopped",
        }
    }
}

/// A board that every running part writes on and `status` reads. Clones share it.
#[derive(Clone, Debug, Default)]
pub struct Health(Arc<Mutex<Board>>);

#[derive(Debug, Default)]
struct Board {
    sources: BTreeMap<String, SourceHealth>,
    degraded: BTreeMap<&'static str, String>,
    lanes: BTreeMap<String, Duration>,
}

impl Health {
    /// An empty board.
    pub fn new() -> Self {
        Self::default()
    }

    /// A poisoned lock means that a writer panicked between two assignments; the board is still worth reading.
    fn board(&self) -> MutexGuard<'_, Board> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Changes what is known of a source; it begins as `Connecting`.
    pub fn source(&self, name: &str, now: Timestamp, change: impl FnOnce(&mut SourceHealth)) {
        let mut board = self.board();
        let source = board.sources.entry(name.to_owned()).or_insert(SourceHealth {
            state: SourceState::Connecting,
            since: now,
            last_sync: None,
            error: None,
            warning: None,
            next_try: None,
        });
        let before = source.state;
        change(source);
        if source.state != before {
            source.since = now;
        }
    }

    /// A source is no longer in the configuration.
    pub fn source_gone(&self, name: &str) {
        self.board().sources.remove(name);
    }

    /// All sources by name.
    pub fn sources(&self) -> BTreeMap<String, SourceHealth> {
        self.board().sources.clone()
    }

    /// Says (or with `None` takes back) why nothing may be held for this cause.
    pub fn degrade(&self, cause: &'static str, why: Option<String>) {
        let mut board = self.board();
        match why {
            Some(why) => board.degraded.insert(cause, why),
            None => board.degraded.remove(cause),
        };
    }

    /// Why nothing may be held; `None`: all is well.
    pub fn degraded(&self) -> Option<String> {
        let reasons: Vec<String> = self.board().degraded.values().cloned().collect();
        (!reasons.is_empty()).then(|| reasons.join("; "))
    }

    /// A lane says: within this time I shall have moved on.
    pub fn moves_on(&self, lane: &str, within: Duration) {
        self.board().lanes.insert(lane.to_owned(), clock::awake().saturating_add(within));
    }

    /// A lane has ended and promises nothing any more.
    pub fn lane_ended(&self, lane: &str) {
        self.board().lanes.remove(lane);
    }

    /// The lanes that did not keep their word; empty when all move on.
    pub fn stuck(&self) -> Vec<String> {
        let now = clock::awake();
        self.board().lanes.iter().filter(|(_, until)| **until < now).map(|(lane, _)| lane.clone()).collect()
    }
}
