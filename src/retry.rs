//! When something that failed is tried again, or given up; pure, so that a table says all of it.
//!
//! Jitter is a function of id and attempt: a thousand daemons that lost one server do not come back in step, and a test
//! sees the same instants as the field.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use crate::limits;
use crate::model::edition::LetterId;
use crate::model::identity::Id;

/// What happens to a letter that did not go out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next {
    /// It is tried again at this time.
    At(Timestamp),
    /// It has failed for good.
    GiveUp,
}

/// A letter's history, as far as it counts here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tried {
    /// The letter.
    pub letter: LetterId,
    /// Attempts begun, the failed one too.
    pub attempts: u32,
    /// When it was sealed.
    pub sealed_at: Timestamp,
}

/// After an attempt of which it is known that the server does not have the letter: 1, 5, 10, 20, 30 minutes, then each
/// hour, all with up to a ninth more, so that two attempts are at most 4,000 s apart (RFC 5321 section 4.5.4.1).
/// Given up when 5 days have passed since it was sealed *and* it was tried 12 times: a machine that slept for a week
/// has not tried for a week.
pub fn after_failure(tried: &Tried, now: Timestamp) -> Next {
    let old = now.duration_since(tried.sealed_at) >= signed(limits::judgement::RETRY_FOR);
    if old && tried.attempts >= limits::judgement::RETRY_ATTEMPTS_LEAST {
        return Next::GiveUp;
    }
    let step = usize::try_from(tried.attempts.saturating_sub(1)).unwrap_or(usize::MAX);
    let pause = limits::judgement::RETRY_STEPS.get(step).copied().unwrap_or(limits::judgement::RETRY_EVERY);
    let seed = Id::of(&[b"retry", tried.letter.0.as_bytes(), &tried.attempts.to_be_bytes()]);
    at(now, pause + share(pause / limits::judgement::RETRY_JITTER_SHARE, seed))
}

/// After a reply that is said for good and often meant for now (550 5.5.0): once more after an hour; a second one right
/// after the first is for good. `times` counts them.
pub fn after_doubtful_refusal(times: u32, now: Timestamp) -> Next {
    if times > 1 { Next::GiveUp } else { at(now, limits::judgement::RETRY_DOUBTFUL) }
}

/// After an attempt of which nobody knows whether the server took the letter: when it is sent again unless it was found
/// before. `times` counts all uncertain attempts, this one too; the third is the last.
pub fn after_uncertainty(times: u32, now: Timestamp) -> Next {
    if times >= limits::judgement::RETRY_UNCERTAIN_MOST {
        Next::GiveUp
    } else {
        at(now, limits::judgement::RETRY_UNCERTAIN)
    }
}

/// As [`after_uncertainty`], of an urgent letter: two of them are better than one that comes late.
pub fn after_urgent_uncertainty(times: u32, now: Timestamp) -> Next {
    match after_uncertainty(times, now) {
        Next::At(_) => at(now, limits::judgement::RETRY_UNCERTAIN_URGENT),
        Next::GiveUp => Next::GiveUp,
    }
}

/// When an uncertain letter is looked up in the mailbox that receives it: 60 s after the attempt, then after 5 minutes
/// more; `None` when both looks are done and the letter is not there.
pub fn look(looks_done: u32, now: Timestamp) -> Option<Timestamp> {
    let looks_done = usize::try_from(looks_done).unwrap_or(usize::MAX);
    limits::judgement::RETRY_LOOKS.get(looks_done).and_then(|&pause| now.checked_add(pause).ok())
}

/// How long to wait before connecting to an account again, after so many failures in a row (from 1): 1 s, doubled each
/// time up to 60 s; between half of that and all of it, but never below 1 s.
pub fn reconnect(account: &str, failures: u32) -> Duration {
    let doublings = failures.saturating_sub(1).min(limits::judgement::RECONNECT_DOUBLINGS);
    let most = (limits::judgement::RECONNECT_FIRST * (1 << doublings)).min(limits::judgement::RECONNECT_MOST);
    let seed = Id::of(&[b"reconnect", account.as_bytes(), &failures.to_be_bytes()]);
    (most / 2 + share(most / 2, seed)).max(limits::judgement::RECONNECT_FIRST)
}

/// How long to wait before asking again whether a server can be reached at all: as [`reconnect`], but never so long that
/// its return would go unnoticed for 10 s. No login is tried before it is there, so this is no burden to it.
pub fn reach(account: &str, failures: u32) -> Duration {
    reconnect(account, failures).min(limits::judgement::REACH_MOST)
}

/// How often an account was watched lately and then lost. Each time costs a login, so a server that drops whom it has let in
/// is asked at once only a few times.
#[derive(Clone, Copy, Debug, Default)]
pub struct Interruptions {
    count: u32,
    // Since when they count: moved on by whole times of forgetting.
    since: Option<Timestamp>,
}

impl Interruptions {
    /// Counts one, and says how long to wait before the next login: 1 s for the first few, then as [`reconnect`]. One is
    /// forgotten each `limits::judgement::INTERRUPTION_FORGOTTEN`.
    pub fn wait(&mut self, account: &str, now: Timestamp) -> Duration {
        let one = signed(limits::judgement::INTERRUPTION_FORGOTTEN);
        let mut since = self.since.unwrap_or(now);
        while self.count > 0 && now.duration_since(since) >= one {
            (self.count, since) = (self.count.saturating_sub(1), since.checked_add(one).unwrap_or(now));
        }
        self.since = Some(if self.count == 0 || since > now { now } else { since });
        self.count = self.count.saturating_add(1);
        reconnect(account, self.count.saturating_sub(limits::judgement::INTERRUPTIONS_QUICK))
    }
}

/// How long to leave a server alone that refused user name and password so many times in a row (from 1): 60 s, then 10
/// minutes. Servers lock out what hammers at them.
pub fn login(refusals: u32) -> Duration {
    if refusals > 1 { limits::judgement::LOGIN_AGAIN } else { limits::judgement::LOGIN_AGAIN_FIRST }
}

fn at(now: Timestamp, pause: Duration) -> Next {
    // The end of time is 9999: whoever lives then has other mail.
    now.checked_add(pause).map_or(Next::GiveUp, Next::At)
}

fn signed(duration: Duration) -> SignedDuration {
    SignedDuration::try_from(duration).unwrap_or(SignedDuration::MAX)
}

/// A part of `most` that the seed decides, evenly spread; in whole milliseconds.
fn share(most: Duration, seed: Id) -> Duration {
    let [high, low, ..] = *seed.as_bytes();
    let part = u64::from(u16::from_be_bytes([high, low]));
    let most = u64::try_from(most.as_millis()).unwrap_or(u64::MAX);
    Duration::from_millis(most.saturating_mul(part) / u64::from(u16::MAX))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::panic)]

    use std::time::Duration;

    use jiff::{SignedDuration, Timestamp};

    use super::{Next, Tried, after_doubtful_refusal, after_failure, after_uncertainty, login, look, reach, reconnect};
    use crate::model::edition::LetterId;
    use crate::model::identity::Id;

    const SEALED: Timestamp = Timestamp::UNIX_EPOCH;

    fn tried(name: &str, attempts: u32) -> Tried {
        Tried { letter: LetterId(Id::of(&[name.as_bytes()])), attempts, sealed_at: SEALED }
    }

    fn seconds(from: Timestamp, next: Next) -> i64 {
        match next {
            Next::At(at) => at.duration_since(from).as_secs(),
            Next::GiveUp => panic!("given up"),
        }
    }

    #[test]
    fn pauses_grow_to_an_hour_and_a_ninth() {
        let check = |attempts, least: i64| {
            for name in ["a", "b", "c", "d"] {
                let pause = seconds(SEALED, after_failure(&tried(name, attempts), SEALED));
                assert!((least..=least + least / 9).contains(&pause), "{attempts}: {pause}");
            }
        };
        check(0, 60);
        check(1, 60);
        check(2, 300);
        check(3, 600);
        check(4, 1200);
        check(5, 1800);
        check(6, 3600);
        check(7, 3600);
        check(u32::MAX, 3600);
    }

    #[test]
    fn the_same_letter_waits_the_same_and_others_do_not() {
        let pause = |name| seconds(SEALED, after_failure(&tried(name, 9), SEALED));
        assert_eq!(pause("a"), pause("a"));
        let all: std::collections::BTreeSet<i64> = ["a", "b", "c", "d", "e"].into_iter().map(pause).collect();
        assert!(all.len() >= 4, "{all:?}");
    }

    /// A server that is away for 6 days.
    #[test]
    fn a_letter_is_tried_for_five_days_and_no_longer_than_an_hour_more() {
        let (mut now, mut attempts, mut longest) = (SEALED, 1, 0);
        while let Next::At(next) = after_failure(&tried("x", attempts), now) {
            longest = longest.max(next.duration_since(now).as_secs());
            (now, attempts) = (next, attempts + 1);
        }
        let hours = now.duration_since(SEALED).as_hours();
        assert!((120..=121).contains(&hours), "{hours}");
        assert!((110..=125).contains(&attempts), "{attempts}");
        assert!(longest <= 4000, "{longest}");
    }

    #[test]
    fn a_machine_that_slept_does_not_give_up_at_once() {
        let late = SEALED + SignedDuration::from_hours(24 * 8);
        assert!((1800..=2000).contains(&seconds(late, after_failure(&tried("x", 5), late))));
        assert_eq!(after_failure(&tried("x", 12), late), Next::GiveUp);
    }

    #[test]
    fn a_clock_that_was_set_back_gives_nothing_up() {
        let early = SEALED - SignedDuration::from_hours(24 * 365);
        assert!(matches!(after_failure(&tried("x", 500), early), Next::At(_)));
        assert_eq!(after_failure(&tried("x", 500), Timestamp::MAX), Next::GiveUp);
    }

    #[test]
    fn doubt_is_asked_once_more() {
        assert_eq!(seconds(SEALED, after_doubtful_refusal(1, SEALED)), 3600);
        assert_eq!(after_doubtful_refusal(2, SEALED), Next::GiveUp);
    }

    #[test]
    fn uncertain_letters_are_sent_three_times_at_most() {
        assert_eq!(seconds(SEALED, after_uncertainty(1, SEALED)), 1800);
        assert_eq!(seconds(SEALED, after_uncertainty(2, SEALED)), 1800);
        assert_eq!(after_uncertainty(3, SEALED), Next::GiveUp);
        assert_eq!(look(0, SEALED), Some(SEALED + SignedDuration::from_secs(60)));
        assert_eq!(look(1, SEALED), Some(SEALED + SignedDuration::from_secs(300)));
        assert_eq!(look(2, SEALED), None);
        assert_eq!(look(0, Timestamp::MAX), None);
    }

    #[test]
    fn reconnecting_doubles_up_to_a_minute() {
        let check = |failures, least: u64, most: u64| {
            for name in ["a", "b", "c", "d"] {
                let pause = reconnect(name, failures);
                assert!((Duration::from_millis(least)..=Duration::from_millis(most)).contains(&pause), "{pause:?}");
            }
        };
        check(0, 1000, 1000);
        check(1, 1000, 1000);
        check(2, 1000, 2000);
        check(3, 2000, 4000);
        check(6, 16_000, 32_000);
        check(7, 30_000, 60_000);
        check(u32::MAX, 30_000, 60_000);
    }

    #[test]
    fn a_connection_that_is_lost_now_and_then_is_made_again_at_once() {
        let account = "work";
        let check = |pause: i64, times: usize, least: u64, most: u64| {
            let mut interruptions = super::Interruptions::default();
            let at = |n| SEALED + SignedDuration::from_secs(pause * n);
            let waits: Vec<u64> = (0..200).map(|n| interruptions.wait(account, at(n)).as_secs()).collect();
            assert!(waits.iter().skip(times).all(|wait| (least..=most).contains(wait)), "{pause}: {waits:?}");
        };
        // Every two minutes, for ever; every 5 s: the first few.
        check(120, 0, 1, 1);
        check(76, 0, 1, 1);
        check(5, 50, 30, 60);
        let mut interruptions = super::Interruptions::default();
        let quick: Vec<u64> = (0..8).map(|_| interruptions.wait(account, SEALED).as_secs()).collect();
        assert_eq!(quick, [1; 8]);
    }

    #[test]
    fn refused_logins_are_rare() {
        assert_eq!([0, 1, 2, 3].map(|refusals| login(refusals).as_secs()), [60, 60, 600, 600]);
    }

    #[test]
    fn the_return_of_a_server_is_noticed_within_ten_seconds() {
        for failures in [1, 2, 5, 100, u32::MAX] {
            let pause = reach("work", failures);
            assert!((Duration::from_secs(1)..=Duration::from_secs(8)).contains(&pause), "{failures}: {pause:?}");
        }
    }
}
