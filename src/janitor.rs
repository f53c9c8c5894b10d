//! Keeping house: the lease, old records, the count of what is held, room on the disk, the end of a rescue.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use jiff::Timestamp;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
use tracing::{error, warn};

use crate::civil::{earlier, later};
use crate::clock::Clock;
use crate::health::Health;
use crate::intake::desk::Desk;
use crate::intake::people::People;
use crate::limits;
use crate::store::fault::StoreError;
use crate::store::handle::Store;
use crate::store::lease::Holding;
use crate::store::view::Reason;
use crate::store::{folder, lease};

/// The janitor and everything that it needs.
#[derive(Clone, Debug)]
pub struct Janitor {
    /// The state folder.
    pub state: PathBuf,
    /// Everybody's desk; a reload puts others there.
    pub people: watch::Receiver<Arc<People>>,
    /// The memory.
    pub store: Store,
    /// What time it is.
    pub clock: Clock,
    /// Where it says why nothing may be held.
    pub health: Health,
    /// How long the run before this one may have held mail: so it stands in the lease until a rescue has ended.
    pub held_before: Holding,
}

/// The reason for which nothing of a person is held until their mailboxes were read again.
pub const RESCUE: &str = "rescue";

/// Runs until it is stopped, or the store fails.
///
/// # Errors
/// When the store fails: a restart repairs what can be repaired.
pub async fn run(janitor: Janitor, stop: CancellationToken) -> Result<(), StoreError> {
    let mut cleaned: Option<Timestamp> = None;
    while !stop.is_cancelled() {
        janitor.health.moves_on("janitor", limits::hands::TIMEKEEPER_STEP);
        let now = janitor.clock.now();
        minute(&janitor).await;
        let due = cleaned.is_none_or(|last| now.duration_since(last).unsigned_abs() >= limits::hands::JANITOR_CLEANS);
        if due {
            clean(&janitor, now).await?;
            cleaned = Some(now);
        }
        tokio::select! {
            () = janitor.clock.wait_until(later(now, limits::hands::JANITOR_STEP)) => {}
            () = stop.cancelled() => break,
        }
        look_at_disk(&janitor.state, &janitor.health).await;
    }
    janitor.health.lane_ended("janitor");
    Ok(())
}

/// Looks whether the disk with the state folder has room, and says so: while it has none, nothing is held. Before the first
/// message is judged, and every minute from then on.
pub async fn look_at_disk(state: &Path, health: &Health) {
    let state = state.to_owned();
    let Ok(room) = tokio::task::spawn_blocking(move || folder::has_room(&state)).await else { return };
    let why = match room {
        Ok(true) => None,
        Ok(false) => Some("the disk with the state folder is nearly full, so nothing is held: make room".to_owned()),
        Err(cause) => Some(format!("the room in the state folder cannot be read, so nothing is held: {cause}")),
    };
    if let Some(why) = &why {
        warn!("{why}");
    }
    health.degrade("disk", why);
}

/// The lease, and whether a rescue has ended.
async fn minute(janitor: &Janitor) {
    let people = janitor.people.borrow().clone();
    let mut rescued = true;
    // One whose server is away keeps nobody else's mail from being held.
    for desk in people.desks() {
        let known = |account| {
            desk.filing(account).is_some_and(|filing| {
                filing.watch.iter().any(|mailbox| janitor.store.cursor((&desk.person, account), mailbox).is_some())
            })
        };
        if desk.accounts.keys().all(known) {
            janitor.health.degrade_person(&desk.person, RESCUE, None);
        } else {
            rescued = false;
        }
    }
    let away =
        |desk: &Arc<Desk>| janitor.store.paused(&desk.person).is_some_and(|pause| pause.reason == Reason::Vacation);
    let holding = match people.desks().any(away) {
        true => Holding::Vacation,
        false if rescued => Holding::AsConfigured,
        false => janitor.held_before,
    };
    let state = janitor.state.clone();
    let Ok(lease) = tokio::task::spawn_blocking(move || lease::touch_lease(&state, holding)).await else { return };
    if let Err(cause) = lease {
        warn!("the lease cannot be written: {cause}");
    }
    if rescued {
        // A mark that cannot be removed is tried again in a while; it changes nothing before the next start.
        let _ = janitor.store.rescued().await;
    }
}

/// Old records go, and the books are checked.
async fn clean(janitor: &Janitor, now: Timestamp) -> Result<(), StoreError> {
    let people = janitor.people.borrow().clone();
    for person in janitor.store.people() {
        // Of whom the configuration no longer knows, nobody asks any more.
        let retention = people.desk(&person).map_or(limits::hands::RETENTION_OF_THE_GONE, |desk| desk.hold.retention);
        let before = earlier(now, retention);
        for _ in 0..limits::hands::EXPIRE_ROUNDS {
            if janitor.store.expire(&person, before).await? == 0 {
                break;
            }
        }
    }
    let audit = janitor.store.audit().await?;
    if !audit.agrees() {
        error!("the books do not agree with the records ({audit:?}): please report this; a restart rebuilds them");
    }
    Ok(())
}
