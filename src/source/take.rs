//! Taking what is in a watched mailbox: judged, accepted, and only then is the cursor moved on.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::join_all;
use jiff::Timestamp;
use tracing::{debug, info};

use super::door::{Door, DoorError};
use super::doubts::{self, Doubts};
use super::face::{Arrival, Batch, Old, Pace};
use super::kit::Source;
use super::remark::{self, Remark};
use crate::clock;
use crate::intake::accept::{self, Placed, Ready};
use crate::intake::desk::Desk;
use crate::intake::history::{self, Shelf};
use crate::intake::judge::{self, Circumstance};
use crate::intake::place::{self, When};
use crate::limits;
use crate::mail;
use crate::mark::MarkKey;
use crate::metrics::counters::Metrics;
use crate::model::history::facts::History;
use crate::model::history::lesson::Lesson;
use crate::model::mailbox::{Cursor, Mailbox, Place, Spot};
use crate::model::message::Message;
use crate::model::name::AccountName;
use crate::model::verdict::{Placement, Then, Verdict};
use crate::store::change::Accepted;
use crate::store::committed::Committed;
use crate::store::fault::StoreError;
use crate::store::handle::Store;

/// Why a visit to an account cannot go on.
#[derive(Debug, thiserror::Error)]
pub enum TakeError {
    /// The door failed.
    #[error(transparent)]
    Door(#[from] DoorError),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// How mail in this mailbox is looked at.
#[derive(Clone, Copy, Debug)]
pub enum Mode {
    /// New mail of a watched mailbox.
    Watched,
    /// The very first look at a watched mailbox.
    First,
    /// What lies in the hold mailbox after the store was lost: it is held already.
    Rescue,
}

/// Takes everything that is new in a mailbox and moves its cursor. Returns how many messages were looked at.
///
/// # Errors
/// When the door or the store fails; the cursor is then where it was, and what was accepted is known the next time.
pub async fn mailbox(
    source: &Source,
    door: &mut Door,
    (mailbox, mode): (&Mailbox, Mode),
    doubts: &mut Doubts,
) -> Result<usize, TakeError> {
    let desk = source.desk.borrow().clone();
    let owner = (&desk.person, &source.account);
    let before = source.store.cursor(owner, mailbox);
    let began = source.clock.now();
    let classify = desk.filing(&source.account).is_some_and(|filing| filing.classify_first);
    let old = if matches!(mode, Mode::First) && !classify { Old::Leave } else { Old::Take };
    let pace = if doubts.is_careful() { Pace::Careful } else { Pace::Brisk };
    doubts.tries(mailbox, None);
    let look = door.look(mailbox, before, (old, pace)).await.inspect_err(|error| unfetchable(source, error, doubts))?;
    let mut proofs = Vec::new();
    let mut count = 0;
    for batch in &look.batches {
        source.health.moves_on(&source.lane(), limits::hands::SOURCE_VISIT_STEP);
        let one = doubts::only(batch);
        if let Some(one) = one.as_ref().filter(|one| doubts.is_broken(mailbox, one)) {
            let_through(source, door, mailbox, one).await?;
            continue;
        }
        doubts.tries(mailbox, one);
        let arrivals = door.take(mailbox, batch).await.inspect_err(|error| unfetchable(source, error, doubts))?;
        count += arrivals.len();
        let context = Context { mailbox, mode, last_sync: last_sync(mode, before, began) };
        proofs.extend(accept(source, &desk, arrivals, context).await?);
    }
    let after = Cursor { last_sync: began, ..look.after };
    let moved =
        before.is_none_or(|before| before.uid_next != after.uid_next || before.uid_validity != after.uid_validity);
    let stale = before
        .is_none_or(|before| began.duration_since(before.last_sync).unsigned_abs() >= limits::hands::LAST_SYNC_STEP);
    if moved || stale {
        source.store.advance(owner, mailbox, after, &proofs).await?;
    }
    door.taken(mailbox, &look);
    doubts.succeeded();
    Ok(count)
}

/// A mail that the server cannot give passes all the same, where passing means to be moved: who asked for it may read more of
/// it than we could.
async fn let_through(source: &Source, door: &mut Door, mailbox: &Mailbox, one: &Spot) -> Result<(), TakeError> {
    let desk = source.desk.borrow().clone();
    let Some(to) = desk.filing(&source.account).and_then(|filing| filing.wanted_when_passing(mailbox)) else {
        return Ok(());
    };
    match door.file(mailbox, std::slice::from_ref(one), to).await?.refused {
        None => info!(account = source.name(), "a mail that the server cannot give passes unread"),
        Some(text) => {
            source.warns(to, format!("the mailbox \"{to}\" takes nothing, so mail stays where it is: {text}"))
        }
    }
    Ok(())
}

fn unfetchable(source: &Source, error: &DoorError, doubts: &mut Doubts) {
    if error.is_about_what_was_sent() {
        doubts.failed(source.name());
    }
}

/// Takes one batch of a mailbox and moves no cursor. Returns how many messages were looked at.
///
/// # Errors
/// When the door or the store fails.
pub async fn batch(
    source: &Source,
    door: &mut Door,
    mailbox: &Mailbox,
    batch: &Batch,
    mode: Mode,
) -> Result<usize, TakeError> {
    source.health.moves_on(&source.lane(), limits::hands::SOURCE_VISIT_STEP);
    let desk = source.desk.borrow().clone();
    let arrivals = door.take(mailbox, batch).await?;
    let count = arrivals.len();
    accept(source, &desk, arrivals, Context { mailbox, mode, last_sync: None }).await?;
    Ok(count)
}

/// Against which moment "somebody put it there" is judged: after a loss of the store, the rescue counts as a complete sync.
fn last_sync(mode: Mode, before: Option<Cursor>, began: Timestamp) -> Option<Timestamp> {
    match mode {
        // A sync in the future is of a clock that ran ahead, and makes nothing old.
        Mode::Watched => Some(before.map_or(began, |cursor| cursor.last_sync.min(began))),
        Mode::First | Mode::Rescue => None,
    }
}

struct Context<'a> {
    mailbox: &'a Mailbox,
    mode: Mode,
    last_sync: Option<Timestamp>,
}

/// Judges a batch off the runtime's threads and accepts it; the group shares the store's barrier.
async fn accept(
    source: &Source,
    desk: &Arc<Desk>,
    mut arrivals: Vec<Arrival>,
    context: Context<'_>,
) -> Result<Vec<Committed<Accepted>>, TakeError> {
    if arrivals.is_empty() {
        return Ok(Vec::new());
    }
    // The oldest first: a thread is learned from its beginning.
    arrivals.sort_by_key(|arrival| arrival.received_at);
    let hand = Judge {
        desk: desk.clone(),
        account: source.account.clone(),
        mailbox: context.mailbox.clone(),
        held_already: matches!(context.mode, Mode::Rescue),
        last_sync: context.last_sync,
        mark: source.press.mark.clone(),
        metrics: source.store.metrics().clone(),
        store: source.store.clone(),
        pause: source.store.paused(&desk.person).map(|pause| (pause.from, pause.until)),
        degraded: source.health.degraded(&source.person),
        now: source.clock.now(),
    };
    // An arrival that hangs the reader must not hang the account: the batch has a time, and then passes unread.
    let heads: Vec<Arrival> = arrivals.iter().map(Arrival::bare).collect();
    let limit = limits::hands::JUDGE_TIME.saturating_mul(u32::try_from(arrivals.len()).unwrap_or(u32::MAX));
    let spare = hand.clone();
    let task = tokio::task::spawn_blocking(move || hand.judge_all(&arrivals));
    let judged: Vec<Judged> = match tokio::time::timeout(limit, task).await {
        Ok(Ok(judged)) => judged,
        Ok(Err(_)) | Err(_) => heads.iter().map(|head| spare.unread(head, "it could not be read in time")).collect(),
    };
    let mut ready: Vec<(Ready, Judged)> = Vec::with_capacity(judged.len());
    // Mail that needs no item was never to be held: a crash before it is learned of harms no verdict.
    let mut lessons: Vec<Lesson> = Vec::new();
    for mut one in judged {
        match one.ready.take() {
            Some(found) => ready.push((found, one)),
            None => lessons.extend(one.lesson),
        }
    }
    let learned = async { if lessons.is_empty() { Ok(()) } else { source.store.learn(lessons, None).await } };
    let (learned, proofs) = tokio::join!(learned, accept_all(source, desk, &ready));
    learned?;
    Ok(proofs?)
}

/// Accepts what was judged, in groups that share a barrier.
async fn accept_all(
    source: &Source,
    desk: &Desk,
    ready: &[(Ready, Judged)],
) -> Result<Vec<Committed<Accepted>>, StoreError> {
    let mut proofs = Vec::with_capacity(ready.len());
    for some in ready.chunks(limits::hands::ACCEPT_AT_ONCE) {
        let accepts = some.iter().map(|(ready, judged)| {
            source.store.accept_and_learn(ready.item.clone(), ready.errands.clone(), judged.lesson.clone())
        });
        for ((ready, judged), proof) in some.iter().zip(join_all(accepts).await) {
            let proof = proof?;
            if *proof.get() == Accepted::New {
                say(source.name(), ready);
            }
            if let Some(remark) = &judged.remark {
                remark::take(source, desk, remark).await?;
            }
            proofs.push(proof);
        }
    }
    Ok(proofs)
}

/// One line for the fate of a message, with its id and nothing of its content.
fn say(account: &str, ready: &Ready) {
    let id = ready.item.message.identity;
    match &ready.item.placement {
        Placement::Pass => info!(%id, account, "passes"),
        Placement::Hold { due_at, deliver_by, .. } => info!(%id, account, %due_at, %deliver_by, "is held"),
        Placement::Drop => info!(%id, account, "is filed, in no digest"),
        Placement::Ignore => debug!(%id, account, "is left alone"),
    }
}

/// What came of one arrival.
struct Judged {
    /// What is to be accepted; `None`: it needs no item.
    ready: Option<Ready>,
    /// What it teaches.
    lesson: Option<Lesson>,
    /// What it says of our own letters.
    remark: Option<Remark>,
}

/// Everything that judging a batch needs, to be moved to a blocking thread.
#[derive(Clone)]
struct Judge {
    desk: Arc<Desk>,
    account: AccountName,
    mailbox: Mailbox,
    held_already: bool,
    last_sync: Option<Timestamp>,
    mark: MarkKey,
    metrics: Metrics,
    store: Store,
    pause: Option<(Timestamp, Timestamp)>,
    degraded: Option<String>,
    now: Timestamp,
}

/// An arrival that was read.
struct Read {
    message: Message,
    judged: Judged,
    took: Duration,
}

impl Judge {
    /// Reads a batch, and judges each of it with what the whole batch teaches.
    fn judge_all(&self, arrivals: &[Arrival]) -> Vec<Judged> {
        let read: Vec<_> = arrivals.iter().map(|arrival| self.read(arrival)).collect();
        let lessons = read.iter().flatten().filter_map(|read| read.judged.lesson.as_ref());
        // A store that fails says so when the batch is accepted.
        let memory = self.desk.asks_history().then(|| history::remember(&self.store, lessons).ok()).flatten();
        let past = history::past(&self.store, &self.desk);
        let judged = arrivals.iter().zip(read).map(|(arrival, read)| {
            let Some(read) = read else { return self.unread(arrival, "it could not be read") };
            let lesson = read.judged.lesson.as_ref();
            let known = lesson.zip(memory.as_ref());
            let history = known.map(|(lesson, memory)| history::around(&self.store, memory, lesson, past));
            self.judge(arrival, read, history.as_ref())
        });
        judged.collect()
    }

    /// Reads one arrival; `None`: a parser panicked.
    fn read(&self, arrival: &Arrival) -> Option<Read> {
        let began = clock::awake();
        let trust = self.desk.filing(&self.account).and_then(|filing| filing.trust.as_deref());
        let read = std::panic::catch_unwind(AssertUnwindSafe(|| {
            let message = mail::read::read(&mail::read::Raw {
                bytes: &arrival.bytes,
                size: arrival.size,
                received_at: arrival.received_at,
                source: self.account.as_str(),
                identity: arrival.identity,
                trust,
                zone: &self.desk.zone.rules,
            });
            let at = arrival.received_at.min(self.now);
            let lesson = history::lesson(&self.desk, &message, (Shelf::Watched, Some(&self.mark)), at);
            let remark = remark::of(&arrival.bytes, &self.mark);
            (message, Judged { ready: None, lesson, remark })
        }));
        let (message, judged) = read.ok()?;
        Some(Read { message, judged, took: clock::awake().saturating_sub(began) })
    }

    /// Judges and places one arrival; a panic of a rule lets it through.
    fn judge(&self, arrival: &Arrival, read: Read, history: Option<&History>) -> Judged {
        let Read { message, judged, took } = read;
        let began = clock::awake();
        let circumstance = Circumstance {
            flags: arrival.flags,
            last_sync: self.last_sync,
            mark: Some(&self.mark),
            pause: self.pause,
            returned: judged.remark.as_ref().and_then(Remark::returned),
            history,
        };
        let verdict =
            std::panic::catch_unwind(AssertUnwindSafe(|| judge::judge(&self.desk, &message, &circumstance, self.now)));
        self.metrics.judged(took.saturating_add(clock::awake().saturating_sub(began)));
        match verdict {
            Ok(verdict) => Judged { ready: self.place(arrival, message, verdict), ..judged },
            Err(_) => self.unread(arrival, "it could not be read"),
        }
    }

    /// The minimal item of a mail that nobody could read: it passes.
    fn unread(&self, arrival: &Arrival, why: &str) -> Judged {
        let (account, at, size) = (self.account.as_str(), arrival.received_at, arrival.size);
        let message = Message { notes: vec![why.to_owned()], ..Message::bare(arrival.identity, account, at, size) };
        let ready = self.place(arrival, message, judge::unjudged(why, self.now));
        Judged { ready, lesson: None, remark: None }
    }

    fn place(&self, arrival: &Arrival, message: Message, verdict: Verdict) -> Option<Ready> {
        // What is held already has waited since it came: a lost store does not begin its time anew.
        let arrived = if self.held_already { arrival.received_at.min(self.now) } else { self.now };
        let when = When { now: self.now, arrived, pause: self.pause };
        let mut verdict = verdict;
        let mut placement = place::place(&self.desk, &verdict, self.account.as_str(), &when);
        if let (Placement::Hold { then, .. }, Some(why), false) = (&placement, &self.degraded, self.held_already) {
            let passes = judge::unjudged(why, self.now);
            verdict = match then {
                // It stays urgent: who has it sent on gets it now, since it will not pass a second time.
                Then::Pass => Verdict { decision: verdict.decision, ..passes },
                Then::Digest(_) => passes,
            };
            placement = Placement::Pass;
        }
        let place =
            Place { account: self.account.clone(), mailbox: self.mailbox.clone(), spot: Some(arrival.spot.clone()) };
        accept::ready(&self.desk, Placed { message, verdict, placement, place }, self.now)
    }
}
