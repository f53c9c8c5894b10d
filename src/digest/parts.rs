//! Cuts a long list of entries into parts that stay within their bounds.

use super::context::Entry;

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

/// How many entries each part gets, in order: greedy, every entry in some part, no part empty. An entry that is too large for
/// any part gets one of its own.
pub fn split(weights: &[Weight], room: Room) -> Vec<usize> {
    let mut parts = Vec::new();
    let (mut count, mut used) = (0, Weight::default());
    for weight in weights {
        let full =
            count >= room.items.max(1) || used.html + weight.html > room.html || used.sent + weight.sent > room.sent;
        if count > 0 && full {
            parts.push(count);
            (count, used) = (0, Weight::default());
        }
        count += 1;
        used = Weight { html: used.html + weight.html, sent: used.sent + weight.sent };
    }
    if count > 0 {
        parts.push(count);
    }
    parts
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
    use super::{Room, Weight, split};

    #[track_caller]
    fn check(weights: &[usize], items: usize, html: usize, expected: &[usize]) {
        let weights: Vec<Weight> = weights.iter().map(|&html| Weight { html, sent: html }).collect();
        assert_eq!(split(&weights, Room { items, html, sent: 1_000 }), expected);
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
