//! What all commands have in common: their arguments, how they end, and the configuration.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;

use super::show;
use crate::config;
use crate::config::environment::{Environment, SYSTEM_FILE};
use crate::config::ready::Config;

/// What every command understands.
#[derive(Clone, Debug, Args)]
pub struct Common {
    /// The configuration [default: $TIDINGS_CONFIG, else /etc/tidings/tidings.toml]
    #[arg(long, global = true, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Which person it is about, where the configuration has several
    #[arg(long, global = true, value_name = "NAME")]
    pub person: Option<String>,
    /// Print JSON, for programs
    #[arg(long, global = true)]
    pub json: bool,
}

/// How a command ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    /// Done.
    Done,
    /// Refused, or not found.
    Refused,
    /// Usage, or configuration.
    Usage,
    /// The daemon is not running.
    NotRunning,
    /// As `tidings run` ends: 70, 75, 78.
    Code(u8),
}

impl From<Ended> for ExitCode {
    fn from(ended: Ended) -> Self {
        Self::from(match ended {
            Ended::Done => 0,
            Ended::Refused => 1,
            Ended::Usage => 2,
            Ended::NotRunning => 3,
            Ended::Code(code) => code,
        })
    }
}

/// Where the configuration lies.
pub fn config_file(common: &Common) -> PathBuf {
    common
        .config
        .clone()
        .or_else(|| std::env::var_os("TIDINGS_CONFIG").map(PathBuf::from))
        .unwrap_or_else(|| PathBuf::from(SYSTEM_FILE))
}

/// Reads the configuration; names all that is wrong with it on standard error.
///
/// # Errors
/// None; `Err` is how the command ends.
pub async fn load(common: &Common) -> Result<Config, Ended> {
    let file = config_file(common);
    let read = tokio::task::spawn_blocking(move || config::load(&file, &Environment::for_file(&file))).await;
    match read {
        Ok(Ok(config)) => Ok(config),
        Ok(Err(faults)) => {
            for fault in &faults {
                show::say(&fault.to_string());
            }
            Err(Ended::Usage)
        }
        Err(_) => {
            show::say("tidings: the configuration could not be read; please report this");
            Err(Ended::Code(70))
        }
    }
}
