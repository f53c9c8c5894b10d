//! Dates: "2027-01-13", "13.1.2027", "january 13th", "le 13 janvier", "the 5th", "in june".

use jiff::civil;

use super::clock;
use super::cursor::{Cursor, Digits, Own};
use super::lexicon::Language;
use super::word::Word;

/// A date as far as it is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Date {
    /// All of it.
    Full(civil::Date),
    /// Two readings, day first and month first: "5/7/2027".
    Either(civil::Date, civil::Date),
    /// A month and a day.
    OfYear(i8, i8),
    /// The same in two readings, day first and month first.
    EitherOfYear((i8, i8), (i8, i8)),
    /// A day of a month: "the 5th".
    OfMonth(i8),
    /// A month alone.
    Month(i8),
}

/// Whether something before it says that a date follows: "on", "le", a weekday.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lead {
    /// A day does.
    Day,
    /// A day or a month does: "by", "in".
    Month,
    /// Nothing does.
    No,
}

/// Reads a date. One that does not exist (31 february) is none.
pub fn read(cursor: Cursor<'_>, lead: Lead) -> Option<(Date, Cursor<'_>)> {
    iso(cursor)
        .or_else(|| figures(cursor, lead))
        .or_else(|| day_month(cursor))
        .or_else(|| range_start(cursor))
        .or_else(|| month_day(cursor, lead))
        .or_else(|| of_month(cursor, lead))
}

/// "2027-01-13", "2027/1/13".
fn iso(cursor: Cursor<'_>) -> Option<(Date, Cursor<'_>)> {
    let (year, after) = cursor.digits().filter(|(year, _)| year.count == 4)?;
    let mark = after.peek().filter(|c| matches!(c, '-' | '/' | '.'))?;
    let (month, after) = short(after.eat(&[mark])?)?;
    let (day, after) = short(after.eat(&[mark])?)?;
    let date = full(year, month.value, day.value)?;
    // RFC 3339 section 5.6: a T between date and time.
    let time = after.eat(&['t']).filter(|after| after.peek().is_some_and(|c| c.is_ascii_digit()));
    Some((Date::Full(date), time.unwrap_or(after)))
}

/// "13/1/2027", "13.1.27", "13.1." and, where a date is announced, "13/1".
fn figures(cursor: Cursor<'_>, lead: Lead) -> Option<(Date, Cursor<'_>)> {
    let (first, after) = short(cursor)?;
    let mark = after.peek().filter(|c| matches!(c, '-' | '/' | '.'))?;
    let (second, after) = short(after.eat(&[mark])?)?;
    let year = after.eat(&[mark]).and_then(Cursor::digits).filter(|(year, _)| matches!(year.count, 2 | 4));
    if let Some((year, after)) = year {
        // With two digits of a year and nothing before it, dots are rather a version's.
        (mark != '.' || year.count == 4 || lead != Lead::No).then_some(())?;
        let day_first = full(year, second.value, first.value);
        let month_first = full(year, first.value, second.value).filter(|_| mark != '.');
        let date = match (day_first, month_first) {
            (Some(one), Some(other)) if one != other => Date::Either(one, other),
            (one, other) => Date::Full(one.or(other)?),
        };
        return Some((date, after));
    }
    (lead != Lead::No).then_some(())?;
    let end = match mark {
        '/' => after,
        '.' => dotted(after, (first, second))?,
        _ => return None,
    };
    (!end.peek().is_some_and(|c| c == mark || c.is_alphanumeric())).then_some(())?;
    let day_first = day_of_year(second.value, first.value);
    let month_first = day_of_year(first.value, second.value).filter(|_| mark == '/');
    let date = match (day_first, month_first) {
        (Some(one), Some(other)) if one != other && reads_day_first(cursor) == Own::No => {
            Date::EitherOfYear(one, other)
        }
        (one, other) => one.or(other).map(|(month, day)| Date::OfYear(month, day))?,
    };
    Some((date, end))
}

/// Whether the words around tell that the day comes first: they are not English.
fn reads_day_first(cursor: Cursor<'_>) -> Own {
    if cursor.speech.language == Language::En { Own::No } else { cursor.speech.own }
}

/// The end of "13.1." and "13.01", which no price and no version looks like after "am".
fn dotted(after: Cursor<'_>, (first, second): (Digits, Digits)) -> Option<Cursor<'_>> {
    (after.speech.language != Language::En).then_some(())?;
    after.eat(&['.']).or_else(|| (first.count == 2 && second.count == 2).then_some(after))
}

/// "13 january 2027", "13. januar", "13 de enero de 2027", "1er janvier", "13-jan-2027".
fn day_month(cursor: Cursor<'_>) -> Option<(Date, Cursor<'_>)> {
    let announced = cursor.word(|word| (word == Word::DayOf).then_some(()));
    let (day, after) = short(announced.map_or(cursor, |((), after)| after.next()))?;
    let after = after.word(ordinal).map_or(after, |((), after)| after).skip(&['.', 'º', '°']);
    let after = after.eat(&['-', '/']).unwrap_or_else(|| after.next());
    let after = after.word(glue).map_or(after, |((), after)| after.next());
    let (month, after) = after.word(month)?;
    let date = day_of_year(u16::try_from(month).ok()?, day.value)?;
    Some(with_year(date, after).unwrap_or((Date::OfYear(date.0, date.1), after)))
}

/// The first day of "5 - 7 june", whose month comes later.
fn range_start(cursor: Cursor<'_>) -> Option<(Date, Cursor<'_>)> {
    let (day, after) = short(cursor)?;
    let after = after.word(ordinal).map_or(after, |((), after)| after).skip(&['.']);
    day_month(clock::connective(after)?)?;
    let day = i8::try_from(day.value).ok().filter(|day| (1..=31).contains(day))?;
    Some((Date::OfMonth(day), after))
}

/// "january 13th, 2027" in English; a month alone where one is announced.
fn month_day(cursor: Cursor<'_>, lead: Lead) -> Option<(Date, Cursor<'_>)> {
    let (month, named) = cursor.word(month)?;
    let alone = (lead == Lead::Month).then_some((Date::Month(month), named));
    if cursor.speech.language != Language::En {
        return alone;
    }
    let number = named.skip(&['.']).next();
    let number = number.word(|word| (word == Word::DayOf).then_some(())).map_or(number, |((), after)| after.next());
    let Some((day, after)) = short(number) else { return alone };
    let after = after.word(ordinal).map_or(after, |((), after)| after);
    let is_clock = after.peek() == Some(':') || after.next_word(meridiem).is_some();
    let Some(date) = day_of_year(u16::try_from(month).ok()?, day.value).filter(|_| !is_clock) else { return alone };
    Some(with_year(date, after).unwrap_or((Date::OfYear(date.0, date.1), after)))
}

/// "the 5th", "am 5.", "el día 5", where a day is announced.
fn of_month(cursor: Cursor<'_>, lead: Lead) -> Option<(Date, Cursor<'_>)> {
    let named = cursor.word(|word| (word == Word::DayOf).then_some(()));
    let start = named.map_or(cursor, |((), after)| after.next());
    let (day, after) = short(start)?;
    let end = match cursor.speech.language {
        Language::En => after.word(ordinal).filter(|_| lead != Lead::No)?.1,
        Language::De => after.eat(&['.']).filter(|_| lead == Lead::Day && cursor.speech.own == Own::Yes)?,
        Language::Fr => return None,
        _ => named.map(|_| after)?,
    };
    let day = i8::try_from(day.value).ok().filter(|day| (1..=31).contains(day))?;
    clock::is_free(end).then_some((Date::OfMonth(day), end))
}

/// The year after a month or a day: four digits, as two may be an hour.
fn with_year((month, day): (i8, i8), after: Cursor<'_>) -> Option<(Date, Cursor<'_>)> {
    let start = after.skip(&['.', ',', '-', '/']).next();
    let start = start.word(glue).map_or(start, |((), after)| after.next());
    let (year, after) = start.digits().filter(|(year, end)| year.count == 4 && end.peek() != Some(':'))?;
    let date = full(year, u16::try_from(month).ok()?, u16::try_from(day).ok()?)?;
    Some((Date::Full(date), after))
}

/// One or two digits.
fn short(cursor: Cursor<'_>) -> Option<(Digits, Cursor<'_>)> {
    cursor.digits().filter(|(digits, _)| digits.count <= 2)
}

/// A date of the years 1970 to 2199: others stand in histories and version numbers.
fn full(year: Digits, month: u16, day: u16) -> Option<civil::Date> {
    let year = match (year.count, year.value) {
        (2, 70..) => 1900 + year.value,
        (2, _) => 2000 + year.value,
        _ => year.value,
    };
    let year = i16::try_from(year).ok().filter(|year| (1970..2200).contains(year))?;
    civil::Date::new(year, i8::try_from(month).ok()?, i8::try_from(day).ok()?).ok()
}

/// A day that exists in some year.
fn day_of_year(month: u16, day: u16) -> Option<(i8, i8)> {
    const LEAP: i16 = 2024;
    let (month, day) = (i8::try_from(month).ok()?, i8::try_from(day).ok()?);
    civil::Date::new(LEAP, month, day).ok().map(|_| (month, day))
}

fn month(word: Word) -> Option<i8> {
    if let Word::Month(month) = word { Some(month) } else { None }
}

fn ordinal(word: Word) -> Option<()> {
    (word == Word::Ordinal).then_some(())
}

fn glue(word: Word) -> Option<()> {
    (word == Word::Glue).then_some(())
}

fn meridiem(word: Word) -> Option<()> {
    matches!(word, Word::Am | Word::Pm).then_some(())
}
