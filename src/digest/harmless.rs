//! Proof that HTML contacts nobody and does nothing: it consists of tags and attributes that only lay out and link.
//!
//! What is refused is not repaired: whoever wrote the template is told. It reads less HTML than a browser does: no comments, no
//! unquoted values, no character references where an address or a style stands. So nothing is taken for text that a browser
//! would take for more.

/// Tags that only lay out.
const TAGS: [&str; 54] = [
    "html",
    "head",
    "meta",
    "title",
    "style",
    "body",
    "div",
    "p",
    "span",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "a",
    "b",
    "i",
    "em",
    "u",
    "strong",
    "bdi",
    "bdo",
    "br",
    "hr",
    "table",
    "thead",
    "tbody",
    "tfoot",
    "tr",
    "td",
    "th",
    "caption",
    "ul",
    "ol",
    "li",
    "dl",
    "dt",
    "dd",
    "blockquote",
    "pre",
    "code",
    "small",
    "sub",
    "sup",
    "time",
    "section",
    "article",
    "header",
    "footer",
    "main",
    "center",
    "q",
    "abbr",
];
/// Attributes that only lay out, beside `href` of `a`, `aria-...`, and what `meta` says of itself.
const ATTRIBUTES: [&str; 20] = [
    "style",
    "class",
    "id",
    "lang",
    "dir",
    "title",
    "role",
    "align",
    "valign",
    "width",
    "height",
    "bgcolor",
    "border",
    "cellpadding",
    "cellspacing",
    "colspan",
    "rowspan",
    "scope",
    "start",
    "datetime",
];
/// How an address begins that may be linked to.
const SCHEMES: [&str; 5] = ["https://", "http://", "mailto:", "mid:", "#"];
/// What makes a style fetch, or hides that it does.
const FETCHES: [&str; 12] = [
    "url",
    "src",
    "@import",
    "@font-face",
    "@namespace",
    "image",
    "cross-fade",
    "element(",
    "expression",
    "behavior",
    "//",
    "\\",
];

/// Checks HTML.
///
/// # Errors
/// The first thing in it that may not be, and what to write instead.
pub fn check(html: &str) -> Result<(), String> {
    if html.chars().any(|c| c.is_control() && !matches!(c, '\n' | '\r' | '\t')) {
        return Err("gives a control character; leave it out".to_owned());
    }
    let mut rest = html;
    while let Some((_, after)) = rest.split_once('<') {
        let (tag, after) = end_of_tag(after).ok_or("gives a \"<\" without its \">\"; write &lt;")?;
        rest = after;
        if tag.eq_ignore_ascii_case("!doctype html") {
            continue;
        }
        if tag.starts_with('!') || tag.starts_with('?') {
            return Err("gives a comment or a declaration; write comments as {# ... #}".to_owned());
        }
        if let Some(name) = tag.strip_prefix('/') {
            known(name.trim_end())?;
            continue;
        }
        let end = tag.find(|c: char| c.is_ascii_whitespace() || c == '/').unwrap_or(tag.len());
        let (name, attributes) = tag.split_at(end);
        let name = known(name)?;
        self::attributes(&name, attributes)?;
        if name == "style" {
            let (css, after) = rest.split_once("</style>").ok_or("gives a <style> without its </style>")?;
            if css.contains('<') {
                return Err("gives a \"<\" in its <style>; leave it out".to_owned());
            }
            style(css)?;
            rest = after;
        }
    }
    Ok(())
}

/// What stands before the `>` that ends a tag, and what behind it: one in quotes ends nothing.
fn end_of_tag(text: &str) -> Option<(&str, &str)> {
    let mut quote = None;
    for (at, c) in text.char_indices() {
        match (quote, c) {
            (None, '>') => return Some((text.get(..at)?, text.get(at + 1..)?)),
            (None, '<') => return None,
            (None, '"' | '\'') => quote = Some(c),
            (Some(open), c) if open == c => quote = None,
            _ => {}
        }
    }
    None
}

fn known(name: &str) -> Result<String, String> {
    let name = name.to_ascii_lowercase();
    if TAGS.contains(&name.as_str()) {
        return Ok(name);
    }
    let shown: String = name.chars().take(20).collect();
    Err(format!("gives the tag {:?}, which a digest may not have; write one that only lays out", format!("<{shown}>")))
}

fn attributes(tag: &str, text: &str) -> Result<(), String> {
    let mut rest = text.trim_start_matches(|c: char| c.is_ascii_whitespace() || c == '/');
    while !rest.is_empty() {
        let end = rest.find(|c: char| !(c.is_ascii_alphanumeric() || c == '-')).unwrap_or(rest.len());
        let (name, after) = rest.split_at(end);
        let name = name.to_ascii_lowercase();
        if name.is_empty() {
            return Err(format!("gives a <{tag}> with a stray character in it; write name=\"value\""));
        }
        let after = after.trim_ascii_start();
        let (value, after) = match after.strip_prefix('=').map(str::trim_ascii_start) {
            None => ("", after),
            Some(after) => quoted(after).ok_or_else(|| format!("gives <{tag} {name}=...> unquoted; write quotes"))?,
        };
        attribute(tag, &name, value)?;
        rest = after.trim_start_matches(|c: char| c.is_ascii_whitespace() || c == '/');
    }
    Ok(())
}

fn quoted(text: &str) -> Option<(&str, &str)> {
    let quote = text.chars().next().filter(|c| matches!(c, '"' | '\''))?;
    text.get(1..)?.split_once(quote)
}

fn attribute(tag: &str, name: &str, value: &str) -> Result<(), String> {
    match (tag, name) {
        (_, "style") => style(value),
        ("a", "href") if SCHEMES.iter().any(|scheme| value.starts_with(scheme)) => Ok(()),
        ("a", "href") => {
            let shown: String = value.chars().take(30).collect();
            Err(format!("gives a link to {shown:?}; write one that begins with {}", SCHEMES.join(", ")))
        }
        ("meta", "charset" | "name" | "content") => Ok(()),
        _ if ATTRIBUTES.contains(&name) || name.starts_with("aria-") => Ok(()),
        _ => Err(format!("gives <{tag} {name}=...>, which a digest may not have; leave it out")),
    }
}

fn style(css: &str) -> Result<(), String> {
    let lower = css.to_ascii_lowercase();
    match FETCHES.iter().find(|word| lower.contains(*word)) {
        Some(word) => Err(format!("gives a style with {word:?}, which could fetch something; leave it out")),
        None if css.contains('&') => Err("gives a style with \"&\"; write the character itself".to_owned()),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::check;
    use crate::digest::hostile::TEXTS;
    use crate::digest::sample::{day, one};

    #[test]
    fn our_own_letter_is_harmless() {
        assert_eq!(check(&one(day()).html), Ok(()));
    }

    #[test]
    fn what_only_lays_out_passes() {
        for good in [
            "",
            "plain > words &lt;b>",
            "<!DOCTYPE html><html lang='en'><p class=\"a > b\">x</p><br/><br />",
            "<a href=\"https://x.example/?a=1&amp;b=2\">x</a><a href='mid:a@b'>y</a>",
            "<td colspan=\"2\" style=\"color:#fff;font-family:'Segoe UI'\">x</td>",
        ] {
            assert_eq!(check(good), Ok(()), "{good}");
        }
    }

    #[test]
    fn what_acts_or_fetches_is_refused() {
        for bad in [
            "<img src=\"https://x.example/p.gif\">",
            "<IMG SRC=x>",
            "<p onclick=\"x()\">",
            "<p/onclick=\"x()\">",
            "<p style=\"background:url(https://x.example)\">",
            "<p style=\"background:u\\72l(x)\">",
            "<p style=\"background:&#117;rl(x)\">",
            "<p style=\"background:image-set('x' 1x)\">",
            "<style>@import 'x';</style>",
            "<style><p></style>",
            "<style>p{}",
            "<style>p{}</STYLE><img src=x></style>",
            "<a href=\"javascript:alert(1)\">",
            "<a href=\" javascript:alert(1)\">",
            "<a href=\"&#106;avascript:alert(1)\">",
            "<a href=javascript:alert(1)>",
            "<a href=\"https://x\" href=\"javascript:x\">",
            "<p href=\"https://x\">",
            "<meta http-equiv=\"refresh\" content=\"0\">",
            "<!-- x -->",
            "<!--[if mso]><v:rect/><![endif]-->",
            "<![CDATA[x]]>",
            "<p title=\"a",
            "<p <img src=x>",
            "a < b",
            "</script>",
            "<svg/onload=alert(1)//",
            "<p \u{a0}onclick=\"x\">",
            "\u{0}",
        ] {
            assert!(check(bad).is_err(), "{bad}");
        }
        // As they stand, what senders have tried is refused where it is more than words.
        let acts = ["<script", "<img", "<svg", "<form", "<link", "<meta", "<base", "<iframe", "=javascript:"];
        for text in TEXTS.iter().filter(|text| acts.iter().any(|tag| text.contains(tag))) {
            assert!(check(text).is_err(), "{text}");
        }
    }
}
