//! A letter that the server does not take as it is, and is sealed anew in a form that it may take.

use jiff::Timestamp;
use tracing::{info, warn};

use super::kit::Courier;
use super::outcome;
use crate::digest::enclosed;
use crate::digest::forward::{self, Original, Tells};
use crate::digest::originals::Left;
use crate::intake::forwarding::{self, Form};
use crate::intake::sealing::{self, Carries, Issue, SealError};
use crate::limits;
use crate::mail::bounce;
use crate::model::edition::{Claim, Edition, EditionKind, Letter, Stage};
use crate::model::identity::Identity;
use crate::smtp::fault::{self, Kind, SendError};
use crate::store::change::Outcome;
use crate::store::fault::StoreError;

/// Seals anew what this error can be mended by: a digest without the mails that it carries, or in
/// smaller parts, mail that is sent on in seven bits or without the
/// original. Returns whether the letter is settled by that.
///
/// # Errors
/// When the store fails.
pub async fn seal(
    courier: &Courier,
    letter: &Letter,
    error: &SendError,
    limit: Option<u64>,
) -> Result<bool, StoreError> {
    let refused_whole = matches!(error.stage, fault::Stage::Data | fault::Stage::EndOfData);
    let (form, left) = match error.kind {
        Kind::EightBit => (Form::SevenBits, None),
        Kind::TooLarge => (Form::Bare, Some(Left::TooLarge)),
        Kind::Permanent if refused_whole => (Form::Bare, Some(Left::Refused)),
        _ => return Ok(false),
    };
    let Some(edition) = courier.store.edition(letter.edition).await? else { return Ok(false) };
    match &edition.kind {
        EditionKind::Forward(item) => send_on(courier, letter, (*item, edition.slot), (form, left)).await,
        EditionKind::Digest(_) | EditionKind::Overdue => {
            let whole = courier.store.unspool(&letter.body).await;
            let carries = whole.is_ok_and(|bytes| enclosed::carries(&bytes, letter.id));
            let bounds = match error.kind {
                // Without the mails that it carries it may be taken in one.
                Kind::TooLarge | Kind::EightBit if carries => Bounds { carries: Carries::Refused, max_bytes: limit },
                Kind::TooLarge => {
                    let half = letter.size / 2;
                    let max_bytes = Some(limit.map_or(half, |limit| limit.min(half)));
                    Bounds { carries: Carries::Nothing, max_bytes }
                }
                _ => return Ok(false),
            };
            in_parts(courier, letter, edition, bounds).await.map(|()| true)
        }
        EditionKind::Alert(_) => Ok(false),
    }
}

/// The letter that takes the place of one is sealed before that one is given up: a crash in between leaves both, and the
/// first is found to be of no use once more.
async fn send_on(
    courier: &Courier,
    letter: &Letter,
    (identity, received_at): (Identity, Timestamp),
    (form, left): (Form, Option<Left>),
) -> Result<bool, StoreError> {
    let (Some(item), Ok(bytes)) = (courier.store.item(identity).await?, courier.store.unspool(&letter.body).await)
    else {
        return Ok(false);
    };
    let original = match left {
        Some(left) => Some(Original::Left(left)).filter(|_| forward::carries(&bytes, letter.id)),
        None => forward::original(&bytes, letter.id).map(Original::File),
    };
    let Some(original) = original else { return Ok(false) };
    // The first is the letter's own.
    let trace: Vec<String> = bounce::marks(&bytes).into_iter().skip(1).collect();
    let tells = Tells::One { item: &item, original, trace: &trace };
    let order = forwarding::Order { item: identity, received_at, to: &letter.recipient, form, tells };
    let Some(desk) = courier.desk(&letter.person) else { return Ok(false) };
    let now = courier.clock.now();
    match forwarding::seal(&courier.store, (&desk, &courier.press), order, now).await {
        Ok(_) => {}
        Err(SealError::Store(error)) => return Err(error),
        Err(SealError::Compose(error)) => {
            warn!(letter = %letter.id, "cannot be sealed anew: {error}");
            return Ok(false);
        }
    }
    info!(letter = %letter.id, "is sealed anew in a form that the server may take");
    give_up(courier, letter, "the server does not take it as it is; it is sealed anew", now).await?;
    Ok(true)
}

async fn give_up(courier: &Courier, letter: &Letter, why: &str, now: Timestamp) -> Result<(), StoreError> {
    outcome::settle(courier, letter, Outcome::Failed { why: why.to_owned() }, now).await
}

/// What became of the other letters of an edition.
enum Others {
    /// None was taken, or may have been: the items are free once all are given up.
    NotTaken,
    /// One was taken, or may have been: it tells of the items, and they are its.
    Taken,
}

/// In which bounds an edition is sealed anew.
struct Bounds {
    carries: Carries,
    max_bytes: Option<u64>,
}

/// An edition is sealed without the mails that it carries, or in smaller parts, for everyone who has not got it yet.
async fn in_parts(courier: &Courier, letter: &Letter, edition: Edition, bounds: Bounds) -> Result<(), StoreError> {
    let now = courier.clock.now();
    let mut waiting = vec![letter.clone()];
    let mut others = Others::NotTaken;
    for id in edition.letters.iter().filter(|id| **id != letter.id) {
        let Some(sibling) = courier.store.letter(*id).await? else { continue };
        match sibling.stage {
            Stage::Ready { .. } | Stage::Doubted { .. } => waiting.push(sibling),
            Stage::Failed { .. } | Stage::Refused { .. } => {}
            Stage::Sending | Stage::DataSent | Stage::Uncertain { .. } | Stage::Accepted { .. } => {
                others = Others::Taken
            }
        }
    }
    let issue = Issue {
        kind: edition.kind,
        slot: edition.slot,
        // Parts of one issue are sealed anew one by one: the part keeps their ids apart.
        revision: edition.revision.saturating_mul(limits::hands::REVISION_STEP).saturating_add(edition.part),
        items: edition.items,
        away_since: None,
        seen_meanwhile: 0,
        dropped: 0,
        max_bytes: bounds.max_bytes,
        to: Some(waiting.iter().map(|letter| letter.recipient.clone()).collect()),
        claim: if matches!(others, Others::Taken) { Claim::Tells } else { edition.claim },
        carries: bounds.carries,
    };
    let why = match bounds.carries {
        Carries::Refused => "the server takes no letter with these mails; it is sealed anew without them",
        Carries::Fetched | Carries::Nothing => {
            "the server takes no letter of this size; it is sealed anew in smaller parts"
        }
    };
    // What is to hold the items can be sealed only once they are free; what only tells of them is sealed first, because
    // they are settled without it.
    if issue.claim == Claim::Tells {
        seal_issue(courier, letter, &issue, now).await?;
    }
    for one in &waiting {
        give_up(courier, one, why, now).await?;
    }
    if issue.claim == Claim::Holds {
        seal_issue(courier, letter, &issue, now).await?;
    }
    Ok(())
}

async fn seal_issue(courier: &Courier, letter: &Letter, issue: &Issue, now: Timestamp) -> Result<(), StoreError> {
    let Some(desk) = courier.desk(&letter.person) else { return Ok(()) };
    match sealing::seal(&courier.store, (&desk, &courier.press), issue, now).await {
        Ok(_) => Ok(()),
        Err(SealError::Store(error)) => Err(error),
        Err(SealError::Compose(error)) => {
            warn!(letter = %letter.id, "cannot be sealed in smaller parts, its items wait for the next slot: {error}");
            Ok(())
        }
    }
}
