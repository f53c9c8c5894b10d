//! Judging a waiting item again: it may pass, or leave earlier; it leaves later only where time has made it less urgent.

use jiff::Timestamp;

use super::desk::Desk;
use super::judge;
use super::place::{self, When};
use super::slots;
use crate::model::history::facts::History;
use crate::model::item::{Item, Standing};
use crate::model::name::DigestName;
use crate::model::verdict::{NeverHeld, Placement, Then, Urgency, Verdict};

/// The verdict and placement that a waiting item gets now; `None`: it stays as it is.
///
/// It passes or leaves earlier where it has become more urgent. What was urgent and waits for the end of quiet hours joins a
/// digest where time has made it less urgent (a deadline or an event is past, a code has expired), or a later message has
/// settled it: never because of other rules. Otherwise it stays where it is, and at most learns when it is to be judged next,
/// which is later than now, and whether it is over.
///
/// What was in other hands at arrival is not asked again: only rules, time, its thread, and who I am, can have changed.
/// `deliver_by` stays what it was at arrival. An item whose digest is gone joins the first one, whatever its new level's
/// digest is.
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
    let mut verdict = if judge::is_mine(desk, &item.message) {
        judge::verdict_of(NeverHeld::Mine, now)
    } else {
        // Whether a pause of then was on at arrival is not kept: `during = "quiet"` knows the clock's quiet hours alone.
        let when = When { now, arrived: item.accepted_at, pause: None };
        judge::by_rules(desk, (&item.message, history), &when)
    };
    // Whatever a signal says, an item is not judged again and again at one moment.
    verdict.again_at = verdict.again_at.filter(|at| *at > now);
    let when = When { now, arrived: item.accepted_at, pause };
    let place = if item.message.post.is_some() { place::place_post } else { place::place };
    let placement = place(desk, &verdict, &item.message.source, &when);
    let level = verdict.decision.level().filter(|level| !level.is_synchronous());
    let leaves = match (then, &placement) {
        // No digest takes its level any more: the first one does, where there is one.
        (_, Placement::Pass) if level.is_some() => desk.digests.is_empty() && *then != Then::Pass,
        (_, Placement::Pass) => true,
        (Then::Digest(_), Placement::Hold { then: Then::Pass, .. }) => true,
        (Then::Digest(old), Placement::Hold { then: Then::Digest(new), .. }) => {
            is_earlier(desk, (old, new), (*due_at, &when))
        }
        (Then::Pass, Placement::Hold { then: Then::Digest(_), .. }) if has_cooled(item, &verdict, now) => {
            let placement = cooled(desk, (item, &verdict), &when, placement);
            return Some((verdict, within(placement, *deliver_by)));
        }
        (Then::Pass, Placement::Hold { .. }) | (_, Placement::Drop | Placement::Ignore) => false,
    };
    if !leaves {
        return noted(item, verdict).map(|verdict| (verdict, item.placement.clone()));
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

/// Whether it is time, or that it is over, and not another rule, that makes an urgent item wait for a digest: time was
/// foretold to change it by now.
fn has_cooled(item: &Item, verdict: &Verdict, now: Timestamp) -> bool {
    verdict.over.is_some() || item.verdict.again_at.is_some_and(|at| at <= now)
}

/// Where an item goes that was urgent: into its level's digest, or into that for normal mail where that one is sooner. It was
/// asked for once, and may have waited for that digest before it became urgent.
fn cooled(desk: &Desk, (item, verdict): (&Item, &Verdict), when: &When, placement: Placement) -> Placement {
    let normal = place::plan_for(desk, verdict.wishes.digest.as_ref(), Urgency::Normal, &item.message.source);
    let slot = normal.and_then(|plan| Some((plan, place::next_slot(desk, plan, when)?)));
    match (&placement, slot) {
        (Placement::Hold { due_at, deliver_by, .. }, Some((plan, slot))) if slot < *due_at => {
            Placement::Hold { due_at: slot, then: Then::Digest(plan.letter.name.clone()), deliver_by: *deliver_by }
        }
        _ => placement,
    }
}

/// The same placement, with the last moment that was promised at arrival.
fn within(placement: Placement, deliver_by: Timestamp) -> Placement {
    match placement {
        Placement::Hold { due_at, then, .. } => Placement::Hold { due_at: due_at.min(deliver_by), then, deliver_by },
        other => other,
    }
}

/// The verdict of an item that stays where it is, if there is anything new to it. A level that would have it elsewhere is
/// not taken over: the old one says why it is where it is.
fn noted(item: &Item, new: Verdict) -> Option<Verdict> {
    let old = &item.verdict;
    if (new.again_at, new.over) == (old.again_at, old.over) {
        return None;
    }
    let synchronous = |verdict: &Verdict| verdict.decision.level().map(Urgency::is_synchronous);
    let fits = synchronous(&new).is_some() && synchronous(&new) == synchronous(old);
    Some(if fits { new } else { Verdict { again_at: new.again_at, over: new.over, ..old.clone() } })
}
