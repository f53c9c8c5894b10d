//! Lays out the parts of an edition: which items stand in which part, under which headings, with which counts.

use super::context::{Card, Entry, Page, Section};
use super::entry::{self, Detail, Light, Words};
use super::folded::Over;
use super::gather::{Bond, Group};
use super::order::Order;
use super::parts::{Filling, Room, Weight};
use super::tier::{self, Counts, Tier};
use super::twin::Twins;
use super::{clean, phrase};
use crate::limits;
use crate::model::identity::Identity;
use crate::model::verdict::Urgency;

/// One part before it is rendered.
#[derive(Clone, Debug)]
pub struct Part {
    /// What its templates see.
    pub page: Page,
    /// The items that it lists, in order.
    pub items: Vec<Identity>,
    /// How many of them, at the end, are folded.
    pub folded: usize,
}

/// An edition, laid out.
#[derive(Clone, Debug)]
pub struct Layout {
    /// Its parts; five at most, none empty.
    pub parts: Vec<Part>,
    /// How many items are shown in them.
    pub shown: usize,
    /// Items that found no room and wait on, the order's own included.
    pub waiting: usize,
}

/// An entry in its place: the number of its group, and what it takes.
struct Placed {
    group: usize,
    identity: Identity,
    /// The mail of the same thing, which is told with it, and what it asks by itself.
    twin: Option<(Identity, Tier)>,
    entry: Entry,
    weight: Weight,
}

/// A group's heading, and how many items the edition has of it.
struct Heading {
    tier: Tier,
    level: Urgency,
    bond: Bond,
    words: Words,
    total: usize,
}

/// What is not among the groups.
#[derive(Clone, Debug)]
pub struct Aside<'a> {
    /// How many items of each tier were left out before: they are counted with those that wait on.
    pub passed_over: Counts,
    /// What is over.
    pub over: Option<Over<'a>>,
    /// What came by a second channel, too.
    pub twins: Twins<'a>,
}

/// Lays out the groups. Where five parts do not hold all in full, everything is said in brief; where they still do not by
/// the size of their HTML, they become larger: only the number of items and the server's SIZE leave mail to wait on.
/// What is folded stands at the end of the last part, and in one of its own where nothing else is shown.
pub fn lay_out(
    order: &Order<'_>,
    groups: &[Group<'_>],
    room: Room,
    Aside { passed_over, over, twins }: &Aside<'_>,
) -> Layout {
    let place = |detail| {
        let light = Light { zone: order.zone, now: order.now, detail, links: &order.links, twins };
        groups.iter().enumerate().map(move |(at, group)| place(at, group, light))
    };
    let (detail, (mut placed, mut headings)) = match within(place(Detail::Full), room) {
        Some(full) => (Detail::Full, full),
        None => {
            let (entries, headings): (Vec<_>, Vec<_>) = place(Detail::Brief).unzip();
            (Detail::Brief, (entries.into_iter().flatten().collect(), headings))
        }
    };
    let mut sizes = split(&placed, room);
    let mut room = room;
    for _ in 0..limits::judgement::DIGEST_GROWTHS {
        if sizes.len() <= limits::judgement::DIGEST_PARTS {
            break;
        }
        room.html = (room.html / 4).saturating_mul(5);
        sizes = split(&placed, room);
    }
    sizes.truncate(limits::judgement::DIGEST_PARTS);
    let taken: usize = sizes.iter().sum();
    let mut kept_back = passed_over.clone();
    for placed in placed.drain(taken..) {
        if let Some(heading) = headings.get(placed.group) {
            *kept_back.entry(heading.tier).or_default() += 1;
        }
        if let Some((_, tier)) = placed.twin {
            *kept_back.entry(tier).or_default() += 1;
        }
    }
    count_totals(&placed, &mut headings);
    let waiting = kept_back.values().sum::<usize>();
    if sizes.is_empty() && over.is_some() {
        sizes.push(0);
    }
    let mut rest = placed.into_iter();
    let frame = Frame { order, headings: &headings, taken, waiting, kept_back, parts: sizes.len(), detail };
    let part = |(number, size): (usize, &usize)| frame.part(number, rest.by_ref().take(*size).collect());
    let mut parts: Vec<Part> = (1..).zip(&sizes).map(part).collect();
    if let (Some(last), Some(over)) = (parts.last_mut(), over) {
        last.page.folded = Some(over.words.clone());
        last.folded = over.items.len();
        last.items.extend(over.items.iter().map(|item| item.message.identity));
    }
    Layout { parts, shown: taken, waiting }
}

/// How many of the entries each part gets.
fn split(placed: &[Placed], room: Room) -> Vec<usize> {
    let mut filling = Filling::new(room);
    placed.iter().for_each(|placed| filling.put(placed.weight));
    filling.sizes()
}

/// All of these, unless they need more parts of this room than an edition has.
fn within(all: impl Iterator<Item = (Vec<Placed>, Heading)>, room: Room) -> Option<(Vec<Placed>, Vec<Heading>)> {
    let mut filling = Filling::new(room);
    let (mut placed, mut headings) = (Vec::new(), Vec::new());
    for (entries, heading) in all {
        entries.iter().for_each(|entry| filling.put(entry.weight));
        if filling.is_too_much() {
            return None;
        }
        placed.extend(entries);
        headings.push(heading);
    }
    Some((placed, headings))
}

/// Puts the group of this number into words.
fn place(at: usize, group: &Group<'_>, light: Light<'_>) -> (Vec<Placed>, Heading) {
    let mut words = entry::group(group, light);
    let entries = std::mem::take(&mut words.entries);
    let entries = entries.into_iter().zip(&group.items).enumerate().map(|(nth, (entry, item))| {
        let heading = [&words.title, &words.address, &words.why].into_iter().flatten().map(String::as_str);
        let weight = Weight::of(&entry, heading.filter(|_| nth == 0));
        let identity = item.message.identity;
        let twin = light.twins.get(&identity).map(|twin| (twin.message.identity, tier::of(twin)));
        Placed { group: at, identity, twin, entry, weight }
    });
    let placed = entries.collect();
    (placed, Heading { tier: group.tier, level: group.level, bond: group.bond.clone(), words, total: 0 })
}

fn count_totals(placed: &[Placed], headings: &mut [Heading]) {
    for item in placed {
        if let Some(heading) = headings.get_mut(item.group) {
            heading.total += 1;
        }
    }
}

/// What all parts of an edition share.
struct Frame<'a> {
    order: &'a Order<'a>,
    headings: &'a [Heading],
    taken: usize,
    waiting: usize,
    kept_back: Counts,
    parts: usize,
    detail: Detail,
}

impl Frame<'_> {
    fn part(&self, number: usize, placed: Vec<Placed>) -> Part {
        let told = |placed: &Placed| [Some(placed.identity), placed.twin.map(|(twin, _)| twin)];
        let items = placed.iter().flat_map(told).flatten().collect();
        let twins = placed.iter().filter(|placed| placed.twin.is_some()).count();
        let order = self.order;
        let (title, kind) = match order.kind.digest() {
            Some(name) => {
                let name = clean::line(name.as_str(), limits::judgement::DIGEST_FIELD);
                (String::new(), format!("Tidings · {name}"))
            }
            None => ("These could wait no longer".to_owned(), "Tidings".to_owned()),
        };
        let person = order.person_name.map(|name| clean::line(name, limits::judgement::DIGEST_FIELD));
        let mut about: Vec<String> =
            person.filter(|name| !name.is_empty()).map(|n| format!("For {n}")).into_iter().collect();
        about.push(phrase::moment(order.now, order.zone));
        about.push(phrase::zone(order.now, order.zone));
        let page = Page {
            title,
            kind,
            about,
            preheader: String::new(),
            lead: self.lead(number, placed.len()),
            sections: self.sections(placed),
            folded: None,
            footer: self.footer(twins),
        };
        Part { page, items, folded: 0 }
    }

    fn lead(&self, number: usize, here: usize) -> Vec<String> {
        let mut tiers = Counts::new();
        for heading in self.headings.iter().filter(|heading| heading.total > 0) {
            *tiers.entry(heading.tier).or_default() += heading.total;
        }
        let kinds: Vec<String> = tiers.iter().map(|(tier, count)| phrase::of_tier(*tier, *count)).collect();
        let total = phrase::count(self.taken, "message", "messages");
        let order = self.order;
        let what = match (order.kind.digest(), order.away_since) {
            (Some(_), None) => "waited".to_owned(),
            (Some(_), Some(since)) => {
                format!("waited while you were away, since {}", phrase::moment(since, order.zone))
            }
            (None, _) => "reached the longest time that mail is held".to_owned(),
        };
        if self.taken == 0 {
            return Vec::new();
        }
        let mut lead = vec![if kinds.len() > 1 {
            format!("{total} {what}: {}.", phrase::list(&kinds))
        } else {
            format!("{total} {what}.")
        }];
        if self.parts > 1 {
            lead.push(format!("This is part {number} of {}, with {} of them.", self.parts, phrase::digits(here)));
        }
        if self.waiting > 0 {
            let waiting = phrase::count(self.waiting, "more message waits", "more messages wait");
            let kinds = self.kept_back.iter().filter(|(_, count)| **count > 0);
            let kinds: Vec<String> = kinds.map(|(tier, count)| phrase::of_tier(*tier, *count)).collect();
            let kinds = if kinds.is_empty() { String::new() } else { format!(", {}", phrase::list(&kinds)) };
            lead.push(format!("{waiting} for the next one{kinds}: there was no room. \"tidings held\" names them."));
        }
        lead
    }

    fn footer(&self, twins: usize) -> Vec<String> {
        let order = self.order;
        let mut footer = Vec::new();
        if twins > 0 {
            let came = phrase::count(
                twins,
                "message came by a second channel, too, and is",
                "messages came by a second channel, too, and are",
            );
            footer.push(format!("{came} shown once."));
        }
        if order.seen_meanwhile > 0 {
            footer.push(format!("{} you have already seen.", phrase::digits(order.seen_meanwhile)));
        }
        if order.dropped > 0 {
            let were = if order.dropped == 1 { "was" } else { "were" };
            let dropped = phrase::digits(order.dropped);
            footer
                .push(format!("{dropped} {were} dropped by a rule of yours: filed where held mail lies, not deleted."));
        }
        if self.detail == Detail::Brief {
            footer.push("Excerpts and attachments are left out, so that all find room.".to_owned());
        }
        let late = order.now.duration_since(order.slot);
        if order.kind.digest().is_some() && late >= limits::judgement::DIGEST_LATE {
            footer.push(format!("This was due on {}.", phrase::moment(order.slot, order.zone)));
        }
        footer.extend(order.week.map(phrase::week));
        footer.push(format!("All times are those of {}.", phrase::zone(order.now, order.zone)));
        footer
    }

    fn sections(&self, placed: Vec<Placed>) -> Vec<Section> {
        let mut sections: Vec<(Tier, usize, Section)> = Vec::new();
        let mut last = None;
        for Placed { group, entry, .. } in placed {
            let Some(heading) = self.headings.get(group) else { continue };
            if sections.last().is_none_or(|(tier, ..)| *tier != heading.tier) {
                sections.push((heading.tier, 0, self.section(heading.tier)));
            }
            let Some((_, here, section)) = sections.last_mut() else { continue };
            *here += 1;
            match section.cards.last_mut() {
                Some(card) if last == Some(group) => card.entries.push(entry),
                _ => section.cards.push(card(heading, entry)),
            }
            last = Some(group);
        }
        sections.into_iter().map(|(tier, here, section)| self.counted(tier, here, section)).collect()
    }

    fn section(&self, tier: Tier) -> Section {
        let several = self.headings.iter().any(|heading| heading.total > 0 && heading.tier != tier);
        let title = several.then(|| tier.title());
        Section { class: tier.class(), title, count: String::new(), cards: Vec::new() }
    }

    /// Adds the counts that are known only at the end: of the section and of its cards that go on in another part.
    fn counted(&self, tier: Tier, here: usize, mut section: Section) -> Section {
        let of_tier = self.headings.iter().filter(|heading| heading.tier == tier);
        let total: usize = of_tier.map(|heading| heading.total).sum();
        section.count = with_here(phrase::digits(total), total, here);
        section
    }
}

fn card(heading: &Heading, first: Entry) -> Card {
    let words = &heading.words;
    let count = match heading.bond {
        Bond::None | Bond::Rest => String::new(),
        Bond::Thread => phrase::count(heading.total, "message in this conversation", "messages in this conversation"),
        Bond::Sender | Bond::Channel => phrase::count(heading.total, "message", "messages"),
        Bond::List => phrase::count(heading.total, "message on this list", "messages on this list"),
    };
    let (title, address, why) = (words.title.clone(), words.address.clone(), words.why.clone());
    Card { urgent: heading.level >= Urgency::Urgent, title, address, count, why, entries: vec![first] }
}

fn with_here(words: String, total: usize, here: usize) -> String {
    if total == here { words } else { format!("{words}, {} of them here", phrase::digits(here)) }
}
