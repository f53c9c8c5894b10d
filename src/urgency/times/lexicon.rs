//! The words of time of all languages, by their first word.

use std::cmp::Reverse;
use std::collections::HashMap;
use std::sync::LazyLock;

use super::word::{Table, Word};
use super::{de, en, es, fr, it, pt, zones};
use crate::urgency::quick::Quick;

/// The languages, in the order in which they are tried.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Language {
    /// English.
    En,
    /// German.
    De,
    /// French.
    Fr,
    /// Spanish.
    Es,
    /// Portuguese.
    Pt,
    /// Italian.
    It,
}

impl Language {
    /// All of them.
    pub const ALL: [Self; 6] = [Self::En, Self::De, Self::Fr, Self::Es, Self::Pt, Self::It];

    fn tables(self) -> [Table; 3] {
        let (own, zones) = match self {
            Self::En => (en::TABLE, zones::ENGLISH),
            Self::De => (de::TABLE, NONE),
            Self::Fr => (fr::TABLE, NONE),
            Self::Es => (es::TABLE, NONE),
            Self::Pt => (pt::TABLE, NONE),
            Self::It => (it::TABLE, NONE),
        };
        [own, zones, zones::TABLE]
    }
}

const NONE: Table = &[];

/// A set of languages, a bit each.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Languages(u8);

impl Languages {
    /// With one more.
    pub fn with(self, language: Language) -> Self {
        Self(self.0 | 1 << language as u8)
    }

    /// Those that are in one of them.
    pub fn or(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Those that are in both.
    pub fn and(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    /// Whether it is one of them.
    pub fn has(self, language: Language) -> bool {
        self.0 & 1 << language as u8 != 0
    }

    /// Whether there is any.
    pub fn is_empty(self) -> bool {
        self.0 == 0
    }
}

/// A phrase, as it is written, and what it means.
type Entry = (&'static str, Word);

/// A first word, and what phrases begin with it.
#[derive(Clone, Copy, Debug, Default)]
pub struct Head {
    /// Where each language's phrases begin in `Lexicon::entries`, and where the last language's end.
    starts: [u16; Language::ALL.len() + 1],
    /// In which languages a time may begin with it.
    pub begins: Languages,
    /// In which it can be what a time cannot be without: a day, a unit, an hour in letters.
    pub core: Languages,
    /// In which it may stand before such a word: "next", "an".
    pub leads: Languages,
}

impl Head {
    /// The phrases of a language, the longest first.
    pub fn phrases(&self, language: Language) -> &'static [Entry] {
        let start = |index: usize| self.starts.get(index).map_or(0, |start| usize::from(*start));
        let language = language as usize;
        LEXICON.entries.get(start(language)..start(language + 1)).unwrap_or_default()
    }

    fn learn(&mut self, language: Language, word: Word) {
        let mark = |set: &mut Languages, is_in: bool| *set = if is_in { set.with(language) } else { *set };
        mark(&mut self.begins, word.may_begin());
        mark(&mut self.core, word.is_core());
        mark(&mut self.leads, matches!(word, Word::Article | Word::DayOf | Word::Which(_) | Word::Every));
    }
}

/// All languages in one list: of a list for each word and language most would be empty.
struct Lexicon {
    /// By first word, language, and length, the longest first.
    entries: Box<[Entry]>,
    heads: HashMap<&'static str, Head, Quick>,
}

static LEXICON: LazyLock<Lexicon> = LazyLock::new(|| {
    let of = |language: Language| {
        let words = language.tables().into_iter().flatten();
        words.flat_map(move |(word, phrases)| phrases.iter().map(move |phrase| (language, *phrase, *word)))
    };
    let mut all: Vec<(Language, &'static str, Word)> = Language::ALL.into_iter().flat_map(of).collect();
    all.sort_by_key(|(language, phrase, _)| (first_word(phrase), *language as usize, Reverse(phrase.len())));
    let mut heads: HashMap<&'static str, Head, Quick> = HashMap::default();
    for ((language, phrase, word), at) in all.iter().zip(0_u16..) {
        let head = heads
            .entry(first_word(phrase))
            .or_insert(Head { starts: [at; Language::ALL.len() + 1], ..Head::default() });
        head.starts.iter_mut().skip(*language as usize + 1).for_each(|start| *start = at + 1);
        head.learn(*language, *word);
    }
    Lexicon { entries: all.into_iter().map(|(_, phrase, word)| (phrase, word)).collect(), heads }
});

/// The first word there, where any phrase begins with it.
pub fn head(rest: &str) -> Option<&'static Head> {
    LEXICON.heads.get(first_word(rest))
}

/// The first word: letters, or digits with the letters and digits after them ("2moro"), or one sign. Of a longer word
/// than any phrase has only a beginning, which is in no table.
fn first_word(rest: &str) -> &str {
    let Some(first) = rest.chars().next() else { return "" };
    let mut bounded = rest.char_indices().take(FIRST_WORD_CHARS);
    let end = if first.is_alphabetic() {
        bounded.find(|(_, c)| !c.is_alphabetic())
    } else if first.is_ascii_digit() {
        bounded.find(|(_, c)| !c.is_alphanumeric())
    } else {
        return rest.get(..first.len_utf8()).unwrap_or_default();
    };
    let end = end.map(|(at, _)| at).or_else(|| rest.char_indices().nth(FIRST_WORD_CHARS).map(|(at, _)| at));
    rest.get(..end.unwrap_or(rest.len())).unwrap_or_default()
}

/// More than the first word of any phrase has.
const FIRST_WORD_CHARS: usize = 24;

/// Makes the tables ready.
pub fn prepare() {
    LazyLock::force(&LEXICON);
}

/// All phrases of all languages.
#[cfg(test)]
pub fn all_phrases() -> impl Iterator<Item = &'static &'static str> {
    Language::ALL.into_iter().flat_map(Language::tables).flatten().flat_map(|(_, phrases)| phrases.iter())
}
