//! The smallest change by which a message would be synchronous that is not, or the other way round.

use jiff::{SignedDuration, Timestamp, ToSpan};

use super::condition::Reading;
use super::facts::Outcome;
use super::judgement::{self, Measure};
use super::moment::Moment;
use super::rule::{Condition, End, Rule};
use super::scale::{Scale, Thresholds};
use super::signal::found::Found;
use crate::limits;
use crate::model::name::RuleName;
use crate::model::signal::{By, Fired, Points, Signal, Tally};
use crate::model::verdict::{Reason, Verdict};

/// One change of the message, the hour or the configuration; everything else stays as it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// It is judged at another time.
    Judged {
        /// When.
        at: Timestamp,
        /// The signal whose points change most by then, with those of now and of then.
        because: Option<(Signal, Points, Points)>,
    },
    /// A rule had matched that did not, because of one of its conditions alone.
    Matches {
        /// Its name.
        rule: RuleName,
        /// Which of its conditions, from 0.
        condition: usize,
        /// Why that was not met.
        failed: String,
    },
    /// A rule had not matched.
    Misses {
        /// Its name.
        rule: RuleName,
        /// Why it did match.
        evidence: Vec<String>,
    },
    /// A signal had fired, in full.
    Fires {
        /// Which.
        signal: Signal,
        /// What that would have given.
        points: Points,
    },
    /// A signal had not fired.
    Silent {
        /// Which.
        signal: Signal,
        /// What it gave.
        points: Points,
    },
    /// A signal weighed something else.
    Weight {
        /// Which.
        signal: Signal,
        /// What it weighs.
        is: Points,
        /// What it would have to weigh.
        to: Points,
    },
    /// Its kind of message were urgent from another sum on.
    Threshold {
        /// From which it is.
        is: Points,
        /// From which it would have to be.
        to: Points,
    },
}

/// The smallest change that turns the outcome: an hour within a day, a rule that decided or nearly did, one signal, one
/// weight, the threshold, a rule for other senders; in this order, of signals the one with the fewest points.
/// `None`: no single change of these kinds turns it.
pub fn turn(reading: &Reading<'_>, measure: Measure<'_>) -> Option<Change> {
    let judged = judgement::of(reading, measure);
    let was = is_synchronous(&judged);
    let turns = |change: &Change| is_synchronous(&apply(change, reading, measure)) != was;
    let (decided, scored) = matched(&judged);
    // Each step is looked at only where no earlier one has an answer.
    judged_later(reading, measure, &judged)
        .or_else(|| decided.filter(turns))
        .or_else(|| nearly(reading, measure, Missed::Just).find(turns))
        .or_else(|| signals(reading, measure.1).into_iter().find(turns))
        .or_else(|| scored.into_iter().find(turns))
        .or_else(|| weights(reading, measure.1, &judged).into_iter().find(turns))
        .or_else(|| threshold(&judged).filter(turns))
        .or_else(|| nearly(reading, measure, Missed::ByMore).find(turns))
}

/// What a message is judged as with a change. A change of a rule that is not there changes nothing.
pub fn apply(change: &Change, reading: &Reading<'_>, (rules, scale): Measure<'_>) -> Verdict {
    match change {
        Change::Judged { at, .. } => {
            let moment = Moment { now: *at, ..*reading.moment };
            judgement::of(&Reading::new(reading.message, &moment), (rules, scale))
        }
        Change::Matches { rule, condition, .. } => {
            let mut changed = rules.to_vec();
            let found = changed.iter_mut().find(|one| one.name == *rule).filter(|one| *condition < one.when.len());
            found.into_iter().for_each(|one| drop(one.when.remove(*condition)));
            judgement::of(reading, (&changed, scale))
        }
        Change::Misses { rule, .. } => {
            let changed: Vec<Rule> = rules.iter().filter(|one| one.name != *rule).cloned().collect();
            judgement::of(reading, (&changed, scale))
        }
        Change::Fires { signal, .. } => {
            let mut heard = reading.heard().clone();
            heard.found.retain(|found| found.signal != *signal);
            heard.found.push(Found { signal: *signal, share: 100, evidence: Vec::new() });
            heard.found.sort_by_key(|found| found.signal);
            judgement::of(&reading.hearing(heard), (rules, scale))
        }
        Change::Silent { signal, .. } => {
            let mut heard = reading.heard().clone();
            heard.found.retain(|found| found.signal != *signal);
            judgement::of(&reading.hearing(heard), (rules, scale))
        }
        Change::Weight { signal, to, .. } => {
            let mut changed = scale.cloned();
            if let Some(scale) = &mut changed {
                scale.weights.insert(*signal, *to);
            }
            judgement::of(reading, (rules, changed.as_ref()))
        }
        Change::Threshold { to, .. } => {
            let set = |thresholds: Thresholds| Thresholds { urgent_at: *to, ..thresholds };
            let changed = scale.map(|scale| Scale { mail: set(scale.mail), chat: set(scale.chat), ..scale.clone() });
            judgement::of(reading, (rules, changed.as_ref()))
        }
    }
}

fn is_synchronous(judged: &Verdict) -> bool {
    judged.decision.level().is_some_and(|level| level.is_synchronous())
}

fn tally(judged: &Verdict) -> Option<&Tally> {
    match &judged.reason {
        Reason::Signals(tally) => Some(tally),
        _ => None,
    }
}

/// The first minute of the next day at which the outcome turns, as far as a look at each hour, and at each time at which
/// the message asks to be judged again, can tell.
fn judged_later(reading: &Reading<'_>, measure: Measure<'_>, judged: &Verdict) -> Option<Change> {
    let was = is_synchronous(judged);
    let at = |at| apply(&Change::Judged { at, because: None }, reading, measure);
    let begin = next_minute(reading.moment.now)?;
    let mut times: Vec<Timestamp> =
        (0..=limits::judgement::TURN_HOURS).filter_map(|hour| begin.checked_add(hour.hours()).ok()).collect();
    let mut again = judged.again_at;
    for _ in 0..limits::judgement::TURN_STEPS {
        let Some(step) = again else { break };
        times.extend(next_minute(step));
        again = at(step).again_at.filter(|next| *next > step);
    }
    times.sort_unstable();
    let found = times.iter().position(|time| is_synchronous(&at(*time)) != was)?;
    let mut late = *times.get(found)?;
    let mut early = found.checked_sub(1).and_then(|before| times.get(before)).copied().unwrap_or(late);
    while late.duration_since(early) > SignedDuration::from_mins(1) {
        let middle = next_minute(early.checked_add(late.duration_since(early) / 2).ok()?)?.min(late);
        if middle == late || middle <= early {
            break;
        }
        if is_synchronous(&at(middle)) == was { early = middle } else { late = middle }
    }
    Some(Change::Judged { at: late, because: shifted(judged, &at(late)) })
}

/// The whole minute at or after a time.
fn next_minute(time: Timestamp) -> Option<Timestamp> {
    let (second, part) = (time.as_second(), i64::from(time.subsec_nanosecond() != 0));
    Timestamp::from_second(second.checked_add(part)?.checked_add(59)?.div_euclid(60).checked_mul(60)?).ok()
}

/// The signal whose points differ most between two judgements.
fn shifted(now: &Verdict, then: &Verdict) -> Option<(Signal, Points, Points)> {
    let (now, then) = (tally(now)?, tally(then)?);
    let of = |tally: &Tally, signal| {
        let fired = tally.fired.iter().find(|fired| fired.by == By::Signal(signal));
        fired.map(|fired| fired.points).unwrap_or_default()
    };
    let moves = Signal::ALL.into_iter().map(|signal| (signal, of(now, signal), of(then, signal)));
    moves
        .filter(|(_, now, then)| now != then)
        .max_by_key(|(_, now, then)| (i64::from(then.hundredths()) - i64::from(now.hundredths())).abs())
}

/// The rule that decided as one that does not match, and each that gave points.
fn matched(judged: &Verdict) -> (Option<Change>, Vec<Change>) {
    let misses =
        |rule: &RuleName, evidence: &[String]| Change::Misses { rule: rule.clone(), evidence: evidence.to_vec() };
    let scored = |fired: &Fired| match &fired.by {
        By::Rule(rule) => Some(misses(rule, &fired.evidence)),
        By::Signal(_) => None,
    };
    match &judged.reason {
        Reason::Rule { rule, evidence } => (Some(misses(rule, evidence)), Vec::new()),
        Reason::Signals(tally) => (None, tally.fired.iter().filter_map(scored).collect()),
        Reason::NoRule | Reason::NeverHeld(_) | Reason::Unjudged(_) => (None, Vec::new()),
    }
}

/// Which rules are looked at. From another sender it would be another message: a rule that fails by something else, and
/// not by its only condition, is nearer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Missed {
    Just,
    ByMore,
}

/// Rules before the one that decided which failed by a single condition.
fn nearly<'a>(
    reading: &'a Reading<'_>,
    (rules, _): Measure<'a>,
    wanted: Missed,
) -> impl Iterator<Item = Change> + use<'a> {
    let is_met = |condition: &[Condition]| reading.evidence(condition).is_some();
    let decides = move |rule: &&Rule| matches!(rule.end, End::Decide(_)) && is_met(&rule.when);
    rules.iter().take_while(move |rule| !decides(rule)).filter_map(move |rule| {
        let fails = |(_, condition): &(usize, &Condition)| !is_met(std::slice::from_ref(*condition));
        let mut failures = rule.when.iter().enumerate().filter(fails);
        let (Some((index, condition)), None) = (failures.next(), failures.next()) else { return None };
        let just = rule.when.len() > 1 && !names_it(condition);
        if just != (wanted == Missed::Just) {
            return None;
        }
        let Outcome::Failed(failed) = reading.all(std::slice::from_ref(condition)) else { return None };
        Some(Change::Matches { rule: rule.name.clone(), condition: index, failed })
    })
}

/// Whether a condition asks who a message is from or through what it came.
fn names_it(condition: &Condition) -> bool {
    matches!(
        condition,
        Condition::From(_)
            | Condition::Anyone(_)
            | Condition::FromName(_)
            | Condition::Source(_)
            | Condition::Kind(_)
            | Condition::Channel(_)
            | Condition::List(_)
    )
}

/// Each signal that fired as silent, and each that did not as one that fires; those with the fewest points first.
fn signals(reading: &Reading<'_>, scale: Option<&Scale>) -> Vec<Change> {
    let heard = reading.heard();
    let weight = |signal| scale.map(|scale| scale.weight(signal)).unwrap_or_default();
    let mut changes: Vec<(Points, Change)> = Signal::ALL
        .into_iter()
        .map(|signal| match heard.found.iter().find(|found| found.signal == signal) {
            Some(found) => {
                let points = weight(signal).share(found.share);
                (points, Change::Silent { signal, points })
            }
            None => (weight(signal), Change::Fires { signal, points: weight(signal) }),
        })
        .collect();
    changes.sort_by_key(|(points, change)| (points.hundredths().abs(), matches!(change, Change::Fires { .. })));
    changes.into_iter().map(|(_, change)| change).collect()
}

/// Each signal that fired with the weight nearest to its own by which the sum crosses the threshold; the one that moves
/// least first, and of equal ones the one that says most.
fn weights(reading: &Reading<'_>, scale: Option<&Scale>, judged: &Verdict) -> Vec<Change> {
    let (Some(tally), Some(scale)) = (tally(judged), scale) else { return Vec::new() };
    let gap = i64::from(tally.urgent_at.hundredths()) - i64::from(tally.score.hundredths());
    let weigh = |found: &Found| {
        let is = scale.weight(found.signal);
        let gives = i64::from(is.share(found.share).hundredths());
        let to = if is_synchronous(judged) {
            least(1 - gap - gives, found.share)?.checked_neg()?
        } else {
            least(gap + gives, found.share)?
        };
        let fits = to.checked_abs()? <= Points::MOST * 100;
        fits.then(|| (is, Change::Weight { signal: found.signal, is, to: Points::of_hundredths(to) }))
    };
    let mut changes: Vec<(Points, Change)> = reading.heard().found.iter().filter_map(weigh).collect();
    let moved = |change: &Change| match change {
        Change::Weight { is, to, .. } => is.hundredths().abs_diff(to.hundredths()),
        _ => 0,
    };
    changes.sort_by_key(|(is, change)| (moved(change), std::cmp::Reverse(is.hundredths().abs())));
    changes.into_iter().map(|(_, change)| change).collect()
}

/// The least weight, in hundredths, of which this many percent give so many hundredths or more; shares are cut towards zero.
fn least(wanted: i64, share: u8) -> Option<i32> {
    let share = i64::from(share);
    let weight = if wanted > 0 {
        (wanted * 100 + share - 1).checked_div(share)?
    } else {
        -((1 - wanted) * 100 - 1).checked_div(share)?
    };
    i32::try_from(weight).ok()
}

/// The threshold by which the sum is urgent, or just not. It stays above the one for `low`.
fn threshold(judged: &Verdict) -> Option<Change> {
    let tally = tally(judged)?;
    let step = i32::from(is_synchronous(judged));
    let to = Points::of_hundredths(tally.score.hundredths().checked_add(step)?);
    let fits = to > tally.low_at && to.hundredths().checked_abs()? <= Points::MOST * 100;
    fits.then_some(Change::Threshold { is: tally.urgent_at, to })
}

#[cfg(test)]
mod tests;
