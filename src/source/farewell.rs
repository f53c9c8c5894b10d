//! When an account leaves the configuration: its held mail goes back to its reader, and what cannot is named in a letter.

use std::sync::Arc;

use jiff::Timestamp;
use tracing::{info, warn};

use super::face::Owner;
use super::giveback;
use super::kit::Source;
use crate::intake::desk::Desk;
use crate::intake::sealing::{self, Carries, Issue, Press, SealError};
use crate::intake::slots;
use crate::limits;
use crate::model::edition::{Claim, EditionKind};
use crate::model::errand::{Answer, ErrandId};
use crate::model::identity::Identity;
use crate::model::item::Item;
use crate::model::name::{AccountName, DigestName};
use crate::model::verdict::{Placement, Then, Verdict};
use crate::store::fault::StoreError;
use crate::store::handle::Store;
use crate::store::view::Waiting;

/// Gives an account's held mail back with the login that it had, within `limits::hands::FAREWELL`. What waits there passes
/// if all of it could be; else all of it goes on waiting, because nobody knows which lies where. Its errands end: nobody is
/// left to carry them out. Returns what could not be given back.
///
/// # Errors
/// When the store fails.
pub async fn give_back(source: Source, desk: Arc<Desk>) -> Result<Vec<Identity>, StoreError> {
    let Some(filing) = desk.filing(&source.account) else { return Ok(Vec::new()) };
    let (person, account) = (source.person.clone(), source.account.clone());
    let owner = Owner { person, account, clock: source.clock.clone() };
    let now = source.clock.now();
    let giving = giveback::give_back(&source.way, owner, (filing, &desk.hold), now);
    let failed = match tokio::time::timeout(limits::hands::FAREWELL, giving).await {
        Ok(Ok(given)) => {
            info!(
                account = source.name(),
                mails = given.mails,
                "the account was removed: its held mail was given back"
            );
            given.refused
        }
        Ok(Err(error)) => Some(error.to_string()),
        Err(_) => Some("it took too long".to_owned()),
    };
    match failed {
        None => {
            for identity in waiting_in(&source) {
                let Some(item) = source.store.item(identity).await? else { continue };
                let verdict = Verdict { judged_at: now, ..item.verdict };
                let _proven = source.store.replace(identity, verdict, Placement::Pass, Vec::new()).await?;
            }
        }
        Some(why) => {
            let left = waiting_in(&source).len();
            warn!(
                account = source.name(),
                left, "the account was removed, and not all held mail could be given back: {why}"
            );
        }
    }
    source.store.answer(no_more(&source.store, &desk, |account| *account == source.account), now).await?;
    Ok(waiting_in(&source))
}

fn waiting_in(source: &Source) -> Vec<Identity> {
    let waiting = source.store.waiting(&source.person).into_iter();
    waiting.filter(|one| one.account.as_ref() == Some(&source.account)).map(|one| one.identity).collect()
}

/// What ends the errands of such accounts: to a letter that is looked for it says that it is not there; of all others it
/// says nothing.
fn no_more(store: &Store, desk: &Desk, of: impl Fn(&AccountName) -> bool) -> Vec<(ErrandId, Answer)> {
    let errands = store.errands_of(&desk.person).into_iter().filter(|(account, _)| of(account));
    errands.map(|(_, errand)| (errand, Answer::NotFound)).collect()
}

/// Sees to what waits in accounts that the configuration does not have: it is named in the next digest, or in a letter of
/// its own where there is none.
///
/// # Errors
/// When the store fails.
pub async fn name_strays(store: &Store, (desk, press): (&Desk, &Press), now: Timestamp) -> Result<(), StoreError> {
    store.answer(no_more(store, desk, |account| desk.filing(account).is_none()), now).await?;
    let is_stray = |one: &Waiting| one.account.as_ref().is_some_and(|account| desk.filing(account).is_none());
    let strays = store.waiting(&desk.person).into_iter().filter(is_stray).map(|one| one.identity).collect::<Vec<_>>();
    let Some((digest, slot)) = next_digest(store, desk, now) else {
        return name_at_once(store, (desk, press), strays, now).await;
    };
    for identity in strays {
        let Some(item) = store.item(identity).await? else { continue };
        let Placement::Hold { due_at, deliver_by, .. } = item.placement else { continue };
        let due_at = if due_at > now { due_at.min(slot) } else { slot };
        let placement = Placement::Hold { due_at, then: Then::Digest(digest.clone()), deliver_by };
        let _proven = store.replace(identity, noted(&item, now), placement, Vec::new()).await?;
    }
    Ok(())
}

/// The digest that goes out first, and when.
fn next_digest(store: &Store, desk: &Desk, now: Timestamp) -> Option<(DigestName, Timestamp)> {
    let pause = store.paused(&desk.person).map(|pause| (pause.from, pause.until));
    let next = |plan| slots::next(desk, plan, pause, now);
    desk.digests.iter().filter_map(|plan| Some((plan.letter.name.clone(), next(plan)?))).min_by_key(|(_, slot)| *slot)
}

/// The verdict with a note of where the mail lies.
fn noted(item: &Item, now: Timestamp) -> Verdict {
    let mut verdict = Verdict { judged_at: now, ..item.verdict.clone() };
    if let Some(place) = &item.place {
        let note =
            format!("account \"{}\" is no longer watched: it lies there in \"{}\"", place.account, place.mailbox);
        verdict.wishes.note = Some(note);
    }
    verdict
}

/// Names all that waits for a person in one letter, at once: they have left the configuration, and no digest will come.
///
/// # Errors
/// When the store fails.
pub async fn name_all(store: &Store, (desk, press): (&Desk, &Press), now: Timestamp) -> Result<(), StoreError> {
    store.answer(no_more(store, desk, |_| true), now).await?;
    let waiting = store.waiting(&desk.person).into_iter().map(|one| one.identity).collect();
    name_at_once(store, (desk, press), waiting, now).await
}

/// Names these in one letter, at once.
///
/// # Errors
/// When the store fails.
pub async fn name_at_once(
    store: &Store,
    with: (&Desk, &Press),
    items: Vec<Identity>,
    now: Timestamp,
) -> Result<(), StoreError> {
    if items.is_empty() {
        return Ok(());
    }
    let kind = EditionKind::Overdue;
    let issue = Issue {
        kind,
        slot: now,
        revision: 0,
        items,
        away_since: None,
        seen_meanwhile: 0,
        dropped: 0,
        max_bytes: None,
        to: None,
        claim: Claim::Holds,
        carries: Carries::Nothing,
    };
    match sealing::seal(store, with, &issue, now).await {
        Ok(_) => Ok(()),
        Err(SealError::Store(error)) => Err(error),
        Err(SealError::Compose(error)) => {
            warn!(person = %with.0.person, "what waits cannot be named in a letter: {error}");
            Ok(())
        }
    }
}
