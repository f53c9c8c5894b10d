//! What each signal weighs, and from which sum on a message is urgent or low: shipped values, and a person's own.

use std::collections::BTreeMap;

use crate::model::message::Kind;
use crate::model::signal::{Points, Signal};

/// What each signal weighs, and the two thresholds for mail and for chat.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scale {
    /// For mail.
    pub mail: Thresholds,
    /// For chat: a direct message is urgent six times as often as a mail.
    pub chat: Thresholds,
    /// Weights that are not the shipped ones.
    pub weights: BTreeMap<Signal, Points>,
}

/// From which sum on a message is urgent, and down from which it is low.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Thresholds {
    /// At or above it: urgent.
    pub urgent_at: Points,
    /// At or below it: low. Less than `urgent_at`.
    pub low_at: Points,
}

/// The shipped weights, in hundredths, each with its reason. `tests/calibrate` chooses them.
const WEIGHTS: [(Signal, i32, &str); Signal::ALL.len()] = [
    (Signal::Crisis, 400, "what burns is worth an interruption by itself"),
    (Signal::AlertSource, 1_000, "somebody set this alarm up in order to be interrupted"),
    (Signal::Deadline, 350, "a time that is near; the share grows as it nears"),
    (Signal::AsksMe, 100, "a request is not urgency"),
    (Signal::OneTimeCode, 1_200, "it is asked for at this moment, and useless later"),
    (Signal::AccountSecurity, 350, "if it was not me, minutes count"),
    (Signal::Sensitive, 150, "it wants an answer in the same tone, soon"),
    (Signal::LiveThread, 250, "the others are there, now"),
    (Signal::Burst, 150, "who writes again within minutes waits for me"),
    (Signal::OneToOne, 100, "people who meet want to be met"),
    (
        Signal::StartsSoon,
        1_000,
        "afterwards it is worth nothing; a change of today's plan outweighs the list it came by",
    ),
    (Signal::WaitingForMe, 400, "somebody stands there and waits"),
    (Signal::ToMeAlone, 50, "nobody else will answer it"),
    (Signal::MentionsMe, 150, "it was written for me to see"),
    (Signal::MarkedUrgent, 25, "advertising marks itself urgent more often than people do"),
    (Signal::Awaited, 150, "I asked, and nobody has answered since"),
    (Signal::NoReplyNeeded, -200, "the sender says that it may wait"),
    (Signal::CourtesyCopy, -150, "others are meant"),
    (Signal::ListMail, -250, "a strong minus and no veto: a list can cancel today's meeting"),
    (Signal::ManyRecipients, -100, "what all get, somebody else can answer"),
    (Signal::Broadcast, -150, "nobody in particular is meant"),
    (Signal::Newsletter, -300, "made to be read at leisure"),
    (Signal::AutomatedReport, -200, "it tells of what is done"),
    (Signal::LongRead, -50, "it takes time that an interruption does not have"),
    (Signal::OffHours, -50, "its sender does not expect me at my desk"),
    (Signal::EventFar, -100, "there is time"),
    (Signal::SlowThread, -100, "its own pace is slow"),
    (Signal::ReplyToHeld, -100, "what it answers waits, too"),
    (Signal::Closed, -400, "nothing is left to do"),
];

impl Default for Scale {
    fn default() -> Self {
        let thresholds = |urgent_at, low_at| Thresholds {
            urgent_at: Points::of_hundredths(urgent_at),
            low_at: Points::of_hundredths(low_at),
        };
        Self { mail: thresholds(350, -250), chat: thresholds(235, -250), weights: BTreeMap::new() }
    }
}

impl Scale {
    /// What a signal weighs: the person's own weight, else the shipped one.
    pub fn weight(&self, signal: Signal) -> Points {
        self.weights.get(&signal).copied().unwrap_or_else(|| shipped(signal))
    }

    /// The thresholds for a kind of message.
    pub fn thresholds(&self, kind: Kind) -> Thresholds {
        match kind {
            Kind::Mail => self.mail,
            Kind::Chat(_) => self.chat,
        }
    }
}

/// What a signal weighs as shipped.
pub fn shipped(signal: Signal) -> Points {
    let found = WEIGHTS.iter().find(|(known, ..)| *known == signal);
    Points::of_hundredths(found.map_or(0, |(_, hundredths, _)| *hundredths))
}

#[cfg(test)]
mod tests {
    use super::WEIGHTS;
    use crate::model::signal::Signal;

    #[test]
    fn every_signal_has_its_weight_in_order() {
        assert_eq!(WEIGHTS.map(|(signal, ..)| signal), Signal::ALL);
    }
}
