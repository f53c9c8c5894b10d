//! What an element's attributes say of whether its text can be seen.

use super::colour::{self, Colour, Paint};

/// What is inherited from element to element.
#[derive(Clone, Copy, Debug, Default)]
pub struct Look {
    /// Nothing inside can be seen, whatever it says.
    pub is_hidden: bool,
    /// Letters have no size, until an element inside gives them one.
    pub is_tiny: bool,
    /// White space counts.
    pub is_preformatted: bool,
    /// The writer's signature, as the mail client marked it.
    pub is_signature: bool,
    /// How many quotations it stands in.
    pub quote_depth: u8,
    ink: Option<Colour>,
    ground: Option<Colour>,
}

impl Look {
    /// Whether text with this look is seen.
    pub fn is_seen(&self) -> bool {
        let is_camouflaged = self.ink.is_some() && self.ink == self.ground;
        !self.is_hidden && !self.is_tiny && !is_camouflaged
    }

    /// The look of an element inside this one.
    pub fn of_child(&self, name: &str, attributes: &str) -> Self {
        let mut look = *self;
        if name == "pre" || name == "listing" || name == "xmp" {
            look.is_preformatted = true;
        }
        if attributes.is_empty() {
            return look;
        }
        let mut attributes_seen = Attributes::default();
        for (key, value) in Pairs(attributes) {
            attributes_seen.take(key, value);
        }
        attributes_seen.apply(name, &mut look);
        look
    }
}

/// The attributes that count, of one start tag.
#[derive(Default)]
struct Attributes<'a> {
    style: &'a str,
    marks: [&'a str; 3],
    is_hidden: bool,
    ink: Option<&'a str>,
    ground: Option<&'a str>,
    has_picture: bool,
}

impl<'a> Attributes<'a> {
    fn take(&mut self, key: &'a str, value: &'a str) {
        match () {
            () if key.eq_ignore_ascii_case("style") => self.style = value,
            () if key.eq_ignore_ascii_case("class") => self.marks[0] = value,
            () if key.eq_ignore_ascii_case("id") => self.marks[1] = value,
            () if key.eq_ignore_ascii_case("type") => self.marks[2] = value,
            () if key.eq_ignore_ascii_case("hidden") => self.is_hidden = true,
            () if key.eq_ignore_ascii_case("color") => self.ink = Some(value),
            () if key.eq_ignore_ascii_case("bgcolor") => self.ground = Some(value),
            () if key.eq_ignore_ascii_case("background") => self.has_picture = true,
            () => {}
        }
    }

    fn apply(&self, name: &str, look: &mut Look) {
        let [class, id, kind] = self.marks;
        look.is_hidden |= self.is_hidden;
        // A style sheet may give another ground to whatever has a class: then nothing is known of it.
        if self.has_picture || !class.is_empty() || !id.is_empty() {
            look.ground = None;
        }
        if !class.is_empty() {
            look.ink = None;
        }
        if let Some(Paint::Plain(ink)) = self.ink.map(colour::parse) {
            look.ink = Some(ink);
        }
        if let Some(Paint::Plain(ground)) = self.ground.map(colour::parse) {
            look.ground = Some(ground);
        }
        let mut has_border = false;
        for declaration in self.style.split(';') {
            if let Some((property, value)) = declaration.split_once(':') {
                let (property, value) = (property.trim().to_ascii_lowercase(), value.trim().to_ascii_lowercase());
                has_border |= property.starts_with("border-left") && !is_zero(&value) && !value.contains("none");
                declare(&property, value.trim_end_matches("!important").trim_end(), name, look);
            }
        }
        // Gmail, Thunderbird and Apple Mail, Outlook Express and Yahoo mark quotations in these ways (2025).
        if name == "blockquote" && (has_border || class.contains("quote") || kind.eq_ignore_ascii_case("cite")) {
            look.quote_depth = look.quote_depth.saturating_add(1);
        }
        let is_signature = |mark: &str| {
            ["gmail_signature", "moz-signature", "ms-outlook-mobile-signature", "protonmail_signature_block"]
                .iter()
                .any(|known| mark.contains(known))
        };
        look.is_signature |= is_signature(class) || is_signature(id) || id == "Signature";
    }
}

fn declare(property: &str, value: &str, name: &str, look: &mut Look) {
    match property {
        "display" => look.is_hidden |= value == "none",
        "visibility" => look.is_hidden |= value == "hidden" || value == "collapse",
        "opacity" | "max-height" => look.is_hidden |= is_zero(value),
        // Buttons of newsletters are drawn twice, and the anchor that all but Outlook show carries this.
        "mso-hide" => look.is_hidden |= value == "all" && name != "a",
        "font-size" => look.is_tiny = is_zero(value),
        "font" => {
            if let Some(size) = value.split([' ', '/']).find(|word| word.starts_with(|c: char| c.is_ascii_digit())) {
                look.is_tiny = is_zero(size);
            }
        }
        "color" => match colour::parse(value) {
            Paint::Plain(ink) => look.ink = Some(ink),
            Paint::Clear => look.is_hidden = true,
            Paint::Other => look.ink = None,
        },
        "background" | "background-color" => {
            let colour = value.split_whitespace().find(|word| !word.is_empty()).unwrap_or_default();
            let whole = if value.starts_with("rgb") { value } else { colour };
            match colour::parse(whole) {
                Paint::Plain(ground) if !value.contains("url(") && !value.contains("gradient") => {
                    look.ground = Some(ground);
                }
                Paint::Clear => {}
                _ => look.ground = None,
            }
        }
        "background-image" => look.ground = None,
        "white-space" => look.is_preformatted = value.starts_with("pre") || value == "break-spaces",
        _ => {}
    }
}

/// `0`, `0px`, `.0em`; not `0.5em`.
fn is_zero(value: &str) -> bool {
    let number = value.trim_end_matches(|c: char| c.is_ascii_alphabetic() || c == '%').trim();
    !number.is_empty() && number.chars().all(|c| matches!(c, '0' | '.')) && number.contains('0')
}

/// The attributes of a tag: names as they stand, values without quotation marks.
struct Pairs<'a>(&'a str);

impl<'a> Iterator for Pairs<'a> {
    type Item = (&'a str, &'a str);

    fn next(&mut self) -> Option<Self::Item> {
        let is_gap = |c: char| c.is_ascii_whitespace() || matches!(c, '/' | '"' | '\'' | '=');
        let rest = self.0.trim_start_matches(is_gap);
        if rest.is_empty() {
            return None;
        }
        let end = rest.find(|c: char| c.is_ascii_whitespace() || matches!(c, '=' | '/')).unwrap_or(rest.len());
        let (key, rest) = rest.split_at_checked(end)?;
        let rest = rest.trim_start();
        let Some(value) = rest.strip_prefix('=').map(str::trim_start) else {
            self.0 = rest;
            return Some((key, ""));
        };
        let quote = value.chars().next().filter(|c| matches!(c, '"' | '\''));
        let (value, rest) = match quote {
            Some(mark) => {
                let inner = value.get(1..).unwrap_or_default();
                inner.split_once(mark).unwrap_or((inner, ""))
            }
            None => value.split_at_checked(value.find(char::is_whitespace).unwrap_or(value.len()))?,
        };
        self.0 = rest;
        Some((key, value))
    }
}

#[cfg(test)]
mod tests {
    use super::Look;

    fn check(attributes: &str, is_seen: bool) {
        assert_eq!(Look::default().of_child("div", attributes).is_seen(), is_seen, "{attributes}");
    }

    #[test]
    fn hidden_is_what_nobody_sees() {
        check("style=\"display:none\"", false);
        check("STYLE='color:red; Display : NONE !important'", false);
        check("style=visibility:hidden", false);
        check("hidden", false);
        check("class=a hidden=\"\"", false);
        check("style=\"font-size:0px\"", false);
        check("style=\"max-height:0;overflow:hidden\"", false);
        check("style=\"mso-hide:all\"", false);
        check("style=\"opacity:0\"", false);
        check("style=\"color:#fff;background-color:#FFFFFF\"", false);
        check("style=\"color:transparent\"", false);
    }

    #[test]
    fn the_rest_is_seen() {
        check("", true);
        check("style=\"font-size:0.9em;max-height:0.5px;opacity:.8\"", true);
        check("style=\"color:#fff\"", true);
        check("style=\"color:#fff;background:#000\"", true);
        check("style=\"color:#fff;background:#fff url(x.png)\"", true);
        check("data-x=\"hidden\" title='display:none'", true);
        check("type=\"hidden\"", true);
        assert!(Look::default().of_child("a", "style=\"mso-hide:all\"").is_seen());
    }

    #[test]
    fn letters_get_their_size_back() {
        let cell = Look::default().of_child("td", "style=\"font-size:0\"");
        assert!(!cell.is_seen());
        assert!(cell.of_child("div", "style=\"font-size:13px\"").is_seen());
        assert!(!cell.of_child("div", "").is_seen());
    }

    #[test]
    fn ground_is_inherited_until_a_class_may_change_it() {
        let sheet = Look::default().of_child("td", "bgcolor=#ffffff");
        assert!(!sheet.of_child("font", "color=white").is_seen());
        assert!(sheet.of_child("td", "class=dark style=\"color:#fff\"").is_seen());
        assert!(sheet.of_child("td", "style=\"background:#000;color:#fff\"").is_seen());
    }

    #[test]
    fn quotations_and_signatures_are_marked() {
        let depth = |attributes: &str| Look::default().of_child("blockquote", attributes).quote_depth;
        assert_eq!(depth("type=\"cite\""), 1);
        assert_eq!(depth("class=\"gmail_quote\" style=\"margin:0\""), 1);
        assert_eq!(depth("style=\"border-left:1px #ccc solid\""), 1);
        assert_eq!(depth("style=\"margin:40px;border:none\""), 0);
        assert!(Look::default().of_child("div", "class=\"gmail_signature\"").is_signature);
    }
}
