//! Which word on its event a calendar part is: SEQUENCE, DTSTAMP, and of which occurrence (RFC 5546 section 2.1.5).

use calcard::common::PartialDateTime;
use calcard::icalendar::{ICalendar, ICalendarComponent, ICalendarComponentType, ICalendarProperty, ICalendarValue};
use jiff::Timestamp;
use jiff::tz::{Offset, TimeZone};

use super::local;
use crate::model::message::Revision;

/// The word of a calendar part on the event of this UID. `homes` are the zones in which its components' times are local.
///
/// A series comes with those of its occurrences that differ from it: it is a word on the series. `None`: it speaks of
/// several occurrences without the series, or nobody can tell of which.
pub fn of(calendar: &ICalendar, homes: &[TimeZone], uid: Option<&str>) -> Option<Revision> {
    let is_it = |part: &ICalendarComponent| part.component_type == ICalendarComponentType::VEvent && part.uid() == uid;
    let mut parts = calendar.components.iter().zip(homes).filter(|(part, _)| is_it(part));
    let is_whole = |part: &ICalendarComponent| part.property(&ICalendarProperty::RecurrenceId).is_none();
    if let Some((series, _)) = parts.clone().find(|(part, _)| is_whole(part)) {
        return Some(Revision { occurrence: None, sequence: sequence(series), stamp: stamp(series) });
    }
    let (part, home) = parts.next()?;
    let occurrence = occurrence(part, home)?;
    parts.next().is_none().then(|| Revision {
        occurrence: Some(occurrence),
        sequence: sequence(part),
        stamp: stamp(part),
    })
}

fn sequence(part: &ICalendarComponent) -> u32 {
    match part.property(&ICalendarProperty::Sequence).and_then(|entry| entry.values.first()) {
        Some(ICalendarValue::Integer(sequence)) => u32::try_from(*sequence).unwrap_or_default(),
        _ => 0,
    }
}

/// DTSTAMP is in UTC (RFC 5545 section 3.8.7.2); where its "Z" is missing, it is taken for it.
fn stamp(part: &ICalendarComponent) -> Option<Timestamp> {
    let date = date(part, &ICalendarProperty::Dtstamp)?;
    let seconds = i32::from(date.tz_hour.unwrap_or(0)) * 3600 + i32::from(date.tz_minute.unwrap_or(0)) * 60;
    let offset = Offset::from_seconds(if date.tz_minus { -seconds } else { seconds }).ok()?;
    offset.to_timestamp(local::civil_of(date)?).ok()
}

/// A day alone is meant where whole days recur: its midnight then.
fn occurrence(part: &ICalendarComponent, home: &TimeZone) -> Option<Timestamp> {
    let entry = part.property(&ICalendarProperty::RecurrenceId)?;
    let local = local::civil_of(&local::order(entry.values.first()?))?;
    home.to_ambiguous_timestamp(local).compatible().ok()
}

fn date<'p>(part: &'p ICalendarComponent, name: &ICalendarProperty) -> Option<&'p PartialDateTime> {
    match part.property(name)?.values.first()? {
        ICalendarValue::PartialDateTime(date) => Some(date),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use jiff::Timestamp;
    use jiff::tz::TimeZone;

    use crate::mail::calendar::{Reading, read};
    use crate::mail::notes::Notes;

    /// The occurrence, SEQUENCE and DTSTAMP of a part with these events, for a reader in Auckland.
    fn check(events: &[&str], expected: &str) {
        let events: String = events.iter().map(|lines| format!("BEGIN:VEVENT\n{lines}\nEND:VEVENT\n")).collect();
        let text = format!("BEGIN:VCALENDAR\nVERSION:2.0\nMETHOD:REQUEST\n{events}END:VCALENDAR\n");
        let zone = TimeZone::get("Pacific/Auckland").unwrap();
        let received_at: Timestamp = "2027-01-13T12:00:00Z".parse().unwrap();
        let reading = Reading { received_at, zone: &zone, method: None };
        let event = read(&text.replace('\n', "\r\n"), reading, &mut Notes::default()).unwrap();
        let shown = event.revision.map_or("none".to_owned(), |revision| {
            let of = revision.occurrence.map_or("all".to_owned(), |at| at.to_string());
            let stamp = revision.stamp.map_or("never".to_owned(), |at| at.to_string());
            format!("{of}, {}, {stamp}", revision.sequence)
        });
        assert_eq!(shown, expected, "{text}");
    }

    #[test]
    fn an_event_says_which_word_it_is() {
        let one = "UID:u\nDTSTART;TZID=Europe/Lisbon:20270113T150000";
        check(&[one], "all, 0, never");
        let stamped = |sequence: &str, stamp: &str| format!("{one}\nSEQUENCE:{sequence}\nDTSTAMP:{stamp}");
        check(&[&stamped("2", "20270112T100000Z")], "all, 2, 2027-01-12T10:00:00Z");
        // In the hour that comes twice where the event is, too.
        check(&[&stamped("0", "20261025T003000Z")], "all, 0, 2026-10-25T00:30:00Z");
        check(&[&stamped("0", "20261025T013000Z")], "all, 0, 2026-10-25T01:30:00Z");
        check(&[&stamped("-7", "20270112T100000")], "all, 0, 2027-01-12T10:00:00Z");
        check(&[&stamped("many", "soon")], "all, 0, never");
    }

    #[test]
    fn an_occurrence_is_not_its_series() {
        let series = "UID:s\nSEQUENCE:3\nDTSTART;TZID=Europe/Lisbon:20270106T150000\nRRULE:FREQ=WEEKLY";
        let moved = |id: &str| format!("UID:s\nSEQUENCE:4\n{id}\nDTSTART;TZID=Europe/Lisbon:20270114T100000");
        let lisbon = moved("RECURRENCE-ID;TZID=Europe/Lisbon:20270113T150000");
        check(&[series], "all, 3, never");
        check(&[&lisbon], "2027-01-13T15:00:00Z, 4, never");
        check(&[&moved("RECURRENCE-ID:20270113T150000Z")], "2027-01-13T15:00:00Z, 4, never");
        // The next occurrence is the one that was moved; the word is on all of them.
        check(&[series, &lisbon], "all, 3, never");
        check(&[&lisbon, series], "all, 3, never");
        let other = moved("RECURRENCE-ID;TZID=Europe/Lisbon:20270120T150000");
        check(&[&lisbon, &other], "none");
        let day = "UID:d\nRECURRENCE-ID;VALUE=DATE:20270120\nDTSTART;VALUE=DATE:20270121";
        check(&[day], "2027-01-19T11:00:00Z, 0, never");
    }
}
