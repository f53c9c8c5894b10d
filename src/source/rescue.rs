//! After the store was lost: what lies in the hold mailbox and was in no accepted letter is held again.

use tracing::info;

use super::door::Door;
use super::kit::Source;
use super::take::{self, Mode, TakeError};
use crate::civil::earlier;
use crate::intake::desk::Filing;
use crate::limits;

/// Takes the mail of the hold mailbox that no accepted letter has named and that is not older than anything can be held.
///
/// # Errors
/// When the door or the store fails; it is then done again at the next visit, and known mail changes nothing.
pub async fn held(source: &Source, door: &mut Door, filing: &Filing) -> Result<(), TakeError> {
    if filing.watch.contains(&filing.hold_in) {
        return Ok(()); // held mail never left the watched mailbox: it is in its reader's sight
    }
    let max = source.held_before.longest(source.desk.borrow().hold.max);
    let since = earlier(source.clock.now(), max.saturating_add(limits::hands::RELEASE_SLACK));
    let mut count = 0;
    for batch in door.unlisted(&filing.hold_in, since).await? {
        count += take::batch(source, door, &filing.hold_in, &batch, Mode::Rescue).await?;
    }
    info!(
        account = source.name(),
        count, "the hold mailbox was read again, because the store does not know this account"
    );
    Ok(())
}
