//! When a digest runs: its slots, moved to the end of the quiet hours that they fall into.

use jiff::Timestamp;

use super::desk::{Desk, Plan};
use super::place::{self, When};
use crate::model::verdict::Urgency;
use crate::store::view::Waiting;

/// Whether a slot has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Due {
    /// This slot is to be answered now; it is the last of those that were missed.
    Now(Timestamp),
    /// Not yet; this is the next time to look.
    At(Option<Timestamp>),
}

/// Whether a digest is due, given the last slot that is done.
pub fn due(desk: &Desk, plan: &Plan, mark: Timestamp, pause: Option<(Timestamp, Timestamp)>, now: Timestamp) -> Due {
    match plan.schedule.last_between(&desk.zone, mark, now) {
        None => Due::At(next(desk, plan, pause, now)),
        Some(slot) => match quiet_end(desk, pause, now) {
            Some(end) => Due::At(Some(end)),
            None => Due::Now(slot.instant),
        },
    }
}

/// The end of the quiet hours of now; `None`: it is not quiet.
pub fn quiet_end(desk: &Desk, pause: Option<(Timestamp, Timestamp)>, now: Timestamp) -> Option<Timestamp> {
    desk.quiet_hours(pause).until(Urgency::Normal, now)
}

/// When the digest goes out next.
pub fn next(desk: &Desk, plan: &Plan, pause: Option<(Timestamp, Timestamp)>, now: Timestamp) -> Option<Timestamp> {
    place::next_slot(desk, plan, &When { now, arrived: now, pause })
}

/// Whether a waiting item is for this digest; what waits for one that the configuration no longer has joins the first.
pub fn belongs(desk: &Desk, plan: &Plan, waiting: &Waiting) -> bool {
    let Some(name) = waiting.digest() else { return false };
    if *name == plan.letter.name {
        return true;
    }
    let orphan = desk.plan(name).is_none();
    orphan && desk.digests.first().is_some_and(|first| first.letter.name == plan.letter.name)
}
