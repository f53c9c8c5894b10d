//! What a request says: one message, edit, deletion, alarm or event of a work tool, as the service tells it.

use std::fmt;

use jiff::Timestamp;

use crate::model::verdict::Urgency;

/// One thing that happened. Strings are the service's own, raw; what is absent there is absent here.
#[derive(Clone, Default, PartialEq)]
pub struct Event {
    /// What happened.
    pub what: What,
    /// The id of the message or object.
    pub id: String,
    /// By what a second delivery is known: the id of the event or delivery; where the service has none, the values that
    /// together make it unique.
    pub dedupe: Vec<String>,
    /// Who did it.
    pub sender: Sender,
    /// Where.
    pub channel: Channel,
    /// Its title: of an issue, an alarm, a meeting.
    pub subject: Option<String>,
    /// Its text as the service sends it, with its markup.
    pub text: String,
    /// The text as a person reads it: no markup, no quotation, no code, no mention of the hook itself.
    pub plain: String,
    /// The conversation inside the channel.
    pub thread: Option<String>,
    /// The message that it answers.
    pub reply_to: Option<String>,
    /// When.
    pub at: Option<Timestamp>,
    /// Whom it names; nobody in code or a quotation.
    pub mentions: Mentions,
    /// What the service says of its weight, under its own name: `priority` high, `importance` urgent, `severity` critical.
    pub weight: Vec<(&'static str, String)>,
    /// An address under which a person finds it.
    pub permalink: Option<String>,
    /// How many files it carries.
    pub attachments: usize,
    /// The level that the configuration of its hook gives it.
    pub level: Option<Urgency>,
}

/// What happened.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum What {
    /// Somebody wrote.
    #[default]
    Message,
    /// Somebody changed what they wrote: `of` is the message's id.
    Edit {
        /// Which message.
        of: String,
    },
    /// A message was taken back.
    Delete {
        /// Which message.
        of: String,
    },
    /// Only a reference came; its text is to be fetched.
    Thin {
        /// Of what.
        resource: String,
        /// What happened to it.
        change: String,
    },
    /// An alarm: `firing`, `resolved`, `triggered`, `acknowledged`, in the service's word.
    Alert {
        /// Its state.
        status: String,
        /// Whether it rings.
        state: AlertState,
    },
    /// An object of a work tool was made, changed or closed.
    Task,
    /// Something was given to somebody.
    Assignment,
    /// Somebody called in vain.
    MissedCall,
    /// A meeting has begun.
    MeetingStarted,
    /// Somebody waits for the host of a meeting.
    WaitingForHost,
}

/// Whether an alarm rings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AlertState {
    /// It rings.
    Firing,
    /// Somebody has taken it over.
    Acknowledged,
    /// It is over.
    Resolved,
}

/// Who did it.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Sender {
    /// The service's id.
    pub id: Option<String>,
    /// The name that it shows.
    pub name: Option<String>,
    /// Whether it is a program.
    pub nature: Nature,
}

/// Whether a sender is a person.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Nature {
    /// A person, as far as anybody can tell.
    #[default]
    Person,
    /// A program.
    Bot,
}

/// Where it happened.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Channel {
    /// The service's id.
    pub id: Option<String>,
    /// The name that it shows.
    pub name: Option<String>,
    /// Who hears it.
    pub reach: Reach,
    /// Of which sort the service says that it is: `channel`, `group`, `im`.
    pub sort: Option<String>,
    /// The id of the team, workspace or server that has it.
    pub team_id: Option<String>,
    /// That team's name.
    pub team: Option<String>,
}

/// Who hears what is said in a channel.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Reach {
    /// Several.
    #[default]
    Several,
    /// I alone.
    Direct,
}

/// Whom a message names, by the service's ids or names.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Mentions {
    /// People.
    pub users: Vec<String>,
    /// Groups.
    pub groups: Vec<String>,
    /// Everybody: `here`, `channel`, `everyone`, `all`, in the service's word.
    pub broadcast: Vec<String>,
}

/// Prints lengths only, so that a log that prints an event cannot leak it.
impl fmt::Debug for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Event").field("what", &self.what).field("text_len", &self.text.len()).finish_non_exhaustive()
    }
}
