//! What waits: list, show, release, drop.

use jiff::Timestamp;
use tracing::info;

use super::kit::{Operator, Trouble, Whom, one_item};
use crate::control::wire::{Held, ItemDetail, Reply, Which};
use crate::intake::accept;
use crate::intake::desk::Desk;
use crate::limits;
use crate::model::identity::Identity;
use crate::model::item::{Item, Settled, Standing};
use crate::model::message::{Address, Message};
use crate::model::verdict::{Placement, Reason, Then, Verdict};
use crate::pattern::{Field, Pattern};
use crate::store::change::Changed;
use crate::text;

/// All that waits, in order of arrival.
///
/// # Errors
/// When the store fails.
pub async fn list(operator: &Operator, whom: &Whom) -> Result<Reply, Trouble> {
    let mut items = Vec::new();
    for desk in &whom.desks {
        items.extend(all(operator, desk).await?);
    }
    items.sort_by_key(|item| item.accepted_at);
    Ok(Reply::Held { items: items.iter().map(in_list).collect() })
}

async fn all(operator: &Operator, desk: &Desk) -> Result<Vec<Item>, Trouble> {
    let ids: Vec<Identity> = operator.store.waiting(&desk.person).into_iter().map(|one| one.identity).collect();
    let mut items = Vec::with_capacity(ids.len());
    for some in ids.chunks(limits::memory::VIEW_BATCH) {
        items.extend(operator.store.items(some.to_vec()).await?);
    }
    Ok(items)
}

fn in_list(item: &Item) -> Held {
    let message = &item.message;
    let (digest, slot, deliver_by) = match &item.placement {
        Placement::Hold { due_at, then, deliver_by } => {
            let digest = match then {
                Then::Digest(name) => Some(name.to_string()),
                Then::Pass => None,
            };
            (digest, due_at.to_string(), deliver_by.to_string())
        }
        Placement::Pass | Placement::Drop | Placement::Ignore => (None, String::new(), String::new()),
    };
    Held {
        id: message.identity.to_string(),
        person: item.person.to_string(),
        source: message.source.clone(),
        from: message.sender.as_ref().map(|sender| shown(message, sender)).unwrap_or_default(),
        subject: title(message),
        urgency: item.verdict.decision.level().map_or("", |level| level.as_str()).to_owned(),
        held_since: item.accepted_at.to_string(),
        digest,
        slot,
        deliver_by,
        place: item.place.as_ref().map(|place| place.mailbox.to_string()),
    }
}

/// The ids of a chat say nothing to people, where there is a name.
fn shown(message: &Message, sender: &Address) -> String {
    let name = sender.name.as_ref().filter(|_| message.post.is_some());
    name.unwrap_or(&sender.address).clone()
}

/// A chat message has its channel and its first words for a subject.
fn title(message: &Message) -> String {
    let Some(post) = &message.post else { return message.subject.clone() };
    let words = if message.subject.is_empty() { &message.own_text } else { &message.subject };
    let words = text::excerpt(words, limits::hands::SHOWN_TITLE);
    match post.channel_name.as_deref() {
        Some(channel) => format!("{channel}: {words}"),
        None => words,
    }
}

/// One item with its reasons.
///
/// # Errors
/// When there is no such item, or several.
pub async fn show(operator: &Operator, whom: &Whom, beginning: &str) -> Result<Reply, Trouble> {
    let identity = one_item(operator, beginning)?;
    let item = operator.store.item(identity).await?;
    let item = item.ok_or_else(|| Trouble::Refused("the item is no longer known".to_owned()))?;
    is_theirs(whom, &item)?;
    let tally = match &item.verdict.reason {
        Reason::Signals(tally) => Some(tally.into()),
        _ => None,
    };
    let (rule, evidence) = match &item.verdict.reason {
        Reason::Rule { rule, evidence } => (Some(rule.to_string()), evidence.clone()),
        Reason::NoRule | Reason::Signals(_) => (None, Vec::new()),
        Reason::NeverHeld(why) => (None, vec![why.as_str().to_owned()]),
        Reason::Unjudged(why) => (None, vec![why.clone()]),
    };
    Ok(Reply::Item(Box::new(ItemDetail {
        held: in_list(&item),
        standing: standing(item.standing),
        rule,
        evidence,
        tally,
        excerpt: text::excerpt(&item.message.own_text, limits::hands::SHOWN_EXCERPT),
        attachments: item.message.attachments.iter().map(|attachment| attachment.name.clone()).collect(),
        notes: item.message.notes.clone(),
    })))
}

fn standing(standing: Standing) -> String {
    match standing {
        Standing::Waiting => "waiting".to_owned(),
        Standing::Passed { at } => format!("passed at {at}"),
        Standing::Settled { at, why } => {
            let why = match why {
                Settled::Delivered(edition) => format!("delivered in edition {edition}"),
                Settled::InOtherHands => "seen, moved or deleted by its reader".to_owned(),
                Settled::Dropped => "filed by a rule, in no digest".to_owned(),
                Settled::LeftAlone => "left alone".to_owned(),
                Settled::ReleasedByHand => "released by hand".to_owned(),
                Settled::DroppedByHand => "taken out of the digest by hand".to_owned(),
                Settled::TakenBack => "taken back by its sender".to_owned(),
            };
            format!("{why} at {at}")
        }
    }
}

/// Lets items pass now.
///
/// # Errors
/// When an id fits none or several, a pattern is wrong, or the store fails.
pub async fn release(operator: &Operator, whom: &Whom, which: Which) -> Result<Reply, Trouble> {
    let items = match which {
        Which::All => all(operator, whom.one()?).await?,
        Which::Ids(beginnings) => chosen(operator, whom, &beginnings).await?,
        Which::From(pattern) => {
            let pattern = Pattern::parse(&pattern, Field::Value, &|_| None)
                .map_err(|error| Trouble::Refused(error.to_string()))?;
            let sent_by = |item: &Item| item.message.sender.as_ref().is_some_and(|one| pattern.matches(&one.address));
            all(operator, whom.one()?).await?.into_iter().filter(sent_by).collect()
        }
    };
    let now = operator.clock.now();
    let mut count = 0_usize;
    for item in items {
        let id = item.message.identity;
        let desk = operator.desk(&item.person)?;
        let errands = accept::errands_for(&desk, &item, &Placement::Pass, now);
        let placement = passes(&item, now);
        let done = operator.store.replace(id, Verdict { judged_at: now, ..item.verdict }, placement, errands).await?;
        if *done.get() == Changed::Yes {
            info!(%id, "passes: released by hand");
            count += 1;
        }
    }
    Ok(Reply::Done { said: format!("{count} released") })
}

/// A chat message passes by a letter, for which it waits.
fn passes(item: &Item, now: Timestamp) -> Placement {
    match item.placement {
        Placement::Hold { deliver_by, .. } if item.message.post.is_some() => {
            Placement::Hold { due_at: now, then: Then::Pass, deliver_by }
        }
        _ => Placement::Pass,
    }
}

/// Takes items out of every digest.
///
/// # Errors
/// When an id fits none or several, or the store fails.
pub async fn drop(operator: &Operator, whom: &Whom, beginnings: Vec<String>) -> Result<Reply, Trouble> {
    let now = operator.clock.now();
    let mut count = 0_usize;
    for item in chosen(operator, whom, &beginnings).await? {
        let id = item.message.identity;
        let done = operator.store.withdraw(id, Settled::DroppedByHand, now, Vec::new()).await?;
        if *done.get() == Changed::Yes {
            info!(%id, "is in no digest any more: dropped by hand");
            count += 1;
        }
    }
    Ok(Reply::Done { said: format!("{count} taken out of the digest; their mail stays where it is filed") })
}

async fn chosen(operator: &Operator, whom: &Whom, beginnings: &[String]) -> Result<Vec<Item>, Trouble> {
    let ids: Vec<Identity> =
        beginnings.iter().map(|beginning| one_item(operator, beginning)).collect::<Result<_, _>>()?;
    let mut items = Vec::with_capacity(ids.len());
    for some in ids.chunks(limits::memory::VIEW_BATCH) {
        items.extend(operator.store.items(some.to_vec()).await?);
    }
    items.iter().try_for_each(|item| is_theirs(whom, item))?;
    Ok(items)
}

fn is_theirs(whom: &Whom, item: &Item) -> Result<(), Trouble> {
    if whom.includes(&item.person) {
        return Ok(());
    }
    Err(Trouble::Refused(format!("item {} is not of this person", item.message.identity)))
}
