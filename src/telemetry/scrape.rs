//! Reads off store and board what `/metrics` shows.

use std::path::PathBuf;
use std::sync::Arc;

use jiff::Timestamp;
use tokio::sync::watch;

use crate::clock::Clock;
use crate::health::{Health, SourceState};
use crate::intake::desk::Desk;
use crate::intake::people::People;
use crate::intake::slots;
use crate::metrics::readings::{Hook, Person, Readings, Source};
use crate::metrics::text;
use crate::store::folder;
use crate::store::handle::Store;

/// Where the readings are taken.
#[derive(Clone, Debug)]
pub struct Scrape {
    /// Everybody's desk; a reload puts others there.
    pub people: watch::Receiver<Arc<People>>,
    /// The memory, and its counters.
    pub store: Store,
    /// What time it is.
    pub clock: Clock,
    /// The board.
    pub health: Health,
    /// The state folder.
    pub state: PathBuf,
    /// When the program began.
    pub began: Timestamp,
}

impl Scrape {
    /// All counters and readings as OpenMetrics text; `None`: they cannot be written. Blocking: asks the disk for its room.
    pub fn text(&self) -> Option<String> {
        text::write(self.store.metrics(), &self.readings()).ok()
    }

    fn readings(&self) -> Readings {
        let people = self.people.borrow().clone();
        let counts = self.store.counts();
        Readings {
            began: Some(self.began),
            people: people.desks().map(|desk| self.person(desk)).collect(),
            sources: self.sources(),
            hooks: self.hooks(),
            items: vec![
                ("held", counts.held),
                ("sealed", counts.sealed),
                ("passed", counts.passed),
                ("settled", counts.settled),
            ],
            letters: vec![
                ("waiting", counts.outbox.saturating_sub(counts.uncertain)),
                ("uncertain", counts.uncertain),
                ("failed", counts.failed),
            ],
            stuck: self.health.stuck().len(),
            free_bytes: folder::free_bytes(&self.state).ok(),
        }
    }

    fn person(&self, desk: &Desk) -> Person {
        let now = self.clock.now();
        let held = self.store.held(&desk.person, now);
        let pause = self.store.paused(&desk.person).map(|pause| (pause.from, pause.until));
        let next = desk.digests.iter().map(|plan| (plan.letter.name.to_string(), slots::next(desk, plan, pause, now)));
        Person {
            name: desk.person.to_string(),
            degraded: self.health.degraded(&desk.person).is_some(),
            held: held.count,
            overdue: held.overdue,
            oldest: held.oldest,
            digests: next.collect(),
        }
    }

    fn sources(&self) -> Vec<Source> {
        let sources = self.health.sources().into_iter();
        sources
            .map(|((person, account), health)| Source {
                errands: self.store.errand_count(&person, &account),
                person: person.to_string(),
                account: account.to_string(),
                states: SourceState::ALL.iter().map(|state| (state.as_str(), *state == health.state)).collect(),
                last_sync: health.last_sync,
            })
            .collect()
    }

    fn hooks(&self) -> Vec<Hook> {
        let hooks = self.health.hooks().into_values();
        hooks
            .map(|hook| Hook {
                shown: hook.shown,
                kind: hook.kind.to_owned(),
                readers: hook.readers.iter().map(ToString::to_string).collect(),
                is_shut: hook.shut.is_some(),
            })
            .collect()
    }
}
