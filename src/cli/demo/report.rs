//! What the demo shows in the terminal: what passed, what waits until when and why, and the digests.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::civil::Zone;
use crate::cli::reasons;
use crate::cli::show;
use crate::control::wire::{ItemDetail, Scored};
use crate::digest::{clean, columns};
use crate::limits;

/// The mailbox after the daemon went through it.
#[derive(Debug)]
pub struct Sorted<'a> {
    /// The demo's folder.
    pub folder: &'a Path,
    /// How long the daemon took, its start included.
    pub took: Duration,
    /// Every mail, the oldest first.
    pub items: Vec<ItemDetail>,
    /// In which times are shown.
    pub zone: &'a Zone,
}

/// A digest that was sent.
#[derive(Debug)]
pub struct Sent {
    /// Its name.
    pub name: String,
    /// Its text.
    pub text: String,
    /// Where its HTML lies.
    pub page: PathBuf,
}

/// Everything that is shown, ready to be printed.
pub fn report(sorted: &Sorted<'_>, sent: &[Sent]) -> String {
    let mut out = String::new();
    let folder = sorted.folder.display();
    let _ = writeln!(
        out,
        "{} messages were laid into {folder}/mail, and the daemon sorted them in {:.1} s.\n",
        sorted.items.len(),
        sorted.took.as_secs_f64()
    );
    passed(&mut out, sorted);
    waiting(&mut out, sorted);
    set_aside(&mut out, sorted);
    for (nth, digest) in sent.iter().enumerate() {
        shown_digest(&mut out, digest, if nth == 0 { Extent::Whole } else { Extent::Path });
    }
    let _ = write!(
        out,
        "LOOK AROUND in {folder}\n\n  \
         tidings.toml   the rules that decided\n  \
         mail           INBOX; in .Held what waited and what a rule put away\n  \
         out            the digests as letters\n\n\
         Ask about any mail, such as the one that only says that it comes from the manager:\n\n  \
         tidings explain --config {folder}/tidings.toml {folder}/mail/.Held/*/*false-manager*\n"
    );
    out
}

fn passed(out: &mut String, sorted: &Sorted<'_>) {
    let mut passed: Vec<&ItemDetail> = sorted.items.iter().filter(|item| item.standing.starts_with("passed")).collect();
    passed.reverse();
    passed.sort_by_key(|item| item.held.urgency != "critical");
    let _ = writeln!(out, "PASSED AT ONCE, and lie in INBOX ({})", passed.len());
    for item in passed {
        out.push('\n');
        let subject = clean::isolate(&clean::line(&item.held.subject, limits::front::DEMO_COLUMNS));
        line(out, &format!("  {:<9} ", item.held.urgency), &subject);
        line(out, GAP, &item.held.from);
        line(out, GAP, &format!("{}{}", by(item), because(item)));
    }
    out.push('\n');
}

/// As wide as a level in front of a subject.
const GAP: &str = "            ";

/// Text on lines of the demo's width, behind a prefix and then under it.
fn line(out: &mut String, first: &str, text: &str) {
    let prefix = " ".repeat(first.len());
    out.push_str(&columns::wrap(text, first, &prefix, limits::front::DEMO_COLUMNS));
    out.push('\n');
}

fn by(item: &ItemDetail) -> String {
    match (&item.rule, &item.tally) {
        (Some(rule), _) => format!("rule \"{rule}\""),
        (None, Some(tally)) => format!("signals, {} points", reasons::signed(tally.score)),
        (None, None) => "no rule decided".to_owned(),
    }
}

/// What made the rule match, without what it asked not to be there, which says little; or what spoke for now.
fn because(item: &ItemDetail) -> String {
    let met = item.evidence.iter().filter(|evidence| !evidence.starts_with("not: ")).cloned();
    let scored = |one: &Scored| match one.evidence.first() {
        Some(evidence) => format!("{} {}: {evidence}", one.name, reasons::signed(one.points)),
        None => format!("{} {}", one.name, reasons::signed(one.points)),
    };
    let fired = item.tally.iter().flat_map(|tally| tally.signals.iter().chain(&tally.rules));
    let fired = fired.filter(|one| one.points > 0.0).map(scored);
    let all: Vec<String> = met.chain(fired).take(limits::front::DEMO_REASONS).collect();
    if all.is_empty() { String::new() } else { format!(": {}", all.join(", ")) }
}

/// Each digest with what waits for it, by rule; the next one first.
fn waiting(out: &mut String, sorted: &Sorted<'_>) {
    let mut digests: BTreeMap<(&str, &str), Vec<&ItemDetail>> = BTreeMap::new();
    for item in sorted.items.iter().filter(|item| item.standing == "waiting") {
        let digest = item.held.digest.as_deref().unwrap_or_default();
        digests.entry((item.held.slot.as_str(), digest)).or_default().push(item);
    }
    for ((slot, digest), items) in &digests {
        let _ = writeln!(out, "WAIT FOR THE DIGEST \"{digest}\", {} ({})", when(slot, sorted.zone), items.len());
        let mut rules: Vec<(&Option<String>, Vec<&ItemDetail>)> = Vec::new();
        for item in items.iter().rev() {
            match rules.iter_mut().find(|(rule, _)| *rule == &item.rule) {
                Some((_, some)) => some.push(item),
                None => rules.push((&item.rule, vec![item])),
            }
        }
        rules.sort_by_key(|(rule, some)| (rule.is_none(), std::cmp::Reverse(some.len())));
        for (_, some) in &rules {
            by_rule(out, some);
        }
        out.push('\n');
    }
}

fn when(at: &str, zone: &Zone) -> String {
    at.parse().map_or_else(|_| at.to_owned(), |at| show::local(at, zone))
}

/// What one rule holds: the reason, then a line for each mail.
fn by_rule(out: &mut String, items: &[&ItemDetail]) {
    let Some(first) = items.first() else { return };
    if first.tally.is_some() {
        by_signals(out, items);
        return;
    }
    let same = items.iter().all(|item| item.evidence == first.evidence);
    let because = match because(first) {
        because if same => because,
        because => because.replacen(": ", ": for one, ", 1),
    };
    out.push('\n');
    line(out, "  ", &format!("{}, {}{because}", first.held.urgency, by(first)));
    let widest = items.iter().map(|item| columns::of(&item.held.from)).max().unwrap_or(0);
    for item in items {
        let pad = " ".repeat(widest.saturating_sub(columns::of(&item.held.from)));
        let subject = clean::isolate(&clean::line(&item.held.subject, limits::front::DEMO_COLUMNS));
        line(out, &format!("    {}{pad}  ", item.held.from), &subject);
    }
}

/// What signals hold: for each mail its points, and what says most.
fn by_signals(out: &mut String, items: &[&ItemDetail]) {
    let level = items.first().map_or("", |item| item.held.urgency.as_str());
    line(out, "\n  ", &format!("{level}, by the points of signals and what gave the most"));
    for item in items {
        let score = item.tally.as_ref().map(|tally| reasons::signed(tally.score)).unwrap_or_default();
        let subject = clean::isolate(&clean::line(&item.held.subject, limits::front::DEMO_COLUMNS));
        line(out, &format!("  {score:>7}  {}  ", item.held.from), &subject);
        let most = item.tally.as_ref().and_then(|tally| tally.signals.first());
        if let Some(most) = most {
            let evidence = most.evidence.first().map(|evidence| format!(": {evidence}")).unwrap_or_default();
            line(out, &" ".repeat(11), &format!("{} {}{evidence}", most.name, reasons::signed(most.points)));
        }
    }
}

/// What a rule filed away or left alone.
fn set_aside(out: &mut String, sorted: &Sorted<'_>) {
    let is_aside = |item: &&ItemDetail| item.standing != "waiting" && !item.standing.starts_with("passed");
    let aside: Vec<&ItemDetail> = sorted.items.iter().filter(is_aside).collect();
    let _ = writeln!(out, "SET ASIDE BY A RULE ({})\n", aside.len());
    for item in aside {
        let standing = item.standing.split(" at ").next().unwrap_or_default();
        let place = item.held.place.as_deref().unwrap_or("INBOX");
        line(out, "  ", &clean::line(&item.held.subject, limits::front::DEMO_COLUMNS));
        line(out, "    ", &format!("{}; {standing}, lies in {place}; {}", item.held.from, by(item)));
    }
    out.push('\n');
}

/// How much of a digest is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Extent {
    Whole,
    Path,
}

fn shown_digest(out: &mut String, digest: &Sent, extent: Extent) {
    let Sent { name, text, page } = digest;
    let _ = writeln!(out, "THE DIGEST \"{name}\", sent now rather than at its time; as a page:\n{}\n", page.display());
    if extent == Extent::Whole {
        for line in text.trim_end().lines() {
            let _ = writeln!(out, "{}", format!("  | {line}").trim_end());
        }
        out.push('\n');
    }
}
