//! One thing that came by two channels, the mail of a tracker and its hook: known by the address of its page, never by likeness.

use std::cmp::Reverse;
use std::collections::{BTreeMap, HashMap, HashSet};

use jiff::Timestamp;

use super::gather;
use super::settings::{Format, Settings};
use super::tier;
use crate::limits;
use crate::model::identity::Identity;
use crate::model::item::Item;
use crate::model::message::{Authenticity, Message};

/// The mail that is told with a chat message, by that.
pub type Twins<'a> = HashMap<Identity, &'a Item>;

/// Finds the pairs, where letters that are written so can tell of them.
pub fn pair_for<'a>(settings: &Settings, items: Vec<&'a Item>) -> (Vec<&'a Item>, Twins<'a>) {
    match settings.format {
        Format::Mail if settings.templates.show_twins() => pair(items),
        // In the plain form each message stands as it came.
        Format::Mail | Format::Rfc1153 => (items, Twins::new()),
    }
}

/// Finds pairs of a mail and a chat message that came at about the same time and name the same page, and takes the mail of
/// each out: what its service has signed is shown. A mail that asks more than that, or brings more than words, stays. So
/// whoever claims somebody else's page in a mail hides that mail alone.
fn pair(items: Vec<&Item>) -> (Vec<&Item>, Twins<'_>) {
    let mut pages: BTreeMap<String, Page<'_>> = BTreeMap::new();
    for item in &items {
        let message = &item.message;
        let url = match &message.post {
            Some(post) => post.permalink.as_deref(),
            None => message.page.as_deref().filter(|_| has_words_alone(message)),
        };
        let Some((name, query)) = url.and_then(name) else { continue };
        let page = pages.entry(name).or_default();
        if message.post.is_some() { page.posts.push((item, query)) } else { page.mails.push((item, query)) }
    }
    let mut twins = Twins::new();
    pages.into_values().for_each(|page| page.pair(&mut twins));
    let hidden: HashSet<Identity> = twins.values().map(|item| item.message.identity).collect();
    let shown = items.into_iter().filter(|item| !hidden.contains(&item.message.identity));
    (shown.collect(), twins)
}

/// What names one page, each with its query.
#[derive(Default)]
struct Page<'a> {
    mails: Vec<(&'a Item, &'a str)>,
    posts: Vec<(&'a Item, &'a str)>,
}

impl<'a> Page<'a> {
    /// Gives each mail, from the oldest, the oldest post that is near it and left.
    fn pair(mut self, twins: &mut Twins<'a>) {
        let by_time = |(item, _): &(&Item, &str)| (came_at(item), item.message.identity);
        self.mails.sort_by_key(by_time);
        self.posts.sort_by_key(by_time);
        for (mail, query) in self.mails {
            let is_near =
                |post: &Item| came_at(mail).duration_since(came_at(post)).abs() <= limits::judgement::DIGEST_TWIN;
            // Mails carry how their links were found; a service says there which of several comments is meant.
            let fits = |(post, other): &(&Item, &str)| is_near(post) && (query == *other || other.is_empty());
            let Some(at) = self.posts.iter().position(fits) else { continue };
            let asks = |item: &Item| (Reverse(gather::level(item)), tier::of(item));
            if self.posts.get(at).is_some_and(|(post, _)| asks(mail) < asks(post)) {
                continue;
            }
            let (post, _) = self.posts.remove(at);
            twins.insert(post.message.identity, mail);
        }
    }
}

/// When it came. What a service says of an event may be the time at which its thing was made, days ago.
fn came_at(item: &Item) -> Timestamp {
    if item.message.post.is_some() { item.accepted_at } else { item.message.received_at }
}

/// Whether a mail says all by its text, and may be who it says.
fn has_words_alone(mail: &Message) -> bool {
    mail.authenticity != Authenticity::Failed && mail.event.is_none() && mail.attachments.is_empty()
}

/// By what a page is known: its address without its query, and that; host in lower case (RFC 3986 section 6.2.2.1). `None` for
/// an address without a path: everything of a service is there.
fn name(url: &str) -> Option<(String, &str)> {
    let (_, rest) = url.split_once("://")?;
    let (rest, fragment) = rest.split_once('#').unwrap_or((rest, ""));
    let (rest, query) = rest.split_once('?').unwrap_or((rest, ""));
    let (host, path) = rest.split_once('/')?;
    let path = path.trim_end_matches('/');
    let is_one = !host.is_empty() && !path.is_empty();
    is_one.then(|| (format!("{}/{path}#{fragment}", host.to_ascii_lowercase()), query))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing)]

    use std::collections::BTreeSet;

    use super::{name, pair, pair_for};
    use crate::digest::draw::Draw;
    use crate::digest::own::Template;
    use crate::digest::sample::{Desk, With, compose, identities, in_order, item, one, read};
    use crate::digest::settings::{Format, Settings};
    use crate::model::item::Item;
    use crate::model::message::{Audience, Authenticity, Chat, Kind, Mention, Post};
    use crate::model::verdict::Urgency;

    const PAGE: &str = "https://hub.example/o/r/issues/7#comment-3";

    /// A mail of the tracker, `minutes` before now, that says where its matter can be seen.
    fn mail(minutes: i64, page: &str) -> Item {
        let mut mail = item("Hub <notifications@hub.example>", "[o/r] Engine stalls (#7)", minutes).automated();
        mail.message.page = Some(page.to_owned());
        mail.text("by mail: The valve sticks.")
    }

    /// What its hook says.
    fn post(minutes: i64, page: &str) -> Item {
        let mut post = item("Ben", "Engine stalls", minutes).text("by hook: The valve sticks.");
        post.message.kind = Kind::Chat(Chat { audience: Audience::Channel, mention: Mention::Nobody });
        post.message.source = "code".to_owned();
        post.message.post = Some(Post {
            service: "github".to_owned(),
            channel: "o/r".to_owned(),
            permalink: Some(page.to_owned()),
            ..Post::default()
        });
        post
    }

    #[track_caller]
    fn pairs(items: &[Item], expected: usize) {
        let (shown, twins) = pair(items.iter().collect());
        assert_eq!(twins.len(), expected);
        assert_eq!(shown.len(), items.len() - expected);
    }

    #[test]
    fn one_thing_by_two_channels_is_one_item_with_two_links() {
        let desk = Desk::new();
        let items = vec![mail(20, &PAGE.replace('#', "?mail=1#")), post(21, PAGE)];
        let composed = compose(&desk.order(items.clone())).unwrap();
        assert_eq!(composed.items.iter().copied().collect::<BTreeSet<_>>(), identities(&items), "both are delivered");
        let read = read(&composed.drafts[0].bytes);
        let id = items[0].message.message_id.clone().unwrap();
        in_order(
            &read.text,
            &[
                "1 message waited.",
                "by hook: The valve sticks.",
                PAGE,
                "Also by mail: mid:",
                "1 message came by a second channel, too, and is shown once.",
            ],
        );
        assert!(!read.text.contains("by mail: The valve"), "{}", read.text);
        assert!(read.html.contains(&format!("<a href=\"mid:{id}\">also by mail</a>")), "{}", read.html);
        assert!(read.html.contains(&format!("<a href=\"{PAGE}\">")), "{}", read.html);
    }

    #[test]
    fn only_one_page_at_one_time_makes_two_things_one() {
        pairs(&[mail(20, PAGE), post(21, PAGE)], 1);
        pairs(&[mail(20, PAGE), mail(21, PAGE)], 0);
        pairs(&[post(20, PAGE), post(21, PAGE)], 0);
        pairs(&[mail(20, PAGE), post(21, "https://hub.example/o/r/issues/7")], 0);
        pairs(&[mail(20, PAGE), post(21, "https://other.example/o/r/issues/7#comment-3")], 0);
        pairs(&[mail(20, PAGE), post(36, PAGE)], 0);
        pairs(&[mail(20, "https://hub.example/"), post(20, "https://hub.example/")], 0);
        // Each is one of one pair: three mails are three things.
        pairs(&[mail(20, PAGE), mail(25, PAGE), mail(30, PAGE), post(21, PAGE), post(26, PAGE)], 2);
        pairs(&[mail(200, PAGE), mail(20, PAGE), post(20, PAGE)], 1);
    }

    #[test]
    fn no_mail_hides_a_post_and_none_that_asks_more_is_hidden() {
        let told = |change: &dyn Fn(&mut Item)| {
            let mut items = vec![mail(20, PAGE), post(21, PAGE)];
            change(&mut items[0]);
            let read = one(items);
            assert!(read.text.contains("by hook: The valve"), "{}", read.text);
            read.text.contains("by mail: The valve")
        };
        assert!(!told(&|_| ()));
        assert!(told(&|item| *item = item.clone().level(Urgency::Urgent)));
        assert!(told(&|item| {
            *item = item.clone().level(Urgency::Urgent);
            item.message.authenticity = Authenticity::Passed;
        }));
        assert!(told(&|item| item.message.authenticity = Authenticity::Failed));
        assert!(told(&|item| *item = item.clone().file("plan.pdf", 9)));
    }

    #[test]
    fn what_counts_is_when_it_came() {
        // The thing of which the service tells was made days ago.
        let mut old = post(21, PAGE);
        old.message.received_at = item("x@example.net", "", 9_000).accepted_at;
        pairs(&[mail(20, PAGE), old], 1);
        let mut late = post(21, PAGE);
        late.accepted_at = item("x@example.net", "", 0).accepted_at;
        pairs(&[mail(20, PAGE), late], 0);
    }

    #[test]
    fn both_of_a_pair_are_brought_to_one_letter() {
        let mut desk = Desk::new();
        desk.settings.max_items = 1;
        let page = |n: i64| format!("{PAGE}{n}");
        let items: Vec<Item> = (0..6).flat_map(|n| [mail(20 + n, &page(n)), post(20 + n, &page(n))]).collect();
        let mut draw = Draw::new(&desk.settings);
        draw.take(items);
        let drawn = draw.finish();
        let composed = compose(&desk.order(drawn.items)).unwrap();
        assert_eq!((composed.drafts.len(), composed.items.len()), (5, 10));
        assert_eq!(drawn.left.values().sum::<usize>(), 2);
    }

    #[test]
    fn what_finds_no_room_is_counted_with_its_twin() {
        let mut desk = Desk::new();
        desk.settings.max_items = 1;
        let mut items: Vec<Item> = (0..5).map(|n| item("a@example.net", "urgent", n).level(Urgency::Urgent)).collect();
        items.extend([mail(20, PAGE), post(21, PAGE)]);
        let composed = compose(&desk.order(items.clone())).unwrap();
        assert_eq!((composed.items.len(), composed.held_back), (5, 2));
        desk.settings.max_items = 200;
        desk.settings.format = Format::Rfc1153;
        let read = read(&compose(&desk.order(items)).unwrap().drafts[0].bytes);
        in_order(&read.text, &["by hook: The valve", "by mail: The valve"]);
    }

    #[test]
    fn where_letters_cannot_tell_of_both_each_stands_by_itself() {
        let mut desk = Desk::new();
        let (mail, post) = (mail(20, PAGE), post(21, PAGE));
        let twins = |settings: &Settings| pair_for(settings, vec![&mail, &post]).1.len();
        assert_eq!(twins(&desk.settings), 1);
        let own = |source: &str| Some(Template { file: "own.txt.j2".into(), source: source.to_owned() });
        desk.settings.templates.text = own("{{ title }}");
        assert_eq!(twins(&desk.settings), 0);
        desk.settings.templates.text = own("{{ title }} {{ entry.also.words }}");
        assert_eq!(twins(&desk.settings), 1);
        desk.settings.format = Format::Rfc1153;
        assert_eq!(twins(&desk.settings), 0);
    }

    #[test]
    fn a_page_is_known_by_its_address() {
        let known = |url: &str| name(url).map(|(name, _)| name);
        let same = known("https://Hub.example/a/b/?x=1#c");
        assert_eq!(same.as_deref(), Some("hub.example/a/b#c"));
        assert_eq!(same, known("http://hub.example/a/b#c"));
        for other in ["https://hub.example/A/b#c", "https://hub.example/a/b", "https://hub.example/a/b#C"] {
            assert_ne!(same, known(other), "{other}");
        }
        for none in ["https://hub.example", "https://hub.example/", "https:///a", "hub.example/a", ""] {
            assert_eq!(known(none), None, "{none}");
        }
        // Which comment is meant may stand in the query.
        let comment = |n: u32| format!("https://jira.example/browse/A-1?focusedCommentId={n}");
        pairs(&[mail(20, &comment(1)), post(21, &comment(2))], 0);
        pairs(&[mail(20, &comment(2)), post(21, &comment(1)), post(22, &comment(2))], 1);
        pairs(&[mail(20, "https://jira.example/browse/A-1"), post(21, &comment(1))], 0);
    }
}
