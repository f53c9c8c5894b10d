//! `tidings check --connect`: every server is tried, all at the same time, and what it can is said with what follows from it.

pub mod imap;
pub mod maildir;
pub mod report;
pub mod smtp;

use std::time::Duration;

use futures_util::future::{BoxFuture, join_all};
use tokio::time::timeout;

use self::report::Report;
use crate::config::ready::Config;
use crate::limits;
use crate::net::Security;
use crate::smtp::settings::Settings;
use crate::source::door::Way;

/// Tries everything that the configuration names, in its order.
pub async fn connect(config: &Config) -> Vec<Report> {
    let mut trials: Vec<BoxFuture<'_, Report>> = Vec::new();
    let several = config.people.len() > 1;
    for (person, account) in config.people.iter().flat_map(|one| one.accounts.iter().map(move |account| (one, account)))
    {
        let Some(filing) = person.desk.filing(&account.name) else { continue };
        let whose = if several { format!(" of {}", person.desk.person) } else { String::new() };
        let name = format!("account \"{}\"{whose}", account.name);
        trials.push(match &account.way {
            Way::Imap(settings) => {
                let report = Report::new("imap", name, format!("{}:{}", settings.host, settings.port));
                Box::pin(within(report, hint(settings.security), async move |report| {
                    imap::try_out(settings, filing, report).await
                }))
            }
            Way::Maildir(settings) => {
                let report = Report::new("maildir", name, settings.path.display().to_string());
                Box::pin(within(report, "", async move |report| maildir::try_out(settings, filing, report).await))
            }
        });
    }
    trials.push(match &config.way_out {
        Settings::Server(server) => {
            let report = Report::new("smtp", "[smtp]".to_owned(), format!("{}:{}", server.host, server.port));
            let from = config.from.address.as_str();
            Box::pin(within(report, hint(server.security), async move |report| {
                smtp::try_server(server, from, report).await
            }))
        }
        Settings::Folder(folder) => {
            let report = Report::new("folder", "[smtp]".to_owned(), folder.display().to_string());
            Box::pin(within(report, "", async move |report| smtp::try_folder(folder, report).await))
        }
    });
    join_all(trials).await
}

/// What else a server may wait for that says nothing.
fn hint(security: Security) -> &'static str {
    match security {
        Security::StartTls => "; a port that begins with TLS is silent: try security = \"tls\"",
        Security::Tls | Security::Plain => "",
    }
}

/// Tries one within the time that a person waits for.
async fn within(mut report: Report, hint: &str, trial: impl AsyncFnOnce(&mut Report)) -> Report {
    const LIMIT: Duration = limits::front::CONNECT_WAIT;
    if timeout(LIMIT, trial(&mut report)).await.is_err() {
        let text = format!(
            "not done within {} s; check the network, the firewall, and how busy the server is{hint}",
            LIMIT.as_secs()
        );
        report.bad("time", text);
    }
    report
}
