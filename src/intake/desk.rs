//! What the desk of one person knows: their ready settings.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::Timestamp;

use crate::civil::holidays::Almanac;
use crate::civil::{WeeklyRange, Zone};
use crate::digest;
use crate::model::mailbox::Mailbox;
use crate::model::name::{AccountName, DigestName, PersonName};
use crate::model::verdict::Urgency;
use crate::pattern::Pattern;
use crate::schedule::quiet::{Quiet, QuietHours};
use crate::schedule::timetable::Timetable;
use crate::urgency::rule::{Condition, Rule};
use crate::urgency::scale::Scale;

/// Everything that judging and placing one person's messages needs.
#[derive(Clone, Debug)]
pub struct Desk {
    /// Whose.
    pub person: PersonName,
    /// `[me] name`.
    pub name: Option<String>,
    /// My addresses, lower case; at least one.
    pub addresses: Vec<String>,
    /// Where urgent chat goes as a letter; at least one.
    pub alert_to: Vec<String>,
    /// My time zone.
    pub zone: Zone,
    /// `working_hours`.
    pub working: Option<WeeklyRange>,
    /// Days off by the calendar.
    pub almanac: Almanac,
    /// Quiet hours.
    pub quiet: Vec<Quiet>,
    /// Rules in order; the first match decides.
    pub rules: Vec<Rule>,
    /// What the signals weigh, where no rule decides; `None`: they are switched off.
    pub scale: Option<Scale>,
    /// Digests in the order of the file; may be empty (then nothing is held).
    pub digests: Vec<Plan>,
    /// Bounds of holding.
    pub hold: Hold,
    /// How each account's mail is filed.
    pub accounts: BTreeMap<AccountName, Filing>,
}

/// One `[[digest]]`: when, what, and how its letters are written.
#[derive(Clone, Debug)]
pub struct Plan {
    /// How its letters are written; carries the name.
    pub letter: digest::settings::Settings,
    /// When it runs.
    pub schedule: Timetable,
    /// The levels it collects, defaults resolved.
    pub takes: Vec<Urgency>,
    /// The accounts and hooks it collects from.
    pub sources: Vec<Pattern>,
    /// Sent early once this many wait.
    pub flush_at: Option<usize>,
    /// Fewer wait for the next slot. At least 1.
    pub min_items: usize,
}

/// `[hold]`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hold {
    /// Nothing is held longer.
    pub max: Duration,
    /// How long a settled item stays known.
    pub retention: Duration,
    /// Awake silence after which held mail is given back.
    pub lease: Duration,
}

/// How the mail of one account is filed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Filing {
    /// Where new mail arrives; at least one.
    pub watch: Vec<Mailbox>,
    /// Where waiting mail is filed; one of `watch`: it stays.
    pub hold_in: Mailbox,
    /// Where urgent mail is filed.
    pub urgent_to: Mailbox,
    /// Who gets urgent mail beside, as a letter of ours.
    pub forward_urgent_to: Option<String>,
    /// Where held mail is filed once its digest is sent; `None`: it stays.
    pub release_to: Option<Mailbox>,
    /// Whether released mail is marked `\Seen`.
    pub mark_seen: bool,
    /// Whether mail that was there before the first start is judged (`classify`) or left.
    pub classify_first: bool,
    /// The authserv-id whose Authentication-Results are believed.
    pub trust: Option<String>,
    /// What I wrote lies here: a mailbox, or its special use ([`Mailbox::SENT`]); `None`: it is not read.
    pub sent: Option<Mailbox>,
    /// Where the links of its mail in a digest lead; `None`: to the mail itself, by its Message-ID.
    pub webmail: Option<digest::link::Webmail>,
}

impl Desk {
    /// Whether this address is one of mine, without regard to case.
    pub fn is_me(&self, address: &str) -> bool {
        self.addresses.iter().any(|mine| mine.eq_ignore_ascii_case(address))
    }

    /// Whether what is known of threads and senders is asked for: by signals, or by any rule.
    pub fn asks_history(&self) -> bool {
        self.scale.is_some() || self.rules.iter().flat_map(|rule| &rule.when).any(Condition::asks_history)
    }

    /// All that keeps messages quiet, with a pause set by hand.
    pub fn quiet_hours(&self, pause: Option<(Timestamp, Timestamp)>) -> QuietHours<'_> {
        QuietHours { zone: &self.zone, quiet: &self.quiet, pause }
    }

    /// The digest of this name.
    pub fn plan(&self, name: &DigestName) -> Option<&Plan> {
        self.digests.iter().find(|plan| plan.letter.name == *name)
    }

    /// How an account's mail is filed.
    pub fn filing(&self, account: &AccountName) -> Option<&Filing> {
        self.accounts.get(account)
    }
}

impl Filing {
    /// The mailbox in which mail that passes must lie, seen from where it lies: `None` where it may stay.
    pub fn wanted_when_passing(&self, lies_in: &Mailbox) -> Option<&Mailbox> {
        let stays =
            *lies_in == self.urgent_to || (self.watch.contains(&self.urgent_to) && self.watch.contains(lies_in));
        (!stays).then_some(&self.urgent_to)
    }

    /// The mailbox in which waiting mail must lie: `None` where it may stay.
    pub fn wanted_when_held(&self, lies_in: &Mailbox) -> Option<&Mailbox> {
        let stays = *lies_in == self.hold_in || self.watch.contains(&self.hold_in);
        (!stays).then_some(&self.hold_in)
    }

    /// The mailboxes that are filed into and must exist: unique.
    pub fn targets(&self) -> Vec<&Mailbox> {
        let mut targets: Vec<&Mailbox> = Vec::new();
        for mailbox in [Some(&self.hold_in), Some(&self.urgent_to), self.release_to.as_ref()].into_iter().flatten() {
            if !self.watch.contains(mailbox) && !targets.contains(&mailbox) {
                targets.push(mailbox);
            }
        }
        targets
    }

    /// Every mailbox in which a mail of ours can lie, the watched ones first: unique.
    pub fn mailboxes(&self) -> Vec<&Mailbox> {
        self.watch.iter().chain(self.targets()).collect()
    }
}
