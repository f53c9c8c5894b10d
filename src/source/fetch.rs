//! Fetching the mails that a digest is to carry, before it is sealed: what is too large, or comes too late, stays where it is.

use tracing::warn;

use super::door::Door;
use super::forward;
use super::kit::Source;
use super::take::TakeError;
use crate::digest::originals::Left;
use crate::intake::slots;
use crate::limits;
use crate::model::errand::{Answer, Errand};
use crate::model::identity::Identity;
use crate::model::name::DigestName;
use crate::store::view::Waiting;

/// Lays every mail of this account that waits for this digest on the store's shelf, as long as there is room and time.
///
/// # Errors
/// When the door or the store fails.
pub async fn fetch(
    source: &Source,
    door: &mut Door,
    (errand, digest): (&Errand, &DigestName),
) -> Result<Answer, TakeError> {
    let desk = source.desk.borrow().clone();
    let Some(plan) = desk.plan(digest) else { return Ok(Answer::Fetched) };
    let is_mine = |one: &Waiting| one.account.as_ref() == Some(&source.account) && slots::belongs(&desk, plan, one);
    let waiting = source.store.waiting(&desk.person);
    let ids: Vec<Identity> = waiting.iter().filter(|one| is_mine(one)).map(|one| one.identity).collect();
    let late = crate::civil::later(errand.posted_at, limits::hands::ORIGINALS_PATIENCE);
    let mut room = limits::judgement::DIGEST_ORIGINALS;
    for some in ids.chunks(limits::memory::VIEW_BATCH) {
        for item in source.store.items(some.to_vec()).await? {
            if source.clock.now() >= late {
                return Ok(Answer::Fetched);
            }
            source.health.moves_on(&source.lane(), limits::hands::SOURCE_VISIT_STEP);
            let most = limits::judgement::DIGEST_ORIGINAL.min(room);
            let mail = match forward::original(source, door, &item, most as u64).await {
                Err(TakeError::Door(error)) if !error.is_fatal() => {
                    let id = item.message.identity;
                    warn!(%id, account = source.name(), "cannot be fetched for a digest: {error}");
                    Err(Left::Gone)
                }
                came => came?,
            };
            room -= mail.as_ref().map_or(0, Vec::len).min(room);
            source.store.shelve(item.message.identity, mail).await?;
        }
    }
    Ok(Answer::Fetched)
}
