//! Zones, weekdays and times of day; civil time to instants, with the gaps and folds of summer time.

use std::fmt;

use std::time::Duration;

use jiff::Timestamp;
use jiff::civil::{Date, DateTime, Weekday};

use crate::limits;
use holidays::Holidays;
use slot::Slot;
use zones::ZoneError;

pub mod duration;
pub mod holidays;
pub mod slot;
pub mod time_of_day;
pub mod zones;

/// An IANA time zone with its name.
#[derive(Clone, Debug)]
pub struct Zone {
    /// As the database spells it: `Europe/Lisbon`.
    pub name: String,
    /// Its rules.
    pub rules: jiff::tz::TimeZone,
}

impl Zone {
    /// The zone of an IANA name, in any case. The system's database is read, else the copy in the program.
    ///
    /// # Errors
    /// What is not a name (an offset, a POSIX rule, an abbreviation), and names that are unknown; each with advice.
    pub fn parse(name: &str) -> Result<Self, ZoneError> {
        zones::find(name).map(|(name, rules)| Self { name, rules })
    }

    /// The one instant that a civil time means here: the first after a gap, the first of a fold.
    pub fn resolve(&self, civil: DateTime) -> Slot {
        slot::resolve(&self.rules, civil)
    }

    /// What the clock on the wall shows.
    pub fn local(&self, instant: Timestamp) -> DateTime {
        self.rules.to_datetime(instant)
    }
}

/// Days of the week, as a set, and perhaps holidays beside. Never empty.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Weekdays(u8);

/// Why weekdays cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "\"{written}\" is no weekday; write mon, tue, wed, thu, fri, sat or sun, a range such as \"mon-fri\", or a list \"sat,sun\""
)]
pub struct WeekdaysError {
    /// The part that is not understood.
    pub written: String,
}

/// The bit of the word `holidays`.
const HOLIDAYS: u8 = 1 << 7;
const DAY_NAMES: [&str; 7] = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];

impl Weekdays {
    /// Reads names (three letters or whole, in any case), ranges that may pass Sunday, and lists of both:
    /// `mon-fri`, `sat,sun`, `fri-mon`. `holidays` in a list names the days off beside.
    ///
    /// # Errors
    /// Names the first part that is none of these.
    pub fn parse(written: &str) -> Result<Self, WeekdaysError> {
        let mut days = 0;
        for part in written.split(',') {
            let part = part.trim();
            let error = || WeekdaysError { written: part.chars().take(40).collect() };
            if part.eq_ignore_ascii_case("holidays") {
                days |= HOLIDAYS;
                continue;
            }
            let (from, to) = part.split_once('-').unwrap_or((part, part));
            let (from, to) = (day_number(from).ok_or_else(error)?, day_number(to).ok_or_else(error)?);
            // `fri-mon` goes from 4 to 7: past Sunday it counts on.
            let to = if to < from { to + 7 } else { to };
            days |= (from..=to).fold(0, |set, day| set | 1 << (day % 7));
        }
        Ok(Self(days))
    }

    /// Whether the day of the week is one of them.
    pub fn contains(self, day: Weekday) -> bool {
        self.0 & 1 << day.to_monday_zero_offset() != 0
    }

    /// Whether holidays are among them, on whatever day of the week.
    pub fn names_holidays(self) -> bool {
        self.0 & HOLIDAYS != 0
    }
}

/// 0 for Monday.
fn day_number(written: &str) -> Option<u8> {
    let written = written.trim().to_ascii_lowercase();
    let names = (0..).zip(DAY_NAMES);
    names.into_iter().find(|(_, name)| *name == written || name.get(..3) == Some(&written)).map(|(number, _)| number)
}

impl fmt::Display for Weekdays {
    /// As `parse` reads it, runs of three days and more as ranges: `mon-fri`, `sat,sun`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let is_in = |day: usize| self.0 & 1 << day != 0;
        let name = |day: usize| DAY_NAMES.get(day).and_then(|name| name.get(..3)).unwrap_or_default();
        let (mut parts, mut day) = (Vec::new(), 0);
        while day < 7 {
            let run = (day..7).take_while(|day| is_in(*day)).count();
            match run {
                0 => day += 1,
                1 | 2 => parts.extend((day..day + run).map(|day| name(day).to_owned())),
                _ => parts.push(format!("{}-{}", name(day), name(day + run - 1))),
            }
            day += run;
        }
        if self.names_holidays() {
            parts.push("holidays".to_owned());
        }
        f.write_str(&parts.join(","))
    }
}

/// A range of the week: on the days on which it starts, from a minute of the day until another, which may lie on the next day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WeeklyRange {
    /// The days on which it starts.
    pub days: Weekdays,
    /// Minutes since midnight, 0 to 1,439.
    pub from_minute: u16,
    /// Minutes since midnight, 0 to 1,440; at or below `from_minute` it is of the next day. Never equal to it.
    pub until_minute: u16,
    on_holidays: OnHolidays,
}

/// Whether a range begins on a holiday.
#[derive(Clone, Debug, PartialEq, Eq)]
enum OnHolidays {
    /// If it does on that day of the week.
    AsOtherwise,
    /// It does not.
    Never(Holidays),
    /// It does.
    Always(Holidays),
}

/// Why two times of day are no range.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RangeError {
    /// Both ends are the same: never, or a whole day?
    #[error(
        "a range that ends where it begins may mean never or always; for a whole day write from \"00:00\" until \"24:00\""
    )]
    Ambiguous,
    /// It begins at the end of a day.
    #[error("no range begins at \"24:00\"; write \"00:00\" and the day after")]
    FromEndOfDay,
}

/// One time that a range of the week comes: all instants from `start` to before `end`. Never empty.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Occurrence {
    /// Its first instant.
    pub start: Slot,
    /// The first instant that no longer belongs to it.
    pub end: Slot,
}

impl WeeklyRange {
    /// The range between two times of day, in minutes since midnight.
    ///
    /// # Errors
    /// Equal ends, and a beginning at 24:00.
    pub fn new(days: Weekdays, from_minute: u16, until_minute: u16) -> Result<Self, RangeError> {
        if from_minute >= time_of_day::END_OF_DAY {
            return Err(RangeError::FromEndOfDay);
        }
        if from_minute == until_minute {
            return Err(RangeError::Ambiguous);
        }
        Ok(Self { days, from_minute, until_minute, on_holidays: OnHolidays::AsOtherwise })
    }

    /// The same, which does not begin on any of these days.
    pub fn but_on(self, holidays: Holidays) -> Self {
        Self { on_holidays: OnHolidays::Never(holidays), ..self }
    }

    /// The same, which begins on these days, too, where its days name holidays.
    pub fn with(self, holidays: Holidays) -> Self {
        match self.days.names_holidays() {
            true => Self { on_holidays: OnHolidays::Always(holidays), ..self },
            false => self,
        }
    }

    fn begins_on(&self, day: Date) -> bool {
        let as_otherwise = self.days.contains(day.weekday());
        match &self.on_holidays {
            OnHolidays::AsOtherwise => as_otherwise,
            OnHolidays::Never(holidays) => as_otherwise && !holidays.contains(day),
            OnHolidays::Always(holidays) => as_otherwise || holidays.contains(day),
        }
    }

    /// Whether `now` lies in it.
    pub fn contains(&self, zone: &Zone, now: Timestamp) -> bool {
        self.end_of_current(zone, now).is_some()
    }

    /// The end of the range that `now` lies in; `None` outside. Ranges that touch are not joined here.
    pub fn end_of_current(&self, zone: &Zone, now: Timestamp) -> Option<Timestamp> {
        // None that begins on a later day has begun; of a range for holidays there may be none at all.
        let days = days_around(zone, now).take(limits::ground::RANGE_DAYS);
        let begun = self.on_days(days, zone, now).take_while(|range| range.start.instant <= now);
        begun.map(|range| range.end.instant).max()
    }

    /// When it begins next, after `now`.
    pub fn next_start(&self, zone: &Zone, now: Timestamp) -> Option<Timestamp> {
        self.occurrences(zone, now).map(|range| range.start.instant).find(|start| *start > now)
    }

    /// Each time it comes that has not ended at `from`, in order of start, until `limits::ground::SCHEDULE_YEAR`. What a gap
    /// swallows whole does not come.
    pub fn occurrences(&self, zone: &Zone, from: Timestamp) -> impl Iterator<Item = Occurrence> {
        self.on_days(days_around(zone, from), zone, from)
    }

    fn on_days(
        &self,
        days: impl Iterator<Item = Date>,
        zone: &Zone,
        from: Timestamp,
    ) -> impl Iterator<Item = Occurrence> {
        days.filter(|day| self.begins_on(*day))
            .map(move |day| Occurrence {
                start: zone.resolve(minute_of(day, self.from_minute)),
                end: zone.resolve(minute_of(
                    day,
                    self.until_minute + if self.crosses_midnight() { time_of_day::END_OF_DAY } else { 0 },
                )),
            })
            .filter(move |range| range.start.instant < range.end.instant && range.end.instant > from)
    }

    fn crosses_midnight(&self) -> bool {
        self.until_minute <= self.from_minute
    }
}

impl fmt::Display for WeeklyRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} to {}", self.days, time_of_day::write(self.from_minute), time_of_day::write(self.until_minute))
    }
}

/// The days from which on a range may hold an instant: it may have begun the day before, and zones have repeated a whole day.
fn days_around(zone: &Zone, instant: Timestamp) -> impl Iterator<Item = Date> {
    let first = zone.local(instant).date().saturating_sub(jiff::Span::new().days(2));
    std::iter::successors(Some(first), |day| day.tomorrow().ok())
        .take_while(|day| day.year() <= limits::ground::SCHEDULE_YEAR)
}

/// The civil time so many minutes after the midnight with which a day begins; on the calendar, not on the clock.
fn minute_of(day: Date, minutes: u16) -> DateTime {
    day.at(0, 0, 0, 0).saturating_add(jiff::Span::new().minutes(i64::from(minutes)))
}

/// This much later, at most the end of time.
pub fn later(from: Timestamp, by: Duration) -> Timestamp {
    from.checked_add(by).unwrap_or(Timestamp::MAX)
}

/// This much earlier, at least the beginning of time.
pub fn earlier(from: Timestamp, by: Duration) -> Timestamp {
    from.checked_sub(by).unwrap_or(Timestamp::MIN)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use jiff::{SignedDuration, Timestamp};

    use super::holidays::Holidays;
    use super::{RangeError, Weekdays, WeeklyRange, Zone, time_of_day};

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn range(days: &str, from: &str, until: &str) -> WeeklyRange {
        let minute = |text| time_of_day::parse(text).unwrap();
        WeeklyRange::new(Weekdays::parse(days).unwrap(), minute(from), minute(until)).unwrap()
    }

    #[test]
    fn weekdays_are_read_and_written() {
        let check = |written: &str, expected: &str| {
            assert_eq!(Weekdays::parse(written).map(|days| days.to_string()).as_deref(), Ok(expected), "{written}");
        };
        check("mon-fri", "mon-fri");
        check("sat,sun", "sat,sun");
        check("Sunday , SATURDAY", "sat,sun");
        check("fri-mon", "mon,fri-sun");
        check("mon-sun", "mon-sun");
        check("sun-sat", "mon-sun");
        check("tue - thu", "tue-thu");
        check("mon,wed,fri", "mon,wed,fri");
        check("mon-mon", "mon");
        check("mon-tue,sat", "mon,tue,sat");
        check("sat, Holidays,sun", "sat,sun,holidays");
        check("holidays", "holidays");
        for wrong in
            ["", "mo", "mond", "montag", "mon-", "-fri", "mon,,fri", "mon-wed-fri", "1-5", "*", "mön", "mon;fri"]
        {
            let error = Weekdays::parse(wrong).err().map(|error| error.to_string()).unwrap_or_default();
            assert!(error.contains("is no weekday; write mon, tue"), "{wrong}: {error}");
        }
    }

    #[test]
    fn ends_that_mean_nothing_are_refused() {
        let days = Weekdays::parse("mon").unwrap();
        assert_eq!(WeeklyRange::new(days, 420, 420), Err(RangeError::Ambiguous));
        assert_eq!(WeeklyRange::new(days, 1440, 60), Err(RangeError::FromEndOfDay));
        assert!(WeeklyRange::new(days, 0, 1440).is_ok());
        assert_eq!(range("mon-fri", "09:00", "24:00").to_string(), "mon-fri 09:00 to 24:00");
    }

    /// Where `now` stands: the end of the range it lies in, and the next start.
    #[track_caller]
    fn check(range: &WeeklyRange, now: &str, end: Option<&str>, next: &str) {
        let zone = Zone::parse("Europe/Berlin").unwrap();
        assert_eq!(range.end_of_current(&zone, at(now)), end.map(at), "end at {now}");
        assert_eq!(range.contains(&zone, at(now)), end.is_some(), "{now}");
        assert_eq!(range.next_start(&zone, at(now)), Some(at(next)), "start after {now}");
    }

    #[test]
    fn a_range_holds_its_start_and_not_its_end() {
        let work = range("mon-fri", "09:00", "18:00");
        check(&work, "2027-01-08T07:59:59Z", None, "2027-01-08T08:00:00Z");
        check(&work, "2027-01-08T08:00:00Z", Some("2027-01-08T17:00:00Z"), "2027-01-11T08:00:00Z");
        check(&work, "2027-01-08T17:00:00Z", None, "2027-01-11T08:00:00Z");
        check(&work, "2027-01-09T12:00:00Z", None, "2027-01-11T08:00:00Z");
    }

    #[test]
    fn days_are_those_on_which_it_starts() {
        let friday_night = range("fri", "20:00", "08:00");
        check(&friday_night, "2027-01-09T06:59:00Z", Some("2027-01-09T07:00:00Z"), "2027-01-15T19:00:00Z");
        check(&friday_night, "2027-01-08T06:59:00Z", None, "2027-01-08T19:00:00Z");
        let until_midnight = range("fri", "20:00", "24:00");
        check(&until_midnight, "2027-01-08T22:59:59Z", Some("2027-01-08T23:00:00Z"), "2027-01-15T19:00:00Z");
        check(&until_midnight, "2027-01-08T23:00:00Z", None, "2027-01-15T19:00:00Z");
        let to_midnight = range("fri", "20:00", "00:00");
        check(&to_midnight, "2027-01-08T22:59:59Z", Some("2027-01-08T23:00:00Z"), "2027-01-15T19:00:00Z");
    }

    #[test]
    fn a_range_may_rest_on_holidays_or_come_with_them() {
        let friday = Holidays::new([jiff::civil::date(2027, 1, 8)].into());
        let work = range("mon-fri", "09:00", "18:00").but_on(friday.clone());
        check(&work, "2027-01-07T09:00:00Z", Some("2027-01-07T17:00:00Z"), "2027-01-11T08:00:00Z");
        check(&work, "2027-01-08T09:00:00Z", None, "2027-01-11T08:00:00Z");
        // The day is that of the zone: in Berlin it begins at 23:00 UTC.
        let off = range("sun,holidays", "00:00", "24:00").with(friday.clone());
        check(&off, "2027-01-07T22:59:59Z", None, "2027-01-07T23:00:00Z");
        check(&off, "2027-01-07T23:00:00Z", Some("2027-01-08T23:00:00Z"), "2027-01-09T23:00:00Z");
        check(&range("sun", "00:00", "24:00").with(friday), "2027-01-08T12:00:00Z", None, "2027-01-09T23:00:00Z");
        let nobody = range("holidays", "09:00", "18:00");
        let zone = Zone::parse("UTC").unwrap();
        assert_eq!(nobody.next_start(&zone, at("2027-01-07T22:00:00Z")), None);
    }

    #[test]
    fn what_a_gap_swallows_does_not_come() {
        let swallowed = range("sun", "02:10", "02:50");
        check(&swallowed, "2026-03-29T00:30:00Z", None, "2026-04-05T00:10:00Z");
        check(&swallowed, "2026-03-29T01:00:00Z", None, "2026-04-05T00:10:00Z");
        // In the fold it comes in the first pass only.
        check(&swallowed, "2026-10-25T00:30:00Z", Some("2026-10-25T00:50:00Z"), "2026-11-01T01:10:00Z");
        check(&swallowed, "2026-10-25T01:30:00Z", None, "2026-11-01T01:10:00Z");
    }

    /// All zones that change their clocks in a year, around each change: a range is quiet from the minute when the wall
    /// first shows its start to the minute when it first shows its end.
    #[test]
    fn ranges_hold_around_every_change_of_every_zone() {
        let (mut seen, mut compared) = (std::collections::BTreeSet::new(), 0);
        let minute = SignedDuration::from_mins(1);
        let ranges = [
            range("mon-sun", "22:00", "02:30"),
            range("mon-sun", "01:15", "02:45"),
            range("mon-sun", "00:00", "24:00"),
        ];
        for name in jiff::tz::db().available() {
            let Ok(zone) = Zone::parse(name.as_str()) else { continue };
            for (year, range) in ["2011", "2026"].iter().flat_map(|year| ranges.iter().map(move |range| (year, range)))
            {
                let start = at(&format!("{year}-01-01T00:00:00Z"));
                for change in zone.rules.following(start).take(3) {
                    let key = (change.timestamp(), change.offset(), range.from_minute);
                    if change.timestamp() > start + SignedDuration::from_hours(8_784) || !seen.insert(key) {
                        continue;
                    }
                    let moved = zone.rules.to_offset(change.timestamp() - minute).duration_until(change.offset()).abs();
                    let margin = moved + SignedDuration::from_hours(2);
                    let mut now = change.timestamp() - margin;
                    let (mut shown, mut inside) = (zone.local(now), range.contains(&zone, now));
                    while now < change.timestamp() + margin {
                        now += minute;
                        while shown < zone.local(now) {
                            shown = shown.checked_add(minute).unwrap();
                            let minutes =
                                u16::try_from(i32::from(shown.hour()) * 60 + i32::from(shown.minute())).unwrap();
                            inside &= minutes != range.until_minute % 1_440;
                            inside |= minutes == range.from_minute;
                        }
                        assert_eq!(range.contains(&zone, now), inside, "{range} in {} at {now}", zone.name);
                    }
                    compared += 1;
                }
            }
        }
        assert!(compared > 200, "only {compared} changes were compared");
    }
}
