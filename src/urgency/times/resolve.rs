//! From what is written to instants: civil arithmetic by the clock of the one who wrote.

use jiff::civil::{self, DateTime, Time, Weekday};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp, ToSpan};

use super::clock::{Clock, Half};
use super::date::Date;
use super::length::Span;
use super::named::{Grain, Relation, Written};
use super::phrase::{Fields, Phrase, What};
use super::word::{Length, Part, Prep, Unit, Which};
use super::zone::Zone;
use crate::civil::slot;

/// When a phrase begins and ends, and how exactly it says so.
pub type Extent = (Timestamp, Timestamp, Grain);

/// So long ago an hour may be and still be the one of today: clocks differ, and people write "at 3" at 15:02.
const GRACE_MINUTES: i32 = 10;
const HALF_DAY: i32 = 12 * 60;
const DAY: i32 = 24 * 60;

/// From then on "in the morning" is tomorrow's.
const MORNING_UNTIL: i32 = 9 * 60;

/// Now, by a clock.
struct Now {
    at: Timestamp,
    zone: TimeZone,
    local: DateTime,
}

impl Now {
    fn new(written: &Written, zone: Option<Zone>) -> Self {
        let zone = zone.and_then(Zone::rules).unwrap_or_else(|| written.zone.clone());
        let local = zone.to_datetime(written.at);
        Self { at: written.at, zone, local }
    }

    fn today(&self) -> civil::Date {
        self.local.date()
    }

    /// Minutes since midnight.
    fn minute(&self) -> i32 {
        i32::from(self.local.hour()) * 60 + i32::from(self.local.minute())
    }

    /// The instant of a minute of a day; 1,440 is the midnight at its end.
    fn instant(&self, date: civil::Date, minute: i32) -> Option<Timestamp> {
        let date = date.checked_add(minute.div_euclid(DAY).days()).ok()?;
        let minute = minute.rem_euclid(DAY);
        let time = Time::new(i8::try_from(minute / 60).ok()?, i8::try_from(minute % 60).ok()?, 0, 0).ok()?;
        Some(slot::resolve(&self.zone, date.to_datetime(time)).instant)
    }

    fn whole_days(&self, first: civil::Date, days: i32, grain: Grain) -> Option<Extent> {
        Some((self.instant(first, 0)?, self.instant(first.checked_add(days.days()).ok()?, 0)?, grain))
    }
}

/// When a phrase is; `None` where it cannot be told.
pub fn extent(phrase: &Phrase, written: &Written) -> Option<Extent> {
    let extent = match phrase.what {
        What::Nothing => return None,
        What::Length(span) => length(span, &Now::new(written, None))?,
        What::Moment(fields) => moment(fields, phrase.prep, &Now::new(written, fields.zone))?,
        What::Range(first, last) => range((first, last), phrase.prep, written)?,
    };
    let (starts, ends, grain) = extent;
    if matches!(phrase.what, What::Length(_) | What::Range(..)) {
        return (starts <= ends).then_some(extent);
    }
    // Before a day is before its beginning, after it is after its end; from it on it begins.
    let sharp = match (phrase.prep, phrase.relation) {
        (Some(Prep::Before | Prep::BeforeOrAgo), Relation::By) => (starts, starts),
        (Some(Prep::After), Relation::From) => (ends, ends),
        (_, Relation::From) => (starts, starts),
        _ => (starts, ends),
    };
    (sharp.0 <= sharp.1).then_some((sharp.0, sharp.1, grain))
}

fn length(span: Span, now: &Now) -> Option<Extent> {
    let signed = |halves: u32| if span.length == Length::Back { -i64::from(halves) } else { i64::from(halves) };
    let seconds = match span.unit {
        Unit::Second => Some(1),
        Unit::Minute => Some(60),
        Unit::Hour => Some(3_600),
        _ => None,
    };
    if let Some(seconds) = seconds {
        let after = |halves| {
            let milliseconds = signed(halves).checked_mul(seconds * 500)?;
            now.at.checked_add(SignedDuration::from_millis(milliseconds)).ok()
        };
        let (one, other) = (after(span.least)?, after(span.most)?);
        let starts = if span.length == Length::Until { now.at } else { one.min(other) };
        return Some((starts, one.max(other), Grain::Minute));
    }
    let day = |halves: u32| {
        let whole = signed(halves) / 2;
        let span = match span.unit {
            Unit::Week => jiff::Span::new().try_weeks(whole),
            Unit::Month => jiff::Span::new().try_months(whole),
            Unit::Year => jiff::Span::new().try_years(whole),
            _ => jiff::Span::new().try_days(whole),
        };
        now.today().checked_add(span.ok()?).ok()
    };
    let grain = if span.unit == Unit::Day { Grain::Day } else { Grain::Longer };
    let (one, other) = (day(span.least)?, day(span.most)?);
    let starts = if span.length == Length::Until { now.at } else { now.instant(one.min(other), 0)? };
    Some((starts, now.instant(one.max(other), DAY)?, grain))
}

fn moment(mut fields: Fields, prep: Option<Prep>, now: &Now) -> Option<Extent> {
    // "na próxima" begins a span ("hora") as well as a day to come ("terça-feira").
    if let (Some((Which::This, weekday)), Some(Prep::InSpan)) = (fields.weekday, prep) {
        fields.weekday = Some((Which::Coming, weekday));
    }
    if let Some(clock) = fields.clock {
        let date = if fields.has_day() { Some(date(fields, now)?) } else { None };
        let instant = match date {
            Some(date) => on_day(clock, (date, fields.part), now)?,
            None => next(clock, (fields.part, prep), now)?,
        };
        return Some((instant, instant, Grain::Minute));
    }
    if let Some(extent) = period(fields, now) {
        return Some(extent);
    }
    if let Some((unit, ahead)) = fields.end {
        let day = Fields { end: None, ..fields };
        let date = if day.has_day() { Some(date(day, now)?) } else { None };
        return end((unit, ahead), date, now);
    }
    let Some(part) = fields.part else {
        return now.whole_days(date(fields, now)?, 1, Grain::Day);
    };
    let (from, until) = hours(part);
    let date = if fields.has_day() {
        date(fields, now)?
    } else if now.minute() < if part == Part::Morning { MORNING_UNTIL } else { until } {
        now.today()
    } else {
        now.today().tomorrow().ok()?
    };
    Some((now.instant(date, from)?, now.instant(date, until)?, Grain::PartOfDay))
}

/// From when to when a part of the day lasts, in minutes since midnight.
fn hours(part: Part) -> (i32, i32) {
    match part {
        Part::Morning => (6 * 60, HALF_DAY),
        Part::Lunch => (HALF_DAY, 14 * 60),
        Part::Afternoon => (HALF_DAY, 18 * 60),
        Part::Evening => (18 * 60, DAY),
    }
}

/// An hour on a day that is named. Of two halves: the one that its part tells; today the one that comes; else the one of
/// a working day.
fn on_day(clock: Clock, (date, part): (civil::Date, Option<Part>), now: &Now) -> Option<Timestamp> {
    let minute = i32::from(clock.minute);
    if clock.half == Half::Exact {
        return now.instant(date, minute);
    }
    let (early, late) = (minute % HALF_DAY, minute % HALF_DAY + HALF_DAY);
    let minute = match part {
        Some(part) => in_part(minute, part),
        None if date == now.today() => match now.minute() - GRACE_MINUTES {
            minute if minute <= early && early >= 6 * 60 => early,
            _ => late,
        },
        None if early >= 7 * 60 => early,
        None => late,
    };
    now.instant(date, minute)
}

/// The half of the day that a part of it tells; the night goes on after midnight.
fn in_part(minute: i32, part: Part) -> i32 {
    let early = minute % HALF_DAY;
    match part {
        Part::Morning => early,
        Part::Evening if early < 5 * 60 => early + DAY,
        _ => early + HALF_DAY,
    }
}

/// The next such hour; after "since" the last one.
fn next(clock: Clock, (part, prep): (Option<Part>, Option<Prep>), now: &Now) -> Option<Timestamp> {
    let minute = i32::from(clock.minute);
    let step = if clock.half == Half::Either && part.is_none() { HALF_DAY } else { DAY };
    let first = match part {
        Some(part) if clock.half == Half::Either => in_part(minute, part) % DAY,
        _ => minute % step,
    };
    let past = now.minute() - GRACE_MINUTES;
    if prep == Some(Prep::Since) {
        let last = now.minute() - (now.minute() - first).rem_euclid(step);
        return now.instant(now.today(), last);
    }
    now.instant(now.today(), past + (first - past).rem_euclid(step))
}

/// Weeks, months, years.
fn period(fields: Fields, now: &Now) -> Option<Extent> {
    if let Some(Date::Month(month)) = fields.date {
        let year = now.today().year() + i16::from(month < now.today().month());
        let first = civil::Date::new(year, month, 1).ok()?;
        return now.whole_days(first, i32::from(first.days_in_month()), Grain::Longer);
    }
    let (which, unit) = fields.period.filter(|_| fields.weekday.is_none())?;
    let ahead = match which {
        Which::Last => -1,
        Which::This => 0,
        Which::Next | Which::Coming => 1,
    };
    let today = now.today();
    match unit {
        Unit::Week => now.whole_days(monday(today, ahead)?, 7, Grain::Longer),
        Unit::Weekend => {
            let saturday = monday(today, ahead)?.checked_add(5.days()).ok()?;
            now.whole_days(saturday, 2, Grain::Longer)
        }
        Unit::Month => {
            let first = today.first_of_month().checked_add(ahead.months()).ok()?;
            now.whole_days(first, i32::from(first.days_in_month()), Grain::Longer)
        }
        Unit::Year => {
            let first = today.first_of_year().checked_add(ahead.years()).ok()?;
            now.whole_days(first, i32::from(first.days_in_year()), Grain::Longer)
        }
        _ => None,
    }
}

fn monday(today: civil::Date, weeks_ahead: i32) -> Option<civil::Date> {
    let since = i32::from(today.weekday().to_monday_zero_offset());
    today.checked_add((weeks_ahead * 7 - since).days()).ok()
}

/// The end of a working day, from 17:00 on, until midnight where it is later already; of a week its Friday, of a month
/// its last day.
fn end((unit, ahead): (Unit, i8), date: Option<civil::Date>, now: &Now) -> Option<Extent> {
    const CLOSE: (i32, i32) = (17 * 60, 18 * 60);
    let today = now.today();
    match unit {
        Unit::Day => {
            let date = match date {
                Some(date) => date,
                None => today.checked_add(ahead.days()).ok()?,
            };
            let is_late = date == today && now.minute() >= CLOSE.0;
            let until = if is_late { DAY } else { CLOSE.1 };
            Some((now.instant(date, CLOSE.0)?, now.instant(date, until)?, Grain::PartOfDay))
        }
        Unit::Week => {
            let friday = monday(today, i32::from(ahead))?.checked_add(4.days()).ok()?;
            now.whole_days(friday.max(today), 1, Grain::Day)
        }
        _ => {
            let month = today.first_of_month().checked_add(ahead.months()).ok()?;
            now.whole_days(month.last_of_month(), 1, Grain::Day)
        }
    }
}

/// The day that is named.
fn date(fields: Fields, now: &Now) -> Option<civil::Date> {
    let today = now.today();
    if let Some(date) = fields.date {
        return written_date(date, fields, now);
    }
    if let Some((which, weekday)) = fields.weekday {
        return weekday_date((which, weekday), fields.period, today);
    }
    match fields.end {
        Some((Unit::Day, ahead)) => today.checked_add(ahead.days()).ok(),
        Some(_) => None,
        None => today.checked_add(fields.day?.days()).ok(),
    }
}

fn weekday_date(
    (which, weekday): (Which, Weekday),
    period: Option<(Which, Unit)>,
    today: civil::Date,
) -> Option<civil::Date> {
    let of_week = i32::from(weekday.to_monday_zero_offset());
    let ahead = (of_week - i32::from(today.weekday().to_monday_zero_offset())).rem_euclid(7);
    match (which, period) {
        (_, Some((Which::Next, Unit::Week))) | (Which::Next, _) => monday(today, 1)?.checked_add(of_week.days()).ok(),
        (_, Some((Which::Last, Unit::Week))) => monday(today, -1)?.checked_add(of_week.days()).ok(),
        (Which::This, _) => today.checked_add(ahead.days()).ok(),
        (Which::Coming, _) => today.checked_add((if ahead == 0 { 7 } else { ahead }).days()).ok(),
        (Which::Last, _) => today.checked_add((if ahead == 0 { -7 } else { ahead - 7 }).days()).ok(),
    }
}

fn written_date(date: Date, fields: Fields, now: &Now) -> Option<civil::Date> {
    let weekday = fields.weekday.map(|(_, weekday)| weekday);
    let fits = |date: &civil::Date| weekday == Some(date.weekday());
    // Where Americans name their own clock, the month comes first.
    let is_american = matches!(fields.zone, Some(Zone::Place(name)) if name.starts_with("America/"));
    match date {
        Date::Full(date) => Some(date),
        Date::Either(one, other) if fits(&one) != fits(&other) => Some(if fits(&one) { one } else { other }),
        Date::Either(_, month_first) => is_american.then_some(month_first),
        Date::OfYear(month, day) => nearest((month, day), weekday, now.today()),
        Date::EitherOfYear(one, other) => {
            let read = |day| nearest(day, weekday, now.today());
            match (read(one).filter(fits), read(other).filter(fits)) {
                (Some(date), None) | (None, Some(date)) => Some(date),
                _ => read(other).filter(|_| is_american),
            }
        }
        Date::OfMonth(day) => (0..3).find_map(|ahead: i32| {
            let month = now.today().first_of_month().checked_add(ahead.months()).ok()?;
            let date = civil::Date::new(month.year(), month.month(), day).ok()?;
            (date >= now.today()).then_some(date)
        }),
        Date::Month(_) => None,
    }
}

/// A day of a year that is not said: the one on that weekday, else the next one, but for what is over by two months at
/// most.
fn nearest((month, day): (i8, i8), weekday: Option<Weekday>, today: civil::Date) -> Option<civil::Date> {
    let earliest = today.checked_sub(60.days()).ok()?;
    let years = || (-1..=1).filter_map(|ahead| civil::Date::new(today.year().checked_add(ahead)?, month, day).ok());
    let by_weekday = years().filter(|date| *date >= earliest).find(|date| Some(date.weekday()) == weekday);
    by_weekday.or_else(|| years().find(|date| *date >= earliest))
}

/// A range: the second end is after the first, and each lends the other its day and its half of the day.
fn range((first, last): (Fields, Fields), prep: Option<Prep>, written: &Written) -> Option<Extent> {
    let zone = last.zone.or(first.zone);
    let now = Now::new(written, zone);
    let (Some(from), Some(until)) = (first.clock, last.clock) else {
        let (starts, _, grain) = moment(month_of(first, last), prep, &now)?;
        // The second weekday is the one after the first.
        let local = now.zone.to_datetime(starts);
        let (_, ends, _) = moment(last, prep, &Now { local, ..now })?;
        return Some((starts, ends, grain));
    };
    let first = if first.has_day() { first } else { first.on_day_of(last) };
    let from = if from.half == Half::Either && until.half == Half::Exact { before(from, until) } else { from };
    let (starts, ..) = moment(Fields { clock: Some(from), zone, ..first }, None, &now)?;
    let ends = if last.has_day() && first.on_day_of(last) != first {
        moment(Fields { zone, ..last }, None, &now)?.0
    } else {
        let begins = now.zone.to_datetime(starts);
        let minute = i32::from(begins.hour()) * 60 + i32::from(begins.minute());
        let step = if until.half == Half::Either { HALF_DAY } else { DAY };
        now.instant(begins.date(), minute + (i32::from(until.minute) - minute).rem_euclid(step))?
    };
    // "8:30-17:30" is today's while it lasts.
    let day = SignedDuration::from_hours(24);
    match ends.checked_sub(day) {
        Ok(earlier) if !first.has_day() && !last.has_day() && earlier > now.at => {
            Some((starts - day, earlier, Grain::Minute))
        }
        _ => Some((starts, ends, Grain::Minute)),
    }
}

/// "5 - 7 june": the day takes the month of the other.
fn month_of(first: Fields, last: Fields) -> Fields {
    match (first.date, last.date) {
        (Some(Date::OfMonth(day)), Some(Date::OfYear(month, _))) => {
            Fields { date: Some(Date::OfYear(month, day)), ..first }
        }
        (Some(Date::OfMonth(day)), Some(Date::Full(last))) => {
            let date = civil::Date::new(last.year(), last.month(), day).ok();
            Fields { date: date.map(Date::Full), ..first }
        }
        _ => first,
    }
}

/// The half of the day in which the first end comes shortly before the second.
fn before(from: Clock, until: Clock) -> Clock {
    let early = from.minute % (12 * 60);
    let minute = if early + 12 * 60 <= until.minute { early + 12 * 60 } else { early };
    Clock { minute, half: Half::Exact }
}
