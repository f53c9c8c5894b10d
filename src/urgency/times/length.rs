//! Lengths of time from now: "in 20 min", "within the hour", "dans une heure", "5 minutes ago", "15 min late".

use super::clock;
use super::cursor::{Cursor, Own};
use super::lexicon::Language;
use super::word::{Length, Prep, Unit, Word};

/// A length of time, and how it is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    /// How.
    pub length: Length,
    /// The least, in halves of the unit.
    pub least: u32,
    /// The most, in halves of the unit; not less.
    pub most: u32,
    /// The unit.
    pub unit: Unit,
}

/// An amount: halves of a unit, from least to most.
type Amount = (u32, u32, Unit);

/// Reads a length after a preposition, or with "ago" or "late" behind it, or minutes that stand alone.
pub fn read(cursor: Cursor<'_>, prep: Option<Prep>) -> Option<(Span, Cursor<'_>)> {
    let ((least, most, unit), after) = amount(cursor, prep)?;
    let span = |length| Span { length, least, most, unit };
    // "entre 14h et 15h" are hours; Italian "tra" is "in" as well.
    if prep == Some(Prep::Between) && cursor.speech.language != Language::It {
        return None;
    }
    if prep.is_some_and(|prep| prep.relation().is_some() && prep.length().is_none()) {
        return None;
    }
    if let Some((length, after)) = after.next_word(trailer) {
        return Some((span(length), after));
    }
    if let Some(length) = prep.and_then(Prep::length) {
        return Some((span(length), after));
    }
    let stands_alone = unit == Unit::Minute && most <= ALONE_MOST && clock::ends_clause(after);
    let is_labelled = cursor.before_space() == Some(':');
    let is_said = !is_labelled && cursor.speech.own == Own::Yes && cursor.peek().is_some_and(|c| c.is_ascii_digit());
    (stands_alone && is_said && !DURATIONS.contains(&cursor.word_before())).then_some((span(Length::Point), after))
}

/// Minutes without a preposition are said of an arrival up to here, in halves; longer ones are rather how long a thing is.
const ALONE_MOST: u32 = 2 * 45;

/// Words after which minutes are how long a thing lasts or how often it comes, not when.
const DURATIONS: &[&str] = &[
    "for", "every", "takes", "took", "take", "a", "an", "the", "last", "past", "of", "per", "than", "least", "only",
    "each", "alle", "dauert", "pendant", "toutes", "les", "durante", "cada", "ogni", "dura", "por", "per",
];

/// "back in 5": minutes without their name, after words of coming and going.
pub fn unnamed<'a>(start: Cursor<'a>, cursor: Cursor<'a>) -> Option<(Span, Cursor<'a>)> {
    const COMING: &[&str] =
        &["back", "there", "home", "down", "out", "ready", "leaving", "arriving", "brb", "here", "call"];
    let is_said = cursor.speech.language == Language::En && COMING.contains(&start.word_before());
    let (digits, after) = cursor.digits().filter(|(digits, _)| is_said && (1..=60).contains(&digits.value))?;
    let halves = u32::from(digits.value) * 2;
    let span = Span { length: Length::Point, least: halves, most: halves, unit: Unit::Minute };
    clock::ends_clause(after).then_some((span, after))
}

/// How much, of what: "20 min", "an hour", "2-3 hours", "1,5 stunden", "1h30", "half an hour".
fn amount(cursor: Cursor<'_>, prep: Option<Prep>) -> Option<(Amount, Cursor<'_>)> {
    let half_hour = |word| (word == Word::HalfHour).then_some(());
    let article = |word| (word == Word::Article).then_some(());
    let start = cursor.word(article).map_or(cursor, |((), after)| after.next());
    if let Some(((), after)) = cursor.word(half_hour).or_else(|| start.word(half_hour)) {
        return Some(((60, 60, Unit::Minute), after));
    }
    if let Some((least, after)) = number(start) {
        let second = clock::connective(after).and_then(number).filter(|(most, _)| *most >= least);
        let (most, after) = second.unwrap_or((least, after));
        let after = after.eat(&['-']).unwrap_or(after.next());
        let (unit, after) = after.word(unit)?;
        return Some(hour_and_minutes((least, most, unit), after));
    }
    let (unit, after) = start.word(unit)?;
    let is_one = start.at > cursor.at || prep == Some(Prep::InSpan);
    is_one.then_some(((2, 2, unit), after))
}

/// "1h30" is 90 minutes.
fn hour_and_minutes((least, most, unit): Amount, after: Cursor<'_>) -> (Amount, Cursor<'_>) {
    let minutes = after.digits().filter(|(digits, _)| digits.count == 2 && digits.value < 60 && unit == Unit::Hour);
    match minutes {
        Some((minutes, after)) => {
            let whole = |hours: u32| hours * 60 + u32::from(minutes.value) * 2;
            ((whole(least), whole(most), Unit::Minute), after)
        }
        None => ((least, most, unit), after),
    }
}

/// A number, in halves.
fn number(cursor: Cursor<'_>) -> Option<(u32, Cursor<'_>)> {
    let letters = |word| if let Word::Number(number) = word { Some(u32::from(number) * 2) } else { None };
    if let Some(found) = cursor.word(letters) {
        return Some(found);
    }
    let (digits, after) = cursor.digits()?;
    let whole = u32::from(digits.value) * 2;
    let fraction = after.eat(&['.', ',']).and_then(Cursor::digits).filter(|(part, _)| part.count == 1);
    Some(match fraction {
        Some((part, after)) => (whole + u32::from(part.value >= 3) + u32::from(part.value >= 8), after),
        None => (whole, after),
    })
}

fn unit(word: Word) -> Option<Unit> {
    if let Word::Unit(unit) = word { Some(unit).filter(|unit| *unit != Unit::Weekend) } else { None }
}

fn trailer(word: Word) -> Option<Length> {
    match word {
        Word::Ago => Some(Length::Back),
        Word::Late => Some(Length::Point),
        _ => None,
    }
}
