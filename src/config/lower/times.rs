//! Zones, times of the week and durations.

use std::time::Duration;

use super::bench::{Bench, Choice};
use crate::civil::{Weekdays, WeeklyRange, Zone, duration, time_of_day};
use crate::config::file::person::Quiet as WrittenQuiet;
use crate::config::file::range::Range;
use crate::config::reader::At;
use crate::model::verdict::Urgency;
use crate::schedule::quiet::Quiet;

/// `timezone`.
pub fn zone(bench: &mut Bench<'_>, written: &At<String>) -> Option<Zone> {
    noted(bench, ("\"timezone\": ", written.offset), Zone::parse(&written.value))
}

/// `days`, `from` and `until`.
pub fn range(bench: &mut Bench<'_>, written: &Range) -> Option<WeeklyRange> {
    let prefix = written.prefix.as_str();
    let (days, days_at) = match &written.days {
        Some(days) => (days.value.as_str(), days.offset),
        None => ("mon-sun", written.from.offset),
    };
    let days = noted(bench, (prefix, days_at), Weekdays::parse(days));
    let from = noted(bench, (prefix, written.from.offset), time_of_day::parse(&written.from.value));
    let until = noted(bench, (prefix, written.until.offset), time_of_day::parse(&written.until.value));
    let range = noted(bench, (prefix, written.until.offset), WeeklyRange::new(days?, from?, until?))?;
    if range.days.names_holidays() && bench.almanac.calendars.is_empty() {
        let text =
            format!("{prefix}\"days\" names holidays, and there are none; write holidays = [\"FILE.ics\"] at the top");
        bench.faults.warn(days_at, text);
    }
    Some(range.with(bench.almanac.days.clone()))
}

/// `working_hours`: none of them on a holiday.
pub fn working(bench: &mut Bench<'_>, written: &Range) -> Option<WeeklyRange> {
    let range = range(bench, written)?;
    if range.days.names_holidays() {
        let offset = written.days.as_ref().map_or(written.from.offset, |days| days.offset);
        let text = format!("{}nobody works on holidays; name days of the week alone", written.prefix);
        bench.faults.error(offset, text);
        return None;
    }
    Some(range.but_on(bench.almanac.days.clone()))
}

/// `[[quiet]]`.
pub fn quiet(bench: &mut Bench<'_>, written: &WrittenQuiet) -> Option<Quiet> {
    let prefix = written.prefix.as_str();
    let name = written.name.as_ref().and_then(|name| bench.name(prefix, name));
    let range = written.range.as_ref().and_then(|written| range(bench, written));
    let choice = Choice {
        key: "pass",
        words: &[("critical", Urgency::Critical), ("urgent", Urgency::Urgent)],
        default: Some(Urgency::Critical),
    };
    let pass = bench.word(prefix, written.pass.as_ref(), &choice);
    Some(Quiet { name: name?, range: range?, pass: pass? })
}

/// The bounds of a duration, both included.
#[derive(Clone, Copy, Debug)]
pub struct Bounds {
    /// The key, for messages.
    pub key: &'static str,
    /// The least.
    pub least: Duration,
    /// The most.
    pub most: Duration,
}

/// A duration within bounds.
pub fn duration(bench: &mut Bench<'_>, prefix: &str, written: &At<String>, bounds: Bounds) -> Option<Duration> {
    let Bounds { key, least, most } = bounds;
    let duration = noted(bench, (&format!("{prefix}{key:?}: "), written.offset), duration::parse(&written.value))?;
    if (least..=most).contains(&duration) {
        return Some(duration);
    }
    let (least, most) = (duration::write(least), duration::write(most));
    let text = format!("{prefix}{key:?} cannot be {:?}; write a time from {least:?} to {most:?}", written.value);
    bench.faults.error(written.offset, text);
    None
}

/// The value, or its error noted: those of `civil` already say what to write instead.
fn noted<T, E: std::fmt::Display>(
    bench: &mut Bench<'_>,
    (prefix, offset): (&str, usize),
    result: Result<T, E>,
) -> Option<T> {
    result.map_err(|error| bench.faults.error(offset, format!("{prefix}{error}"))).ok()
}
