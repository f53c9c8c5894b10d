//! Globs and regexes as the crate `regex` takes them, within the limits of the house.

use regex::{Regex, RegexBuilder};
use unicode_normalization::UnicodeNormalization;

use super::error::PatternError;
use crate::limits;
use crate::text;

/// One sign of a glob.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sign {
    /// `*`.
    Many,
    /// `?`.
    One,
    /// Itself.
    Plain(char),
}

impl Sign {
    /// The character that stands for it where signs mean nothing.
    pub fn plain(self) -> char {
        match self {
            Self::Many => '*',
            Self::One => '?',
            Self::Plain(c) => c,
        }
    }
}

/// The signs of a glob, backslashes resolved; never two `Many` in a row.
pub fn signs(written: &str) -> Vec<Sign> {
    let mut signs = Vec::with_capacity(written.len());
    let mut chars = written.chars().peekable();
    while let Some(c) = chars.next() {
        signs.push(match c {
            '*' => Sign::Many,
            '?' => Sign::One,
            '\\' => Sign::Plain(chars.next_if(|c| matches!(c, '*' | '?' | '@' | '/' | '\\')).unwrap_or('\\')),
            c => Sign::Plain(c),
        });
    }
    // `**` says no more than `*`, but is quadratic in some engines: one is kept.
    signs.dedup_by(|next, last| *next == Sign::Many && *last == Sign::Many);
    signs
}

/// The anchored regex of a glob.
///
/// # Errors
/// [`PatternError::TooBig`].
pub fn glob(written: &str, signs: &[Sign]) -> Result<Regex, PatternError> {
    let mut source = String::from("(?is)^");
    for run in signs.chunk_by(|one, other| matches!((one, other), (Sign::Plain(_), Sign::Plain(_)))) {
        match run {
            [Sign::Many] => source.push_str(".*"),
            [Sign::One] => source.push('.'),
            plain => source.push_str(&regex::escape(&plain.iter().map(|sign| sign.plain()).nfc().collect::<String>())),
        }
    }
    source.push('$');
    compile(written, &mut RegexBuilder::new(&source))
}

/// Compiles within the limits of the house.
///
/// # Errors
/// [`PatternError::TooBig`], or [`PatternError::BadRegex`] with the reason on one line.
pub fn compile(written: &str, builder: &mut RegexBuilder) -> Result<Regex, PatternError> {
    builder.size_limit(limits::ground::REGEX_COMPILED_BYTES).nest_limit(limits::ground::REGEX_NESTING).build().map_err(
        |error| match error {
            regex::Error::CompiledTooBig(_) => PatternError::TooBig { written: shown(written) },
            error => PatternError::BadRegex { written: shown(written), reason: reason(&error) },
        },
    )
}

/// The last line of a regex error, which says what is wrong; the lines before it draw where.
fn reason(error: &regex::Error) -> String {
    let whole = error.to_string();
    let last = whole.lines().rev().find(|line| !line.trim().is_empty()).unwrap_or_default();
    text::clean_line(last.trim_start_matches("error: "))
}

/// As much of a pattern as an error shows.
pub fn shown(written: &str) -> String {
    text::excerpt(written, limits::judgement::QUOTED_CHARS)
}
