//! From what the signals say to a verdict.

use jiff::Timestamp;

use super::scale::{Scale, Thresholds};
use super::signal::Heard;
use crate::limits;
use crate::model::message::Kind;
use crate::model::signal::{By, Fired, Points, Tally};
use crate::model::verdict::{Decision, Reason, Urgency, Verdict};
use crate::text;

/// Adds up what the signals and the rules before gave.
pub fn tally(heard: &Heard, (scale, kind): (&Scale, Kind), by_rules: Vec<Fired>) -> Tally {
    let by_signals = heard.found.iter().map(|found| Fired {
        by: By::Signal(found.signal),
        points: scale.weight(found.signal).share(found.share),
        evidence: found
            .evidence
            .iter()
            .take(limits::judgement::REASONS)
            .map(|phrase| text::excerpt(phrase, limits::judgement::REASON_CHARS))
            .collect(),
    });
    let mut fired: Vec<Fired> = by_signals.chain(by_rules).collect();
    fired.sort_by_key(|fired| std::cmp::Reverse(fired.points));
    let score = fired.iter().fold(Points::default(), |sum, fired| sum.plus(fired.points));
    let Thresholds { urgent_at, low_at } = scale.thresholds(kind);
    Tally { score, urgent_at, low_at, fired }
}

/// The level of a sum.
pub fn level(tally: &Tally, heard: &Heard) -> Urgency {
    match tally.score {
        score if score >= tally.urgent_at && heard.critical => Urgency::Critical,
        score if score >= tally.urgent_at => Urgency::Urgent,
        score if score <= tally.low_at => Urgency::Low,
        _ => Urgency::Normal,
    }
}

/// The verdict by signals.
pub fn verdict(heard: &Heard, tally: Tally, now: Timestamp) -> Verdict {
    let decision = Decision::Level(level(&tally, heard));
    Verdict { again_at: heard.again_at, over: heard.over, ..Verdict::new(decision, Reason::Signals(tally), now) }
}
