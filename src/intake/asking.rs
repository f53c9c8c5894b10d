//! Asking each account, once before an edition is sealed, what of its mail is in other hands by now.

use std::collections::{BTreeSet, HashMap, HashSet};

use jiff::{SignedDuration, Timestamp};

use super::desk::Desk;
use super::slots;
use crate::limits;
use crate::model::errand::{Errand, Task};
use crate::model::identity::Identity;
use crate::model::name::{AccountName, DigestName};
use crate::store::fault::StoreError;
use crate::store::handle::Store;
use crate::store::view::Waiting;

/// The questions that are under way, by digest (`None`: for the letter of overdue items).
#[derive(Debug, Default)]
pub struct Asking(HashMap<Option<DigestName>, Question>);

#[derive(Debug)]
struct Question {
    errands: Vec<Errand>,
    before: Vec<Identity>,
    until: Timestamp,
}

/// How far a question is.
#[derive(Clone, Copy, Debug)]
pub enum Asked {
    /// Not every account has answered; wait until then at most.
    Until(Timestamp),
    /// All have, or there was time enough.
    Answered(Answers),
}

/// What the accounts said.
#[derive(Clone, Copy, Debug)]
pub struct Answers {
    /// How many items left because they were in other hands.
    pub seen: usize,
}

impl Asking {
    /// Nothing is to be sealed after all: what was asked for it says nothing of the next time.
    pub fn forget(&mut self, digest: Option<&DigestName>) {
        self.0.remove(&digest.cloned());
    }

    /// Asks, or looks whether the answers are there. A server that is away does not stop a digest for longer than
    /// `limits::hands::LOOK_PATIENCE`.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn ask(
        &mut self,
        store: &Store,
        (desk, digest): (&Desk, Option<&DigestName>),
        waiting: &[Waiting],
        now: Timestamp,
    ) -> Result<Asked, StoreError> {
        let key = digest.cloned();
        let mine = |one: &&Waiting| match digest {
            None => one.digest().is_some(),
            Some(name) => desk.plan(name).is_some_and(|plan| slots::belongs(desk, plan, one)),
        };
        let patience = SignedDuration::try_from(limits::hands::LOOK_PATIENCE).unwrap_or(SignedDuration::ZERO);
        // An answer from before quiet hours, or from before the clock was set, says nothing of now.
        let fresh = |question: &Question| now.duration_since(question.until).abs() <= patience;
        if let Some(question) = self.0.get(&key).filter(|question| fresh(question)) {
            let open = question.errands.iter().any(|errand| store.is_posted(errand.id));
            if open && now < question.until {
                return Ok(Asked::Until(question.until));
            }
            let left: HashSet<Identity> = waiting.iter().filter(mine).map(|one| one.identity).collect();
            let seen = question.before.iter().filter(|id| !left.contains(id)).count();
            self.0.remove(&key);
            return Ok(Asked::Answered(Answers { seen }));
        }
        // Nobody is there to say anything of the mail of an account that the configuration no longer has.
        let is_there = |account: &AccountName| desk.filing(account).is_some();
        let accounts: BTreeSet<AccountName> =
            waiting.iter().filter(mine).filter_map(|one| one.account.clone()).filter(is_there).collect();
        let errands: Vec<Errand> = accounts
            .iter()
            .flat_map(|account| tasks(desk, digest).into_iter().map(move |task| (account, task)))
            .map(|(account, task)| Errand { urgent: true, ..Errand::new(&desk.person, account, task, now) })
            .collect();
        if errands.is_empty() {
            return Ok(Asked::Answered(Answers { seen: 0 }));
        }
        let until = now.checked_add(patience).unwrap_or(now);
        store.post(errands.clone()).await?;
        let before = waiting.iter().filter(mine).map(|one| one.identity).collect();
        self.0.insert(key, Question { errands, before, until });
        Ok(Asked::Until(until))
    }
}

/// What an account is asked for: a look, and the mails themselves where the digest carries them.
fn tasks(desk: &Desk, digest: Option<&DigestName>) -> Vec<Task> {
    let carries = digest.filter(|name| desk.plan(name).is_some_and(|plan| plan.letter.attach));
    let fetch = carries.map(|name| Task::Fetch { digest: name.clone() });
    [Task::Look { digest: digest.cloned() }].into_iter().chain(fetch).collect()
}
