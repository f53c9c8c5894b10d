//! What taking requests and fetching texts have in common.

use std::fmt::Display;
use std::sync::Arc;

use tokio::sync::watch;
use tracing::{debug, info};

use super::hooks::{Doorway, Hooks};
use super::plan::Around;
use crate::clock::Clock;
use crate::health::Health;
use crate::intake::people::People;
use crate::model::identity::Id;
use crate::store::handle::Store;

/// The hooks, those for whom they are, and what is known.
#[derive(Clone, Debug)]
pub struct Kit {
    /// The hooks; a reload puts others there.
    pub hooks: watch::Receiver<Arc<Hooks>>,
    /// All desks.
    pub people: watch::Receiver<Arc<People>>,
    /// The memory.
    pub store: Store,
    /// What time it is.
    pub clock: Clock,
    /// Where it is said that nothing may be held, and how each hook is.
    pub health: Health,
}

impl Kit {
    /// What planning needs for what came to a hook, in a request of so many octets.
    pub fn around(&self, doorway: &Doorway, size: u64) -> Around {
        let degraded = |person| self.health.degraded(person);
        Around {
            people: self.people.borrow().clone(),
            store: self.store.clone(),
            degraded: doorway.readers.iter().filter_map(|one| Some((one.clone(), degraded(&one.person)?))).collect(),
            now: self.clock.now(),
            size,
        }
    }

    /// Keeps names that a hook's service has told. They are no promise: what cannot be kept is told again some day.
    pub async fn learn(&self, doorway: &Doorway, names: Vec<(Id, String)>) {
        if !names.is_empty()
            && let Err(cause) = self.store.keep_names(&doorway.name, names).await
        {
            debug!(hook = doorway.shown, "names cannot be kept: {cause}");
        }
    }

    /// Notes that no text is fetched, and says it where it is news, with what there is to say beside.
    pub fn note_unfetched(&self, doorway: &Doorway, (why, cause): (&'static str, Option<&dyn Display>)) {
        if self.health.hook_fetched_nothing(&doorway.name, why, self.clock.now()) {
            let cause = cause.map(|cause| format!(": {cause}")).unwrap_or_default();
            info!(hook = doorway.shown, "the text of a reference is not fetched: {why}{cause}");
        }
    }
}
