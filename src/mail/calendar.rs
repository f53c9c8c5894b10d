//! Calendar parts: what is invited to, moved or cancelled, and when it happens next (RFC 5545, RFC 5546).

use std::collections::{HashMap, HashSet};
use std::panic::{AssertUnwindSafe, catch_unwind};

use calcard::common::timezone::Tz;
use calcard::common::{IanaString, PartialDateTime};
use calcard::icalendar::dates::{CalendarEvent, TimeOrDelta};
use calcard::icalendar::{
    ICalendar, ICalendarComponent, ICalendarComponentType, ICalendarEntry, ICalendarProperty, ICalendarRecurrenceRule,
    ICalendarStatus, ICalendarValue,
};
use chrono::{DateTime, NaiveDateTime, TimeDelta};
use jiff::Timestamp;
use jiff::tz::TimeZone;

pub mod local;
pub mod revision;

use super::notes::Notes;
use super::{clean, zone};
use crate::limits;
use crate::model::message::Event;

/// For whom a calendar part is read.
#[derive(Clone, Copy, Debug)]
pub struct Reading<'a> {
    /// The next occurrence is the first at or after this.
    pub received_at: Timestamp,
    /// The zone of times that name none, and of whole days.
    pub zone: &'a TimeZone,
    /// The method parameter of the Content-Type, where the part itself names none.
    pub method: Option<&'a str>,
}

/// How much of a calendar is read.
#[derive(Clone, Copy, Debug)]
pub struct Bounds {
    /// Its octets.
    pub bytes: usize,
    /// Its BEGIN lines.
    pub components: usize,
    /// How many series are expanded; the others become single events.
    pub series: usize,
    /// The year until which a series goes that began before `from_year`; one that begins later goes on for as many years.
    pub last_year: u16,
    /// See `last_year`.
    pub from_year: u16,
}

impl Bounds {
    /// Those of a part of a mail that came then.
    fn of_part(received_at: Timestamp) -> Self {
        let year = u16::try_from(TimeZone::UTC.to_datetime(received_at).year()).unwrap_or_default();
        Self {
            bytes: limits::mail::MAIL_CALENDAR_BYTES,
            components: limits::mail::MAIL_CALENDAR_COMPONENTS,
            series: limits::mail::MAIL_CALENDAR_SERIES,
            last_year: year.saturating_add(limits::mail::MAIL_CALENDAR_YEARS),
            from_year: year,
        }
    }
}

/// Reads a calendar part. Of a series the next occurrence, or the last where all have passed. `None` with a note where
/// it cannot be read or speaks of no event.
pub fn read(text: &str, reading: Reading<'_>, notes: &mut Notes) -> Option<Event> {
    let bounds = Bounds::of_part(reading.received_at);
    if !is_bounded(text, bounds) {
        notes.add("calendar part too large");
        return None;
    }
    // calcard 0.3 adds durations to dates without looking where that ends.
    let read = catch_unwind(AssertUnwindSafe(|| {
        let mut calendar = ICalendar::parse(text).map_err(|_| "calendar part not readable")?;
        let homes = prepare(&mut calendar, reading.zone, bounds);
        next_event(&calendar, &homes, reading).ok_or("calendar part without an event")
    }));
    match read.unwrap_or(Err("calendar part not readable")) {
        Ok(event) => Some(event),
        Err(note) => {
            notes.add(note);
            None
        }
    }
}

/// Counts BEGIN lines and their depth before any parser sees them.
pub fn is_bounded(text: &str, bounds: Bounds) -> bool {
    let (mut components, mut depth, mut deepest) = (0usize, 0usize, 0usize);
    for line in text.lines() {
        let is = |word: &str| line.get(..word.len()).is_some_and(|start| start.eq_ignore_ascii_case(word));
        if is("BEGIN") {
            (components, depth) = (components + 1, depth + 1);
            deepest = deepest.max(depth);
        } else if is("END:") {
            depth = depth.saturating_sub(1);
        }
    }
    text.len() <= bounds.bytes && components <= bounds.components && deepest <= limits::mail::MAIL_CALENDAR_DEPTH
}

/// Makes all times of each event local to its own zone and takes the zones out, so that calcard counts in civil time:
/// by its own tables it drops an event that starts in the hour which summer time doubles or skips. Returns each
/// component's zone. Series beyond the bound become single events.
pub fn prepare(calendar: &mut ICalendar, reader: &TimeZone, bounds: Bounds) -> Vec<TimeZone> {
    let homes = homes(calendar, reader);
    // TZIDs of ends and exceptions may differ from that of the start.
    let zones: Vec<Vec<Option<TimeZone>>> = calendar
        .components
        .iter()
        .map(|part| part.entries.iter().map(|e| e.tz_id().and_then(|id| zone::resolve(id, calendar))).collect())
        .collect();
    let mut series = 0;
    for ((part, home), zones) in calendar.components.iter_mut().zip(&homes).zip(zones) {
        if part.component_type != ICalendarComponentType::VEvent {
            // Only events are expanded; tasks, alarms and free times are not asked for.
            part.entries.retain(|entry| !matches!(entry.name, ICalendarProperty::Dtstart | ICalendarProperty::Rrule));
            continue;
        }
        for (entry, own) in part.entries.iter_mut().zip(zones) {
            let own = own.unwrap_or_else(|| home.clone());
            for value in &mut entry.values {
                match value {
                    // When it was said has nothing to do with where the event is.
                    ICalendarValue::PartialDateTime(_) if entry.name == ICalendarProperty::Dtstamp => {}
                    ICalendarValue::PartialDateTime(date) => local::localise(date, &own, home),
                    ICalendarValue::RecurrenceRule(rule) => {
                        if let Some(until) = &mut rule.until {
                            local::localise(until, &own, home);
                            // UNTIL as a bare date takes that whole day in.
                            if until.hour.is_none() {
                                (until.hour, until.minute, until.second) = (Some(23), Some(59), Some(59));
                            }
                        }
                    }
                    _ => {}
                }
            }
            if matches!(
                entry.name,
                ICalendarProperty::Dtstart
                    | ICalendarProperty::Dtend
                    | ICalendarProperty::RecurrenceId
                    | ICalendarProperty::Exdate
                    | ICalendarProperty::Rdate
            ) {
                entry.params.retain(|param| param.name != calcard::icalendar::ICalendarParameterName::Tzid);
            }
        }
        bound_series(part, bounds, &mut series);
    }
    homes
}

/// Ends a series at the horizon. One too many, one that ends before it begins, and one that fits no day become single
/// events.
fn bound_series(part: &mut ICalendarComponent, bounds: Bounds, series: &mut usize) {
    let start = start_of(part).and_then(|start| start.values.first()).map(local::order);
    let Some(entry) = part.property_mut(&ICalendarProperty::Rrule) else { return };
    *series += 1;
    let mut is_good = false;
    if let (Some(ICalendarValue::RecurrenceRule(rule)), Some(start)) = (entry.values.first_mut(), start) {
        // One that begins late goes on for as long after.
        let years = bounds.last_year.saturating_sub(bounds.from_year);
        let horizon = bounds.last_year.max(start.year.unwrap_or_default().saturating_add(years));
        let horizon = PartialDateTime { year: Some(horizon), ..last_second() };
        let until = rule.until.take().filter(|until| *until < horizon).unwrap_or(horizon);
        is_good = has_days(rule) && until >= start && *series <= bounds.series;
        rule.until = Some(until);
    }
    if !is_good {
        part.entries.retain(|entry| entry.name != ICalendarProperty::Rrule);
    }
}

fn last_second() -> PartialDateTime {
    let (month, day, hour, minute, second) = (Some(12), Some(31), Some(23), Some(59), Some(59));
    PartialDateTime { month, day, hour, minute, second, ..PartialDateTime::default() }
}

/// Whether some day of our calendar fits the rule: for the 30th of February or the month 13 calcard 0.3 would look
/// through eight thousand years.
fn has_days(rule: &ICalendarRecurrenceRule) -> bool {
    let days_of = |month: u8| match month {
        2 => 29,
        4 | 6 | 9 | 11 => 30,
        1..=12 => 31,
        _ => 0,
    };
    let longest = match rule.bymonth.as_slice() {
        [] => 31,
        // A leap month is of another calendar (RFC 7529 section 4.2).
        months => months.iter().filter(|m| !m.is_leap()).map(|m| days_of(m.month())).max().unwrap_or(0),
    };
    let is_ours = rule.rscale.as_ref().is_none_or(|scale| scale.as_str().eq_ignore_ascii_case("GREGORIAN"));
    is_ours
        && longest > 0
        && (rule.bymonthday.is_empty() || rule.bymonthday.iter().any(|day| day.unsigned_abs() <= longest))
}

/// Each component's zone. An exception to a series counts in the zone of its series, so that the two find each other.
fn homes(calendar: &ICalendar, reader: &TimeZone) -> Vec<TimeZone> {
    let own: Vec<TimeZone> = calendar.components.iter().map(|part| home(part, calendar, reader)).collect();
    let is_exception = |part: &ICalendarComponent| part.property(&ICalendarProperty::RecurrenceId).is_some();
    let series = calendar.components.iter().zip(&own).filter(|(part, _)| !is_exception(part));
    let series: HashMap<&str, &TimeZone> = series.filter_map(|(part, zone)| Some((part.uid()?, zone))).collect();
    let all = calendar.components.iter().zip(&own);
    all.map(|(part, zone)| match part.uid().and_then(|uid| series.get(uid)) {
        Some(of_series) if is_exception(part) => (*of_series).clone(),
        _ => zone.clone(),
    })
    .collect()
}

/// DTSTART, or where it is missing RECURRENCE-ID, which says the same of a cancelled occurrence.
fn start_of(part: &ICalendarComponent) -> Option<&ICalendarEntry> {
    part.property(&ICalendarProperty::Dtstart).or_else(|| part.property(&ICalendarProperty::RecurrenceId))
}

/// The zone of an event's start: its own, UTC, that of the calendar (X-WR-TIMEZONE), or the reader's.
fn home(part: &ICalendarComponent, calendar: &ICalendar, reader: &TimeZone) -> TimeZone {
    let Some(start) = start_of(part) else { return reader.clone() };
    if let Some(ICalendarValue::PartialDateTime(date)) = start.values.first()
        && date.hour.is_none()
    {
        return reader.clone();
    }
    if let Some(zone) = start.tz_id().and_then(|id| zone::resolve(id, calendar)) {
        return zone;
    }
    if let Some(ICalendarValue::PartialDateTime(date)) = start.values.first()
        && date.tz_hour.is_some()
    {
        return TimeZone::UTC;
    }
    let named = calendar.components.first().and_then(|root| {
        root.entries
            .iter()
            .find(|e| matches!(&e.name, ICalendarProperty::Other(name) if name.eq_ignore_ascii_case("X-WR-TIMEZONE")))
    });
    let named = named.and_then(|entry| entry.values.first()).and_then(ICalendarValue::as_text);
    named.and_then(|id| zone::resolve(id, calendar)).unwrap_or_else(|| reader.clone())
}

/// Whether an event begins at a time of day.
pub fn is_timed(part: &ICalendarComponent) -> bool {
    let first = start_of(part).and_then(|start| start.values.first());
    matches!(first, Some(ICalendarValue::PartialDateTime(date)) if date.hour.is_some())
}

type Occurrence = CalendarEvent<DateTime<Tz>, TimeOrDelta<DateTime<Tz>, TimeDelta>>;

fn next_event(calendar: &ICalendar, homes: &[TimeZone], reading: Reading<'_>) -> Option<Event> {
    let expanded = calendar.expand_dates(Tz::Floating, limits::mail::MAIL_CALENDAR_OCCURRENCES);
    let started = expanded.events.iter().filter_map(|occurrence| {
        let index = usize::try_from(occurrence.comp_id).ok()?;
        let (part, home) = (calendar.components.get(index)?, homes.get(index)?);
        Some((instant(occurrence.start.naive_local(), home)?, part, home, occurrence))
    });
    let started: Vec<_> = started.collect();
    let next = started.iter().filter(|(start, ..)| *start >= reading.received_at).min_by_key(|(start, ..)| *start);
    let (starts, part, home, occurrence) = next.or_else(|| started.iter().max_by_key(|(start, ..)| *start))?;
    let method = method_of(calendar).or(reading.method).unwrap_or("PUBLISH");
    let method = clean::line(method, 40).to_ascii_uppercase();
    let all_day = !is_timed(part) || is_outlook_day(part);
    let summary = zone::text(part, &ICalendarProperty::Summary).unwrap_or_default();
    Some(Event {
        cancelled: method == "CANCEL" || part.status() == Some(&ICalendarStatus::Cancelled),
        summary: clean::line(summary, limits::mail::MAIL_NAME_CHARS),
        method,
        starts: *starts,
        ends: end(occurrence, part, home, *starts),
        all_day,
        uid: clean::line(part.uid().unwrap_or_default(), limits::mail::MAIL_NAME_CHARS),
        people: people(part),
        revision: revision::of(calendar, homes, part.uid()),
    })
}

/// How many people an event names, each once.
fn people(part: &ICalendarComponent) -> usize {
    let named = part
        .entries
        .iter()
        .filter(|entry| matches!(entry.name, ICalendarProperty::Attendee | ICalendarProperty::Organizer));
    let addresses = named.filter_map(|entry| entry.values.first()?.as_text()).map(str::to_lowercase);
    addresses.collect::<HashSet<String>>().len()
}

/// The end, where one is said; a whole day without one ends with the day (RFC 5545 section 3.6.1).
fn end(occurrence: &Occurrence, part: &ICalendarComponent, home: &TimeZone, starts: Timestamp) -> Option<Timestamp> {
    let is_said = |name| part.property(&name).is_some();
    if is_said(ICalendarProperty::Dtend) || is_said(ICalendarProperty::Duration) {
        let local = match &occurrence.end {
            TimeOrDelta::Time(end) => end.naive_local(),
            TimeOrDelta::Delta(length) => occurrence.start.naive_local().checked_add_signed(*length)?,
        };
        return instant(local, home).filter(|end| *end >= starts);
    }
    if is_timed(part) {
        return None;
    }
    let next = home.to_datetime(starts).tomorrow().ok()?;
    home.to_ambiguous_timestamp(next).compatible().ok()
}

/// The method that the calendar itself names.
pub fn method_of(calendar: &ICalendar) -> Option<&str> {
    let entry = calendar.components.first()?.property(&ICalendarProperty::Method)?;
    match entry.values.first()? {
        ICalendarValue::Method(method) => Some(method.as_str()),
        other => other.as_text(),
    }
}

/// Outlook sends whole days as midnight to midnight, and says so in a field of its own.
fn is_outlook_day(part: &ICalendarComponent) -> bool {
    part.entries.iter().any(|entry| {
        matches!(&entry.name, ICalendarProperty::Other(name) if name.eq_ignore_ascii_case("X-MICROSOFT-CDO-ALLDAYEVENT"))
            && entry.values.first().and_then(ICalendarValue::as_text).is_some_and(|text| text.eq_ignore_ascii_case("TRUE"))
    })
}

/// What clocks show in a zone, as an instant: in a gap by the offset before it, in a fold the first (RFC 5545 section
/// 3.3.5).
fn instant(local: NaiveDateTime, home: &TimeZone) -> Option<Timestamp> {
    let seconds = local.and_utc().timestamp();
    let civil = TimeZone::UTC.to_datetime(Timestamp::from_second(seconds).ok()?);
    home.to_ambiguous_timestamp(civil).compatible().ok()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::expect_used)]
    use std::time::{Duration, Instant};

    use jiff::Timestamp;
    use jiff::tz::TimeZone;

    use super::{Reading, read};
    use crate::mail::notes::Notes;

    fn calendar(method: &str, events: &[&str]) -> String {
        let events: String = events.iter().map(|lines| format!("BEGIN:VEVENT\n{lines}\nEND:VEVENT\n")).collect();
        format!("BEGIN:VCALENDAR\nVERSION:2.0\nMETHOD:{method}\n{events}END:VCALENDAR\n").replace('\n', "\r\n")
    }

    /// Read at noon on the 13th of January 2027 by a reader in Auckland (UTC+13).
    fn check(text: &str, expected: Option<&str>, noted: &[&str]) {
        let zone = TimeZone::get("Pacific/Auckland").expect("a zone");
        let received_at: Timestamp = "2027-01-13T12:00:00Z".parse().expect("an instant");
        let mut notes = Notes::default();
        let event = read(text, Reading { received_at, zone: &zone, method: None }, &mut notes);
        let shown = event.map(|event| {
            let ends = event.ends.map(|ends| ends.to_string()).unwrap_or_default();
            let marks =
                format!("{}{}", if event.all_day { " day" } else { "" }, if event.cancelled { " off" } else { "" });
            format!("{} {} {}..{ends}{marks}", event.method, event.summary, event.starts)
        });
        assert_eq!(shown.as_deref(), expected, "{text}");
        assert_eq!(notes.into_phrases(), noted);
    }

    #[test]
    fn single_events() {
        let utc = "SUMMARY:Talk\\, long\nDTSTART:20270113T150000Z\nDTEND:20270113T160000Z";
        check(&calendar("REQUEST", &[utc]), Some("REQUEST Talk, long 2027-01-13T15:00:00Z..2027-01-13T16:00:00Z"), &[]);
        let zoned = "SUMMARY:T\nDTSTART;TZID=\"W. Europe Standard Time\":20270113T150000\nDURATION:PT90M";
        check(&calendar("PUBLISH", &[zoned]), Some("PUBLISH T 2027-01-13T14:00:00Z..2027-01-13T15:30:00Z"), &[]);
        let floating = "SUMMARY:T\nDTSTART:20270114T150000";
        check(&calendar("REQUEST", &[floating]), Some("REQUEST T 2027-01-14T02:00:00Z.."), &[]);
        let day = "SUMMARY:T\nDTSTART;VALUE=DATE:20270120";
        check(&calendar("REQUEST", &[day]), Some("REQUEST T 2027-01-19T11:00:00Z..2027-01-20T11:00:00Z day"), &[]);
    }

    #[test]
    fn cancellations() {
        let one = "SUMMARY:W\nUID:s\nDTSTART;TZID=Europe/Lisbon:20270113T150000\nRECURRENCE-ID;TZID=Europe/Lisbon:20270113T150000\nSTATUS:CANCELLED";
        check(&calendar("CANCEL", &[one]), Some("CANCEL W 2027-01-13T15:00:00Z.. off"), &[]);
        let bare = "SUMMARY:W\nUID:s\nRECURRENCE-ID;TZID=Europe/Lisbon:20270113T150000";
        check(&calendar("CANCEL", &[bare]), Some("CANCEL W 2027-01-13T15:00:00Z.. off"), &[]);
    }

    #[test]
    fn series_give_their_next_occurrence() {
        let weekly = "SUMMARY:W\nUID:s\nDTSTART;TZID=America/New_York:20200101T090000\nDTEND;TZID=America/New_York:20200101T100000\nRRULE:FREQ=WEEKLY";
        check(&calendar("REQUEST", &[weekly]), Some("REQUEST W 2027-01-13T14:00:00Z..2027-01-13T15:00:00Z"), &[]);
        let except = format!("{weekly}\nEXDATE:20270113T140000Z");
        check(&calendar("REQUEST", &[&except]), Some("REQUEST W 2027-01-20T14:00:00Z..2027-01-20T15:00:00Z"), &[]);
        let moved = "SUMMARY:Moved\nUID:s\nRECURRENCE-ID:20270113T140000Z\nDTSTART:20270114T100000Z";
        check(&calendar("REQUEST", &[weekly, moved]), Some("REQUEST Moved 2027-01-14T10:00:00Z.."), &[]);
        let birthday = "SUMMARY:B\nDTSTART;VALUE=DATE:19840229\nRRULE:FREQ=YEARLY";
        let leap = "REQUEST B 2028-02-28T11:00:00Z..2028-02-29T11:00:00Z day";
        check(&calendar("REQUEST", &[birthday]), Some(leap), &[]);
        let backwards = "SUMMARY:W\nDTSTART:20270115T090000Z\nRRULE:FREQ=DAILY;UNTIL=20260101T000000Z";
        check(&calendar("REQUEST", &[backwards]), Some("REQUEST W 2027-01-15T09:00:00Z.."), &[]);
        let over = "SUMMARY:W\nDTSTART:20260101T090000Z\nRRULE:FREQ=DAILY;COUNT=3";
        check(&calendar("REQUEST", &[over]), Some("REQUEST W 2026-01-03T09:00:00Z.."), &[]);
        let until = "SUMMARY:W\nDTSTART:20270110T130000Z\nRRULE:FREQ=DAILY;UNTIL=20270113";
        check(&calendar("REQUEST", &[until]), Some("REQUEST W 2027-01-13T13:00:00Z.."), &[]);
    }

    #[test]
    fn the_hours_of_summer_time_are_not_lost() {
        // 02:30 comes twice on the 25th of October 2026 and never on the 28th of March 2027.
        let gap = "SUMMARY:G\nDTSTART;TZID=Europe/Berlin:20270328T023000";
        check(&calendar("REQUEST", &[gap]), Some("REQUEST G 2027-03-28T01:30:00Z.."), &[]);
        let fold = "SUMMARY:F\nDTSTART;TZID=Europe/Berlin:20261025T023000";
        check(&calendar("REQUEST", &[fold]), Some("REQUEST F 2026-10-25T00:30:00Z.."), &[]);
    }

    #[test]
    fn what_cannot_be_read_says_so() {
        check("no calendar", None, &["calendar part not readable"]);
        check(&calendar("REQUEST", &[]), None, &["calendar part without an event"]);
        check(&calendar("REQUEST", &["SUMMARY:T"]), None, &["calendar part without an event"]);
        check(&"BEGIN:VEVENT\n".repeat(5_000), None, &["calendar part too large"]);
    }

    #[test]
    fn hostile_rules_are_bounded() {
        let began = Instant::now();
        let never = "SUMMARY:N\nDTSTART:20200101T000000Z\nRRULE:FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30";
        let secondly = "SUMMARY:S\nDTSTART:20000101T000000Z\nRRULE:FREQ=SECONDLY";
        let beyond = "SUMMARY:B\nDTSTART:20200101T000000Z\nRRULE:FREQ=MONTHLY;BYMONTH=13";
        let odd = "SUMMARY:O\nDTSTART:20200101T000000Z\nRRULE:FREQ=YEARLY;BYYEARDAY=366;BYMONTH=1";
        let huge = "SUMMARY:H\nDTSTART:99991231T235959Z\nDURATION:P99999999999D\nRRULE:FREQ=DAILY";
        for rule in [never, secondly, beyond, odd, huge] {
            let zone = TimeZone::UTC;
            let reading = Reading { received_at: Timestamp::UNIX_EPOCH, zone: &zone, method: None };
            let text = calendar("REQUEST", &vec![rule; 900]);
            let _ = read(&text, reading, &mut Notes::default());
        }
        assert!(began.elapsed() < Duration::from_secs(20), "{:?}", began.elapsed());
    }
}
