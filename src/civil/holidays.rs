//! Days off by the calendar: which they are, and of which files they were read.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Arc;

use jiff::civil::Date;

/// Days of the calendar that are not working days. Clones share them. May be empty.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Holidays(Arc<BTreeSet<Date>>);

impl Holidays {
    /// These days.
    pub fn new(days: BTreeSet<Date>) -> Self {
        Self(Arc::new(days))
    }

    /// Whether the day is one of them.
    pub fn contains(&self, day: Date) -> bool {
        self.0.contains(&day)
    }

    /// Those from a day on, rising.
    pub fn from(&self, day: Date) -> impl Iterator<Item = Date> {
        self.0.range(day..).copied()
    }

    /// The last of all; `None`: there are none.
    pub fn last(&self) -> Option<Date> {
        self.0.last().copied()
    }
}

/// One file of `holidays`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Calendar {
    /// Where it lies.
    pub path: PathBuf,
    /// Its days; none where it could not be read.
    pub days: Holidays,
    /// Why it could not be read.
    pub unread: Option<String>,
}

impl Calendar {
    /// Why its days count as ordinary ones: it could not be read, or all of them have passed.
    pub fn trouble(&self, today: Date) -> Option<String> {
        if let Some(why) = &self.unread {
            return Some(why.clone());
        }
        let last = self.days.last().filter(|last| *last < today)?;
        Some(format!("out of date: its last day was {last}; put a newer file there, and reload"))
    }
}

/// All holidays of a person, with the files that they come from, in the order of the configuration.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Almanac {
    /// The files.
    pub calendars: Vec<Calendar>,
    /// The days of all of them.
    pub days: Holidays,
}

impl Almanac {
    /// The days of these files together.
    pub fn new(calendars: Vec<Calendar>) -> Self {
        let days = calendars.iter().flat_map(|calendar| calendar.days.0.iter().copied()).collect();
        Self { calendars, days: Holidays::new(days) }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use jiff::civil::date;

    use super::{Almanac, Calendar, Holidays};

    #[test]
    fn a_file_is_out_of_date_when_its_last_day_has_passed() {
        let days = Holidays::new([date(2026, 12, 25), date(2026, 12, 26)].into());
        let calendar = Calendar { path: "a.ics".into(), days, unread: None };
        assert_eq!(calendar.trouble(date(2026, 12, 26)), None);
        assert!(calendar.trouble(date(2026, 12, 27)).unwrap().contains("its last day was 2026-12-26"));
        let unread = Calendar { path: "b.ics".into(), days: Holidays::default(), unread: Some("no".to_owned()) };
        assert_eq!(unread.trouble(date(2026, 1, 1)).as_deref(), Some("no"));
        let almanac = Almanac::new(vec![calendar, unread]);
        assert!(almanac.days.contains(date(2026, 12, 25)));
        assert_eq!(almanac.days.from(date(2026, 12, 26)).count(), 1);
    }
}
