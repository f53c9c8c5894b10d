//! Reading the configuration again on SIGHUP: an invalid one changes nothing.

use std::path::Path;
use std::sync::Arc;

use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::watch;
use tracing::{error, info, warn};

use super::supervise::Households;
use crate::config::environment::Environment;
use crate::config::fault::{Fault, Weight};
use crate::config::ready::Config;
use crate::config::{self, Asker};
use crate::health::Health;
use crate::receiver::hooks::Hooks;
use crate::store::fault::StoreError;

/// SIGHUP, where it can be had.
#[derive(Debug)]
pub struct Hangups(Option<Signal>);

impl Hangups {
    /// Listens from now on.
    pub fn new() -> Self {
        Self(signal(SignalKind::hangup()).ok())
    }

    /// Returns at the next SIGHUP.
    pub async fn next(&mut self) {
        match &mut self.0 {
            Some(signal) => {
                signal.recv().await;
            }
            None => std::future::pending().await,
        }
    }
}

impl Default for Hangups {
    fn default() -> Self {
        Self::new()
    }
}

/// Reads the files again. Persons, rules, quiet hours, digests and accounts change at once; what only a restart changes is
/// said.
///
/// # Errors
/// When the store fails.
pub async fn reload(
    file: Option<&Path>,
    first: &Config,
    (households, hooks, health): (&mut Households, &watch::Sender<Arc<Hooks>>, &Health),
) -> Result<(), StoreError> {
    let Some(file) = file.map(Path::to_owned) else { return Ok(()) };
    let shown = file.display().to_string();
    let read = tokio::task::spawn_blocking(move || config::load(&file, &Environment::for_file(&file))).await;
    let new = match read {
        Ok(Ok(new)) => new,
        Ok(Err(faults)) => {
            refuse(&shown, &faults);
            return Ok(());
        }
        Err(_) => {
            error!("the configuration in \"{shown}\" could not be read: nothing was changed");
            return Ok(());
        }
    };
    let mut faults = config::check_secrets(&new, Asker::Daemon).await;
    faults.retain(|fault| fault.weight == Weight::Error);
    if !faults.is_empty() {
        refuse(&shown, &faults);
        return Ok(());
    }
    for warning in &new.warnings {
        warn!("{warning}");
    }
    for (what, differs) in [
        ("state_dir", new.state != first.state),
        ("listen", new.listen != first.listen),
        ("[smtp]", new.way_out != first.way_out || new.from != first.from),
    ] {
        if differs {
            warn!("{what} has changed in \"{shown}\": restart tidings for it to count");
        }
    }
    let opened = Hooks::open(&new.hooks, new.public_url.as_deref(), health).await;
    households.change(&new.people).await?;
    hooks.send_replace(Arc::new(opened));
    info!("the configuration was read again");
    Ok(())
}

fn refuse(shown: &str, faults: &[Fault]) {
    for fault in faults {
        error!("{fault}");
    }
    let errors = if faults.len() == 1 { "error" } else { "errors" };
    error!("the configuration in \"{shown}\" has {} {errors}: nothing was changed", faults.len());
}
