//! Hostile calendars of days off. From the top of the repository:
//!
//! ```text
//! cargo +nightly fuzz run --fuzz-dir tests/fuzz -s none holidays ../shared/corpus/ics -- -timeout=2 -max_len=16384 -max_total_time=600
//! ```
//!
//! Promised are days that are some and not too many, the same for the same calendar, and an end before the time is over. What
//! the parser of others panics over is caught there, and no finding here.
#![no_main]

use std::panic;

use libfuzzer_sys::fuzz_target;
use tidings::limits::mail::HOLIDAYS_DAYS;
use tidings::mail::holidays;

fuzz_target!(init: panic::set_hook(Box::new(|_| ())), |input: &[u8]| {
    let read = holidays::read(input);
    assert!(read == holidays::read(input), "other days of the same calendar");
    if let Ok(days) = read {
        assert!(!days.is_empty() && days.len() <= HOLIDAYS_DAYS);
    }
});
