//! Each person's tasks: a timekeeper, and a source an account; begun and ended as the configuration changes.

use std::collections::BTreeMap;
use std::sync::Arc;

use tokio::sync::watch;
use tokio::task::{JoinHandle, JoinSet};
use tokio_util::sync::CancellationToken;
use tracing::error;

use crate::clock::Clock;
use crate::config::ready::{Account, Person};
use crate::health::{Health, SourceName, SourceState};
use crate::intake::desk::{Desk, Filing};
use crate::intake::people::People;
use crate::intake::sealing::Press;
use crate::limits;
use crate::model::name::{AccountName, PersonName};
use crate::source::kit::Source;
use crate::source::{self, farewell};
use crate::store::fault::StoreError;
use crate::store::handle::Store;
use crate::store::lease::Holding;
use crate::timekeeper::{self, Timekeeper};

/// What all of these tasks share.
#[derive(Clone, Debug)]
pub struct Shared {
    /// How editions are printed; its key is that of our own letters' mark.
    pub press: Press,
    /// The memory.
    pub store: Store,
    /// What time it is.
    pub clock: Clock,
    /// The board.
    pub health: Health,
    /// Whether an account that the store does not know is new, and not lost.
    pub first_start: bool,
    /// How long the run before this one may have held mail.
    pub held_before: Holding,
}

/// When these tasks end all together.
#[derive(Clone, Debug)]
pub struct Stops {
    /// The sources, first.
    pub doors: CancellationToken,
    /// The timekeepers, with the other hands.
    pub hands: CancellationToken,
}

/// All persons with what works for them.
#[derive(Debug)]
pub struct Households {
    shared: Shared,
    stops: Stops,
    people: watch::Sender<Arc<People>>,
    homes: BTreeMap<PersonName, Home>,
    keepers: JoinSet<Result<(), StoreError>>,
}

#[derive(Debug)]
struct Home {
    desk: watch::Sender<Arc<Desk>>,
    keeper: CancellationToken,
    sources: BTreeMap<AccountName, Running>,
}

#[derive(Debug)]
struct Running {
    account: Account,
    filing: Option<Filing>,
    stop: CancellationToken,
    task: JoinHandle<()>,
}

/// An account that has left the configuration, with the desk under which it worked.
struct Leaver {
    source: Source,
    desk: Arc<Desk>,
}

impl Households {
    /// Begins everything that works for these persons.
    pub fn start(shared: Shared, people: &[Person], stops: Stops) -> Self {
        let (sender, keepers) = (watch::Sender::default(), JoinSet::new());
        let mut all = Self { shared, stops, people: sender, homes: BTreeMap::new(), keepers };
        all.settle_in(people);
        all.begin(people);
        all
    }

    /// Everybody's desk, for the hands that serve all.
    pub fn people(&self) -> watch::Receiver<Arc<People>> {
        self.people.subscribe()
    }

    /// Puts everybody's desk in place, and begins the timekeepers of those who are new.
    fn settle_in(&mut self, people: &[Person]) {
        let desks: Vec<Arc<Desk>> = people.iter().map(|person| Arc::new(person.desk.clone())).collect();
        for desk in &desks {
            if let Some(home) = self.homes.get(&desk.person) {
                home.desk.send_replace(Arc::clone(desk));
                continue;
            }
            let (sender, receiver) = watch::channel(Arc::clone(desk));
            let keeper = self.stops.hands.child_token();
            let Shared { press, store, clock, health, .. } = self.shared.clone();
            let hand = Timekeeper { desk: receiver, press, store, clock, health };
            self.keepers.spawn(keep_for_ever(hand, keeper.clone()));
            let home = Home { desk: sender, keeper, sources: BTreeMap::new() };
            self.homes.insert(desk.person.clone(), home);
        }
        self.people.send_replace(Arc::new(desks.into_iter().collect()));
    }

    /// Begins the sources that do not run yet.
    fn begin(&mut self, people: &[Person]) {
        for person in people {
            let Some(home) = self.homes.get_mut(&person.desk.person) else { continue };
            for account in &person.accounts {
                if home.sources.contains_key(&account.name) {
                    continue;
                }
                let source = source_of(&self.shared, &home.desk, account);
                source.says(source.clock.now(), |health| health.state = SourceState::Connecting);
                let stop = self.stops.doors.child_token();
                let task = tokio::spawn(for_ever(source, stop.clone()));
                let filing = person.desk.filing(&account.name).cloned();
                let running = Running { account: account.clone(), filing, stop, task };
                home.sources.insert(account.name.clone(), running);
            }
        }
    }

    /// After a reload. What is new is begun, what is gone is ended; an account that is reached or filed otherwise is begun
    /// again. Before that, the held mail of an account that is gone, or whose login is another, goes back to its reader;
    /// meanwhile everything else goes on as it was.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn change(&mut self, people: &[Person]) -> Result<(), StoreError> {
        let is_gone = |name: &PersonName| !people.iter().any(|one| one.desk.person == *name);
        self.homes.iter().filter(|(name, _)| is_gone(name)).for_each(|(_, home)| home.keeper.cancel());
        let leaving = self.take(people, Fate::Leaves);
        let leavers: Vec<Leaver> =
            leaving.iter().filter_map(|(person, running)| self.leaver(person, running)).collect();
        self.end(leaving).await;
        self.part(people, &leavers).await?;
        for (name, home) in self.homes.extract_if(.., |name, _| is_gone(name)) {
            let (desk, now) = (home.desk.borrow().clone(), self.shared.clock.now());
            farewell::name_all(&self.shared.store, (&desk, &self.shared.press), now).await?;
            self.shared.health.person_gone(&name);
        }
        self.settle_in(people);
        let changed = self.take(people, Fate::BeginsAgain);
        self.end(changed).await;
        self.begin(people);
        Ok(())
    }

    /// Gives back what those hold who leave, and sees to what could not be.
    async fn part(&self, people: &[Person], leavers: &[Leaver]) -> Result<(), StoreError> {
        let farewells: Vec<_> =
            leavers.iter().map(|one| farewell::give_back(one.source.clone(), Arc::clone(&one.desk))).collect();
        let left = futures_util::future::join_all(farewells).await;
        let Shared { press, store, clock, .. } = &self.shared;
        for (leaver, left) in leavers.iter().zip(left) {
            let left = left?;
            let Some(person) = people.iter().find(|one| one.desk.person == leaver.source.person) else { continue };
            if person.desk.filing(&leaver.source.account).is_some() {
                // Another login has its name now, and would look for this mail in vain.
                farewell::name_at_once(store, (&person.desk, press), left, clock.now()).await?;
            } else {
                farewell::name_strays(store, (&person.desk, press), clock.now()).await?;
            }
        }
        Ok(())
    }

    fn leaver(&self, person: &PersonName, running: &Running) -> Option<Leaver> {
        let home = self.homes.get(person)?;
        let (source, desk) = (source_of(&self.shared, &home.desk, &running.account), home.desk.borrow().clone());
        Some(Leaver { source, desk })
    }

    /// Takes out the sources for which the new configuration means this.
    fn take(&mut self, people: &[Person], wanted: Fate) -> Vec<(PersonName, Running)> {
        let mut taken = Vec::new();
        for (name, home) in &mut self.homes {
            let person = people.iter().find(|person| person.desk.person == *name);
            let such = home.sources.extract_if(.., |_, running| fate(running, person) == wanted);
            taken.extend(such.map(|(_, running)| (name.clone(), running)));
        }
        taken
    }

    /// Ends sources; nothing is said of them any more.
    async fn end(&self, sources: Vec<(PersonName, Running)>) {
        let names: Vec<SourceName> =
            sources.iter().map(|(person, running)| (person.clone(), running.account.name.clone())).collect();
        end(sources.into_iter().map(|(_, running)| running).collect()).await;
        names.iter().for_each(|name| self.shared.health.source_gone(name));
    }

    /// Returns once every source has taken what was there, or failed to: mail that comes from then on is new.
    pub async fn all_tried(&self) {
        while !self.shared.health.have_all_tried() {
            tokio::time::sleep(limits::front::READY_LOOK).await;
        }
    }

    /// Returns when a timekeeper cannot go on.
    pub async fn failed(&mut self) -> StoreError {
        loop {
            match self.keepers.join_next().await {
                Some(Ok(Err(error))) => return error,
                Some(Ok(Ok(())) | Err(_)) => {}
                None => std::future::pending().await,
            }
        }
    }

    /// Waits until all sources have ended; their token is cancelled by the caller.
    pub async fn join_sources(&mut self) {
        end(self.homes.values_mut().flat_map(|home| std::mem::take(&mut home.sources).into_values()).collect()).await;
    }

    /// Waits until all timekeepers have ended; their token is cancelled by the caller.
    pub async fn join_keepers(&mut self) {
        while self.keepers.join_next().await.is_some() {}
    }
}

/// What a new configuration means for a source.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fate {
    /// Nothing.
    Stays,
    /// It is reached or filed otherwise.
    BeginsAgain,
    /// The account is gone, or another login has its name.
    Leaves,
}

fn fate(running: &Running, person: Option<&Person>) -> Fate {
    let named = |person: &&Person| person.accounts.iter().find(|one| one.name == running.account.name).cloned();
    match person.as_ref().and_then(named) {
        Some(account) if account.way.login() == running.account.way.login() => {
            let filing = person.and_then(|person| person.desk.filing(&account.name));
            let same = account == running.account && filing == running.filing.as_ref();
            if same { Fate::Stays } else { Fate::BeginsAgain }
        }
        _ => Fate::Leaves,
    }
}

fn source_of(shared: &Shared, desk: &watch::Sender<Arc<Desk>>, account: &Account) -> Source {
    let person = desk.borrow().person.clone();
    let Shared { press, store, clock, health, first_start, held_before } = shared.clone();
    Source {
        name: format!("{person}/{}", account.name),
        person,
        account: account.name.clone(),
        way: account.way.clone(),
        desk: desk.subscribe(),
        store,
        clock,
        health,
        press,
        first_start,
        held_before,
    }
}

/// Ends sources; one that does not end in time is left to itself.
async fn end(sources: Vec<Running>) {
    sources.iter().for_each(|running| running.stop.cancel());
    for running in sources {
        let abort = running.task.abort_handle();
        if tokio::time::timeout(limits::front::SOURCE_STOP, running.task).await.is_err() {
            abort.abort();
            error!(account = running.account.name.as_str(), "did not stop in time");
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

/// A timekeeper that panics is begun again: what is wrong with one person's digest must not end the others'. Until it has
/// come through once more, nothing of theirs is held.
async fn keep_for_ever(keeper: Timekeeper, stop: CancellationToken) -> Result<(), StoreError> {
    loop {
        let task = tokio::spawn(timekeeper::run(keeper.clone(), stop.clone()));
        match task.await {
            Ok(ended) => return ended,
            Err(_) => {
                let person = keeper.desk.borrow().person.clone();
                error!(%person, "the timekeeper broke and is begun again; please report this");
                let why = "what is due cannot be seen to, so nothing is held".to_owned();
                keeper.health.degrade_person(&person, timekeeper::BROKEN, Some(why));
            }
        }
        tokio::select! {
            () = tokio::time::sleep(limits::front::SOURCE_BEGIN_AGAIN) => {}
            () = stop.cancelled() => return Ok(()),
        }
    }
}
