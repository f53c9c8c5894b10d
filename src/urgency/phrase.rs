//! How reasons are worded: values cut and quoted, patterns named, lists counted.

use std::time::Duration;

use crate::limits;
use crate::pattern::Pattern;
use crate::text;

/// A value in quotes, on one clean line of at most `limits::judgement::QUOTED_CHARS` characters.
pub fn quoted(value: &str) -> String {
    format!("\"{}\"", text::excerpt(value, limits::judgement::QUOTED_CHARS))
}

/// Values in quotes, the first `limits::judgement::QUOTED_MANY` of them and a count of the rest: `"a", "b" or 5 more`, where `word`
/// is the one before the last.
pub fn listed<'v>(values: impl IntoIterator<Item = &'v str>, word: &str) -> String {
    let mut values = values.into_iter();
    let mut shown: Vec<String> = values.by_ref().take(limits::judgement::QUOTED_MANY).map(quoted).collect();
    match values.count() {
        0 => {}
        rest => shown.push(format!("{rest} more")),
    }
    let last = shown.pop().unwrap_or_default();
    if shown.is_empty() { last } else { format!("{} {word} {last}", shown.join(", ")) }
}

/// Patterns as they were written: `"a", "b" or "c"`.
pub fn patterns(patterns: &[Pattern]) -> String {
    let written: Vec<_> = patterns.iter().map(Pattern::written).collect();
    listed(written.iter().map(AsRef::as_ref), "or")
}

/// The pattern that matched: `"*@example.org"`, or `"*@example.org" of "@friends"`.
pub fn matched(pattern: &Pattern, by: &Pattern) -> String {
    match pattern {
        Pattern::Group(..) => format!("{} of {}", quoted(&by.written()), quoted(&pattern.written())),
        _ => quoted(&by.written()),
    }
}

/// A time span in its largest whole unit: `3 days`, `2 h`, `45 min`, `20 s`.
pub fn spoken(time: Duration) -> String {
    let seconds = time.as_secs();
    match seconds {
        0..120 => format!("{seconds} s"),
        120..7_200 => format!("{} min", seconds / 60),
        7_200..172_800 => format!("{} h", seconds / 3_600),
        _ => format!("{} days", seconds / 86_400),
    }
}
