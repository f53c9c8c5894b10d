//! Why a message was judged so: one rendering for what is explained from a file and for what the daemon remembers.

use std::fmt::Write;

use super::show;
use crate::control::wire::{Scored, Tally};
use crate::digest::columns;

/// Columns of the points before a signal's name.
const POINTS_WIDTH: usize = 6;

/// What was decided, and who did.
#[derive(Debug)]
pub struct Reasons<'a> {
    /// low, normal, urgent, critical; `None` where no level was decided.
    pub level: Option<&'a str>,
    /// The rule that decided.
    pub rule: Option<&'a str>,
    /// What the signals said, where they decided.
    pub tally: Option<&'a Tally>,
    /// What matched, or why it is never held; of signals it stands in the tally.
    pub evidence: &'a [String],
}

/// `synchronous` or `asynchronous`.
pub fn mode(level: Option<&str>) -> &'static str {
    if matches!(level, Some("urgent" | "critical")) { "synchronous" } else { "asynchronous" }
}

/// Points with their sign: `+3.5`, `-2`, `0`.
pub fn signed(points: f64) -> String {
    if points == 0.0 { "0".to_owned() } else { format!("{points:+}") }
}

impl Reasons<'_> {
    /// One line that says what was decided and who did, and then the evidence, the most telling first.
    pub fn text(&self) -> String {
        let mode = mode(self.level);
        let mut out = match (self.level, self.rule, self.tally) {
            (Some(level), Some(rule), _) => format!("{mode}: {level}, by rule {rule:?}\n"),
            (Some(level), None, Some(tally)) => format!("{mode}: {level}, {}\n", by_signals(mode, tally)),
            (Some(level), None, None) => {
                format!("{mode}: {level}; no rule decided, and signals are switched off\n")
            }
            (None, Some(rule), _) => format!("{mode}: no level, by rule {rule:?}\n"),
            (None, None, _) => format!("{mode}: no level; neither rules nor signals were asked\n"),
        };
        for evidence in self.evidence {
            out.push_str(&show::field("because", evidence));
        }
        if let Some(tally) = self.tally {
            sheet(&mut out, tally);
        }
        out
    }
}

/// Where the sum stands to what would be enough.
fn by_signals(mode: &str, tally: &Tally) -> String {
    let (score, urgent_at) = (signed(tally.score), signed(tally.urgent_at));
    if tally.signals.is_empty() && tally.rules.is_empty() {
        return "because no rule decided, and no signal fired".to_owned();
    }
    match mode {
        "synchronous" => format!("by signals: {score} points, where {urgent_at} are enough"),
        _ => format!("by signals: {score} points, where {urgent_at} would make it urgent"),
    }
}

/// A line for each that gave points, and their sum.
fn sheet(out: &mut String, tally: &Tally) {
    let rules = tally.rules.iter().map(|rule| (format!("rule {:?}", rule.name), rule));
    let mut all: Vec<(String, &Scored)> =
        tally.signals.iter().map(|signal| (signal.name.clone(), signal)).chain(rules).collect();
    // What weighs nothing says nothing to whoever gave it that weight.
    all.retain(|(_, scored)| scored.points != 0.0);
    let widest = all.iter().map(|(name, _)| columns::of(name)).max().unwrap_or(0);
    for (name, scored) in &all {
        let pad = " ".repeat(widest.saturating_sub(columns::of(name)));
        let first = format!("  {:>POINTS_WIDTH$}  {name}{pad}  ", signed(scored.points));
        let prefix = " ".repeat(columns::of(&first));
        out.push_str(&columns::wrap(&scored.evidence.join("; "), &first, &prefix, show::LINE_WIDTH));
        out.push('\n');
    }
    if !all.is_empty() {
        let (score, low_at) = (signed(tally.score), signed(tally.low_at));
        let _ = writeln!(
            out,
            "  {score:>POINTS_WIDTH$}  in all; urgent from {} up, low from {low_at} down",
            signed(tally.urgent_at)
        );
    }
}
