//! What judgement knows beside the message and the rules: when it is, where, and who I am.

use jiff::Timestamp;

use crate::civil::Zone;
use crate::model::history::facts::History;

/// The moment at which a message is judged, for one person.
#[derive(Clone, Copy, Debug)]
pub struct Moment<'a> {
    /// When it is judged: events are held against it, and the verdict bears it.
    pub now: Timestamp,
    /// When the message arrived: `during` is held against it, also when a waiting message is judged again.
    pub arrived: Timestamp,
    /// The person's time zone.
    pub zone: &'a Zone,
    /// Whether the message arrived in `working_hours`; holidays are the caller's to know.
    pub working: Hours,
    /// Whether it arrived in quiet hours.
    pub quiet: Hours,
    /// The person's addresses, lower case.
    pub me: &'a [String],
    /// What is known of its thread and sender; `None`: that is known elsewhere.
    pub history: Option<&'a History>,
}

/// Where a moment lies to hours of the configuration.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hours {
    /// In them.
    Inside,
    /// Not in them.
    Outside,
    /// There are none.
    Unset,
}
