//! `tidings release`: held mail goes back to its reader, by the configuration alone, when there is no daemon to do it.

use clap::Args;
use jiff::Timestamp;

use super::shared::{Common, Ended, load};
use super::show;
use crate::civil::duration;
use crate::clock::{self, Clock};
use crate::config::ready::{Config, Person};
use crate::intake::desk::Hold;
use crate::source::face::Owner;
use crate::source::giveback;
use crate::store::folder;
use crate::store::lease::{self, Holding, Silence};

/// Arguments of `tidings release`.
#[derive(Clone, Debug, Args)]
#[group(required = true, multiple = false)]
pub struct Release {
    /// Give mail back if the lease (`[hold] lease`) has run out
    #[arg(long)]
    expired: bool,
    /// Give mail back now: before tidings is removed. The daemon must be stopped
    #[arg(long)]
    all: bool,
}

/// Gives held mail back if the lease has run out, or in any case; needs only the configuration.
///
/// # Errors
/// None in practice.
pub async fn release(common: &Common, release: &Release) -> anyhow::Result<Ended> {
    let config = match load(common).await {
        Ok(config) => config,
        Err(ended) => return Ok(ended),
    };
    if release.all { all(&config).await } else { expired(&config).await }
}

/// With the daemon kept out: it would hold again what it does not know to be given back.
async fn all(config: &Config) -> anyhow::Result<Ended> {
    let state = config.state.clone();
    let lock = tokio::task::spawn_blocking(move || folder::lock(&state)).await?;
    if matches!(lock, Ok(None)) {
        show::say("tidings: the daemon is running: ask it with `tidings held release --all`, or stop it first");
        return Ok(Ended::Refused);
    }
    // A state folder that is not there has no daemon either.
    let mut ended = Ended::Done;
    for person in &config.people {
        if give_back(config, person, show::now()).await == Ended::Refused {
            ended = Ended::Refused;
        }
    }
    Ok(ended)
}

async fn expired(config: &Config) -> anyhow::Result<Ended> {
    let state = config.state.clone();
    let silence = tokio::task::spawn_blocking(move || lease::read_lease(&state)).await?;
    let silent = match silence {
        Ok(Silence::Since(silent) | Silence::BeforeBoot(silent)) => silent,
        // Without a lease nobody knows when the daemon was last alive: as long as this machine has been awake.
        Ok(Silence::Never) | Err(_) => clock::awake(),
    };
    let mut ended = Ended::Done;
    for person in &config.people {
        let lease = person.desk.hold.lease;
        if silent <= lease {
            show::out(&format!(
                "{}the daemon was alive {} ago, within its lease of {}: nothing to do\n",
                whose(config, person),
                duration::write(silent),
                duration::write(lease)
            ));
        } else if give_back(config, person, show::now()).await == Ended::Refused {
            ended = Ended::Refused;
        }
    }
    Ok(ended)
}

/// What begins a line, where there are several persons.
fn whose(config: &Config, person: &Person) -> String {
    if config.people.len() > 1 { format!("{}: ", person.desk.person) } else { String::new() }
}

async fn give_back(config: &Config, person: &Person, now: Timestamp) -> Ended {
    let (whose, desk) = (whose(config, person), &person.desk);
    let state = config.state.clone();
    let holding = tokio::task::spawn_blocking(move || lease::read_holding(&state)).await;
    // What waited for the end of a vacation is older than else it may be.
    let holding = holding.ok().and_then(Result::ok).unwrap_or(Holding::AsConfigured);
    let hold = Hold { max: holding.longest(desk.hold.max), ..desk.hold };
    let mut ended = Ended::Done;
    for account in &person.accounts {
        let Some(filing) = desk.filing(&account.name) else { continue };
        let owner = Owner { person: desk.person.clone(), account: account.name.clone(), clock: Clock::system() };
        match giveback::give_back(&account.way, owner, (filing, &hold), now).await {
            Ok(given) => {
                show::out(&format!(
                    "{whose}account {}: {} mails were given back to \"{}\"\n",
                    account.name, given.mails, filing.urgent_to
                ));
                if let Some(text) = given.refused {
                    show::say(&format!(
                        "tidings: {whose}account {}: not all could be given back: {text}",
                        account.name
                    ));
                    ended = Ended::Refused;
                }
            }
            Err(error) => {
                show::say(&format!("tidings: {whose}account {}: nothing could be given back: {error}", account.name));
                ended = Ended::Refused;
            }
        }
    }
    ended
}
