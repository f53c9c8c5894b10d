//! Where mails lie that were fetched for a digest which is about to be sealed: files of the spool, known until then and not
//! beyond a restart, after which the digest asks for them again.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use crate::digest::originals::Left;
use crate::model::edition::SpoolName;
use crate::model::identity::Identity;

/// What was fetched.
#[derive(Debug, Default)]
pub struct Shelf(Mutex<HashMap<Identity, Result<SpoolName, Left>>>);

impl Shelf {
    /// Lays something on it; returns the file that lay there before.
    pub fn put(&self, identity: Identity, mail: Result<SpoolName, Left>) -> Option<SpoolName> {
        let mut shelf = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        shelf.insert(identity, mail).and_then(Result::ok)
    }

    /// Takes what is known of these items.
    pub fn take(&self, identities: &[Identity]) -> Vec<(Identity, Result<SpoolName, Left>)> {
        let mut shelf = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        identities.iter().filter_map(|identity| shelf.remove_entry(identity)).collect()
    }
}
