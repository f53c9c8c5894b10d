//! A text made ready for the signals: folded, with the phrases and times in it, and where its sentences end.

use std::cell::OnceCell;
use std::ops::Range;

use super::phrases;
use super::phrases::sense::{Hit, Sense};
use super::times;
use super::times::named::{Named, Written};
use crate::text;

/// A text, folded, with what was found in it. What stands in an address of the web or between marks of code is in the
/// text, and no phrase or time of it.
#[derive(Debug)]
pub struct Words {
    /// The folded text (`text::fold`), a line feed where a paragraph ends.
    pub folded: String,
    /// The phrases in it, by their ends.
    pub hits: Vec<Hit>,
    /// Where sentences end, in octets, in order.
    ends: Vec<usize>,
    /// Where nothing is said, in order.
    masks: Vec<Range<usize>>,
    written: Written,
    /// The times that it names, looked for by the first who asks.
    times: OnceCell<Vec<Named>>,
}

impl Words {
    /// Reads paragraphs. Linear in their length.
    pub fn new<'t>(paragraphs: impl Iterator<Item = &'t str>, written: &Written) -> Self {
        let mut folded = String::new();
        for paragraph in paragraphs.map(text::fold).filter(|paragraph| !paragraph.is_empty()) {
            if !folded.is_empty() {
                folded.push('\n');
            }
            folded.push_str(&paragraph);
        }
        let masks = masked(&folded);
        let mut hits = phrases::find(&folded);
        hits.retain(|hit| is_said(&masks, &hit.span));
        let ends = ends(&folded);
        Self { folded, hits, ends, masks, written: written.clone(), times: OnceCell::new() }
    }

    /// The times that it names, in order.
    pub fn times(&self) -> &[Named] {
        self.times.get_or_init(|| {
            let mut times = times::find(&self.folded, &self.written);
            times.retain(|named| is_said(&self.masks, &named.span));
            times
        })
    }

    /// The sentence in which a place lies.
    pub fn sentence(&self, span: &Range<usize>) -> Range<usize> {
        let next = self.ends.partition_point(|end| *end < span.end);
        let start = self.ends.partition_point(|end| *end <= span.start);
        let start = start.checked_sub(1).and_then(|before| self.ends.get(before)).copied().unwrap_or(0);
        start..self.ends.get(next).copied().unwrap_or(self.folded.len())
    }

    /// That sentence, with the one before it and the one after it.
    pub fn around(&self, span: &Range<usize>) -> Range<usize> {
        let own = self.sentence(span);
        let before = self.sentence(&(own.start.saturating_sub(1)..own.start));
        let after = self.sentence(&(own.end..own.end + 1));
        before.start.min(own.start)..after.end.max(own.end)
    }

    /// The first phrase with one of these senses that lies in a range.
    pub fn first(&self, senses: &[Sense], within: &Range<usize>) -> Option<&Hit> {
        self.hits
            .iter()
            .find(|hit| senses.contains(&hit.sense) && hit.span.start >= within.start && hit.span.end <= within.end)
    }

    /// Whether such a phrase lies there.
    pub fn says(&self, senses: &[Sense], within: &Range<usize>) -> bool {
        self.first(senses, within).is_some()
    }

    /// All of it, as a range.
    pub fn whole(&self) -> Range<usize> {
        0..self.folded.len()
    }

    /// What stands there; empty where nothing does.
    pub fn at(&self, span: &Range<usize>) -> &str {
        self.folded.get(span.clone()).unwrap_or_default()
    }
}

/// Whether a place lies outside of these, which are in order.
fn is_said(masks: &[Range<usize>], span: &Range<usize>) -> bool {
    let next = masks.partition_point(|mask| mask.end <= span.start);
    masks.get(next).is_none_or(|mask| mask.start >= span.end)
}

/// Addresses of the web and what stands between marks of code, in order.
fn masked(folded: &str) -> Vec<Range<usize>> {
    let mut masks = Vec::new();
    let mut at = 0;
    while let Some(rest) = folded.get(at..).filter(|rest| !rest.is_empty()) {
        let Some(offset) = rest.bytes().position(|byte| matches!(byte, b'`' | b':')) else { break };
        let found = at + offset;
        let here = folded.get(found..).unwrap_or_default();
        let end = if here.starts_with("```") {
            code(folded, found, "```", None)
        } else if here.starts_with('`') {
            code(folded, found, "`", Some('\n'))
        } else if here.starts_with("://") {
            let scheme = folded.get(..found).unwrap_or_default().trim_end_matches(|c: char| c.is_ascii_alphanumeric());
            let length = here.find([' ', '\n', '<', '>', '"']).unwrap_or(here.len());
            masks.push(scheme.len().max(at)..found + length);
            found + length
        } else {
            found + 1
        };
        if here.starts_with('`') && end > found + 3 {
            masks.push(found..end);
        }
        at = end;
    }
    masks
}

/// Where a piece of code ends that begins here: after the mark that closes it, which must stand before `until`; without
/// one only the mark itself is passed over.
fn code(folded: &str, begins: usize, mark: &str, until: Option<char>) -> usize {
    let inside = begins + mark.len();
    let rest = folded.get(inside..).unwrap_or_default();
    let rest = until.and_then(|until| rest.split(until).next()).unwrap_or(rest);
    rest.find(mark).map_or(inside, |length| inside + length + mark.len())
}

/// Where sentences end: after `.`, `!`, `?`, `;` with a space behind, and where paragraphs do. "5 p.m. today", "no. 7"
/// and "Mr. Ito" go on: what stands before the stop has two letters at most.
fn ends(folded: &str) -> Vec<usize> {
    let bytes = folded.as_bytes();
    let mut word = 0;
    let mut ends = Vec::new();
    for (at, byte) in bytes.iter().enumerate() {
        let is_last = bytes.get(at + 1).is_none_or(|next| next.is_ascii_whitespace());
        match byte {
            b'\n' => ends.push(at + 1),
            b'.' if is_last && word > 2 => ends.push(at + 1),
            b'!' | b'?' | b';' if is_last => ends.push(at + 1),
            _ => {}
        }
        word = if byte.is_ascii_alphabetic() || *byte >= 0x80 {
            word + 1
        } else if byte.is_ascii_digit() {
            3
        } else {
            0
        };
    }
    ends
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use jiff::Timestamp;
    use jiff::tz::TimeZone;

    use super::{Sense, Words, Written};

    fn words(paragraphs: &[&str]) -> Words {
        let written = Written { at: Timestamp::UNIX_EPOCH, zone: TimeZone::UTC };
        Words::new(paragraphs.iter().copied(), &written)
    }

    #[test]
    fn sentences_have_their_ends() {
        let check = |text: &str, about: &str, sentence: &str| {
            let words = words(&[text]);
            let start = words.folded.find(about).unwrap();
            assert_eq!(words.at(&words.sentence(&(start..start + about.len()))).trim(), sentence, "{text}");
        };
        check("One is here. Two is there! Three?", "two", "two is there!");
        check("One is here. Two is there! Three?", "three", "three?");
        check("Come at 5 p.m. today, Mr. Ito. Thanks.", "today", "come at 5 p.m. today, mr. ito.");
        check("Version 1.2 is out. Now go.", "1.2", "version 1.2 is out.");
        check("It is due in 2027. Now go.", "now", "now go.");
        let two = words(&["One here", "Two there"]);
        assert_eq!(two.at(&two.sentence(&(12..13))), "two there");
        let three = words(&["One here. Two there. Three where. Four."]);
        assert_eq!(three.at(&three.around(&(11..13))), "one here. two there. three where.");
    }

    #[test]
    fn code_and_addresses_say_nothing() {
        let check = |text: &str, said: bool| {
            let words = words(&[text]);
            assert_eq!(words.says(&[Sense::AtOnce], &words.whole()), said, "{text}");
        };
        check("do it asap", true);
        check("run `do it asap` there", false);
        check("```\ndo it asap\n```", false);
        check("a ` that nobody closes: asap", true);
        check("see https://example.org/asap/x", false);
        check("see https://example.org/ asap", true);
        check("note: asap", true);
    }

    #[test]
    fn hostile_texts_take_linear_time() {
        for text in ["` ", "```", "://", ". ", "`\n", "asap "] {
            let _ = words(&[&text.repeat(20_000)]);
        }
    }
}
