//! A place in a folded text, from which words and numbers are read in one language.

use super::lexicon::Language;
use super::text::Text;
use super::word::Word;

/// How a text is read: in which language, and whether that seems to be the text's own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Speech {
    /// The language.
    pub language: Language,
    /// Whether the text is written in it, as far as its little words tell. What is only half a hint of a time is taken
    /// for one only then.
    pub own: Own,
}

/// Whether a language is the text's own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Own {
    /// It is, or it may be.
    Yes,
    /// Another one has many more words in it.
    No,
}

/// A place in a text. Reading gives the place after what was read; the old one stays good.
#[derive(Clone, Copy, Debug)]
pub struct Cursor<'a> {
    text: &'a Text<'a>,
    /// In octets.
    pub at: usize,
    /// How it is read.
    pub speech: Speech,
}

/// Digits as they are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Digits {
    /// Their value.
    pub value: u16,
    /// How many they are, at most 4.
    pub count: usize,
}

impl<'a> Cursor<'a> {
    /// At an octet of a text.
    pub fn new(text: &'a Text<'a>, at: usize, speech: Speech) -> Self {
        Self { text, at, speech }
    }

    /// What is left to read.
    pub fn rest(self) -> &'a str {
        self.text.folded.get(self.at..).unwrap_or_default()
    }

    /// The next character.
    pub fn peek(self) -> Option<char> {
        self.rest().chars().next()
    }

    /// The character before it.
    pub fn before(self) -> Option<char> {
        self.text.folded.get(..self.at).and_then(|before| before.chars().next_back())
    }

    /// The character before it, and before a space.
    pub fn before_space(self) -> Option<char> {
        self.text.folded.get(..self.at).and_then(|before| before.trim_end_matches(' ').chars().next_back())
    }

    /// Whether "12:34:56" ends here.
    pub fn follows_seconds(self) -> bool {
        let before = self.text.folded.as_bytes().get(..self.at).unwrap_or_default();
        before.iter().rev().nth(2) == Some(&b':') && before.iter().rev().nth(5) == Some(&b':')
    }

    /// The word before it, where it is one of ASCII; at most a few letters are looked at.
    pub fn word_before(self) -> &'a str {
        const LETTERS: usize = 12;
        let before = self.text.folded.get(..self.at).unwrap_or_default().trim_end_matches(' ');
        let letters = before.bytes().rev().take(LETTERS).take_while(u8::is_ascii_alphabetic).count();
        before.get(before.len() - letters..).unwrap_or_default()
    }

    /// The place so many octets further on.
    pub fn ahead(self, octets: usize) -> Self {
        Self { at: self.at + octets, ..self }
    }

    /// The place at an octet.
    pub fn to(self, at: usize) -> Self {
        Self { at, ..self }
    }

    /// The place after one of these characters.
    pub fn eat(self, any: &[char]) -> Option<Self> {
        let next = self.peek().filter(|c| any.contains(c))?;
        Some(Self { at: self.at + next.len_utf8(), ..self })
    }

    /// The same, or the same place where there is none of them.
    pub fn skip(self, any: &[char]) -> Self {
        self.eat(any).unwrap_or(self)
    }

    /// The place after a space, if there is one: the next word's.
    pub fn next(self) -> Self {
        self.skip(&[' '])
    }

    /// Digits, no more than 4, with no digit after them.
    pub fn digits(self) -> Option<(Digits, Self)> {
        let rest = self.rest().as_bytes();
        let count = rest.iter().take(5).take_while(|byte| byte.is_ascii_digit()).count();
        if !(1..=4).contains(&count) {
            return None;
        }
        let value = rest.iter().take(count).fold(0_u16, |value, byte| value * 10 + u16::from(byte - b'0'));
        Some((Digits { value, count }, Self { at: self.at + count, ..self }))
    }

    /// The longest phrase of the language here for which `wanted` gives something.
    pub fn word<T>(self, wanted: impl Fn(Word) -> Option<T>) -> Option<(T, Self)> {
        let phrases = self.text.head(self.at)?.phrases(self.speech.language);
        let rest = self.rest();
        phrases.iter().find_map(|(phrase, word)| {
            let found = wanted(*word)?;
            let after = rest.strip_prefix(phrase)?;
            is_edge(phrase, after).then(|| (found, self.ahead(phrase.len())))
        })
    }

    /// The same of the next word: a space may stand before it.
    pub fn next_word<T>(self, wanted: impl Fn(Word) -> Option<T>) -> Option<(T, Self)> {
        self.next().word(wanted)
    }

    /// Whether a moment or a length may begin here; cheap.
    pub fn begins_time(self) -> bool {
        self.text.begins_time(self.at, self.speech.language)
    }

    /// Whether one of these words stands here.
    pub fn is(self, wanted: impl Fn(Word) -> bool) -> bool {
        self.word(|word| wanted(word).then_some(())).is_some()
    }
}

/// Whether a phrase ends where it is said to: not inside a word.
pub fn is_edge(phrase: &str, after: &str) -> bool {
    let (last, next) = (phrase.chars().next_back(), after.chars().next());
    match (last, next) {
        (Some(last), Some(next)) if last.is_alphabetic() => !next.is_alphabetic(),
        (Some(last), Some(next)) if last.is_ascii_digit() => !next.is_alphanumeric(),
        _ => true,
    }
}
