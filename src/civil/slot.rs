//! Civil time to an instant, by the house's rule for the gaps and folds of summer time.

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::{AmbiguousOffset, TimeZone};

/// What summer time did to a civil time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Note {
    /// The civil time does not exist: the first instant after the gap was taken.
    Gap,
    /// The civil time comes twice: the first of the two was taken.
    Fold,
}

impl Note {
    /// The word that `--json` shows: `gap`, `fold`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Gap => "gap",
            Self::Fold => "fold",
        }
    }
}

/// The instant that a civil time means in a zone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Slot {
    /// When.
    pub instant: Timestamp,
    /// Whether summer time had a part in it.
    pub note: Option<Note>,
}

/// The one instant of a civil time: in a gap the first instant after it, in a fold the first of the two. It
/// never falls when the civil time rises, and two civil times may share one instant.
///
/// jiff's `compatible()` is another rule: it moves 02:30 in a gap of an hour to 03:30, not to 03:00.
pub fn resolve(rules: &TimeZone, civil: DateTime) -> Slot {
    let (instant, note) = match rules.to_ambiguous_timestamp(civil).offset() {
        AmbiguousOffset::Unambiguous { offset } => (offset.to_timestamp(civil).ok(), None),
        AmbiguousOffset::Fold { before, .. } => (before.to_timestamp(civil).ok(), Some(Note::Fold)),
        AmbiguousOffset::Gap { after, .. } => {
            // Read with the later offset, a time in the gap lies just before the change.
            let before_change = after.to_timestamp(civil).ok();
            let change = before_change.and_then(|t| rules.following(t).next()).map(|change| change.timestamp());
            (change.or(before_change), Some(Note::Gap))
        }
    };
    // Only within a day of the years -9999 and 9999 is there no instant: the nearest one there is.
    let edge = if civil.year() < 0 { Timestamp::MIN } else { Timestamp::MAX };
    Slot { instant: instant.unwrap_or(edge), note }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use jiff::civil::DateTime;
    use jiff::tz::TimeZone;

    use super::resolve;

    #[track_caller]
    fn check(zone: &str, civil: &str, expected: &str) {
        let slot = resolve(&TimeZone::get(zone).unwrap(), civil.parse().unwrap());
        let note = slot.note.map_or(String::new(), |note| format!(" {}", note.as_str()));
        assert_eq!(format!("{}{note}", slot.instant), expected, "{zone} {civil}");
    }

    #[test]
    fn a_gap_ends_at_its_end_and_a_fold_is_taken_first() {
        check("Europe/Lisbon", "2027-01-10T14:00", "2027-01-10T14:00:00Z");
        check("Europe/Berlin", "2026-03-29T01:59:59", "2026-03-29T00:59:59Z");
        check("Europe/Berlin", "2026-03-29T02:00", "2026-03-29T01:00:00Z gap");
        check("Europe/Berlin", "2026-03-29T02:30", "2026-03-29T01:00:00Z gap");
        check("Europe/Berlin", "2026-03-29T03:00", "2026-03-29T01:00:00Z");
        check("Europe/Berlin", "2026-10-25T02:00", "2026-10-25T00:00:00Z fold");
        check("Europe/Berlin", "2026-10-25T02:59:59", "2026-10-25T00:59:59Z fold");
        check("Europe/Berlin", "2026-10-25T03:00", "2026-10-25T02:00:00Z");
        check("Australia/Lord_Howe", "2026-10-04T02:15", "2026-10-03T15:30:00Z gap");
        check("Australia/Lord_Howe", "2026-04-05T01:45", "2026-04-04T14:45:00Z fold");
        check("Africa/Cairo", "2026-04-24T00:00", "2026-04-23T22:00:00Z gap");
        check("Pacific/Apia", "2011-12-30T09:00", "2011-12-30T10:00:00Z gap");
        check("America/St_Johns", "1988-04-03T01:00", "1988-04-03T03:31:00Z gap");
    }

    #[test]
    fn the_ends_of_the_calendar_are_instants_too() {
        for zone in ["UTC", "Asia/Tokyo", "America/New_York", "Pacific/Kiritimati"] {
            let rules = TimeZone::get(zone).unwrap();
            assert!(resolve(&rules, DateTime::MIN).instant < resolve(&rules, DateTime::MAX).instant);
        }
    }
}
