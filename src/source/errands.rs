//! Carrying out an account's errands: file, release, forward, look, find, append; each answered in the store.

use std::collections::HashMap;

use tracing::{debug, info, warn};

use super::again::{after, later};
use super::door::Door;
use super::face::{Filed, Marks};
use super::kit::Source;
use super::locate::{self, Located};
use super::take::TakeError;
use super::{fetch, forward};
use crate::limits;
use crate::model::errand::{Answer, Errand, ErrandId, Task};
use crate::model::identity::Identity;
use crate::model::item::{Item, Standing};
use crate::model::mailbox::{Mailbox, Place, Spot};
use crate::model::name::DigestName;
use crate::store::fault::StoreError;

/// Whether more is due at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Left {
    /// Look for errands again before waiting.
    More,
    /// Nothing is due now.
    Nothing,
}

/// One errand that moves a mail, with its item.
struct Move {
    errand: Errand,
    item: Item,
    place: Place,
}

/// Carries out what is due, urgent errands first.
///
/// # Errors
/// When the door or the store fails; what was not answered is done again, after a look at where the mail lies.
pub async fn carry_out(source: &Source, door: &mut Door) -> Result<Left, TakeError> {
    let mut due = source.store.errands(&source.person, &source.account, source.clock.now()).await?;
    if due.is_empty() {
        return Ok(Left::Nothing);
    }
    if due.iter().any(|errand| errand.urgent) {
        due.retain(|errand| errand.urgent);
    }
    let (moves, others): (Vec<Errand>, Vec<Errand>) = due.into_iter().partition(|errand| errand.task.moves().is_some());
    for group in groups(source, moves).await? {
        carry_group(source, door, group).await?;
    }
    let (forwards, others): (Vec<Errand>, Vec<Errand>) =
        others.into_iter().partition(|errand| matches!(errand.task, Task::Forward { .. } | Task::Mention { .. }));
    forward::carry_out(source, door, forwards).await?;
    for errand in others {
        let came = match &errand.task {
            Task::Look { digest } => look(source, door, digest.as_ref()).await,
            Task::Fetch { digest } => fetch::fetch(source, door, (&errand, digest)).await,
            Task::Find { message_id, .. } => find(source, door, &errand, message_id).await,
            Task::Append { to, body, message_id } => match source.store.unspool(body).await {
                Err(error @ StoreError::Spoiled(_)) => Ok(Answer::Refused { text: error.to_string() }),
                bytes => append(door, to, &bytes?, message_id).await,
            },
            Task::File { .. } | Task::Release { .. } | Task::Forward { .. } | Task::Mention { .. } => continue,
        };
        let came = or_later(source, &errand, came)?;
        answer(source, vec![(errand.id, came)]).await?;
    }
    Ok(Left::More)
}

/// A no to one errand is no reason to leave the account and all its mail: that errand is tried again later. A notice is
/// given up in the end; the next day has another one.
fn or_later(source: &Source, errand: &Errand, came: Result<Answer, TakeError>) -> Result<Answer, TakeError> {
    match came {
        Err(TakeError::Door(error)) if !error.is_fatal() => {
            warn!(account = source.name(), errand = %errand.id.0, "an errand was not carried out: {error}");
            let ends = matches!(errand.task, Task::Append { .. });
            if ends && errand.attempts >= limits::hands::ERRAND_BACKOFF_STEPS {
                return Ok(Answer::Refused { text: error.to_string() });
            }
            Ok(later(source, errand.attempts))
        }
        came => came,
    }
}

async fn answer(source: &Source, answers: Vec<(ErrandId, Answer)>) -> Result<(), TakeError> {
    if answers.is_empty() {
        return Ok(());
    }
    Ok(source.store.answer(answers, source.clock.now()).await?)
}

/// Errands that can be carried out by one command each: from the same mailbox, with the same task.
async fn groups(source: &Source, errands: Vec<Errand>) -> Result<Vec<Vec<Move>>, TakeError> {
    let ids: Vec<Identity> = errands.iter().filter_map(|errand| errand.task.moves()).collect();
    let mut items: HashMap<Identity, Item> = HashMap::new();
    for some in ids.chunks(limits::memory::VIEW_BATCH) {
        items.extend(source.store.items(some.to_vec()).await?.into_iter().map(|item| (item.message.identity, item)));
    }
    let mut groups: Vec<Vec<Move>> = Vec::new();
    let mut orphans = Vec::new();
    for errand in errands {
        let known =
            errand.task.moves().and_then(|id| items.get(&id)).and_then(|item| Some((item, item.place.clone()?)));
        let Some((item, place)) = known else {
            orphans.push((errand.id, Answer::Taken));
            continue;
        };
        let next = Move { errand, item: item.clone(), place };
        match groups.iter_mut().find(|group| group.first().is_some_and(|first| same_command(first, &next))) {
            Some(group) => group.push(next),
            None => groups.push(vec![next]),
        }
    }
    answer(source, orphans).await?;
    Ok(groups)
}

fn same_command(one: &Move, other: &Move) -> bool {
    let same_task = match (&one.errand.task, &other.errand.task) {
        (Task::File { to: one, .. }, Task::File { to: other, .. }) => one == other,
        (
            Task::Release { to: one, mark_seen: one_seen, .. },
            Task::Release { to: other, mark_seen: other_seen, .. },
        ) => one == other && one_seen == other_seen,
        _ => false,
    };
    same_task && one.place.mailbox == other.place.mailbox
}

/// Carries out a group: marks, then files; what is not where it was said to be is looked for and answered one by one, because
/// there may be thousands.
async fn carry_group(source: &Source, door: &mut Door, group: Vec<Move>) -> Result<(), TakeError> {
    let Some(first) = group.first() else { return Ok(()) };
    let from = first.place.mailbox.clone();
    let (to, marks) = match &first.errand.task {
        Task::Release { to, mark_seen, .. } => (to.clone(), Some(Marks { listed: true, seen: *mark_seen })),
        Task::File { to, .. } => (Some(to.clone()), None),
        Task::Forward { .. }
        | Task::Mention { .. }
        | Task::Look { .. }
        | Task::Fetch { .. }
        | Task::Find { .. }
        | Task::Append { .. } => {
            return Ok(());
        }
    };
    source.health.moves_on(&source.lane(), limits::hands::SOURCE_VISIT_STEP);
    let spots = |some: &[Move]| -> Vec<Spot> { some.iter().filter_map(|one| one.place.spot.clone()).collect() };
    if let Some(marks) = marks {
        mark(door, &from, &spots(&group), marks).await?;
    }
    let Some(to) = to else {
        let answers = group.into_iter().map(|one| (one.errand.id, Answer::Filed(one.place))).collect();
        return answer(source, answers).await;
    };
    // What may have been copied is looked for in its target first: copied again, it would be there twice. So is what was to
    // stay where it lies: it was on its way elsewhere when that was decided, and may have got there.
    let (lost, spotted): (Vec<Move>, Vec<Move>) = group
        .into_iter()
        .partition(|one| one.place.spot.is_none() || to == from || door.may_have_copied(one.errand.posted_at));
    let spots = spots(&spotted);
    let mut answers = Vec::new();
    let mut missing = lost;
    if !spots.is_empty() {
        let mut filed = file(door, &from, &spots, &to).await?;
        if let Some(text) = &filed.refused {
            refused(source, &to, text);
        }
        for one in spotted {
            let spot = one.place.spot.as_ref();
            let moved = filed.moved.iter().position(|(old, _)| Some(old) == spot).map(|at| filed.moved.swap_remove(at));
            match (moved, &filed.refused) {
                (Some((_, place)), _) => {
                    filed_line(source, &one);
                    answers.push((one.errand.id, Answer::Filed(place)));
                }
                (None, Some(text)) if !filed.missing.iter().any(|gone| Some(gone) == spot) => {
                    answers.push((one.errand.id, not_taken(source, &one.errand, text)));
                }
                (None, _) => missing.push(one),
            }
        }
    }
    answer(source, answers).await?;
    for one in missing {
        source.health.moves_on(&source.lane(), limits::hands::SOURCE_VISIT_STEP);
        let came = search(source, door, &one, &to, marks).await;
        let came = or_later(source, &one.errand, came)?;
        answer(source, vec![(one.errand.id, came)]).await?;
    }
    Ok(())
}

/// Files; a target that cannot be, and any other no, is the door's refusal of all of them.
async fn file(door: &mut Door, from: &Mailbox, spots: &[Spot], to: &Mailbox) -> Result<Filed, TakeError> {
    match door.file(from, spots, to).await {
        Err(error) if !error.is_fatal() => Ok(Filed { refused: Some(error.to_string()), ..Filed::default() }),
        filed => Ok(filed?),
    }
}

/// Marks, where that can be done: the store knows what was listed.
async fn mark(door: &mut Door, mailbox: &Mailbox, spots: &[Spot], marks: Marks) -> Result<(), TakeError> {
    match door.mark(mailbox, spots, marks).await {
        Err(error) if !error.is_fatal() => Ok(()),
        done => Ok(done?),
    }
}

/// A mailbox did not take a mail. One that passes must not stay where nobody looks because a quota was full for an hour: it
/// is tried again for a day. Any other stays where it is, and is in the digest.
fn not_taken(source: &Source, errand: &Errand, text: &str) -> Answer {
    if errand.urgent && errand.attempts < limits::hands::ERRAND_REFUSED_MOST {
        return later(source, errand.attempts);
    }
    Answer::Refused { text: text.to_owned() }
}

fn filed_line(source: &Source, one: &Move) {
    let id = one.item.message.identity;
    match (&one.errand.task, one.item.standing) {
        (Task::File { .. }, Standing::Passed { .. }) => debug!(%id, account = source.name(), "is filed as urgent"),
        (Task::File { .. }, _) => debug!(%id, account = source.name(), "is filed in the hold mailbox"),
        _ => debug!(%id, account = source.name(), "is released"),
    }
}

/// A mailbox that takes nothing is said once in the log and stays in `status`.
fn refused(source: &Source, to: &Mailbox, text: &str) {
    source.warns(to, format!("the mailbox \"{to}\" takes nothing, so mail stays where it is: {text}"));
}

/// A mail that was not where it was said to be: found where it should lie (the answer to a move was lost), found elsewhere
/// and filed from there, or taken by its reader.
async fn search(
    source: &Source,
    door: &mut Door,
    one: &Move,
    to: &Mailbox,
    marks: Option<Marks>,
) -> Result<Answer, TakeError> {
    let located = locate::locate(source, door, &one.item, to).await?;
    let place = match located {
        Located::There(place) => {
            locate::end_copy(door, &one.item, &one.place, &place).await?;
            place
        }
        Located::Elsewhere(place) => {
            let spots: Vec<Spot> = place.spot.iter().cloned().collect();
            if let Some(marks) = marks {
                mark(door, &place.mailbox, &spots, marks).await?;
            }
            let filed = file(door, &place.mailbox, &spots, to).await?;
            match (filed.moved.into_iter().next(), filed.refused) {
                (Some((_, place)), _) => return Ok(Answer::Filed(place)),
                (None, Some(text)) => {
                    refused(source, to, &text);
                    return Ok(not_taken(source, &one.errand, &text));
                }
                (None, None) => return Ok(later(source, one.errand.attempts)),
            }
        }
        Located::Nowhere => {
            if one.errand.attempts == 0 {
                return Ok(later(source, one.errand.attempts));
            }
            info!(id = %one.item.message.identity, account = source.name(), "was taken by its reader");
            return Ok(Answer::Taken);
        }
    };
    if let Some(marks) = marks {
        let spots: Vec<Spot> = place.spot.iter().cloned().collect();
        mark(door, &place.mailbox, &spots, marks).await?;
    }
    filed_line(source, one);
    Ok(Answer::Filed(place))
}

/// Which mail that waits for a digest is in other hands by now: read, answered, flagged, moved or deleted; or was named in
/// a letter that a restored backup knows nothing of.
async fn look(source: &Source, door: &mut Door, digest: Option<&DigestName>) -> Result<Answer, TakeError> {
    let person = source.person.clone();
    let ids: Vec<Identity> = source
        .store
        .waiting(&person)
        .into_iter()
        .filter(|waiting| waiting.account.as_ref() == Some(&source.account))
        .filter(|waiting| digest.is_none() || waiting.digest() == digest)
        .map(|waiting| waiting.identity)
        .collect();
    let mut taken = Vec::new();
    for some in ids.chunks(limits::memory::VIEW_BATCH) {
        source.health.moves_on(&source.lane(), limits::hands::SOURCE_VISIT_STEP);
        let items = source.store.items(some.to_vec()).await?;
        taken.extend(look_at(source, door, items).await?);
    }
    Ok(Answer::Looked { taken })
}

async fn look_at(source: &Source, door: &mut Door, items: Vec<Item>) -> Result<Vec<Identity>, TakeError> {
    let mut by_mailbox: HashMap<Mailbox, Vec<(Spot, Item)>> = HashMap::new();
    let mut taken = Vec::new();
    for item in items {
        let filing =
            Task::File { item: item.message.identity, to: item.wanted.clone().unwrap_or(Mailbox::new("INBOX")) };
        if source.store.is_posted(filing.id(&item.person, &source.account)) {
            continue; // its place is about to change: nothing can be said of it
        }
        if let Some(Place { mailbox, spot: Some(spot), .. }) = item.place.clone() {
            by_mailbox.entry(mailbox).or_default().push((spot, item));
        }
    }
    for (mailbox, spotted) in by_mailbox {
        let spots: Vec<Spot> = spotted.iter().map(|(spot, _)| spot.clone()).collect();
        let found = door.flags(&mailbox, &spots).await?;
        for (spot, item) in spotted {
            source.health.moves_on(&source.lane(), limits::hands::SOURCE_VISIT_STEP);
            let in_other_hands = match found.iter().find(|(there, _)| *there == spot) {
                Some((_, flags)) => flags.in_other_hands() || flags.listed,
                None => !matches!(locate::locate(source, door, &item, &mailbox).await?, Located::There(_)),
            };
            if in_other_hands {
                taken.push(item.message.identity);
            }
        }
    }
    Ok(taken)
}

/// Whether a letter of ours has arrived: looked for twice, because delivery takes time; an urgent one once, because it would
/// come late.
async fn find(source: &Source, door: &mut Door, errand: &Errand, message_id: &str) -> Result<Answer, TakeError> {
    let filing = source.desk.borrow().filing(&source.account).cloned();
    for mailbox in filing.iter().flat_map(|filing| filing.mailboxes()) {
        if door.find(mailbox, message_id).await? {
            return Ok(Answer::Found);
        }
    }
    if errand.attempts == 0 && !errand.urgent {
        return Ok(Answer::Later { not_before: after(source, limits::hands::LETTER_SECOND_LOOK) });
    }
    Ok(Answer::NotFound)
}

/// Puts a notice into a mailbox, unless it is there already because the answer to an earlier append was lost.
async fn append(door: &mut Door, to: &Mailbox, bytes: &[u8], message_id: &str) -> Result<Answer, TakeError> {
    if !door.find(to, message_id).await? {
        door.append(to, bytes, message_id).await?;
    }
    Ok(Answer::Appended)
}
