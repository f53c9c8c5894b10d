//! Phrases and what they name; hostile texts.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::string_slice)]

mod de;
mod en;
mod es;
mod fr;
mod it;
mod linked;
mod none;
mod pt;

use jiff::Timestamp;
use jiff::tz::{TimeZone, offset};
use proptest::prelude::{ProptestConfig, any, prop, proptest};
use proptest::prop_assert;
use proptest::sample::select;

use crate::limits;
use crate::text;
use crate::urgency::times;
use crate::urgency::times::lexicon;
use crate::urgency::times::named::{Named, Written};

/// A text, and `phrase = Relation start[..end] Grain` for each time in it, joined by "; ".
type Rows = &'static [(&'static str, &'static str)];

fn written(at: &str, zone: &str) -> Written {
    let zone = if zone.starts_with(['+', '-']) {
        TimeZone::fixed(offset(zone.parse().unwrap()))
    } else {
        TimeZone::get(zone).unwrap()
    };
    Written { at: at.parse().unwrap(), zone }
}

fn shown(folded: &str, named: &Named, zone: &TimeZone) -> String {
    let (starts, ends) = (zone.to_datetime(named.starts), zone.to_datetime(named.ends));
    let end = if starts == ends {
        String::new()
    } else if starts.date() == ends.date() {
        ends.strftime("..%H:%M").to_string()
    } else {
        ends.strftime("..%Y-%m-%d %H:%M").to_string()
    };
    let phrase = &folded[named.span.clone()];
    format!("{phrase} = {:?} {}{end} {:?}", named.relation, starts.strftime("%Y-%m-%d %H:%M"), named.grain)
}

#[test]
fn the_coming_day_is_not_today() {
    let tuesday = written("2027-01-12T09:00:00Z", "Europe/Lisbon");
    let expected = "na próxima terça-feira às 19h = At 2027-01-19 19:00 Minute";
    check_at(&tuesday, "a reunião é na próxima terça-feira às 19h", expected);
}

#[track_caller]
fn check_at(written: &Written, text: &str, expected: &str) {
    let folded = text::fold(text);
    let found = times::find(&folded, written);
    let found: Vec<_> = found.iter().map(|named| shown(&folded, named, &written.zone)).collect();
    assert_eq!(found.join("; "), expected, "in {text:?}");
}

fn check_rows(rows: Rows) {
    let written = written("2027-01-13T09:00:00Z", "Europe/Berlin");
    for (text, expected) in rows {
        check_at(&written, text, expected);
    }
}

#[test]
fn names_what_people_write() {
    for rows in [en::ROWS, de::ROWS, fr::ROWS, es::ROWS, pt::ROWS, it::ROWS] {
        assert!(rows.len() >= 25);
        check_rows(rows);
    }
    assert!(en::ROWS.len() >= 120);
}

#[test]
fn hours_take_the_day_of_their_sentence() {
    check_rows(linked::ROWS);
}

#[test]
fn what_is_no_time_is_none() {
    let written = written("2027-01-13T09:00:00Z", "Europe/Berlin");
    for text in none::TEXTS {
        check_at(&written, text, "");
    }
}

#[test]
fn days_are_those_of_the_one_who_wrote() {
    let last_week = written("2027-01-06T22:30:00Z", "-8");
    check_at(&last_week, "tomorrow", "tomorrow = At 2027-01-07 00:00..2027-01-08 00:00 Day");
    check_at(&last_week, "at 5pm", "at 5pm = At 2027-01-06 17:00 Minute");
    // There it is Thursday morning already.
    let east = written("2027-01-06T22:30:00Z", "Asia/Tokyo");
    check_at(&east, "tomorrow", "tomorrow = At 2027-01-08 00:00..2027-01-09 00:00 Day");
    check_at(&east, "at 5pm", "at 5pm = At 2027-01-07 17:00 Minute");
}

#[test]
fn the_next_hour_is_taken_and_a_few_minutes_past_forgiven() {
    let evening = written("2027-01-13T22:00:00Z", "+1");
    check_at(&evening, "at 9", "at 9 = At 2027-01-14 09:00 Minute");
    check_at(&evening, "by 5pm", "by 5pm = By 2027-01-14 17:00 Minute");
    check_at(&evening, "since 5pm", "since 5pm = From 2027-01-13 17:00 Minute");
    check_at(&evening, "tonight at 1", "tonight at 1 = At 2027-01-14 01:00 Minute");
    check_at(&evening, "eod", "eod = By 2027-01-13 17:00..2027-01-14 00:00 PartOfDay");
    let just_after = written("2027-01-13T14:02:00Z", "+1");
    check_at(&just_after, "starts at 3", "at 3 = At 2027-01-13 15:00 Minute");
    check_at(&just_after, "5:00 today", "5:00 today = At 2027-01-13 17:00 Minute");
    check_at(&just_after, "9:00 today", "9:00 today = At 2027-01-13 21:00 Minute");
}

#[test]
fn zones_have_their_season() {
    let july = written("2026-07-14T10:00:00Z", "+0");
    check_at(&july, "10 am central", "10 am central = At 2026-07-14 15:00 Minute");
    check_at(&july, "10 am est", "10 am est = At 2026-07-14 14:00 Minute");
    check_at(&july, "17:00 cet", "17:00 cet = At 2026-07-14 15:00 Minute");
    check_at(&july, "5/7/2027 3pm pt", "5/7/2027 3pm pt = At 2027-05-07 22:00 Minute");
    let january = written("2027-01-13T10:00:00Z", "+0");
    check_at(&january, "10 am central", "10 am central = At 2027-01-13 16:00 Minute");
}

#[test]
fn gaps_and_folds_are_those_of_the_house() {
    let before = written("2026-03-28T11:00:00Z", "Europe/Berlin");
    check_at(&before, "tomorrow at 02:30", "tomorrow at 02:30 = At 2026-03-29 03:00 Minute");
    let fold = written("2026-10-24T10:00:00Z", "Europe/Berlin");
    let folded = "tomorrow at 02:30";
    let found = times::find(folded, &fold);
    assert_eq!(found[0].starts, "2026-10-25T00:30:00Z".parse::<Timestamp>().unwrap());
    // A day of 23 hours.
    let found = times::find("tomorrow", &before);
    assert_eq!(found[0].starts.duration_until(found[0].ends).as_hours(), 23);
}

#[test]
fn the_ends_of_the_calendar_are_no_panic() {
    let texts = "tomorrow, yesterday, last week, next year, in 9999 years, 9999 weeks ago, in june, 13 january, at 5pm, \
                 end of next month, by monday, in 9999 hours, 2199-12-31, from 9 to 5pm, the day after tomorrow";
    for at in [Timestamp::MIN, Timestamp::MAX] {
        for zone in ["UTC", "Pacific/Kiritimati", "America/Los_Angeles"] {
            let written = Written { at, zone: TimeZone::get(zone).unwrap() };
            check_shape(&text::fold(texts), &written);
        }
    }
}

#[test]
fn the_tables_are_folded() {
    for phrase in lexicon::all_phrases() {
        assert_eq!(text::fold(phrase), *phrase);
        assert!(lexicon::head(phrase).is_some(), "{phrase}");
    }
}

/// Spans are inside the text, on characters, in order; ends are not before starts.
fn check_shape(folded: &str, written: &Written) {
    let found = times::find(folded, written);
    assert!(found.len() <= limits::judgement::SIGNAL_HITS);
    let mut free_from = 0;
    for named in found {
        assert!(named.span.start >= free_from && named.span.start < named.span.end);
        assert!(folded.get(named.span.clone()).is_some());
        assert!(named.starts <= named.ends, "{:?} in {folded:?}", &folded[named.span]);
        free_from = named.span.end;
    }
}

#[test]
fn hostile_texts_end() {
    let written = written("2027-01-13T09:00:00Z", "Europe/Berlin");
    for piece in ["1234567890", "by ", "10:", "10:00 ", "a", "(", "today "] {
        check_shape(&text::fold(&piece.repeat(limits::judgement::SIGNAL_OCTETS / piece.len())), &written);
    }
    let pieces = [
        "5 to ",
        "from 5 - ",
        "1 ",
        "the next ",
        "at the at ",
        "a ",
        "at , ",
        "every friday on ",
        "1-",
        "1/1 ",
        "due: ",
        "vor am um ",
        "@",
        "9 a 9 ",
        "entre 9 e ",
        "half past ",
        "5pm, ",
        "jan 1 ",
        "in the next 5 ",
        "ü",
        "17h",
        "+01:00 ",
    ];
    for piece in pieces {
        check_shape(&text::fold(&piece.repeat(8 * 1_024 / piece.len())), &written);
    }
}

#[test]
fn no_more_than_the_most() {
    let written = written("2027-01-13T09:00:00Z", "Europe/Berlin");
    assert_eq!(times::find(&"today. ".repeat(5_000), &written).len(), limits::judgement::SIGNAL_HITS);
}

const SCRAPS: &[&str] = &[
    "at",
    "by",
    "5",
    "17",
    "30",
    ":",
    ".",
    "pm",
    "p.m.",
    "today",
    "tomorrow",
    "friday",
    "sun",
    "mi",
    "-",
    "to",
    "and",
    "the",
    "next",
    "in",
    "min",
    "hour",
    "half",
    "past",
    "an",
    "5th",
    "june",
    "2027",
    "/",
    "(",
    ")",
    ",",
    "um",
    "uhr",
    "halb",
    "bis",
    "à",
    "17h30",
    "midi",
    "a las",
    "mañana",
    "às",
    "alle",
    "entro",
    "cet",
    "utc",
    "+02:00",
    "due",
    "deadline",
    "eod",
    "every",
    "ago",
    "late",
    "between",
    "vor",
    "noon",
    "midnight",
    "week",
    "monday",
    "2027-01-13",
    "t",
    "99",
    "9999",
    "feierabend",
];

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]
    #[test]
    fn any_text_keeps_the_shape(text in any::<String>()) {
        check_shape(&text::fold(&text), &written("2027-01-13T09:00:00Z", "Europe/Berlin"));
    }

    #[test]
    fn any_row_of_words_keeps_the_shape(
        scraps in prop::collection::vec((select(SCRAPS), select(&["", " "][..])), 0..24),
        hours in 0_i32..20_000,
    ) {
        let text: String = scraps.iter().flat_map(|(scrap, space)| [*scrap, *space]).collect();
        let at = "2026-01-01T00:07:00Z".parse::<Timestamp>().unwrap() + jiff::SignedDuration::from_hours(hours.into());
        let written = Written { at, zone: TimeZone::get("Europe/Lisbon").unwrap() };
        check_shape(&text::fold(&text), &written);
        prop_assert!(times::find(&text::fold(&text), &written) == times::find(&text::fold(&text), &written));
    }
}
