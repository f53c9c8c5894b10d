//! Hours that take their day from a phrase beside them: "2 pm, 3 pm and 4 pm today", "meeting today with her at 10:30".

use super::clock::{Clock, Half};
use super::phrase::{Fields, Phrase, What};

/// So far apart, in octets, a day and an hour of one sentence may stand and still belong together.
const REACH: usize = 80;

/// Gives hours without a day the day of a phrase in their sentence: of the next one in a list, else of the one before,
/// else of the one after.
pub fn share_days(folded: &str, phrases: &mut [Phrase]) {
    backwards(folded, phrases);
    let mut day: Option<(usize, Fields)> = None;
    for phrase in phrases.iter_mut() {
        let near = day.filter(|(end, _)| is_one_sentence(folded, *end, phrase.span.start)).map(|(_, fields)| fields);
        if let (Some(fields), Some(near)) = (needs_day(phrase), near) {
            give(phrase, fields.on_day_of(near));
        }
        day = match phrase.what {
            What::Moment(fields) if has_plain_day(fields) => Some((phrase.span.end, fields)),
            _ => near.map(|fields| (phrase.span.end, fields)),
        };
    }
    let mut day: Option<(usize, Fields)> = None;
    for phrase in phrases.iter_mut().rev() {
        let near = day.filter(|(start, _)| is_one_sentence(folded, phrase.span.end, *start)).map(|(_, fields)| fields);
        if let (Some(fields), Some(near)) = (needs_day(phrase), near) {
            give(phrase, fields.on_day_of(near));
        }
        day = match phrase.what {
            What::Moment(fields) if has_plain_day(fields) => Some((phrase.span.start, fields)),
            _ => None,
        };
    }
}

/// Lists: each member takes the day and the half of the day of the one after it.
fn backwards(folded: &str, phrases: &mut [Phrase]) {
    let mut after: Option<(usize, Fields)> = None;
    for phrase in phrases.iter_mut().rev() {
        let mut fields = match phrase.what {
            What::Moment(fields) => fields,
            _ => {
                after = None;
                continue;
            }
        };
        let gap = after.and_then(|(start, _)| folded.get(phrase.span.end..start));
        if let (Some((_, next)), Some(clock), true) = (after, fields.clock, gap.is_some_and(is_list)) {
            if let (Half::Either, Some(Clock { minute, half: Half::Exact })) = (clock.half, next.clock) {
                let minute = clock.minute % (12 * 60) + minute / (12 * 60) % 2 * 12 * 60;
                fields.clock = Some(Clock { minute, half: Half::Exact });
            }
            if !fields.has_day() && next.has_day() && next.clock.is_some() {
                fields = fields.on_day_of(next);
            }
            fields.zone = fields.zone.or(next.zone);
            give(phrase, fields);
        }
        after = Some((phrase.span.start, fields));
    }
}

/// What stands between the members of a list.
fn is_list(gap: &str) -> bool {
    matches!(gap, ", " | "," | " / " | "/" | " and " | " or " | ", and " | ", or " | " & " | " und " | " oder ")
        || matches!(gap, " et " | " ou " | " y " | " o " | " e ")
}

fn is_one_sentence(folded: &str, from: usize, until: usize) -> bool {
    let between = folded.get(from..until).unwrap_or_default();
    until.saturating_sub(from) <= REACH && ![". ", "! ", "? ", "; "].iter().any(|end| between.contains(end))
}

/// A day, but no hour.
fn has_plain_day(fields: Fields) -> bool {
    let is_day = fields.day.is_some() || fields.weekday.is_some() || fields.date.is_some();
    is_day && fields.clock.is_none() && fields.period.is_none()
}

/// An hour, but no day.
fn needs_day(phrase: &Phrase) -> Option<Fields> {
    match phrase.what {
        What::Moment(fields) | What::Range(fields, _) if fields.clock.is_some() && !fields.has_day() => Some(fields),
        _ => None,
    }
}

fn give(phrase: &mut Phrase, fields: Fields) {
    phrase.what = match phrase.what {
        What::Range(_, last) => What::Range(fields, last),
        _ => What::Moment(fields),
    };
}
