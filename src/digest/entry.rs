//! Puts an item into words.

use super::context::{Also, Entry};
use super::gather::{Bond, Group};
use super::link::{Links, percent_encoded};
use super::tier::Tier;
use super::twin::Twins;
use super::{answer, clean, domain, excerpt, phrase, place, subject};
use crate::civil::Zone;
use crate::limits;
use crate::model::item::Item;
use crate::model::message::{Address, Authenticity, Message};
use crate::model::signal::{By, Signal};
use crate::model::verdict::Reason;
use jiff::Timestamp;

/// How much is said of each item.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Detail {
    /// Everything.
    Full,
    /// Subject, sender and time: for editions that would not fit otherwise.
    Brief,
}

/// In which light items are put into words.
#[derive(Clone, Copy, Debug)]
pub struct Light<'a> {
    /// The person's zone.
    pub zone: &'a Zone,
    /// When the edition is sealed.
    pub now: Timestamp,
    /// How much is said.
    pub detail: Detail,
    /// Where links lead.
    pub links: &'a Links<'a>,
    /// What came by a second channel, too.
    pub twins: &'a Twins<'a>,
}

/// A group in words: its heading, and its entries without what the heading says.
pub struct Words {
    /// The heading.
    pub title: Option<String>,
    /// The address behind it.
    pub address: Option<String>,
    /// Why all of it waited, where the reason is one.
    pub why: Option<String>,
    /// As the group's items.
    pub entries: Vec<Entry>,
}

/// Puts a group into words.
pub fn group(group: &Group<'_>, light: Light<'_>) -> Words {
    let mut entries: Vec<Entry> = group.items.iter().map(|item| entry(item, group, light)).collect();
    collapse(group, &mut entries);
    if group.bond == Bond::Thread {
        // Whoever answers a conversation answers what was said last.
        entries.iter_mut().rev().skip(1).for_each(|entry| entry.answer = None);
    }
    let first = group.items.first().map(|item| &item.message);
    let sender = first.and_then(|message| message.sender.as_ref());
    let (title, address) = match group.bond {
        Bond::None | Bond::Rest => (None, None),
        Bond::Thread => (first.map(|message| shown_subject(subject::bare(&message.subject))), None),
        Bond::Sender => match sender.map(name_and_address) {
            Some((Some(name), address)) => (Some(name), Some(address)),
            Some((None, address)) => (Some(address), None),
            None => (None, None),
        },
        Bond::List => {
            let id = first.and_then(|message| message.list_id.as_deref()).unwrap_or_default();
            (Some(shown_or(clean::line(id, limits::judgement::DIGEST_FIELD), "unnamed list")), None)
        }
        Bond::Channel => (first.map(place::heading), None),
    };
    let why = entries.first().and_then(|entry| entry.why.clone());
    let why = why.filter(|_| entries.len() > 1 && entries.windows(2).all(same_why));
    if why.is_some() {
        entries.iter_mut().for_each(|entry| entry.why = None);
    }
    Words { title, address, why, entries }
}

/// Who goes on talking is named once; so is what a list or a channel goes on talking about.
fn collapse(group: &Group<'_>, entries: &mut [Entry]) {
    for (pair, entry) in group.items.windows(2).zip(entries.iter_mut().skip(1)) {
        let [before, item] = pair else { continue };
        let (before, item) = (&before.message, &item.message);
        let is_said = match group.bond {
            Bond::List => subject::key(&before.subject) == subject::key(&item.subject),
            // A tag says there what it is about.
            Bond::Channel => before.subject == item.subject && before.thread.root() == item.thread.root(),
            Bond::None | Bond::Thread | Bond::Sender | Bond::Rest => false,
        };
        if is_said {
            entry.subject = None;
        }
        if !matches!(group.bond, Bond::Thread | Bond::Channel) {
            continue;
        }
        let goes_on = item.received_at.duration_since(before.received_at) <= limits::judgement::DIGEST_RUN;
        if goes_on && before.sender == item.sender && before.thread.root() == item.thread.root() {
            (entry.name, entry.address) = (None, None);
        }
    }
}

fn same_why(pair: &[Entry]) -> bool {
    matches!(pair, [one, other] if one.why == other.why)
}

fn entry(item: &Item, group: &Group<'_>, light: Light<'_>) -> Entry {
    let message = &item.message;
    let (name, address) = match &message.sender {
        // Where there is a name, the ids of a chat say nothing to people.
        Some(sender) if message.post.is_some() => {
            let (name, id) = name_and_address(sender);
            (Some(name.unwrap_or(id)), None)
        }
        Some(sender) => {
            let (name, address) = name_and_address(sender);
            (name, Some(address))
        }
        None => (Some("unknown sender".to_owned()), None),
    };
    let said = group.bond == Bond::Thread && is_said(group, item);
    let (name, address) =
        if group.bond == Bond::Sender && is_same_name(group, item) { (None, None) } else { (name, address) };
    // What was made for many gets a line.
    let full = light.detail == Detail::Full && group.tier != Tier::Rest;
    let short = group.bond == Bond::List || group.tier == Tier::Notice;
    let most = if short { limits::judgement::DIGEST_EXCERPT_SHORT } else { limits::judgement::DIGEST_EXCERPT };
    let signed = message.sender.as_ref().and_then(|sender| sender.name.as_deref()).unwrap_or_default();
    let excerpt = full.then(|| match group.tier {
        Tier::ForYou => excerpt::asking(&message.own_text, signed, most, &wanted(item)),
        Tier::Conversation | Tier::Notice | Tier::Rest => excerpt::of(&message.own_text, signed, most),
    });
    let excerpt = excerpt.filter(|text| !text.is_empty());
    Entry {
        subject: title(message, &group.bond).filter(|_| !said),
        href: href(message, light.links),
        also: light.twins.get(&message.identity).map(|twin| also(&twin.message, light.links)),
        answer: answer::url(message).filter(|_| full && group.tier <= Tier::Conversation),
        name,
        address,
        when: phrase::when(message.received_at, light.zone, light.now),
        excerpt,
        event: message.event.as_ref().map(|event| phrase::event(event, light.zone, light.now)),
        attached: full.then(|| phrase::attachments(&message.attachments)).flatten(),
        marks: marks(item),
        why: why(item, group, light),
    }
}

/// The words by which it was heard to ask something, or to name a time.
fn wanted(item: &Item) -> Vec<String> {
    let Reason::Signals(tally) = &item.verdict.reason else { return Vec::new() };
    let is_asking = |by: &By| matches!(by, By::Signal(Signal::Deadline | Signal::AsksMe | Signal::WaitingForMe));
    let evidence = tally.fired.iter().filter(|fired| is_asking(&fired.by)).flat_map(|fired| &fired.evidence);
    evidence.filter_map(|words| words.split('"').nth(1)).map(str::to_owned).collect()
}

/// Why it waited. Of what was made for many the heading of its section says so, unless a rule did.
fn why(item: &Item, group: &Group<'_>, light: Light<'_>) -> Option<String> {
    let says_nothing = group.tier == Tier::Rest && matches!(item.verdict.reason, Reason::Signals(_) | Reason::NoRule);
    (light.detail == Detail::Full && !says_nothing).then(|| phrase::why(&item.verdict))
}

/// What an item is about, and who says so, in a few words: for the sentence before the letter is opened.
pub fn headline(item: &Item) -> String {
    let message = &item.message;
    let who = message.sender.as_ref().map(|sender| {
        let (name, address) = name_and_address(sender);
        name.unwrap_or(address)
    });
    let what = match &message.post {
        Some(_) if message.subject.is_empty() => excerpt::of(&message.own_text, "", limits::judgement::DIGEST_HEADLINE),
        _ => shown_subject(subject::bare(&message.subject)),
    };
    let said = clean::line(&what, limits::judgement::DIGEST_HEADLINE);
    match who.map(|who| clean::line(&who, limits::judgement::DIGEST_HEADLINE)) {
        Some(who) if !said.is_empty() => format!("{}: {}", clean::isolate(&who), clean::isolate(&said)),
        Some(who) => clean::isolate(&who),
        None => clean::isolate(&said),
    }
}

/// The subject; a chat message has none, and where it was said stands in the heading of its group, or instead of one.
fn title(message: &Message, bond: &Bond) -> Option<String> {
    if message.post.is_none() || !message.subject.is_empty() {
        return Some(shown_subject(&message.subject));
    }
    (*bond != Bond::Channel).then(|| place::heading(message))
}

/// Whether the heading of a conversation already says an item's subject.
fn is_said(group: &Group<'_>, item: &Item) -> bool {
    group.items.first().is_some_and(|first| subject::key(&first.message.subject) == subject::key(&item.message.subject))
}

/// Whether the heading of a sender's group already says an item's sender: whoever takes a new name is named again.
fn is_same_name(group: &Group<'_>, item: &Item) -> bool {
    group.items.first().is_some_and(|first| first.message.sender == item.message.sender)
}

/// Who sent it, for people: the name where there is one, and the address; neither is empty.
pub fn name_and_address(sender: &Address) -> (Option<String>, String) {
    let address = clean::line(&domain::address(&sender.address), limits::judgement::DIGEST_FIELD);
    let name = sender.name.as_deref().map(|name| clean::line(name, limits::judgement::DIGEST_FIELD));
    let name = name.filter(|name| !name.is_empty() && !name.eq_ignore_ascii_case(&address));
    (name, shown_or(address, "no address"))
}

/// A subject for people, never empty.
pub fn shown_subject(subject: &str) -> String {
    shown_or(clean::line(subject, limits::judgement::DIGEST_FIELD), "(no subject)")
}

fn shown_or(text: String, otherwise: &str) -> String {
    if text.is_empty() { otherwise.to_owned() } else { text }
}

/// What to beware of: a sender that is not who they say, and what could not be read.
fn marks(item: &Item) -> Vec<String> {
    let mut marks = Vec::new();
    if item.message.authenticity == Authenticity::Failed {
        marks.push("Beware: the sender is not confirmed.".to_owned());
    }
    let notes: Vec<String> = item.message.notes.iter().take(3).map(|note| clean::line(note, 80)).collect();
    if !notes.is_empty() {
        marks.push(format!("Not all could be read: {}.", phrase::list(&notes)));
    }
    marks
}

/// Where the link of a message leads: chat to where it was said, mail into the webmail of its account, where there is one and
/// it can show this mail.
fn href(message: &Message, links: &Links<'_>) -> Option<String> {
    if let Some(post) = &message.post {
        return post.permalink.clone();
    }
    let message_id = message.message_id.as_deref()?;
    let webmail = links.get(message.source.as_str());
    webmail.and_then(|webmail| webmail.url(message_id)).or_else(|| mid(message_id))
}

/// That it came by mail, too.
fn also(twin: &Message, links: &Links<'_>) -> Also {
    Also { words: "also by mail".to_owned(), href: href(twin, links) }
}

/// The `mid:` URL of a message (RFC 2392): everything but letters, digits and a few harmless signs is percent-encoded.
/// `None` for an id that is empty or far too long.
fn mid(message_id: &str) -> Option<String> {
    let url = format!("mid:{}", percent_encoded(message_id, b"-._~@+=$!*"));
    (!message_id.is_empty() && url.len() <= limits::judgement::DIGEST_MID).then_some(url)
}

#[cfg(test)]
mod tests {
    use super::mid;

    #[test]
    fn ids_become_urls_that_can_do_nothing_else() {
        assert_eq!(mid("a.b-c@example.org").as_deref(), Some("mid:a.b-c@example.org"));
        assert_eq!(mid("a/b%c@d\" onclick=x").as_deref(), Some("mid:a%2Fb%25c@d%22%20onclick=x"));
        assert_eq!(mid("é@x").as_deref(), Some("mid:%C3%A9@x"));
        assert_eq!(mid(""), None);
        assert_eq!(mid(&"x".repeat(300)), None);
    }
}
