//! Placing: from a verdict to what is done with the message, and until when.

use jiff::Timestamp;

use super::desk::{Desk, Plan};
use crate::civil::later;
use crate::limits;
use crate::model::name::DigestName;
use crate::model::verdict::{Decision, Placement, Then, Urgency, Verdict};

/// What follows from a verdict: a pure function of the desk, the source, the pause and the moment.
/// `arrived` is when the message was taken: what `deliver_by` counts from.
pub fn place(desk: &Desk, verdict: &Verdict, source: &str, when: &When) -> Placement {
    let level = match verdict.decision {
        Decision::Drop => return Placement::Drop,
        Decision::Ignore => return Placement::Ignore,
        Decision::LetThrough => return Placement::Pass,
        Decision::Level(level) => level,
    };
    let deliver_by = last_moment(desk, verdict, when);
    if level.is_synchronous() {
        return match desk.quiet_hours(when.pause).until(level, when.now) {
            None => Placement::Pass,
            Some(end) => Placement::Hold { due_at: end.min(deliver_by), then: Then::Pass, deliver_by },
        };
    }
    match plan_for(desk, verdict.wishes.digest.as_ref(), level, source) {
        None => Placement::Pass,
        Some(plan) => {
            let due_at = next_slot(desk, plan, when).map_or(deliver_by, |slot| slot.min(deliver_by));
            Placement::Hold { due_at, then: Then::Digest(plan.letter.name.clone()), deliver_by }
        }
    }
}

/// The same for a chat message. It lies in no mailbox where it could be seen: it passes by a letter of its own, for which it
/// waits.
pub fn place_post(desk: &Desk, verdict: &Verdict, source: &str, when: &When) -> Placement {
    match place(desk, verdict, source, when) {
        Placement::Pass => {
            Placement::Hold { due_at: when.now, then: Then::Pass, deliver_by: last_moment(desk, verdict, when) }
        }
        placement => placement,
    }
}

fn last_moment(desk: &Desk, verdict: &Verdict, when: &When) -> Timestamp {
    let longest = verdict.wishes.max_hold.map_or(desk.hold.max, |wish| wish.min(desk.hold.max));
    later(when.arrived, longest.min(limits::hands::HOLD_MAX))
}

/// The moments that placing needs.
#[derive(Clone, Copy, Debug)]
pub struct When {
    /// Now.
    pub now: Timestamp,
    /// When the message was taken.
    pub arrived: Timestamp,
    /// Quiet hours by hand.
    pub pause: Option<(Timestamp, Timestamp)>,
}

/// The digest that takes a message: the one its rule names, else the first that takes its level from its source.
pub fn plan_for<'a>(desk: &'a Desk, wish: Option<&DigestName>, level: Urgency, source: &str) -> Option<&'a Plan> {
    if let Some(plan) = wish.and_then(|wish| desk.plan(wish)) {
        return Some(plan);
    }
    desk.digests
        .iter()
        .find(|plan| plan.takes.contains(&level) && plan.sources.iter().any(|pattern| pattern.matches(source)))
}

/// When a digest goes out next: its slot, or the end of the quiet hours that it falls into.
pub fn next_slot(desk: &Desk, plan: &Plan, when: &When) -> Option<Timestamp> {
    let slot = plan.schedule.next_after(&desk.zone, when.now)?.instant;
    Some(desk.quiet_hours(when.pause).until(Urgency::Normal, slot).unwrap_or(slot))
}
