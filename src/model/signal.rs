//! The built-in signals: each speaks for reading a message now, or for letting it wait.

use std::fmt;

use super::name::RuleName;

/// A signal. Its name is stable: people set weights and write rules by it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Signal {
    /// `crisis`: a crisis needs attention at once.
    Crisis,
    /// `alert_source`: a monitoring or paging service says that something is firing.
    AlertSource,
    /// `deadline`: an answer or a deed is asked for by a time that is near.
    Deadline,
    /// `asks_me`: a direct question or request to me.
    AsksMe,
    /// `one_time_code`: a code or link that is good for minutes.
    OneTimeCode,
    /// `account_security`: a new sign-in, a changed password, a refused payment.
    AccountSecurity,
    /// `sensitive`: personal or critical words, from a person to me alone.
    Sensitive,
    /// `live_thread`: people, I among them, are answering one another within minutes.
    LiveThread,
    /// `burst`: the same sender writes again within minutes.
    Burst,
    /// `one_to_one`: about a meeting of a few people, I among them.
    OneToOne,
    /// `starts_soon`: an event that is near is announced, moved or cancelled.
    StartsSoon,
    /// `waiting_for_me`: somebody is waiting, or arriving, now.
    WaitingForMe,
    /// `to_me_alone`: I am the only recipient.
    ToMeAlone,
    /// `mentions_me`: I am named in it.
    MentionsMe,
    /// `marked_urgent`: the sender calls it important.
    MarkedUrgent,
    /// `awaited`: it answers something I wrote and that nobody has answered since.
    Awaited,
    /// `no_reply_needed`: it says that no answer is needed, or that there is no hurry.
    NoReplyNeeded,
    /// `courtesy_copy`: I am only in Cc.
    CourtesyCopy,
    /// `list_mail`: it came by a list.
    ListMail,
    /// `many_recipients`: it was sent to many.
    ManyRecipients,
    /// `broadcast`: a message to a channel that mentions nobody.
    Broadcast,
    /// `newsletter`: it is to be read at one's own pace.
    Newsletter,
    /// `automated_report`: a machine tells of what has been done.
    AutomatedReport,
    /// `long_read`: it is long, or has much to open.
    LongRead,
    /// `off_hours`: it was written outside working hours, and nothing in it says that it is urgent.
    OffHours,
    /// `event_far`: about an event that is not near, or over.
    EventFar,
    /// `slow_thread`: its conversation moves in hours or days.
    SlowThread,
    /// `reply_to_held`: what it answers is waiting in a digest.
    ReplyToHeld,
    /// `closed`: it says that something is over.
    Closed,
}

impl Signal {
    /// All of them, those towards now first.
    pub const ALL: [Self; 29] = [
        Self::Crisis,
        Self::AlertSource,
        Self::Deadline,
        Self::AsksMe,
        Self::OneTimeCode,
        Self::AccountSecurity,
        Self::Sensitive,
        Self::LiveThread,
        Self::Burst,
        Self::OneToOne,
        Self::StartsSoon,
        Self::WaitingForMe,
        Self::ToMeAlone,
        Self::MentionsMe,
        Self::MarkedUrgent,
        Self::Awaited,
        Self::NoReplyNeeded,
        Self::CourtesyCopy,
        Self::ListMail,
        Self::ManyRecipients,
        Self::Broadcast,
        Self::Newsletter,
        Self::AutomatedReport,
        Self::LongRead,
        Self::OffHours,
        Self::EventFar,
        Self::SlowThread,
        Self::ReplyToHeld,
        Self::Closed,
    ];

    /// Its name in the configuration.
    pub fn name(self) -> &'static str {
        match self {
            Self::Crisis => "crisis",
            Self::AlertSource => "alert_source",
            Self::Deadline => "deadline",
            Self::AsksMe => "asks_me",
            Self::OneTimeCode => "one_time_code",
            Self::AccountSecurity => "account_security",
            Self::Sensitive => "sensitive",
            Self::LiveThread => "live_thread",
            Self::Burst => "burst",
            Self::OneToOne => "one_to_one",
            Self::StartsSoon => "starts_soon",
            Self::WaitingForMe => "waiting_for_me",
            Self::ToMeAlone => "to_me_alone",
            Self::MentionsMe => "mentions_me",
            Self::MarkedUrgent => "marked_urgent",
            Self::Awaited => "awaited",
            Self::NoReplyNeeded => "no_reply_needed",
            Self::CourtesyCopy => "courtesy_copy",
            Self::ListMail => "list_mail",
            Self::ManyRecipients => "many_recipients",
            Self::Broadcast => "broadcast",
            Self::Newsletter => "newsletter",
            Self::AutomatedReport => "automated_report",
            Self::LongRead => "long_read",
            Self::OffHours => "off_hours",
            Self::EventFar => "event_far",
            Self::SlowThread => "slow_thread",
            Self::ReplyToHeld => "reply_to_held",
            Self::Closed => "closed",
        }
    }

    /// The signal of this name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|signal| signal.name() == name)
    }

    /// What it says, as a sentence.
    pub fn meaning(self) -> &'static str {
        match self {
            Self::Crisis => "A crisis needs attention at once.",
            Self::AlertSource => "A monitoring or paging service says that something is firing.",
            Self::Deadline => "An answer or a deed is asked for by a time that is near.",
            Self::AsksMe => "A direct question or request to me.",
            Self::OneTimeCode => "A code or link that is good for minutes.",
            Self::AccountSecurity => "A new sign-in, a changed password, a refused payment.",
            Self::Sensitive => "Personal or critical words, from a person to me alone.",
            Self::LiveThread => "People, I among them, are answering one another within minutes.",
            Self::Burst => "The same sender writes again within minutes.",
            Self::OneToOne => "About a meeting of a few people, I among them.",
            Self::StartsSoon => "An event that is near is announced, moved or cancelled.",
            Self::WaitingForMe => "Somebody is waiting, or arriving, now.",
            Self::ToMeAlone => "I am the only recipient.",
            Self::MentionsMe => "I am named in it.",
            Self::MarkedUrgent => "The sender calls it important.",
            Self::Awaited => "It answers something I wrote and that nobody has answered since.",
            Self::NoReplyNeeded => "It says that no answer is needed, or that there is no hurry.",
            Self::CourtesyCopy => "I am only in Cc.",
            Self::ListMail => "It came by a list.",
            Self::ManyRecipients => "It was sent to many.",
            Self::Broadcast => "A message to a channel that mentions nobody.",
            Self::Newsletter => "It is to be read at one's own pace.",
            Self::AutomatedReport => "A machine tells of what has been done.",
            Self::LongRead => "It is long, or has much to open.",
            Self::OffHours => "It was written outside working hours, and nothing in it says that it is urgent.",
            Self::EventFar => "About an event that is not near, or over.",
            Self::SlowThread => "Its conversation moves in hours or days.",
            Self::ReplyToHeld => "What it answers is waiting in a digest.",
            Self::Closed => "It says that something is over.",
        }
    }
}

/// Points towards now (more than zero) or towards later (less), in hundredths, so that a sum is exact.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Points(i32);

impl Points {
    /// The most that anything may weigh, in whole points; sums of all that can fire stay far below the type's range.
    pub const MOST: i32 = 10_000;

    /// Of hundredths.
    pub const fn of_hundredths(hundredths: i32) -> Self {
        Self(hundredths)
    }

    /// As hundredths.
    pub const fn hundredths(self) -> i32 {
        self.0
    }

    /// As a number; exact to the hundredth.
    pub fn as_f64(self) -> f64 {
        f64::from(self.0) / 100.0
    }

    /// The sum, at the end of the range at most.
    #[must_use]
    pub fn plus(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }

    /// This many percent of it, towards zero.
    #[must_use]
    pub fn share(self, percent: u8) -> Self {
        Self(i32::try_from(i64::from(self.0) * i64::from(percent) / 100).unwrap_or_default())
    }
}

/// With a sign, without needless zeros: `+3`, `-1.5`, `0`.
impl fmt::Display for Points {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0 > 0 {
            f.write_str("+")?;
        }
        write!(f, "{}", self.as_f64())
    }
}

/// Something that gave points, with why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fired {
    /// What.
    pub by: By,
    /// How many.
    pub points: Points,
    /// The words, header or fact that fired it, one phrase each.
    pub evidence: Vec<String>,
}

/// What gave points.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum By {
    /// A built-in signal.
    Signal(Signal),
    /// A rule that ends with `score`.
    Rule(RuleName),
}

/// What the signals said of a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tally {
    /// The sum.
    pub score: Points,
    /// At or above it: urgent.
    pub urgent_at: Points,
    /// At or below it: low.
    pub low_at: Points,
    /// What gave points, the most towards now first.
    pub fired: Vec<Fired>,
}

impl Fired {
    /// The signal's name, or `rule "NAME"`.
    pub fn name(&self) -> String {
        match &self.by {
            By::Signal(signal) => signal.name().to_owned(),
            By::Rule(rule) => format!("rule {:?}", rule.as_str()),
        }
    }
}

impl Tally {
    /// What speaks for now, the most points first.
    pub fn towards_now(&self) -> impl Iterator<Item = &Fired> {
        self.fired.iter().filter(|fired| fired.points > Points::default())
    }

    /// What speaks for later, the most points first.
    pub fn towards_later(&self) -> Vec<&Fired> {
        self.fired.iter().rev().filter(|fired| fired.points < Points::default()).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::{Points, Signal};

    #[test]
    fn names_are_unique_and_found() {
        for signal in Signal::ALL {
            assert_eq!(Signal::named(signal.name()), Some(signal));
        }
        assert_eq!(Signal::named("nope"), None);
    }

    #[test]
    fn points_are_exact_and_readable() {
        let check = |hundredths, text: &str| assert_eq!(Points::of_hundredths(hundredths).to_string(), text);
        check(0, "0");
        check(300, "+3");
        check(-150, "-1.5");
        check(25, "+0.25");
        assert_eq!(Points::of_hundredths(-150).share(50), Points::of_hundredths(-75));
        assert_eq!(Points::of_hundredths(i32::MAX).plus(Points::of_hundredths(1)).hundredths(), i32::MAX);
    }
}
