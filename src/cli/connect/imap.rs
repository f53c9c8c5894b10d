//! An IMAP account is tried: login, what the server can, and each mailbox that is watched or filed into.

use super::report::Report;
use crate::civil::duration;
use crate::config::fault::nearest;
use crate::imap::fault::ImapError;
use crate::imap::session::{LISTED, Listed, Selected, Session};
use crate::imap::settings::Settings;
use crate::intake::desk::Filing;
use crate::limits;
use crate::model::mailbox::Mailbox;
use crate::net::Security;
use crate::net::sasl::Auth;

/// Tries an account.
pub async fn try_out(settings: &Settings, filing: &Filing, report: &mut Report) {
    let mut session = match Session::open(settings).await {
        Ok(session) => session,
        Err(error) => return report.bad("login", refused(&error, settings)),
    };
    let over = match settings.security {
        Security::Tls => "TLS",
        Security::StartTls => "STARTTLS",
        Security::Plain => "loopback, without TLS",
    };
    report.good("login", format!("as \"{}\" over {over}", settings.username));
    abilities(&session, settings, report);
    // Whatever cuts the connection is said once.
    if let Err(error) = mailboxes(&mut session, filing, report).await {
        report.bad("server", format!("{error}; what comes behind it was not tried"));
        return;
    }
    session.logout().await;
}

/// Why nobody was let in, and what to do where the error does not say.
fn refused(error: &ImapError, settings: &Settings) -> String {
    let advice = match (error, settings.auth) {
        (ImapError::Credentials(_), Auth::Password) => {
            "; check `username` and `password`: large providers want a password made for this program, or auth = \"xoauth2\""
        }
        (ImapError::Credentials(_), Auth::Token) => "; the access token may have run out, or be for another account",
        (ImapError::Unavailable(_), _) => "; try again in some minutes",
        (ImapError::NoLogin(_), Auth::Password) => "; try security = \"tls\", or auth = \"xoauth2\"",
        (ImapError::NoLogin(_), Auth::Token) => "; try auth = \"password\"",
        (ImapError::Insecure(_), _) => "; nothing secret was sent: try security = \"tls\", or another port",
        _ => "",
    };
    format!("{error}{advice}")
}

/// What the server can, and what follows.
fn abilities(session: &Session, settings: &Settings, report: &mut Report) {
    match (session.can("MOVE"), session.can("UIDPLUS")) {
        (true, true) => report.good("filing", "MOVE: mail is filed in one step"),
        (true, false) => report.good(
            "filing",
            "MOVE without UIDPLUS: mail is filed in one step, and then looked for, because the server does not say where it lies",
        ),
        (false, true) => {
            report.good("filing", "UIDPLUS without MOVE: mail is copied, and the original goes when the copy is proven");
        }
        (false, false) => report.note(
            "filing",
            "no MOVE and no UIDPLUS: mail is held by reference: it stays where it is, and only digests name it",
        ),
    }
    if session.can("IDLE") {
        report.good("news", "IDLE: new mail is seen at once");
    } else {
        let poll = duration::write(settings.poll);
        report.note("news", format!("no IDLE: new mail is asked for every {poll} (`poll`)"));
    }
    if session.can("X-GM-EXT-1") {
        report.note(
            "identity",
            "X-GM-EXT-1, Gmail: mail is known by the server's id; a mailbox is a label, and mail that is filed elsewhere stays in \"All Mail\"",
        );
    } else if session.can("OBJECTID") {
        report.good("identity", "OBJECTID: mail is known by the server's id, wherever it is moved");
    } else {
        report.good("identity", "no OBJECTID: mail is known by its header and size, wherever it is moved");
    }
    if session.can("SPECIAL-USE") {
        report.good("special use", "SPECIAL-USE: the server says which mailbox is \\Sent");
    }
}

async fn mailboxes(session: &mut Session, filing: &Filing, report: &mut Report) -> Result<(), ImapError> {
    let listed = match session.mailboxes().await {
        Err(error) if error.is_lost() => return Err(error),
        listed => listed.unwrap_or_default(),
    };
    for mailbox in &filing.watch {
        let found = session.select(mailbox).await;
        let Some(selected) = reached(mailbox, found, &listed, ("watch", &mut *report))? else { continue };
        let count = selected.exists;
        let mails = if count == 1 { "mail" } else { "mails" };
        if selected.read_only {
            let text = format!(
                "\"{mailbox}\" can only be read, so that nothing can be filed out of it; watch one of your own"
            );
            report.bad("watch", text);
        } else {
            report.good("watch", format!("\"{mailbox}\": {count} {mails}"));
        }
        if selected.uid_validity.is_none() {
            report.note("watch", format!("\"{mailbox}\" has no lasting UIDs: it is read whole at each connection"));
        }
        if *mailbox == filing.hold_in {
            keywords(mailbox, &selected, report);
        }
    }
    for mailbox in filing.targets() {
        target(session, (mailbox, filing), &listed, report).await?;
    }
    if let Some(quota) = session.quota().await? {
        let used = quota.used.saturating_mul(100) / quota.limit;
        let text = format!("{} of {} MiB in use ({used} %)", quota.used / 1024, quota.limit / 1024);
        if used >= limits::front::CONNECT_QUOTA {
            report.note("quota", format!("{text}: a full account takes no mail, and none can be filed; make room"));
        } else {
            report.good("quota", text);
        }
    }
    Ok(())
}

/// A mailbox that mail is filed into: made where it is missing, and able to take mail.
async fn target(
    session: &mut Session,
    (mailbox, filing): (&Mailbox, &Filing),
    listed: &[Listed],
    report: &mut Report,
) -> Result<(), ImapError> {
    let about = match mailbox {
        _ if *mailbox == filing.hold_in => "hold_in",
        _ if *mailbox == filing.urgent_to => "urgent_to",
        _ => "release_to",
    };
    let was_there = listed.iter().any(|one| one.mailbox == *mailbox);
    match session.ensure(mailbox).await {
        Err(error) if error.is_lost() => return Err(error),
        Err(error) => {
            let text = format!("\"{mailbox}\" cannot be made: {error}; make it in a mail program, or name another");
            report.bad(about, text);
            return Ok(());
        }
        Ok(()) => {}
    }
    let found = session.select(mailbox).await;
    let Some(selected) = reached(mailbox, found, listed, (about, &mut *report))? else { return Ok(()) };
    let rights = session.rights(mailbox).await?;
    let closed = selected.read_only || rights.is_some_and(|rights| !rights.contains('i'));
    if closed {
        report.bad(about, format!("\"{mailbox}\" takes no mail: this login has no right to write there; name another"));
        return Ok(());
    }
    report.good(about, format!("\"{mailbox}\": {}", if was_there { "is there" } else { "was made, and subscribed" }));
    if about == "hold_in" {
        keywords(mailbox, &selected, report);
    }
    Ok(())
}

/// Whether a mailbox can keep the mark of mail that a digest has named.
fn keywords(mailbox: &Mailbox, selected: &Selected, report: &mut Report) {
    if selected.keeps_keywords {
        report.good("keywords", format!("{LISTED} can be kept in \"{mailbox}\""));
    } else {
        report.note(
            "keywords",
            format!(
                "{LISTED} cannot be kept in \"{mailbox}\": should the state be lost, mail of the last days may be named in a digest twice"
            ),
        );
    }
}

/// A mailbox that was selected; where there is none, what was probably meant.
fn reached(
    mailbox: &Mailbox,
    found: Result<Selected, ImapError>,
    listed: &[Listed],
    (about, report): (&'static str, &mut Report),
) -> Result<Option<Selected>, ImapError> {
    match found {
        Ok(selected) => Ok(Some(selected)),
        Err(error) if error.is_lost() => Err(error),
        Err(error) => {
            let names = listed.iter().filter(|one| one.selectable).map(|one| one.mailbox.as_str());
            let advice = match nearest(mailbox.as_str(), names.filter(|name| *name != mailbox.as_str())) {
                Some(name) => format!("did you mean \"{name}\"?"),
                None => "write the name of a mailbox that is there, with \"/\" between levels".to_owned(),
            };
            report.bad(about, format!("\"{mailbox}\" cannot be opened: {error}; {advice}"));
            Ok(None)
        }
    }
}
