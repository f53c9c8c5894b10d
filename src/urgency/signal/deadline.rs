//! A time by which something is asked for.

use jiff::Timestamp;

use crate::civil;
use crate::model::message::Kind;
use crate::model::signal::Signal;
use crate::urgency::phrase::quoted;
use crate::urgency::phrases::sense::{Hit, Sense};
use crate::urgency::signal::found::Found;
use crate::urgency::signal::near::{self, Steps, hours, minutes};
use crate::urgency::signal::tense;
use crate::urgency::times::named::{Grain, Named, Relation};
use crate::urgency::view::{View, Voice};
use crate::urgency::words::Words;

/// How much a deadline counts when there is so much time left. What is due tomorrow is seen in today's digest.
const STEPS: &Steps =
    &[(minutes(30), 100), (hours(2), 95), (hours(4), 85), (hours(9), 75), (hours(14), 50), (hours(24), 20)];

/// The hour at which a working day ends.
const CLOSING: i8 = 17;

/// Words that make a time one by which something is wanted.
const WANTED: &[Sense] = &[Sense::Asks, Sense::CallMe, Sense::AtOnce];

/// A message that says "at once" says it of the day on which it was written.
const AT_ONCE: std::time::Duration = hours(24);

/// Octets of a message that says little else.
const SHORT: usize = 400;

/// `deadline`: "by 5pm" with a request beside it, or "as soon as possible".
pub fn deadline(view: &View<'_>) -> Option<Found> {
    let timed = view.times().filter_map(|(words, named)| by_time(view, words, named));
    timed.chain(at_once(view)).max_by_key(|found| found.share)
}

/// When a deadline of it comes nearer by a step, or passes.
pub fn again_at(view: &View<'_>) -> Option<Timestamp> {
    let due = view.times().filter(|(words, named)| meant(words, named) > 0).map(|(_, named)| due(view, named));
    due.filter_map(|due| near::changes(STEPS, view.now(), due)).min()
}

fn by_time(view: &View<'_>, words: &Words, named: &Named) -> Option<Found> {
    let due = due(view, named);
    let near = near::share(STEPS, view.now(), due);
    let share = near::of(near, meant(words, named));
    let share = if view.is_threat() { near::of(share, 30) } else { share };
    // Offers end, too: a crowd is not asked for anything that only the reader could give.
    let share = near::of(share, if view.voice == Voice::Crowd { 40 } else { 100 });
    // "Please do so today": the day by which it must be done is another, which is named, too.
    let is_loose = named.grain == Grain::Day && is_dated(view);
    let share = near::of(share, if is_loose { 60 } else { 100 });
    let evidence = format!("{} is {}", quoted(words.at(&named.span)), near::until(view.now(), due));
    (share > 0).then(|| Found::part(Signal::Deadline, share, evidence))
}

/// "Before noon" ends at noon, "by tomorrow" with that day; "at 5pm" is when it begins. What is wanted today is wanted
/// while people work, unless it is written after that.
fn due(view: &View<'_>, named: &Named) -> Timestamp {
    let zone = &view.written.zone;
    let closing = || {
        let today = zone.to_datetime(view.written.at).date();
        let closing = zone.to_timestamp(today.at(CLOSING, 0, 0, 0)).ok()?;
        (closing > view.written.at && closing < named.ends).then_some(closing)
    };
    match (named.relation, named.grain) {
        (_, Grain::Day) if near::same_day(zone, view.written.at, named.starts) => closing().unwrap_or(named.ends),
        (Relation::At | Relation::Range, Grain::Minute) => named.starts,
        _ => named.ends,
    }
}

/// How surely a time is meant as a deadline, in percent.
fn meant(words: &Words, named: &Named) -> u8 {
    let is_wanted = words.says(WANTED, &words.sentence(&named.span));
    // "Did you get the call this morning", "I will send it today": nothing is wanted by then.
    if named.grain > Grain::Minute
        && named.relation != Relation::By
        && (is_of_the_sender(words, named) || is_idle(words, named))
    {
        return 0;
    }
    match named.relation {
        Relation::By if is_wanted => 100,
        Relation::By if named.grain <= Grain::PartOfDay => 50,
        Relation::Within | Relation::At | Relation::Range if is_wanted && named.grain <= Grain::Day => 90,
        _ => 0,
    }
}

/// Words after which a day is no day of doing: "as of today", "earlier today", "starting today".
const IDLE: &[&str] = &[
    "of",
    "effective",
    "starting",
    "beginning",
    "earlier",
    "since",
    "from",
    "until",
    "received",
    "open",
    "closed",
    "in",
    "on",
    "here",
];

/// "As of today", "today's papers".
fn is_idle(words: &Words, named: &Named) -> bool {
    let before = words.folded.get(..named.span.start).unwrap_or_default().trim_end();
    let last = before.rsplit(|c: char| !c.is_alphanumeric()).next().unwrap_or_default();
    named.grain == Grain::Day && (IDLE.contains(&last) || words.at(&named.span).ends_with("'s"))
}

fn is_of_the_sender(words: &Words, named: &Named) -> bool {
    tense::is_told(words, &named.span) || tense::is_of_others(words, &named.span)
}

fn at_once(view: &View<'_>) -> Option<Found> {
    if !near::is_fresh(view, AT_ONCE) || view.voice == Voice::Crowd {
        return None;
    }
    if view.is_threat() {
        return None;
    }
    let is_dated = is_dated(view);
    let is_meant = |words: &Words, hit: &Hit| {
        !tense::is_of_others(words, &hit.span)
            && !tense::is_denied(words, &hit.span)
            && !tense::is_for_the_return(words, &hit.span)
    };
    let hits = view.hits(Sense::AtOnce).filter(|(words, hit)| is_meant(words, hit));
    let found = hits.map(|(words, hit)| {
        let is_asked = words.says(&[Sense::Asks, Sense::CallMe], &words.around(&hit.span));
        let is_short = view.body.folded.len() < SHORT && view.message.kind == Kind::Mail;
        let share = match (is_asked, is_short) {
            _ if view.is_stranger() || view.is_bait() || view.says(Sense::Bulk) => 40,
            _ if is_dated || view.is_forged() => 40,
            (true, _) | (false, true) => 90,
            (false, false) => 45,
        };
        (share, quoted(words.at(&hit.span)))
    });
    let (share, evidence) = found.max_by_key(|(share, _)| *share)?;
    Some(Found::part(Signal::Deadline, share, evidence))
}

/// Whether a day that is named is days away: what is said of haste means that day.
fn is_dated(view: &View<'_>) -> bool {
    let day = civil::later(view.now(), hours(36));
    view.times().any(|(_, named)| named.grain <= Grain::Day && named.starts > day)
}

#[cfg(test)]
mod tests {
    use super::{again_at, deadline};
    use crate::model::message::Message;
    use crate::urgency::signal::probe::{WRITTEN, ask, at, bulk, mail};

    /// The share of the signal; 0: it does not fire.
    fn share(message: &Message, now: &str) -> u8 {
        ask(message, now, |view| deadline(view).map_or(0, |found| found.share))
    }

    #[test]
    fn a_deadline_grows_and_passes() {
        let message = mail("filing", "Hi Ada, I need your sign-off by 5pm today or the filing lapses.");
        let check = |now: &str, expected: u8| assert_eq!(share(&message, now), expected, "{now}");
        check("2027-01-13T09:00:00Z", 75);
        check("2027-01-13T14:00:00Z", 85);
        check("2027-01-13T15:30:00Z", 95);
        check("2027-01-13T16:40:00Z", 100);
        check("2027-01-13T17:00:01Z", 0);
        let next = |now: &str| ask(&message, now, again_at);
        assert_eq!(next("2027-01-13T14:00:00Z"), Some(at("2027-01-13T15:00:00Z")));
        assert_eq!(next("2027-01-13T18:00:00Z"), None);
    }

    #[test]
    fn only_what_is_asked_for_is_a_deadline() {
        let check = |text: &str, expected: bool| {
            assert_eq!(share(&mail("x", text), WRITTEN) > 0, expected, "{text}");
        };
        check("Please send me the figures by noon.", true);
        check("Could you call me back within the hour?", true);
        check("Can you sign this asap?", true);
        check("Please review the draft at your leisure.", false);
        check("Please send it by the end of March.", false);
        check("We were there at 8am and saw nobody.", false);
        check("The fair opened in 2019.", false);
    }

    #[test]
    fn a_crowd_cannot_buy_its_way() {
        let offer = "URGENT: order now, please reply asap, offer ends at midnight!";
        assert!(share(&bulk("URGENT!!!", offer), WRITTEN) <= 40);
        assert_eq!(share(&mail("Re: asap", "Nice picture."), WRITTEN), 0);
        assert_eq!(share(&mail("x", "Look.\n\n---- Forwarded message ----\nPlease sign asap."), WRITTEN), 0);
    }

    #[test]
    fn at_once_ages() {
        let message = mail("x", "Please call me asap.");
        assert_eq!(share(&message, WRITTEN), 90);
        assert_eq!(share(&message, "2027-01-15T09:00:00Z"), 0);
    }
}
