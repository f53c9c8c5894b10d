//! Wake-ups: they carry nothing and may be lost.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::Notify;

use crate::model::name::{AccountName, PersonName};

/// Whom a wake-up is for.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Bell {
    /// Something of this person waits anew or is due earlier than before, a look-up has ended, an edition is final, a pause
    /// changed.
    Timekeeper(PersonName),
    /// A letter is to be sent.
    Courier,
    /// An errand is to be done.
    Account(PersonName, AccountName),
}

/// All bells that somebody has asked for: one for each hand, person and account, so as many as the configurations of this
/// run have had.
#[derive(Debug, Default)]
pub struct Bells(Mutex<HashMap<Bell, Arc<Notify>>>);

impl Bells {
    /// The bell to wait on.
    pub fn bell(&self, bell: &Bell) -> Arc<Notify> {
        let mut bells = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(bells.entry(bell.clone()).or_default())
    }

    /// Rings, where anybody has ever asked for this bell.
    pub fn ring(&self, bell: &Bell) {
        if let Some(bell) = self.0.lock().unwrap_or_else(PoisonError::into_inner).get(bell) {
            bell.notify_waiters();
        }
    }
}
