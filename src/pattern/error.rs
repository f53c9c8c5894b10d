//! Why a pattern cannot be used, with what to write instead.

use crate::limits;

/// Why a pattern cannot be used, with what to write instead.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PatternError {
    /// Nothing is written, or nothing between the slashes.
    #[error("the pattern \"{written}\" is empty; write \"*\" for any value, or leave the key out")]
    Empty {
        /// As it was written.
        written: String,
    },
    /// No second slash.
    #[error(
        "the regex \"{written}\" has no closing slash; write \"{written}/\", or '\\{written}' for a text that begins with a slash"
    )]
    Unclosed {
        /// As it was written.
        written: String,
    },
    /// What stands behind the last slash are not flags.
    #[error(
        "the regex \"{written}\" has the unknown flag \"{flag}\"; the flags are i, m and s, and '\\{written}' is a text that begins with a slash"
    )]
    UnknownFlag {
        /// As it was written.
        written: String,
        /// The first that is not known.
        flag: char,
    },
    /// The regex crate refuses it.
    #[error("the regex \"{written}\" cannot be used: {reason}")]
    BadRegex {
        /// As it was written.
        written: String,
        /// Why, on one line.
        reason: String,
    },
    /// Compiled it would take more than `limits::ground::REGEX_COMPILED_BYTES`.
    #[error(
        "the pattern \"{written}\" grows too big when it is compiled; use smaller counted repetitions, or [a-z] in place of \\w"
    )]
    TooBig {
        /// As it was written, cut.
        written: String,
    },
    /// It is longer than `limits::ground::PATTERN_CHARS`.
    #[error(
        "the pattern \"{written}\" is longer than {} characters; write several shorter ones in a list",
        limits::ground::PATTERN_CHARS
    )]
    TooLong {
        /// Its beginning.
        written: String,
    },
    /// A control character, as TOML makes of `"\b"`.
    #[error(
        "the pattern \"{written}\" holds a control character; in TOML write what has backslashes in 'single quotes'"
    )]
    Control {
        /// As it was written, without them.
        written: String,
    },
    /// No such group.
    #[error("there is no group \"{name}\" in [groups]; {}", advice(name))]
    UnknownGroup {
        /// Without the `@`.
        name: String,
    },
}

fn advice(name: &str) -> String {
    if name.contains('.') {
        format!("for every address of a domain write \"*@{name}\"")
    } else {
        format!("define it there, or write '\\@{name}' for a text that begins with @")
    }
}
