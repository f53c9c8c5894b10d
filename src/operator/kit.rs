//! What the operator works with, and how a request comes to nothing.

use std::sync::Arc;

use tokio::sync::watch;

use crate::clock::Clock;
use crate::health::Health;
use crate::intake::desk::Desk;
use crate::intake::sealing::Press;
use crate::limits;
use crate::model::identity::Identity;
use crate::store::Store;
use crate::store::fault::StoreError;

/// The operator and everything that is needed to answer.
#[derive(Clone, Debug)]
pub struct Operator {
    /// The person's desk; a reload puts another there.
    pub desk: watch::Receiver<Arc<Desk>>,
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
