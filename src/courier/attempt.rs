//! One round of letters over one connection, each stage written down before the next begins.

use jiff::Timestamp;
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};

use super::kit::Courier;
use super::moment;
use super::notice::Notices;
use crate::civil::later;
use crate::clock::Clock;
use crate::intake::sealing::{self, Issue};
use crate::limits;
use crate::model::edition::{self, Letter};
use crate::model::errand::{Errand, Task};
use crate::retry;
use crate::smtp::connection::{Connection, Parcel};
use crate::smtp::fault::{Kind, SendError, Stage};
use crate::smtp::folder;
use crate::smtp::settings::{Server, Settings};
use crate::store::change::{Changed, Outcome};
use crate::store::fault::StoreError;

/// Sends what is due. A server that cannot be reached defers all of it.
///
/// # Errors
/// When the store fails.
pub async fn round(
    courier: &Courier,
    letters: Vec<Letter>,
    notices: &mut Notices,
    stop: &CancellationToken,
) -> Result<(), StoreError> {
    match &courier.way_out {
        Settings::Folder(folder) => {
            for letter in letters {
                into_folder(courier, &letter, folder).await?;
            }
            Ok(())
        }
        Settings::Server(server) => by_server(courier, server, letters, notices, stop).await,
    }
}

async fn into_folder(courier: &Courier, letter: &Letter, folder: &std::path::Path) -> Result<(), StoreError> {
    let Some(letter) = &begin(courier, letter).await? else { return Ok(()) };
    let now = courier.clock.now();
    let bytes = match bytes_of(courier, letter).await? {
        Ok(bytes) => bytes,
        Err(error) => return judge(courier, letter, &error).await,
    };
    match folder::into_folder(folder, &format!("{}.eml", letter.id), &bytes).await {
        Ok(()) => settle(courier, letter, Outcome::Accepted, now).await,
        Err(cause) => {
            let why = format!("cannot write into \"{}\": {cause}", folder.display());
            defer(courier, letter, now, &why).await
        }
    }
}

async fn by_server(
    courier: &Courier,
    server: &Server,
    letters: Vec<Letter>,
    notices: &mut Notices,
    stop: &CancellationToken,
) -> Result<(), StoreError> {
    let mut connection: Option<Connection> = None;
    let mut letters = letters.into_iter();
    while let Some(letter) = letters.next() {
        if stop.is_cancelled() {
            break;
        }
        courier.health.moves_on("courier", limits::hands::COURIER_STEP);
        let Some(letter) = begin(courier, &letter).await? else {
            continue; // found, dropped or settled meanwhile
        };
        let open = match connection.take() {
            Some(open) => Ok(open),
            None => Connection::open(server, sealing::domain(&courier.press.from.address)).await,
        };
        let mut open = match open {
            Ok(open) => open,
            Err(error) => {
                // What goes for this letter goes for the rest: the server cannot be had.
                notices.failed(courier, &error).await?;
                judge(courier, &letter, &error).await?;
                for rest in letters {
                    if let Some(rest) = begin(courier, &rest).await? {
                        judge(courier, &rest, &error).await?;
                    }
                }
                return Ok(());
            }
        };
        match send(courier, &mut open, &letter).await? {
            Ok(()) => {
                settle(courier, &letter, Outcome::Accepted, courier.clock.now()).await?;
                notices.sent();
                connection = open.is_usable().then_some(open);
            }
            Err(error) => {
                notices.failed(courier, &error).await?;
                if error.kind == Kind::TooLarge {
                    too_large(courier, &letter, open.size_limit()).await?;
                } else {
                    judge(courier, &letter, &error).await?;
                }
            }
        }
    }
    if let Some(connection) = connection {
        connection.quit().await;
    }
    Ok(())
}

/// Begins an attempt; the letter with this attempt counted, because what follows from a failure depends on how many there were.
async fn begin(courier: &Courier, letter: &Letter) -> Result<Option<Letter>, StoreError> {
    let begun = *courier.store.begin(letter.id).await?.get() == Changed::Yes;
    Ok(begun.then(|| Letter { attempts: letter.attempts.saturating_add(1), ..letter.clone() }))
}

/// A letter's fixed bytes. A file that was damaged on the disk is the end of this letter, whose items then wait again; not of
/// the daemon, which would find it damaged at each start.
async fn bytes_of(courier: &Courier, letter: &Letter) -> Result<Result<Vec<u8>, SendError>, StoreError> {
    match courier.store.unspool(&letter.body).await {
        Err(error @ StoreError::Spoiled(_)) => {
            Ok(Err(SendError::new(Stage::Mail, Kind::Unsendable, error.to_string())))
        }
        bytes => Ok(Ok(bytes?)),
    }
}

/// Brings one letter to the server, and writes before the final dot that the server may have it from then on.
async fn send(
    courier: &Courier,
    connection: &mut Connection,
    letter: &Letter,
) -> Result<Result<(), SendError>, StoreError> {
    let bytes = match bytes_of(courier, letter).await? {
        Ok(bytes) => bytes,
        Err(error) => return Ok(Err(error)),
    };
    let parcel = Parcel { from: &courier.press.from.address, to: &letter.recipient, bytes: &bytes };
    if let Err(error) = connection.announce(parcel).await {
        return Ok(Err(error));
    }
    if *courier.store.data_sent(letter.id).await?.get() == Changed::No {
        let text = "it was settled by something else meanwhile";
        return Ok(Err(SendError::new(Stage::Data, Kind::Transient, text)));
    }
    Ok(connection.deliver(&bytes).await)
}

/// Writes down what an error means for a letter.
async fn judge(courier: &Courier, letter: &Letter, error: &SendError) -> Result<(), StoreError> {
    let now = courier.clock.now();
    let why = error.to_string();
    match error.kind {
        Kind::Uncertain => uncertain(courier, letter, now).await,
        Kind::Permanent | Kind::TooLarge | Kind::Unsendable => {
            settle(courier, letter, Outcome::Failed { why }, now).await
        }
        Kind::OnceMore => {
            let outcome = match retry::after_doubtful_refusal(letter.attempts, now) {
                retry::Next::At(not_before) => Outcome::Deferred { not_before, why },
                retry::Next::GiveUp => Outcome::Failed { why },
            };
            settle(courier, letter, outcome, now).await
        }
        Kind::Transient | Kind::Unreachable | Kind::Credentials | Kind::Hostile | Kind::Secret => {
            defer(courier, letter, now, &why).await
        }
    }
}

/// Not now: the next attempt after a growing while, and after five days no more.
///
/// # Errors
/// When the store fails.
pub async fn defer(courier: &Courier, letter: &Letter, now: Timestamp, why: &str) -> Result<(), StoreError> {
    let tried = retry::Tried { letter: letter.id, attempts: letter.attempts, sealed_at: letter.sealed_at };
    let outcome = match retry::after_failure(&tried, now) {
        retry::Next::At(not_before) => Outcome::Deferred { not_before, why: why.to_owned() },
        retry::Next::GiveUp => Outcome::Failed { why: format!("given up after five days: {why}") },
    };
    settle(courier, letter, outcome, now).await
}

/// Nobody knows whether the server took it: looked up where the recipient's mailbox is ours to read, else sent once more
/// after a while.
///
/// # Errors
/// When the store fails.
pub async fn uncertain(courier: &Courier, letter: &Letter, now: Timestamp) -> Result<(), StoreError> {
    let desk = courier.desk.borrow().clone();
    let retry::Next::At(unread_resend) = retry::after_uncertainty(letter.uncertain.saturating_add(1), now) else {
        let why = "nobody knows whether the server took it, after three attempts".to_owned();
        return settle(courier, letter, Outcome::Failed { why }, now).await;
    };
    let readable = desk.is_me(&letter.recipient);
    let first_look = retry::look(0, now).unwrap_or(now);
    let looks: Vec<Errand> = desk
        .accounts
        .keys()
        .filter(|_| readable)
        .map(|account| {
            let task = Task::Find { letter: letter.id, message_id: letter.message_id.clone() };
            Errand { not_before: first_look, ..Errand::new(&desk.person, account, task, now) }
        })
        .collect();
    // With the last look it is sent again at once where it did not arrive: there is nothing more to wait for.
    let last_look = later(first_look, limits::hands::LETTER_SECOND_LOOK);
    let resend_at = if looks.is_empty() { unread_resend } else { last_look };
    let outcome = Outcome::Uncertain { resend_at, looks };
    settle(courier, letter, outcome, now).await
}

async fn settle(courier: &Courier, letter: &Letter, outcome: Outcome, at: Timestamp) -> Result<(), StoreError> {
    let id = letter.id;
    let outcome = sooner(&courier.clock, outcome, at);
    match &outcome {
        Outcome::Accepted => info!(letter = %id, "a letter was accepted"),
        Outcome::Deferred { not_before, why } => warn!(letter = %id, %not_before, "a letter was deferred: {why}"),
        Outcome::Uncertain { .. } => {
            warn!(letter = %id, "nobody knows whether a letter was taken: it is looked for before it is sent again");
        }
        Outcome::Failed { why } => warn!(letter = %id, "a letter failed, its items wait again: {why}"),
    }
    let next = match &outcome {
        Outcome::Deferred { not_before, .. } => Some(*not_before),
        Outcome::Uncertain { resend_at, .. } => Some(*resend_at),
        Outcome::Accepted | Outcome::Failed { .. } => None,
    };
    let _proven = courier.store.settle(id, outcome, at).await?;
    match next {
        Some(next) => moment::file_back(courier, letter, next, at).await,
        None => Ok(()),
    }
}

fn sooner(clock: &Clock, outcome: Outcome, now: Timestamp) -> Outcome {
    let sooner = |at| clock.sooner(now, at);
    match outcome {
        Outcome::Deferred { not_before, why } => Outcome::Deferred { not_before: sooner(not_before), why },
        Outcome::Uncertain { resend_at, looks } => {
            let looks = looks.into_iter().map(|look| Errand { not_before: sooner(look.not_before), ..look }).collect();
            Outcome::Uncertain { resend_at: sooner(resend_at), looks }
        }
        other @ (Outcome::Accepted | Outcome::Failed { .. }) => other,
    }
}

/// A letter that is too large fails, and its edition is sealed anew in smaller parts at once.
async fn too_large(courier: &Courier, letter: &Letter, limit: Option<u64>) -> Result<(), StoreError> {
    let now = courier.clock.now();
    let edition = courier.store.edition(letter.edition).await?;
    let why = "the server takes no letter of this size; it is sealed anew in smaller parts".to_owned();
    settle(courier, letter, Outcome::Failed { why }, now).await?;
    let Some(edition) = edition else { return Ok(()) };
    for sibling in edition.letters.iter().filter(|sibling| **sibling != letter.id) {
        let Some(sibling) = courier.store.letter(*sibling).await? else { continue };
        if matches!(sibling.stage, edition::Stage::Ready { .. }) {
            let why = "another letter of this edition was too large".to_owned();
            settle(courier, &sibling, Outcome::Failed { why }, now).await?;
        }
    }
    let desk = courier.desk.borrow().clone();
    let half = letter.size / 2;
    let issue = Issue {
        kind: edition.kind,
        slot: edition.slot,
        // Parts of one issue are sealed anew one by one: the part keeps their ids apart.
        revision: edition.revision.saturating_mul(limits::hands::REVISION_STEP).saturating_add(edition.part),
        items: edition.items,
        seen_meanwhile: 0,
        dropped: 0,
        max_bytes: Some(limit.map_or(half, |limit| limit.min(half))),
    };
    match sealing::seal(&courier.store, (&desk, &courier.press), &issue, now).await {
        Ok(_) => Ok(()),
        Err(sealing::SealError::Store(error)) => Err(error),
        Err(sealing::SealError::Compose(error)) => {
            warn!(letter = %letter.id, "cannot be sealed in smaller parts, its items wait for the next slot: {error}");
            Ok(())
        }
    }
}
