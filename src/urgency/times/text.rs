//! A folded text with its words looked up once: where times may begin, and in which languages it seems to be written.

use super::lexicon::{self, Head, Language, Languages};

/// A folded text and what is known of its words.
#[derive(Debug)]
pub struct Text<'a> {
    /// The text.
    pub folded: &'a str,
    /// The first words of phrases, by where they stand, in octets.
    heads: Vec<(usize, &'static Head)>,
    /// For each octet which of them stands there, counted from 1; 0: none.
    places: Vec<u32>,
    /// Where a time may begin, in order, and in which languages it is to be read there.
    pub anchors: Vec<(usize, Languages)>,
    /// The languages that may be the text's own: those with half as many of its words as the one with the most.
    pub own: Languages,
}

/// So far behind the beginning of a time, in octets, stands its number, its day or its unit.
const CORE_WITHIN: usize = 48;

impl<'a> Text<'a> {
    /// Looks up each word once. Linear in the text.
    pub fn new(folded: &'a str) -> Self {
        let (heads, anchors, places) = (Vec::new(), Vec::new(), vec![0; folded.len()]);
        let mut text = Self { folded, heads, places, anchors, own: Languages::default() };
        let mut numbers = Vec::new();
        let mut before = None;
        for (at, c) in folded.char_indices() {
            let previous = before.replace(c);
            if !begins_word(previous, c) {
                continue;
            }
            let head = lexicon::head(folded.get(at..).unwrap_or_default());
            if let Some(head) = head {
                text.heads.push((at, head));
                if let (Some(place), Ok(count)) = (text.places.get_mut(at), u32::try_from(text.heads.len())) {
                    *place = count;
                }
            }
            let starts = !previous.is_some_and(char::is_alphanumeric) && !is_inside(folded, at, c);
            if starts && c.is_ascii_digit() {
                numbers.push(text.anchors.len());
                text.anchors.push((at, head.map_or(Languages::default(), |head| head.begins)));
            } else if let Some(head) = head.filter(|head| starts && !head.begins.is_empty()) {
                text.anchors.push((at, head.begins));
            }
        }
        text.own = text.languages();
        for number in numbers {
            text.read_number(number);
        }
        text.keep_those_before_a_core();
        text
    }

    /// The first word of phrases that stands at an octet.
    pub fn head(&self, at: usize) -> Option<&'static Head> {
        self.heads.get(self.index(at)?).map(|(_, head)| *head)
    }

    fn index(&self, at: usize) -> Option<usize> {
        usize::try_from(*self.places.get(at)?).ok()?.checked_sub(1)
    }

    /// Whether a moment or a length may begin at an octet: a number, a day, a unit, or a word that leads to one.
    pub fn begins_time(&self, at: usize, language: Language) -> bool {
        const NEAR: (usize, usize) = (3, 24);
        let is_digit = |octet: &u8| octet.is_ascii_digit();
        let octets = self.folded.as_bytes().get(at..).unwrap_or_default();
        if octets.first().is_some_and(is_digit) {
            return true;
        }
        let Some(found) = self.index(at) else { return false };
        let mut near = self.heads.iter().skip(found).take(NEAR.0 + 1);
        match near.next() {
            Some((_, head)) if head.core.has(language) => true,
            Some((_, head)) if head.leads.has(language) => {
                near.any(|(_, head)| head.core.has(language)) || octets.iter().take(NEAR.1).any(is_digit)
            }
            _ => false,
        }
    }

    /// Those with half as many words as the one with the most.
    fn languages(&self) -> Languages {
        let count = |language| self.heads.iter().filter(|(_, head)| !head.phrases(language).is_empty()).count();
        let counts = Language::ALL.map(|language| (language, count(language)));
        let most = counts.iter().map(|(_, count)| *count).max().unwrap_or(0);
        let own = counts.into_iter().filter(|(_, count)| count * 2 >= most);
        own.fold(Languages::default(), |all, (language, _)| all.with(language))
    }

    /// A number is read in the text's own languages and in those that know the word behind it.
    fn read_number(&mut self, anchor: usize) {
        let Some((at, languages)) = self.anchors.get(anchor).copied() else { return };
        let next = self.heads.partition_point(|(head, _)| *head <= at);
        let near = self.heads.get(next).filter(|(head, _)| head.saturating_sub(at) <= NUMBER_OCTETS);
        let known = near.map_or(Languages::default(), |(_, head)| {
            let has = |language: &Language| !head.phrases(*language).is_empty();
            Language::ALL.into_iter().filter(has).fold(Languages::default(), Languages::with)
        });
        if let Some(slot) = self.anchors.get_mut(anchor) {
            slot.1 = languages.or(self.own).or(known);
        }
    }

    /// Drops the beginnings that no number, day or unit of the same language follows soon: most prepositions of a text.
    fn keep_those_before_a_core(&mut self) {
        let (heads, folded) = (&self.heads, self.folded);
        let mut cores = [usize::MAX; Language::ALL.len()];
        let mut left = heads.len();
        for (at, languages) in self.anchors.iter_mut().rev() {
            while let Some((core, head)) = left.checked_sub(1).and_then(|it| heads.get(it)).filter(|it| it.0 >= *at) {
                for (language, slot) in Language::ALL.into_iter().zip(&mut cores) {
                    if head.core.has(language) {
                        *slot = *core;
                    }
                }
                left -= 1;
            }
            if folded.as_bytes().get(*at).is_some_and(u8::is_ascii_digit) {
                cores = [*at; Language::ALL.len()];
            }
            let near = |(_, core): &(Language, usize)| core.saturating_sub(*at) <= CORE_WITHIN;
            let near = Language::ALL.into_iter().zip(cores).filter(near);
            *languages = languages.and(near.fold(Languages::default(), |all, (language, _)| all.with(language)));
        }
        self.anchors.retain(|(_, languages)| !languages.is_empty());
    }
}

/// "12:34:56.789 " is no longer.
const NUMBER_OCTETS: usize = 13;

/// Whether a word, a number, or a sign that stands for a word begins there.
fn begins_word(previous: Option<char>, c: char) -> bool {
    if c.is_alphabetic() {
        return !previous.is_some_and(char::is_alphabetic);
    }
    if c.is_ascii_digit() {
        return !previous.is_some_and(|c| c.is_ascii_digit());
    }
    matches!(c, '@' | '&' | '\'' | '%')
}

/// Whether it is inside an address, a price, a path, a version: "joe@5", "$7", "1.5", "sub-5".
fn is_inside(folded: &str, at: usize, first: char) -> bool {
    let mut before = folded.get(..at).unwrap_or_default().chars().rev();
    let Some(mark) = before.next() else { return false };
    if matches!(mark, '@' | '_' | '/' | '\\' | '=' | '&' | '#' | '$' | '€' | '£' | '+' | '%') {
        return true;
    }
    let joins = if first.is_ascii_digit() { matches!(mark, '.' | ',' | '-' | ':' | '\'') } else { mark == '-' };
    joins && before.next().is_some_and(char::is_alphanumeric)
}
