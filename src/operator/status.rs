//! How everything is, for `tidings status`.

use jiff::Timestamp;

use super::hooks;
use super::kit::{Operator, Whom};
use crate::control::wire::{DueDigest, HolidayTrouble, PauseReason, PausedPerson, SourceStatus, Status};
use crate::intake::desk::Desk;
use crate::intake::slots;
use crate::store::view::Reason;

/// The state of sources, digests, letters.
pub fn status(operator: &Operator, whom: &Whom) -> Status {
    let now = operator.clock.now();
    let counts = match &whom.named {
        Some(person) => operator.store.counts_of(person),
        None => operator.store.counts(),
    };
    let sources = operator.health.sources().into_iter().filter(|((person, _), _)| whom.includes(person));
    let sources = sources
        .map(|((person, account), health)| SourceStatus {
            name: account.to_string(),
            person: person.to_string(),
            state: health.state.as_str().to_owned(),
            since: health.since.to_string(),
            last_sync: health.last_sync.map(|at| at.to_string()),
            error: health.error.or_else(|| health.warnings.into_values().next()),
            note: health.note,
            next_try: health.next_try.map(|at| at.to_string()),
        })
        .collect();
    let paused: Vec<PausedPerson> = whom
        .desks
        .iter()
        .filter_map(|desk| {
            let pause = operator.store.paused(&desk.person).filter(|pause| pause.until > now)?;
            let reason = (pause.reason == Reason::Vacation).then_some(PauseReason::Vacation);
            Some(PausedPerson { person: desk.person.to_string(), until: pause.until.to_string(), reason })
        })
        .collect();
    let paused_until = match (whom.desks.as_slice(), paused.as_slice()) {
        ([_], [only]) => Some(only.until.clone()),
        _ => None,
    };
    Status {
        sources,
        held: counts.held,
        sealed: counts.sealed,
        due: whom.desks.iter().flat_map(|desk| due(operator, desk)).collect(),
        outbox: counts.outbox,
        uncertain: counts.uncertain,
        failed: counts.failed,
        errands: counts.errands,
        degraded: degraded(operator, whom),
        paused_until,
        paused,
        hooks: hooks::shown(operator, whom),
        holidays: whom.desks.iter().flat_map(|desk| holidays(desk, now)).collect(),
    }
}

/// The files of somebody's holidays that are of no use now.
fn holidays(desk: &Desk, now: Timestamp) -> impl Iterator<Item = HolidayTrouble> {
    let today = desk.zone.local(now).date();
    desk.almanac.calendars.iter().filter_map(move |calendar| {
        let (person, file) = (desk.person.to_string(), calendar.path.display().to_string());
        Some(HolidayTrouble { person, file, error: calendar.trouble(today)? })
    })
}

fn due(operator: &Operator, desk: &Desk) -> Vec<DueDigest> {
    let now = operator.clock.now();
    let span = operator.store.paused(&desk.person).map(|pause| (pause.from, pause.until));
    let waiting = operator.store.waiting(&desk.person);
    let plans = desk.digests.iter();
    plans
        .map(|plan| DueDigest {
            digest: plan.letter.name.to_string(),
            person: desk.person.to_string(),
            slot: slots::next(desk, plan, span, now).map(|slot| slot.to_string()),
            items: waiting.iter().filter(|one| slots::belongs(desk, plan, one)).count(),
        })
        .collect()
}

/// Why nothing may be held; where there are several persons, of whom.
fn degraded(operator: &Operator, whom: &Whom) -> Option<String> {
    let several = operator.people.borrow().desks().count() > 1;
    let reasons = operator.health.reasons();
    let about = reasons.into_iter().filter(|(person, _)| person.as_ref().is_none_or(|person| whom.includes(person)));
    let reasons: Vec<String> = about
        .map(|(person, why)| match person {
            Some(person) if several => format!("{person}: {why}"),
            _ => why,
        })
        .collect();
    (!reasons.is_empty()).then(|| reasons.join("; "))
}
