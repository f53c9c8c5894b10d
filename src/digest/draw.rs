//! Of all that waits, what is brought to a letter: no more than it can show, and of that no more than it shows.

use std::collections::HashSet;

use super::choice::Told;
use super::settings::Settings;
use super::tier::{self, Counts};
use crate::limits;
use crate::model::identity::Identity;
use crate::model::item::Item;
use crate::model::mailing_list;

/// What was taken in so far.
#[derive(Debug)]
pub struct Draw<'a> {
    settings: &'a Settings,
    items: Vec<Item>,
    left: Counts,
}

/// What is to be listed.
#[derive(Debug)]
pub struct Drawn {
    /// In no order.
    pub items: Vec<Item>,
    /// How many of each tier were left out.
    pub left: Counts,
}

impl<'a> Draw<'a> {
    /// For letters that are written so.
    pub fn new(settings: &'a Settings) -> Self {
        Self { settings, items: Vec::new(), left: Counts::new() }
    }

    /// Takes some items in; what finds no room beside what asks more is only counted. Each is to come once.
    pub fn take(&mut self, items: Vec<Item>) {
        self.items.extend(items.into_iter().map(lean));
        // Rarely, since all are sorted for it.
        let most = self.settings.max_items.max(1).saturating_mul(limits::judgement::DIGEST_PARTS);
        if self.items.len() >= most.saturating_add(limits::judgement::DIGEST_DRAW) {
            self.prune();
        }
    }

    /// What is left of all that was taken in.
    pub fn finish(mut self) -> Drawn {
        self.prune();
        Drawn { items: self.items, left: self.left }
    }

    fn prune(&mut self) {
        let told = Told::of(&self.items, self.settings, self.settings.max_items.max(1));
        let told: HashSet<Identity> = told.all().map(|item| item.message.identity).collect();
        let left = &mut self.left;
        self.items.retain(|item| {
            let stays = told.contains(&item.message.identity);
            if !stays {
                *left.entry(tier::of(item)).or_default() += 1;
            }
            stays
        });
    }
}

/// An item without what no letter shows: most of its header.
fn lean(mut item: Item) -> Item {
    mailing_list::keep_only_its(&mut item.message.headers);
    item
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::Draw;
    use crate::digest::sample::{Desk, With, day, identities, item};
    use crate::digest::tier;
    use crate::limits;
    use crate::model::identity::Identity;
    use crate::model::item::Item;
    use crate::model::message::Header;
    use crate::model::verdict::{Over, Urgency};

    #[test]
    fn what_finds_no_room_is_counted_and_what_asks_most_is_there() {
        let mut all: Vec<Item> = (0..2_000).map(|n| item("a@example.net", "news", n)).collect();
        all.insert(1_234, item("b@example.net", "urgent", 5_000).level(Urgency::Urgent));
        all.extend((0..1_200).map(|n| {
            let mut over = item("c@example.net", "settled", n);
            over.verdict.over = Some(Over::Settled);
            over
        }));
        let mut desk = Desk::new();
        desk.settings.max_items = 20;
        let mut draw = Draw::new(&desk.settings);
        all.chunks(256).for_each(|some| draw.take(some.to_vec()));
        let drawn = draw.finish();
        let (over, shown): (Vec<_>, Vec<_>) = drawn.items.iter().partition(|item| item.verdict.over.is_some());
        assert_eq!((shown.len(), over.len()), (100, limits::judgement::DIGEST_FOLDED));
        assert_eq!(drawn.left.values().sum::<usize>(), all.len() - drawn.items.len());
        assert!(shown.iter().any(|item| item.message.subject == "urgent"));
        // Of equals those that have waited longest.
        let expected: BTreeSet<Identity> = all.iter().skip(1_900).take(101).map(|item| item.message.identity).collect();
        let found = shown.iter().filter(|item| expected.contains(&item.message.identity)).count();
        assert_eq!(found, 99);
    }

    #[test]
    fn nothing_that_a_letter_shows_is_taken_away() {
        let mut all = day();
        let header = |name: &str| Header { name: name.to_owned(), value: "x".to_owned() };
        for item in &mut all {
            item.message.headers.extend([header("Received"), header("list-unsubscribe"), header("X-Spam-Report")]);
        }
        let desk = Desk::new();
        let mut draw = Draw::new(&desk.settings);
        draw.take(all.clone());
        let drawn = draw.finish();
        assert_eq!(drawn.items.iter().map(|item| item.message.identity).collect::<BTreeSet<_>>(), identities(&all));
        assert!(drawn.left.is_empty());
        for (lean, whole) in drawn.items.iter().zip(&all) {
            assert_eq!(tier::of(lean), tier::of(whole));
            assert!(!lean.message.headers.iter().any(|header| header.name == "Received"));
        }
    }
}
