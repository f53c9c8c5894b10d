//! Digests whose every slot falls into quiet hours.

use jiff::{SignedDuration, Timestamp};

use crate::civil::slot::Slot;
use crate::config::fault::Faults;
use crate::config::file::Person;
use crate::intake::desk::Desk;
use crate::limits;
use crate::model::verdict::Urgency;

/// From a fixed day, so that a configuration is not right today and wrong tomorrow: 1 January 2025, 00:00 UTC.
const FROM: Timestamp = Timestamp::constant(1_735_689_600, 0);
/// After a week of each, quiet hours begin again.
const WEEK: SignedDuration = SignedDuration::from_hours(8 * 24);
/// Slots of a seldom digest: a daily one meets a year, a yearly one every weekday.
const SLOTS: usize = 370;

/// Warns of digests that always wait for the end of quiet hours, or for ever.
pub fn slots_in_quiet_hours(faults: &mut Faults, file: &Person, desk: &Desk) {
    let quiet = desk.quiet_hours(None);
    let mut budget = limits::front::LINT_SLOTS;
    for (written, plan) in file.digests.iter().zip(&desk.digests) {
        let (Some(schedule), Some(first)) = (&written.schedule, plan.schedule.next_after(&desk.zone, FROM)) else {
            continue;
        };
        let slots = plan.schedule.slots_after(&desk.zone, FROM).enumerate();
        let looked_at = |(index, slot): &(usize, Slot)| *index < SLOTS || slot.instant.duration_since(FROM) < WEEK;
        let mut in_time = slots.take_while(looked_at).take(budget);
        let all_quiet = in_time.all(|(_, slot)| {
            budget = budget.saturating_sub(1);
            quiet.is_quiet(slot.instant)
        });
        // With nothing left to look by, nothing is said.
        if !all_quiet || budget == 0 {
            continue;
        }
        let ends = quiet.until(Urgency::Normal, first.instant).is_some_and(|end| !quiet.is_quiet(end));
        let text = if ends {
            "all its slots fall into quiet hours, so that it always waits for their end; write other hours"
        } else {
            "it is always quiet, so that it never runs, and mail waits as long as it may; leave some time of the week free"
        };
        faults.warn(schedule.offset, format!("{}{text}", written.prefix));
    }
}
