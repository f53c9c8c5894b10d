//! Secrets in memory: never printed, gone when dropped. Where they come from is the configuration's business.

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use tokio::process::Command;
use zeroize::Zeroizing;

use crate::limits;

/// A password or token: bytes that `Debug` never shows and that are wiped when dropped.
#[derive(Clone, PartialEq, Eq)]
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
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret")
    }
}

/// Where a secret comes from; read when it is used.
#[derive(Clone, Debug, PartialEq, Eq)]
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

/// Why a secret could not be had; says where, never what.
#[derive(Debug, thiserror::Error)]
pub enum SecretError {
    /// The file cannot be read.
    #[error("cannot read the secret in \"{}\": {cause}", path.display())]
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
    #[error("the credential \"{name}\" is there only inside the unit: $CREDENTIALS_DIRECTORY is not set")]
    NoCredentials {
        /// Which.
        name: String,
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
    #[error("the secret is empty")]
    Empty,
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
            Self::Credential { directory: Some(folder), name } => read_file(folder.join(name), OTHERS).await?,
            Self::File(path) => read_file(path.clone(), GROUP | OTHERS).await?,
            Self::Env(name) => std::env::var(name).map_err(|_| SecretError::Env { name: name.clone() })?,
            Self::Command(line) => run(line).await?,
        };
        let text = Zeroizing::new(text);
        match text.lines().next() {
            Some(line) if !line.is_empty() => Ok(Secret::new(line.to_owned())),
            _ => Err(SecretError::Empty),
        }
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

async fn run(line: &[String]) -> Result<String, SecretError> {
    let (program, arguments) = line.split_first().ok_or(SecretError::Empty)?;
    let fault = |what: String| SecretError::Command { program: program.clone(), what };
    let mut command = Command::new(program);
    command.args(arguments).stdin(std::process::Stdio::null()).kill_on_drop(true);
    let limit: Duration = limits::ground::SECRET_COMMAND;
    let output = tokio::time::timeout(limit, command.output())
        .await
        .map_err(|_| fault(format!("did not end within {} s", limit.as_secs())))?
        .map_err(|cause| fault(format!("cannot be run: {cause}")))?;
    if !output.status.success() {
        return Err(fault(format!("failed ({})", output.status)));
    }
    String::from_utf8(output.stdout).map_err(|_| fault("printed what is not UTF-8".to_owned()))
}
