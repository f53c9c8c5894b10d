//! The desks of all persons, for the hands that serve everybody.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::desk::Desk;
use crate::model::name::PersonName;

/// All desks, by name; may be empty. A reload puts another such list in place of this one.
#[derive(Clone, Debug, Default)]
pub struct People(BTreeMap<PersonName, Arc<Desk>>);

impl FromIterator<Arc<Desk>> for People {
    fn from_iter<T: IntoIterator<Item = Arc<Desk>>>(desks: T) -> Self {
        Self(desks.into_iter().map(|desk| (desk.person.clone(), desk)).collect())
    }
}

impl People {
    /// The desk of one person; `None`: the configuration does not know them, or no longer.
    pub fn desk(&self, person: &PersonName) -> Option<Arc<Desk>> {
        self.0.get(person).cloned()
    }

    /// All desks, by name.
    pub fn desks(&self) -> impl Iterator<Item = &Arc<Desk>> {
        self.0.values()
    }
}
