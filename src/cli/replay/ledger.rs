//! The daemon's ledger for a replay: a copy of it, so that the daemon goes on and nothing of its own is touched.

use std::fs::DirBuilder;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use jiff::Timestamp;
use tokio::runtime::Handle;

use super::engine::Kept;
use crate::config::ready::Config;
use crate::control::client::{self, CallError};
use crate::control::socket;
use crate::control::wire::{Reply, Request};
use crate::intake::desk::Desk;
use crate::intake::history;
use crate::limits;
use crate::model::identity::Identity;
use crate::store::backup::restore::{self, Over};
use crate::store::backup::{fetch, standing};
use crate::store::handle::Store;

/// A copy of the ledger; it goes when this does.
pub struct Ledger {
    folder: PathBuf,
    store: Store,
}

impl Drop for Ledger {
    fn drop(&mut self) {
        // It holds texts of mail. What cannot be removed lies in a folder that only its owner can read.
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

/// Copies the ledger: by a backup of the running daemon, or of what a stopped one left.
///
/// # Errors
/// When there is none, or the copy cannot be made.
pub async fn copy(config: &Config, now: Timestamp) -> anyhow::Result<Ledger> {
    let folder = std::env::temp_dir().join(format!("tidings-replay-{}-{}", std::process::id(), now.as_nanosecond()));
    // For its owner alone, and never one that was there before.
    DirBuilder::new().mode(0o700).create(&folder).with_context(|| format!("cannot make \"{}\"", folder.display()))?;
    match copy_into(&folder, config, now).await {
        Ok(store) => Ok(Ledger { folder, store }),
        Err(error) => {
            let _ = std::fs::remove_dir_all(&folder);
            Err(error)
        }
    }
}

async fn copy_into(folder: &Path, config: &Config, now: Timestamp) -> anyhow::Result<Store> {
    let (backup, state) = (folder.join("backup"), folder.join("state"));
    let from = match client::call(&socket(&config.runtime), &Request::Backup).await {
        Ok(Reply::Backup { path, .. }) => Some(path),
        Ok(Reply::Refused { said }) => bail!("{said}"),
        Ok(_) => bail!("{}", CallError::Unreadable),
        Err(CallError::NotRunning(_) | CallError::TooLong(_)) => None,
        Err(error) => return Err(error.into()),
    };
    let standing = config.state.clone();
    let work = tokio::task::spawn_blocking(move || {
        match from {
            Some(path) => drop(fetch::fetch(Path::new(&path), &backup)?),
            None => drop(standing::write(&standing, &backup, now)?),
        }
        restore::restore(&state, &backup, Over::Refuse, now)?;
        anyhow::Ok(Store::open(&state, now)?.store)
    });
    work.await?
}

impl Ledger {
    /// How many items of this person are in it.
    pub fn len(&self, desk: &Desk) -> usize {
        self.store.known(&desk.person).len()
    }

    /// The items of this person, by their ids, with what was known around each. Not to be asked on the runtime's threads.
    pub fn items<'l>(
        &'l self,
        desk: &'l Desk,
        runtime: &'l Handle,
    ) -> impl Iterator<Item = Result<Kept, String>> + Send + 'l {
        let mut left = self.store.known(&desk.person);
        left.sort_unstable();
        let batches: Vec<Vec<Identity>> = left.chunks(limits::memory::VIEW_BATCH).map(<[Identity]>::to_vec).collect();
        batches.into_iter().flat_map(move |batch| match runtime.block_on(self.store.items(batch)) {
            Err(error) => vec![Err(format!("the ledger cannot be read: {error}"))],
            Ok(items) => items
                .into_iter()
                .map(|item| {
                    let history = history::recall(&self.store, desk, &item).map_err(|error| error.to_string())?;
                    Ok((item, history))
                })
                .collect(),
        })
    }
}
