//! Which threads have moved of late, so that what waits in them, or of the same sender, is judged again.
//!
//! It is kept for a while, whoever asks: nobody takes anything away. What was not asked for in time, or before a restart, is
//! lost without harm, because whoever missed something judges all that waits.

use std::collections::{HashMap, VecDeque};

use crate::limits;
use crate::model::history::facts::{Arrival, Written};
use crate::model::name::PersonName;
use crate::store::fact::ThreadChange;
use crate::store::view::{Moved, Moves};

/// The newest moves of each person's threads, each with its number.
#[derive(Debug, Default)]
pub struct Log {
    count: u64,
    people: HashMap<PersonName, VecDeque<(u64, Moved)>>,
}

impl Log {
    /// Notes what came into a thread, or is known better now. Returns whether anything did.
    pub fn note(&mut self, change: &ThreadChange) -> bool {
        let Some(after) = &change.after else { return false };
        let before = change.before.as_ref();
        let is_new = |arrival: &&Arrival| before.is_none_or(|before| !before.arrivals.contains(arrival));
        let others = after.arrivals.iter().filter(is_new).map(|arrival| (arrival.message, arrival.sender));
        let is_new = |written: &&Written| before.is_none_or(|before| !before.mine.contains(written));
        let mine = after.mine.iter().filter(is_new).map(|written| (written.message, None));
        let fresh: Vec<_> = others.chain(mine).collect();
        if fresh.is_empty() {
            return false;
        }
        self.count += 1;
        let moved = Moved { fresh, thread: after.arrivals.iter().map(|arrival| arrival.message).collect() };
        let kept = self.people.entry(change.person.clone()).or_default();
        kept.push_back((self.count, moved));
        kept.drain(..kept.len().saturating_sub(limits::memory::MOVES_KEPT));
        true
    }

    /// What has moved since this number was told, `0` at first.
    pub fn since(&self, person: &PersonName, mark: u64) -> Moves {
        let kept = self.people.get(person);
        let moved = kept.into_iter().flatten().filter(|(number, _)| *number > mark).map(|(_, moved)| moved.clone());
        let full = kept.filter(|kept| kept.len() >= limits::memory::MOVES_KEPT);
        let missed = full.and_then(|kept| kept.front()).is_some_and(|(oldest, _)| *oldest > mark.saturating_add(1));
        Moves { moved: moved.collect(), mark: self.count, missed }
    }
}
