//! What is due: urgent mail at the end of quiet hours, digests at their slots, overdue items by their last moment.

pub mod alerts;
pub mod kin;
pub mod review;
pub mod vacation;

use std::collections::HashSet;
use std::sync::Arc;

use jiff::Timestamp;
use tokio::sync::watch;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use tracing::{error, info};

use crate::civil::{self, later};
use crate::clock::Clock;
use crate::health::Health;
use crate::intake::accept;
use crate::intake::asking::{Answers, Asked, Asking};
use crate::intake::desk::{Desk, Plan};
use crate::intake::sealing::{self, Carries, Issue, Issued, Press, SealError};
use crate::intake::slots;
use crate::intake::volume::{self, Volume};
use crate::limits;
use crate::model::edition::{Claim, EditionKind};
use crate::model::identity::Identity;
use crate::model::verdict::{Placement, Then, Verdict};
use crate::store::bell::Bell;
use crate::store::change::Changed;
use crate::store::fault::StoreError;
use crate::store::handle::Store;
use crate::store::view::{Pause, Reason, Waiting};
use review::{Part, Review};

/// One person and everything that their timekeeper needs.
#[derive(Clone, Debug)]
pub struct Timekeeper {
    /// The person's desk; a reload puts another there.
    pub desk: watch::Receiver<Arc<Desk>>,
    /// How editions are printed.
    pub press: Press,
    /// The memory.
    pub store: Store,
    /// What time it is.
    pub clock: Clock,
    /// Where it says that it moves on.
    pub health: Health,
}

/// The reason for which nothing of a person is held while their timekeeper breaks.
pub const BROKEN: &str = "timekeeper";

/// Runs until it is stopped, or the store fails.
///
/// # Errors
/// When the store fails: a restart repairs what can be repaired.
pub async fn run(keeper: Timekeeper, stop: CancellationToken) -> Result<(), StoreError> {
    let mut asking = Asking::default();
    let person = keeper.desk.borrow().person.clone();
    let lane = format!("timekeeper of {person}");
    let bell = keeper.store.bell(&Bell::Timekeeper(person.clone()));
    let mut desks = keeper.desk.clone();
    let mut review = Review::default();
    review.begin(&keeper.store, &desks.borrow_and_update());
    while !stop.is_cancelled() {
        let began = Instant::now();
        let rung = bell.notified();
        tokio::pin!(rung);
        rung.as_mut().enable();
        keeper.health.moves_on(&lane, limits::hands::TIMEKEEPER_STEP);
        let now = keeper.clock.now();
        let desk = keeper.desk.borrow().clone();
        review.look(&keeper.store, &desk, now).await?;
        review.go_on(Part::Soon, (&keeper.store, &desk), now).await?;
        let sealing = if review.is_done(Part::Soon) { Sealing::May } else { Sealing::Waits };
        let mut next = turn(&keeper, &mut asking, sealing, now).await?;
        keeper.health.degrade_person(&person, BROKEN, None);
        if desks.has_changed().unwrap_or(false) {
            review.begin(&keeper.store, &desks.borrow_and_update());
        }
        if !review.is_done(Part::All) {
            let desk = keeper.desk.borrow().clone();
            review.go_on(Part::All, (&keeper.store, &desk), now).await?;
            continue;
        }
        // What was judged again may have a new time.
        earlier(&mut next, keeper.store.again(&person, now, u64::MAX).next);
        // A look takes as long as the list is, and a stream of news asks for one after the other.
        let rest =
            began.elapsed().saturating_mul(limits::hands::TIMEKEEPER_REST).min(limits::hands::TIMEKEEPER_REST_MOST);
        tokio::select! {
            () = tokio::time::sleep(rest) => {}
            () = stop.cancelled() => {}
        }
        let latest = later(now, limits::hands::TIMEKEEPER_LONGEST_WAIT);
        tokio::select! {
            () = rung => {}
            () = keeper.clock.wait_until(next.map_or(latest, |next| next.min(latest))) => {}
            () = changed(&mut desks) => {}
            () = stop.cancelled() => {}
        }
    }
    keeper.health.lane_ended(&lane);
    Ok(())
}

/// Returns once there is another desk, and leaves it to be seen.
async fn changed(desks: &mut watch::Receiver<Arc<Desk>>) {
    if desks.changed().await.is_ok() {
        desks.mark_changed();
    } else {
        std::future::pending::<()>().await;
    }
}

/// Whether digests may be sealed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sealing {
    /// They may.
    May,
    /// Not before what is to be judged again is judged: a moment, and a code that has expired is in no digest.
    Waits,
}

/// Does all that is due now; returns when something is due next.
///
/// # Errors
/// When the store fails.
pub async fn turn(
    keeper: &Timekeeper,
    asking: &mut Asking,
    sealing: Sealing,
    now: Timestamp,
) -> Result<Option<Timestamp>, StoreError> {
    let desk = keeper.desk.borrow().clone();
    let mut waiting = keeper.store.waiting(&desk.person);
    let vacation = keeper.store.paused(&desk.person).filter(|pause| pause.reason == Reason::Vacation);
    if let Some(vacation) = &vacation
        && vacation::extend(&keeper.store, &desk, vacation, &waiting).await?
    {
        waiting = keeper.store.waiting(&desk.person);
    }
    if waiting.is_empty() {
        keeper.health.degrade_person(&desk.person, "digest", None); // what could not be written is no longer there
    }
    let mut next = pass_due(keeper, &desk, &waiting, now).await?;
    // Some of it may have joined a digest instead.
    let waiting =
        if waiting.iter().any(|one| one.then == Then::Pass) { keeper.store.waiting(&desk.person) } else { waiting };
    earlier(&mut next, let_go(keeper, &desk, &waiting, now).await?);
    earlier(&mut next, overdue(keeper, &desk, asking, &waiting, now).await?);
    if sealing == Sealing::Waits {
        return Ok(next);
    }
    if let Some(vacation) = &vacation {
        earlier(&mut next, catch_up(keeper, &desk, asking, (vacation, &waiting), now).await?);
        return Ok(next);
    }
    for plan in &desk.digests {
        earlier(&mut next, digest(keeper, &desk, asking, (plan, &waiting), now).await?);
    }
    Ok(next)
}

fn earlier(next: &mut Option<Timestamp>, other: Option<Timestamp>) {
    *next = [*next, other].into_iter().flatten().min();
}

/// Urgent items pass as soon as it is quiet no more: at the end of quiet hours, at `resume`, after a reload, and at the
/// latest at their last moment, or when that was expected at their arrival: a reload does not make it later.
async fn pass_due(
    keeper: &Timekeeper,
    desk: &Arc<Desk>,
    waiting: &[Waiting],
    now: Timestamp,
) -> Result<Option<Timestamp>, StoreError> {
    let pause = keeper.store.paused(&desk.person).map(|pause| (pause.from, pause.until));
    let (mut next, mut posts) = (None, Vec::new());
    for one in waiting.iter().filter(|one| one.then == Then::Pass) {
        if let Some(end) = desk.quiet_hours(pause).until(one.urgency, now) {
            let until = end.min(one.deliver_by).min(slots::leaves(desk, pause, (one.urgency, one.due_at)));
            if until > now {
                earlier(&mut next, Some(until));
                continue;
            }
        }
        if one.account.is_some() {
            pass_urgent(keeper, desk, one.identity, now).await?;
        } else {
            posts.push(one.identity);
        }
    }
    let bench = alerts::Bench { store: &keeper.store, desk, press: &keeper.press };
    earlier(&mut next, alerts::send(bench, posts, now).await?);
    Ok(next)
}

/// Lets a waiting item pass that is urgent; what time has made less urgent in quiet hours joins its digest instead.
async fn pass_urgent(
    keeper: &Timekeeper,
    desk: &Arc<Desk>,
    identity: Identity,
    now: Timestamp,
) -> Result<(), StoreError> {
    let Some(item) = keeper.store.item(identity).await? else { return Ok(()) };
    let overdue = matches!(item.placement, Placement::Hold { deliver_by, .. } if deliver_by <= now);
    if !overdue && let Some(better) = review::cooled(&keeper.store, desk, &item, now).await {
        return review::replace(&keeper.store, better).await;
    }
    pass(keeper, desk, identity, now).await
}

/// What is over is not shown, and no letter is sent for it: it goes with the next one of its digest, or with what could wait
/// no longer. Where there is none until its last moment it passes by itself, filed to where it is seen.
async fn let_go(
    keeper: &Timekeeper,
    desk: &Desk,
    waiting: &[Waiting],
    now: Timestamp,
) -> Result<Option<Timestamp>, StoreError> {
    let mut next = None;
    for one in waiting.iter().filter(|one| one.is_over && one.then != Then::Pass) {
        if one.deliver_by > now {
            earlier(&mut next, Some(one.deliver_by));
        } else {
            pass(keeper, desk, one.identity, now).await?;
        }
    }
    Ok(next)
}

/// Lets a waiting item pass.
async fn pass(keeper: &Timekeeper, desk: &Desk, identity: Identity, now: Timestamp) -> Result<(), StoreError> {
    let Some(item) = keeper.store.item(identity).await? else { return Ok(()) };
    let errands = accept::passing(desk, &item, &item.verdict, now);
    let verdict = Verdict { judged_at: now, ..item.verdict };
    let proof = keeper.store.replace(identity, verdict, Placement::Pass, errands).await?;
    if *proof.get() == Changed::Yes {
        info!(id = %identity, "passes: its time to wait is over");
    }
    Ok(())
}

/// What must leave by its last moment leaves in a letter of its own, with all that is due within a quarter of an hour.
async fn overdue(
    keeper: &Timekeeper,
    desk: &Desk,
    asking: &mut Asking,
    waiting: &[Waiting],
    now: Timestamp,
) -> Result<Option<Timestamp>, StoreError> {
    let all = || waiting.iter().filter(|one| one.then != Then::Pass);
    let digested = || all().filter(|one| !one.is_over);
    let Some(earliest) = digested().map(|one| one.deliver_by).min() else { return Ok(None) };
    // The letter takes a moment: its mail is looked at before, and it must have left by then.
    let start = civil::earlier(earliest, limits::hands::OVERDUE_LEAD);
    if start > now {
        return Ok(Some(start));
    }
    let to = match open(keeper, desk, &EditionKind::Overdue, now) {
        Ok(to) => rest(keeper, desk, &EditionKind::Overdue, now).await?.map_or(Ok(to), Err),
        closed => closed,
    };
    let to = match to {
        Ok(to) => to,
        Err(end) => {
            // No letter may be sent: what must leave now leaves by itself, its mail filed to where it is seen.
            // Chat lies nowhere: it goes on waiting for a letter.
            for one in digested().filter(|one| one.deliver_by <= now && one.account.is_some()) {
                pass(keeper, desk, one.identity, now).await?;
            }
            let left = digested().map(|one| one.deliver_by).filter(|last| *last > now).min();
            return Ok(Some(left.map_or(end, |left| left.min(end))));
        }
    };
    let horizon = later(earliest.max(now), limits::hands::OVERDUE_WITH);
    let ids: Vec<Identity> = all().filter(|one| one.deliver_by <= horizon).map(|one| one.identity).collect();
    match asking.ask(&keeper.store, (desk, None), waiting, now).await? {
        Asked::Until(until) => Ok(Some(until)),
        Asked::Answered(answers) => {
            let Left { ids, shown } = still(&ids, keeper, desk);
            if shown > 0 {
                let mut issue = issue(keeper, desk, EditionKind::Overdue, (now, ids, answers));
                issue.to = Some(to);
                seal(keeper, desk, issue, now).await?;
            }
            Ok(None)
        }
    }
}

/// A digest whose slot has come, or that is full, is sealed; several missed slots are one.
async fn digest(
    keeper: &Timekeeper,
    desk: &Desk,
    asking: &mut Asking,
    (plan, waiting): (&Plan, &[Waiting]),
    now: Timestamp,
) -> Result<Option<Timestamp>, StoreError> {
    let name = &plan.letter.name;
    let kind = EditionKind::Digest(name.clone());
    let pause = keeper.store.paused(&desk.person).map(|pause| (pause.from, pause.until));
    let mark = match keeper.store.slot_mark(&desk.person, name) {
        // A clock that ran ahead and was set back has not done the slots in between: they come again. Not so one that was set
        // back over a slot or two: nobody wants the digest of nine o'clock twice.
        Some(mark) if mark <= later(now, limits::hands::CLOCK_RAN_AHEAD) => mark,
        Some(_) | None => {
            keeper.store.mark_slot(&desk.person, name, now).await?;
            now
        }
    };
    let belongs = || waiting.iter().filter(|one| slots::belongs(desk, plan, one));
    let ids: Vec<Identity> = belongs().map(|one| one.identity).collect();
    // What is over goes with the others, and counts for nothing.
    let shown = belongs().filter(|one| !one.is_over).count();
    // What was to leave at its last moment had no slot.
    let noted = || belongs().filter(|one| one.due_at < one.deliver_by).map(|one| one.due_at);
    let mut then = slots::next(desk, plan, pause, now);
    earlier(&mut then, noted().filter(|slot| *slot > now).min());
    let slot = match slots::due(desk, plan, &slots::Look { mark, pause, now }, noted()) {
        slots::Due::At(next) => {
            let full = plan.flush_at.is_some_and(|many| shown >= many);
            let quiet = slots::quiet_end(desk, pause, now);
            match (full, quiet) {
                (true, None) => match rest(keeper, desk, &kind, now).await? {
                    Some(end) => return Ok(Some(next.map_or(end, |next| next.min(end)))),
                    None => now,
                },
                (true, Some(end)) => return Ok(Some(next.map_or(end, |next| next.min(end)))),
                (false, _) => return Ok(next),
            }
        }
        slots::Due::Now(slot) => slot,
    };
    if shown < plan.min_items.max(1) {
        asking.forget(Some(name));
        if slot > mark {
            keeper.store.mark_slot(&desk.person, name, slot).await?;
        }
        return Ok(then);
    }
    let to = match open(keeper, desk, &kind, now) {
        Ok(to) => to,
        Err(end) => return Ok(Some(end)),
    };
    match asking.ask(&keeper.store, (desk, Some(name)), waiting, now).await? {
        Asked::Until(until) => Ok(Some(until)),
        Asked::Answered(answers) => {
            let Left { ids, shown } = still(&ids, keeper, desk);
            if shown == 0 {
                keeper.store.mark_slot(&desk.person, name, slot).await?;
            } else {
                let mut issue = issue(keeper, desk, kind, (slot, ids, answers));
                issue.to = Some(to);
                seal(keeper, desk, issue, now).await?;
            }
            Ok(then)
        }
    }
}

/// At the end of a vacation everything that waits for a digest leaves in one issue of the first; then digests go on. The
/// vacation is forgotten last, so that a crash between the two does both again: what is sealed no longer waits.
async fn catch_up(
    keeper: &Timekeeper,
    desk: &Desk,
    asking: &mut Asking,
    (vacation, waiting): (&Pause, &[Waiting]),
    now: Timestamp,
) -> Result<Option<Timestamp>, StoreError> {
    if let Some(end) = Some(vacation.until).filter(|end| *end > now).or_else(|| slots::quiet_end(desk, None, now)) {
        return Ok(Some(end));
    }
    let mine = || waiting.iter().filter(|one| one.then != Then::Pass);
    if let Some(first) = desk.digests.first()
        && mine().any(|one| !one.is_over)
    {
        let kind = EditionKind::Digest(first.letter.name.clone());
        let to = match open(keeper, desk, &kind, now) {
            Ok(to) => to,
            Err(end) => return Ok(Some(end)),
        };
        let answers = match asking.ask(&keeper.store, (desk, None), waiting, now).await? {
            Asked::Until(until) => return Ok(Some(until)),
            Asked::Answered(answers) => answers,
        };
        let ids: Vec<Identity> = mine().map(|one| one.identity).collect();
        let Left { ids, shown } = still(&ids, keeper, desk);
        if shown > 0 {
            let mut issue = issue(keeper, desk, kind, (vacation.until, ids.clone(), answers));
            (issue.to, issue.away_since) = (Some(to), Some(vacation.from));
            seal(keeper, desk, issue, now).await?;
            if still(&ids, keeper, desk).shown > 0 {
                // It could not be written. By its last moment it leaves without this letter.
                return Ok(Some(later(now, limits::hands::OVERDUE_WITH)));
            }
        }
    }
    // Slots that fell into the vacation are answered by its digest.
    for plan in &desk.digests {
        keeper.store.mark_slot(&desk.person, &plan.letter.name, now).await?;
    }
    keeper.store.pause(&desk.person, None).await?;
    info!(person = %desk.person, "the vacation has ended");
    Ok(Some(now))
}

fn issue(
    keeper: &Timekeeper,
    desk: &Desk,
    kind: EditionKind,
    (slot, items, answers): (Timestamp, Vec<Identity>, Answers),
) -> Issue {
    let dropped = sealing::dropped(&keeper.store, desk, &kind);
    let (max_bytes, to, claim) = (None, None, Claim::Holds);
    Issue {
        kind,
        slot,
        revision: 0,
        items,
        away_since: None,
        seen_meanwhile: answers.seen,
        dropped,
        max_bytes,
        to,
        claim,
        carries: Carries::Fetched,
    }
}

/// What is left of an issue.
struct Left {
    /// All of it, in order of arrival.
    ids: Vec<Identity>,
    /// How many of them are not over.
    shown: usize,
}

/// Those that still wait, after what was found in other hands has left.
fn still(ids: &[Identity], keeper: &Timekeeper, desk: &Desk) -> Left {
    let asked: HashSet<Identity> = ids.iter().copied().collect();
    let mut waiting = keeper.store.waiting(&desk.person);
    waiting.retain(|one| asked.contains(&one.identity));
    let shown = waiting.iter().filter(|one| !one.is_over).count();
    Left { ids: waiting.into_iter().map(|one| one.identity).collect(), shown }
}

/// Who is sent an issue of this kind: those who did not refuse all that came of late; or until when there is nobody.
fn open(keeper: &Timekeeper, desk: &Desk, kind: &EditionKind, now: Timestamp) -> Result<Vec<String>, Timestamp> {
    Volume::of(&keeper.store, desk, now).open(&sealing::recipients(desk, kind))
}

/// Until when an issue that no slot asks for is not sealed: the last one of its kind was refused for good, and the next would
/// be, too, in an endless row; or there were enough of them for a day.
async fn rest(
    keeper: &Timekeeper,
    desk: &Desk,
    kind: &EditionKind,
    now: Timestamp,
) -> Result<Option<Timestamp>, StoreError> {
    let enough = Volume::of(&keeper.store, desk, now).rest(desk, &sealing::recipients(desk, kind));
    let refused = volume::refused_until(&keeper.store, desk, kind, now).await?;
    Ok(refused.max(enough).filter(|end| *end > now))
}

/// Seals an issue. What cannot be written is said, and tried again with the next slot.
async fn seal(keeper: &Timekeeper, desk: &Desk, mut issue: Issue, now: Timestamp) -> Result<(), StoreError> {
    let mut sealed = sealing::seal(&keeper.store, (desk, &keeper.press), &issue, now).await;
    if matches!(&sealed, Ok(Issued::Before)) && issue.slot != now {
        // The slot has its edition already: the clock was set back. This is another one, of now.
        issue.slot = now;
        sealed = sealing::seal(&keeper.store, (desk, &keeper.press), &issue, now).await;
    }
    match sealed {
        Ok(Issued::Now { items }) => {
            info!(items, slot = %issue.slot, "an edition is sealed");
            keeper.health.degrade_person(&desk.person, "digest", None);
            Ok(())
        }
        Ok(_) => Ok(()),
        Err(SealError::Store(error)) => Err(error),
        Err(SealError::Compose(error)) => {
            error!("an edition cannot be written, its items go on waiting: {error}");
            let why = format!("a digest cannot be written: {error}");
            keeper.health.degrade_person(&desk.person, "digest", Some(why));
            Ok(())
        }
    }
}
