//! Judging what waits again: all of it at the start and after a reload, and by and by what time or another message concerns.

use std::collections::{HashMap, HashSet, VecDeque};
use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use futures_util::future::join_all;
use jiff::Timestamp;
use tokio::time::Instant;
use tracing::{debug, info};

use super::kin::Kin;
use crate::intake::accept;
use crate::intake::again;
use crate::intake::desk::Desk;
use crate::intake::history;
use crate::limits;
use crate::model::errand::Errand;
use crate::model::identity::Identity;
use crate::model::item::Item;
use crate::model::verdict::{Placement, Then, Verdict};
use crate::store::change::Changed;
use crate::store::fault::StoreError;
use crate::store::handle::Store;

/// What is still to be judged again.
///
/// Nothing of it is kept over a restart: a start judges all that waits, whatever was missed.
#[derive(Debug, Default)]
pub struct Review {
    /// Everything that waited when it began, in order of arrival.
    all: VecDeque<Identity>,
    /// What time or another message concerns, before anything is sealed.
    soon: VecDeque<Identity>,
    /// The times for which those of `soon` are judged that are due.
    due: HashMap<Identity, Timestamp>,
    /// Items that stayed as they are though their time had come (a rule has panicked, or their account is gone): they are
    /// not judged for that time again.
    stayed: HashMap<Identity, Timestamp>,
    kin: Kin,
    /// Up to where the moves of threads are known.
    mark: u64,
}

/// What is judged again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// What time or another message concerns.
    Soon,
    /// Everything.
    All,
}

/// Something that changes.
#[derive(Debug)]
pub struct Better {
    identity: Identity,
    verdict: Verdict,
    placement: Placement,
    errands: Vec<Errand>,
}

impl Review {
    /// Everything that waits is to be judged again.
    pub fn begin(&mut self, store: &Store, desk: &Desk) {
        self.stayed.clear();
        self.all = store.waiting(&desk.person).into_iter().map(|one| one.identity).collect();
    }

    /// Whether nothing is left.
    pub fn is_done(&self, part: Part) -> bool {
        match part {
            Part::Soon => self.soon.is_empty(),
            Part::All => self.all.is_empty() && self.soon.is_empty(),
        }
    }

    /// Looks what time or another message concerns by now.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn look(&mut self, store: &Store, desk: &Desk, now: Timestamp) -> Result<(), StoreError> {
        if !self.soon.is_empty() {
            return Ok(());
        }
        let again = store.again(&desk.person, now, self.mark);
        self.due = again.due.into_iter().collect();
        self.stayed.retain(|identity, at| self.due.get(identity) == Some(at));
        let (due, stayed) = (&self.due, &self.stayed);
        let mut soon: Vec<Identity> = due.keys().copied().filter(|identity| !stayed.contains_key(identity)).collect();
        soon.sort_by_key(|identity| (due.get(identity), *identity));
        // Whoever waits for everything to be judged is judged with what has moved meanwhile, or right after it.
        if self.all.is_empty() {
            self.mark = again.moves.mark;
            if again.moves.missed && desk.asks_history() {
                self.begin(store, desk);
            } else if !again.moves.moved.is_empty() && desk.asks_history() {
                let waiting = store.waiting(&desk.person);
                for some in self.kin.strangers(&waiting).chunks(limits::memory::VIEW_BATCH) {
                    store.items(some.to_vec()).await?.iter().for_each(|item| self.kin.note(desk, item));
                }
                soon.extend(self.kin.concerned(&waiting, &again.moves.moved));
            }
        }
        let mut known = HashSet::new();
        self.soon = soon.into_iter().filter(|identity| known.insert(*identity)).collect();
        Ok(())
    }

    /// Judges for a while, so that what is due meanwhile does not wait for a long list.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn go_on(
        &mut self,
        part: Part,
        (store, desk): (&Store, &Arc<Desk>),
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let began = Instant::now();
        let pause = store.paused(&desk.person).map(|pause| (pause.from, pause.until));
        while began.elapsed() < limits::hands::REVIEW_SLICE {
            let queue = if part == Part::Soon { &mut self.soon } else { &mut self.all };
            let many = queue.len().min(limits::memory::VIEW_BATCH);
            let ids: Vec<Identity> = queue.drain(..many).collect();
            if ids.is_empty() {
                return Ok(());
            }
            let items = store.items(ids).await?;
            items.iter().for_each(|item| self.kin.note(desk, item));
            let (theirs, kept) = (desk.clone(), store.clone());
            let judged = tokio::task::spawn_blocking(move || {
                let judge = |item: &Item| (item.message.identity, better((&theirs, &kept), item, pause, now));
                items.iter().map(judge).collect::<Vec<_>>()
            });
            // Only at the end of the program are such threads cancelled.
            let Ok(judged) = judged.await else { return Ok(()) };
            let mut changes = Vec::new();
            for (identity, better) in judged {
                match better {
                    Some(better) => changes.push(better),
                    None => self.stayed.extend(self.due.get(&identity).map(|at| (identity, *at))),
                }
            }
            replace_all(store, changes).await?;
        }
        Ok(())
    }
}

/// Writes what changes, in groups that share a barrier.
async fn replace_all(store: &Store, mut changes: Vec<Better>) -> Result<(), StoreError> {
    while !changes.is_empty() {
        let some = changes.drain(..changes.len().min(limits::hands::ACCEPT_AT_ONCE));
        for done in join_all(some.map(|better| replace(store, better))).await {
            done?;
        }
    }
    Ok(())
}

/// Writes a change.
///
/// # Errors
/// When the store fails.
pub async fn replace(store: &Store, better: Better) -> Result<(), StoreError> {
    let Better { identity, verdict, placement, errands } = better;
    let (again_at, over, hold) = (verdict.again_at, verdict.over, placement.clone());
    let proof = store.replace(identity, verdict, placement, errands).await?;
    if *proof.get() == Changed::Yes {
        match hold {
            Placement::Hold { due_at, .. } => {
                let again_at = again_at.map(tracing::field::display);
                debug!(id = %identity, %due_at, again_at, over = ?over, "waits on: it was judged again");
            }
            _ => info!(id = %identity, "passes: it was judged again"),
        }
    }
    Ok(())
}

/// What becomes of an urgent item at the moment at which it would pass, where it is urgent no more: it waits for a digest.
pub async fn cooled(store: &Store, desk: &Arc<Desk>, item: &Item, now: Timestamp) -> Option<Better> {
    let pause = store.paused(&desk.person).map(|pause| (pause.from, pause.until));
    let (theirs, kept, item) = (desk.clone(), store.clone(), item.clone());
    let judged = tokio::task::spawn_blocking(move || better((&theirs, &kept), &item, pause, now)).await;
    let waits = |better: &Better| matches!(better.placement, Placement::Hold { then: Then::Digest(_), .. });
    judged.ok().flatten().filter(waits)
}

/// A panic of a rule leaves the item as it is.
fn better(
    (desk, store): (&Desk, &Store),
    item: &Item,
    pause: Option<(Timestamp, Timestamp)>,
    now: Timestamp,
) -> Option<Better> {
    let judged = std::panic::catch_unwind(AssertUnwindSafe(|| {
        // A store that fails says so at its next transition.
        let history = history::recall(store, desk, item).ok().flatten();
        again::judge_again(desk, (item, history.as_ref()), pause, now)
    }));
    let (verdict, placement) = judged.ok().flatten()?;
    // Mail that goes on waiting lies where waiting mail lies already.
    let errands = match &placement {
        Placement::Pass => accept::passing(desk, item, &verdict, now),
        _ => Vec::new(),
    };
    Some(Better { identity: item.message.identity, verdict, placement, errands })
}
