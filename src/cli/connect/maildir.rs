//! A Maildir is tried: whether it is one, and whether mail can be filed in it.

use std::path::Path;

use rustix::fs::{Access, access};

use super::report::Report;
use crate::intake::desk::Filing;
use crate::maildir::Maildir;
use crate::maildir::fault::MaildirError;
use crate::maildir::settings::Settings;

/// Tries a Maildir.
pub async fn try_out(settings: &Settings, filing: &Filing, report: &mut Report) {
    let (settings, filing, mut found) = (settings.clone(), filing.clone(), report.clone());
    let tried = tokio::task::spawn_blocking(move || {
        if let Err(error) = steps(&settings, &filing, &mut found) {
            found.bad("maildir", error.to_string());
        }
        found
    });
    match tried.await {
        Ok(found) => *report = found,
        Err(_) => report.bad("maildir", "it could not be looked at; please report this"),
    }
}

fn steps(settings: &Settings, filing: &Filing, report: &mut Report) -> Result<(), MaildirError> {
    let maildir = Maildir::open(settings)?;
    report.good("maildir", "it is one, and new mail is looked for every two seconds");
    writable(&settings.path, report);
    for mailbox in &filing.watch {
        match maildir.list(mailbox) {
            Ok(listing) => {
                let mails = if listing.found.len() == 1 { "mail" } else { "mails" };
                report.good("watch", format!("\"{mailbox}\": {} {mails}", listing.found.len()));
                listing.notes.iter().for_each(|note| report.note("watch", format!("left out: {note}")));
            }
            Err(error) => report.bad("watch", format!("{error}; write the name of a mailbox that is there")),
        }
    }
    for mailbox in filing.targets() {
        let about = if *mailbox == filing.hold_in { "hold_in" } else { "filing" };
        match maildir.ensure(mailbox) {
            Ok(()) => report.good(about, format!("\"{mailbox}\" is there")),
            Err(error) => report.bad(about, error.to_string()),
        }
    }
    Ok(())
}

/// Whether this process may file mail there.
fn writable(path: &Path, report: &mut Report) {
    for part in ["tmp", "new", "cur"] {
        let folder = path.join(part);
        if let Err(cause) = access(&folder, Access::WRITE_OK | Access::EXEC_OK) {
            let cause = std::io::Error::from(cause);
            report.bad(
                "filing",
                format!("cannot write into \"{}\": {cause}; run this as the user that owns it", folder.display()),
            );
            return;
        }
    }
}
