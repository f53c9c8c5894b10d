//! Rules that let mail pass by a sender whom anybody can claim to be, although somebody could tell.

use crate::config::fault::Faults;
use crate::config::file::condition::{Condition, NestKey, PatternKey, TruthKey};
use crate::config::file::person::Rule;
use crate::config::reader::At;
use crate::intake::desk::Desk;
use crate::model::signal::Points;
use crate::model::verdict::Decision;
use crate::urgency::rule::{self, End};

/// Warns of rules that make mail urgent by `from`, or give it points towards that, and do not ask for proof, where an
/// account that they are about has `trust`.
pub fn unproven(faults: &mut Faults, rules: &[Rule], desk: &Desk) {
    for (written, ready) in rules.iter().zip(&desk.rules) {
        let urgent = match ready.end {
            End::Decide(Decision::Level(level)) => level.is_synchronous(),
            End::Decide(_) => false,
            End::Score(points) => points > Points::default(),
        };
        let from = written.when.iter().find(|one| matches!(one.value, Condition::Patterns(PatternKey::From, _)));
        let Some(from) = from.filter(|_| urgent && !proves(&written.when) && is_about_trust(ready, desk)) else {
            continue;
        };
        let text = format!(
            "{}anybody can write this address as the sender, and `trust` could tell; add authenticated = true",
            written.prefix
        );
        faults.warn(from.offset, text);
    }
}

/// Whether `authenticated` is asked for, in whatever way.
fn proves(when: &[At<Condition>]) -> bool {
    when.iter().any(|one| match &one.value {
        Condition::Truth(TruthKey::Authenticated, _) => true,
        Condition::Nest(NestKey::Any | NestKey::All | NestKey::Not, lists) => lists.iter().any(|list| proves(list)),
        _ => false,
    })
}

/// Whether a rule can be about mail of an account whose server is trusted to tell.
fn is_about_trust(rule: &rule::Rule, desk: &Desk) -> bool {
    let fits = |account: &str| {
        rule.when.iter().all(|condition| match condition {
            rule::Condition::Source(patterns) => patterns.iter().any(|pattern| pattern.matches(account)),
            _ => true,
        })
    };
    desk.accounts.iter().any(|(name, filing)| filing.trust.is_some() && fits(name.as_str()))
}
