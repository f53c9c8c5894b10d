//! Decoded text made safe to keep: no control characters, nothing invisible, no endless length.

use crate::text;

/// One line: control characters and invisible ones dropped, white space folded to single spaces, trimmed, and cut to
/// `limit` characters.
pub fn line(text: &str, limit: usize) -> String {
    let mut out = String::with_capacity(text.len().min(limit));
    let (mut gap, mut chars) = (false, 0);
    for c in visible(text) {
        if c.is_whitespace() {
            gap = !out.is_empty();
            continue;
        }
        if chars >= limit {
            break;
        }
        if gap {
            out.push(' ');
            chars += 1;
            gap = false;
        }
        out.push(c);
        chars += 1;
    }
    out
}

/// Several lines: as [`line`], but line feeds stay, white space at line ends goes, and of empty lines in a row one
/// stays. Indentation is kept as it is, because programs and tables live by it.
pub fn lines(text: &str) -> String {
    let text = text.replace("\r\n", "\n").replace(['\r', '\u{2028}', '\u{2029}', '\u{b}', '\u{c}', '\u{85}'], "\n");
    let mut out = String::with_capacity(text.len());
    let mut empty = 0;
    for raw in text.split('\n') {
        let kept: String = visible(raw).map(|c| if c.is_whitespace() { ' ' } else { c }).collect();
        let kept = if kept == "-- " { kept.as_str() } else { kept.trim_end() };
        if kept.is_empty() {
            empty += 1;
            continue;
        }
        if !out.is_empty() {
            out.push_str(if empty > 0 { "\n\n" } else { "\n" });
        }
        empty = 0;
        out.push_str(kept);
    }
    out
}

/// Cuts to at most `limit` octets at a character's edge.
pub fn cut(text: &mut String, limit: usize) -> bool {
    if text.len() <= limit {
        return false;
    }
    let kept = text::first_bytes(text, limit).len();
    text.truncate(kept);
    true
}

/// The characters that can be seen. Zero-width joiners stay where they join letters that need them (emoji, Persian,
/// Indic scripts) and go where they only hide a word or pad a preview line.
fn visible(text: &str) -> impl Iterator<Item = char> + '_ {
    let mut before = ' ';
    let mut rest = text.chars().peekable();
    std::iter::from_fn(move || {
        loop {
            let c = rest.next()?;
            if matches!(c, '\u{200c}' | '\u{200d}') {
                let joins = joinable(before) && rest.peek().copied().is_some_and(joinable);
                before = c;
                if joins {
                    return Some(c);
                }
            } else if !is_invisible(c) {
                before = c;
                return Some(c);
            }
        }
    })
}

fn joinable(c: char) -> bool {
    !c.is_ascii() && !c.is_whitespace() && !is_invisible(c)
}

/// Whether a character is not kept: one that nobody sees, or a control that is no white space.
pub fn is_invisible(c: char) -> bool {
    text::is_invisible(c) || (c.is_control() && !matches!(c, '\t' | '\n' | '\r'))
}

#[cfg(test)]
mod tests {
    use super::{cut, line, lines};

    #[test]
    fn a_line_has_no_controls_and_nothing_hidden() {
        let check = |input: &str, expected: &str| assert_eq!(line(input, 100), expected);
        check(" a\r\n\tb \u{7}c ", "a b c");
        check("ur\u{200b}gent\u{202e}\u{ad}!", "urgent!");
        check("\u{34f}\u{200c}\u{34f} x \u{200c}", "x");
        check("\u{1f469}\u{200d}\u{1f4bb}", "\u{1f469}\u{200d}\u{1f4bb}");
        check("no\u{200c}w", "now");
        assert_eq!(line("äöü", 2), "äö");
    }

    #[test]
    fn lines_keep_their_breaks_and_their_indentation() {
        let check = |input: &str, expected: &str| assert_eq!(lines(input), expected);
        check("\r\n\r\na \r\n\r\n\r\n  b\u{2028}c\r", "a\n\n  b\nc");
        check("a\n-- \nb", "a\n-- \nb");
        check("\u{a0}\n\u{200b}\n", "");
    }

    #[test]
    fn cuts_between_letters() {
        let mut text = String::from("aü");
        assert!(cut(&mut text, 2));
        assert_eq!(text, "a");
    }
}
