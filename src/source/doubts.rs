//! Mail that cannot be fetched without breaking the connection: found out one by one, and then left where it is.

use std::collections::HashSet;

use tracing::warn;

use super::face::Batch;
use crate::model::mailbox::{Mailbox, Spot};

/// What is remembered of it from one visit to the next, while the program runs.
#[derive(Debug, Default)]
pub struct Doubts {
    careful: bool,
    broken: HashSet<(Mailbox, Spot)>,
    trying: Option<(Mailbox, Spot)>,
}

impl Doubts {
    /// Whether mail is taken one by one.
    pub fn is_careful(&self) -> bool {
        self.careful
    }

    /// Whether this mail broke the connection before.
    pub fn is_broken(&self, mailbox: &Mailbox, spot: &Spot) -> bool {
        self.broken.contains(&(mailbox.clone(), spot.clone()))
    }

    /// Notes what is about to be taken; `None`: more than one mail, or none.
    pub fn tries(&mut self, mailbox: &Mailbox, one: Option<Spot>) {
        self.trying = one.map(|spot| (mailbox.clone(), spot));
    }

    /// Taking failed: from now on one by one; and if it was one, that one is left alone.
    pub fn failed(&mut self, account: &str) {
        if let (true, Some(one)) = (self.careful, self.trying.take()) {
            warn!(account, "a mail is left alone: the server cannot give it without breaking the connection");
            self.broken.insert(one);
        }
        self.careful = true;
    }

    /// Everything was taken: the next batches may be large again.
    pub fn succeeded(&mut self) {
        self.careful = false;
        self.trying = None;
    }
}

/// The one mail of a batch, where it is one.
pub fn only(batch: &Batch) -> Option<Spot> {
    match batch {
        Batch::Uids(validity, uids) => match uids.as_slice() {
            [one] => Some(Spot::Uid(*validity, *one)),
            _ => None,
        },
        Batch::Files(files) => match files.as_slice() {
            [(file, ..)] => Some(Spot::File(file.clone())),
            _ => None,
        },
        Batch::Taken(_) => None,
    }
}
