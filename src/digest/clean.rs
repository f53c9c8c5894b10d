//! Takes from text what could act on its surroundings: controls, marks of direction, invisible characters.

use unicode_normalization::char::is_combining_mark;

use crate::limits;

/// First strong isolate: what follows stands in its own direction (UAX #9 section 2.3).
const FSI: char = '\u{2068}';
/// Ends an isolate.
const PDI: char = '\u{2069}';

/// The text on one line: no controls, no marks of direction, nothing invisible, single blanks, at most `most` characters, of
/// which the last is an ellipsis where it was cut. May be empty.
pub fn line(text: &str, most: usize) -> String {
    let mut out = String::new();
    let (mut taken, mut blank, mut marks) = (0_usize, false, 0_usize);
    for c in text.chars() {
        if is_blank(c) {
            blank = true;
            continue;
        }
        if is_dropped(c) {
            continue;
        }
        marks = if is_combining_mark(c) { marks + 1 } else { 0 };
        if marks > limits::judgement::DIGEST_MARKS {
            continue;
        }
        let gap = usize::from(blank && !out.is_empty());
        if taken + gap + 1 > most {
            if taken >= most {
                out.pop();
            }
            out.truncate(out.trim_end().len());
            out.push('…');
            break;
        }
        if gap == 1 {
            out.push(' ');
        }
        blank = false;
        out.push(c);
        taken += gap + 1;
    }
    out
}

/// As [`line`], but of a file's name: what is cut is its middle, so that its ending stays to be seen.
pub fn file_name(name: &str, most: usize) -> String {
    let whole = line(name, limits::judgement::DIGEST_FIELD);
    let count = whole.chars().count();
    if count <= most {
        return whole;
    }
    let tail = most / 3;
    let head = most.saturating_sub(tail + 1);
    let front: String = whole.chars().take(head).collect();
    let back: String = whole.chars().skip(count - tail).collect();
    format!("{front}…{back}")
}

/// The text in an isolate where anything in it runs from right to left. Elsewhere an isolate would change nothing: what
/// [`line`] has cleaned cannot reach beyond its end without such a character.
pub fn isolate(text: &str) -> String {
    if text.chars().any(is_right_to_left) { format!("{FSI}{text}{PDI}") } else { text.to_owned() }
}

/// White space, and what looks like it: a blank Braille cell, the fillers of Hangul.
fn is_blank(c: char) -> bool {
    c.is_whitespace() || matches!(c, '\u{2800}' | '\u{3164}' | '\u{115f}' | '\u{1160}' | '\u{ffa0}')
}

/// Controls (C0, C1), direction marks, embeddings, isolates and what has no width.
fn is_dropped(c: char) -> bool {
    c.is_control()
        || matches!(
            c,
            '\u{ad}'
                | '\u{34f}'
                | '\u{61c}'
                | '\u{180b}'..='\u{180f}'
                | '\u{200b}'..='\u{200f}'
                | '\u{202a}'..='\u{202e}'
                | '\u{2060}'..='\u{206f}'
                | '\u{feff}'
                | '\u{fff0}'..='\u{fffb}'
                | '\u{1d173}'..='\u{1d17a}'
                | '\u{e0000}'..='\u{e0fff}'
        )
}

/// Letters and digits of the scripts that run from right to left (UAX #9: R, AL, AN).
fn is_right_to_left(c: char) -> bool {
    matches!(
        c,
        '\u{590}'..='\u{8ff}'
            | '\u{fb1d}'..='\u{fdff}'
            | '\u{fe70}'..='\u{fefe}'
            | '\u{10800}'..='\u{10fff}'
            | '\u{1e800}'..='\u{1efff}'
    )
}

#[cfg(test)]
mod tests {
    use super::{file_name, isolate, line};

    #[track_caller]
    fn check(input: &str, expected: &str) {
        assert_eq!(line(input, 200), expected);
    }

    #[test]
    fn one_line_stays() {
        check("a\r\nBcc: b\u{85}c\u{2028}d\te", "a Bcc: b c d e");
        check("  a  b  ", "a b");
        check("\u{0}\u{1b}[31mred\u{7f}", "[31mred");
        check("", "");
        check("\r\n\r\n", "");
    }

    #[test]
    fn nothing_invisible_stays() {
        check("gpj.\u{202e}exe\u{202c}", "gpj.exe");
        check("p\u{200b}ay\u{feff}p\u{ad}al\u{2066}\u{2069}", "paypal");
        check("\u{3164}\u{2800}x", "x");
    }

    #[test]
    fn towers_of_marks_are_cut_down() {
        check(&format!("Z{}o", "\u{30d}".repeat(50)), &format!("Z{}o", "\u{30d}".repeat(4)));
        check("Việt, ที่นี่, שָׁלוֹם", "Việt, ที่นี่, שָׁלוֹם");
    }

    #[test]
    fn what_is_too_long_is_cut_by_characters() {
        assert_eq!(line("äöüäöü", 4), "äöü…");
        assert_eq!(line("ab cd", 3), "ab…");
        assert_eq!(line("abc", 3), "abc");
        assert_eq!(line(&"x".repeat(3_000_000), 200).chars().count(), 200);
        assert_eq!(file_name("a-very-long-name-of-a-report.final.pdf.exe", 20), "a-very-long-n…df.exe");
    }

    #[test]
    fn only_what_runs_from_right_to_left_is_isolated() {
        assert_eq!(isolate("Ada"), "Ada");
        assert_eq!(isolate("日本"), "日本");
        assert_eq!(isolate("עדה"), "\u{2068}עדה\u{2069}");
    }
}
