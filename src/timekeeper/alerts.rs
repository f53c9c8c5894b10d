//! Urgent chat leaves at once, each conversation in a letter of its own; what is too much is told of together.

use std::sync::Arc;

use jiff::Timestamp;
use tracing::{error, info};

use super::review;
use crate::civil::later;
use crate::intake::alerting::{self, Order};
use crate::intake::desk::Desk;
use crate::intake::sealing::{Press, SealError};
use crate::intake::volume::{self, Volume};
use crate::limits;
use crate::model::edition::EditionKind;
use crate::model::identity::{Id, Identity};
use crate::model::item::Item;
use crate::store::change::Changed;
use crate::store::fault::StoreError;
use crate::store::handle::Store;

/// What sealing needs.
#[derive(Clone, Copy, Debug)]
pub struct Bench<'a> {
    /// The memory.
    pub store: &'a Store,
    /// Whose.
    pub desk: &'a Arc<Desk>,
    /// How letters are printed.
    pub press: &'a Press,
}

/// Seals the letters of these waiting chat messages, which are due; returns when the rest of them is.
///
/// # Errors
/// When the store fails.
pub async fn send(bench: Bench<'_>, posts: Vec<Identity>, now: Timestamp) -> Result<Option<Timestamp>, StoreError> {
    let mut next: Vec<Timestamp> = Vec::new();
    let conversations = conversations(bench, posts, now).await?;
    if conversations.is_empty() {
        return Ok(None);
    }
    let to = match Volume::of(bench.store, bench.desk, now).open(&bench.desk.alert_to) {
        Ok(to) => to,
        Err(end) => return Ok(Some(end)),
    };
    let mut storm = Vec::new();
    for (about, mut items) in conversations {
        // Counted anew each time: what was just sealed counts.
        let volume = Volume::of(bench.store, bench.desk, now);
        if let Some(end) = rest(bench, &volume, about, now).await? {
            next.push(end);
        } else if volume.has_room_for_an_urgent_letter() {
            let more = items.split_off(items.len().min(limits::hands::ALERT_ITEMS));
            seal(bench, Order { about, items: &items, to: &to }, now).await?;
            if !more.is_empty() {
                next.push(later(now, limits::hands::ALERT_TOGETHER));
            }
        } else {
            storm.append(&mut items);
        }
    }
    next.extend(together(bench, storm, &to, now).await?);
    Ok(next.into_iter().min())
}

/// The messages by conversation, in order of arrival; without what time has made less urgent, which joins its digest.
async fn conversations(
    Bench { store, desk, .. }: Bench<'_>,
    posts: Vec<Identity>,
    now: Timestamp,
) -> Result<Vec<(Id, Vec<Item>)>, StoreError> {
    let mut conversations: Vec<(Id, Vec<Item>)> = Vec::new();
    for some in posts.chunks(limits::memory::VIEW_BATCH) {
        for item in store.items(some.to_vec()).await? {
            if let Some(better) = review::cooled(store, desk, &item, now).await {
                review::replace(store, better).await?;
                continue;
            }
            let about = alerting::conversation(&item.message);
            match conversations.iter_mut().find(|(one, _)| *one == about) {
                Some((_, items)) => items.push(item),
                None => conversations.push((about, vec![item])),
            }
        }
    }
    Ok(conversations)
}

/// Until when nothing is sealed about this: a letter about it left a moment ago, or one was refused for good.
async fn rest(
    Bench { store, desk, .. }: Bench<'_>,
    volume: &Volume,
    about: Id,
    now: Timestamp,
) -> Result<Option<Timestamp>, StoreError> {
    let left = volume.alerted(about).map(|at| later(at, limits::hands::ALERT_TOGETHER));
    let refused = volume::refused_until(store, desk, &EditionKind::Alert(about), now).await?;
    Ok(left.max(refused).filter(|end| *end > now))
}

/// What is too much waits for the next full five minutes, and leaves in one letter.
async fn together(
    bench: Bench<'_>,
    mut storm: Vec<Item>,
    to: &[String],
    now: Timestamp,
) -> Result<Option<Timestamp>, StoreError> {
    storm.sort_by_key(|item| item.accepted_at);
    let Some(oldest) = storm.first() else { return Ok(None) };
    let about = alerting::storm();
    let volume = Volume::of(bench.store, bench.desk, now);
    let rest = rest(bench, &volume, about, now).await?;
    let due = volume::summed_up_at(oldest.accepted_at).max(rest.unwrap_or(now));
    if due > now {
        return Ok(Some(due));
    }
    storm.truncate(limits::hands::OVERDUE_MAX_ITEMS);
    seal(bench, Order { about, items: &storm, to }, now).await?;
    Ok(Some(later(now, limits::hands::ALERT_TOGETHER)))
}

async fn seal(Bench { store, desk, press }: Bench<'_>, order: Order<'_>, now: Timestamp) -> Result<(), StoreError> {
    let items = order.items.len();
    match alerting::seal(store, (desk, press), order, now).await {
        Ok(proof) if *proof.get() == Changed::Yes => {
            info!(items, "an alert is sealed");
            Ok(())
        }
        Ok(_) => Ok(()),
        Err(SealError::Store(error)) => Err(error),
        Err(SealError::Compose(error)) => {
            error!("an alert cannot be written, its items go on waiting: {error}");
            Ok(())
        }
    }
}
