//! Sending letters, one recipient a transaction, in two lanes of which neither waits behind the other, and settling the items
//! of editions that were sent.

pub mod anew;
pub mod attempt;
pub mod gate;
pub mod kit;
pub mod moment;
pub mod notice;
pub mod outcome;
pub mod rounds;
pub mod wrap_up;

use jiff::Timestamp;
use tokio_util::sync::CancellationToken;

use crate::civil::later;
use crate::limits;
use crate::model::edition::{Fate, Lane, Letter, Stage};
use crate::model::name::PersonName;
use crate::store::bell::Bell;
use crate::store::fault::StoreError;
use kit::Courier;
use rounds::{Ended, Rounds};

/// Runs a lane until it is stopped, or the store fails. Transactions that are under way are finished first, within the time that
/// the end of data may take to be answered at a stop.
///
/// # Errors
/// When the store fails: a restart repairs what can be repaired.
pub async fn run(courier: Courier, stop: CancellationToken) -> Result<(), StoreError> {
    let bell = courier.store.bell(&Bell::Courier);
    let mut rounds = Rounds::default();
    interrupted(&courier, None).await?;
    while !stop.is_cancelled() {
        let rung = bell.notified();
        tokio::pin!(rung);
        rung.as_mut().enable();
        courier.health.moves_on(courier.name(), limits::hands::COURIER_STEP);
        if courier.lane == Lane::InTurn {
            for edition in courier.store.editions(Fate::Sent).await? {
                wrap_up::wrap_up(&courier, &edition).await?;
            }
        }
        let now = courier.clock.now();
        let mut letters = courier.store.letters_in(courier.lane).await?;
        letters.retain(|letter| !rounds.is_busy(&letter.person));
        // Where the login was refused, a new letter waits like the old ones; one that is tried again by hand does not.
        let closed = courier.gate.closed_until();
        let due_at = |letter: &Letter| {
            let at = due_at(courier.lane, letter)?;
            Some(closed.filter(|_| letter.attempts == 0).map_or(at, |closed| at.max(closed)))
        };
        let (due, waiting): (Vec<Letter>, Vec<Letter>) =
            letters.into_iter().partition(|letter| due_at(letter).is_some_and(|at| at <= now));
        rounds.begin(&courier, due, &stop);
        let next = waiting.iter().filter_map(due_at).min();
        let latest = later(now, limits::hands::TIMEKEEPER_LONGEST_WAIT);
        tokio::select! {
            ended = rounds.ended() => tidy_up(&courier, ended?).await?,
            () = rung => {}
            () = courier.clock.wait_until(next.map_or(latest, |next| next.min(latest))) => {}
            () = stop.cancelled() => {}
        }
    }
    while !rounds.is_empty() {
        tidy_up(&courier, rounds.ended().await?).await?;
    }
    courier.health.lane_ended(courier.name());
    Ok(())
}

/// What a broken round left in the middle.
async fn tidy_up(courier: &Courier, ended: Ended) -> Result<(), StoreError> {
    match ended {
        Ended::Well => Ok(()),
        Ended::Broken(person) => {
            courier.health.lane_ended(&courier.lane_of(&person));
            interrupted(courier, Some(&person)).await
        }
    }
}

/// When a letter is to be sent (again) by itself.
fn due_at(lane: Lane, letter: &Letter) -> Option<Timestamp> {
    let patience = match lane {
        Lane::Urgent => limits::hands::RESEND_URGENT_READ,
        Lane::InTurn => limits::hands::RESEND_READ,
    };
    match &letter.stage {
        Stage::Ready { not_before, .. } | Stage::Doubted { not_before, .. } => Some(*not_before),
        Stage::Uncertain { resend_at, looking: false } => Some(*resend_at),
        // An account that is away has not said that it is not there; only one that stays away is not waited for.
        Stage::Uncertain { resend_at, looking: true } => Some(later(*resend_at, patience)),
        Stage::Sending | Stage::DataSent | Stage::Accepted { .. } | Stage::Failed { .. } | Stage::Refused { .. } => {
            None
        }
    }
}

/// What was left in the middle, of one person or (`None`) by the last run: before the data nothing can have been taken, after
/// it nobody knows.
async fn interrupted(courier: &Courier, whose: Option<&PersonName>) -> Result<(), StoreError> {
    let now = courier.clock.now();
    let letters = courier.store.letters_in(courier.lane).await?;
    for letter in letters.into_iter().filter(|letter| whose.is_none_or(|person| letter.person == *person)) {
        match letter.stage {
            Stage::Sending => attempt::defer(courier, &letter, now, "the attempt was interrupted").await?,
            Stage::DataSent => attempt::uncertain(courier, &letter, now).await?,
            _ => {}
        }
    }
    Ok(())
}
