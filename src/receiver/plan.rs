//! What one proven request asks to be done: each event judged and placed for each of its readers. Blocking.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use jiff::Timestamp;

use super::hooks::Doorway;
use super::settings::Reader;
use crate::chat::event::{Event, Reach, What};
use crate::chat::hook::Hook;
use crate::chat::message;
use crate::intake::accept;
use crate::intake::desk::Desk;
use crate::intake::history::{self, Shelf};
use crate::intake::judge::{self, Circumstance};
use crate::intake::people::People;
use crate::intake::place::{self, When};
use crate::model::history::lesson::Lesson;
use crate::model::identity::Identity;
use crate::model::item::{Item, Settled, Standing};
use crate::model::message::Message;
use crate::model::verdict::{Decision, Placement, Reason, Then, Verdict};
use crate::store::handle::Store;

/// One thing to be written.
#[derive(Debug)]
pub enum Step {
    /// A message came.
    Accept(Box<Item>, Option<Box<Lesson>>),
    /// A message was changed; as if it came now where it is not known.
    Amend(Box<Item>, Option<Box<Lesson>>),
    /// A message was taken back; remembered as such where it is not known, since it may come late.
    TakeBack(Box<Item>),
    /// I wrote: what that teaches, and what I answered by it.
    Mine(Box<Lesson>, Vec<Identity>),
}

impl Step {
    /// The message that it is about; `None`: one of mine, which nothing waits for.
    pub fn identity(&self) -> Option<Identity> {
        match self {
            Self::Accept(item, _) | Self::Amend(item, _) | Self::TakeBack(item) => Some(item.message.identity),
            Self::Mine(..) => None,
        }
    }
}

/// Everything that planning needs.
#[derive(Clone, Debug)]
pub struct Around {
    /// All desks.
    pub people: Arc<People>,
    /// The memory.
    pub store: Store,
    /// Why nothing of a person is held, for each of the readers of whom that is so.
    pub degraded: Vec<(Reader, String)>,
    /// Now.
    pub now: Timestamp,
    /// Octets of the request.
    pub size: u64,
}

impl Around {
    /// A hook as it stands now: with the secret that a handshake brought, where it has none of its own, and with the names
    /// that its service has told. `None`: a secret of it cannot be read.
    pub fn hook(&self, doorway: &Doorway) -> Option<Hook> {
        let configured = doorway.hook.as_ref()?;
        let learned = self.store.hook(&doorway.name).secret.filter(|_| configured.secrets.is_empty());
        Some(Hook {
            secrets: learned.map_or_else(|| configured.secrets.clone(), |secret| vec![secret]),
            names: configured.names.with(self.store.hook_names(&doorway.name)),
            ..configured.clone()
        })
    }
}

/// What these events ask to be done, in order.
pub fn steps((doorway, hook): (&Doorway, &Hook), events: &[Event], around: &Around) -> Vec<Step> {
    let each = events.iter().flat_map(|event| doorway.readers.iter().map(move |reader| (event, reader)));
    each.filter_map(|(event, reader)| step((doorway, hook), event, reader, around)).collect()
}

/// Whether a message that is known says no more than the reference that brought it.
pub fn is_bare((hook, reference): (&Hook, &Event), reader: &Reader, known: &Message) -> bool {
    let whom = message::Reader { person: &reader.person, me: &reader.me };
    let bare = message::message(hook, reference, whom, (known.received_at, 0));
    (bare.subject, bare.own_text) == (known.subject.clone(), known.own_text.clone())
}

/// What the text of a reference asks to be done now that it is known, for each of its readers: the message that came is that
/// reference still, and is changed as by an edit, or was taken back, or is one of mine.
pub fn amendments(
    (doorway, hook): (&Doorway, &Hook),
    (reference, told): (&Event, &Event),
    around: &Around,
) -> Vec<Step> {
    let amendment = |reader: &Reader| {
        let known = message::identity(hook, reference, &reader.person);
        // What it says may name a channel, and is the message of another identity then.
        let mut step = step((doorway, hook), told, reader, around)?;
        match &mut step {
            Step::Accept(item, _) | Step::Amend(item, _) | Step::TakeBack(item) => item.message.identity = known,
            Step::Mine(_, answered) => answered.push(known),
        }
        Some(step)
    };
    doorway.readers.iter().filter_map(amendment).collect()
}

fn step((doorway, hook): (&Doorway, &Hook), event: &Event, reader: &Reader, around: &Around) -> Option<Step> {
    let desk = around.people.desk(&reader.person)?;
    let whom = message::Reader { person: &reader.person, me: &reader.me };
    let message = message::message(hook, event, whom, (around.now, around.size));
    if !doorway.hears(&message) {
        return None;
    }
    if let What::Delete { .. } = event.what {
        return Some(Step::TakeBack(Box::new(taken_back(&desk, message, around.now))));
    }
    // Some services mention people by their names, and have ids for nothing but senders.
    let names = [&event.sender.id, &event.sender.name];
    let is_mine = names.into_iter().flatten().any(|name| reader.me.iter().any(|me| me.eq_ignore_ascii_case(name)));
    let shelf = if is_mine { Shelf::Sent } else { Shelf::Watched };
    let lesson = history::taught_by(&desk, &message, shelf, history::came_at(&message, around.now));
    if is_mine {
        let lesson = lesson?;
        let answered = answered(event, &message, &lesson, around);
        return Some(Step::Mine(Box::new(lesson), answered));
    }
    let lesson = lesson.filter(|_| desk.asks_history()).map(Box::new);
    let item = Box::new(judged(&desk, message, lesson.as_deref(), (reader, around)));
    Some(match event.what {
        What::Edit { .. } => Step::Amend(item, lesson),
        _ => Step::Accept(item, lesson),
    })
}

/// The item of a message. One that cannot be judged, or that must not be held now, passes.
fn judged(desk: &Desk, message: Message, lesson: Option<&Lesson>, (reader, around): (&Reader, &Around)) -> Item {
    let Around { store, now, .. } = around;
    let pause = store.paused(&desk.person).map(|pause| (pause.from, pause.until));
    let verdict = std::panic::catch_unwind(AssertUnwindSafe(|| {
        // A store that fails says so when the item is accepted.
        let known = lesson.and_then(|lesson| Some((lesson, history::remember(store, std::iter::once(lesson)).ok()?)));
        let history = known.map(|(lesson, memory)| history::around(store, &memory, lesson, history::past(store, desk)));
        let circumstance = Circumstance { pause, history: history.as_ref(), ..Circumstance::unknown() };
        judge::judge(desk, &message, &circumstance, *now)
    }));
    let mut verdict = verdict.unwrap_or_else(|_| judge::unjudged("it could not be read", *now));
    let when = When { now: *now, arrived: *now, pause };
    let mut placement = place::place_post(desk, &verdict, &message.source, &when);
    let degraded = around.degraded.iter().find(|(whom, _)| whom == reader);
    if let (Some((_, why)), Placement::Hold { then: Then::Digest(_), .. }) = (degraded, &placement) {
        verdict = judge::unjudged(why, *now);
        placement = place::place_post(desk, &verdict, &message.source, &when);
    }
    let standing = accept::standing(&placement, *now);
    let person = desk.person.clone();
    Item { person, message, verdict, placement, place: None, wanted: None, standing, accepted_at: *now }
}

/// What is left of a message that was taken back: that there was one.
fn taken_back(desk: &Desk, message: Message, now: Timestamp) -> Item {
    let verdict = Verdict::new(Decision::Ignore, Reason::NoRule, now);
    let message = Message { own_text: String::new(), subject: String::new(), ..message };
    let standing = Standing::Settled { at: now, why: Settled::TakenBack };
    let person = desk.person.clone();
    let placement = Placement::Ignore;
    Item { person, message, verdict, placement, place: None, wanted: None, standing, accepted_at: now }
}

/// What I have answered: in a direct talk and in a thread all that was said before; elsewhere what my words reply to.
fn answered(event: &Event, message: &Message, lesson: &Lesson, around: &Around) -> Vec<Identity> {
    let is_talk = event.channel.reach == Reach::Direct || event.thread.is_some();
    if !is_talk && event.reply_to.is_none() {
        return Vec::new();
    }
    let Ok(recalled) = around.store.recall(lesson) else { return Vec::new() };
    let thread = recalled.thread.iter().flat_map(|(_, facts)| facts.items());
    let replied = |key| lesson.ancestors.first() == Some(&key) && !message.thread.in_reply_to.is_empty();
    thread.filter(|(key, _)| is_talk || replied(*key)).map(|(_, item)| item).collect()
}
