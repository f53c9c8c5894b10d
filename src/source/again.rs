//! When an errand that could not be carried out is tried again.

use jiff::Timestamp;

use super::kit::Source;
use crate::civil;
use crate::limits;
use crate::model::errand::Answer;

/// Not now: a server may show a moved mail only after a moment (measured: up to 650 ms after a cut).
pub fn later(source: &Source, attempts: u32) -> Answer {
    let wait = limits::hands::ERRAND_LOOK_AGAIN
        .saturating_mul(attempts.saturating_add(1).min(limits::hands::ERRAND_BACKOFF_STEPS));
    Answer::Later { not_before: after(source, wait) }
}

/// So long from now.
pub fn after(source: &Source, wait: std::time::Duration) -> Timestamp {
    let now = source.clock.now();
    source.clock.sooner(now, civil::later(now, wait))
}
