//! What burns.

use crate::civil;
use crate::model::message::Kind;
use crate::model::signal::Signal;
use crate::urgency::phrase::quoted;
use crate::urgency::phrases::sense::{Hit, Sense};
use crate::urgency::signal::found::Found;
use crate::urgency::signal::near::{self, hours};
use crate::urgency::view::{View, Voice};
use crate::urgency::words::Words;

/// What burnt yesterday is out, or known.
const BURNS: std::time::Duration = hours(24);
/// What is announced for later than this burns nobody now.
const AHEAD: std::time::Duration = hours(4);
/// Octets: who has a crisis says so first.
const EARLY: usize = 400;
/// Octets above which a text is told, not cried.
const LONG: usize = 1_500;

/// `crisis`: "the site is down", "she is in hospital". Not in what is told to many at length, planned, or over.
pub fn crisis(view: &View<'_>) -> Option<Found> {
    let is_over = view.says(Sense::Over) || view.says(Sense::Recovered) || view.says_in_subject(&[Sense::Change]);
    if is_over || !near::is_fresh(view, BURNS) {
        return None;
    }
    let own = view.own().flat_map(|words| words.hits.iter().map(move |hit| (words, hit)));
    let crises = own.filter(|(_, hit)| hit.sense == Sense::Crisis);
    let found = crises.map(|(words, hit)| (share(view, words, hit), quoted(words.at(&hit.span))));
    let (share, evidence) = found.max_by_key(|(share, _)| *share)?;
    (share > 0).then(|| Found::part(Signal::Crisis, share, evidence))
}

fn share(view: &View<'_>, words: &Words, hit: &Hit) -> u8 {
    let sentence = words.sentence(&hit.span);
    let is_planned = words.says(&[Sense::Around], &sentence)
        || words.times().iter().any(|named| {
            named.span.start >= sentence.start
                && named.span.end <= sentence.end
                && named.starts > civil::later(view.now(), AHEAD)
        });
    // A time that is over makes it a story: "on Monday the site was down".
    let is_told = words.times().iter().any(|named| {
        named.span.start >= sentence.start
            && named.span.end <= sentence.end
            && civil::later(named.ends, hours(12)) < view.written.at
    });
    if is_planned || is_told {
        return 0;
    }
    let is_subject = std::ptr::eq(words, &raw const view.subject);
    let is_long = view.body.folded.len() > LONG;
    let share = match (is_subject, hit.span.start < EARLY) {
        _ if is_long && !is_subject => 30,
        (true, _) | (false, true) => 100,
        (false, false) => 50,
    };
    // In a channel people also tell of their own trouble; nobody is called.
    let is_own = |part: &str| [" i ", "i'm ", "i'll ", "my ", "our ", "i've "].iter().any(|own| part.contains(own));
    if view.voice == Voice::Crowd && view.message.kind != Kind::Mail && is_own(words.at(&sentence)) {
        return near::of(share, 40);
    }
    match (view.voice, view.message.kind) {
        (Voice::Person, _) | (_, Kind::Chat(_)) => share,
        (Voice::Machine, Kind::Mail) => near::of(share, 60),
        (Voice::Crowd, Kind::Mail) => near::of(share, 50),
    }
}

#[cfg(test)]
mod tests {
    use super::crisis;
    use crate::model::message::Message;
    use crate::urgency::signal::probe::{WRITTEN, ask, bulk, chat, mail};

    #[test]
    fn what_burns_is_heard() {
        let check = |message: &Message, least: u8, most: u8| {
            let share = ask(message, WRITTEN, |view| crisis(view).map_or(0, |found| found.share));
            assert!((least..=most).contains(&share), "{:?}: {share}", message.own_text);
        };
        check(&mail("Website is down", "Customers see errors."), 100, 100);
        check(&chat("dad is in hospital, call me"), 100, 100);
        check(&mail("x", "Production is down since ten minutes."), 100, 100);
        check(&mail("x", "The site is back up now, it was an outage."), 0, 0);
        check(&mail("x", "Planned outage of the lab on 20 February 2027 at 10:00."), 0, 0);
        check(&bulk("x", "This is an emergency! Our stock is nearly gone."), 1, 50);
        check(&mail("x", "The energy market calmed down."), 0, 0);
        let news = format!("{} An outage hit the town.", "The town is quiet in winter. ".repeat(80));
        check(&mail("News", &news), 0, 30);
    }
}
