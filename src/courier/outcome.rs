//! Writing what became of an attempt, and what follows from it at once.

use jiff::Timestamp;
use tracing::{info, warn};

use super::kit::Courier;
use super::moment;
use crate::clock::Clock;
use crate::intake::alarm;
use crate::model::edition::Letter;
use crate::model::errand::Errand;
use crate::store::change::Outcome;
use crate::store::fault::StoreError;

/// Writes what became of an attempt.
///
/// # Errors
/// When the store fails.
pub async fn settle(courier: &Courier, letter: &Letter, outcome: Outcome, at: Timestamp) -> Result<(), StoreError> {
    let id = letter.id;
    let outcome = sooner(&courier.clock, outcome, at);
    match &outcome {
        Outcome::Accepted => info!(letter = %id, "a letter was accepted"),
        Outcome::Deferred { not_before, why } | Outcome::Doubted { not_before, why } => {
            warn!(letter = %id, %not_before, "a letter was deferred: {why}");
        }
        Outcome::Uncertain { .. } => {
            warn!(letter = %id, "nobody knows whether a letter was taken: it is looked for before it is sent again");
        }
        Outcome::Failed { why } | Outcome::Refused { why } => warn!(letter = %id, "a letter failed: {why}"),
    }
    let next = match &outcome {
        Outcome::Deferred { not_before, .. } | Outcome::Doubted { not_before, .. } => Some(*not_before),
        Outcome::Uncertain { resend_at, .. } => Some(*resend_at),
        Outcome::Accepted | Outcome::Failed { .. } | Outcome::Refused { .. } => None,
    };
    let refused = match &outcome {
        Outcome::Refused { why } => Some(why.clone()),
        _ => None,
    };
    let _proven = courier.store.settle(id, outcome, at).await?;
    if let (Some(why), Some(desk)) = (refused, courier.desk(&letter.person)) {
        alarm::after_refusal(&courier.store, (&desk, &courier.press), (&letter.recipient, &why), at).await?;
    }
    match next {
        Some(next) => moment::file_back(courier, letter, next, at).await,
        None => Ok(()),
    }
}

fn sooner(clock: &Clock, outcome: Outcome, now: Timestamp) -> Outcome {
    let sooner = |at| clock.sooner(now, at);
    match outcome {
        Outcome::Deferred { not_before, why } => Outcome::Deferred { not_before: sooner(not_before), why },
        Outcome::Doubted { not_before, why } => Outcome::Doubted { not_before: sooner(not_before), why },
        Outcome::Uncertain { resend_at, looks } => {
            let looks = looks.into_iter().map(|look| Errand { not_before: sooner(look.not_before), ..look }).collect();
            Outcome::Uncertain { resend_at: sooner(resend_at), looks }
        }
        other @ (Outcome::Accepted | Outcome::Failed { .. } | Outcome::Refused { .. }) => other,
    }
}
