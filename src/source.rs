//! One loop an account: connect, take what is there, carry out errands, wait for news; for ever, each account by itself.

pub mod again;
pub mod door;
pub mod door_imap;
pub mod door_maildir;
pub mod doubts;
pub mod errands;
pub mod face;
pub mod farewell;
pub mod fetch;
pub mod forward;
pub mod giveback;
pub mod kit;
pub mod locate;
pub mod past;
pub mod remark;
pub mod rescue;
pub mod take;
pub mod visit;

use tokio_util::sync::CancellationToken;
use tracing::{info, warn};

use crate::health::SourceState;
use crate::limits;
use crate::metrics::words::Failure;
use crate::retry::{self, Interruptions};
use door::Refused;
use doubts::Doubts;
use kit::Source;
use visit::{Ended, Kind};

/// Runs until it is stopped. Whatever goes wrong is said, waited out and tried again.
pub async fn run(source: Source, stop: CancellationToken) {
    let mut failures: u32 = 0;
    let mut interruptions = Interruptions::default();
    let mut wrong: u32 = 0;
    let mut doubts = Doubts::default();
    while !stop.is_cancelled() {
        source.health.moves_on(&source.lane(), limits::hands::SOURCE_VISIT_STEP);
        let ended = tokio::select! {
            ended = visit::visit(&source, &mut doubts) => ended,
            () = stop.cancelled() => break,
        };
        let now = source.clock.now();
        let state = source.health.state(&(source.person.clone(), source.account.clone()));
        let watched = state == Some(SourceState::Watching);
        failures = if watched { 0 } else { failures.saturating_add(1) };
        let Ended { error, kind } = ended;
        // Only a login that was taken ends a row of refused ones: a server that locks us out says this and that.
        wrong = match (kind, state) {
            (Kind::LoginRefused(Refused::Credentials), _) => wrong.saturating_add(1),
            (_, Some(SourceState::Syncing | SourceState::Watching)) => 0,
            _ => wrong,
        };
        let failure = match kind {
            Kind::LoginRefused(_) => Failure::Login,
            Kind::OutOfReach => Failure::Unreachable,
            Kind::Other => Failure::Other,
        };
        source.store.metrics().failure((source.person.as_str(), source.account.as_str()), failure);
        let wait = match kind {
            Kind::LoginRefused(_) => retry::login(wrong),
            Kind::OutOfReach => retry::reach(source.name(), failures),
            Kind::Other if watched => interruptions.wait(source.name(), now),
            Kind::Other => retry::reconnect(source.name(), failures),
        };
        let error = match kind {
            Kind::LoginRefused(Refused::Credentials) => {
                format!("{error}; put the right one where the configuration says, and restart")
            }
            _ => error,
        };
        let next_try = source.clock.sooner(now, now.checked_add(wait).unwrap_or(now));
        warn!(account = source.name(), "the account is not watched: {error}; next try in {} s", wait.as_secs());
        source.says(now, |health| {
            health.state = SourceState::Failed;
            health.error = Some(error);
            health.next_try = Some(next_try);
        });
        source.health.lane_ended(&source.lane());
        tokio::select! {
            () = source.clock.wait_until(next_try) => {}
            () = stop.cancelled() => break,
        }
    }
    source.health.lane_ended(&source.lane());
    source.says(source.clock.now(), |health| health.state = SourceState::Stopped);
    info!(account = source.name(), "the account is no longer watched");
}
