//! `tidings release --expired`: held mail goes back to its reader when the daemon has been silent too long.

use clap::Args;
use jiff::Timestamp;

use super::shared::{Common, Ended, load};
use super::show;
use crate::civil::duration;
use crate::clock::{self, Clock};
use crate::config::ready::Config;
use crate::source::face::Owner;
use crate::source::giveback;
use crate::store::lease::{self, Silence};

/// Arguments of `tidings release`.
#[derive(Clone, Debug, Args)]
pub struct Release {
    /// Give mail back if the lease (`[hold] lease`) has run out
    #[arg(long, required = true)]
    expired: bool,
}

/// Gives held mail back if the lease has run out; needs only the configuration.
///
/// # Errors
/// None in practice.
pub async fn release(common: &Common, _release: &Release) -> anyhow::Result<Ended> {
    let config = match load(common).await {
        Ok(config) => config,
        Err(ended) => return Ok(ended),
    };
    let lease = config.person.hold.lease;
    let state = config.state.clone();
    let silence = tokio::task::spawn_blocking(move || lease::read_lease(&state)).await?;
    let silent = match silence {
        Ok(Silence::Since(silent) | Silence::BeforeBoot(silent)) => silent,
        // Without a lease nobody knows when the daemon was last alive: as long as this machine has been awake.
        Ok(Silence::Never) | Err(_) => clock::awake(),
    };
    if silent <= lease {
        show::out(&format!(
            "the daemon was alive {} ago, within its lease of {}: nothing to do\n",
            duration::write(silent),
            duration::write(lease)
        ));
        return Ok(Ended::Done);
    }
    give_back(&config, show::now()).await
}

async fn give_back(config: &Config, now: Timestamp) -> anyhow::Result<Ended> {
    let mut ended = Ended::Done;
    for account in &config.accounts {
        let Some(filing) = config.person.filing(&account.name) else { continue };
        let owner =
            Owner { person: config.person.person.clone(), account: account.name.clone(), clock: Clock::system() };
        match giveback::give_back(&account.way, owner, (filing, &config.person.hold), now).await {
            Ok(given) => {
                show::out(&format!(
                    "account {}: {} mails were given back to \"{}\"\n",
                    account.name, given.mails, filing.urgent_to
                ));
                if let Some(text) = given.refused {
                    show::say(&format!("tidings: account {}: not all could be given back: {text}", account.name));
                    ended = Ended::Refused;
                }
            }
            Err(error) => {
                show::say(&format!("tidings: account {}: nothing could be given back: {error}", account.name));
                ended = Ended::Refused;
            }
        }
    }
    Ok(ended)
}
