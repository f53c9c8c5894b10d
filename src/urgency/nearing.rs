//! When a rule that asks how near an event is will say something else, though nothing has changed but the time.

use std::time::Duration;

use jiff::Timestamp;

use super::facts;
use super::rule::{Condition, Rule};
use crate::civil::{earlier, later};
use crate::limits;
use crate::model::message::Message;

/// The first of `at` and of such moments after `now`. Rules behind the one that decides are not to be among these.
pub fn sooner<'r>(
    at: Option<Timestamp>,
    rules: impl Iterator<Item = &'r Rule>,
    message: &Message,
    now: Timestamp,
) -> Option<Timestamp> {
    at.into_iter().chain(again_at(rules, message, now)).min()
}

/// `None`: none of these rules asks, or there is no event to come.
fn again_at<'r>(rules: impl Iterator<Item = &'r Rule>, message: &Message, now: Timestamp) -> Option<Timestamp> {
    let event = message.event.as_ref().filter(|event| facts::is_invitation(event))?;
    let mut asked = Vec::new();
    rules.flat_map(|rule| &rule.when).for_each(|condition| collect(condition, &mut asked));
    if asked.is_empty() {
        return None;
    }
    // From its start on it is near no more.
    let turns = asked.into_iter().map(|within| earlier(event.starts, within));
    let turns = turns.chain([later(event.starts, limits::judgement::EVENT_STARTED)]);
    turns.filter(|turn| *turn > now).min()
}

/// Recursion was bounded when the rule was read.
fn collect(condition: &Condition, asked: &mut Vec<Duration>) {
    match condition {
        Condition::Any(lists) | Condition::All(lists) | Condition::Not(lists) => {
            lists.iter().flatten().for_each(|condition| collect(condition, asked));
        }
        Condition::StartsWithin(within) => asked.push(*within),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use std::time::Duration;

    use jiff::Timestamp;

    use super::again_at;
    use crate::model::identity::{Id, Identity};
    use crate::model::message::{Event, Message};
    use crate::model::name::RuleName;
    use crate::model::verdict::{Decision, Wishes};
    use crate::urgency::rule::{Condition, End, Rule};

    fn at(time: &str) -> Timestamp {
        format!("2027-01-12T{time}Z").parse().unwrap()
    }

    fn check(method: &str, when: Vec<Condition>, now: &str, expected: Option<&str>) {
        let event = Event {
            method: method.to_owned(),
            uid: String::new(),
            summary: String::new(),
            starts: at("12:00:00"),
            ends: None,
            all_day: false,
            cancelled: false,
            people: 2,
            revision: None,
        };
        let mail = Message::bare(Identity(Id::of(&[b"mail"])), "work", at("00:00:00"), 0);
        let mail = Message { event: Some(event), ..mail };
        let rule =
            Rule { name: RuleName::new("r"), when, end: End::Decide(Decision::LetThrough), wishes: Wishes::default() };
        assert_eq!(again_at([&rule].into_iter(), &mail, at(now)), expected.map(at), "{method} at {now}");
    }

    fn within(hours: u64) -> Condition {
        Condition::StartsWithin(Duration::from_secs(hours * 3600))
    }

    #[test]
    fn each_turn_is_foretold_once() {
        let rule = || vec![within(2), Condition::Not(vec![vec![within(1)]])];
        check("REQUEST", rule(), "08:00:00", Some("10:00:00"));
        check("REQUEST", rule(), "10:00:00", Some("11:00:00"));
        check("REQUEST", rule(), "11:30:00", Some("12:00:01"));
        check("REQUEST", rule(), "12:00:00", Some("12:00:01"));
        check("REQUEST", rule(), "12:00:01", None);
    }

    #[test]
    fn what_no_rule_asks_for_is_not_foretold() {
        check("REQUEST", vec![Condition::Automated(true)], "08:00:00", None);
        check("REPLY", vec![within(2)], "08:00:00", None);
    }
}
