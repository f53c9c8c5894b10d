//! Which items a letter lists, and in which order: what asks most first, and what belongs together side by side.

use std::cmp::Reverse;
use std::collections::{BTreeMap, HashMap};

use super::subject;
use super::tier::{self, Tier};
use crate::limits;
use crate::model::item::Item;
use crate::model::verdict::{Decision, Urgency};

/// Items that stand together under one heading.
#[derive(Debug)]
pub struct Group<'a> {
    /// What it asks: the most that any of its items does.
    pub tier: Tier,
    /// The level of its most urgent item.
    pub level: Urgency,
    /// What holds them together.
    pub bond: Bond,
    /// From the oldest to the newest; in a list's or a channel's group conversation by conversation. Never empty.
    pub items: Vec<&'a Item>,
}

/// What holds a group together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Bond {
    /// Nothing: one item by itself.
    None,
    /// One conversation.
    Thread,
    /// One sender, several things.
    Sender,
    /// One mailing list, by its List-Id.
    List,
    /// One channel of a chat.
    Channel,
    /// That they were made for many: a line each.
    Rest,
}

/// At most `most` of the items: the most urgent, of those what asks most, then what has waited longest. Their order says
/// nothing.
pub fn choose(mut chosen: Vec<&Item>, most: usize) -> Vec<&Item> {
    chosen.sort_by_cached_key(|item| (Reverse(level(item)), tier::of(item), item.accepted_at, item.message.identity));
    chosen.truncate(most);
    chosen
}

/// The items in groups, in the order of the letter: by what they ask, in each tier the urgent first, then by the time of a
/// group's newest item, the newest last. Equal sets of items give equal groups, whatever their order.
pub fn gather(mut items: Vec<&Item>) -> Vec<Group<'_>> {
    items.sort_by_key(|item| (item.message.received_at, item.message.identity));
    let threads = threads(&items);
    let mut bundles: BTreeMap<Key, Bundle<'_>> = BTreeMap::new();
    for (item, thread) in items.iter().zip(&threads) {
        let message = &item.message;
        // In a channel each says something of their own, unless they answer one another.
        let tier = if message.is_said_by_itself() { tier::of(item) } else { thread.tier };
        let key = match &message.list_id {
            _ if tier == Tier::Rest => Key::Rest,
            Some(list) if tier > Tier::ForYou => Key::List(tier, list.to_lowercase()),
            _ if let Some(post) = &message.post => Key::Channel(tier, message.source.clone(), post.channel.clone()),
            _ if thread.size > 1 => Key::Thread(thread.root),
            _ => match &message.sender {
                // What is to be answered stands by itself, whoever else wrote.
                Some(sender) if tier > Tier::ForYou => Key::Sender(tier, sender.address.to_lowercase()),
                Some(_) | None => Key::Alone(thread.root),
            },
        };
        bundles.entry(key).or_default().push((thread.root, *item));
    }
    let mut groups: Vec<Group<'_>> = bundles.into_iter().filter_map(|(key, bundle)| group(&key, bundle)).collect();
    groups.sort_by_key(|group| {
        let newest = group.items.iter().map(|item| (item.message.received_at, item.message.identity)).max();
        (group.tier, Reverse(group.level), newest)
    });
    groups
}

/// The level at which an item is listed. What is none (dropped, ignored) would be listed by a fault only: as low.
pub fn level(item: &Item) -> Urgency {
    match item.verdict.decision {
        Decision::Level(Urgency::Critical | Urgency::Urgent) => Urgency::Urgent,
        Decision::Level(level) => level,
        Decision::Drop | Decision::Ignore | Decision::LetThrough => Urgency::Low,
    }
}

/// Items with the number of their conversation.
type Bundle<'a> = Vec<(usize, &'a Item)>;

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Key {
    Thread(usize),
    Sender(Tier, String),
    List(Tier, String),
    Channel(Tier, String, String),
    Alone(usize),
    Rest,
}

fn group<'a>(key: &Key, mut bundle: Bundle<'a>) -> Option<Group<'a>> {
    let bond = match key {
        Key::Rest => Bond::Rest,
        // The others of its conversation may stand in a list's group.
        _ if bundle.len() == 1 => Bond::None,
        Key::List(..) => Bond::List,
        Key::Thread(_) => Bond::Thread,
        Key::Sender(..) => Bond::Sender,
        Key::Channel(..) => Bond::Channel,
        Key::Alone(_) => Bond::None,
    };
    if matches!(bond, Bond::List | Bond::Channel) {
        // The number of a conversation is its oldest item's place in time, so this keeps conversations in order too.
        bundle.sort_by_key(|(thread, _)| *thread);
    }
    let tier = match key {
        Key::Rest => Tier::Rest,
        Key::List(tier, _) | Key::Channel(tier, ..) | Key::Sender(tier, _) => *tier,
        Key::Thread(_) | Key::Alone(_) => bundle.iter().map(|(_, item)| tier::of(item)).min()?,
    };
    let items: Vec<&Item> = bundle.into_iter().map(|(_, item)| item).collect();
    let level = items.iter().map(|item| level(item)).max()?;
    Some(Group { tier, level, bond, items })
}

/// What is known of an item's conversation.
#[derive(Clone, Copy)]
struct Thread {
    /// The place of its oldest item.
    root: usize,
    /// Its items.
    size: usize,
    /// The most that any of its items asks.
    tier: Tier,
}

/// The conversation of each item. Two items belong together when one answers the other (In-Reply-To), or when they share any
/// reference and their subject: References alone are the sender's to choose, and could smuggle a mail into a stranger's
/// conversation.
fn threads(items: &[&Item]) -> Vec<Thread> {
    let mut forest = Forest((0..items.len()).collect());
    let mut named: HashMap<&str, usize> = HashMap::new();
    for (at, item) in items.iter().enumerate() {
        if let Some(id) = &item.message.message_id {
            named.entry(id).or_insert(at);
        }
    }
    let mut topics: HashMap<String, usize> = HashMap::new();
    let mut shared: HashMap<(usize, &str), usize> = HashMap::new();
    for (at, item) in items.iter().enumerate() {
        let message = &item.message;
        for id in &message.thread.in_reply_to {
            if let Some(parent) = named.get(id.as_str()) {
                forest.join(at, *parent);
            }
        }
        let topic = *topics.entry(subject::key(&message.subject)).or_insert(at);
        let first = message.thread.references.first();
        let newest = message.thread.references.iter().rev().take(limits::judgement::DIGEST_REFERENCES);
        let answered = message.thread.in_reply_to.iter();
        for id in newest.chain(first).chain(answered).chain(&message.message_id) {
            let other = *shared.entry((topic, id)).or_insert(at);
            forest.join(at, other);
        }
    }
    let roots: Vec<usize> = (0..items.len()).map(|at| forest.root(at)).collect();
    let mut known: HashMap<usize, Thread> = HashMap::new();
    for (root, item) in roots.iter().zip(items) {
        let thread = known.entry(*root).or_insert(Thread { root: *root, size: 0, tier: Tier::Rest });
        thread.size += 1;
        thread.tier = thread.tier.min(tier::of(item));
    }
    roots.iter().filter_map(|root| known.get(root).copied()).collect()
}

/// A union of sets by their smallest member.
struct Forest(Vec<usize>);

impl Forest {
    fn root(&mut self, mut at: usize) -> usize {
        loop {
            let parent = self.parent(at);
            if parent == at {
                return at;
            }
            let above = self.parent(parent);
            if let Some(slot) = self.0.get_mut(at) {
                *slot = above;
            }
            at = above;
        }
    }

    fn parent(&self, at: usize) -> usize {
        self.0.get(at).copied().unwrap_or(at)
    }

    fn join(&mut self, one: usize, other: usize) {
        let (one, other) = (self.root(one), self.root(other));
        if let Some(slot) = self.0.get_mut(one.max(other)) {
            *slot = one.min(other);
        }
    }
}
