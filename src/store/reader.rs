//! Reads records for the views: the index says which are durable, the engine what they hold.

use super::engine::contract::EngineError;
use super::fault::StoreError;
use super::house::House;
use super::key::Key;
use super::record::{self, part::Damaged};
use crate::model::edition::{Edition, EditionId, Letter, LetterId};
use crate::model::errand::{Errand, ErrandId};
use crate::model::identity::Identity;
use crate::model::item::Item;

/// A known item.
pub fn item(house: &House, identity: Identity) -> Result<Option<Item>, StoreError> {
    let Some(person) = house.index().items.person(identity) else { return Ok(None) };
    let key = Key::Item(person.clone(), identity);
    look(house, &key, |payload| record::item::read(person, identity, payload).map(|(_, item)| item))
}

/// A posted errand.
pub fn errand(house: &House, id: ErrandId) -> Result<Option<Errand>, StoreError> {
    let Some(person) = house.index().errands.get(id).map(|errand| errand.person.clone()) else { return Ok(None) };
    let key = Key::Errand(person.clone(), id);
    look(house, &key, |payload| record::errand::read(person, id, payload).map(|(_, errand)| errand))
}

/// A kept letter.
pub fn letter(house: &House, id: LetterId) -> Result<Option<Letter>, StoreError> {
    let Some(person) = house.index().outbox.letter(id).map(|letter| letter.person.clone()) else { return Ok(None) };
    let key = Key::Letter(person.clone(), id);
    look(house, &key, |payload| record::letter::read(person, id, payload).map(|kept| kept.letter))
}

/// A kept edition with its items.
pub fn edition(house: &House, id: EditionId) -> Result<Option<Edition>, StoreError> {
    let Some(person) = house.index().outbox.edition(id).map(|issue| issue.fact.person.clone()) else {
        return Ok(None);
    };
    let key = Key::Edition(person.clone(), id);
    let Some(kept) = look(house, &key, |payload| record::edition::read(person, id, payload))? else { return Ok(None) };
    let file = house.spool.read(&kept.manifest)?;
    let items = record::small::read_manifest(&file).map_err(|_| StoreError::Spoiled(kept.manifest.clone()))?;
    Ok(Some(kept.with(items)))
}

/// A record, where it is there. Damage ends all trust.
fn look<T>(house: &House, key: &Key, read: impl FnOnce(&[u8]) -> Result<T, Damaged>) -> Result<Option<T>, StoreError> {
    let bytes = key.bytes();
    let value = house.engine.value(&bytes).map_err(|error| house.distrust(&error))?;
    let Some(value) = value else { return Ok(None) };
    let found = record::unframe(&bytes, &value).and_then(read);
    found.map(Some).map_err(|damaged| house.distrust(&EngineError::Damaged(damaged.to_string())))
}
