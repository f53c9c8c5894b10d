//! The one thread that writes: takes what waits, up to a group, writes it in one batch behind one barrier, then answers.

use std::cell::Cell;
use std::collections::{HashSet, VecDeque};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use tokio::sync::mpsc::Receiver;

use super::change::Teaching;
use super::command::{Command, Done, Job};
use super::committed::Committed;
use super::crash::Crash;
use super::draft::{Draft, Fault, Finished};
use super::engine::contract::{Batch, EngineError};
use super::fact::Fact;
use super::fault::StoreError;
use super::house::House;
use super::index::{Change, Index};
use super::sum::Sum;
use super::tally;
use super::witness::Witness;
use super::work::{audit, editions, errands, forget, history, items, small};
use crate::clock;
use crate::limits;
use crate::model::edition::SpoolName;
use crate::model::history::lesson::Lesson;
use crate::model::identity::Id;

/// The committer. Only it changes the store, so transitions happen one after another.
#[derive(Debug)]
pub struct Committer {
    house: Arc<House>,
    queue: Receiver<Job>,
    // The last number given to an item or errand.
    seq: Cell<u64>,
    // Over all records, as of the last barrier.
    sum: Sum,
    // Jobs of an earlier group that touched what another one of that group touched: they go first.
    carried: VecDeque<Job>,
    crash: Crash,
    witness: Option<Witness>,
}

/// What one group would do.
#[derive(Default)]
struct Group {
    batch: Batch,
    changes: Vec<Change>,
    touched: HashSet<Id>,
    done: Vec<(Job, Done)>,
    teachings: Vec<Teaching>,
    carried: VecDeque<Job>,
}

impl Committer {
    /// A committer over this queue; `seq` is the highest number that an item or errand bears, `sum` is over
    /// all records.
    pub fn new(house: Arc<House>, queue: Receiver<Job>, (seq, sum): (u64, Sum)) -> Self {
        let witness = Witness::open(&house.state).ok();
        witness.iter().for_each(|witness| witness.note(sum.batches()));
        Self { witness, house, queue, seq: Cell::new(seq), sum, carried: VecDeque::new(), crash: Crash::from_env() }
    }

    /// Works until the queue is closed and empty, or `Close` has come.
    pub fn run(mut self) {
        while let Some(mut jobs) = self.gather() {
            let close = jobs.iter().position(|job| matches!(job.command, Command::Close));
            let late = close.map(|at| jobs.split_off(at));
            while !jobs.is_empty() {
                self.commit(jobs);
                // Carried over by what came before `Close`: they are older than it.
                jobs = if late.is_some() { std::mem::take(&mut self.carried).into() } else { Vec::new() };
            }
            if let Some(late) = late {
                return self.close(late);
            }
        }
    }

    /// The next group: waits for its first job, takes what else is there.
    fn gather(&mut self) -> Option<Vec<Job>> {
        let mut jobs: Vec<Job> = std::mem::take(&mut self.carried).into();
        if jobs.is_empty() {
            jobs.push(self.queue.blocking_recv()?);
        }
        while jobs.len() < limits::memory::STORE_GROUP {
            let Ok(job) = self.queue.try_recv() else { break };
            jobs.push(job);
        }
        Some(jobs)
    }

    /// Carries a group out and answers it. A panic anywhere in it answers with an error, like a failed barrier.
    fn commit(&mut self, jobs: Vec<Job>) {
        if let Err(error) = self.house.trust() {
            return jobs.into_iter().for_each(|job| refuse(job, &error));
        }
        let (house, seq, crash, sum) = (Arc::clone(&self.house), &self.seq, &self.crash, &mut self.sum);
        let result = catch_unwind(AssertUnwindSafe(|| {
            let group = collect(&house, seq, jobs);
            write(&house, crash, (group, sum))
        }));
        match result {
            Ok(carried) => {
                self.carried = carried;
                if self.house.trust().is_ok() {
                    self.witness.iter().for_each(|witness| witness.note(self.sum.batches()));
                }
            }
            // The jobs fell with the panic, and with them their reply channels: whoever waits is told.
            Err(_) => drop(self.house.distrust(&EngineError::Damaged("the committer panicked".to_owned()))),
        }
    }

    /// Answers what came too late, and lets the engine go.
    fn close(mut self, late: Vec<Job>) {
        self.queue.close();
        let mut rest = VecDeque::from(late);
        while let Ok(job) = self.queue.try_recv() {
            rest.push_back(job);
        }
        let Self { house, queue, .. } = self;
        drop(queue);
        let trust = house.trust();
        // Whoever closes takes the last handle after this answer.
        drop(house);
        for job in rest {
            let closing = matches!(job.command, Command::Close);
            match &trust {
                Ok(()) if closing => drop(job.reply.send(Ok(Committed::after_barrier(Done::Nothing)))),
                Ok(()) => refuse(job, &StoreError::Closed),
                Err(error) => refuse(job, error),
            }
        }
    }
}

/// Runs each job against the store as the last barrier left it; one that touches what an earlier one touched is carried
/// over to the next group, so that the group is the same as its jobs one after another.
fn collect(house: &House, seq: &Cell<u64>, jobs: Vec<Job>) -> Group {
    let index = house.index();
    let mut group = Group::default();
    let mut jobs = VecDeque::from(jobs);
    while let Some(job) = jobs.pop_front() {
        if group.batch.size() > limits::memory::STORE_GROUP_BYTES {
            group.carried.push_back(job);
            continue;
        }
        let mut draft = Draft::new(house, &index, seq);
        let done = match carry_out(&mut draft, &job.command) {
            Ok(done) => done,
            Err(Fault::Refused(error)) => {
                refuse(job, &error);
                continue;
            }
            Err(Fault::Engine(error)) => {
                // Nothing of the group is written: every one of them would be answered wrongly.
                let error = house.distrust(&error);
                let taken = std::mem::take(&mut group).done.into_iter().map(|(job, _)| job);
                taken.chain([job]).chain(jobs).for_each(|job| refuse(job, &error));
                return Group::default();
            }
        };
        let Finished { batch, changes, touched, teachings } = draft.finish();
        if group.touched.is_disjoint(&touched) {
            group.batch.append(batch);
            group.changes.extend(changes);
            group.touched.extend(touched);
            group.teachings.extend(teachings);
            group.done.push((job, done));
        } else {
            group.carried.push_back(job);
        }
    }
    let wanted = (&mut group.batch, &mut group.changes);
    if let Err(error) = history::carry_out((house, &index), &group.teachings, wanted) {
        let error = house.distrust(&error);
        let taken = group.done.into_iter().map(|(job, _)| job).chain(group.carried);
        taken.for_each(|job| refuse(job, &error));
        return Group::default();
    }
    group
}

/// Writes a group, tells the index, rings, and answers. Returns what is carried over.
fn write(house: &House, crash: &Crash, (mut group, sum): (Group, &mut Sum)) -> VecDeque<Job> {
    if !group.batch.is_empty() {
        crash.before();
        let mut tap = house.tap.hold();
        let began = clock::awake();
        let summed = sum.follow(&mut group.batch, &*house.engine);
        if let Err(error) = summed.and_then(|()| house.engine.apply(&group.batch)) {
            let error = house.distrust(&error);
            group.done.into_iter().for_each(|(job, _)| refuse(job, &error));
            return group.carried;
        }
        house.metrics.barrier(clock::awake().saturating_sub(began));
        crash.after();
        tap.note(&group.batch);
        let mut bells = HashSet::new();
        let mut index = house.index_mut();
        group.done.iter().for_each(|(job, done)| tally::count(&house.metrics, &index, (&job.command, done)));
        let mut files = Vec::new();
        for change in group.changes {
            files.extend(file_of(&change));
            bells.extend(index.apply(change));
        }
        house.note_unnamed(index.take_unnamed());
        // The spool asks the index while it is locked itself: never both at once here.
        drop(index);
        drop(tap);
        files.iter().for_each(|file| house.spool.settle(file));
        bells.iter().for_each(|bell| house.bells.ring(bell));
    }
    for (job, done) in group.done {
        // Nobody may be waiting any more; what was done stays done.
        let _ = job.reply.send(Ok(Committed::after_barrier(done)));
    }
    group.carried
}

/// The spool file that a record names from now on.
fn file_of(change: &Change) -> Option<SpoolName> {
    match &change.fact {
        Fact::Edition(edition) => Some(edition.manifest.clone()),
        Fact::Letter(letter) => Some(letter.body.clone()),
        Fact::Errand(errand) => errand.body.clone(),
        Fact::Item(_) | Fact::Cursor(..) | Fact::Slot(..) | Fact::Pause(..) => None,
        Fact::Hook(..) | Fact::HookName(..) => None,
        Fact::Thread(_) | Fact::Sender(_) | Fact::Study(..) | Fact::Gone(_) => None,
    }
}

fn refuse(job: Job, error: &StoreError) {
    let _ = job.reply.send(Err(error.clone()));
}

fn carry_out(draft: &mut Draft<'_>, command: &Command) -> Result<Done, Fault> {
    let house = draft.house;
    let index: &Index = draft.index;
    Ok(match command {
        Command::Accept(item, errands, lesson) => {
            lesson.iter().for_each(|lesson| draft.teach(Teaching::Learn(Lesson::clone(lesson))));
            Done::Accepted(items::accept(draft, item, errands)?)
        }
        Command::Learn(lessons, study) => {
            lessons.iter().for_each(|lesson| draft.teach(Teaching::Learn(lesson.clone())));
            if let Some((person, account, mailbox, study)) = study {
                history::study(draft, (person, account, mailbox), *study)?;
            }
            Done::Nothing
        }
        Command::ForgetSender(person, sender) => {
            draft.teach(Teaching::Forget(person.clone(), *sender));
            Done::Nothing
        }
        Command::Replace(item, judged, errands) => {
            Done::Changed(items::replace(draft, *item, (&judged.0, &judged.1), errands)?)
        }
        Command::Amend(amended) => {
            let (message, verdict, placement) = &**amended;
            Done::Changed(items::amend(draft, message, (verdict, placement))?)
        }
        Command::Withdraw(item, why, at, errands) => {
            Done::Changed(items::withdraw(draft, *item, (*why, *at), errands)?)
        }
        Command::Seal(parts) => Done::Changed(editions::seal(draft, parts)?),
        Command::Begin(letter) => Done::Changed(editions::begin(draft, *letter)?),
        Command::DataSent(letter) => Done::Changed(editions::data_sent(draft, *letter)?),
        Command::Settle(letter, outcome, at) => Done::Changed(editions::settle(draft, *letter, outcome, *at)?),
        Command::Reschedule(letter, not_before, at) => {
            Done::Changed(editions::reschedule(draft, *letter, *not_before, *at)?)
        }
        Command::Deliver(edition, items, at) => nothing(editions::deliver(draft, *edition, items, *at)?),
        Command::Finish(edition) => nothing(editions::finish(draft, *edition)?),
        Command::Post(errands) => nothing(draft.post(errands)?),
        Command::Answer(answers, at) => nothing(errands::answer(draft, answers, *at)?),
        Command::Advance(person, account, mailbox, cursor) => {
            nothing(small::advance(draft, (person, account), mailbox, *cursor)?)
        }
        Command::MarkSlot(person, digest, slot) => nothing(small::mark_slot(draft, person, digest, *slot)?),
        Command::Pause(person, pause) => nothing(small::pause(draft, person, pause.as_ref())?),
        Command::KeepHook(hook, memory) => nothing(small::keep_hook(draft, hook, memory)?),
        Command::KeepNames(hook, names) => nothing(small::keep_names(draft, hook, names)?),
        Command::Expire(person, before) => Done::Removed(small::expire(draft, person, *before)),
        Command::Forget(person, items) => Done::Forgotten(forget::forget(draft, person, items)?),
        Command::Audit => Done::Audited(audit::audit(house, index)?),
        Command::Close => Done::Nothing,
    })
}

fn nothing((): ()) -> Done {
    Done::Nothing
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use std::collections::BTreeMap;
    use std::sync::{Arc, Mutex};

    use jiff::Timestamp;
    use tokio::sync::{mpsc, oneshot};

    use super::Committer;
    use crate::model::name::{DigestName, PersonName};
    use crate::store::command::{Command, Job, Reply};
    use crate::store::engine::contract::{Batch, Engine, EngineError, Pair};
    use crate::store::fault::StoreError;
    use crate::store::folder;
    use crate::store::house::House;
    use crate::store::index::Index;
    use crate::store::sum::Sum;

    /// An engine in memory, whose second write fails in its own way; all others work.
    #[derive(Debug)]
    struct Flaky(Mutex<(u32, Records)>, Option<EngineError>);

    type Records = BTreeMap<Vec<u8>, Vec<u8>>;

    impl Engine for Flaky {
        fn value(&self, key: &[u8]) -> Result<Option<Vec<u8>>, EngineError> {
            Ok(self.0.lock().unwrap().1.get(key).cloned())
        }

        fn scan(&self, _: &[u8], _: Option<&[u8]>, _: usize) -> Result<Vec<Pair>, EngineError> {
            Ok(Vec::new())
        }

        fn apply(&self, batch: &Batch) -> Result<(), EngineError> {
            let mut inner = self.0.lock().unwrap();
            inner.0 += 1;
            assert!(inner.0 != 2 || self.1.is_some(), "a bug in the engine");
            if inner.0 == 2 {
                return Err(self.1.clone().unwrap());
            }
            for (key, value) in batch.iter() {
                inner.1.insert(key.to_vec(), value.unwrap_or_default().to_vec());
            }
            Ok(())
        }
    }

    /// Marks three slots, one barrier each; the second fails. Whether the store is marked as damaged afterwards.
    fn check(failure: Option<EngineError>) -> bool {
        let state = tempfile::tempdir().unwrap();
        let engine = Box::new(Flaky(Mutex::default(), failure));
        let lock = folder::lock(state.path()).unwrap().unwrap();
        let house = Arc::new(House::new(engine, Index::default(), state.path().to_owned(), lock));
        let (queue, jobs) = mpsc::channel(1);
        let committer = Committer::new(Arc::clone(&house), jobs, (0, Sum::default()));
        let thread = std::thread::spawn(move || committer.run());
        let ask = |command| -> Option<Reply> {
            let (reply, answer) = oneshot::channel();
            queue.blocking_send(Job { command, reply }).unwrap();
            answer.blocking_recv().ok()
        };
        let mark = |digest: &str| {
            ask(Command::MarkSlot(PersonName::new("me"), DigestName::new(digest), Timestamp::UNIX_EPOCH))
        };
        assert!(mark("first").unwrap().is_ok());
        assert!(mark("second").is_none_or(|reply| matches!(reply, Err(StoreError::Failed(_)))));
        assert!(matches!(mark("third"), Some(Err(StoreError::Failed(_)))), "the engine works again, but for whom?");
        assert_eq!(house.index().slots.len(), 1, "what is not proven is not shown");
        assert!(matches!(ask(Command::Close), Some(Err(StoreError::Failed(_)))));
        thread.join().unwrap();
        folder::read(state.path(), folder::DAMAGED).unwrap().is_some()
    }

    #[test]
    fn proves_nothing_after_a_failed_barrier() {
        assert!(check(Some(EngineError::Damaged("fsync: input/output error".to_owned()))));
        assert!(check(None), "a panic is no better");
        assert!(!check(Some(EngineError::Full("no space".to_owned()))), "what is there is sound");
        assert!(!check(Some(EngineError::Access("read-only".to_owned()))));
    }
}
