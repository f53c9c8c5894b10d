//! Breaks text into lines of a width that is counted in columns of a terminal.

use unicode_normalization::char::is_combining_mark;

/// How many columns a text takes: combining marks none, wide characters two (UAX #11: W, F).
pub fn of(text: &str) -> usize {
    text.chars().map(width).sum()
}

/// The text in lines of at most `most` columns, the prefix before each counted in; the first line has one of its own, as
/// wide as the other. Lines break at blanks, and beside wide characters; a word that is longer than a line stays whole, so
/// that a URL does too. Never ends with a line feed.
pub fn wrap(text: &str, first: &str, prefix: &str, most: usize) -> String {
    let room = most.saturating_sub(of(prefix)).max(1);
    let mut out = String::from(first);
    let mut used = 0;
    for (piece, blank) in pieces(text) {
        let gap = usize::from(blank && used > 0);
        let wide = of(piece);
        if used > 0 && used + gap + wide > room {
            out.push('\n');
            out.push_str(prefix);
            used = 0;
        } else if gap == 1 {
            out.push(' ');
            used += 1;
        }
        out.push_str(piece);
        used += wide;
    }
    // A line of nothing but its prefix must not end in a blank: those are lost on the way or kept as `=20`.
    out.truncate(out.trim_end().len());
    out
}

/// What may stand on a line of its own, each with whether a blank stood before it.
fn pieces(text: &str) -> Vec<(&str, bool)> {
    let mut pieces = Vec::new();
    for word in text.split(' ').filter(|word| !word.is_empty()) {
        let (mut rest, mut blank) = (word, true);
        while let Some(at) = break_in(rest)
            && let Some((head, tail)) = rest.split_at_checked(at)
        {
            pieces.push((head, blank));
            (rest, blank) = (tail, false);
        }
        pieces.push((rest, blank));
    }
    pieces
}

/// The first place where a word may break: after a wide character, unless closing punctuation follows.
fn break_in(word: &str) -> Option<usize> {
    let mut chars = word.char_indices().peekable();
    while let Some((_, c)) = chars.next() {
        if let Some(&(at, next)) = chars.peek()
            && (width(c) == 2 || width(next) == 2)
            && width(next) > 0
            && !"、。，．：；！？）」』】〉》".contains(next)
            && !"（「『【〈《".contains(c)
        {
            return Some(at);
        }
    }
    None
}

fn width(c: char) -> usize {
    if is_combining_mark(c) || matches!(c, '\u{2066}'..='\u{2069}') {
        return 0;
    }
    match u32::from(c) {
        0x1100..=0x115f
        | 0x2e80..=0x303e
        | 0x3041..=0xa4cf
        | 0xa960..=0xa97f
        | 0xac00..=0xd7a3
        | 0xf900..=0xfaff
        | 0xfe30..=0xfe6f
        | 0xff00..=0xff60
        | 0xffe0..=0xffe6
        | 0x1f300..=0x1f64f
        | 0x1f900..=0x1f9ff
        | 0x20000..=0x3fffd => 2,
        _ => 1,
    }
}

#[cfg(test)]
mod tests {
    use super::{of, wrap};

    #[track_caller]
    fn check(text: &str, prefix: &str, expected: &str) {
        assert_eq!(wrap(text, prefix, prefix, 12), expected);
    }

    #[test]
    fn lines_break_at_blanks() {
        check("one two three four", "", "one two\nthree four");
        check("one two three", "  | ", "  | one two\n  | three");
        check("", "  | ", "  |");
    }

    #[test]
    fn long_words_stay_whole() {
        check("see https://example.org/path now", "", "see\nhttps://example.org/path\nnow");
    }

    #[test]
    fn wide_characters_count_two_and_may_part() {
        assert_eq!(of("日本e\u{301}"), 5);
        check("会議の資料を送ります。", "", "会議の資料を\n送ります。");
        check("あいうえおか。", "", "あいうえお\nか。");
    }
}
