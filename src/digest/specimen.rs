//! Invented pages by which a person's own templates are tried before any mail depends on them.

use super::context::{Also, Card, Entry, Folded, Page, Section};

/// A page with everything that can be in one, and a page with as little as there can be.
pub fn pages() -> [Page; 2] {
    [full(), bare()]
}

fn full() -> Page {
    let text = |text: &str| Some(text.to_owned());
    let entry = Entry {
        subject: text("Budget & the \"second\" <engine>"),
        href: text("mid:budget@work.example"),
        also: Some(Also { words: "also by mail".to_owned(), href: text("mid:7@tracker.example") }),
        answer: text("mailto:charles@work.example?subject=Re%3A%20Budget"),
        name: text("Charles Babbage"),
        address: text("charles@work.example"),
        when: "09:15".to_owned(),
        excerpt: text("The Treasury wants figures by Friday.\nCould you look over the third sheet?"),
        event: text("Weekly round, Thu 14 Jan, 10:00 to 10:45"),
        attached: text("sheets.xlsx (48 kB)"),
        marks: vec!["Beware: the sender is not confirmed.".to_owned()],
        why: text("rule \"my managers, to me alone\""),
    };
    let brief = Entry { when: "Tue 12 Jan, 18:00".to_owned(), ..Entry::default() };
    let grouped = Card {
        urgent: true,
        title: text("Budget for the second engine"),
        address: text("charles@work.example"),
        count: "2 messages in this conversation".to_owned(),
        why: text("rule \"my managers, to me alone\""),
        entries: vec![entry.clone(), brief.clone()],
    };
    let alone = Card { entries: vec![entry], ..Card::default() };
    let section = |class: &'static str, title: &'static str, cards: Vec<Card>| Section {
        class,
        title: Some(title),
        count: "3, 2 of them here".to_owned(),
        cards,
    };
    let quiet = Card { entries: vec![brief], ..Card::default() };
    Page {
        title: "16 things for Wednesday 13 January".to_owned(),
        kind: "Tidings · workdays".to_owned(),
        about: vec!["For Ada Lovelace".to_owned(), "Wednesday 13 January 2027, 09:00".to_owned()],
        preheader: "Charles Babbage: Budget · Lena Ahrens: Database move".to_owned(),
        lead: vec!["16 messages waited.".to_owned(), "This is part 1 of 2, with 9 of them.".to_owned()],
        sections: vec![
            section("you", "For you", vec![grouped.clone(), alone.clone()]),
            section("talk", "Conversations", vec![grouped]),
            section("notice", "Notices", vec![alone]),
            section("rest", "Newsletters and the rest", vec![quiet]),
        ],
        folded: Some(Folded {
            said: "1 thing was settled before you had to look.".to_owned(),
            names: vec!["Build 7 failed".to_owned()],
        }),
        footer: vec!["3 you have already seen.".to_owned()],
    }
}

fn bare() -> Page {
    let entry = Entry { when: "09:15".to_owned(), ..Entry::default() };
    let card = Card { entries: vec![entry], ..Card::default() };
    let section = Section { class: "you", cards: vec![card], ..Section::default() };
    Page { title: "1 thing".to_owned(), kind: "Tidings".to_owned(), sections: vec![section], ..Page::default() }
}
