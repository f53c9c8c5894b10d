//! What is right and probably not meant: warnings of a configuration without errors.

use super::fault::{Faults, meant};
use super::file::File;
use super::file::condition::{Condition, NestKey, PatternKey, TruthKey};
use super::file::person::Rule;
use super::reader::{At, shortened};
use crate::intake::desk::{Desk, Plan};
use crate::model::verdict::Urgency;

/// Warns of everything there is to warn of.
pub fn warn(faults: &mut Faults, file: &File, desk: &Desk) {
    rules_out_of_reach(faults, &file.rules);
    sources(faults, file, desk);
    levels(faults, file, desk);
    idle_digests(faults, file, desk);
    if desk.accounts.is_empty() {
        faults.warn(0, "there is no [[account]], and nothing to watch; write one");
    }
}

/// A rule that can never decide, because whatever it matches an earlier one matches first.
fn rules_out_of_reach(faults: &mut Faults, rules: &[Rule]) {
    for (index, later) in rules.iter().enumerate() {
        let earlier = rules.iter().take(index).find(|earlier| covers(&earlier.when, &later.when));
        let Some(earlier) = earlier else { continue };
        let name = earlier.name.as_ref().map_or("", |name| &name.value);
        let why = if earlier.when.is_empty() { "matches everything" } else { "matches all that this one does" };
        let text =
            format!("{}it can never decide: rule {name:?} before it {why}; move it up, or remove it", later.prefix);
        faults.warn(later.offset, text);
    }
}

/// Whether all that `narrow` matches is matched by `wide`: each condition of `wide` follows from one of `narrow`. What
/// this cannot tell it denies.
fn covers(wide: &[At<Condition>], narrow: &[At<Condition>]) -> bool {
    wide.iter().all(|wide| narrow.iter().any(|narrow| follows(&wide.value, &narrow.value)))
}

fn follows(wide: &Condition, narrow: &Condition) -> bool {
    let within = |narrow: &[At<String>], wide: &[At<String>]| narrow.iter().all(|text| wide.contains(text));
    match (wide, narrow) {
        (Condition::Patterns(wide_key, wide), Condition::Patterns(narrow_key, narrow)) => {
            let anyone = *wide_key == PatternKey::Anyone
                && matches!(narrow_key, PatternKey::From | PatternKey::To | PatternKey::Cc);
            let text = *wide_key == PatternKey::Text && matches!(narrow_key, PatternKey::Subject | PatternKey::Body);
            (wide_key == narrow_key || anyone || text) && within(narrow, wide)
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
            wide_key == narrow_key && within(narrow, wide)
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

/// Sources that are no account.
fn sources(faults: &mut Faults, file: &File, desk: &Desk) {
    let names: Vec<&str> = desk.accounts.keys().map(|name| name.as_str()).collect();
    let mut look = |prefix: &str, written: &At<String>| {
        let text = written.value.as_str();
        let plain = !text.contains(['*', '?', '\\']) && !text.starts_with(['@', '/']);
        if plain && !names.iter().any(|name| name.eq_ignore_ascii_case(text)) {
            let advice = meant(text, names.iter().copied(), "write the name of an [[account]]");
            faults.warn(written.offset, format!("{prefix}the source {:?} is no account; {advice}", shortened(text)));
        }
    };
    for rule in &file.rules {
        for_each_source(&rule.when, &mut |source| look(&rule.prefix, source));
    }
    for digest in &file.digests {
        digest.sources.iter().flatten().for_each(|source| look(&digest.prefix, source));
    }
}

/// Recursion was bounded when the conditions were read.
fn for_each_source(when: &[At<Condition>], look: &mut dyn FnMut(&At<String>)) {
    for condition in when {
        match &condition.value {
            Condition::Patterns(PatternKey::Source, texts) => texts.iter().for_each(&mut *look),
            Condition::Nest(_, lists) => lists.iter().for_each(|list| for_each_source(list, look)),
            _ => {}
        }
    }
}

/// Levels that no digest takes, and so pass. What is `low` goes as `normal` where no digest takes `low`.
fn levels(faults: &mut Faults, file: &File, desk: &Desk) {
    let Some(first) = file.digests.first() else {
        faults.warn(0, "there is no [[digest]], so that nothing is ever held; write one");
        return;
    };
    for (level, through) in
        [(Urgency::Normal, &[Urgency::Normal][..]), (Urgency::Low, &[Urgency::Low, Urgency::Normal])]
    {
        let takes = |plan: &&Plan| through.iter().any(|level| plan.takes.contains(level));
        let level = level.as_str();
        if !desk.digests.iter().any(|plan| takes(&plan)) {
            let text =
                format!("no digest takes {level:?}, so that it passes at once; write takes = [{level:?}] in one");
            faults.warn(first.offset, text);
            continue;
        }
        for account in desk.accounts.keys() {
            let collects = |plan: &Plan| plan.sources.iter().any(|source| source.matches(account.as_str()));
            if !desk.digests.iter().filter(takes).any(collects) {
                let text = format!(
                    "no digest takes {level:?} from account \"{account}\", so that it passes at once; name it in `sources`"
                );
                faults.warn(first.offset, text);
            }
        }
    }
}

/// Digests that take nothing by themselves, and that no rule names.
fn idle_digests(faults: &mut Faults, file: &File, desk: &Desk) {
    for (written, plan) in file.digests.iter().zip(&desk.digests) {
        let named = desk.rules.iter().any(|rule| rule.wishes.digest.as_ref() == Some(&plan.letter.name));
        if plan.takes.is_empty() && !named {
            let text = format!("{}it takes no level, and no rule names it; write takes = [\"normal\"]", written.prefix);
            faults.warn(written.offset, text);
        }
    }
}
