//! Days on which a digest may run beside what its crontab says: odd or even weeks, days of the month by their number.

use std::ops::Range;

use jiff::civil::Date;

use crate::civil::Weekdays;
use crate::civil::holidays::Holidays;
use crate::limits;

/// `weeks`: by the number of the week (ISO 8601). Where a year has 53 weeks, two odd ones follow each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Weeks {
    /// 1, 3, 5.
    Odd,
    /// 2, 4, 6.
    Even,
}

impl Weeks {
    /// Whether a day lies in one of them.
    pub fn contains(self, day: Date) -> bool {
        let is_odd = day.iso_week_date().week() % 2 != 0;
        is_odd == (self == Self::Odd)
    }

    /// The word of the configuration.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Odd => "odd",
            Self::Even => "even",
        }
    }
}

/// `days_of_month`: `first mon`, `last working day`, or several of the kind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MonthDays {
    written: String,
    /// Any of them. Never empty.
    parts: Vec<(Count, Kind)>,
    work: Work,
}

/// Which days are working days.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Work {
    /// The days of the week.
    pub days: Weekdays,
    /// But not these.
    pub holidays: Holidays,
}

/// Which one of the days of a kind in a month.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Count {
    /// From the first on, which is 1.
    Number(usize),
    Last,
}

/// What is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Day,
    WorkingDay,
    Weekday(Weekdays),
}

/// Why days of the month cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "\"{written}\" is no day of a month; write \"first mon\", \"last fri\", \"last day\", \"last working day\", or several: \"second tue, fourth tue\""
)]
pub struct MonthDaysError {
    /// The part that is not understood.
    pub written: String,
}

const COUNTS: [(&str, Count); 6] = [
    ("first", Count::Number(1)),
    ("second", Count::Number(2)),
    ("third", Count::Number(3)),
    ("fourth", Count::Number(4)),
    ("fifth", Count::Number(5)),
    ("last", Count::Last),
];

impl MonthDays {
    /// Reads `first` to `fifth` or `last` with a weekday (or a range such as `mon-fri`: any of them), `day` or
    /// `working day`; several with commas.
    ///
    /// # Errors
    /// Names the first part that is none of these.
    pub fn parse(written: &str, work: Work) -> Result<Self, MonthDaysError> {
        let error = |part: &str| MonthDaysError { written: part.chars().take(40).collect() };
        if written.len() > limits::ground::CRONTAB_BYTES {
            return Err(error(written));
        }
        let parts = written.split(',').map(|part| parse_part(part).ok_or_else(|| error(part.trim())));
        let parts = parts.collect::<Result<Vec<_>, _>>()?;
        Ok(Self { written: written.trim().to_owned(), parts, work })
    }

    /// As it was written.
    pub fn as_str(&self) -> &str {
        &self.written
    }

    /// Whether a day is one of them.
    pub fn contains(&self, day: Date) -> bool {
        let number = |days: Range<i8>, kind| {
            let days = days.filter_map(|number| Date::new(day.year(), day.month(), number).ok());
            days.filter(|one| self.is_of(kind, *one)).count()
        };
        self.parts.iter().any(|(count, kind)| {
            self.is_of(*kind, day)
                && match count {
                    Count::Number(wanted) => number(1..day.day(), *kind) + 1 == *wanted,
                    Count::Last => number(day.day() + 1..day.days_in_month() + 1, *kind) == 0,
                }
        })
    }

    fn is_of(&self, kind: Kind, day: Date) -> bool {
        match kind {
            Kind::Day => true,
            Kind::Weekday(days) => days.contains(day.weekday()),
            Kind::WorkingDay => self.work.days.contains(day.weekday()) && !self.work.holidays.contains(day),
        }
    }
}

fn parse_part(part: &str) -> Option<(Count, Kind)> {
    let part = part.trim().to_ascii_lowercase();
    let (count, kind) = part.split_once(char::is_whitespace)?;
    let (_, count) = COUNTS.iter().find(|(word, _)| *word == count)?;
    let words: Vec<&str> = kind.split_whitespace().collect();
    let kind = match words.as_slice() {
        ["day"] => Kind::Day,
        ["working", "day"] => Kind::WorkingDay,
        [days] => Kind::Weekday(Weekdays::parse(days).ok().filter(|days| !days.names_holidays())?),
        _ => return None,
    };
    Some((*count, kind))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use jiff::civil::{Date, date};

    use super::{MonthDays, Weeks, Work};
    use crate::civil::Weekdays;
    use crate::civil::holidays::Holidays;

    /// The days of a month that match.
    #[track_caller]
    fn check(written: &str, (year, month): (i16, i8), expected: &[i8]) {
        let holidays = Holidays::new([date(2027, 12, 31), date(2027, 1, 1)].into());
        let work = Work { days: Weekdays::parse("mon-fri").unwrap(), holidays };
        let days = MonthDays::parse(written, work).unwrap();
        let all = (1..=date(year, month, 1).days_in_month()).map(|day| date(year, month, day));
        let found: Vec<i8> = all.filter(|day| days.contains(*day)).map(Date::day).collect();
        assert_eq!(found, expected, "{written} in {year}-{month}");
    }

    #[test]
    fn days_are_counted_within_their_month() {
        check("first mon", (2027, 2), &[1]);
        check("First  Monday", (2027, 3), &[1]);
        check("first mon", (2027, 1), &[4]);
        check("last fri", (2027, 4), &[30]);
        check("last fri", (2028, 2), &[25]);
        check("second tue, fourth tue", (2027, 1), &[12, 26]);
        check("fifth mon", (2027, 1), &[]);
        check("fifth mon", (2027, 3), &[29]);
        check("last day", (2028, 2), &[29]);
        check("third day", (2028, 2), &[3]);
        check("last working day", (2027, 10), &[29]);
        check("last working day", (2027, 12), &[30]);
        check("first working day", (2027, 1), &[4]);
        check("last sat-sun", (2027, 1), &[31]);
    }

    #[test]
    fn all_else_is_refused() {
        let work = || Work { days: Weekdays::parse("mon-fri").unwrap(), holidays: Holidays::default() };
        for wrong in
            ["", "mon", "first", "sixth mon", "first mo", "1 mon", "first mon,", "last working", "first holidays"]
        {
            let error = MonthDays::parse(wrong, work()).err().map(|error| error.to_string()).unwrap_or_default();
            assert!(error.contains("is no day of a month; write \"first mon\""), "{wrong}: {error}");
        }
        assert!(MonthDays::parse(&"first mon,".repeat(1_000), work()).is_err());
    }

    #[test]
    fn weeks_are_those_of_the_calendar() {
        assert!(Weeks::Odd.contains(date(2027, 1, 4)), "week 1");
        assert!(Weeks::Even.contains(date(2027, 1, 11)));
        assert!(Weeks::Odd.contains(date(2027, 1, 1)), "week 53 of 2026");
        assert!(Weeks::Odd.contains(date(2027, 1, 10)), "sunday is the last of its week");
    }
}
