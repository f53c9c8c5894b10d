//! A calendar of days off (RFC 5545): the days that its events fill from midnight to midnight.

use std::collections::BTreeSet;
use std::panic::{AssertUnwindSafe, catch_unwind};

use calcard::common::timezone::Tz;
use calcard::icalendar::dates::{CalendarEvent, TimeOrDelta};
use calcard::icalendar::{
    ICalendar, ICalendarComponent, ICalendarComponentType, ICalendarFrequency, ICalendarProperty, ICalendarStatus,
    ICalendarValue,
};
use chrono::{DateTime, Datelike, NaiveDateTime, TimeDelta, Timelike};
use jiff::civil::Date;
use jiff::tz::TimeZone;

use super::calendar::{self, Bounds};
use crate::limits;

/// Why a calendar names no days off.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum HolidaysError {
    /// It is no text in UTF-8, or no calendar.
    #[error("it is no iCalendar file; write one that begins with BEGIN:VCALENDAR")]
    Unreadable,
    /// More than anybody's holidays are.
    #[error(
        "it holds more than calendars of holidays do ({} events, {} rules, {} days, BEGIN lines in each other); name one that holds these alone",
        limits::mail::HOLIDAYS_COMPONENTS,
        limits::mail::HOLIDAYS_SERIES,
        limits::mail::HOLIDAYS_DAYS
    )]
    TooMuch,
    /// There is none.
    #[error("none of its events is a whole day")]
    NoDay,
}

/// The days, never none. A day is the one on the calendar, in whichever zone it is read: the clock of an event is that of the
/// event. What is cancelled, or shorter than a day, is no day off; of an event of several days each whole one is.
///
/// Series without an end are counted until `limits::ground::SCHEDULE_YEAR`.
///
/// # Errors
/// When it cannot be read as a whole, or names no day.
pub fn read(octets: &[u8]) -> Result<BTreeSet<Date>, HolidaysError> {
    let text = std::str::from_utf8(octets).map_err(|_| HolidaysError::Unreadable)?;
    let bounds = Bounds {
        bytes: limits::mail::HOLIDAYS_BYTES,
        components: limits::mail::HOLIDAYS_COMPONENTS,
        series: limits::mail::HOLIDAYS_SERIES,
        last_year: limits::ground::SCHEDULE_YEAR.unsigned_abs(),
        from_year: limits::ground::SCHEDULE_YEAR.unsigned_abs(),
    };
    if !calendar::is_bounded(text, bounds) {
        return Err(HolidaysError::TooMuch);
    }
    // calcard 0.3 adds durations to dates without looking where that ends.
    let read = catch_unwind(AssertUnwindSafe(|| {
        let text = text.trim_start_matches('\u{feff}');
        let mut calendar = ICalendar::parse(text).map_err(|_| HolidaysError::Unreadable)?;
        if calendar::method_of(&calendar).is_some_and(|method| method.eq_ignore_ascii_case("CANCEL")) {
            return Err(HolidaysError::NoDay);
        }
        without_minutes(&mut calendar);
        let series = entries(&calendar, &ICalendarProperty::Rrule).count();
        if series > bounds.series {
            return Err(HolidaysError::TooMuch);
        }
        calendar::prepare(&mut calendar, &TimeZone::UTC, bounds);
        days(&calendar)
    }));
    read.unwrap_or(Err(HolidaysError::Unreadable))
}

/// Takes the rules away by which something comes several times a day: no day off does, and they take long to count.
fn without_minutes(calendar: &mut ICalendar) {
    let is_of_days = |value: &ICalendarValue| match value {
        ICalendarValue::RecurrenceRule(rule) => !matches!(
            rule.freq,
            ICalendarFrequency::Secondly | ICalendarFrequency::Minutely | ICalendarFrequency::Hourly
        ),
        _ => true,
    };
    for part in &mut calendar.components {
        part.entries.retain(|entry| entry.name != ICalendarProperty::Rrule || entry.values.iter().all(is_of_days));
    }
}

fn entries<'a>(calendar: &'a ICalendar, name: &'a ICalendarProperty) -> impl Iterator<Item = &'a ICalendarValue> {
    let entries = calendar.components.iter().flat_map(|part| &part.entries).filter(|entry| entry.name == *name);
    entries.flat_map(|entry| &entry.values)
}

fn days(calendar: &ICalendar) -> Result<BTreeSet<Date>, HolidaysError> {
    let most = limits::mail::HOLIDAYS_OCCURRENCES;
    let expanded = calendar.expand_dates(Tz::Floating, most);
    // What an exception takes out has been counted.
    if expanded.events.len() + entries(calendar, &ICalendarProperty::Exdate).count() >= most {
        return Err(HolidaysError::TooMuch);
    }
    let (mut days, mut steps) = (BTreeSet::new(), 0_usize);
    for occurrence in &expanded.events {
        let index = usize::try_from(occurrence.comp_id).ok();
        let Some(part) = index.and_then(|index| calendar.components.get(index)) else { continue };
        if part.component_type != ICalendarComponentType::VEvent || part.status() == Some(&ICalendarStatus::Cancelled) {
            continue;
        }
        let Some((first, end)) = whole_days(part, occurrence) else { continue };
        let from_first = std::iter::successors(Some(first), |day| day.tomorrow().ok());
        for day in from_first.take_while(|day| *day < end) {
            steps += 1;
            if steps > limits::mail::HOLIDAYS_DAYS {
                return Err(HolidaysError::TooMuch);
            }
            days.insert(day);
        }
    }
    if days.is_empty() { Err(HolidaysError::NoDay) } else { Ok(days) }
}

type Occurrence = CalendarEvent<DateTime<Tz>, TimeOrDelta<DateTime<Tz>, TimeDelta>>;

/// The first day that an event fills, and the first that it no longer does. DTEND is not part of it, and a date without it
/// is one day (RFC 5545 section 3.6.1).
fn whole_days(part: &ICalendarComponent, occurrence: &Occurrence) -> Option<(Date, Date)> {
    let start = occurrence.start.naive_local();
    let is_said = |name| part.property(&name).is_some();
    let end = match &occurrence.end {
        _ if !is_said(ICalendarProperty::Dtend) && !is_said(ICalendarProperty::Duration) => {
            let length = if calendar::is_timed(part) { TimeDelta::zero() } else { TimeDelta::days(1) };
            start.checked_add_signed(length)?
        }
        TimeOrDelta::Time(end) => end.naive_local(),
        TimeOrDelta::Delta(length) => start.checked_add_signed(*length)?,
    };
    let first = date(start)?;
    let begins_whole = start.num_seconds_from_midnight() == 0;
    let end_day = date(end)?;
    // Some programs write the last day itself as the end of a date.
    if !calendar::is_timed(part) && end_day == first {
        return Some((first, first.tomorrow().ok()?));
    }
    Some((if begins_whole { first } else { first.tomorrow().ok()? }, end_day))
}

fn date(local: NaiveDateTime) -> Option<Date> {
    let small = |n: u32| i8::try_from(n).ok();
    Date::new(i16::try_from(local.year()).ok()?, small(local.month())?, small(local.day())?).ok()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::time::{Duration, Instant};

    use super::{HolidaysError, read};

    fn calendar(events: &[&str]) -> String {
        let events: String = events.iter().map(|lines| format!("BEGIN:VEVENT\n{lines}\nEND:VEVENT\n")).collect();
        format!("BEGIN:VCALENDAR\nVERSION:2.0\n{events}END:VCALENDAR\n").replace('\n', "\r\n")
    }

    /// The first days, as many as are expected and one more.
    #[track_caller]
    fn check(event: &str, expected: &[&str]) {
        let found = read(calendar(&[event]).as_bytes()).unwrap_or_default();
        let found: Vec<String> = found.into_iter().take(expected.len() + 1).map(|day| day.to_string()).collect();
        assert_eq!(found, expected, "{event}");
    }

    #[track_caller]
    fn first(event: &str, expected: &[&str]) {
        let found = read(calendar(&[event]).as_bytes()).unwrap_or_default();
        let found: Vec<String> = found.into_iter().take(expected.len()).map(|day| day.to_string()).collect();
        assert_eq!(found, expected, "{event}");
    }

    #[test]
    fn whole_days_are_taken() {
        check("UID:1\nDTSTART;VALUE=DATE:20270101\nDTEND;VALUE=DATE:20270102", &["2027-01-01"]);
        check("UID:1\nDTSTART;VALUE=DATE:20270101", &["2027-01-01"]);
        check("UID:1\nDTSTART;VALUE=DATE:20270101\nDTEND;VALUE=DATE:20270101", &["2027-01-01"]);
        check("UID:1\nDTSTART;VALUE=DATE:20270101\nDURATION:P2D", &["2027-01-01", "2027-01-02"]);
        check(
            "UID:1\nDTSTART;VALUE=DATE:20261230\nDTEND;VALUE=DATE:20270102",
            &["2026-12-30", "2026-12-31", "2027-01-01"],
        );
    }

    #[test]
    fn midnight_to_midnight_is_a_day_by_whichever_clock() {
        check("UID:1\nDTSTART:20270101T000000\nDTEND:20270102T000000", &["2027-01-01"]);
        check("UID:1\nDTSTART;TZID=Asia/Tokyo:20270101T000000\nDTEND;TZID=Asia/Tokyo:20270102T000000", &["2027-01-01"]);
        check("UID:1\nDTSTART:20270101T000000Z\nDTEND:20270102T000000Z", &["2027-01-01"]);
        check("UID:1\nDTSTART:20270101T180000\nDTEND:20270103T120000", &["2027-01-02"]);
        check("UID:1\nDTSTART:20270101T090000\nDTEND:20270101T170000", &[]);
        check("UID:1\nDTSTART:20270101T000000", &[]);
    }

    #[test]
    fn series_come_again_but_for_their_exceptions() {
        let yearly = "UID:1\nDTSTART;VALUE=DATE:20190507\nRRULE:FREQ=YEARLY";
        first(yearly, &["2019-05-07", "2020-05-07", "2021-05-07"]);
        assert_eq!(read(calendar(&[yearly]).as_bytes()).unwrap().len(), 82, "until 2100");
        check(
            "UID:1\nDTSTART;VALUE=DATE:20270101\nRRULE:FREQ=YEARLY;COUNT=3\nEXDATE;VALUE=DATE:20280101",
            &["2027-01-01", "2029-01-01"],
        );
        check(
            "UID:1\nDTSTART;VALUE=DATE:20270101\nRRULE:FREQ=MONTHLY;UNTIL=20270301\nDURATION:P2D",
            &["2027-01-01", "2027-01-02", "2027-02-01", "2027-02-02", "2027-03-01", "2027-03-02"],
        );
        first(
            "UID:1\nDTSTART;VALUE=DATE:20270526\nRRULE:FREQ=YEARLY;BYMONTH=5;BYDAY=-1MO",
            &["2027-05-31", "2028-05-29"],
        );
        let moved = "UID:1\nRECURRENCE-ID;VALUE=DATE:20280101\nDTSTART;VALUE=DATE:20280103";
        let off = "UID:1\nRECURRENCE-ID;VALUE=DATE:20290101\nDTSTART;VALUE=DATE:20290101\nSTATUS:CANCELLED";
        let series = "UID:1\nDTSTART;VALUE=DATE:20270101\nRRULE:FREQ=YEARLY;COUNT=4";
        let found = read(calendar(&[series, moved, off]).as_bytes()).unwrap();
        let found: Vec<String> = found.into_iter().map(|day| day.to_string()).collect();
        assert_eq!(found, ["2027-01-01", "2028-01-03", "2030-01-01"]);
    }

    #[test]
    fn what_is_off_is_no_day_off() {
        check("UID:1\nDTSTART;VALUE=DATE:20270101\nSTATUS:CANCELLED", &[]);
        check("UID:1\nDTSTART;VALUE=DATE:20270101\nSTATUS:CONFIRMED\nTRANSP:TRANSPARENT", &["2027-01-01"]);
        let cancel = calendar(&["UID:1\nDTSTART;VALUE=DATE:20270101"]).replace("VERSION", "METHOD:CANCEL\r\nVERSION");
        assert_eq!(read(cancel.as_bytes()), Err(HolidaysError::NoDay));
        let task = calendar(&["UID:1\nDTSTART;VALUE=DATE:20270101"]).replace("VEVENT", "VTODO");
        assert_eq!(read(task.as_bytes()), Err(HolidaysError::NoDay));
    }

    #[test]
    fn hostile_files_end_soon() {
        let began = Instant::now();
        let nested = format!("BEGIN:VCALENDAR\n{}", "BEGIN:VEVENT\n".repeat(2_000));
        assert_eq!(read(nested.as_bytes()), Err(HolidaysError::TooMuch));
        let day = "UID:1\nDTSTART;VALUE=DATE:20270101";
        assert_eq!(read(calendar(&[day; 2_000]).as_bytes()).map(|days| days.len()), Ok(1));
        assert_eq!(read(calendar(&[day; 6_000]).as_bytes()), Err(HolidaysError::TooMuch));
        assert_eq!(read(&vec![b' '; 3 << 20]), Err(HolidaysError::TooMuch));
        for binary in [&b"\x89PNG\r\n\x1a\n\xff\xfe"[..], b"\0\0\0\0", b"", b"BEGIN:VCARD\nEND:VCARD\n", b"<html>"] {
            assert!(read(binary).is_err(), "{binary:?}");
        }
        let daily = "UID:1\nDTSTART;VALUE=DATE:19700101\nRRULE:FREQ=DAILY";
        assert_eq!(read(calendar(&[daily]).as_bytes()), Err(HolidaysError::TooMuch));
        assert_eq!(read(calendar(&[&daily.replace("DAILY", "SECONDLY")]).as_bytes()).map(|days| days.len()), Ok(1));
        let never = format!("{};BYMONTH=2;BYMONTHDAY=30", daily.replace("DAILY", "YEARLY"));
        let _ = read(calendar(&[&never]).as_bytes());
        let seldom = format!("{daily};BYMONTH=2;BYMONTHDAY=29");
        assert!(read(calendar(&[seldom.as_str(); 250]).as_bytes()).is_err());
        let _ = read(calendar(&[seldom.as_str(); 50]).as_bytes());
        let long = "UID:1\nDTSTART;VALUE=DATE:00010101\nDTEND;VALUE=DATE:99991231";
        assert_eq!(read(calendar(&[long]).as_bytes()), Err(HolidaysError::TooMuch));
        let over = "UID:1\nDTSTART;VALUE=DATE:20270101\nDURATION:P99999999999999W";
        let _ = read(calendar(&[over]).as_bytes());
        assert!(began.elapsed() < Duration::from_secs(30), "{:?}", began.elapsed());
    }
}
