//! The time of `pause --until`: a time of day, a date, both, an instant, or a duration from now.

use jiff::civil::{Date, DateTime};
use jiff::{SignedDuration, Timestamp};

use crate::civil::{Zone, duration, time_of_day};

/// Why a time cannot be taken.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum UntilError {
    /// It is none of the forms.
    #[error("\"{written}\" is no time; write \"14:00\", \"2027-01-10\", \"2027-01-10 14:00\", \"2h\", or RFC 3339")]
    Malformed {
        /// As it was written.
        written: String,
    },
    /// A date or an instant that is over.
    #[error("\"{written}\" is past; write a time to come")]
    Past {
        /// As it was written.
        written: String,
    },
}

/// Reads a time to come. A time of day that is past today is tomorrow's; a date alone begins at 00:00; both are read in the
/// person's zone. `24:00` is the end of today.
///
/// # Errors
/// What is none of the forms, and a date or an instant that is not after `now`.
pub fn parse(written: &str, now: Timestamp, zone: &Zone) -> Result<Timestamp, UntilError> {
    let written = written.trim();
    let owned = || written.chars().take(40).collect::<String>();
    let until = if let Ok(minutes) = time_of_day::parse(written) {
        next_time(minutes, now, zone)
    } else if let Ok(duration) = duration::parse(written) {
        let duration = SignedDuration::try_from(duration).unwrap_or(SignedDuration::MAX);
        now.saturating_add(duration).ok()
    } else if let Some(civil) = date_and_time(written) {
        Some(zone.resolve(civil).instant)
    } else {
        written.parse::<Timestamp>().ok()
    };
    match until {
        None => Err(UntilError::Malformed { written: owned() }),
        Some(until) if until <= now => Err(UntilError::Past { written: owned() }),
        Some(until) => Ok(until),
    }
}

/// The next time the day is so old: today's, else tomorrow's.
fn next_time(minutes: u16, now: Timestamp, zone: &Zone) -> Option<Timestamp> {
    let today = zone.local(now).date();
    // The day after tomorrow, because a zone may skip a whole day.
    let days = std::iter::successors(Some(today), |day| day.tomorrow().ok()).take(3);
    days.map(|day| zone.resolve(at_minutes(day, minutes)).instant).find(|until| *until > now)
}

/// `YYYY-MM-DD`, alone or with a time of day after a blank or `T`.
fn date_and_time(written: &str) -> Option<DateTime> {
    let (date, time) = written.split_once([' ', 'T', 't']).unwrap_or((written, "00:00"));
    let has_form = date.len() == 10 && date.bytes().all(|b| b.is_ascii_digit() || b == b'-');
    let date: Date = has_form.then(|| date.parse().ok()).flatten()?;
    Some(at_minutes(date, time_of_day::parse(time.trim_start()).ok()?))
}

fn at_minutes(date: Date, minutes: u16) -> DateTime {
    date.at(0, 0, 0, 0).saturating_add(jiff::Span::new().minutes(i64::from(minutes)))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::parse;
    use crate::civil::Zone;

    #[track_caller]
    fn check(written: &str, now: &str, expected: &str) {
        let zone = Zone::parse("Europe/Berlin").unwrap();
        let until = parse(written, now.parse().unwrap(), &zone);
        assert_eq!(until.map_or_else(|error| error.to_string(), |until| until.to_string()), expected, "{written}");
    }

    #[test]
    fn reads_what_people_write() {
        let now = "2027-01-08T12:00:00Z";
        check("14:00", now, "2027-01-08T13:00:00Z");
        check("13:00", now, "2027-01-09T12:00:00Z");
        check("12:59", now, "2027-01-09T11:59:00Z");
        check("9:00", now, "2027-01-09T08:00:00Z");
        check("24:00", now, "2027-01-08T23:00:00Z");
        check("00:00", now, "2027-01-08T23:00:00Z");
        check("2027-01-10", now, "2027-01-09T23:00:00Z");
        check("2027-01-10 14:00", now, "2027-01-10T13:00:00Z");
        check("2027-07-10T14:00", now, "2027-07-10T12:00:00Z");
        check(" 2027-01-10  24:00 ", now, "2027-01-10T23:00:00Z");
        check("2027-01-10T14:00:00Z", now, "2027-01-10T14:00:00Z");
        check("2027-01-10T14:00:00-08:00", now, "2027-01-10T22:00:00Z");
        check("2h", now, "2027-01-08T14:00:00Z");
        check("30m", now, "2027-01-08T12:30:00Z");
        check("2w", now, "2027-01-22T12:00:00Z");
    }

    #[test]
    fn summer_time_has_its_rule() {
        check("02:30", "2026-03-28T22:00:00Z", "2026-03-29T01:00:00Z");
        check("02:30", "2026-10-24T22:00:00Z", "2026-10-25T00:30:00Z");
        // In the second 02:10 the first 02:30 is past.
        check("02:30", "2026-10-25T01:10:00Z", "2026-10-26T01:30:00Z");
    }

    #[test]
    fn refuses_the_past_and_nonsense() {
        let now = "2027-01-08T12:00:00Z";
        check("2027-01-08", now, "\"2027-01-08\" is past; write a time to come");
        check("2027-01-08 13:00", now, "\"2027-01-08 13:00\" is past; write a time to come");
        check("2020-01-10T14:00:00Z", now, "\"2020-01-10T14:00:00Z\" is past; write a time to come");
        let wrong = [
            "",
            "tomorrow",
            "2pm",
            "25:00",
            "0h",
            "2027-02-30",
            "2027-01-10 25:00",
            "10.1.2027",
            "2027-13-01",
            "120",
            "-2h",
            "20270110",
        ];
        for wrong in wrong {
            let zone = Zone::parse("Europe/Berlin").unwrap();
            let error = parse(wrong, now.parse().unwrap(), &zone).map(|until| until.to_string());
            assert!(error.as_ref().is_err_and(|error| error.to_string().contains("is no time")), "{wrong}: {error:?}");
        }
    }
}
