//! The letters of each person go their own way, so that nobody waits for another's.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use tokio::sync::Semaphore;
use tokio::task::{Id, JoinSet};
use tokio_util::sync::CancellationToken;
use tracing::error;

use super::attempt;
use super::kit::Courier;
use super::notice::Notices;
use crate::limits;
use crate::model::edition::Letter;
use crate::model::name::PersonName;
use crate::store::fault::StoreError;

/// The rounds that are under way, one a person at most.
#[derive(Debug)]
pub struct Rounds {
    tasks: JoinSet<Result<Notices, StoreError>>,
    people: HashMap<Id, PersonName>,
    notices: BTreeMap<PersonName, Notices>,
    places: Arc<Semaphore>,
}

impl Default for Rounds {
    fn default() -> Self {
        Self {
            tasks: JoinSet::new(),
            people: HashMap::new(),
            notices: BTreeMap::new(),
            places: Arc::new(Semaphore::new(limits::hands::COURIER_ROUNDS)),
        }
    }
}

/// How a round ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ended {
    /// As it should.
    Well,
    /// It broke: what became of this person's letters is not written down.
    Broken(PersonName),
}

impl Rounds {
    /// Whether letters of this person are under way.
    pub fn is_busy(&self, person: &PersonName) -> bool {
        self.people.values().any(|busy| busy == person)
    }

    /// Sends letters that are due, each person's by themselves. Those of a person who is busy are left for their next round.
    pub fn begin(&mut self, courier: &Courier, due: Vec<Letter>, stop: &CancellationToken) {
        let mut by_person: BTreeMap<PersonName, Vec<Letter>> = BTreeMap::new();
        for letter in due.into_iter().filter(|letter| !self.is_busy(&letter.person)) {
            by_person.entry(letter.person.clone()).or_default().push(letter);
        }
        for (person, letters) in by_person {
            let notices = self.notices.remove(&person).unwrap_or_default();
            let (courier, places, stop) = (courier.clone(), Arc::clone(&self.places), stop.clone());
            let task = self.tasks.spawn(async move { round(&courier, letters, (notices, places), &stop).await });
            self.people.insert(task.id(), person);
        }
    }

    /// Returns when a round has ended; never, where none is under way.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn ended(&mut self) -> Result<Ended, StoreError> {
        let (id, ended) = match self.tasks.join_next_with_id().await {
            None => return std::future::pending().await,
            Some(Ok((id, ended))) => (id, Some(ended)),
            Some(Err(broken)) => (broken.id(), None),
        };
        let Some(person) = self.people.remove(&id) else { return Ok(Ended::Well) };
        match ended {
            Some(ended) => {
                self.notices.insert(person, ended?);
                Ok(Ended::Well)
            }
            None => {
                error!(%person, "the sending of letters broke; please report this");
                Ok(Ended::Broken(person))
            }
        }
    }

    /// Whether none is under way.
    pub fn is_empty(&self) -> bool {
        self.tasks.is_empty()
    }
}

/// A person's letters, as soon as there is a place. One that a server keeps waiting gives its place to others.
async fn round(
    courier: &Courier,
    letters: Vec<Letter>,
    (mut notices, places): (Notices, Arc<Semaphore>),
    stop: &CancellationToken,
) -> Result<Notices, StoreError> {
    let Some(lane) = letters.first().map(|letter| courier.lane_of(&letter.person)) else { return Ok(notices) };
    let place = tokio::select! {
        place = places.acquire_owned() => place,
        () = stop.cancelled() => return Ok(notices),
    };
    let done = {
        let work = attempt::round(courier, letters, &mut notices, stop);
        tokio::pin!(work);
        tokio::select! {
            done = &mut work => done,
            () = tokio::time::sleep(limits::hands::COURIER_PLACE) => {
                drop(place);
                work.await
            }
        }
    };
    courier.health.lane_ended(&lane);
    done.map(|()| notices)
}
