//! Judging: the reasons for which mail is never held, then the rules.

use jiff::Timestamp;

use super::desk::Desk;
use super::flaw::Flaw;
use super::place::When;
use crate::civil::later;
use crate::limits;
use crate::mark::{self, MarkKey};
use crate::model::edition::LetterId;
use crate::model::history::facts::History;
use crate::model::mailbox::Flags;
use crate::model::message::Message;
use crate::model::verdict::{Decision, NeverHeld, Reason, Verdict};
use crate::urgency;
use crate::urgency::condition::Reading;
use crate::urgency::judgement::{self, PassedOver};
use crate::urgency::moment::{Hours, Moment};
use crate::urgency::turn::{self, Change};

/// What is known of a mail beside its content.
#[derive(Clone, Copy, Debug)]
pub struct Circumstance<'a> {
    /// Its flags.
    pub flags: Flags,
    /// When its mailbox was last taken whole, for the rule of mail that somebody put there; `None`: the rule does not apply.
    pub last_sync: Option<Timestamp>,
    /// The key of our own letters' mark.
    pub mark: Option<&'a MarkKey>,
    /// Quiet hours by hand.
    pub pause: Option<(Timestamp, Timestamp)>,
    /// The letter of ours that comes back with it.
    pub returned: Option<LetterId>,
    /// What is known around it; `None`: that is known elsewhere.
    pub history: Option<&'a History>,
}

impl Circumstance<'_> {
    /// Of a message that is only looked at, as `explain` does.
    pub fn unknown() -> Self {
        Circumstance {
            flags: Flags::default(),
            last_sync: None,
            mark: None,
            pause: None,
            returned: None,
            history: None,
        }
    }
}

/// The verdict on a message. The same inputs give the same answer.
pub fn judge(desk: &Desk, message: &Message, circumstance: &Circumstance<'_>, now: Timestamp) -> Verdict {
    if let Some(why) = never_held(desk, message, circumstance) {
        return verdict_of(why, now);
    }
    by_rules(desk, (message, circumstance.history), &When { now, arrived: now, pause: circumstance.pause })
}

/// What the rules alone say of a message that arrived then: `during` is held against its arrival, events against now.
pub fn by_rules(desk: &Desk, (message, history): (&Message, Option<&History>), when: &When) -> Verdict {
    Flaw::Judging.breaks(desk, message);
    urgency::judge(message, (&desk.rules, desk.scale.as_ref()), &moment(desk, history, when))
}

/// The rules before the one that decides, and why each of them does not.
pub fn passed_over(desk: &Desk, (message, history): (&Message, Option<&History>), when: &When) -> Vec<PassedOver> {
    let moment = moment(desk, history, when);
    judgement::passed_over(&Reading::new(message, &moment), &desk.rules)
}

/// What the smallest change is by which rules and signals would take a message for synchronous that they take for
/// asynchronous, or the other way round.
pub fn turn(desk: &Desk, (message, history): (&Message, Option<&History>), when: &When) -> Option<Change> {
    let moment = moment(desk, history, when);
    turn::turn(&Reading::new(message, &moment), (&desk.rules, desk.scale.as_ref()))
}

fn moment<'a>(desk: &'a Desk, history: Option<&'a History>, when: &When) -> Moment<'a> {
    let hours = |set: bool, inside: bool| match (set, inside) {
        (false, _) => Hours::Unset,
        (true, true) => Hours::Inside,
        (true, false) => Hours::Outside,
    };
    let at_work = desk.working.as_ref().is_some_and(|range| range.contains(&desk.zone, when.arrived));
    // Nobody works on a holiday, whether or not hours are set.
    let is_off = || desk.almanac.days.contains(desk.zone.local(when.arrived).date());
    let quiet = desk.quiet_hours(when.pause).is_quiet(when.arrived);
    Moment {
        now: when.now,
        arrived: when.arrived,
        zone: &desk.zone,
        working: hours(desk.working.is_some() || is_off(), at_work),
        quiet: hours(!desk.quiet.is_empty() || when.pause.is_some(), quiet),
        me: &desk.addresses,
        name: desk.name.as_deref(),
        history,
    }
}

/// The letters of ours that a message says it is, or has come of: proven by their marks.
pub fn own_marks(message: &Message, key: &MarkKey) -> Vec<LetterId> {
    let fields = message.headers.iter().filter(|header| header.name.eq_ignore_ascii_case(mark::FIELD));
    fields.filter_map(|header| key.read(&header.value)).map(LetterId).collect()
}

/// Whether I wrote it.
pub fn is_mine(desk: &Desk, message: &Message) -> bool {
    message.sender.as_ref().is_some_and(|sender| desk.is_me(&sender.address))
}

/// A verdict for a message that could not be judged, or cannot be held safely: it passes.
pub fn unjudged(why: &str, now: Timestamp) -> Verdict {
    Verdict::new(Decision::LetThrough, Reason::Unjudged(why.to_owned()), now)
}

/// The verdict on mail that is never held.
pub fn verdict_of(why: NeverHeld, now: Timestamp) -> Verdict {
    let decision = match why {
        NeverHeld::InOtherHands => Decision::Ignore,
        NeverHeld::Mine | NeverHeld::OwnLetter | NeverHeld::Bounce | NeverHeld::PutThere => Decision::LetThrough,
    };
    Verdict::new(decision, Reason::NeverHeld(why), now)
}

/// Why this message is never held, whatever the rules say.
fn never_held(desk: &Desk, message: &Message, circumstance: &Circumstance<'_>) -> Option<NeverHeld> {
    if circumstance.mark.is_some_and(|key| !own_marks(message, key).is_empty()) {
        return Some(NeverHeld::OwnLetter);
    }
    if circumstance.returned.is_some() {
        return Some(NeverHeld::Bounce);
    }
    if circumstance.flags.in_other_hands() {
        return Some(NeverHeld::InOtherHands);
    }
    if is_mine(desk, message) {
        return Some(NeverHeld::Mine);
    }
    let put_there = circumstance
        .last_sync
        .is_some_and(|last_sync| later(message.received_at, limits::hands::PUT_THERE_GRACE) < last_sync);
    put_there.then_some(NeverHeld::PutThere)
}
