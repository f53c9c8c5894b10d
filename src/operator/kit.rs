//! What the operator works with, and how a request comes to nothing.

use std::sync::Arc;

use tokio::sync::watch;

use crate::clock::Clock;
use crate::health::Health;
use crate::intake::desk::Desk;
use crate::intake::people::People;
use crate::intake::sealing::Press;
use crate::limits;
use crate::model::identity::Identity;
use crate::model::name::PersonName;
use crate::store::fault::StoreError;
use crate::store::handle::Store;

/// The operator and everything that is needed to answer.
#[derive(Clone, Debug)]
pub struct Operator {
    /// Everybody's desk; a reload puts others there.
    pub people: watch::Receiver<Arc<People>>,
    /// How editions are printed.
    pub press: Press,
    /// The memory.
    pub store: Store,
    /// What time it is.
    pub clock: Clock,
    /// How the parts are.
    pub health: Health,
}

/// Why a request was not carried out.
#[derive(Debug, thiserror::Error)]
pub enum Trouble {
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// It makes no sense, or there is no such thing: a sentence.
    #[error("{0}")]
    Refused(String),
}

/// Whom a request is about.
#[derive(Clone, Debug)]
pub struct Whom {
    /// Their desks, by name; may be empty.
    pub desks: Vec<Arc<Desk>>,
    /// The one that was named; `None`: everybody.
    pub named: Option<PersonName>,
}

impl Operator {
    /// The person that was named, else everybody.
    ///
    /// # Errors
    /// When there is no such person.
    pub fn whom(&self, named: Option<&str>) -> Result<Whom, Trouble> {
        let people = self.people.borrow().clone();
        let Some(name) = named.map(PersonName::new) else {
            return Ok(Whom { desks: people.desks().cloned().collect(), named: None });
        };
        match people.desk(&name) {
            Some(desk) => Ok(Whom { desks: vec![desk], named: Some(name) }),
            None => Err(Trouble::Refused(format!("there is no person \"{name}\""))),
        }
    }

    /// The desk of somebody who is in the configuration.
    ///
    /// # Errors
    /// When they are not, or no longer.
    pub fn desk(&self, person: &PersonName) -> Result<Arc<Desk>, Trouble> {
        let gone = || Trouble::Refused(format!("the person \"{person}\" is no longer in the configuration"));
        self.people.borrow().desk(person).ok_or_else(gone)
    }
}

impl Whom {
    /// The one person that it can be about.
    ///
    /// # Errors
    /// When there are several, or nobody.
    pub fn one(&self) -> Result<&Arc<Desk>, Trouble> {
        match self.desks.as_slice() {
            [one] => Ok(one),
            [] => Err(Trouble::Refused("there is nobody in the configuration".to_owned())),
            several => {
                let names: Vec<&str> = several.iter().map(|desk| desk.person.as_str()).collect();
                Err(Trouble::Refused(format!("which person: {}? write --person NAME", names.join(", "))))
            }
        }
    }

    /// Whether it is about this person.
    pub fn includes(&self, person: &PersonName) -> bool {
        self.named.as_ref().is_none_or(|named| named == person)
    }
}

/// The one item whose id begins so.
///
/// # Errors
/// When there is none, or several.
pub fn one_item(operator: &Operator, beginning: &str) -> Result<Identity, Trouble> {
    let found = operator.store.identities(beginning);
    match found.as_slice() {
        [one] => Ok(*one),
        [] => Err(Trouble::Refused(format!("no item has an id that begins with \"{beginning}\""))),
        [..] => Err(Trouble::Refused(format!(
            "{} items have ids that begin with \"{beginning}\": write more of it",
            if found.len() >= limits::memory::ID_MATCHES { "many".to_owned() } else { found.len().to_string() }
        ))),
    }
}
