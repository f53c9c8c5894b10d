//! What is wrong where a file is no TOML, in words of those who write it.

/// What to say of an error of the parser: its own words, where they cannot be bettered. `rest` is the file from where the
/// error was noticed.
pub fn said(words: &str, rest: &str) -> String {
    match better(words, rest) {
        Some(better) => format!("this is not TOML: {better}"),
        None => format!("this is not TOML: {words}"),
    }
}

fn better(words: &str, rest: &str) -> Option<&'static str> {
    let value = rest.split(['\n', '\r', ',', ']', '}', '#']).next().unwrap_or_default().trim();
    if rest.starts_with('{') && words.contains("expected key") {
        return Some(
            "it looks like JSON; write lines such as key = \"value\", as `tidings generate config` prints them",
        );
    }
    let is_a_word = value.starts_with(char::is_alphabetic) && !["true", "false"].contains(&&*value.to_lowercase());
    let misread = words.starts_with("invalid float") || words.starts_with("invalid boolean");
    if words.starts_with("string values must be quoted") || (misread && is_a_word) {
        return Some(match value {
            "" => "a value is missing; write one behind =",
            _ if value.starts_with(['“', '”', '„', '‘', '’', '«', '»']) => {
                "curly quotes are letters like others; write straight ones, \"...\""
            }
            _ => "this stands without quotes; write it as \"...\", or as '...' where it holds backslashes",
        });
    }
    if rest.starts_with(':') {
        return Some("between a key and its value stands =; write it");
    }
    // By how the parser's words begin.
    let known = [
        (
            "missing escaped value",
            "in \"double quotes\" a backslash begins an escape; write the text in 'single quotes'",
        ),
        ("invalid basic string", "a string does not end on its line; write the \" that closes it"),
        ("unclosed array table", "a table in double brackets is not closed; write [[NAME]]"),
        ("unclosed table", "a table in brackets is not closed; write [NAME]"),
        ("unclosed array", "a list is not closed; write the ] behind its last value, and a comma between two"),
        ("unexpected leading zero", "a number does not begin with 0; leave it out"),
        ("duplicate key", "this name stands here for the second time; remove one of the two"),
        ("carriage return must", "its lines end as on an old Macintosh; save it with Unix line ends"),
        ("missing assignment between key-value pairs", "between a key and its value stands =; write it"),
        ("invalid boolean", "write true or false in small letters"),
        ("missing comma", "between two values stands a comma; write it"),
    ];
    known.iter().find(|(begin, _)| words.starts_with(begin)).map(|(_, better)| *better)
}
