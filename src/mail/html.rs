//! HTML to the text that a reader sees: hidden elements out, breaks kept, quotations marked, links' addresses left out.

use mail_parser::decoders::html::html_to_text;

use super::style::Look;
use crate::limits;

/// What an HTML part says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Page {
    /// The text; quoted lines begin with `> ` for each level.
    pub text: String,
    /// Whether all of it is hidden from readers, and stands here only so that nothing is lost.
    pub is_all_hidden: bool,
}

/// A page with fewer letters than this is one of pictures: what they say in words then belongs to the text.
const FEW_LETTERS: usize = 100;

/// Reads an HTML part, in time linear to its length.
pub fn read(html: &str) -> Page {
    let seen = to_text(html, Show::Seen);
    if seen.chars().filter(|c| c.is_alphanumeric()).count() >= FEW_LETTERS {
        return Page { text: seen, is_all_hidden: false };
    }
    let pictures = to_text(html, Show::Pictures);
    if has_letters(&pictures) {
        return Page { text: pictures, is_all_hidden: false };
    }
    let all = to_text(html, Show::All);
    Page { is_all_hidden: has_letters(&all), text: all }
}

fn has_letters(text: &str) -> bool {
    text.chars().any(char::is_alphanumeric)
}

/// What is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Show {
    /// What a reader sees, but the signature.
    Seen,
    /// The same, with what pictures say in words.
    Pictures,
    /// Hidden text and signatures too.
    All,
}

fn to_text(html: &str, show: Show) -> String {
    let mut scan = Scan { out: String::with_capacity(html.len() / 4), show, ..Scan::new() };
    let mut rest = html;
    while let Some(at) = rest.find('<') {
        let (text, tag) = rest.split_at_checked(at).unwrap_or((rest, ""));
        scan.text(text);
        rest = scan.tag(tag);
    }
    scan.text(rest);
    // The entities: the lines are ours by now, and `<br>` is the only tag that is left.
    windows_controls(&html_to_text(&scan.out))
}

/// References to 128..159 mean windows-1252 (HTML standard, numeric character reference end state).
fn windows_controls(text: &str) -> String {
    if !text.chars().any(|c| matches!(c, '\u{80}'..='\u{9f}')) {
        return text.to_owned();
    }
    let notes = &mut super::notes::Notes::default();
    let read = |c: char| match u8::try_from(u32::from(c)) {
        Ok(byte @ 0x80..=0x9f) => super::charset::decode(&[byte], Some("windows-1252"), notes),
        _ => c.to_string(),
    };
    text.chars().map(read).collect()
}

/// An element that is open.
#[derive(Clone, Copy)]
struct Open {
    name: Name,
    look: Look,
}

/// The first eight letters of an element's name, lower case: enough to tell the ones that matter.
type Name = [u8; 8];

struct Scan {
    out: String,
    show: Show,
    open: Vec<Open>,
    /// Open elements beyond the bound; they have no look of their own.
    deeper: usize,
    /// How many open elements have names with this sum: an end tag that closes nothing costs no search.
    names: [u16; 64],
    look: Look,
    /// Line ends that are due before the next text.
    breaks: u8,
    is_at_line_start: bool,
    /// Whether a bare `<blockquote>` would be a quotation: the text before it ends in a colon.
    after_colon: bool,
}

impl Scan {
    fn new() -> Self {
        Self {
            out: String::new(),
            show: Show::Seen,
            open: Vec::new(),
            deeper: 0,
            names: [0; 64],
            look: Look::default(),
            breaks: 0,
            is_at_line_start: true,
            after_colon: false,
        }
    }

    /// Running text, entities and all.
    fn text(&mut self, text: &str) {
        let is_shown = self.show == Show::All || (self.look.is_seen() && !self.look.is_signature);
        if text.is_empty() || !is_shown {
            return;
        }
        if self.look.is_preformatted {
            for (index, line) in text.split('\n').enumerate() {
                if index > 0 {
                    self.line_break();
                }
                // Indentation is text here, and must outlive the folding of white space below.
                self.words(&line.replace(' ', "\u{a0}"));
            }
        } else {
            self.words(text);
        }
    }

    fn words(&mut self, text: &str) {
        let text = if self.is_at_line_start || self.breaks > 0 { text.trim_ascii_start() } else { text };
        if text.trim_ascii().is_empty() {
            if !self.is_at_line_start && self.breaks == 0 && !text.is_empty() {
                self.out.push(' ');
            }
            return;
        }
        for _ in 0..std::mem::take(&mut self.breaks).min(2) {
            if !self.out.is_empty() {
                self.out.push_str("<br>");
                self.is_at_line_start = true;
            }
        }
        if self.is_at_line_start {
            for _ in 0..self.look.quote_depth.min(MAX_QUOTE_MARKS) {
                self.out.push_str("&gt;");
            }
            if self.look.quote_depth > 0 {
                self.out.push(' ');
            }
        }
        self.is_at_line_start = false;
        self.after_colon = text.trim_ascii_end().ends_with(':');
        self.out.push_str(text);
    }

    fn line_break(&mut self) {
        self.breaks = (self.breaks + 1).min(2);
    }

    fn at_least(&mut self, breaks: u8) {
        self.breaks = self.breaks.max(breaks);
    }

    /// Takes one tag, comment or lone `<` from the beginning of `rest` and returns what follows it.
    fn tag<'a>(&mut self, rest: &'a str) -> &'a str {
        let inner = rest.get(1..).unwrap_or_default();
        if let Some(comment) = inner.strip_prefix("!--") {
            if let Some(after) = comment.strip_prefix('>').or_else(|| comment.strip_prefix("->")) {
                return after;
            }
            return comment.find("-->").and_then(|at| comment.get(at + 3..)).unwrap_or_default();
        }
        let is_end = inner.starts_with('/');
        let named = inner.strip_prefix('/').unwrap_or(inner);
        if !named.starts_with(|c: char| c.is_ascii_alphabetic()) {
            if inner.starts_with(['!', '?', '/']) {
                return inner.find('>').and_then(|at| inner.get(at + 1..)).unwrap_or_default();
            }
            self.text("&lt;");
            return inner;
        }
        let end = tag_end(named);
        let (tag, after) = named.split_at_checked(end).unwrap_or((named, ""));
        let after = after.strip_prefix('>').unwrap_or(after);
        let name_end = tag.find(|c: char| c.is_ascii_whitespace() || c == '/').unwrap_or(tag.len());
        let (name, attributes) = tag.split_at_checked(name_end).unwrap_or((tag, ""));
        let name = name.to_ascii_lowercase();
        if is_end {
            self.close(&name);
            return after;
        }
        match name.as_str() {
            "style" | "script" | "title" | "template" | "noembed" | "iframe" | "select" | "textarea" | "svg" => {
                after_element(after, &name)
            }
            _ => {
                self.begin(&name, attributes);
                after
            }
        }
    }

    fn begin(&mut self, name: &str, attributes: &str) {
        match name {
            "br" => self.line_break(),
            "hr" => self.at_least(1),
            "td" | "th" => self.words(" "),
            "img" if self.show != Show::Seen => self.alternative(attributes),
            _ => self.at_least(breaks_around(name)),
        }
        if is_void(name) {
            return;
        }
        self.close_implied(name);
        let mut look = self.look.of_child(name, attributes);
        // A bare blockquote indents in some mail and quotes in other: what ends in a colon announces a quotation.
        if name == "blockquote" && look.quote_depth == self.look.quote_depth && self.after_colon {
            look.quote_depth = look.quote_depth.saturating_add(1);
        }
        if self.open.len() >= limits::mail::MAIL_HTML_DEPTH {
            self.deeper += 1;
            return;
        }
        let name = key(name);
        self.add(name, 1);
        self.open.push(Open { name, look: self.look });
        self.look = look;
        if look.is_preformatted {
            self.at_least(1);
        }
    }

    /// What a picture says in words, where nothing else is said.
    fn alternative(&mut self, attributes: &str) {
        let Some((_, rest)) = attributes.split_once("alt=") else { return };
        let mark = rest.chars().next().filter(|c| matches!(c, '"' | '\''));
        let text = mark.and_then(|mark| rest.get(1..).and_then(|rest| rest.split(mark).next()));
        self.text(text.unwrap_or_default());
        self.text(" ");
    }

    /// `<p>`, `<li>` and table cells end where the next of their kind begins.
    fn close_implied(&mut self, name: &str) {
        let Some(top) = self.open.last() else { return };
        let is_implied = match &top.name {
            b"p\0\0\0\0\0\0\0" => breaks_around(name) > 0,
            b"li\0\0\0\0\0\0" => name == "li",
            b"td\0\0\0\0\0\0" | b"th\0\0\0\0\0\0" => matches!(name, "td" | "th" | "tr"),
            b"tr\0\0\0\0\0\0" => name == "tr",
            _ => false,
        };
        if is_implied && self.deeper == 0 {
            self.pop();
        }
    }

    fn close(&mut self, name: &str) {
        self.at_least(breaks_around(name));
        if self.deeper > 0 {
            self.deeper -= 1;
            return;
        }
        let name = key(name);
        if self.count(name) == 0 {
            return;
        }
        if let Some(at) = self.open.iter().rposition(|open| open.name == name) {
            while self.open.len() > at {
                self.pop();
            }
        }
    }

    fn pop(&mut self) {
        if let Some(open) = self.open.pop() {
            self.add(open.name, -1);
            if self.look.quote_depth != open.look.quote_depth {
                self.at_least(1);
            }
            self.look = open.look;
        }
    }

    fn count(&self, name: Name) -> u16 {
        self.names.get(sum(name)).copied().unwrap_or(1)
    }

    fn add(&mut self, name: Name, change: i16) {
        if let Some(count) = self.names.get_mut(sum(name)) {
            *count = count.saturating_add_signed(change);
        }
    }
}

fn sum(name: Name) -> usize {
    name.iter().fold(0usize, |sum, &b| sum.wrapping_mul(7).wrapping_add(usize::from(b))) % 64
}

fn key(name: &str) -> Name {
    let mut key = [0; 8];
    for (to, from) in key.iter_mut().zip(name.bytes()) {
        *to = from;
    }
    key
}

/// Where the tag ends: at the first `>` outside quotation marks; at the first of all where a mark is never closed.
fn tag_end(tag: &str) -> usize {
    let mut quote = None;
    let mut last = '=';
    for (at, c) in tag.char_indices().take(MAX_TAG) {
        match (quote, c) {
            (None, '>') => return at,
            // Quotation marks count only where a value begins.
            (None, '"' | '\'') if last == '=' => quote = Some(c),
            (Some(mark), _) if mark == c => quote = None,
            _ => {}
        }
        if !c.is_ascii_whitespace() {
            last = c;
        }
    }
    tag.find('>').unwrap_or(tag.len())
}

/// Marks of quotation before a line: that it is quoted is what counts, and hostile depth must not multiply it.
const MAX_QUOTE_MARKS: u8 = 3;

/// The longest tag in which quotation marks are heeded.
const MAX_TAG: usize = 16 * 1024;

/// What follows the end tag of an element whose content is no text.
fn after_element<'a>(rest: &'a str, name: &str) -> &'a str {
    let mut from = rest;
    while let Some(at) = from.find("</") {
        let tag = from.get(at + 2..).unwrap_or_default();
        if tag.get(..name.len()).is_some_and(|start| start.eq_ignore_ascii_case(name)) {
            return tag.find('>').and_then(|end| tag.get(end + 1..)).unwrap_or_default();
        }
        from = tag;
    }
    ""
}

fn is_void(name: &str) -> bool {
    matches!(
        name,
        "br" | "hr"
            | "img"
            | "input"
            | "meta"
            | "link"
            | "area"
            | "base"
            | "col"
            | "embed"
            | "source"
            | "wbr"
            | "param"
    )
}

/// How many line ends stand at least before and after an element.
fn breaks_around(name: &str) -> u8 {
    match name {
        "p" | "h1" | "h2" | "h3" | "h4" | "h5" | "h6" | "blockquote" | "table" | "ul" | "ol" | "dl" | "pre" => 2,
        "div" | "tr" | "li" | "dt" | "dd" | "center" | "section" | "article" | "header" | "footer" | "nav" | "main"
        | "aside" | "address" | "form" | "fieldset" | "figure" | "figcaption" | "body" | "tbody" | "caption" => 1,
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use super::read;
    use crate::mail::clean;

    fn check(html: &str, expected: &str) {
        let page = read(html);
        assert_eq!(clean::lines(&page.text), expected, "{html}");
        assert!(!page.is_all_hidden);
    }

    #[test]
    fn breaks_stand_where_a_reader_sees_them() {
        check("<p>One</p><p>Two</p>", "One\n\nTwo");
        check("<div>One</div>\n<div>Two<br>Three</div>", "One\nTwo\nThree");
        check("<table><tr><td>a</td><td>b</td></tr><tr><td>c</td></tr></table>", "a b\nc");
        check("one\n  two <b>th</b>ree", "one two three");
        check("<ul><li>a<li>b</ul>", "a\nb");
        check("<pre>if x:\n    y</pre>", "if x:\n    y");
    }

    #[test]
    fn only_text_is_text() {
        check("<html><head><title>T</title><style type=\"text/css\">p{}</style></head><body>Hi</body>", "Hi");
        check("<script>if (a<b) {}</script>Hi<!-- no --> <![if !mso]>you<![endif]>", "Hi you");
        check("<!--[if mso]>Outlook<![endif]-->all<!--> more", "all more");
        check("<a href=\"https://example.org/x>y\">link</a>", "link");
        check("1 < 2 && 3 > 2 &amp; a&lt;b &#8364; &#146;", "1 < 2 && 3 > 2 & a<b € ’");
        check("x <", "x <");
        check("<style>never closed", "");
    }

    #[test]
    fn hidden_elements_are_left_out() {
        check("<div style=\"display:none\">preheader <p>more</p></div>Hello", "Hello");
        check("<span hidden>a<span>b</span>c</span>d", "d");
        check("<td><span style='display:none'>x</td><td>seen</td>", "x".replace('x', "seen").as_str());
        check("<p style='display:none'>x<p>seen", "seen");
        check("<td style=\"font-size:0\"><div style=\"font-size:13px\">MJML</div></td>", "MJML");
        check("a<img style=\"display:none\">b", "ab");
    }

    #[test]
    fn quotations_are_marked() {
        check("Yes<blockquote type=cite>No?<br>Why?</blockquote>Because", "Yes\n\n> No?\n> Why?\n\nBecause");
        check("<blockquote>indented</blockquote>", "indented");
        check("Ada wrote:<blockquote>No?</blockquote>", "Ada wrote:\n\n> No?");
        check("Hi<div class=\"gmail_signature\">Ada, Ltd.</div>", "Hi");
    }

    #[test]
    fn nothing_is_lost_where_all_is_hidden() {
        let page = read("<body style=\"display:none\">Hello</body>");
        assert_eq!((page.text.trim(), page.is_all_hidden), ("Hello", true));
        let page = read("<img src=x alt=\"Your order\"><img alt='has left'>");
        assert_eq!(page.text.trim(), "Your order has left");
        let page = read("<div style=\"display:none\"><img src=x alt=\"secret\"></div>Hi");
        assert_eq!(page.text.trim(), "Hi");
    }

    #[test]
    fn hostile_pages_cost_linear_time() {
        let began = Instant::now();
        let pages = [
            "<div>".repeat(100_000),
            "<div>".repeat(300) + &"</b></p>".repeat(50_000),
            "<".repeat(200_000),
            "<a b=\"".repeat(50_000),
            "<!--".repeat(100_000),
            "<style></".repeat(100_000),
            "<blockquote type=cite>x<br>".repeat(20_000),
            "<b a".repeat(50_000),
            format!("<p {}>", "a='b' ".repeat(50_000)),
        ];
        for page in &pages {
            let page = read(page);
            assert!(page.text.len() < 1 << 20);
        }
        assert!(began.elapsed() < Duration::from_secs(20), "{:?}", began.elapsed());
    }
}
