//! Carrying out what people ask over the control socket.

pub mod backup;
pub mod digests;
pub mod held;
pub mod hooks;
pub mod kit;
pub mod outbox;
pub mod status;

use jiff::Timestamp;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use tracing::info;

use crate::control::server::Call;
use crate::control::wire::{Asked, Reply, Request};
use crate::model::name::PersonName;
use crate::store::view::Pause;
use digests::Until;
use kit::{Operator, Trouble};

/// Answers requests, each in a task of its own, until it is stopped. The socket bounds how many there are.
pub async fn run(operator: Operator, mut calls: mpsc::Receiver<Call>, stop: CancellationToken) {
    loop {
        let call = tokio::select! {
            call = calls.recv() => call,
            () = stop.cancelled() => None,
        };
        let Some((asked, back)) = call else { return };
        let (operator, stop) = (operator.clone(), stop.clone());
        tokio::spawn(async move {
            let reply = tokio::select! {
                reply = answer(&operator, asked) => reply,
                () = stop.cancelled() => Reply::Refused { said: "the daemon is stopping".to_owned() },
            };
            // Who asked may have gone away; nothing is lost with the reply.
            let _ = back.send(reply);
        });
    }
}

/// The reply to one request.
pub async fn answer(operator: &Operator, asked: Asked) -> Reply {
    match carry_out(operator, asked).await {
        Ok(reply) => reply,
        Err(trouble) => Reply::Refused { said: trouble.to_string() },
    }
}

async fn carry_out(operator: &Operator, asked: Asked) -> Result<Reply, Trouble> {
    let whom = operator.whom(asked.person.as_deref())?;
    match asked.request {
        Request::Status => Ok(Reply::Status(status::status(operator, &whom))),
        Request::Held => held::list(operator, &whom).await,
        Request::Item { id } => held::show(operator, &whom, &id).await,
        Request::Release { which } => held::release(operator, &whom, which).await,
        Request::Drop { ids } => held::drop(operator, &whom, ids).await,
        Request::Outbox => outbox::list(operator, &whom).await,
        Request::Retry { id } => outbox::retry(operator, &whom, &id).await,
        Request::GiveUp { id } => outbox::give_up(operator, &whom, &id).await,
        Request::Preview { digest } => digests::preview(operator, whom.one()?, digest.as_deref()).await,
        Request::DigestNow { digest, wait } => {
            let until = if wait { Until::Sent } else { Until::Sealed };
            digests::now(operator, whom.one()?, digest.as_deref(), until).await
        }
        Request::Pause { until } => pause(operator, &whom.one()?.person, &until).await,
        Request::Resume => resume(operator, &whom.one()?.person).await,
        Request::Hooks => Ok(Reply::Hooks { hooks: hooks::list(operator, &whom) }),
        Request::Expect { hook } => hooks::expect(operator, &whom, &hook).await,
        Request::Backup => backup::write(operator).await,
        Request::Forget { what } => backup::forget(operator, &whom, &what).await,
    }
}

async fn pause(operator: &Operator, person: &PersonName, until: &str) -> Result<Reply, Trouble> {
    let until: Timestamp = until.parse().map_err(|_| Trouble::Refused(format!("\"{until}\" is no time")))?;
    let from = operator.clock.now();
    if until <= from {
        return Err(Trouble::Refused(format!("{until} is past")));
    }
    operator.store.pause(person, Some(Pause { from, until })).await?;
    info!(%person, %until, "paused by hand");
    Ok(Reply::Done { said: format!("paused until {until}; only critical messages pass") })
}

async fn resume(operator: &Operator, person: &PersonName) -> Result<Reply, Trouble> {
    if operator.store.paused(person).is_none_or(|pause| pause.until <= operator.clock.now()) {
        return Err(Trouble::Refused("there is no pause to end".to_owned()));
    }
    operator.store.pause(person, None).await?;
    info!(%person, "the pause was ended by hand");
    Ok(Reply::Done { said: "the pause has ended".to_owned() })
}
