//! What an arrival says of our own letters: that it is one, has come of one, or that one came back.

use tracing::{info, warn};

use super::kit::Source;
use crate::digest::notice::Trouble;
use crate::intake::alarm::{self, Alarm};
use crate::intake::desk::Desk;
use crate::mail::bounce::{self, Fate};
use crate::mark::MarkKey;
use crate::model::edition::{EditionKind, LetterId};
use crate::store::change::{Changed, Outcome};
use crate::store::fault::StoreError;

/// What an arrival says. Only what a mark proves: anybody may write what looks like a delivery report.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Remark {
    /// It is one of these letters, or has come of them.
    Own(Vec<LetterId>),
    /// This letter came back, or is late.
    Returned(LetterId, Fate),
}

impl Remark {
    /// The letter that came back.
    pub fn returned(&self) -> Option<LetterId> {
        match self {
            Self::Own(_) => None,
            Self::Returned(letter, _) => Some(*letter),
        }
    }
}

/// What the beginning of a mail says of our letters; mostly nothing.
pub fn of(mail: &[u8], key: &MarkKey) -> Option<Remark> {
    let own = |marks: Vec<String>| -> Vec<LetterId> {
        marks.iter().filter_map(|mark| key.read(mark)).map(LetterId).collect()
    };
    let letters = own(bounce::marks(mail));
    if !letters.is_empty() {
        return Some(Remark::Own(letters));
    }
    let report = bounce::read(mail)?;
    let letter = own(report.marks).into_iter().next()?;
    Some(Remark::Returned(letter, report.fate))
}

/// Takes a remark. Taken twice, it does nothing more.
///
/// # Errors
/// When the store fails.
pub async fn take(source: &Source, desk: &Desk, remark: &Remark) -> Result<(), StoreError> {
    match remark {
        Remark::Own(letters) => came_round(source, desk, letters).await,
        Remark::Returned(letter, Fate::Failed(status)) => came_back(source, desk, *letter, status).await,
        Remark::Returned(_, Fate::Other) => Ok(()),
    }
}

/// A mail that was sent on, and has come into an account that would send it on again.
async fn came_round(source: &Source, desk: &Desk, letters: &[LetterId]) -> Result<(), StoreError> {
    if desk.filing(&source.account).is_none_or(|filing| filing.forward_urgent_to.is_none()) {
        return Ok(());
    }
    for letter in letters {
        let Some(letter) = source.store.letter(*letter).await? else { continue };
        let edition = source.store.edition(letter.edition).await?;
        if edition.is_some_and(|edition| matches!(edition.kind, EditionKind::Forward(_))) {
            return circle(source, desk).await;
        }
    }
    Ok(())
}

/// Says that mail goes in circles.
///
/// # Errors
/// When the store fails.
pub async fn circle(source: &Source, desk: &Desk) -> Result<(), StoreError> {
    warn!(
        account = source.name(),
        "a mail is not sent on, because it would go in circles; look at `forward_urgent_to`"
    );
    let about = format!("circle {}", source.name());
    let trouble = Trouble::Circle { account: source.account.as_str() };
    let alarm = Alarm { account: Some(&source.account), about: &about, trouble };
    alarm::raise(&source.store, (desk, &source.press), alarm, source.clock.now()).await
}

async fn came_back(source: &Source, desk: &Desk, id: LetterId, status: &str) -> Result<(), StoreError> {
    let Some(letter) = source.store.letter(id).await? else { return Ok(()) };
    let now = source.clock.now();
    let why = format!("it came back, with the status {status}");
    let done = source.store.settle(id, Outcome::Refused { why: why.clone() }, now).await?;
    if *done.get() == Changed::No {
        return Ok(());
    }
    info!(letter = %id, "a letter came back: {status}");
    alarm::after_refusal(&source.store, (desk, &source.press), (&letter.recipient, &why), now).await
}
