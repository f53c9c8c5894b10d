//! When a digest runs: its crontab, and the days on which it runs at all.

use super::bench::{Bench, Choice};
use crate::civil::{Weekdays, WeeklyRange};
use crate::config::file::digest::Digest as Written;
use crate::config::reader::{At, shortened};
use crate::schedule::crontab::Crontab;
use crate::schedule::days::{MonthDays, Weeks, Work};
use crate::schedule::timetable::{Days, Timetable};

/// What a digest does on holidays.
#[derive(Clone, Copy, Debug)]
enum OnHolidays {
    Send,
    Skip,
}

/// `schedule`, `weeks`, `days_of_month` and `holidays` of a digest.
pub fn timetable(bench: &mut Bench<'_>, written: &Written, working: Option<&WeeklyRange>) -> Option<Timetable> {
    let prefix = written.prefix.as_str();
    let crontab = written.schedule.as_ref().and_then(|text| crontab(bench, prefix, text));
    let weeks = match &written.weeks {
        Some(text) => {
            let words = [("odd", Weeks::Odd), ("even", Weeks::Even)];
            let choice = Choice { key: "weeks", words: &words, default: None };
            bench.word(prefix, Some(text), &choice).map(Some)
        }
        None => Some(None),
    };
    let of_month = match &written.days_of_month {
        Some(text) => month_days(bench, (prefix, text), working).map(Some),
        None => Some(None),
    };
    let choice = Choice {
        key: "holidays",
        words: &[("send", OnHolidays::Send), ("skip", OnHolidays::Skip)],
        default: Some(OnHolidays::Send),
    };
    let but = match bench.word(prefix, written.holidays.as_ref(), &choice)? {
        OnHolidays::Send => None,
        OnHolidays::Skip => {
            if let (Some(key), true) = (&written.holidays, bench.almanac.calendars.is_empty()) {
                let text = "there are no holidays to skip; write holidays = [\"FILE.ics\"] at the top";
                bench.faults.warn(key.offset, format!("{prefix}{text}"));
            }
            Some(bench.almanac.days.clone())
        }
    };
    let (crontab, schedule) = (crontab?, written.schedule.as_ref()?);
    let never = crontab.never_runs();
    let timetable = Timetable::new(crontab, Days { weeks: weeks?, of_month: of_month?, but });
    if never {
        let text =
            format!("{prefix}schedule {:?} never runs; name a day that comes in one of its months", schedule.value);
        bench.faults.warn(schedule.offset, text);
    } else if timetable.never_runs() {
        let keys = match (&written.weeks, &written.days_of_month) {
            (Some(_), Some(_)) => "\"weeks\" and \"days_of_month\" leave",
            (Some(_), None) => "\"weeks\" leaves",
            _ => "\"days_of_month\" leaves",
        };
        let text =
            format!("{prefix}it never runs: {keys} no slot of schedule {:?}; write \"*\" for its days", schedule.value);
        bench.faults.warn(schedule.offset, text);
    }
    Some(timetable)
}

fn crontab(bench: &mut Bench<'_>, prefix: &str, written: &At<String>) -> Option<Crontab> {
    match Crontab::parse(&written.value) {
        Ok(crontab) => Some(crontab),
        Err(error) => {
            bench.faults.error(written.offset, format!("{prefix}schedule {:?}: {error}", shortened(&written.value)));
            None
        }
    }
}

/// A working day is one of `working_hours`, or one from Monday to Friday, and no holiday.
fn month_days(
    bench: &mut Bench<'_>,
    (prefix, written): (&str, &At<String>),
    working: Option<&WeeklyRange>,
) -> Option<MonthDays> {
    let days = match working {
        Some(range) => range.days,
        None => Weekdays::parse("mon-fri").ok()?,
    };
    let work = Work { days, holidays: bench.almanac.days.clone() };
    match MonthDays::parse(&written.value, work) {
        Ok(days) => Some(days),
        Err(error) => {
            bench.faults.error(written.offset, format!("{prefix}\"days_of_month\": {error}"));
            None
        }
    }
}
