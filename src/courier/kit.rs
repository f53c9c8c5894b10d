//! What the courier works with.

use std::sync::Arc;

use tokio::sync::watch;

use crate::clock::Clock;
use crate::health::Health;
use crate::intake::desk::Desk;
use crate::intake::sealing::Press;
use crate::smtp;
use crate::store::Store;

/// The courier and everything that it needs.
#[derive(Clone, Debug)]
pub struct Courier {
    /// The way out.
    pub way_out: smtp::settings::Settings,
    /// The person's desk; a reload puts another there.
    pub desk: watch::Receiver<Arc<Desk>>,
    /// How an edition that is too large is printed anew.
    pub press: Press,
    /// The memory.
    pub store: Store,
    /// What time it is.
    pub clock: Clock,
    /// Where it says that it moves on.
    pub health: Health,
}
