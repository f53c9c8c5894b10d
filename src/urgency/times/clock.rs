//! Times of day: "5pm", "17:00", "7.45 tonight", "half past six", "17h30", "a las cinco".

use super::cursor::{Cursor, Own};
use super::lexicon::Language;
use super::word::{Bare, Word};

/// A time of day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Clock {
    /// Minutes since midnight, 0 to 1,440.
    pub minute: u16,
    /// Which half of the day that is.
    pub half: Half,
}

/// Whether a time of day is one, or one of two.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Half {
    /// It is this minute of the day.
    Exact,
    /// It may be twelve hours earlier or later: "at 9".
    Either,
}

/// What follows an hour, and how surely it makes a time of it.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Form {
    /// "17:30", "17h", "17 uhr".
    Sure,
    /// "17.30": a version, a price, a length, unless more speaks for a time.
    Dot,
    /// "17".
    Hour,
}

const NOON: u16 = 12 * 60;
const DAY: u16 = 24 * 60;

/// Reads a time of day.
pub fn read(cursor: Cursor<'_>, bare: Bare) -> Option<(Clock, Cursor<'_>)> {
    named(cursor).or_else(|| spoken(cursor)).or_else(|| figures(cursor, bare)).or_else(|| letters(cursor, bare))
}

/// "noon".
fn named(cursor: Cursor<'_>) -> Option<(Clock, Cursor<'_>)> {
    let (minute, after) = cursor.word(|word| match word {
        Word::Noon => Some(NOON),
        Word::Midnight => Some(DAY),
        _ => None,
    })?;
    let (plus, after) = after.next_word(plus).unwrap_or((0, after));
    Some((Clock { minute: shifted(minute, plus) % (DAY + 1), half: Half::Exact }, after))
}

/// "half past six".
fn spoken(cursor: Cursor<'_>) -> Option<(Clock, Cursor<'_>)> {
    let past = |word| if let Word::Past(minutes) = word { Some(minutes) } else { None };
    let (minutes, after) = cursor.word(past)?;
    let (hour, after) = hour_of_twelve(after.next())?;
    let (sure, after) = after.next_word(oclock).map_or((None, after), |(sure, after)| (Some(sure), after));
    (sure.is_some() || is_free(after)).then_some(())?;
    meridiem(shifted(hour * 60, minutes), after)
}

fn hour_of_twelve(cursor: Cursor<'_>) -> Option<(u16, Cursor<'_>)> {
    let figures = || cursor.digits().map(|(digits, after)| (digits.value, after));
    let (hour, after) = cursor.word(number).or_else(figures)?;
    (1..=12).contains(&hour).then_some((hour, after))
}

/// "at nine", "um neun uhr", "a las cinco y media".
fn letters(cursor: Cursor<'_>, bare: Bare) -> Option<(Clock, Cursor<'_>)> {
    let (hour, after) = cursor.word(number).filter(|(hour, _)| (1..=12).contains(hour))?;
    let (plus, more) = after.next_word(plus).map_or((None, after), |(plus, after)| (Some(plus), after));
    let sure = more.next_word(oclock).or_else(|| more.next_word(in_part).map(|_| ((), more)));
    let late = sure.filter(|_| plus.is_none()).and_then(|((), end)| end.next_word(self::plus));
    let (plus, sure) = late.map_or((plus, sure), |(late, end)| (Some(late), Some(((), end))));
    let end = match (sure, bare) {
        (Some(((), end)), _) => end,
        (None, Bare::Yes) if cursor.speech.own == Own::Yes && (plus.is_some() || is_free(more)) => more,
        _ => return None,
    };
    meridiem(shifted(hour * 60, plus.unwrap_or(0)), end)
}

/// "5", "5pm", "17:30", "17.30 uhr", "17h30".
fn figures(cursor: Cursor<'_>, bare: Bare) -> Option<(Clock, Cursor<'_>)> {
    let (hour, after) = cursor.digits().filter(|(hour, _)| hour.count <= 2 && hour.value <= 24)?;
    // "12 noon".
    if let Some(found) = named(after.next()).filter(|_| hour.value == 12) {
        return Some(found);
    }
    let (form, minutes, after) = minutes(after, hour.value, bare)?;
    let (added, after) = after.next_word(plus).filter(|_| minutes == 0).unwrap_or((0, after));
    let minute = hour.value * 60 + minutes;
    (minute <= DAY).then_some(())?;
    let is_twelve = (1..=12).contains(&hour.value);
    let (meridiem_of, end) = meridiem(minute, after)?;
    let has_meridiem = end.at != after.at;
    if !has_meridiem && !is_accepted((form, hour.value), after, bare) {
        return None;
    }
    if has_meridiem && is_twelve {
        return Some((Clock { minute: shifted(meridiem_of.minute, added), half: Half::Exact }, end));
    }
    let is_padded = hour.count == 2 && hour.value < 10;
    let by_twelves = form != Form::Sure || cursor.speech.language == Language::En;
    let half = if is_twelve && !is_padded && by_twelves && !has_meridiem { Half::Either } else { Half::Exact };
    Some((Clock { minute: shifted(minute, added), half }, end))
}

/// The minutes after an hour, and the form in which they stand.
fn minutes<'a>(after: Cursor<'a>, hour: u16, bare: Bare) -> Option<(Form, u16, Cursor<'a>)> {
    let two = |cursor: Cursor<'a>| cursor.digits().filter(|(digits, _)| digits.count == 2 && digits.value < 60);
    if let Some(colon) = after.eat(&[':']) {
        let (minutes, after) = two(colon)?;
        let seconds = after.eat(&[':']).and_then(two).map(|(_, after)| after);
        let fraction = seconds.and_then(|after| after.eat(&['.'])).and_then(|dot| dot.digits()).map(|(_, after)| after);
        let end = fraction.or(seconds).unwrap_or(after);
        let end = end.next_word(oclock).map_or(end, |((), end)| end);
        return Some((Form::Sure, minutes.value, end));
    }
    if let Some((minutes, after)) = after.eat(&['.']).and_then(two) {
        let uhr = after.next_word(oclock);
        let form = if uhr.is_some() { Form::Sure } else { Form::Dot };
        return Some((form, minutes.value, uhr.map_or(after, |((), after)| after)));
    }
    if let Some(((), aitch)) = after.next_word(|word| (word == Word::Aitch).then_some(())) {
        let minutes = two(aitch).or_else(|| two(aitch.next()).filter(|(_, after)| is_free(*after)));
        // "2h" alone is rather a length, and "24h/24" is always.
        let is_sure = minutes.is_some() || bare == Bare::Yes || (6..24).contains(&hour);
        return is_sure
            .then(|| minutes.map_or((Form::Sure, 0, aitch), |(found, after)| (Form::Sure, found.value, after)));
    }
    if let Some(((), uhr)) = after.next_word(oclock) {
        let minutes = two(uhr.next()).filter(|(_, after)| is_free(*after));
        return Some(minutes.map_or((Form::Sure, 0, uhr), |(found, after)| (Form::Sure, found.value, after)));
    }
    Some((Form::Hour, 0, after))
}

/// Whether it is a time without am or pm.
fn is_accepted((form, hour): (Form, u16), after: Cursor<'_>, bare: Bare) -> bool {
    let by_words = || after.next_word(in_part).is_some();
    match form {
        Form::Sure => true,
        Form::Dot => after.next().is(is_day) || bare == Bare::Yes && !is_more(after),
        Form::Hour if by_words() => (1..=12).contains(&hour),
        Form::Hour => {
            let most = if cursor_is_english(after) { 12 } else { 24 };
            if !(1..=most).contains(&hour) {
                return false;
            }
            if let Some(second) = connective(after) {
                let second_is_sure = is_clock(second, Bare::No);
                let bare_is_enough = bare != Bare::No && after.speech.own == Own::Yes && is_clock(second, Bare::Yes);
                return second_is_sure || bare_is_enough;
            }
            bare == Bare::Yes && after.speech.own == Own::Yes && is_free(after)
        }
    }
}

fn cursor_is_english(cursor: Cursor<'_>) -> bool {
    cursor.speech.language == Language::En
}

/// Whether a time of day stands there, without a look at what follows "to" behind it.
fn is_clock(cursor: Cursor<'_>, bare: Bare) -> bool {
    if named(cursor).is_some() {
        return true;
    }
    let Some((hour, after)) = cursor.digits().filter(|(hour, _)| hour.count <= 2 && hour.value <= 24) else {
        return false;
    };
    let Some((form, _, after)) = minutes(after, hour.value, bare) else { return false };
    let has_meridiem = meridiem(hour.value * 60, after).is_some_and(|(_, end)| end.at != after.at);
    let is_bare = bare == Bare::Yes && connective(after).is_none() && is_free(after);
    has_meridiem || form == Form::Sure || is_bare || after.next_word(in_part).is_some()
}

/// The place after "to", "-", "bis" between the ends of a range.
pub fn connective(cursor: Cursor<'_>) -> Option<Cursor<'_>> {
    if let Some(dash) = cursor.next().eat(&['-']) {
        return Some(dash.next());
    }
    let to = |word| (word == Word::To).then_some(());
    cursor.next_word(to).filter(|(_, after)| after.at > cursor.next().at).map(|(_, after)| after.next())
}

/// Takes in am or pm, where it stands.
fn meridiem(minute: u16, cursor: Cursor<'_>) -> Option<(Clock, Cursor<'_>)> {
    let found = cursor.next_word(|word| match word {
        Word::Am => Some(0),
        Word::Pm => Some(NOON),
        _ => None,
    });
    Some(match found {
        Some((half, after)) => (Clock { minute: minute % NOON + half, half: Half::Exact }, after),
        None => (Clock { minute, half: Half::Either }, cursor),
    })
}

/// Whether a bare number ends there as an hour does: at the end of a clause, or before a word that is no noun.
pub fn is_free(cursor: Cursor<'_>) -> bool {
    if ends_clause(cursor) {
        return true;
    }
    if cursor.peek() != Some(' ') {
        return false;
    }
    let next = cursor.next();
    next.peek().is_some_and(|c| matches!(c, '(' | '-' | '@' | '|' | ':')) || next.is(is_little)
}

/// Whether a clause ends there: at the end of the text, or at a mark that is not inside a number.
pub fn ends_clause(cursor: Cursor<'_>) -> bool {
    let mut chars = cursor.rest().chars();
    match chars.next() {
        None => true,
        Some('.' | ',' | ':') => chars.next().is_none_or(|c| !c.is_alphanumeric()),
        Some(mark) => matches!(mark, ';' | '!' | '?' | ')' | '"' | '\''),
    }
}

/// Whether a number goes on as a version, a price or a share does.
fn is_more(cursor: Cursor<'_>) -> bool {
    let next = cursor.next();
    next.peek().is_some_and(|c| matches!(c, '€' | '$' | '£' | '%')) || next.is(is_counted)
}

fn is_counted(word: Word) -> bool {
    matches!(word, Word::Measure | Word::Unit(_) | Word::Number(_))
}

fn is_little(word: Word) -> bool {
    match word {
        Word::Then | Word::Prep(_) | Word::And | Word::Latest | Word::Which(_) | Word::Zone(_) => true,
        word => is_day(word),
    }
}

fn is_day(word: Word) -> bool {
    match word {
        Word::Day(_) | Word::DayPart(..) | Word::Weekday(_) | Word::WeakDay(_) => true,
        word => half_of_day(word).is_some(),
    }
}

fn half_of_day(word: Word) -> Option<()> {
    matches!(word, Word::InPart(_) | Word::Part(_)).then_some(())
}

fn in_part(word: Word) -> Option<()> {
    matches!(word, Word::InPart(_)).then_some(())
}

fn oclock(word: Word) -> Option<()> {
    (word == Word::Oclock).then_some(())
}

fn plus(word: Word) -> Option<i8> {
    if let Word::Plus(minutes) = word { Some(minutes) } else { None }
}

fn number(word: Word) -> Option<u16> {
    if let Word::Number(number) = word { Some(u16::from(number)) } else { None }
}

/// Minutes later or earlier, within the day.
fn shifted(minute: u16, by: i8) -> u16 {
    minute.saturating_add_signed(i16::from(by)).min(DAY)
}
