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

use crate::civil::later;
use crate::control::server::Call;
use crate::control::wire::{Asked, PauseReason, Reply, Request};
use crate::limits;
use crate::model::name::PersonName;
use crate::store::view::{Pause, Reason};
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
        Request::Pause { until, reason } => pause(operator, &whom.one()?.person, (&until, reason)).await,
        Request::Resume => resume(operator, &whom.one()?.person).await,
        Request::Hooks => Ok(Reply::Hooks { hooks: hooks::list(operator, &whom) }),
        Request::Expect { hook } => hooks::expect(operator, &whom, &hook).await,
        Request::Backup => backup::write(operator).await,
        Request::Forget { what } => backup::forget(operator, &whom, &what).await,
    }
}

async fn pause(
    operator: &Operator,
    person: &PersonName,
    (until, reason): (&str, Option<PauseReason>),
) -> Result<Reply, Trouble> {
    let until: Timestamp = until.parse().map_err(|_| Trouble::Refused(format!("\"{until}\" is no time")))?;
    let from = operator.clock.now();
    if until <= from {
        return Err(Trouble::Refused(format!("{until} is past")));
    }
    let vacation = operator.store.paused(person).filter(|pause| pause.reason == Reason::Vacation);
    let (reason, said) = match (reason, &vacation) {
        (Some(PauseReason::Vacation), _) => {
            let longest = later(from, limits::hands::VACATION_MAX);
            if until > longest {
                let days = limits::hands::VACATION_MAX.as_secs() / 86_400;
                let text =
                    format!("a vacation lasts {days} days at most, because nothing waits longer: until {longest}");
                return Err(Trouble::Refused(text));
            }
            let said =
                "only critical messages pass, and what waits now or comes until then leaves in one digest at its end";
            (Reason::Vacation, said)
        }
        // It would end before the vacation does, and what waits for that would leave in many digests.
        (None, Some(vacation)) => {
            let text = format!("there is a vacation until {}; end it first: `tidings resume`", vacation.until);
            return Err(Trouble::Refused(text));
        }
        (None, None) => (Reason::Quiet, "only critical messages pass"),
    };
    operator.store.pause(person, Some(Pause { from, until, reason })).await?;
    info!(%person, %until, ?reason, "paused by hand");
    Ok(Reply::Done { said: format!("paused until {until}; {said}") })
}

async fn resume(operator: &Operator, person: &PersonName) -> Result<Reply, Trouble> {
    let now = operator.clock.now();
    let Some(pause) = operator.store.paused(person).filter(|pause| pause.until > now) else {
        return Err(Trouble::Refused("there is no pause to end".to_owned()));
    };
    let (rest, said) = match pause.reason {
        Reason::Quiet => (None, "the pause has ended"),
        // It is remembered until its digest is sealed.
        Reason::Vacation => {
            (Some(Pause { until: now, ..pause }), "the vacation has ended; one digest of all that waits follows")
        }
    };
    operator.store.pause(person, rest).await?;
    info!(%person, "the pause was ended by hand");
    Ok(Reply::Done { said: said.to_owned() })
}
