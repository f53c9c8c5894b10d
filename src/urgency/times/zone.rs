//! By which clock an hour is meant: "CET", "(houston time)", "+01:00", "UTC+2".

use jiff::tz::{Offset, TimeZone};

use super::cursor::Cursor;
use super::word::Word;

/// A clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Zone {
    /// A zone of the database.
    Place(&'static str),
    /// A fixed offset.
    Offset(Offset),
    /// That of the one who wrote, as far as can be told.
    Writer,
}

impl Zone {
    /// Its rules; `None` where the writer's are to be taken.
    pub fn rules(self) -> Option<TimeZone> {
        match self {
            Self::Place(name) => TimeZone::get(name).ok(),
            Self::Offset(offset) => Some(TimeZone::fixed(offset)),
            Self::Writer => None,
        }
    }
}

/// Reads a zone behind an hour. A place that is not known is the writer's.
pub fn read(cursor: Cursor<'_>) -> Option<(Zone, Cursor<'_>)> {
    let inside = cursor.next().skip(&['(']);
    let (zone, after) = named(inside).or_else(|| offset(cursor)).or_else(|| place(inside))?;
    let bracketed = inside.at > cursor.next().at || cursor.before() == Some('(');
    Some((zone, if bracketed { after.skip(&[')']) } else { after }))
}

fn named(cursor: Cursor<'_>) -> Option<(Zone, Cursor<'_>)> {
    let (zone, after) = cursor.word(|word| match word {
        Word::Zone(name) => Some(Zone::Place(name)),
        Word::Someones => Some(Zone::Writer),
        _ => None,
    })?;
    if zone == Zone::Place("UTC")
        && let Some(found) = offset(after)
    {
        return Some(found);
    }
    Some((zone, after))
}

/// "+01:00", "-0330", "+2".
fn offset(cursor: Cursor<'_>) -> Option<(Zone, Cursor<'_>)> {
    let sign = cursor.peek()?;
    let direction = match sign {
        '+' => 1,
        '-' => -1,
        _ => return None,
    };
    let (digits, after) = cursor.eat(&[sign])?.digits()?;
    let minutes = after.eat(&[':']).and_then(Cursor::digits).filter(|(part, _)| part.count == 2);
    let (hours, minutes, after) = match minutes {
        // "9:00-9:30" is a range; RFC 3339 writes seconds before an offset with a colon.
        Some((minutes, after)) if digits.count <= 2 && (sign == '+' || cursor.follows_seconds()) => {
            (digits.value, minutes.value, after)
        }
        _ if digits.count == 4 => (digits.value / 100, digits.value % 100, after),
        _ if digits.count <= 2 && sign == '+' => (digits.value, 0, after),
        _ => return None,
    };
    (hours <= 14 && minutes < 60).then_some(())?;
    let seconds = i32::from(hours) * 3_600 + i32::from(minutes) * 60;
    Some((Zone::Offset(Offset::from_seconds(direction * seconds).ok()?), after))
}

/// "(vienna time)": a word or two, then "time".
fn place(cursor: Cursor<'_>) -> Option<(Zone, Cursor<'_>)> {
    let (before, _) = cursor.rest().split_at_checked(bounded(cursor))?.0.split_once(" time")?;
    let is_name =
        !before.is_empty() && before.split(' ').count() <= 2 && before.chars().all(|c| c.is_alphabetic() || c == ' ');
    let is_inside = cursor.before() == Some('(');
    (is_name && is_inside).then_some(())?;
    Some((Zone::Writer, cursor.ahead(before.len() + " time".len())))
}

/// So many octets as the longest name of a place takes, or a few less.
fn bounded(cursor: Cursor<'_>) -> usize {
    const OCTETS: usize = 32;
    let rest = cursor.rest();
    (0..=OCTETS.min(rest.len())).rev().find(|at| rest.is_char_boundary(*at)).unwrap_or(0)
}
