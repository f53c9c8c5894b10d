//! Judging a waiting item again after the rules have changed: it may pass, or leave earlier; it never leaves later.

use jiff::Timestamp;

use super::desk::Desk;
use super::judge;
use super::place::{self, When};
use super::slots;
use crate::model::history::facts::History;
use crate::model::item::{Item, Standing};
use crate::model::name::DigestName;
use crate::model::verdict::{NeverHeld, Placement, Then, Urgency, Verdict};

/// The verdict and placement by which a waiting item leaves earlier than it would by its own; `None`: it stays as it is.
///
/// What was in other hands at arrival is not asked again: only the rules, and who I am, can have changed. `deliver_by`
/// stays what it was at arrival. An item whose digest is gone joins the first one, whatever its new level's digest is.
pub fn judge_again(
    desk: &Desk,
    (item, history): (&Item, Option<&History>),
    pause: Option<(Timestamp, Timestamp)>,
    now: Timestamp,
) -> Option<(Verdict, Placement)> {
    let Placement::Hold { due_at, then, deliver_by } = &item.placement else { return None };
    // What lies in an account that the configuration no longer has cannot be filed: passing, nobody would see it.
    let is_stray = item.place.as_ref().is_some_and(|place| desk.filing(&place.account).is_none());
    if item.standing != Standing::Waiting || is_stray {
        return None;
    }
    let verdict = if judge::is_mine(desk, &item.message) {
        judge::verdict_of(NeverHeld::Mine, now)
    } else {
        // Whether a pause of then was on at arrival is not kept: `during = "quiet"` knows the clock's quiet hours alone.
        let when = When { now, arrived: item.accepted_at, pause: None };
        judge::by_rules(desk, (&item.message, history), &when).verdict
    };
    let when = When { now, arrived: item.accepted_at, pause };
    let placement = place::place(desk, &verdict, &item.message.source, &when);
    let earlier = match (then, &placement) {
        // No digest takes its level any more: the first one does, where there is one.
        (_, Placement::Pass) if verdict.decision.level().is_some_and(|level| !level.is_synchronous()) => {
            desk.digests.is_empty() && *then != Then::Pass
        }
        (_, Placement::Pass) => true,
        (Then::Digest(_), Placement::Hold { then: Then::Pass, .. }) => true,
        (Then::Digest(old), Placement::Hold { then: Then::Digest(new), .. }) => {
            is_earlier(desk, (old, new), (*due_at, &when))
        }
        (Then::Pass, Placement::Hold { .. }) | (_, Placement::Drop | Placement::Ignore) => false,
    };
    if !earlier {
        return None;
    }
    let placement = match placement {
        Placement::Hold { due_at: new, then, .. } => {
            let level = verdict.decision.level().unwrap_or(Urgency::Normal);
            let noted = (*due_at > now).then(|| slots::leaves(desk, pause, (level, *due_at)));
            let due_at = noted.map_or(new, |noted| new.min(noted));
            Placement::Hold { due_at: due_at.min(*deliver_by), then, deliver_by: *deliver_by }
        }
        other => other,
    };
    Some((verdict, placement))
}

/// Whether the new digest goes out before the old one does, and before the slot that was noted, where that is still to come.
fn is_earlier(desk: &Desk, (old, new): (&DigestName, &DigestName), (noted, when): (Timestamp, &When)) -> bool {
    let slot = |name: &DigestName| desk.plan(name).map(|plan| slots::next(desk, plan, when.pause, when.now));
    if noted > when.now && slot(new).flatten().is_none_or(|new| new >= noted) {
        return false;
    }
    match (slot(old), slot(new)) {
        (Some(Some(old)), Some(Some(new))) => new < old,
        (Some(None), Some(Some(_))) => true,
        _ => false,
    }
}
