//! Marks that services write into texts: code, and names behind an at sign. What they have in common.

use super::event::Mentions;

/// A text without its fenced and inline code (backquotes), as Markdown and its relatives write it. An odd backquote opens
/// nothing.
pub fn without_code(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let fences: Vec<&str> = text.split("```").collect();
    for (index, piece) in fences.iter().enumerate() {
        // The last piece of an even number is behind a fence that nothing closes.
        let is_code = index % 2 == 1 && index + 1 < fences.len();
        if !is_code {
            plain_of_line(piece, &mut out);
        }
        out.push(' ');
    }
    out
}

fn plain_of_line(text: &str, out: &mut String) {
    for line in text.split_inclusive('\n') {
        let pieces: Vec<&str> = line.split('`').collect();
        for (index, piece) in pieces.iter().enumerate() {
            if index % 2 == 0 || index + 1 == pieces.len() {
                out.push_str(piece);
            }
        }
    }
}

/// The names behind at signs, outside code and outside mail addresses: letters, digits, `.`, `_`, `-` and `/`.
pub fn at_names(text: &str) -> Vec<String> {
    let text = without_code(text);
    let mut names = Vec::new();
    let mut before: Option<char> = None;
    for (index, piece) in text.split('@').enumerate() {
        if index > 0 && !before.is_some_and(|c| c.is_alphanumeric() || matches!(c, '.' | '_' | '-' | '/')) {
            let name: String =
                piece.chars().take_while(|c| c.is_alphanumeric() || matches!(c, '.' | '_' | '-' | '/')).collect();
            let name = name.trim_end_matches(['.', '-', '/']);
            if !name.is_empty() {
                names.push(name.to_owned());
            }
        }
        before = piece.chars().next_back().or(Some(' ').filter(|_| index == 0));
    }
    names
}

/// Names behind at signs as mentions, where everybody has these words.
pub fn mentions(text: &str, everybody: &[&str]) -> Mentions {
    let (broadcast, users) = at_names(text).into_iter().partition(|name| everybody.contains(&name.as_str()));
    Mentions { users, groups: Vec::new(), broadcast }
}

#[cfg(test)]
mod tests {
    use super::{at_names, without_code};

    #[test]
    fn code_is_taken_out() {
        let check = |text: &str, plain: &str| assert_eq!(without_code(text).trim(), plain, "{text}");
        check("a `@b` c", "a  c");
        check("a ```\n@b\n``` c", "a    c");
        check("it`s @b", "its @b");
        check("```open @b", "open @b");
    }

    #[test]
    fn names_stand_behind_an_at_sign() {
        let check = |text: &str, names: &[&str]| assert_eq!(at_names(text), names, "{text}");
        check("@ana and @here.", &["ana", "here"]);
        check("mail ana@example.org", &[]);
        check("(@a.b-c) @org/team", &["a.b-c", "org/team"]);
        check("`@ana` @@bob @", &["bob"]);
        check("x`@a` ```@b```@c", &["c"]);
    }
}
