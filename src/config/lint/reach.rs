//! Rules that can never decide, as far as that can be told for certain.

use crate::civil::duration;
use crate::config::fault::Faults;
use crate::config::file::condition::{Condition, NestKey, PatternKey, SizeKey, TruthKey};
use crate::config::file::person::Rule;
use crate::config::lower::condition::octets;
use crate::config::reader::At;

/// A rule that can never decide or give points, because whatever it matches an earlier one matches first and decides.
pub fn rules_out_of_reach(faults: &mut Faults, rules: &[Rule]) {
    for (index, later) in rules.iter().enumerate() {
        let deciding = rules.iter().take(index).filter(|earlier| earlier.score.is_none());
        let earlier = { deciding }.find(|earlier| covers(&earlier.when, &later.when));
        let Some(earlier) = earlier else { continue };
        let name = earlier.name.as_ref().map_or("", |name| &name.value);
        let why = if earlier.when.is_empty() { "matches everything" } else { "matches all that this one does" };
        let what = if later.score.is_some() { "give points" } else { "decide" };
        let text =
            format!("{}it can never {what}: rule {name:?} before it {why}; move it up, or remove it", later.prefix);
        faults.warn(later.offset, text);
    }
}

/// Whether all that `narrow` matches is matched by `wide`: each condition of `wide` follows from one of `narrow`. What
/// this cannot tell it denies.
fn covers(wide: &[At<Condition>], narrow: &[At<Condition>]) -> bool {
    wide.iter().all(|wide| narrow.iter().any(|narrow| follows(&wide.value, &narrow.value)))
}

fn follows(wide: &Condition, narrow: &Condition) -> bool {
    match (wide, narrow) {
        (Condition::Patterns(wide_key, wide), Condition::Patterns(narrow_key, narrow)) => {
            let anyone = *wide_key == PatternKey::Anyone
                && matches!(narrow_key, PatternKey::From | PatternKey::To | PatternKey::Cc);
            let text = *wide_key == PatternKey::Text && matches!(narrow_key, PatternKey::Subject | PatternKey::Body);
            let running = matches!(wide_key, PatternKey::Subject | PatternKey::Body | PatternKey::Text);
            let inside = if running { same(narrow, wide) } else { within(narrow, wide) };
            (wide_key == narrow_key || anyone || text) && inside
        }
        (Condition::Header(wide_name, wide), Condition::Header(narrow_name, narrow)) => {
            let inside = match (wide, narrow) {
                (None, _) => true,
                (Some(_), None) => false,
                (Some(wide), Some(narrow)) => within(narrow, wide),
            };
            wide_name.eq_ignore_ascii_case(narrow_name) && inside
        }
        (Condition::Words(wide_key, wide), Condition::Words(narrow_key, narrow)) => {
            wide_key == narrow_key && same(narrow, wide)
        }
        (Condition::Size(SizeKey::LargerThan, wide), Condition::Size(SizeKey::LargerThan, narrow)) => {
            octets(&wide.value).zip(octets(&narrow.value)).is_some_and(|(wide, narrow)| wide <= narrow)
        }
        (Condition::Size(SizeKey::SmallerThan, wide), Condition::Size(SizeKey::SmallerThan, narrow)) => {
            octets(&wide.value).zip(octets(&narrow.value)).is_some_and(|(wide, narrow)| wide >= narrow)
        }
        (Condition::StartsWithin(wide), Condition::StartsWithin(narrow)) => {
            let time = |text: &At<String>| duration::parse(&text.value).ok();
            time(wide).zip(time(narrow)).is_some_and(|(wide, narrow)| wide >= narrow)
        }
        (Condition::List(None), Condition::List(_)) => true,
        (Condition::List(Some(wide)), Condition::List(Some(narrow))) => within(narrow, wide),
        (Condition::Truth(TruthKey::Attachment, true), Condition::Attachment(_)) => true,
        (Condition::Attachment(wide), Condition::Attachment(narrow)) => within(narrow, wide),
        (Condition::Nest(NestKey::Any, lists), narrow) => {
            wide == narrow || lists.iter().any(|list| matches!(list.as_slice(), [only] if follows(&only.value, narrow)))
        }
        _ => wide == narrow,
    }
}

/// Whether each of these is one of those.
fn same(narrow: &[At<String>], wide: &[At<String>]) -> bool {
    narrow.iter().all(|text| wide.contains(text))
}

/// Whether whatever matches one of these, as a whole value, matches one of those.
fn within(narrow: &[At<String>], wide: &[At<String>]) -> bool {
    narrow.iter().all(|narrow| wide.iter().any(|wide| wide == narrow || contains(&wide.value, &narrow.value)))
}

/// Whether one glob matches all that another pattern does, where that can be seen at its ends: `*@example.org` and
/// `boss@example.org`, `*.org` and `*@lists.example.org`, `list-*` and `list-a`. Groups, regexes and escapes are not
/// looked into.
fn contains(wide: &str, narrow: &str) -> bool {
    let is_glob = |text: &str| text.is_ascii() && !text.contains('\\') && !text.starts_with(['@', '/']);
    if !is_glob(wide) || !is_glob(narrow) {
        return false;
    }
    let (wide, narrow) = (wide.to_ascii_lowercase(), narrow.to_ascii_lowercase());
    let plain = |text: &str| !text.contains(['*', '?']);
    let behind = wide.strip_prefix('*').is_some_and(|end| plain(end) && narrow.ends_with(end));
    let before = wide.strip_suffix('*').is_some_and(|start| plain(start) && narrow.starts_with(start));
    behind || before
}

#[cfg(test)]
mod tests {
    use super::contains;

    #[test]
    fn what_a_glob_holds_is_seen_at_its_ends() {
        let check =
            |wide: &str, narrow: &str, expected: bool| assert_eq!(contains(wide, narrow), expected, "{wide} {narrow}");
        check("*", "boss@example.org", true);
        check("*@example.org", "boss@Example.org", true);
        check("*@example.org", "*@example.org", true);
        check("*example.org", "*@lists.example.org", true);
        check("*@example.org", "b?ss@example.org", true);
        check("list-*", "list-a", true);
        check("list-*", "list-*-x", true);
        check("*@example.org", "boss@example.com", false);
        check("*@example.org", "*", false);
        check("*@example.org", "boss@*", false);
        check("*@*.org", "boss@example.org", false);
        check("boss@example.org", "*@example.org", false);
        // A group, a regex, an escape: what they match is not seen.
        check("*", "@managers", false);
        check("*", "/x/", false);
        check("@example.org", "boss@example.org", false);
        check("*s", "\\*s", false);
    }
}
