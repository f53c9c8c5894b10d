//! The smallest change that would turn an outcome, in words that follow "it turns if".

use super::reasons::signed;
use super::show;
use crate::civil::Zone;
use crate::model::message::Kind;
use crate::model::signal::{Points, Signal};
use crate::urgency::turn::Change;

/// A change as the end of a sentence, on one line, with what to write where it is one of the configuration.
pub fn words(change: &Change, kind: Kind, zone: &Zone) -> String {
    match change {
        Change::Judged { at, because } => {
            let at = show::local(*at, zone);
            match because {
                None => format!("it is judged at {at}"),
                Some((signal, now, then)) => {
                    format!("it is judged at {at}, when {}", shift(*signal, *now, *then))
                }
            }
        }
        Change::Matches { rule, failed, .. } => {
            format!("rule {:?} matched; now {failed}", rule.as_str())
        }
        Change::Misses { rule, .. } => format!("rule {:?} did not match", rule.as_str()),
        Change::Fires { signal, points } if *points == Points::default() => {
            format!("{} fired, too: {}", signal.name(), phrase(*signal))
        }
        Change::Fires { signal, points } => {
            format!("{} ({}) fired, too: {}", signal.name(), show_points(*points), phrase(*signal))
        }
        Change::Silent { signal, points } => {
            format!("{} ({}) had not fired", signal.name(), show_points(*points))
        }
        Change::Weight { signal, is, to } => format!(
            "{} weighed {} instead of {}: {} = {} in [signals.weights]",
            signal.name(),
            show_points(*to),
            show_points(*is),
            signal.name(),
            to.as_f64()
        ),
        Change::Threshold { is, to } => {
            let table = match kind {
                Kind::Mail => "[signals.mail]",
                Kind::Chat(_) => "[signals.chat]",
            };
            format!(
                "{} points were enough instead of {}: urgent_at = {} in {table}",
                show_points(*to),
                show_points(*is),
                to.as_f64()
            )
        }
    }
}

fn show_points(points: Points) -> String {
    signed(points.as_f64())
}

fn shift(signal: Signal, now: Points, then: Points) -> String {
    let (name, none) = (signal.name(), Points::default());
    match (now == none, then == none) {
        (true, _) => format!("{name} gives {}", show_points(then)),
        (_, true) => format!("{name} ({}) no longer counts", show_points(now)),
        _ => format!("{name} gives {} instead of {}", show_points(then), show_points(now)),
    }
}

/// What a signal says, as part of a sentence.
fn phrase(signal: Signal) -> String {
    let meaning = signal.meaning().trim_end_matches('.');
    let mut letters = meaning.chars();
    match letters.next() {
        // "I" stays what it is.
        Some(first) if !meaning.starts_with("I ") => first.to_lowercase().chain(letters).collect(),
        _ => meaning.to_owned(),
    }
}
