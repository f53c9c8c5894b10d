//! From what a service says to a message as judgement sees it, for one reader.

use jiff::Timestamp;

use super::event::{AlertState, Event, Nature, Reach, What};
use super::hook::Hook;
use crate::limits;
use crate::model::identity::{Id, Identity};
use crate::model::message::{
    Address, Alarm, Audience, Authenticity, Chat, Importance, Kind, Mention, Message, Post, Thread,
};
use crate::model::name::PersonName;
use crate::text;

/// For whom a message is read.
#[derive(Clone, Copy, Debug)]
pub struct Reader<'a> {
    /// Who.
    pub person: &'a PersonName,
    /// Ids and names by which the service mentions them.
    pub me: &'a [String],
}

/// Which message an event speaks of, for one reader: by the hook, the channel and the service's id. The message itself, its
/// edits and its deletion have the same.
pub fn identity(hook: &Hook, event: &Event, person: &PersonName) -> Identity {
    let about = match &event.what {
        What::Edit { of } | What::Delete { of } => of,
        _ => &event.id,
    };
    let state = state(event);
    let parts = ["chat", person.as_str(), hook.name.as_str(), channel(event), about.as_str(), &state];
    Identity(Id::of(&parts.map(str::as_bytes)))
}

/// The begin and the end of an alarm are two messages of one thread, and it may ring again another day; a thing of a work
/// tool is another one each time.
fn state(event: &Event) -> String {
    let last = event.dedupe.last().map_or("", String::as_str);
    match &event.what {
        What::Alert { status, .. } => format!("{status} {last}"),
        What::Thin { .. } | What::Task | What::Assignment | What::MissedCall => last.to_owned(),
        _ => String::new(),
    }
}

/// The message of an event that was proven by its hook.
pub fn message(hook: &Hook, event: &Event, reader: Reader<'_>, (now, size): (Timestamp, u64)) -> Message {
    let line = |text: &str| text::excerpt(text, limits::mail::MAIL_NAME_CHARS);
    let named = |id: &str| hook.names.of(id).unwrap_or(id).to_owned();
    let sender_id = event.sender.id.clone().or_else(|| event.sender.name.clone());
    let sender_name = event.sender.name.clone().or_else(|| event.sender.id.as_deref().map(named));
    let key = |id: &str| {
        let whole = format!("chat:{}:{}:{id}", hook.name, channel(event));
        text::clean_line(text::first_bytes(&whole, limits::judgement::HOOK_KEY))
    };
    let identity = identity(hook, event, reader.person);
    let plain = text::first_bytes(&event.plain, limits::mail::MAIL_OWN_TEXT_BYTES);
    let plain = text::clean_text(&called_by_name(hook, event, plain));
    let subject = event.subject.as_deref().map(line).unwrap_or_default();
    let said = if plain.trim().is_empty() { told(event) } else { plain };
    // Without a thread of its own a channel is one conversation.
    let root = key(event.thread.as_deref().unwrap_or_default());
    let own = match &event.what {
        What::Edit { of } | What::Delete { of } => key(of),
        _ => key(&event.id),
    };
    Message {
        kind: Kind::Chat(Chat { audience: audience(event), mention: mention(event, reader.me) }),
        thread: Thread {
            in_reply_to: event.reply_to.iter().map(|id| key(id)).collect(),
            references: if root == own { Vec::new() } else { vec![root] },
        },
        message_id: Some(own),
        sender: sender_id.map(|id| Address { name: sender_name.map(|name| line(&name)), address: line(&id) }),
        subject,
        own_text: said,
        automated: event.sender.nature == Nature::Bot,
        importance: importance(event),
        authenticity: Authenticity::Passed,
        post: Some(Post {
            service: hook.kind.name().to_owned(),
            channel: line(channel(event)),
            channel_name: event
                .channel
                .name
                .as_deref()
                .map(line)
                .or_else(|| hook.names.of(channel(event)).map(str::to_owned)),
            permalink: event.permalink.clone().filter(|url| is_link(url)),
            edited_at: event.at.filter(|_| matches!(event.what, What::Edit { .. })),
            alarm: match &event.what {
                What::Alert { state: AlertState::Firing, .. } => Some(Alarm::Firing),
                What::Alert { state: AlertState::Acknowledged, .. } => Some(Alarm::Acknowledged),
                What::Alert { state: AlertState::Resolved, .. } => Some(Alarm::Resolved),
                _ => None,
            },
            level: event.level,
        }),
        ..Message::bare(identity, &hook.name, event.at.map_or(now, |at| at.min(now)), size)
    }
}

/// The text with the people whom it names by an id called as people call them, where that is known.
fn called_by_name(hook: &Hook, event: &Event, plain: &str) -> String {
    let mut text = plain.to_owned();
    for id in event.mentions.users.iter().take(limits::judgement::HOOK_NAMED).filter(|id| !id.is_empty()) {
        if let Some(name) = hook.names.of(id) {
            text = text.replace(&format!("@{id}"), &format!("@{name}"));
        }
    }
    text
}

fn channel(event: &Event) -> &str {
    event.channel.id.as_deref().or(event.channel.name.as_deref()).unwrap_or_default()
}

fn audience(event: &Event) -> Audience {
    match event.channel.reach {
        Reach::Direct => Audience::Direct,
        Reach::Several => Audience::Channel,
    }
}

/// The most direct of the marks that concern me.
fn mention(event: &Event, me: &[String]) -> Mention {
    let is_me = |name: &String| me.iter().any(|mine| mine.eq_ignore_ascii_case(name));
    if event.mentions.users.iter().any(is_me) {
        Mention::Me
    } else if event.mentions.groups.iter().any(is_me) {
        Mention::Group
    } else if event.mentions.broadcast.is_empty() {
        Mention::Nobody
    } else {
        Mention::Everyone
    }
}

/// What the service says of its weight, in whichever of its words.
fn importance(event: &Event) -> Option<Importance> {
    event.weight.iter().find_map(|(_, word)| match word.to_lowercase().as_str() {
        "urgent" | "high" | "highest" | "critical" | "important" | "p1" | "p2" | "blocker" => Some(Importance::High),
        "low" | "lowest" | "minor" | "trivial" => Some(Importance::Low),
        _ => None,
    })
}

/// What happened, where nobody wrote a text.
fn told(event: &Event) -> String {
    match &event.what {
        What::Thin { resource, change } => {
            text::excerpt(&format!("{change}: {resource}"), limits::mail::MAIL_NAME_CHARS)
        }
        What::Alert { status, .. } => text::excerpt(status, limits::mail::MAIL_NAME_CHARS),
        What::MissedCall => "A call was missed.".to_owned(),
        What::MeetingStarted => "The meeting has started.".to_owned(),
        What::WaitingForHost => "Somebody is waiting for the meeting to start.".to_owned(),
        What::Assignment => "It was assigned.".to_owned(),
        What::Message | What::Edit { .. } if event.attachments > 0 => "A file was sent.".to_owned(),
        What::Message | What::Edit { .. } | What::Delete { .. } | What::Task => String::new(),
    }
}

/// Only what a browser opens: no other scheme, and nothing that is not one line.
fn is_link(url: &str) -> bool {
    (url.starts_with("https://") || url.starts_with("http://"))
        && url.len() <= limits::judgement::HOOK_LINK
        && !url.chars().any(|c| c.is_control() || c.is_whitespace() || text::is_invisible(c))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use jiff::Timestamp;

    use super::{Reader, identity, message};
    use crate::chat::event::{Channel, Event, Mentions, Reach, Sender, What};
    use crate::chat::hook::Hook;
    use crate::chat::kind::Kind as Service;
    use crate::chat::setting::Settings;
    use crate::limits;
    use crate::model::message::{Audience, Chat, Importance, Kind, Mention, Message};
    use crate::model::name::PersonName;
    use crate::text;

    fn hook() -> Hook {
        let names = BTreeMap::from([("U1".to_owned(), "Ana".to_owned()), ("C1".to_owned(), "#ops".to_owned())]);
        let (name, kind) = ("team".to_owned(), Service::Slack);
        Hook { name, kind, secrets: Vec::new(), me: Vec::new(), names: names.into(), settings: Settings::default() }
    }

    fn event() -> Event {
        Event {
            id: "1.5".to_owned(),
            sender: Sender { id: Some("U1".to_owned()), ..Sender::default() },
            channel: Channel { id: Some("C1".to_owned()), ..Channel::default() },
            plain: "is it\u{202e} on?".to_owned(),
            ..Event::default()
        }
    }

    fn of(event: &Event) -> Message {
        let (person, me) = (PersonName::new("ada"), ["U9".to_owned(), "ada".to_owned()]);
        message(&hook(), event, Reader { person: &person, me: &me }, (Timestamp::UNIX_EPOCH, 9))
    }

    #[test]
    fn ids_get_names_and_texts_are_clean() {
        let message = of(&event());
        let sender = message.sender.map(|sender| (sender.name, sender.address));
        assert_eq!(sender, Some((Some("Ana".to_owned()), "U1".to_owned())));
        assert_eq!(message.own_text, "is it on?");
        assert_eq!(message.post.and_then(|post| post.channel_name).as_deref(), Some("#ops"));
    }

    #[test]
    fn the_most_direct_mention_counts() {
        let check = |users: &[&str], groups: &[&str], broadcast: &[&str], expected| {
            let own = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
            let mentions = Mentions { users: own(users), groups: own(groups), broadcast: own(broadcast) };
            let chat = Chat { audience: Audience::Channel, mention: expected };
            assert_eq!(of(&Event { mentions, ..event() }).kind, Kind::Chat(chat), "{users:?} {groups:?} {broadcast:?}");
        };
        check(&["U1", "u9"], &[], &["here"], Mention::Me);
        check(&["U1"], &["Ada"], &["here"], Mention::Group);
        check(&["U1"], &["others"], &["here"], Mention::Everyone);
        check(&["U1"], &["others"], &[], Mention::Nobody);
    }

    #[test]
    fn an_edit_and_its_message_are_one() {
        let (person, other) = (PersonName::new("ada"), PersonName::new("bob"));
        let first = event();
        let edit = Event { id: "2.5".to_owned(), what: What::Edit { of: "1.5".to_owned() }, ..event() };
        assert_eq!(identity(&hook(), &first, &person), identity(&hook(), &edit, &person));
        assert_ne!(identity(&hook(), &first, &person), identity(&hook(), &first, &other));
        assert_eq!(of(&first).message_id, of(&edit).message_id);
        let elsewhere = Event { channel: Channel { id: Some("C2".to_owned()), ..Channel::default() }, ..event() };
        assert_ne!(identity(&hook(), &first, &person), identity(&hook(), &elsewhere, &person));
    }

    #[test]
    fn a_direct_message_with_a_weight() {
        let channel = Channel { reach: Reach::Direct, ..event().channel };
        let message = of(&Event { channel, weight: vec![("importance", "urgent".to_owned())], ..event() });
        assert_eq!(message.kind, Kind::Chat(Chat { audience: Audience::Direct, mention: Mention::Nobody }));
        assert_eq!(message.importance, Some(Importance::High));
    }

    #[test]
    fn hostile_ids_are_clean_and_bounded() {
        let long = "x\t\u{202e}\0 ".repeat(limits::judgement::HOOK_KEY);
        let channel = Channel { id: Some(long.clone()), ..Channel::default() };
        let what = What::Thin { resource: long.clone(), change: long.clone() };
        let event =
            Event { what, id: long.clone(), thread: Some(long.clone()), plain: String::new(), channel, ..event() };
        let message = of(&Event { reply_to: Some(long), ..event });
        let thread = message.thread.references.iter().chain(&message.thread.in_reply_to);
        let names: Vec<&String> = thread.chain(&message.message_id).chain([&message.own_text]).collect();
        assert_eq!(names.len(), 3);
        for name in names {
            assert!(name.len() <= limits::judgement::HOOK_KEY && *name == text::clean_line(name), "{name:?}");
        }
    }

    #[test]
    fn only_what_a_browser_opens_is_a_link() {
        let link =
            |url: &str| of(&Event { permalink: Some(url.to_owned()), ..event() }).post.and_then(|it| it.permalink);
        assert!(link("https://chat.example.org/1").is_some());
        for url in
            ["javascript:alert(1)", "https://x y", "data:text/html,x", "https://x\n.y", "https://x/\u{202e}gpj.exe"]
        {
            assert_eq!(link(url), None, "{url:?}");
        }
    }
}
