//! Somebody waits, arrives, or makes a plan for these hours.

use jiff::Timestamp;

use crate::civil;
use crate::model::message::Kind;
use crate::model::signal::Signal;
use crate::urgency::phrase::quoted;
use crate::urgency::phrases::sense::{Hit, Sense};
use crate::urgency::signal::found::Found;
use crate::urgency::signal::near::{self, Steps, hours};
use crate::urgency::signal::tense;
use crate::urgency::times::named::{Grain, Named, Relation};
use crate::urgency::view::{View, Voice};
use crate::urgency::words::Words;

/// Who waited six hours has gone.
const WAITS: std::time::Duration = hours(6);
/// A plan of two people when there is so much time left.
const PLAN: &Steps = &[(hours(3), 90), (hours(14), 80), (hours(30), 55)];
/// A time by itself, from somebody to me alone.
const TIME: &Steps = &[(hours(3), 65), (hours(10), 55)];
/// Octets of one line.
const LINE: usize = 100;
/// Octets: whoever waits writes a line, not a letter. Further down the same words tell a story.
const SHORT: usize = 320;

/// `waiting_for_me`: "where are you", "running late", "dinner together?".
pub fn waiting_for_me(view: &View<'_>) -> Option<Found> {
    if view.voice == Voice::Crowd || !near::is_fresh(view, WAITS) {
        return None;
    }
    let found =
        [waits(view), pings(view), plans(view), names_time(view), calls(view), asks_where(view)].into_iter().flatten();
    let (share, evidence) = found.max_by_key(|(share, _)| *share)?;
    let share = near::of(share, if view.voice == Voice::Machine { 60 } else { 100 });
    (share > 0).then(|| Found::part(Signal::WaitingForMe, share, evidence))
}

/// When a time in it comes nearer.
pub fn again_at(view: &View<'_>) -> Option<Timestamp> {
    let is_plan = view.is_direct_chat() && view.says(Sense::Plan);
    let times = view.times().filter(|_| is_plan).map(|(_, named)| named.starts);
    times.filter_map(|at| near::changes(PLAN, view.now(), at)).min()
}

fn waits(view: &View<'_>) -> Option<(u8, String)> {
    // One word alone says it in chat only: "reaching" is no letter's arrival.
    let is_meant = |words: &Words, hit: &Hit| view.message.kind != Kind::Mail || words.at(&hit.span).contains(' ');
    // "Landing at noon on Friday" is no arrival yet, and one that is told is none any more.
    let is_ahead = |words: &Words, hit: &Hit| {
        let sentence = words.sentence(&hit.span);
        let mut times =
            words.times().iter().filter(|it| it.span.start >= sentence.start && it.span.end <= sentence.end);
        times.any(|named| named.starts > civil::later(view.now(), hours(14)))
    };
    let mut hits = view.hits(Sense::Waiting).filter(|(words, hit)| is_meant(words, hit) && !is_ahead(words, hit));
    let (words, hit) = hits.next()?;
    let is_early = hit.span.start < SHORT;
    let is_short = view.body.folded.len() < SHORT;
    let share = match (view.message.kind, is_short, is_early) {
        (_, true, _) => 100,
        (Kind::Chat(_), false, true) => 80,
        (Kind::Mail, false, true) => 40,
        (_, false, false) => 0,
    };
    Some((share, quoted(words.at(&hit.span))))
}

fn pings(view: &View<'_>) -> Option<(u8, String)> {
    // "??" by itself may be surprise.
    let mut words = view.hits(Sense::Ping).filter(|(words, hit)| words.at(&hit.span).contains(char::is_alphabetic));
    let (words, hit) = words.next()?;
    let is_short = view.body.folded.len() < SHORT;
    let share = if is_short && view.is_direct_chat() { 70 } else { 30 };
    Some((share, quoted(words.at(&hit.span))))
}

/// A question or proposal of one person to another; a mail makes plans, too, and they have more time.
fn plans(view: &View<'_>) -> Option<(u8, String)> {
    let (words, hit) = view.hits(Sense::Plan).next()?;
    let evidence = quoted(words.at(&hit.span));
    let sentence = words.around(&hit.span);
    let is_asked = words.at(&sentence).contains('?');
    // A day ahead wants an answer when its plan is asked for; a time that is told, or over, is no plan's.
    let at = |named: &Named| if is_asked && named.starts > view.now() { named.starts } else { named.ends };
    let ahead = words.times().iter().filter(|named| named.ends > view.now() && !tense::is_told(words, &named.span));
    let near = ahead.map(|named| near::share(PLAN, view.now(), at(named))).max();
    let share = match near {
        Some(near) => near,
        None if is_asked && words.times().is_empty() => 70,
        None if words.times().is_empty() && view.body.folded.len() < LINE => 60,
        None if words.times().is_empty() => 30,
        None => 0,
    };
    let share = if view.is_direct_chat() { share } else { near::of(share, 50) };
    let is_easy = view.says(Sense::NoHurry) || view.says(Sense::Later);
    let share = near::of(share, if is_easy { 40 } else { 100 });
    (share > 0 && view.body.folded.len() < SHORT).then_some((share, evidence))
}

/// "Coming at 9", "online tonight?".
fn names_time(view: &View<'_>) -> Option<(u8, String)> {
    if !view.is_direct_chat() || view.body.folded.len() >= SHORT {
        return None;
    }
    let is_line = view.body.folded.len() < LINE;
    let found = view.body.times().iter().filter(|named| named.relation != Relation::From).filter_map(|named| {
        let at = if named.grain == Grain::Minute { named.starts } else { named.ends };
        let words = &view.body;
        let sentence = words.sentence(&named.span);
        // "Today is my birthday" tells of the day.
        let is_subject = words.folded.get(named.span.end..).is_some_and(|rest| rest.starts_with(" is "));
        let is_asked = !is_subject && (words.at(&sentence).contains('?') || words.says(&[Sense::Asks], &sentence));
        let is_for_me = is_line || is_asked || words.says(&[Sense::Plan, Sense::Waiting, Sense::CallMe], &sentence);
        if !is_for_me || tense::is_told(words, &named.span) {
            return None;
        }
        let share = match named.grain {
            Grain::Minute | Grain::PartOfDay => near::share(if is_asked { PLAN } else { TIME }, view.now(), at),
            Grain::Day if is_asked => near::of(near::share(PLAN, view.now(), at), 80),
            Grain::Day | Grain::Longer => 0,
        };
        (share > 0)
            .then(|| (share, format!("{} is {}", quoted(view.body.at(&named.span)), near::until(view.now(), at))))
    });
    found.max_by_key(|(share, _)| *share)
}

/// Words that make a call depend on something else, in six languages.
const IF: &[&str] = &[
    "if",
    "when",
    "whenever",
    "once",
    "questions",
    "question",
    "should",
    "or",
    "wenn",
    "falls",
    "fragen",
    "si",
    "quand",
    "cuando",
    "preguntas",
    "se",
    "quando",
    "dúvidas",
    "domande",
    "later",
];

/// Somebody waits for a call, or asks for one in a mail that says little else: one calls at once, or writes.
fn calls(view: &View<'_>) -> Option<(u8, String)> {
    if let Some((words, hit)) = view.hits(Sense::Caller).find(|(words, hit)| !tense::is_of_others(words, &hit.span)) {
        let is_asked = view.says(Sense::Asks) || words.at(&words.sentence(&hit.span)).contains('?');
        return Some((if is_asked { 60 } else { 40 }, quoted(words.at(&hit.span))));
    }
    let is_letter = view.message.kind == Kind::Mail && view.voice == Voice::Person;
    let is_brief = view.body.folded.len() < SHORT && view.message.to.len() + view.message.cc.len() < 2;
    let is_easy = || view.says(Sense::NoHurry) || view.says(Sense::Later) || view.says(Sense::Bulk);
    if !is_letter || !is_brief || view.is_bait() || is_easy() {
        return None;
    }
    let is_ahead = |named: &Named| named.starts > civil::later(view.now(), hours(14));
    let (words, hit) = view.hits(Sense::CallMe).find(|(words, hit)| {
        let sentence = words.sentence(&hit.span);
        let mut said = words.at(&sentence).split(|c: char| !c.is_alphanumeric());
        CALLS.iter().any(|verb| words.at(&hit.span).contains(verb)) && !said.any(|word| IF.contains(&word))
    })?;
    (!words.times().iter().any(is_ahead)).then(|| (50, quoted(words.at(&hit.span))))
}

/// Verbs of the telephone.
const CALLS: &[&str] =
    &["call me", "a call", "ring", "phone me", "call back", "ruf", "appel", "llám", "liga", "chiama"];

/// "What time is tomorrow's hearing?", "where are we meeting?": moderately, and more of what is near.
fn asks_where(view: &View<'_>) -> Option<(u8, String)> {
    let (words, hit) = view
        .hits(Sense::Where)
        .find(|(words, hit)| words.at(&words.sentence(&hit.span)).contains('?') && !tense::is_told(words, &hit.span))?;
    let is_near =
        |named: &Named| named.ends > view.now() && near::share(PLAN, view.now(), named.starts.max(view.now())) > 0;
    let is_short = view.body.folded.len() < SHORT;
    let share =
        match (view.times().any(|(_, named)| named.grain <= Grain::Day && is_near(named)), view.is_direct_chat()) {
            (true, _) if is_short => 75,
            (false, true) if is_short && words.times().is_empty() => 50,
            _ => 0,
        };
    (share > 0).then(|| (share, quoted(words.at(&hit.span))))
}

#[cfg(test)]
mod tests {
    use super::waiting_for_me;
    use crate::model::message::Message;
    use crate::urgency::signal::probe::{WRITTEN, ask, bulk, chat, mail};

    fn share(message: &Message, now: &str) -> u8 {
        ask(message, now, |view| waiting_for_me(view).map_or(0, |found| found.share))
    }

    #[test]
    fn who_waits_or_comes_is_heard() {
        let check = |text: &str, least: u8, most: u8| {
            let share = share(&chat(text), WRITTEN);
            assert!((least..=most).contains(&share), "{text}: {share}");
        };
        check("Where are you?", 100, 100);
        check("i'm outside", 100, 100);
        check("stuck in traffic, start without me", 100, 100);
        check("Are you free this afternoon?", 80, 90);
        check("dinner together?", 70, 90);
        check("Shall we meet at 3pm?", 80, 90);
        check("coming at 11am", 60, 100);
        check("My cat is so sweet", 0, 0);
        check("We met in 2019 in Rome", 0, 0);
        check("Shall we meet next month?", 0, 0);
    }

    #[test]
    fn nobody_waits_in_bulk_or_for_ever() {
        assert_eq!(share(&bulk("x", "Where are you? We are waiting for you!"), WRITTEN), 0);
        assert_eq!(share(&chat("where are you?"), "2027-01-13T16:00:00Z"), 0);
        let tale =
            format!("{} I was stuck in traffic, and then it rained.", "It was a long day in the hills. ".repeat(20));
        assert_eq!(share(&mail("Holidays", &tale), WRITTEN), 0);
        assert_eq!(share(&mail("", "Running late, please start without me."), WRITTEN), 100);
    }
}
