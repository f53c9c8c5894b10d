//! What phrases say, and how a language's table is written.

use std::ops::Range;

/// What a phrase says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Sense {
    /// Something burns: "the site is down", "emergency", "accident".
    Crisis,
    /// A time that is now, without a clock: "asap", "right away", "urgently", "time sensitive".
    AtOnce,
    /// To be called or written back: "call me", "give me a ring", "let me know".
    CallMe,
    /// A request or question to the reader: "can you", "please send", "what do you think".
    Asks,
    /// Somebody waits or arrives: "where are you", "i'm here", "running late", "on my way", "start without me".
    Waiting,
    /// Is anybody there: "are you there", "hello??".
    Ping,
    /// A plan for these hours: "dinner together", "are you free", "shall we meet".
    Plan,
    /// People want to come together: "get together", "a few minutes to talk", "stop by my office".
    Gather,
    /// Where or when something is: "what time is", "which room", "where shall we meet".
    Where,
    /// Somebody waits for a call: "return her call", "the customer is calling".
    Caller,
    /// What happens to an account unless one clicks: "act immediately", "your mailbox will be deleted".
    Threat,
    /// Another time: "call me later", "talk tomorrow".
    Later,
    /// Something that takes place at a time: "meeting", "standup", "call with", "appointment", "maintenance window".
    Meeting,
    /// It does not take place, or at another time: "cancelled", "moved to", "postponed".
    Change,
    /// A one-time code, which stands beside it: "verification code", "one-time password", "use this code to sign in".
    Code,
    /// A link that is good for minutes: "log-in link", "reset your password", "confirm your e-mail address".
    Link,
    /// A number or code that is none of these: "order number", "transaction code", "card ending in", "tracking number".
    NoCode,
    /// That a code is money off: "discount code", "coupon", "at checkout", "gift card".
    Voucher,
    /// An account in danger: "new sign-in", "was your password changed", "payment declined".
    Account,
    /// Personal or critical: "between us", "i am worried about", "we need to talk".
    Sensitive,
    /// An alarm rings: "problem service alert", "[firing", "is critical", "triggered".
    Firing,
    /// An alarm ends: "recovery", "[resolved]", "is ok".
    Recovered,
    /// No answer, no hurry: "fyi", "no rush", "when you have time".
    NoHurry,
    /// Thanks and nothing else: "thanks", "looks good", "well done".
    Thanks,
    /// It is over: "never mind", "fixed", "it is sorted", "ignore my last mail".
    Over,
    /// Made for many: "unsubscribe", "view in browser", "our offers".
    Bulk,
    /// A machine's account of what is done: "your receipt", "your order", "weekly report".
    Report,
    /// Around an event that is not near: "agenda", "minutes of", "recording of", "save the date".
    Around,
}

/// A phrase that stands in a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hit {
    /// What it says.
    pub sense: Sense,
    /// Where it stands in the folded text, in octets.
    pub span: Range<usize>,
}

/// One language: phrases by what they say, folded (`text::fold`), as whole words; `(a|b|)` are alternatives
/// (`pattern::expand`). One line each.
pub type Table = &'static [(Sense, &'static str)];

/// Phrases as one text, a line each: thousands of texts would be as many places that a start has to write into.
macro_rules! lines {
    ($($phrase:literal),* $(,)?) => { concat!($($phrase, "\n"),*) };
}
