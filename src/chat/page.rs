//! Pages: from the HTML of a message to its text, as it is read. Blocks are lines, nothing hidden is shown.

use mail_parser::decoders::html::add_html_token;

use crate::text;

/// Elements that begin and end a line.
const BLOCKS: [&str; 21] = [
    "blockquote",
    "br",
    "dd",
    "div",
    "dl",
    "dt",
    "figcaption",
    "figure",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "li",
    "ol",
    "p",
    "pre",
    "table",
    "tr",
    "ul",
];
/// Elements whose content is not shown.
const HIDDEN: [&str; 4] = ["head", "script", "style", "template"];
/// The longest entity: names have no more than 31 letters.
const ENTITY: usize = 32;

/// The text of a page. What is no tag, as in `a < b`, is text.
pub fn text(html: &str) -> String {
    let mut page = Page::default();
    // What ends that which is not shown.
    let mut until: Option<&str> = None;
    for (index, piece) in html.split('<').enumerate() {
        let name = if index == 0 { "" } else { name(piece) };
        let after = piece.split_once('>').map_or("", |(_, after)| after);
        match until {
            Some("--") => match piece.split_once("-->") {
                Some((_, after)) => {
                    until = None;
                    page.words(after);
                }
                None => continue,
            },
            Some(end) if !is(name.strip_prefix('/'), end) => continue,
            Some(_) => {
                until = None;
                page.words(after);
            }
            None if index == 0 => page.words(piece),
            None if piece.starts_with("!--") => match piece.split_once("-->") {
                Some((_, after)) => page.words(after),
                None => until = Some("--"),
            },
            None if name.is_empty() => {
                page.words("<");
                page.words(piece);
            }
            None => {
                until = HIDDEN.into_iter().find(|hidden| is(Some(name), hidden));
                if BLOCKS.iter().any(|block| is(name.strip_prefix('/').or(Some(name)), block)) {
                    page.line();
                }
                if until.is_none() {
                    page.words(after);
                }
            }
        }
    }
    page.text.truncate(page.text.trim_end().len());
    page.text
}

/// The beginning of a page, of so many octets at most; a tag that would be cut is left out.
pub fn beginning(html: &str, octets: usize) -> &str {
    let cut = text::first_bytes(html, octets);
    let whole = if cut.len() < html.len() { cut.rfind(['<', '>']) } else { None };
    whole
        .filter(|at| cut.get(*at..).is_some_and(|rest| rest.starts_with('<')))
        .map_or(cut, |at| cut.get(..at).unwrap_or(cut))
}

fn is(name: Option<&str>, known: &str) -> bool {
    name.is_some_and(|name| name.eq_ignore_ascii_case(known))
}

/// The name of the tag that a piece begins with, its slash included; empty: it is no tag.
fn name(piece: &str) -> &str {
    let is_tag = piece.trim_start_matches('/').starts_with(|c: char| c.is_ascii_alphabetic() || c == '!' || c == '?');
    let end = piece.find(|c: char| !c.is_ascii_alphanumeric() && !matches!(c, '/' | '!' | '?')).unwrap_or(piece.len());
    // A tag of the kind that closes itself: `<br/>`.
    let name = piece.get(..end).unwrap_or_default();
    if is_tag { if name.len() > 1 { name.trim_end_matches('/') } else { name } } else { "" }
}

/// A text as it grows.
#[derive(Default)]
struct Page {
    text: String,
    /// Whether a space is due before the next character.
    space: bool,
}

impl Page {
    fn line(&mut self) {
        if !self.text.is_empty() && !self.text.ends_with('\n') {
            self.text.push('\n');
        }
        self.space = false;
    }

    /// Words with entities in them.
    fn words(&mut self, words: &str) {
        for (index, piece) in words.split('&').enumerate() {
            let entity = piece.split_once(';').filter(|(entity, _)| index > 0 && is_entity(entity));
            if let Some((entity, rest)) = entity {
                let mut letter = String::new();
                add_html_token(&mut letter, format!("&{entity};").as_bytes(), false);
                self.plain(&letter);
                self.plain(rest);
            } else {
                self.plain(if index > 0 { "&" } else { "" });
                self.plain(piece);
            }
        }
    }

    fn plain(&mut self, words: &str) {
        for c in words.chars() {
            if c.is_whitespace() {
                self.space = true;
                continue;
            }
            if self.space && !self.text.is_empty() && !self.text.ends_with('\n') {
                self.text.push(' ');
            }
            self.space = false;
            self.text.push(c);
        }
    }
}

fn is_entity(text: &str) -> bool {
    text.len() <= ENTITY && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'#')
}

#[cfg(test)]
mod tests {
    use super::{beginning, text};

    #[test]
    fn a_page_is_cut_between_its_tags() {
        let check = |html: &str, octets: usize, expected: &str| assert_eq!(beginning(html, octets), expected, "{html}");
        check("<p>ab</p>", 9, "<p>ab</p>");
        check("<p>ab</p>", 8, "<p>ab");
        check("<p>ab</p>", 6, "<p>ab");
        check("<p>ab</p>", 4, "<p>a");
        check("<p>ab</p", 99, "<p>ab</p");
        check("ää", 3, "ä");
    }

    #[test]
    fn words_stay_apart_and_blocks_are_lines() {
        let check = |html: &str, expected: &str| assert_eq!(text(html), expected, "{html}");
        check("<b>Ada</b> looks <i>up</i>.", "Ada looks up.");
        check("<div>one</div><div>two<br/>three</div>", "one\ntwo\nthree");
        check("<ul><li>one<li>two</ul>\n <p class='x'>end</p>", "one\ntwo\nend");
        check("a &lt; b &amp;amp; c&nbsp;d &nope; &#228; & e", "a < b &amp; c d &nope; ä & e");
        check("a < b <c>d</c> <", "a < b d <");
    }

    #[test]
    fn what_is_hidden_is_not_shown() {
        let check = |html: &str, expected: &str| assert_eq!(text(html), expected, "{html}");
        check("<style>p < q { x }</style>a<script>b('<p>')</script>c", "ac");
        check("a<!-- <p>b</p> -->c<!-- d", "ac");
        check("<HEAD><title>x</title></HEAD>y", "y");
        check("<p", "");
    }
}
