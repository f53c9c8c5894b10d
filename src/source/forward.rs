//! Sending urgent mail on: each once, as a letter of ours with the mail attached; what is too much is told of in one letter.

use tracing::{info, warn};

use super::again;
use super::door::Door;
use super::face::Arrival;
use super::kit::Source;
use super::locate::{self, Located};
use super::remark;
use super::take::TakeError;
use crate::digest::forward::{Original, Tells};
use crate::digest::originals::Left;
use crate::intake::desk::Desk;
use crate::intake::forwarding::{self, Form, Order};
use crate::intake::sealing::SealError;
use crate::intake::volume::{self, Volume};
use crate::limits;
use crate::mail::{bounce, fields};
use crate::maildir::content;
use crate::model::errand::{Answer, Errand, Task};
use crate::model::identity::Identity;
use crate::model::item::Item;
use crate::model::mailbox::{Place, Spot};
use crate::store::fault::StoreError;

/// One mail to be sent on.
struct Job<'a> {
    errand: &'a Errand,
    item: &'a Item,
    to: &'a str,
}

/// A mail as it is sent on.
struct Fetched {
    received: usize,
    marks: Vec<String>,
    whole: Result<Vec<u8>, Left>,
}

impl Fetched {
    fn nothing() -> Self {
        Self { received: 0, marks: Vec::new(), whole: Err(Left::Gone) }
    }
}

/// Carries out `Forward` errands in the order in which they were posted, then tells of all those of which one `Mention` is due.
///
/// # Errors
/// When the door or the store fails; what was not answered is done again, and what was sealed is not sealed twice.
pub async fn carry_out(source: &Source, door: &mut Door, due: Vec<Errand>) -> Result<(), TakeError> {
    let mut mentions = Vec::new();
    for errand in due {
        source.health.moves_on(&source.lane(), limits::hands::SOURCE_VISIT_STEP);
        match errand.task {
            Task::Forward { item } => {
                let came = forward(source, door, &errand, item).await?;
                answer(source, vec![(&errand, came)]).await?;
            }
            Task::Mention { item } => mentions.push((errand, item)),
            _ => {}
        }
    }
    Ok(mention(source, mentions).await?)
}

async fn answer(source: &Source, answers: Vec<(&Errand, Answer)>) -> Result<(), StoreError> {
    let answers = answers.into_iter().map(|(errand, came)| (errand.id, came)).collect();
    source.store.answer(answers, source.clock.now()).await
}

/// Where urgent mail of this account is sent on to, as long as its recipient takes letters.
fn recipient(source: &Source, desk: &Desk, volume: &Volume) -> Option<String> {
    let to = desk.filing(&source.account)?.forward_urgent_to.clone()?;
    volume.closed(&to).is_none().then_some(to)
}

async fn forward(source: &Source, door: &mut Door, errand: &Errand, item: Identity) -> Result<Answer, TakeError> {
    let (desk, now) = (source.desk.borrow().clone(), source.clock.now());
    let volume = Volume::of(&source.store, &desk, now);
    let (Some(item), Some(to)) = (source.store.item(item).await?, recipient(source, &desk, &volume)) else {
        return Ok(Answer::Forwarded);
    };
    let id = item.message.identity;
    // Sealed already, before a crash, it is not sealed again however the mail looks now.
    let known = forwarding::edition_of(&desk, (id, item.message.received_at), Form::Whole);
    if source.store.edition(known).await?.is_some() {
        return Ok(Answer::Forwarded);
    }
    if !volume.has_room_for_an_urgent_letter() {
        info!(%id, account = source.name(), "is not sent on by itself: there are too many");
        let not_before = source.clock.sooner(now, volume::summed_up_at(now));
        let mention = Errand::new(&desk.person, &source.account, Task::Mention { item: id }, now);
        source.store.post(vec![Errand { not_before, ..mention }]).await?;
        return Ok(Answer::Forwarded);
    }
    let job = Job { errand, item: &item, to: &to };
    let Some(fetched) = fetched(source, door, &job).await? else {
        return Ok(again::later(source, errand.attempts));
    };
    let own = fetched.marks.iter().any(|mark| source.press.mark.read(mark).is_some());
    if own || fetched.marks.len() > limits::hands::FORWARD_MARKS || fetched.received > limits::hands::FORWARD_RECEIVED {
        remark::circle(source, &desk).await?;
        return Ok(Answer::Forwarded);
    }
    let original = match &fetched.whole {
        Ok(bytes) => Original::Message(bytes),
        Err(left) => Original::Left(*left),
    };
    seal(source, &job, Tells::One { item: &item, original, trace: &fetched.marks }).await?;
    info!(%id, account = source.name(), "is sent on");
    Ok(Answer::Forwarded)
}

async fn seal(source: &Source, job: &Job<'_>, tells: Tells<'_>) -> Result<(), StoreError> {
    let desk = source.desk.borrow().clone();
    let (item, received_at) = (job.item.message.identity, job.item.message.received_at);
    let order = Order { item, received_at, to: job.to, form: Form::Whole, tells };
    match forwarding::seal(&source.store, (&desk, &source.press), order, source.clock.now()).await {
        Ok(_) => Ok(()),
        Err(SealError::Store(error)) => Err(error),
        Err(SealError::Compose(error)) => {
            warn!(id = %item, account = source.name(), "cannot be sent on: {error}");
            Ok(())
        }
    }
}

/// Fetches a mail. `None`: it is looked for again, because a server may show a moved mail only after a moment. What breaks
/// the connection is not tried for ever: the letter then goes without it.
async fn fetched(source: &Source, door: &mut Door, job: &Job<'_>) -> Result<Option<Fetched>, TakeError> {
    if job.errand.attempts >= limits::hands::FORWARD_ATTEMPTS {
        return Ok(Some(Fetched::nothing()));
    }
    match fetch(source, door, job.item, limits::hands::FORWARD_BYTES).await {
        Ok(None) if job.errand.attempts > 0 => Ok(Some(Fetched::nothing())),
        Err(TakeError::Door(error)) => {
            warn!(id = %job.item.message.identity, account = source.name(), "cannot be fetched to be sent on: {error}");
            if error.is_fatal() {
                answer(source, vec![(job.errand, again::later(source, job.errand.attempts))]).await?;
                return Err(error.into());
            }
            Ok(None)
        }
        came => came,
    }
}

/// A mail that is not larger than this, for a digest to carry.
///
/// # Errors
/// When the door or the store fails.
pub async fn original(
    source: &Source,
    door: &mut Door,
    item: &Item,
    most: u64,
) -> Result<Result<Vec<u8>, Left>, TakeError> {
    if item.message.size > most {
        return Ok(Err(Left::TooLarge));
    }
    Ok(fetch(source, door, item, most).await?.map_or(Err(Left::Gone), |fetched| fetched.whole))
}

async fn fetch(source: &Source, door: &mut Door, item: &Item, most: u64) -> Result<Option<Fetched>, TakeError> {
    let Some((arrival, place)) = find(source, door, item).await? else { return Ok(None) };
    let Some(spot) = &place.spot else { return Ok(None) };
    let is_file = matches!(spot, Spot::File(_));
    let bytes = if is_file { content::with_crlf(&arrival.bytes) } else { arrival.bytes };
    let (received, marks) = (fields::count_headers(&bytes, "Received"), bounce::marks(&bytes));
    let whole = if bytes.len() as u64 == arrival.size {
        Ok(bytes)
    } else if arrival.size > most {
        Err(Left::TooLarge)
    } else {
        let sign = || source.health.moves_on(&source.lane(), limits::hands::SOURCE_VISIT_STEP);
        let whole = door.whole(&place.mailbox, spot, most, sign).await?;
        whole.ok_or(Left::Gone)
    };
    Ok(Some(Fetched { received, marks, whole }))
}

/// The item's mail, proven to be it, and where it lies.
async fn find(source: &Source, door: &mut Door, item: &Item) -> Result<Option<(Arrival, Place)>, TakeError> {
    let Some(place) = item.place.clone() else { return Ok(None) };
    let is_it = |arrival: &Arrival| arrival.identity == item.message.identity;
    if let Some(spot) = &place.spot {
        match door.take_one(&place.mailbox, spot).await {
            Ok(Some(arrival)) if is_it(&arrival) => return Ok(Some((arrival, place))),
            Err(error) if error.is_fatal() => return Err(error.into()),
            // Another mail has its number now, or its mailbox is gone.
            Ok(_) | Err(_) => {}
        }
    }
    let should = item.wanted.as_ref().unwrap_or(&place.mailbox);
    let place = match locate::locate(source, door, item, should).await? {
        Located::There(place) | Located::Elsewhere(place) => place,
        Located::Nowhere => return Ok(None),
    };
    let Some(spot) = &place.spot else { return Ok(None) };
    let arrival = door.take_one(&place.mailbox, spot).await?.filter(is_it);
    Ok(arrival.map(|arrival| (arrival, place)))
}

/// Tells in one letter of everything that was too much. It is the letter of the first of them, so that it is sealed once.
async fn mention(source: &Source, due: Vec<(Errand, Identity)>) -> Result<(), StoreError> {
    let mut due = due.into_iter();
    let Some((first, item)) = due.next() else { return Ok(()) };
    let desk = source.desk.borrow().clone();
    let mut count = 1;
    let mut others: Vec<Errand> = due.map(|(errand, _)| errand).collect();
    while !others.is_empty() {
        count += others.len();
        answer(source, others.iter().map(|errand| (errand, Answer::Forwarded)).collect()).await?;
        others = source.store.errands(&desk.person, &source.account, source.clock.now()).await?;
        others.retain(|errand| matches!(errand.task, Task::Mention { .. }) && errand.id != first.id);
    }
    let volume = Volume::of(&source.store, &desk, source.clock.now());
    if let (Some(item), Some(to)) = (source.store.item(item).await?, recipient(source, &desk, &volume)) {
        let job = Job { errand: &first, item: &item, to: &to };
        seal(source, &job, Tells::More { count, account: source.account.as_str() }).await?;
        info!(account = source.name(), count, "are told of in one letter");
    }
    answer(source, vec![(&first, Answer::Forwarded)]).await
}
