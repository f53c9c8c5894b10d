//! A server that refuses our login is left alone for a while, whosever letters are due: each has its own time, and together they
//! would hammer.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use jiff::Timestamp;

use crate::civil::later;
use crate::clock::Clock;
use crate::retry;
use crate::smtp::fault::{Kind, SendError, Stage};

/// Whether the server lets us in. Clones share what they know.
#[derive(Clone, Debug, Default)]
pub struct Gate(Arc<Mutex<Login>>);

#[derive(Debug, Default)]
struct Login {
    refusals: u32,
    closed_until: Option<Timestamp>,
}

impl Gate {
    /// A poisoned lock means that a holder panicked between two assignments; what it knows is still worth reading.
    fn login(&self) -> MutexGuard<'_, Login> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A letter was accepted.
    pub fn opened(&self) {
        *self.login() = Login::default();
    }

    /// An attempt failed. A refused login closes the gate, at first for a minute, then longer.
    pub fn failed(&self, error: &SendError, clock: &Clock) {
        let (now, mut login) = (clock.now(), self.login());
        if error.kind == Kind::Credentials {
            login.refusals = login.refusals.saturating_add(1);
            login.closed_until = Some(clock.sooner(now, later(now, retry::login(login.refusals))));
        } else if matches!(error.stage, Stage::Mail | Stage::Rcpt | Stage::Data | Stage::EndOfData) {
            login.refusals = 0; // the login was taken
        }
    }

    /// Until when no letter that was not tried yet begins another login; `None`: nothing was refused.
    pub fn closed_until(&self) -> Option<Timestamp> {
        self.login().closed_until
    }
}
