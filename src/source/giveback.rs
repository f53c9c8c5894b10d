//! Giving held mail back when the daemon has been silent too long: with the configuration alone, without the store.

use jiff::Timestamp;

use super::door::{Door, DoorError, Way};
use super::face::{Batch, Owner};
use crate::civil::earlier;
use crate::intake::desk::{Filing, Hold};
use crate::limits;
use crate::model::mailbox::{Mailbox, Spot};

/// What was given back.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Given {
    /// Mails that lie where their reader looks now.
    pub mails: usize,
    /// Why not all could be: the server's words.
    pub refused: Option<String>,
}

/// Files what waits in the hold mailbox, and no accepted letter has named, to where urgent mail goes; and what lies
/// unjudged in watched mailboxes that nobody looks at. Not what is older than anything is ever held: that is not ours.
///
/// # Errors
/// When the account cannot be reached; what was filed stays filed.
pub async fn give_back(
    way: &Way,
    owner: Owner,
    (filing, hold): (&Filing, &Hold),
    now: Timestamp,
) -> Result<Given, DoorError> {
    let mut door = Door::open(way, owner).await?;
    let since = earlier(now, hold.max.saturating_add(limits::hands::RELEASE_SLACK));
    let mut given = Given::default();
    let seen_by_reader = |mailbox: &Mailbox| *mailbox == filing.urgent_to || filing.watch.contains(&filing.urgent_to);
    let held = std::iter::once(&filing.hold_in).filter(|mailbox| !filing.watch.contains(mailbox));
    let unjudged = filing.watch.iter().filter(|mailbox| !seen_by_reader(mailbox));
    for mailbox in held.chain(unjudged) {
        let batches = match door.unlisted(mailbox, since).await {
            Ok(batches) => batches,
            // One mailbox that cannot be read keeps nothing in the others.
            Err(error) if !error.is_fatal() => {
                given.refused = Some(error.to_string());
                continue;
            }
            Err(error) => return Err(error),
        };
        for batch in batches {
            let filed = door.file(mailbox, &spots(batch), &filing.urgent_to).await?;
            given.mails += filed.moved.len();
            given.refused = filed.refused.or(given.refused);
        }
    }
    door.close().await;
    Ok(given)
}

/// Nothing is read: a mail that cannot be goes back, too.
fn spots(batch: Batch) -> Vec<Spot> {
    match batch {
        Batch::Uids(validity, uids) => uids.into_iter().map(|uid| Spot::Uid(validity, uid)).collect(),
        Batch::Files(files) => files.into_iter().map(|(file, ..)| Spot::File(file)).collect(),
        Batch::Taken(arrivals) => arrivals.into_iter().map(|arrival| arrival.spot).collect(),
    }
}
