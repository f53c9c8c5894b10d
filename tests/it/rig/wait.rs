//! Waiting for something to become true, with a deadline, instead of sleeping.
#![allow(clippy::panic)]

use std::time::{Duration, Instant};

/// What a wait that should succeed is given at most: long enough for a busy machine.
pub const PATIENCE: Duration = Duration::from_secs(60);
const PAUSE: Duration = Duration::from_millis(15);

/// Asks again and again until there is a value.
///
/// # Panics
/// When there is none within `patience`; `what` says what was waited for.
pub fn until<T>(patience: Duration, what: &str, mut ask: impl FnMut() -> Option<T>) -> T {
    let begun = Instant::now();
    loop {
        if let Some(value) = ask() {
            return value;
        }
        assert!(begun.elapsed() < patience, "not within {} s: {what}", patience.as_secs());
        std::thread::sleep(PAUSE);
    }
}

/// Asks again and again until it is true.
///
/// # Panics
/// When it is not within `patience`.
pub fn until_true(patience: Duration, what: &str, mut ask: impl FnMut() -> bool) {
    until(patience, what, || ask().then_some(()));
}
