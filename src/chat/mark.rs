//! Marks that services write into texts: code, quotations, and names behind an at sign. What they have in common.

use super::event::Mentions;
use crate::limits;

/// A text as Markdown and its relatives write it, without quotations and code: those are words of others. Where nothing else
/// was written they are the message.
pub fn plain(text: &str) -> String {
    let plain = without_code(&without_quotes(text));
    let plain = plain.trim();
    if plain.is_empty() { unmarked(text) } else { plain.to_owned() }
}

/// A text without the marks of quotations and code around its words.
fn unmarked(text: &str) -> String {
    let lines = text.lines().map(|line| line.trim_start_matches([' ', '>']));
    lines.collect::<Vec<_>>().join("\n").replace("```", "").trim().to_owned()
}

/// A text without the lines that begin with `>`.
pub fn without_quotes(text: &str) -> String {
    text.split_inclusive('\n').filter(|line| !line.trim_start_matches(' ').starts_with('>')).collect()
}

/// HTML without its `blockquote` elements, whatever is nested in them. One that nothing closes goes to the end.
pub fn without_blockquotes(html: &str) -> String {
    let mut out = String::with_capacity(html.len());
    let mut depth = 0_usize;
    for (index, piece) in html.split('<').enumerate() {
        let is_tag = |name: &str| index > 0 && begins_with_tag(piece, name);
        if is_tag("blockquote") {
            depth += 1;
        } else if is_tag("/blockquote") {
            depth = depth.saturating_sub(1);
            let after = piece.split_once('>').map_or("", |(_, after)| after);
            out.push_str(if depth == 0 { after } else { "" });
        } else if depth == 0 {
            out.push_str(if index > 0 { "<" } else { "" });
            out.push_str(piece);
        }
    }
    out
}

fn begins_with_tag(piece: &str, name: &str) -> bool {
    let (tag, rest) = piece.split_at_checked(name.len()).unwrap_or(("", ""));
    tag.eq_ignore_ascii_case(name) && !rest.starts_with(|c: char| c.is_alphanumeric())
}

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

/// The names behind at signs, outside quotations, code and mail addresses: letters, digits, `.`, `_`, `-` and `/`.
pub fn at_names(text: &str) -> Vec<String> {
    let text = without_code(&without_quotes(text));
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

/// The values of an attribute of all tags of this name in a page, in double quotes as programs write them.
pub fn attributes<'h>(html: &'h str, (tag, name): (&str, &str)) -> Vec<&'h str> {
    let tags = html.split('<').skip(1).filter(|piece| begins_with_tag(piece, tag));
    let inside = tags.filter_map(|piece| piece.split('>').next());
    let value = |text: &'h str| text.strip_prefix(name)?.strip_prefix("=\"")?.split('"').next();
    let values = inside.filter_map(|text| text.split_ascii_whitespace().find_map(value));
    values.filter(|value| !value.is_empty()).take(limits::judgement::HOOK_LIST).collect()
}

#[cfg(test)]
mod tests {
    use super::{at_names, attributes, plain, without_blockquotes, without_code};

    #[test]
    fn quotations_are_words_of_others() {
        let check = |text: &str, expected: &str| assert_eq!(plain(text), expected, "{text}");
        check("> @ana look\n  > there\nyes", "yes");
        check("a > b", "a > b");
        check("> all of it\n> is quoted", "all of it\nis quoted");
        check("```\nall of it is code\n```", "all of it is code");
    }

    #[test]
    fn quoted_html_is_taken_out() {
        let check = |html: &str, expected: &str| assert_eq!(without_blockquotes(html), expected, "{html}");
        check("<p>a</p><blockquote class=\"x\">b<p>c</p></blockquote>d", "<p>a</p>d");
        check("<blockquote>a<BLOCKQUOTE>b</BLOCKQUOTE>c</blockquote>d", "d");
        check("a<blockquote>b", "a");
        check("a</blockquote>b < c<blockquotes>", "ab < c<blockquotes>");
    }

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
        check("> @ana asks\n@bob", &["bob"]);
    }
    #[test]
    fn attributes_stand_in_their_tags() {
        let check = |html: &str, expected: &[&str]| assert_eq!(attributes(html, ("a", "data-x")), expected, "{html}");
        check("<a href=\"y\" data-x=\"1\">one</a> and <A data-x=\"2\"/>", &["1", "2"]);
        check("<abbr data-x=\"1\"> <a y-data-x=\"1\"> <a data-x=1> <a data-x=\"\"> <a>data-x=\"1\"</a>", &[]);
        check("<a data-x=\"1", &["1"]);
    }
}
