//! The subject of a conversation, without what answering and forwarding put before it.

/// Prefixes of answers and forwards, as mail programs of several languages write them.
const PREFIXES: [&str; 16] =
    ["re", "fw", "fwd", "aw", "wg", "antw", "sv", "vs", "vl", "tr", "rv", "enc", "res", "rif", "odp", "pd"];

/// The subject without `Re:` and its like, however many. May be empty.
pub fn bare(subject: &str) -> &str {
    let mut rest = subject.trim();
    while let Some(shorter) = without_prefix(rest) {
        rest = shorter;
    }
    rest
}

/// What two messages of one conversation share: lower case, without prefixes and without a list's `[tag]`.
pub fn key(subject: &str) -> String {
    let mut rest = bare(subject);
    while let Some(shorter) = without_tag(rest) {
        rest = bare(shorter);
    }
    rest.to_lowercase()
}

fn without_prefix(text: &str) -> Option<&str> {
    let (prefix, rest) = text.split_once([':', '：'])?;
    let word: String = prefix.chars().take(12).filter(|c| c.is_alphabetic()).collect();
    let counter = prefix.chars().all(|c| c.is_alphanumeric() || "[]()^ ".contains(c));
    let known =
        PREFIXES.contains(&word.to_lowercase().as_str()) || matches!(word.as_str(), "回复" | "答复" | "转发" | "回覆");
    (counter && known && prefix.chars().count() <= 12).then(|| rest.trim_start())
}

fn without_tag(text: &str) -> Option<&str> {
    let (tag, rest) = text.strip_prefix('[')?.split_once(']')?;
    (tag.chars().count() <= 40 && !rest.trim().is_empty()).then(|| rest.trim_start())
}

#[cfg(test)]
mod tests {
    use super::{bare, key};

    #[test]
    fn prefixes_go_and_words_stay() {
        for (subject, expected) in [
            ("Re: AW: Fwd: Budget", "Budget"),
            ("RE[2]: Budget", "Budget"),
            ("回复：Budget", "Budget"),
            ("Reminder: Budget", "Reminder: Budget"),
            ("Re:", ""),
            ("", ""),
            ("re: [list] x", "[list] x"),
        ] {
            assert_eq!(bare(subject), expected);
        }
        assert_eq!(key("Re: [dev] Re: Budget"), key("budget"));
        assert_eq!(key("[dev]"), "[dev]");
        assert_eq!(key(&"Re: ".repeat(100_000)), "");
    }
}
