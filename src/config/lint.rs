//! What is right and probably not meant: warnings of a configuration without errors.

pub mod hours;
pub mod reach;
pub mod sender;

use super::fault::{Faults, meant};
use super::file::Person;
use super::file::condition::{Condition, PatternKey, TruthKey, WordKey};
use super::lower::hook::Hook;
use super::reader::{At, shortened};
use crate::intake::desk::{Desk, Plan};
use crate::model::verdict::Urgency;

/// Warns of everything there is to warn of.
pub fn warn(faults: &mut Faults, file: &Person, (desk, hooks): (&Desk, &[&Hook])) {
    let hooks: Vec<&str> = hooks.iter().filter_map(|hook| Some(hook.name.as_ref()?.value.as_str())).collect();
    reach::rules_out_of_reach(faults, &file.rules);
    no_hooks(faults, file, &hooks);
    sender::unproven(faults, &file.rules, desk);
    hours::slots_in_quiet_hours(faults, file, desk);
    sources(faults, file, (desk, &hooks));
    nothing_sent(faults, file, desk);
    levels(faults, file, (desk, &hooks));
    idle_digests(faults, file, desk);
    if desk.accounts.is_empty() && hooks.is_empty() {
        faults.warn(0, "there is no [[account]], and nothing to watch; write one");
    }
}

/// Sources that are no account and no hook.
fn sources(faults: &mut Faults, file: &Person, (desk, hooks): (&Desk, &[&str])) {
    let names: Vec<&str> = desk.accounts.keys().map(|name| name.as_str()).chain(hooks.iter().copied()).collect();
    let (what, tables) = match hooks {
        [] => ("account", "an [[account]]"),
        _ => ("account and no hook", "an [[account]] or a [[chat]]"),
    };
    let mut look = |prefix: &str, written: &At<String>| {
        let text = written.value.as_str();
        let plain = !text.contains(['*', '?', '\\']) && !text.starts_with(['@', '/']);
        if plain && !names.iter().any(|name| name.eq_ignore_ascii_case(text)) {
            let advice = meant(text, names.iter().copied(), format!("write the name of {tables}"));
            faults.warn(written.offset, format!("{prefix}the source {:?} is no {what}; {advice}", shortened(text)));
        }
    };
    for rule in &file.rules {
        for_each(&rule.when, &mut |condition| {
            if let Condition::Patterns(PatternKey::Source, texts) = &condition.value {
                texts.iter().for_each(|source| look(&rule.prefix, source));
            }
        });
    }
    for digest in &file.digests {
        digest.sources.iter().flatten().for_each(|source| look(&digest.prefix, source));
    }
}

/// Rules that ask for what only chat has, where no hook brings any.
fn no_hooks(faults: &mut Faults, file: &Person, hooks: &[&str]) {
    if !hooks.is_empty() {
        return;
    }
    for rule in &file.rules {
        for_each(&rule.when, &mut |condition| {
            let key = match &condition.value {
                Condition::Patterns(PatternKey::Channel, _) => "channel",
                Condition::Words(WordKey::Mention, _) => "mention",
                Condition::Words(WordKey::Kind, kinds) if kinds.iter().any(|kind| kind.value != "mail") => "kind",
                _ => return,
            };
            let text = format!("{}{key:?} asks for chat, and none comes; write a [[chat]], or remove it", rule.prefix);
            faults.warn(condition.offset, text);
        });
    }
}

/// Rules that ask whether something answers me, where nothing that I wrote is read.
fn nothing_sent(faults: &mut Faults, file: &Person, desk: &Desk) {
    let mut accounts = desk.accounts.values().peekable();
    if accounts.peek().is_none() || accounts.any(|filing| filing.sent.is_some()) {
        return;
    }
    for rule in &file.rules {
        for_each(&rule.when, &mut |condition| {
            if matches!(condition.value, Condition::Truth(TruthKey::RepliesToMe, _)) {
                let text = format!(
                    "{}\"replies_to_me\" knows nothing of what you wrote, because every account has sent = \"\"; write sent = \"\\\\Sent\" in one, or remove it",
                    rule.prefix
                );
                faults.warn(condition.offset, text);
            }
        });
    }
}

/// Every condition that holds no others. Recursion was bounded when they were read.
fn for_each(when: &[At<Condition>], look: &mut dyn FnMut(&At<Condition>)) {
    for condition in when {
        match &condition.value {
            Condition::Nest(_, lists) => lists.iter().for_each(|list| for_each(list, look)),
            _ => look(condition),
        }
    }
}

/// Levels that no digest takes, and so pass. What is `low` goes as `normal` where no digest takes `low`.
fn levels(faults: &mut Faults, file: &Person, (desk, hooks): (&Desk, &[&str])) {
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
        let accounts = desk.accounts.keys().map(|account| ("account", account.as_str()));
        for (what, name) in accounts.chain(hooks.iter().map(|hook| ("chat", *hook))) {
            let collects = |plan: &Plan| plan.sources.iter().any(|source| source.matches(name));
            if !desk.digests.iter().filter(takes).any(collects) {
                let text = format!(
                    "no digest takes {level:?} from {what} {name:?}, so that it passes at once; name it in `sources`"
                );
                faults.warn(first.offset, text);
            }
        }
    }
}

/// Digests that take nothing by themselves, and that no rule names.
fn idle_digests(faults: &mut Faults, file: &Person, desk: &Desk) {
    for (written, plan) in file.digests.iter().zip(&desk.digests) {
        let named = desk.rules.iter().any(|rule| rule.wishes.digest.as_ref() == Some(&plan.letter.name));
        if plan.takes.is_empty() && !named {
            let text = format!("{}it takes no level, and no rule names it; write takes = [\"normal\"]", written.prefix);
            faults.warn(written.offset, text);
        }
    }
}
