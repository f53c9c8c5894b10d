//! Texts of references: asked for in the background once the request is answered, then judged as an edit is.
//!
//! What waits here is in memory alone. A restart, a full queue or a service that does not answer costs a text, never a
//! message: that is kept before, and says what happened.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Bytes;
use tokio::sync::mpsc;
use tokio::sync::mpsc::error::TrySendError;
use tokio::task::JoinSet;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use tracing::{debug, info, warn};

use super::hooks::Doorway;
use super::kit::Kit;
use super::plan::{self, Step};
use crate::chat;
use crate::chat::event::Event;
use crate::chat::hook::Hook;
use crate::chat::message;
use crate::hook::ask::{self, Ask, AskError, Told};
use crate::limits;
use crate::model::item::{Item, Settled, Standing};
use crate::model::name::HookName;
use crate::store::change::Changed;
use crate::store::fault::StoreError;

/// A text that is wanted.
#[derive(Debug)]
pub struct Job {
    /// To which hook the reference came. It is looked up when its turn comes: a reload may have changed it.
    hook: HookName,
    /// The reference.
    reference: Event,
    /// Octets of the request that brought it.
    size: u64,
    /// Whether the service has put it off already.
    turn: Turn,
}

/// How often a service is asked for one text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Turn {
    First,
    Last,
}

/// Where texts are asked for; never waits.
#[derive(Clone, Debug)]
pub struct Queue(mpsc::Sender<Job>);

/// A queue, and the end of it that `run` works at.
pub fn queue() -> (Queue, mpsc::Receiver<Job>) {
    let (sender, receiver) = mpsc::channel(limits::hands::FETCH_QUEUE);
    (Queue(sender), receiver)
}

impl Queue {
    /// Asks for the texts of these references, as far as there is room.
    pub fn add(&self, doorway: &Doorway, references: Vec<Event>, size: u64) {
        let mut left = references.into_iter();
        for reference in left.by_ref() {
            let job = Job { hook: doorway.name.clone(), reference, size, turn: Turn::First };
            match self.0.try_send(job) {
                Ok(()) => {}
                // The daemon stops.
                Err(TrySendError::Closed(_)) => return,
                Err(TrySendError::Full(_)) => {
                    let count = left.len().saturating_add(1);
                    debug!(hook = doorway.shown, count, "texts are not fetched: too many are waited for");
                    return;
                }
            }
        }
    }
}

/// What becomes of a job.
type Put = Option<(Duration, Job)>;

/// Fetches until it is stopped; what is under way then is left as it is.
///
/// # Errors
/// None: a store that fails is said, and whoever needs it sees it, too.
pub async fn run(kit: Kit, mut jobs: mpsc::Receiver<Job>, stop: CancellationToken) -> Result<(), StoreError> {
    let mut running: JoinSet<Put> = JoinSet::new();
    let (mut later, mut count) = (BTreeMap::<(Instant, u64), Job>::new(), 0_u64);
    loop {
        let has_place = running.len() < limits::hands::FETCH_AT_ONCE;
        let due = later.first_key_value().map(|((due, _), _)| *due);
        tokio::select! {
            () = stop.cancelled() => break,
            Some(job) = jobs.recv(), if has_place => drop(running.spawn(fetch(kit.clone(), job))),
            () = tokio::time::sleep_until(due.unwrap_or_else(Instant::now)), if has_place && due.is_some() => {
                if let Some((_, job)) = later.pop_first() {
                    running.spawn(fetch(kit.clone(), job));
                }
            }
            Some(ended) = running.join_next() => match ended {
                Ok(Some((after, job))) if later.len() < limits::hands::FETCH_QUEUE => {
                    count = count.wrapping_add(1);
                    later.insert((Instant::now() + after, count), job);
                }
                Ok(_) => {}
                Err(_) => warn!("a text could not be read; please report this"),
            },
        }
    }
    running.shutdown().await;
    Ok(())
}

/// Fetches one text. Nothing that it does is waited for by anybody.
async fn fetch(kit: Kit, job: Job) -> Put {
    let doorway = kit.hooks.borrow().named(job.hook.as_str())?;
    let (hook, asking) = doorway.hook.as_ref().zip(doorway.asking.as_ref())?;
    let question = chat::question(hook.kind, &job.reference)?;
    match is_wanted(&kit, &doorway, hook, &job.reference).await {
        Ok(true) => {}
        Ok(false) => return None,
        Err(cause) => {
            warn!(hook = doorway.shown, "a text is not fetched: {cause}");
            return None;
        }
    }
    let token = match asking.token.read().await {
        Ok(token) => token,
        Err(cause) => {
            kit.note_unfetched(&doorway, ("the token cannot be read", Some(&cause)));
            return None;
        }
    };
    let ask = Ask { api: &asking.api, target: &question.target, headers: question.headers, token: &token };
    match ask::ask(&ask).await {
        Ok(Told::Body(body)) => {
            kit.health.hook_fetched(&doorway.name);
            settle(&kit, &doorway, job, body).await;
            None
        }
        Ok(Told::Later(after)) => {
            kit.note_unfetched(&doorway, ("the service puts it off", None));
            put_off(job, after.unwrap_or(limits::hands::FETCH_LATER))
        }
        Ok(told) => {
            unanswered(&kit, &doorway, &told);
            None
        }
        Err(AskError::TooLong) => {
            debug!(hook = doorway.shown, "a text is not read: the answer is too long");
            None
        }
        Err(AskError::Unfit) => {
            kit.note_unfetched(&doorway, ("the token cannot stand in a request", None));
            None
        }
        Err(cause) => {
            kit.note_unfetched(&doorway, ("the service does not answer", Some(&cause)));
            put_off(job, limits::hands::FETCH_LATER)
        }
    }
}

/// Notes an answer that would be the same another time.
fn unanswered(kit: &Kit, doorway: &Doorway, told: &Told) {
    let why = match told {
        Told::Refused => "the service refuses the token",
        // It was deleted meanwhile, or is in a place that the token does not see.
        Told::Nothing(404 | 410) | Told::Body(_) | Told::Later(_) => {
            debug!(hook = doorway.shown, "the service has no such text");
            return;
        }
        Told::Nothing(300..=399) => "the service points elsewhere, where nothing is asked",
        Told::Nothing(_) => "the service does not understand the question",
    };
    kit.note_unfetched(doorway, (why, None));
}

/// Once more later, and no oftener.
fn put_off(job: Job, after: Duration) -> Put {
    let after = after.min(limits::hands::FETCH_LATER_MOST);
    (job.turn == Turn::First).then_some((after, Job { turn: Turn::Last, ..job }))
}

/// Whether anybody's copy of it still waits, and without its text: what has gone out, or was dropped, stays as it is, and a
/// second delivery asks for nothing that is there.
async fn is_wanted(kit: &Kit, doorway: &Doorway, hook: &Hook, reference: &Event) -> Result<bool, StoreError> {
    for reader in &doorway.readers {
        let item = kit.store.item(message::identity(hook, reference, &reader.person)).await?;
        let waiting = item.filter(|item| item.standing == Standing::Waiting);
        if waiting.is_some_and(|item| plan::is_bare((hook, reference), reader, &item.message)) {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Judges what the service tells, and writes it.
async fn settle(kit: &Kit, doorway: &Arc<Doorway>, job: Job, body: Bytes) {
    let (around, theirs) = (kit.around(doorway, job.size), Arc::clone(doorway));
    let planned = tokio::task::spawn_blocking(move || {
        let hook = around.hook(&theirs)?;
        let told = chat::told(hook.kind, &job.reference, &body)?;
        let news = hook.names.news(Vec::new(), std::slice::from_ref(&told));
        let hook = Hook { names: hook.names.knowing(&news), ..hook };
        Some((plan::amendments((&theirs, &hook), (&job.reference, &told), &around), news))
    });
    let hook = doorway.shown.as_str();
    match planned.await {
        Ok(Some((steps, news))) => {
            kit.learn(doorway, news).await;
            for step in steps {
                if let Err(cause) = write(kit, hook, step).await {
                    warn!(hook, "a text that was fetched cannot be kept: {cause}");
                }
            }
        }
        Ok(None) => debug!(hook, "what was fetched says nothing more"),
        Err(_) => warn!(hook, "what was fetched could not be read; please report this"),
    }
}

async fn write(kit: &Kit, hook: &str, step: Step) -> Result<(), StoreError> {
    let at = kit.clock.now();
    match step {
        // Nothing is new here: what is not known any more was forgotten.
        Step::Accept(item, _) | Step::Amend(item, _) => {
            let Item { mut message, verdict, placement, .. } = *item;
            let id = message.identity;
            let Some(known) = kit.store.item(id).await? else { return Ok(()) };
            message.received_at = known.message.received_at;
            if *kit.store.amend(message, verdict, placement).await?.get() == Changed::Yes {
                info!(%id, hook, "its text was fetched, and it is judged again");
            }
        }
        Step::TakeBack(item) => {
            let _ = kit.store.withdraw(item.message.identity, Settled::TakenBack, at, Vec::new()).await?;
        }
        Step::Mine(lesson, answered) => {
            for item in answered {
                let _ = kit.store.withdraw(item, Settled::InOtherHands, at, Vec::new()).await?;
            }
            kit.store.learn(vec![*lesson], None).await?;
        }
    }
    Ok(())
}
