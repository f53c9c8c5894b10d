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
    /// Whether the message arrived in `working_hours`; on a holiday it did not, whether any are set or not.
    pub working: Hours,
    /// Whether it arrived in quiet hours.
    pub quiet: Hours,
    /// The person's addresses, lower case.
    pub me: &'a [String],
    /// The person's name, as others write it.
    pub name: Option<&'a str>,
    /// What is known of its thread and sender; `None`: that is known elsewhere.
    pub history: Option<&'a History>,
}

impl Moment<'_> {
    /// Whether an address is one of the person's, whatever the case, or a subaddress of one: mail to
    /// `ada+shop@example.org` lies in the mailbox of `ada@example.org` (RFC 5233 section 1).
    pub fn is_me(&self, address: &str) -> bool {
        self.me.iter().any(|mine| is_mine(mine, address))
    }
}

fn is_mine(mine: &str, address: &str) -> bool {
    let address = address.to_lowercase();
    if address == mine {
        return true;
    }
    let (Some((my_local, my_domain)), Some((local, domain))) = (mine.rsplit_once('@'), address.rsplit_once('@')) else {
        return false;
    };
    domain == my_domain && local.split_once('+').is_some_and(|(user, _)| user == my_local)
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
