//! What is over.

pub mod closing;
pub mod state;

use std::time::Duration;

use jiff::Timestamp;

use crate::civil::later;
use crate::limits;
use crate::model::signal::Signal;
use crate::model::verdict::Over;
use crate::urgency::parts::Subject;
use crate::urgency::phrase::spoken;
use crate::urgency::signal::found::Found;
use crate::urgency::view::View;
use closing::{Closing, How};

/// `closed`: it, or a later message of the same thing, says that it is over. What is called off for these hours is news.
pub fn closed(view: &View<'_>) -> Option<Found> {
    if let Some(at) = later_word(view) {
        return Some(Found::whole(Signal::Closed, at));
    }
    let Closing { how, words } = own_word(view)?;
    match how {
        How::Alarm => Some(Found::whole(Signal::Closed, format!("the alarm has ended: {words}"))),
        How::Said => Some(Found::whole(Signal::Closed, format!("it says that it is over: {words}"))),
        How::SaidAmongOthers => Some(Found::part(Signal::Closed, 40, format!("among other things it says {words}"))),
        How::CalledOff if is_far(view) => Some(Found::whole(Signal::Closed, format!("it is called off: {words}"))),
        How::CalledOff => None,
    }
}

/// That a later message of the same thing says so; or it does itself, and says nothing beside it that wants anything.
///
/// What calls something off is not over by that: somebody still has to learn it.
pub fn over(view: &View<'_>) -> Option<Over> {
    if later_word(view).is_some() {
        return Some(Over::Settled);
    }
    let is_over = match own_word(view)?.how {
        How::Alarm => true,
        How::Said => {
            let calm = view.own().all(closing::wants_nothing);
            calm && !view.passes_on && view.message.attachments.is_empty()
        }
        How::SaidAmongOthers | How::CalledOff => false,
    };
    is_over.then_some(Over::Settled)
}

fn later_word(view: &View<'_>) -> Option<String> {
    let history = view.moment.history?;
    let after = |at: Timestamp| Duration::try_from(at.duration_since(history.at)).ok();
    if let Some(at) = history.superseded_at() {
        return Some(match after(at) {
            Some(after) => format!("a newer version of its event came {} after it", spoken(after)),
            None => "a newer version of its event had come before it".to_owned(),
        });
    }
    let after = after(history.closed_at()?).unwrap_or_default();
    Some(format!("a later message, {} after it, says that it is over", spoken(after)))
}

fn own_word(view: &View<'_>) -> Option<Closing> {
    let subject = (view.subject_of == Subject::Own).then_some(&view.subject);
    closing::of(view.message, subject, &view.body)
}

/// Whether all that is named of its time is far from now. Where no time is named, nobody can tell.
fn is_far(view: &View<'_>) -> bool {
    let soon = later(view.now(), limits::judgement::CALLED_OFF_NEAR);
    let near = |from: Timestamp, until: Timestamp| from <= soon && until >= view.now();
    let event = view.message.event.as_ref().map(|event| (event.starts, event.ends.unwrap_or(event.starts)));
    let named = || view.times().map(|(_, named)| (named.starts, named.ends));
    match event {
        Some((starts, ends)) => !near(starts, ends),
        None => named().next().is_some() && named().all(|(starts, ends)| !near(starts, ends)),
    }
}

#[cfg(test)]
mod tests {
    use super::closing::says;
    use super::{closed, over};
    use crate::model::history::lesson::{Lesson, MessageKey, Says, Version};
    use crate::model::message::{Alarm, Authenticity, Event, Message, Post};
    use crate::model::name::PersonName;
    use crate::model::verdict::Over;
    use crate::urgency::signal::rig::{Rig, at, header, mail, word};

    /// What it says: points in percent, and whether it folds.
    #[track_caller]
    fn check(rig: &Rig, share: u8, folds: bool) {
        rig.check(closed, share);
        assert_eq!(rig.hear(over), folds.then_some(Over::Settled));
    }

    fn of_machine(subject: &str) -> Rig {
        mail(subject, "See the dashboard.").with(|mail| mail.automated = true)
    }

    #[test]
    fn an_alarm_that_ends_is_over() {
        check(&of_machine("[RESOLVED] QueueTooLong (mail-3)"), 100, true);
        check(&of_machine("** RECOVERY Host Alert: db7 is UP **"), 100, true);
        check(&of_machine("[FIRING:1] QueueTooLong (mail-3)"), 0, false);
        check(&of_machine("[FIRING:1, RESOLVED:1] QueueTooLong"), 0, false);
        check(&mail("Re: [RESOLVED] QueueTooLong", "Not for us."), 0, false);
        let forged = of_machine("[RESOLVED] Queue").with(|mail| mail.authenticity = Authenticity::Failed);
        check(&forged, 0, false);
    }

    #[test]
    fn an_alarm_is_over_when_its_service_says_so() {
        let told = |alarm: Alarm| {
            mail("Queue", "Resolved itself last time.").with(|mail| {
                mail.automated = true;
                mail.post = Some(Post { service: "pagerduty".to_owned(), alarm: Some(alarm), ..Post::default() });
            })
        };
        check(&told(Alarm::Resolved), 100, true);
        check(&told(Alarm::Acknowledged), 0, false);
        check(&told(Alarm::Firing), 0, false);
    }

    #[test]
    fn people_say_that_it_is_over() {
        check(&mail("Key", "Never mind, I found it."), 100, true);
        check(&mail("Printer", "The printer on floor 3 is fixed."), 100, true);
        // There is more to it.
        check(&mail("Key", "Never mind, I found it. Can you come at six?"), 100, false);
        check(&mail("Key", "Never mind, I found it. Call me though."), 100, false);
        let long = format!("The printer is fixed. {}", "We went through all of the floors today. ".repeat(9));
        check(&mail("Printer", &long), 40, false);
        check(&mail("Printer", &format!("{} The printer is fixed.", "Many words. ".repeat(40))), 0, false);
        // It is not.
        check(&mail("Printer", "It is not fixed."), 0, false);
        check(&mail("Printer", "Tell me once the printer is fixed."), 0, false);
        check(&mail("Printer", "Do you know whether it is fixed?"), 0, false);
        check(&mail("Printer", "The printer smokes."), 0, false);
        let offer = mail("Fixed", "Never mind the winter, it is fixed.");
        check(&offer.with(|mail| mail.headers.push(header("List-Unsubscribe: <u>"))), 0, false);
        let forged = mail("Key", "Never mind, I found it.").with(|mail| mail.authenticity = Authenticity::Failed);
        check(&forged, 0, false);
    }

    fn event(starts: &str) -> Event {
        Event {
            method: "CANCEL".to_owned(),
            uid: "u1".to_owned(),
            summary: "Review".to_owned(),
            starts: at(starts),
            ends: None,
            all_day: false,
            cancelled: true,
            people: 3,
            revision: None,
        }
    }

    /// Whoever would go there has to learn it: near it is news, and never folds by itself.
    #[test]
    fn what_is_called_off_is_news() {
        let cancelled = |starts: &str| mail("Cancelled: Review", "").with(|mail| mail.event = Some(event(starts)));
        check(&cancelled("2027-01-12T14:00:00Z"), 0, false);
        check(&cancelled("2027-01-20T14:00:00Z"), 100, false);
        check(&cancelled("2027-01-11T14:00:00Z"), 100, false);
        let held = |mail: &mut Message| mail.event = Some(Event { cancelled: false, ..event("2027-01-20T14:00:00Z") });
        check(&mail("Review", "").with(held), 0, false);
        // Nobody can tell when it would have been.
        check(&mail("Review", "The review is cancelled."), 0, false);
    }

    #[test]
    fn a_later_message_settles_it() {
        let closing = |who: &str, minutes: i64| Lesson { says: Says::Closes, ..word(who, "z", minutes) };
        let of = |words: &[Lesson]| mail("Server", "Can you look?").after(words);
        check(&of(&[closing("ben", -5)]), 100, true);
        check(&of(&[closing("me", -5)]), 100, true);
        check(&of(&[word("eve", "b", 9), closing("eve", -5)]), 100, true);
        check(&of(&[closing("eve", -5)]), 0, false);
        check(&of(&[closing("ben", 5)]), 0, false);
        check(&of(&[closing("ben", -5), word("ben", "y", -6)]), 0, false);
    }

    #[test]
    fn a_newer_version_settles_an_older_one() {
        let me = PersonName::new("me");
        let version = |sequence: u32| Version { of: MessageKey::of_event(&me, "u1"), sequence, stamp: None };
        let said = |who: &str, sequence: u32, minutes: i64| Lesson {
            version: Some(version(sequence)),
            ..word(who, "z", minutes)
        };
        let own = || Lesson { version: Some(version(1)), ..word("ben", "it", 0) };
        let of = |words: &[Lesson]| mail("Review", "").learned_as(&own(), words);
        let evidence = |rig: &Rig| rig.hear(closed).map(|found| found.evidence.join(""));
        let (newer, before) = (of(&[said("ben", 2, -5)]), of(&[said("ben", 2, 5)]));
        check(&newer, 100, true);
        assert_eq!(evidence(&newer).as_deref(), Some("a newer version of its event came 5 min after it"));
        check(&before, 100, true);
        assert_eq!(evidence(&before).as_deref(), Some("a newer version of its event had come before it"));
        check(&of(&[said("eve", 2, -5)]), 0, false);
        check(&of(&[said("ben", 1, -5)]), 0, false);
        check(&of(&[said("ben", 0, -5)]), 0, false);
    }

    #[test]
    fn a_message_says_something_to_its_thread() {
        let check = |rig: Rig, expected: Says| assert_eq!(says(&rig.message), expected, "{:?}", rig.message.own_text);
        check(of_machine("[RESOLVED] QueueTooLong"), Says::Closes);
        check(mail("Key", "Never mind, I found it."), Says::Closes);
        check(mail("Review", "").with(|mail| mail.event = Some(event("2027-01-12T14:00:00Z"))), Says::Closes);
        check(mail("Key", "Never mind, I found it. Who has the other one?"), Says::Asks);
        check(mail("Key", "I cannot find it.\nDo you have it?\n\nBen"), Says::Asks);
        check(mail("Do you have the key?", ""), Says::Asks);
        check(mail("Key", "Thanks!"), Says::Nods);
        check(mail("Key", "Thanks! It lies on the table at noon."), Says::More);
        check(mail("Key", "It lies on the table."), Says::More);
        let forged = mail("Key", "Never mind.").with(|mail| mail.authenticity = Authenticity::Failed);
        check(forged, Says::More);
    }
}
