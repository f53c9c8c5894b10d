//! Carrying out what people ask over the control socket.

pub mod digests;
pub mod held;
pub mod kit;
pub mod outbox;
pub mod status;

use jiff::Timestamp;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use tracing::info;

use crate::control::server::Call;
use crate::control::wire::{Reply, Request};
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
        let Some((request, back)) = call else { return };
        let (operator, stop) = (operator.clone(), stop.clone());
        tokio::spawn(async move {
            let reply = tokio::select! {
                reply = answer(&operator, request) => reply,
                () = stop.cancelled() => Reply::Refused { said: "the daemon is stopping".to_owned() },
            };
            // Who asked may have gone away; nothing is lost with the reply.
            let _ = back.send(reply);
        });
    }
}

/// The reply to one request.
pub async fn answer(operator: &Operator, request: Request) -> Reply {
    match carry_out(operator, request).await {
        Ok(reply) => reply,
        Err(trouble) => Reply::Refused { said: trouble.to_string() },
    }
}

async fn carry_out(operator: &Operator, request: Request) -> Result<Reply, Trouble> {
    match request {
        Request::Status => Ok(Reply::Status(status::status(operator))),
        Request::Held => held::list(operator).await,
        Request::Item { id } => held::show(operator, &id).await,
        Request::Release { which } => held::release(operator, which).await,
        Request::Drop { ids } => held::drop(operator, ids).await,
        Request::Outbox => outbox::list(operator).await,
        Request::Retry { id } => outbox::retry(operator, &id).await,
        Request::GiveUp { id } => outbox::give_up(operator, &id).await,
        Request::Preview { digest } => digests::preview(operator, digest.as_deref()).await,
        Request::DigestNow { digest, wait } => {
            let until = if wait { Until::Sent } else { Until::Sealed };
            digests::now(operator, digest.as_deref(), until).await
        }
        Request::Pause { until } => pause(operator, &until).await,
        Request::Resume => resume(operator).await,
    }
}

async fn pause(operator: &Operator, until: &str) -> Result<Reply, Trouble> {
    let until: Timestamp = until.parse().map_err(|_| Trouble::Refused(format!("\"{until}\" is no time")))?;
    let from = operator.clock.now();
    if until <= from {
        return Err(Trouble::Refused(format!("{until} is past")));
    }
    let person = operator.desk.borrow().person.clone();
    operator.store.pause(&person, Some(Pause { from, until })).await?;
    info!(%until, "paused by hand");
    Ok(Reply::Done { said: format!("paused until {until}; only critical messages pass") })
}

async fn resume(operator: &Operator) -> Result<Reply, Trouble> {
    let person = operator.desk.borrow().person.clone();
    if operator.store.paused(&person).is_none_or(|pause| pause.until <= operator.clock.now()) {
        return Err(Trouble::Refused("there is no pause to end".to_owned()));
    }
    operator.store.pause(&person, None).await?;
    info!("the pause was ended by hand");
    Ok(Reply::Done { said: "the pause has ended".to_owned() })
}
