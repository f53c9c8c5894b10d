//! Counts what transitions have done, once they are durable: the one place through which every change goes.

use super::change::{Accepted, Changed, Outcome};
use super::command::{Command, Done};
use super::index::Index;
use crate::metrics::counters::Metrics;
use crate::metrics::words;
use crate::model::edition::EditionKind;
use crate::model::errand::Answer;
use crate::model::verdict::{Decision, Placement};

/// Counts one transition; the index is as it was before.
pub fn count(metrics: &Metrics, index: &Index, (command, done): (&Command, &Done)) {
    match (command, done) {
        (Command::Accept(item, ..), Done::Accepted(Accepted::New)) => {
            let decided = match (item.verdict.decision, &item.placement) {
                (Decision::LetThrough, _) => words::Decided::LetThrough,
                (_, Placement::Pass) => words::Decided::Pass,
                (_, Placement::Hold { .. }) => words::Decided::Hold,
                (_, Placement::Drop) => words::Decided::Drop,
                (_, Placement::Ignore) => words::Decided::Ignore,
            };
            let person = item.person.as_str();
            match &item.message.post {
                Some(post) => metrics.post((person, &post.service), decided),
                None => metrics.message((person, &item.message.source), decided),
            }
        }
        (Command::Seal(parts), Done::Changed(Changed::Yes)) => {
            for part in parts {
                let kind = match part.edition.kind {
                    EditionKind::Digest(_) => words::Edition::Digest,
                    EditionKind::Overdue => words::Edition::Overdue,
                    EditionKind::Forward(_) => words::Edition::Forward,
                    EditionKind::Alert(_) => words::Edition::Alert,
                };
                metrics.edition(part.edition.person.as_str(), kind);
            }
        }
        (Command::Settle(_, outcome, _), Done::Changed(Changed::Yes)) => match outcome {
            Outcome::Accepted => metrics.letter(words::Sent::Accepted),
            Outcome::Deferred { .. } | Outcome::Doubted { .. } => metrics.letter(words::Sent::Deferred),
            Outcome::Failed { .. } | Outcome::Refused { .. } => metrics.letter(words::Sent::Failed),
            Outcome::Uncertain { .. } => metrics.uncertain(),
        },
        (Command::Answer(answers, _), Done::Nothing) => {
            for (id, answer) in answers {
                let Some(errand) = index.errands.get(*id) else { continue };
                let done = match answer {
                    Answer::Later { .. } => words::Done::Deferred,
                    Answer::Refused { .. } => words::Done::Refused,
                    _ => words::Done::Done,
                };
                metrics.errand((errand.person.as_str(), errand.account.as_str()), done);
                if *answer == Answer::Found {
                    metrics.letter(words::Sent::Accepted);
                }
            }
        }
        (Command::Audit, Done::Audited(audit)) => metrics.mismatches(audit.mismatches()),
        _ => {}
    }
}
