//! How everything is, for `tidings status`.

use super::kit::Operator;
use crate::control::wire::{DueDigest, SourceStatus, Status};
use crate::intake::slots;

/// The state of sources, digests, letters.
pub fn status(operator: &Operator) -> Status {
    let desk = operator.desk.borrow().clone();
    let now = operator.clock.now();
    let counts = operator.store.counts();
    let pause = operator.store.paused(&desk.person);
    let span = pause.as_ref().map(|pause| (pause.from, pause.until));
    let waiting = operator.store.waiting(&desk.person);
    let due = desk
        .digests
        .iter()
        .map(|plan| DueDigest {
            digest: plan.letter.name.to_string(),
            slot: slots::next(&desk, plan, span, now).map(|slot| slot.to_string()),
            items: waiting.iter().filter(|one| slots::belongs(&desk, plan, one)).count(),
        })
        .collect();
    let sources = operator
        .health
        .sources()
        .into_iter()
        .map(|(name, health)| SourceStatus {
            name,
            state: health.state.as_str().to_owned(),
            since: health.since.to_string(),
            last_sync: health.last_sync.map(|at| at.to_string()),
            error: health.error.or(health.warning),
            next_try: health.next_try.map(|at| at.to_string()),
        })
        .collect();
    Status {
        sources,
        held: counts.held,
        sealed: counts.sealed,
        due,
        outbox: counts.outbox,
        uncertain: counts.uncertain,
        failed: counts.failed,
        errands: counts.errands,
        degraded: operator.health.degraded(),
        paused_until: pause.filter(|pause| pause.until > now).map(|pause| pause.until.to_string()),
    }
}
