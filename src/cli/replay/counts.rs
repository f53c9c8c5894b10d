//! Counting what a replay decided, by one configuration or by two, and how that is shown to people.

use std::collections::BTreeMap;
use std::fmt::Write;

use super::outcome::{Decided, End, Outcome};
use crate::cli::json::replay::{Change, Compared, Counts};
use crate::cli::show;
use crate::intake::desk::Desk;
use crate::limits;
use crate::model::signal::Signal;

/// Counts one more.
pub fn count(counts: &mut Counts, decided: &Decided) {
    counts.messages += 1;
    let place = match decided.end {
        End::Urgent => &mut counts.urgent,
        End::Held(_) => &mut counts.held,
        End::Dropped => &mut counts.dropped,
        End::Passed => &mut counts.passed,
        End::Ignored => &mut counts.ignored,
    };
    *place += 1;
    if let Some(rule) = decided.rule() {
        *counts.rules.entry(rule.to_owned()).or_default() += 1;
    }
    for (name, _) in decided.signals() {
        *counts.signals.entry(name.clone()).or_default() += 1;
        if decided.end == End::Urgent {
            *counts.signals_urgent.entry(name.clone()).or_default() += 1;
        }
    }
}

/// One that could not be read.
pub fn count_unreadable(counts: &mut Counts) {
    counts.messages += 1;
    counts.unreadable += 1;
}

/// What changes from one configuration to the other.
#[derive(Default)]
pub struct Comparison {
    compared: Compared,
    changes: BTreeMap<(String, String), usize>,
}

impl Comparison {
    /// Takes one message.
    pub fn take(&mut self, outcome: &Outcome) {
        let (was, Some(becomes)) = (&outcome.decided, &outcome.other) else { return };
        count(&mut self.compared.counts, becomes);
        if was.end == becomes.end {
            return;
        }
        self.compared.changed += 1;
        self.compared.to_urgent += usize::from(becomes.end == End::Urgent);
        self.compared.from_urgent += usize::from(was.end == End::Urgent);
        *self.changes.entry((was.words(), becomes.words())).or_default() += 1;
    }

    /// Takes one that could not be read.
    pub fn take_unreadable(&mut self) {
        count_unreadable(&mut self.compared.counts);
    }

    /// All of it.
    pub fn end(self) -> Compared {
        let changes = self.changes.into_iter();
        let mut changes: Vec<Change> =
            changes.map(|((was, becomes), messages)| Change { was, becomes, messages }).collect();
        changes.sort_by_key(|change| std::cmp::Reverse(change.messages));
        Compared { changes, ..self.compared }
    }
}

/// What is counted, for people; rules without a match are named, because they are mostly mistakes.
pub fn summary(desk: &Desk, counts: &Counts) -> String {
    let mut out = format!("{}\n", show::count(counts.messages, "message", "messages"));
    for (name, count, what) in [
        ("urgent", counts.urgent, "pass at once, or when quiet hours end"),
        ("held", counts.held, "wait for a digest"),
        ("dropped", counts.dropped, "are filed, in no digest"),
        ("passed", counts.passed, "pass because they are never held, or no digest takes them"),
        ("ignored", counts.ignored, "are left alone"),
        ("unreadable", counts.unreadable, "cannot be read, and would pass"),
    ] {
        if count > 0 || matches!(name, "urgent" | "held") {
            let _ = writeln!(out, "  {name:<10}  {count:>7}  {what}");
        }
    }
    if !desk.rules.is_empty() {
        let by_rule: usize = counts.rules.values().sum();
        let row = |name: &str, count: usize, note: &str| vec![name.to_owned(), format!("{count:>8}"), note.to_owned()];
        let mut rows: Vec<Vec<String>> = Vec::new();
        for rule in desk.rules.iter().map(|rule| rule.name.as_str()) {
            // A rule with `score` decides nothing, and gives points as a signal does.
            let scored = counts.signals.get(&format!("rule {rule:?}"));
            let count = counts.rules.get(rule).or(scored).copied().unwrap_or(0);
            rows.push(row(rule, count, if count == 0 { "never matched" } else { "" }));
        }
        rows.push(row("(no rule)", counts.messages - by_rule, ""));
        out.push('\n');
        out.push_str(&show::table(&["RULE", "MESSAGES", ""], &rows));
    }
    let of = |of: &BTreeMap<String, usize>, name: &str| of.get(name).copied().unwrap_or(0);
    let fired = Signal::ALL.into_iter().map(Signal::name).filter(|name| of(&counts.signals, name) > 0);
    let rows: Vec<Vec<String>> = fired
        .map(|name| {
            let numbers = [&counts.signals, &counts.signals_urgent].map(|counts| format!("{:>8}", of(counts, name)));
            std::iter::once(name.to_owned()).chain(numbers).collect()
        })
        .collect();
    if !rows.is_empty() {
        out.push('\n');
        out.push_str(&show::table(&["SIGNAL", "MESSAGES", "  URGENT"], &rows));
    }
    out
}

/// What changes, for people.
pub fn comparison(desk: &Desk, compared: &Compared) -> String {
    let Compared { to_urgent, from_urgent, changed, .. } = *compared;
    let mut out = format!("\nBy the other rules\n{}", summary(desk, &compared.counts));
    let _ = writeln!(
        out,
        "\n{} otherwise: {to_urgent} would be urgent, {from_urgent} not any more",
        show::count(changed, "message ends", "messages end")
    );
    for Change { was, becomes, messages } in compared.changes.iter().take(limits::front::REPLAY_CHANGES_SHOWN) {
        let _ = writeln!(out, "  {messages:>7}  {was}  ->  {becomes}");
    }
    let more = compared.changes.len().saturating_sub(limits::front::REPLAY_CHANGES_SHOWN);
    if more > 0 {
        let _ = writeln!(out, "  and {more} other ways, which --json prints");
    }
    out
}
