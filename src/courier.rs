//! Sending letters, one recipient a transaction, and settling the items of editions that were sent.

pub mod attempt;
pub mod kit;
pub mod moment;
pub mod notice;
pub mod wrap_up;

use jiff::Timestamp;
use tokio_util::sync::CancellationToken;

use crate::civil::later;
use crate::limits;
use crate::model::edition::{Fate, Letter, Stage};
use crate::store::bell::Bell;
use crate::store::fault::StoreError;
use kit::Courier;

/// Runs until it is stopped, or the store fails. A transaction that is under way is finished first, within the time that
/// the end of data may take to be answered at a stop.
///
/// # Errors
/// When the store fails: a restart repairs what can be repaired.
pub async fn run(courier: Courier, stop: CancellationToken) -> Result<(), StoreError> {
    let bell = courier.store.bell(&Bell::Courier);
    let mut notices = notice::Notices::default();
    interrupted(&courier).await?;
    while !stop.is_cancelled() {
        let rung = bell.notified();
        tokio::pin!(rung);
        rung.as_mut().enable();
        courier.health.moves_on("courier", limits::hands::COURIER_STEP);
        for edition in courier.store.editions().await? {
            if edition.fate == Fate::Sent {
                wrap_up::wrap_up(&courier, &edition).await?;
            }
        }
        let now = courier.clock.now();
        let letters = courier.store.letters().await?;
        let due: Vec<Letter> =
            letters.iter().filter(|letter| due_at(letter).is_some_and(|at| at <= now)).cloned().collect();
        if !due.is_empty() {
            attempt::round(&courier, due, &mut notices, &stop).await?;
            continue;
        }
        let next = letters.iter().filter_map(due_at).min();
        let latest = later(now, limits::hands::TIMEKEEPER_LONGEST_WAIT);
        tokio::select! {
            () = rung => {}
            () = courier.clock.wait_until(next.map_or(latest, |next| next.min(latest))) => {}
            () = stop.cancelled() => {}
        }
    }
    courier.health.lane_ended("courier");
    Ok(())
}

/// When a letter is to be sent (again) by itself.
fn due_at(letter: &Letter) -> Option<Timestamp> {
    match &letter.stage {
        Stage::Ready { not_before, .. } => Some(*not_before),
        Stage::Uncertain { resend_at, looking: false } => Some(*resend_at),
        // An account that is away has not said that it is not there; only one that stays away is not waited for.
        Stage::Uncertain { resend_at, looking: true } => Some(later(*resend_at, limits::hands::RESEND_READ)),
        Stage::Sending | Stage::DataSent | Stage::Accepted { .. } | Stage::Failed { .. } => None,
    }
}

/// What the last run left in the middle: before the data nothing can have been taken, after it nobody knows.
async fn interrupted(courier: &Courier) -> Result<(), StoreError> {
    let now = courier.clock.now();
    for letter in courier.store.letters().await? {
        match letter.stage {
            Stage::Sending => attempt::defer(courier, &letter, now, "the attempt was interrupted").await?,
            Stage::DataSent => attempt::uncertain(courier, &letter, now).await?,
            _ => {}
        }
    }
    Ok(())
}
