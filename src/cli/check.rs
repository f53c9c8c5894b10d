//! `tidings check`: all errors, or the configuration as it is understood, then what is probably not meant.

use clap::Args;
use jiff::Timestamp;

use super::shared::{Common, Ended, config_file};
use super::{json, show};
use crate::config;
use crate::config::environment::Environment;
use crate::config::fault::{Fault, Weight};
use crate::config::ready::Config;
use crate::control::{length, socket};

/// Arguments of `tidings check`.
#[derive(Clone, Debug, Args)]
pub struct Check {
    /// Fail on what is probably not meant, too
    #[arg(long)]
    strict: bool,
    /// As of this moment (RFC 3339)
    #[arg(long, value_name = "TIME", value_parser = show::time)]
    at: Option<Timestamp>,
}

/// Checks the configuration and its secrets.
///
/// # Errors
/// None but those of printing.
pub async fn check(common: &Common, check: &Check) -> anyhow::Result<Ended> {
    let config = match read(common).await {
        Ok(config) => config,
        Err(faults) => {
            print(common, &faults, None)?;
            return Ok(Ended::Usage);
        }
    };
    let mut faults = config.warnings.clone();
    faults.extend(config::check_secrets(&config).await);
    if let Err(error) = length::check(&socket(&config.runtime)) {
        let file = config.file.clone();
        faults.push(Fault { file, position: None, weight: Weight::Error, text: error.to_string() });
    }
    print(common, &faults, Some(config::describe(&config)))?;
    let any = |weight| faults.iter().any(|fault| fault.weight == weight);
    Ok(match (any(Weight::Error), check.strict && any(Weight::Warning)) {
        (true, _) => Ended::Usage,
        (false, true) => Ended::Refused,
        (false, false) => Ended::Done,
    })
}

async fn read(common: &Common) -> Result<Config, Vec<Fault>> {
    let file = config_file(common);
    let panicked = Fault {
        file: file.clone(),
        position: None,
        weight: Weight::Error,
        text: "the configuration could not be read; please report this".to_owned(),
    };
    let read = tokio::task::spawn_blocking(move || config::load(&file, &Environment::of_process())).await;
    read.unwrap_or(Err(vec![panicked]))
}

/// The configuration goes to standard output, what is wrong with it to standard error.
fn print(common: &Common, faults: &[Fault], understood: Option<String>) -> anyhow::Result<()> {
    if !common.json {
        show::out(understood.as_deref().unwrap_or_default());
        faults.iter().for_each(|fault| show::say(&fault.to_string()));
        return Ok(());
    }
    let good = faults.iter().all(|fault| fault.weight != Weight::Error);
    let faults = faults.iter().map(|fault| json::Fault {
        weight: match fault.weight {
            Weight::Error => "error",
            Weight::Warning => "warning",
            Weight::Note => "note",
        },
        file: fault.file.display().to_string(),
        line: fault.position.map(|position| position.line),
        column: fault.position.map(|position| position.column),
        text: fault.text.clone(),
    });
    show::out(&json::line(&json::Checked { good, faults: faults.collect(), understood })?);
    Ok(())
}
