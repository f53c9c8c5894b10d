//! Zones of calendar parts: IANA names, Windows names, and those that a calendar defines itself.

use std::str::FromStr;

use calcard::common::PartialDateTime;
use calcard::common::timezone::Tz;
use calcard::icalendar::{
    ICalendar, ICalendarComponent, ICalendarComponentType, ICalendarProperty, ICalendarRecurrenceRule, ICalendarValue,
    ICalendarWeekday,
};
use jiff::tz::TimeZone;

use super::windows_zones;

/// The zone that a TZID names; `None` where nobody knows it.
pub fn resolve(id: &str, calendar: &ICalendar) -> Option<TimeZone> {
    let id = id.trim_matches(|c: char| c.is_whitespace() || c == '"');
    if id.len() > 200 {
        return None;
    }
    iana(id).or_else(|| windows(id)).or_else(|| defined(id, calendar))
}

/// The name, or what follows the prefix of a registry (`/softwarestudio.org/Olson_20011030_5/America/Chicago`).
fn iana(id: &str) -> Option<TimeZone> {
    let is_name = |name: &str| name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '/' | '_' | '-' | '+'));
    let mut rest = Some(id.trim_start_matches('/'));
    for _ in 0..5 {
        let name = rest?;
        if !name.is_empty()
            && is_name(name)
            && let Ok(zone) = TimeZone::get(name)
        {
            return Some(zone);
        }
        rest = name.split_once('/').map(|(_, rest)| rest);
    }
    None
}

/// "W. Europe Standard Time", "(UTC+01:00) Amsterdam, Berlin ..." and their like: our table first, then calcard's.
fn windows(id: &str) -> Option<TimeZone> {
    let id = id.replace(" Daylight Time", " Standard Time");
    match windows_zones::TABLE.iter().find(|(windows, _)| windows.eq_ignore_ascii_case(&id)) {
        Some((_, name)) => TimeZone::get(name).ok(),
        None => iana(&Tz::from_str(&id).ok().filter(|tz| !tz.is_floating())?.name()?),
    }
}

/// The rules of a VTIMEZONE, as far as a POSIX rule can say them: the newest STANDARD and the newest DAYLIGHT.
fn defined(id: &str, calendar: &ICalendar) -> Option<TimeZone> {
    let zone = calendar.timezones().find(|zone| text(zone, &ICalendarProperty::Tzid) == Some(id))?;
    let newest = |kind: &ICalendarComponentType| {
        let children = zone.component_ids.iter().filter_map(|id| calendar.component_by_id(*id));
        children
            .filter(|child| child.component_type == *kind)
            .max_by_key(|child| start(child).map(|s| (s.year, s.month)))
    };
    let standard = newest(&ICalendarComponentType::Standard);
    let daylight = newest(&ICalendarComponentType::Daylight);
    let rule = match (standard, daylight) {
        (Some(standard), Some(daylight)) => match (onset(standard), onset(daylight)) {
            (Some(back), Some(forth)) => {
                format!("<STD>{}<DST>{},{forth},{back}", offset(standard)?, offset(daylight)?)
            }
            _ => format!("<STD>{}", offset(standard)?),
        },
        (Some(only), None) | (None, Some(only)) => format!("<STD>{}", offset(only)?),
        (None, None) => return None,
    };
    TimeZone::posix(&rule).ok()
}

/// TZOFFSETTO in the way of POSIX, where west is positive.
fn offset(component: &ICalendarComponent) -> Option<String> {
    let to = date(component, &ICalendarProperty::Tzoffsetto)?;
    let sign = if to.tz_minus { '+' } else { '-' };
    Some(format!("{sign}{}:{:02}", to.tz_hour?, to.tz_minute.unwrap_or(0)))
}

/// `M3.5.0/2`: when it begins each year.
fn onset(component: &ICalendarComponent) -> Option<String> {
    let entry = component.property(&ICalendarProperty::Rrule)?;
    let Some(ICalendarValue::RecurrenceRule(rule)) = entry.values.first() else { return None };
    let month = rule.bymonth.first().map(|month| month.month())?;
    let (week, day) = week_and_day(rule)?;
    let at = start(component)?;
    Some(format!("M{month}.{week}.{day}/{}:{:02}", at.hour.unwrap_or(0), at.minute.unwrap_or(0)))
}

fn week_and_day(rule: &ICalendarRecurrenceRule) -> Option<(i16, u8)> {
    let by_day = rule.byday.first()?;
    let day = match by_day.weekday {
        ICalendarWeekday::Sunday => 0,
        ICalendarWeekday::Monday => 1,
        ICalendarWeekday::Tuesday => 2,
        ICalendarWeekday::Wednesday => 3,
        ICalendarWeekday::Thursday => 4,
        ICalendarWeekday::Friday => 5,
        ICalendarWeekday::Saturday => 6,
    };
    let week = match by_day.ordwk {
        Some(-1) => 5,
        Some(week @ 1..=4) => week,
        Some(_) => 5,
        None => rule.bymonthday.first().map_or(5, |first| (i16::from(*first) - 1) / 7 + 1),
    };
    Some((week.clamp(1, 5), day))
}

fn start(component: &ICalendarComponent) -> Option<PartialDateTime> {
    date(component, &ICalendarProperty::Dtstart)
}

fn date(component: &ICalendarComponent, name: &ICalendarProperty) -> Option<PartialDateTime> {
    match component.property(name)?.values.first()? {
        ICalendarValue::PartialDateTime(date) => Some((**date).clone()),
        _ => None,
    }
}

/// The text of a property.
pub fn text<'a>(component: &'a ICalendarComponent, name: &ICalendarProperty) -> Option<&'a str> {
    component.property(name)?.values.first()?.as_text()
}

#[cfg(test)]
mod tests {
    use calcard::icalendar::ICalendar;
    use jiff::Timestamp;

    use super::resolve;

    /// The offsets in January and in July.
    fn check(id: &str, calendar: &str, expected: Option<(&str, &str)>) {
        let calendar = ICalendar::parse(calendar).unwrap_or_default();
        let at = |zone: &jiff::tz::TimeZone, text: &str| {
            text.parse::<Timestamp>().map(|at| zone.to_offset(at).to_string()).unwrap_or_default()
        };
        let found =
            resolve(id, &calendar).map(|zone| (at(&zone, "2027-01-15T00:00:00Z"), at(&zone, "2027-07-15T00:00:00Z")));
        assert_eq!(found.as_ref().map(|(a, b)| (a.as_str(), b.as_str())), expected, "{id}");
    }

    #[test]
    fn names_are_known_by_all_who_give_them() {
        check("Europe/Lisbon", "", Some(("+00", "+01")));
        check("/example.org/2001_5/America/Chicago", "", Some(("-06", "-05")));
        check("W. Europe Standard Time", "", Some(("+01", "+02")));
        check("Pacific Daylight Time", "", Some(("-08", "-07")));
        check("(UTC+01:00) Amsterdam, Berlin, Bern, Rome, Stockholm, Vienna", "", Some(("+01", "+02")));
        check("tzone://Microsoft/Utc", "", Some(("+00", "+00")));
        check("Nowhere/Land", "", None);
        check("../../etc/passwd", "", None);
    }

    #[test]
    fn a_calendar_may_define_its_own() {
        let zone = "BEGIN:VCALENDAR\r\nBEGIN:VTIMEZONE\r\nTZID:Ours\r\nBEGIN:STANDARD\r\nDTSTART:16010101T030000\r\n\
            TZOFFSETFROM:+0200\r\nTZOFFSETTO:+0100\r\nRRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=10\r\nEND:STANDARD\r\n\
            BEGIN:DAYLIGHT\r\nDTSTART:16010101T020000\r\nTZOFFSETFROM:+0100\r\nTZOFFSETTO:+0200\r\n\
            RRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=3\r\nEND:DAYLIGHT\r\nEND:VTIMEZONE\r\nEND:VCALENDAR\r\n";
        check("Ours", zone, Some(("+01", "+02")));
        let fixed = "BEGIN:VCALENDAR\r\nBEGIN:VTIMEZONE\r\nTZID:Ours\r\nBEGIN:STANDARD\r\nDTSTART:20200101T000000\r\n\
            TZOFFSETFROM:-0330\r\nTZOFFSETTO:-0330\r\nEND:STANDARD\r\nEND:VTIMEZONE\r\nEND:VCALENDAR\r\n";
        check("Ours", fixed, Some(("-03:30", "-03:30")));
    }
}
