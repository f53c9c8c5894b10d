//! Accounts in danger.

use crate::model::message::{Authenticity, Kind};
use crate::model::signal::Signal;
use crate::urgency::parts::Subject;
use crate::urgency::phrase::quoted;
use crate::urgency::phrases::sense::Sense;
use crate::urgency::signal::found::Found;
use crate::urgency::signal::near::{self, hours};
use crate::urgency::view::{View, Voice};

/// What happened to an account the day before yesterday has been seen elsewhere.
const FRESH: std::time::Duration = hours(24);
/// Octets: a notice says at once what it is.
const EARLY: usize = 600;

/// `account_security`: "new sign-in", "was your password changed", "payment declined"; not from a sender that is proven to
/// be somebody else, and less from one that nobody vouches for: thieves write the same.
pub fn account_security(view: &View<'_>) -> Option<Found> {
    let message = view.message;
    if message.authenticity == Authenticity::Failed
        || view.subject_of == Subject::Repeated
        || !near::is_fresh(view, FRESH)
    {
        return None;
    }
    let (words, hit) = view.hits(Sense::Account).find(|(_, hit)| hit.span.start < EARLY)?;
    let share = match (message.authenticity, message.kind, view.voice) {
        (_, Kind::Chat(_), Voice::Person | Voice::Machine) | (Authenticity::Passed, Kind::Mail, Voice::Machine) => 100,
        (Authenticity::Passed, Kind::Mail, _) => 80,
        (_, Kind::Mail, Voice::Machine) => 80,
        (_, Kind::Mail, _) => 50,
        (_, Kind::Chat(_), Voice::Crowd) => 50,
    };
    Some(Found::part(Signal::AccountSecurity, share, quoted(words.at(&hit.span))))
}

#[cfg(test)]
mod tests {
    use super::account_security;
    use crate::model::message::{Authenticity, Message};
    use crate::urgency::signal::probe::{WRITTEN, ask, bulk, machine, mail};

    #[test]
    fn accounts_in_danger_are_told_by_proven_senders() {
        let share =
            |message: &Message| ask(message, WRITTEN, |view| account_security(view).map_or(0, |found| found.share));
        let told = machine("New sign-in to your account", "Was this you?");
        assert_eq!(share(&told), 100);
        assert_eq!(share(&Message { authenticity: Authenticity::Failed, ..told.clone() }), 0);
        assert!(share(&Message { authenticity: Authenticity::Unknown, ..told }) < 100);
        assert!(share(&mail("Your account has been suspended", "Log in here.")) <= 50);
        assert_eq!(share(&bulk("Our news", "How to keep your garden.")), 0);
    }
}
