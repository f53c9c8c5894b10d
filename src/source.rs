//! One loop an account: connect, take what is there, carry out errands, wait for news; for ever, each account by itself.

pub mod door;
pub mod door_imap;
pub mod door_maildir;
pub mod doubts;
pub mod errands;
pub mod face;
pub mod giveback;
pub mod kit;
pub mod locate;
pub mod rescue;
pub mod take;
pub mod visit;

use tokio_util::sync::CancellationToken;
use tracing::{info, warn};

use crate::health::SourceState;
use crate::limits;
use crate::retry;
use door::Refused;
use doubts::Doubts;
use kit::Source;
use visit::{Ended, Kind};

/// Runs until it is stopped. Whatever goes wrong is said, waited out and tried again.
pub async fn run(source: Source, stop: CancellationToken) {
    let mut failures: u32 = 0;
    let mut wrong: u32 = 0;
    let mut doubts = Doubts::default();
    while !stop.is_cancelled() {
        let began = source.clock.now();
        source.health.moves_on(&source.lane(), limits::hands::SOURCE_VISIT_STEP);
        let ended = tokio::select! {
            ended = visit::visit(&source, &mut doubts) => ended,
            () = stop.cancelled() => break,
        };
        let now = source.clock.now();
        // A visit that had come to watching, and did so for a while, was a good one: its end is the first of a new row.
        let watched = source.health.sources().get(source.name()).is_some_and(|one| one.state == SourceState::Watching);
        let steady = watched && now.duration_since(began).unsigned_abs() >= limits::hands::SOURCE_STEADY;
        failures = if steady { 1 } else { failures.saturating_add(1) };
        let Ended { error, kind } = ended;
        wrong = if kind == Kind::LoginRefused(Refused::Credentials) { wrong.saturating_add(1) } else { 0 };
        let wait = match kind {
            Kind::LoginRefused(_) => retry::login(wrong),
            Kind::OutOfReach => retry::reach(&source.account, failures),
            Kind::Other => retry::reconnect(&source.account, failures),
        };
        let next_try = source.clock.sooner(now, now.checked_add(wait).unwrap_or(now));
        warn!(account = source.name(), "the account is not watched: {error}; next try in {} s", wait.as_secs());
        source.health.source(source.name(), now, |health| {
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
    source.health.source(source.name(), source.clock.now(), |health| health.state = SourceState::Stopped);
    info!(account = source.name(), "the account is no longer watched");
}
