//! Schedules as crontab(5) writes them, by the crate `cron` and the translation that it needs.

use std::str::FromStr;

use chrono::{DateTime, Datelike, NaiveDate, Timelike, Utc};
use jiff::{Timestamp, civil};

use crate::civil::Zone;
use crate::civil::slot::Slot;
use crate::limits;
use field::{Field, FieldError};

pub mod field;
#[cfg(test)]
mod tests;

/// A schedule of five fields, or `@daily` and its like.
///
/// `cron` runs on civil time dressed as UTC, and each civil time is then resolved in the zone: on the zone itself it skips
/// 02:30 on the day of the gap and comes twice on the day of the fold (measured with 0.17).
#[derive(Clone, Debug)]
pub struct Crontab {
    written: String,
    /// A slot of any of them is a slot: two where day and weekday are both restricted.
    schedules: Vec<cron::Schedule>,
    never_runs: bool,
}

/// Why an expression is no schedule.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CrontabError {
    /// Too few or too many fields.
    #[error("a schedule has five fields, this has {found}; write minute, hour, day of month, month, day of week: \"0 9 * * mon-fri\"{}",
        if *found > 5 { " (no seconds, no year)" } else { "" })]
    Fields {
        /// How many.
        found: usize,
    },
    /// Longer than any schedule needs to be.
    #[error("a schedule has at most {} bytes", limits::ground::CRONTAB_BYTES)]
    TooLong,
    /// `@reboot`.
    #[error("\"@reboot\" is no time of a calendar; write \"@daily\" or five fields")]
    Reboot,
    /// Another word with an at sign.
    #[error(
        "no schedule \"{written}\"; write @hourly, @daily, @midnight, @weekly, @monthly, @yearly, @annually, or five fields"
    )]
    Shortcut {
        /// As it was written.
        written: String,
    },
    /// A field is wrong.
    #[error(transparent)]
    Field(#[from] FieldError),
    /// Our translation was refused: a fault of ours.
    #[error("the schedule cannot be run: {cause}")]
    Untranslated {
        /// What `cron` says.
        cause: String,
    },
}

impl Crontab {
    /// Reads five fields, or one of the words with an at sign.
    ///
    /// # Errors
    /// Whatever crontab(5) does not know, each with what to write instead. A day that never comes is not an error here:
    /// see `never_runs`.
    pub fn parse(written: &str) -> Result<Self, CrontabError> {
        if written.len() > limits::ground::CRONTAB_BYTES {
            return Err(CrontabError::TooLong);
        }
        let fields = expand(written.trim())?;
        let texts: Vec<&str> = fields.split_ascii_whitespace().collect();
        let &[minute, hour, day, month, weekday] = texts.as_slice() else {
            return Err(CrontabError::Fields { found: texts.len() });
        };
        let time =
            format!("0 {} {}", list(field::parse(&field::MINUTE, minute)?), list(field::parse(&field::HOUR, hour)?));
        let day = field::parse(&field::DAY, day)?;
        let month = list(field::parse(&field::MONTH, month)?);
        let weekday = field::parse(&field::WEEKDAY, weekday)?;
        // Sunday is 0 in crontab(5) and 1 in `cron`.
        let names = weekday.values().map(|value| (value + 1).to_string()).collect::<Vec<_>>().join(",");
        let lines = if day.is_restricted && weekday.is_restricted {
            vec![format!("{time} {} {month} *", list(day)), format!("{time} * {month} {names}")]
        } else {
            vec![format!("{time} {} {month} {names}", list(day))]
        };
        let schedules = lines.iter().map(|line| cron::Schedule::from_str(line)).collect::<Result<Vec<_>, _>>();
        let schedules = schedules.map_err(|cause| CrontabError::Untranslated { cause: cause.to_string() })?;
        let mut crontab = Self { written: written.trim().to_owned(), schedules, never_runs: false };
        crontab.never_runs = crontab.next_civil(civil::DateTime::ZERO).is_none();
        Ok(crontab)
    }

    /// As it was written.
    pub fn as_str(&self) -> &str {
        &self.written
    }

    /// Whether it has no slot at all, such as 30 February.
    pub fn never_runs(&self) -> bool {
        self.never_runs
    }

    /// Its slots after an instant, strictly rising, each instant once, until `limits::ground::SCHEDULE_YEAR`. Each civil time
    /// that matches happens exactly once; those that share an instant are one slot, with the note of the first.
    pub fn slots_after<'a>(&'a self, zone: &'a Zone, after: Timestamp) -> impl Iterator<Item = Slot> + 'a {
        self.slots_on(zone, after, |_| true)
    }

    /// The same of those days alone that are good for it.
    pub fn slots_on<'a>(
        &'a self,
        zone: &'a Zone,
        after: Timestamp,
        is_good: impl Fn(civil::Date) -> bool + 'a,
    ) -> impl Iterator<Item = Slot> + 'a {
        // No civil time up to the one on the wall resolves to a later instant.
        let (mut civil, mut last) = (zone.local(after), after);
        std::iter::from_fn(move || {
            for _ in 0..limits::ground::SLOT_STEPS {
                civil = self.next_civil_on(civil, &is_good)?;
                let slot = zone.resolve(civil);
                // Not later: one instant with the slot before, or the first pass of a fold whose second pass this is.
                if slot.instant > last {
                    last = slot.instant;
                    return Some(slot);
                }
            }
            None
        })
    }

    /// Whether it comes on one of those days between two (the second not included) that are good for it.
    pub fn comes_on(&self, (from, until): (civil::Date, civil::Date), is_good: impl Fn(civil::Date) -> bool) -> bool {
        let before = from.yesterday().map_or(civil::DateTime::ZERO, end_of);
        let found = self.next_civil_on(before, |day| day >= until || is_good(day));
        found.is_some_and(|found| found.date() < until)
    }

    /// The first slot after an instant.
    pub fn next_after(&self, zone: &Zone, after: Timestamp) -> Option<Slot> {
        self.slots_after(zone, after).next()
    }

    /// The last slot after `after` and not after `until`: what a digest catches up with, however many were missed.
    pub fn last_between(&self, zone: &Zone, after: Timestamp, until: Timestamp) -> Option<Slot> {
        last_between(|after| self.next_after(zone, after), after, until)
    }

    /// The first civil time after another that lies on a good day. Days come to an end with the schedule's last year.
    fn next_civil_on(&self, after: civil::DateTime, is_good: impl Fn(civil::Date) -> bool) -> Option<civil::DateTime> {
        let mut next = self.next_civil(after)?;
        while !is_good(next.date()) {
            next = self.next_civil(end_of(next.date()))?;
        }
        Some(next)
    }

    /// The first civil time that matches after another.
    fn next_civil(&self, after: civil::DateTime) -> Option<civil::DateTime> {
        let after = dress(after)?;
        let next = self.schedules.iter().filter_map(|schedule| schedule.after(&after).next()).min()?;
        undress(&next)
    }
}

/// The last slot after `after` and not after `until` of those that `next` gives one after the other.
pub fn last_between(next: impl Fn(Timestamp) -> Option<Slot>, after: Timestamp, until: Timestamp) -> Option<Slot> {
    let next = |after: Timestamp| next(after).filter(|slot| slot.instant <= until);
    let mut last = next(after)?;
    // By halves, because a schedule of every minute has half a million slots a year. There is none after `high`.
    let (mut low, mut high) = (last.instant.as_second(), until.as_second());
    while low < high {
        let middle = low + (high - low) / 2;
        match Timestamp::from_second(middle).ok().and_then(next) {
            Some(slot) => {
                last = slot;
                low = slot.instant.as_second();
            }
            None => high = middle,
        }
    }
    Some(last)
}

/// The last second of a day: crontab(5) knows none after its first.
fn end_of(day: civil::Date) -> civil::DateTime {
    day.at(23, 59, 59, 0)
}

/// The five fields of a word with an at sign; anything else as it is.
fn expand(written: &str) -> Result<&str, CrontabError> {
    let Some(word) = written.strip_prefix('@') else { return Ok(written) };
    match word.to_ascii_lowercase().as_str() {
        "hourly" => Ok("0 * * * *"),
        "daily" | "midnight" => Ok("0 0 * * *"),
        "weekly" => Ok("0 0 * * 0"),
        "monthly" => Ok("0 0 1 * *"),
        "yearly" | "annually" => Ok("0 0 1 1 *"),
        "reboot" => Err(CrontabError::Reboot),
        _ => Err(CrontabError::Shortcut { written: written.chars().take(40).collect() }),
    }
}

fn list(field: Field) -> String {
    field.values().map(|value| value.to_string()).collect::<Vec<_>>().join(",")
}

/// Civil time as if it were UTC, for `cron`, which counts from 1970 to 2100; `None` past that.
fn dress(civil: civil::DateTime) -> Option<DateTime<Utc>> {
    if civil.year() > limits::ground::SCHEDULE_YEAR {
        return None;
    }
    if civil.year() < 1970 {
        return Some(DateTime::UNIX_EPOCH - chrono::TimeDelta::seconds(1));
    }
    let part = |value: i8| u32::from(value.unsigned_abs());
    let day = NaiveDate::from_ymd_opt(civil.year().into(), part(civil.month()), part(civil.day()))?;
    Some(day.and_hms_opt(part(civil.hour()), part(civil.minute()), part(civil.second()))?.and_utc())
}

fn undress(dressed: &DateTime<Utc>) -> Option<civil::DateTime> {
    let part = |value: u32| i8::try_from(value).ok();
    let (year, month, day) = (i16::try_from(dressed.year()).ok()?, part(dressed.month())?, part(dressed.day())?);
    civil::DateTime::new(year, month, day, part(dressed.hour())?, part(dressed.minute())?, part(dressed.second())?, 0)
        .ok()
}
