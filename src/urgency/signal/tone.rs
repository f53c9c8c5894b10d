//! How it is said.

use crate::model::message::Importance;
use crate::model::signal::Signal;
use crate::urgency::phrase::quoted;
use crate::urgency::phrases::sense::Sense;
use crate::urgency::signal::found::Found;
use crate::urgency::view::{View, Voice};

/// Octets beside the thanks in a message that says nothing else: a name, a wish.
const BESIDE_THANKS: usize = 36;

/// `sensitive`: Sensitivity (RFC 2156 section 5.3.4), or the words of such talk, from a person to me alone.
pub fn sensitive(view: &View<'_>) -> Option<Found> {
    if view.voice != Voice::Person || view.message.to.len() + view.message.cc.len() > 1 {
        return None;
    }
    let marked = view.message.headers.iter().find(|header| header.name.eq_ignore_ascii_case("Sensitivity"));
    let words = ["personal", "private", "company-confidential"];
    if let Some(header) = marked.filter(|it| words.iter().any(|word| it.value.trim().eq_ignore_ascii_case(word))) {
        return Some(Found::whole(Signal::Sensitive, format!("Sensitivity is {}", quoted(&header.value))));
    }
    let (words, hit) = view.hits(Sense::Sensitive).next()?;
    Some(Found::whole(Signal::Sensitive, quoted(words.at(&hit.span))))
}

/// `marked_urgent`: what the header says, whoever says it.
pub fn marked_urgent(view: &View<'_>) -> Option<Found> {
    let is_high = view.message.importance == Some(Importance::High);
    is_high.then(|| Found::whole(Signal::MarkedUrgent, "its header says high importance".to_owned()))
}

/// `no_reply_needed`: "FYI", "no rush", or thanks and nothing else.
pub fn no_reply_needed(view: &View<'_>) -> Option<Found> {
    if let Some((words, hit)) = view.hits(Sense::NoHurry).next() {
        // "FYI" above a request does not take it back.
        let is_asked = words.says(&[Sense::Asks, Sense::CallMe, Sense::AtOnce], &words.whole());
        return Some(Found::part(Signal::NoReplyNeeded, if is_asked { 50 } else { 100 }, quoted(words.at(&hit.span))));
    }
    let body = &view.body;
    let is_asked = body.folded.contains('?') || body.says(&[Sense::Asks, Sense::CallMe, Sense::Waiting], &body.whole());
    let thanks = body.first(&[Sense::Thanks], &body.whole())?;
    let said: usize = body.hits.iter().filter(|hit| hit.sense == Sense::Thanks).map(|hit| hit.span.len()).sum();
    let is_only = body.folded.len() <= said + BESIDE_THANKS && !is_asked && body.times().is_empty();
    is_only.then(|| Found::whole(Signal::NoReplyNeeded, quoted(body.at(&thanks.span))))
}

#[cfg(test)]
mod tests {
    use super::{marked_urgent, no_reply_needed, sensitive};
    use crate::model::message::{Header, Importance, Message};
    use crate::urgency::signal::probe::{WRITTEN, ask, bulk, mail};

    #[test]
    fn sensitive_talk_is_of_a_person_to_me() {
        let check = |message: &Message, fires: bool| {
            assert_eq!(ask(message, WRITTEN, |view| sensitive(view).is_some()), fires, "{}", message.own_text);
        };
        check(&mail("x", "We need to talk. I am worried about you."), true);
        check(&mail("x", "The weather is fine."), false);
        check(&bulk("x", "We need to talk about prices."), false);
        let mut marked = mail("x", "Hello");
        marked.headers.push(Header { name: "Sensitivity".to_owned(), value: "Company-Confidential".to_owned() });
        check(&marked, true);
    }

    #[test]
    fn what_needs_no_answer_says_so() {
        let check = |text: &str, share: u8| {
            let found = ask(&mail("x", text), WRITTEN, |view| no_reply_needed(view).map_or(0, |found| found.share));
            assert_eq!(found, share, "{text}");
        };
        check("FYI, the figures are out.", 100);
        check("No rush.", 100);
        check("Thanks a lot!", 100);
        check("FYI. Please sign today.", 50);
        check("Thanks! Where are you?", 0);
        check("The figures are out.", 0);
    }

    #[test]
    fn the_header_marks() {
        let message = Message { importance: Some(Importance::High), ..mail("x", "y") };
        assert!(ask(&message, WRITTEN, |view| marked_urgent(view).is_some()));
        assert!(ask(&mail("URGENT", "y"), WRITTEN, |view| marked_urgent(view).is_none()));
    }
}
