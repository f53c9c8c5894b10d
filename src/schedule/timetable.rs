//! When a digest runs: the slots of its crontab, without those on days on which it does not run.

use jiff::civil::{Date, date};
use jiff::{SignedDuration, Timestamp};

use super::crontab::{self, Crontab};
use super::days::{MonthDays, Weeks};
use crate::civil::Zone;
use crate::civil::holidays::Holidays;
use crate::civil::slot::Slot;

/// The slots of a digest.
#[derive(Clone, Debug)]
pub struct Timetable {
    crontab: Crontab,
    days: Days,
    never_runs: bool,
}

/// What a day must be for a slot to come; by default any day is good.
#[derive(Clone, Debug, Default)]
pub struct Days {
    /// In one of these weeks.
    pub weeks: Option<Weeks>,
    /// One of these of its month.
    pub of_month: Option<MonthDays>,
    /// None of these; `None`: it does not ask for holidays.
    pub but: Option<Holidays>,
}

impl Days {
    fn contain(&self, day: Date) -> bool {
        !self.but.as_ref().is_some_and(|but| but.contains(day)) && self.are_restricted_to(day)
    }

    /// The same without regard to holidays.
    fn are_restricted_to(&self, day: Date) -> bool {
        self.weeks.is_none_or(|weeks| weeks.contains(day))
            && self.of_month.as_ref().is_none_or(|days| days.contains(day))
    }

    fn are_restricted(&self) -> bool {
        self.weeks.is_some() || self.of_month.is_some()
    }
}

/// The calendar comes round after 28 years, weeks and leap days together.
const ROUND: (Date, Date) = (date(2000, 1, 1), date(2028, 1, 1));

impl Timetable {
    /// These slots of a crontab.
    pub fn new(crontab: Crontab, days: Days) -> Self {
        let never_runs = crontab.never_runs()
            || days.are_restricted() && !crontab.comes_on(ROUND, |day| days.are_restricted_to(day));
        Self { crontab, days, never_runs }
    }

    /// The crontab as it was written.
    pub fn as_str(&self) -> &str {
        self.crontab.as_str()
    }

    /// On which days alone it runs.
    pub fn days(&self) -> &Days {
        &self.days
    }

    /// Whether it has no slot at all, such as 30 February, or the first Monday on a Tuesday. Holidays are not regarded:
    /// they are of a few years.
    pub fn never_runs(&self) -> bool {
        self.never_runs
    }

    /// Its slots after an instant, as those of [`Crontab`]. On which day one falls, its civil time says.
    pub fn slots_after<'a>(&'a self, zone: &'a Zone, after: Timestamp) -> impl Iterator<Item = Slot> + 'a {
        let slots = (!self.never_runs).then(|| self.crontab.slots_on(zone, after, |day| self.days.contain(day)));
        slots.into_iter().flatten()
    }

    /// The first slot after an instant.
    pub fn next_after(&self, zone: &Zone, after: Timestamp) -> Option<Slot> {
        self.slots_after(zone, after).next()
    }

    /// The last slot after `after` and not after `until`: what a digest catches up with, however many were missed.
    pub fn last_between(&self, zone: &Zone, after: Timestamp, until: Timestamp) -> Option<Slot> {
        crontab::last_between(|after| self.next_after(zone, after), after, until)
    }

    /// Whether it has a slot at this instant.
    pub fn has(&self, zone: &Zone, instant: Timestamp) -> bool {
        let before = instant.saturating_sub(SignedDuration::from_secs(1)).unwrap_or(Timestamp::MIN);
        self.last_between(zone, before, instant).is_some_and(|slot| slot.instant == instant)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use jiff::Timestamp;
    use jiff::civil::date;

    use super::{Days, Timetable};
    use crate::civil::holidays::Holidays;
    use crate::civil::{Weekdays, Zone};
    use crate::schedule::crontab::Crontab;
    use crate::schedule::days::{MonthDays, Weeks, Work};

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn month(written: &str) -> Days {
        let work = Work { days: Weekdays::parse("mon-fri").unwrap(), holidays: Holidays::default() };
        Days { of_month: Some(MonthDays::parse(written, work).unwrap()), ..Days::default() }
    }

    #[track_caller]
    fn check((zone, crontab, days): (&str, &str, Days), after: &str, expected: &[&str]) {
        let table = Timetable::new(Crontab::parse(crontab).unwrap(), days);
        let zone = Zone::parse(zone).unwrap();
        let slots = table.slots_after(&zone, at(after)).take(expected.len().max(1));
        let slots: Vec<String> = slots.map(|slot| slot.instant.to_string()).collect();
        assert_eq!(slots, expected, "{crontab}");
        assert_eq!(table.never_runs(), expected.is_empty(), "{crontab}");
        for slot in expected {
            assert!(table.has(&zone, at(slot)), "{crontab} {slot}");
        }
        if let (Some(last), Some(first)) = (expected.last(), expected.first()) {
            let found = table.last_between(&zone, at(after), at(last)).map(|slot| slot.instant);
            assert_eq!(found, Some(at(last)), "{crontab}");
            let found = table.last_between(&zone, at(after), at(first) - jiff::SignedDuration::from_secs(1));
            assert_eq!(found, None, "{crontab}");
        }
    }

    #[test]
    fn slots_are_those_of_both() {
        let odd = || Days { weeks: Some(Weeks::Odd), ..Days::default() };
        let new_year = "2027-01-01T12:00:00Z";
        check(("UTC", "0 9 * * mon", odd()), new_year, &["2027-01-04T09:00:00Z", "2027-01-18T09:00:00Z"]);
        check(("UTC", "0 9 * * *", month("first mon")), new_year, &["2027-01-04T09:00:00Z", "2027-02-01T09:00:00Z"]);
        check(("UTC", "* * * * *", month("last day")), new_year, &["2027-01-31T00:00:00Z", "2027-01-31T00:01:00Z"]);
        check(
            ("Asia/Tokyo", "0 8 * jan *", month("second tue, fourth tue")),
            new_year,
            &["2027-01-11T23:00:00Z", "2027-01-25T23:00:00Z", "2028-01-10T23:00:00Z"],
        );
        let both = Days { weeks: Some(Weeks::Even), ..month("first mon") };
        check(("UTC", "0 9 * * *", both), new_year, &["2027-04-05T09:00:00Z"]);
        check(("UTC", "0 9 29 2 *", month("last fri")), new_year, &["2036-02-29T09:00:00Z"]);
    }

    #[test]
    fn what_never_meets_never_runs() {
        check(("UTC", "0 9 * * tue", month("first mon")), "2027-01-01T12:00:00Z", &[]);
        check(("UTC", "0 9 8-31 * *", month("first mon")), "2027-01-01T12:00:00Z", &[]);
        check(("UTC", "0 0 30 2 *", Days::default()), "2027-01-01T12:00:00Z", &[]);
    }

    #[test]
    fn a_holiday_is_a_day_of_the_person() {
        let but = Holidays::new([date(2027, 1, 5)].into());
        let days = || Days { but: Some(but.clone()), ..Days::default() };
        // Still the 4th in Los Angeles, and the 5th already in Auckland.
        let slots = ["2027-01-05T07:30:00Z", "2027-01-07T07:30:00Z"];
        check(("America/Los_Angeles", "30 23 * * *", days()), "2027-01-05T00:00:00Z", &slots);
        let slots = ["2027-01-05T20:00:00Z"];
        check(("Pacific/Auckland", "0 9 * * *", days()), "2027-01-04T12:00:00Z", &slots);
        check(
            ("UTC", "*/20 * * * *", days()),
            "2027-01-04T23:30:00Z",
            &["2027-01-04T23:40:00Z", "2027-01-06T00:00:00Z"],
        );
    }
}
