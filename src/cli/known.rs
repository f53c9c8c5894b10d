//! What was known around each mail of a replay, as the daemon would have known it when the mail came.

use std::collections::HashMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

use jiff::Timestamp;

use super::judged::{self, AsOf, Judged, Sample};
use super::waits::{Learned, Waits};
use super::walk;
use crate::intake::desk::Desk;
use crate::intake::history::{self, Shelf};
use crate::model::history::facts::{History, Past};
use crate::model::history::lesson::{Lesson, MessageKey};
use crate::model::history::memory::Memory;
use crate::model::message::Message;
use crate::model::name::AccountName;

/// In which order mails teach.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// In the order of their dates: they were gone through before.
    Foreseen,
    /// In the order in which they come: they can be read only once.
    AsItComes,
}

/// What was learned, and what was known around each mail that is still to be judged.
pub struct Known {
    memory: Memory,
    ahead: std::vec::IntoIter<Option<History>>,
    waits: Waits,
    as_of: AsOf,
    latest: Timestamp,
}

impl Known {
    /// Goes through the mails of all these paths, learns in the order of dates, and finds out what waits when mail comes
    /// that is judged `as_of` then. What cannot be read is said when it is judged.
    pub fn of<'p>(
        desk: &Desk,
        paths: impl Iterator<Item = (&'p Path, Option<&'p AccountName>)> + Clone,
        as_of: AsOf,
        latest: Timestamp,
    ) -> Self {
        let mut lessons: Vec<Option<Lesson>> = Vec::new();
        for (path, account) in paths.clone() {
            let _ = walk::walk(path, &mut |found| {
                let Some((cut, received_at)) = found else { return };
                let read = catch_unwind(AssertUnwindSafe(|| {
                    let message = judged::message(desk, &Sample { account, cut, received_at });
                    lesson(desk, &message, latest)
                }));
                lessons.push(read.ok().flatten());
            });
        }
        let mut by_date: Vec<(usize, &Lesson)> =
            lessons.iter().enumerate().filter_map(|(number, lesson)| Some((number, lesson.as_ref()?))).collect();
        by_date.sort_by_key(|(_, lesson)| lesson.at);
        let (mut memory, mut ahead) = (Memory::default(), vec![None; lessons.len()]);
        let mut threads: HashMap<MessageKey, Vec<usize>> = HashMap::new();
        for (number, lesson) in by_date {
            threads.entry(memory.learn(lesson)).or_default().push(number);
            if let Some(history) = ahead.get_mut(number) {
                // What came before the first of them is unknown to everybody: this is its whole past.
                *history = Some(memory.history(lesson, Past::Read));
            }
        }
        let learned = Learned { lessons: &lessons, histories: &ahead, threads: threads.into_values().collect() };
        let waits = Waits::of(desk, paths, &learned, as_of);
        for (lesson, history) in lessons.iter().zip(&mut ahead) {
            if let Some((lesson, history)) = lesson.as_ref().zip(history.as_mut()) {
                history.held = waits.held(history, lesson, as_of);
            }
        }
        Self { memory, ahead: ahead.into_iter(), waits, as_of, latest }
    }

    /// How many mails were gone through before and are still to come.
    pub fn left(&self) -> usize {
        self.ahead.len()
    }

    /// What was known around the next mail that was gone through before.
    pub fn foreseen(&mut self) -> Option<History> {
        self.ahead.next().flatten()
    }

    /// What is known around this mail. `None`: it is not the one that was there before.
    pub fn around(
        &mut self,
        desk: &Desk,
        message: &Message,
        (order, foreseen): (Order, Option<History>),
    ) -> Option<History> {
        let lesson = lesson(desk, message, self.latest)?;
        match order {
            Order::Foreseen => foreseen.filter(|history| history.message == lesson.message),
            Order::AsItComes => {
                self.memory.learn(&lesson);
                let history = self.memory.history(&lesson, Past::Read);
                Some(History { held: self.waits.held(&history, &lesson, self.as_of), ..history })
            }
        }
    }

    /// Notes what became of a mail that was judged as it came.
    pub fn note(&mut self, judged: &Judged) {
        self.waits.note(judged);
    }
}

/// What a mail of a replay teaches.
pub fn lesson(desk: &Desk, message: &Message, latest: Timestamp) -> Option<Lesson> {
    history::lesson(desk, message, (Shelf::Watched, None), judged::arrived(message, latest))
}
