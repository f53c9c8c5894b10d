//! The way out is tried: up to the login, without a letter; or the folder that letters go into.

use std::fs::{DirBuilder, File, remove_file};
use std::io;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::Path;

use super::report::Report;
use crate::intake::sealing;
use crate::net::Security;
use crate::smtp::connection::Connection;
use crate::smtp::settings::Server;

/// Tries a server: EHLO, TLS, AUTH, QUIT.
pub async fn try_server(server: &Server, from: &str, report: &mut Report) {
    let connection = match Connection::open(server, sealing::domain(from)).await {
        Ok(connection) => connection,
        Err(error) => return report.bad("login", error.to_string()),
    };
    let over = match server.security {
        Security::Tls => "over TLS",
        Security::StartTls => "over STARTTLS",
        Security::Plain => "on loopback, without TLS",
    };
    match &server.login {
        Some((user, _)) => report.good("login", format!("as \"{user}\" {over}")),
        None => report.good("login", format!("none, {over}: the server has to take letters from this machine")),
    }
    match connection.size_limit() {
        Some(limit) => {
            let limit = limit / 1024 / 1024;
            report.good("size", format!("letters of up to {limit} MiB; a digest that is larger comes in parts"));
        }
        None => report.good("size", "it names no limit for letters"),
    }
    if connection.takes_8bit() {
        report.good("8-bit", "8BITMIME: letters go as they are");
    } else {
        report.note("8-bit", "no 8BITMIME: letters in other scripts than ASCII go as they are all the same; no server is known that spoils them");
    }
    connection.quit().await;
}

/// Tries the folder.
pub async fn try_folder(folder: &Path, report: &mut Report) {
    let path = folder.to_owned();
    let tried = tokio::task::spawn_blocking(move || into(&path)).await;
    match tried.unwrap_or_else(|_| Err(io::Error::other("the look was stopped"))) {
        Ok(()) => report.good("folder", "letters can be written into it"),
        Err(cause) => {
            report.bad(
                "folder",
                format!("letters cannot be written into it: {cause}; give it to the user that tidings runs as"),
            );
        }
    }
}

/// Makes the folder where it is missing, and a hidden file in it that goes at once.
fn into(folder: &Path) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
    let file = folder.join(".tidings-check.tmp");
    File::options().write(true).create(true).truncate(true).mode(0o600).open(&file)?;
    remove_file(&file)
}
