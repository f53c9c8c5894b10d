//! What came of a recorded request, as `tidings hook try` prints it.

use std::collections::BTreeMap;
use std::fmt::Write;

use serde::Serialize;

use crate::chat::answer::{Answer, Taken};
use crate::chat::event::{Event, Nature, Reach, What};
use crate::text;

/// What came of it.
#[derive(Debug, Serialize)]
pub struct Tried {
    /// What would be answered.
    pub answer: Answered,
    /// Whether it is believed and understood.
    pub accepted: bool,
    /// Why not; null: it is.
    pub reason: Option<&'static str>,
    /// What it says.
    pub events: Vec<Told>,
}

/// An HTTP answer.
#[derive(Debug, Serialize)]
pub struct Answered {
    /// The status.
    pub status: u16,
    /// The header fields.
    pub headers: BTreeMap<String, String>,
    /// The body.
    pub body: String,
}

/// One event; what the service does not say is null.
#[derive(Debug, Serialize)]
pub struct Told {
    /// message, edit, delete, thin, alert, task_event, assignment, missed_call, meeting_started, waiting_for_host.
    pub kind: &'static str,
    /// The id of the message or object.
    pub id: String,
    /// By what a second delivery is known, joined by colons.
    pub dedupe: String,
    /// The same, value by value.
    pub dedupe_fields: Vec<String>,
    /// Channel and id: the same message under another delivery.
    pub same_message_key: Option<(String, String)>,
    /// The sender's id.
    pub sender_id: Option<String>,
    /// The sender's name.
    pub sender_name: Option<String>,
    /// Whether the sender is a program.
    pub sender_is_bot: bool,
    /// The channel's id.
    pub channel_id: Option<String>,
    /// The channel's name.
    pub channel_name: Option<String>,
    /// The service's word for its sort.
    pub channel_type: Option<String>,
    /// The team's id.
    pub team_id: Option<String>,
    /// The team's name.
    pub team: Option<String>,
    /// Whether I alone hear it.
    pub is_direct: bool,
    /// Its title.
    pub subject: Option<String>,
    /// Its text with markup.
    pub text: String,
    /// Its text without.
    pub text_plain: String,
    /// The conversation.
    pub thread_id: Option<String>,
    /// What it answers.
    pub reply_to_id: Option<String>,
    /// When, in Unix milliseconds.
    pub time_ms: Option<i64>,
    /// Whom it names.
    pub mentions: Mentioned,
    /// Where a person finds it.
    pub permalink: Option<String>,
    /// How many files it carries.
    pub attachments: usize,
    /// The message that was changed.
    pub edited_message_id: Option<String>,
    /// The message that was taken back.
    pub deleted_message_id: Option<String>,
    /// What a reference is to.
    pub resource: Option<String>,
    /// What happened to it.
    pub change: Option<String>,
    /// The state of an alarm.
    pub status: Option<String>,
    /// priority, importance, urgency, severity: the service's own words.
    #[serde(flatten)]
    pub weight: BTreeMap<&'static str, String>,
}

/// Whom it names.
#[derive(Debug, Serialize)]
pub struct Mentioned {
    /// People.
    pub users: Vec<String>,
    /// Groups.
    pub groups: Vec<String>,
    /// Everybody.
    pub broadcast: Vec<String>,
}

impl Tried {
    /// Of what came of it.
    pub fn of(taken: &Taken) -> Self {
        match taken {
            Taken::Events { events, answer } => {
                let events = events.iter().map(Told::of).collect();
                Self { answer: Answered::of(answer), accepted: true, reason: None, events }
            }
            Taken::Handshake(handshake) => {
                Self { answer: Answered::of(&handshake.answer), accepted: true, reason: None, events: Vec::new() }
            }
            Taken::Refused { refusal, answer } => {
                let reason = Some(refusal.why());
                Self { answer: Answered::of(answer), accepted: false, reason, events: Vec::new() }
            }
        }
    }

    /// For people.
    pub fn text(&self) -> String {
        let mut out = String::new();
        let _ = match self.reason {
            None => writeln!(out, "accepted, answered {}", self.answer.status),
            Some(why) => writeln!(out, "refused, answered {}: {why}", self.answer.status),
        };
        let line = |name: &str, value: &Option<String>| value.as_ref().map(|value| format!("  {name}: {value}\n"));
        for event in &self.events {
            let _ = writeln!(out, "{} {}", event.kind, event.id);
            let from = event.sender_name.clone().or_else(|| event.sender_id.clone());
            let channel = event.channel_name.clone().or_else(|| event.channel_id.clone());
            let lines = [("from", &from), ("in", &channel), ("subject", &event.subject), ("link", &event.permalink)];
            lines.iter().filter_map(|(name, value)| line(name, value)).for_each(|line| out.push_str(&line));
            let _ = writeln!(out, "  text: {}", event.text_plain);
        }
        if self.accepted && self.events.is_empty() {
            out.push_str("it says nothing that would be kept\n");
        }
        text::clean_text(&out)
    }
}

impl Answered {
    fn of(answer: &Answer) -> Self {
        let headers = answer.headers.iter().cloned().collect();
        Self { status: answer.status, headers, body: String::from_utf8_lossy(&answer.body).into_owned() }
    }
}

impl Told {
    fn of(event: &Event) -> Self {
        let some = |value: &String| Some(value.clone());
        let (mut edited, mut deleted, mut thin, mut status) = (None, None, (None, None), None);
        let kind = match &event.what {
            What::Message => "message",
            What::Edit { of } => {
                edited = some(of);
                "edit"
            }
            What::Delete { of } => {
                deleted = some(of);
                "delete"
            }
            What::Thin { resource, change } => {
                thin = (some(resource), some(change));
                "thin"
            }
            What::Alert { status: word, .. } => {
                status = some(word);
                "alert"
            }
            What::Task => "task_event",
            What::Assignment => "assignment",
            What::MissedCall => "missed_call",
            What::MeetingStarted => "meeting_started",
            What::WaitingForHost => "waiting_for_host",
        };
        let channel = event.channel.clone();
        let mentions = event.mentions.clone();
        Self {
            kind,
            id: event.id.clone(),
            dedupe: event.dedupe.join(":"),
            dedupe_fields: event.dedupe.clone(),
            same_message_key: channel.id.clone().map(|channel| (channel, event.id.clone())),
            sender_id: event.sender.id.clone(),
            sender_name: event.sender.name.clone(),
            sender_is_bot: event.sender.nature == Nature::Bot,
            channel_id: channel.id,
            channel_name: channel.name,
            channel_type: channel.sort,
            team_id: channel.team_id,
            team: channel.team,
            is_direct: channel.reach == Reach::Direct,
            subject: event.subject.clone(),
            text: event.text.clone(),
            text_plain: event.plain.clone(),
            thread_id: event.thread.clone(),
            reply_to_id: event.reply_to.clone(),
            time_ms: event.at.map(|at| at.as_millisecond()),
            mentions: Mentioned { users: mentions.users, groups: mentions.groups, broadcast: mentions.broadcast },
            permalink: event.permalink.clone(),
            attachments: event.attachments,
            edited_message_id: edited,
            deleted_message_id: deleted,
            resource: thin.0,
            change: thin.1,
            status,
            weight: event.weight.iter().cloned().collect(),
        }
    }
}
