//! Phrases: a preposition, days and hours in either order, ranges.

use std::ops::Range;

use jiff::civil::Weekday;

use super::clock::{self, Clock, Half};
use super::cursor::{Cursor, Own, Speech};
use super::date::{self, Date, Lead};
use super::length::{self, Span};
use super::lexicon::Language;
use super::named::Relation;
use super::word::{Bare, Length, Part, Prep, Unit, Which, Word};
use super::zone::{self, Zone};

/// A time as it is written, before it is known when it was written.
#[derive(Clone, Debug)]
pub struct Phrase {
    /// Where it stands, in octets, with its preposition.
    pub span: Range<usize>,
    /// In which language it was read.
    pub speech: Speech,
    /// The preposition nearest to the time.
    pub prep: Option<Prep>,
    /// How it is meant.
    pub relation: Relation,
    /// What is named.
    pub what: What,
}

/// What a phrase names.
#[derive(Clone, Copy, Debug)]
pub enum What {
    /// A length of time from now.
    Length(Span),
    /// A moment, a part of a day, a day, a month.
    Moment(Fields),
    /// From one to the other.
    Range(Fields, Fields),
    /// Nothing that can be said when: "every friday".
    Nothing,
}

/// The pieces of a moment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Fields {
    /// The time of day.
    pub clock: Option<Clock>,
    /// By which clock.
    pub zone: Option<Zone>,
    /// The date.
    pub date: Option<Date>,
    /// The day of the week.
    pub weekday: Option<(Which, Weekday)>,
    /// The day, counted from today.
    pub day: Option<i8>,
    /// The part of the day.
    pub part: Option<Part>,
    /// A week, a weekend, a month, a year.
    pub period: Option<(Which, Unit)>,
    /// The end of a day, a week, a month, and of which one, counted from now.
    pub end: Option<(Unit, i8)>,
}

impl Fields {
    /// Whether it says on which day.
    pub fn has_day(self) -> bool {
        self.date.is_some()
            || self.weekday.is_some()
            || self.day.is_some()
            || self.period.is_some()
            || self.end.is_some()
    }

    /// The same with the day of another moment.
    pub fn on_day_of(self, other: Self) -> Self {
        let part = self.part.or(other.part);
        Self { date: other.date, weekday: other.weekday, day: other.day, end: other.end, part, ..self }
    }
}

/// What stands before a time.
#[derive(Clone, Copy)]
struct Opening {
    prep: Option<Prep>,
    /// The relation that something stronger than the preposition gives: "due", "spätestens".
    forced: Option<Relation>,
    /// Where its last preposition ends: behind it may come an article that counts ("within the hour").
    end: usize,
}

/// Words before a time, and pieces in it, that are read at most: more are no phrase of people.
const OPENING_WORDS: usize = 5;
const PIECES: usize = 8;

/// Reads the phrase that begins there.
pub fn read(cursor: Cursor<'_>) -> Option<Phrase> {
    let every = |word| (word == Word::Every).then_some(());
    if let Some(((), after)) = cursor.word(every) {
        let (_, _, end) = moment(after.next(), Some(Prep::On))?;
        return Some(phrase((cursor, end), (None, Relation::At), What::Nothing));
    }
    let (opening, start) = opening(cursor);
    if !start.begins_time() && !cursor.to(opening.end).begins_time() {
        return None;
    }
    let relation = opening.forced.or_else(|| opening.prep.and_then(Prep::relation)).unwrap_or(Relation::At);
    let length = length::read(start, opening.prep)
        .or_else(|| length::read(cursor.to(opening.end), opening.prep))
        .or_else(|| length::unnamed(cursor, start).filter(|_| opening.prep == Some(Prep::In)));
    if let Some((span, end)) = length.filter(|(_, end)| is_whole_end(*end)) {
        let relation = if span.length == Length::Back { Relation::At } else { Relation::Within };
        return Some(phrase((cursor, end), (opening.prep, relation), What::Length(span)));
    }
    let (fields, prep, end) = moment(start, opening.prep)?;
    let inner = prep.filter(|prep| *prep != Prep::At).and_then(Prep::relation).filter(|it| *it != Relation::At);
    // "eod" says by when, with or without "by".
    let ending = fields.end.filter(|_| relation == Relation::At && fields.clock.is_none()).map(|_| Relation::By);
    let relation = opening.forced.or(inner).or(ending).unwrap_or(relation);
    if let Some((until, end)) = second_end(fields, prep, end) {
        let relation = if relation == Relation::By { Relation::By } else { Relation::Range };
        return is_whole_end(end).then(|| phrase((cursor, end), (prep, relation), What::Range(fields, until)));
    }
    // "pages 5 to 10", "seite 5 bis 10".
    let is_counted = cursor.before_space().is_some_and(|c| c.is_ascii_digit());
    if is_counted && !fields.has_day() && fields.clock.is_some_and(|clock| clock.half == Half::Either) {
        return None;
    }
    if prep == Some(Prep::Between) || !is_enough(fields, prep, cursor) || !is_whole_end(end) {
        return None;
    }
    let (relation, end) = closing(relation, end);
    Some(phrase((cursor, end), (prep, relation), What::Moment(fields)))
}

fn phrase((start, end): (Cursor<'_>, Cursor<'_>), (prep, relation): (Option<Prep>, Relation), what: What) -> Phrase {
    Phrase { span: start.at..end.at, speech: start.speech, prep, relation, what }
}

/// Reads prepositions and what stands with them: "due by", "at about", "deadline: ", "no later than the".
fn opening(cursor: Cursor<'_>) -> (Opening, Cursor<'_>) {
    let mut opening = Opening { prep: None, forced: None, end: cursor.at };
    let mut place = cursor;
    for _ in 0..OPENING_WORDS {
        let begun = opening.prep.is_some() || opening.forced.is_some();
        let found = place.word(|word| match word {
            Word::Prep(_) | Word::Due | Word::Latest => Some(word),
            Word::About | Word::Glue if begun => Some(word),
            _ => None,
        });
        let Some((word, after)) = found else { break };
        // Portuguese "depois de amanhã" is a day, not "after".
        if place.word(whole_day).is_some_and(|((), day)| day.at > after.at) {
            break;
        }
        match word {
            Word::Prep(prep) => {
                // "bis zum", "no later than at": the first says by when, the second only what follows.
                let before = opening.prep.and_then(Prep::relation).filter(|it| *it != Relation::At);
                let weak = matches!(prep, Prep::At | Prep::On);
                opening.forced = opening.forced.or(before.filter(|_| weak));
                opening.prep = Some(prep);
            }
            Word::Due | Word::Latest => opening.forced = Some(Relation::By),
            _ => {}
        }
        let colon = match word {
            Word::Due | Word::Latest => after.next().eat(&[':']).unwrap_or(after),
            _ => after,
        };
        place = colon.next();
        if !matches!(word, Word::About | Word::Glue) {
            opening.end = place.at;
        }
    }
    (opening, place)
}

/// Reads the pieces of a moment, in whatever order, with the little words between them. With the last preposition.
fn moment(cursor: Cursor<'_>, prep: Option<Prep>) -> Option<(Fields, Option<Prep>, Cursor<'_>)> {
    let (mut fields, mut prep, mut end) = (Fields::default(), prep, None);
    let mut place = cursor;
    for _ in 0..PIECES {
        let (inner, start) = if end.is_some() { between(place) } else { (None, place) };
        let near = inner.or(prep.filter(|_| end.is_none()));
        let found = piece(start, (fields, near));
        let Some((more, after)) = found else { break };
        fields = more;
        // "tomorrow by 5pm": what is nearer to the hour counts; "on" and "at" say nothing new.
        if inner.is_some_and(|inner| inner.relation().is_some_and(|relation| relation != Relation::At)) || end.is_none()
        {
            prep = near;
        }
        place = after;
        end = Some(after);
    }
    Some((fields, prep, end?))
}

/// Skips what may stand between a day and an hour: a space, a comma, a bracket, an article, a preposition.
fn between(cursor: Cursor<'_>) -> (Option<Prep>, Cursor<'_>) {
    let mut place = cursor.skip(&[')']).skip(&[',']).next().skip(&['(', '|', '·', '⋅']).next();
    let mut prep = None;
    for _ in 0..2 {
        let found = place.word(|word| match word {
            Word::Prep(prep) if prep.relation().is_some() => Some(Some(prep)),
            Word::Glue | Word::About => Some(None),
            _ => None,
        });
        let Some((word, after)) = found else { break };
        prep = word.or(prep);
        place = after.next();
    }
    (prep, place)
}

/// Reads one more piece, of a kind that is not there yet.
fn piece<'a>(cursor: Cursor<'a>, (fields, prep): (Fields, Option<Prep>)) -> Option<(Fields, Cursor<'a>)> {
    if fields.clock.is_some()
        && fields.zone.is_none()
        && let Some((zone, after)) = zone::read(cursor)
    {
        return Some((Fields { zone: Some(zone), ..fields }, after));
    }
    if fields.date.is_none() && fields.day.is_none() && takes_day(fields) {
        let lead = match prep {
            Some(Prep::At | Prep::Of | Prep::InSpan | Prep::Back | Prep::Within) | None => Lead::No,
            Some(Prep::On) => Lead::Day,
            Some(_) => Lead::Month,
        };
        let lead = if lead == Lead::No && fields.weekday.is_some() { Lead::Day } else { lead };
        if let Some((date, after)) = date::read(cursor, lead) {
            return Some((Fields { date: Some(date), ..fields }, after));
        }
    }
    // "2nite" is no two.
    if fields.clock.is_none()
        && cursor.word(whole_day).is_none()
        && let Some((clock, after)) = clock::read(cursor, prep.map_or(Bare::No, Prep::bare))
    {
        return Some((Fields { clock: Some(clock), ..fields }, after));
    }
    day(cursor, (fields, prep)).or_else(|| part(cursor, fields))
}

/// Reads a day, a weekday, a period, the end of one.
fn day<'a>(cursor: Cursor<'a>, (fields, prep): (Fields, Option<Prep>)) -> Option<(Fields, Cursor<'a>)> {
    let is_open = !Fields { end: None, ..fields }.has_day() && takes_day(fields);
    let (word, after) = cursor.word(|word| match word {
        Word::Day(_) if is_open => Some(word),
        Word::End(..) if is_open && fields.end.is_none() || fields.end.is_none() && fields.weekday.is_some() => {
            Some(word)
        }
        Word::DayPart(..) if is_open && fields.part.is_none() => Some(word),
        Word::Weekday(_) | Word::WeakDay(_) if fields.weekday.is_none() && takes_day(fields) => Some(word),
        Word::Which(_) if is_open || fields.weekday.is_some() && fields.period.is_none() => Some(word),
        Word::Unit(Unit::Week | Unit::Weekend | Unit::Month | Unit::Year) if is_open => Some(word),
        _ => None,
    })?;
    match word {
        Word::Day(days) => Some((Fields { day: Some(days), ..fields }, after)),
        Word::DayPart(days, part) => Some((Fields { day: Some(days), part: Some(part), ..fields }, after)),
        Word::End(unit, ahead) => Some((Fields { end: Some((unit, ahead)), ..fields }, after)),
        Word::Weekday(weekday) => Some(weekday_and_which(fields, weekday, after.skip(&['.']), after)),
        Word::WeakDay(weekday) => {
            let dotted = after.eat(&['.']).filter(|after| after.peek() == Some(' ')).unwrap_or(after);
            let is_meant = is_weekday_meant(dotted, prep) || fields.date.is_some();
            is_meant.then_some((Fields { weekday: Some((Which::This, weekday)), ..fields }, dotted))
        }
        Word::Which(which) => which_one(after, fields, which),
        Word::Unit(unit) => {
            let (which, end) = after.next_word(which)?;
            Some((Fields { period: Some((which, unit)), ..fields }, end))
        }
        _ => None,
    }
}

/// Whether a day may stand beside it: "cob friday", but not "end of the week friday".
fn takes_day(fields: Fields) -> bool {
    fields.end.is_none_or(|end| end == (Unit::Day, 0))
}

/// "next friday", "this week", "next june".
fn which_one<'a>(after: Cursor<'a>, fields: Fields, which: Which) -> Option<(Fields, Cursor<'a>)> {
    let (word, end) = after.next_word(|word| match word {
        Word::Weekday(_) | Word::WeakDay(_) | Word::Month(_) | Word::Part(_) => Some(word),
        Word::Unit(Unit::Week | Unit::Weekend | Unit::Month | Unit::Year) => Some(word),
        _ => None,
    })?;
    match word {
        Word::Unit(Unit::Week) if fields.weekday.is_some() => {
            Some((Fields { period: Some((which, Unit::Week)), ..fields }, end))
        }
        _ if fields.weekday.is_some() => None,
        Word::Weekday(weekday) | Word::WeakDay(weekday) => {
            Some((Fields { weekday: Some((coming(which, end), weekday)), ..fields }, end))
        }
        Word::Month(month) if fields.date.is_none() => Some((Fields { date: Some(Date::Month(month)), ..fields }, end)),
        Word::Part(part) if which == Which::This => Some((Fields { day: Some(0), part: Some(part), ..fields }, end)),
        Word::Unit(unit) => Some((Fields { period: Some((which, unit)), ..fields }, end)),
        _ => None,
    }
}

/// "next friday" is one of next week; in the other languages it is the next one that comes.
fn coming(which: Which, cursor: Cursor<'_>) -> Which {
    let is_english = cursor.speech.language == Language::En;
    if which == Which::Next && !is_english { Which::Coming } else { which }
}

/// "vendredi prochain".
fn weekday_and_which<'a>(
    fields: Fields,
    weekday: Weekday,
    dotted: Cursor<'a>,
    after: Cursor<'a>,
) -> (Fields, Cursor<'a>) {
    let later = after.next_word(which).filter(|(which, end)| *which != Which::This && !is_before_noun(*end));
    if let Some((which, end)) = later {
        return (Fields { weekday: Some((coming(which, end), weekday)), ..fields }, end);
    }
    // "fri. 5 june", but not the end of a sentence.
    let is_short = dotted.at > after.at && piece(dotted.next(), (Fields::default(), None)).is_some();
    (Fields { weekday: Some((Which::This, weekday)), ..fields }, if is_short { dotted } else { after })
}

/// "friday next week": the word belongs to what follows.
fn is_before_noun(cursor: Cursor<'_>) -> bool {
    cursor.next().is(|word| matches!(word, Word::Unit(_) | Word::Weekday(_) | Word::Month(_)))
}

/// Whether "sat", "mi" or "so" is a weekday: a date or an hour follows, or "on" stands before it.
fn is_weekday_meant(after: Cursor<'_>, prep: Option<Prep>) -> bool {
    let (inner, next) = between(after);
    let bare = inner.map_or(Bare::No, Prep::bare);
    if after.peek().is_some_and(|c| matches!(c, ' ' | ','))
        && (date::read(next, Lead::No).is_some() || clock::read(next, bare).is_some())
    {
        return true;
    }
    let is_said = match prep {
        Some(Prep::On) => clock::is_free(after),
        Some(Prep::By | Prep::Before | Prep::From) => clock::ends_clause(after),
        _ => false,
    };
    is_said && after.speech.own == Own::Yes
}

/// Reads a part of a day.
fn part<'a>(cursor: Cursor<'a>, fields: Fields) -> Option<(Fields, Cursor<'a>)> {
    fields.part.is_none().then_some(())?;
    let (part, after) = cursor.word(|word| match word {
        Word::InPart(part) | Word::Part(part) => Some(part),
        _ => None,
    })?;
    Some((Fields { part: Some(part), ..fields }, after))
}

/// The second end of a range, with what it shares with the first.
fn second_end<'a>(first: Fields, prep: Option<Prep>, end: Cursor<'a>) -> Option<(Fields, Cursor<'a>)> {
    let and = |word| (word == Word::And).then_some(());
    let is_between = prep == Some(Prep::Between);
    let start =
        clock::connective(end).or_else(|| end.next_word(and).filter(|_| is_between).map(|(_, it)| it.next()))?;
    let hours = prep.filter(|prep| first.clock.is_some() && prep.bare() != Bare::No).map(|_| Prep::At);
    let on = (first.clock.is_none()).then_some(Prep::On);
    let (second, _, end) = moment(start, hours.or(on))?;
    let fits = match (first.clock, second.clock) {
        (Some(_), Some(_)) => true,
        (None, None) => first.has_day() && second.has_day(),
        _ => false,
    };
    fits.then_some((second, end))
}

/// "at the latest" and "onwards" behind a time.
fn closing(relation: Relation, end: Cursor<'_>) -> (Relation, Cursor<'_>) {
    let found = end.skip(&[',']).next_word(|word| match word {
        Word::Latest => Some(Relation::By),
        Word::Onwards if relation == Relation::From => Some(Relation::From),
        _ => None,
    });
    found.unwrap_or((relation, end))
}

/// Whether the pieces name a time: a zone alone does not, a part of a day only with a preposition, or in words that
/// are used of the next one only ("in the morning").
fn is_enough(fields: Fields, prep: Option<Prep>, start: Cursor<'_>) -> bool {
    if fields.clock.is_some() || fields.has_day() {
        return true;
    }
    match fields.part {
        Some(Part::Lunch) => matches!(prep, Some(Prep::At | Prep::By | Prep::Before | Prep::BeforeOrAgo | Prep::After)),
        Some(_) if matches!(prep, Some(Prep::By | Prep::Before)) => true,
        Some(_) => start.speech.own == Own::Yes && start.is(|word| matches!(word, Word::InPart(_))),
        None => false,
    }
}

/// Whether a time may end there: not inside a number, an address, a price.
fn is_whole_end(cursor: Cursor<'_>) -> bool {
    let mut chars = cursor.rest().chars();
    match chars.next() {
        None => true,
        Some(c) if c.is_alphanumeric() => false,
        Some('_' | '@' | '%' | '€' | '$' | '£' | '=' | '\\' | '+') => false,
        Some('.' | ':' | '/' | '-' | ',') => !chars.next().is_some_and(|c| c.is_ascii_digit()),
        Some(_) => true,
    }
}

fn whole_day(word: Word) -> Option<()> {
    matches!(word, Word::Day(_) | Word::DayPart(..) | Word::End(..)).then_some(())
}

fn which(word: Word) -> Option<Which> {
    if let Word::Which(which) = word { Some(which) } else { None }
}
