//! What of an order is shown, what is only counted, and how much room there is.

use super::gather::{self, Group};
use super::order::Order;
use super::page::Aside;
use super::parts::Room;
use super::settings::{Format, Settings};
use super::tier::{self, Counts};
use super::twin::{self, Twins};
use super::{folded, phrase};
use crate::limits;
use crate::model::item::Item;

/// Those of many items of which letters tell.
pub struct Told<'a> {
    /// What is shown: as much as all parts hold.
    pub shown: Vec<&'a Item>,
    /// What is over, as much as one edition takes.
    pub over: Vec<&'a Item>,
    /// What is told with something that is shown, or would be.
    pub twins: Twins<'a>,
}

impl<'a> Told<'a> {
    /// Chooses for letters that are written so, with so many items a part.
    pub fn of(items: &'a [Item], settings: &Settings, per_part: usize) -> Self {
        let (shown, over) = folded::part(items);
        let (shown, twins) = twin::pair_for(settings, shown);
        let shown = gather::choose(shown, per_part.saturating_mul(limits::judgement::DIGEST_PARTS));
        Self { shown, over, twins }
    }

    /// All of them, each once.
    pub fn all(&self) -> impl Iterator<Item = &'a Item> {
        let twins = self.shown.iter().filter_map(|item| self.twins.get(&item.message.identity));
        twins.chain(&self.shown).chain(&self.over).copied()
    }
}

/// What an edition is laid out from.
pub struct Choice<'a> {
    /// What is shown.
    pub groups: Vec<Group<'a>>,
    /// What is not among them.
    pub aside: Aside<'a>,
    /// The room of one part.
    pub room: Room,
}

impl<'a> Choice<'a> {
    /// Chooses.
    pub fn of(order: &'a Order<'_>) -> Self {
        let per_part = order.settings.max_items.min(order.caps.max_items).max(1);
        let told = Told::of(&order.items, order.settings, per_part);
        let passed_over = passed_over(order, told.all());
        let Told { shown, over, twins } = told;
        let most = order.caps.max_bytes.unwrap_or(u64::MAX);
        let whole = usize::try_from(most).unwrap_or(usize::MAX).saturating_sub(limits::judgement::DIGEST_FRAME);
        let html = limits::judgement::DIGEST_HTML - limits::judgement::DIGEST_FRAME;
        // Both parts of the letter, encoded, name what is folded: it may take a fourth of the letter, and of what is seen.
        let named = (whole / 4).min(html / 4);
        let over = folded::fold(over, &order.topics, named / 2);
        let taken = if over.is_some() { named } else { 0 };
        let html = match order.settings.format {
            Format::Mail => html - taken,
            Format::Rfc1153 => usize::MAX,
        };
        let room = Room { items: per_part, html, sent: (whole - taken).max(1) };
        Self { groups: gather::gather(shown), aside: Aside { passed_over, over, twins }, room }
    }

    /// How many things a letter is about in which so many are shown, in digits and in words.
    pub fn things(&self, shown: usize) -> (usize, String) {
        match &self.aside.over {
            Some(over) if shown == 0 => (over.count, over.things.clone()),
            _ => (shown, phrase::count(shown, "thing", "things")),
        }
    }
}

/// How many items of each tier are not told: neither shown nor folded.
fn passed_over<'a>(order: &Order<'_>, told: impl Iterator<Item = &'a Item>) -> Counts {
    let mut counts = order.held_back.clone();
    order.items.iter().for_each(|item| *counts.entry(tier::of(item)).or_default() += 1);
    for item in told {
        if let Some(count) = counts.get_mut(&tier::of(item)) {
            *count = count.saturating_sub(1);
        }
    }
    counts
}
