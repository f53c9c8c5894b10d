//! Patterns of the configuration: globs, regexes, words, groups; matched without regard to case.
//!
//! - `@name` is a group: any of its patterns.
//! - `/regex/flags`, flags `i`, `m`, `s`: the regex anywhere in the value, in linear time; case counts unless `i` says otherwise.
//! - In running text, without a `*`: a word or phrase, found as whole words anywhere (`text::has_phrase`).
//! - Anything else: a glob over the whole value, `*` for any characters, line ends included, `?` for exactly one.
//!
//! A backslash before `*`, `?`, `@`, `/` or another backslash takes that character literally; before anything else it
//! is itself. All other characters of a glob stand for themselves, brackets and braces too.

pub mod compile;
pub mod error;

use std::borrow::Cow;
use std::cell::OnceCell;
use std::fmt;

use regex::{Regex, RegexBuilder};
use unicode_normalization::{IsNormalized, UnicodeNormalization, is_nfc_quick};

use crate::limits;
use crate::model::name::GroupName;
use crate::text;
use compile::{Sign, compile, glob, shown, signs};
use error::PatternError;

/// One pattern of a rule, ready to match.
#[derive(Clone, Debug)]
pub enum Pattern {
    /// `@name`: any pattern of the group, groups inside it expanded.
    Group(GroupName, Vec<Pattern>),
    /// `/regex/flags`.
    Regex {
        /// As it was written, slashes and flags included.
        written: String,
        /// Compiled, within `limits::ground::REGEX_COMPILED_BYTES`.
        regex: Regex,
        /// How many bytes of a value it looks at: fewer for a big one.
        reach: usize,
    },
    /// A glob (`*`, `?`) over the whole value.
    Glob {
        /// As it was written.
        written: String,
        /// The glob as an anchored regex.
        regex: Regex,
    },
    /// A plain word or phrase, for running text only: as whole words anywhere (in scripts without spaces: anywhere).
    Words {
        /// As it was written.
        written: String,
        /// Folded as `text::fold` does.
        folded: String,
    },
}

/// What a pattern is held against.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Field {
    /// A value by itself: an address, a name, a header, a List-Id.
    Value,
    /// A subject, a body.
    RunningText,
}

impl Pattern {
    /// Reads a pattern as the configuration writes it. `groups` gives the patterns of a group by its name without `@`,
    /// read for [`Field::Value`]; groups that contain themselves are the caller's to refuse.
    ///
    /// # Errors
    /// One variant of [`PatternError`] for each thing to write differently.
    pub fn parse(
        written: &str,
        field: Field,
        groups: &dyn Fn(&str) -> Option<Vec<Pattern>>,
    ) -> Result<Self, PatternError> {
        if text::first_chars(written, limits::ground::PATTERN_CHARS).len() < written.len() {
            return Err(PatternError::TooLong { written: shown(written) });
        }
        if written.trim().is_empty() {
            return Err(PatternError::Empty { written: shown(written) });
        }
        if written.chars().any(char::is_control) {
            return Err(PatternError::Control { written: shown(written) });
        }
        if let Some(name) = written.strip_prefix('@') {
            let patterns = groups(name).ok_or_else(|| PatternError::UnknownGroup { name: shown(name) })?;
            return Ok(Self::Group(GroupName::new(name), patterns));
        }
        if let Some(rest) = written.strip_prefix('/') {
            return regex(written, rest);
        }
        let signs = signs(written);
        if field == Field::RunningText && !signs.contains(&Sign::Many) {
            // Without a `*` a question mark is one: "urgent?" is what people write.
            let plain: String = signs.iter().map(|sign| sign.plain()).collect();
            let folded = text::fold(&plain);
            if folded.is_empty() {
                return Err(PatternError::Empty { written: shown(written) });
            }
            return Ok(Self::Words { written: written.to_owned(), folded });
        }
        Ok(Self::Glob { written: written.to_owned(), regex: glob(written, &signs)? })
    }

    /// Whether the value matches. Only its first 64 KiB count (16 KiB for a regex of many states, so that each match
    /// ends within a second). To hold several patterns against one text, make one [`Hay`].
    pub fn matches(&self, value: &str) -> bool {
        self.find(&Hay::new(value)).is_some()
    }

    /// What matches, if anything does.
    pub fn find<'a>(&'a self, hay: &Hay<'_>) -> Option<Found<'a>> {
        let by = || Some(Found { by: self, at: None });
        match self {
            Self::Group(_, patterns) => patterns.iter().find_map(|pattern| pattern.find(hay)),
            Self::Regex { regex, reach, .. } => regex
                .find(text::first_bytes(hay.whole(), *reach))
                .map(|found| Found { by: self, at: Some(found.start()) }),
            Self::Glob { regex, .. } => {
                if regex.is_match(hay.whole()) {
                    by()
                } else {
                    None
                }
            }
            Self::Words { folded, .. } => {
                if text::has_phrase(hay.folded(), folded) {
                    by()
                } else {
                    None
                }
            }
        }
    }

    /// The pattern as it was written.
    pub fn written(&self) -> Cow<'_, str> {
        match self {
            Self::Group(name, _) => Cow::Owned(format!("@{name}")),
            Self::Regex { written, .. } | Self::Glob { written, .. } | Self::Words { written, .. } => {
                Cow::Borrowed(written)
            }
        }
    }
}

impl fmt::Display for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.written())
    }
}

/// A match.
#[derive(Clone, Copy, Debug)]
pub struct Found<'a> {
    /// The pattern that matched; of a group, the one inside it. Never a group.
    pub by: &'a Pattern,
    /// Where in [`Hay::whole`] a regex found its text.
    at: Option<usize>,
}

impl Found<'_> {
    /// The line of the text that holds the match; the whole text where a glob matched all of it, or a phrase runs over
    /// a line end.
    pub fn line<'h>(&self, hay: &'h Hay<'_>) -> &'h str {
        let whole = hay.whole();
        let line = match (self.by, self.at) {
            (Pattern::Words { folded, .. }, _) => {
                whole.lines().find(|line| text::has_phrase(&text::fold(line), folded))
            }
            (_, Some(at)) => whole.split_at_checked(at).map(|(before, _)| {
                let start = before.rfind('\n').map_or(0, |end| end + 1);
                whole.get(start..).unwrap_or(whole).lines().next().unwrap_or_default()
            }),
            _ => None,
        };
        line.unwrap_or(whole)
    }
}

/// A value that patterns are held against: its first 64 KiB in NFC, and folded once when the first phrase asks.
#[derive(Debug)]
pub struct Hay<'a> {
    whole: Cow<'a, str>,
    folded: OnceCell<String>,
}

impl<'a> Hay<'a> {
    /// Makes a value ready. Cut at `limits::ground::HAYSTACK_BYTES`, between characters.
    pub fn new(value: &'a str) -> Self {
        let value = text::first_bytes(value, limits::ground::HAYSTACK_BYTES);
        // Editors write `é` as one character, some senders as two: globs and regexes are to see one spelling. NFKC
        // would be too much: it makes `x@evil.example＠example.org` an address of example.org.
        let is_so = value.is_ascii() || is_nfc_quick(value.chars()) == IsNormalized::Yes;
        let whole = if is_so { Cow::Borrowed(value) } else { Cow::Owned(value.nfc().collect()) };
        Self { whole, folded: OnceCell::new() }
    }

    /// The value as globs and regexes see it.
    pub fn whole(&self) -> &str {
        &self.whole
    }

    fn folded(&self) -> &str {
        self.folded.get_or_init(|| text::fold(&self.whole))
    }
}

fn regex(written: &str, rest: &str) -> Result<Pattern, PatternError> {
    let (source, flags) = rest.rsplit_once('/').ok_or_else(|| PatternError::Unclosed { written: shown(written) })?;
    if let Some(flag) = flags.chars().find(|c| !matches!(c, 'i' | 'm' | 's')) {
        return Err(PatternError::UnknownFlag { written: shown(written), flag });
    }
    if source.is_empty() {
        return Err(PatternError::Empty { written: shown(written) });
    }
    let mut builder = RegexBuilder::new(source);
    builder
        .case_insensitive(flags.contains('i'))
        .multi_line(flags.contains('m'))
        .dot_matches_new_line(flags.contains('s'));
    let regex = compile(written, &mut builder)?;
    let is_small = builder.size_limit(limits::ground::REGEX_SMALL_BYTES).build().is_ok();
    let reach = if is_small { limits::ground::HAYSTACK_BYTES } else { limits::ground::HAYSTACK_BYTES_BIG_REGEX };
    Ok(Pattern::Regex { written: written.to_owned(), regex, reach })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use expect_test::{Expect, expect};

    use super::error::PatternError;
    use super::{Field, Hay, Pattern};
    use crate::limits;

    fn groups(name: &str) -> Option<Vec<Pattern>> {
        let family = || ["mum@example.net", "*@lovelace.example"].map(|p| parse(p, Field::Value).unwrap()).to_vec();
        match name {
            "family" => Some(family()),
            "all" => Some(vec![Pattern::Group(crate::model::name::GroupName::new("family"), family())]),
            _ => None,
        }
    }

    fn parse(written: &str, field: Field) -> Result<Pattern, PatternError> {
        Pattern::parse(written, field, &groups)
    }

    fn check(written: &str, field: Field, yes: &[&str], no: &[&str]) {
        let pattern = parse(written, field).unwrap();
        assert_eq!(pattern.written(), written);
        assert_eq!(pattern.to_string(), written);
        for value in yes {
            assert!(pattern.matches(value), "{written:?} matches {value:?}");
        }
        for value in no {
            assert!(!pattern.matches(value), "{written:?} does not match {value:?}");
        }
    }

    #[test]
    fn a_glob_is_held_against_the_whole_value() {
        let value = |written, yes: &[&str], no: &[&str]| check(written, Field::Value, yes, no);
        value("*@example.org", &["ada@example.org", "ADA@EXAMPLE.ORG", "@example.org"], &["ada@example.org.evil", "x"]);
        value("ada@example.org", &["Ada@Example.org"], &["xada@example.org", "ada@example.org\n", "ada@exampleXorg"]);
        value("sev?", &["sev1", "SEV2", "sevü", "sev\n"], &["sev", "sev12"]);
        value("GRÜN*", &["grün", "Grünes", "gru\u{308}n"], &["grun"]);
        value("a*c", &["a\nb\nc", "ac"], &["ab"]);
        value("[a-z]{2}.+(x|y)^$", &["[A-Z]{2}.+(x|y)^$"], &["ab.x"]);
        value("a\\*b\\?c\\\\d\\e", &["a*b?c\\d\\e"], &["axb?c\\d\\e"]);
        value("\\@family", &["@family"], &["mum@example.net"]);
        value("\\/a/i", &["/A/i"], &["a"]);
        value("***", &["", "anything"], &[]);
        value("*@example.org", &[], &["x@evil.example\u{FF20}example.org"]);
    }

    #[test]
    fn in_running_text_a_phrase_is_enough() {
        let text = |written, yes: &[&str], no: &[&str]| check(written, Field::RunningText, yes, no);
        text("please call", &["Hi,\nplease\ncall me", "PLEASE  CALL!"], &["please recall", "call please"]);
        text("urgent?", &["URGENT?! now"], &["urgents", "urgent"]);
        text("*invoice*", &["Your INVOICES\nare here"], &["bill"]);
        text("invoice*", &["Invoices of May"], &["my invoice"]);
        text("5\\* hotel", &["A 5* Hotel"], &["5 star hotel"]);
        text("[ops]", &["[OPS] disk full"], &["o"]);
        text("会議", &["明日の会議です"], &["会話"]);
        text("Straße", &["HAUPT STRASSE 5"], &["Strassen"]);
    }

    #[test]
    fn a_regex_is_found_anywhere() {
        let value = |written, yes: &[&str], no: &[&str]| check(written, Field::RunningText, yes, no);
        value(r"/\bsev-?[12]\b/i", &["SEV-1: down", "now sev2"], &["sev3", "sev12"]);
        value("/Sev/", &["Sev"], &["sev"]);
        value("/a.b/", &["a-b"], &["a\nb"]);
        value("/a.b/s", &["a\nb"], &[]);
        value("/^b$/m", &["a\nb\nc"], &["ab"]);
        value("/a/b/ims", &["xA/By"], &["ab"]);
        value(r"/a\/b/", &["a/b"], &["ab"]);
        value("/é/", &["e\u{301}"], &["e"]);
    }

    #[test]
    fn a_group_is_any_of_its_patterns() {
        check("@family", Field::Value, &["MUM@example.net", "ada@lovelace.example"], &["x@example.net"]);
        let group = parse("@all", Field::Value).unwrap();
        let found = group.find(&Hay::new("ada@lovelace.example")).unwrap().by.to_string();
        assert_eq!(found, "*@lovelace.example");
    }

    fn refuses(written: &str, field: Field, text: &Expect) {
        text.assert_eq(&parse(written, field).unwrap_err().to_string());
    }

    #[test]
    fn an_error_says_what_to_write() {
        let value = Field::Value;
        refuses("", value, &expect![[r#"the pattern "" is empty; write "*" for any value, or leave the key out"#]]);
        refuses(
            "//i",
            value,
            &expect![[r#"the pattern "//i" is empty; write "*" for any value, or leave the key out"#]],
        );
        refuses(
            "\u{200B}",
            Field::RunningText,
            &expect![[r#"the pattern "" is empty; write "*" for any value, or leave the key out"#]],
        );
        refuses(
            "/sev1",
            value,
            &expect![[
                r#"the regex "/sev1" has no closing slash; write "/sev1/", or '\/sev1' for a text that begins with a slash"#
            ]],
        );
        refuses(
            "/a/ig",
            value,
            &expect![[
                r#"the regex "/a/ig" has the unknown flag "g"; the flags are i, m and s, and '\/a/ig' is a text that begins with a slash"#
            ]],
        );
        refuses(
            "/usr/bin",
            value,
            &expect![[
                r#"the regex "/usr/bin" has the unknown flag "b"; the flags are i, m and s, and '\/usr/bin' is a text that begins with a slash"#
            ]],
        );
        refuses(
            "/\u{8}sev1/",
            value,
            &expect![[
                r#"the pattern "/sev1/" holds a control character; in TOML write what has backslashes in 'single quotes'"#
            ]],
        );
        refuses(
            "@managres",
            value,
            &expect![[
                r#"there is no group "managres" in [groups]; define it there, or write '\@managres' for a text that begins with @"#
            ]],
        );
    }

    #[test]
    fn an_error_says_what_a_regex_may_not() {
        let value = Field::Value;
        refuses("/(a/", value, &expect![[r#"the regex "/(a/" cannot be used: unclosed group"#]]);
        refuses(
            "/a{5,2}/",
            value,
            &expect![[
                r#"the regex "/a{5,2}/" cannot be used: invalid repetition count range, the start must be <= the end"#
            ]],
        );
        refuses(
            r"/(?<=a)b/",
            value,
            &expect![[
                r#"the regex "/(?<=a)b/" cannot be used: look-around, including look-ahead and look-behind, is not supported"#
            ]],
        );
        refuses(
            r"/(((\w{99}){99}){99})/",
            value,
            &expect![[
                r#"the pattern "/(((\w{99}){99}){99})/" grows too big when it is compiled; use smaller counted repetitions, or [a-z] in place of \w"#
            ]],
        );
        refuses(
            &format!("/{}/", "(".repeat(2_000)),
            value,
            &expect![[
                r#"the regex "/((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((…" cannot be used: unclosed group"#
            ]],
        );
        refuses(
            &format!("/{}a{}/", "(".repeat(2_000), ")".repeat(2_000)),
            value,
            &expect![[
                r#"the regex "/((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((…" cannot be used: exceed the maximum number of nested parentheses/brackets (64)"#
            ]],
        );
        refuses(
            "@example.org",
            value,
            &expect![[
                r#"there is no group "example.org" in [groups]; for every address of a domain write "*@example.org""#
            ]],
        );
        refuses(
            &"x".repeat(5_000),
            value,
            &expect![[
                r#"the pattern "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx…" is longer than 4096 characters; write several shorter ones in a list"#
            ]],
        );
    }

    #[test]
    fn a_regex_shows_the_line_it_matched() {
        let line = |written: &str, text: &str| {
            let (pattern, hay) = (parse(written, Field::RunningText).unwrap(), Hay::new(text));
            pattern.find(&hay).unwrap().line(&hay).to_owned()
        };
        assert_eq!(line("/b+/", "a\nxbby\nc"), "xbby");
        assert_eq!(line("/$/", "a\n"), "");
        assert_eq!(line("/c/", "a\nc"), "c");
        assert_eq!(line("two", "one\nof Two\nthree"), "of Two");
        assert_eq!(line("one two", "one\ntwo\nx"), "one\ntwo\nx");
    }

    #[test]
    fn only_the_first_64_kib_count() {
        let pattern = parse("end", Field::RunningText).unwrap();
        let within = format!("{} end", "é ".repeat(1_000));
        let beyond = format!("{} end", "é ".repeat(limits::ground::HAYSTACK_BYTES / 3 + 1));
        assert!(pattern.matches(&within));
        assert!(!pattern.matches(&beyond));
        let late = format!("{}end", " ".repeat(20_000));
        assert!(parse("/end/", Field::Value).unwrap().matches(&late));
        assert!(!parse("/end|[ab]{5000}/", Field::Value).unwrap().matches(&late));
    }
}
