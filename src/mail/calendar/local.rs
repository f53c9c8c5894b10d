//! Times of a calendar part, as clocks show them where its event is.

use calcard::common::PartialDateTime;
use calcard::icalendar::ICalendarValue;
use jiff::civil;
use jiff::tz::{Offset, TimeZone};

/// A value's time for comparison: bare dates as midnight.
pub fn order(value: &ICalendarValue) -> PartialDateTime {
    let ICalendarValue::PartialDateTime(date) = value else { return PartialDateTime::default() };
    let mut date = (**date).clone();
    for part in [&mut date.hour, &mut date.minute, &mut date.second] {
        *part = Some(part.unwrap_or_default());
    }
    date
}

/// Rewrites a time to what clocks show in `home`.
pub fn localise(date: &mut PartialDateTime, own: &TimeZone, home: &TimeZone) {
    let Some(local) = civil_of(date) else { return };
    let own = match date.tz_hour {
        Some(hours) => {
            let seconds = i32::from(hours) * 3600 + i32::from(date.tz_minute.unwrap_or(0)) * 60;
            let offset = Offset::from_seconds(if date.tz_minus { -seconds } else { seconds });
            TimeZone::fixed(offset.unwrap_or(Offset::UTC))
        }
        None => own.clone(),
    };
    (date.tz_hour, date.tz_minute, date.tz_minus) = (None, None, false);
    if own == *home {
        return;
    }
    if let Ok(instant) = own.to_ambiguous_timestamp(local).compatible() {
        let there = home.to_datetime(instant);
        date.year = u16::try_from(there.year()).ok();
        let small = |n: i8| u8::try_from(n).ok();
        (date.month, date.day) = (small(there.month()), small(there.day()));
        (date.hour, date.minute, date.second) = (small(there.hour()), small(there.minute()), small(there.second()));
    }
}

/// Date and time, where there is a time.
pub fn civil_of(date: &PartialDateTime) -> Option<civil::DateTime> {
    let small = |n: Option<u8>| i8::try_from(n?).ok();
    let year = i16::try_from(date.year?).ok()?;
    let second = small(date.second).unwrap_or(0).min(59);
    civil::DateTime::new(
        year,
        small(date.month)?,
        small(date.day)?,
        small(date.hour)?,
        small(date.minute).unwrap_or(0),
        second,
        0,
    )
    .ok()
}
