//! Judging what waits again, at the start and after a reload: the rules may have changed.

use std::collections::VecDeque;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use jiff::Timestamp;
use tokio::time::Instant;
use tracing::info;

use crate::intake::accept;
use crate::intake::again;
use crate::intake::desk::Desk;
use crate::intake::history;
use crate::limits;
use crate::model::errand::Errand;
use crate::model::identity::Identity;
use crate::model::item::Item;
use crate::model::verdict::{Placement, Verdict};
use crate::store::Store;
use crate::store::change::Changed;
use crate::store::fault::StoreError;

/// What is still to be judged again, in order of arrival.
#[derive(Debug, Default)]
pub struct Review(VecDeque<Identity>);

/// Something that changes.
struct Better {
    identity: Identity,
    verdict: Verdict,
    placement: Placement,
    errands: Vec<Errand>,
}

impl Review {
    /// Everything that waits is to be judged again.
    pub fn begin(&mut self, store: &Store, desk: &Desk) {
        self.0 = store.waiting(&desk.person).into_iter().map(|one| one.identity).collect();
    }

    /// Whether nothing is left.
    pub fn is_done(&self) -> bool {
        self.0.is_empty()
    }

    /// Judges for a while, so that what is due meanwhile does not wait for a long list.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn go_on(&mut self, store: &Store, desk: &Arc<Desk>, now: Timestamp) -> Result<(), StoreError> {
        let began = Instant::now();
        let pause = store.paused(&desk.person).map(|pause| (pause.from, pause.until));
        while !self.0.is_empty() && began.elapsed() < limits::hands::REVIEW_SLICE {
            let many = self.0.len().min(limits::memory::VIEW_BATCH);
            let items = store.items(self.0.drain(..many).collect()).await?;
            let (desk, kept) = (desk.clone(), store.clone());
            let judged = tokio::task::spawn_blocking(move || {
                items.iter().filter_map(|item| better((&desk, &kept), item, pause, now)).collect::<Vec<_>>()
            });
            // Only at the end of the program are such threads cancelled.
            let Ok(judged) = judged.await else { return Ok(()) };
            for one in judged {
                let passes = one.placement == Placement::Pass;
                let proof = store.replace(one.identity, one.verdict, one.placement, one.errands).await?;
                if *proof.get() == Changed::Yes {
                    let what = if passes { "passes" } else { "leaves earlier" };
                    info!(id = %one.identity, "{what}: it was judged again");
                }
            }
        }
        Ok(())
    }
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
