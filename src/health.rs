//! What the running parts say of themselves: the state of each source, why nothing may be held, and whether work moves on.

pub mod hooks;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use jiff::Timestamp;

use crate::clock;
use crate::model::mailbox::Mailbox;
use crate::model::name::{AccountName, HookName, PersonName};
use hooks::{HookHealth, Hooks};

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
    /// What cannot be done while all else works, by mailbox: a hold mailbox that takes nothing, one that is not there.
    pub warnings: BTreeMap<Mailbox, String>,
    /// What is still to be done, and what does not work until then.
    pub note: Option<String>,
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
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Connecting, Self::Syncing, Self::Watching, Self::Failed, Self::Stopped];

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

/// Whose account.
pub type SourceName = (PersonName, AccountName);

/// A board that every running part writes on and `status` reads. Clones share it.
#[derive(Clone, Debug, Default)]
pub struct Health(Arc<Mutex<Board>>);

#[derive(Debug, Default)]
struct Board {
    sources: BTreeMap<SourceName, SourceHealth>,
    // Of everybody, or of one person.
    degraded: BTreeMap<(Option<PersonName>, &'static str), String>,
    lanes: BTreeMap<String, Duration>,
    hooks: Hooks,
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
    pub fn source(&self, name: &SourceName, now: Timestamp, change: impl FnOnce(&mut SourceHealth)) {
        let mut board = self.board();
        let source = board.sources.entry(name.clone()).or_insert(SourceHealth {
            state: SourceState::Connecting,
            since: now,
            last_sync: None,
            error: None,
            warnings: BTreeMap::new(),
            note: None,
            next_try: None,
        });
        let before = source.state;
        change(source);
        if source.state != before {
            source.since = now;
        }
    }

    /// A source is no longer in the configuration.
    pub fn source_gone(&self, name: &SourceName) {
        self.board().sources.remove(name);
    }

    /// All sources by name.
    pub fn sources(&self) -> BTreeMap<SourceName, SourceHealth> {
        self.board().sources.clone()
    }

    /// These are the hooks now; what came to those that stay is kept.
    pub fn hooks_are(&self, hooks: BTreeMap<HookName, HookHealth>) {
        self.board().hooks.are(hooks);
    }

    /// All hooks by name.
    pub fn hooks(&self) -> BTreeMap<HookName, HookHealth> {
        self.board().hooks.0.clone()
    }

    /// A hook took a request.
    pub fn hook_took(&self, hook: &HookName, now: Timestamp) {
        self.board().hooks.took(hook, now);
    }

    /// A hook refused a request. Returns whether that is news: not the same as a moment ago.
    pub fn hook_refused(&self, hook: &HookName, why: &'static str, now: Timestamp) -> bool {
        self.board().hooks.refused(hook, why, now)
    }

    /// The text of a hook's reference was fetched.
    pub fn hook_fetched(&self, hook: &HookName) {
        self.board().hooks.fetched(hook);
    }

    /// The text of a hook's reference was not fetched. Returns whether that is news: not the same as a moment ago.
    pub fn hook_fetched_nothing(&self, hook: &HookName, why: &'static str, now: Timestamp) -> bool {
        self.board().hooks.fetched_nothing(hook, why, now)
    }

    /// Whether every source has taken what was there, or failed to.
    pub fn have_all_tried(&self) -> bool {
        let trying = |source: &SourceHealth| matches!(source.state, SourceState::Connecting | SourceState::Syncing);
        !self.board().sources.values().any(trying)
    }

    /// What one source is doing.
    pub fn state(&self, name: &SourceName) -> Option<SourceState> {
        self.board().sources.get(name).map(|source| source.state)
    }

    /// Says (or with `None` takes back) why nothing may be held for this cause.
    pub fn degrade(&self, cause: &'static str, why: Option<String>) {
        self.degrade_for(None, cause, why);
    }

    /// The same for one person alone.
    pub fn degrade_person(&self, person: &PersonName, cause: &'static str, why: Option<String>) {
        self.degrade_for(Some(person.clone()), cause, why);
    }

    fn degrade_for(&self, whom: Option<PersonName>, cause: &'static str, why: Option<String>) {
        let mut board = self.board();
        match why {
            Some(why) => board.degraded.insert((whom, cause), why),
            None => board.degraded.remove(&(whom, cause)),
        };
    }

    /// A person is no longer in the configuration: nothing is said of them any more.
    pub fn person_gone(&self, person: &PersonName) {
        self.board().degraded.retain(|(whom, _), _| whom.as_ref() != Some(person));
    }

    /// Why nothing of this person may be held; `None`: all is well.
    pub fn degraded(&self, person: &PersonName) -> Option<String> {
        let board = self.board();
        let reasons = board.degraded.iter().filter(|((whom, _), _)| whom.as_ref().is_none_or(|whom| whom == person));
        let reasons: Vec<&str> = reasons.map(|(_, why)| why.as_str()).collect();
        (!reasons.is_empty()).then(|| reasons.join("; "))
    }

    /// The causes for which nothing may be held, of everybody or of some, a word each; empty when all is well.
    pub fn causes(&self) -> BTreeSet<&'static str> {
        self.board().degraded.keys().map(|(_, cause)| *cause).collect()
    }

    /// Each reason why nothing may be held, with whom it is about (`None`: everybody); empty: all is well.
    pub fn reasons(&self) -> Vec<(Option<PersonName>, String)> {
        self.board().degraded.iter().map(|((whom, _), why)| (whom.clone(), why.clone())).collect()
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
