//! Secrets in memory: never printed, gone when dropped. Where they come from is the configuration's business.

use std::fmt;
use std::path::PathBuf;
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process_group};
use tokio::io::AsyncReadExt;
use tokio::process::{Child, Command};
use zeroize::Zeroizing;

use crate::limits;

/// A password or token: bytes that `Debug` never shows and that are wiped when dropped. It has no `==`: whoever measures how
/// long that takes learns how much of a guess is right. What comes from outside is held against it by `chat::sign` alone.
#[derive(Clone)]
pub struct Secret(Zeroizing<String>);

impl Secret {
    /// Takes it as it is.
    pub fn new(secret: String) -> Self {
        Self(Zeroizing::new(secret))
    }

    /// The secret itself, for the one line that sends it.
    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// Whether it is another of ours, in a time that tells nothing but their lengths.
    pub fn is_same(&self, other: &Self) -> bool {
        let (own, other) = (self.0.as_bytes(), other.0.as_bytes());
        own.len() == other.len() && own.iter().zip(other).fold(0, |unlike, (own, other)| unlike | (own ^ other)) == 0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret")
    }
}

/// Where a secret comes from; read when it is used.
#[derive(Clone, Debug)]
pub enum SecretSource {
    /// A plain string of the configuration.
    Plain(Secret),
    /// A credential of systemd, by its name.
    Credential {
        /// `$CREDENTIALS_DIRECTORY`; `None` outside a unit, where no credential can be had.
        directory: Option<PathBuf>,
        /// Its name, a file in that folder.
        name: String,
    },
    /// A file that nobody else may read.
    File(PathBuf),
    /// A variable of the environment.
    Env(String),
    /// The first line that a program prints, run at each connect.
    Command(Vec<String>),
}

impl Eq for SecretSource {}

impl PartialEq for SecretSource {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Plain(own), Self::Plain(other)) => own.is_same(other),
            (Self::Credential { directory, name }, Self::Credential { directory: folder, name: other }) => {
                directory == folder && name == other
            }
            (Self::File(own), Self::File(other)) => own == other,
            (Self::Env(own), Self::Env(other)) => own == other,
            (Self::Command(own), Self::Command(other)) => own == other,
            _ => false,
        }
    }
}

/// Why a secret could not be had; says where, never what.
#[derive(Debug, thiserror::Error)]
pub enum SecretError {
    /// The file cannot be read.
    #[error("cannot read the secret in \"{}\": {cause}{}", path.display(), what_to_do(cause))]
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        cause: std::io::Error,
    },
    /// The file may be read by others.
    #[error("others may read the secret in \"{}\": run `chmod 600` on it", path.display())]
    TooOpen {
        /// Which.
        path: PathBuf,
    },
    /// There is no folder of credentials.
    #[error(
        "the credential \"{name}\" is not there: the unit loads none (see credentials.conf, then restart); \
         by hand, $CREDENTIALS_DIRECTORY names the folder that holds it"
    )]
    NoCredentials {
        /// Which.
        name: String,
    },
    /// There is no such file in the folder of credentials.
    #[error(
        "the credential \"{name}\" is not there: \"{}\" has no such file; LoadCredential= of the unit has to name it (see \
         credentials.conf, then restart)", folder.display()
    )]
    NotLoaded {
        /// Which.
        name: String,
        /// Where it was looked for.
        folder: PathBuf,
    },
    /// The variable is not set.
    #[error("the variable {name} with the secret is not set")]
    Env {
        /// Which.
        name: String,
    },
    /// The program failed.
    #[error("the secret command \"{program}\" {what}")]
    Command {
        /// Its name, without arguments.
        program: String,
        /// What it did.
        what: String,
    },
    /// There is nothing in it.
    #[error("the secret is empty: there is nothing in its first line")]
    Empty,
    /// What was given as an access token is a sentence, or JSON, or not of this alphabet.
    #[error("what is given as access token is none (it holds a space or a letter that none has); give the token alone")]
    NoToken,
}

impl SecretSource {
    /// Reads the secret now: the first line, without its line end.
    ///
    /// # Errors
    /// One variant for each source that fails; never with the secret in it.
    pub async fn read(&self) -> Result<Secret, SecretError> {
        let text = match self {
            Self::Plain(secret) => return Ok(secret.clone()),
            Self::Credential { directory: None, name } => {
                return Err(SecretError::NoCredentials { name: name.clone() });
            }
            // systemd gives its credentials by an access list where the file system has them (a tmpfs), and the group
            // bits of the mode are then the list's mask: 0440 on what no group may read.
            Self::Credential { directory: Some(folder), name } => {
                read_file(folder.join(name), OTHERS).await.map_err(|error| match error {
                    SecretError::File { cause, .. } if cause.kind() == std::io::ErrorKind::NotFound => {
                        SecretError::NotLoaded { name: name.clone(), folder: folder.clone() }
                    }
                    error => error,
                })?
            }
            Self::File(path) => read_file(path.clone(), GROUP | OTHERS).await?,
            Self::Env(name) => std::env::var(name).map_err(|_| SecretError::Env { name: name.clone() })?,
            Self::Command(line) => return run(line).await,
        };
        let text = Zeroizing::new(text);
        match text.lines().next() {
            Some(line) if !line.is_empty() => Ok(Secret::new(line.to_owned())),
            _ => Err(SecretError::Empty),
        }
    }
}

/// What is to be done about a secret's file that cannot be read.
fn what_to_do(cause: &std::io::Error) -> &'static str {
    match cause.kind() {
        std::io::ErrorKind::NotFound => "; write the secret into it, with mode 600",
        std::io::ErrorKind::PermissionDenied => {
            "; `chown` it to the user that tidings runs as, or give it as a credential"
        }
        _ => "",
    }
}

const GROUP: u32 = 0o070;
const OTHERS: u32 = 0o007;

async fn read_file(path: PathBuf, closed_to: u32) -> Result<String, SecretError> {
    use std::os::unix::fs::PermissionsExt;
    let io = |cause| SecretError::File { path: path.clone(), cause };
    let meta = tokio::fs::metadata(&path).await.map_err(io)?;
    if meta.permissions().mode() & closed_to != 0 {
        return Err(SecretError::TooOpen { path });
    }
    if meta.len() > limits::ground::SECRET_BYTES {
        return Err(io(std::io::Error::other("it is too long for a secret")));
    }
    tokio::fs::read_to_string(&path).await.map_err(io)
}

/// Runs a program and takes its first line. What it says on standard error is not kept: it may hold addresses and tokens.
async fn run(line: &[String]) -> Result<Secret, SecretError> {
    let (program, arguments) = line.split_first().ok_or(SecretError::Empty)?;
    let fault = |what: String| SecretError::Command { program: program.clone(), what };
    let mut command = Command::new(program);
    command.args(arguments).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
    // A group of its own, so that what it has started ends with it.
    command.kill_on_drop(true).process_group(0);
    let mut child = command.spawn().map_err(|cause| {
        let advice = match cause.kind() {
            std::io::ErrorKind::PermissionDenied => "; the unit lets no program run without command.conf",
            std::io::ErrorKind::NotFound => "; write its whole path",
            _ => "",
        };
        fault(format!("cannot be run: {cause}{advice}"))
    })?;
    let mut group = Group(child.id().and_then(|id| i32::try_from(id).ok()).and_then(Pid::from_raw));
    let limit: Duration = limits::ground::SECRET_COMMAND;
    let ended = tokio::time::timeout(limit, printed(&mut child))
        .await
        .map_err(|_| fault(format!("did not end within {} s", limit.as_secs())))?
        .map_err(|cause| fault(format!("cannot be read: {cause}")))?;
    let Some((text, status)) = ended else {
        return Err(fault("printed far more than a secret; it must print the secret alone".to_owned()));
    };
    group.0 = None;
    if !status.success() {
        return Err(fault(format!("failed ({status}); run it as the user of the service to see why")));
    }
    let text = std::str::from_utf8(&text).map_err(|_| fault("printed what is not UTF-8".to_owned()))?;
    match text.lines().next() {
        Some(line) if !line.is_empty() => Ok(Secret::new(line.to_owned())),
        _ => Err(fault("printed nothing, or an empty first line".to_owned())),
    }
}

/// What a program prints and how it ends; `None` when it prints more than a secret may have.
async fn printed(child: &mut Child) -> std::io::Result<Option<(Zeroizing<Vec<u8>>, ExitStatus)>> {
    let most = limits::ground::SECRET_BYTES.saturating_add(1);
    // All of its room at once: a vector that grows leaves copies behind.
    let mut text = Zeroizing::new(Vec::with_capacity(usize::try_from(most).unwrap_or_default().saturating_mul(2)));
    if let Some(stdout) = child.stdout.take() {
        stdout.take(most).read_to_end(&mut text).await?;
    }
    if text.len() as u64 == most {
        return Ok(None);
    }
    Ok(Some((text, child.wait().await?)))
}

/// A program that has not ended: ended with all that it has started, when dropped.
struct Group(Option<Pid>);

impl Drop for Group {
    fn drop(&mut self) {
        if let Some(group) = self.0 {
            // Gone meanwhile: as well.
            let _ = kill_process_group(group, Signal::KILL);
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::{Secret, SecretError, SecretSource};

    async fn shell(script: &str) -> Result<Secret, SecretError> {
        SecretSource::Command(["sh", "-c", script].map(str::to_owned).to_vec()).read().await
    }

    /// Does not compile once a secret has `==`: `_` could then be either of the two.
    #[test]
    fn a_secret_is_compared_with_nothing() {
        trait Compared<Way> {
            fn is_fine() {}
        }
        impl<T: ?Sized> Compared<()> for T {}
        #[allow(dead_code)]
        struct ByOperator;
        impl<T: ?Sized + PartialEq> Compared<ByOperator> for T {}
        <Secret as Compared<_>>::is_fine();
    }

    #[test]
    fn secrets_are_the_same_or_not() {
        let check = |own: &str, other: &str, expected: bool| {
            let [own, other] = [own, other].map(|text| Secret::new(text.to_owned()));
            assert_eq!(own.is_same(&other), expected, "{} {}", own.reveal(), other.reveal());
            assert_eq!(SecretSource::Plain(own) == SecretSource::Plain(other), expected);
        };
        check("", "", true);
        check("token", "token", true);
        for other in ["", "tokem", "uoken", "Token", "toke", "tokens"] {
            check("token", other, false);
        }
        assert_ne!(SecretSource::Plain(Secret::new("A".to_owned())), SecretSource::Env("A".to_owned()));
    }

    #[tokio::test]
    async fn a_command_gives_its_first_line() {
        let check = async |script: &str, expected: &str| {
            assert_eq!(shell(script).await.unwrap().reveal(), expected, "{script}");
        };
        check("echo tok-1", "tok-1").await;
        check("printf tok-1", "tok-1").await;
        check("printf 'tok-1\r\n'", "tok-1").await;
        check("echo tok-1; echo login: ada", "tok-1").await;
        check("echo noise >&2; echo ' a b '", " a b ").await;
    }

    #[tokio::test]
    async fn a_command_that_gives_none_says_why_and_nothing_more() {
        let check = async |script: &str, expected: &str| {
            let text = shell(script).await.unwrap_err().to_string();
            assert!(text.contains("\"sh\"") && text.contains(expected), "{script}: {text}");
            assert!(!text.contains("canary"), "{script}: {text}");
        };
        check("true", "printed nothing").await;
        check("echo; echo canary", "an empty first line").await;
        check("echo canary; echo canary >&2; exit 3", "failed (exit status: 3)").await;
        check("printf 'canary\\377'", "not UTF-8").await;
        check("kill -9 $$", "failed (signal: 9").await;
        let gone = SecretSource::Command(vec!["/nowhere/token".to_owned()]).read().await.unwrap_err();
        assert!(gone.to_string().contains("cannot be run"), "{gone}");
    }

    #[tokio::test]
    async fn a_file_that_cannot_be_read_says_what_to_do() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let said = async |source: SecretSource| source.read().await.unwrap_err().to_string();
        let gone = said(SecretSource::File(folder.path().join("gone"))).await;
        assert!(gone.contains("gone\": No such file") && gone.ends_with("; write the secret into it, with mode 600"));
        let directory = Some(folder.path().to_owned());
        let unloaded = said(SecretSource::Credential { directory, name: "imap".to_owned() }).await;
        assert!(unloaded.starts_with("the credential \"imap\" is not there") && unloaded.contains("LoadCredential="));
        let program = folder.path().join("program");
        std::fs::write(&program, "").unwrap();
        std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o600)).unwrap();
        let barred = said(SecretSource::Command(vec![program.display().to_string()])).await;
        assert!(barred.contains("Permission denied") && barred.contains("command.conf"), "{barred}");
    }

    #[tokio::test]
    async fn a_command_that_prints_without_end_is_ended() {
        // It does not mind a closed pipe, and what it starts neither.
        let text = shell("trap '' PIPE; yes canary & while :; do echo canary; done").await.unwrap_err().to_string();
        assert!(text.contains("far more than a secret"), "{text}");
    }
}
