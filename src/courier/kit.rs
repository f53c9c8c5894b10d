//! What the courier works with.

use std::sync::Arc;

use tokio::sync::watch;

use super::gate::Gate;
use crate::clock::Clock;
use crate::health::Health;
use crate::intake::desk::Desk;
use crate::intake::people::People;
use crate::intake::sealing::Press;
use crate::model::edition::Lane;
use crate::model::name::PersonName;
use crate::smtp;
use crate::store::handle::Store;

/// The courier of one lane and everything that it needs.
#[derive(Clone, Debug)]
pub struct Courier {
    /// Which letters it brings.
    pub lane: Lane,
    /// The way out.
    pub way_out: smtp::settings::Settings,
    /// Everybody's desk; a reload puts others there.
    pub people: watch::Receiver<Arc<People>>,
    /// How an edition that is too large is printed anew.
    pub press: Press,
    /// The memory.
    pub store: Store,
    /// What time it is.
    pub clock: Clock,
    /// Where it says that it moves on.
    pub health: Health,
    /// Whether the server lets us in.
    pub gate: Gate,
}

impl Courier {
    /// The desk of the person whose letter it is; `None`: they are no longer in the configuration. What was sealed for them
    /// is sent all the same.
    pub fn desk(&self, person: &PersonName) -> Option<Arc<Desk>> {
        self.people.borrow().desk(person)
    }

    /// The name of its lane for the watchdog.
    pub fn name(&self) -> &'static str {
        match self.lane {
            Lane::Urgent => "urgent courier",
            Lane::InTurn => "courier",
        }
    }

    /// The lane of one person's letters.
    pub fn lane_of(&self, person: &PersonName) -> String {
        format!("{} for {person}", self.name())
    }
}
