//! Of all that waits, what is brought to a letter: no more than it can show, and of that no more than it shows.

use std::collections::HashSet;

use super::choice::Told;
use super::parts;
use super::settings::{Format, Settings};
use super::tier::{self, Counts};
use crate::limits;
use crate::model::identity::Identity;
use crate::model::item::Item;
use crate::model::mailing_list;
use crate::model::verdict::Reason;
use crate::text;

/// What was taken in so far.
#[derive(Debug)]
pub struct Draw<'a> {
    settings: &'a Settings,
    items: Vec<Item>,
    left: Counts,
    // How many items there may be before it is looked which of them ask most.
    room: usize,
    // Whether so many are shown that nothing is said of each but its subject.
    is_brief: bool,
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
        let room = settings.max_items.max(1).saturating_mul(limits::judgement::DIGEST_PARTS).min(parts::most_in_full());
        let room = room.saturating_add(limits::judgement::DIGEST_DRAW);
        Self { settings, items: Vec::new(), left: Counts::new(), room, is_brief: false }
    }

    /// Takes some items in; what finds no room beside what asks more is only counted. Each is to come once.
    pub fn take(&mut self, items: Vec<Item>) {
        let is_brief = self.is_brief;
        self.items.extend(items.into_iter().map(lean).map(|item| if is_brief { short(item) } else { item }));
        // Rarely, since all are sorted for it.
        if self.items.len() >= self.room {
            self.prune();
            self.room = self.items.len().saturating_add(limits::judgement::DIGEST_DRAW);
        }
    }

    /// What is left of all that was taken in.
    pub fn finish(mut self) -> Drawn {
        self.prune();
        Drawn { items: self.items, left: self.left }
    }

    fn prune(&mut self) {
        let told = Told::of(&self.items, self.settings, self.settings.max_items.max(1));
        let is_brief = self.settings.format == Format::Mail && told.shown.len() > parts::most_in_full();
        let told: HashSet<Identity> = told.all().map(|item| item.message.identity).collect();
        let left = &mut self.left;
        self.items.retain(|item| {
            let stays = told.contains(&item.message.identity);
            if !stays {
                *left.entry(tier::of(item)).or_default() += 1;
            }
            stays
        });
        if is_brief && !self.is_brief {
            self.is_brief = true;
            self.items = std::mem::take(&mut self.items).into_iter().map(short).collect();
        }
    }
}

/// An item without what no letter shows: most of its header, and where it lies.
fn lean(mut item: Item) -> Item {
    mailing_list::keep_only_its(&mut item.message.headers);
    (item.place, item.wanted) = (None, None);
    item
}

/// An item without what no letter shows in which everything is said in brief: the words that spoke for its level, and most of
/// its text. Of that the first words are left, by which a chat message goes that has no subject, and the ends of the last
/// lines, where its question stands.
fn short(mut item: Item) -> Item {
    // What is over is named by what it says, and few are.
    if item.verdict.over.is_some() {
        return item;
    }
    match &mut item.verdict.reason {
        Reason::Rule { evidence, .. } => *evidence = Vec::new(),
        Reason::Signals(tally) => tally.fired.iter_mut().for_each(|fired| fired.evidence = Vec::new()),
        Reason::NoRule | Reason::NeverHeld(_) | Reason::Unjudged(_) => {}
    }
    let text = &item.message.own_text;
    let mut lines: Vec<&str> = text
        .lines()
        .rev()
        .filter(|line| !line.trim().is_empty())
        .take(limits::judgement::QUESTION_LINES)
        .map(|line| text::last_chars(line.trim_end(), limits::judgement::DIGEST_BRIEF))
        .collect();
    let first = text::first_chars(text, limits::judgement::DIGEST_EXCERPT_LINE);
    if item.message.subject.is_empty() && first.len() < text.len() {
        // Cut in the middle, its end is no question.
        lines.extend(["…", first]);
    }
    lines.reverse();
    let short = lines.join("\n");
    if short.len() < text.len() {
        item.message.own_text = short;
    }
    item
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::Draw;
    use crate::digest::order::Order;
    use crate::digest::sample::{Desk, With, compose, day, identities, item};
    use crate::digest::tier;
    use crate::limits;
    use crate::model::identity::Identity;
    use crate::model::item::Item;
    use crate::model::message::{Header, Post};
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

    /// Of the kinds that differ when little is left of them: a question at the end, on the only line, or on none; a post without
    /// a subject, a list, what is over.
    fn of_all_kinds(n: i64) -> Item {
        let fox = "the quick brown fox jumps. ";
        let question = format!("{}? {}", "is it so ".repeat(22).trim_end(), fox.repeat(20));
        let mail = item(&format!("a{}@example.net", n % 700), &format!("no. {n}"), n);
        match n % 7 {
            0 => mail.text(&format!("Hello,\n{}\ncould you look at it?\n", fox.repeat(200))),
            1 => mail.text(&format!("Hello,\n\n{}\nis it done?{}\nAda\n", fox.repeat(20), " ".repeat(300))),
            2 => mail.text(&question),
            3 => mail.text(&fox.repeat(100)).list("dev.lists.example"),
            4 => {
                let mut over = mail.text(&fox.repeat(100));
                over.verdict.over = Some(Over::Settled);
                over
            }
            5 => {
                let mut post = mail.text(&format!("Deploy it? {}", fox.repeat(100)));
                post.message.subject.clear();
                post.message.post = Some(Post::default());
                post
            }
            _ => mail.text(&fox.repeat(50)),
        }
    }

    #[test]
    fn of_more_than_a_letter_tells_in_full_little_is_kept_and_it_is_told_alike() {
        let many: Vec<Item> = (0..8_000).map(of_all_kinds).collect();
        let mut desk = Desk::new();
        desk.settings.max_items = 600;
        let mut draw = Draw::new(&desk.settings);
        many.chunks(256).for_each(|some| draw.take(some.to_vec()));
        let drawn = draw.finish();
        let shown = drawn.items.iter().filter(|item| item.verdict.over.is_none());
        assert!(shown.clone().count() == 3_000 && shown.clone().all(|item| item.message.own_text.len() < 1_300));
        let mut order = desk.order(drawn.items);
        order.held_back = drawn.left;
        let all = desk.order(many);
        let told = |order: &Order<'_>| compose(order).map(|told| (told.drafts, told.items, told.held_back));
        assert_eq!(told(&order), told(&all));
        let few: Vec<Item> = (0..300).map(of_all_kinds).collect();
        let mut draw = Draw::new(&desk.settings);
        draw.take(few.clone());
        let texts =
            |items: &[Item]| -> BTreeSet<String> { items.iter().map(|item| item.message.own_text.clone()).collect() };
        assert_eq!(texts(&draw.finish().items), texts(&few));
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
