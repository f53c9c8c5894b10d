//! Judging a waiting item again after the rules have changed: it may pass, or leave earlier; it never leaves later.

use jiff::Timestamp;

use super::desk::Desk;
use super::judge;
use super::place::{self, When};
use super::slots;
use crate::model::item::{Item, Standing};
use crate::model::name::DigestName;
use crate::model::verdict::{NeverHeld, Placement, Then, Verdict};

/// The verdict and placement by which a waiting item leaves earlier than it would by its own; `None`: it stays as it is.
///
/// What was in other hands at arrival is not asked again: only the rules, and who I am, can have changed. `deliver_by`
/// stays what it was at arrival. An item whose digest is gone joins the first one, whatever its new level's digest is.
pub fn judge_again(
    desk: &Desk,
    item: &Item,
    pause: Option<(Timestamp, Timestamp)>,
    now: Timestamp,
) -> Option<(Verdict, Placement)> {
    let Placement::Hold { then, deliver_by, .. } = &item.placement else { return None };
    if item.standing != Standing::Waiting {
        return None;
    }
    let verdict = if judge::is_mine(desk, &item.message) {
        judge::verdict_of(NeverHeld::Mine, now)
    } else {
        // Whether a pause of then was on at arrival is not kept: `during = "quiet"` knows the clock's quiet hours alone.
        judge::by_rules(desk, &item.message, &When { now, arrived: item.accepted_at, pause: None }).verdict
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
        (Then::Digest(old), Placement::Hold { then: Then::Digest(new), .. }) => is_earlier(desk, (old, new), &when),
        (Then::Pass, Placement::Hold { .. }) | (_, Placement::Drop | Placement::Ignore) => false,
    };
    if !earlier {
        return None;
    }
    let placement = match placement {
        Placement::Hold { due_at, then, .. } => {
            Placement::Hold { due_at: due_at.min(*deliver_by), then, deliver_by: *deliver_by }
        }
        other => other,
    };
    Some((verdict, placement))
}

/// Whether the new digest goes out before the old one does.
fn is_earlier(desk: &Desk, (old, new): (&DigestName, &DigestName), when: &When) -> bool {
    let slot = |name: &DigestName| desk.plan(name).map(|plan| slots::next(desk, plan, when.pause, when.now));
    match (slot(old), slot(new)) {
        (Some(Some(old)), Some(Some(new))) => new < old,
        (Some(None), Some(Some(_))) => true,
        _ => false,
    }
}
