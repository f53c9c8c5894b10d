//! One visit to an account: from the connection until it is lost.

use std::sync::Arc;

use jiff::Timestamp;
use tracing::info;

use super::door::{Door, DoorError, Refused};
use super::doubts::Doubts;
use super::face::{Owner, Wake};
use super::kit::Source;
use super::past::Reading;
use super::take::{self, Mode, TakeError};
use super::{errands, rescue};
use crate::civil::later;
use crate::health::SourceState;
use crate::intake::desk::{Desk, Filing};
use crate::limits;
use crate::model::mailbox::Mailbox;
use crate::store::bell::Bell;

/// How a visit ended: always with a reason.
#[derive(Debug)]
pub struct Ended {
    /// The reason, a sentence.
    pub error: String,
    /// What the reason means for the next try.
    pub kind: Kind,
}

/// What the end of a visit means for the next try.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Nobody was reached.
    OutOfReach,
    /// The server let nobody in, for this reason.
    LoginRefused(Refused),
    /// Anything else.
    Other,
}

impl From<TakeError> for Ended {
    fn from(error: TakeError) -> Self {
        let kind = match &error {
            TakeError::Door(door) if door.is_out_of_reach() => Kind::OutOfReach,
            TakeError::Door(door) => door.refused_login().map_or(Kind::Other, Kind::LoginRefused),
            TakeError::Store(_) => Kind::Other,
        };
        Self { error: error.to_string(), kind }
    }
}

impl From<DoorError> for Ended {
    fn from(error: DoorError) -> Self {
        TakeError::from(error).into()
    }
}

/// Connects, takes what is there, and then waits and works until something fails.
pub async fn visit(source: &Source, doubts: &mut Doubts) -> Ended {
    match steps(source, doubts).await {
        Ok(never) => match never {},
        Err(ended) => ended,
    }
}

async fn steps(source: &Source, doubts: &mut Doubts) -> Result<std::convert::Infallible, Ended> {
    let desk = source.desk.borrow().clone();
    say(source, SourceState::Connecting);
    let owner = Owner { person: desk.person.clone(), account: source.account.clone(), clock: source.clock.clone() };
    let mut door = Door::open(&source.way, owner).await?;
    let filing = filing(source, &desk)?;
    prepare(source, &mut door, &filing).await?;
    say(source, SourceState::Syncing);
    let unknown =
        filing.watch.iter().all(|mailbox| source.store.cursor((&desk.person, &source.account), mailbox).is_none());
    let lost = unknown && (!source.first_start || lived_before(&mut door, &filing).await?);
    if lost {
        rescue::held(source, &mut door, &filing).await?;
    }
    let mut told = false;
    let mut past = Reading::begin(source);
    let bell = source.store.bell(&Bell::Account(desk.person.clone(), source.account.clone()));
    loop {
        let rung = bell.notified();
        tokio::pin!(rung);
        rung.as_mut().enable();
        // What I wrote comes before what may answer it.
        past.follow(source, &mut door).await?;
        // Also one that is watched from today on, and one before which a first visit broke off.
        let new = |mailbox| source.store.cursor((&desk.person, &source.account), mailbox).is_none();
        let mode = |mailbox| if new(mailbox) && source.first_start && !lost { Mode::First } else { Mode::Watched };
        let mut first = Err(no_mailbox());
        // The first one last: it is the one that is waited on, and should then be the selected one.
        for mailbox in filing.watch.iter().rev() {
            match take::mailbox(source, &mut door, (mailbox, mode(mailbox)), doubts).await {
                Ok(_) => {
                    source.takes_back(mailbox);
                    first = Ok(mailbox);
                }
                Err(TakeError::Door(error)) if error.is_about_the_mailbox() => {
                    let advice = if error.is_for_now() { "" } else { "; make it there, or name another in `watch`" };
                    let said = format!("the mailbox \"{mailbox}\" cannot be watched: {error}{advice}");
                    source.warns(mailbox, said.clone());
                    first = first.map_err(|_| Ended { error: said, kind: Kind::Other });
                }
                Err(error) => return Err(error.into()),
            }
        }
        let first = first?;
        if errands::carry_out(source, &mut door).await? == errands::Left::More {
            continue;
        }
        synced(source);
        if !std::mem::replace(&mut told, true) {
            info!(account = source.name(), "the account is watched");
        }
        if past.go_on(source, &mut door, &filing).await? == errands::Left::More {
            continue;
        }
        let others = filing.watch.len() > 1 || past.follows();
        let look_again = others.then(|| later(source.clock.now(), limits::hands::LOOK_AT_OTHERS));
        wait(source, &mut door, (first, look_again), rung).await?;
    }
}

/// Whether mail lies in the hold mailbox at what looks like the first start: then the whole state folder is gone, and what
/// waits there would never be seen again if this were taken for a beginning.
async fn lived_before(door: &mut Door, filing: &Filing) -> Result<bool, DoorError> {
    if filing.watch.contains(&filing.hold_in) {
        return Ok(false);
    }
    match door.has_mail(&filing.hold_in).await {
        Ok(has_mail) => Ok(has_mail),
        Err(error) if error.is_fatal() => Err(error),
        Err(_) => Ok(false), // there is no such mailbox, and none can be made
    }
}

/// Waits for news of this mailbox, or for work. Only one can be waited on; the others, and what I wrote, are looked at each
/// minute.
async fn wait(
    source: &Source,
    door: &mut Door,
    (mailbox, look_again): (&Mailbox, Option<Timestamp>),
    rung: impl Future<Output = ()> + Send,
) -> Result<Wake, Ended> {
    let desk = source.desk.borrow().clone();
    let due = source.store.next_errand(&desk.person, &source.account);
    let again = [due, look_again].into_iter().flatten().min();
    let stop = async {
        match again {
            Some(again) => tokio::select! {
                () = rung => {}
                () = source.clock.wait_until(again) => {}
            },
            None => rung.await,
        }
    };
    source.health.moves_on(&source.lane(), source.way.patience());
    let wake = door.wait(mailbox, stop).await?;
    source.health.moves_on(&source.lane(), limits::hands::SOURCE_VISIT_STEP);
    Ok(wake)
}

/// Creates the mailboxes that mail is filed into. One that cannot be created is said in `status`; its mail stays where it is.
async fn prepare(source: &Source, door: &mut Door, filing: &Filing) -> Result<(), Ended> {
    for mailbox in filing.targets() {
        match door.ensure(mailbox).await {
            Ok(()) => source.takes_back(mailbox),
            Err(error) if error.is_fatal() => return Err(error.into()),
            Err(error) => source.warns(
                mailbox,
                format!("the mailbox \"{mailbox}\" cannot be created, so mail stays where it is: {error}"),
            ),
        }
    }
    Ok(())
}

fn filing(source: &Source, desk: &Arc<Desk>) -> Result<Filing, Ended> {
    desk.filing(&source.account)
        .cloned()
        .ok_or_else(|| Ended { error: "the account is no longer in the configuration".to_owned(), kind: Kind::Other })
}

fn no_mailbox() -> Ended {
    Ended { error: "no mailbox is watched".to_owned(), kind: Kind::Other }
}

fn say(source: &Source, state: SourceState) {
    source.says(source.clock.now(), |health| {
        health.state = state;
        health.next_try = None;
    });
}

fn synced(source: &Source) {
    let now = source.clock.now();
    source.says(now, |health| {
        health.state = SourceState::Watching;
        health.last_sync = Some(now);
        health.error = None;
        health.next_try = None;
    });
}
