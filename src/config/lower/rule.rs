//! Rules, in order.

use std::time::Duration;

use super::bench::{Bench, Choice};
use super::condition::{Surroundings, conditions};
use super::signals::points;
use super::times::{Bounds, duration};
use super::unique;
use crate::config::fault::meant;
use crate::config::file::digest::Digest;
use crate::config::file::person::Rule as Written;
use crate::config::reader::{At, shortened};
use crate::limits;
use crate::model::name::{DigestName, RuleName};
use crate::model::signal::Points;
use crate::model::verdict::{Decision, Urgency, Wishes};
use crate::urgency::rule::{End, Rule};

const NOTE_CHARS: usize = 500;

/// What rules may refer to beside their conditions.
#[derive(Clone, Copy, Debug)]
pub struct Beside<'a> {
    /// The digests.
    pub digests: &'a [Digest],
    /// `[hold] max`, where it is right.
    pub max: Option<Duration>,
    /// Whether the signals decide.
    pub signals: Signals,
}

/// Whether the signals decide where no rule does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Signals {
    /// They do.
    On,
    /// They were switched off.
    Off,
}

/// `[[rule]]`, all of them.
pub fn rules(
    bench: &mut Bench<'_>,
    written: &[Written],
    (around, beside): (Surroundings<'_>, Beside<'_>),
) -> Option<Vec<Rule>> {
    unique::names(bench, "rule", written.iter().map(|rule| rule.name.as_ref()));
    let rules: Vec<_> = written.iter().map(|rule| one(bench, rule, (around, beside))).collect();
    rules.into_iter().collect()
}

fn one(bench: &mut Bench<'_>, written: &Written, (around, beside): (Surroundings<'_>, Beside<'_>)) -> Option<Rule> {
    let prefix = written.prefix.as_str();
    let name = written.name.as_ref().and_then(|name| bench.name(prefix, name)).map(RuleName::new);
    let when = conditions(bench, prefix, (&written.when, around));
    let choice = Choice {
        key: "urgency",
        words: &[
            ("low", Decision::Level(Urgency::Low)),
            ("normal", Decision::Level(Urgency::Normal)),
            ("urgent", Decision::Level(Urgency::Urgent)),
            ("critical", Decision::Level(Urgency::Critical)),
            ("drop", Decision::Drop),
            ("ignore", Decision::Ignore),
        ],
        default: None,
    };
    let end = match &written.score {
        Some(score) => points(bench, prefix, ("score", score)).map(End::Score),
        None => bench.word(prefix, written.urgency.as_ref(), &choice).map(End::Decide),
    };
    let wishes = wishes(bench, written, beside);
    match (end, &written.score) {
        (Some(End::Decide(decision)), _) => warn_of_idle_wishes(bench, written, decision),
        (Some(End::Score(points)), Some(score)) => warn_of_idle_score(bench, (prefix, score), (points, beside)),
        _ => {}
    }
    Some(Rule { name: name?, when: when?, end: end?, wishes: wishes? })
}

fn warn_of_idle_score(
    bench: &mut Bench<'_>,
    (prefix, score): (&str, &At<String>),
    (points, beside): (Points, Beside<'_>),
) {
    let why = if points == Points::default() {
        "adds nothing; write points towards now (more than 0) or towards later (less)"
    } else if beside.signals == Signals::Off {
        "has no effect while the signals are switched off; remove it, or write enabled = true in [signals]"
    } else {
        return;
    };
    bench.faults.warn(score.offset, format!("{prefix}\"score\" {why}"));
}

fn wishes(bench: &mut Bench<'_>, written: &Written, beside: Beside<'_>) -> Option<Wishes> {
    let prefix = written.prefix.as_str();
    let digest = written.digest.as_ref().map(|name| digest(bench, prefix, (name, beside.digests)));
    let bounds = Bounds {
        key: "max_hold",
        least: limits::front::CONFIG_HOLD_SHORTEST,
        most: limits::front::CONFIG_HOLD_LONGEST,
    };
    let max_hold = written.max_hold.as_ref().map(|text| (text.offset, duration(bench, prefix, text, bounds)));
    let note = written.note.as_ref().map(|note| {
        let valid = note.value.chars().count() <= NOTE_CHARS && !note.value.chars().any(char::is_control);
        if !valid {
            let text = format!("{prefix}\"note\" is too long or holds a control character; write one line of at most {NOTE_CHARS} characters");
            bench.faults.error(note.offset, text);
        }
        valid.then(|| note.value.clone())
    });
    if let (Some((offset, Some(wished))), Some(max)) = (&max_hold, beside.max)
        && *wished > max
    {
        let text = format!(
            "{prefix}\"max_hold\" is longer than [hold] max, which wins; write a shorter one, or raise [hold] max"
        );
        bench.faults.warn(*offset, text);
    }
    Some(Wishes { digest: flip(digest)?, max_hold: flip(max_hold.map(|(_, max_hold)| max_hold))?, note: flip(note)? })
}

/// What was left out is nothing; what is wrong is no wish at all.
fn flip<T>(value: Option<Option<T>>) -> Option<Option<T>> {
    value.map_or(Some(None), |value| value.map(Some))
}

fn digest(bench: &mut Bench<'_>, prefix: &str, (name, digests): (&At<String>, &[Digest])) -> Option<DigestName> {
    let names = || digests.iter().filter_map(|digest| digest.name.as_ref()).map(|name| name.value.as_str());
    if names().any(|known| known == name.value) {
        return Some(DigestName::new(name.value.clone()));
    }
    let advice = meant(&name.value, names(), "write the name of a [[digest]]");
    let text = format!("{prefix}there is no digest {:?}; {advice}", shortened(&name.value));
    bench.faults.error(name.offset, text);
    None
}

/// Wishes that can have no effect: what passes or is dropped is in no digest.
fn warn_of_idle_wishes(bench: &mut Bench<'_>, written: &Written, decision: Decision) {
    let (digest, max_hold) = match decision {
        Decision::Level(Urgency::Low | Urgency::Normal) => return,
        // In quiet hours it waits, and `max_hold` counts.
        Decision::Level(Urgency::Urgent) => (written.digest.as_ref(), None),
        _ => (written.digest.as_ref(), written.max_hold.as_ref()),
    };
    for (key, value) in [("digest", digest), ("max_hold", max_hold)] {
        if let (Some(value), Some(urgency)) = (value, &written.urgency) {
            let text =
                format!("{}{key:?} has no effect beside urgency = {:?}; remove it", written.prefix, urgency.value);
            bench.faults.warn(value.offset, text);
        }
    }
}
