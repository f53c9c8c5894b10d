//! Footers: what list servers, newsletters, virus scanners and lawyers put below a text.

use super::phrases;

/// A paragraph longer than this is text, whatever phrases are in it.
const MAX_FOOTER_BYTES: usize = 2_500;
/// Footers under one text.
const MAX_FOOTERS: usize = 12;
/// A notice of confidentiality is long; a sentence that says "confidential" is somebody's.
const MIN_NOTICE_BYTES: usize = 90;

/// Takes footers off the end, paragraph by paragraph, while text with letters is left above them.
pub fn trim(lines: &mut Vec<&str>) {
    for _ in 0..MAX_FOOTERS {
        trim_empty(lines);
        let start = lines.iter().rposition(|line| line.is_empty() || is_rule(line)).map_or(0, |at| at + 1);
        let Some((above, paragraph)) = lines.split_at_checked(start) else { return };
        if !above.iter().any(|line| has_letters(line)) || !is_footer(paragraph) {
            // A ruler at the very end belongs to nothing.
            if paragraph.is_empty() && above.last().is_some_and(|line| is_rule(line)) && start > 1 {
                lines.truncate(start - 1);
                continue;
            }
            return;
        }
        lines.truncate(start);
        trim_empty(lines);
        while lines.last().is_some_and(|line| is_rule(line) || matches!(*line, "--" | "-- " | "—" | "– ")) {
            lines.pop();
            trim_empty(lines);
        }
    }
}

/// Whether a list's footer begins at this ruler: a phrase of one stands right below it, and little else follows.
pub fn begins(lines: &[&str]) -> bool {
    let Some((ruler, below)) = lines.split_first() else { return false };
    let written = below.iter().filter(|line| !line.is_empty()).count();
    if !is_rule(ruler) || written == 0 || written > 20 {
        return false;
    }
    // Of two blocks under rulers the first may be an advertisement of the list's host (SourceForge, Yahoo).
    let blocks = below.split(|line| is_rule(line)).filter(|block| !block.is_empty()).take(2);
    blocks.map(|block| block.iter().take(6).copied().collect::<Vec<_>>()).any(|block| is_footer(&block))
}

/// Whether a line is drawn rather than written: twenty or more of the same mark.
pub fn is_rule(line: &str) -> bool {
    let line = line.trim();
    let Some(first) = line.chars().next() else { return false };
    let drawn = matches!(first, '_' | '-' | '=' | '*' | '~' | '#' | '+' | '\u{2014}' | '\u{2500}' | '\u{2550}');
    drawn && line.chars().filter(|&c| c == first).count() >= 20 && !line.chars().any(char::is_alphanumeric)
}

/// Whether these lines together read like a footer.
fn is_footer(paragraph: &[&str]) -> bool {
    let size: usize = paragraph.iter().map(|line| line.len() + 1).sum();
    if paragraph.is_empty() || size > MAX_FOOTER_BYTES {
        return false;
    }
    let lower = paragraph.join("\n").to_lowercase() + "\n";
    let has = |phrase: &&str| lower.contains(phrase);
    let joined = lower.replace('\n', " ");
    phrases::FOOTERS.iter().any(|phrase| lower.contains(phrase) || joined.contains(phrase))
        || phrases::REGISTER.iter().filter(|phrase| has(phrase)).count() >= 2
        || size >= MIN_NOTICE_BYTES
            && phrases::CONFIDENTIAL.iter().any(|(word, with)| has(word) && with.iter().any(has))
}

fn trim_empty(lines: &mut Vec<&str>) {
    while lines.last().is_some_and(|line| line.is_empty()) {
        lines.pop();
    }
}

fn has_letters(line: &str) -> bool {
    line.chars().any(char::is_alphanumeric)
}

#[cfg(test)]
mod tests {
    use super::{begins, trim};

    fn check(text: &str, expected: &str) {
        let mut lines: Vec<&str> = text.lines().collect();
        trim(&mut lines);
        assert_eq!(lines.join("\n"), expected);
    }

    #[test]
    fn footers_go() {
        check("Hi\n\nTo unsubscribe, visit example.org", "Hi");
        check("Hi\n\n--\nYou received this message because you are\nsubscribed to the group.\n", "Hi");
        check("Hi\n\n© 2027 Example Ltd. All rights reserved.\n\nUnsubscribe | Privacy policy", "Hi");
        let notice = "This e-mail and any attachments are confidential and may be read by the intended recipient \
                      only. If that is not you, delete it.";
        check(&format!("Hi\n\n{notice}"), "Hi");
        check("Hi\n\nSitz der Gesellschaft: Köln, Amtsgericht Köln HRB 1", "Hi");
    }

    #[test]
    fn text_stays() {
        check("Please unsubscribe me.", "Please unsubscribe me.");
        check("To unsubscribe, visit example.org", "To unsubscribe, visit example.org");
        check("Hi\n\nThis is confidential.", "Hi\n\nThis is confidential.");
        let long = format!("Hi\n\nto unsubscribe {}", "word ".repeat(600));
        check(&long, &long);
    }

    #[test]
    fn a_list_footer_begins_at_its_ruler() {
        let check = |text: &str, expected: bool| assert_eq!(begins(&text.lines().collect::<Vec<_>>()), expected);
        check("________________________________\nducks mailing list\nhttp://example.org/mailman/listinfo/ducks", true);
        check("--------------------------------\nChapter 2\nIt was a dark night.", false);
        check("--\nTo unsubscribe", false);
    }
}
