//! The built-in signals, by families: each is a pure function of one message, what is known around it, and the moment.

pub mod account;
pub mod addressed;
pub mod alarm;
pub mod asked;
pub mod bulk;
pub mod candidate;
pub mod code;
pub mod crisis;
pub mod deadline;
pub mod ended;
pub mod event;
pub mod found;
pub mod near;
pub mod pace;
#[cfg(test)]
pub mod probe;
#[cfg(test)]
mod rig;
pub mod tense;
pub mod tone;
pub mod waiting;

use jiff::Timestamp;

use super::view::View;
use super::{phrases, times};
use crate::model::verdict::Over;
use found::Found;

/// All that the signals say of a message.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Heard {
    /// Those that fired, each once, in the order of `Signal::ALL`.
    pub found: Vec<Found>,
    /// When time alone may change what they say.
    pub again_at: Option<Timestamp>,
    /// Whether one of them makes an urgent message critical: a code that is still good, an alarm that is proven.
    pub critical: bool,
    /// That what the message is about is over.
    pub over: Option<Over>,
}

/// Makes the tables ready that the first message would have to wait for.
pub fn prepare() {
    phrases::prepare();
    times::prepare();
}

/// Asks every signal.
pub fn hear(view: &View<'_>) -> Heard {
    let mut found: Vec<Found> = [
        crisis::crisis(view),
        alarm::alert_source(view),
        deadline::deadline(view),
        asked::asks_me(view),
        code::one_time_code(view),
        account::account_security(view),
        tone::sensitive(view),
        pace::live_thread(view),
        pace::burst(view),
        event::one_to_one(view),
        event::starts_soon(view),
        waiting::waiting_for_me(view),
        addressed::to_me_alone(view),
        addressed::mentions_me(view),
        tone::marked_urgent(view),
        pace::awaited(view),
        tone::no_reply_needed(view),
        addressed::courtesy_copy(view),
        bulk::list_mail(view),
        addressed::many_recipients(view),
        addressed::broadcast(view),
        bulk::newsletter(view),
        bulk::automated_report(view),
        bulk::long_read(view),
        pace::off_hours(view),
        event::event_far(view),
        pace::slow_thread(view),
        pace::reply_to_held(view),
        ended::closed(view),
    ]
    .into_iter()
    .flatten()
    .collect();
    found.sort_by_key(|found| found.signal);
    let again_at = [deadline::again_at(view), waiting::again_at(view), code::again_at(view), event::again_at(view)]
        .into_iter()
        .flatten();
    Heard {
        again_at: again_at.filter(|at| *at > view.now()).min(),
        critical: code::is_critical(view) || alarm::is_critical(view),
        over: code::over(view).or_else(|| ended::over(view)),
        found,
    }
}
