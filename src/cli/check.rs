//! `tidings check`: all errors, or the configuration as it is understood, then what is probably not meant.

use clap::Args;
use jiff::Timestamp;

use super::connect::{self, report::Report};
use super::shared::{Common, Ended, config_file};
use super::{json, show, whom};
use crate::config::environment::Environment;
use crate::config::fault::{Fault, Weight};
use crate::config::ready::Config;
use crate::config::{self, Asker};
use crate::control::{length, socket};

/// Arguments of `tidings check`.
#[derive(Clone, Debug, Args)]
pub struct Check {
    /// Fail (1) on what is probably not meant, too
    #[arg(long)]
    strict: bool,
    /// Also log in to every server, make the mailboxes that mail is filed into, and say what each server can
    #[arg(long)]
    connect: bool,
    /// As of this moment (RFC 3339)
    #[arg(long, value_name = "TIME", value_parser = show::time)]
    at: Option<Timestamp>,
}

/// Checks the configuration and its secrets.
///
/// # Errors
/// None but those of printing.
pub async fn check(common: &Common, check: &Check) -> anyhow::Result<Ended> {
    let mut config = match read(common).await {
        Ok(config) => config,
        Err(faults) => {
            print(common, &faults, (None, None))?;
            return Ok(Ended::Usage);
        }
    };
    let mut faults = config.warnings.clone();
    let now = check.at.unwrap_or_else(show::now);
    faults.extend(config::outdated(&config, now));
    faults.extend(config::check_secrets(&config, Asker::Shell).await);
    if let Err(error) = length::check(&socket(&config.runtime)) {
        let file = config.file.clone();
        faults.push(Fault { file, position: None, weight: Weight::Error, text: error.to_string() });
    }
    let shown = match whom::all(&config, common) {
        Ok(shown) => shown.into_iter().cloned().collect(),
        Err(ended) => return Ok(ended),
    };
    config.people = shown;
    let mut reports = None;
    if check.connect {
        // A connection runs its command itself.
        faults.retain(|fault| !(fault.weight == Weight::Note && fault.text.ends_with(config::COMMAND_NOT_RUN)));
        reports = Some(connect::connect(&config).await);
    }
    let failed: Vec<&str> = reports.iter().flatten().filter(|report| !report.is_good()).map(Report::name).collect();
    print(common, &faults, (Some(config::describe(&config, now)), reports.as_deref()))?;
    if !failed.is_empty() {
        show::complain(&format!("not everything can be used: {}", failed.join(", ")));
    }
    let any = |weight| faults.iter().any(|fault| fault.weight == weight);
    Ok(match any(Weight::Error) {
        true => Ended::Usage,
        false if check.strict && any(Weight::Warning) || !failed.is_empty() => Ended::Refused,
        false => Ended::Done,
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
    let read = tokio::task::spawn_blocking(move || config::load(&file, &Environment::for_file(&file))).await;
    read.unwrap_or(Err(vec![panicked]))
}

/// The configuration goes to standard output, what is wrong with it to standard error.
fn print(
    common: &Common,
    faults: &[Fault],
    (understood, reports): (Option<String>, Option<&[Report]>),
) -> anyhow::Result<()> {
    if !common.json {
        show::out(understood.as_deref().unwrap_or_default());
        reports.iter().copied().flatten().for_each(|report| show::out(&format!("\n{}", report.text())));
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
    let connections = reports.map(|reports| reports.iter().map(Report::json).collect());
    let checked = json::Checked { good, faults: faults.collect(), understood, connections };
    show::out(&json::line(&checked)?);
    Ok(())
}
