//! The demo's folder: a Maildir with the forty mails, and the configuration that the daemon runs with.

use std::fs::{DirBuilder, File};
use std::io::{ErrorKind, Write};
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use anyhow::{Context, bail};
use jiff::Timestamp;

use super::mails::{self, Mail};
use crate::config::ready::Config;
use crate::limits;
use crate::mail::fields;
use crate::model::identity::Identity;

/// The configuration of the demo, with `{dir}` where its folder stands.
pub const CONFIG: &str = include_str!("tidings.toml");

/// What was laid out.
#[derive(Debug)]
pub struct Folder {
    /// The folder, absolute.
    pub path: PathBuf,
    /// The configuration in it.
    pub config: PathBuf,
    /// The mails that lie in INBOX, the oldest first.
    pub mails: Vec<Mail>,
}

/// Writes the mailbox and the configuration, into a new folder where none is named.
///
/// # Errors
/// When there is a demo already, or the folder cannot be written.
pub fn lay_out(dir: Option<&Path>, now: Timestamp) -> anyhow::Result<Folder> {
    let path = match dir {
        Some(dir) => {
            let path = std::path::absolute(dir)?;
            DirBuilder::new()
                .mode(0o700)
                .recursive(true)
                .create(&path)
                .with_context(|| format!("cannot create \"{}\"", path.display()))?;
            path
        }
        None => new_folder()?,
    };
    let shown = path.display();
    let Some(text) = path.to_str().filter(|text| !text.contains(['"', '\\']) && !text.chars().any(char::is_control))
    else {
        bail!("\"{shown}\" has a name that a configuration cannot hold; name another folder with --dir");
    };
    if path.join("mail").exists() {
        bail!("\"{shown}\" holds a demo already; remove it, or name another folder with --dir");
    }
    for sub in ["mail/cur", "mail/new", "mail/tmp"] {
        std::fs::create_dir_all(path.join(sub)).with_context(|| format!("cannot create \"{shown}/{sub}\""))?;
    }
    let mails = mails::written(now)?;
    for mail in &mails {
        let file = path.join(format!("mail/new/{}.{}.demo", mail.sent_at.as_second(), mail.name));
        write(&file, mail).with_context(|| format!("cannot write \"{}\"", file.display()))?;
    }
    let config = path.join("tidings.toml");
    std::fs::write(&config, CONFIG.replace("{dir}", text))
        .with_context(|| format!("cannot write \"{}\"", config.display()))?;
    Ok(Folder { path, config, mails })
}

/// A folder of our own: in one that everybody may write to, nobody else can have made it before us.
fn new_folder() -> anyhow::Result<PathBuf> {
    for number in 1..=limits::front::DEMO_FOLDERS {
        let path = std::env::temp_dir().join(format!("tidings-demo-{number}"));
        match DirBuilder::new().mode(0o700).create(&path) {
            Ok(()) => return Ok(path),
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
            Err(error) => return Err(error).with_context(|| format!("cannot create \"{}\"", path.display())),
        }
    }
    bail!("\"{}\" holds {} demos already; remove some", std::env::temp_dir().display(), limits::front::DEMO_FOLDERS)
}

/// When a mail arrived is the time of its file.
fn write(path: &Path, mail: &Mail) -> std::io::Result<()> {
    let mut file = File::create_new(path)?;
    file.write_all(&mail.bytes)?;
    let since = Duration::try_from(mail.sent_at.duration_since(Timestamp::UNIX_EPOCH)).unwrap_or_default();
    file.set_modified(SystemTime::UNIX_EPOCH + since)
}

/// By which ids the daemon knows the mails, in their order.
pub fn identities(config: &Config, folder: &Folder) -> Vec<Identity> {
    let Some(person) = config.people.first() else { return Vec::new() };
    let Some(account) = person.accounts.first() else { return Vec::new() };
    let of = |mail: &Mail| {
        let head = fields::header_block(&mail.bytes);
        Identity::of_content(&person.desk.person, &account.name, head, crlf_size(&mail.bytes))
    };
    folder.mails.iter().map(of).collect()
}

/// Octets as an IMAP server counts them: each line ends in two.
fn crlf_size(bytes: &[u8]) -> u64 {
    let line_feeds = bytes.iter().filter(|byte| **byte == b'\n').count();
    (bytes.len() + line_feeds) as u64
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use jiff::Timestamp;

    use super::lay_out;

    #[test]
    fn a_folder_is_laid_out_once() {
        let now: Timestamp = "2027-01-12T09:40:00Z".parse().unwrap();
        let base = tempfile::tempdir().unwrap();
        let dir = base.path().join("a/b");
        let folder = lay_out(Some(&dir), now).unwrap();
        assert_eq!(folder.mails.len(), 40);
        assert_eq!(std::fs::read_dir(dir.join("mail/new")).unwrap().count(), 40);
        let config = std::fs::read_to_string(&folder.config).unwrap();
        assert!(!config.contains("{dir}") && config.contains(dir.to_str().unwrap()));
        let again = lay_out(Some(&dir), now).unwrap_err().to_string();
        assert!(again.contains("holds a demo already"), "{again}");
        assert!(lay_out(Some(&base.path().join("a\"b")), now).is_err());
    }
}
