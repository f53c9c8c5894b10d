//! Mails that were fetched for a digest: laid on the shelf by the accounts, taken from it when the digest is sealed.

use std::collections::BTreeMap;

use super::fault::StoreError;
use super::handle::Store;
use crate::digest::originals::Left;
use crate::model::edition::SpoolName;
use crate::model::identity::Identity;

impl Store {
    /// Lays a mail, or why it cannot be had, on the shelf until its digest is sealed.
    ///
    /// # Errors
    /// When the spool is full or fails.
    pub async fn shelve(&self, identity: Identity, mail: Result<Vec<u8>, Left>) -> Result<(), StoreError> {
        self.read(move |house| {
            // The shelf forgets all at a restart.
            let mail = match mail {
                Ok(bytes) => Ok(house.spool.lay(&bytes)?),
                Err(left) => Err(left),
            };
            house.note_unnamed(house.shelf.put(identity, mail).into_iter().collect());
            Ok(())
        })
        .await
    }

    /// Takes from the shelf what was fetched of these items; a file that is not what it was is gone.
    ///
    /// # Errors
    /// When the store is closed.
    pub async fn unshelve(
        &self,
        identities: Vec<Identity>,
    ) -> Result<BTreeMap<Identity, Result<Vec<u8>, Left>>, StoreError> {
        self.read(move |house| {
            let taken = house.shelf.take(&identities);
            let names = taken.iter().filter_map(|(_, mail)| mail.as_ref().ok().cloned()).collect();
            let read =
                |mail: Result<SpoolName, Left>| mail.and_then(|name| house.spool.read(&name).map_err(|_| Left::Gone));
            let mails = taken.into_iter().map(|(identity, mail)| (identity, read(mail))).collect();
            house.note_unnamed(names);
            Ok(mails)
        })
        .await
    }
}
