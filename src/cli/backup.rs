//! `tidings backup`, `tidings restore`, `tidings forget`: what is known, in a file, back again, and gone.

use std::path::{Path, PathBuf};

use clap::Args;

use super::line::Line;
use super::shared::{Common, Ended, load};
use super::{json, live, show};
use crate::control::client::CallError;
use crate::control::wire::{Reply, Request};
use crate::store::backup::fault::{ReadError, RestoreError, WriteError};
use crate::store::backup::reader::{self, Contents};
use crate::store::backup::restore::{self, Over};
use crate::store::backup::{fetch, standing};
use crate::store::fault::OpenError;

/// What stands below `tidings backup --help`.
pub const BACKUP_HINTS: &str = "\
Records, letters and the key of our letters' mark are in it, and so the texts of held mail: keep it as
you keep a mailbox. The daemon goes on meanwhile. The file is of one instant, readable for its owner
only, and takes the place of an older one of that name only when it is whole.";

/// What stands below `tidings restore --help`.
pub const RESTORE_HINTS: &str = "\
A damaged or truncated backup is refused whole. At its next start the daemon reads every mailbox again:
mail that was moved since is found, what a digest has named since is in no other, and a letter that may
have been sent is looked for before it is sent.
Exit codes: 0 done; 1 refused; 2 usage or configuration; 78 a newer version wrote it.";

/// What stands below `tidings forget --help`.
pub const FORGET_HINTS: &str = "\
Nothing undelivered is forgotten: release or drop it first (`tidings held`). The mail itself stays where
it lies. Backups are not changed; the disk's blocks are used again, not wiped.";

/// Arguments of `tidings backup`.
#[derive(Clone, Debug, Args)]
pub struct Backup {
    /// Where it is written to
    file: PathBuf,
}

/// Arguments of `tidings restore`.
#[derive(Clone, Debug, Args)]
pub struct Restore {
    /// The backup
    file: PathBuf,
    /// Move the state that is there into a folder of its own first
    #[arg(long)]
    replace: bool,
}

/// Arguments of `tidings forget`.
#[derive(Clone, Debug, Args)]
pub struct Forget {
    /// The beginning of an item's id, or a sender's address
    #[arg(value_name = "ID|ADDRESS")]
    what: String,
}

/// Writes a backup: by the running daemon, else of what it left.
///
/// # Errors
/// When the answer cannot be printed.
pub async fn backup(common: &Common, backup: &Backup) -> anyhow::Result<Ended> {
    let line = match Line::find(common).await {
        Ok(line) => line,
        Err(ended) => return Ok(ended),
    };
    let file = backup.file.clone();
    let (contents, missing) = match line.reach(Request::Backup).await {
        Ok(Reply::Backup { path, missing }) => {
            let fetched = tokio::task::spawn_blocking(move || fetch::fetch(Path::new(&path), &file)).await?;
            match fetched {
                Ok(contents) => (contents, missing),
                Err(error) => return Ok(refused(&error.to_string())),
            }
        }
        Err(CallError::NotRunning(_) | CallError::TooLong(_)) => {
            let state = match line.config() {
                Ok(config) => config.state.clone(),
                Err(ended) => return Ok(ended),
            };
            let now = show::now();
            let written = tokio::task::spawn_blocking(move || standing::write(&state, &file, now)).await?;
            match written.map(|written| (reader::verify(&written.path), written.missing)) {
                Ok((Ok(contents), missing)) => (contents, missing),
                Ok((Err(error), _)) => return Ok(refused(&error.to_string())),
                Err(error @ WriteError::Open(OpenError::Newer { .. })) => return Ok(newer(&error.to_string())),
                Err(error) => return Ok(refused(&error.to_string())),
            }
        }
        Ok(Reply::Refused { said }) => return Ok(refused(&said)),
        Ok(_) => return Ok(refused(&CallError::Unreadable.to_string())),
        Err(error) => return Ok(refused(&error.to_string())),
    };
    if missing > 0 {
        let files = show::count(missing, "file of a letter is", "files of letters are");
        show::complain(&format!("{files} missing or damaged, and not in the backup"));
    }
    say(common, &backup.file, (&contents, missing))?;
    Ok(Ended::Done)
}

fn say(common: &Common, file: &Path, (contents, missing): (&Contents, usize)) -> anyhow::Result<()> {
    let Contents { records, files, bytes, .. } = *contents;
    if common.json {
        let backup = json::Backup { file: file.display().to_string(), records, files, bytes, missing };
        show::out(&json::line(&backup)?);
    } else {
        let records = show::count(records, "record", "records");
        let files = show::count(files, "file", "files");
        show::out(&format!(
            "\"{}\": {records} and {files} in {bytes} bytes, read again and found whole\n",
            file.display()
        ));
    }
    Ok(())
}

/// Restores a backup.
///
/// # Errors
/// When the answer cannot be printed.
pub async fn restore(common: &Common, restore: &Restore) -> anyhow::Result<Ended> {
    let config = match load(common).await {
        Ok(config) => config,
        Err(ended) => return Ok(ended),
    };
    let (state, now) = (config.state, show::now());
    let (folder, file) = (state.clone(), restore.file.clone());
    let over = if restore.replace { Over::MoveAside } else { Over::Refuse };
    let done = tokio::task::spawn_blocking(move || restore::restore(&folder, &file, over, now)).await?;
    let restored = match done {
        Ok(restored) => restored,
        Err(error @ RestoreError::Backup(ReadError::Newer { .. })) => return Ok(newer(&error.to_string())),
        Err(error) => return Ok(refused(&error.to_string())),
    };
    if common.json {
        let Contents { records, files, .. } = restored.contents;
        let aside = restored.aside.map(|aside| aside.display().to_string());
        show::out(&json::line(&json::Restored { state: state.display().to_string(), records, files, aside })?);
        return Ok(Ended::Done);
    }
    if let Some(aside) = restored.aside {
        show::out(&format!("what was there lies in \"{}\" now; remove it when all is well\n", aside.display()));
    }
    let title = &restored.contents.title;
    show::out(&format!(
        "restored into \"{}\": {title}\nstart the daemon: it reads every mailbox again\n",
        state.display()
    ));
    Ok(Ended::Done)
}

/// Forgets.
///
/// # Errors
/// None in practice.
pub async fn forget(common: &Common, forget: &Forget) -> anyhow::Result<Ended> {
    let line = match Line::find(common).await {
        Ok(line) => line,
        Err(ended) => return Ok(ended),
    };
    match line.ask(Request::Forget { what: forget.what.clone() }).await {
        Ok(reply) => live::done(common, &reply).map(|()| Ended::Done),
        Err(ended) => Ok(ended),
    }
}

fn refused(why: &str) -> Ended {
    show::complain(why);
    Ended::Refused
}

/// What a newer version wrote ends a command as it ends the daemon.
fn newer(why: &str) -> Ended {
    show::complain(why);
    Ended::Code(78)
}
