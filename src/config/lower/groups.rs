//! Groups, expanded once, so that a rule that names one has its patterns at hand.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

use super::bench::Bench;
use crate::config::fault::meant;
use crate::config::file::person::Group;
use crate::config::reader::At;
use crate::limits;
use crate::pattern::error::PatternError;
use crate::pattern::{Field, Pattern};

/// The ready groups, and which of them anybody asked for.
#[derive(Debug)]
pub struct Groups<'g> {
    written: BTreeMap<&'g str, &'g Group>,
    ready: BTreeMap<&'g str, Vec<Pattern>>,
    used: RefCell<BTreeSet<String>>,
}

impl<'g> Groups<'g> {
    /// Makes all groups ready: in the first round those without groups inside, in the second those of the first, and so
    /// on, so that depth is bounded without recursion. One that is wrong, or stands in a circle, is left out and noted.
    pub fn lower(bench: &mut Bench<'_>, written: &'g [Group]) -> Self {
        let by_name = written.iter().map(|group| (group.name.value.as_str(), group)).collect();
        let mut groups = Self { written: by_name, ready: BTreeMap::new(), used: RefCell::default() };
        let mut waiting: Vec<&Group> = written.iter().collect();
        for group in written {
            bench.name("[groups]: ", &group.name);
        }
        for _ in 0..limits::front::CONFIG_GROUP_NESTING {
            let (now, later) =
                waiting.into_iter().partition(|group| groups.inner(group).all(|name| groups.ready.contains_key(name)));
            waiting = later;
            let expanded: Vec<_> = now.into_iter().map(|group| (group, groups.expand(bench, group))).collect();
            let ready =
                expanded.into_iter().filter_map(|(group, patterns)| Some((group.name.value.as_str(), patterns?)));
            groups.ready.extend(ready);
        }
        groups.refuse(bench, &waiting);
        // Who asked so far are groups, which by themselves use nothing.
        groups.used.borrow_mut().clear();
        groups
    }

    /// Reads a pattern that may name a group. `None`: it is wrong and noted.
    pub fn pattern(
        &self,
        bench: &mut Bench<'_>,
        prefix: &str,
        (written, field): (&At<String>, Field),
    ) -> Option<Pattern> {
        let look_up = |name: &str| {
            self.used.borrow_mut().insert(name.to_owned());
            self.ready.get(name).cloned()
        };
        let error = match Pattern::parse(&written.value, field, &look_up) {
            Ok(pattern) => return Some(pattern),
            Err(error) => error,
        };
        let text = match &error {
            // What is wrong with that group is noted where it stands.
            PatternError::UnknownGroup { name } if self.written.contains_key(name.as_str()) => return None,
            PatternError::UnknownGroup { name } => {
                let whole = error.to_string();
                let (what, advice) = whole.split_once("; ").unwrap_or((&whole, ""));
                format!("{what}; {}", meant(name, self.written.keys().copied(), advice))
            }
            _ => error.to_string(),
        };
        bench.faults.error(written.offset, format!("{prefix}{text}"));
        None
    }

    /// Reads a list of patterns; `None` when one is wrong.
    pub fn patterns(
        &self,
        bench: &mut Bench<'_>,
        prefix: &str,
        (written, field): (&[At<String>], Field),
    ) -> Option<Vec<Pattern>> {
        let patterns: Vec<_> = written.iter().map(|text| self.pattern(bench, prefix, (text, field))).collect();
        patterns.into_iter().collect()
    }

    /// Warns of groups that no rule and no digest reaches.
    pub fn warn_of_unused(&self, bench: &mut Bench<'_>) {
        let used = self.used.borrow();
        let reached = self.reached(used.iter().map(String::as_str));
        for (name, group) in self.written.iter().filter(|(name, _)| !reached.contains(*name)) {
            let text = format!("group {name:?} is used by no rule; remove it, or write \"@{name}\" in one");
            bench.faults.warn(group.name.offset, text);
        }
    }

    /// The groups that a group names.
    fn inner(&self, group: &'g Group) -> impl Iterator<Item = &'g str> {
        let names = group.entries.iter().flatten().filter_map(|entry| entry.value.strip_prefix('@'));
        names.filter(|name| self.written.contains_key(name))
    }

    /// The patterns of a group whose inner groups are ready.
    fn expand(&self, bench: &mut Bench<'_>, group: &Group) -> Option<Vec<Pattern>> {
        let name = group.name.value.as_str();
        let prefix = format!("group {name:?}: ");
        let mut patterns = Vec::new();
        let (mut size, mut whole) = (0_usize, true);
        for entry in group.entries.as_ref()? {
            match self.pattern(bench, &prefix, (entry, Field::Value)) {
                Some(pattern) => {
                    size = size.saturating_add(leaves(&pattern));
                    patterns.push(pattern);
                }
                None => whole = false,
            }
            if size > limits::front::CONFIG_GROUP_PATTERNS {
                let most = limits::front::CONFIG_GROUP_PATTERNS;
                let advice = "write globs such as \"*@example.org\"";
                let text = format!("{prefix}more than {most} patterns with those of the groups inside it; {advice}");
                bench.faults.error(group.name.offset, text);
                return None;
            }
        }
        whole.then_some(patterns)
    }

    /// Notes why groups could not be made ready: a circle, or too deep. Those that only wait for one of these, or for
    /// one that is wrong in itself, say nothing. From each group the walk follows the first that it waits for, so that
    /// one circle is noted once, and a tangle of them one by one.
    fn refuse(&self, bench: &mut Bench<'_>, waiting: &[&'g Group]) {
        let names: BTreeSet<&str> = waiting.iter().map(|group| group.name.value.as_str()).collect();
        let mut walked: BTreeMap<&str, usize> = BTreeMap::new();
        for (walk, start) in waiting.iter().enumerate() {
            let mut group = *start;
            while walked.insert(&group.name.value, walk).is_none() {
                let Some(next) = self.inner(group).find(|inner| names.contains(inner)) else {
                    self.refuse_depth(bench, group);
                    break;
                };
                let Some(next) = self.written.get(next) else { break };
                if walked.get(next.name.value.as_str()) == Some(&walk) {
                    refuse_circle(bench, group, next);
                }
                group = next;
            }
        }
    }

    fn refuse_depth(&self, bench: &mut Bench<'_>, group: &'g Group) {
        if self.inner(group).all(|inner| self.ready.contains_key(inner)) {
            let (name, most) = (&group.name.value, limits::front::CONFIG_GROUP_NESTING);
            let text =
                format!("group {name:?}: groups stand in groups deeper than {most} levels; name the entries here");
            bench.faults.error(group.name.offset, text);
        }
    }

    /// These groups and all inside them.
    fn reached<'n>(&self, names: impl IntoIterator<Item = &'n str>) -> BTreeSet<&'g str> {
        let mut reached = BTreeSet::new();
        let mut next: Vec<&'g str> =
            names.into_iter().filter_map(|name| Some(self.written.get_key_value(name)?.0).copied()).collect();
        while let Some(name) = next.pop() {
            if reached.insert(name) {
                next.extend(self.written.get(name).into_iter().flat_map(|group| self.inner(group)));
            }
        }
        reached
    }
}

fn refuse_circle(bench: &mut Bench<'_>, group: &Group, next: &Group) {
    let inner = &next.name.value;
    let entry = group.entries.iter().flatten().find(|entry| entry.value.strip_prefix('@') == Some(inner));
    let (name, offset) = (&group.name.value, entry.map_or(group.name.offset, |entry| entry.offset));
    let text = format!("group {name:?}: by \"@{inner}\" it contains itself; remove that entry");
    bench.faults.error(offset, text);
}

/// How many patterns there are, those of groups counted each.
fn leaves(pattern: &Pattern) -> usize {
    match pattern {
        Pattern::Group(_, patterns) => patterns.iter().map(leaves).fold(0, usize::saturating_add),
        _ => 1,
    }
}
