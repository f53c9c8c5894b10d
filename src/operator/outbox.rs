//! The letters: list, try again, give up.

use tracing::info;

use super::kit::{Operator, Trouble, Whom};
use crate::control::wire::{OutboxLetter, Reply};
use crate::model::edition::{Letter, Stage};
use crate::store::change::Changed;

/// Letters that are not final, then those that failed.
///
/// # Errors
/// When the store fails.
pub async fn list(operator: &Operator, whom: &Whom) -> Result<Reply, Trouble> {
    Ok(Reply::Outbox { letters: letters(operator, whom).await?.iter().map(in_list).collect() })
}

async fn letters(operator: &Operator, whom: &Whom) -> Result<Vec<Letter>, Trouble> {
    let mut letters = operator.store.letters().await?;
    letters.retain(|letter| whom.includes(&letter.person));
    Ok(letters)
}

fn in_list(letter: &Letter) -> OutboxLetter {
    let (stage, next_try, error) = match &letter.stage {
        Stage::Ready { not_before, last_error } => ("ready", Some(not_before.to_string()), last_error.clone()),
        Stage::Doubted { not_before, why } => ("ready", Some(not_before.to_string()), Some(why.clone())),
        Stage::Sending => ("sending", None, None),
        Stage::DataSent => ("sent, no answer yet", None, None),
        Stage::Uncertain { resend_at, .. } => {
            ("uncertain", Some(resend_at.to_string()), Some("nobody knows whether it was taken".to_owned()))
        }
        Stage::Accepted { .. } => ("accepted", None, None),
        Stage::Failed { why, .. } | Stage::Refused { why, .. } => ("failed", None, Some(why.clone())),
    };
    OutboxLetter {
        id: letter.id.to_string(),
        person: letter.person.to_string(),
        to: letter.recipient.clone(),
        stage: stage.to_owned(),
        attempts: letter.attempts,
        next_try,
        error,
        size: letter.size,
    }
}

/// Tries a letter again now.
///
/// # Errors
/// When there is no such letter, or several, or it is being sent.
pub async fn retry(operator: &Operator, whom: &Whom, beginning: &str) -> Result<Reply, Trouble> {
    let letter = one(operator, whom, beginning).await?;
    let now = operator.clock.now();
    let done = operator.store.reschedule(letter.id, Some(now), now).await?;
    if *done.get() == Changed::No {
        return Err(Trouble::Refused(format!(
            "letter {} cannot be tried again now: {}",
            letter.id,
            in_list(&letter).stage
        )));
    }
    info!(letter = %letter.id, "is tried again by hand");
    Ok(Reply::Done { said: format!("letter {} is tried again now", letter.id) })
}

/// Gives a letter up: its items wait again.
///
/// # Errors
/// When there is no such letter, or several, or it is being sent.
pub async fn give_up(operator: &Operator, whom: &Whom, beginning: &str) -> Result<Reply, Trouble> {
    let letter = one(operator, whom, beginning).await?;
    let done = operator.store.reschedule(letter.id, None, operator.clock.now()).await?;
    if *done.get() == Changed::No {
        return Err(Trouble::Refused(format!(
            "letter {} cannot be given up now: {}",
            letter.id,
            in_list(&letter).stage
        )));
    }
    info!(letter = %letter.id, "was given up by hand");
    Ok(Reply::Done { said: format!("letter {} was given up; its items wait again", letter.id) })
}

async fn one(operator: &Operator, whom: &Whom, beginning: &str) -> Result<Letter, Trouble> {
    let mut found = letters(operator, whom).await?;
    found.retain(|letter| letter.id.to_string().starts_with(beginning));
    match (found.pop(), found.len()) {
        (Some(letter), 0) => Ok(letter),
        (None, _) => Err(Trouble::Refused(format!("no letter has an id that begins with \"{beginning}\""))),
        (Some(_), more) => {
            Err(Trouble::Refused(format!("{} letters have ids that begin with \"{beginning}\"", more + 1)))
        }
    }
}
