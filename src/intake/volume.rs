//! How much may leave: counted anew each time from what was sealed, so that a restart resets nothing.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::time::Duration;

use jiff::Timestamp;

use super::desk::Desk;
use crate::civil::slot::Slot;
use crate::civil::{earlier, later};
use crate::limits;
use crate::model::edition::{EditionKind, Fate, Lane};
use crate::model::identity::Id;
use crate::model::verdict::Urgency;
use crate::store::fault::StoreError;
use crate::store::handle::Store;
use crate::store::view::Sealed;

const DAY: Duration = Duration::from_secs(24 * 3600);
const MINUTE: Duration = Duration::from_secs(60);

/// What has left of late.
#[derive(Clone, Debug, Default)]
pub struct Volume {
    sealed: Vec<Sealed>,
    now: Timestamp,
}

impl Volume {
    /// What has left for a person, as seen now. What a clock that ran ahead has sealed does not count.
    pub fn of(store: &Store, desk: &Desk, now: Timestamp) -> Self {
        let mut sealed = store.sealed_since(&desk.person, earlier(now, limits::hands::BREAKER_WINDOW));
        sealed.retain(|one| one.sealed_at <= now);
        Self { sealed, now }
    }

    /// Whether one more urgent letter may leave by itself: a mail that is sent on, an alert of a conversation.
    pub fn has_room_for_an_urgent_letter(&self) -> bool {
        self.urgent(MINUTE) < limits::hands::URGENT_A_MINUTE && self.urgent(DAY) < limits::hands::URGENT_A_DAY
    }

    fn urgent(&self, span: Duration) -> usize {
        let since = earlier(self.now, span);
        let recent = self.sealed.iter().filter(|one| one.sealed_at > since);
        // A mail that was sealed anew for a server that did not take it is one.
        let letters: HashSet<(&EditionKind, Timestamp)> =
            recent.filter(|one| one.kind.lane() == Lane::Urgent).map(|one| (&one.kind, one.slot)).collect();
        letters.len()
    }

    /// When an alert about this was sealed last, of late.
    pub fn alerted(&self, about: Id) -> Option<Timestamp> {
        let of_it = self.sealed.iter().filter(|one| one.kind == EditionKind::Alert(about));
        of_it.map(|one| one.sealed_at).max()
    }

    /// Until when nothing is sent to a recipient who refused several issues for good; `None`: they are sent to.
    pub fn closed(&self, recipient: &str) -> Option<Timestamp> {
        let mut refused: HashMap<(&EditionKind, Timestamp), Timestamp> = HashMap::new();
        for one in &self.sealed {
            let theirs = one.letters.iter().filter(|letter| letter.recipient.eq_ignore_ascii_case(recipient));
            for at in theirs.filter_map(|letter| letter.refused_at) {
                let last = refused.entry((&one.kind, one.slot)).or_insert(at);
                *last = at.max(*last);
            }
        }
        let last = refused.values().max().filter(|_| refused.len() >= limits::hands::BREAKER_REFUSALS)?;
        Some(later(*last, limits::hands::BREAKER_REST)).filter(|end| *end > self.now)
    }

    /// Of these recipients those who are sent to; with none, until when that is so.
    ///
    /// # Errors
    /// The end of the shortest rest, where nobody is left.
    pub fn open(&self, recipients: &[String]) -> Result<Vec<String>, Timestamp> {
        let open: Vec<String> = recipients.iter().filter(|to| self.closed(to).is_none()).cloned().collect();
        match recipients.iter().filter_map(|to| self.closed(to)).min() {
            Some(end) if open.is_empty() => Err(end),
            _ => Ok(open),
        }
    }

    /// Until when no issue that no slot asks for is sealed for these recipients; `None`: there is room for one.
    pub fn rest(&self, desk: &Desk, recipients: &[String]) -> Option<Timestamp> {
        recipients.iter().filter_map(|recipient| self.rest_of(desk, recipient)).max()
    }

    fn rest_of(&self, desk: &Desk, recipient: &str) -> Option<Timestamp> {
        let since = earlier(self.now, DAY);
        let mut unasked: BTreeMap<(Timestamp, &str), Timestamp> = BTreeMap::new();
        for one in self.sealed.iter().filter(|one| one.sealed_at > since && is_unasked(desk, one)) {
            if one.letters.iter().any(|letter| letter.recipient.eq_ignore_ascii_case(recipient)) {
                let name = one.kind.digest().map_or("", |name| name.as_str());
                let first = unasked.entry((one.slot, name)).or_insert(one.sealed_at);
                *first = one.sealed_at.min(*first);
            }
        }
        let mut times: Vec<Timestamp> = unasked.into_values().collect();
        times.sort_unstable();
        let oldest = times.len().checked_sub(limits::hands::UNASKED_A_DAY)?;
        times.get(oldest).map(|at| later(*at, DAY))
    }
}

/// Until when no other issue of this kind is sealed, because the last one was refused for good: the next would be, too, in an
/// endless row. `None`: none was, or not of late.
///
/// # Errors
/// When the store fails.
pub async fn refused_until(
    store: &Store,
    desk: &Desk,
    kind: &EditionKind,
    now: Timestamp,
) -> Result<Option<Timestamp>, StoreError> {
    let editions = store.editions(Fate::Failed).await?;
    let failed = editions.iter().filter(|one| one.person == desk.person && one.kind == *kind && one.sealed_at <= now);
    let end = failed.map(|one| later(one.sealed_at, limits::hands::SEAL_AGAIN)).max();
    Ok(end.filter(|end| *end > now))
}

/// When that is told of which came at this time and is too much to leave by itself: the next full five minutes, with all
/// that comes until then.
pub fn summed_up_at(at: Timestamp) -> Timestamp {
    let step = limits::hands::URGENT_SUM_UP.as_secs().cast_signed();
    let full = at.as_second().div_euclid(step).saturating_add(1).saturating_mul(step);
    Timestamp::from_second(full).unwrap_or(at)
}

/// Whether an issue answered no slot of the schedule: none of its own time, and none that quiet hours put off until then.
fn is_unasked(desk: &Desk, sealed: &Sealed) -> bool {
    let name = match &sealed.kind {
        EditionKind::Forward(_) | EditionKind::Alert(_) => return false,
        EditionKind::Overdue => return true,
        EditionKind::Digest(name) => name,
    };
    let Some(plan) = desk.plan(name) else { return true };
    let before = earlier(sealed.slot, limits::hands::BREAKER_WINDOW);
    let last = || plan.schedule.last_between(&desk.zone, before, sealed.slot);
    let put_off = |slot: Slot| desk.quiet_hours(None).until(Urgency::Normal, slot.instant) == Some(sealed.slot);
    !plan.schedule.has(&desk.zone, sealed.slot) && !last().is_some_and(put_off)
}
