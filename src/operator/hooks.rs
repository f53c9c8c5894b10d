//! The hooks: what came to them, and which handshake is awaited.

use jiff::Timestamp;
use tracing::info;

use super::kit::{Operator, Trouble, Whom};
use crate::civil::later;
use crate::control::wire::{HookStatus, Reply};
use crate::health::hooks::HookHealth;
use crate::limits;
use crate::model::name::HookName;
use crate::store::view::HookMemory;

/// All hooks of these persons, by name.
pub fn list(operator: &Operator, whom: &Whom) -> Vec<HookStatus> {
    all(operator, whom, |name, _| name.to_string())
}

/// The same as the log calls them: what `status` says is shown around, and a name may be a secret.
pub fn shown(operator: &Operator, whom: &Whom) -> Vec<HookStatus> {
    all(operator, whom, |_, hook| hook.shown.clone())
}

fn all(operator: &Operator, whom: &Whom, called: fn(&HookName, &HookHealth) -> String) -> Vec<HookStatus> {
    let now = operator.clock.now();
    let hooks = operator.health.hooks().into_iter();
    let theirs = hooks.filter(|(_, hook)| hook.readers.iter().any(|reader| whom.includes(reader)));
    let told = theirs.map(|(name, hook)| {
        let memory = operator.store.hook(&name);
        let text = |at: Timestamp| at.to_string();
        HookStatus {
            name: called(&name, &hook),
            kind: hook.kind.to_owned(),
            readers: hook.readers.iter().map(ToString::to_string).collect(),
            taken: hook.taken,
            last: hook.last.map(text),
            refused: hook.refused,
            refusal: hook.refusal.map(|(_, why)| why.to_owned()),
            refused_at: hook.refusal.map(|(at, _)| at.to_string()),
            unfetched: hook.unfetched.map(|(_, why)| why.to_owned()),
            unfetched_at: hook.unfetched.map(|(at, _)| at.to_string()),
            expected_until: memory.expected_until.filter(|until| *until > now).map(text),
            learned: memory.secret.is_some(),
            shut: hook.shut,
        }
    });
    told.collect()
}

/// Takes the handshake of a hook's service for a while.
///
/// # Errors
/// When there is no such hook, its service has no handshake that brings a secret, or the store fails.
pub async fn expect(operator: &Operator, whom: &Whom, name: &str) -> Result<Reply, Trouble> {
    let hooks = operator.health.hooks();
    let hook = HookName::new(name);
    let known = hooks.get(&hook).filter(|known| known.readers.iter().any(|reader| whom.includes(reader)));
    let Some(known) = known else {
        let names: Vec<&str> = hooks.keys().map(HookName::as_str).collect();
        let there =
            if names.is_empty() { "there is none".to_owned() } else { format!("there is {}", names.join(", ")) };
        return Err(Trouble::Refused(format!("there is no hook \"{name}\"; {there}")));
    };
    if !known.brings_secret {
        let kind = known.kind;
        return Err(Trouble::Refused(format!(
            "a hook of kind \"{kind}\" needs nothing to be expected: its secret stands in the configuration"
        )));
    }
    let until = later(operator.clock.now(), limits::hands::HANDSHAKE_AWAITED);
    let memory = HookMemory { expected_until: Some(until), ..operator.store.hook(&hook) };
    operator.store.keep_hook(&hook, memory).await?;
    info!(%hook, %until, "the handshake of its service is awaited");
    Ok(Reply::Done {
        said: format!("the handshake of \"{name}\" is taken until {until}; now set up the webhook there"),
    })
}
