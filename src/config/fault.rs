//! What is wrong with a configuration, where, and what to write instead.

use std::fmt;
use std::path::PathBuf;

use zeroize::Zeroizing;

use crate::limits;

/// How much a fault matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Weight {
    /// The configuration is refused.
    Error,
    /// It is accepted, and probably not what was meant.
    Warning,
    /// Something that could not be looked at from here.
    Note,
}

/// A line and a column, both from 1, the column in characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Position {
    /// The line.
    pub line: usize,
    /// The column.
    pub column: usize,
}

/// One thing that is wrong. Printed as `FILE:LINE:COLUMN: what is wrong; what to write instead`; warnings and notes have
/// the word `warning: ` or `note: ` before the text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// The file as it was named to us.
    pub file: PathBuf,
    /// Where in it; `None` when it could not be read at all.
    pub position: Option<Position>,
    /// How much it matters.
    pub weight: Weight,
    /// What is wrong; what to write instead. Never a secret.
    pub text: String,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:", self.file.display())?;
        if let Some(Position { line, column }) = self.position {
            write!(f, "{line}:{column}:")?;
        }
        let weight = match self.weight {
            Weight::Error => "",
            Weight::Warning => "warning: ",
            Weight::Note => "note: ",
        };
        write!(f, " {weight}{}", self.text)
    }
}

/// Faults as they are found, by byte offset.
#[derive(Debug, Default)]
pub struct Faults {
    found: Vec<(usize, Weight, String)>,
}

impl Faults {
    /// Notes an error at a byte offset.
    pub fn error(&mut self, offset: usize, text: impl Into<String>) {
        self.found.push((offset, Weight::Error, text.into()));
    }

    /// Notes a warning at a byte offset.
    pub fn warn(&mut self, offset: usize, text: impl Into<String>) {
        self.found.push((offset, Weight::Warning, text.into()));
    }

    /// Whether anything refuses the configuration.
    pub fn refuse(&self) -> bool {
        self.found.iter().any(|(_, weight, _)| *weight == Weight::Error)
    }

    /// The faults of one weight in the order of the file, at most `limits::front::CONFIG_FAULTS_SHOWN`; a last one counts the rest.
    pub fn sorted(&self, weight: Weight, text: &Text) -> Vec<Fault> {
        let mut found: Vec<_> = self.found.iter().filter(|(_, w, _)| *w == weight).collect();
        found.sort_by_key(|(offset, _, _)| *offset);
        found.dedup();
        let more = found.len().saturating_sub(limits::front::CONFIG_FAULTS_SHOWN);
        let mut faults: Vec<Fault> = found
            .into_iter()
            .take(limits::front::CONFIG_FAULTS_SHOWN)
            .map(|(offset, weight, fault)| Fault {
                file: text.file.clone(),
                position: Some(text.position(*offset)),
                weight: *weight,
                text: fault.clone(),
            })
            .collect();
        if more > 0 {
            let rest = format!("{more} more like these; mend the first ones and look again");
            faults.push(Fault { file: text.file.clone(), position: None, weight, text: rest });
        }
        faults
    }
}

/// The text of a file, to find lines and columns in.
#[derive(Debug)]
pub struct Text {
    /// The file as it was named to us.
    pub file: PathBuf,
    /// Its text, without a byte order mark. Wiped when dropped: secrets may stand in it.
    pub source: Zeroizing<String>,
}

impl Text {
    /// The line and column of a byte offset; past the end, the end.
    pub fn position(&self, offset: usize) -> Position {
        let before = self.source.char_indices().take_while(|(at, _)| *at < offset);
        let mut position = Position { line: 1, column: 1 };
        for (_, c) in before {
            if c == '\n' {
                position = Position { line: position.line.saturating_add(1), column: 1 };
            } else {
                position.column = position.column.saturating_add(1);
            }
        }
        position
    }
}

/// The one of these names that was probably meant: the nearest at a Damerau-Levenshtein distance of at most
/// 1 + length / 4, regardless of case; else the only one of which it is the beginning, or which begins it.
pub fn nearest<'n>(written: &str, names: impl IntoIterator<Item = &'n str>) -> Option<&'n str> {
    let written = written.to_lowercase();
    let limit = written.chars().count() / 4 + 1;
    // A long text is no slip of a name, and the distance takes quadratic time.
    if limit > limits::front::CONFIG_NAME_CHARS / 4 + 1 {
        return None;
    }
    let names: Vec<(String, &str)> = names.into_iter().map(|name| (name.to_lowercase(), name)).collect();
    let near = names
        .iter()
        .map(|(folded, name)| (strsim::damerau_levenshtein(&written, folded), *name))
        .filter(|(distance, name)| *distance <= limit && *distance < name.chars().count())
        .min_by_key(|(distance, _)| *distance);
    near.map(|(_, name)| name).or_else(|| {
        const SHORTEST: usize = 3;
        let begins = |longer: &str, shorter: &str| shorter.len() >= SHORTEST && longer.starts_with(shorter);
        let mut such = names.iter().filter(|(folded, _)| begins(folded, &written) || begins(&written, folded));
        let (_, first) = such.next()?;
        such.all(|(_, name)| name == first).then_some(*first)
    })
}

/// `did you mean "NAME"?` where a name is near, else the advice.
pub fn meant<'n>(written: &str, names: impl IntoIterator<Item = &'n str>, advice: impl Into<String>) -> String {
    match nearest(written, names) {
        Some(name) => format!("did you mean {name:?}?"),
        None => advice.into(),
    }
}

/// `"a", "b" or "c"`.
pub fn alternatives(words: &[&str]) -> String {
    let quoted: Vec<String> = words.iter().map(|word| format!("{word:?}")).collect();
    match quoted.split_last() {
        Some((last, [])) => last.clone(),
        Some((last, first)) => format!("{} or {last}", first.join(", ")),
        None => String::new(),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing)]
    use super::*;

    fn text(source: &str) -> Text {
        Text { file: PathBuf::from("t.toml"), source: Zeroizing::new(source.to_owned()) }
    }

    #[test]
    fn positions_count_characters() {
        let check = |source: &str, offset, line, column| {
            assert_eq!(text(source).position(offset), Position { line, column }, "{source:?} {offset}");
        };
        check("", 0, 1, 1);
        check("ab\ncd", 3, 2, 1);
        check("ü = 1", 3, 1, 3);
        check("a\r\nb", 3, 2, 1);
        check("a", 99, 1, 2);
    }

    #[test]
    fn names_that_are_near() {
        let check = |written, expected| assert_eq!(nearest(written, ["host", "port", "hold_in", "to"]), expected);
        check("hots", Some("host"));
        check("Host", Some("host"));
        check("holdin", Some("hold_in"));
        check("hostname", Some("host"));
        check("portnumber", Some("port"));
        check("toward", None);
        check("xyzzy", None);
        check("x", None);
        check("a", None);
        check(&"h".repeat(100_000), None);
    }

    #[test]
    fn sorted_bounded_and_once() {
        let mut faults = Faults::default();
        faults.error(2, "second");
        faults.error(0, "first");
        faults.error(2, "second");
        faults.warn(1, "not an error");
        let sorted: Vec<String> = faults.sorted(Weight::Error, &text("abc")).iter().map(Fault::to_string).collect();
        assert_eq!(sorted, ["t.toml:1:1: first", "t.toml:1:3: second"]);
        for n in 0..limits::front::CONFIG_FAULTS_SHOWN + 5 {
            faults.warn(0, n.to_string());
        }
        let warnings = faults.sorted(Weight::Warning, &text("abc"));
        assert_eq!(warnings.len(), limits::front::CONFIG_FAULTS_SHOWN + 1);
        assert!(warnings.last().unwrap().to_string().starts_with("t.toml: warning: 6 more"));
    }
}
