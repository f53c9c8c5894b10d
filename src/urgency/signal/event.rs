//! Events: near, far, moved or cancelled.

use jiff::{SignedDuration, Timestamp};

use crate::civil;
use crate::model::message::{Event, Kind};
use crate::model::signal::Signal;
use crate::urgency::parts::Subject;
use crate::urgency::phrase::quoted;
use crate::urgency::phrases::sense::Sense;
use crate::urgency::signal::found::Found;
use crate::urgency::signal::near::{self, Steps, hours, minutes, same_day};
use crate::urgency::signal::tense;
use crate::urgency::times::named::{Grain, Named, Relation};
use crate::urgency::view::{View, Voice};
use crate::urgency::words::Words;

/// How much the beginning of an event counts when there is so much time left.
const STEPS: &Steps = &[(minutes(60), 56), (hours(3), 50), (hours(10), 42)];
/// How the subjects of calendar services begin when they remind, folded.
const REMINDERS: &[&str] =
    &["notification:", "reminder:", "erinnerung:", "rappel", "recordatorio:", "lembrete:", "promemoria:"];
/// The same when a calendar reminds of it: somebody chose that moment.
const REMINDED: &Steps = &[(minutes(60), 90), (hours(3), 60), (hours(10), 42)];
/// An event that has begun and has not ended.
const BEGUN: u8 = 50;
/// One for which only the day or a part of it is named, today.
const TODAY: u8 = 36;
/// The same of a change: nobody is to stand before a closed door.
const CHANGED: &Steps = &[(hours(12), 100)];
/// An event that has begun can still be joined for so long, where its end is not said.
const LATE: std::time::Duration = minutes(15);
/// From so far on an event is not near.
const FAR: std::time::Duration = hours(36);
/// A stamp is of the minute in which it was set.
const MINUTE: SignedDuration = SignedDuration::from_mins(1);
/// A meeting of so many people waits for each of them.
const FEW: usize = 3;
/// Octets of one line.
const LINE: usize = 100;
/// Octets: an announcement names its time at once.
const EARLY: usize = 400;

/// `starts_soon`: an invitation to something near, or a change of something today.
pub fn starts_soon(view: &View<'_>) -> Option<Found> {
    let (share, evidence) = [calendar(view), spoken(view)].into_iter().flatten().max_by_key(|(share, _)| *share)?;
    (share > 0).then(|| Found::part(Signal::StartsSoon, share, evidence))
}

/// `event_far`: about an event that is not near, or what is written around one.
pub fn event_far(view: &View<'_>) -> Option<Found> {
    if let Some(event) = view.message.event.as_ref().filter(|event| speaks(event)) {
        let is_far = event.starts > civil::later(view.now(), FAR) || over(view, event);
        return is_far.then(|| Found::whole(Signal::EventFar, format!("event {} is not near", quoted(&event.summary))));
    }
    if starts_soon(view).is_some() {
        return None;
    }
    if let Some((words, hit)) = view.hits(Sense::Around).next() {
        return Some(Found::whole(Signal::EventFar, quoted(words.at(&hit.span))));
    }
    let far = |named: &&Named| named.starts > civil::later(view.now(), FAR);
    let (words, named) = occasions(view).find(|(_, named)| far(named))?;
    Some(Found::part(Signal::EventFar, 60, format!("{} is not near", quoted(words.at(&named.span)))))
}

/// `one_to_one`: a meeting of a few people.
pub fn one_to_one(view: &View<'_>) -> Option<Found> {
    if let Some(event) = view.message.event.as_ref().filter(|event| (1..=FEW).contains(&event.people)) {
        let people = if event.people == 1 { "1 person".to_owned() } else { format!("{} people", event.people) };
        return Some(Found::whole(Signal::OneToOne, format!("event {} of {people}", quoted(&event.summary))));
    }
    let is_few = view.message.to.len() + view.message.cc.len() < FEW;
    if view.voice != Voice::Person || !is_few {
        return None;
    }
    let (words, hit) = view.hits(Sense::Plan).next()?;
    let is_meeting = words.says(&[Sense::Meeting], &words.around(&hit.span));
    is_meeting.then(|| Found::part(Signal::OneToOne, 60, quoted(words.at(&hit.span))))
}

/// When its event comes near, or begins.
pub fn again_at(view: &View<'_>) -> Option<Timestamp> {
    let event = view.message.event.as_ref().filter(|event| speaks(event) && !event.all_day);
    let near = event
        .into_iter()
        .flat_map(|event| [near::changes(STEPS, view.now(), event.starts), event.ends.filter(|end| *end > view.now())]);
    let said = occasions(view).map(|(_, named)| near::changes(STEPS, view.now(), begins(view, named)));
    near.chain(said).flatten().min()
}

/// Whether a calendar part tells of an event; an answer to my invitation does not (RFC 5546 section 1.4).
fn speaks(event: &Event) -> bool {
    !matches!(event.method.as_str(), "REPLY" | "REFRESH" | "DECLINECOUNTER")
}

fn over(view: &View<'_>, event: &Event) -> bool {
    event.ends.unwrap_or_else(|| civil::later(event.starts, LATE)) <= view.now()
}

fn calendar(view: &View<'_>) -> Option<(u8, String)> {
    let event = view.message.event.as_ref().filter(|event| speaks(event))?;
    if over(view, event) {
        return None;
    }
    let now = view.now();
    let is_today = same_day(&view.moment.zone.rules, now, event.starts);
    let is_changed = event.cancelled || view.says(Sense::Change) || event.method == "COUNTER";
    let share = match (event.all_day, is_changed) {
        (true, true) if is_today => 100,
        (true, _) => 0,
        (false, true) if is_today => 100,
        (false, true) => near::share(CHANGED, now, event.starts),
        (false, false) if event.starts < now => BEGUN,
        (false, false) => near::share(STEPS, now, event.starts),
    };
    let what = if event.cancelled { "cancelled" } else { "starts" };
    let when = near::until(now, event.starts);
    Some((share, format!("event {} {what} {when}", quoted(&event.summary))))
}

/// Times with an occasion beside them, or in the text below a subject that names one.
fn occasions<'v>(view: &'v View<'_>) -> impl Iterator<Item = (&'v Words, &'v Named)> {
    let in_subject = view.says_in_subject(&[Sense::Meeting, Sense::Change]) || is_reminder(view);
    view.times().filter(move |(words, named)| {
        let is_early = named.span.start < EARLY;
        !is_end(view, words, named)
            && !is_stamp(view, words, named)
            && named.grain <= Grain::Day
            && ((in_subject && is_early)
                || is_subject(view, words)
                || words.says(&[Sense::Meeting, Sense::Change], &words.sentence(&named.span))
                || is_gathering(view, words, named))
    })
}

/// Whether people want to come together then. In a chat that is a plan, which counts by itself.
fn is_gathering(view: &View<'_>, words: &Words, named: &Named) -> bool {
    view.message.kind == Kind::Mail
        && view.voice == Voice::Person
        && words.says(&[Sense::Gather], &words.sentence(&named.span))
}

/// Whether nothing begins then: "from 5pm on" something may be, "until 5:45 pm" it is. What is moved is moved to its end,
/// and people who want to meet by noon do so before it.
fn is_end(view: &View<'_>, words: &Words, named: &Named) -> bool {
    match named.relation {
        Relation::From => true,
        Relation::By => {
            !is_gathering(view, words, named) && !words.says(&[Sense::Change], &words.sentence(&named.span))
        }
        Relation::At | Relation::Within | Relation::Range => false,
    }
}

fn begins(view: &View<'_>, named: &Named) -> Timestamp {
    match named.grain {
        Grain::Minute => named.starts,
        // "This afternoon" may begin at any time of it.
        _ => named.starts.max(view.written.at),
    }
}

fn spoken(view: &View<'_>) -> Option<(u8, String)> {
    let now = view.now();
    let found = occasions(view).filter_map(|(words, named)| {
        let is_over = match named.grain {
            Grain::Minute => civil::later(named.ends, LATE) <= now,
            _ => named.ends <= now,
        };
        let is_today = same_day(&view.written.zone, now, named.starts);
        let sentence = words.sentence(&named.span);
        if is_over || named.span.start >= EARLY * 4 || words.says(&[Sense::Over, Sense::Recovered], &sentence) {
            return None;
        }
        let is_changed = words.says(&[Sense::Change], &sentence) || view.says_in_subject(&[Sense::Change]);
        // A change of something that takes place, not of somebody's mind.
        let is_event =
            view.says_in_subject(&[Sense::Meeting, Sense::Change]) || words.says(&[Sense::Meeting], &sentence);
        let is_narrow = named.grain == Grain::Minute;
        let share = match (is_changed, is_today, is_narrow) {
            (true, true, _) if is_event => 100,
            (true, true, _) => TODAY,
            (true, false, _) => near::share(CHANGED, now, named.starts),
            (false, true, false) if is_announced(view, words, named) => TODAY,
            (false, _, true) if is_reminder(view) => near::share(REMINDED, now, named.starts.max(now)),
            (false, _, true) => near::share(STEPS, now, named.starts.max(now)),
            (false, _, false) => 0,
        };
        // Further down, a time is one of many things; and people tell of their own day, and of what was.
        let is_early = named.span.start < EARLY;
        let share = near::of(share, if is_early { 100 } else { 60 });
        let is_told = !is_changed && tense::is_told(words, &named.span);
        let share = match is_told {
            true if is_narrow => near::of(share, 50),
            true => 0,
            false if is_narrow && is_own_day(view, words, named) => near::of(share, 25),
            false => share,
        };
        let when = near::until(now, begins(view, named));
        (share > 0).then(|| (share, format!("{} is {when}", quoted(words.at(&named.span)))))
    });
    found.max_by_key(|(share, _)| *share)
}

/// Whether a time only says when something was written: the very minute of the message, or a day in figures by itself.
fn is_stamp(view: &View<'_>, words: &Words, named: &Named) -> bool {
    let is_figures = words.at(&named.span).contains(|c: char| c.is_ascii_digit());
    let is_day = named.grain >= Grain::Day && !view.says_in_subject(&[Sense::Change]);
    let away = named.starts.duration_since(view.written.at).abs();
    is_figures && (is_day && same_day(&view.written.zone, view.written.at, named.starts) || away < MINUTE)
}

/// Whether a calendar service reminds.
fn is_reminder(view: &View<'_>) -> bool {
    view.message.automated && REMINDERS.iter().any(|start| view.subject.folded.starts_with(start))
}

/// Whether a chat only tells what its sender does then: nothing is said to the reader in that sentence, nor of both.
fn is_own_day(view: &View<'_>, words: &Words, named: &Named) -> bool {
    let sentence = words.sentence(&named.span);
    let mut said = words.at(&sentence).split(|c: char| !c.is_alphanumeric());
    view.is_direct_chat()
        && view.body.folded.len() >= LINE
        && !words.at(&sentence).contains('?')
        && !words.says(&[Sense::Asks, Sense::Plan, Sense::CallMe, Sense::Waiting, Sense::Change], &sentence)
        && !said.any(|word| ["you", "u", "ü", "ur", "your", "we", "us", "our", "let"].contains(&word))
}

/// Whether "today" is when something will be: people also tell of what was today. The subject announces, or the sentence
/// asks.
fn is_announced(view: &View<'_>, words: &Words, named: &Named) -> bool {
    let is_told = view.says(Sense::Around);
    let in_subject = view.subject_of == Subject::Own && view.says_in_subject(&[Sense::Meeting]);
    let sentence = words.sentence(&named.span);
    let is_asked = words.says(&[Sense::Asks, Sense::Plan, Sense::Gather, Sense::CallMe], &sentence)
        || words.at(&sentence).contains('?');
    // A subject of one's own that says "today" announces, unless it sells.
    let says_so = is_subject(view, words) && !view.says(Sense::Bulk);
    !is_told && (in_subject || is_asked || says_so)
}

fn is_subject(view: &View<'_>, words: &Words) -> bool {
    std::ptr::eq(words, &raw const view.subject)
}

#[cfg(test)]
mod tests {
    use super::{again_at, event_far, one_to_one, starts_soon};
    use crate::model::message::{Event, Message};
    use crate::urgency::signal::probe::{WRITTEN, ask, at, bulk, chat, invitation, machine, mail};

    fn share(message: &Message) -> u8 {
        ask(message, WRITTEN, |view| starts_soon(view).map_or(0, |found| found.share))
    }

    #[test]
    fn calendar_parts_are_held_against_now() {
        let check = |method: &str, starts: &str, soon: u8, far: bool| {
            let message = invitation(method, starts);
            assert_eq!(share(&message), soon, "{method} {starts}");
            assert_eq!(ask(&message, WRITTEN, |view| event_far(view).is_some()), far, "{method} {starts}");
        };
        check("REQUEST", "2027-01-13T09:30:00Z", 56, false);
        check("REQUEST", "2027-01-13T11:00:00Z", 50, false);
        check("REQUEST", "2027-01-20T09:30:00Z", 0, true);
        check("REQUEST", "2027-01-12T09:30:00Z", 0, true);
        check("CANCEL", "2027-01-13T15:00:00Z", 100, false);
        check("CANCEL", "2027-02-03T15:00:00Z", 0, true);
        check("REPLY", "2027-01-13T09:30:00Z", 0, false);
    }

    #[test]
    fn a_whole_day_does_not_begin_in_ten_minutes() {
        let event = Event {
            all_day: true,
            ..invitation("REQUEST", "2027-01-13T09:10:00Z").event.unwrap_or_else(|| unreachable!())
        };
        assert_eq!(share(&Message { event: Some(event), ..mail("Holiday", "") }), 0);
    }

    #[test]
    fn an_event_is_looked_at_again() {
        let message = invitation("REQUEST", "2027-01-13T15:00:00Z");
        assert_eq!(ask(&message, WRITTEN, again_at), Some(at("2027-01-13T12:00:00Z")));
    }

    #[test]
    fn times_with_an_occasion_are_events() {
        let check = |message: &Message, least: u8, most: u8| {
            let share = share(message);
            assert!((least..=most).contains(&share), "{:?} {:?}: {share}", message.subject, message.own_text);
        };
        check(&mail("Meeting today at 10:30am", "In room 5."), 50, 56);
        check(&mail("Today's design meeting - cancelled", "No agenda."), 100, 100);
        check(&bulk("Cancelled: design group, Wednesday 13 January at 10:00", "It is cancelled today."), 100, 100);
        check(
            &machine("Notification: Market @ Wed Jan 13, 2027 10am - 7pm (UTC)", "You have an upcoming event"),
            90,
            90,
        );
        check(&mail("x", "The meeting is moved to 3pm today."), 100, 100);
        check(&mail("x", "Minutes of the meeting of 4 January 2027 at 10:00."), 0, 0);
        check(&mail("x", "The meeting will be on 3 March 2027 at 10:00."), 0, 0);
        check(&mail("x", "The bread was good this morning."), 0, 0);
        check(&mail("Re: visit", "I saw the mayor today, after the meeting."), 0, 0);
    }

    #[test]
    fn few_people_meet_one_another() {
        assert!(ask(&invitation("REQUEST", "2027-01-20T09:30:00Z"), WRITTEN, |view| one_to_one(view).is_some()));
        assert!(ask(&chat("shall we meet for lunch?"), WRITTEN, |view| one_to_one(view).is_some()));
        assert!(ask(&bulk("x", "shall we meet for lunch?"), WRITTEN, |view| one_to_one(view).is_none()));
    }
}
