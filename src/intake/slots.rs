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

/// The moment at which a digest is looked at.
#[derive(Clone, Copy, Debug)]
pub struct Look {
    /// The last slot that is done.
    pub mark: Timestamp,
    /// Quiet hours by hand.
    pub pause: Option<(Timestamp, Timestamp)>,
    /// Now.
    pub now: Timestamp,
}

/// Whether a digest is due. `noted` are the slots that were noted on what waits for it: each is one of its slots, too, even
/// if the schedule has it no longer, because a reload must not make anything leave later.
pub fn due(desk: &Desk, plan: &Plan, look: &Look, noted: impl Iterator<Item = Timestamp>) -> Due {
    let Look { mark, pause, now } = *look;
    let by_schedule = match plan.schedule.last_between(&desk.zone, mark, now) {
        None => Due::At(next(desk, plan, pause, now)),
        Some(slot) => match quiet_end(desk, pause, now) {
            Some(end) => Due::At(Some(end)),
            None => Due::Now(slot.instant),
        },
    };
    noted.filter(|slot| *slot > mark).fold(by_schedule, |due, slot| {
        match leaves(desk, pause, (Urgency::Normal, slot)) {
            leaves if leaves <= now => match due {
                Due::Now(other) => Due::Now(other.max(slot)),
                Due::At(_) => Due::Now(slot),
            },
            leaves => match due {
                Due::At(other) => Due::At(Some(other.map_or(leaves, |other| other.min(leaves)))),
                now => now,
            },
        }
    })
}

/// When that leaves which was to leave at this time: then, or at the end of a pause that was begun since. Quiet hours were
/// regarded when the time was noted: those of the clock that it falls into now are of a later configuration.
pub fn leaves(desk: &Desk, pause: Option<(Timestamp, Timestamp)>, (level, noted): (Urgency, Timestamp)) -> Timestamp {
    if desk.quiet_hours(None).until(level, noted).is_some() {
        return noted;
    }
    desk.quiet_hours(pause).until(level, noted).unwrap_or(noted)
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
