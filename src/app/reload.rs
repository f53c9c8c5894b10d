//! Reading the configuration again on SIGHUP: an invalid one changes nothing.

use std::path::Path;
use std::sync::Arc;

use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::watch;
use tracing::{error, info, warn};

use super::supervise::Sources;
use crate::config;
use crate::config::environment::Environment;
use crate::config::ready::Config;
use crate::intake::desk::Desk;

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

/// Reads the file again. Rules, quiet hours, digests and accounts change at once; what only a restart changes is said.
pub async fn reload(file: Option<&Path>, old: &Config, desk: &watch::Sender<Arc<Desk>>, sources: &mut Sources) {
    let Some(file) = file.map(Path::to_owned) else { return };
    let shown = file.display().to_string();
    let read = tokio::task::spawn_blocking(move || config::load(&file, &Environment::of_process())).await;
    let new = match read {
        Ok(Ok(new)) => new,
        Ok(Err(faults)) => {
            for fault in &faults {
                error!("{fault}");
            }
            let errors = if faults.len() == 1 { "error" } else { "errors" };
            error!("the configuration in \"{shown}\" has {} {errors}: nothing was changed", faults.len());
            return;
        }
        Err(_) => {
            error!("the configuration in \"{shown}\" could not be read: nothing was changed");
            return;
        }
    };
    for (what, differs) in [
        ("state_dir", new.state != old.state),
        ("[smtp]", new.way_out != old.way_out || new.from != old.from),
        ("[me] id", new.person.person != old.person.person),
    ] {
        if differs {
            warn!("{what} has changed in \"{shown}\": restart tidings for it to count");
        }
    }
    desk.send_replace(Arc::new(Desk { person: old.person.person.clone(), ..new.person }));
    sources.change(&new.accounts).await;
    info!("the configuration was read again");
}
