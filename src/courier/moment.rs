//! What cannot wait for a letter's next attempt: its mail is filed to where it is seen, while the letter is tried on.

use jiff::Timestamp;
use tracing::info;

use super::kit::Courier;
use crate::intake::accept;
use crate::limits;
use crate::model::edition::Letter;
use crate::model::verdict::Placement;
use crate::store::fault::StoreError;

/// Files the mail of a letter's items whose last moment comes before `next`, when the letter is tried again. They stay in
/// their edition: the letter names them once it is taken. What lies where it is seen already is left there.
///
/// # Errors
/// When the store fails.
pub async fn file_back(courier: &Courier, letter: &Letter, next: Timestamp, now: Timestamp) -> Result<(), StoreError> {
    let Some(edition) = courier.store.edition(letter.edition).await? else { return Ok(()) };
    let Some(desk) = courier.desk(&letter.person) else { return Ok(()) };
    for some in edition.items.chunks(limits::hands::DELIVER_BATCH) {
        let mut errands = Vec::new();
        for item in courier.store.items(some.to_vec()).await? {
            let is_due = matches!(item.placement, Placement::Hold { deliver_by, .. } if deliver_by <= next);
            if !is_due {
                continue;
            }
            let filed = accept::errands_for(&desk, &item, &Placement::Pass, now);
            if !filed.is_empty() {
                info!(id = %item.message.identity, "is filed back: its letter cannot be sent by its last moment");
            }
            errands.extend(filed);
        }
        if !errands.is_empty() {
            courier.store.post(errands).await?;
        }
    }
    Ok(())
}
