//! Years in every time zone, minute by minute: each slot of a digest comes once and each quiet hour when the clock on
//! the wall says so, whatever summer time does.
//!
//! What is right is counted by hand, from the offsets of the zones alone, without any of the code under test. A civil minute
//! happens when the clock first shows it or a later one: those in a gap at its end, those in a fold in the first pass.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use jiff::civil::{Date, date};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use tidings::civil::holidays::Holidays;
use tidings::civil::{Weekdays, WeeklyRange, Zone};
use tidings::model::verdict::Urgency;
use tidings::schedule::crontab::Crontab;
use tidings::schedule::days::{MonthDays, Weeks, Work};
use tidings::schedule::quiet::{Quiet, QuietHours};
use tidings::schedule::timetable::{Days, Timetable};

use crate::rig::dice::{Dice, times};

const DAY: i64 = 1_440;
const NAMES: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];

/// A civil or an absolute minute since 1970.
type Minute = i64;

/// The days of the years that are compared, and a few around them, each known by its place in the calendar.
struct Calendar {
    first: i64,
    days: Vec<Date>,
}

impl Calendar {
    fn new((from, until): (Date, Date)) -> Self {
        let (from, until) = (from.yesterday().unwrap().yesterday().unwrap(), until.tomorrow().unwrap());
        let first = (from - date(1970, 1, 1)).get_days();
        let days =
            std::iter::successors(Some(from), |day| day.tomorrow().ok()).take_while(|day| *day <= until).collect();
        Self { first: i64::from(first), days }
    }

    fn number(&self, minute: Minute) -> usize {
        usize::try_from(minute.div_euclid(DAY) - self.first).unwrap()
    }

    /// Of each day whether it is good.
    fn those(&self, is_good: impl Fn(Date) -> bool) -> Vec<bool> {
        self.days.iter().map(|day| is_good(*day)).collect()
    }
}

/// When a clock on the wall shows what: from each of these minutes on so many minutes more than UTC, in order.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Clock(Vec<(Minute, i64)>);

impl Clock {
    fn of(rules: &TimeZone, (from, until): (Timestamp, Timestamp)) -> Self {
        let minutes = |seconds: i32| {
            assert_eq!(seconds % 60, 0, "a clock that differs by seconds");
            i64::from(seconds) / 60
        };
        let first = (from.as_second() / 60, minutes(rules.to_offset(from).seconds()));
        let changes = rules.following(from).take_while(|change| change.timestamp() < until);
        let changes = changes.map(|change| (change.timestamp().as_second() / 60, minutes(change.offset().seconds())));
        Self(std::iter::once(first).chain(changes).collect())
    }

    /// Every minute until then, with the civil minutes that happen in it: none in the second pass of a fold, one as a rule, and
    /// at the end of a gap all that it swallowed.
    fn run(&self, until: Minute, mut happens: impl FnMut(Minute, Range<Minute>)) {
        let mut next = self.0[0].0 + self.0[0].1;
        for (at, (from, offset)) in self.0.iter().enumerate() {
            let end = self.0.get(at + 1).map_or(until, |change| change.0);
            for minute in *from..end {
                let shown = minute + offset;
                happens(minute, next..shown + 1);
                next = next.max(shown + 1);
            }
        }
    }
}

/// A digest's times with what they mean, told once more by hand.
struct Told {
    written: String,
    table: Timetable,
    days: Vec<bool>,
    minutes: Vec<bool>,
}

impl Told {
    fn cast(dice: &mut Dice, calendar: &Calendar) -> Self {
        // Summer time comes at night.
        let mut hours: Vec<u64> =
            (0..=dice.below(2)).map(|_| [0, 1, 2, 3, 4, 23, 9, 17][dice.below(8) as usize]).collect();
        hours.dedup();
        let minute = [0, 15, 30, dice.below(60)][dice.below(4) as usize];
        let weekday = (dice.below(2) == 0).then(|| dice.below(7) as usize);
        let day = (dice.below(4) == 0).then(|| 1 + dice.below(31) as i8);
        let weeks = [None, Some(Weeks::Odd), Some(Weeks::Even)][dice.below(3) as usize];
        let off: BTreeSet<Date> = calendar.days.iter().copied().filter(|_| dice.below(20) == 0).collect();
        let holidays = Holidays::new(off.clone());
        let skips = dice.below(3) == 0;
        let nth = (dice.below(4) == 0).then(|| (dice.below(6), dice.below(7) as usize));
        let text = |value: Option<String>| value.unwrap_or_else(|| "*".to_owned());
        let hour = hours.iter().map(u64::to_string).collect::<Vec<_>>().join(",");
        let crontab = format!(
            "{minute} {hour} {} * {}",
            text(day.map(|day| day.to_string())),
            text(weekday.map(|day| NAMES[day].to_owned()))
        );
        let of_month = nth.map(|(count, day)| {
            let count = ["first", "second", "third", "fourth", "fifth", "last"][count as usize];
            format!("{count} {}", NAMES[day])
        });
        let work = Work { days: Weekdays::parse("mon-fri").unwrap(), holidays: holidays.clone() };
        let rule = Days {
            weeks,
            of_month: of_month.as_ref().map(|written| MonthDays::parse(written, work).unwrap()),
            but: skips.then_some(holidays),
        };
        let is_good = |date: Date| {
            let of_week = date.weekday().to_monday_zero_offset() as usize;
            let by_day = day.map(|day| date.day() == day);
            let by_weekday = weekday.map(|weekday| of_week == weekday);
            // Where crontab(5) restricts both, either is enough.
            let by_crontab = match (by_day, by_weekday) {
                (Some(one), Some(other)) => one || other,
                (one, other) => one.unwrap_or(true) && other.unwrap_or(true),
            };
            let by_weeks = weeks.is_none_or(|weeks| (week(date) % 2 == 1) == (weeks == Weeks::Odd));
            let by_month = nth.is_none_or(|(count, weekday)| {
                let is_last = date.day() + 7 > date.days_in_month();
                let number = u64::from(date.day().unsigned_abs() - 1) / 7;
                of_week == weekday && if count == 5 { is_last } else { number == count }
            });
            by_crontab && by_weeks && by_month && !(skips && off.contains(&date))
        };
        let at: Vec<u64> = hours.iter().map(|hour| hour * 60 + minute).collect();
        Self {
            written: format!("{crontab}, weeks {weeks:?}, days of month {of_month:?}, holidays skipped {skips}"),
            table: Timetable::new(Crontab::parse(&crontab).unwrap(), rule),
            days: calendar.those(is_good),
            minutes: (0..1_440).map(|minute| at.contains(&minute)).collect(),
        }
    }

    fn has(&self, calendar: &Calendar, civil: Minute) -> bool {
        self.minutes[civil.rem_euclid(DAY) as usize] && self.days[calendar.number(civil)]
    }
}

/// The number of a week: of that which holds its Thursday (ISO 8601).
fn week(day: Date) -> i64 {
    let of_week = i64::from(day.weekday().to_monday_zero_offset());
    let thursday = day.checked_add(SignedDuration::from_hours(24 * (3 - of_week))).unwrap();
    (i64::from(thursday.day_of_year()) - 1) / 7 + 1
}

/// Quiet hours with what they mean.
struct Hush {
    quiet: Quiet,
    begins: Vec<bool>,
    minutes: (Minute, Minute),
}

impl Hush {
    fn cast(dice: &mut Dice, calendar: &Calendar) -> Self {
        let from = [22 * 60, 20 * 60 + 30, 2 * 60, 150, 60, dice.below(1_440)][dice.below(6) as usize];
        let from = from as Minute;
        // Two of them never fill a day, so that there is an end.
        let until = from + 15 + dice.below(40) as Minute * 15;
        let (first, count) = (dice.below(7) as usize, 1 + dice.below(7) as usize);
        let days: Vec<usize> = (first..first + count).map(|day| day % 7).collect();
        let written = days.iter().map(|day| NAMES[*day]).collect::<Vec<_>>().join(",");
        let end = if until > DAY { until - DAY } else { until };
        let range = WeeklyRange::new(Weekdays::parse(&written).unwrap(), from as u16, end as u16).unwrap();
        let pass = if dice.below(2) == 0 { Urgency::Urgent } else { Urgency::Critical };
        let begins = calendar.those(|day| days.contains(&(day.weekday().to_monday_zero_offset() as usize)));
        Self { quiet: Quiet { name: "x".to_owned(), range, pass }, begins, minutes: (from, until) }
    }

    /// Whether it is quiet while the clock has shown no more than this minute.
    fn holds(&self, calendar: &Calendar, shown: Minute) -> bool {
        let minute = shown.rem_euclid(DAY);
        let (from, until) = self.minutes;
        minute >= from && minute < until && self.begins[calendar.number(shown)]
            || minute + DAY < until && self.begins[calendar.number(shown) - 1]
    }
}

fn instant(minute: Minute) -> Timestamp {
    Timestamp::from_second(minute * 60).unwrap()
}

/// All zones by what their clocks show in these years: names that stand for the same are one.
fn clocks(years: (Timestamp, Timestamp)) -> BTreeMap<Clock, Vec<String>> {
    let mut clocks: BTreeMap<Clock, Vec<String>> = BTreeMap::new();
    for name in jiff::tz::db().available() {
        if Zone::parse(name.as_str()).is_ok() {
            let rules = TimeZone::get(name.as_str()).unwrap();
            clocks.entry(Clock::of(&rules, years)).or_default().push(name.to_string());
        }
    }
    clocks
}

/// Asserts that it is quiet in these stretches of time and not between them, for one level: all around a change of the clock,
/// and one of nine elsewhere. How many questions were asked.
fn check_quiet(
    hours: &QuietHours<'_>,
    level: Urgency,
    (stretches, clock): (&[(Minute, Minute)], &Clock),
    what: &dyn Fn() -> String,
) -> usize {
    let mut asked = 0;
    let mut check = |minute: Minute, expected: Option<Minute>| {
        asked += 1;
        assert_eq!(
            hours.until(level, instant(minute)),
            expected.map(instant),
            "{level:?} at {}, {}",
            instant(minute),
            what()
        );
    };
    for (at, pair) in stretches.windows(2).enumerate() {
        let &[(from, until), (next, _)] = pair else { continue };
        let is_near = clock.0.iter().any(|(change, _)| (from - 2 * DAY..until + 2 * DAY).contains(change));
        if is_near || at % 9 == 0 {
            check(from, Some(until));
            check((from + until) / 2, Some(until));
            check(until - 1, Some(until));
            let step = if is_near { 45 } else { 360 };
            (until..next).step_by(step).for_each(|free| check(free, None));
            check(next - 1, None);
        }
    }
    asked
}

/// What is right for two digests and two quiet hours by one clock.
struct Count<'a> {
    calendar: &'a Calendar,
    told: &'a [Told],
    hushes: &'a [Hush],
    /// By digest.
    slots: Vec<Vec<Minute>>,
    /// By level: from when until before when it waits.
    quiet: Vec<Vec<(Minute, Minute)>>,
    /// The levels that wait now.
    waits: [bool; LEVELS.len()],
}

const LEVELS: [Urgency; 2] = [Urgency::Normal, Urgency::Urgent];

impl<'a> Count<'a> {
    fn new(calendar: &'a Calendar, told: &'a [Told], hushes: &'a [Hush]) -> Self {
        let (slots, quiet) = (vec![Vec::new(); told.len()], vec![Vec::new(); LEVELS.len()]);
        Self { calendar, told, hushes, slots, quiet, waits: [false; LEVELS.len()] }
    }

    fn take(&mut self, minute: Minute, civil: Range<Minute>) {
        for (told, slots) in self.told.iter().zip(&mut self.slots) {
            let mut shown = civil.start;
            while shown < civil.end {
                if told.has(self.calendar, shown) && slots.last() != Some(&minute) {
                    slots.push(minute);
                }
                shown += 1;
            }
        }
        if !civil.is_empty() {
            self.waits = [false; LEVELS.len()];
            for hush in self.hushes.iter().filter(|hush| hush.holds(self.calendar, civil.end - 1)) {
                (0..LEVELS.len()).for_each(|at| self.waits[at] |= LEVELS[at] < hush.quiet.pass);
            }
        }
        for (stretches, waits) in self.quiet.iter_mut().zip(self.waits) {
            match stretches.last_mut() {
                _ if !waits => {}
                Some((_, end)) if *end == minute => *end += 1,
                Some(_) | None => stretches.push((minute, minute + 1)),
            }
        }
    }
}

/// How much was compared.
#[derive(Default, Debug)]
struct Compared {
    zones: usize,
    clocks: usize,
    minutes: Minute,
    slots: usize,
    questions: usize,
}

/// Compares some of the ten years from this one on, others for each clock: as many as `TIDINGS_ZONE_YEARS` says, or two.
fn compare(first: i16, dice: &Dice) -> Compared {
    let new_year = |year: i16| TimeZone::UTC.to_timestamp(date(year, 1, 1).at(0, 0, 0, 0)).unwrap();
    let many = times("TIDINGS_ZONE_YEARS", 2).clamp(1, 10) as i16;
    let mut compared = Compared::default();
    for (nth, zones) in (0..).zip(clocks((new_year(first), new_year(first + 10))).values()) {
        let mut dice = dice.nth(nth);
        let year = first + dice.below(11 - many as u64) as i16;
        let (from, until) = (new_year(year), new_year(year + many));
        let end = until.as_second() / 60;
        let calendar = Calendar::new((date(year, 1, 1), date(year + many, 1, 1)));
        let zone = Zone::parse(&zones[dice.below(zones.len() as u64) as usize]).unwrap();
        let clock = Clock::of(&TimeZone::get(&zone.name).unwrap(), (from, until));
        let told: Vec<Told> = (0..2).map(|_| Told::cast(&mut dice, &calendar)).collect();
        let hushes: Vec<Hush> = (0..2).map(|_| Hush::cast(&mut dice, &calendar)).collect();
        let mut count = Count::new(&calendar, &told, &hushes);
        clock.run(end, |minute, civil| count.take(minute, civil));
        for (told, expected) in told.iter().zip(&count.slots) {
            let found = told.table.slots_after(&zone, from - SignedDuration::from_secs(1));
            let found = found.map(|slot| slot.instant.as_second() / 60).take_while(|minute| *minute < end);
            let found: Vec<Minute> = found.collect();
            let odd = found.iter().zip(expected).find(|(found, expected)| found != expected);
            let odd = odd.map(|(found, expected)| (instant(*found), instant(*expected)));
            let agree = found == *expected;
            assert!(agree, "{} in {}: {} and {}, first {odd:?}", told.written, zone.name, found.len(), expected.len());
            // What is caught up with, and what a digest of this very instant is.
            for pair in expected.windows(2).step_by(5) {
                let (one, next) = (instant(pair[0]), instant(pair[1]));
                let second = SignedDuration::from_secs(1);
                let last = |until| told.table.last_between(&zone, from - second, until).map(|slot| slot.instant);
                assert_eq!(
                    (last(next - second), last(next)),
                    (Some(one), Some(next)),
                    "{} in {}",
                    told.written,
                    zone.name
                );
                assert!(told.table.has(&zone, one) && !told.table.has(&zone, one + second));
                assert_eq!(told.table.next_after(&zone, one).map(|slot| slot.instant), Some(next));
            }
            compared.slots += found.len();
        }
        let quiet: Vec<Quiet> = hushes.iter().map(|hush| hush.quiet.clone()).collect();
        let hours = QuietHours { zone: &zone, quiet: &quiet, pause: None };
        for (level, stretches) in LEVELS.iter().zip(&count.quiet) {
            let what = || {
                format!("{} with {:?}", zone.name, quiet.iter().map(|one| one.range.to_string()).collect::<Vec<_>>())
            };
            compared.questions += check_quiet(&hours, *level, (stretches, &clock), &what);
        }
        compared.minutes += end - from.as_second() / 60;
        compared.zones += zones.len();
        compared.clocks += 1;
    }
    compared
}

#[test]
fn each_slot_and_each_quiet_hour_comes_once_in_every_zone() {
    let compared = compare(2026, &Dice::new("every zone"));
    println!("{compared:?}");
    assert!(compared.zones > 400 && compared.clocks > 55, "{compared:?}: the database of time zones is not whole");
}

/// Zones skipped a day then, moved by half an hour, and gave up summer time from one week to the next.
#[test]
fn so_it_did_in_years_of_many_changes() {
    let compared = compare(2007, &Dice::new("every zone of the past"));
    println!("{compared:?}");
    assert!(compared.zones > 400 && compared.clocks > 100, "{compared:?}: the database of time zones is not whole");
}
