//! After an edition was sent: its items are settled and their mail released, batch by batch.

use tracing::info;

use super::kit::Courier;
use crate::intake::accept;
use crate::limits;
use crate::model::edition::Edition;
use crate::store::fault::StoreError;

/// Settles the items of a sent edition. Done again from the beginning after a crash: what is settled stays as it is.
///
/// # Errors
/// When the store fails.
pub async fn wrap_up(courier: &Courier, edition: &Edition) -> Result<(), StoreError> {
    let desk = courier.desk(&edition.person);
    for some in edition.items.chunks(limits::hands::DELIVER_BATCH) {
        courier.health.moves_on(courier.name(), limits::hands::COURIER_STEP);
        let now = courier.clock.now();
        let items = courier.store.items(some.to_vec()).await?;
        let errands = |item| desk.as_ref().map_or_else(Vec::new, |desk| accept::release(desk, item, now));
        let batch = items.iter().map(|item| (item.message.identity, errands(item))).collect();
        courier.store.deliver(edition.id, batch, now).await?;
        for item in &items {
            info!(id = %item.message.identity, edition = %edition.id, "was delivered");
        }
    }
    courier.store.finish(edition.id).await
}
