//! Text made safe to show and fit to compare: folding, cleaning, excerpts, whole words.

pub mod utf7;

use std::ops::Range;

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

use crate::limits;

/// Folds a text for comparison: two texts that a reader takes for the same words fold to the same string.
///
/// In this order: invisible characters and variation selectors go; NFKC (`ＡＢＣ` is `abc`); lower case by Unicode's full mapping, without
/// context, so `GRÜN` is `grün`; `ß` is `ss`, as in full case folding, because `STRASSE` is how `Straße` shouts; final
/// sigma is sigma; the Turkish `İ` and `ı` are `i`; typographic quotes, apostrophes and dashes are the ASCII ones; each
/// run of whitespace, line ends included, is one space, because a phrase may be wrapped; none at either end.
///
/// Takes linear time. The result may be longer than the input (U+FDFA becomes 18 characters), never more than 18 times
/// as many characters. It loses detail: for comparing only, never for showing, and never for addresses, where `＠` and
/// `@` are not the same.
pub fn fold(text: &str) -> String {
    let mut folded = Folded { text: String::with_capacity(text.len()), space: false };
    let mut rest = text;
    while !rest.is_empty() {
        // Most of most texts is ASCII, which is in normal form. What stands right before another character may melt with it.
        let ascii = rest.bytes().position(|byte| !byte.is_ascii()).map_or(rest.len(), |at| at.saturating_sub(1));
        let (plain, other) = rest.split_at_checked(ascii).unwrap_or(("", rest));
        folded.push_ascii(plain);
        let begun = other.bytes().position(|byte| !byte.is_ascii()).unwrap_or(other.len());
        let end =
            other.bytes().skip(begun).position(|byte| byte.is_ascii()).map_or(other.len(), |length| begun + length);
        let (other, after) = other.split_at_checked(end).unwrap_or((other, ""));
        let seen = other.chars().filter(|&c| !is_invisible(c) && !is_variation(c));
        calm(seen).nfkc().flat_map(lower).nfc().for_each(|c| folded.push(c));
        rest = after;
    }
    folded.text
}

/// A folded text as it grows.
struct Folded {
    text: String,
    /// Whether a space is due before the next character.
    space: bool,
}

impl Folded {
    fn push_ascii(&mut self, text: &str) {
        for (spaces, word) in text.split(char::is_whitespace).enumerate() {
            self.space |= spaces > 0;
            if word.is_empty() {
                continue;
            }
            self.put_space();
            let start = self.text.len();
            self.text.push_str(word);
            self.text.get_mut(start..).unwrap_or_default().make_ascii_lowercase();
        }
    }

    fn push(&mut self, c: char) {
        if c.is_whitespace() {
            self.space = true;
            return;
        }
        self.put_space();
        self.text.push(c);
    }

    fn put_space(&mut self) {
        if self.space && !self.text.is_empty() {
            self.text.push(' ');
        }
        self.space = false;
    }
}

/// One character in lower case, with the exceptions that `fold` promises.
fn lower(c: char) -> impl Iterator<Item = char> {
    let (first, second) = match c {
        'ß' | 'ẞ' => ('s', Some('s')),
        'ς' => ('σ', None),
        'İ' | 'ı' => ('i', None),
        '‘' | '’' | '‛' | 'ʼ' | '′' => ('\'', None),
        '“' | '”' | '„' | '‟' | '«' | '»' => ('"', None),
        '‐' | '‑' | '‒' | '–' | '—' | '―' | '−' => ('-', None),
        other => (other, None),
    };
    // What is lower case already stays so: 'i' and 's' above go through unharmed.
    first.to_lowercase().chain(second)
}

/// Makes a text one clean line: no control, invisible or direction-changing character, each run of whitespace or line
/// ends one space, none at either end, no pile of more than [`limits::ground::COMBINING_RUN`] combining marks.
///
/// Joiners (U+200C, U+200D) go too: a joined emoji falls apart into its members, a Persian word keeps its letters.
pub fn clean_line(text: &str) -> String {
    let mut line = String::with_capacity(text.len());
    let mut space = false;
    for c in calm(text.chars().filter(|&c| !is_invisible(c))) {
        if c.is_whitespace() || is_line_end(c) {
            space = true;
            continue;
        }
        if c.is_control() {
            continue;
        }
        if space && !line.is_empty() {
            line.push(' ');
        }
        space = false;
        line.push(c);
    }
    line
}

/// Makes a text clean and keeps its lines: every kind of line end (CRLF, CR, U+0085, U+2028, U+2029, vertical tab, form
/// feed) is `\n`, a tab is a space, and what [`clean_line`] takes out is gone. Other spaces stay as they are.
pub fn clean_text(text: &str) -> String {
    let mut clean = String::with_capacity(text.len());
    let mut after_cr = false;
    for c in calm(text.chars().filter(|&c| !is_invisible(c))) {
        match c {
            '\n' if after_cr => {}
            c if is_line_end(c) => clean.push('\n'),
            '\t' => clean.push(' '),
            c if c.is_control() => {}
            c => clean.push(c),
        }
        after_cr = c == '\r';
    }
    clean
}

/// The beginning of a text on one clean line of at most `chars` characters: whole words, and `…` where something is
/// left out. A word longer than half the room (and any text in a script without spaces) is cut inside, before a
/// character that can stand alone. Empty when `chars` is 0.
///
/// Reads no more of the text than it needs.
pub fn excerpt(text: &str, chars: usize) -> String {
    // Whitespace shrinks, invisible characters go: a few times the room is enough of any sane text.
    let enough = chars.saturating_mul(8).saturating_add(64);
    let line = clean_line(first_chars(text, enough));
    let whole = line.chars().count() <= chars && first_chars(text, enough).len() == text.len();
    if whole {
        return line;
    }
    let Some(room) = chars.checked_sub(1) else { return String::new() };
    let cut = first_chars(&line, room);
    let next = line.get(cut.len()..).and_then(|rest| rest.chars().next());
    let cut = match next {
        None | Some(' ') => cut,
        Some(_) => match cut.rsplit_once(' ') {
            Some((words, _)) if words.chars().count() >= room / 2 => words,
            _ => before_marks(cut, next),
        },
    };
    format!("{}…", cut.trim_end())
}

/// `cut` without its last character when `next` is a mark that belongs to it.
fn before_marks(cut: &str, next: Option<char>) -> &str {
    if !next.is_some_and(is_mark) {
        return cut;
    }
    let bare = cut.trim_end_matches(is_mark);
    let mut chars = bare.chars();
    chars.next_back();
    chars.as_str()
}

/// Bytes as lower case hexadecimal digits.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The first `chars` characters of a text.
pub fn first_chars(text: &str, chars: usize) -> &str {
    text.char_indices().nth(chars).and_then(|(at, _)| text.get(..at)).unwrap_or(text)
}

/// The last `chars` characters of a text.
pub fn last_chars(text: &str, chars: usize) -> &str {
    match chars.checked_sub(1) {
        Some(before) => text.char_indices().nth_back(before).and_then(|(at, _)| text.get(at..)).unwrap_or(text),
        None => "",
    }
}

/// The first `bytes` bytes of a text, or a few less, so that it ends between two characters.
pub fn first_bytes(text: &str, bytes: usize) -> &str {
    if text.len() <= bytes {
        return text;
    }
    (0..=bytes).rev().find_map(|at| text.get(..at)).unwrap_or_default()
}

/// Whether a folded text holds a folded word or phrase as whole words.
///
/// An edge is asked for only between two letters or digits of scripts that put spaces between words: `evil` is not in
/// `devilish`, `c++` is in `c++11`, and in Chinese, Japanese, Thai and their like a word is found anywhere. Korean
/// particles stick to the end of a noun, so there only the beginning is held to an edge. An empty phrase is in nothing.
///
/// Both must come from [`fold`]. Takes time linear in the two lengths, whatever they hold.
pub fn has_phrase(folded_hay: &str, folded_needle: &str) -> bool {
    // The search of std is many times faster than ours and settles nearly every case.
    if folded_needle.is_empty() || !folded_hay.contains(folded_needle) {
        return false;
    }
    let (Some(first), Some(last)) = (folded_needle.chars().next(), folded_needle.chars().next_back()) else {
        return false;
    };
    Occurrences::new(folded_hay, folded_needle)
        .any(|start| is_whole_between(folded_hay, start..start + folded_needle.len(), (first, last)))
}

/// Whether what stands there in a folded text are whole words, by the rule of [`has_phrase`].
pub fn is_whole(folded: &str, span: Range<usize>) -> bool {
    let words = folded.get(span.clone()).unwrap_or_default();
    let edges = words.chars().next().zip(words.chars().next_back());
    edges.is_some_and(|edges| is_whole_between(folded, span, edges))
}

fn is_whole_between(folded: &str, span: Range<usize>, (first, last): (char, char)) -> bool {
    let before = folded.get(..span.start).unwrap_or_default();
    let after = folded.get(span.end..).unwrap_or_default();
    let starts = before.chars().next_back().is_none_or(|c| is_edge(c, first));
    let ends = after.chars().next().is_none_or(|c| is_hangul(last) && is_hangul(c) || is_edge(last, c));
    starts && ends
}

/// Every place where the needle begins, overlapping ones too, by Knuth, Morris and Pratt: `a a` is twice in `xa a a`,
/// and only the second time with word edges.
struct Occurrences<'a> {
    hay: std::iter::Enumerate<std::str::Bytes<'a>>,
    needle: &'a [u8],
    /// For each length of a matched prefix, the length of its longest proper border.
    borders: Vec<usize>,
    matched: usize,
}

impl<'a> Occurrences<'a> {
    fn new(hay: &'a str, needle: &'a str) -> Self {
        let needle = needle.as_bytes();
        let mut borders = vec![0; needle.len() + 1];
        let mut border = 0;
        for (length, &byte) in needle.iter().enumerate().skip(1) {
            border = advance(needle, &borders, border, byte);
            if let Some(slot) = borders.get_mut(length + 1) {
                *slot = border;
            }
        }
        Self { hay: hay.bytes().enumerate(), needle, borders, matched: 0 }
    }
}

impl Iterator for Occurrences<'_> {
    type Item = usize;

    fn next(&mut self) -> Option<usize> {
        for (at, byte) in self.hay.by_ref() {
            self.matched = advance(self.needle, &self.borders, self.matched, byte);
            if self.matched == self.needle.len() {
                self.matched = self.borders.get(self.matched).copied().unwrap_or(0);
                return Some(at + 1 - self.needle.len());
            }
        }
        None
    }
}

/// How much of the needle matches after one more byte.
fn advance(needle: &[u8], borders: &[usize], mut matched: usize, byte: u8) -> usize {
    while matched > 0 && needle.get(matched) != Some(&byte) {
        matched = borders.get(matched).copied().unwrap_or(0);
    }
    if needle.get(matched) == Some(&byte) { matched + 1 } else { matched }
}

/// Whether a word may end at `left` and another begin at `right`.
pub fn is_edge(left: char, right: char) -> bool {
    if left.is_ascii_lowercase() && right.is_ascii_lowercase() {
        return false;
    }
    !(is_word(left) && is_word(right)) || is_spaceless(left) || is_spaceless(right)
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_' || is_mark(c)
}

fn is_hangul(c: char) -> bool {
    matches!(c, '\u{1100}'..='\u{11FF}' | '\u{3130}'..='\u{318F}' | '\u{A960}'..='\u{A97F}' | '\u{AC00}'..='\u{D7FF}')
}

/// Whether a character is of a script that puts no spaces between words (UAX #14's complex-context scripts, Han, kana, Yi).
fn is_spaceless(c: char) -> bool {
    c >= '\u{E00}'
        && matches!(c,
        '\u{0E00}'..='\u{0EFF}' // Thai, Lao
        | '\u{0F00}'..='\u{109F}' // Tibetan, Myanmar
        | '\u{1780}'..='\u{17FF}' | '\u{19E0}'..='\u{19FF}' // Khmer
        | '\u{1950}'..='\u{19DF}' | '\u{1A20}'..='\u{1AAF}' | '\u{AA80}'..='\u{AADF}' // Tai
        | '\u{1B00}'..='\u{1B7F}' | '\u{A980}'..='\u{A9FF}' | '\u{AA60}'..='\u{AA7F}' // Balinese, Javanese, Myanmar
        | '\u{2E80}'..='\u{2FDF}' | '\u{3005}'..='\u{3007}' | '\u{3021}'..='\u{3029}' // Han radicals and numerals
        | '\u{3040}'..='\u{312F}' | '\u{31A0}'..='\u{31BF}' | '\u{31F0}'..='\u{31FF}' // kana, Bopomofo
        | '\u{3400}'..='\u{4DBF}' | '\u{4E00}'..='\u{A4CF}' | '\u{F900}'..='\u{FAFF}' // Han, Yi
        | '\u{1B000}'..='\u{1B16F}' | '\u{20000}'..='\u{3FFFD}')
}

/// Whether a character is seen by nobody and can change what is seen, or hide a word from a rule.
///
/// Directions (U+202A-202E, 2066-2069, 200E, 200F, 061C), zero widths and joiners (200B-200D, 2060-2065, FEFF, 180E),
/// the soft hyphen, the grapheme joiner U+034F, deprecated format characters, Hangul fillers, two Khmer vowels, interlinear
/// annotations and tags. Variation selectors stay: emoji need them.
pub fn is_invisible(c: char) -> bool {
    // Nearly all characters of nearly all texts are decided by the first comparison.
    c >= '\u{AD}'
        && matches!(c,
        '\u{00AD}' | '\u{034F}' | '\u{061C}' | '\u{180E}' | '\u{FEFF}'
        | '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2060}'..='\u{206F}'
        | '\u{115F}' | '\u{1160}' | '\u{17B4}' | '\u{17B5}' | '\u{3164}' | '\u{FFA0}'
        | '\u{FFF9}'..='\u{FFFB}' | '\u{E0000}'..='\u{E00FF}' | '\u{E01F0}'..='\u{E0FFF}')
}

/// Whether a character says in which shape the one before it is shown.
fn is_variation(c: char) -> bool {
    matches!(c, '\u{FE00}'..='\u{FE0F}' | '\u{E0100}'..='\u{E01EF}')
}

fn is_line_end(c: char) -> bool {
    matches!(c, '\n' | '\r' | '\u{0B}' | '\u{0C}' | '\u{85}' | '\u{2028}' | '\u{2029}')
}

/// Whether a character belongs to the one before it. There is none below U+0300.
fn is_mark(c: char) -> bool {
    c >= '\u{300}' && is_combining_mark(c)
}

/// The characters with no more than [`limits::ground::COMBINING_RUN`] combining marks in a row.
fn calm(chars: impl Iterator<Item = char>) -> impl Iterator<Item = char> {
    let mut run = 0_usize;
    chars.filter(move |&c| {
        run = if is_mark(c) { run + 1 } else { 0 };
        run <= limits::ground::COMBINING_RUN
    })
}

#[cfg(test)]
mod tests {
    use unicode_normalization::UnicodeNormalization;

    use super::{clean_line, clean_text, excerpt, first_bytes, fold, has_phrase, last_chars};

    #[test]
    fn folds_what_reads_alike() {
        let check = |one: &str, other: &str| assert_eq!(fold(one), fold(other), "{one:?} and {other:?}");
        check("GRÜN", "grün");
        check("gru\u{308}n", "grün");
        check("STRASSE", "Straße");
        check("STRAẞE", "straße");
        check("ＵＲＧＥＮＴ", "urgent");
        check("ΟΔΟΣ", "οδος");
        check("ΟΔΟΣ", "οδοσ");
        check("İSTANBUL", "istanbul");
        check("ISPARTA", "ısparta");
        check("ﬁre", "FIRE");
        check("don’t", "don't");
        check("end\u{2011}of‑day", "END-OF-DAY");
        check("please\r\n  call", "please call");
        check(" ur\u{200B}ge\u{AD}nt\u{A0}", "urgent");
        check("❤\u{FE0F}", "❤");
        assert_ne!(fold("pаypal"), fold("paypal"), "a Cyrillic letter is another letter");
    }

    /// What is folded in pieces is what is folded whole.
    #[test]
    fn the_neighbours_of_a_character_change_nothing() {
        let whole = |text: &str| {
            let seen = text.chars().filter(|&c| !super::is_invisible(c) && !super::is_variation(c));
            let lower: String = super::calm(seen).nfkc().flat_map(super::lower).nfc().collect();
            lower.split_whitespace().collect::<Vec<_>>().join(" ")
        };
        let texts = [" {} b", "e{}\u{301}", "a\u{308}{}\u{308} B", "\u{1100}{}\u{1161}"];
        for c in '\0'..='\u{1FFFF}' {
            for text in texts {
                let text = text.replace("{}", c.encode_utf8(&mut [0; 4]));
                assert_eq!(fold(&text), whole(&text), "U+{:04X} in {text:?}", u32::from(c));
            }
        }
    }

    #[test]
    fn folding_twice_changes_nothing() {
        for text in ["ǅ ẞ İ ΐ ﷺ ½ ㎏", "A\u{308}\u{301}\u{323}", "Ω K Å", "ῼ ᾳ"] {
            assert_eq!(fold(&fold(text)), fold(text), "{text:?}");
        }
        for c in '\0'..='\u{1FFFF}' {
            let folded = fold(c.encode_utf8(&mut [0; 4]));
            assert_eq!(fold(&folded), folded, "U+{:04X}", u32::from(c));
        }
    }

    #[test]
    fn a_line_is_one_line() {
        let check = |text: &str, line: &str| assert_eq!(clean_line(text), line, "{text:?}");
        check("  Re:\thello\r\n world ", "Re: hello world");
        check("invoice\u{202E}fdp.exe", "invoicefdp.exe");
        check("a\u{2066}b\u{2069}c\u{200F}d\u{FEFF}e\u{34F}f\u{AD}g\u{61C}h", "abcdefgh");
        check("a\u{2028}b\u{2029}c\u{85}d\u{B}e\u{C}f", "a b c d e f");
        check("bell\u{7} esc\u{1B}[31m nul\0 c1\u{9B}", "bell esc[31m nul c1");
        check("tag\u{E0041}\u{E007F}", "tag");
        check("\n\r\t \u{200B}", "");
        check("Grüße 🎉 日本", "Grüße 🎉 日本");
        let pile = format!("e{}x", "\u{301}".repeat(500));
        assert_eq!(clean_line(&pile).chars().count(), 1 + 8 + 1);
    }

    #[test]
    fn a_text_keeps_its_lines() {
        let check = |text: &str, clean: &str| assert_eq!(clean_text(text), clean, "{text:?}");
        check("a\r\nb\rc\nd", "a\nb\nc\nd");
        check("a\r\n\r\nb\n\nc", "a\n\nb\n\nc");
        check("a\u{2028}b\u{85}c", "a\nb\nc");
        check("a\tb  c", "a b  c");
        check("a\u{202E}\u{0}\u{7F}b", "ab");
    }

    #[test]
    fn an_excerpt_ends_between_words() {
        let check = |text: &str, chars: usize, cut: &str| {
            assert_eq!(excerpt(text, chars), cut, "{text:?} to {chars}");
            assert!(excerpt(text, chars).chars().count() <= chars);
        };
        check("short", 5, "short");
        check("short\n", 5, "short");
        check("one two three", 13, "one two three");
        check("one two three", 12, "one two…");
        check("one two three", 9, "one two…");
        check("one two three", 8, "one two…");
        check("a\n\nb", 80, "a b");
        check("a incomprehensibilities", 10, "a incompr…");
        check("日本語の長い文章です", 5, "日本語の…");
        check("abcde\u{301}f", 6, "abcd…");
        check("anything", 1, "…");
        check("anything", 0, "");
        check("", 0, "");
        check("", 9, "");
        check(&"\u{200B}".repeat(100_000), 80, "…");
    }

    #[test]
    fn bytes_are_cut_between_characters() {
        assert_eq!(first_bytes("aéb", 2), "a");
        assert_eq!(first_bytes("aéb", 3), "aé");
        assert_eq!(first_bytes("é", 0), "");
        assert_eq!(first_bytes("é", 9), "é");
        assert_eq!(last_chars("aéb", 2), "éb");
        assert_eq!(last_chars("aéb", 0), "");
        assert_eq!(last_chars("aéb", 9), "aéb");
    }

    #[test]
    fn a_phrase_is_whole_words() {
        let check = |hay: &str, needle: &str, found: bool| {
            assert_eq!(has_phrase(&fold(hay), &fold(needle)), found, "{needle:?} in {hay:?}");
        };
        check("the evil one", "evil", true);
        check("devilish", "evil", false);
        check("evil", "evil", true);
        check("Please\nCALL me", "please call", true);
        check("sev_1", "sev", false);
        check("sev-1", "sev", true);
        check("sev12", "sev1", false);
        check("c++11", "C++", true);
        check("[JIRA]x", "[jira]", true);
        check("xa a a", "a a", true);
        check("xa ax", "a a", false);
        check("cafe\u{301}", "cafe", false);
        check("q\u{308}\u{323}x", "x", false);
        check("anything", "", false);
        check("", "word", false);
        check("明日の会議です", "会議", true);
        check("พรุ่งนี้ประชุมด่วน", "ประชุม", true);
        check("至急urgentです", "urgent", true);
        check("내일 회의가 있습니다", "회의", true);
        check("긴급회의", "회의", false);
        check("दूरभाष", "दूर", false);
    }

    #[test]
    fn a_hostile_text_takes_linear_time() {
        // Quadratic work on these would be 10^11 steps: the test would never end.
        let hay = "a".repeat(400_000);
        assert!(!has_phrase(&format!("{hay}x"), &"a".repeat(200_000)));
        assert!(!has_phrase(&hay, &format!("{}b", "a".repeat(200_000))));
    }
}
