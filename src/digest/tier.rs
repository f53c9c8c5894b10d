//! What an item asks of its reader, which is the order of a letter: an answer, to be followed, to be noted, or nothing.

use std::collections::BTreeMap;

use crate::model::item::Item;
use crate::model::mailing_list;
use crate::model::message::{Audience, Authenticity, Chat, Kind, Mention, Message};
use crate::model::signal::{By, Points, Signal};
use crate::model::verdict::{Decision, Reason, Urgency};

/// A section of a letter, in its order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Tier {
    /// It waits for me: a question, an answer that I wait for, a deadline, an invitation.
    ForYou,
    /// People talk, and I am among them.
    Conversation,
    /// A machine tells me something.
    Notice,
    /// It was made for many: newsletters.
    Rest,
}

/// How many of each.
pub type Counts = BTreeMap<Tier, usize>;

/// To how many somebody writes who asks each of them.
const FEW: usize = 5;

/// What people and machines alike may want of me.
const PRESSING: [Signal; 3] = [Signal::Deadline, Signal::StartsSoon, Signal::WaitingForMe];
/// What only people want.
const PERSONAL: [Signal; 4] = [Signal::AsksMe, Signal::Awaited, Signal::OneToOne, Signal::Sensitive];

impl Tier {
    /// Its class in our own style.
    pub fn class(self) -> &'static str {
        match self {
            Self::ForYou => "you",
            Self::Conversation => "talk",
            Self::Notice => "notice",
            Self::Rest => "rest",
        }
    }

    /// Its heading.
    pub fn title(self) -> &'static str {
        match self {
            Self::ForYou => "For you",
            Self::Conversation => "Conversations",
            Self::Notice => "Notices",
            Self::Rest => "Newsletters and the rest",
        }
    }
}

/// What an item asks by itself; its conversation may ask more.
pub fn of(item: &Item) -> Tier {
    let message = &item.message;
    if item.verdict.decision.level().is_some_and(Urgency::is_synchronous) {
        return Tier::ForYou;
    }
    let is_for_many = mailing_list::sign(message).is_some() && !mailing_list::is_discussion(message);
    if is_for_many || fires(item, &[Signal::Newsletter]) || item.verdict.decision == Decision::Drop {
        return Tier::Rest;
    }
    // Who only claims to be somebody asks nothing.
    let asks = message.authenticity != Authenticity::Failed
        && (fires(item, &PRESSING) || !message.automated && (fires(item, &PERSONAL) || is_put_to_me(message)));
    match (asks, message.automated) {
        (true, _) => Tier::ForYou,
        (false, true) => Tier::Notice,
        (false, false) => Tier::Conversation,
    }
}

/// Whether one of these signals spoke for now.
fn fires(item: &Item, signals: &[Signal]) -> bool {
    let Reason::Signals(tally) = &item.verdict.reason else { return false };
    let is_one = |by: &By| matches!(by, By::Signal(signal) if signals.contains(signal));
    tally.fired.iter().any(|fired| is_one(&fired.by) && fired.points != Points::default())
}

/// Whether it is put to me by how it came: said to me alone or by my name, an invitation, a question to a few.
fn is_put_to_me(message: &Message) -> bool {
    match message.kind {
        Kind::Chat(Chat { audience, mention }) => {
            audience == Audience::Direct || matches!(mention, Mention::Me | Mention::Group)
        }
        Kind::Mail => {
            // What was over when it came is no invitation any more.
            let invites = message.event.as_ref().is_some_and(|event| {
                let is_ahead = event.ends.unwrap_or(event.starts) > message.received_at;
                event.method == "REQUEST" && !event.cancelled && is_ahead
            });
            let is_to_few = mailing_list::sign(message).is_none() && message.to.len() + message.cc.len() <= FEW;
            invites || is_to_few && message.ends_with_a_question()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Tier, of};
    use crate::digest::sample::{With, item};
    use crate::model::item::Item;
    use crate::model::message::{Audience, Authenticity, Chat, Kind, Mention};
    use crate::model::signal::{By, Fired, Points, Signal, Tally};
    use crate::model::verdict::{Reason, Urgency};

    fn mail(text: &str) -> Item {
        item("Ben <ben@example.net>", "The plan", 5).text(text)
    }

    fn with(mut item: Item, change: impl FnOnce(&mut Item)) -> Item {
        change(&mut item);
        item
    }

    fn fired(item: Item, signal: Signal, points: i32) -> Item {
        let points = Points::of_hundredths(points);
        let fired = vec![Fired { by: By::Signal(signal), points, evidence: Vec::new() }];
        let (urgent_at, low_at) = (Points::of_hundredths(400), Points::of_hundredths(-300));
        with(item, |item| item.verdict.reason = Reason::Signals(Tally { score: points, urgent_at, low_at, fired }))
    }

    #[test]
    fn what_waits_for_an_answer_is_for_me() {
        for item in [
            mail("The plan is ready.\n\nWill you come?\n\nBen"),
            mail("The plan is ready.").level(Urgency::Urgent),
            fired(mail("Send me the figures."), Signal::AsksMe, 100),
            fired(with(mail("It is due."), |item| item.message.automated = true), Signal::Deadline, 100),
            item("Ben <ben@example.net>", "Lunch?", 5),
        ] {
            assert_eq!(of(&item), Tier::ForYou, "{}", item.message.own_text);
        }
    }

    #[test]
    fn what_is_for_many_or_of_a_machine_is_not() {
        assert_eq!(of(&mail("The plan is ready. Who wrote it? Nobody knows.\nSo be it.")), Tier::Conversation);
        assert_eq!(of(&mail("Will you win?").list("offers.shop.example")), Tier::Rest);
        assert_eq!(of(&fired(mail("Will you win?"), Signal::Newsletter, -100)), Tier::Rest);
        let machine = |text: &str| with(mail(text), |item| item.message.automated = true);
        assert_eq!(of(&machine("Is this your address?")), Tier::Notice);
        assert_eq!(of(&fired(machine("Confirm your address."), Signal::AsksMe, 100)), Tier::Notice);
        let forged = with(mail("Can you pay this?"), |item| item.message.authenticity = Authenticity::Failed);
        assert_eq!(of(&forged), Tier::Conversation);
        let many = with(mail("Will you come?"), |item| {
            item.message.to = vec![item.message.sender.clone().unwrap_or_else(|| unreachable!()); 20];
        });
        assert_eq!(of(&many), Tier::Conversation);
    }

    #[test]
    fn chat_is_for_me_where_it_says_so() {
        let said = |audience, mention| {
            of(&with(mail("The plan is ready?"), |item| item.message.kind = Kind::Chat(Chat { audience, mention })))
        };
        assert_eq!(said(Audience::Direct, Mention::Nobody), Tier::ForYou);
        assert_eq!(said(Audience::Channel, Mention::Me), Tier::ForYou);
        assert_eq!(said(Audience::Channel, Mention::Everyone), Tier::Conversation);
        assert_eq!(said(Audience::Channel, Mention::Nobody), Tier::Conversation);
    }
}
