//! What of a replay's mail would still wait in a digest when later mail of its thread came.
//!
//! That depends on how the mail was judged, which depends on what waited when it came: threads are gone through one
//! message after the other, before all mail is judged on all processors. Only those threads are in which a message comes
//! while an earlier one may wait, and of them only that earlier one is read again.

use std::collections::{HashMap, VecDeque};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

use jiff::Timestamp;

use super::judged::{self, AsOf, Judged, Sample};
use super::walk;
use crate::civil::later;
use crate::intake::desk::Desk;
use crate::intake::history;
use crate::intake::place::{self, When};
use crate::limits;
use crate::model::history::facts::{Held, History};
use crate::model::history::lesson::{By, Lesson};
use crate::model::identity::Identity;
use crate::model::message::Message;
use crate::model::name::AccountName;
use crate::model::verdict::{Placement, Then};

/// Until when each message waits that waits for a digest: its slot of then. Some 40 octets each.
#[derive(Default)]
pub struct Waits(HashMap<Identity, Timestamp>);

/// Mails that were gone through, by the numbers of their order.
pub struct Learned<'l> {
    /// What each teaches.
    pub lessons: &'l [Option<Lesson>],
    /// What was known around each, but for what of it waits.
    pub histories: &'l [Option<History>],
    /// Those of each thread, in the order of their dates.
    pub threads: Vec<Vec<usize>>,
}

impl Waits {
    /// Goes through the mails of all these paths once more, and judges those whose waiting later ones concern.
    pub fn of<'p>(
        desk: &Desk,
        paths: impl Iterator<Item = (&'p Path, Option<&'p AccountName>)>,
        learned: &Learned<'_>,
        as_of: AsOf,
    ) -> Self {
        let rows = learned.threads.iter().map(|thread| row(desk, thread, learned.lessons, as_of));
        let rows: Vec<VecDeque<usize>> = rows.filter(|row| !row.is_empty()).collect();
        let places = rows.iter().enumerate().flat_map(|(place, row)| row.iter().map(move |number| (*number, place)));
        let places: HashMap<usize, usize> = places.collect();
        let mut pass = Pass { desk, learned, as_of, rows, read: HashMap::new(), octets: 0, waits: Self::default() };
        let mut numbers = 0..;
        for (path, account) in paths.filter(|_| !places.is_empty()) {
            let _ = walk::walk(path, &mut |found| {
                let Some((cut, received_at)) = found else { return };
                let number = numbers.next();
                let Some((number, place)) = number.and_then(|number| Some((number, *places.get(&number)?))) else {
                    return;
                };
                let sample = Sample { account, cut, received_at };
                let message = catch_unwind(AssertUnwindSafe(|| judged::message(desk, &sample))).ok();
                pass.take((number, place), message);
            });
        }
        pass.end()
    }

    /// Notes what became of a message.
    pub fn note(&mut self, judged: &Judged) {
        if let Placement::Hold { due_at, then: Then::Digest(_), .. } = &judged.placement {
            self.0.insert(judged.message.identity, *due_at);
        }
    }

    /// What of a message's thread waits when the message is judged.
    pub fn held(&self, history: &History, lesson: &Lesson, as_of: AsOf) -> Held {
        let at = judged_at(lesson, as_of);
        history::held(history, lesson, |item| self.0.get(&item).is_some_and(|until| *until > at))
    }
}

/// The messages of a thread that may wait when the next one comes. What I wrote waits for nothing.
fn row(desk: &Desk, thread: &[usize], lessons: &[Option<Lesson>], as_of: AsOf) -> VecDeque<usize> {
    let lesson = |number: &usize| lessons.get(*number).and_then(Option::as_ref);
    let pairs = thread.iter().zip(thread.iter().skip(1));
    let asked = pairs.filter(|(number, next)| {
        let Some((own, next)) = lesson(number).zip(lesson(next)) else { return false };
        let at = judged_at(own, as_of);
        !matches!(own.by, By::Me(_)) && longest(desk, at).is_some_and(|until| judged_at(next, as_of) < until)
    });
    asked.map(|(number, _)| *number).collect()
}

/// Until when anything that comes then may wait for a digest, to the second; `None`: there is none.
fn longest(desk: &Desk, at: Timestamp) -> Option<Timestamp> {
    let when = When { now: at, arrived: at, pause: None };
    let last = later(at, desk.hold.max.min(limits::hands::HOLD_MAX));
    desk.digests.iter().map(|plan| place::next_slot(desk, plan, &when).map_or(last, |slot| slot.min(last))).max()
}

fn judged_at(lesson: &Lesson, as_of: AsOf) -> Timestamp {
    match as_of {
        AsOf::Moment(at) => at,
        AsOf::Arrival(_) => lesson.at,
    }
}

/// One pass over all mails. A mail that is found before an earlier one of its thread is kept until then.
struct Pass<'a> {
    desk: &'a Desk,
    learned: &'a Learned<'a>,
    as_of: AsOf,
    /// Of each thread, what is still to be judged.
    rows: Vec<VecDeque<usize>>,
    read: HashMap<usize, Message>,
    /// Octets of what is kept.
    octets: usize,
    waits: Waits,
}

impl Pass<'_> {
    /// Takes a mail of a thread; `None`: it cannot be read.
    fn take(&mut self, (number, place): (usize, usize), message: Option<Message>) {
        let is_next = self.rows.get(place).is_some_and(|row| row.front() == Some(&number));
        let has_room = |message: &Message| is_next || self.octets + octets(message) <= limits::front::REPLAY_KEPT_BYTES;
        match message.filter(has_room) {
            Some(message) => {
                self.octets += octets(&message);
                self.read.insert(number, message);
            }
            // Nobody can tell whether it waits.
            None => self.rows.get_mut(place).into_iter().for_each(|row| row.retain(|other| *other != number)),
        }
        while let Some(row) = self.rows.get_mut(place)
            && let Some(message) = row.front().and_then(|next| self.read.remove(next))
            && let Some(number) = row.pop_front()
        {
            self.judge(number, message);
        }
    }

    fn judge(&mut self, number: usize, message: Message) {
        self.octets -= octets(&message);
        let lesson = self.learned.lessons.get(number).and_then(Option::as_ref);
        let known = lesson.zip(self.learned.histories.get(number).and_then(Option::as_ref));
        let Some((lesson, history)) = known.filter(|(lesson, _)| lesson.item == Some(message.identity)) else { return };
        let history = History { held: self.waits.held(history, lesson, self.as_of), ..history.clone() };
        let (desk, as_of) = (self.desk, self.as_of);
        let judged = catch_unwind(AssertUnwindSafe(|| judged::judge(desk, message, Some(&history), as_of)));
        // A panic lets it through.
        judged.iter().for_each(|judged| self.waits.note(judged));
    }

    /// What was kept for a mail that did not come again is judged without it.
    fn end(mut self) -> Waits {
        for number in std::mem::take(&mut self.rows).into_iter().flatten() {
            if let Some(message) = self.read.remove(&number) {
                self.judge(number, message);
            }
        }
        self.waits
    }
}

/// What a message that is kept takes, nearly.
fn octets(message: &Message) -> usize {
    message.own_text.len() + limits::front::REPLAY_PIECE_BYTES / 16
}
