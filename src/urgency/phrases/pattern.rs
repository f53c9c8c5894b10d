//! Alternatives in a phrase: "(are|r) you (still |)there" stands for four phrases.

use crate::limits;

/// Every phrase that a pattern stands for, at most `limits::judgement::PHRASE_FORMS` of them: of each `(a|b)` one part, which may be empty; of
/// several spaces one, none at either end.
pub fn expand(pattern: &str) -> Vec<String> {
    let mut forms = vec![String::new()];
    let mut rest = pattern;
    while let Some((before, group)) = rest.split_once('(') {
        let (inside, after) = group.split_once(')').unwrap_or((group, ""));
        let parts = || inside.split('|');
        forms = forms
            .iter()
            .flat_map(|form| parts().map(move |part| format!("{form}{before}{part}")))
            .take(limits::judgement::PHRASE_FORMS)
            .collect();
        rest = after;
    }
    let whole = forms.iter().map(|form| format!("{form}{rest}").split_whitespace().collect::<Vec<_>>().join(" "));
    let mut whole: Vec<String> = whole.filter(|form| !form.is_empty()).collect();
    whole.sort();
    whole.dedup();
    whole
}

/// The first `chars` characters of each phrase that the pattern stands for, or all of a shorter one; some more than once.
/// Nothing that stands behind them is written out.
pub fn beginnings(pattern: &str, chars: usize) -> Vec<String> {
    let mut found = Vec::new();
    begin(pattern, String::new(), chars, &mut found);
    found
}

fn begin(pattern: &str, mut so_far: String, chars: usize, found: &mut Vec<String>) {
    let (before, group) = pattern.split_once('(').map_or((pattern, None), |(before, group)| (before, Some(group)));
    add(&mut so_far, before);
    match group {
        Some(group) if so_far.trim_end().chars().count() < chars => {
            let (inside, after) = group.split_once(')').unwrap_or((group, ""));
            for part in inside.split('|') {
                let mut with = so_far.clone();
                add(&mut with, part);
                begin(after, with, chars, found);
            }
        }
        _ => {
            let beginning: String = so_far.chars().take(chars).collect();
            // Two characters and a space begin what goes on behind it; a phrase of two has nothing behind them.
            found.push(if so_far.chars().count() > chars { beginning } else { beginning.trim_end().to_owned() });
        }
    }
}

/// Of several spaces one, and none at the beginning.
fn add(so_far: &mut String, part: &str) {
    for c in part.chars() {
        if c != ' ' || !so_far.is_empty() && !so_far.ends_with(' ') {
            so_far.push(c);
        }
    }
}

/// Where a phrase that the pattern stands for ends, when it begins at `at` in a folded text; each end once.
pub fn ends(pattern: &str, folded: &str, at: usize) -> Vec<usize> {
    let mut ends = Vec::new();
    follow(pattern.as_bytes(), Place { folded: folded.as_bytes(), began: at, at, space: Space::None }, &mut ends);
    ends.sort_unstable();
    ends.dedup();
    ends
}

/// How far a phrase has been followed through a text.
#[derive(Clone, Copy)]
struct Place<'t> {
    folded: &'t [u8],
    began: usize,
    at: usize,
    space: Space,
}

/// Whether the pattern had a space that the text must have before the next character: several are one, none counts at
/// either end.
#[derive(Clone, Copy, PartialEq)]
enum Space {
    None,
    Due,
}

/// As deep as the pattern has groups. Octet by octet, because most texts go on otherwise soon.
fn follow(pattern: &[u8], mut place: Place<'_>, ends: &mut Vec<usize>) {
    for (index, octet) in pattern.iter().enumerate() {
        if *octet == b'(' {
            let group = pattern.get(index + 1..).unwrap_or_default();
            let length = group.iter().position(|octet| *octet == b')').unwrap_or(group.len());
            let (inside, after) = group.split_at_checked(length).unwrap_or((group, &[]));
            for part in inside.split(|octet| *octet == b'|') {
                if let Some(place) = part.iter().try_fold(place, |place, octet| place.after(*octet)) {
                    follow(after.get(1..).unwrap_or_default(), place, ends);
                }
            }
            return;
        }
        let Some(next) = place.after(*octet) else { return };
        place = next;
    }
    if place.at > place.began {
        ends.push(place.at);
    }
}

impl Place<'_> {
    /// The place after an octet of the pattern; `None`: the text has another.
    fn after(mut self, octet: u8) -> Option<Self> {
        if octet == b' ' {
            return Some(Self { space: Space::Due, ..self });
        }
        if self.space == Space::Due && self.at > self.began {
            (self.folded.get(self.at) == Some(&b' ')).then_some(())?;
            self.at += 1;
        }
        (self.folded.get(self.at) == Some(&octet)).then_some(Self { at: self.at + 1, space: Space::None, ..self })
    }
}

#[cfg(test)]
mod tests {
    use super::{beginnings, ends, expand};

    #[test]
    fn a_pattern_begins_as_its_forms_do() {
        let patterns =
            ["asap", "(are|r) you (still |)there", "(the |)end (now|)", "u( r|) ok", "?(?|!)", "a (b|) c", "my (x|)"];
        for pattern in patterns {
            let mut expected: Vec<String> = expand(pattern).iter().map(|form| form.chars().take(3).collect()).collect();
            let mut found = beginnings(pattern, 3);
            for list in [&mut expected, &mut found] {
                list.sort();
                list.dedup();
            }
            assert_eq!(found, expected, "{pattern}");
        }
    }

    #[test]
    fn a_pattern_ends_where_its_forms_do() {
        let check = |pattern: &str, text: &str, expected: &[usize]| {
            assert_eq!(ends(pattern, text, 0), expected, "{pattern:?} in {text:?}");
        };
        check("call me( back|)", "call me back", &[7, 12]);
        check("(are|r) you (still |)there", "r you there", &[11]);
        check("(are|r) you (still |)there", "r you  there", &[]);
        check("call (me|) back", "call back", &[9]);
        check("(the |)end (now|)", "end now", &[3, 7]);
        check("(a|ab)c", "abc", &[3]);
        check("é", "e", &[]);
        check("", "x", &[]);
        check("call", "cal", &[]);
    }

    #[test]
    fn alternatives_are_written_out() {
        let check = |pattern: &str, forms: &[&str]| assert_eq!(expand(pattern), forms, "{pattern}");
        check("asap", &["asap"]);
        check("(are|r) you there", &["are you there", "r you there"]);
        check(
            "when(ever|) you (still |)can",
            &["when you can", "when you still can", "whenever you can", "whenever you still can"],
        );
        check("call me( back|)", &["call me", "call me back"]);
        check("(open", &["open"]);
        check("", &[]);
    }
}
