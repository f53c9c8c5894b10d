//! One round of a person's letters over one connection, each stage written down before the next begins.

use jiff::Timestamp;
use tokio_util::sync::CancellationToken;

use super::kit::Courier;
use super::notice::Notices;
use super::outcome::settle;
use super::{anew, moment};
use crate::civil::later;
use crate::intake::sealing;
use crate::limits;
use crate::model::edition::{self, Lane, Letter};
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
        courier.health.moves_on(&courier.lane_of(&letter.person), limits::hands::COURIER_STEP);
        let shut = || courier.gate.closed_until().is_some_and(|until| until > courier.clock.now());
        if connection.is_none() && letter.attempts == 0 && shut() {
            break; // another person's login was refused meanwhile
        }
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
                notices.failed(courier, &letter.person, &error).await?;
                courier.gate.failed(&error, &courier.clock);
                judge(courier, &letter, &error).await?;
                return closed(courier, letters, &error).await;
            }
        };
        match send(courier, &mut open, &letter).await? {
            Ok(()) => {
                settle(courier, &letter, Outcome::Accepted, courier.clock.now()).await?;
                notices.sent();
                courier.gate.opened();
                connection = open.is_usable().then_some(open);
            }
            Err(error) => {
                courier.gate.failed(&error, &courier.clock);
                if !anew::seal(courier, &letter, &error, open.size_limit()).await? {
                    notices.failed(courier, &letter.person, &error).await?;
                    judge(courier, &letter, &error).await?;
                }
                if error.kind == Kind::Credentials {
                    return closed(courier, letters, &error).await;
                }
            }
        }
    }
    if let Some(connection) = connection {
        connection.quit().await;
    }
    Ok(())
}

/// What goes for one letter goes for the rest: the server cannot be had. Where it lets nobody in until a certain time, that
/// goes for all that would be tried before then: each has its own time, and together they would hammer.
async fn closed(
    courier: &Courier,
    rest: impl Iterator<Item = Letter> + Send,
    error: &SendError,
) -> Result<(), StoreError> {
    for letter in rest {
        if let Some(letter) = begin(courier, &letter).await? {
            judge(courier, &letter, error).await?;
        }
    }
    let Some(until) = courier.gate.closed_until() else { return Ok(()) };
    let now = courier.clock.now();
    for letter in courier.store.letters().await? {
        if let edition::Stage::Ready { not_before, .. } = letter.stage
            && not_before < until
        {
            let _proven = courier.store.reschedule(letter.id, Some(until), now).await?;
            moment::file_back(courier, &letter, until, now).await?;
        }
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
        Kind::Permanent => settle(courier, letter, refusal(error.stage, why), now).await,
        Kind::TooLarge | Kind::EightBit | Kind::Unsendable => {
            settle(courier, letter, Outcome::Failed { why }, now).await
        }
        Kind::OnceMore => {
            // The letter is as it was before this attempt.
            let doubts = 1 + u32::from(matches!(letter.stage, edition::Stage::Doubted { .. }));
            let outcome = match retry::after_doubtful_refusal(doubts, now) {
                retry::Next::At(not_before) => Outcome::Doubted { not_before, why },
                retry::Next::GiveUp => refusal(error.stage, why),
            };
            settle(courier, letter, outcome, now).await
        }
        Kind::Transient | Kind::Unreachable | Kind::Credentials | Kind::Hostile | Kind::Secret => {
            defer(courier, letter, now, &why).await
        }
    }
}

/// Who is refused at RCPT is not there, whatever the letter.
fn refusal(stage: Stage, why: String) -> Outcome {
    if stage == Stage::Rcpt { Outcome::Refused { why } } else { Outcome::Failed { why } }
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
    let desk = courier.desk(&letter.person);
    let urgent = courier.lane == Lane::Urgent;
    let after = if urgent { retry::after_urgent_uncertainty } else { retry::after_uncertainty };
    let retry::Next::At(unread_resend) = after(letter.uncertain.saturating_add(1), now) else {
        let why = "nobody knows whether the server took it, after three attempts".to_owned();
        return settle(courier, letter, Outcome::Failed { why }, now).await;
    };
    let readable = desk.iter().filter(|desk| desk.is_me(&letter.recipient));
    let first_look = retry::look(0, now).unwrap_or(now);
    let looks: Vec<Errand> = readable
        .flat_map(|desk| desk.accounts.keys())
        .map(|account| {
            let task = Task::Find { letter: letter.id, message_id: letter.message_id.clone() };
            Errand { urgent, not_before: first_look, ..Errand::new(&letter.person, account, task, now) }
        })
        .collect();
    // With the last look it is sent again at once where it did not arrive: there is nothing more to wait for.
    let last_look = if urgent { first_look } else { later(first_look, limits::hands::LETTER_SECOND_LOOK) };
    let resend_at = if looks.is_empty() { unread_resend } else { last_look };
    let outcome = Outcome::Uncertain { resend_at, looks };
    settle(courier, letter, outcome, now).await
}
