//! From a message that was read to its judgement: the first rule that decides, else the signals.

use super::condition::Reading;
use super::facts::Outcome;
use super::nearing;
use super::rule::{End, Rule};
use super::scale::Scale;
use super::weigh;
use crate::limits;
use crate::model::name::RuleName;
use crate::model::signal::{By, Fired};
use crate::model::verdict::{Decision, Reason, Urgency, Verdict};
use crate::text;

/// What was judged, and what was tried before it.
#[derive(Clone, Debug, PartialEq)]
pub struct Judgement {
    /// The verdict.
    pub verdict: Verdict,
    /// The rules before the one that decided, in order; all of them where none did.
    pub passed_over: Vec<PassedOver>,
}

/// A rule that did not match.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PassedOver {
    /// Its name.
    pub rule: RuleName,
    /// The first of its conditions that was not met, with what was there instead: `subject "lunch" does not match
    /// "/sev1/i"`. On one line, values cut, at most `limits::judgement::REASON_CHARS` characters.
    pub failed: String,
}

/// Judges a message that was read.
pub fn of(reading: &Reading<'_>, (rules, scale): (&[Rule], Option<&Scale>)) -> Judgement {
    let now = reading.moment.now;
    let (mut passed_over, mut scores) = (Vec::new(), Vec::new());
    let sooner = |tried, at| nearing::sooner(at, rules.iter().take(tried), reading.message, now);
    for (tried, rule) in (1..).zip(rules) {
        match (reading.all(&rule.when), rule.end) {
            (Outcome::Met(evidence), End::Decide(decision)) => {
                let reason = Reason::Rule { rule: rule.name.clone(), evidence: bounded(evidence) };
                // A rule says how urgent it is. That time changes it, and that it is over, is for the signals to say.
                let heard = scale.map(|_| reading.heard());
                let verdict = Verdict {
                    wishes: rule.wishes.clone(),
                    again_at: sooner(tried, heard.and_then(|heard| heard.again_at)),
                    over: heard.and_then(|heard| heard.over),
                    ..Verdict::new(decision, reason, now)
                };
                return Judgement { verdict, passed_over };
            }
            (Outcome::Met(evidence), End::Score(points)) => {
                scores.push(Fired { by: By::Rule(rule.name.clone()), points, evidence: bounded(evidence) });
            }
            (Outcome::Failed(why), _) => {
                let failed = text::excerpt(&why, limits::judgement::REASON_CHARS);
                passed_over.push(PassedOver { rule: rule.name.clone(), failed });
            }
        }
    }
    let mut verdict = match scale {
        None => Verdict::new(Decision::Level(Urgency::Normal), Reason::NoRule, now),
        Some(scale) => {
            let heard = reading.heard();
            weigh::verdict(heard, weigh::tally(heard, (scale, reading.message.kind), scores), now)
        }
    };
    verdict.again_at = sooner(rules.len(), verdict.again_at);
    Judgement { verdict, passed_over }
}

fn bounded(evidence: Vec<String>) -> Vec<String> {
    if evidence.is_empty() {
        return vec!["the rule has no conditions".to_owned()];
    }
    evidence
        .iter()
        .take(limits::judgement::REASONS)
        .map(|phrase| text::excerpt(phrase, limits::judgement::REASON_CHARS))
        .collect()
}
