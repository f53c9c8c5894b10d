//! How near a moment is, how old a message, and how both are said.

use std::time::Duration;

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

use crate::civil;
use crate::urgency::phrase::spoken;
use crate::urgency::view::View;

/// From the nearest to the farthest: within this time, this many percent.
pub type Steps = [(Duration, u8)];

/// Minutes.
pub const fn minutes(minutes: u64) -> Duration {
    Duration::from_secs(minutes * 60)
}

/// Hours.
pub const fn hours(hours: u64) -> Duration {
    Duration::from_secs(hours * 3_600)
}

/// How much a moment counts that is still to come; 0 where it has passed, or is farther away than every step.
pub fn share(steps: &Steps, now: Timestamp, at: Timestamp) -> u8 {
    let Ok(left) = Duration::try_from(at.duration_since(now)) else { return 0 };
    steps.iter().find(|(within, _)| left <= *within).map_or(0, |(_, share)| *share)
}

/// When that changes next: when the moment is as near as a next step says, or has passed.
pub fn changes(steps: &Steps, now: Timestamp, at: Timestamp) -> Option<Timestamp> {
    let steps = steps.iter().map(|(within, _)| civil::earlier(at, *within));
    let passed = at.checked_add(SignedDuration::from_secs(1)).ok();
    steps.chain(passed).filter(|step| *step > now).min()
}

/// Whether two instants lie on one day of a zone's calendar.
pub fn same_day(zone: &TimeZone, one: Timestamp, other: Timestamp) -> bool {
    zone.to_datetime(one).date() == zone.to_datetime(other).date()
}

/// Whether a message was written within this time before it is judged. What ends at an instant is over at it: else it
/// would meet what begins there, for that instant alone.
pub fn is_fresh(view: &View<'_>, within: Duration) -> bool {
    civil::later(view.written.at, within) > view.now()
}

/// How far a moment is: `in 2 h 30 min`, `now`.
pub fn until(now: Timestamp, at: Timestamp) -> String {
    match Duration::try_from(at.duration_since(now)) {
        Ok(left) if left >= minutes(1) => format!("in {}", spoken(left)),
        _ => "now".to_owned(),
    }
}

/// A share of a share.
pub fn of(share: u8, percent: u8) -> u8 {
    u8::try_from(u16::from(share) * u16::from(percent) / 100).unwrap_or(100)
}

#[cfg(test)]
mod tests {
    use super::{changes, hours, minutes, of, share};
    use jiff::Timestamp;

    #[test]
    fn shares_grow_as_a_moment_nears() {
        let steps = [(minutes(30), 100), (hours(2), 50)];
        let at = |minute: i64| Timestamp::UNIX_EPOCH + jiff::SignedDuration::from_mins(minute);
        let check = |now: i64, expected: u8, next: Option<Timestamp>| {
            assert_eq!(share(&steps, at(now), at(200)), expected, "{now}");
            assert_eq!(changes(&steps, at(now), at(200)), next, "{now}");
        };
        check(0, 0, Some(at(80)));
        check(80, 50, Some(at(170)));
        check(170, 100, Some(at(200) + jiff::SignedDuration::from_secs(1)));
        check(200, 100, Some(at(200) + jiff::SignedDuration::from_secs(1)));
        check(201, 0, None);
        assert_eq!(of(70, 50), 35);
    }
}
