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

/// By what messages are judged.
pub type Measure<'a> = (&'a [Rule], Option<&'a Scale>);

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
pub fn of(reading: &Reading<'_>, (rules, scale): Measure<'_>) -> Verdict {
    let now = reading.moment.now;
    let mut scores = Vec::new();
    let sooner = |tried, at| nearing::sooner(at, rules.iter().take(tried), reading.message, now);
    for (tried, rule) in (1..).zip(rules) {
        match (reading.evidence(&rule.when), rule.end) {
            (Some(evidence), End::Decide(decision)) => {
                let reason = Reason::Rule { rule: rule.name.clone(), evidence: bounded(evidence) };
                // A rule says how urgent it is. That time changes it, and that it is over, is for the signals to say.
                let heard = scale.map(|_| reading.heard());
                return Verdict {
                    wishes: rule.wishes.clone(),
                    again_at: sooner(tried, heard.and_then(|heard| heard.again_at)),
                    over: heard.and_then(|heard| heard.over),
                    ..Verdict::new(decision, reason, now)
                };
            }
            (Some(evidence), End::Score(points)) => {
                scores.push(Fired { by: By::Rule(rule.name.clone()), points, evidence: bounded(evidence) });
            }
            (None, _) => {}
        }
    }
    if let Some((post, level)) = reading.message.post.as_ref().and_then(|post| Some((post, post.level?))) {
        let rule = RuleName::new(format!("urgency of the hook \"{}\"", reading.message.source));
        let evidence = vec![format!("{} says {}", post.service, level.as_str())];
        return Verdict::new(Decision::Level(level), Reason::Rule { rule, evidence }, now);
    }
    let mut verdict = match scale {
        None => Verdict::new(Decision::Level(Urgency::Normal), Reason::NoRule, now),
        Some(scale) => {
            let heard = reading.heard();
            weigh::verdict(heard, weigh::tally(heard, (scale, reading.message.kind), scores), now)
        }
    };
    verdict.again_at = sooner(rules.len(), verdict.again_at);
    verdict
}

/// The rules before the one that decides, in order, that do not match; all of those where none decides.
pub fn passed_over(reading: &Reading<'_>, rules: &[Rule]) -> Vec<PassedOver> {
    let mut passed_over = Vec::new();
    for rule in rules {
        match (reading.all(&rule.when), rule.end) {
            (Outcome::Met(_), End::Decide(_)) => break,
            (Outcome::Met(_), End::Score(_)) => {}
            (Outcome::Failed(why), _) => {
                let failed = text::excerpt(&why, limits::judgement::REASON_CHARS);
                passed_over.push(PassedOver { rule: rule.name.clone(), failed });
            }
        }
    }
    passed_over
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
