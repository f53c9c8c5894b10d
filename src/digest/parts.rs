//! Cuts a long list of entries into parts that stay within their bounds.

use super::context::Entry;
use crate::limits;

/// What an entry takes of a letter, in octets, reckoned and not rendered; a little more than it will be.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Weight {
    /// Of the HTML as it is shown.
    pub html: usize,
    /// Of the letter as it is sent, both parts encoded.
    pub sent: usize,
}

/// How much one part may hold.
#[derive(Clone, Copy, Debug)]
pub struct Room {
    /// Entries, at least 1.
    pub items: usize,
    /// Octets of HTML.
    pub html: usize,
    /// Octets as sent.
    pub sent: usize,
}

/// The markup of an entry's frame, subject and sender, and of a card around it.
const MARKUP: usize = 230;
/// The markup of one more line of an entry.
const MARKUP_LINE: usize = 54;
/// The markup around one more link.
const MARKUP_LINK: usize = 40;
/// The markup of a card's heading.
const MARKUP_HEADING: usize = 150;
/// The same of the text part, for each line.
const TEXT_LINE: usize = 24;

impl Weight {
    /// What an entry takes, a heading of these words above it included.
    pub fn of<'a>(entry: &'a Entry, heading: impl Iterator<Item = &'a str>) -> Self {
        let length = |url: &Option<String>| url.as_ref().map_or(0, String::len);
        let other = entry.also.as_ref().map_or(0, |also| length(&also.href) + MARKUP_LINK);
        let link = length(&entry.href) + other;
        let answer = entry.answer.as_ref().map_or(0, |url| url.len() + MARKUP_LINK);
        let heading: Vec<&str> = heading.collect();
        let lines = entry.lines();
        let mut html = MARKUP + MARKUP_LINE * lines + link + answer;
        let mut text = TEXT_LINE * (lines + 3) + link;
        if !heading.is_empty() {
            html += MARKUP_HEADING;
            text += TEXT_LINE * 3;
        }
        let mut foreign = 0;
        for words in entry.words().chain(heading) {
            html += words.chars().map(escaped_octets).sum::<usize>();
            // Each of the wrapped lines gets a prefix, a line end and perhaps a soft break.
            text += words.len() + words.len() / 8;
            foreign += words.bytes().filter(|byte| !byte.is_ascii()).count();
        }
        // Quoted-printable writes three octets for one that is foreign, and for each `=` of our markup; base64 writes four
        // for three of all. The encoder takes the shorter for a whole part.
        let quoted = html + text + html / 20 + 60 + foreign * 4;
        let based = (html + text) * 11 / 8;
        Self { html, sent: quoted.min(based) }
    }
}

/// Parts that are filled in order: greedy, every entry in some part, no part empty. An entry that is too large for any part
/// gets one of its own.
#[derive(Debug)]
pub struct Filling {
    room: Room,
    sizes: Vec<usize>,
    used: Weight,
}

impl Filling {
    /// Nothing, in parts of this room.
    pub fn new(room: Room) -> Self {
        Self { room, sizes: Vec::new(), used: Weight::default() }
    }

    /// Puts an entry behind the others.
    pub fn put(&mut self, weight: Weight) {
        let Room { items, html, sent } = self.room;
        let fits = |count: usize| {
            count < items.max(1) && self.used.html + weight.html <= html && self.used.sent + weight.sent <= sent
        };
        match self.sizes.last_mut() {
            Some(count) if fits(*count) => {
                *count += 1;
                self.used = Weight { html: self.used.html + weight.html, sent: self.used.sent + weight.sent };
            }
            Some(_) | None => {
                self.sizes.push(1);
                self.used = weight;
            }
        }
    }

    /// How many entries each part has.
    pub fn sizes(self) -> Vec<usize> {
        self.sizes
    }

    /// Whether it takes more parts than an edition has.
    pub fn is_too_much(&self) -> bool {
        self.sizes.len() > limits::judgement::DIGEST_PARTS
    }
}

/// How many entries fill all parts of an edition, however little is in them.
pub const fn most_in_full() -> usize {
    limits::judgement::DIGEST_PARTS * limits::judgement::DIGEST_HTML / MARKUP
}

fn escaped_octets(c: char) -> usize {
    match c {
        '&' | '"' | '\'' => 6,
        '<' | '>' => 4,
        c => c.len_utf8(),
    }
}

#[cfg(test)]
mod tests {
    use super::{Filling, Room, Weight};

    #[track_caller]
    fn check(weights: &[usize], items: usize, html: usize, expected: &[usize]) {
        let mut filling = Filling::new(Room { items, html, sent: 1_000 });
        weights.iter().for_each(|&html| filling.put(Weight { html, sent: html }));
        assert_eq!(filling.sizes(), expected);
    }

    #[test]
    fn every_entry_is_in_one_part() {
        check(&[], 3, 100, &[]);
        check(&[10; 7], 3, 100, &[3, 3, 1]);
        check(&[40; 5], 100, 100, &[2, 2, 1]);
        check(&[500, 10, 10], 9, 100, &[1, 2]);
        check(&[10, 5_000, 10], 9, 100_000, &[1, 1, 1]);
        check(&[10; 3], 0, 100, &[1, 1, 1]);
    }
}
