//! A vacation: what waits may wait until its end.

use futures_util::future::join_all;
use jiff::Timestamp;
use tracing::debug;

use crate::civil::later;
use crate::intake::desk::Desk;
use crate::intake::slots;
use crate::limits;
use crate::model::verdict::{Placement, Then};
use crate::store::fault::StoreError;
use crate::store::handle::Store;
use crate::store::view::{Pause, Waiting};

/// When the digest of a vacation leaves: at its end, or at that of the quiet hours that it falls into.
pub fn leaves_at(desk: &Desk, vacation: &Pause) -> Timestamp {
    slots::quiet_end(desk, None, vacation.until).unwrap_or(vacation.until)
}

/// Moves the last moment of what waits, so that it leaves with the digest at the end; nothing waits longer for it than
/// `limits::hands::VACATION_MAX` from its arrival. Whether any was moved.
///
/// # Errors
/// When the store fails.
pub async fn extend(store: &Store, desk: &Desk, vacation: &Pause, waiting: &[Waiting]) -> Result<bool, StoreError> {
    let leaves_at = leaves_at(desk, vacation);
    // The digest needs a while, too: what could wait no longer would leave before it.
    let by = later(leaves_at, limits::hands::VACATION_GRACE);
    let last = |one: &Waiting| by.min(later(one.accepted_at, limits::hands::VACATION_MAX));
    let short: Vec<&Waiting> = waiting.iter().filter(|one| one.deliver_by < last(one)).collect();
    for some in short.chunks(limits::hands::ACCEPT_AT_ONCE) {
        let moved = some.iter().map(|one| async {
            let Some(item) = store.item(one.identity).await? else { return Ok(()) };
            let Placement::Hold { due_at, then, .. } = item.placement else { return Ok(()) };
            let deliver_by = last(one);
            // Its slot, or its last moment of before, falls into the vacation.
            let due_at = if then == Then::Pass { due_at } else { due_at.max(leaves_at.min(deliver_by)) };
            debug!(id = %one.identity, %deliver_by, "may wait until the vacation ends");
            let placement = Placement::Hold { due_at, then, deliver_by };
            store.replace(one.identity, item.verdict, placement, Vec::new()).await.map(drop)
        });
        for done in join_all(moved).await {
            done?;
        }
    }
    Ok(!short.is_empty())
}
