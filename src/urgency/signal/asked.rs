//! Whether something is asked of me.

use crate::model::signal::Signal;
use crate::urgency::phrase::quoted;
use crate::urgency::phrases::sense::Sense;
use crate::urgency::signal::found::Found;
use crate::urgency::view::{View, Voice};

/// Above so many recipients a question is anybody's.
const FEW: usize = 4;

/// `asks_me`: a question or request of a person, to me. Who is asked counts, not the mark of the question.
pub fn asks_me(view: &View<'_>) -> Option<Found> {
    if view.voice != Voice::Person || !is_to_me(view) {
        return None;
    }
    let asked = [Sense::Asks, Sense::CallMe].into_iter().find_map(|sense| view.hits(sense).next());
    let evidence = match asked {
        Some((words, hit)) => quoted(words.at(&hit.span)),
        None => {
            let at = view.body.folded.find("? ").or_else(|| view.body.folded.strip_suffix('?').map(str::len))?;
            quoted(view.body.at(&view.body.sentence(&(at..at + 1))).trim())
        }
    };
    let recipients = view.message.to.len() + view.message.cc.len();
    Some(Found::part(Signal::AsksMe, if recipients > FEW { 40 } else { 100 }, evidence))
}

fn is_to_me(view: &View<'_>) -> bool {
    let is_mine = |address: &str| view.moment.me.iter().any(|mine| mine.eq_ignore_ascii_case(address));
    let to = &view.message.to;
    to.is_empty() || to.iter().any(|address| is_mine(&address.address))
}

#[cfg(test)]
mod tests {
    use super::asks_me;
    use crate::model::message::{Address, Message};
    use crate::urgency::signal::probe::{WRITTEN, ask, bulk, mail};

    fn check(message: &Message, share: u8) {
        assert_eq!(
            ask(message, WRITTEN, |view| asks_me(view).map_or(0, |found| found.share)),
            share,
            "{}",
            message.own_text
        );
    }

    #[test]
    fn questions_to_me_count() {
        check(&mail("x", "Can you send me the key?"), 100);
        check(&mail("x", "The blue one?"), 100);
        check(&mail("x", "Please confirm."), 100);
        check(&mail("x", "The blue one is fine."), 0);
        check(&bulk("x", "Can you afford to miss this?"), 0);
        let mut others = mail("x", "Can you send me the key?");
        others.to = vec![Address { name: None, address: "eve@example.org".to_owned() }];
        check(&others, 0);
    }
}
