//! Proof that letters keep their bounds: items, HTML, the server's SIZE, time.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::print_stdout)]

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use super::hostile::{TEXTS, all_over};
use super::order::Caps;
use super::page::Aside;
use super::parts::{Room, Weight};
use super::sample::{Desk, Read, With, compose, composed, day, item, read};
use super::tier::Counts;
use super::{gather, page};
use crate::limits;
use crate::model::identity::Identity;
use crate::model::item::Item;
use crate::model::verdict::Urgency;

fn many(count: i64) -> Vec<Item> {
    let each = |n: i64| {
        let sender = format!("Sender {} <s{}@example.net>", n % 700, n % 700);
        let text = "The quick brown fox jumps over the lazy dog and then thinks about what it has done. ".repeat(8);
        let item = item(&sender, &format!("Subject {n} of a length that is usual in practice"), n).text(&text);
        match n % 5 {
            0 => item.list(&format!("list{}.example.net", n % 20)),
            1 => item.level(Urgency::Low).rule("newsletters"),
            _ => item,
        }
    };
    (0..count).map(each).collect()
}

/// Asserts that all letters of an edition keep what is promised and that every item is in one part or held back. Returns the
/// letters and how many are held back.
#[track_caller]
fn check_parts(items: Vec<Item>, caps: Caps) -> (Vec<Read>, usize) {
    let mut desk = Desk::new();
    desk.settings.max_items = 1_000;
    let mut order = desk.order(items);
    order.caps = caps;
    let composed = compose(&order).unwrap();
    let parts = composed.drafts.len();
    assert!(parts <= limits::judgement::DIGEST_PARTS);
    let listed: Vec<Identity> = composed.drafts.iter().flat_map(|draft| draft.items.clone()).collect();
    assert_eq!(listed, composed.items);
    assert_eq!(listed.iter().copied().collect::<BTreeSet<_>>().len(), listed.len());
    assert_eq!(listed.len() + composed.held_back, order.items.len());
    let first = &composed.drafts[0].message_id;
    let mut reads = Vec::new();
    for (at, draft) in composed.drafts.iter().enumerate() {
        assert!(caps.max_bytes.is_none_or(|most| draft.bytes.len() as u64 <= most));
        assert!(draft.items.len() <= caps.max_items);
        let read = read(&draft.bytes);
        assert_eq!(read.html.matches("class=\"entry").count(), draft.items.len());
        let follows = read.headers.iter().find(|(name, _)| name == "References").map(|(_, value)| value.clone());
        assert_eq!(follows, (at > 0).then(|| format!("<{first}>")));
        if parts > 1 {
            assert!(read.subject.ends_with(&format!("({}/{})", at + 1, parts)), "{}", read.subject);
        }
        reads.push(read);
    }
    (reads, composed.held_back)
}

#[track_caller]
fn check_count(items: Vec<Item>, caps: Caps, expected: (usize, usize)) -> Vec<Read> {
    let (reads, held_back) = check_parts(items, caps);
    assert_eq!((reads.len(), held_back), expected);
    reads
}

#[test]
fn parts_hold_no_more_than_they_may() {
    let caps = Caps { max_items: 3, max_bytes: None };
    check_count(many(3), caps, (1, 0));
    check_count(many(7), caps, (3, 0));
    check_count(many(15), caps, (5, 0));
    let reads = check_count(many(40), caps, (5, 25));
    assert!(reads[0].text.contains("25 more messages wait for the next one"), "{}", reads[0].text);
    assert!(reads[4].text.contains("part 5 of 5, with 3 of them."), "{}", reads[4].text);
}

#[test]
fn html_stays_below_what_gmail_cuts() {
    let reads = check_count(many(200), Caps::default(), (2, 0));
    assert!(
        reads.iter().all(|read| read.html.len() <= limits::judgement::DIGEST_HTML && read.text.contains("| The quick"))
    );
}

#[test]
fn what_does_not_fit_in_full_is_said_in_brief() {
    let (reads, held_back) = check_parts(many(900), Caps::default());
    assert_eq!(held_back, 0);
    for read in reads {
        assert!(read.html.len() <= limits::judgement::DIGEST_HTML, "{}", read.html.len());
        assert!(read.text.contains("Excerpts and attachments are left out"));
    }
}

#[test]
fn a_servers_size_is_kept() {
    let bare = composed(vec![item("x@example.net", "x", 1)]);
    let frame = bare.drafts[0].bytes.len();
    assert!(frame < limits::judgement::DIGEST_FRAME, "{frame}");
    check_count(day(), Caps { max_items: 200, max_bytes: Some(18_000) }, (2, 0));
    let (reads, held_back) = check_parts(many(300), Caps { max_items: 200, max_bytes: Some(30_000) });
    assert_eq!(reads.len(), 5);
    assert!(held_back > 0 && held_back < 200, "{held_back}");
}

#[test]
fn what_waits_on_is_what_asks_least() {
    let items = many(40);
    let urgent = item("x@example.net", "urgent", 5).level(Urgency::Urgent);
    let identity = urgent.message.identity;
    let desk = Desk::new();
    let mut order = desk.order(items.into_iter().chain([urgent]).collect());
    order.caps = Caps { max_items: 1, max_bytes: None };
    let composed = compose(&order).unwrap();
    assert_eq!(composed.items.first(), Some(&identity));
    assert_eq!((composed.items.len(), composed.held_back), (5, 36));
}

/// What parts are reckoned by must not be less than what they are.
#[test]
fn reckoning_is_on_the_safe_side() {
    let hostile = TEXTS.iter().map(|text| all_over(&text.repeat(3))).collect();
    for items in [day(), many(150), hostile] {
        let desk = Desk::new();
        let order = desk.order(items);
        let groups = gather::gather(order.items.iter().collect());
        let room = Room { items: 1_000, html: usize::MAX, sent: usize::MAX };
        // Each came by a second channel, too, with an address of its own.
        let twins = order.items.iter().map(|item| (item.message.identity, item)).collect();
        let aside = Aside { passed_over: Counts::new(), over: None, twins };
        let layout = page::lay_out(&order, &groups, room, &aside);
        let cards = layout.parts.iter().flat_map(|part| &part.page.sections).flat_map(|section| &section.cards);
        let (mut html, mut sent) = (limits::judgement::DIGEST_FRAME, limits::judgement::DIGEST_FRAME);
        for card in cards {
            for (nth, entry) in card.entries.iter().enumerate() {
                let heading = [&card.title, &card.address, &card.why].into_iter().flatten().map(String::as_str);
                let weight = Weight::of(entry, heading.filter(|_| nth == 0));
                html += weight.html;
                sent += weight.sent;
            }
        }
        let composed = compose(&order).unwrap();
        let real: usize = composed.drafts.iter().map(|draft| read(&draft.bytes).html.len()).sum();
        assert!(html >= real && html < real * 2, "{html} reckoned, {real} real");
        let real: usize = composed.drafts.iter().map(|draft| draft.bytes.len()).sum();
        assert!(sent >= real && sent < real * 2, "{sent} reckoned, {real} sent");
    }
}

#[test]
fn five_thousand_items_take_no_time() {
    let items = many(5_000);
    let began = Instant::now();
    let reads = check_count(items, Caps::default(), (5, 0));
    let took = began.elapsed();
    println!("5,000 items: {took:?}, {} octets of HTML in a part", reads[0].html.len());
    assert!(took < Duration::from_secs(30), "{took:?}");
}
