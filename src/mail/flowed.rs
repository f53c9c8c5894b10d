//! format=flowed: lines that belong together, joined again (RFC 3676).

/// Whether the space that marks a flowed line is part of the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Space {
    /// DelSp=no: it separates words.
    Kept,
    /// DelSp=yes: it was added for the way.
    Deleted,
}

/// Joins flowed lines of the same quotation depth; quoted lines come out with `> ` before each level.
pub fn unflow(text: &str, space: Space) -> String {
    let mut out = String::with_capacity(text.len());
    // The depth of the paragraph that is open: its last line ended in a space.
    let mut open = None;
    for (index, line) in text.lines().enumerate() {
        let content = line.trim_start_matches('>');
        let depth = line.len() - content.len();
        // Section 4.4: a stuffed space is no text.
        let content = content.strip_prefix(' ').unwrap_or(content);
        // Section 4.3: the signature separator ends in a space and is never flowed.
        let is_flowed = content.ends_with(' ') && content != "-- ";
        if open != Some(depth) || content == "-- " {
            if index > 0 {
                out.push('\n');
            }
            for _ in 0..depth {
                out.push('>');
            }
            if depth > 0 {
                out.push(' ');
            }
        }
        match (is_flowed, space) {
            (true, Space::Deleted) => out.push_str(content.strip_suffix(' ').unwrap_or(content)),
            _ => out.push_str(content),
        }
        open = is_flowed.then_some(depth);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::{Space, unflow};

    fn check(text: &str, space: Space, expected: &str) {
        assert_eq!(unflow(text, space), expected);
    }

    #[test]
    fn joins_as_the_standard_says() {
        check("a \r\nb\r\nc\r\n", Space::Kept, "a b\nc");
        check("Stö \nrung\nDanke\nIhr", Space::Deleted, "Störung\nDanke\nIhr");
        check("  indented\n From here", Space::Kept, " indented\nFrom here");
        check("a \n-- \nAda", Space::Kept, "a \n-- \nAda");
        check("a\n\nb", Space::Kept, "a\n\nb");
    }

    #[test]
    fn quotations_keep_their_depth() {
        check("> a \n> b\n>> c \nd", Space::Kept, "> a b\n>> c \nd");
    }
}
