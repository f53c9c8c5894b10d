//! Reading headers for what is known of threads and senders: the past of each mailbox once, beside the work, newest first;
//! and from then on what I write.

use std::collections::VecDeque;

use tracing::{info, warn};

use super::door::{Door, DoorError};
use super::errands::Left;
use super::face::{Heading, Survey};
use super::kit::Source;
use super::take::TakeError;
use crate::civil::earlier;
use crate::intake::desk::{Desk, Filing};
use crate::intake::history::{self, Shelf};
use crate::limits;
use crate::mail;
use crate::model::history::lesson::Lesson;
use crate::model::history::study::Study;
use crate::model::identity::{Id, Identity};
use crate::model::mailbox::{Mailbox, Spot};

/// How far one visit is with it.
#[derive(Debug, Default)]
pub struct Reading {
    /// Whether it is known which mailboxes are to be read.
    planned: bool,
    /// What I wrote, where it is read and not watched.
    sent: Option<Shelved>,
    /// Mailboxes whose past is not read yet.
    open: VecDeque<Shelved>,
    /// The mails of the first of them that are still to be read; `None`: it was not looked at yet.
    left: Option<Vec<(i64, Spot)>>,
    /// Why one of them is not read.
    failed: Option<String>,
}

/// A mailbox to be read.
#[derive(Clone, Debug)]
struct Shelved {
    shelf: Shelf,
    /// As the configuration writes it: what is kept of its study goes by that.
    written: Mailbox,
    /// Its name.
    mailbox: Mailbox,
}

impl Reading {
    /// At the beginning of a visit.
    pub fn begin(source: &Source) -> Self {
        let reading = Self::default();
        reading.say(source, &source.desk.borrow());
        reading
    }

    /// Whether what I write is followed: then it is looked for now and then.
    pub fn follows(&self) -> bool {
        self.sent.is_some()
    }

    /// Reads a batch of the past, newest first. What cannot be read is left for the next visit.
    ///
    /// # Errors
    /// When the connection is lost, or the store fails.
    pub async fn go_on(&mut self, source: &Source, door: &mut Door, filing: &Filing) -> Result<Left, TakeError> {
        let desk = source.desk.borrow().clone();
        if !std::mem::replace(&mut self.planned, true) {
            self.plan(source, door, (&desk, filing)).await?;
        }
        self.say(source, &desk);
        let Some(one) = self.open.front().cloned() else { return Ok(Left::Nothing) };
        match self.step(source, door, (&desk, &one)).await {
            Ok(()) => {}
            Err(TakeError::Door(error)) if !error.is_fatal() => {
                let why = format!("the past of \"{}\" cannot be read: {error}", one.mailbox);
                warn!(account = source.name(), "{why}");
                self.failed = Some(why);
                self.next();
            }
            Err(error) => return Err(error),
        }
        Ok(Left::More)
    }

    /// What `status` says while the past is not read.
    fn say(&self, source: &Source, desk: &Desk) {
        let unread = !history::unread(&source.store, desk, &source.account).is_empty();
        let why = self.failed.as_deref().unwrap_or("past mail is being read");
        let note = unread.then(|| format!("{why}; until it is read, no rule with first_contact matches"));
        source.says(source.clock.now(), |health| health.note = note);
    }

    fn next(&mut self) {
        self.open.pop_front();
        self.left = None;
    }

    /// Finds out which mailboxes are to be read.
    async fn plan(
        &mut self,
        source: &Source,
        door: &mut Door,
        (desk, filing): (&Desk, &Filing),
    ) -> Result<(), TakeError> {
        let found = match &filing.sent {
            Some(written) if written.as_str() == Mailbox::SENT => settle(door.sent().await)?.flatten(),
            other => other.clone(),
        };
        let unread = history::unread(&source.store, desk, &source.account);
        if let Some(written) = &filing.sent {
            match found {
                Some(mailbox) if !filing.watch.contains(&mailbox) => {
                    self.sent = Some(Shelved { shelf: Shelf::Sent, written: written.clone(), mailbox });
                }
                // What is watched is read as it comes; where there is none, nothing is to be read.
                found => {
                    if found.is_none() {
                        info!(account = source.name(), "no mailbox is known to hold what was sent: `sent` may name it");
                    }
                    let nothing = Study { generation: 0, down_to: None, next: 0 };
                    if unread.iter().any(|(shelf, _)| *shelf == Shelf::Sent) {
                        keep(source, (desk, written), Vec::new(), nothing).await?;
                    }
                }
            }
        }
        let watched = unread.iter().filter(|(shelf, _)| *shelf == Shelf::Watched);
        let watched =
            watched.map(|(shelf, name)| Shelved { shelf: *shelf, written: name.clone(), mailbox: name.clone() });
        let sent = self.sent.iter().filter(|_| unread.iter().any(|(shelf, _)| *shelf == Shelf::Sent)).cloned();
        self.open = sent.chain(watched).collect();
        Ok(())
    }

    /// Reads the next batch of one mailbox, the newest of what is left.
    async fn step(
        &mut self,
        source: &Source,
        door: &mut Door,
        (desk, one): (&Desk, &Shelved),
    ) -> Result<(), TakeError> {
        let kept = source.store.study((&desk.person, &source.account), &one.written);
        let (mut left, mut study) = match (self.left.take(), kept) {
            (Some(left), Some(study)) => (left, study),
            _ => {
                let since = earlier(source.clock.now(), limits::hands::PAST_TIME);
                begin(door.survey(&one.mailbox, since).await?, kept)
            }
        };
        let batch = left.split_off(left.len().saturating_sub(limits::hands::PAST_BATCH));
        study.down_to = left.last().and(batch.first()).map(|(position, _)| *position);
        learn(source, door, (desk, one), (&batch, study)).await?;
        if study.down_to.is_none() {
            info!(account = source.name(), "the past of \"{}\" is read", one.mailbox);
            self.next();
        } else {
            self.left = Some(left);
        }
        Ok(())
    }

    /// Reads what I wrote since it was last looked for.
    ///
    /// # Errors
    /// As [`Reading::go_on`].
    pub async fn follow(&mut self, source: &Source, door: &mut Door) -> Result<(), TakeError> {
        let Some(one) = self.sent.clone() else { return Ok(()) };
        let desk = source.desk.borrow().clone();
        let Some(study) = source.store.study((&desk.person, &source.account), &one.written) else { return Ok(()) };
        if study.down_to.is_some() {
            return Ok(());
        }
        let Some(Some(survey)) = settle(door.newer(&one.mailbox, &study).await)? else { return Ok(()) };
        if survey.generation != study.generation {
            // It is another mailbox by now: from the beginning.
            if !self.open.iter().any(|open| open.shelf == Shelf::Sent) {
                self.open.push_back(one);
            }
            return Ok(());
        }
        if survey.mails.is_empty() && survey.next == study.next {
            return Ok(());
        }
        let mut batches = survey.mails.chunks(limits::hands::PAST_BATCH).peekable();
        loop {
            let batch = batches.next().unwrap_or_default();
            let is_last = batches.peek().is_none();
            let last = batch.last().map_or(survey.next, |(position, _)| position.saturating_add(1));
            let next = if is_last { survey.next } else { last };
            learn(source, door, (&desk, &one), (batch, Study { next, ..study })).await?;
            if is_last {
                return Ok(());
            }
        }
    }
}

/// Where the study of a mailbox begins, or goes on: the mails that are still to be read, the lowest position first.
fn begin(survey: Survey, kept: Option<Study>) -> (Vec<(i64, Spot)>, Study) {
    let Survey { generation, next, mut mails } = survey;
    match kept {
        Some(Study { generation: before, down_to: Some(down_to), next }) if before == generation => {
            // In a Maildir more than one may have the same position: those of the last one are read again.
            mails.retain(|(position, _)| *position <= down_to);
            (mails, Study { generation, down_to: Some(down_to), next })
        }
        _ => (mails, Study { generation, down_to: Some(next), next }),
    }
}

/// Reads the headers of a batch, learns, and notes how far the mailbox is read now. A batch that breaks the line is passed
/// over: without it, the rest can be read at the next visit.
async fn learn(
    source: &Source,
    door: &mut Door,
    (desk, one): (&Desk, &Shelved),
    (batch, study): (&[(i64, Spot)], Study),
) -> Result<(), TakeError> {
    source.health.moves_on(&source.lane(), limits::hands::SOURCE_VISIT_STEP);
    let headings = match batch {
        [] => Ok(Vec::new()),
        batch => door.headings(&one.mailbox, batch).await,
    };
    let (headings, error) = match headings {
        Ok(headings) => (headings, None),
        Err(error) if error.is_about_what_was_sent() => (Vec::new(), Some(error)),
        Err(error) => return Err(error.into()),
    };
    let lessons = lessons(source, (desk, one.shelf), headings).await;
    keep(source, (desk, &one.written), lessons, study).await?;
    error.map_or(Ok(()), |error| Err(error.into()))
}

async fn keep(
    source: &Source,
    (desk, written): (&Desk, &Mailbox),
    lessons: Vec<Lesson>,
    study: Study,
) -> Result<(), TakeError> {
    let study = (desk.person.clone(), source.account.clone(), written.clone(), study);
    Ok(source.store.learn(lessons, Some(study)).await?)
}

/// What headers teach, read off the runtime's threads.
async fn lessons(source: &Source, (desk, shelf): (&Desk, Shelf), headings: Vec<Heading>) -> Vec<Lesson> {
    let (desk, account, mark, now) =
        (desk.clone(), source.account.clone(), source.press.mark.clone(), source.clock.now());
    let read = tokio::task::spawn_blocking(move || {
        let lesson = |heading: &Heading| {
            let message = mail::read::read(&mail::read::Raw {
                bytes: &heading.bytes,
                size: heading.bytes.len() as u64,
                received_at: heading.received_at,
                source: account.as_str(),
                identity: Identity(Id::of(&[&heading.bytes])),
                trust: desk.filing(&account).and_then(|filing| filing.trust.as_deref()),
                zone: &desk.zone.rules,
            });
            let lesson = history::lesson(&desk, &message, (shelf, Some(&mark)), heading.received_at.min(now))?;
            // Of headers alone nobody can tell which item it is.
            Some(Lesson { item: None, ..lesson })
        };
        let mut lessons: Vec<Lesson> = headings.iter().filter_map(lesson).collect();
        // The oldest first: a thread is learned from its beginning.
        lessons.sort_by_key(|lesson| lesson.at);
        lessons
    });
    read.await.unwrap_or_default()
}

/// What a door says of a mailbox that may not be there: nothing, unless the line is lost.
fn settle<T>(said: Result<T, DoorError>) -> Result<Option<T>, DoorError> {
    match said {
        Ok(said) => Ok(Some(said)),
        Err(error) if error.is_fatal() => Err(error),
        Err(_) => Ok(None),
    }
}
